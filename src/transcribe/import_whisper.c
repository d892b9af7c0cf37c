/* Whisper's JSON: openai-whisper and faster-whisper ({"segments":[{start, end, text, words}]}, seconds), WhisperX (with
 * speakers), whisper.cpp -oj
 * ({"transcription":[{offsets:{from, to}, text}]}, milliseconds), and a bare list of such segments. */
#include <math.h>

#include "base/limits.h"
#include "transcribe/import_format.h"

gint64 json_seconds_ms(const json_t *value) {
    double seconds = json_is_string(value)   ? g_ascii_strtod(json_string_value(value), NULL)
                     : json_is_number(value) ? json_number_value(value)
                                             : -1;
    if (!isfinite(seconds) || seconds < 0) return -1;
    return (gint64)(MIN(seconds, (double)RECORDING_MS_MAX / 1000) * 1000 + 0.5);
}

static void add_words(Segment *segment, const json_t *words, gsize *words_left) {
    gsize index;
    json_t *word;
    json_array_foreach(words, index, word) {
        const char *text = json_get_string(word, "word", json_get_string(word, "text", NULL));
        gint64 start_ms = json_seconds_ms(json_object_get(word, "start")), end_ms = json_seconds_ms(json_object_get(word, "end"));
        if (!text || start_ms < 0 || *words_left == 0) continue; /* WhisperX leaves numbers without times */
        double confidence = json_get_real(word, "probability", json_get_real(word, "score", -1));
        segment_add_word(segment, start_ms, end_ms, (float)confidence, text);
        --*words_left;
    }
}

static bool add_segment(Transcript *transcript, const json_t *json, gsize index, gsize *words_left, GError **error) {
    const char *text = json_get_string(json, "text", NULL);
    const json_t *offsets = json_object_get(json, "offsets");
    gint64 start_ms = offsets ? json_get_int(offsets, "from", -1) : json_seconds_ms(json_object_get(json, "start"));
    gint64 end_ms = offsets ? json_get_int(offsets, "to", -1) : json_seconds_ms(json_object_get(json, "end"));
    if (!text || start_ms < 0 || end_ms < 0)
        return fail(error, ERROR_INVALID, "Segment %zu of the Whisper transcript has no text, start or end; export it again",
                    index);
    int speaker = transcript_speaker(transcript, json_get_string(json, "speaker", NULL));
    Segment *segment = transcript_add(transcript, start_ms, end_ms, speaker, text);
    if (!segment) return true; /* silence */
    const json_t *log_probability = json_object_get(json, "avg_logprob");
    if (json_is_number(log_probability)) segment->confidence = (float)exp(MIN(json_number_value(log_probability), 0));
    add_words(segment, json_object_get(json, "words"), words_left);
    return true;
}

bool import_whisper(const json_t *json, Transcript *transcript, GError **error) {
    const json_t *segments = json_is_array(json) ? json : json_object_get(json, "segments");
    if (!segments) segments = json_object_get(json, "transcription");
    if (!json_is_array(segments) && json_get_string(json, "text", NULL))
        return import_text(json_get_string(json, "text", ""), transcript, error);
    if (!json_is_array(segments))
        return fail(error, ERROR_INVALID, "The Whisper transcript has no list of segments; export it as JSON with segments");
    if (json_array_size(segments) > SEGMENTS_MAX)
        return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d segments; split the file", SEGMENTS_MAX);
    const char *language = json_get_string(json, "language", json_get_string(json_object_get(json, "result"), "language", NULL));
    if (!language) language = json_get_string(json_object_get(json, "info"), "language", NULL);
    transcript->language = g_strdup(language);
    gsize words_left = WORDS_MAX, index;
    json_t *segment;
    json_array_foreach(segments, index, segment) {
        if (!add_segment(transcript, segment, index, &words_left, error)) return false;
    }
    return true;
}
