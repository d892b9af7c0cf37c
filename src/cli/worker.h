/* What serve and worker share. */
#pragma once

#include "pipeline/worker.h"

/* Says each job's end and each trouble on standard error, a line each. */
extern const WorkerEvents worker_log_events;

/* Returns when SIGINT or SIGTERM comes. command_cancellable() must have been called before any thread was started. */
void wait_for_signal(void);
