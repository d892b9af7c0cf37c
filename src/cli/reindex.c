/* hansard reindex: the list and the search index, rebuilt from the meetings themselves. */
#include "operate/reindex.h"

#include <unistd.h>

#include "cli/command.h"

static bool show_progress(const ReindexResult *so_far, gpointer user_data, GError **error) {
    if (g_cancellable_is_cancelled(command_cancellable())) return fail(error, ERROR_CANCELLED, "stopped; run it again to go on");
    if (isatty(STDERR_FILENO) && so_far->meetings % 100 == 0) fprintf(stderr, "\r%u meetings", so_far->meetings);
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    ReindexResult result = {0};
    bool json = invocation->json;
    command_cancellable();
    if (!command_open(invocation, false, &workspace, error) ||
        !reindex(&workspace->meetings, workspace->search, show_progress, NULL, &result, error))
        return false;
    if (json) {
        g_autoptr(json_t) object = json_pack("{s:i, s:i, s:i}", "meetings", (int)result.meetings, "removed", (int)result.removed,
                                             "damaged", (int)result.damaged);
        command_print_json(object);
        return true;
    }
    g_print("%s%u meetings listed, %u stale entries removed, %u damaged records left alone\n", isatty(STDERR_FILENO) ? "\r" : "",
            result.meetings, result.removed, result.damaged);
    return true;
}

const Command command_reindex = {.name = "reindex",
                                 .arguments = "",
                                 .sentence = "Rebuild the list and the search index from the meetings themselves",
                                 .example = "hansard reindex",
                                 .run = run};
