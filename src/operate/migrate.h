/* Brings meetings into this workspace: from another store (a directory, a bucket, of the first version, too), or from a folder of recordings and
 * transcripts.
 *
 *  1. The source is only read, but for `remove_source`: then what stands in the destination is read once more, and only what is proved to be
 *     there is removed, by the store's own order of deleting.
 *  2. An object counts as brought once the destination has given all of it back and its SHA-256 is that of the bytes that were read: which must be
 *     the one that the source's metadata.json (or job) has, where it has one. What stands in the destination and is right is not copied again.
 *  3. In the destination a meeting's objects come first, then metadata.json, then the row; work that is not finished ends with its job. So
 *     whatever interrupts a run, no list shows half a meeting, and running it again does the rest.
 *  4. What someone has changed in the destination is not written over. metadata.json says there (member `migrated`) which version of the source's
 *     it was made of, so that a later run brings what has changed in the source alone.
 *  5. A fault of one meeting is told (MIGRATE_LEFT), and the others are brought; one of a store ends the run.
 *  6. Memory: 24 bytes a recording and meeting of either side (VERIFY_KEYS_MAX), a few blocks for each worker; one object of more than S3_PART_BYTES
 *     is copied at a time. */
#pragma once

#include "jobs/jobs.h"
#include "meeting/meeting.h"

/* there: nothing was to be done. planned: a dry run. left: why is told. */
typedef enum { MIGRATE_COPIED, MIGRATE_PLANNED, MIGRATE_THERE, MIGRATE_LEFT, MIGRATE_OUTCOME_COUNT } MigrateOutcome;
/* work: a meeting that is not finished. recording: one without a meeting. file: of a folder. other: tokens and the like. */
typedef enum { MIGRATE_MEETING, MIGRATE_WORK, MIGRATE_RECORDING, MIGRATE_FILE, MIGRATE_OTHER, MIGRATE_KIND_COUNT } MigrateKind;

/* Borrowed for the call. */
typedef struct {
    MigrateKind kind;
    const char *name;       /* the meeting's id; else the key or path */
    MigrateOutcome outcome;
    guint64 bytes;          /* copied, or to be */
    const char *reason;     /* what is amiss and what to do; NULL: nothing. Also of what was copied */
} MigrateReport;

typedef struct {
    guint64 count[MIGRATE_KIND_COUNT][MIGRATE_OUTCOME_COUNT];
    guint64 objects, bytes; /* copied, or to be */
    guint64 bytes_proved;   /* read back from the destination */
    guint64 removed;        /* meetings and files, from the source */
    guint64 inbox, uploads; /* files in the source's inbox, and recordings that are still coming in there: not brought */
} MigrateSummary;

typedef struct {
    Store *source;
    bool folder;                       /* it is a folder of files, no store */
    const Meetings *destination;
    Jobs *jobs;                        /* of the destination */
    const char *language, *vocabulary; /* of the jobs that files are given; NULL: the settings' */
    guint workers;                     /* meetings at a time; 1: all on the caller's thread */
    bool dry_run;
    bool damaged;                      /* meetings that are not what their record says, too, as they are */
    bool access;                       /* tokens, links, webhooks and the audit log, too */
    bool remove_source;                /* the source can be written */
    GCancellable *cancel;              /* NULL: none */
    /* One at a time, from any thread. Nothing is reported of what was there already and is as it should be. `left_ms` −1: unknown. */
    void (*report)(const MigrateReport *report, gpointer user_data);
    void (*progress)(guint64 meetings, guint64 done_bytes, guint64 all_bytes, gint64 left_ms, gpointer user_data); /* NULL: nobody asks */
    gpointer user_data;
} MigrateOptions;

/* False where a store does not answer, or it was cancelled: running it again goes on. `summary` holds in any case. */
bool migrate(const MigrateOptions *options, MigrateSummary *summary, GError **error);

guint64 migrate_total(const MigrateSummary *summary, MigrateOutcome outcome); /* of all kinds */
const char *migrate_outcome_name(MigrateOutcome outcome);                     /* "copied", "planned", "there", "left" */
const char *migrate_kind_name(MigrateKind kind);                              /* "meeting", "work", "recording", "file", "other" */
json_t *migrate_report_to_json(const MigrateReport *report);
json_t *migrate_summary_to_json(const MigrateSummary *summary);
