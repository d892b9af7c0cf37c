/* SubRip. The format has no escape: an arrow in the words, which would be read as a timing, is written as another arrow. */
#include "export/export_format.h"

static void append_line(GString *out, const char *line) {
    g_auto(GStrv) parts = g_strsplit(line, "-->", -1);
    g_autofree char *joined = g_strjoinv("→", parts);
    g_string_append_printf(out, "%s\r\n", joined);
}

static bool write_srt(const Meeting *meeting, GString *out, GError **error) {
    g_autoptr(GArray) captions = NULL;
    if (!captions_make(meeting, true, &captions, error)) return false;
    for (guint i = 0; i < captions->len; i++) {
        const Caption *caption = &g_array_index(captions, Caption, i);
        g_string_append_printf(out, "%u\r\n", i + 1);
        append_caption_time(out, caption->start_ms, ',');
        g_string_append(out, " --> ");
        append_caption_time(out, caption->end_ms, ',');
        g_string_append(out, "\r\n");
        for (int line = 0; line < CAPTION_LINES && caption->lines[line]; line++) append_line(out, caption->lines[line]);
        g_string_append(out, "\r\n");
    }
    return true;
}

const ExportFormat export_srt = {"srt", "application/x-subrip", "The transcript as SubRip captions", write_srt};
