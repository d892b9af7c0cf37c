/* Threads that take jobs and run them. */
#pragma once

#include "pipeline/pipeline.h"

typedef struct Worker Worker;

/* Told from the worker's threads; either may be NULL. */
typedef struct {
    PipelineProgress progress;                               /* each step of a job */
    void (*ended)(const Job *job, const GError *error, gpointer user_data); /* a job's end; error NULL: committed */
    void (*trouble)(const GError *error, gpointer user_data); /* the store can't be asked for jobs; it will be asked again */
    gpointer user_data;
} WorkerEvents;

/* `count` threads. One of them at a time looks for a job: when woken, after a job was found, and else every few seconds, more seldom the longer
 * nothing comes, at least every `poll_ms_max`. `pipeline` is copied; its handles must outlive the worker. */
Worker *worker_start(const Pipeline *pipeline, const char *name, int count, int poll_ms_max, const WorkerEvents *events);
void worker_wake(Worker *worker);
/* Asks running jobs to stop (they are released, not failed), waits for the threads, frees. */
void worker_stop(Worker *worker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Worker, worker_stop)
