/* hansard export: a meeting as a file. */
#include "export/export.h"

#include "cli/command.h"

static char *format_name, *output;

static char *known_formats(void) {
    GString *names = g_string_new(NULL);
    for (gsize i = 0; export_formats[i]; i++) g_string_append_printf(names, "%s%s", i ? ", " : "", export_formats[i]->name);
    return g_string_free(names, FALSE);
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    const ExportFormat *format = export_format_named(format_name ? format_name : invocation->json ? "json" : "md");
    if (!format) {
        g_autofree char *names = known_formats();
        return fail(error, ERROR_INVALID, "--format must be one of: %s; not \"%s\"", names, format_name);
    }
    if (!command_open(invocation, false, &workspace, error) ||
        !meeting_read(&workspace->meetings, invocation->arguments[0], &meeting, error) ||
        !export_meeting(meeting, format, &bytes, error))
        return false;
    if (!output) {
        command_print(bytes);
        return true;
    }
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    if (g_file_set_contents(output, data, (gssize)size, &problem)) return true;
    return fail(error, ERROR_IO, "%s can't be written: %s", output, problem->message);
}

static const GOptionEntry options[] = {
    {"format", 'f', 0, G_OPTION_ARG_STRING, &format_name, "md, docx, txt, srt, vtt, json, csv, jira.csv, github.csv, ics or reqif (md)", "FORMAT"},
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "File to write; without it standard output", "FILE"},
    {0}};

const Command command_export = {.name = "export",
                                .arguments = "ID",
                                .sentence = "Write a meeting as Markdown, text, subtitles, JSON or a table of items",
                                .example = "hansard export meeting-3f0c2f0e-6d0b-4b39-9df1-0c5c6f1f2a11 --format csv -o items.csv",
                                .arguments_min = 1,
                                .arguments_max = 1,
                                .options = options,
                                .run = run};
