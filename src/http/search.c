/* Full-text search, and the items of all meetings. */
#include <string.h>

#include "base/limits.h"
#include "http/resources.h"

#define OFFSET_MAX 100000

static bool read_page(const Request *request, gint64 *limit, gint64 *offset, GError **error) {
    return request_query_int(request, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT, limit, error) &&
           request_query_int(request, "offset", 0, OFFSET_MAX, 0, offset, error);
}

bool search_get(Context *context, const Request *request, Response *response, GError **error) {
    const char *query = request_query(request, "q");
    g_autoptr(GPtrArray) hits = NULL;
    gint64 limit, offset;
    if (!query) return fail(error, ERROR_INVALID, "q is missing: the words to search for");
    if (strlen(query) > SEARCH_QUERY_BYTES_MAX)
        return fail(error, ERROR_INVALID, "q has more than %d bytes; search for fewer words", SEARCH_QUERY_BYTES_MAX);
    if (!read_page(request, &limit, &offset, error) ||
        !search_find(context->workspace->search, query, (guint)limit, (guint)offset, &hits, error))
        return false;
    json_t *array = json_array();
    for (guint i = 0; i < hits->len; i++) json_array_append_new(array, search_hit_to_json(g_ptr_array_index(hits, i)));
    response_json_cached(response, request,
                         json_pack("{s:b, s:o, s:i, s:o}", "success", 1, "query", json_text(query), "count", (int)hits->len,
                                   "hits", array));
    return true;
}

bool items_get(Context *context, const Request *request, Response *response, GError **error) {
    ItemFilter filter = {.kind = request_query(request, "kind"), .status = request_query(request, "status"), .owner = request_query(request, "owner"),
                         .due_from = request_query(request, "due_from"), .due_to = request_query(request, "due_to")};
    const char *sort = request_query(request, "sort");
    ItemKind known;
    json_t *items = NULL, *owners = NULL;
    gint64 limit, offset, wanted;
    if (filter.kind && !item_kind_named(filter.kind, &known))
        return fail(error, ERROR_INVALID, "kind must be action, decision, question or requirement");
    if (filter.status && strcmp(filter.status, "open") != 0 && !item_status_known(filter.status))
        return fail(error, ERROR_INVALID, "status must be draft, confirmed, rejected, done or open");
    if (sort && strcmp(sort, "due") != 0 && strcmp(sort, "newest") != 0) return fail(error, ERROR_INVALID, "sort must be due or newest");
    filter.by_due = g_strcmp0(sort, "due") == 0;
    if (!read_page(request, &limit, &offset, error) || !request_query_int(request, "owners", 0, 1, 0, &wanted, error) ||
        !search_items(context->workspace->search, &filter, (guint)limit, (guint)offset, &items, error))
        return false;
    g_autoptr(json_t) answer = json_pack("{s:b, s:i, s:o}", "success", 1, "count", (int)json_array_size(items), "items", items);
    if (wanted) {
        if (!search_item_owners(context->workspace->search, &filter, &owners, error)) return false;
        json_object_set_new(answer, "owners", owners);
    }
    response_json_cached(response, request, g_steal_pointer(&answer));
    return true;
}
