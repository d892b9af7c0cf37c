/* The list of meetings that have open actions: which, the search index knows; what a list shows of them is in their records. */
#include <string.h>

#include "base/limits.h"
#include "http/resources.h"

/* "{timestamp}_{meeting-id}" of the last one of a page. */
static bool read_cursor(const char *cursor, SearchMeeting *after, GError **error) {
    char *end = NULL;
    after->timestamp_ms = g_ascii_strtoll(cursor, &end, 10);
    if (end == cursor || *end != '_' || !meeting_id_valid(end + 1)) return fail(error, ERROR_INVALID, "cursor is none of this list");
    after->meeting_id = end + 1;
    return true;
}

static bool has_tag(const Row *row, const char *tag) {
    return !tag || g_ptr_array_find_with_equal_func(row->tags, tag, g_str_equal, NULL);
}

/* A meeting that is gone since it was indexed is passed over. */
static bool append_row(Context *context, const char *meeting_id, const char *tag, json_t *rows, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    if (!meeting_read_record(&context->workspace->meetings, meeting_id, &record, NULL, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_autoptr(Row) row = row_of_record(record);
    if (!has_tag(row, tag)) return true;
    json_t *view = row_to_json(row);
    json_object_set_new(view, "status", json_string("ready"));
    json_array_append_new(rows, view);
    return true;
}

bool meetings_list_open(Context *context, const Request *request, const CatalogQuery *query, Response *response, GError **error) {
    SearchMeeting after = {0};
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(json_t) rows = json_array();
    Search *search = context->workspace->search;
    const SearchMeeting *begin = query->cursor ? &after : NULL;
    if ((begin && !read_cursor(query->cursor, &after, error)) ||
        !search_meetings_with_open_actions(search, query->from_ms, query->to_ms, begin, query->limit, &found, error))
        return false;
    for (guint i = 0; i < found->len; i++)
        if (!append_row(context, ((SearchMeeting *)found->pdata[i])->meeting_id, query->tag, rows, error)) return false;
    const SearchMeeting *last = found->len == query->limit ? found->pdata[found->len - 1] : NULL;
    g_autofree char *next = last ? g_strdup_printf("%" G_GINT64_FORMAT "_%s", last->timestamp_ms, last->meeting_id) : NULL;
    int count = (int)json_array_size(rows);
    response_json_cached(response, request,
                         json_pack("{s:b, s:i, s:O, s:o}", "success", 1, "count", count, "meetings", rows, "next_cursor", json_text(next)));
    return true;
}
