/* POST /api/meeting/process, as the first version had it: a text is worked on at once, a recording in the store is queued. */
#include <string.h>

#include "base/text.h"
#include "http/resources.h"
#include "ingest/ingest.h"
#include "transcribe/import.h"

#define UUID_CHARS 36

bool body_get_text(const json_t *body, const char *name, const char **text, GError **error) {
    const json_t *value = json_object_get(body, name);
    if (value && !json_is_string(value) && !json_is_null(value)) return fail(error, ERROR_INVALID, "%s must be a string", name);
    *text = json_string_value(value);
    if (*text && (*text)[0] == '\0') *text = NULL;
    return true;
}

bool body_read_whole(const json_t *value, gint64 *number) {
    const double exact_max = 9007199254740992.0; /* 2^53 */
    double real = json_is_real(value) ? json_real_value(value) : 0.5;
    bool whole = json_is_real(value) && real >= -exact_max && real <= exact_max && real == (double)(gint64)real;
    if (json_is_integer(value)) *number = json_integer_value(value);
    else if (whole) *number = (gint64)real;
    return whole || json_is_integer(value);
}

static bool answer(Context *context, const char *meeting_id, Response *response, GError **error) {
    g_autoptr(Minutes) minutes = NULL;
    if (!meeting_read_minutes(&context->workspace->meetings, meeting_id, &minutes, error)) return false;
    if (!minutes) return fail(error, ERROR_CORRUPT, "the summary of %s is gone right after it was written", meeting_id);
    g_autoptr(json_t) summary = minutes_summary_to_json(minutes, meeting_id, "", NULL);
    g_autoptr(json_t) requirements = minutes_requirements_to_json(minutes, meeting_id, "", NULL);
    response_subject(response, meeting_id);
    response_json(response, 200,
                  json_pack("{s:b, s:s, s:O, s:O}", "success", 1, "meeting_id", meeting_id, "meeting_summary",
                            json_object_get(summary, "summary"), "requirements", json_object_get(requirements, "requirements")));
    response_keep(response, json_pack("{s:b, s:s}", "success", 1, "meeting_id", meeting_id));
    return true;
}

bool meeting_process_repeat(Context *context, Response *response, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(Record) record = NULL;
    if (response->status != 200) return true; /* it was queued */
    g_autofree char *meeting_id = g_strdup(response->subject);
    if (meeting_read_record(&context->workspace->meetings, meeting_id, &record, NULL, &problem)) return answer(context, meeting_id, response, error);
    if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "the text was processed; its meeting %s is gone since", meeting_id);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* Someone began on this very request and did not say what came of it: either the meeting stands, or what stands of it goes. */
static bool finish_begun(Context *context, const char *meeting_id, bool *stands, GError **error) {
    const Meetings *meetings = &context->workspace->meetings;
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    *stands = meeting_read_record(meetings, meeting_id, &record, NULL, &problem);
    if (*stands) return true;
    if (error_is(problem, ERROR_NOT_FOUND)) return meeting_delete(meetings, meeting_id, NULL, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool process_text(Context *context, const Request *request, const char *text, const char *audio_key, const char *filename,
                         Response *response, GError **error) {
    Pipeline pipeline = workspace_pipeline(context->workspace);
    Workspace *workspace = context->workspace;
    g_autofree char *uuid = text_uuid();
    g_autofree char *meeting_id = audio_key ? NULL : request->planned_id ? g_strdup(request->planned_id) : meeting_id_new(uuid);
    bool stands = false;
    g_autoptr(Transcript) transcript = NULL;
    gsize size = strlen(text);
    ImportFormat format = import_detect(text, size, filename);
    if (!pipeline.extractor)
        return fail(error, ERROR_CONFIG, "this server has no extractor: send the text to POST /api/meetings, for a worker");
    if (audio_key && !ingest_claim_recording(&workspace->meetings, workspace->jobs, audio_key, &meeting_id, error)) return false;
    if (request->again && !audio_key && !finish_begun(context, meeting_id, &stands, error)) return false;
    if (stands) return answer(context, meeting_id, response, error);
    if (!import_transcript(format == IMPORT_NONE ? IMPORT_TEXT : format, text, size, &transcript, error)) return false;
    if (audio_key) g_clear_pointer(&transcript->model, g_free); /* no file of its own: the recording's words (record_has_recording) */
    return pipeline_process_text(&pipeline, meeting_id, transcript, audio_key, filename, error) &&
           answer(context, meeting_id, response, error);
}

static bool queue_stored(Context *context, const char *audio_key, const char *filename, Response *response, GError **error) {
    Workspace *workspace = context->workspace;
    g_autoptr(Job) job = NULL;
    IngestOptions options = {.filename = filename};
    if (!ingest_stored(&workspace->meetings, workspace->jobs, audio_key, &options, &job, error)) return false;
    if (context->worker) worker_wake(context->worker);
    response_accepted(response, job->meeting_id);
    return true;
}

/* The name in "meetings/{uuid}_{filename}"; of another key its last part. */
static const char *name_in_key(const char *audio_key) {
    const char *name = strrchr(audio_key, '/') ? strrchr(audio_key, '/') + 1 : audio_key;
    return strlen(name) > UUID_CHARS + 1 && name[UUID_CHARS] == '_' ? name + UUID_CHARS + 1 : name;
}

bool meeting_process(Context *context, const Request *request, Response *response, GError **error) {
    const char *text, *audio_key, *filename;
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) body = json_parse_object(data, size, "the request body", error);
    if (!body || !body_get_text(body, "text", &text, error) || !body_get_text(body, "audio_s3_key", &audio_key, error) ||
        !body_get_text(body, "filename", &filename, error))
        return false;
    if (!text && !audio_key) return fail(error, ERROR_INVALID, "text or audio_s3_key is missing");
    if (!filename) filename = audio_key ? name_in_key(audio_key) : "text.txt";
    return text ? process_text(context, request, text, audio_key, filename, response, error)
                : queue_stored(context, audio_key, filename, response, error);
}
