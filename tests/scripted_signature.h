/* The signature of what a scripted endpoint was sent, computed anew by the public algorithm (AWS Signature Version 4) from what came over the wire.
 */
#pragma once

#include "base/text.h"
#include "scripted_endpoint.h"

static inline GBytes *scripted_hmac(GBytes *key, const char *text) {
    gsize key_size, size = 32;
    const guint8 *key_data = g_bytes_get_data(key, &key_size);
    g_autoptr(GHmac) sum = g_hmac_new(G_CHECKSUM_SHA256, key_data, key_size);
    guint8 digest[32];
    g_hmac_update(sum, (const guint8 *)text, -1);
    g_hmac_get_digest(sum, digest, &size);
    return g_bytes_new(digest, size);
}

static inline char *scripted_between(const char *text, const char *before, const char *after) {
    const char *from = strstr(text, before);
    g_assert_nonnull(from);
    from += strlen(before);
    const char *to = *after ? strstr(from, after) : NULL;
    return to ? g_strndup(from, (gsize)(to - from)) : g_strdup(from);
}

/* Services other than S3 sign the path encoded once more. */
static inline char *scripted_canonical_path(const char *path) {
    g_auto(GStrv) parts = g_strsplit(path, "%", -1);
    return g_strjoinv("%25", parts);
}

static inline char *scripted_canonical_headers(const ScriptedRequest *request, const char *signed_headers) {
    g_auto(GStrv) names = g_strsplit(signed_headers, ";", -1);
    GString *lines = g_string_new(NULL);
    for (guint i = 0; names[i]; i++) {
        g_autofree char *value = scripted_header(request, names[i]);
        g_assert_nonnull(value);
        g_string_append_printf(lines, "%s:%s\n", names[i], value);
    }
    return g_string_free(lines, FALSE);
}

/* Fails the test where the POST does not carry the signature of these keys for this service. */
static inline void scripted_check_signature(const ScriptedRequest *request, const char *access_key, const char *secret_key, const char *region,
                                            const char *service) {
    g_autofree char *authorization = scripted_header(request, "Authorization"), *date = scripted_header(request, "X-Amz-Date");
    g_autofree char *start = g_strconcat("AWS4-HMAC-SHA256 Credential=", access_key, "/", NULL);
    g_assert_nonnull(authorization);
    g_assert_true(g_str_has_prefix(authorization, start));
    g_autofree char *names = scripted_between(authorization, "SignedHeaders=", ","), *given = scripted_between(authorization, "Signature=", "");
    g_assert_nonnull(strstr(names, "host"));
    g_assert_nonnull(strstr(names, "x-amz-date"));
    g_autofree char *day = g_strndup(date, 8), *scope = g_strconcat(day, "/", region, "/", service, "/aws4_request", NULL);
    g_assert_nonnull(strstr(authorization, scope));
    g_autofree char *hash = text_sha256(request->body, strlen(request->body)), *path = scripted_canonical_path(request->path),
                    *headers = scripted_canonical_headers(request, names);
    g_autofree char *canonical = g_strdup_printf("POST\n%s\n\n%s\n%s\n%s", path, headers, names, hash);
    g_autofree char *canonical_hash = text_sha256(canonical, strlen(canonical));
    g_autofree char *to_sign = g_strdup_printf("AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, canonical_hash);
    g_autofree char *first = g_strconcat("AWS4", secret_key, NULL);
    g_autoptr(GBytes) secret = g_bytes_new_static(first, strlen(first));
    g_autoptr(GBytes) day_key = scripted_hmac(secret, day), region_key = scripted_hmac(day_key, region),
                      service_key = scripted_hmac(region_key, service), key = scripted_hmac(service_key, "aws4_request"),
                      signature = scripted_hmac(key, to_sign);
    g_autoptr(GString) wanted = g_string_new(NULL);
    const guint8 *bytes = g_bytes_get_data(signature, NULL);
    for (guint i = 0; i < 32; i++) g_string_append_printf(wanted, "%02x", bytes[i]);
    g_assert_cmpstr(given, ==, wanted->str);
}
