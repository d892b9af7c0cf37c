/* SubRip: numbered cues, times with a comma, a little HTML. */
#include "base/limits.h"
#include "transcribe/import_format.h"

bool import_srt(const char *text, Transcript *transcript, GError **error) {
    g_auto(GStrv) lines = NULL;
    if (!lines_split(text, &lines, error)) return false;
    g_autoptr(GArray) raw = NULL, cues = cues_new();
    if (!raw_cues_read(lines, 0, false, &raw, error)) return false;
    for (guint i = 0; i < raw->len; i++) {
        const RawCue *cue = &g_array_index(raw, RawCue, i);
        cues_add(cues, (Cue){cue->start_ms, cue->end_ms, NULL, cue_plain_text(cue->payload->str, NULL, NULL), false});
    }
    return cues_to_segments(cues, SEGMENT_TEXT_BYTES_MAX, transcript, error);
}
