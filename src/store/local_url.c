/* URLs that this server signs and answers itself:
 *
 *   /store/{key}?method=…&expires=…&type=…&filename=…&signature=…          an object
 *   /store/{key}?method=PUT&expires=…&upload=…&part=…&signature=…          a part of an upload
 *
 * The signature is an HMAC-SHA256 over everything that the URL permits, with the store's secret. There is exactly one
 * spelling of a URL: the check builds it anew from the parts and compares the whole in constant time, so that any altered
 * bit fails, be it in a value, a name, the order or the percent-encoding. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/store_backend.h"

#define URL_PATH "/store/"
#define URL_BYTES_MAX (8 * KIB) /* a key, type and file name at their limits, each byte as %XX, take 4.7 KiB */

typedef struct {
    const char *method, *key, *content_type, *filename; /* the last two may be NULL */
    const char *upload_id, *part;                       /* NULL: for the object itself */
    guint64 expires;                                    /* Unix seconds */
} Permit;

static void add_parameter(GString *url, const char *name, const char *value) {
    if (!value) return;
    g_string_append_printf(url, "&%s=", name);
    g_string_append_uri_escaped(url, value, NULL, FALSE);
}

/* What is signed. No part can hold the line end that separates them. */
static char *text_of(const Permit *permit) {
    if (permit->upload_id)
        return g_strdup_printf("hansard-part-url-1\n%s\n%s\n%" G_GUINT64_FORMAT "\n%s\n%s", permit->method, permit->key,
                               permit->expires, permit->upload_id, permit->part);
    return g_strdup_printf("hansard-url-1\n%s\n%s\n%" G_GUINT64_FORMAT "\n%s\n%s", permit->method, permit->key, permit->expires,
                           permit->content_type ? permit->content_type : "", permit->filename ? permit->filename : "");
}

/* The one spelling of the URL for `permit`. */
static char *url_of(const Permit *permit, const guint8 secret[32]) {
    g_autofree char *text = text_of(permit);
    g_autofree char *signature = g_compute_hmac_for_string(G_CHECKSUM_SHA256, secret, 32, text, -1);
    GString *url = g_string_new(URL_PATH);
    g_string_append_uri_escaped(url, permit->key, "/", FALSE);
    g_string_append_printf(url, "?method=%s&expires=%" G_GUINT64_FORMAT, permit->method, permit->expires);
    add_parameter(url, "type", permit->content_type);
    add_parameter(url, "filename", permit->filename);
    add_parameter(url, "upload", permit->upload_id);
    add_parameter(url, "part", permit->part);
    add_parameter(url, "signature", signature);
    return g_string_free(url, FALSE);
}

static bool sign(Store *store, Permit *permit, gint64 expires_s, char **signed_url, GError **error) {
    guint8 secret[32];
    if (!store->backend->url_secret(store, secret, error)) return false;
    permit->expires = (guint64)(clock_now_ms(store->clock) / 1000 + expires_s);
    *signed_url = url_of(permit, secret);
    return true;
}

bool store_sign_local_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error) {
    Permit permit = {.method = url->method, .key = key, .content_type = url->content_type, .filename = url->filename};
    return sign(store, &permit, url->expires_s, signed_url, error);
}

bool store_sign_local_part(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url,
                           GError **error) {
    g_autofree char *part = g_strdup_printf("%u", number);
    Permit permit = {.method = "PUT", .key = key, .upload_id = upload_id, .part = part};
    return sign(store, &permit, expires_s, url, error);
}

/* Takes the same time wherever the two differ; the length is no secret. */
static bool equal_in_constant_time(const char *a, const char *b) {
    gsize length = strlen(a);
    if (strlen(b) != length) return false;
    volatile guint8 difference = 0;
    for (gsize i = 0; i < length; i++) difference |= (guint8)(a[i] ^ b[i]);
    return difference == 0;
}

static bool not_held(GError **error) {
    return fail(error, ERROR_FORBIDDEN, "the signed URL does not hold for this request; ask for a new one");
}

/* Takes a URL apart. */
typedef struct {
    char *key;
    GHashTable *parameters;
} Parts;

static void parts_clear(Parts *parts) {
    g_free(parts->key);
    g_clear_pointer(&parts->parameters, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parts, parts_clear)

static bool take_apart(Store *store, const char *path, const char *query, Parts *parts, GError **error) {
    if (!store->backend->url_secret)
        return fail(error, ERROR_NOT_FOUND, "this server answers no signed URLs: the %s store does", store->backend->name);
    if (!query || strlen(path) + strlen(query) > URL_BYTES_MAX || !g_str_has_prefix(path, URL_PATH)) return not_held(error);
    parts->key = g_uri_unescape_string(path + strlen(URL_PATH), NULL);
    parts->parameters = g_uri_parse_params(query, -1, "&", G_URI_PARAMS_NONE, NULL);
    return (parts->key && parts->parameters) || not_held(error);
}

/* Whether the URL is the one spelling of `permit`, and has not expired. */
static bool check(Store *store, const char *path, const char *query, const Parts *parts, Permit *permit, GError **error) {
    guint8 secret[32];
    const char *expires = g_hash_table_lookup(parts->parameters, "expires");
    permit->key = parts->key;
    if (!expires || !g_ascii_string_to_unsigned(expires, 10, 1, G_MAXINT64, &permit->expires, NULL)) return not_held(error);
    if (!store->backend->url_secret(store, secret, error)) return false;
    g_autofree char *given = g_strconcat(path, "?", query, NULL);
    g_autofree char *expected = url_of(permit, secret);
    if (!equal_in_constant_time(given, expected)) return not_held(error);
    return clock_now_ms(store->clock) / 1000 < (gint64)permit->expires ||
           fail(error, ERROR_FORBIDDEN, "the signed URL has expired; ask for a new one");
}

bool store_check_url(Store *store, const char *method, const char *path, const char *query, char **key, char **content_type,
                     char **filename, GError **error) {
    g_auto(Parts) parts = {0};
    if (!take_apart(store, path, query, &parts, error)) return false;
    Permit permit = {.method = method,
                     .content_type = g_hash_table_lookup(parts.parameters, "type"),
                     .filename = g_hash_table_lookup(parts.parameters, "filename")};
    if (!check(store, path, query, &parts, &permit, error)) return false;
    *key = g_steal_pointer(&parts.key);
    *content_type = g_strdup(permit.content_type);
    *filename = g_strdup(permit.filename);
    return true;
}

bool store_check_part_url(Store *store, const char *path, const char *query, char **key, char **upload_id, guint *number,
                          GError **error) {
    g_auto(Parts) parts = {0};
    guint64 part = 0;
    if (!take_apart(store, path, query, &parts, error)) return false;
    Permit permit = {.method = "PUT",
                     .upload_id = g_hash_table_lookup(parts.parameters, "upload"),
                     .part = g_hash_table_lookup(parts.parameters, "part")};
    if (!permit.upload_id || !permit.part || !g_ascii_string_to_unsigned(permit.part, 10, 1, S3_PARTS_MAX, &part, NULL))
        return not_held(error);
    if (!check(store, path, query, &parts, &permit, error)) return false;
    *key = g_steal_pointer(&parts.key);
    *upload_id = g_strdup(permit.upload_id);
    *number = (guint)part;
    return true;
}
