/* Mending one meeting. Whatever is made anew was copied to the quarantine first, with all that its making goes over, so that nothing that a person
 * wrote is lost. What takes no model is done here and now, recognition of speech is left to the workers. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "operate/verify_meeting.h"

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
void check_set_outcome(Check *check, guint documents, VerifyOutcome outcome, const char *note) {
    for (guint i = 0; i < check->findings->len; i++) {
        Pending *pending = g_ptr_array_index(check->findings, i);
        if (is_for_people(pending) || !(documents & BIT(document_of(pending)))) continue;
        pending->outcome = outcome;
        g_string_append(pending->found, note);
    }
}

bool check_settle(Check *check, guint documents, bool done, VerifyOutcome outcome, GError **problem, GError **error) {
    g_autoptr(GString) note = g_string_new(NULL);
    if (!verify_settle(done, problem, &outcome, note, error)) return false;
    check_set_outcome(check, documents, outcome, note->str);
    return true;
}

guint check_bad_documents(const Check *check) {
    guint bad = 0;
    for (Document document = 0; document < DOCUMENT_RECORD; document++) bad |= state_is_bad(check->state[document]) ? BIT(document) : 0;
    return bad;
}

/* -- what every mending does --------------------------------------------------------------------------------------------- */

/* Takes these documents from their place, where they stand. */
bool check_put_aside(const Check *check, guint documents, GError **error) {
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

bool check_restore_text(const Check *check, GError **error) {
    bool changed;
    return keep(check, BIT(DOCUMENT_TEXT), error) && meeting_restore_text(check->verify->meetings, check->folder->meeting_id, &changed, error);
}

bool check_has_transcript(const Check *check) {
    return check->folder->documents[DOCUMENT_TRANSCRIPT] && !state_is_bad(check->state[DOCUMENT_TRANSCRIPT]) &&
           check->state[DOCUMENT_TRANSCRIPT] != STATE_UNREADABLE;
}

/* The meeting is made anew from `stage` on: what is bad goes, what the stages write over is kept as a copy. Takes the job. */
bool check_make_anew(const Check *check, Job *job, JobStage stage, VerifyOutcome *outcome, GError **error) {
    g_autoptr(Job) owned = job;
    static const guint writes[STAGE_COUNT] = {[STAGE_TRANSCRIBE] = WORDS | MINUTES | BIT(DOCUMENT_WAVEFORM), [STAGE_EXTRACT] = MINUTES};
    guint bad = check_bad_documents(check), written = writes[stage];
    return keep(check, written & ~bad, error) && check_put_aside(check, bad & (written | BIT(DOCUMENT_WAVEFORM)), error) &&
           verify_requeue(check->verify, g_steal_pointer(&owned), stage, outcome, error);
}

void check_set_text(char **field, const char *text, gsize bytes_max) {
    g_free(*field);
    *field = text ? text_cut(text, bytes_max) : NULL;
}

void check_set_tags(Job *job, const GPtrArray *tags) {
    for (guint i = 0; i < tags->len && i < TAGS_MAX; i++) g_ptr_array_add(job->tags, text_cut(tags->pdata[i], TAG_BYTES_MAX));
}

/* -- a sound record ------------------------------------------------------------------------------------------------------ */

static Job *job_of_record(const Record *record) {
    Job *job = job_new(record->meeting_id);
    const RecordObject *recording = record->audio_key ? record_object(record, record->audio_key) : NULL;
    job->audio_key = g_strdup(record->audio_key);
    check_set_text(&job->filename, record->filename, FILENAME_BYTES_MAX);
    check_set_text(&job->title, record->title, TITLE_BYTES_MAX);
    check_set_tags(job, record->tags);
    job->timestamp_ms = record->timestamp_ms;
    job->language = g_strdup(record->language);
    if (recording) job->audio_bytes = recording->bytes;
    if (recording) job->audio_sha256 = g_strdup(recording->sha256);
    return job;
}

static bool remake(Check *check, GError **error) {
    const char *meeting_id = check->folder->meeting_id;
    guint bad = check_bad_documents(check) & (BIT(DOCUMENT_TRANSCRIPT) | MINUTES);
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_autoptr(GError) problem = NULL;
    VerifyOutcome outcome = VERIFY_LEFT;
    JobStage stage = check_has_transcript(check) ? STAGE_EXTRACT : STAGE_TRANSCRIBE;
    if (stage == STAGE_TRANSCRIBE && (!check->record->audio_key || state_is_bad(check->recording))) {
        check_set_outcome(check, bad, VERIFY_LEFT, "; there is no sound recording to make it from: restore it from a backup");
        return true;
    }
    if (!verify_may(check->verify, DOCUMENT_DAMAGED, key)) return true;
    bool done = check_make_anew(check, job_of_record(check->record), stage, &outcome, &problem);
    guint settled = stage == STAGE_TRANSCRIBE ? ALL_DOCUMENTS : bad | BIT(DOCUMENT_RECORD);
    return check_settle(check, settled, done, outcome, &problem, error);
}

static guint restamped(const Check *check) {
    guint documents = 0;
    for (Document document = 0; document < DOCUMENT_RECORD; document++) documents |= check->state[document] == STATE_RESTAMPED ? BIT(document) : 0;
    return documents;
}

/* The text and the waveform, which need no more than the rest of the meeting. `*mended`: the bits of those that metadata.json is to describe. */
static bool mend_small(Check *check, guint *mended, GError **error) {
    guint bad = check_bad_documents(check);
    g_autofree char *text_key = key_document(check->folder->meeting_id, DOCUMENT_TEXT);
    if ((bad & BIT(DOCUMENT_TEXT)) && check_has_transcript(check) && verify_may(check->verify, DOCUMENT_DAMAGED, text_key)) {
        if (!check_restore_text(check, error)) return false;
        *mended |= BIT(DOCUMENT_TEXT);
    }
    if (bad & BIT(DOCUMENT_WAVEFORM)) {
        if (!check_put_aside(check, BIT(DOCUMENT_WAVEFORM), error)) return false;
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
    guint remakes = check_bad_documents(check) & (BIT(DOCUMENT_TRANSCRIPT) | MINUTES);
    g_autoptr(GError) problem = NULL;
    bool done = mend_small(check, &mended, &problem);
    if (done && (mended || unproven || check->recording_etag)) {
        done = meeting_describe_anew(check->verify->meetings, check->folder->meeting_id, mended, check->recording_etag, &problem);
        if (done) set_recording_noted(check);
    }
    if ((mended || unproven || !done) && !check_settle(check, mended | BIT(DOCUMENT_RECORD), done, VERIFY_LEFT, &problem, error)) return false;
    return !done || !remakes || remake(check, error);
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
    if (state != STATE_FOREIGN) return check_rebuild(check, error);
    bool done = check_quarantine_folder(check, &problem);
    return check_settle(check, ALL_DOCUMENTS, done, VERIFY_LEFT, &problem, error);
}
