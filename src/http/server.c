/* libmicrohttpd's life cycle: socket, threads, limits. A slow client costs a socket and its connection's memory, never a
 * thread: one that drips is cut, and the slowest where there are too many (connections.h). */
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/connections.h"
#include "http/exchange.h"
#include "http/resources.h"
#include "http/tls_keeper.h"

#define CONNECTION_MEMORY_BYTES (32 * KIB) /* request line, headers and the body's piece at hand */
#define SOCKET_THREADS 2
#define LISTEN_BACKLOG 1024
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

struct Server {
    Context context;
    struct MHD_Daemon *daemon;
    TlsKeeper *tls; /* NULL: connections are in the clear */
    guint16 port;
};

void context_report(const char *what, const GError *error) {
    g_autofree char *line = g_strdup_printf("%s: %s (%s)", what, error->message, error_kind(error)->name);
    log_event(LOG_WARNING, "trouble", line, "what", what, "code", error_kind(error)->name, "message", error->message, NULL);
}

/* A socket of our own: its errors can be told, and its port is known when any free one was asked for. */
static bool open_socket(const Listen *place, const char *listen, int *socket_fd, guint16 *port, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(GSocket) socket = g_socket_new(g_socket_address_get_family(place->address), G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP, &problem);
    if (socket) g_socket_set_listen_backlog(socket, LISTEN_BACKLOG);
    if (!socket || !g_socket_bind(socket, place->address, TRUE, &problem) || !g_socket_listen(socket, &problem))
        return fail(error, ERROR_CONFIG, "%s=%s can't be listened on: %s", listen_setting(place), listen, problem->message);
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(socket, &problem);
    int copy = bound ? fcntl(g_socket_get_fd(socket), F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0)
        return fail(error, ERROR_IO, "the server's socket can't be used: %s", problem ? problem->message : g_strerror(errno));
    *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    *socket_fd = copy;
    return true;
}

static const char *listen_text(const Context *context) {
    const Settings *settings = context->workspace->settings;
    return context->figures_only ? settings->metrics_listen : settings->listen;
}

static bool start_daemon(Server *server, const Settings *settings, GError **error) {
    int socket_fd = -1;
    if (!tls_keeper_open(settings, context_report, &server->tls, error)) return false;
    if (server->tls && MHD_is_feature_supported(MHD_FEATURE_HTTPS_CERT_CALLBACK) != MHD_YES)
        return fail(error, ERROR_CONFIG, "HANSARD_TLS_CERT: the libmicrohttpd of this machine speaks no TLS; put a proxy in front");
    server->context.tls = server->tls != NULL;
    struct MHD_OptionItem tls_options[] = {{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(gintptr)tls_keeper_retrieve},
                                           {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(gpointer)TLS_PRIORITIES},
                                           {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem *more = server->tls ? tls_options : tls_options + G_N_ELEMENTS(tls_options) - 1;
    if (!open_socket(&server->context.place, listen_text(&server->context), &socket_fd, &server->port, error)) return false;
    Context *context = &server->context;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (server->tls ? MHD_USE_TLS : 0), 0, NULL, NULL, exchange_continue, context,
        MHD_OPTION_LISTEN_SOCKET, socket_fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)SOCKET_THREADS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, connections_most(context->connections),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, connections_most_of_address(context->connections), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)CONNECTION_IDLE_S, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, context,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_end, context, MHD_OPTION_NOTIFY_CONNECTION, connections_notify, context->connections,
        MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (server->daemon) return true;
    close(socket_fd);
    return fail(error, ERROR_IO, "the HTTP server can't start: %s", g_strerror(errno));
}

void context_init(Context *context) {
    g_mutex_init(&context->job_counts.lock);
    context->lists = list_cache_new();
    context->views = view_cache_new();
    g_mutex_init(&context->fallback.lock);
    g_mutex_init(&context->readiness.lock);
}

void context_release(Context *context) {
    g_mutex_clear(&context->job_counts.lock);
    g_mutex_clear(&context->fallback.lock);
    g_mutex_clear(&context->readiness.lock);
    g_clear_pointer(&context->fallback.problem, g_free);
    g_clear_pointer(&context->lists, list_cache_free);
    g_clear_pointer(&context->views, view_cache_free);
}

static void context_clear(Context *context) {
    cost_keeper_free(context->cost);
    event_hub_free(context->hub);
    tasks_free(context->tasks);
    progress_free(context->progress);
    audit_free(context->audit);
    gate_free(context->gate);
    rate_free(context->rate);
    rate_free(context->failures);
    proxies_free(context->proxies);
    context_release(context);
    listen_clear(&context->place);
}

/* Beyond this machine nobody is let in without a token, unless that is said outright. */
static bool check_open(const Workspace *workspace, const Listen *place, const char *listen, GError **error) {
    g_autoptr(GError) problem = NULL;
    bool any = false;
    if (!place->beyond || place->open) return true;
    if (!tokens_any(workspace->store, &any, &problem)) {
        if (error_kind(problem)->retryable) return true; /* the gate is shut until the store answers */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return any || fail(error, ERROR_CONFIG,
                       "%s=%s would let other machines in, and there is no token yet: make one with `hansard token create --scopes "
                       "admin`, or listen on 127.0.0.1, or say with HANSARD_NO_AUTH=1 that whoever reaches the server may do everything",
                       listen_setting(place), listen);
}

bool server_check(const Workspace *workspace, guint *tokens, GError **error) {
    const Settings *settings = workspace->settings;
    g_auto(Listen) place = {0};
    g_auto(Tls) tls = {0};
    g_autoptr(Proxies) proxies = NULL;
    g_autoptr(GPtrArray) list = NULL;
    guint unreadable = 0;
    *tokens = 0;
    if (!listen_parse(settings->listen, settings->no_auth, &place, error) || !proxies_parse(settings->trusted_proxies, &proxies, error) ||
        !tls_load(settings, &tls, error) || !check_open(workspace, &place, settings->listen, error) || !tokens_list(workspace->store, &list, &unreadable, error))
        return false;
    *tokens = list->len;
    return unreadable == 0 ||
           fail(error, ERROR_CORRUPT, "%u objects under hansard/tokens/ are no tokens: they let nobody in; remove them", unreadable);
}

static void open_gate(Context *context, const Settings *settings) {
    Workspace *workspace = context->workspace;
    context->gate = gate_new(workspace->store, workspace->clock, context->place.open, context->place.beyond);
    context->audit = audit_new(workspace->store, workspace->clock, workspace->worker_name, context_report);
    context->failures = rate_new(1.0 / SIGN_IN_FAILURE_S, SIGN_IN_FAILURES_MAX, RATE_CLIENTS_MAX);
    if (settings->rate_limit > 0) context->rate = rate_new(settings->rate_limit, (double)settings->rate_limit * RATE_BURST_S, RATE_CLIENTS_MAX);
}

static bool start(Workspace *workspace, Worker *worker, bool figures_only, Server **server, GError **error) {
    const Settings *settings = workspace->settings;
    Server *started = g_new0(Server, 1);
    Context *context = &started->context;
    context->workspace = workspace;
    context->worker = worker;
    context->figures_only = figures_only;
    if (figures_only) context->place.setting = "HANSARD_METRICS_LISTEN";
    if (!listen_parse(listen_text(context), settings->no_auth, &context->place, error) ||
        !proxies_parse(settings->trusted_proxies, &context->proxies, error) || !check_open(workspace, &context->place, listen_text(context), error)) {
        proxies_free(context->proxies);
        listen_clear(&context->place);
        g_free(started);
        return false;
    }
    open_gate(context, settings);
    context->connections = connections_new();
    context_init(context);
    context->progress = progress_new(workspace->clock);
    context->tasks = tasks_new();
    context->cost = cost_keeper_new(workspace->store, workspace_uses_table(settings) ? workspace->catalog : NULL, settings, workspace->clock,
                                    workspace_uses_bucket(settings) ? COST_AGE_BUCKET_MS : COST_AGE_DISK_MS);
    context->hub = event_hub_new(meeting_event_state, context);
    if (!start_daemon(started, settings, error)) {
        server_stop(started);
        return false;
    }
    *server = started;
    return true;
}

bool server_start(Workspace *workspace, Worker *worker, Server **server, GError **error) { return start(workspace, worker, false, server, error); }

bool server_start_figures(Workspace *workspace, Server **server, GError **error) { return start(workspace, NULL, true, server, error); }

guint16 server_port(const Server *server) { return server->port; }

bool server_is_bare(const Server *server) {
    const Context *context = &server->context;
    return context->place.beyond && !context->place.open && !context->tls && !context->workspace->settings->trusted_proxies;
}

void server_job_progress(Server *server, const Job *job) { progress_put(server->context.progress, job); }

void server_stop(Server *server) {
    if (!server) return;
    Context *context = &server->context;
    if (server->daemon) {
        MHD_socket listening = MHD_quiesce_daemon(server->daemon);
        if (listening != MHD_INVALID_SOCKET) close(listening);
    }
    /* A connection must not be suspended when the daemon stops: its streams end and its tasks come to their end first. */
    event_hub_stop(context->hub);
    tasks_drain(context->tasks);
    if (server->daemon) MHD_stop_daemon(server->daemon);
    tls_keeper_close(server->tls);
    connections_free(context->connections);
    context_clear(context);
    g_free(server);
}
