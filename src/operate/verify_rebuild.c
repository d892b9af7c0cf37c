/* Making metadata.json anew, where there is none that can be trusted: from the documents, the recording and the meeting's index key. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/ingest.h"
#include "operate/verify_meeting.h"

/* -- no sound record ----------------------------------------------------------------------------------------------------- */

/* What else tells of the meeting. */
typedef struct {
    Row *row;        /* of the list; NULL: none */
    char *audio_key; /* that stands; NULL: none */
    guint64 audio_bytes;
    gint64 timestamp_ms;
} Traces;

static void traces_clear(Traces *traces) {
    g_clear_pointer(&traces->row, row_free);
    g_clear_pointer(&traces->audio_key, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Traces, traces_clear)

static const char *envelope_text(const Check *check, const char *name) {
    const char *text = json_get_string(check->json[DOCUMENT_SUMMARY], name, NULL);
    return text ? text : json_get_string(check->json[DOCUMENT_REQUIREMENTS], name, NULL);
}

typedef struct {
    const char *meeting_id;
    Row *row; /* NULL: none yet */
} Wanted;

static bool take_row(const StoreEntry *entry, gpointer user_data, GError **error) {
    Wanted *wanted = user_data;
    g_autoptr(Row) row = wanted->row ? NULL : row_from_key(entry->key);
    if (row && strcmp(row->meeting_id, wanted->meeting_id) == 0 && row->state == MEETING_READY) wanted->row = g_steal_pointer(&row);
    return true;
}

/* By its time or, where what was said of that does not lead to it (0), among all. */
static bool find_row(const Check *check, gint64 timestamp_ms, Row **row, GError **error) {
    Wanted wanted = {.meeting_id = check->folder->meeting_id};
    g_autofree char *sort_key = row_sort_key(timestamp_ms, wanted.meeting_id), *prefix = g_strconcat(PREFIX_INDEX, sort_key, NULL);
    bool listed = *row || store_each(check->verify->store, timestamp_ms > 0 ? prefix : PREFIX_INDEX, take_row, &wanted, error);
    if (!*row) *row = wanted.row;
    return listed;
}

static bool try_recording(const Check *check, const char *key, Traces *traces, GError **error) {
    g_auto(StoreInfo) info = {0};
    bool there = false;
    if (traces->audio_key || !key || !g_str_has_prefix(key, PREFIX_RECORDINGS) || !store_key_check(key, NULL)) return true;
    if (!verify_stands(check->verify, key, &there, &info, error)) return false;
    if (there) traces->audio_key = g_strdup(key);
    if (there) traces->audio_bytes = info.size;
    return true;
}

/* The recording that has the meeting's id in its key. */
static bool find_own_recording(const Check *check, Traces *traces, GError **error) {
    const char *meeting_id = check->folder->meeting_id, *uuid = g_str_has_prefix(meeting_id, "meeting-") ? meeting_id + strlen("meeting-") : "-";
    g_autofree char *prefix = key_recording(uuid, ""), *owner = meeting_id_of_recording(prefix);
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    if (traces->audio_key || g_strcmp0(owner, meeting_id) != 0) return true;
    if (!store_list(check->verify->store, prefix, NULL, 1, &entries, &more, error)) return false;
    return entries->len == 0 || try_recording(check, ((const StoreEntry *)entries->pdata[0])->key, traces, error);
}

static bool find_traces(const Check *check, Traces *traces, GError **error) {
    gint64 said_ms = 0, noted_ms = check->record ? check->record->timestamp_ms : 0;
    const char *said = envelope_text(check, "timestamp");
    if (said) time_parse(said, &said_ms);
    if ((said_ms > 0 && !find_row(check, said_ms, &traces->row, error)) || (noted_ms > 0 && !find_row(check, noted_ms, &traces->row, error)) ||
        !find_row(check, 0, &traces->row, error))
        return false;
    traces->timestamp_ms = traces->row ? traces->row->timestamp_ms : said_ms > 0 ? said_ms : noted_ms;
    return try_recording(check, envelope_text(check, "audio_s3_key"), traces, error) &&
           try_recording(check, check->record ? check->record->audio_key : NULL, traces, error) &&
           try_recording(check, traces->row ? traces->row->audio_key : NULL, traces, error) && find_own_recording(check, traces, error);
}

/* The row is not damaged with the record; only where it is cut is the record asked. */
static Job *job_of_traces(const Check *check, const Traces *traces) {
    const Record *record = check->record;
    const Row *row = traces->row && !(traces->row->cut && record) ? traces->row : NULL;
    const char *separator = traces->audio_key ? strchr(traces->audio_key, '_') : NULL;
    Job *job = job_new(check->folder->meeting_id);
    job->audio_key = g_strdup(traces->audio_key);
    job->audio_bytes = traces->audio_bytes;
    check_set_text(&job->filename, row ? row->filename : separator ? separator + 1 : record ? record->filename : "", FILENAME_BYTES_MAX);
    check_set_text(&job->title, row ? row->title : record ? record->title : NULL, TITLE_BYTES_MAX);
    if (!job->title) job->title = ingest_title_of(job->filename);
    if (row || record) check_set_tags(job, row ? row->tags : record->tags);
    job->timestamp_ms = traces->timestamp_ms > 0 ? traces->timestamp_ms : clock_now_ms(check->verify->meetings->clock);
    return job;
}

/* The first version kept no transcript.json: its meeting is whole without. */
static bool is_first_version(const Check *check) {
    const json_t *summary = json_object_get(check->json[DOCUMENT_SUMMARY], "summary");
    bool words = check->folder->documents[DOCUMENT_TEXT] && check->state[DOCUMENT_TEXT] == STATE_GOOD;
    return !check->folder->documents[DOCUMENT_TRANSCRIPT] && words && json_get_int(summary, "schema", 1) < 2;
}

static bool commit_first_version(const Check *check, Job *job, GError **error) {
    g_autoptr(Job) owned = job;
    g_autoptr(Record) record = record_new();
    record->meeting_id = g_strdup(owned->meeting_id);
    record->audio_key = g_strdup(owned->audio_key);
    record->filename = g_strdup(owned->filename);
    record->title = g_strdup(owned->title);
    record->timestamp_ms = owned->timestamp_ms;
    for (guint i = 0; i < owned->tags->len; i++) g_ptr_array_add(record->tags, g_strdup(owned->tags->pdata[i]));
    return check_put_aside(check, check_bad_documents(check), error) && meeting_commit(check->verify->meetings, record, NULL, error);
}

bool check_quarantine_folder(const Check *check, GError **error) {
    for (guint i = 0; check->folder->extra && i < check->folder->extra->len; i++)
        if (!verify_quarantine(check->verify, ((const StoreEntry *)check->folder->extra->pdata[i])->key, error)) return false;
    return check_put_aside(check, ALL_DOCUMENTS, error); /* metadata.json is the last document */
}

/* metadata.json goes at the last moment: until then the next run finds it as this one did. */
static bool rebuild_from(Check *check, const Traces *traces, VerifyOutcome *outcome, GError **error) {
    g_autoptr(Job) job = job_of_traces(check, traces);
    JobStage stage = !check_has_transcript(check) ? STAGE_TRANSCRIBE : check_bad_documents(check) & MINUTES ? STAGE_EXTRACT : STAGE_COMMIT;
    if (stage != STAGE_TRANSCRIBE && !check_restore_text(check, error)) return false;
    if (!check_put_aside(check, BIT(DOCUMENT_RECORD), error)) return false;
    if (stage == STAGE_TRANSCRIBE && is_first_version(check)) return commit_first_version(check, g_steal_pointer(&job), error);
    return check_make_anew(check, g_steal_pointer(&job), stage, outcome, error);
}

/* The meeting is made anew without it, so that this is the last time that it is told. */
static void tell_lost_recording(Check *check, const Traces *traces) {
    const char *key = envelope_text(check, "audio_s3_key");
    if (!key && traces->row) key = traces->row->audio_key;
    if (!key || traces->audio_key) return;
    check_add(check, RECORDING_MISSING, key, "the recording of the meeting is gone; its documents stand without it now");
}

bool check_rebuild(Check *check, GError **error) {
    g_auto(Traces) traces = {0};
    g_autoptr(GError) problem = NULL;
    VerifyOutcome outcome = VERIFY_LEFT;
    if (!find_traces(check, &traces, error)) return false;
    KeyEntry *used = traces.audio_key ? key_table_find(check->verify->recordings, traces.audio_key) : NULL;
    if (used) used->marks++;
    bool known = traces.row || traces.audio_key || check->record;
    if (known && !check_has_transcript(check) && !is_first_version(check) && !traces.audio_key) {
        check_set_outcome(check, ALL_DOCUMENTS, VERIFY_LEFT, "; neither transcript nor recording is there to make it from: restore it from a backup");
        return true;
    }
    tell_lost_recording(check, &traces);
    bool done = known ? rebuild_from(check, &traces, &outcome, &problem) : check_quarantine_folder(check, &problem);
    return check_settle(check, ALL_DOCUMENTS, done, outcome, &problem, error);
}

