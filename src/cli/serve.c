/* hansard serve: the page and the API, with workers beside them. */
#include <string.h>

#include "cli/command.h"
#include "cli/worker.h"
#include "http/server.h"

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
        worker = worker_start(&pipeline, workspace->worker_name, workspace->settings->workers, workspace_poll_ms(workspace), &events);
    if (!server_start(workspace, worker, &server, error)) return false;
    connect_server(&link, server);
    /* Port 0 asks for any free one: the line says which. */
    const char *listen = workspace->settings->listen, *colon = strrchr(listen, ':'), *copies = workspace_copy_folder(workspace);
    g_printerr("hansard %s serves %s://%.*s:%u/ from %s; end it with Ctrl-C\n", HANSARD_VERSION,
               workspace->settings->tls_cert ? "https" : "http", (int)(colon - listen), listen,
               server_port(server), workspace->place);
    if (copies) g_printerr("a copy of each recording is kept under %s/ (SKIP_LOCAL_STORAGE=false)\n", copies);
    if (server_is_bare(server))
        g_printerr("tokens come in the clear: set HANSARD_TLS_CERT and HANSARD_TLS_KEY, or put a proxy in front and name it in "
                   "HANSARD_TRUSTED_PROXIES\n");
    RetentionOptions retention = {.pipeline = &pipeline,
                                  .settings = workspace->settings,
                                  .worker = workspace->worker_name,
                                  .told = worker_tell_retention,
                                  .user_data = workspace};
    bool removes = workspace->settings->retention && workspace->settings->retention_apply;
    Watch *watch = worker_watch(workspace, worker, workspace->search, removes ? &retention : NULL);
    wait_for_signal();
    watch_stop(watch);
    connect_server(&link, NULL);
    server_stop(server);
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(GPtrArray) rules = NULL;
    command_cancellable();
    worker_begin_log(invocation->settings);
    return retention_parse(invocation->settings->retention, &rules, error) &&
           command_open(invocation, invocation->settings->workers > 0, &workspace, error) && worker_check_store(workspace, error) &&
           serve(workspace, error);
}

const Command command_serve = {.name = "serve",
                               .arguments = "",
                               .sentence = "Serve the page and the API, and process what comes in",
                               .example = "hansard serve --listen 127.0.0.1:8080",
                               .run = run};
