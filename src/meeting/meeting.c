/* Reading a meeting's objects, and writing the documents that the stages make. */
#include "meeting/meeting.h"

#include <string.h>

#include "base/limits.h"
#include "meeting/meeting_internal.h"

void meeting_free(Meeting *meeting) {
    if (!meeting) return;
    g_clear_pointer(&meeting->record, record_free);
    g_clear_pointer(&meeting->transcript, transcript_free);
    g_clear_pointer(&meeting->minutes, minutes_free);
    g_free(meeting->etag);
    g_free(meeting->text);
    g_free(meeting->text_etag);
    g_free(meeting->summary_etag);
    g_free(meeting->requirements_etag);
    g_free(meeting->transcript_etag);
    g_free(meeting);
}

/* The document's bytes; *bytes NULL where there is none. */
static bool read_document(const Meetings *meetings, const char *meeting_id, Document document, GBytes **bytes, char **etag,
                          GError **error) {
    g_autofree char *key = key_document(meeting_id, document);
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    gsize bytes_max = document == DOCUMENT_RECORD ? RECORD_BYTES_MAX : DOCUMENT_BYTES_MAX;
    *bytes = NULL;
    if (!store_get(meetings->store, key, bytes_max, bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (etag) *etag = g_steal_pointer(&info.etag);
    return true;
}

bool meeting_read_json(const Meetings *meetings, const char *meeting_id, Document document, json_t **json, char **etag,
                       GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    g_autofree char *read_etag = NULL;
    g_autoptr(GError) problem = NULL;
    if (!read_document(meetings, meeting_id, document, &bytes, &read_etag, error)) return false;
    json_t *parsed = NULL;
    if (bytes) {
        gsize size = 0;
        const void *data = g_bytes_get_data(bytes, &size);
        parsed = json_parse_object(data, size, document_name(document), &problem);
        if (!parsed)
            return fail(error, ERROR_CORRUPT, "%s of %s is damaged: %s", document_name(document), meeting_id, problem->message);
    }
    *json = parsed;
    if (etag) *etag = g_steal_pointer(&read_etag);
    return true;
}

bool meeting_put_json(const Meetings *meetings, const char *meeting_id, Document document, const json_t *json, const char *if_match,
                      StoreInfo *info, GError **error) {
    g_autofree char *key = key_document(meeting_id, document);
    g_autoptr(GBytes) bytes = json_to_bytes(json, document != DOCUMENT_TRANSCRIPT && document != DOCUMENT_WAVEFORM);
    gsize bytes_max = document == DOCUMENT_RECORD ? RECORD_BYTES_MAX : DOCUMENT_BYTES_MAX;
    if (g_bytes_get_size(bytes) > bytes_max)
        return fail(error, ERROR_TOO_LARGE, "%s of %s would have more than %" G_GSIZE_FORMAT " bytes", document_name(document),
                    meeting_id, bytes_max);
    StorePut put = {.content_type = "application/json", .if_match = if_match};
    return store_put(meetings->store, key, bytes, &put, info, error);
}

bool meeting_read_any_record(const Meetings *meetings, const char *meeting_id, Record **record, char **etag, GError **error) {
    g_autoptr(json_t) json = NULL;
    g_autofree char *read_etag = NULL;
    if (!meeting_id_valid(meeting_id)) return fail(error, ERROR_INVALID, "\"%.150s\" is no meeting id", meeting_id);
    if (!meeting_read_json(meetings, meeting_id, DOCUMENT_RECORD, &json, &read_etag, error)) return false;
    if (!json) return fail(error, ERROR_NOT_FOUND, "there is no meeting %s", meeting_id);
    if (!record_from_json(json, meeting_id, record, error)) return false;
    if (etag) *etag = g_steal_pointer(&read_etag);
    return true;
}

bool meeting_read_record(const Meetings *meetings, const char *meeting_id, Record **record, char **etag, GError **error) {
    g_autoptr(Record) read = NULL;
    g_autofree char *read_etag = NULL;
    if (!meeting_read_any_record(meetings, meeting_id, &read, &read_etag, error)) return false;
    if (read->state == MEETING_DELETING) return fail(error, ERROR_NOT_FOUND, "the meeting %s is being deleted", meeting_id);
    *record = g_steal_pointer(&read);
    if (etag) *etag = g_steal_pointer(&read_etag);
    return true;
}

bool meeting_read_transcript(const Meetings *meetings, const char *meeting_id, Transcript **transcript, char **etag,
                             GError **error) {
    g_autoptr(json_t) json = NULL;
    if (!meeting_read_json(meetings, meeting_id, DOCUMENT_TRANSCRIPT, &json, etag, error)) return false;
    if (json) return transcript_from_json(json, transcript, error);
    *transcript = NULL;
    return true;
}

bool meeting_read_minutes(const Meetings *meetings, const char *meeting_id, Minutes **minutes, GError **error) {
    g_autoptr(json_t) summary = NULL;
    g_autoptr(json_t) requirements = NULL;
    if (!meeting_read_json(meetings, meeting_id, DOCUMENT_SUMMARY, &summary, NULL, error) ||
        !meeting_read_json(meetings, meeting_id, DOCUMENT_REQUIREMENTS, &requirements, NULL, error))
        return false;
    *minutes = summary && requirements ? minutes_from_json(summary, requirements) : NULL;
    return true;
}

/* Buckets of the first version hold plain text only: a segment a line, without times. */
static Transcript *transcript_of_text(const char *meeting_id, const char *text) {
    Transcript *transcript = transcript_new();
    transcript->meeting_id = g_strdup(meeting_id);
    transcript->transcriber = g_strdup("import");
    transcript->timed = false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) transcript_add(transcript, 0, 0, -1, lines[i]);
    return transcript;
}

static bool read_transcript_or_text(const Meetings *meetings, const char *meeting_id, Meeting *meeting, GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    if (!meeting_read_transcript(meetings, meeting_id, &meeting->transcript, &meeting->transcript_etag, error) ||
        !read_document(meetings, meeting_id, DOCUMENT_TEXT, &bytes, &meeting->text_etag, error))
        return false;
    if (bytes) meeting->text = g_utf8_make_valid(g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
    if (!meeting->transcript && meeting->text) meeting->transcript = transcript_of_text(meeting_id, meeting->text);
    return true;
}

bool meeting_read(const Meetings *meetings, const char *meeting_id, Meeting **meeting, GError **error) {
    g_autoptr(Meeting) read = g_new0(Meeting, 1);
    g_autoptr(json_t) summary = NULL;
    g_autoptr(json_t) requirements = NULL;
    if (!meeting_read_record(meetings, meeting_id, &read->record, &read->etag, error) ||
        !read_transcript_or_text(meetings, meeting_id, read, error) ||
        !meeting_read_json(meetings, meeting_id, DOCUMENT_SUMMARY, &summary, &read->summary_etag, error) ||
        !meeting_read_json(meetings, meeting_id, DOCUMENT_REQUIREMENTS, &requirements, &read->requirements_etag, error))
        return false;
    read->minutes = minutes_from_json(summary, requirements);
    /* An edit that was begun is shown as done: it will be finished by whoever writes next. */
    const json_t *pending = json_object_get(read->record->extra, PENDING_EDIT);
    if (pending && !meeting_apply_patch(read, pending, error)) return false;
    *meeting = g_steal_pointer(&read);
    return true;
}

bool meeting_write_transcript(const Meetings *meetings, const char *meeting_id, const Transcript *transcript, const json_t *waveform,
                              GError **error) {
    g_autofree char *text_key = key_document(meeting_id, DOCUMENT_TEXT);
    g_autofree char *text = transcript_to_text(transcript);
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(json_t) json = transcript_to_json(transcript);
    StorePut put = {.content_type = "text/plain; charset=utf-8"};
    /* transcript.json last: its presence says that this stage is done. */
    return store_put(meetings->store, text_key, bytes, &put, NULL, error) &&
           (!waveform || meeting_put_json(meetings, meeting_id, DOCUMENT_WAVEFORM, waveform, NULL, NULL, error)) &&
           meeting_put_json(meetings, meeting_id, DOCUMENT_TRANSCRIPT, json, NULL, NULL, error);
}

bool meeting_write_minutes(const Meetings *meetings, const char *meeting_id, const Minutes *minutes, gint64 timestamp_ms,
                           const char *audio_key, GError **error) {
    g_autofree char *timestamp = time_format(timestamp_ms);
    g_autoptr(json_t) summary = minutes_summary_to_json(minutes, meeting_id, timestamp, audio_key);
    g_autoptr(json_t) requirements = minutes_requirements_to_json(minutes, meeting_id, timestamp, audio_key);
    /* summary.json last: its presence, with this run's mark, says that this stage is done. */
    return meeting_put_json(meetings, meeting_id, DOCUMENT_REQUIREMENTS, requirements, NULL, NULL, error) &&
           meeting_put_json(meetings, meeting_id, DOCUMENT_SUMMARY, summary, NULL, NULL, error);
}
