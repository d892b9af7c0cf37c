/* Two GThreadPools and the count that lets the server stop without leaving a suspended connection behind. */
#include "http/tasks.h"

#define LANE_THREADS 8

struct Tasks {
    GThreadPool *pools[LANE_COUNT];
    GMutex mutex;
    GCond idle;
    guint reserved;
    bool draining;
};

typedef struct {
    Task task;
    gpointer user_data;
} Work;

static void run(gpointer data, gpointer user_data) {
    Tasks *tasks = user_data;
    Work *work = data;
    work->task(work->user_data);
    g_free(work);
    g_mutex_lock(&tasks->mutex);
    if (--tasks->reserved == 0) g_cond_broadcast(&tasks->idle);
    g_mutex_unlock(&tasks->mutex);
}

Tasks *tasks_new(void) {
    Tasks *tasks = g_new0(Tasks, 1);
    g_mutex_init(&tasks->mutex);
    g_cond_init(&tasks->idle);
    for (Lane lane = LANE_READ; lane < LANE_COUNT; lane++)
        tasks->pools[lane] = g_thread_pool_new(run, tasks, LANE_THREADS, FALSE, NULL);
    return tasks;
}

bool tasks_reserve(Tasks *tasks) {
    g_mutex_lock(&tasks->mutex);
    bool open = !tasks->draining;
    if (open) tasks->reserved++;
    g_mutex_unlock(&tasks->mutex);
    return open;
}

void tasks_push(Tasks *tasks, Lane lane, Task task, gpointer user_data) {
    g_assert(lane > LANE_INLINE && lane < LANE_COUNT);
    Work *work = g_new(Work, 1);
    *work = (Work){task, user_data};
    g_thread_pool_push(tasks->pools[lane], work, NULL);
}

void tasks_drain(Tasks *tasks) {
    g_mutex_lock(&tasks->mutex);
    tasks->draining = true;
    while (tasks->reserved > 0) g_cond_wait(&tasks->idle, &tasks->mutex);
    g_mutex_unlock(&tasks->mutex);
}

void tasks_free(Tasks *tasks) {
    if (!tasks) return;
    for (Lane lane = LANE_READ; lane < LANE_COUNT; lane++) g_thread_pool_free(tasks->pools[lane], FALSE, TRUE);
    g_cond_clear(&tasks->idle);
    g_mutex_clear(&tasks->mutex);
    g_free(tasks);
}
