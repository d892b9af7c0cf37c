/* GET /api/meetings/{id}/export?format=: the meeting as a file to go on with. */
#include "export/export.h"

#include "base/text.h"
#include "http/resources.h"

static bool find_format(const Request *request, const ExportFormat **format, GError **error) {
    const char *name = request_query(request, "format");
    *format = name ? export_format_named(name) : NULL;
    if (*format) return true;
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; export_formats[i]; i++) g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", export_formats[i]->name);
    return fail(error, ERROR_INVALID, "format must be one of: %s", names->str);
}

/* The title, or else the recording's name, as a file name. */
static char *file_name(const Record *record, const ExportFormat *format) {
    const char *fallback = record->filename ? record->filename : record->meeting_id;
    g_autofree char *name = g_strdup(record->title && record->title[0] ? record->title : fallback);
    g_strdelimit(name, "/\\:*?\"<>|", '-');
    g_autofree char *whole = g_strdup_printf("%s.%s", name, format->name);
    return text_clean_filename(whole);
}

bool meeting_export(Context *context, const Request *request, Response *response, GError **error) {
    const ExportFormat *format = NULL;
    g_autoptr(Meeting) meeting = NULL;
    GBytes *bytes = NULL;
    if (!find_format(request, &format, error) ||
        !meeting_read(&context->workspace->meetings, request->parameter, &meeting, error) ||
        !export_meeting(meeting, format, &bytes, error))
        return false;
    g_autofree char *name = file_name(meeting->record, format);
    response_bytes(response, 200, format->content_type, bytes);
    response_attachment(response, name);
    return true;
}
