/* The delete of storage.md, rule 4: marked first (the meeting leaves every list), metadata.json last. Each step may be repeated, so that
 * calling it again finishes what was interrupted at any point. */
#include <string.h>

#include "meeting/meeting_internal.h"

bool meeting_begin_delete(const Meetings *meetings, Record *record, const char *etag, GError **error) {
    if (record->state == MEETING_DELETING) return true;
    record->state = MEETING_DELETING;
    meeting_touch(meetings, record);
    StorePut put = {.if_match = etag};
    return meeting_put_record(meetings, record, &put, NULL, error);
}

static bool note_recording(const StoreEntry *entry, gpointer audio_key, GError **error) {
    g_free(*(char **)audio_key);
    *(char **)audio_key = g_strdup(entry->key);
    return true;
}

/* A damaged record is in no state to be marked, and it names no recording: the meeting's own has its id in its key. */
static bool leave_lists_damaged(const Meetings *meetings, const char *meeting_id, char **audio_key, GError **error) {
    const char *uuid = g_str_has_prefix(meeting_id, "meeting-") ? meeting_id + strlen("meeting-") : "";
    g_autofree char *prefix = g_strconcat(PREFIX_RECORDINGS, uuid, "_", NULL);
    g_autofree char *owner = meeting_id_of_recording(prefix);
    return catalog_remove(meetings->catalog, meeting_id, CATALOG_TIME_UNKNOWN, error) &&
           (g_strcmp0(owner, meeting_id) != 0 || store_each(meetings->store, prefix, note_recording, audio_key, error));
}

/* The record's part: it is marked and the row is gone. `audio_key` gets the recording that the record names. A meeting that was never
 * committed has no record: nothing to do. */
static bool leave_lists(const Meetings *meetings, const char *meeting_id, char **audio_key, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autofree char *etag = NULL;
    g_autoptr(GError) problem = NULL;
    if (!meeting_read_any_record(meetings, meeting_id, &record, &etag, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true;
        if (error_is(problem, ERROR_CORRUPT)) return leave_lists_damaged(meetings, meeting_id, audio_key, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (!meeting_begin_delete(meetings, record, etag, error) || !catalog_remove(meetings->catalog, meeting_id, record->timestamp_ms, error))
        return false;
    if (record->audio_key) {
        g_free(*audio_key);
        *audio_key = g_strdup(record->audio_key);
    }
    return true;
}

static bool remove_object(const StoreEntry *entry, gpointer user_data, GError **error) {
    const Meetings *meetings = user_data;
    return store_delete(meetings->store, entry->key, error);
}

static bool remove_document(const StoreEntry *entry, gpointer user_data, GError **error) {
    const Meetings *meetings = user_data;
    return g_str_has_suffix(entry->key, "/metadata.json") || store_delete(meetings->store, entry->key, error);
}

bool meeting_delete(const Meetings *meetings, const char *meeting_id, const char *audio_key, GError **error) {
    g_autofree char *recording = g_strdup(audio_key);
    g_autofree char *prefix = g_strconcat(PREFIX_MEETINGS, meeting_id, "/", NULL);
    g_autofree char *shares = g_strconcat(PREFIX_SHARES, meeting_id, "/", NULL), *kept = g_strconcat(PREFIX_QUARANTINE, meeting_id, "/", NULL);
    g_autofree char *record_key = key_document(meeting_id, DOCUMENT_RECORD);
    if (!leave_lists(meetings, meeting_id, &recording, error) ||
        !store_each(meetings->store, shares, remove_object, (gpointer)meetings, error) ||
        !store_each(meetings->store, kept, remove_object, (gpointer)meetings, error) ||
        !store_each(meetings->store, prefix, remove_document, (gpointer)meetings, error))
        return false;
    /* Only a recording is ever removed, whatever key a damaged record names. */
    if (recording && g_str_has_prefix(recording, PREFIX_RECORDINGS) && store_key_check(recording, NULL) &&
        !store_delete(meetings->store, recording, error))
        return false;
    return store_delete(meetings->store, record_key, error);
}
