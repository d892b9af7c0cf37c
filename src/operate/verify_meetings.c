/* The meetings, one folder of documents after the other. */
#include <string.h>

#include "base/limits.h"
#include "operate/verify_meeting.h"

/* -- what belongs to one meeting ----------------------------------------------------------------------------------------- */

static void folder_clear(Folder *folder) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++) g_clear_pointer(&folder->documents[document], store_entry_free);
    g_clear_pointer(&folder->extra, g_ptr_array_unref);
    g_clear_pointer(&folder->meeting_id, g_free);
    folder->newest_ms = 0;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folder, folder_clear)

static StoreEntry *copy_entry(const StoreEntry *entry) {
    StoreEntry *copy = g_memdup2(entry, sizeof *entry);
    copy->key = g_strdup(entry->key);
    copy->etag = g_strdup(entry->etag);
    return copy;
}

static void folder_take(Folder *folder, const StoreEntry *entry) {
    const char *name = entry->key + strlen(PREFIX_MEETINGS) + strlen(folder->meeting_id) + 1;
    folder->newest_ms = MAX(folder->newest_ms, entry->modified_ms);
    for (Document document = 0; document < DOCUMENT_COUNT; document++) {
        if (strcmp(name, document_name(document)) != 0) continue;
        folder->documents[document] = copy_entry(entry);
        return;
    }
    if (!folder->extra) folder->extra = g_ptr_array_new_with_free_func((GDestroyNotify)store_entry_free);
    if (folder->extra->len < VERIFY_EXTRA_MAX) g_ptr_array_add(folder->extra, copy_entry(entry));
}

static bool folder_read(const Verify *verify, const char *meeting_id, Folder *folder, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autofree char *prefix = g_strconcat(PREFIX_MEETINGS, meeting_id, "/", NULL);
    bool more;
    if (!store_list(verify->store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, error)) return false;
    folder->meeting_id = g_strdup(meeting_id);
    for (guint i = 0; i < entries->len; i++) folder_take(folder, entries->pdata[i]);
    return true;
}

/* -- the examination ----------------------------------------------------------------------------------------------------- */

static void pending_free(gpointer data) {
    Pending *pending = data;
    g_free(pending->key);
    g_string_free(pending->found, TRUE);
    g_free(pending);
}

static void check_clear(Check *check) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++) g_clear_pointer(&check->json[document], json_decref);
    g_clear_pointer(&check->record, record_free);
    g_clear_pointer(&check->transcript, transcript_free);
    g_clear_pointer(&check->findings, g_ptr_array_unref);
    g_clear_pointer(&check->recording_etag, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Check, check_clear)

void check_add(Check *check, guint code, const char *key, const char *format, ...) {
    Pending *pending = g_new0(Pending, 1);
    va_list arguments;
    va_start(arguments, format);
    pending->code = code;
    pending->key = g_strdup(key);
    pending->found = g_string_new(NULL);
    g_string_vprintf(pending->found, format, arguments);
    va_end(arguments);
    g_ptr_array_add(check->findings, pending);
}

/* What is being worked on uses its recording. */
static void mark_used(const Check *check) {
    KeyEntry *entry = check->record && check->record->audio_key ? key_table_find(check->verify->recordings, check->record->audio_key) : NULL;
    if (entry) entry->marks++;
}

static void tell_record(Check *check) {
    g_autofree char *key = key_document(check->folder->meeting_id, DOCUMENT_RECORD);
    switch (check->state[DOCUMENT_RECORD]) {
    case STATE_ABSENT:
        check_add(check, METADATA_MISSING, key, "there are documents of the meeting, but no metadata.json, and no job that would make it");
        break;
    case STATE_DAMAGED:
        check_add(check, METADATA_DAMAGED, key, "metadata.json can't be read, so that the meeting's other objects can't be proved either");
        break;
    case STATE_ALTERED:
        check_add(check, METADATA_ALTERED, key, "metadata.json is not what was written: its own sum is another, so that it proves nothing");
        break;
    case STATE_FOREIGN:
        check_add(check, METADATA_FOREIGN, key, "metadata.json speaks for another meeting: this is a copy");
        break;
    default:
        if (check->proof == RECORD_UNPROVEN && check->record && check->record->schema >= 2)
            check_add(check, METADATA_UNPROVEN, key, "metadata.json has no sum of its own: damage to it would not be noticed");
    }
}

static bool finish_delete(Verify *verify, gconstpointer meeting_id, VerifyOutcome *outcome, GError **error) {
    return pipeline_delete(&verify->options->pipeline, verify->options->worker, meeting_id, error);
}

static bool finish_edit(Verify *verify, gconstpointer meeting_id, VerifyOutcome *outcome, GError **error) {
    return meeting_finish_edit(verify->meetings, meeting_id, error);
}

static bool judge_begun(Check *check, guint code, const char *sentence, VerifyMend finish, VerifyOutcome *outcome, GError **error) {
    const char *meeting_id = check->folder->meeting_id;
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    VerifyFound found = {code, key, meeting_id, sentence};
    return verify_find(check->verify, &found, finish, meeting_id, outcome, error);
}

static bool put_extra_aside(const Check *check, GError **error) {
    const Folder *folder = check->folder;
    for (guint i = 0; folder->extra && i < folder->extra->len; i++) {
        const StoreEntry *entry = g_ptr_array_index(folder->extra, i);
        if (!verify_put_aside(check->verify, DOCUMENT_EXTRA, entry->key, folder->meeting_id, "no object of this name belongs to a meeting", error))
            return false;
    }
    return true;
}

static bool tell_all(Check *check, GError **error) {
    if (check->findings->len > 0 && check->verify->options->repair && !check_mend(check, error)) return false;
    for (guint i = 0; i < check->findings->len; i++) {
        const Pending *pending = g_ptr_array_index(check->findings, i);
        verify_report(check->verify, pending->code, pending->key, check->folder->meeting_id, pending->outcome, "%s", pending->found->str);
    }
    return true;
}

static bool examine(Verify *verify, const Folder *folder, bool again, GError **error);

static bool examine_again(Verify *verify, const char *meeting_id, GError **error) {
    g_auto(Folder) folder = {0};
    return folder_read(verify, meeting_id, &folder, error) && examine(verify, &folder, true, error);
}

/* The record is sound: what it says of the rest. */
static bool examine_ready(Check *check, bool again, GError **error) {
    Verify *verify = check->verify;
    const char *meeting_id = check->folder->meeting_id;
    VerifyOutcome outcome = VERIFY_LEFT;
    bool moved = false, pending = json_object_get(check->record->extra, PENDING_EDIT) != NULL;
    if (check->record->state == MEETING_DELETING)
        return judge_begun(check, DELETE_UNFINISHED, "a delete was begun and not finished", finish_delete, NULL, error);
    if (!again && pending) { /* finished before anything else is looked at */
        if (!judge_begun(check, EDIT_UNFINISHED, "an edit was begun and not finished", finish_edit, &outcome, error)) return false;
        if (outcome == VERIFY_MENDED) return examine_again(verify, meeting_id, error);
    }
    if (!check_documents(check, &moved, error)) return false;
    if (moved) {
        verify->summary.busy++;
        mark_used(check);
        return true;
    }
    /* An edit that is not finished has not listed the meeting anew either. */
    return check_recording(check, error) && (pending || verify_listed(verify, check->record, error)) && tell_all(check, error) &&
           put_extra_aside(check, error);
}

/* A summary names the recording, too. */
static void mark_named(const Check *check) {
    const char *key = json_get_string(check->json[DOCUMENT_SUMMARY], "audio_s3_key", NULL);
    KeyEntry *entry = key ? key_table_find(check->verify->recordings, key) : NULL;
    if (entry) entry->marks++;
}

static bool examine_unsound(Check *check, GError **error) {
    bool moved = false;
    if (check->state[DOCUMENT_RECORD] != STATE_FOREIGN && !check_documents(check, &moved, error)) return false;
    if (moved) return true;
    if (check->state[DOCUMENT_RECORD] == STATE_ALTERED) mark_used(check);
    if (check->state[DOCUMENT_RECORD] != STATE_FOREIGN) mark_named(check);
    return tell_all(check, error) && put_extra_aside(check, error);
}

static bool is_busy(const Verify *verify, const Folder *folder, const KeyEntry *job, bool again) {
    return (job && job->value != VERIFY_JOB_FAILED) || (!again && !verify_settled(verify, folder->newest_ms));
}

static bool examine(Verify *verify, const Folder *folder, bool again, GError **error) {
    g_auto(Check) check = {.verify = verify, .folder = folder, .findings = g_ptr_array_new_with_free_func(pending_free)};
    const StoreEntry *listed = folder->documents[DOCUMENT_RECORD];
    const KeyEntry *job = key_table_find(verify->jobs, folder->meeting_id);
    g_autofree char *etag = NULL;
    check.state[DOCUMENT_RECORD] = STATE_ABSENT;
    if (listed && !check_read_record(&check, &etag, error)) return false;
    if (is_busy(verify, folder, job, again) || (listed && !etag && check.state[DOCUMENT_RECORD] == STATE_ABSENT) ||
        (etag && strcmp(etag, listed->etag) != 0)) {
        verify->summary.busy++;
        mark_used(&check);
        return true;
    }
    if (!listed && job) return true; /* it has failed, and waits for a person */
    tell_record(&check);
    if (check.state[DOCUMENT_RECORD] == STATE_UNREADABLE) return tell_all(&check, error);
    return check.state[DOCUMENT_RECORD] == STATE_GOOD ? examine_ready(&check, again, error) : examine_unsound(&check, error);
}

/* -- the walk ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Verify *verify;
    Folder folder; /* that is being listed; meeting_id NULL: none */
} Walk;

static bool end_folder(Walk *walk, GError **error) {
    Verify *verify = walk->verify;
    if (!walk->folder.meeting_id) return true;
    verify->summary.meetings++;
    bool done = verify_progress(verify, "meetings", verify->summary.meetings, error) && examine(verify, &walk->folder, false, error);
    folder_clear(&walk->folder);
    return done;
}

static bool walk_key(const StoreEntry *entry, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    g_autofree char *meeting_id = meeting_id_of_key(entry->key);
    if (!meeting_id)
        return !verify_settled(walk->verify, entry->modified_ms) ||
               verify_put_aside(walk->verify, KEY_UNKNOWN, entry->key, NULL, "this is the key of no meeting", error);
    if (g_strcmp0(meeting_id, walk->folder.meeting_id) != 0) {
        if (!end_folder(walk, error)) return false;
        walk->folder.meeting_id = g_steal_pointer(&meeting_id);
    }
    folder_take(&walk->folder, entry);
    return true;
}

bool verify_meetings(Verify *verify, GError **error) {
    Walk walk = {.verify = verify};
    bool done = store_each(verify->store, PREFIX_MEETINGS, walk_key, &walk, error) && end_folder(&walk, error);
    folder_clear(&walk.folder);
    return done;
}
