/* Of the keys only those go that were seen before the record was found to be unchanged: whoever changes a meeting changes its record before he puts
 * a key, so that none of his is among them. */
#include "operate/relist.h"

#include <string.h>

#include "base/limits.h"

#define ROW_TRIES 8

char *relist_key(const Record *record) {
    if (record->state != MEETING_READY || record->timestamp_ms < 0 || record->timestamp_ms > TIME_MS_MAX) return NULL;
    g_autoptr(Row) row = row_of_record(record);
    return row_to_key(row);
}

/* Where the catalog keeps no index keys, nothing is to be put into the store. */
static bool keeps_keys(const Meetings *meetings) { return catalog_table(meetings->catalog) != meetings->catalog; }

static bool put_key(const Meetings *meetings, const char *key, GError **error) {
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    return store_put(meetings->store, key, nothing, NULL, NULL, error);
}

/* The meeting's other keys: neighbours of its own, and `also`. */
static bool list_others(const Meetings *meetings, const Record *record, const char *key, const char *also, GPtrArray *others, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autofree char *sort_key = row_sort_key(record->timestamp_ms, record->meeting_id), *prefix = g_strconcat(PREFIX_INDEX, sort_key, NULL);
    bool more;
    if (!store_list(meetings->store, prefix, NULL, LIST_LIMIT_MAX - 1, &entries, &more, error)) return false;
    for (guint i = 0; i < entries->len; i++) {
        const char *listed = ((const StoreEntry *)entries->pdata[i])->key;
        g_autoptr(Row) row = row_from_key(listed);
        if (row && strcmp(row->meeting_id, record->meeting_id) == 0 && strcmp(listed, key) != 0) g_ptr_array_add(others, g_strdup(listed));
    }
    if (also && strcmp(also, key) != 0 && !g_ptr_array_find_with_equal_func(others, also, g_str_equal, NULL)) g_ptr_array_add(others, g_strdup(also));
    return true;
}

static bool check_unchanged(const Meetings *meetings, const char *meeting_id, const char *etag, GError **error) {
    g_auto(StoreInfo) info = {0};
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    if (!store_head(meetings->store, key, &info, error)) return false;
    return strcmp(info.etag, etag) == 0 || fail(error, ERROR_PRECONDITION, "the meeting %s was changed meanwhile", meeting_id);
}

static bool relist_keys(const Meetings *meetings, const Record *record, const char *etag, const char *also, GError **error) {
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *key = relist_key(record);
    if (!key) return fail(error, ERROR_INVALID, "the time of %s lies outside the years 1970 to 2286: correct its record", record->meeting_id);
    if (!keeps_keys(meetings)) return true;
    return put_key(meetings, key, error) && list_others(meetings, record, key, also, others, error) &&
           check_unchanged(meetings, record->meeting_id, etag, error) &&
           (others->len == 0 || store_delete_many(meetings->store, (const char *const *)others->pdata, others->len, error));
}

static bool put_row(const Meetings *meetings, const Record *record, GError **error) {
    Catalog *table = catalog_table(meetings->catalog);
    g_autoptr(Row) row = row_of_record(record);
    return !table || catalog_put(table, row, error);
}

bool relist(const Meetings *meetings, const char *meeting_id, const char *also, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autofree char *etag = NULL;
    return meeting_read_record(meetings, meeting_id, &record, &etag, error) && relist_keys(meetings, record, etag, also, error) &&
           put_row(meetings, record, error);
}

/* Whoever changes the meeting between the removal and the put may find his row gone: then the record is read once more. */
bool relist_row(const Meetings *meetings, const char *meeting_id, GError **error) {
    Catalog *table = catalog_table(meetings->catalog);
    for (int tries = 0; tries < ROW_TRIES; tries++) {
        g_autoptr(Record) record = NULL;
        g_autofree char *etag = NULL;
        g_autoptr(GError) problem = NULL;
        if (!meeting_read_record(meetings, meeting_id, &record, &etag, error) ||
            !catalog_remove(table, meeting_id, CATALOG_TIME_UNKNOWN, error) || !put_row(meetings, record, error))
            return false;
        if (check_unchanged(meetings, meeting_id, etag, &problem)) return true;
        if (error_is(problem, ERROR_PRECONDITION)) continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return fail(error, ERROR_PRECONDITION, "the meeting %s is being changed all the time", meeting_id);
}
