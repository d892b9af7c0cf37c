/* WebVTT with the speaker as the cue's voice. Words and names are escaped, so that none of them is markup or a timing. */
#include "export/export_format.h"

static void append_escaped(GString *out, const char *text) {
    for (; *text; text++) {
        if (*text == '&')
            g_string_append(out, "&amp;");
        else if (*text == '<')
            g_string_append(out, "&lt;");
        else if (*text == '>')
            g_string_append(out, "&gt;");
        else
            g_string_append_c(out, *text);
    }
}

static bool write_vtt(const Meeting *meeting, GString *out, GError **error) {
    g_autoptr(GArray) captions = NULL;
    if (!captions_make(meeting, false, &captions, error)) return false;
    g_string_append(out, "WEBVTT\n");
    for (guint i = 0; i < captions->len; i++) {
        const Caption *caption = &g_array_index(captions, Caption, i);
        g_string_append_c(out, '\n');
        append_caption_time(out, caption->start_ms, '.');
        g_string_append(out, " --> ");
        append_caption_time(out, caption->end_ms, '.');
        g_string_append_c(out, '\n');
        if (caption->speaker) {
            g_string_append(out, "<v ");
            append_escaped(out, caption->speaker);
            g_string_append_c(out, '>');
        }
        for (int line = 0; line < CAPTION_LINES && caption->lines[line]; line++) {
            append_escaped(out, caption->lines[line]);
            g_string_append_c(out, '\n');
        }
    }
    return true;
}

const ExportFormat export_vtt = {"vtt", "text/vtt; charset=utf-8", "The transcript as WebVTT captions with speakers", write_vtt};
