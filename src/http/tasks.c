/* A GThreadPool a lane and the count that lets the server stop without leaving a suspended connection behind. */
#include "http/tasks.h"

static const struct {
    gint threads;
    guint tasks_max;
} lanes[LANE_COUNT] = {
    [LANE_READ] = {8, G_MAXUINT},
    [LANE_WRITE] = {8, G_MAXUINT},
    [LANE_WHOLE] = {2, G_MAXUINT},
    [LANE_PROCESS] = {2, TASKS_PROCESS_MAX}};

struct Tasks {
    GThreadPool *pools[LANE_COUNT];
    GMutex mutex;
    GCond idle;
    guint reserved[LANE_COUNT], reserved_in_all;
    bool draining;
};

typedef struct {
    Lane lane;
    Task task;
    gpointer user_data;
} Work;

static void run(gpointer data, gpointer user_data) {
    Tasks *tasks = user_data;
    Work *work = data;
    work->task(work->user_data);
    g_mutex_lock(&tasks->mutex);
    tasks->reserved[work->lane]--;
    if (--tasks->reserved_in_all == 0) g_cond_broadcast(&tasks->idle);
    g_mutex_unlock(&tasks->mutex);
    g_free(work);
}

Tasks *tasks_new(void) {
    Tasks *tasks = g_new0(Tasks, 1);
    g_mutex_init(&tasks->mutex);
    g_cond_init(&tasks->idle);
    for (Lane lane = LANE_READ; lane < LANE_COUNT; lane++)
        tasks->pools[lane] = g_thread_pool_new(run, tasks, lanes[lane].threads, FALSE, NULL);
    return tasks;
}

bool tasks_reserve(Tasks *tasks, Lane lane, GError **error) {
    g_mutex_lock(&tasks->mutex);
    bool draining = tasks->draining, full = tasks->reserved[lane] >= lanes[lane].tasks_max;
    if (!draining && !full) {
        tasks->reserved[lane]++;
        tasks->reserved_in_all++;
    }
    g_mutex_unlock(&tasks->mutex);
    if (draining) return fail(error, ERROR_CANCELLED, "the server stops: send the request again later");
    return !full || fail(error, ERROR_TOO_MANY, "%u requests of this kind are being worked on: send it again later",
                         lanes[lane].tasks_max);
}

void tasks_push(Tasks *tasks, Lane lane, Task task, gpointer user_data) {
    g_assert(lane > LANE_INLINE && lane < LANE_COUNT);
    Work *work = g_new(Work, 1);
    *work = (Work){lane, task, user_data};
    g_thread_pool_push(tasks->pools[lane], work, NULL);
}

void tasks_drain(Tasks *tasks) {
    g_mutex_lock(&tasks->mutex);
    tasks->draining = true;
    while (tasks->reserved_in_all > 0) g_cond_wait(&tasks->idle, &tasks->mutex);
    g_mutex_unlock(&tasks->mutex);
}

void tasks_free(Tasks *tasks) {
    if (!tasks) return;
    for (Lane lane = LANE_READ; lane < LANE_COUNT; lane++) g_thread_pool_free(tasks->pools[lane], FALSE, TRUE);
    g_cond_clear(&tasks->idle);
    g_mutex_clear(&tasks->mutex);
    g_free(tasks);
}
