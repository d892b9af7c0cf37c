/* The documents of a meeting as bytes, and their way into the store: within their size limit, and only over the version that was read. */
#include <string.h>

#include "base/limits.h"
#include "meeting/meeting_internal.h"

void meeting_versions_clear(MeetingVersions *versions) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++) g_clear_pointer(&versions->etag[document], g_free);
}

bool meeting_read_versions(const Meetings *meetings, const char *meeting_id, MeetingVersions *versions, GError **error) {
    *versions = (MeetingVersions){0};
    for (Document document = 0; document < DOCUMENT_RECORD; document++) {
        g_autofree char *key = key_document(meeting_id, document);
        g_auto(StoreInfo) info = {0};
        g_autoptr(GError) problem = NULL;
        if (store_head(meetings->store, key, &info, &problem)) {
            versions->etag[document] = g_steal_pointer(&info.etag);
        } else if (!error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            meeting_versions_clear(versions);
            return false;
        }
    }
    return true;
}

void rendered_clear(Rendered *rendered) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++) g_clear_pointer(&rendered->bytes[document], g_bytes_unref);
}

void render_transcript(const Transcript *transcript, const json_t *waveform, Rendered *rendered) {
    g_autoptr(json_t) json = transcript_to_json(transcript);
    char *text = transcript_to_text(transcript);
    rendered->bytes[DOCUMENT_TEXT] = g_bytes_new_take(text, strlen(text));
    rendered->bytes[DOCUMENT_TRANSCRIPT] = json_to_bytes(json, false);
    rendered->bytes[DOCUMENT_WAVEFORM] = waveform ? json_to_bytes(waveform, false) : NULL;
}

void render_minutes(const Minutes *minutes, const char *meeting_id, gint64 timestamp_ms, const char *audio_key, Rendered *rendered) {
    g_autofree char *timestamp = time_format(timestamp_ms);
    g_autoptr(json_t) summary = minutes_summary_to_json(minutes, meeting_id, timestamp, audio_key);
    g_autoptr(json_t) requirements = minutes_requirements_to_json(minutes, meeting_id, timestamp, audio_key);
    rendered->bytes[DOCUMENT_SUMMARY] = json_to_bytes(summary, true);
    rendered->bytes[DOCUMENT_REQUIREMENTS] = json_to_bytes(requirements, true);
}

bool rendered_fits(const Rendered *rendered, const char *meeting_id, GError **error) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++)
        if (rendered->bytes[document] && g_bytes_get_size(rendered->bytes[document]) > DOCUMENT_BYTES_MAX)
            return fail(error, ERROR_TOO_LARGE, "%s of %s would have more than %d MiB", document_name(document), meeting_id,
                        (int)(DOCUMENT_BYTES_MAX / MIB));
    return true;
}

bool rendered_put(const Meetings *meetings, const char *meeting_id, Document document, const Rendered *rendered,
                  const MeetingVersions *versions, GError **error) {
    g_autofree char *key = key_document(meeting_id, document);
    const char *etag = versions->etag[document];
    StorePut put = {.content_type = document == DOCUMENT_TEXT ? "text/plain; charset=utf-8" : "application/json",
                    .if_match = etag,
                    .if_none_match = etag == NULL};
    return store_put(meetings->store, key, rendered->bytes[document], &put, NULL, error);
}

/* Puts the documents in this order; the last one's presence says that the stage is done. */
static bool put_all(const Meetings *meetings, const char *meeting_id, const Rendered *rendered, const MeetingVersions *versions,
                    GError **error) {
    static const Document order[] = {DOCUMENT_TEXT, DOCUMENT_WAVEFORM, DOCUMENT_TRANSCRIPT, DOCUMENT_REQUIREMENTS, DOCUMENT_SUMMARY};
    if (!rendered_fits(rendered, meeting_id, error)) return false;
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        if (rendered->bytes[order[i]] && !rendered_put(meetings, meeting_id, order[i], rendered, versions, error)) return false;
    return true;
}

bool meeting_write_transcript(const Meetings *meetings, const char *meeting_id, const MeetingVersions *versions,
                              const Transcript *transcript, const json_t *waveform, GError **error) {
    g_auto(Rendered) rendered = {0};
    render_transcript(transcript, waveform, &rendered);
    return put_all(meetings, meeting_id, &rendered, versions, error);
}

bool meeting_write_minutes(const Meetings *meetings, const char *meeting_id, const MeetingVersions *versions, const Minutes *minutes,
                           gint64 timestamp_ms, const char *audio_key, GError **error) {
    g_auto(Rendered) rendered = {0};
    render_minutes(minutes, meeting_id, timestamp_ms, audio_key, &rendered);
    return put_all(meetings, meeting_id, &rendered, versions, error);
}
