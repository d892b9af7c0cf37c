/* Every process may do this at the same time as any other: each step is decided by the store. */
#include "cli/upkeep.h"

#include "cli/command.h"
#include "ingest/transfer.h"

#define UPKEEP_S 3600

/* A trouble that lasts is told once. */
static void sweep_uploads(const Workspace *workspace, GCancellable *stop, char **told) {
    g_autoptr(GError) problem = NULL;
    guint swept = 0;
    bool done = transfers_sweep(&workspace->meetings, workspace->jobs, stop, &swept, &problem);
    if (error_is(problem, ERROR_CANCELLED)) return;
    if (!done && g_strcmp0(*told, problem->message) != 0) g_printerr("uploads that were left behind can't be cleared: %s\n", problem->message);
    g_free(*told);
    *told = done ? NULL : g_strdup(problem->message);
}

static gpointer upkeep(gpointer user_data) {
    GCancellable *stop = command_cancellable();
    g_autofree char *told = NULL;
    GPollFD wake = {0};
    bool pollable = g_cancellable_make_pollfd(stop, &wake);
    while (!g_cancellable_is_cancelled(stop)) {
        sweep_uploads(user_data, stop, &told);
        g_poll(&wake, pollable ? 1 : 0, UPKEEP_S * 1000);
    }
    if (pollable) g_cancellable_release_fd(stop);
    return NULL;
}

GThread *upkeep_start(Workspace *workspace) { return g_thread_new("upkeep", upkeep, workspace); }
