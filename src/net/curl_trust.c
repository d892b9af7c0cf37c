/* The store is OpenSSL's, shared by reference: its look-ups take its own lock. Debian's folder of authorities is read as far as it is needed. */
#include "net/curl_trust.h"

#include <openssl/ssl.h>

struct CurlTrust {
    char *ca_file;
    GMutex mutex;
    X509_STORE *store; /* NULL: not read yet */
};

CurlTrust *curl_trust_new(const char *ca_file) {
    CurlTrust *trust = g_new0(CurlTrust, 1);
    trust->ca_file = g_strdup(ca_file);
    g_mutex_init(&trust->mutex);
    return trust;
}

void curl_trust_free(CurlTrust *trust) {
    X509_STORE_free(trust->store);
    g_mutex_clear(&trust->mutex);
    g_free(trust->ca_file);
    g_free(trust);
}

static bool read_store(CurlTrust *trust, GError **error) {
    X509_STORE *store = X509_STORE_new();
    if (!store) g_error("OpenSSL has no store to give");
    if (!(trust->ca_file ? X509_STORE_load_file(store, trust->ca_file) : X509_STORE_set_default_paths(store))) {
        X509_STORE_free(store);
        if (!trust->ca_file) return fail(error, ERROR_CONFIG, "the system's certificate authorities can't be read; install ca-certificates");
        return fail(error, ERROR_CONFIG, "the certificate authorities in %s can't be read: set AWS_CA_BUNDLE to a file of certificates (PEM)", trust->ca_file);
    }
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN); /* as libcurl: a certificate in the file is trusted, also one that is no root */
    trust->store = store;
    return true;
}

static CURLcode use_store(CURL *easy, void *context, void *data) {
    const CurlTrust *trust = data;
    SSL_CTX_set1_cert_store(context, trust->store);
    return CURLE_OK;
}

bool curl_trust_apply(CurlTrust *trust, CURL *easy, GError **error) {
    g_mutex_lock(&trust->mutex);
    bool ready = trust->store || read_store(trust, error);
    g_mutex_unlock(&trust->mutex);
    if (!ready) return false;
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store) != CURLE_OK || curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, trust) != CURLE_OK)
        return fail(error, ERROR_CONFIG, "this libcurl has another TLS library than OpenSSL, which this program needs");
    return true;
}
