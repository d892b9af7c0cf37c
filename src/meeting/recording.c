/* The recording alone is removed; the meeting stays. Marked first, on the version that the decision was made on; then the objects go; then the
 * record says that it is done. While the mark stands the record still names the recording, so that who looks for what is to be removed finds what
 * was broken off. */
#include "base/json.h"
#include "meeting/meeting_internal.h"

#define PENDING "pending"

static json_t *removal_of(const Record *record) { return json_object_get(record->extra, RECORDING_REMOVED); }

bool meeting_recording_removed(const Record *record) { return json_is_object(removal_of(record)); }

static bool put(const Meetings *meetings, Record *record, const char *etag, char **new_etag, GError **error) {
    meeting_touch(meetings, record);
    return meeting_put_record(meetings, record, &(StorePut){.if_match = etag}, new_etag, error);
}

static bool mark(const Meetings *meetings, Record *record, const char *etag, const char *why, char **new_etag, GError **error) {
    const RecordObject *known = record_object(record, record->audio_key);
    g_autofree char *time = time_format(clock_now_ms(meetings->clock));
    if (!record->extra) record->extra = json_object();
    json_object_set_new(record->extra, RECORDING_REMOVED,
                        json_pack("{s:s, s:o, s:s, s:I, s:o, s:b}", "time", time, "why", json_text(why), "key", record->audio_key, "bytes",
                                  (json_int_t)(known ? known->bytes : 0), "sha256", json_text(known ? known->sha256 : NULL), PENDING, 1));
    return put(meetings, record, etag, new_etag, error);
}

/* What was made of the recording for the player goes with it. Only a recording is ever removed, whatever key a damaged record names. */
static bool remove_objects(const Meetings *meetings, Record *record, GError **error) {
    g_autofree char *waveform = key_document(record->meeting_id, DOCUMENT_WAVEFORM);
    bool is_recording = g_str_has_prefix(record->audio_key, PREFIX_RECORDINGS) && store_key_check(record->audio_key, NULL);
    if ((is_recording && !store_delete(meetings->store, record->audio_key, error)) || !store_delete(meetings->store, waveform, error)) return false;
    record_drop_object(record, record->audio_key);
    record_drop_object(record, waveform);
    return true;
}

bool meeting_remove_recording(const Meetings *meetings, Record *record, const char *etag, const char *why, GError **error) {
    g_autofree char *marked = NULL;
    if (!record->audio_key) return true;
    if (!meeting_recording_removed(record) && !mark(meetings, record, etag, why, &marked, error)) return false;
    if (!remove_objects(meetings, record, error)) return false;
    json_object_del(removal_of(record), PENDING);
    g_clear_pointer(&record->audio_key, g_free);
    return put(meetings, record, marked ? marked : etag, NULL, error) && meeting_index_standing(meetings, record, error);
}
