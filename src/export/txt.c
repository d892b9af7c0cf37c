/* The transcript as plain text, a line a speaker turn with its time, as the import of plain text reads it back. */
#include "export/export_format.h"

static void append_turns(GString *out, const Transcript *transcript) {
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        if (i > 0 && segment->speaker >= 0 && segment->speaker == segment[-1].speaker) {
            g_string_append_printf(out, " %s", segment->text);
            continue;
        }
        gint64 seconds = segment->start_ms / 1000;
        const char *name = transcript_speaker_name(transcript, segment->speaker);
        g_string_append_printf(out, "%s[%02d:%02d:%02d] %s%s%s", i > 0 ? "\n" : "", (int)(seconds / 3600),
                               (int)(seconds / 60 % 60), (int)(seconds % 60), name ? name : "", name ? ": " : "", segment->text);
    }
    g_string_append_c(out, '\n');
}

static bool write_txt(const Meeting *meeting, GString *out, GError **error) {
    const Transcript *transcript = meeting->transcript;
    if (transcript && transcript->timed && transcript->segments->len > 0) {
        append_turns(out, transcript);
    } else if (meeting->text) {
        g_string_append(out, meeting->text);
    } else if (transcript) {
        g_autofree char *text = transcript_to_text(transcript);
        g_string_append(out, text);
    } else {
        return fail(error, ERROR_INVALID, "The meeting has no transcript; process it again, or export it as md or json");
    }
    return true;
}

const ExportFormat export_txt = {"txt", "text/plain; charset=utf-8", "The transcript as plain text, a line a speaker turn",
                                 write_txt};
