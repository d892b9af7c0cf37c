/* hansard retry: a failed job again; a server or worker takes it up. */
#include "cli/command.h"

static bool retry_one(Workspace *workspace, const char *meeting_id, bool json, GError **error) {
    g_autoptr(Job) job = NULL;
    if (!jobs_retry(workspace->jobs, meeting_id, &job, error)) return false;
    g_print("%s waits for a worker at: %s\n", job->meeting_id, job_stage_name(job->stage));
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    return command_open(invocation, false, &workspace, error) && command_each(invocation, workspace, retry_one, error);
}

const Command command_retry = {.name = "retry",
                               .arguments = "ID…",
                               .sentence = "Let failed meetings be processed again, from the stage that failed",
                               .example = "hansard retry meeting-3f0c2f0e-6d0b-4b39-9df1-0c5c6f1f2a11",
                               .arguments_min = 1,
                               .arguments_max = 1000,
                               .run = run};
