/* Names and addresses. A bucket stands in the host name on AWS ("virtual host"), and in the path where the service is another one, where a setting asks for
 * it, or where the bucket's name has dots, which no certificate of AWS covers. */
#include <string.h>

#include "aws/sigv4.h"
#include "base/limits.h"
#include "store/key.h"
#include "store/s3_internal.h"

#define BUCKET_CHARS_MIN 3
#define BUCKET_CHARS_MAX 63
#define PREFIX_BYTES_MAX 200

bool s3_bucket_check(const char *bucket, GError **error) {
    gsize length = strlen(bucket);
    bool good = length >= BUCKET_CHARS_MIN && length <= BUCKET_CHARS_MAX && !strstr(bucket, "..");
    for (gsize i = 0; good && i < length; i++) good = g_ascii_islower(bucket[i]) || g_ascii_isdigit(bucket[i]) || strchr(".-", bucket[i]);
    good = good && g_ascii_isalnum(bucket[0]) && g_ascii_isalnum(bucket[length - 1]) && !g_hostname_is_ip_address(bucket);
    return good || fail(error, ERROR_CONFIG,
                        "S3_BUCKET_NAME must be the bare name of a bucket: %d to %d of a-z, 0-9, '.' and '-', not \"%s\"; for an access point its alias",
                        BUCKET_CHARS_MIN, BUCKET_CHARS_MAX, bucket);
}

bool s3_prefix_read(const char *setting, char **prefix, GError **error) {
    g_autoptr(GError) problem = NULL;
    const char *start = setting ? setting : "";
    while (*start == '/') start++;
    gsize length = strlen(start);
    while (length > 0 && start[length - 1] == '/') length--;
    g_autofree char *bare = g_strndup(start, length);
    if (length > PREFIX_BYTES_MAX) return fail(error, ERROR_CONFIG, "S3_PREFIX may have at most %d bytes", PREFIX_BYTES_MAX);
    if (length > 0 && !store_key_check(bare, &problem)) return fail(error, ERROR_CONFIG, "S3_PREFIX can't stand before keys: %s", problem->message);
    *prefix = length > 0 ? g_strconcat(bare, "/", NULL) : g_strdup("");
    return true;
}

bool s3_key_fits(const S3Store *s3, const char *key, GError **error) {
    gsize length = strlen(s3->prefix) + strlen(key);
    return length <= KEY_BYTES_MAX || fail(error, ERROR_INVALID, "a key with S3_PREFIX before it has %zu bytes; at most %d are allowed", length, KEY_BYTES_MAX);
}

static bool in_host_name(const S3Store *s3) { return s3->is_aws && !s3->settings->s3_path_style && !strchr(s3->bucket, '.'); }

char *s3_url(const S3Store *s3, const char *endpoint, const char *key, const char *query) {
    const char *host = strstr(endpoint, "://");
    host = host ? host + strlen("://") : endpoint;
    g_autoptr(GString) url = g_string_new_len(endpoint, host - endpoint);
    if (in_host_name(s3)) g_string_append_printf(url, "%s.%s/", s3->bucket, host);
    else g_string_append_printf(url, "%s/%s", host, s3->bucket);
    if (key) {
        g_autofree char *name = g_strconcat(s3->prefix, key, NULL), *encoded = sigv4_encode(name, true);
        if (!in_host_name(s3)) g_string_append_c(url, '/');
        g_string_append(url, encoded);
    }
    if (query) g_string_append_printf(url, "?%s", query);
    return g_string_free(g_steal_pointer(&url), FALSE);
}

char *s3_origin(Store *store) {
    S3Store *s3 = (S3Store *)store;
    g_autofree char *url = s3_url(s3, aws_client_endpoint(s3_client(s3)), NULL, NULL);
    const char *host = strstr(url, "://") + strlen("://"); /* read_settings has seen to it */
    return g_strndup(url, (gsize)(host - url) + strcspn(host, "/"));
}

void s3_query_add(GString *query, const char *name, const char *value) {
    g_autofree char *encoded = sigv4_encode(value, false);
    g_string_append_printf(query, "%s%s=%s", query->len ? "&" : "", name, encoded);
}

/* RFC 6266: a name for old readers, in which what they can't read is '_', and the name itself. */
static char *disposition_of(const char *filename) {
    if (!filename) return g_strdup("inline");
    g_autofree char *plain = g_strdup(filename), *encoded = sigv4_encode(filename, false);
    for (char *at = plain; *at; at++)
        if (!g_ascii_isprint(*at) || strchr("\"\\%", *at)) *at = '_';
    return g_strdup_printf("attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, encoded);
}

bool s3_sign_url(Store *store, const char *key, const StoreUrl *permit, char **signed_url, GError **error) {
    S3Store *s3 = (S3Store *)store;
    g_autoptr(GString) query = g_string_new(NULL);
    if (!s3_key_fits(s3, key, error)) return false;
    if (strcmp(permit->method, "GET") == 0) {
        g_autofree char *disposition = disposition_of(permit->filename);
        if (permit->content_type) s3_query_add(query, "response-content-type", permit->content_type);
        s3_query_add(query, "response-content-disposition", disposition);
    }
    return s3_presign(s3, permit->method, key, query->len ? query->str : NULL, permit->expires_s, signed_url, error);
}
