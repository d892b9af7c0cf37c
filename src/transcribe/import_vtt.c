/* WebVTT as Zoom, Teams, YouTube and others write it. YouTube's captions roll: each cue repeats the line before, with the time of
 * every new word inside; such a repetition is not said twice. */
#include <string.h>

#include "base/limits.h"
#include "transcribe/import_format.h"

/* The parts of one cue by voice. */
typedef struct {
    GArray *cues;
    const RawCue *raw;
    char *speaker;
} Voices;

static void end_part(const char *next_speaker, GString *before, gpointer user_data) {
    Voices *voices = user_data;
    cues_add(voices->cues,
             (Cue){voices->raw->start_ms, voices->raw->end_ms, g_steal_pointer(&voices->speaker), g_strdup(before->str), false});
    g_string_truncate(before, 0);
    voices->speaker = next_speaker && *next_speaker ? g_strdup(next_speaker) : NULL;
}

static void add_cue(GArray *cues, const RawCue *raw, const char *payload) {
    Voices voices = {cues, raw, NULL};
    char *rest = cue_plain_text(payload, end_part, &voices);
    cues_add(cues, (Cue){raw->start_ms, raw->end_ms, voices.speaker, rest, false});
}

static bool has_word_times(const RawCue *cue) {
    static GRegex *pattern;
    return g_regex_match(pattern_once(&pattern, "<\\d+:\\d\\d[:.]"), cue->payload->str, 0, NULL);
}

static bool is_rolling(const GArray *raw) {
    for (guint i = 0; i < raw->len; i++)
        if (has_word_times(&g_array_index(raw, RawCue, i))) return true;
    return false;
}

/* The cue's lines without those that the cue before has shown; `*shown` becomes its last line. */
static char *new_lines(const RawCue *cue, char **shown) {
    g_auto(GStrv) lines = g_strsplit(cue->payload->str, "\n", -1);
    GString *fresh = g_string_new(NULL);
    for (char **line = lines; *line; line++) {
        g_autofree char *plain = g_strstrip(cue_plain_text(*line, NULL, NULL));
        if (*plain == '\0' || g_strcmp0(plain, *shown) == 0) continue;
        g_string_append_printf(fresh, "%s%s", fresh->len > 0 ? "\n" : "", *line);
        g_free(*shown);
        *shown = g_steal_pointer(&plain);
    }
    return g_string_free(fresh, FALSE);
}

bool import_vtt(const char *text, Transcript *transcript, GError **error) {
    g_auto(GStrv) lines = NULL;
    if (!lines_split(text, &lines, error)) return false;
    guint first = 0;
    if (lines[0] && g_str_has_prefix(lines[0], "WEBVTT"))
        while (lines[first] && lines[first][0] && !strstr(lines[first], "-->")) first++; /* the header and its metadata */
    g_autoptr(GArray) raw = NULL, cues = cues_new();
    if (!raw_cues_read(lines, first, true, &raw, error)) return false;
    bool rolling = is_rolling(raw);
    g_autofree char *shown = NULL;
    for (guint i = 0; i < raw->len; i++) {
        const RawCue *cue = &g_array_index(raw, RawCue, i);
        g_autofree char *fresh = rolling ? new_lines(cue, &shown) : g_strdup(cue->payload->str);
        add_cue(cues, cue, fresh);
    }
    return cues_to_segments(cues, SEGMENT_TEXT_BYTES_MAX, transcript, error);
}
