/* The first keys of the meetings' folder tell: a meeting has a few keys, so that among a thousand there are many records, if there are any. */
#include "operate/unlisted.h"

#include "base/limits.h"

#define READS_MAX 8 /* of records that turn out to be damaged, or of meetings that are being deleted */

static bool list_is_empty(const Meetings *meetings, bool *empty, GError **error) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 1};
    if (!catalog_list(meetings->catalog, &query, &page, error)) return false;
    *empty = page.rows->len == 0 && !page.next_cursor;
    return true;
}

/* `*stands`: the key is the record of a meeting that can be read. */
static bool check_record(const Meetings *meetings, const char *key, bool *stands, GError **error) {
    g_autofree char *meeting_id = meeting_id_of_key(key);
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    *stands = meeting_id && meeting_read_record(meetings, meeting_id, &record, NULL, &problem);
    if (!problem || error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_CORRUPT)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool meetings_unlisted(const Meetings *meetings, bool *unlisted, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool found = false, empty = false, more = false;
    if (!list_is_empty(meetings, &empty, error)) return false;
    if (empty && !store_list(meetings->store, PREFIX_MEETINGS, NULL, LIST_LIMIT_MAX, &entries, &more, error)) return false;
    guint reads = 0;
    for (guint i = 0; entries && i < entries->len && !found && reads < READS_MAX; i++) {
        const StoreEntry *entry = g_ptr_array_index(entries, i);
        if (!g_str_has_suffix(entry->key, "/metadata.json")) continue;
        if (!check_record(meetings, entry->key, &found, error)) return false;
        reads++;
    }
    *unlisted = found;
    return true;
}
