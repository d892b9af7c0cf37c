/* hansard setup: what the services that the settings name must have, what of it is there, and, with --apply, the rest made. */
#include "operate/setup.h"

#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "operate/policy.h"

static gboolean apply, table_recovery, policy_wanted;
static char *origin, *policy_for;

static void show_progress(const char *what, gpointer user_data) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K%s", what);
}

static void end_progress(void) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
}

static json_t *step_to_json(const SetupStep *step) {
    return json_pack("{s:o, s:o, s:s, s:b, s:o}", "what", json_text(step->what), "why", json_text(step->why), "state", setup_state_name(step->state),
                     "can_apply", step->apply != NULL, "remedy", json_text(step->remedy));
}

static void print_json(const GPtrArray *steps, guint changes) {
    g_autoptr(json_t) list = json_array();
    for (guint i = 0; i < steps->len; i++) json_array_append_new(list, step_to_json(g_ptr_array_index(steps, i)));
    g_autoptr(json_t) object = json_pack("{s:b, s:i, s:O}", "applied", apply, "changes", (int)changes, "steps", list);
    command_print_json(object);
}

/* What is left to be done, and by whom. */
static void print_rest(const GPtrArray *steps) {
    guint ours = 0, theirs = 0;
    for (guint i = 0; i < steps->len; i++) {
        const SetupStep *step = g_ptr_array_index(steps, i);
        if (step->state == SETUP_PRESENT) continue;
        if (step->apply) ours++;
        else theirs++;
    }
    if (steps->len == 0) g_print("Nothing to set up: meetings and lists stand in the store alone.\n");
    else if (ours > 0) g_print("Nothing was changed: `hansard setup --apply` makes what is missing.\n");
    else if (theirs == 0) g_print("All is there.\n");
    if (theirs > 0) g_print("%u to be mended by hand, as said above.\n", theirs);
}

static void print_text(const GPtrArray *steps, guint changes) {
    for (guint i = 0; i < steps->len; i++) {
        const SetupStep *step = g_ptr_array_index(steps, i);
        g_print("%-9s  %s: %s\n", setup_state_name(step->state), step->what, step->why);
        if (step->remedy) g_print("           %s\n", step->remedy);
    }
    if (changes > 0) g_print("%u made.\n", changes);
    print_rest(steps);
}

/* With --apply the plan is made once more after it: what is printed is what was found, not what was meant. */
static bool run_plan(const SetupContext *context, bool json, GError **error) {
    g_autoptr(GPtrArray) steps = NULL;
    guint changes = 0;
    if (!setup_plan(context, &steps, error)) return false;
    if (apply) {
        bool done = setup_apply(context, steps, &changes, error);
        end_progress();
        g_clear_pointer(&steps, g_ptr_array_unref);
        if (!done || !setup_plan(context, &steps, error)) return false;
    }
    if (json) print_json(steps, changes);
    else print_text(steps, changes);
    return true;
}

static gboolean parse_policy(const char *option, const char *value, gpointer unused, GError **error) {
    policy_wanted = TRUE;
    g_free(policy_for);
    policy_for = g_strdup(value ? value : "server");
    return TRUE;
}

static bool print_policy(const Settings *settings, GError **error) {
    g_autoptr(json_t) policy = NULL;
    bool for_setup = strcmp(policy_for, "setup") == 0;
    if (!for_setup && strcmp(policy_for, "server") != 0)
        return fail(error, ERROR_INVALID, "--policy is for a server (--policy) or for setup (--policy=setup)");
    PolicyOptions what = {for_setup ? POLICY_SETUP : POLICY_SERVER, workspace_uses_table(settings), table_recovery};
    if (!policy_of(settings, &what, &policy, error)) return false;
    command_print_json(policy);
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    if (policy_wanted) return print_policy(invocation->settings, error);
    g_autoptr(Workspace) workspace = NULL;
    bool json = invocation->json;
    guint lacking = 0;
    if (!command_open(invocation, false, &workspace, error)) return false;
    SetupContext context = command_setup_context(workspace, &lacking);
    if (origin) context.origin = origin;
    context.table_recovery = table_recovery;
    context.progress = show_progress;
    return run_plan(&context, json, error);
}

static const GOptionEntry options[] = {
    {"apply", 0, 0, G_OPTION_ARG_NONE, &apply, "Make what is missing; without it nothing is changed", NULL},
    {"origin", 0, 0, G_OPTION_ARG_STRING, &origin, "Address of the page that sends to the bucket and plays from it; any, without this", "URL"},
    {"table-recovery", 0, 0, G_OPTION_ARG_NONE, &table_recovery, "Want point-in-time recovery of the DynamoDB table, too (it costs; rows can be remade)", NULL},
    {"policy", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, parse_policy,
     "Print the least IAM policy for the settings, and nothing else: that of a server, or with =setup that of this command", "FOR"},
    {0}};

const Command command_setup = {.name = "setup",
                               .arguments = "",
                               .sentence = "Show what the bucket and table of the settings lack, and make it with --apply",
                               .example = "hansard setup --apply",
                               .options = options,
                               .run = run};
