/* hansard add: takes recordings or transcripts in and processes them now, in this process, or with --queue leaves them to whoever works on jobs. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "ingest/ingest.h"

#define COVERAGE_WHOLE 0.95 /* encoders pad and headers round: less than this and part of it is missing */

static char *title, *name;
static char **tags;
static gboolean queue_only;

/* What is to be added, and its size (0: not known). */
static bool open_input(const char *path, GInputStream **input, guint64 *size, GError **error) {
    bool from_stdin = strcmp(path, "-") == 0;
    struct stat status = {0};
    int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(error, ERROR_IO, "%s can't be opened: %s", path, g_strerror(errno));
    g_autoptr(GInputStream) opened = g_unix_input_stream_new(fd, !from_stdin);
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        return fail(error, ERROR_INVALID, "%s is a folder: name the recordings in it", path);
    *size = S_ISREG(status.st_mode) ? (guint64)status.st_size : 0;
    *input = g_steal_pointer(&opened);
    return true;
}

static bool of_file(bool done, const char *path, GError **error) {
    if (!done) g_prefix_error(error, "%s: ", path);
    return done;
}

/* A stop ends the wait for a pipe's next bytes, too. */
static bool copy(GInputStream *input, guint64 size, const char *path, Ingest *ingest, GError **error) {
    g_autofree guint8 *block = g_malloc(UPLOAD_BLOCK_BYTES);
    for (guint64 copied = 0;;) {
        g_autoptr(GError) problem = NULL;
        gssize got = g_input_stream_read(input, block, UPLOAD_BLOCK_BYTES, command_cancellable(), &problem);
        if (got == 0) return true;
        if (g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            return fail(error, ERROR_CANCELLED, "stopped; %s was not kept", path);
        if (got < 0) return fail(error, ERROR_IO, "%s can't be read: %s", path, problem->message);
        if (!of_file(ingest_write(ingest, block, (gsize)got, error), path, error)) return false;
        copied += (guint64)got;
        if (size > 64 * MIB) terminal_progress("storing", (double)copied / (double)size, -1);
    }
}

static bool take_in(Workspace *workspace, const char *path, Job **job, GError **error) {
    bool from_stdin = strcmp(path, "-") == 0;
    g_autoptr(Ingest) ingest = NULL;
    g_autoptr(GInputStream) input = NULL;
    guint64 size = 0;
    if (!open_input(path, &input, &size, error)) return false;
    IngestOptions options = {.filename = name ? name : !from_stdin ? path : title ? title : "recording",
                             .title = title,
                             .language = workspace->settings->language,
                             .vocabulary = workspace->settings->vocabulary,
                             .tags = (const char *const *)tags,
                             .worker = queue_only ? NULL : workspace->worker_name,
                             .copy_folder = workspace_copy_folder(workspace)};
    bool copied = of_file(ingest_open(&workspace->meetings, workspace->jobs, &options, &ingest, error), path, error) &&
                  copy(input, size, path, ingest, error);
    terminal_progress_clear();
    if (!copied) return false;
    g_autofree char *copy_path = terminal_safe(ingest_local_copy(ingest));
    if (!of_file(ingest_finish(g_steal_pointer(&ingest), job, error), path, error)) return false;
    if (copy_path[0]) g_printerr("hansard: a copy is kept as %s (SKIP_LOCAL_STORAGE=false)\n", copy_path);
    return true;
}

static void show_progress(const Job *job, gpointer user_data) {
    static const char *const labels[STAGE_COUNT] = {"listening", "finding items", "saving"};
    terminal_progress(labels[MIN(job->stage, STAGE_COMMIT)], job->progress, job->remaining_ms);
}

static bool print_result(Workspace *workspace, const char *meeting_id, bool json, GError **error) {
    g_autoptr(Record) record = NULL;
    if (!meeting_read_record(&workspace->meetings, meeting_id, &record, NULL, error)) return false;
    g_autofree char *duration = text_duration(record->duration_ms);
    g_autofree char *safe_title = terminal_safe(record->title);
    if (json) {
        g_autoptr(json_t) object = record_to_json(record);
        command_print_json(object);
    } else {
        g_print("%s  %s (%s): %u action items, %u decisions, %u questions, %u requirements\n", record->meeting_id, safe_title,
                duration, record->action_items_count, record->decisions_count, record->questions_count, record->requirements_count);
        if (record->coverage < COVERAGE_WHOLE)
            g_printerr("hansard: only %d %% of the recording of %s could be read: it is damaged or cut short\n",
                       (int)(record->coverage * 100), record->meeting_id);
    }
    return true;
}

static void print_queued(const Job *job, bool json) {
    g_autoptr(json_t) object = json_pack("{s:s, s:s, s:I}", "meeting_id", job->meeting_id, "status", job_state_name(job->state), "bytes",
                                         (json_int_t)job->audio_bytes);
    if (json) command_print_json(object);
    else g_print("%s  queued\n", job->meeting_id);
}

static bool add_one(Workspace *workspace, const char *path, bool json, GError **error) {
    g_autoptr(Job) job = NULL;
    if (!take_in(workspace, path, &job, error)) return false;
    if (queue_only) {
        print_queued(job, json);
        return true;
    }
    Pipeline pipeline = workspace_pipeline(workspace);
    g_autoptr(GError) problem = NULL;
    bool done = pipeline_run(&pipeline, job, command_cancellable(), show_progress, NULL, &problem);
    terminal_progress_clear();
    if (!done) {
        /* The fault is in the file, not in the usage: another exit status. */
        if (error_is(problem, ERROR_INVALID)) problem->code = ERROR_BAD_MEDIA;
        g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s is kept as %s, but not finished: ", path, job->meeting_id);
        return false;
    }
    if (print_result(workspace, job->meeting_id, json, error)) return true;
    g_prefix_error(error, "%s is kept as %s and done, but can't be shown: ", path, job->meeting_id);
    return false;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    command_cancellable();
    if (name && invocation->argument_count > 1) return fail(error, ERROR_INVALID, "--name is for one file");
    g_autoptr(GError) problem = NULL;
    if (!command_open(invocation, !queue_only, &workspace, error)) return false;
    /* Said before there is a list, for with a meeting in it nobody would miss the others. Where a setting is wrong nothing is taken in; where the list only does
     * not answer now, it is. */
    if (!command_explain_nothing(workspace, &problem) && !error_kind(problem)->retryable) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return command_each(invocation, workspace, add_one, error);
}

static const GOptionEntry options[] = {
    {"title", 't', 0, G_OPTION_ARG_STRING, &title, "Title; without it the file's name", "TEXT"},
    {"name", 0, 0, G_OPTION_ARG_STRING, &name, "File name to keep it under, as for standard input", "NAME"},
    {"queue", 'q', 0, G_OPTION_ARG_NONE, &queue_only, "Only take it in: a server or `hansard worker` does the rest", NULL},
    {"tag", 0, 0, G_OPTION_ARG_STRING_ARRAY, &tags, "A tag; may be given several times", "TAG"},
    {0}};

const Command command_add = {.name = "add",
                             .arguments = "FILE…",
                             .sentence = "Take in recordings or transcripts and process them now (- reads standard input)",
                             .example = "hansard add standup.m4a --tag team-a",
                             .arguments_min = 1,
                             .arguments_max = G_MAXUINT,
                             .options = options,
                             .run = run};
