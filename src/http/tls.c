/* The files are looked at before the TLS library sees them, since it does not say what is wrong with them. */
#include "http/tls.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define PEM_BYTES_MAX (1 << 20)

void tls_clear(Tls *tls) {
    if (tls->key) OPENSSL_cleanse(tls->key, strlen(tls->key));
    g_clear_pointer(&tls->certificates, g_free);
    g_clear_pointer(&tls->key, g_free);
}

static bool read_file(const char *setting, const char *path, char **text, GError **error) {
    g_autoptr(GError) problem = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, text, &size, &problem)) return fail(error, ERROR_CONFIG, "%s: %s", setting, problem->message);
    return size <= PEM_BYTES_MAX || fail(error, ERROR_CONFIG, "%s: %s is too large for a PEM file", setting, path);
}

/* A key with a password is no key here: nobody is there to type it. */
static int no_password(char *buffer, int size, int writing, void *data) { return 0; }

static bool check_pair(const Settings *settings, const Tls *tls, GError **error) {
    BIO *certificates = BIO_new_mem_buf(tls->certificates, -1), *key = BIO_new_mem_buf(tls->key, -1);
    X509 *first = PEM_read_bio_X509(certificates, NULL, no_password, NULL);
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(key, NULL, no_password, NULL);
    bool ok = first && private_key && X509_check_private_key(first, private_key) == 1;
    if (!first)
        fail(error, ERROR_CONFIG, "HANSARD_TLS_CERT: %s holds no certificate in PEM", settings->tls_cert);
    else if (!private_key)
        fail(error, ERROR_CONFIG, "HANSARD_TLS_KEY: %s holds no private key in PEM without a password", settings->tls_key);
    else if (!ok)
        fail(error, ERROR_CONFIG, "HANSARD_TLS_KEY: %s is not the key of the certificate in %s", settings->tls_key, settings->tls_cert);
    EVP_PKEY_free(private_key);
    X509_free(first);
    BIO_free(key);
    BIO_free(certificates);
    return ok;
}

bool tls_load(const Settings *settings, Tls *tls, GError **error) {
    if (!settings->tls_cert && !settings->tls_key) return true;
    if (!settings->tls_cert || !settings->tls_key)
        return fail(error, ERROR_CONFIG, "HANSARD_TLS_CERT and HANSARD_TLS_KEY go together: set %s, too",
                    settings->tls_cert ? "HANSARD_TLS_KEY" : "HANSARD_TLS_CERT");
    return read_file("HANSARD_TLS_CERT", settings->tls_cert, &tls->certificates, error) &&
           read_file("HANSARD_TLS_KEY", settings->tls_key, &tls->key, error) && check_pair(settings, tls, error);
}
