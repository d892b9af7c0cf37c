/* What a resource needs of a server, without its connections: over any store, which the server closes. */
#pragma once

#include "http/resources.h"

typedef struct {
    Settings settings;
    Workspace workspace;
    Context context;
} Server;

static inline void server_open(Server *server, Store *store) {
    Workspace *workspace = &server->workspace;
    workspace->clock = clock_system();
    workspace->store = store;
    g_assert_true(catalog_keys_open(store, &workspace->catalog, NULL));
    workspace->meetings = (Meetings){store, workspace->catalog, workspace->clock};
    workspace->jobs = jobs_new(store, workspace->clock);
    workspace->settings = &server->settings;
    server->context.workspace = workspace;
    context_init(&server->context);
}

static inline void server_close(Server *server) {
    context_release(&server->context);
    jobs_free(server->workspace.jobs);
    catalog_close(server->workspace.catalog);
    store_close(server->workspace.store);
}
