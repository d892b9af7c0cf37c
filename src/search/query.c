/* Finding words. */
#include <string.h>

#include "base/limits.h"
#include "search/search_internal.h"

#define SNIPPET_WORDS "30"

void search_hit_free(SearchHit *hit) {
    if (!hit) return;
    g_free(hit->meeting_id);
    g_free(hit->title);
    g_free(hit->kind);
    g_free(hit->item_id);
    g_free(hit->speaker);
    g_free(hit->snippet);
    g_free(hit);
}

json_t *search_hit_to_json(const SearchHit *hit) {
    g_autofree char *timestamp = time_format(hit->timestamp_ms);
    json_t *json = json_object();
    json_object_set_new(json, "meeting_id", json_text(hit->meeting_id));
    json_object_set_new(json, "title", json_text(hit->title));
    json_object_set_new(json, "timestamp", json_text(timestamp));
    json_object_set_new(json, "kind", json_text(hit->kind));
    json_object_set_new(json, "item_id", json_text(hit->item_id));
    json_object_set_new(json, "start_ms", json_integer(hit->start_ms));
    json_object_set_new(json, "speaker", json_text(hit->speaker));
    json_object_set_new(json, "snippet", json_text(hit->snippet));
    return json;
}

bool query_check_page(guint limit, GError **error) {
    if (limit >= 1 && limit <= PAGE_LIMIT_MAX) return true;
    return fail(error, ERROR_INVALID, "A page has 1 to %d results, not %u", PAGE_LIMIT_MAX, limit);
}

static char *column_text(sqlite3_stmt *statement, int column) {
    return g_strdup((const char *)sqlite3_column_text(statement, column));
}

/* When and by whom the first match was said: the segment in which it stands. `marked` is the passage's text with its matches
 * marked, so up to the first mark it is the text itself. */
static void locate(SearchHit *hit, const char *marked, const char *segments) {
    hit->start_ms = -1;
    g_autoptr(json_t) list = json_parse(segments, strlen(segments), "segments", NULL);
    const char *mark = strstr(marked, HIT_BEGIN);
    const json_t *segment;
    gsize i;
    json_array_foreach(list, i, segment) {
        if (mark && json_integer_value(json_array_get(segment, 0)) > mark - marked) break;
        hit->start_ms = json_integer_value(json_array_get(segment, 1));
        g_free(hit->speaker);
        hit->speaker = g_strdup(json_string_value(json_array_get(segment, 2)));
        if (!mark) break;
    }
}

/* Which passages, best first: their ids. */
static bool find_passages(Search *search, const char *match, guint limit, guint offset, GArray *passages, GError **error) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    bool row;
    if (!sql_prepare(search, &statement, error,
                     "SELECT words.rowid FROM words"
                     " JOIN passages AS p ON p.id = words.rowid JOIN meetings AS m ON m.id = p.meeting"
                     " WHERE words MATCH ? ORDER BY words.rank, m.timestamp_ms DESC, m.meeting_id, p.id LIMIT ? OFFSET ?",
                     "tii", match, (gint64)limit, (gint64)offset))
        return false;
    for (;;) {
        if (!sql_step(search, statement, &row, error)) return false;
        if (!row) return true;
        gint64 passage = sqlite3_column_int64(statement, 0);
        g_array_append_val(passages, passage);
    }
}

static SearchHit *read_hit(sqlite3_stmt *statement) {
    SearchHit *hit = g_new0(SearchHit, 1);
    hit->meeting_id = column_text(statement, 1);
    hit->title = column_text(statement, 2);
    hit->timestamp_ms = sqlite3_column_int64(statement, 3);
    hit->kind = column_text(statement, 4);
    hit->item_id = column_text(statement, 5);
    hit->snippet = column_text(statement, 7);
    locate(hit, (const char *)sqlite3_column_text(statement, 8), (const char *)sqlite3_column_text(statement, 6));
    return hit;
}

static guint place_of(const GArray *passages, gint64 passage) {
    guint place = 0;
    while (place < passages->len && g_array_index(passages, gint64, place) != passage) place++;
    return place;
}

/* `hits` has room for one of each passage. By the plus the matches are gone through once more and the passages picked out of them: asked for one by
 * one, FTS5 would find the words anew for each, at several times the price. */
static bool read_hits(Search *search, const char *match, const GArray *passages, SearchHit **hits, GError **error) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    g_autoptr(GString) sql = g_string_new("SELECT words.rowid, m.meeting_id, m.title, m.timestamp_ms, p.kind, p.item_id, p.segments,"
                                          " snippet(words, 0, '" HIT_BEGIN "', '" HIT_END "', '…', " SNIPPET_WORDS "),"
                                          " highlight(words, 0, '" HIT_BEGIN "', '" HIT_END "')"
                                          " FROM words JOIN passages AS p ON p.id = words.rowid JOIN meetings AS m ON m.id = p.meeting"
                                          " WHERE words MATCH ? AND +words.rowid IN (");
    bool row;
    for (guint i = 0; i < passages->len; i++)
        g_string_append_printf(sql, "%s%" G_GINT64_FORMAT, i ? "," : "", g_array_index(passages, gint64, i));
    g_string_append_c(sql, ')');
    if (!sql_prepare(search, &statement, error, sql->str, "t", match)) return false;
    for (;;) {
        if (!sql_step(search, statement, &row, error)) return false;
        if (!row) return true;
        guint place = place_of(passages, sqlite3_column_int64(statement, 0));
        if (place < passages->len && !hits[place]) hits[place] = read_hit(statement);
    }
}

/* First which passages, then what of them: so that snippets are made for the page's hits only. */
static bool find(Search *search, const char *match, guint limit, guint offset, GPtrArray *hits, GError **error) {
    g_autoptr(GArray) passages = g_array_new(FALSE, FALSE, sizeof(gint64));
    if (!find_passages(search, match, limit, offset, passages, error)) return false;
    g_autofree SearchHit **found = g_new0(SearchHit *, passages->len);
    bool done = passages->len == 0 || read_hits(search, match, passages, found, error);
    for (guint i = 0; i < passages->len; i++)
        if (found[i]) g_ptr_array_add(hits, found[i]);
    return done;
}

bool search_find(Search *search, const char *query, guint limit, guint offset, GPtrArray **hits, GError **error) {
    if (!query_check_page(limit, error)) return false;
    if (strlen(query) > SEARCH_QUERY_BYTES_MAX)
        return fail(error, ERROR_INVALID, "The search has more than %d bytes: use fewer words", SEARCH_QUERY_BYTES_MAX);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)search_hit_free);
    g_autofree char *match = match_of_query(query);
    if (match) {
        if (!database_lock(search, error)) return false;
        bool done = find(search, match, limit, offset, found, error);
        database_unlock(search);
        if (!done) return false;
    }
    *hits = g_steal_pointer(&found);
    return true;
}
