/* hansard show: one meeting, or how far its processing is. */
#include "cli/command.h"
#include "cli/terminal.h"
#include "export/export.h"

static bool show_job(Workspace *workspace, const char *meeting_id, bool json, GError **error) {
    g_autoptr(Job) job = NULL;
    if (!jobs_read(workspace->jobs, meeting_id, &job, error)) return false;
    if (json) {
        g_autoptr(json_t) object = job_to_json(job);
        command_print_json(object);
        return true;
    }
    g_autofree char *title = terminal_safe(job->title);
    g_autofree char *message = terminal_safe(job->error_message);
    g_print("%s  %s: %s, %s %d %%\n", job->meeting_id, title, job_state_name(job->state), job_stage_name(job->stage),
            (int)(job->progress * 100));
    if (job->error_message) g_print("%s\n", message);
    if (job->state == JOB_FAILED) g_print("again: hansard retry %s\n", job->meeting_id);
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) bytes = NULL;
    bool json = invocation->json;
    const char *meeting_id = invocation->arguments[0];
    if (!command_open(invocation, false, &workspace, error)) return false;
    if (!meeting_read(&workspace->meetings, meeting_id, &meeting, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND) && show_job(workspace, meeting_id, json, NULL)) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (!export_meeting(meeting, export_format_named(json ? "json" : "md"), &bytes, error)) return false;
    command_print(bytes);
    return true;
}

const Command command_show = {.name = "show",
                              .arguments = "ID",
                              .sentence = "Show a meeting: summary, items with their proof, transcript",
                              .example = "hansard show meeting-3f0c2f0e-6d0b-4b39-9df1-0c5c6f1f2a11 | less",
                              .arguments_min = 1,
                              .arguments_max = 1,
                              .run = run};
