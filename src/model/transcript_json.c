/* transcript.json: written in one form, read from any hand. Writing what was read gives the same document, unknown members
 * included. */
#include "model/transcript.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "model/members.h"

static const char *const known[] = {"schema",      "meeting_id", "run",      "language", "duration_ms", "covered_ms",
                                    "transcriber", "timed",      "speakers", "segments", NULL};

static json_t *word_to_json(const Word *word) {
    json_t *confidence = word->confidence < 0 ? json_integer(-1) : ratio_to_json((double)word->confidence);
    return json_pack("[IIoo]", (json_int_t)word->start_ms, (json_int_t)word->end_ms, json_text(word->text), confidence);
}

/* Speakers are named by position: "S1" is the first. */
static json_t *speaker_id(int speaker) { return speaker < 0 ? json_null() : json_sprintf("S%d", speaker + 1); }

static json_t *segment_to_json(const Segment *segment, guint id) {
    json_t *json = json_pack("{sIsIsIso}", "id", (json_int_t)id, "start_ms", (json_int_t)segment->start_ms, "end_ms",
                             (json_int_t)segment->end_ms, "speaker", speaker_id(segment->speaker));
    if (segment->confidence >= 0) json_object_set_new(json, "confidence", ratio_to_json((double)segment->confidence));
    json_object_set_new(json, "text", json_text(segment->text));
    if (!segment->words) return json;
    json_t *words = json_array();
    for (guint i = 0; i < segment->words->len; i++)
        json_array_append_new(words, word_to_json(&g_array_index(segment->words, Word, i)));
    json_object_set_new(json, "words", words);
    return json;
}

json_t *transcript_to_json(const Transcript *transcript) {
    json_t *speakers = json_array(), *segments = json_array();
    for (guint i = 0; i < transcript->speakers->len; i++)
        json_array_append_new(speakers,
                              json_pack("{soso}", "id", speaker_id((int)i), "name", json_text(transcript->speakers->pdata[i])));
    for (guint i = 0; i < transcript->segments->len; i++)
        json_array_append_new(segments, segment_to_json(transcript_segment(transcript, i), i));
    json_t *json = json_pack("{sisosososIsIs{soso}sbsoso}", "schema", 2, "meeting_id", json_text(transcript->meeting_id), "run",
                             json_text(transcript->run), "language", json_text(transcript->language), "duration_ms",
                             (json_int_t)transcript->duration_ms, "covered_ms", (json_int_t)transcript->covered_ms, "transcriber",
                             "name", json_text(transcript->transcriber), "model", json_text(transcript->model), "timed",
                             (int)transcript->timed, "speakers", speakers, "segments", segments);
    if (transcript->extra) json_object_update_missing(json, transcript->extra);
    return json;
}

/* {id: index + 1} of the first SPEAKERS_MAX speakers; two of one name become one. No hash table, for which another's ids could be
 * chosen to collide. */
static GTree *read_speakers(Transcript *transcript, const json_t *json) {
    GTree *indices = text_map_new(g_free, NULL);
    gsize position;
    json_t *value;
    json_array_foreach(json_object_get(json, "speakers"), position, value) {
        if (position == SPEAKERS_MAX) break;
        const char *id = json_get_string(value, "id", NULL);
        int index = transcript_speaker(transcript, json_get_string(value, "name", id));
        if (id) g_tree_insert(indices, g_strdup(id), GINT_TO_POINTER(index + 1));
    }
    return indices;
}

static float read_confidence(const json_t *value) {
    double confidence = json_is_number(value) ? json_number_value(value) : -1;
    return confidence < 0 ? -1 : (float)MIN(confidence, 1);
}

/* `left` counts down from WORDS_MAX over the whole transcript. */
static bool read_words(Segment *segment, const json_t *words, gsize *left, guint id, GError **error) {
    if (json_array_size(words) > *left)
        return fail(error, ERROR_CORRUPT, "The transcript has more than %d words; restore it or process the meeting again",
                    WORDS_MAX);
    *left -= json_array_size(words);
    gsize position;
    json_t *word;
    json_array_foreach(words, position, word) {
        const char *text = json_string_value(json_array_get(word, 2));
        if (!text)
            return fail(error, ERROR_CORRUPT,
                        "Word %zu of segment %u of the transcript is not [start, end, \"word\", confidence]", position, id);
        segment_add_word(segment, value_ms(json_array_get(word, 0)), value_ms(json_array_get(word, 1)),
                         read_confidence(json_array_get(word, 3)), text);
    }
    return true;
}

static bool read_segment(Transcript *transcript, const json_t *json, GTree *speakers, gsize *words_left, GError **error) {
    guint id = transcript->segments->len;
    const char *text = json_get_string(json, "text", NULL), *speaker = json_get_string(json, "speaker", NULL);
    int index = speaker ? GPOINTER_TO_INT(g_tree_lookup(speakers, speaker)) - 1 : -1;
    Segment *segment = text ? transcript_add(transcript, value_ms(json_object_get(json, "start_ms")),
                                             value_ms(json_object_get(json, "end_ms")), index, text)
                            : NULL;
    if (!segment)
        return fail(error, ERROR_CORRUPT, "Segment %u of the transcript has no text; restore it or process the meeting again",
                    id);
    segment->confidence = read_confidence(json_object_get(json, "confidence"));
    return read_words(segment, json_object_get(json, "words"), words_left, id, error);
}

static bool read_segments(Transcript *transcript, const json_t *json, GError **error) {
    const json_t *segments = json_object_get(json, "segments");
    if (!json_is_array(segments))
        return fail(error, ERROR_CORRUPT, "The transcript has no list of segments; process the meeting again");
    if (json_array_size(segments) > SEGMENTS_MAX)
        return fail(error, ERROR_CORRUPT, "The transcript has more than %d segments; process the meeting again", SEGMENTS_MAX);
    g_autoptr(GTree) speakers = read_speakers(transcript, json);
    gsize words_left = WORDS_MAX, position;
    json_t *segment;
    json_array_foreach(segments, position, segment) {
        if (!read_segment(transcript, segment, speakers, &words_left, error)) return false;
    }
    transcript_sort(transcript);
    return true;
}

bool transcript_from_json(const json_t *json, Transcript **transcript, GError **error) {
    if (!json_is_object(json))
        return fail(error, ERROR_CORRUPT, "The transcript is not a JSON object; restore it or process the meeting again");
    g_autoptr(Transcript) read = transcript_new();
    read->meeting_id = member_text(json, "meeting_id", MEETING_ID_BYTES_MAX, false);
    read->run = member_text(json, "run", MEETING_ID_BYTES_MAX, false);
    read->language = member_text(json, "language", TAG_BYTES_MAX, false);
    read->duration_ms = value_ms(json_object_get(json, "duration_ms"));
    const json_t *covered = json_object_get(json, "covered_ms");
    read->covered_ms = covered ? value_ms(covered) : read->duration_ms;
    const json_t *transcriber = json_object_get(json, "transcriber");
    read->transcriber = member_text(transcriber, "name", TITLE_BYTES_MAX, false);
    read->model = member_text(transcriber, "model", TITLE_BYTES_MAX, false);
    read->timed = json_get_bool(json, "timed", true);
    if (!read_segments(read, json, error)) return false;
    read->extra = members_unknown(json, known);
    *transcript = g_steal_pointer(&read);
    return true;
}
