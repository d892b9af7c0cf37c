/* Deletes: many keys in one DeleteObjects; one key, and where the service has no such call, by DELETE.
 *
 * In a bucket that keeps versions a delete only hides them, under a "delete marker". To purge a key is to hide it first, so that no older version comes to
 * light in between, then to remove all that lies under that marker, and the marker last. What was put over the marker meanwhile is someone else's, and
 * stays. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "store/s3_internal.h"

#define VERSIONS_A_PAGE "1000"
#define VERSION_CHARS_MAX 1024

typedef struct {
    const char *key;     /* as callers of the port name it */
    const char *version; /* NULL: what stands */
} Doomed;

/* A key that a delete has hidden, and by which marker. */
typedef struct {
    char *key, *marker;
} Hidden;

static void hidden_free(gpointer data) {
    Hidden *hidden = data;
    g_free(hidden->key);
    g_free(hidden->marker);
    g_free(hidden);
}

static void add_hidden(GPtrArray *hidden, const char *key, const char *marker) {
    Hidden *made = g_new(Hidden, 1);
    *made = (Hidden){g_strdup(key), g_strdup(marker)};
    g_ptr_array_add(hidden, made);
}

static bool is_true(const char *text) { return g_strcmp0(text, "true") == 0; }

/* XML can't name these. */
static bool is_in_xml(const char *key) {
    for (const char *at = key; *at; at = g_utf8_next_char(at))
        if (g_utf8_get_char(at) == 0xFFFE || g_utf8_get_char(at) == 0xFFFF) return false;
    return true;
}

static bool delete_one(S3Store *s3, const Doomed *doomed, GPtrArray *hidden, GError **error) {
    g_autoptr(GString) query = g_string_new(NULL);
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) problem = NULL;
    if (doomed->version) s3_query_add(query, "versionId", doomed->version);
    S3Request request = {.method = "DELETE", .key = doomed->key, .query = query->len ? query->str : NULL};
    if (!s3_send(s3, &request, &response, NULL, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true; /* some services say so */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    const char *marker = http_response_header(&response, "x-amz-version-id");
    if (hidden && marker && is_true(http_response_header(&response, "x-amz-delete-marker"))) add_hidden(hidden, doomed->key, marker);
    return true;
}

static GBytes *doomed_xml(const S3Store *s3, const Doomed *doomed, gsize count) {
    GString *xml = g_string_new("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (gsize i = 0; i < count; i++) {
        g_string_append(xml, "<Object><Key>");
        xml_append_text(xml, s3->prefix);
        xml_append_text(xml, doomed[i].key);
        g_string_append(xml, "</Key>");
        if (doomed[i].version) {
            g_string_append(xml, "<VersionId>");
            xml_append_text(xml, doomed[i].version);
            g_string_append(xml, "</VersionId>");
        }
        g_string_append(xml, "</Object>");
    }
    g_string_append(xml, "</Delete>");
    return g_string_free_to_bytes(xml);
}

/* The first key that could not be removed is told with the service's words for it. */
static bool told_of_key(const S3Store *s3, const XmlElement *element, GError **error) {
    static const char *const refused[] = {"AccessDenied", "AllAccessDisabled", "InvalidRequest", NULL}, *const gone[] = {"NoSuchKey", "NoSuchVersion", NULL};
    const char *key = xml_text(element, "Key"), *code = xml_text(element, "Code");
    if (code && g_strv_contains(gone, code)) return true;
    bool is_refused = code && g_strv_contains(refused, code);
    g_autofree char *name = g_utf8_make_valid(key && g_str_has_prefix(key, s3->prefix) ? key + strlen(s3->prefix) : "a key", -1);
    g_autofree char *word = g_utf8_make_valid(code ? code : "no reason", -1);
    return fail(error, is_refused ? ERROR_CONFIG : ERROR_UNAVAILABLE, "%s was not removed from %s: the service gives %.100s%s", name, s3->resource, word,
                is_refused ? "; give the credentials the rights that `hansard setup --policy` prints (s3:DeleteObject), and look for an object lock"
                           : "; try again later");
}

static bool take_deleted(const S3Store *s3, const XmlElement *root, GPtrArray *hidden, GError **error) {
    for (guint i = 0; root->children && i < root->children->len; i++) {
        const XmlElement *element = g_ptr_array_index(root->children, i);
        const char *key = xml_text(element, "Key"), *marker = xml_text(element, "DeleteMarkerVersionId");
        if (strcmp(element->name, "Error") == 0 && !told_of_key(s3, element, error)) return false;
        if (!hidden || strcmp(element->name, "Deleted") != 0 || !marker || !is_true(xml_text(element, "DeleteMarker"))) continue;
        if (key && g_str_has_prefix(key, s3->prefix)) add_hidden(hidden, key + strlen(s3->prefix), marker);
    }
    return true;
}

/* `*lacking`: the service has no such call. */
static bool delete_batch(S3Store *s3, const Doomed *doomed, gsize count, GPtrArray *hidden, bool *lacking, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autoptr(GBytes) body = doomed_xml(s3, doomed, count);
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    gsize size = 0;
    s3_md5_set(headers, body);
    http_headers_set(headers, "Content-Type", "application/xml");
    S3Request request = {.method = "POST", .query = "delete=", .headers = headers, .body = {.bytes = body}, .sign_body = true,
                         .body_bytes_max = S3_LIST_BYTES_MAX};
    bool sent = s3_send(s3, &request, &response, &outcome, error);
    *lacking = outcome.status == 501 || outcome.status == 405;
    if (!sent) return false;
    const char *data = g_bytes_get_data(response.body, &size);
    g_autoptr(XmlElement) root = xml_parse(data, size, "the answer to a delete", error);
    if (!root) return false;
    if (strcmp(root->name, "DeleteResult") != 0)
        return fail(error, ERROR_CORRUPT, "the service answers a delete with a %s; check AWS_ENDPOINT_URL", root->name);
    return take_deleted(s3, root, hidden, error);
}

static bool delete_each(S3Store *s3, const Doomed *doomed, gsize count, GPtrArray *hidden, GError **error) {
    for (gsize i = 0; i < count; i++)
        if (!delete_one(s3, &doomed[i], hidden, error)) return false;
    return true;
}

/* `hidden` (may be NULL) gets the keys that a marker hides now. */
static bool delete_all(S3Store *s3, const Doomed *doomed, gsize count, GPtrArray *hidden, GError **error) {
    g_autoptr(GError) problem = NULL;
    bool lacking = false;
    g_mutex_lock(&s3->mutex);
    bool batch = count > 1 && !s3->one_by_one;
    g_mutex_unlock(&s3->mutex);
    for (gsize i = 0; batch && i < count; i++) batch = is_in_xml(doomed[i].key) && s3_key_fits(s3, doomed[i].key, NULL);
    if (!batch) return delete_each(s3, doomed, count, hidden, error);
    if (delete_batch(s3, doomed, count, hidden, &lacking, &problem)) return true;
    if (!lacking) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_mutex_lock(&s3->mutex);
    s3->one_by_one = true;
    g_mutex_unlock(&s3->mutex);
    return delete_each(s3, doomed, count, hidden, error);
}

/* ---- versions ---- */

/* One walk over the versions of a key. */
typedef struct {
    const Hidden *hidden;
    bool marker_seen, marker_latest; /* nothing was put over the marker: all else is older */
    gint64 marker_ms;
    guint spared;
    GPtrArray *doomed;               /* char*: versions on this page that are to go */
    char *next_key, *next_version;   /* NULL: no page follows */
} Walk;

static void walk_clear(Walk *walk) {
    g_clear_pointer(&walk->doomed, g_ptr_array_unref);
    g_free(walk->next_key);
    g_free(walk->next_version);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

/* Versions come newest first; some services put all delete markers before them, so that the place alone does not tell what is older than the marker. */
static bool take_version(const XmlElement *element, Walk *walk) {
    const char *version = xml_text(element, "VersionId"), *modified = xml_text(element, "LastModified");
    bool latest = is_true(xml_text(element, "IsLatest"));
    gint64 ms;
    if (!version || strlen(version) > VERSION_CHARS_MAX || !modified || !time_parse(modified, &ms)) return false;
    if (strcmp(version, walk->hidden->marker) == 0) {
        walk->marker_seen = true;
        walk->marker_latest = latest;
        walk->marker_ms = ms;
    } else if (!latest && (walk->marker_latest || (walk->marker_seen && ms <= walk->marker_ms))) {
        g_ptr_array_add(walk->doomed, g_strdup(version));
    } else {
        walk->spared++;
    }
    return true;
}

/* The keys that begin as this one does are listed after it. */
static bool take_versions(const S3Store *s3, const XmlElement *root, Walk *walk) {
    bool past = false;
    for (guint i = 0; root->children && i < root->children->len; i++) {
        const XmlElement *element = g_ptr_array_index(root->children, i);
        if (strcmp(element->name, "Version") != 0 && strcmp(element->name, "DeleteMarker") != 0) continue;
        g_autofree char *name = s3_listed_name(root, xml_text(element, "Key"));
        if (name && !g_str_has_prefix(name, s3->prefix)) return false;
        if (!name || strcmp(name + strlen(s3->prefix), walk->hidden->key) != 0) past = true;
        else if (!take_version(element, walk)) return false;
    }
    bool more = !past && is_true(xml_text(root, "IsTruncated"));
    g_autofree char *key = s3_listed_name(root, xml_text(root, "NextKeyMarker")), *version = g_strdup(xml_text(root, "NextVersionIdMarker"));
    bool moved = g_strcmp0(key, walk->next_key) != 0 || g_strcmp0(version, walk->next_version) != 0;
    g_free(walk->next_key);
    g_free(walk->next_version);
    walk->next_key = more ? g_steal_pointer(&key) : NULL;
    walk->next_version = more ? g_steal_pointer(&version) : NULL;
    return !more || (moved && walk->next_key);
}

static bool list_versions(S3Store *s3, Walk *walk, GError **error) {
    g_autoptr(GString) query = g_string_new(NULL);
    g_auto(HttpResponse) response = {0};
    gsize size = 0;
    g_autofree char *prefix = g_strconcat(s3->prefix, walk->hidden->key, NULL);
    s3_query_add(query, "encoding-type", "url");
    if (walk->next_key) s3_query_add(query, "key-marker", walk->next_key);
    s3_query_add(query, "max-keys", VERSIONS_A_PAGE);
    s3_query_add(query, "prefix", prefix);
    if (walk->next_version) s3_query_add(query, "version-id-marker", walk->next_version);
    s3_query_add(query, "versions", "");
    S3Request request = {.method = "GET", .query = query->str, .body_bytes_max = S3_LIST_BYTES_MAX};
    if (!s3_send(s3, &request, &response, NULL, error)) return false;
    const char *data = g_bytes_get_data(response.body, &size);
    g_autoptr(XmlElement) root = xml_parse(data, size, "the list of versions", error);
    if (!root) return false;
    return (strcmp(root->name, "ListVersionsResult") == 0 && take_versions(s3, root, walk)) ||
           fail(error, ERROR_CORRUPT, "the service lists the versions of %s in a way that can't be read; check AWS_ENDPOINT_URL", walk->hidden->key);
}

static bool delete_versions(S3Store *s3, const char *key, GPtrArray *versions, GError **error) {
    g_autofree Doomed *doomed = g_new0(Doomed, versions->len);
    for (guint i = 0; i < versions->len; i++) doomed[i] = (Doomed){key, g_ptr_array_index(versions, i)};
    for (guint done = 0; done < versions->len; done += DELETE_MANY_MAX)
        if (!delete_all(s3, doomed + done, MIN(DELETE_MANY_MAX, versions->len - done), NULL, error)) return false;
    return true;
}

/* Page by page, so that memory does not grow with the number of versions. */
static bool walk_versions(S3Store *s3, Walk *walk, GError **error) {
    do {
        g_clear_pointer(&walk->doomed, g_ptr_array_unref);
        walk->doomed = g_ptr_array_new_with_free_func(g_free);
        if (!list_versions(s3, walk, error) || !delete_versions(s3, walk->hidden->key, walk->doomed, error)) return false;
    } while (walk->next_key);
    return true;
}

/* Where the marker was found behind others that it hides, it takes a second walk. The marker goes only when it hides nothing any more. */
static bool purge_hidden(S3Store *s3, const Hidden *hidden, GError **error) {
    g_auto(Walk) walk = {.hidden = hidden};
    bool walked = walk_versions(s3, &walk, error);
    if (walked && walk.marker_latest && walk.spared > 0) {
        walk.spared = 0;
        walked = walk_versions(s3, &walk, error);
    }
    return walked && delete_one(s3, &(Doomed){hidden->key, hidden->marker}, NULL, error);
}

static bool delete_for_good(S3Store *s3, const Doomed *doomed, gsize count, GError **error) {
    g_autoptr(GPtrArray) hidden = g_ptr_array_new_with_free_func(hidden_free);
    if (!delete_all(s3, doomed, count, hidden, error)) return false;
    for (guint i = 0; i < hidden->len; i++)
        if (!purge_hidden(s3, g_ptr_array_index(hidden, i), error)) return false;
    return true;
}

bool s3_purge_versions(Store *store, const char *key, GError **error) {
    return delete_for_good((S3Store *)store, &(Doomed){.key = key}, 1, error);
}

bool s3_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error) {
    S3Store *s3 = (S3Store *)store;
    g_autofree Doomed *doomed = g_new0(Doomed, key_count);
    for (gsize i = 0; i < key_count; i++) doomed[i] = (Doomed){.key = keys[i]};
    if (s3->settings->s3_purge_versions) return delete_for_good(s3, doomed, key_count, error);
    return delete_all(s3, doomed, key_count, NULL, error);
}
