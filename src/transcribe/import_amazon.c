/* Amazon Transcribe's JSON. Its words stand one by one (results.items); they become segments that end with the speaker, the
 * sentence or a pause. Who said a word stands with it in newer outputs, in speaker_labels or channel_labels in older ones, found
 * by the word's start. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "transcribe/import_format.h"

#define PAUSE_MS 1500         /* a silence that ends a segment */
#define SENTENCE_BYTES_MIN 24 /* "Yes. Right." stays together */
#define RUN_BYTES_MAX 600     /* words without any punctuation */

typedef struct {
    Transcript *transcript;
    GTree *labels;    /* start time as text: speaker or channel label */
    GPtrArray *words; /* const json_t* of the segment under way */
    GString *text;
    const char *label; /* of the segment under way */
    gint64 start_ms, end_ms;
    gsize words_left;
} Builder;

static void builder_clear(Builder *builder) {
    g_clear_pointer(&builder->labels, g_tree_unref);
    g_clear_pointer(&builder->words, g_ptr_array_unref);
    if (builder->text) g_string_free(g_steal_pointer(&builder->text), TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Builder, builder_clear)

/* "spk_0" is Speaker 1, "ch_0" Channel 1; other labels stand as they are. */
static int speaker_of(Transcript *transcript, const char *label) {
    guint64 number;
    const char *digits = label ? strchr(label, '_') : NULL;
    bool channel = label && g_str_has_prefix(label, "ch_");
    if (!digits || !(channel || g_str_has_prefix(label, "spk_")) ||
        !g_ascii_string_to_unsigned(digits + 1, 10, 0, 9999, &number, NULL))
        return transcript_speaker(transcript, label);
    g_autofree char *name = g_strdup_printf("%s %" G_GUINT64_FORMAT, channel ? "Channel" : "Speaker", number + 1);
    return transcript_speaker(transcript, name);
}

static void note_labels(GTree *labels, const json_t *items, const char *label) {
    gsize index;
    json_t *item;
    json_array_foreach(items, index, item) {
        const char *start = json_get_string(item, "start_time", NULL);
        const char *own = json_get_string(item, "speaker_label", label);
        if (start && own) g_tree_insert(labels, (gpointer)start, (gpointer)own);
    }
}

static GTree *read_labels(const json_t *results) {
    GTree *labels = text_map_new(NULL, NULL); /* the strings are the JSON's */
    gsize index;
    json_t *entry;
    json_array_foreach(json_object_get(json_object_get(results, "channel_labels"), "channels"), index, entry) {
        note_labels(labels, json_object_get(entry, "items"), json_get_string(entry, "channel_label", NULL));
    }
    json_array_foreach(json_object_get(json_object_get(results, "speaker_labels"), "segments"), index, entry) {
        note_labels(labels, json_object_get(entry, "items"), json_get_string(entry, "speaker_label", NULL));
    }
    return labels;
}

static const json_t *best(const json_t *item) { return json_array_get(json_object_get(item, "alternatives"), 0); }

static float confidence_of(const json_t *item) {
    const json_t *value = json_object_get(best(item), "confidence");
    if (json_is_number(value)) return (float)json_number_value(value);
    const char *text = json_string_value(value);
    double confidence = text ? g_ascii_strtod(text, NULL) : -1;
    return confidence >= 0 && confidence <= 1 ? (float)confidence : -1; /* NaN is neither */
}

static bool end_segment(Builder *builder, GError **error) {
    if (builder->text->len == 0) return true;
    if (builder->transcript->segments->len >= SEGMENTS_MAX)
        return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d segments; split the file", SEGMENTS_MAX);
    Segment *segment = transcript_add(builder->transcript, builder->start_ms, builder->end_ms,
                                      speaker_of(builder->transcript, builder->label), builder->text->str);
    double sum = 0;
    guint known = 0;
    for (guint i = 0; segment && i < builder->words->len; i++) {
        const json_t *item = g_ptr_array_index(builder->words, i);
        float confidence = confidence_of(item);
        if (confidence >= 0) sum += (double)confidence, known++;
        segment_add_word(segment, json_seconds_ms(json_object_get(item, "start_time")),
                         json_seconds_ms(json_object_get(item, "end_time")), confidence,
                         json_get_string(best(item), "content", ""));
    }
    if (segment && known > 0) segment->confidence = (float)(sum / known);
    g_string_truncate(builder->text, 0);
    g_ptr_array_set_size(builder->words, 0);
    return true;
}

static bool add_word(Builder *builder, const json_t *item, const char *content, gsize index, GError **error) {
    gint64 start_ms = json_seconds_ms(json_object_get(item, "start_time")),
           end_ms = json_seconds_ms(json_object_get(item, "end_time"));
    if (start_ms < 0 || end_ms < 0)
        return fail(error, ERROR_INVALID,
                    "Word %zu of the Amazon Transcribe result has no start_time or end_time; fetch the result again", index);
    if (builder->words_left-- == 0)
        return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d words; split the file", WORDS_MAX);
    const char *start = json_get_string(item, "start_time", "");
    const char *label = json_get_string(item, "speaker_label", g_tree_lookup(builder->labels, start));
    if (!label) label = json_get_string(item, "channel_label", NULL);
    const GString *text = builder->text;
    bool sentence_ended = text->len >= SENTENCE_BYTES_MIN && strchr(".?!", text->str[text->len - 1]);
    bool breaks = g_strcmp0(label, builder->label) != 0 || sentence_ended || start_ms - builder->end_ms >= PAUSE_MS ||
                  text->len >= RUN_BYTES_MAX;
    if (breaks && !end_segment(builder, error)) return false;
    if (builder->text->len == 0) {
        builder->label = label;
        builder->start_ms = start_ms;
    } else {
        g_string_append_c(builder->text, ' ');
    }
    g_string_append(builder->text, content);
    builder->end_ms = end_ms;
    g_ptr_array_add(builder->words, (gpointer)item);
    return true;
}

static bool read_items(const json_t *results, const json_t *items, Transcript *transcript, GError **error) {
    g_auto(Builder) builder = {.transcript = transcript,
                               .labels = read_labels(results),
                               .words = g_ptr_array_new(),
                               .text = g_string_new(NULL),
                               .words_left = WORDS_MAX};
    gsize index;
    json_t *item;
    json_array_foreach(items, index, item) {
        const char *content = json_get_string(best(item), "content", NULL);
        if (!content)
            return fail(error, ERROR_INVALID, "Item %zu of the Amazon Transcribe result has no content; fetch the result again",
                        index);
        if (g_str_equal(json_get_string(item, "type", ""), "punctuation")) {
            if (builder.text->len > 0) g_string_append(builder.text, content);
        } else if (!add_word(&builder, item, content, index, error)) {
            return false;
        }
    }
    return end_segment(&builder, error);
}

/* The newer outputs' own segments, for a result that was stored without its items. */
static bool read_audio_segments(const json_t *segments, Transcript *transcript, GError **error) {
    if (json_array_size(segments) > SEGMENTS_MAX)
        return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d segments; split the file", SEGMENTS_MAX);
    gsize index;
    json_t *segment;
    json_array_foreach(segments, index, segment) {
        const char *text = json_get_string(segment, "transcript", NULL);
        gint64 start_ms = json_seconds_ms(json_object_get(segment, "start_time")),
               end_ms = json_seconds_ms(json_object_get(segment, "end_time"));
        if (!text || start_ms < 0 || end_ms < 0)
            return fail(error, ERROR_INVALID,
                        "Segment %zu of the Amazon Transcribe result has no transcript, start_time or end_time", index);
        int speaker =
            speaker_of(transcript, json_get_string(segment, "speaker_label", json_get_string(segment, "channel_label", NULL)));
        transcript_add(transcript, start_ms, end_ms, speaker, text);
    }
    return true;
}

/* Of several languages that which was spoken longest. */
static const char *language_of(const json_t *results) {
    const char *code = json_get_string(results, "language_code", NULL);
    double longest_s = -1;
    gsize index;
    json_t *entry;
    if (code) return code;
    json_array_foreach(json_object_get(results, "language_codes"), index, entry) {
        double duration_s = json_get_real(entry, "duration_in_seconds", 0);
        if (duration_s <= longest_s) continue;
        longest_s = duration_s;
        code = json_get_string(entry, "language_code", code);
    }
    return code;
}

bool import_amazon(const json_t *json, Transcript *transcript, GError **error) {
    const json_t *results = json_object_get(json, "results");
    if (!json_is_object(results))
        return fail(error, ERROR_INVALID,
                    "The Amazon Transcribe result has no member \"results\"; wait until the job is COMPLETED and fetch it again");
    const char *code = language_of(results);
    transcript->language = code ? g_strndup(code, strcspn(code, "-")) : NULL;
    const json_t *items = json_object_get(results, "items"), *segments = json_object_get(results, "audio_segments");
    if (json_array_size(items) > 0) return read_items(results, items, transcript, error);
    if (json_array_size(segments) > 0) return read_audio_segments(segments, transcript, error);
    const json_t *whole = json_array_get(json_object_get(results, "transcripts"), 0);
    return import_text(json_get_string(whole, "transcript", ""), transcript, error);
}
