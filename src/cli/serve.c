/* hansard serve: the page and the API, with workers beside them. */
#include <string.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/upkeep.h"
#include "cli/worker.h"
#include "http/server.h"

#define REFRESH_NEWEST_S 60
#define REFRESH_ALL_S 3600

/* The workers tell the server how far their jobs are, while there is a server. */
typedef struct {
    GMutex mutex;
    Server *server;
} Link;

static void tell_progress(const Job *job, gpointer user_data) {
    Link *link = user_data;
    g_mutex_lock(&link->mutex);
    if (link->server) server_job_progress(link->server, job);
    g_mutex_unlock(&link->mutex);
}

static void connect_server(Link *link, Server *server) {
    g_mutex_lock(&link->mutex);
    link->server = server;
    g_mutex_unlock(&link->mutex);
}

/* A trouble that lasts is told once. */
static void refresh_search_once(Search *search, guint rows_max, GCancellable *stop, char **told) {
    g_autoptr(GError) problem = NULL;
    bool done = search_refresh(search, rows_max, stop, NULL, &problem);
    if (error_is(problem, ERROR_CANCELLED)) return;
    if (!done && g_strcmp0(*told, problem->message) != 0)
        g_printerr("the search index can't be brought up to date: %s\n", problem->message);
    g_free(*told);
    *told = done ? NULL : g_strdup(problem->message);
}

/* What other processes commit and delete, or did while this one was down, is brought into the search index, until the program
 * is told to end: all of it at first and every REFRESH_ALL_S, the newest meetings every REFRESH_NEWEST_S. */
static gpointer refresh_search(gpointer user_data) {
    const Workspace *workspace = user_data;
    GCancellable *stop = command_cancellable();
    g_autofree char *told = NULL;
    GPollFD wake = {0};
    bool pollable = g_cancellable_make_pollfd(stop, &wake);
    for (guint turn = 0; !g_cancellable_is_cancelled(stop); turn++) {
        bool all = turn % (REFRESH_ALL_S / REFRESH_NEWEST_S) == 0;
        refresh_search_once(workspace->search, all ? 0 : PAGE_LIMIT_MAX, stop, &told);
        g_poll(&wake, pollable ? 1 : 0, REFRESH_NEWEST_S * 1000);
    }
    if (pollable) g_cancellable_release_fd(stop);
    return NULL;
}

static bool serve(Workspace *workspace, GError **error) {
    Link link = {0};
    Pipeline pipeline = workspace_pipeline(workspace);
    WorkerEvents events = worker_log_events;
    g_autoptr(Worker) worker = NULL;
    Server *server = NULL;
    events.progress = tell_progress;
    events.user_data = &link;
    g_mutex_init(&link.mutex);
    if (workspace->settings->workers > 0)
        worker = worker_start(&pipeline, workspace->worker_name, workspace->settings->workers, &events);
    if (!server_start(workspace, worker, &server, error)) return false;
    connect_server(&link, server);
    /* Port 0 asks for any free one: the line says which. */
    const char *listen = workspace->settings->listen, *colon = strrchr(listen, ':'), *copies = workspace_copy_folder(workspace);
    g_printerr("hansard %s serves http://%.*s:%u/ from %s; end it with Ctrl-C\n", HANSARD_VERSION, (int)(colon - listen), listen,
               server_port(server), workspace->settings->data_dir);
    if (copies) g_printerr("a copy of each recording is kept under %s/ (SKIP_LOCAL_STORAGE=false)\n", copies);
    GThread *refresh = g_thread_new("refresh", refresh_search, workspace), *upkeep = upkeep_start(workspace);
    wait_for_signal();
    connect_server(&link, NULL);
    server_stop(server);
    g_thread_join(refresh);
    g_thread_join(upkeep);
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    command_cancellable();
    return command_open(invocation, invocation->settings->workers > 0, &workspace, error) && serve(workspace, error);
}

const Command command_serve = {.name = "serve",
                               .arguments = "",
                               .sentence = "Serve the page and the API, and process what comes in",
                               .example = "hansard serve --listen 127.0.0.1:8080",
                               .run = run};
