/* hansard rm: deletes meetings with their recordings. */
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

static gboolean yes;

static bool confirmed(guint count) {
    char answer[16] = "";
    if (yes) return true;
    if (!isatty(STDIN_FILENO)) return false;
    fprintf(stderr, "Delete %u meeting(s) with recording, transcript and items? This can't be undone. [y/N] ", count);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool remove_one(Workspace *workspace, const char *meeting_id, bool json, GError **error) {
    Pipeline pipeline = workspace_pipeline(workspace);
    return pipeline_delete(&pipeline, workspace->worker_name, meeting_id, error);
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    if (!confirmed(invocation->argument_count))
        return fail(error, ERROR_CANCELLED, "nothing was deleted: confirm with --yes");
    return command_open(invocation, false, &workspace, error) && command_each(invocation, workspace, remove_one, error);
}

static const GOptionEntry options[] = {{"yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "Don't ask", NULL}, {0}};

const Command command_rm = {.name = "rm",
                            .arguments = "ID…",
                            .sentence = "Delete meetings, recording included",
                            .example = "hansard rm --yes meeting-3f0c2f0e-6d0b-4b39-9df1-0c5c6f1f2a11",
                            .arguments_min = 1,
                            .arguments_max = 1000,
                            .options = options,
                            .run = run};
