/* Work not finished yet, one leased object a meeting in the store (hansard/jobs/{meeting-id}.json).
 *
 * Guarantees:
 *  1. A job is changed only by conditional puts: of any number of workers one takes it.
 *  2. A worker that dies loses only its lease: after JOB_LEASE_MS another takes the job and goes on at the stage whose output
 *     is not there yet.
 *  3. A failed job keeps its reason. A retryable failure waits (exponential with jitter) and is tried again, JOB_ATTEMPTS_MAX
 *     times in all; then, and after any other failure, it waits for a person (jobs_retry). A lease that ran out counts as an
 *     attempt, so that a job that kills its workers ends as failed too.
 *  4. A deletion (JOB_DELETING) is tried until it is done; it never ends as failed.
 *  5. A write whose answer was lost is recognised as one's own.
 *  6. An object that is no readable job is left alone, shown by jobs_list, and holds up no other. */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "store/store.h"

/* JOB_DONE stands for the moment between the end of the work and the removal of its object: nobody writes over it while its lease lasts. */
typedef enum { JOB_QUEUED, JOB_RUNNING, JOB_FAILED, JOB_DELETING, JOB_DONE, JOB_STATE_COUNT } JobState;
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
    guint attempts;          /* of the present stage, that ended badly */
    gint64 not_before_ms;    /* waits until then */
    double progress;         /* of the present stage, 0..1 */
    gint64 remaining_ms;     /* estimate; −1: unknown */
    char *error_code, *error_message; /* of the last failure; NULL: none */
    gint64 created_ms, updated_ms;
    /* its lease */
    char *worker;            /* NULL: nobody's */
    gint64 lease_until_ms;
    char *revision;          /* UUID of the last write that was tried */
    char *etag;              /* of the object as read; not in the JSON */
    json_t *extra;           /* members this version does not know; kept on rewrite; NULL: none */
} Job;

/* With a new run, queued for its first stage. */
Job *job_new(const char *meeting_id);
void job_free(Job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)
/* The next stage begins: attempts from zero, nothing known of its progress, the last error done with. jobs_save() makes it
 * known. */
void job_enter_stage(Job *job, JobStage stage);

json_t *job_to_json(const Job *job);
/* ERROR_CORRUPT names the member that is missing, of a wrong type or over its limit. */
bool job_from_json(const json_t *json, const char *meeting_id, Job **job, GError **error);
const char *job_state_name(JobState state);
const char *job_stage_name(JobStage stage);

typedef struct Jobs Jobs; /* borrows store and clock; may be used from any thread */
Jobs *jobs_new(Store *store, Clock *clock);
/* The same with all chance (which job is looked at first, how long a failed one waits) drawn from `seed`. */
Jobs *jobs_new_seeded(Store *store, Clock *clock, guint32 seed);
/* Told of each job that is about to be written as failed, and waits for a person then. False with an error: it is not written, and whoever takes the job
 * next comes here again. Set it before the jobs are used. */
typedef bool (*JobFailing)(const Job *job, gpointer user_data, GError **error);
void jobs_on_failing(Jobs *jobs, JobFailing failing, gpointer user_data);
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)

/* Creates the job object; `worker` not NULL: leased to it at once. ERROR_CONFLICT where the meeting already has one.
 * ERROR_INVALID where a parameter is over its limit. */
bool jobs_create(Jobs *jobs, Job *job, const char *worker, GError **error);
/* The meeting is to be deleted: makes a job of it, or turns the one that stands into it (whoever works on that one loses the
 * lease). Leased to `worker`, or with NULL for the next to take. ERROR_CONFLICT where another is deleting it, or is
 * done with it, right now. */
bool jobs_create_delete(Jobs *jobs, const char *meeting_id, const char *worker, Job **job, GError **error);
/* ERROR_NOT_FOUND; ERROR_CORRUPT where the object is no job. */
bool jobs_read(Jobs *jobs, const char *meeting_id, Job **job, GError **error);
/* All jobs (at most `limit`), in the order of their keys. Array of Job*. One that can't be read is shown as failed with its
 * reason. */
bool jobs_list(Jobs *jobs, guint limit, GPtrArray **list, GError **error);
/* Takes one that is due and nobody's, or whose lease is over; `*job` NULL where there is none. Its state is JOB_RUNNING or
 * JOB_DELETING. Where nothing is due it costs one listing a thousand jobs. */
bool jobs_take(Jobs *jobs, const char *worker, Job **job, GError **error);
/* Takes this one, though it be waiting for its next try. ERROR_CONFLICT where a worker holds it or it has failed. */
bool jobs_take_one(Jobs *jobs, const char *meeting_id, const char *worker, Job **job, GError **error);
/* Writes the job as it stands and renews its lease. ERROR_LEASE_LOST where another worker has taken it over or it is gone. */
bool jobs_save(Jobs *jobs, Job *job, GError **error);
/* The stage ended badly: keeps the reason, sets the next try or leaves it failed, gives up the lease. Where this can't be
 * written, the lease runs out in its time. */
bool jobs_fail(Jobs *jobs, Job *job, const GError *reason, GError **error);
/* Gives up the lease without counting an attempt (shutdown). */
bool jobs_release(Jobs *jobs, Job *job, GError **error);
/* The meeting is committed, or deleted: removes the job. ERROR_LEASE_LOST as with jobs_save; the job is then another's to
 * remove. */
bool jobs_finish(Jobs *jobs, Job *job, GError **error);
/* A person asks for a failed job again: attempts from zero; from the recording where stored documents were damaged. ERROR_CONFLICT where it is not failed. */
bool jobs_retry(Jobs *jobs, const char *meeting_id, Job **job, GError **error);
