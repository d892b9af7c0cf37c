/* What serve and worker share. */
#pragma once

#include "operate/watch.h"
#include "workspace/workspace.h"

/* Says each job's end and each trouble on standard error, a line each. */
extern const WorkerEvents worker_log_events;

/* Before the work begins: says what is amiss. ERROR_CONFIG and the like where no waiting helps; a store that only does not answer may come back. */
bool worker_check_store(Workspace *workspace, GError **error);

/* Returns when SIGINT or SIGTERM comes. command_cancellable() must have been called before any thread was started. */
void wait_for_signal(void);

/* As HANSARD_LOG says; before any thread is started. */
void worker_begin_log(const Settings *settings);

/* Of RetentionOptions: the removal goes into the log and the audit log. `user_data`: the Workspace. */
void worker_tell_retention(const RetentionDue *due, const GError *problem, gpointer user_data);

/* What runs beside the worker; `worker`, `search` and `retention` may be NULL. Stop it before them. */
Watch *worker_watch(const Workspace *workspace, Worker *worker, Search *search, const RetentionOptions *retention);
