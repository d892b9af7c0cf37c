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

/* `count` threads; each looks for a job when woken and every few seconds. `pipeline` is copied; its handles must outlive the worker. */
Worker *worker_start(const Pipeline *pipeline, const char *name, int count, const WorkerEvents *events);
void worker_wake(Worker *worker);
/* Asks running jobs to stop (they are released, not failed), waits for the threads, frees. */
void worker_stop(Worker *worker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Worker, worker_stop)
