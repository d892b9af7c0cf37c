/* The meetings: list, one whole, edit, delete, waveform. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "http/resources.h"

/* Work in progress as a list; it has no pages: there are never many jobs. */
static bool list_jobs(Context *context, const Request *request, const char *status, guint limit, Response *response,
                      GError **error) {
    json_t *views = NULL;
    if (!job_views(context, status, limit, &views, error)) return false;
    response_json_cached(response, request,
                         json_pack("{s:b, s:i, s:o, s:n}", "success", 1, "count", (int)json_array_size(views), "meetings", views,
                                   "next_cursor"));
    return true;
}

static bool list_ready(Context *context, const Request *request, const CatalogQuery *query, Response *response, GError **error) {
    g_auto(CatalogPage) page = {0};
    if (!catalog_list(context->workspace->catalog, query, &page, error)) return false;
    json_t *rows = json_array();
    for (guint i = 0; i < page.rows->len; i++) {
        json_t *row = row_to_json(g_ptr_array_index(page.rows, i));
        json_object_set_new(row, "status", json_string("ready"));
        json_array_append_new(rows, row);
    }
    response_json_cached(response, request,
                         json_pack("{s:b, s:i, s:o, s:o}", "success", 1, "count", (int)page.rows->len, "meetings", rows,
                                   "next_cursor", json_text(page.next_cursor)));
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
    if (status && g_strv_contains(job_states, status)) return list_jobs(context, request, status, query.limit, response, error);
    if (status && strcmp(status, "ready") != 0)
        return fail(error, ERROR_INVALID, "status must be ready, processing, queued, running or failed");
    return list_ready(context, request, &query, response, error);
}

/* What can be played; NULL where the meeting came as text, though its file stands under the recording's key. */
static const char *playable_key(const Meeting *meeting) {
    bool imported = meeting->transcript && g_strcmp0(meeting->transcript->transcriber, "import") == 0 && meeting->transcript->model;
    return imported ? NULL : meeting->record->audio_key;
}

/* *url JSON null where there is no recording. */
static bool audio_url(Context *context, const char *audio_key, json_t **url, GError **error) {
    g_autofree char *signed_url = NULL;
    StoreUrl permit = {.method = "GET", .expires_s = context->workspace->settings->url_expiry_s};
    if (audio_key && !store_sign_url(context->workspace->store, audio_key, &permit, &signed_url, error)) return false;
    *url = json_text(signed_url);
    return true;
}

/* The members of the two documents, without their envelopes. */
static void add_minutes(json_t *view, const Minutes *minutes, const Record *record) {
    g_autofree char *timestamp = time_format(record->timestamp_ms);
    g_autoptr(json_t) summary = minutes_summary_to_json(minutes, record->meeting_id, timestamp, record->audio_key);
    g_autoptr(json_t) requirements = minutes_requirements_to_json(minutes, record->meeting_id, timestamp, record->audio_key);
    json_object_set(view, "summary", json_object_get(summary, "summary"));
    json_object_set(view, "requirements", json_object_get(requirements, "requirements"));
}

static bool view_ready(Context *context, const Meeting *meeting, Job *job, json_t **view, GError **error) {
    const Record *record = meeting->record;
    json_t *url = NULL;
    if (!audio_url(context, playable_key(meeting), &url, error)) return false;
    bool text_missing = !meeting->text && meeting->transcript;
    g_autofree char *text = text_missing ? transcript_to_text(meeting->transcript) : g_strdup(meeting->text);
    g_autofree char *waveform = g_strdup_printf("/api/meetings/%s/waveform", record->meeting_id);
    json_t *json = json_pack("{s:s, s:s, s:o}", "meeting_id", record->meeting_id, "status", "ready", "transcription",
                             json_text(text));
    json_object_set_new(json, "transcript", meeting->transcript ? transcript_to_json(meeting->transcript) : json_null());
    add_minutes(json, meeting->minutes, record);
    json_object_set_new(json, "metadata", record_to_json(record));
    json_object_set_new(json, "audio_url", url);
    json_object_set_new(json, "waveform_url", json_text(playable_key(meeting) ? waveform : NULL));
    if (job) json_object_set_new(json, "job", job_view(context, job));
    *view = json;
    return true;
}

/* The signed URL in the answer changes, the meeting's ETag does not: so this answer is never 304 and never kept. */
bool meeting_get(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    json_t *view = NULL;
    /* The job first: when it ends between the two reads, the meeting is there. */
    if (!job_find(context, request->parameter, &job, error)) return false;
    if (job && job->state == JOB_DELETING)
        return fail(error, ERROR_NOT_FOUND, "the meeting %s is being deleted", request->parameter);
    if (meeting_read(&context->workspace->meetings, request->parameter, &meeting, &problem)) {
        g_autofree char *etag = g_strdup_printf("\"%s\"", meeting->etag);
        if (!view_ready(context, meeting, job, &view, error)) return false;
        response_header(response, "ETag", etag);
    } else if (job && error_is(problem, ERROR_NOT_FOUND)) {
        view = job_view(context, job);
    } else {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    response_json(response, 200, json_pack("{s:b, s:o}", "success", 1, "meeting", view));
    response_header(response, "Cache-Control", "no-store");
    return true;
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

bool meeting_patch(Context *context, const Request *request, Response *response, GError **error) {
    Workspace *workspace = context->workspace;
    g_autofree char *etag = NULL, *new_etag = NULL;
    g_autoptr(json_t) patch = NULL;
    g_autoptr(GError) problem = NULL;
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    if (!read_if_match(context, request, &etag, error)) return false;
    patch = json_parse_object(data, size, "the request body", error);
    if (!patch || !meeting_edit(&workspace->meetings, request->parameter, etag, patch, &new_etag, error)) return false;
    /* The edit stands; what the index misses, its next refresh brings. */
    if (!search_update(workspace->search, request->parameter, &problem))
        context_report("the search index was not updated", problem);
    g_autofree char *quoted = g_strdup_printf("\"%s\"", new_etag);
    response_json(response, 200, json_pack("{s:b, s:s}", "success", 1, "meeting_id", request->parameter));
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
