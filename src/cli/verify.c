/* hansard verify: the store against the rules of its format; with --repair, what can be mended is. */
#include "operate/verify.h"

#include <unistd.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/terminal.h"

static gboolean read_all, repair, yes;
static int settled_s = VERIFY_SETTLED_S;

typedef struct {
    bool json;
    GHashTable *always; /* codes that are answered with "all" */
    bool never;         /* "quit": nothing more is asked */
    bool drawn;         /* a progress line stands */
} Talk;

static void clear_progress(Talk *talk) {
    if (talk->drawn) fputs("\r\033[K", stderr);
    talk->drawn = false;
}

static void show_progress(const char *what, guint64 done, gpointer user_data) {
    Talk *talk = user_data;
    if (!isatty(STDERR_FILENO)) return;
    g_autofree char *cell = terminal_cell(what, 60);
    fprintf(stderr, "\r\033[K%s %" G_GUINT64_FORMAT, g_strchomp(cell), done);
    fflush(stderr);
    talk->drawn = true;
}

static void show_finding(const VerifyFinding *finding, gpointer user_data) {
    Talk *talk = user_data;
    clear_progress(talk);
    if (talk->json) {
        g_autoptr(json_t) json = verify_finding_to_json(finding);
        g_autoptr(GBytes) line = json_to_bytes(json, false);
        command_print(line);
        return;
    }
    g_autofree char *key = terminal_safe(finding->key), *found = terminal_safe(finding->found);
    g_print("%-7s  %-18s  %s: %s", verify_severity_name(finding->code->severity), finding->code->name, key, found);
    if (finding->outcome == VERIFY_LEFT) g_print(" (%s)\n", finding->code->advice);
    else g_print(": %s\n", verify_outcome_name(finding->outcome));
}

/* Yes, no, all of this kind, or nothing more. */
static bool ask(const VerifyCode *code, const char *key, gpointer user_data) {
    Talk *talk = user_data;
    char answer[16] = "";
    if (yes || g_hash_table_contains(talk->always, code)) return true;
    if (talk->never || !isatty(STDIN_FILENO)) return false;
    g_autofree char *safe = terminal_safe(key);
    clear_progress(talk);
    fprintf(stderr, "%s %s\n  %s. Do it? [y]es, [N]o, [a]ll of this kind, [q]uit asking: ", code->name, safe, code->advice);
    if (!fgets(answer, sizeof answer, stdin)) return false;
    talk->never = g_ascii_tolower(answer[0]) == 'q';
    if (g_ascii_tolower(answer[0]) == 'a') g_hash_table_add(talk->always, (gpointer)code);
    return g_ascii_tolower(answer[0]) == 'y' || g_ascii_tolower(answer[0]) == 'a';
}

static void print_summary(const VerifySummary *summary, bool json) {
    if (json) {
        g_autoptr(json_t) counts = verify_summary_to_json(summary);
        g_autoptr(json_t) object = json_pack("{s:O}", "summary", counts);
        g_autoptr(GBytes) line = json_to_bytes(object, false);
        command_print(line);
        return;
    }
    g_autofree char *size = g_format_size(summary->bytes_read);
    g_print("%" G_GUINT64_FORMAT " meetings, %" G_GUINT64_FORMAT " recordings, %" G_GUINT64_FORMAT " jobs looked at (%" G_GUINT64_FORMAT
            " meetings are being worked on), %s read: %" G_GUINT64_FORMAT " faults, %" G_GUINT64_FORMAT " warnings, %" G_GUINT64_FORMAT
            " derived; %" G_GUINT64_FORMAT " mended, %" G_GUINT64_FORMAT " queued, %" G_GUINT64_FORMAT " left\n",
            summary->meetings, summary->recordings, summary->jobs, summary->busy, size, summary->found[VERIFY_FAULT], summary->found[VERIFY_WARNING],
            summary->found[VERIFY_DERIVED], summary->mended, summary->queued, summary->left);
}

static bool verify_workspace(Workspace *workspace, bool json, GError **error) {
    g_autoptr(GHashTable) always = g_hash_table_new(NULL, NULL);
    Talk talk = {.json = json, .always = always};
    VerifySummary summary = {0};
    VerifyOptions options = {.pipeline = workspace_pipeline(workspace),
                             .worker = workspace->worker_name,
                             .read = read_all,
                             .repair = repair,
                             .settled_ms = (gint64)settled_s * 1000,
                             .cancel = command_cancellable(),
                             .report = show_finding,
                             .confirm = ask,
                             .progress = show_progress,
                             .user_data = &talk};
    bool done = verify(&options, &summary, error);
    clear_progress(&talk);
    if (!done) return false;
    print_summary(&summary, json);
    return summary.left == 0 || fail(error, ERROR_CORRUPT, "%" G_GUINT64_FORMAT " %s left: what to do is said with each", summary.left,
                                     summary.left == 1 ? "finding is" : "findings are");
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    bool json = invocation->json;
    if (settled_s < 0 || settled_s > VERIFY_SETTLED_S_MAX)
        return fail(error, ERROR_INVALID, "--settled must be 0 to %d seconds", VERIFY_SETTLED_S_MAX);
    if (yes && !repair) return fail(error, ERROR_INVALID, "--yes answers what --repair asks: give both");
    command_cancellable();
    return command_open(invocation, false, &workspace, error) && verify_workspace(workspace, json, error);
}

static const GOptionEntry options[] = {
    {"read", 0, 0, G_OPTION_ARG_NONE, &read_all, "Read every byte, recordings too, against its SHA-256", NULL},
    {"repair", 0, 0, G_OPTION_ARG_NONE, &repair, "Mend what can be mended; without it nothing is written", NULL},
    {"yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "Don't ask before anything is taken from its place or made anew", NULL},
    {"settled", 0, 0, G_OPTION_ARG_INT, &settled_s, "Leave alone what was written less than so many seconds ago (600)", "SECONDS"},
    {0}};

const Command command_verify = {.name = "verify",
                                .arguments = "",
                                .sentence = "Check the whole store, every byte with --read; mend what can be with --repair",
                                .example = "hansard verify --read",
                                .options = options,
                                .run = run};
