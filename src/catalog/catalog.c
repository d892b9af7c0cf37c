/* Checks arguments once, so that backends need not, and hands them on. */
#include <string.h>

#include "base/limits.h"
#include "catalog/catalog_backend.h"
#include "model/keys.h"

static bool check_identity(const char *meeting_id, gint64 timestamp_ms, GError **error) {
    if (!meeting_id || !meeting_id_valid(meeting_id))
        return fail(error, ERROR_INVALID, "\"%.150s\" is no meeting id: use 1 to %d of A-Z a-z 0-9 . _ -",
                    meeting_id ? meeting_id : "", MEETING_ID_BYTES_MAX);
    if (timestamp_ms < 0 || timestamp_ms > TIME_MS_MAX)
        return fail(error, ERROR_INVALID, "The time of %s lies outside the years 1970 to 2286: correct its record", meeting_id);
    return true;
}

bool catalog_put(Catalog *catalog, const Row *row, GError **error) {
    return check_identity(row->meeting_id, row->timestamp_ms, error) && catalog->backend->put(catalog, row, error);
}

bool catalog_remove(Catalog *catalog, const char *meeting_id, gint64 timestamp_ms, GError **error) {
    return check_identity(meeting_id, timestamp_ms == CATALOG_TIME_UNKNOWN ? 0 : timestamp_ms, error) && catalog->backend->remove(catalog, meeting_id, timestamp_ms, error);
}

bool catalog_list(Catalog *catalog, const CatalogQuery *query, CatalogPage *page, GError **error) {
    if (query->limit < 1 || query->limit > PAGE_LIMIT_MAX)
        return fail(error, ERROR_INVALID, "A page has 1 to %d meetings, not %u", PAGE_LIMIT_MAX, query->limit);
    if (query->from_ms < 0 || query->from_ms > TIME_MS_MAX || query->to_ms < 0 || query->to_ms > TIME_MS_MAX)
        return fail(error, ERROR_INVALID, "`from` and `to` must lie in the years 1970 to 2286");
    if (query->tag && (query->tag[0] == '\0' || strlen(query->tag) > TAG_BYTES_MAX))
        return fail(error, ERROR_INVALID, "A tag has 1 to %d bytes", TAG_BYTES_MAX);
    return catalog->backend->list(catalog, query, page, error);
}

bool catalog_stamp(Catalog *catalog, StoreStamp *stamp) { return catalog->backend->stamp && catalog->backend->stamp(catalog, stamp); }

bool catalog_each(Catalog *catalog, CatalogVisit visit, gpointer user_data, GError **error) {
    return catalog->backend->each(catalog, visit, user_data, error);
}

bool catalog_scan(Catalog *catalog, CatalogVisit visit, gpointer user_data, GError **error) {
    return catalog->backend->scan ? catalog->backend->scan(catalog, visit, user_data, error) : catalog_each(catalog, visit, user_data, error);
}

bool catalog_mark_whole(Catalog *catalog, gint64 now_ms, GError **error) {
    return !catalog->backend->mark_whole || catalog->backend->mark_whole(catalog, now_ms, error);
}

bool catalog_is_whole(Catalog *catalog, bool *whole, GError **error) {
    if (catalog->backend->is_whole) return catalog->backend->is_whole(catalog, whole, error);
    *whole = true;
    return true;
}

Catalog *catalog_table(Catalog *catalog) { return catalog->backend->table ? catalog->backend->table(catalog) : NULL; }

void catalog_health(Catalog *catalog, CatalogHealth *health) {
    *health = (CatalogHealth){0};
    if (catalog->backend->health) catalog->backend->health(catalog, health);
}

void catalog_health_clear(CatalogHealth *health) { g_clear_pointer(&health->problem, g_free); }

void catalog_page_clear(CatalogPage *page) {
    g_clear_pointer(&page->rows, g_ptr_array_unref);
    g_clear_pointer(&page->next_cursor, g_free);
}

void catalog_close(Catalog *catalog) {
    if (catalog) catalog->backend->close(catalog);
}
