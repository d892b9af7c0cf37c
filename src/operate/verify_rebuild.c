/* Mending one meeting. Whatever is made anew was copied to the quarantine first, with all that its making goes over; so that nothing that a person wrote
 * is lost. What takes no model is done here and now, recognition of speech is left to the workers. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/ingest.h"
#include "operate/verify_meeting.h"

#define BIT(document) (1u << (document))
#define MINUTES (BIT(DOCUMENT_SUMMARY) | BIT(DOCUMENT_REQUIREMENTS))
#define WORDS (BIT(DOCUMENT_TRANSCRIPT) | BIT(DOCUMENT_TEXT))

/* -- outcomes ------------------------------------------------------------------------------------------------------------ */

static Document document_of(const Pending *pending) {
    const char *name = strrchr(pending->key, '/');
    Document document = 0;
    while (name && document < DOCUMENT_COUNT && strcmp(name + 1, document_name(document)) != 0) document++;
    return g_str_has_prefix(pending->key, PREFIX_MEETINGS) ? document : DOCUMENT_COUNT;
}

/* Can't be mended by making the object anew. */
static bool is_for_people(const Pending *pending) { return pending->code == EVIDENCE_UNFOUNDED || pending->code == OBJECT_UNREADABLE; }

/* The findings about these documents come to this; `note` is added to what was found. */
static void set_outcome(Check *check, guint documents, VerifyOutcome outcome, const char *note) {
    for (guint i = 0; i < check->findings->len; i++) {
        Pending *pending = g_ptr_array_index(check->findings, i);
        if (is_for_people(pending) || !(documents & BIT(document_of(pending)))) continue;
        pending->outcome = outcome;
        g_string_append(pending->found, note);
    }
}

static bool settle(Check *check, guint documents, bool done, VerifyOutcome outcome, GError **problem, GError **error) {
    g_autoptr(GString) note = g_string_new(NULL);
    if (!verify_settle(done, problem, &outcome, note, error)) return false;
    set_outcome(check, documents, outcome, note->str);
    return true;
}

static guint bad_documents(const Check *check) {
    guint bad = 0;
    for (Document document = 0; document < DOCUMENT_RECORD; document++) bad |= state_is_bad(check->state[document]) ? BIT(document) : 0;
    return bad;
}

/* -- what every mending does --------------------------------------------------------------------------------------------- */

/* Takes these documents from their place, where they stand. */
static bool put_aside(const Check *check, guint documents, GError **error) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++) {
        g_autofree char *key = key_document(check->folder->meeting_id, document);
        if ((documents & BIT(document)) && check->folder->documents[document] && !verify_quarantine(check->verify, key, error)) return false;
    }
    return true;
}

/* Copies them, as what follows writes over them. */
static bool keep(const Check *check, guint documents, GError **error) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++) {
        g_autofree char *key = key_document(check->folder->meeting_id, document);
        if ((documents & BIT(document)) && check->folder->documents[document] && !verify_keep(check->verify, key, error)) return false;
    }
    return true;
}

static bool restore_text(const Check *check, GError **error) {
    bool changed;
    return keep(check, BIT(DOCUMENT_TEXT), error) && meeting_restore_text(check->verify->meetings, check->folder->meeting_id, &changed, error);
}

static bool has_transcript(const Check *check) {
    return check->folder->documents[DOCUMENT_TRANSCRIPT] && !state_is_bad(check->state[DOCUMENT_TRANSCRIPT]) &&
           check->state[DOCUMENT_TRANSCRIPT] != STATE_UNREADABLE;
}

/* The meeting is made anew from `stage` on: what is bad goes, what the stages write over is kept as a copy. Takes the job. */
static bool make_anew(const Check *check, Job *job, JobStage stage, VerifyOutcome *outcome, GError **error) {
    g_autoptr(Job) owned = job;
    guint bad = bad_documents(check), written = stage == STAGE_TRANSCRIBE ? WORDS | MINUTES | BIT(DOCUMENT_WAVEFORM) : stage == STAGE_EXTRACT ? MINUTES : 0;
    return keep(check, written & ~bad, error) && put_aside(check, bad & (written | BIT(DOCUMENT_WAVEFORM)), error) &&
           verify_requeue(check->verify, g_steal_pointer(&owned), stage, outcome, error);
}

static void set_text(char **field, const char *text, gsize bytes_max) {
    g_free(*field);
    *field = text ? text_cut(text, bytes_max) : NULL;
}

static void set_tags(Job *job, const GPtrArray *tags) {
    for (guint i = 0; i < tags->len && i < TAGS_MAX; i++) g_ptr_array_add(job->tags, text_cut(tags->pdata[i], TAG_BYTES_MAX));
}

/* -- a sound record ------------------------------------------------------------------------------------------------------ */

static Job *job_of_record(const Record *record) {
    Job *job = job_new(record->meeting_id);
    const RecordObject *recording = record->audio_key ? record_object(record, record->audio_key) : NULL;
    job->audio_key = g_strdup(record->audio_key);
    set_text(&job->filename, record->filename, FILENAME_BYTES_MAX);
    set_text(&job->title, record->title, TITLE_BYTES_MAX);
    set_tags(job, record->tags);
    job->timestamp_ms = record->timestamp_ms;
    job->language = g_strdup(record->language);
    if (recording) job->audio_bytes = recording->bytes;
    if (recording) job->audio_sha256 = g_strdup(recording->sha256);
    return job;
}

static bool remake(Check *check, GError **error) {
    const char *meeting_id = check->folder->meeting_id;
    guint bad = bad_documents(check) & (BIT(DOCUMENT_TRANSCRIPT) | MINUTES);
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_autoptr(GError) problem = NULL;
    VerifyOutcome outcome = VERIFY_LEFT;
    JobStage stage = has_transcript(check) ? STAGE_EXTRACT : STAGE_TRANSCRIBE;
    if (stage == STAGE_TRANSCRIBE && (!check->record->audio_key || state_is_bad(check->recording))) {
        set_outcome(check, bad, VERIFY_LEFT, "; there is no sound recording to make it from: restore it from a backup");
        return true;
    }
    if (!verify_may(check->verify, DOCUMENT_DAMAGED, key)) return true;
    bool done = make_anew(check, job_of_record(check->record), stage, &outcome, &problem);
    guint settled = stage == STAGE_TRANSCRIBE ? BIT(DOCUMENT_COUNT) - 1 : bad | BIT(DOCUMENT_RECORD);
    return settle(check, settled, done, outcome, &problem, error);
}

static guint restamped(const Check *check) {
    guint documents = 0;
    for (Document document = 0; document < DOCUMENT_RECORD; document++) documents |= check->state[document] == STATE_RESTAMPED ? BIT(document) : 0;
    return documents;
}

/* The text and the waveform, which need no more than the rest of the meeting. `*mended`: the bits of those that metadata.json is to describe. */
static bool mend_small(Check *check, guint *mended, GError **error) {
    guint bad = bad_documents(check);
    g_autofree char *text_key = key_document(check->folder->meeting_id, DOCUMENT_TEXT);
    if ((bad & BIT(DOCUMENT_TEXT)) && has_transcript(check) && verify_may(check->verify, DOCUMENT_DAMAGED, text_key)) {
        if (!restore_text(check, error)) return false;
        *mended |= BIT(DOCUMENT_TEXT);
    }
    if (bad & BIT(DOCUMENT_WAVEFORM)) {
        if (!put_aside(check, BIT(DOCUMENT_WAVEFORM), error)) return false;
        *mended |= BIT(DOCUMENT_WAVEFORM);
    }
    return true;
}

static void set_recording_noted(Check *check) {
    for (guint i = 0; check->recording_etag && i < check->findings->len; i++) {
        Pending *pending = g_ptr_array_index(check->findings, i);
        if (pending->code == ETAG_STALE && g_strcmp0(pending->key, check->record->audio_key) == 0) pending->outcome = VERIFY_MENDED;
    }
}

static bool mend_documents(Check *check, GError **error) {
    guint mended = restamped(check);
    bool unproven = check->proof == RECORD_UNPROVEN && check->record->schema >= 2;
    guint remakes = bad_documents(check) & (BIT(DOCUMENT_TRANSCRIPT) | MINUTES);
    g_autoptr(GError) problem = NULL;
    bool done = mend_small(check, &mended, &problem);
    if (done && (mended || unproven || check->recording_etag)) {
        done = meeting_describe_anew(check->verify->meetings, check->folder->meeting_id, mended, check->recording_etag, &problem);
        if (done) set_recording_noted(check);
    }
    if ((mended || unproven || !done) && !settle(check, mended | BIT(DOCUMENT_RECORD), done, VERIFY_LEFT, &problem, error)) return false;
    return !done || !remakes || remake(check, error);
}

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

static bool find_row(const Check *check, gint64 timestamp_ms, Row **row, GError **error) {
    const char *meeting_id = check->folder->meeting_id;
    g_autofree char *sort_key = row_sort_key(timestamp_ms, meeting_id), *prefix = g_strconcat(PREFIX_INDEX, sort_key, NULL);
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    if (*row || timestamp_ms <= 0) return true;
    if (!store_list(check->verify->store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, error)) return false;
    for (guint i = 0; i < entries->len && !*row; i++) {
        g_autoptr(Row) found = row_from_key(((const StoreEntry *)entries->pdata[i])->key);
        if (found && strcmp(found->meeting_id, meeting_id) == 0 && found->state == MEETING_READY) *row = g_steal_pointer(&found);
    }
    return true;
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
    gint64 said_ms = 0;
    const char *said = envelope_text(check, "timestamp");
    if (said) time_parse(said, &said_ms);
    if (!find_row(check, said_ms, &traces->row, error) || (check->record && !find_row(check, check->record->timestamp_ms, &traces->row, error)))
        return false;
    traces->timestamp_ms = traces->row ? traces->row->timestamp_ms : said_ms > 0 ? said_ms : check->record ? check->record->timestamp_ms : 0;
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
    set_text(&job->filename, row ? row->filename : separator ? separator + 1 : record ? record->filename : "", FILENAME_BYTES_MAX);
    set_text(&job->title, row ? row->title : record ? record->title : NULL, TITLE_BYTES_MAX);
    if (!job->title) job->title = ingest_title_of(job->filename);
    if (row || record) set_tags(job, row ? row->tags : record->tags);
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
    record->meeting_id = g_strdup(job->meeting_id);
    record->audio_key = g_strdup(job->audio_key);
    record->filename = g_strdup(job->filename);
    record->title = g_strdup(job->title);
    record->timestamp_ms = job->timestamp_ms;
    for (guint i = 0; i < job->tags->len; i++) g_ptr_array_add(record->tags, g_strdup(job->tags->pdata[i]));
    return put_aside(check, bad_documents(check), error) && meeting_commit(check->verify->meetings, record, NULL, error);
}

static bool quarantine_folder(const Check *check, GError **error) {
    for (guint i = 0; check->folder->extra && i < check->folder->extra->len; i++)
        if (!verify_quarantine(check->verify, ((const StoreEntry *)check->folder->extra->pdata[i])->key, error)) return false;
    return put_aside(check, BIT(DOCUMENT_COUNT) - 1, error); /* metadata.json is the last document */
}

/* metadata.json goes at the last moment: until then the next run finds it as this one did. */
static bool rebuild_from(Check *check, const Traces *traces, VerifyOutcome *outcome, GError **error) {
    g_autoptr(Job) job = job_of_traces(check, traces);
    JobStage stage = !has_transcript(check) ? STAGE_TRANSCRIBE : bad_documents(check) & MINUTES ? STAGE_EXTRACT : STAGE_COMMIT;
    if (stage != STAGE_TRANSCRIBE && !restore_text(check, error)) return false;
    if (!put_aside(check, BIT(DOCUMENT_RECORD), error)) return false;
    if (stage == STAGE_TRANSCRIBE && is_first_version(check)) return commit_first_version(check, g_steal_pointer(&job), error);
    return make_anew(check, g_steal_pointer(&job), stage, outcome, error);
}

/* The meeting is made anew without it, so that this is the last time that it is told. */
static void tell_lost_recording(Check *check, const Traces *traces) {
    const char *key = envelope_text(check, "audio_s3_key");
    if (!key && traces->row) key = traces->row->audio_key;
    if (!key || traces->audio_key) return;
    check_add(check, RECORDING_MISSING, key, "the recording of the meeting is gone; its documents stand without it now");
}

static bool rebuild(Check *check, GError **error) {
    g_auto(Traces) traces = {0};
    g_autoptr(GError) problem = NULL;
    VerifyOutcome outcome = VERIFY_LEFT;
    if (!find_traces(check, &traces, error)) return false;
    KeyEntry *used = traces.audio_key ? key_table_find(check->verify->recordings, traces.audio_key) : NULL;
    if (used) used->marks++;
    bool known = traces.row || traces.audio_key || check->record;
    if (known && !has_transcript(check) && !is_first_version(check) && !traces.audio_key) {
        set_outcome(check, BIT(DOCUMENT_COUNT) - 1, VERIFY_LEFT, "; neither transcript nor recording is there to make it from: restore it from a backup");
        return true;
    }
    tell_lost_recording(check, &traces);
    bool done = known ? rebuild_from(check, &traces, &outcome, &problem) : quarantine_folder(check, &problem);
    return settle(check, BIT(DOCUMENT_COUNT) - 1, done, outcome, &problem, error);
}

bool check_mend(Check *check, GError **error) {
    static const guint codes[] = {[STATE_ABSENT] = METADATA_MISSING, [STATE_DAMAGED] = METADATA_DAMAGED, [STATE_ALTERED] = METADATA_ALTERED,
                                  [STATE_FOREIGN] = METADATA_FOREIGN};
    ObjectState state = check->state[DOCUMENT_RECORD];
    g_autofree char *key = key_document(check->folder->meeting_id, DOCUMENT_RECORD);
    g_autoptr(GError) problem = NULL;
    if (state == STATE_UNREADABLE) return true;
    if (!state_is_bad(state)) return mend_documents(check, error);
    if (!verify_may(check->verify, codes[state], key)) return true;
    if (state != STATE_FOREIGN) return rebuild(check, error);
    bool done = quarantine_folder(check, &problem);
    return settle(check, BIT(DOCUMENT_COUNT) - 1, done, VERIFY_LEFT, &problem, error);
}
