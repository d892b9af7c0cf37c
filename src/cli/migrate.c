/* hansard migrate: brings meetings into the workspace, from another store or a folder of files. */
#include "operate/migrate.h"

#include <unistd.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "workspace/source.h"

static gboolean dry_run, damaged, with_access, remove_source, yes;
static char **from;

static void show_progress(guint64 meetings, guint64 done_bytes, guint64 all_bytes, gint64 left_ms, gpointer user_data) {
    if (!isatty(STDERR_FILENO)) return;
    g_autofree char *label = g_strdup_printf("%" G_GUINT64_FORMAT " brought", meetings);
    terminal_progress(label, all_bytes > 0 ? (double)done_bytes / (double)all_bytes : 0, left_ms);
}

static void show_report(const MigrateReport *report, gpointer user_data) {
    const bool *json = user_data;
    terminal_progress_clear();
    if (*json) {
        g_autoptr(json_t) object = migrate_report_to_json(report);
        g_autoptr(GBytes) line = json_to_bytes(object, false);
        command_print(line);
        return;
    }
    if (!report->reason) return; /* those are counted */
    g_autofree char *name = terminal_safe(report->name), *reason = terminal_safe(report->reason);
    g_print("%-7s  %s %s: %s\n", migrate_outcome_name(report->outcome), migrate_kind_name(report->kind), name, reason);
}

static void print_line(const MigrateSummary *summary, MigrateKind kind, const char *what) {
    const guint64 *count = summary->count[kind];
    if (count[MIGRATE_COPIED] + count[MIGRATE_PLANNED] + count[MIGRATE_THERE] + count[MIGRATE_LEFT] == 0 && kind != MIGRATE_MEETING) return;
    g_print("%s: %" G_GUINT64_FORMAT " %s, %" G_GUINT64_FORMAT " there already, %" G_GUINT64_FORMAT " left\n", what,
            count[dry_run ? MIGRATE_PLANNED : MIGRATE_COPIED], dry_run ? "to bring" : "brought", count[MIGRATE_THERE], count[MIGRATE_LEFT]);
}

static void print_text(const MigrateSummary *summary, bool folder) {
    g_autofree char *size = g_format_size(summary->bytes), *proved = g_format_size(summary->bytes_proved);
    if (folder) {
        print_line(summary, MIGRATE_FILE, "files");
    } else {
        print_line(summary, MIGRATE_MEETING, "meetings");
        print_line(summary, MIGRATE_WORK, "meetings in work");
        print_line(summary, MIGRATE_RECORDING, "recordings without a meeting");
        print_line(summary, MIGRATE_OTHER, "other objects");
    }
    if (dry_run) g_print("%s to copy; nothing was written\n", size);
    else g_print("%" G_GUINT64_FORMAT " objects, %s copied; %s read back and proved\n", summary->objects, size, proved);
    if (summary->removed > 0) g_print("%" G_GUINT64_FORMAT " removed from the source\n", summary->removed);
    if (summary->inbox + summary->uploads > 0)
        g_print("not brought: %" G_GUINT64_FORMAT " in the inbox and %" G_GUINT64_FORMAT " still coming in; a server on the source takes them in\n",
                summary->inbox, summary->uploads);
    if (folder && summary->count[MIGRATE_FILE][MIGRATE_COPIED] > 0) g_print("`hansard serve` or `hansard worker` makes meetings of them\n");
}

static void print_summary(const MigrateSummary *summary, bool folder, bool json) {
    if (!json) {
        print_text(summary, folder);
        return;
    }
    g_autoptr(json_t) counts = migrate_summary_to_json(summary);
    g_autoptr(json_t) object = json_pack("{s:b, s:O}", "dry_run", dry_run, "summary", counts);
    g_autoptr(GBytes) line = json_to_bytes(object, false);
    command_print(line);
}

static bool bring(Workspace *workspace, const Source *source, bool json, GError **error) {
    MigrateSummary summary = {0};
    MigrateOptions options = {.source = source->store,
                              .folder = source->folder,
                              .destination = &workspace->meetings,
                              .jobs = workspace->jobs,
                              .language = workspace->settings->language,
                              .vocabulary = workspace->settings->vocabulary,
                              .workers = MIGRATE_WORKERS,
                              .dry_run = dry_run,
                              .damaged = damaged,
                              .access = with_access,
                              .remove_source = remove_source,
                              .cancel = command_cancellable(),
                              .report = show_report,
                              .progress = show_progress,
                              .user_data = &json};
    bool done = migrate(&options, &summary, error);
    terminal_progress_clear();
    if (!done) {
        g_prefix_error(error, "after %" G_GUINT64_FORMAT " brought (run it again to go on): ", migrate_total(&summary, MIGRATE_COPIED));
        return false;
    }
    print_summary(&summary, source->folder, json);
    guint64 left = migrate_total(&summary, MIGRATE_LEFT);
    if (left == 0) return true;
    return fail(error, ERROR_CORRUPT, "%" G_GUINT64_FORMAT " %s left: what to do is said with each", left, left == 1 ? "is" : "are");
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(Source) source = NULL;
    bool json = invocation->json;
    if (remove_source && (!yes || damaged || dry_run))
        return fail(error, ERROR_INVALID, "--remove-source takes meetings from the source: give --yes with it, and neither --dry-run nor --damaged");
    if (yes && !remove_source) return fail(error, ERROR_INVALID, "--yes belongs to --remove-source");
    command_cancellable();
    return command_open(invocation, false, &workspace, error) &&
           source_open(workspace, invocation->arguments[0], from, remove_source, &source, error) && bring(workspace, source, json, error);
}

static const GOptionEntry options[] = {
    {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "Show what would be brought; nothing is written", NULL},
    {"from", 0, 0, G_OPTION_ARG_STRING_ARRAY, &from, "A setting for the source's bucket alone, as AWS_PROFILE=old; may be given several times",
     "NAME=VALUE"},
    {"access", 0, 0, G_OPTION_ARG_NONE, &with_access, "Bring tokens, links, webhooks and the audit log, too", NULL},
    {"damaged", 0, 0, G_OPTION_ARG_NONE, &damaged, "Bring meetings that are not what their record says, too, as they are", NULL},
    {"remove-source", 0, 0, G_OPTION_ARG_NONE, &remove_source, "Remove from the source what the destination is proved to have", NULL},
    {"yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "With --remove-source: yes, remove it", NULL},
    {0}};

const Command command_migrate = {.name = "migrate",
                                 .arguments = "SOURCE",
                                 .sentence = "Bring meetings here from another directory or bucket, or files from a folder",
                                 .example = "hansard migrate s3://old-meetings --dry-run",
                                 .arguments_min = 1,
                                 .arguments_max = 1,
                                 .options = options,
                                 .run = run};
