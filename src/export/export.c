/* The table of formats. */
#include "export/export.h"

#include <string.h>

#include "export/export_format.h"

const ExportFormat *const export_formats[] = {&export_md,  &export_docx, &export_txt,    &export_srt, &export_vtt,   &export_json,
                                              &export_csv, &export_jira, &export_github, &export_ics, &export_reqif, NULL};

const ExportFormat *export_format_named(const char *name) {
    for (gsize i = 0; name && export_formats[i]; i++)
        if (strcmp(export_formats[i]->name, name) == 0) return export_formats[i];
    return NULL;
}

bool export_meeting(const Meeting *meeting, const ExportFormat *format, GBytes **bytes, GError **error) {
    GString *out = g_string_new(NULL);
    if (!format->write(meeting, out, error)) {
        g_string_free(out, TRUE);
        return false;
    }
    *bytes = g_string_free_to_bytes(out);
    return true;
}
