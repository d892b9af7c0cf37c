/* The list: one ListObjectsV2 for one page. S3 sorts by the bytes of keys, as the port does. Objects that someone else put under names that are no keys
 * ("folders" of the console, say) are passed over; where a page has nothing else, the next one is asked for. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "store/s3_internal.h"

#define MS_A_SECOND 1000

char *s3_listed_name(const XmlElement *root, const char *text) {
    if (!text) return NULL;
    bool encoded = g_strcmp0(xml_text(root, "EncodingType"), "url") == 0; /* some services are asked in vain */
    g_autofree char *name = g_strdup(text);
    for (char *at = name; encoded && *at; at++)
        if (*at == '+') *at = ' ';
    char *plain = encoded ? g_uri_unescape_string(name, NULL) : g_steal_pointer(&name);
    if (plain && g_utf8_validate(plain, -1, NULL)) return plain;
    g_free(plain);
    return NULL;
}

/* NULL where none is said, and for STANDARD. */
static const char *class_of(const char *said) {
    static const char *const names[] = {"STANDARD_IA",  "ONEZONE_IA",         "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER",
                                        "DEEP_ARCHIVE", "REDUCED_REDUNDANCY", "EXPRESS_ONEZONE",     "OUTPOSTS",   "SNOW"};
    if (!said || !said[0] || strcmp(said, "STANDARD") == 0) return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(said, names[i]) == 0) return names[i];
    return "OTHER";
}

/* False where what the service says of a key that it lists can't be read. */
static bool read_entry(const XmlElement *element, StoreEntry *entry) {
    const char *size = xml_text(element, "Size"), *modified = xml_text(element, "LastModified");
    entry->etag = s3_etag(xml_text(element, "ETag"));
    entry->storage_class = class_of(xml_text(element, "StorageClass"));
    if (!entry->etag || !size || !g_ascii_string_to_unsigned(size, 10, 0, RECORDING_BYTES_MAX, &entry->size, NULL)) return false;
    if (!modified || !time_parse(modified, &entry->modified_ms)) return false;
    entry->modified_ms -= entry->modified_ms % MS_A_SECOND; /* as in the headers of an object, which have no more */
    return true;
}

typedef struct {
    S3Store *s3;
    char *prefix;  /* that the service is asked for */
    char *within;  /* that keys must begin with, as listed; they follow one another */
    char *after;   /* the name to list after; NULL: from the first */
    bool moved;    /* `after` was listed */
    GPtrArray *entries;
    bool more;
} Page;

static void page_clear(Page *page) {
    g_free(page->prefix);
    g_free(page->within);
    g_free(page->after);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Page, page_clear)

/* Some services take no name that ends in a component "." or "..", which keys like ".a" begin with: these are looked for in the folder, after the last
 * name before them ('-' stands before '.'). */
static void start_page(Page *page, S3Store *s3, const char *prefix, const char *start_after) {
    const char *slash = strrchr(prefix, '/'), *leaf = slash ? slash + 1 : prefix;
    bool dots = strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0;
    g_autofree char *before = dots ? g_strdup_printf("%.*s-\xf4\x8f\xbf\xbf", (int)strlen(prefix) - 1, prefix) : NULL;
    if (dots && strcmp(start_after, before) < 0) start_after = before;
    g_autofree char *folder = dots ? g_strndup(prefix, (gsize)(leaf - prefix)) : g_strdup(prefix);
    page->s3 = s3;
    page->prefix = g_strconcat(s3->prefix, folder, NULL);
    page->within = g_strconcat(s3->prefix, prefix, NULL);
    page->after = start_after[0] ? g_strconcat(s3->prefix, start_after, NULL) : NULL;
    page->more = true;
}

static bool take_page(const XmlElement *root, guint limit, Page *page) {
    bool past = false;
    page->moved = false;
    for (guint i = 0; root->children && i < root->children->len; i++) {
        const XmlElement *element = g_ptr_array_index(root->children, i);
        if (strcmp(element->name, "Contents") != 0) continue;
        g_autofree char *name = s3_listed_name(root, xml_text(element, "Key"));
        if (!name) continue;
        /* One that does not sort behind what was asked for would be listed over and over. */
        if (!g_str_has_prefix(name, page->prefix) || (page->after && strcmp(name, page->after) <= 0)) return false;
        bool within = g_str_has_prefix(name, page->within);
        past = !within && strcmp(name, page->within) > 0;
        if (past) break;
        g_autofree char *key = g_strdup(name + strlen(page->s3->prefix));
        g_free(page->after);
        page->after = g_steal_pointer(&name);
        page->moved = true;
        if (!within || !store_key_check(key, NULL)) continue;
        StoreEntry *entry = g_new0(StoreEntry, 1);
        entry->key = g_steal_pointer(&key);
        g_ptr_array_add(page->entries, entry);
        if (page->entries->len > limit || !read_entry(element, entry)) return false;
    }
    page->more = !past && g_strcmp0(xml_text(root, "IsTruncated"), "true") == 0;
    return !page->more || page->moved;
}

static bool get_page(Page *page, guint limit, GError **error) {
    g_autoptr(GString) query = g_string_new(NULL);
    g_auto(HttpResponse) response = {0};
    g_autofree char *digits = g_strdup_printf("%u", limit);
    s3_query_add(query, "encoding-type", "url");
    s3_query_add(query, "list-type", "2");
    s3_query_add(query, "max-keys", digits);
    if (page->prefix[0]) s3_query_add(query, "prefix", page->prefix);
    if (page->after) s3_query_add(query, "start-after", page->after);
    S3Request request = {.method = "GET", .query = query->str, .body_bytes_max = S3_LIST_BYTES_MAX};
    g_autoptr(GError) problem = NULL;
    if (!s3_send(page->s3, &request, &response, NULL, &problem)) {
        /* S3 has another word for a bucket that is not there: what answers like this is some other server. */
        if (error_is(problem, ERROR_NOT_FOUND))
            return fail(error, ERROR_CONFIG, "no S3 service answers where AWS_ENDPOINT_URL leads: %s", problem->message);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    gsize size = 0;
    const char *data = g_bytes_get_data(response.body, &size);
    g_autoptr(XmlElement) root = xml_parse(data, size, "the list of the bucket", error);
    if (!root) return false;
    return (strcmp(root->name, "ListBucketResult") == 0 && take_page(root, limit, page)) ||
           fail(error, ERROR_CORRUPT, "the service lists the bucket in a way that can't be read; check AWS_ENDPOINT_URL");
}

bool s3_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)store_entry_free);
    g_auto(Page) page = {.entries = found};
    start_page(&page, (S3Store *)store, prefix, start_after);
    while (page.more && found->len == 0)
        if (!get_page(&page, limit, error)) return false;
    *entries = g_steal_pointer(&found);
    *more = page.more;
    return true;
}
