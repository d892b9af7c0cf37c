/* Shared by the files of verify. The order of the groups is verify.c's. */
#pragma once

#include "operate/key_table.h"
#include "operate/verify.h"

enum {
    METADATA_DAMAGED, METADATA_ALTERED, METADATA_FOREIGN, METADATA_MISSING, METADATA_UNPROVEN,
    DOCUMENT_MISSING, DOCUMENT_DAMAGED, DOCUMENT_ALTERED, DOCUMENT_FOREIGN, WAVEFORM_DAMAGED,
    ETAG_STALE, EVIDENCE_UNFOUNDED, OBJECT_UNREADABLE, DOCUMENT_EXTRA,
    RECORDING_MISSING, RECORDING_ALTERED, RECORDING_UNPROVEN, RECORDING_SHARED, RECORDING_ORPHAN, RECORDING_EXTRA,
    KEY_UNKNOWN, EDIT_UNFINISHED, DELETE_UNFINISHED, JOB_DAMAGED, JOB_LEFT, JOB_ABANDONED, UPLOAD_LEFT, UPLOAD_DAMAGED, DOCTOR_LEFT,
    INDEX_MISSING, INDEX_STALE, INDEX_ORPHAN, INDEX_MALFORMED, INDEX_FILLED, ROW_MISSING, ROW_DIFFERS, ROW_ORPHAN, ROWS_UNMARKED
};

typedef struct {
    const VerifyOptions *options;
    const Meetings *meetings; /* of the options' pipeline */
    Store *store;
    Catalog *table;           /* NULL: no rows apart from the store */
    gint64 settled_before_ms;
    KeyTable *recordings;     /* key → size, ETag; marked by each meeting, job and upload that uses it */
    KeyTable *index, *rows;   /* index key → size; meeting's id → digest of its row; marked where they are as they should be */
    KeyTable *jobs;           /* meeting's id → VerifyJob */
    VerifySummary summary;
} Verify;

/* The mark of a recording that work has a use for: which may be the meeting's own, so that it is not counted as another's. */
#define MARK_OF_WORK (1u << 31)

typedef enum { VERIFY_JOB_BUSY = 1, VERIFY_JOB_FAILED, VERIFY_JOB_DELETING } VerifyJob;

/* The lists come from the table alone: no index keys are kept, and what stands of them is not looked at. */
static inline bool verify_table_alone(const Verify *verify) { return verify->table && verify->table == verify->meetings->catalog; }

/* -- verify.c -- */
/* Tells of it and counts. */
void verify_report(Verify *verify, guint code, const char *key, const char *meeting_id, VerifyOutcome outcome, const char *format, ...)
    G_GNUC_PRINTF(6, 7);
/* Whether it is to be mended: that was asked for, and whoever must be asked says yes. */
bool verify_may(const Verify *verify, guint code, const char *key);
/* What came of mending: `outcome` stays VERIFY_LEFT, and `found` tells why, where it can't be done or another was faster. False where the store has
 * failed: the run ends. Takes the problem. */
bool verify_settle(bool done, GError **problem, VerifyOutcome *outcome, GString *found, GError **error);
typedef struct {
    guint code;
    const char *key, *meeting_id; /* meeting_id NULL: of none */
    const char *sentence;
} VerifyFound;
/* Mends it: `*outcome` VERIFY_QUEUED where that was left to a worker. */
typedef bool (*VerifyMend)(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error);
/* A finding from beginning to end: mended where it may be, and told. `mend` NULL: nothing can be done here. `outcome` may be NULL. */
bool verify_find(Verify *verify, const VerifyFound *found, VerifyMend mend, gconstpointer what, VerifyOutcome *outcome, GError **error);
bool verify_settled(const Verify *verify, gint64 modified_ms);
bool verify_progress(const Verify *verify, const char *what, guint64 done, GError **error);
/* A NOT_FOUND is no error: `*there` false. `info` may be NULL. */
bool verify_stands(const Verify *verify, const char *key, bool *there, StoreInfo *info, GError **error);

/* -- verify_repair.c -- */
/* Copies the object to the quarantine; nothing where it is gone. */
bool verify_keep(const Verify *verify, const char *key, GError **error);
/* The same, then removes it; ERROR_PRECONDITION where it was changed meanwhile. */
bool verify_quarantine(const Verify *verify, const char *key, GError **error);
/* A job for the meeting from `stage` on. Done here and now (VERIFY_MENDED), but for speech to be recognised, which is left to workers. Takes the
 * job. */
bool verify_requeue(const Verify *verify, Job *job, JobStage stage, VerifyOutcome *outcome, GError **error);
/* Reports the object under this code and, where allowed, moves it to the quarantine. */
bool verify_put_aside(Verify *verify, guint code, const char *key, const char *meeting_id, const char *sentence, GError **error);

/* -- the groups -- */
bool verify_note_jobs(Verify *verify, GError **error);          /* verify_jobs.c: judges them, too */
bool verify_uploads(Verify *verify, GError **error);            /* verify_uploads.c */
bool verify_note_recordings(Verify *verify, GError **error);    /* verify_recordings.c */
bool verify_recordings(Verify *verify, GError **error);
bool verify_note_index(Verify *verify, GError **error);         /* verify_index.c */
bool verify_index(Verify *verify, GError **error);
bool verify_listed(Verify *verify, const Record *record, GError **error); /* the meeting's key and row are there */
bool verify_note_rows(Verify *verify, GError **error);          /* verify_rows.c */
bool verify_rows(Verify *verify, GError **error);
bool verify_row(Verify *verify, const Record *record, GError **error);
bool verify_meetings(Verify *verify, GError **error);           /* verify_meetings.c */
bool verify_other_keys(Verify *verify, GError **error);         /* verify_uploads.c */

/* Reads all of the object and sums it. `*sha256` is the caller's. ERROR_PRECONDITION: it was replaced meanwhile. */
bool verify_sum(Verify *verify, const char *key, char **sha256, char **etag, GError **error);
