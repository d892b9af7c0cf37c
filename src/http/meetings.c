/* The meetings: list, edit, delete, waveform. One whole: meeting.c. */
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "hooks/outbox.h"
#include "http/resources.h"
#include "operate/unlisted.h"

/* Work in progress as a list; it has no pages: `truncated` tells where it is not whole. */
static bool list_jobs(Context *context, const Request *request, const char *status, guint limit, Response *response,
                      GError **error) {
    json_t *views = NULL;
    bool truncated;
    if (!job_views(context, status, limit, &views, &truncated, error)) return false;
    response_json_cached(response, request,
                         json_pack("{s:b, s:i, s:o, s:n, s:b}", "success", 1, "count", (int)json_array_size(views), "meetings",
                                   views, "next_cursor", "truncated", (int)truncated));
    return true;
}

static GBytes *page_text(const CatalogPage *page) {
    json_t *rows = json_array();
    for (guint i = 0; i < page->rows->len; i++) {
        json_t *row = row_to_json(g_ptr_array_index(page->rows, i));
        json_object_set_new(row, "status", json_string("ready"));
        json_array_append_new(rows, row);
    }
    g_autoptr(json_t) json = json_pack("{s:b, s:i, s:o, s:o}", "success", 1, "count", (int)page->rows->len, "meetings", rows,
                                       "next_cursor", json_text(page->next_cursor));
    return json_to_bytes(json, false);
}

/* An empty list, with the reason where there are meetings all the same. */
static bool list_nothing(Context *context, const Request *request, Response *response, GError **error) {
    bool unlisted = false;
    if (!meetings_unlisted(&context->workspace->meetings, &unlisted, error)) return false;
    json_t *json = json_pack("{s:b, s:i, s:[], s:n}", "success", 1, "count", 0, "meetings", "next_cursor");
    if (unlisted) json_object_set_new(json, "notice", json_string(UNLISTED_NOTICE));
    response_json_cached(response, request, json);
    return true;
}

/* That lists come from the keys, and that they no longer do, is reported once each. */
static void report_fallback(Context *context) {
    Fallback *fallback = &context->fallback;
    g_auto(CatalogHealth) health = {0};
    catalog_health(context->workspace->catalog, &health);
    g_mutex_lock(&fallback->lock);
    bool began = health.problem && !fallback->problem, ended = !health.problem && fallback->problem;
    if (began || ended) {
        g_free(fallback->problem);
        fallback->problem = g_strdup(health.problem);
    }
    g_mutex_unlock(&fallback->lock);
    g_autofree char *line = began ? g_strdup_printf("lists come from the keys in the store: %s", health.problem) : NULL;
    if (began) log_event(LOG_WARNING, "lists.fallback", line, "message", health.problem, NULL);
    if (ended) log_event(LOG_INFO, "lists.recovered", "lists come from the table again", NULL);
}

/* Of an empty list nothing is kept: it is looked at more closely. */
static bool list_ready(Context *context, const Request *request, const CatalogQuery *query, Response *response, GError **error) {
    g_auto(CatalogPage) page = {0};
    StoreStamp stamp;
    bool stamped = catalog_stamp(context->workspace->catalog, &stamp);
    if (!catalog_list(context->workspace->catalog, query, &page, error)) return false;
    report_fallback(context);
    if (page.rows->len == 0 && !page.next_cursor && !query->cursor) return list_nothing(context, request, response, error);
    metrics_add(METRIC_CACHE, "list", "miss", 1);
    g_autoptr(GBytes) text = page_text(&page);
    g_autofree char *etag = response_etag(text);
    if (stamped) list_cache_keep(context->lists, request->raw_query, &stamp, text, etag);
    response_json_text(response, request, text, etag);
    return true;
}

bool meetings_list_kept(Context *context, const Request *request, Response *response) {
    StoreStamp stamp;
    g_auto(KeptList) list = {0};
    if (!catalog_stamp(context->workspace->catalog, &stamp) || !list_cache_find(context->lists, request->raw_query, &stamp, &list)) return false;
    metrics_add(METRIC_CACHE, "list", "hit", 1);
    response_json_text(response, request, list.text, list.etag);
    if (response->bytes) response->shared = g_steal_pointer(&list.reply);
    return true;
}

bool meetings_list(Context *context, const Request *request, Response *response, GError **error) {
    static const char *const job_states[] = {"processing", "queued", "running", "failed", NULL};
    CatalogQuery query = {.cursor = request_query(request, "cursor"), .tag = request_query(request, "tag")};
    const char *status = request_query(request, "status");
    gint64 limit;
    if (!request_query_int(request, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT, &limit, error) ||
        !request_query_time(request, "from", &query.from_ms, error) || !request_query_time(request, "to", &query.to_ms, error))
        return false;
    query.limit = (guint)limit;
    if (g_strcmp0(request_query(request, "open_actions"), "1") == 0) return meetings_list_open(context, request, &query, response, error);
    if (status && g_strv_contains(job_states, status)) return list_jobs(context, request, status, query.limit, response, error);
    if (status && strcmp(status, "ready") != 0)
        return fail(error, ERROR_INVALID, "status must be ready, processing, queued, running or failed");
    return list_ready(context, request, &query, response, error);
}

/* The one strong ETag of If-Match, without quotes; "*" is whatever stands. */
static bool read_if_match(Context *context, const Request *request, char **etag, GError **error) {
    const char *header = request_header(request, "if-match");
    gsize length = header ? strlen(header) : 0;
    if (length == 0)
        return fail(error, ERROR_PRECONDITION_REQUIRED, "send If-Match with the ETag of the version that you edit");
    if (strcmp(header, "*") == 0) {
        g_autoptr(Record) record = NULL;
        return meeting_read_record(&context->workspace->meetings, request->parameter, &record, etag, error);
    }
    if (length < 3 || header[0] != '"' || header[length - 1] != '"')
        return fail(error, ERROR_PRECONDITION, "If-Match must be the ETag as the meeting was answered with, in its quotes");
    *etag = g_strndup(header + 1, length - 2);
    return true;
}

/* The ids that new items were given, in their order. */
static json_t *ids_of(const json_t *new_items) {
    json_t *ids = json_array(), *item;
    gsize index;
    json_array_foreach(new_items, index, item) json_array_append(ids, json_object_get(item, "id"));
    return ids;
}

/* What the edit tells webhooks, in three steps (outbox.h): announced before it is made, then settled or withdrawn. */
typedef struct {
    json_t *data; /* NULL: no item is touched */
    char *version;
    GPtrArray *announced;
} Telling;

static void telling_clear(Telling *telling) {
    json_decref(telling->data);
    g_free(telling->version);
    g_clear_pointer(&telling->announced, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Telling, telling_clear)

static Event event_of(const Telling *telling, const char *meeting_id) {
    return (Event){.type = EVENT_ITEMS_CHANGED, .meeting_id = meeting_id, .version = telling->version, .data = telling->data};
}

/* The items of the patch: of new ones the ids that they have by now. */
static json_t *items_of(const json_t *patch) {
    json_t *ids = ids_of(json_object_get(patch, "new_items")), *value;
    const char *id;
    json_object_foreach(json_object_get(patch, "items"), id, value)
        if (json_array_size(ids) < EVENT_ITEMS_MAX) json_array_append_new(ids, json_text(id));
    return json_pack("{s:o}", "items", ids);
}

/* False: nothing may be changed, since it could not be told for sure. */
static bool announce(Context *context, const char *meeting_id, const json_t *patch, Telling *telling, GError **error) {
    Workspace *workspace = context->workspace;
    if (json_object_size(json_object_get(patch, "items")) == 0 && json_array_size(json_object_get(patch, "new_items")) == 0) return true;
    telling->data = items_of(patch);
    telling->version = text_uuid();
    Event event = event_of(telling, meeting_id);
    return event_announce(workspace->store, workspace->clock, &event, &telling->announced, error);
}

/* What was not begun is withdrawn. What can't be settled is told all the same, and so is an edit that was begun and not ended: it may stand. */
static void settle(Context *context, const char *meeting_id, const json_t *patch, Telling *telling, bool begun, bool edited) {
    Workspace *workspace = context->workspace;
    g_autoptr(GError) untold = NULL;
    if (!telling->announced || (begun && !edited)) return;
    json_decref(telling->data);
    telling->data = items_of(patch);
    Event event = event_of(telling, meeting_id);
    if (!event_settle(workspace->store, workspace->clock, begun ? &event : NULL, telling->announced, &untold))
        context_report("webhooks are told late", untold);
}

bool meeting_patch(Context *context, const Request *request, Response *response, GError **error) {
    Workspace *workspace = context->workspace;
    g_autofree char *etag = NULL, *new_etag = NULL;
    g_autoptr(json_t) patch = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(Telling) telling = {0};
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    if (!read_if_match(context, request, &etag, error)) return false;
    patch = json_parse_object(data, size, "the request body", error);
    if (!patch || !announce(context, request->parameter, patch, &telling, error)) return false;
    bool begun, edited = meeting_edit(&workspace->meetings, request->parameter, etag, patch, &new_etag, &begun, &problem);
    settle(context, request->parameter, patch, &telling, begun, edited);
    if (!edited) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    /* The edit stands; what the index misses, its next refresh brings. */
    if (!search_update(workspace->search, request->parameter, &problem))
        context_report("the search index was not updated", problem);
    g_autofree char *quoted = g_strdup_printf("\"%s\"", new_etag);
    json_t *answer = json_pack("{s:b, s:s}", "success", 1, "meeting_id", request->parameter);
    if (json_object_get(patch, "new_items")) json_object_set_new(answer, "added", ids_of(json_object_get(patch, "new_items")));
    response_json(response, 200, answer);
    response_header(response, "ETag", quoted);
    return true;
}

bool meeting_remove(Context *context, const Request *request, Response *response, GError **error) {
    Pipeline pipeline = workspace_pipeline(context->workspace);
    /* A lease of its own: a job that a thread of this process works on is not taken from it. */
    g_autofree char *holder = text_uuid();
    if (!pipeline_delete(&pipeline, holder, request->parameter, error)) return false;
    response_json(response, 200, json_pack("{s:b, s:s}", "success", 1, "meeting_id", request->parameter));
    return true;
}

bool meeting_waveform(Context *context, const Request *request, Response *response, GError **error) {
    g_autofree char *key = key_document(request->parameter, DOCUMENT_WAVEFORM);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    if (!store_get(context->workspace->store, key, DOCUMENT_BYTES_MAX, &bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND))
            return fail(error, ERROR_NOT_FOUND, "the meeting %s has no waveform", request->parameter);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_autofree char *etag = g_strdup_printf("\"%s\"", info.etag);
    if (!response_not_modified(response, request, etag))
        response_bytes(response, 200, "application/json", g_steal_pointer(&bytes));
    return true;
}
