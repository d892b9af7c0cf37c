/* The jobs: each is of a meeting that is still to come, to be made anew or to go, and somebody can work on it. */
#include <string.h>

#include "base/limits.h"
#include "operate/verify_internal.h"

/* The meeting was committed by this very job. */
static bool is_committed(const Verify *verify, const Job *job, bool *committed, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    *committed = false;
    if (!meeting_read_record(verify->meetings, job->meeting_id, &record, NULL, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE)) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *committed = job->state != JOB_DELETING && g_strcmp0(json_get_string(record->extra, "run", NULL), job->run) == 0;
    return true;
}

/* Takes the job and does it, where no speech is to be recognised, or frees it for a worker. */
static bool take_up(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    const Pipeline *pipeline = &verify->options->pipeline;
    const Job *job = what;
    g_autoptr(Job) taken = NULL;
    if (!jobs_take_one(pipeline->jobs, job->meeting_id, verify->options->worker, &taken, error)) return false;
    if (taken->state == JOB_DELETING || taken->stage != STAGE_TRANSCRIBE)
        return pipeline_run(pipeline, taken, verify->options->cancel, NULL, NULL, error);
    *outcome = VERIFY_QUEUED;
    return jobs_release(pipeline->jobs, taken, error);
}

/* Of a job whose work is done only the object is left: nobody holds it, and it is as it was read. */
static bool drop(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    const Job *job = what;
    g_autofree char *key = key_job(job->meeting_id);
    g_auto(StoreInfo) info = {0};
    if (!store_head(verify->store, key, &info, error)) return false;
    if (strcmp(info.etag, job->etag) != 0) return fail(error, ERROR_PRECONDITION, "%s was changed meanwhile", key);
    return store_delete(verify->store, key, error);
}

/* The job's recording is there, of the size and, with `read`, the sum that the job says. */
static bool judge_recording(Verify *verify, const Job *job, GError **error) {
    bool there = true;
    KeyEntry *entry = job->audio_key ? key_table_find(verify->recordings, job->audio_key) : NULL;
    g_auto(StoreInfo) info = {0};
    if (entry) entry->marks |= MARK_OF_WORK;
    if (!job->audio_key || job->state == JOB_DELETING || job->state == JOB_DONE) return true;
    if (!entry && !verify_stands(verify, job->audio_key, &there, &info, error)) return false;
    if (!there) {
        verify_report(verify, RECORDING_MISSING, job->audio_key, job->meeting_id, VERIFY_LEFT, "the recording that a job waits to work on is gone");
        return true;
    }
    guint64 size = entry ? entry->value : info.size;
    if (job->audio_bytes > 0 && size != job->audio_bytes) {
        verify_report(verify, RECORDING_ALTERED, job->audio_key, job->meeting_id, VERIFY_LEFT,
                      "the recording has %" G_GUINT64_FORMAT " bytes; %" G_GUINT64_FORMAT " came in", size, job->audio_bytes);
        return true;
    }
    if (!verify->options->read || !job->audio_sha256) return true;
    g_autofree char *sha256 = NULL, *etag = NULL;
    if (!verify_sum(verify, job->audio_key, &sha256, &etag, error)) return false;
    if (strcmp(sha256, job->audio_sha256) != 0)
        verify_report(verify, RECORDING_ALTERED, job->audio_key, job->meeting_id, VERIFY_LEFT, "the recording's bytes are not those that came in");
    return true;
}

static bool judge(Verify *verify, const StoreEntry *entry, const Job *job, GError **error) {
    VerifyFound done = {JOB_LEFT, entry->key, job->meeting_id, "the work on this meeting is done, but its job still stands"};
    VerifyFound deleting = {DELETE_UNFINISHED, entry->key, job->meeting_id, "a delete was begun and not finished"};
    VerifyFound abandoned = {JOB_ABANDONED, entry->key, job->meeting_id, "the worker that held this job has died, and no other has taken it"};
    bool idle = !job->worker || job->lease_until_ms <= verify->settled_before_ms, committed = false;
    if (!judge_recording(verify, job, error)) return false;
    if (!verify_settled(verify, entry->modified_ms) || !idle) return true;
    if (!is_committed(verify, job, &committed, error)) return false;
    if (committed || job->state == JOB_DONE) return verify_find(verify, &done, drop, job, NULL, error);
    if (job->state == JOB_DELETING && job->not_before_ms <= verify->settled_before_ms)
        return verify_find(verify, &deleting, take_up, job, NULL, error);
    return !job->worker || job->state != JOB_RUNNING || verify_find(verify, &abandoned, take_up, job, NULL, error);
}

static VerifyJob kind_of(const Job *job) {
    return job->state == JOB_FAILED ? VERIFY_JOB_FAILED : job->state == JOB_DELETING ? VERIFY_JOB_DELETING : VERIFY_JOB_BUSY;
}

static bool check_job(const StoreEntry *entry, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    Jobs *jobs = verify->options->pipeline.jobs;
    g_autofree char *meeting_id = meeting_id_of_key(entry->key), *key = meeting_id ? key_job(meeting_id) : NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    if (!verify_progress(verify, "jobs", verify->summary.jobs, error)) return false;
    if (g_strcmp0(key, entry->key) != 0) return verify_put_aside(verify, KEY_UNKNOWN, entry->key, NULL, "this is the key of no job", error);
    if (!jobs_read(jobs, meeting_id, &job, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true; /* finished since it was listed */
        if (error_is(problem, ERROR_CORRUPT))
            return !verify_settled(verify, entry->modified_ms) ||
                   verify_put_aside(verify, JOB_DAMAGED, entry->key, meeting_id, problem->message, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    verify->summary.jobs++;
    if (!judge(verify, entry, job, error)) return false;
    g_autoptr(Job) still = NULL;
    if (!jobs_read(jobs, meeting_id, &still, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true; /* mended just now */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return still->state == JOB_DONE || key_table_add(verify->jobs, meeting_id, kind_of(still), NULL, error);
}

bool verify_note_jobs(Verify *verify, GError **error) {
    if (!store_each(verify->store, PREFIX_JOBS, check_job, verify, error)) return false;
    key_table_seal(verify->jobs);
    return true;
}
