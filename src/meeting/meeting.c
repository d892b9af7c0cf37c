/* Reading a meeting's objects, and writing the documents that the stages make. */
#include "meeting/meeting.h"

#include <string.h>

#include "base/limits.h"
#include "meeting/meeting_internal.h"

#define READ_TRIES 8

void meeting_free(Meeting *meeting) {
    if (!meeting) return;
    g_clear_pointer(&meeting->record, record_free);
    g_clear_pointer(&meeting->transcript, transcript_free);
    g_clear_pointer(&meeting->minutes, minutes_free);
    g_free(meeting->etag);
    g_free(meeting->text);
    meeting_versions_clear(&meeting->versions);
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
    char **etag = meeting->versions.etag;
    if (!meeting_read_transcript(meetings, meeting_id, &meeting->transcript, &etag[DOCUMENT_TRANSCRIPT], error) ||
        !read_document(meetings, meeting_id, DOCUMENT_TEXT, &bytes, &etag[DOCUMENT_TEXT], error))
        return false;
    if (bytes) meeting->text = g_utf8_make_valid(g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
    if (!meeting->transcript && meeting->text) meeting->transcript = transcript_of_text(meeting_id, meeting->text);
    return true;
}

static bool read_all(const Meetings *meetings, const char *meeting_id, Meeting **meeting, GError **error) {
    g_autoptr(Meeting) read = g_new0(Meeting, 1);
    g_autoptr(json_t) summary = NULL;
    g_autoptr(json_t) requirements = NULL;
    char **etag = read->versions.etag;
    if (!meeting_read_record(meetings, meeting_id, &read->record, &read->etag, error) ||
        !read_transcript_or_text(meetings, meeting_id, read, error) ||
        !meeting_read_json(meetings, meeting_id, DOCUMENT_SUMMARY, &summary, &etag[DOCUMENT_SUMMARY], error) ||
        !meeting_read_json(meetings, meeting_id, DOCUMENT_REQUIREMENTS, &requirements, &etag[DOCUMENT_REQUIREMENTS], error))
        return false;
    read->minutes = minutes_from_json(summary, requirements);
    *meeting = g_steal_pointer(&read);
    return true;
}

/* A document that the record describes, or that each meeting of the first version has, was not there any more: the meeting may have been deleted
 * since the record was read. */
static bool lacks_document(const Meeting *meeting) {
    for (Document document = 0; document < DOCUMENT_RECORD; document++) {
        g_autofree char *key = key_document(meeting->record->meeting_id, document);
        bool first_version = meeting->record->schema < 2 && (document == DOCUMENT_TEXT || document == DOCUMENT_SUMMARY);
        bool read = document != DOCUMENT_WAVEFORM && (first_version || record_object(meeting->record, key));
        if (read && !meeting->versions.etag[document]) return true;
    }
    return false;
}

/* The record that was read first still stands: so the documents that were read after it are not younger than its pending edit, nor gone with it. */
static bool still_stands(const Meetings *meetings, const Meeting *meeting, bool *stands, GError **error) {
    g_autofree char *key = key_document(meeting->record->meeting_id, DOCUMENT_RECORD);
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    bool there = store_head(meetings->store, key, &info, &problem);
    if (!there && !error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *stands = there && strcmp(info.etag, meeting->etag) == 0;
    return true;
}

bool meeting_read(const Meetings *meetings, const char *meeting_id, Meeting **meeting, GError **error) {
    for (int tries = 0; tries < READ_TRIES; tries++) {
        g_autoptr(Meeting) read = NULL;
        bool stands = true;
        if (!read_all(meetings, meeting_id, &read, error)) return false;
        /* An edit that was begun is shown as done: whoever writes next finishes it. */
        const json_t *pending = json_object_get(read->record->extra, PENDING_EDIT);
        if ((pending || lacks_document(read)) && !still_stands(meetings, read, &stands, error)) return false;
        if (!stands) continue;
        if (pending && !meeting_apply_patch(read, pending, NULL)) {
            /* It fits no more (its items are gone): the meeting stands as its documents say. */
            g_clear_pointer(&read, meeting_free);
            if (!read_all(meetings, meeting_id, &read, error)) return false;
        }
        *meeting = g_steal_pointer(&read);
        return true;
    }
    return fail(error, ERROR_UNAVAILABLE, "the meeting %s is being changed all the time: read it again later", meeting_id);
}
