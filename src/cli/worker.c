/* hansard worker: processes jobs of the shared store until it is told to stop; hansard serve does the same beside the server. */
#include "cli/worker.h"

#include <string.h>

#include "access/audit.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "http/server.h"

static void log_end(const Job *job, const GError *error, gpointer user_data) {
    g_autofree char *message = terminal_safe(error ? error->message : NULL);
    const char *how = error ? "failed" : job->state == JOB_DELETING ? "deleted" : "done";
    g_autofree char *line =
        error ? g_strdup_printf("%s: %s: %s", job->meeting_id, job_stage_name(job->stage), message) : g_strdup_printf("%s: %s", job->meeting_id, how);
    log_event(error ? LOG_ERROR : LOG_INFO, "job.ended", line, "meeting_id", job->meeting_id, "run", job->run, "outcome", how, "stage",
              error ? job_stage_name(job->stage) : NULL, "code", error ? error_kind(error)->name : NULL, "message", error ? error->message : NULL,
              NULL);
}

static void tell_trouble(const char *what, const GError *error) {
    g_autofree char *line = g_strdup_printf("%s: %s", what, error->message);
    log_event(LOG_WARNING, "trouble", line, "what", what, "code", error_kind(error)->name, "message", error->message, NULL);
}

static void log_trouble(const GError *error, gpointer user_data) { tell_trouble("the store can't be asked for work", error); }

const WorkerEvents worker_log_events = {.ended = log_end, .trouble = log_trouble};

void wait_for_signal(void) {
    GCancellable *cancellable = command_cancellable();
    GPollFD poll = {0};
    if (g_cancellable_make_pollfd(cancellable, &poll)) {
        while (!g_cancellable_is_cancelled(cancellable)) g_poll(&poll, 1, -1);
        g_cancellable_release_fd(cancellable);
    }
}

static void log_watch_trouble(const char *what, const GError *error, gpointer user_data) { tell_trouble(what, error); }

void worker_begin_log(const Settings *settings) { log_set_json(strcmp(settings->log, "json") == 0); }

void worker_tell_retention(const RetentionDue *due, const GError *problem, gpointer user_data) {
    const Workspace *workspace = user_data;
    g_autoptr(GError) unwritten = NULL;
    if (problem || due->held) {
        if (problem) tell_trouble(due->meeting_id, problem);
        return;
    }
    const char *what = retention_scope_name(due->rule->scope);
    bool all = due->rule->scope == RETENTION_ALL;
    g_autofree char *line =
        g_strdup_printf("%s: %s by HANSARD_RETENTION: %s", due->meeting_id, all ? "deleted" : "recording removed", due->rule->text);
    log_event(LOG_INFO, "retention.removed", line, "meeting_id", due->meeting_id, "what", what, "rule", due->rule->text, NULL);
    metrics_add(METRIC_REMOVED, what, NULL, 1);
    Caller nobody = {.kind = CALLER_LOCAL, .name = (char *)"retention"};
    AuditEntry entry = {.action = all ? "meeting.delete" : "meeting.recording.delete", .who = &nobody, .subject = due->meeting_id};
    if (!audit_write(workspace->store, workspace->clock, workspace->worker_name, &entry, &unwritten)) tell_trouble("the audit log", unwritten);
}

Watch *worker_watch(const Workspace *workspace, Worker *worker, Search *search, const RetentionOptions *retention) {
    WatchOptions options = {.meetings = &workspace->meetings,
                            .jobs = workspace->jobs,
                            .worker = worker,
                            .queue = workspace->queue,
                            .search = search,
                            .retention = retention,
                            .inbox = workspace->settings->inbox,
                            .inbox_settled_ms = workspace_uses_bucket(workspace->settings) ? 0 : INBOX_SETTLED_MS,
                            .poll_ms = workspace_poll_ms(workspace),
                            .hooks = workspace->hooks_transport,
                            .hooks_paid = workspace_uses_bucket(workspace->settings),
                            .hooks_private = workspace->settings->webhook_private,
                            .trouble = log_watch_trouble};
    return watch_start(&options);
}

bool worker_check_store(Workspace *workspace, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (command_explain_nothing(workspace, &problem)) return true;
    if (error_kind(problem)->retryable) {
        log_trouble(problem, NULL);
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    command_cancellable();
    worker_begin_log(invocation->settings);
    if (!command_open(invocation, true, &workspace, error) || !worker_check_store(workspace, error)) return false;
    Pipeline pipeline = workspace_pipeline(workspace);
    int count = MAX(workspace->settings->workers, 1);
    g_autoptr(Server) figures = NULL;
    if (workspace->settings->metrics_listen && !server_start_figures(workspace, &figures, error)) return false;
    Worker *worker = worker_start(&pipeline, workspace->worker_name, count, workspace_poll_ms(workspace), &worker_log_events);
    Watch *watch = worker_watch(workspace, worker, NULL, NULL);
    g_printerr("hansard %s works on the jobs of %s, %d at a time, as %s; end it with Ctrl-C\n", HANSARD_VERSION, workspace->place, count,
               workspace->worker_name);
    if (figures) g_printerr("its figures are at /metrics of %s\n", workspace->settings->metrics_listen);
    wait_for_signal();
    watch_stop(watch);
    worker_stop(worker);
    return true;
}

const Command command_worker = {.name = "worker",
                                .arguments = "",
                                .sentence = "Process jobs of the shared store, beside any number of servers",
                                .example = "hansard worker --workers 2",
                                .run = run};
