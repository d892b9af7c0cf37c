/* One meeting under examination: shared by the files that judge it (verify_meetings.c, verify_documents.c) and mend it (verify_rebuild.c). */
#pragma once

#include "operate/verify_internal.h"

/* Of an object: as described; gone; the same bytes under another ETag, or not described; other bytes that can be read; bytes that can't; another
 * meeting's; not given by the store. */
typedef enum { STATE_GOOD, STATE_ABSENT, STATE_RESTAMPED, STATE_ALTERED, STATE_DAMAGED, STATE_FOREIGN, STATE_UNREADABLE } ObjectState;

/* What a listing shows of a meeting. */
typedef struct {
    char *meeting_id;
    StoreEntry *documents[DOCUMENT_COUNT]; /* NULL: not there */
    GPtrArray *extra;                      /* of StoreEntry: other objects */
    gint64 newest_ms;
} Folder;

typedef struct {
    guint code;
    char *key;
    GString *found;
    VerifyOutcome outcome;
} Pending; /* a finding that is told when it is known what came of it */

typedef struct {
    Verify *verify;
    const Folder *folder;
    ObjectState state[DOCUMENT_COUNT]; /* of the record, too: ALTERED where its sum is another */
    ObjectState recording;
    char *recording_etag;              /* its present one, where its bytes were proved */
    Record *record;                    /* NULL: none that can be read */
    RecordProof proof;
    json_t *json[DOCUMENT_COUNT];      /* of those that were read */
    Transcript *transcript;
    GPtrArray *findings;               /* of Pending */
} Check;

/* Appends a finding. */
void check_add(Check *check, guint code, const char *key, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The record as it stands: its state, and what could be read of it. `*etag` NULL: it is gone. */
bool check_read_record(Check *check, char **etag, GError **error);

/* Judges the documents against the record, or, where that is not to be trusted, by themselves; adds the findings. `*moved`: one was changed
 * meanwhile. */
bool check_documents(Check *check, bool *moved, GError **error);
bool check_recording(Check *check, GError **error);

/* Mends what `findings` tell of, and gives them their outcomes. */
bool check_mend(Check *check, GError **error);

/* -- verify_mend.c, for verify_rebuild.c as well -- */

#define BIT(document) (1u << (document)) /* sets of documents */
#define ALL_DOCUMENTS (BIT(DOCUMENT_COUNT) - 1)
#define MINUTES (BIT(DOCUMENT_SUMMARY) | BIT(DOCUMENT_REQUIREMENTS))
#define WORDS (BIT(DOCUMENT_TRANSCRIPT) | BIT(DOCUMENT_TEXT))

/* The findings about these documents come to this; `note` is added to what was found. */
void check_set_outcome(Check *check, guint documents, VerifyOutcome outcome, const char *note);
/* The same by what came of mending them: verify_settle(). */
bool check_settle(Check *check, guint documents, bool done, VerifyOutcome outcome, GError **problem, GError **error);
guint check_bad_documents(const Check *check);
/* Takes these from their place, where they stand. */
bool check_put_aside(const Check *check, guint documents, GError **error);
bool check_restore_text(const Check *check, GError **error);
bool check_has_transcript(const Check *check); /* one that is sound */
/* The meeting is made anew from `stage` on: what is bad goes, what the stages write over is kept as a copy. Takes the job. */
bool check_make_anew(const Check *check, Job *job, JobStage stage, VerifyOutcome *outcome, GError **error);
/* A job's parameters, within its limits. */
void check_set_text(char **field, const char *text, gsize bytes_max);
void check_set_tags(Job *job, const GPtrArray *tags);

/* -- verify_rebuild.c -- */
bool check_rebuild(Check *check, GError **error);
bool check_quarantine_folder(const Check *check, GError **error); /* all that is in it */

static inline bool state_is_bad(ObjectState state) { return state != STATE_GOOD && state != STATE_RESTAMPED && state != STATE_UNREADABLE; }
