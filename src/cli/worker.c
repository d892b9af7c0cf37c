/* hansard worker: processes jobs of the shared store until it is told to stop; hansard serve does the same beside the server. */
#include "cli/worker.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/upkeep.h"

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

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    command_cancellable();
    if (!command_open(invocation, true, &workspace, error)) return false;
    Pipeline pipeline = workspace_pipeline(workspace);
    int count = MAX(workspace->settings->workers, 1);
    Worker *worker = worker_start(&pipeline, workspace->worker_name, count, &worker_log_events);
    g_printerr("hansard %s works on jobs, %d at a time, as %s; end it with Ctrl-C\n", HANSARD_VERSION, count, workspace->worker_name);
    GThread *upkeep = upkeep_start(workspace);
    wait_for_signal();
    worker_stop(worker);
    g_thread_join(upkeep);
    return true;
}

const Command command_worker = {.name = "worker",
                                .arguments = "",
                                .sentence = "Process jobs of the shared store, beside any number of servers",
                                .example = "hansard worker --workers 2",
                                .run = run};
