/* Work not finished yet, one leased object a meeting in the store (hansard/jobs/{meeting-id}.json).
 *
 * Guarantees:
 *  1. A job is changed only by conditional puts: of any number of workers one takes it.
 *  2. A worker that dies loses only its lease: after JOB_LEASE_MS another takes the job and goes on at the stage whose output is not there yet.
 *  3. A failed job keeps its reason. A retryable failure waits (exponential with jitter) and is tried again, JOB_ATTEMPTS_MAX times in all;
 *     then, and after any other failure, it waits for a person (jobs_retry). */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "store/store.h"

typedef enum { JOB_QUEUED, JOB_RUNNING, JOB_FAILED, JOB_DELETING } JobState;
typedef enum { STAGE_TRANSCRIBE, STAGE_EXTRACT, STAGE_COMMIT, STAGE_COUNT } JobStage;

typedef struct {
    char *meeting_id;
    char *run;               /* UUID of this processing: outputs carry it, so that a resumed job knows its own */
    JobState state;
    JobStage stage;          /* the next to do */
    /* its parameters: what it was asked with, whatever the settings say later */
    char *audio_key;         /* NULL: text only */
    char *filename, *title;
    gint64 timestamp_ms;     /* of the meeting: when the recording came in */
    guint64 audio_bytes;
    char *audio_sha256;      /* NULL: unknown */
    char *language, *vocabulary; /* NULL: the settings' */
    GPtrArray *tags;
    /* its progress */
    guint attempts;          /* of the present stage */
    gint64 not_before_ms;    /* waits until then */
    double progress;         /* of the present stage, 0..1 */
    gint64 remaining_ms;     /* estimate; −1: unknown */
    char *error_code, *error_message; /* of the last failure; NULL: none */
    gint64 created_ms, updated_ms;
    /* its lease */
    char *worker;            /* NULL: nobody's */
    gint64 lease_until_ms;
    char *etag;              /* of the object as read; not in the JSON */
    json_t *extra;
} Job;

Job *job_new(const char *meeting_id);
void job_free(Job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)
json_t *job_to_json(const Job *job);
bool job_from_json(const json_t *json, const char *meeting_id, Job **job, GError **error);
const char *job_state_name(JobState state);
const char *job_stage_name(JobStage stage);

typedef struct Jobs Jobs; /* borrows store and clock */
Jobs *jobs_new(Store *store, Clock *clock);
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)

/* Creates the job object; `worker` not NULL: leased to it at once. ERROR_CONFLICT where the meeting already has one. */
bool jobs_create(Jobs *jobs, Job *job, const char *worker, GError **error);
bool jobs_read(Jobs *jobs, const char *meeting_id, Job **job, GError **error);
/* All jobs (at most `limit`), oldest key first. Array of Job*. */
bool jobs_list(Jobs *jobs, guint limit, GPtrArray **list, GError **error);
/* Takes one that is due and nobody's, or whose lease is over; `*job` NULL where there is none. */
bool jobs_take(Jobs *jobs, const char *worker, Job **job, GError **error);
/* Takes this one. ERROR_CONFLICT where another worker holds it. */
bool jobs_take_one(Jobs *jobs, const char *meeting_id, const char *worker, Job **job, GError **error);
/* Writes the job as it stands and renews its lease. ERROR_LEASE_LOST where another worker has taken it over or it is gone. */
bool jobs_save(Jobs *jobs, Job *job, GError **error);
/* The stage ended badly: keeps the reason, sets the next try or leaves it failed, gives up the lease. */
bool jobs_fail(Jobs *jobs, Job *job, const GError *reason, GError **error);
/* Gives up the lease without counting an attempt (shutdown). */
bool jobs_release(Jobs *jobs, Job *job, GError **error);
/* The meeting is committed: removes the job. */
bool jobs_finish(Jobs *jobs, Job *job, GError **error);
/* A person asks for a failed job again: attempts from zero. ERROR_CONFLICT where it is not failed. */
bool jobs_retry(Jobs *jobs, const char *meeting_id, Job **job, GError **error);
