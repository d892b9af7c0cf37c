/* Work in progress: the list of jobs, one job as the API shows it, and a person's "try again". */
#include <string.h>

#include "base/limits.h"
#include "http/resources.h"

static json_t *error_view(const Job *job) {
    if (!job->error_code) return json_null();
    return json_pack("{s:o, s:o}", "code", json_text(job->error_code), "message", json_text(job->error_message));
}

json_t *job_view(Context *context, Job *job) {
    progress_apply(context->progress, job);
    g_autofree char *timestamp = time_format(job->timestamp_ms);
    json_t *view = json_pack("{s:o, s:o, s:o, s:s, s:s, s:s, s:f}", "meeting_id", json_text(job->meeting_id), "filename",
                             json_text(job->filename), "title", json_text(job->title), "timestamp", timestamp, "status",
                             job_state_name(job->state), "stage", job_stage_name(job->stage), "progress", job->progress);
    json_object_set_new(view, "remaining_ms", job->remaining_ms < 0 ? json_null() : json_integer(job->remaining_ms));
    json_object_set_new(view, "error", error_view(job));
    return view;
}

bool job_find(Context *context, const char *meeting_id, Job **job, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(Job) found = NULL;
    if (!jobs_read(context->workspace->jobs, meeting_id, &found, &problem) && !error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (found && found->state == JOB_DONE) g_clear_pointer(&found, job_free); /* about to be removed */
    *job = g_steal_pointer(&found);
    return true;
}

static bool state_wanted(JobState state, const char *wanted) {
    if (state == JOB_DELETING || state == JOB_DONE) return false;
    if (!wanted) return true;
    return strcmp(wanted, "processing") == 0 ? state != JOB_FAILED : strcmp(wanted, job_state_name(state)) == 0;
}

bool job_views(Context *context, const char *state, guint limit, json_t **views, bool *truncated, GError **error) {
    g_autoptr(GPtrArray) jobs = NULL;
    guint looked_at_most = state ? LIST_LIMIT_MAX : limit; /* each is read from the store; one more tells that there are more */
    if (!jobs_list(context->workspace->jobs, looked_at_most + 1, &jobs, error)) return false;
    g_autoptr(json_t) array = json_array();
    bool more = jobs->len > looked_at_most;
    for (guint i = 0; i < jobs->len; i++) {
        Job *job = g_ptr_array_index(jobs, i);
        if (!state_wanted(job->state, state)) continue;
        if (json_array_size(array) < limit) json_array_append_new(array, job_view(context, job));
        else more = true;
    }
    *views = g_steal_pointer(&array);
    *truncated = more;
    return true;
}

bool jobs_get(Context *context, const Request *request, Response *response, GError **error) {
    json_t *views = NULL;
    gint64 limit;
    bool truncated;
    if (!request_query_int(request, "limit", 1, LIST_LIMIT_MAX, LIST_LIMIT_MAX, &limit, error) ||
        !job_views(context, NULL, (guint)limit, &views, &truncated, error))
        return false;
    response_json_cached(response, request,
                         json_pack("{s:b, s:i, s:b, s:o}", "success", 1, "count", (int)json_array_size(views), "truncated",
                                   (int)truncated, "jobs", views));
    return true;
}

void response_accepted(Response *response, const char *meeting_id) {
    response_subject(response, meeting_id);
    g_autofree char *location = g_strdup_printf("/api/meetings/%s", meeting_id);
    response_json(response, 202, json_pack("{s:b, s:s, s:s}", "success", 1, "meeting_id", meeting_id, "status", "queued"));
    response_header(response, "Location", location);
}

bool meeting_retry(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(Job) job = NULL;
    if (!jobs_retry(context->workspace->jobs, request->parameter, &job, error)) return false;
    if (context->worker) worker_wake(context->worker);
    response_accepted(response, request->parameter);
    return true;
}
