/* Mending what can be made of the rest: the text of the transcript, and what metadata.json says of the objects. */
#include <string.h>

#include "base/limits.h"
#include "meeting/meeting_internal.h"

bool meeting_describe_anew(const Meetings *meetings, const char *meeting_id, guint documents, const char *recording_etag, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autofree char *etag = NULL;
    if (!meeting_read_record(meetings, meeting_id, &record, &etag, error)) return false;
    for (Document document = 0; document < DOCUMENT_RECORD; document++) {
        g_autoptr(GBytes) bytes = NULL;
        if ((documents & (1u << document)) && !meeting_describe_document(meetings, record, document, &bytes, error)) return false;
    }
    const RecordObject *recording = record->audio_key ? record_object(record, record->audio_key) : NULL;
    if (recording && recording_etag) {
        g_autofree char *sha256 = g_strdup(recording->sha256);
        record_set_object(record, record->audio_key, recording->bytes, sha256, recording_etag);
    }
    meeting_touch(meetings, record);
    StorePut put = {.if_match = etag};
    return meeting_put_record(meetings, record, &put, NULL, error) && meeting_index_standing(meetings, record, error);
}

bool meeting_restore_text(const Meetings *meetings, const char *meeting_id, bool *changed, GError **error) {
    g_autoptr(Transcript) transcript = NULL;
    g_auto(Rendered) rendered = {0};
    g_auto(MeetingVersions) versions = {0};
    g_autoptr(GBytes) standing = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    g_autofree char *key = key_document(meeting_id, DOCUMENT_TEXT);
    if (!meeting_read_transcript(meetings, meeting_id, &transcript, NULL, error)) return false;
    if (!transcript) return fail(error, ERROR_NOT_FOUND, "%s has no transcript.json", meeting_id);
    render_transcript(transcript, NULL, &rendered);
    if (store_head(meetings->store, key, &info, &problem)) versions.etag[DOCUMENT_TEXT] = g_strdup(info.etag);
    *changed = !problem && store_get(meetings->store, key, DOCUMENT_BYTES_MAX, &standing, NULL, NULL)
                   ? !g_bytes_equal(standing, rendered.bytes[DOCUMENT_TEXT])
                   : true;
    if (problem && !error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return !*changed || (rendered_fits(&rendered, meeting_id, error) &&
                         rendered_put(meetings, meeting_id, DOCUMENT_TEXT, &rendered, &versions, error));
}
