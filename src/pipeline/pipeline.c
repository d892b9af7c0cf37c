/* Runs a job's stages and keeps its lease alive meanwhile.
 *
 * The job is written by two threads, the one that works and the heartbeat, under one mutex. The heartbeat renews the lease whatever the
 * stage is doing; when the lease is lost the stage is told at its next sign of progress, and the save before the commit decides. */
#include "pipeline/pipeline.h"

#include "base/limits.h"
#include "base/metrics.h"
#include "hooks/outbox.h"
#include "pipeline/stages.h"

#define JOB_TOLD "told" /* a member of the job: webhooks know of the meeting */
#define END_TRIES 20
#define END_WAIT_US (50 * 1000)
#define YIELD_TRIES 5

typedef struct {
    const Pipeline *pipeline;
    Job *job;
    GCancellable *cancel;
    PipelineProgress progress;
    gpointer user_data;
    gint64 stage_began_ms;
    /* shared with the heartbeat */
    GMutex mutex;
    GCond stop;
    bool stopping, lost;
} Run;

static gpointer heartbeat(gpointer user_data) {
    Run *run = user_data;
    g_mutex_lock(&run->mutex);
    while (!run->stopping) {
        gint64 until = g_get_monotonic_time() + JOB_RENEW_MS * G_TIME_SPAN_MILLISECOND;
        while (!run->stopping && g_cond_wait_until(&run->stop, &run->mutex, until)) continue;
        if (run->stopping) break;
        g_autoptr(GError) problem = NULL;
        /* Other failures may pass: the next renewal tries again, and the lease outlives three of them. What is lost stays so. */
        run->lost = !jobs_save(run->pipeline->jobs, run->job, &problem) && error_is(problem, ERROR_LEASE_LOST);
        if (run->lost) break;
    }
    g_mutex_unlock(&run->mutex);
    return NULL;
}

static bool stage_progress(double done, gpointer user_data, GError **error) {
    Run *run = user_data;
    gint64 elapsed_ms = clock_now_ms(run->pipeline->meetings.clock) - run->stage_began_ms;
    g_mutex_lock(&run->mutex);
    bool lost = run->lost;
    run->job->progress = done;
    run->job->remaining_ms = done > 0.01 ? (gint64)((double)elapsed_ms * (1 - done) / done) : -1;
    /* Done: what follows is the write of the stage's output, so the lease is proved once more. */
    bool saved = done < 1 || jobs_save(run->pipeline->jobs, run->job, error);
    if (run->progress) run->progress(run->job, run->user_data);
    g_mutex_unlock(&run->mutex);
    if (!saved) return false;
    if (lost) return fail(error, ERROR_LEASE_LOST, "another worker has taken over %s", run->job->meeting_id);
    if (g_cancellable_is_cancelled(run->cancel)) return fail(error, ERROR_CANCELLED, "stopped; the job goes on later");
    return true;
}

static bool save(Run *run, GError **error) {
    g_mutex_lock(&run->mutex);
    bool saved = jobs_save(run->pipeline->jobs, run->job, error);
    if (run->progress) run->progress(run->job, run->user_data);
    g_mutex_unlock(&run->mutex);
    return saved;
}

static void next_stage(Run *run) {
    g_mutex_lock(&run->mutex);
    job_enter_stage(run->job, run->job->stage + 1);
    g_mutex_unlock(&run->mutex);
}

static void count_stage(JobStage stage, const GError *problem, gint64 began_us) {
    bool stopped = error_is(problem, ERROR_CANCELLED) || error_is(problem, ERROR_LEASE_LOST);
    metrics_add(METRIC_STAGE_SECONDS, job_stage_name(stage), problem == NULL ? "done" : stopped ? "stopped" : "failed",
                (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC);
}

static bool run_stage(Run *run, GError **error) {
    static bool (*const stages[STAGE_COUNT])(const Pipeline *, const Job *, StageProgress, gpointer, GError **) = {
        [STAGE_TRANSCRIBE] = stage_transcribe, [STAGE_EXTRACT] = stage_extract, [STAGE_COMMIT] = stage_commit};
    g_autoptr(GError) problem = NULL;
    gint64 began_us = g_get_monotonic_time();
    bool done = stages[run->job->stage](run->pipeline, run->job, stage_progress, run, &problem);
    count_stage(run->job->stage, problem, began_us);
    if (!done) g_propagate_error(error, g_steal_pointer(&problem));
    return done;
}

static bool tell(const Pipeline *pipeline, EventType type, const char *meeting_id, const char *version, GError **error) {
    Event event = {.type = type, .meeting_id = meeting_id, .version = version};
    return event_emit(pipeline->meetings.store, pipeline->meetings.clock, &event, error);
}

/* Once in the life of the job; the job's next save keeps that it was. */
static bool tell_begun(Run *run, GError **error) {
    Job *job = run->job;
    if (json_get_bool(job->extra, JOB_TOLD, false)) return true;
    if (!tell(run->pipeline, EVENT_MEETING_CREATED, job->meeting_id, "", error)) return false;
    g_mutex_lock(&run->mutex);
    if (!job->extra) job->extra = json_object();
    json_object_set_new(job->extra, JOB_TOLD, json_true());
    g_mutex_unlock(&run->mutex);
    return true;
}

static bool run_stages(Run *run, GError **error) {
    if (!tell_begun(run, error)) return false;
    while (run->job->stage < STAGE_COUNT) {
        run->stage_began_ms = clock_now_ms(run->pipeline->meetings.clock);
        /* The save before each stage shows it to whoever asks, and proves that the lease is still ours: so the commit is fenced. */
        if (!save(run, error) || !run_stage(run, error)) return false;
        if (run->job->stage + 1 == STAGE_COUNT) return tell(run->pipeline, EVENT_MEETING_READY, run->job->meeting_id, run->job->run, error);
        next_stage(run);
    }
    return true;
}

static bool delete_all(const Pipeline *pipeline, const Job *job, GError **error) {
    stage_forget(pipeline, job); /* first: what a service still writes goes with the rest */
    return meeting_delete(&pipeline->meetings, job->meeting_id, job->audio_key, error) &&
           tell(pipeline, EVENT_MEETING_DELETED, job->meeting_id, "", error);
}

/* The stages with the heartbeat beside them. */
static bool run_with_heartbeat(Run *run, GError **error) {
    g_mutex_init(&run->mutex);
    g_cond_init(&run->stop);
    GThread *thread = g_thread_new("lease", heartbeat, run);
    bool done = run->job->state == JOB_DELETING
                    ? delete_all(run->pipeline, run->job, error)
                    : run_stages(run, error);
    g_mutex_lock(&run->mutex);
    run->stopping = true;
    g_cond_signal(&run->stop);
    g_mutex_unlock(&run->mutex);
    g_thread_join(thread);
    g_mutex_clear(&run->mutex);
    g_cond_clear(&run->stop);
    return done;
}

/* The job keeps the reason. False: it is another's now, which may show only here, as the stage failed for another reason. */
static bool settle(Jobs *jobs, Job *job, const GError *reason) {
    g_autoptr(GError) problem = NULL;
    if (error_is(reason, ERROR_LEASE_LOST)) return false;
    /* Where the store can't even take the reason, the lease runs out and another worker finds the job as it stands. */
    if (error_is(reason, ERROR_CANCELLED)) jobs_release(jobs, job, &problem);
    else jobs_fail(jobs, job, reason, &problem);
    return !error_is(problem, ERROR_LEASE_LOST);
}

/* The meeting was deleted under this worker: the delete is at it, or done with it. The record that may stand then is of this worker's own commit, put
 * behind the delete: one that another has committed has its transcript. */
static bool was_deleted(const Pipeline *pipeline, const Job *job, bool *deleted, GError **error) {
    g_autofree char *transcript = key_document(job->meeting_id, DOCUMENT_TRANSCRIPT);
    g_autoptr(Job) theirs = NULL;
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    *deleted = false;
    if (jobs_read(pipeline->jobs, job->meeting_id, &theirs, &problem)) {
        *deleted = theirs->state == JOB_DELETING;
        return true;
    }
    bool gone = error_is(problem, ERROR_NOT_FOUND), damaged = error_is(problem, ERROR_CORRUPT);
    if (gone) g_clear_error(&problem);
    if (gone && meeting_read_record(&pipeline->meetings, job->meeting_id, &record, NULL, &problem) &&
        store_head(pipeline->meetings.store, transcript, &info, &problem))
        return true;
    *deleted = gone && error_is(problem, ERROR_NOT_FOUND);
    if (*deleted || damaged || error_is(problem, ERROR_CORRUPT)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool try_to_yield(const Pipeline *pipeline, const Job *job, GError **error) {
    bool deleted = false;
    if (!was_deleted(pipeline, job, &deleted, error)) return false;
    return !deleted || (delete_all(pipeline, job, error) && catalog_remove(pipeline->meetings.catalog, job->meeting_id, job->timestamp_ms, error));
}

/* The lease is lost. Where that was because the meeting was deleted, the delete may have gone past what this worker has put since, its row
 * included: it is done once more. Nobody else will, so it is tried again; what is left after that, verify finds. */
static void yield_to_delete(const Pipeline *pipeline, const Job *job) {
    for (int tries = 0; tries < YIELD_TRIES && !try_to_yield(pipeline, job, NULL); tries++) g_usleep(END_WAIT_US);
}

bool pipeline_run(const Pipeline *pipeline, Job *job, GCancellable *cancel, PipelineProgress progress, gpointer user_data,
                  GError **error) {
    g_autoptr(GError) problem = NULL;
    Run run = {.pipeline = pipeline, .job = job, .cancel = cancel, .progress = progress, .user_data = user_data};
    bool done = run_with_heartbeat(&run, &problem);
    if (done && jobs_finish(pipeline->jobs, job, &problem)) {
        /* The search index is derived: what it misses here, its next refresh brings. */
        if (pipeline->search) search_update(pipeline->search, job->meeting_id, NULL);
        return true;
    }
    if (!settle(pipeline->jobs, job, problem)) yield_to_delete(pipeline, job);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* Something of the meeting is there: a record in any state, or a job. What is damaged is there, too. */
static bool check_exists(const Pipeline *pipeline, const char *meeting_id, GError **error) {
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    if (!meeting_id_valid(meeting_id)) return fail(error, ERROR_INVALID, "\"%.150s\" is no meeting id", meeting_id);
    if (jobs_read(pipeline->jobs, meeting_id, &job, &problem) || error_is(problem, ERROR_CORRUPT)) return true;
    if (!error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_clear_error(&problem);
    if (store_head(pipeline->meetings.store, key, &info, &problem)) return true;
    if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "there is no meeting %s", meeting_id);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* A job that has just ended stands for a moment as done: the delete waits for that rather than refusing. */
static bool create_delete(const Pipeline *pipeline, const char *worker, const char *meeting_id, Job **job, GError **error) {
    for (int tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(Job) standing = NULL;
        if (jobs_create_delete(pipeline->jobs, meeting_id, worker, job, &problem)) return true;
        bool ending = error_is(problem, ERROR_CONFLICT) &&
                      (!jobs_read(pipeline->jobs, meeting_id, &standing, NULL) || standing->state == JOB_DONE);
        if (!ending || tries == END_TRIES) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        g_usleep(END_WAIT_US);
    }
}

bool pipeline_delete(const Pipeline *pipeline, const char *worker, const char *meeting_id, GError **error) {
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    g_autoptr(GError) gone = NULL;
    if (!check_exists(pipeline, meeting_id, error) || !create_delete(pipeline, worker, meeting_id, &job, error))
        return false;
    if (pipeline_run(pipeline, job, NULL, NULL, NULL, &problem)) return true;
    /* Another has taken the deletion over, and is done with it. */
    if (error_is(problem, ERROR_LEASE_LOST) && !check_exists(pipeline, meeting_id, &gone) && error_is(gone, ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}
