/* The recording: a redirect to its signed URL, and the answer to the signed URLs that this server made itself. */
#include "base/json.h"
#include "http/resources.h"

static bool fail_removed(const Record *record, GError **error) {
    const json_t *removed = json_object_get(record->extra, RECORDING_REMOVED);
    return fail(error, ERROR_NOT_FOUND, "the recording of %s was removed on %.10s (%s); transcript and items are kept", record->meeting_id,
                json_get_string(removed, "time", "an unknown day"), json_get_string(removed, "why", "no reason is given"));
}

static bool find_audio_key(Context *context, const char *meeting_id, char **key, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    if (meeting_read_record(&context->workspace->meetings, meeting_id, &record, NULL, &problem)) {
        if (meeting_recording_removed(record)) return fail_removed(record, error);
        *key = g_strdup(record->audio_key);
    } else if (error_is(problem, ERROR_NOT_FOUND)) {
        if (!job_find(context, meeting_id, &job, error)) return false;
        if (!job || job->state == JOB_DELETING) return fail(error, ERROR_NOT_FOUND, "%s", problem->message);
        *key = g_strdup(job->audio_key);
    } else {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return *key || fail(error, ERROR_NOT_FOUND, "the meeting %s has no recording: it came as text", meeting_id);
}

/* A player shows nothing of an answer of the bucket: what keeps the recording from being played is told here. */
static bool check_playable(Context *context, const char *meeting_id, const char *key, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (store_check_readable(context->workspace->store, key, &problem)) return true;
    if (error_is(problem, ERROR_NOT_FOUND))
        return fail(error, ERROR_NOT_FOUND,
                    "the recording of %s is not there any more: a lifecycle rule of the bucket, or another program, has removed it", meeting_id);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool meeting_audio(Context *context, const Request *request, Response *response, GError **error) {
    g_autofree char *key = NULL, *location = NULL;
    StoreUrl url = {.method = "GET", .expires_s = context->workspace->settings->url_expiry_s};
    if (!find_audio_key(context, request->parameter, &key, error) || !check_playable(context, request->parameter, key, error) ||
        !store_sign_url(context->workspace->store, key, &url, &location, error))
        return false;
    response->status = 302;
    response_header(response, "Location", location);
    response_header(response, "Cache-Control", "no-store");
    return true;
}

bool store_object_get(Context *context, const Request *request, Response *response, GError **error) {
    g_autofree char *key = NULL, *content_type = NULL, *filename = NULL;
    g_autoptr(StoreReader) reader = NULL;
    g_auto(StoreInfo) info = {0};
    Store *store = context->workspace->store;
    const char *query = request->raw_query ? request->raw_query : "";
    if (!store_check_url(store, "GET", request->raw_path, query, &key, &content_type, &filename, error) ||
        !store_open(store, key, &reader, &info, error))
        return false;
    /* A recording may be anything, a page with a script as well: it never runs as part of this site. */
    response_header(response, "Content-Security-Policy", "default-src 'none'; sandbox");
    if (content_type) {
        g_free(info.content_type);
        info.content_type = g_steal_pointer(&content_type);
    }
    response_object(response, request, g_steal_pointer(&reader), &info);
    if (filename) response_attachment(response, filename);
    return true;
}
