/* The items of all meetings, and which meetings have open ones. */
#include <string.h>

#include "base/limits.h"
#include "search/search_internal.h"

#define DUE "json_extract(i.json, '$.due')"

/* Parameters 1 to 5: kind, status, owner (folded), due_from, due_to. */
static const char conditions[] = " FROM meetings AS m CROSS JOIN items AS i ON i.meeting = m.id"
                                 " WHERE i.kind = coalesce(?1, i.kind)"
                                 " AND (CASE WHEN ?2 = 'open' THEN i.status IN ('draft', 'confirmed') ELSE i.status = coalesce(?2, i.status) END)"
                                 " AND i.owner IS coalesce(?3, i.owner)"
                                 " AND (?4 IS NULL OR " DUE " >= ?4) AND (?5 IS NULL OR " DUE " <= ?5)";

static bool check_filter(const ItemFilter *filter, GError **error) {
    ItemKind known;
    const char *dates[] = {filter->due_from, filter->due_to};
    if (filter->kind && !item_kind_named(filter->kind, &known))
        return fail(error, ERROR_INVALID, "There is no kind of item of this name: use action, decision, question or requirement");
    if (filter->status && strcmp(filter->status, "open") != 0 && !item_status_known(filter->status))
        return fail(error, ERROR_INVALID, "There is no status of this name: use draft, confirmed, rejected, done or open");
    for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
        gint64 unused;
        if (dates[i] && !(strlen(dates[i]) == 10 && time_parse(dates[i], &unused)))
            return fail(error, ERROR_INVALID, "A date by which items are due must be like 2026-03-31");
    }
    return true;
}

static char *folded(const char *owner) {
    g_autofree char *valid = owner ? g_utf8_make_valid(owner, -1) : NULL;
    return valid ? g_utf8_casefold(valid, -1) : NULL;
}

static bool read_item(sqlite3_stmt *statement, json_t *items, GError **error) {
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    g_autoptr(json_t) item = json_parse_object(text, strlen(text), "an item in the search index", error);
    if (!item) return false;
    g_autofree char *timestamp = time_format(sqlite3_column_int64(statement, 4));
    json_object_set_new(item, "kind", json_text((const char *)sqlite3_column_text(statement, 1)));
    json_object_set_new(item, "meeting_id", json_text((const char *)sqlite3_column_text(statement, 2)));
    json_object_set_new(item, "title", json_text((const char *)sqlite3_column_text(statement, 3)));
    json_object_set_new(item, "timestamp", json_text(timestamp));
    json_array_append(items, item);
    return true;
}

static bool read_owner(sqlite3_stmt *statement, json_t *owners, GError **error) {
    json_array_append_new(owners, json_pack("{s:o, s:I}", "owner", json_text((const char *)sqlite3_column_text(statement, 0)), "count",
                                            (json_int_t)sqlite3_column_int64(statement, 1)));
    return true;
}

/* Runs the statement and gives each row to `read`. */
static bool read_rows(Search *search, sqlite3_stmt *statement, bool (*read)(sqlite3_stmt *, json_t *, GError **), json_t *rows, GError **error) {
    for (;;) {
        bool row;
        if (!sql_step(search, statement, &row, error)) return false;
        if (!row) return true;
        if (!read(statement, rows, error)) return false;
    }
}

static bool list_items(Search *search, const ItemFilter *filter, guint limit, guint offset, json_t *items, GError **error) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    g_autofree char *owner = folded(filter->owner);
    g_autofree char *sql = g_strdup_printf("SELECT i.json, i.kind, m.meeting_id, m.title, m.timestamp_ms%s ORDER BY %s"
                                           " m.timestamp_ms DESC, m.meeting_id, i.position LIMIT ?6 OFFSET ?7",
                                           conditions, filter->by_due ? DUE " IS NULL, " DUE "," : "");
    return sql_prepare(search, &statement, error, sql, "tttttii", filter->kind, filter->status, owner, filter->due_from, filter->due_to,
                       (gint64)limit, (gint64)offset) &&
           read_rows(search, statement, read_item, items, error);
}

bool search_items(Search *search, const ItemFilter *filter, guint limit, guint offset, json_t **items, GError **error) {
    if (!query_check_page(limit, error) || !check_filter(filter, error)) return false;
    g_autoptr(json_t) found = json_array();
    if (!database_lock(search, error)) return false;
    bool done = list_items(search, filter, limit, offset, found, error);
    database_unlock(search);
    if (done) *items = g_steal_pointer(&found);
    return done;
}

static bool list_owners(Search *search, const ItemFilter *filter, json_t *owners, GError **error) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    g_autofree char *sql = g_strdup_printf("SELECT json_extract(i.json, '$.owner'), count(*)%s AND i.owner IS NOT NULL"
                                           " GROUP BY i.owner ORDER BY 2 DESC, i.owner LIMIT ?6",
                                           conditions);
    return sql_prepare(search, &statement, error, sql, "ttttti", filter->kind, filter->status, NULL, filter->due_from, filter->due_to,
                       (gint64)PAGE_LIMIT_MAX) &&
           read_rows(search, statement, read_owner, owners, error);
}

bool search_item_owners(Search *search, const ItemFilter *filter, json_t **owners, GError **error) {
    if (!check_filter(filter, error)) return false;
    g_autoptr(json_t) found = json_array();
    if (!database_lock(search, error)) return false;
    bool done = list_owners(search, filter, found, error);
    database_unlock(search);
    if (done) *owners = g_steal_pointer(&found);
    return done;
}

static void meeting_free_one(gpointer data) {
    SearchMeeting *meeting = data;
    g_free(meeting->meeting_id);
    g_free(meeting);
}

static bool list_open(Search *search, gint64 from_ms, gint64 to_ms, const SearchMeeting *after, guint limit, GPtrArray *meetings, GError **error) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    gint64 last_ms = after ? after->timestamp_ms : G_MAXINT64;
    if (!sql_prepare(search, &statement, error,
                     "SELECT m.timestamp_ms, m.meeting_id FROM meetings AS m WHERE m.timestamp_ms >= ?1 AND m.timestamp_ms < ?2"
                     " AND (m.timestamp_ms < ?3 OR (m.timestamp_ms = ?3 AND m.meeting_id > ?4))"
                     " AND EXISTS (SELECT 1 FROM items AS i WHERE i.meeting = m.id AND i.kind = 'action' AND i.status IN ('draft', 'confirmed'))"
                     " ORDER BY m.timestamp_ms DESC, m.meeting_id LIMIT ?5",
                     "iiiti", from_ms, to_ms > 0 ? to_ms : G_MAXINT64, last_ms, after ? after->meeting_id : "", (gint64)limit))
        return false;
    for (;;) {
        bool row;
        if (!sql_step(search, statement, &row, error)) return false;
        if (!row) return true;
        SearchMeeting *meeting = g_new0(SearchMeeting, 1);
        meeting->timestamp_ms = sqlite3_column_int64(statement, 0);
        meeting->meeting_id = g_strdup((const char *)sqlite3_column_text(statement, 1));
        g_ptr_array_add(meetings, meeting);
    }
}

bool search_meetings_with_open_actions(Search *search, gint64 from_ms, gint64 to_ms, const SearchMeeting *after, guint limit, GPtrArray **meetings,
                                       GError **error) {
    if (!query_check_page(limit, error)) return false;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(meeting_free_one);
    if (!database_lock(search, error)) return false;
    bool done = list_open(search, from_ms, to_ms, after, limit, found, error);
    database_unlock(search);
    if (done) *meetings = g_steal_pointer(&found);
    return done;
}
