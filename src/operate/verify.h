/* The check of the whole store against the rules of its format, from the store alone; and the mending of what can be mended.
 *
 *  1. Without `repair` nothing is written. With it, nothing is thrown away that can't be made again: what is taken from its place stands in the
 *     quarantine then, but for what someone asked to have deleted.
 *  2. It may run beside servers. What was written less than `settled_ms` ago, and a meeting that a worker holds or a job waits for, is being
 *     worked on and not judged. Writes are conditional where the store can, and what was found is looked at once more before anything is removed.
 *  3. It may be interrupted at any point, and run again: what was begun is finished, and a store without findings is left as it is.
 *  4. Memory: 24 bytes a recording, index key, row and job (VERIFY_KEYS_MAX of each), and the documents of one meeting.
 *
 * Costs a listing of each folder (of the index and the recordings two) and one read a meeting; with `read` all bytes.
 *
 * To add a check: a code in verify_codes.c and docs/verify.md, a function in the file of its group. */
#pragma once

#include "pipeline/pipeline.h"

/* derived: can be made again at any time. warning: something is left over or unproven. fault: something of a meeting is lost or damaged. */
typedef enum { VERIFY_DERIVED, VERIFY_WARNING, VERIFY_FAULT, VERIFY_SEVERITY_COUNT } VerifySeverity;
typedef enum { VERIFY_LEFT, VERIFY_MENDED, VERIFY_QUEUED } VerifyOutcome; /* queued: a job stands, whose worker makes it anew */

typedef struct {
    const char *name; /* "index-missing": stable */
    VerifySeverity severity;
    bool asks;        /* mending it takes something from its place, or costs work: a person is asked */
    const char *advice;
} VerifyCode;
extern const VerifyCode verify_codes[];
extern const gsize verify_codes_count;

const char *verify_severity_name(VerifySeverity severity); /* "derived", "warning", "fault" */
const char *verify_outcome_name(VerifyOutcome outcome);    /* "left", "mended", "queued" */

/* Borrowed for the call. */
typedef struct {
    const VerifyCode *code;
    const char *key;
    const char *meeting_id; /* NULL: of none */
    const char *found;      /* what is amiss, and what came of mending it */
    VerifyOutcome outcome;
} VerifyFinding;

typedef struct {
    guint64 meetings, recordings, jobs; /* looked at */
    guint64 busy;                       /* meetings that are being worked on: not judged */
    guint64 bytes_read;                 /* of documents and recordings, against their sums */
    guint64 found[VERIFY_SEVERITY_COUNT];
    guint64 mended, queued, left;
} VerifySummary;

typedef struct {
    Pipeline pipeline;      /* recognising speech is left to workers; its search may be NULL */
    const char *worker;     /* a name for jobs that are done here */
    bool read, repair;
    gint64 settled_ms;
    GCancellable *cancel;   /* NULL: none */
    void (*report)(const VerifyFinding *finding, gpointer user_data);
    /* Whether this may be mended, which asks (VerifyCode.asks). NULL: nothing of the kind is. */
    bool (*confirm)(const VerifyCode *code, const char *key, gpointer user_data);
    void (*progress)(const char *what, guint64 done, gpointer user_data); /* NULL: nobody asks */
    gpointer user_data;
} VerifyOptions;

/* False where the store or the table does not answer, or it was cancelled: what was reported until then holds. */
bool verify(const VerifyOptions *options, VerifySummary *summary, GError **error);

/* {"meetings", …}; new reference. */
json_t *verify_finding_to_json(const VerifyFinding *finding);
json_t *verify_summary_to_json(const VerifySummary *summary);
