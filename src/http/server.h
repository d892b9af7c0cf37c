/* The HTTP server of `hansard serve`. */
#pragma once

#include "workspace/workspace.h"

typedef struct Server Server;

/* Listens at the settings' HANSARD_LISTEN and serves from threads of its own. `workspace` and `worker` (NULL: none; woken after
 * an upload) must outlive the server. ERROR_CONFIG: the address is wrong, taken, or beyond loopback without a token or
 * HANSARD_NO_AUTH. */
bool server_start(Workspace *workspace, Worker *worker, Server **server, GError **error);
/* The same at HANSARD_METRICS_LISTEN, for a process that is no server: /metrics, /healthz and /readyz, and nothing else. */
bool server_start_figures(Workspace *workspace, Server **server, GError **error);
guint16 server_port(const Server *server);
/* What server_start() would refuse of the settings, for `hansard doctor`: where to listen, who may come in, TLS, proxies. `*tokens`: how many there
 * are. */
bool server_check(const Workspace *workspace, guint *tokens, GError **error);
/* Whether tokens come to it over the network in the clear: no TLS, and no proxy named that may have it. */
bool server_is_bare(const Server *server);
/* Tells how far a job is, to whoever asks or listens. From any thread. */
void server_job_progress(Server *server, const Job *job);
/* Takes no more requests, ends event streams, waits for the work at hand, closes all connections (an upload that is coming in
 * leaves nothing), frees. */
void server_stop(Server *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_stop)
