/* Transcripts as values. Whatever comes in is cleaned and clamped here, so that readers may rely on valid UTF-8 and sane times.
 */
#include "model/transcript.h"

#include <string.h>

#include "base/limits.h"
#include "model/members.h"

static void word_clear(gpointer data) { g_free(((Word *)data)->text); }

static void segment_clear(gpointer data) {
    Segment *segment = data;
    g_free(segment->text);
    if (segment->words) g_array_unref(segment->words);
}

Transcript *transcript_new(void) {
    Transcript *transcript = g_new0(Transcript, 1);
    transcript->speakers = g_ptr_array_new_with_free_func(g_free);
    transcript->segments = g_array_new(FALSE, TRUE, sizeof(Segment));
    g_array_set_clear_func(transcript->segments, segment_clear);
    transcript->timed = true;
    return transcript;
}

bool transcript_language_is_code(const char *language) {
    gsize letters = language ? strspn(language, "abcdefghijklmnopqrstuvwxyz") : 0;
    return letters >= 2 && letters <= 3 && language[letters] == '\0';
}

void transcript_free(Transcript *transcript) {
    if (!transcript) return;
    g_free(transcript->meeting_id);
    g_free(transcript->run);
    g_free(transcript->language);
    g_free(transcript->transcriber);
    g_free(transcript->model);
    g_ptr_array_unref(transcript->speakers);
    g_array_unref(transcript->segments);
    json_decref(transcript->extra);
    g_free(transcript);
}

Segment *transcript_add(Transcript *transcript, gint64 start_ms, gint64 end_ms, int speaker, const char *text) {
    if (transcript->segments->len >= SEGMENTS_MAX) return NULL;
    char *line = tidy_text(text, SEGMENT_TEXT_BYTES_MAX, false);
    if (!line) return NULL;
    Segment segment = {.start_ms = ms_clamp(start_ms), .speaker = speaker, .confidence = -1, .text = line};
    segment.end_ms = MAX(segment.start_ms, ms_clamp(end_ms));
    if (speaker < 0 || (guint)speaker >= transcript->speakers->len) segment.speaker = -1;
    g_array_append_val(transcript->segments, segment);
    return &g_array_index(transcript->segments, Segment, transcript->segments->len - 1);
}

void segment_add_word(Segment *segment, gint64 start_ms, gint64 end_ms, float confidence, const char *text) {
    char *clean = tidy_text(text, SEGMENT_TEXT_BYTES_MAX, false);
    if (!clean) return;
    Word word = {.start_ms = ms_clamp(start_ms), .confidence = confidence < 0 ? -1 : MIN(confidence, 1), .text = clean};
    word.end_ms = MAX(word.start_ms, ms_clamp(end_ms));
    if (!segment->words) {
        segment->words = g_array_new(FALSE, TRUE, sizeof(Word));
        g_array_set_clear_func(segment->words, word_clear);
    }
    g_array_append_val(segment->words, word);
}

static gint segment_compare(gconstpointer left, gconstpointer right) {
    const Segment *a = left, *b = right;
    return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

void transcript_sort(Transcript *transcript) { g_array_sort(transcript->segments, segment_compare); /* which is stable */ }

static int speaker_named(const Transcript *transcript, const char *name) {
    for (guint i = 0; i < transcript->speakers->len; i++)
        if (strcmp(transcript->speakers->pdata[i], name) == 0) return (int)i;
    return -1;
}

int transcript_speaker(Transcript *transcript, const char *name) {
    g_autofree char *line = name ? tidy_text(name, SPEAKER_NAME_BYTES_MAX, false) : NULL;
    if (!line) return -1;
    int there = speaker_named(transcript, line);
    if (there >= 0 || transcript->speakers->len >= SPEAKERS_MAX) return there;
    g_ptr_array_add(transcript->speakers, g_steal_pointer(&line));
    return (int)transcript->speakers->len - 1;
}

/* `gone` becomes `kept`; the speakers behind it move up. */
static void merge_speakers(Transcript *transcript, int kept, int gone) {
    for (guint i = 0; i < transcript->segments->len; i++) {
        int *speaker = &g_array_index(transcript->segments, Segment, i).speaker;
        if (*speaker == gone) *speaker = kept;
        if (*speaker > gone) --*speaker;
    }
    g_ptr_array_remove_index(transcript->speakers, (guint)gone);
}

void transcript_rename_speaker(Transcript *transcript, const char *from, const char *to) {
    int renamed = speaker_named(transcript, from), there = speaker_named(transcript, to);
    if (renamed < 0 || renamed == there) return;
    g_free(transcript->speakers->pdata[renamed]);
    transcript->speakers->pdata[renamed] = g_strdup(to);
    if (there >= 0) merge_speakers(transcript, MIN(renamed, there), MAX(renamed, there));
}

const char *transcript_speaker_name(const Transcript *transcript, int speaker) {
    if (speaker < 0 || (guint)speaker >= transcript->speakers->len) return NULL;
    return g_ptr_array_index(transcript->speakers, (guint)speaker);
}

const Segment *transcript_segment(const Transcript *transcript, guint index) {
    return index < transcript->segments->len ? &g_array_index(transcript->segments, Segment, index) : NULL;
}

/* A turn goes on while its speaker does; one of an unnamed speaker, who may be several, ends with a pause. */
static bool same_turn(const Segment *before, const Segment *segment) {
    if (before->speaker != segment->speaker) return false;
    return segment->speaker >= 0 || segment->start_ms - before->end_ms < TRANSCRIPT_PAUSE_MS;
}

char *transcript_to_text(const Transcript *transcript) {
    GString *text = g_string_new(NULL);
    const char *between = transcript->speakers->len > 0 ? "\n" : "\n\n";
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        if (i > 0 && same_turn(segment - 1, segment)) {
            g_string_append_c(text, ' ');
        } else {
            if (i > 0) g_string_append(text, between);
            const char *name = transcript_speaker_name(transcript, segment->speaker);
            if (name) g_string_append_printf(text, "%s: ", name);
        }
        g_string_append(text, segment->text);
    }
    if (text->len > 0) g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}
