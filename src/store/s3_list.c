/* The list: one ListObjectsV2 for one page. S3 sorts by the bytes of keys, as the port does. Objects that someone else put under names that are no keys
 * ("folders" of the console, say) are passed over; where a page has nothing else, the next one is asked for. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "store/s3_internal.h"

#define MS_A_SECOND 1000

char *s3_decode(const char *text) {
    g_autofree char *copy = g_strdup(text);
    for (char *at = copy; *at; at++)
        if (*at == '+') *at = ' ';
    g_autofree char *plain = g_uri_unescape_string(copy, NULL);
    return plain && g_utf8_validate(plain, -1, NULL) ? g_steal_pointer(&plain) : NULL;
}

/* A name as listed, without the prefix; NULL where it is none of ours. `*full` gets the name as listed. */
static char *read_key(const S3Store *s3, const XmlElement *element, char **full) {
    const char *text = xml_text(element, "Key");
    char *name = text ? s3_decode(text) : NULL;
    if (!name) return NULL;
    g_free(*full);
    *full = name;
    if (!g_str_has_prefix(name, s3->prefix) || !store_key_check(name + strlen(s3->prefix), NULL)) return NULL;
    return g_strdup(name + strlen(s3->prefix));
}

/* False where what the service says of a key that it lists can't be read. */
static bool read_entry(const XmlElement *element, StoreEntry *entry) {
    const char *size = xml_text(element, "Size"), *modified = xml_text(element, "LastModified");
    entry->etag = s3_etag(xml_text(element, "ETag"));
    if (!entry->etag || !size || !g_ascii_string_to_unsigned(size, 10, 0, RECORDING_BYTES_MAX, &entry->size, NULL)) return false;
    if (!modified || !time_parse(modified, &entry->modified_ms)) return false;
    entry->modified_ms -= entry->modified_ms % MS_A_SECOND; /* as in the headers of an object, which have no more */
    return true;
}

typedef struct {
    S3Store *s3;
    GPtrArray *entries;
    char *last; /* the last name as listed, ours or not */
    bool more;
} Page;

static bool take_page(const XmlElement *root, guint limit, Page *page) {
    for (guint i = 0; root->children && i < root->children->len; i++) {
        const XmlElement *element = g_ptr_array_index(root->children, i);
        if (strcmp(element->name, "Contents") != 0) continue;
        char *key = read_key(page->s3, element, &page->last);
        if (!key) continue;
        StoreEntry *entry = g_new0(StoreEntry, 1);
        entry->key = key;
        g_ptr_array_add(page->entries, entry);
        if (page->entries->len > limit || !read_entry(element, entry)) return false;
    }
    page->more = g_strcmp0(xml_text(root, "IsTruncated"), "true") == 0;
    return true;
}

static bool get_page(Page *page, const char *prefix, const char *start_after, guint limit, GError **error) {
    S3Store *s3 = page->s3;
    g_autoptr(GString) query = g_string_new(NULL);
    g_auto(HttpResponse) response = {0};
    g_autofree char *full = g_strconcat(s3->prefix, prefix, NULL), *digits = g_strdup_printf("%u", limit);
    s3_query_add(query, "encoding-type", "url");
    s3_query_add(query, "list-type", "2");
    s3_query_add(query, "max-keys", digits);
    if (full[0]) s3_query_add(query, "prefix", full);
    if (start_after) s3_query_add(query, "start-after", start_after);
    S3Request request = {.method = "GET", .query = query->str, .body_bytes_max = S3_LIST_BYTES_MAX};
    if (!s3_send(s3, &request, &response, NULL, error)) return false;
    gsize size = 0;
    const char *data = g_bytes_get_data(response.body, &size);
    g_autoptr(XmlElement) root = xml_parse(data, size, "the list of the bucket", error);
    if (!root) return false;
    g_autofree char *before = g_strdup(page->last);
    if (strcmp(root->name, "ListBucketResult") != 0 || !take_page(root, limit, page) || (page->more && g_strcmp0(before, page->last) == 0))
        return fail(error, ERROR_CORRUPT, "the service lists the bucket in a way that can't be read; check AWS_ENDPOINT_URL");
    return true;
}

bool s3_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more, GError **error) {
    S3Store *s3 = (S3Store *)store;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)store_entry_free);
    g_autofree char *first = start_after[0] ? g_strconcat(s3->prefix, start_after, NULL) : NULL, *last = NULL;
    Page page = {.s3 = s3, .entries = found, .more = true};
    bool done = true;
    while (done && page.more && found->len == 0) done = get_page(&page, prefix, page.last ? page.last : first, limit, error);
    last = page.last; /* freed with it */
    if (!done) return false;
    *entries = g_steal_pointer(&found);
    *more = page.more;
    return true;
}
