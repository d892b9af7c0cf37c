/* GET /api/meetings/{id}/events: how the work on a meeting goes on, until it is ready or has failed. */
#include "http/resources.h"

bool meeting_event_state(gpointer user_data, const char *meeting_id, json_t **state, bool *final, GError **error) {
    Context *context = user_data;
    g_autoptr(Job) job = NULL;
    if (!job_find(context, meeting_id, &job, error)) return false;
    if (job && job->state != JOB_DELETING) {
        *state = job_view(context, job);
        *final = job->state == JOB_FAILED;
        return true;
    }
    g_autoptr(Record) record = NULL;
    if (!meeting_read_record(&context->workspace->meetings, meeting_id, &record, NULL, error)) return false;
    *state = json_pack("{s:s, s:s, s:n, s:f, s:i, s:n}", "meeting_id", meeting_id, "status", "ready", "stage", "progress", 1.0,
                       "remaining_ms", 0, "error");
    *final = true;
    return true;
}

bool meeting_events(Context *context, const Request *request, Response *response, GError **error) {
    EventStream *stream = NULL;
    if (!event_stream_open(context->hub, request->parameter, &stream, error)) return false;
    response->status = 200;
    response->events = stream;
    response_header(response, "Content-Type", "text/event-stream");
    response_header(response, "Cache-Control", "no-store");
    return true;
}
