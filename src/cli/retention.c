/* hansard retention: what HANSARD_RETENTION says is due, and, with --apply, its removal. */
#include "operate/retention.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/worker.h"

static gboolean apply;

typedef struct {
    Workspace *workspace;
    json_t *list; /* NULL: for people */
} Telling;

static const char *outcome_of(const RetentionDue *due, const GError *problem) {
    return problem ? "failed" : due->held ? "held" : apply ? "removed" : "due";
}

static void tell(const RetentionDue *due, const GError *problem, gpointer user_data) {
    Telling *telling = user_data;
    const char *what = due->rule ? retention_scope_name(due->rule->scope) : "", *outcome = outcome_of(due, problem);
    g_autofree char *time = time_format(MAX(0, due->timestamp_ms)), *title = terminal_safe(due->title),
                    *why = terminal_safe(problem ? problem->message : "");
    if (apply && !problem && !due->held) worker_tell_retention(due, problem, telling->workspace);
    if (telling->list)
        json_array_append_new(telling->list,
                              json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "meeting_id", due->meeting_id, "outcome", outcome, "what", what,
                                        "timestamp", time, "title", json_text(due->title), "rule", json_text(due->rule ? due->rule->text : NULL),
                                        "error", json_text(problem ? problem->message : NULL)));
    else g_print("%-8s %-9s %.10s  %s  %s%s%s\n", outcome, what, time, due->meeting_id, title, problem ? ": " : "", why);
}

static void print_text(const Workspace *workspace, const RetentionResult *result, const char *note) {
    const guint *due = result->due;
    g_print("%u of %u meetings %s %s, and the recordings of %u more.\n", due[RETENTION_ALL], result->meetings, due[RETENTION_ALL] == 1 ? "is" : "are",
            apply ? "removed" : "due", due[RETENTION_RECORDING]);
    if (result->held > 0) g_print("%u held by the tag %s.\n", result->held, workspace->settings->hold_tag);
    if (note) g_print("%s\n", note);
    if (!apply && due[RETENTION_ALL] + due[RETENTION_RECORDING] > 0)
        g_print("Nothing was changed: `hansard retention --apply` removes them; with HANSARD_RETENTION_APPLY=true a server does it daily.\n");
}

static void print_json(json_t *list, const RetentionResult *result, const char *note) {
    g_autoptr(json_t) object = json_pack("{s:b, s:i, s:i, s:i, s:i, s:i, s:o, s:O}", "applied", apply, "looked_at", (int)result->meetings, "all",
                                         (int)result->due[RETENTION_ALL], "recordings", (int)result->due[RETENTION_RECORDING], "held",
                                         (int)result->held, "failed", (int)result->failed, "versions", json_text(note), "meetings", list);
    command_print_json(object);
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(json_t) list = invocation->json ? json_array() : NULL;
    RetentionResult result;
    if (!invocation->settings->retention)
        return fail(error, ERROR_CONFIG,
                    "HANSARD_RETENTION is not set, so that all is kept; write for example HANSARD_RETENTION=\"recording 365; all 3650\"");
    if (!command_open(invocation, false, &workspace, error)) return false;
    Telling telling = {workspace, list};
    Pipeline pipeline = workspace_pipeline(workspace);
    RetentionOptions options = {.pipeline = &pipeline, .settings = workspace->settings, .worker = workspace->worker_name, .apply = apply,
                                .cancel = command_cancellable(), .told = tell, .user_data = &telling};
    if (!retention_run(&options, &result, error)) return false;
    g_autofree char *note = retention_versions_note(workspace->store, workspace->settings);
    if (list) print_json(list, &result, note);
    else print_text(workspace, &result, note);
    return result.failed == 0 || fail(error, ERROR_UNAVAILABLE, "%u of the meetings could not be done: run it again to go on", result.failed);
}

static const GOptionEntry options[] = {{"apply", 0, 0, G_OPTION_ARG_NONE, &apply, "Remove what is due; without it nothing is changed", NULL}, {0}};

const Command command_retention = {.name = "retention",
                                   .arguments = "",
                                   .sentence = "Show what is due to be removed by HANSARD_RETENTION, and remove it with --apply",
                                   .example = "hansard retention --retention 'recording 365; all 3650'",
                                   .options = options,
                                   .run = run};
