/* Signature Version 4, step by step as AWS documents it: canonical request, string to sign, signing key, signature. */
#include "aws/sigv4.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/sha256.h"
#include "base/text.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define STAMP_BYTES 17 /* "20150830T123600Z" and its end */
#define DATE_CHARS 8   /* of a stamp */

/* Headers that the transport or a proxy may change, and the signature itself. */
static const char *const unsigned_headers[] = {"authorization", "connection", "expect", "transfer-encoding", "user-agent", NULL};

typedef struct {
    char *name, *value;
} Pair; /* a query parameter, encoded; or a header, its name in lower case */

static void pair_free(gpointer data) {
    Pair *pair = data;
    g_free(pair->name);
    g_free(pair->value);
    g_free(pair);
}

static int compare_names(gconstpointer a, gconstpointer b) { return strcmp((*(const Pair *const *)a)->name, (*(const Pair *const *)b)->name); }

static int compare_pairs(gconstpointer a, gconstpointer b) {
    int names = compare_names(a, b);
    return names ? names : strcmp((*(const Pair *const *)a)->value, (*(const Pair *const *)b)->value);
}

static void add_pair(GPtrArray *pairs, char *name, char *value) {
    Pair *pair = g_new(Pair, 1);
    *pair = (Pair){name, value};
    g_ptr_array_add(pairs, pair);
}

static void format_stamp(gint64 time_ms, char stamp[STAMP_BYTES]) {
    const time_t seconds = (time_t)(CLAMP(time_ms, 0, TIME_MS_MAX) / 1000);
    struct tm parts;
    strftime(stamp, STAMP_BYTES, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &parts));
}

/* "20150830/us-east-1/s3/aws4_request" */
static char *scope_of(const SigV4 *sign, const char *stamp) {
    return g_strdup_printf("%.*s/%s/%s/aws4_request", DATE_CHARS, stamp, sign->region, sign->service);
}

static void append_hex(GString *out, guint8 byte, const char *digits) {
    g_string_append_c(out, digits[byte >> 4]);
    g_string_append_c(out, digits[byte & 15]);
}

static void append_encoded(GString *out, const char *text, gsize size, bool keep_slash) {
    for (const char *at = text; at < text + size; at++) {
        if (g_ascii_isalnum(*at) || (*at && strchr("-._~", *at)) || (keep_slash && *at == '/')) g_string_append_c(out, *at);
        else g_string_append_c(out, '%'), append_hex(out, (guint8)*at, "0123456789ABCDEF");
    }
}

char *sigv4_encode(const char *text, bool keep_slash) {
    GString *out = g_string_sized_new(strlen(text) + 16);
    append_encoded(out, text, strlen(text), keep_slash);
    return g_string_free(out, FALSE);
}

/* Decoded and encoded anew, so that there is one spelling: a '%' that begins no code stands for itself. */
static void append_recoded(GString *out, const char *text, gsize size, bool keep_slash) {
    g_autoptr(GString) plain = g_string_sized_new(size);
    for (gsize i = 0; i < size; i++) {
        if (text[i] == '%' && i + 2 < size && g_ascii_isxdigit(text[i + 1]) && g_ascii_isxdigit(text[i + 2])) {
            g_string_append_c(plain, (char)(g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2])));
            i += 2;
        } else {
            g_string_append_c(plain, text[i]);
        }
    }
    append_encoded(out, plain->str, plain->len, keep_slash);
}

/* RFC 3986, 5.2.4, and repeated slashes made one. */
static char *normalise_path(const char *path, gsize size) {
    g_autofree char *copy = g_strndup(path, size);
    g_auto(GStrv) parts = g_strsplit(copy, "/", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    const char *last = "";
    for (guint i = 0; parts[i]; i++) {
        last = parts[i];
        if (!last[0] || strcmp(last, ".") == 0) continue;
        if (strcmp(last, "..") != 0) g_ptr_array_add(kept, parts[i]);
        else if (kept->len > 0) g_ptr_array_set_size(kept, (gint)kept->len - 1);
    }
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < kept->len; i++) g_string_append_printf(out, "/%s", (const char *)kept->pdata[i]);
    bool is_folder = kept->len == 0 || !last[0] || strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
    if (is_folder) g_string_append_c(out, '/');
    return g_string_free(out, FALSE);
}

/* S3 signs the path that the object's name makes; the other services the path of the URL, encoded once more. */
static void append_path(GString *out, const SigV4 *sign, const char *path, gsize size) {
    if (size == 0) {
        g_string_append_c(out, '/');
    } else if (sign->is_s3) {
        append_recoded(out, path, size, true);
    } else {
        g_autofree char *normal = normalise_path(path, size);
        append_encoded(out, normal, strlen(normal), true);
    }
}

static void append_query(GString *out, const char *query, gsize size) {
    g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(pair_free);
    for (const char *at = query, *end = query + size; at < end;) {
        const char *next = memchr(at, '&', (gsize)(end - at));
        if (!next) next = end;
        const char *equals = memchr(at, '=', (gsize)(next - at)), *name_end = equals ? equals : next;
        GString *name = g_string_new(NULL), *value = g_string_new(NULL);
        append_recoded(name, at, (gsize)(name_end - at), false);
        if (equals) append_recoded(value, equals + 1, (gsize)(next - equals - 1), false);
        if (next > at) add_pair(pairs, g_string_free(name, FALSE), g_string_free(value, FALSE));
        else (void)g_string_free(name, TRUE), (void)g_string_free(value, TRUE);
        at = next + 1;
    }
    g_ptr_array_sort(pairs, compare_pairs);
    for (guint i = 0; i < pairs->len; i++) {
        const Pair *pair = pairs->pdata[i];
        g_string_append_printf(out, "%s%s=%s", i ? "&" : "", pair->name, pair->value);
    }
}

/* The host as the transport sends it: without the port that the scheme has anyway. */
static char *host_of(const char *url) {
    gsize length = 0;
    const char *authority = http_url_authority(url, &length);
    g_autofree char *host = g_strndup(authority ? authority : "", length);
    const char *usual = g_str_has_prefix(url, "https:") ? ":443" : ":80";
    if (g_str_has_suffix(host, usual)) host[strlen(host) - strlen(usual)] = '\0';
    return g_steal_pointer(&host);
}

/* Byte by byte: a value need not be UTF-8. */
static char *fold_space(const char *value) {
    GString *out = g_string_sized_new(strlen(value));
    for (const char *at = value; *at; at++) {
        if (!g_ascii_isspace(*at)) g_string_append_c(out, *at);
        else if (out->len > 0 && out->str[out->len - 1] != ' ') g_string_append_c(out, ' ');
    }
    return g_strchomp(g_string_free(out, FALSE));
}

static GPtrArray *headers_to_sign(const HttpRequest *request) {
    GPtrArray *pairs = g_ptr_array_new_with_free_func(pair_free);
    if (!http_headers_get(request->headers, "host")) add_pair(pairs, g_strdup("host"), host_of(request->url));
    for (guint i = 0; request->headers && i < request->headers->len; i++) {
        const HttpHeader *header = request->headers->pdata[i];
        g_autofree char *name = g_ascii_strdown(header->name, -1);
        if (!g_strv_contains(unsigned_headers, name)) add_pair(pairs, g_steal_pointer(&name), fold_space(header->value));
    }
    g_ptr_array_sort(pairs, compare_names); /* stable: those of one name keep their order */
    return pairs;
}

/* Appends "name:value" lines, those of one name joined, and gives the names, "a;b;c". */
static char *append_headers(GString *out, const HttpRequest *request) {
    g_autoptr(GPtrArray) pairs = headers_to_sign(request);
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < pairs->len; i++) {
        const Pair *pair = pairs->pdata[i], *before = i ? pairs->pdata[i - 1] : NULL;
        if (before && strcmp(before->name, pair->name) == 0) {
            g_string_append_printf(out, ",%s", pair->value);
            continue;
        }
        g_string_append_printf(out, "%s%s:%s", before ? "\n" : "", pair->name, pair->value);
        g_string_append_printf(names, "%s%s", before ? ";" : "", pair->name);
    }
    g_string_append_c(out, '\n');
    return g_string_free(names, FALSE);
}

char *sigv4_canonical_request(const SigV4 *sign, const HttpRequest *request, const char *payload_hash, char **signed_headers) {
    gsize authority_length = 0;
    const char *authority = http_url_authority(request->url, &authority_length);
    const char *path = authority ? authority + authority_length : "";
    gsize path_size = strcspn(path, "?#");
    const char *query = path[path_size] == '?' ? path + path_size + 1 : "";
    GString *out = g_string_sized_new(1024);
    g_string_append_printf(out, "%s\n", request->method);
    append_path(out, sign, path, path_size);
    g_string_append_c(out, '\n');
    append_query(out, query, strcspn(query, "#"));
    g_string_append_c(out, '\n');
    g_autofree char *names = append_headers(out, request);
    g_string_append_printf(out, "\n%s\n%s", names, payload_hash);
    *signed_headers = g_steal_pointer(&names);
    return g_string_free(out, FALSE);
}

char *sigv4_string_to_sign(const SigV4 *sign, const char *canonical_request) {
    char stamp[STAMP_BYTES];
    format_stamp(sign->time_ms, stamp);
    g_autofree char *scope = scope_of(sign, stamp), *hash = text_sha256(canonical_request, strlen(canonical_request));
    return g_strdup_printf(ALGORITHM "\n%s\n%s\n%s", stamp, scope, hash);
}

/* Of one that is set up once: libcrypto looks its methods up by name, which costs more than the sums do. */
static EVP_MAC_CTX *hmac_new(void) {
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        char digest[] = "SHA256";
        EVP_MAC *method = EVP_MAC_fetch(NULL, "HMAC", NULL);
        EVP_MAC_CTX *made = method ? EVP_MAC_CTX_new(method) : NULL;
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
        if (!made || EVP_MAC_CTX_set_params(made, parameters) != 1) g_error("libcrypto has no HMAC with SHA-256");
        EVP_MAC_free(method);
        g_once_init_leave(&ready, (gsize)made);
    }
    EVP_MAC_CTX *hmac = EVP_MAC_CTX_dup((const EVP_MAC_CTX *)ready);
    if (!hmac) g_error("libcrypto can't make an HMAC");
    return hmac;
}

static void hmac_sum(EVP_MAC_CTX *hmac, const void *key, gsize key_size, const char *text, gsize size, guint8 out[SHA256_BYTES]) {
    gsize got;
    if (EVP_MAC_init(hmac, key, key_size, NULL) != 1 || EVP_MAC_update(hmac, (const guint8 *)text, size) != 1 ||
        EVP_MAC_final(hmac, out, &got, SHA256_BYTES) != 1)
        g_error("libcrypto can't make an HMAC");
}

char *sigv4_signature(const SigV4 *sign, const char *string_to_sign) {
    char stamp[STAMP_BYTES];
    guint8 key[SHA256_BYTES];
    format_stamp(sign->time_ms, stamp);
    char *secret = g_strconcat("AWS4", sign->credentials->secret_key, NULL);
    EVP_MAC_CTX *hmac = hmac_new();
    hmac_sum(hmac, secret, strlen(secret), stamp, DATE_CHARS, key);
    hmac_sum(hmac, key, sizeof key, sign->region, strlen(sign->region), key);
    hmac_sum(hmac, key, sizeof key, sign->service, strlen(sign->service), key);
    hmac_sum(hmac, key, sizeof key, "aws4_request", strlen("aws4_request"), key);
    hmac_sum(hmac, key, sizeof key, string_to_sign, strlen(string_to_sign), key);
    EVP_MAC_CTX_free(hmac);
    OPENSSL_cleanse(secret, strlen(secret));
    g_free(secret);
    GString *out = g_string_sized_new(2 * SHA256_BYTES + 1);
    for (int i = 0; i < SHA256_BYTES; i++) append_hex(out, key[i], "0123456789abcdef");
    return g_string_free(out, FALSE);
}

static char *signature_of(const SigV4 *sign, const HttpRequest *request, const char *payload_hash, char **signed_headers) {
    g_autofree char *canonical = sigv4_canonical_request(sign, request, payload_hash, signed_headers);
    g_autofree char *string = sigv4_string_to_sign(sign, canonical);
    return sigv4_signature(sign, string);
}

void sigv4_sign(const SigV4 *sign, HttpRequest *request, const char *payload_hash) {
    char stamp[STAMP_BYTES];
    format_stamp(sign->time_ms, stamp);
    http_headers_set(request->headers, "X-Amz-Date", stamp);
    if (sign->is_s3) http_headers_set(request->headers, "X-Amz-Content-Sha256", payload_hash);
    if (sign->credentials->session_token) http_headers_set(request->headers, "X-Amz-Security-Token", sign->credentials->session_token);
    else http_headers_remove(request->headers, "X-Amz-Security-Token");
    g_autofree char *names = NULL, *signature = signature_of(sign, request, payload_hash, &names), *scope = scope_of(sign, stamp);
    g_autofree char *value = g_strdup_printf(ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s", sign->credentials->access_key, scope,
                                             names, signature);
    http_headers_set(request->headers, "Authorization", value);
}

static void append_parameter(GString *url, const char *name, const char *value) {
    g_string_append_printf(url, "%c%s=", strchr(url->str, '?') ? '&' : '?', name);
    append_encoded(url, value, strlen(value), false);
}

char *sigv4_presign(const SigV4 *sign, const char *method, const char *url, const HttpHeaders *headers, gint64 expires_s) {
    char stamp[STAMP_BYTES];
    format_stamp(sign->time_ms, stamp);
    HttpRequest request = {.method = method, .url = url, .headers = (HttpHeaders *)headers};
    g_autofree char *scope = scope_of(sign, stamp), *names = NULL;
    g_autofree char *credential = g_strdup_printf("%s/%s", sign->credentials->access_key, scope);
    g_autofree char *expires = g_strdup_printf("%" G_GINT64_FORMAT, expires_s);
    g_autoptr(GString) scratch = g_string_new(NULL);
    names = append_headers(scratch, &request);

    GString *out = g_string_new(url);
    append_parameter(out, "X-Amz-Algorithm", ALGORITHM);
    append_parameter(out, "X-Amz-Credential", credential);
    append_parameter(out, "X-Amz-Date", stamp);
    append_parameter(out, "X-Amz-Expires", expires);
    if (sign->credentials->session_token) append_parameter(out, "X-Amz-Security-Token", sign->credentials->session_token);
    append_parameter(out, "X-Amz-SignedHeaders", names);
    request.url = out->str;
    g_autofree char *again = NULL, *signature = signature_of(sign, &request, sign->is_s3 ? SIGV4_UNSIGNED_PAYLOAD : EMPTY_SHA256, &again);
    append_parameter(out, "X-Amz-Signature", signature);
    return g_string_free(out, FALSE);
}
