/* hansard doctor: tries everything that the settings name, and says of each whether it works and what to do where not. */
#include "operate/doctor.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "http/server.h"

static void print_text(const GPtrArray *findings) {
    for (guint i = 0; i < findings->len; i++) {
        const DoctorFinding *finding = g_ptr_array_index(findings, i);
        g_autofree char *what = terminal_safe(finding->what), *found = terminal_safe(finding->found);
        g_print("%-7s  %s: %s\n", doctor_state_name(finding->state), what, found);
    }
}

static void print_json(const GPtrArray *findings) {
    g_autoptr(json_t) list = json_array();
    for (guint i = 0; i < findings->len; i++) {
        const DoctorFinding *finding = g_ptr_array_index(findings, i);
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "state", doctor_state_name(finding->state), "what", json_text(finding->what), "found",
                                              json_text(finding->found)));
    }
    g_autoptr(json_t) object = json_pack("{s:i, s:i, s:O}", "faults", (int)doctor_count(findings, DOCTOR_FAULT), "warnings",
                                         (int)doctor_count(findings, DOCTOR_WARNING), "findings", list);
    command_print_json(object);
}

static void examine_model(Workspace *workspace, GPtrArray *findings) {
    GError *problem = NULL;
    if (workspace_open_pipeline(workspace, &problem)) transcriber_probe(workspace->transcriber, &problem);
    g_autofree char *found = g_strdup_printf("HANSARD_TRANSCRIBER=%s is ready", workspace->settings->transcriber);
    doctor_add_result(findings, "speech to text", found, problem);
}

static void examine_access(const Workspace *workspace, GPtrArray *findings) {
    GError *problem = NULL;
    guint tokens = 0;
    bool works = server_check(workspace, &tokens, &problem);
    if (!works) doctor_add_result(findings, "access", NULL, problem);
    else if (workspace->settings->no_auth)
        doctor_add(findings, DOCTOR_WARNING, "access", "HANSARD_NO_AUTH=1: whoever reaches the server may read and write everything");
    else if (tokens == 0) doctor_add(findings, DOCTOR_OK, "access", "this machine alone, without a token; `hansard token create` makes one");
    else doctor_add(findings, DOCTOR_OK, "access", "%u %s", tokens, tokens == 1 ? "token was made" : "tokens were made");
}

static void examine(Invocation *invocation, GPtrArray *findings) {
    g_autoptr(Workspace) workspace = NULL;
    GError *problem = NULL;
    guint lacking = 0;
    if (!command_open(invocation, false, &workspace, &problem)) {
        doctor_add_result(findings, "settings", NULL, problem);
        return;
    }
    examine_model(workspace, findings);
    examine_access(workspace, findings);
    SetupContext context = command_setup_context(workspace, &lacking);
    doctor_examine(&context, workspace->place, findings);
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(GPtrArray) findings = doctor_findings_new();
    bool json = invocation->json;
    examine(invocation, findings);
    if (json) print_json(findings);
    else print_text(findings);
    guint faults = doctor_count(findings, DOCTOR_FAULT);
    return faults == 0 || fail(error, ERROR_UNAVAILABLE, "%u %s found: what to do is said there", faults, faults == 1 ? "fault was" : "faults were");
}

const Command command_doctor = {.name = "doctor",
                                .arguments = "",
                                .sentence = "Try everything that the settings name, and say what to do where it fails",
                                .example = "hansard doctor",
                                .run = run};
