/* Worker threads. An idle one asks for jobs every POLL_MS; after trouble with the store it waits longer each time. */
#include "pipeline/worker.h"

#define POLL_MS 3000
#define TROUBLE_MS_MAX 60000

struct Worker {
    Pipeline pipeline;
    char *name;
    WorkerEvents events;
    GCancellable *cancel;
    GPtrArray *threads;
    GMutex mutex;
    GCond wake;
    guint wakes; /* counts up, so that a wake between a look and the wait is not missed */
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

static void wait_for_wake(Worker *worker, guint seen, gint64 wait_ms) {
    gint64 until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&worker->mutex);
    while (worker->wakes == seen && !g_cancellable_is_cancelled(worker->cancel) &&
           g_cond_wait_until(&worker->wake, &worker->mutex, until))
        continue;
    g_mutex_unlock(&worker->mutex);
}

static guint wakes(Worker *worker) {
    g_mutex_lock(&worker->mutex);
    guint seen = worker->wakes;
    g_mutex_unlock(&worker->mutex);
    return seen;
}

static gpointer work(gpointer user_data) {
    Worker *worker = user_data;
    gint64 wait_ms = POLL_MS;
    while (!g_cancellable_is_cancelled(worker->cancel)) {
        g_autoptr(Job) job = NULL;
        g_autoptr(GError) problem = NULL;
        guint seen = wakes(worker);
        if (!jobs_take(worker->pipeline.jobs, worker->name, &job, &problem)) {
            if (worker->events.trouble) worker->events.trouble(problem, worker->events.user_data);
            wait_ms = MIN(wait_ms * 2, TROUBLE_MS_MAX);
        } else {
            wait_ms = POLL_MS;
        }
        if (job) work_on(worker, job);
        else wait_for_wake(worker, seen, wait_ms);
    }
    return NULL;
}

Worker *worker_start(const Pipeline *pipeline, const char *name, int count, const WorkerEvents *events) {
    Worker *worker = g_new0(Worker, 1);
    worker->pipeline = *pipeline;
    worker->name = g_strdup(name);
    worker->events = *events;
    worker->cancel = g_cancellable_new();
    worker->threads = g_ptr_array_new();
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
    g_cond_clear(&worker->wake);
    g_free(worker->name);
    g_free(worker);
}
