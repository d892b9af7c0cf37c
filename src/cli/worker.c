/* hansard worker: processes jobs of the shared store until it is told to stop; hansard serve does the same beside the server. */
#include "cli/worker.h"

#include "base/limits.h"
#include "cli/command.h"
#include "cli/terminal.h"

static void log_end(const Job *job, const GError *error, gpointer user_data) {
    g_autofree char *message = terminal_safe(error ? error->message : NULL);
    if (error) g_printerr("%s: %s: %s\n", job->meeting_id, job_stage_name(job->stage), message);
    else g_printerr("%s: %s\n", job->meeting_id, job->state == JOB_DELETING ? "deleted" : "done");
}

static void log_trouble(const GError *error, gpointer user_data) { g_printerr("the store can't be asked for work: %s\n", error->message); }

const WorkerEvents worker_log_events = {.ended = log_end, .trouble = log_trouble};

void wait_for_signal(void) {
    GCancellable *cancellable = command_cancellable();
    GPollFD poll = {0};
    if (g_cancellable_make_pollfd(cancellable, &poll)) {
        while (!g_cancellable_is_cancelled(cancellable)) g_poll(&poll, 1, -1);
        g_cancellable_release_fd(cancellable);
    }
}

static void log_watch_trouble(const char *what, const GError *error, gpointer user_data) { g_printerr("%s: %s\n", what, error->message); }

Watch *worker_watch(const Workspace *workspace, Worker *worker, Search *search) {
    WatchOptions options = {.meetings = &workspace->meetings,
                            .jobs = workspace->jobs,
                            .worker = worker,
                            .queue = workspace->queue,
                            .search = search,
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
    if (!command_open(invocation, true, &workspace, error) || !worker_check_store(workspace, error)) return false;
    Pipeline pipeline = workspace_pipeline(workspace);
    int count = MAX(workspace->settings->workers, 1);
    Worker *worker = worker_start(&pipeline, workspace->worker_name, count, workspace_poll_ms(workspace), &worker_log_events);
    Watch *watch = worker_watch(workspace, worker, NULL);
    g_printerr("hansard %s works on the jobs of %s, %d at a time, as %s; end it with Ctrl-C\n", HANSARD_VERSION, workspace->place, count,
               workspace->worker_name);
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
