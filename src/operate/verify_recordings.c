/* The recordings: each belongs to one meeting, a job or an upload. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/ingest.h"
#include "operate/verify_internal.h"

static bool note_recording(const StoreEntry *entry, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    verify->summary.recordings++;
    return verify_progress(verify, "recordings", verify->summary.recordings, error) &&
           key_table_add(verify->recordings, entry->key, entry->size, entry->etag, error);
}

bool verify_note_recordings(Verify *verify, GError **error) {
    if (!store_each(verify->store, PREFIX_RECORDINGS, note_recording, verify, error)) return false;
    key_table_seal(verify->recordings);
    return true;
}

/* -- those that nothing names -------------------------------------------------------------------------------------------- */

static bool has_documents(const Verify *verify, const char *meeting_id, bool *has, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autofree char *folder = g_strconcat(PREFIX_MEETINGS, meeting_id, "/", NULL);
    bool more;
    if (!store_list(verify->store, folder, NULL, 1, &entries, &more, error)) return false;
    *has = entries->len > 0;
    return true;
}

/* Whether the meeting of the recording's name has one of its own (`*extra`), or the recording is accounted for: by work that stands, or since a
 * damaged record or documents without one were named already. */
static bool judge_owner(const Verify *verify, const char *key, const char *owner, bool *extra, bool *accounted, GError **error) {
    g_autofree char *job = key_job(owner), *upload = key_upload(owner);
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    if (meeting_read_record(verify->meetings, owner, &record, NULL, &problem)) {
        *extra = g_strcmp0(record->audio_key, key) != 0;
        *accounted = !*extra;
        return true;
    }
    *accounted = true;
    if (error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE)) return true;
    if (!error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (!has_documents(verify, owner, accounted, error)) return false;
    if (!*accounted && !verify_stands(verify, job, accounted, NULL, error)) return false;
    return *accounted || verify_stands(verify, upload, accounted, NULL, error);
}

static bool offer_job(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    const StoreEntry *entry = what;
    g_autofree char *owner = meeting_id_of_recording(entry->key), *uuid = text_uuid(), *fresh = meeting_id_new(uuid);
    const char *name = entry->key + strlen(PREFIX_RECORDINGS), *separator = owner ? strchr(name, '_') : NULL;
    IngestRecording recording = {.meeting_id = owner ? owner : fresh, .key = entry->key, .bytes = entry->size};
    IngestOptions options = {.filename = separator ? separator + 1 : name};
    *outcome = VERIFY_QUEUED;
    return ingest_recording(verify->meetings, verify->options->pipeline.jobs, &recording, &options, NULL, error);
}

static bool check_recording(const StoreEntry *entry, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    const KeyEntry *known = key_table_find(verify->recordings, entry->key);
    g_autofree char *owner = meeting_id_of_recording(entry->key);
    bool extra = false, accounted = false;
    if (!verify_progress(verify, "recordings", 0, error)) return false;
    if (!known || known->marks > 0 || !verify_settled(verify, entry->modified_ms)) return true;
    if (owner && !judge_owner(verify, entry->key, owner, &extra, &accounted, error)) return false;
    if (accounted) return true;
    if (extra)
        return verify_put_aside(verify, RECORDING_EXTRA, entry->key, owner, "the meeting of this recording's name has another recording", error);
    if (entry->size == 0) return verify_put_aside(verify, KEY_UNKNOWN, entry->key, owner, "an empty object is no recording", error);
    VerifyFound found = {RECORDING_ORPHAN, entry->key, owner, "no meeting, job or upload belongs to this recording"};
    return verify_find(verify, &found, offer_job, entry, NULL, error);
}

bool verify_recordings(Verify *verify, GError **error) {
    return key_table_unmarked(verify->recordings) == 0 || store_each(verify->store, PREFIX_RECORDINGS, check_recording, verify, error);
}
