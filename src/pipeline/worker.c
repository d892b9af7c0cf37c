/* Worker threads. Of those that are idle one is the look-out: it asks the store for a job, takes it and leaves the watch to the next, so that a
 * process asks once, however many threads it has. It looks at once when woken or when the last look found something; while nothing comes it
 * waits POLL_MS, then twice as long each time up to the poll that the worker was given (asking a bucket costs money), and after trouble with
 * the store up to TROUBLE_MS_MAX. */
#include "pipeline/worker.h"

#define POLL_MS 3000
#define TROUBLE_MS_MAX 60000

struct Worker {
    Pipeline pipeline;
    char *name;
    WorkerEvents events;
    int poll_ms_max;
    GCancellable *cancel;
    GPtrArray *threads;
    GMutex watch;   /* held by the look-out */
    gint64 wait_ms; /* before the next look; the look-out's */
    guint seen;     /* the wakes that were acted on; the look-out's */
    GMutex mutex;   /* guards what follows */
    GCond wake;
    guint wakes;    /* counts up, so that a wake between a look and the wait is not missed */
};

static void report_progress(const Job *job, gpointer user_data) {
    const Worker *worker = user_data;
    if (worker->events.progress) worker->events.progress(job, worker->events.user_data);
}

static void work_on(Worker *worker, Job *job) {
    g_autoptr(GError) problem = NULL;
    pipeline_run(&worker->pipeline, job, worker->cancel, report_progress, worker, &problem);
    if (worker->events.ended) worker->events.ended(job, problem, worker->events.user_data);
}

/* Waits until it is time for the next look; whether a wake cut it short. */
static bool wait_for_wake(Worker *worker) {
    gint64 until = g_get_monotonic_time() + worker->wait_ms * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&worker->mutex);
    while (worker->wakes == worker->seen && !g_cancellable_is_cancelled(worker->cancel) &&
           g_cond_wait_until(&worker->wake, &worker->mutex, until))
        continue;
    bool woken = worker->wakes != worker->seen;
    worker->seen = worker->wakes;
    g_mutex_unlock(&worker->mutex);
    return woken;
}

/* One look of the look-out. */
static Job *look(Worker *worker, bool woken) {
    Job *job = NULL;
    g_autoptr(GError) problem = NULL;
    bool asked = jobs_take(worker->pipeline.jobs, worker->name, &job, &problem);
    if (!asked && worker->events.trouble) worker->events.trouble(problem, worker->events.user_data);
    if (job) worker->wait_ms = 0; /* there may be more: the next look-out looks at once */
    else if (asked && (woken || worker->wait_ms < POLL_MS)) worker->wait_ms = MIN(POLL_MS, worker->poll_ms_max);
    else worker->wait_ms = MIN(MAX(worker->wait_ms, POLL_MS) * 2, asked ? worker->poll_ms_max : TROUBLE_MS_MAX);
    return job;
}

/* The next job; NULL when the worker is to end. */
static Job *keep_watch(Worker *worker) {
    Job *job = NULL;
    g_mutex_lock(&worker->watch);
    while (!job && !g_cancellable_is_cancelled(worker->cancel)) {
        bool woken = wait_for_wake(worker);
        if (!g_cancellable_is_cancelled(worker->cancel)) job = look(worker, woken);
    }
    g_mutex_unlock(&worker->watch);
    return job;
}

static gpointer work(gpointer user_data) {
    Worker *worker = user_data;
    for (Job *job; (job = keep_watch(worker)); job_free(job)) work_on(worker, job);
    return NULL;
}

Worker *worker_start(const Pipeline *pipeline, const char *name, int count, int poll_ms_max, const WorkerEvents *events) {
    Worker *worker = g_new0(Worker, 1);
    worker->pipeline = *pipeline;
    worker->name = g_strdup(name);
    worker->events = *events;
    worker->poll_ms_max = poll_ms_max;
    worker->cancel = g_cancellable_new();
    worker->threads = g_ptr_array_new();
    g_mutex_init(&worker->watch);
    g_mutex_init(&worker->mutex);
    g_cond_init(&worker->wake);
    for (int i = 0; i < count; i++) g_ptr_array_add(worker->threads, g_thread_new("worker", work, worker));
    return worker;
}

void worker_wake(Worker *worker) {
    g_mutex_lock(&worker->mutex);
    worker->wakes++;
    g_cond_broadcast(&worker->wake);
    g_mutex_unlock(&worker->mutex);
}

void worker_stop(Worker *worker) {
    if (!worker) return;
    g_cancellable_cancel(worker->cancel);
    worker_wake(worker);
    for (guint i = 0; i < worker->threads->len; i++) g_thread_join(worker->threads->pdata[i]);
    g_ptr_array_unref(worker->threads);
    g_object_unref(worker->cancel);
    g_mutex_clear(&worker->mutex);
    g_mutex_clear(&worker->watch);
    g_cond_clear(&worker->wake);
    g_free(worker->name);
    g_free(worker);
}
