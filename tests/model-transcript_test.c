/* Transcripts: what is added, the text made of them, and transcript.json from our own and from hostile hands. */
#include <string.h>

#include "base/limits.h"
#include "model/transcript.h"
#include "random_input.h"

static char *dump(const json_t *json) {
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    return g_strndup(text, size);
}

static Transcript *parse(const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = json_parse(text, strlen(text), "the test", &error);
    g_assert_no_error(error);
    Transcript *transcript = NULL;
    g_assert_true(transcript_from_json(json, &transcript, &error));
    g_assert_no_error(error);
    return transcript;
}

static void assert_corrupt(const char *text, const char *said) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = json_parse(text, strlen(text), "the test", &error);
    g_assert_no_error(error);
    Transcript *untouched = (Transcript *)&error;
    g_assert_false(transcript_from_json(json, &untouched, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, said));
    g_assert_true(untouched == (Transcript *)&error);
}

static void test_add(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_assert_null(transcript_add(transcript, 0, 1, -1, " \n\t "));
    g_assert_cmpuint(transcript->segments->len, ==, 0);
    const Segment *segment = transcript_add(transcript, -5, -9, 3, "  two\nlines \x01\xFF ");
    g_assert_cmpstr(segment->text, ==, "two lines \xEF\xBF\xBD");
    g_assert_cmpint(segment->start_ms, ==, 0);
    g_assert_cmpint(segment->end_ms, ==, 0);
    g_assert_cmpint(segment->speaker, ==, -1); /* there is no speaker 3 */
    g_assert_cmpfloat(segment->confidence, <, 0);
    segment = transcript_add(transcript, G_MAXINT64, G_MAXINT64, -1, "late");
    g_assert_cmpint(segment->start_ms, ==, RECORDING_MS_MAX);
    segment = transcript_add(transcript, 5, 3, -1, "x");
    g_assert_cmpint(segment->end_ms, ==, 5);
    g_assert_null(transcript_segment(transcript, 3));
    transcript_sort(transcript);
    g_assert_cmpstr(transcript_segment(transcript, 1)->text, ==, "x");
}

static void test_limits(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autofree char *at = g_strnfill(SEGMENT_TEXT_BYTES_MAX, 'a'), *over = g_strnfill(SEGMENT_TEXT_BYTES_MAX + 1, 'a');
    g_assert_cmpuint(strlen(transcript_add(transcript, 0, 1, -1, at)->text), ==, SEGMENT_TEXT_BYTES_MAX);
    g_assert_cmpuint(strlen(transcript_add(transcript, 0, 1, -1, over)->text), ==, SEGMENT_TEXT_BYTES_MAX);
    while (transcript->segments->len < SEGMENTS_MAX) g_assert_nonnull(transcript_add(transcript, 0, 1, -1, "a"));
    g_assert_null(transcript_add(transcript, 0, 1, -1, "one too many"));
    for (int i = 0; i < SPEAKERS_MAX; i++) {
        g_autofree char *name = g_strdup_printf("Speaker %d", i);
        g_assert_cmpint(transcript_speaker(transcript, name), ==, i);
    }
    g_assert_cmpint(transcript_speaker(transcript, "One more"), ==, -1);
    g_assert_cmpint(transcript_speaker(transcript, " Speaker  7\n"), ==, 7);
    g_assert_cmpint(transcript_speaker(transcript, NULL), ==, -1);
    g_assert_cmpint(transcript_speaker(transcript, ""), ==, -1);
    g_assert_cmpstr(transcript_speaker_name(transcript, 7), ==, "Speaker 7");
    g_assert_null(transcript_speaker_name(transcript, -1));
    g_assert_null(transcript_speaker_name(transcript, SPEAKERS_MAX));
}

/* One who is given another's name is that one, whichever came first. */
static void test_rename_speaker(void) {
    static const struct {
        const char *from, *to, *text;
    } cases[] = {{"Bob", "Rob", "Ann: a\nRob: b\nCy: c\nAnn: d\n"},   {"Bob", "Ann", "Ann: a b\nCy: c\nAnn: d\n"},
                 {"Ann", "Bob", "Bob: a b\nCy: c\nBob: d\n"},         {"Cy", "Ann", "Ann: a\nBob: b\nAnn: c d\n"},
                 {"Ann", "Ann", "Ann: a\nBob: b\nCy: c\nAnn: d\n"},   {"Eve", "Ann", "Ann: a\nBob: b\nCy: c\nAnn: d\n"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Transcript) transcript = transcript_new();
        transcript_add(transcript, 0, 1, transcript_speaker(transcript, "Ann"), "a");
        transcript_add(transcript, 1, 2, transcript_speaker(transcript, "Bob"), "b");
        transcript_add(transcript, 2, 3, transcript_speaker(transcript, "Cy"), "c");
        transcript_add(transcript, 3, 4, transcript_speaker(transcript, "Ann"), "d");
        for (int times = 0; times < 2; times++) {
            transcript_rename_speaker(transcript, cases[i].from, cases[i].to);
            g_autofree char *text = transcript_to_text(transcript);
            g_assert_cmpstr(text, ==, cases[i].text);
        }
    }
}

static void test_speaker_name_limit(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autofree char *at = g_strnfill(SPEAKER_NAME_BYTES_MAX, 'n'), *over = g_strnfill(SPEAKER_NAME_BYTES_MAX + 1, 'n');
    g_assert_cmpint(transcript_speaker(transcript, at), ==, 0);
    g_assert_cmpint(transcript_speaker(transcript, over), ==, 0); /* cut to the same name */
}

static void test_text(void) {
    g_autoptr(Transcript) named = transcript_new();
    int ann = transcript_speaker(named, "Ann"), bob = transcript_speaker(named, "Bob");
    transcript_add(named, 0, 1000, ann, "Hello.");
    transcript_add(named, 9000, 9500, ann, "Shall we begin?");
    transcript_add(named, 9600, 9900, bob, "Yes.");
    transcript_add(named, 9900, 9950, -1, "(laughter)");
    g_autofree char *text = transcript_to_text(named);
    g_assert_cmpstr(text, ==, "Ann: Hello. Shall we begin?\nBob: Yes.\n(laughter)\n");

    g_autoptr(Transcript) unnamed = transcript_new();
    transcript_add(unnamed, 0, 1000, -1, "One.");
    transcript_add(unnamed, 1000 + TRANSCRIPT_PAUSE_MS - 1, 4000, -1, "Two.");
    transcript_add(unnamed, 4000 + TRANSCRIPT_PAUSE_MS, 9000, -1, "Three.");
    g_autofree char *paragraphs = transcript_to_text(unnamed);
    g_assert_cmpstr(paragraphs, ==, "One. Two.\n\nThree.\n");

    g_autoptr(Transcript) empty = transcript_new();
    g_autofree char *nothing = transcript_to_text(empty);
    g_assert_cmpstr(nothing, ==, "");
}

static Transcript *random_transcript(GRand *rand) {
    Transcript *transcript = transcript_new();
    transcript->meeting_id = g_strdup("meeting-1");
    transcript->language = g_rand_boolean(rand) ? g_strdup("en") : NULL;
    transcript->duration_ms = g_rand_int_range(rand, 0, 100000000);
    transcript->covered_ms = g_rand_int_range(rand, 0, 100000000);
    transcript->timed = g_rand_boolean(rand);
    transcript->transcriber = g_strdup("whisper");
    transcript->extra = g_rand_boolean(rand) ? json_pack("{s{s[i,n]}}", "later", "a", 1) : NULL;
    for (int i = g_rand_int_range(rand, 0, 4); i > 0; i--) {
        g_autofree char *name = random_text(rand, 20);
        transcript_speaker(transcript, name);
    }
    gint64 time = 0;
    for (int i = g_rand_int_range(rand, 0, 20); i > 0; i--) {
        g_autofree char *text = random_text(rand, 60);
        time += g_rand_int_range(rand, 0, 5000);
        Segment *segment =
            transcript_add(transcript, time, time + g_rand_int_range(rand, 0, 9000), g_rand_int_range(rand, -1, 4), text);
        if (!segment) continue;
        if (g_rand_boolean(rand)) segment->confidence = (float)g_rand_double(rand);
        for (int w = g_rand_int_range(rand, 0, 5); w > 0; w--) {
            g_autofree char *word = random_text(rand, 8);
            segment_add_word(segment, time, time + 100, g_rand_boolean(rand) ? (float)g_rand_double(rand) : -1, word);
        }
    }
    return transcript;
}

static void test_round_trip(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    for (int i = 0; i < 1000; i++) {
        g_autoptr(Transcript) transcript = random_transcript(rand);
        g_autoptr(json_t) json = transcript_to_json(transcript);
        g_autofree char *written = dump(json);
        g_autoptr(Transcript) read = parse(written);
        g_autoptr(json_t) again = transcript_to_json(read);
        g_autofree char *rewritten = dump(again);
        g_assert_cmpstr(written, ==, rewritten);
        g_autofree char *text = transcript_to_text(transcript), *text_read = transcript_to_text(read);
        g_assert_cmpstr(text, ==, text_read);
    }
}

static void test_documented_form(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    transcript->meeting_id = g_strdup("m");
    transcript->duration_ms = transcript->covered_ms = 900;
    Segment *segment = transcript_add(transcript, 0, 900, transcript_speaker(transcript, "Ann"), "Hi.");
    segment->confidence = 0.5F;
    segment_add_word(segment, 100, 300, -1, "Hi.");
    g_autoptr(json_t) json = transcript_to_json(transcript);
    g_autofree char *written = dump(json);
    g_assert_cmpstr(
        written, ==,
        "{\"schema\":2,\"meeting_id\":\"m\",\"run\":null,\"language\":null,\"duration_ms\":900,\"covered_ms\":900,"
        "\"transcriber\":{\"name\":null,\"model\":null},\"timed\":true,\"speakers\":[{\"id\":\"S1\",\"name\":\"Ann\"}],"
        "\"segments\":[{\"id\":0,\"start_ms\":0,\"end_ms\":900,\"speaker\":\"S1\",\"confidence\":0.5,\"text\":\"Hi.\","
        "\"words\":[[100,300,\"Hi.\",-1]]}]}\n");
}

static void test_tolerant(void) {
    g_autoptr(Transcript) transcript =
        parse("{\"segments\":[{\"start_ms\":1e300,\"end_ms\":-4,\"text\":\"b\",\"speaker\":\"S9\",\"confidence\":7},"
              "{\"start_ms\":20.6,\"end_ms\":99999999999999999,\"text\":\"a\",\"speaker\":5,\"words\":3,\"mood\":1}],"
              "\"speakers\":[7,{\"id\":3},{\"name\":\"X\"}],\"duration_ms\":\"long\",\"language\":[],\"transcriber\":\"w\","
              "\"colour\":\"red\"}");
    g_assert_cmpstr(transcript_segment(transcript, 0)->text, ==, "a");
    g_assert_cmpint(transcript_segment(transcript, 0)->start_ms, ==, 21);
    g_assert_cmpint(transcript_segment(transcript, 0)->end_ms, ==, RECORDING_MS_MAX);
    g_assert_cmpint(transcript_segment(transcript, 1)->start_ms, ==, RECORDING_MS_MAX);
    g_assert_cmpint(transcript_segment(transcript, 1)->end_ms, ==, RECORDING_MS_MAX);
    g_assert_cmpfloat(transcript_segment(transcript, 1)->confidence, ==, 1);
    g_assert_cmpint(transcript_segment(transcript, 1)->speaker, ==, -1);
    g_assert_cmpint(transcript->duration_ms, ==, 0);
    g_assert_null(transcript->language);
    g_assert_cmpstr(json_get_string(transcript->extra, "colour", NULL), ==, "red");
    g_assert_cmpuint(json_object_size(transcript->extra), ==, 1);
}

static void test_corrupt(void) {
    assert_corrupt("[]", "not a JSON object");
    assert_corrupt("{}", "no list of segments");
    assert_corrupt("{\"segments\":{}}", "no list of segments");
    assert_corrupt("{\"segments\":[{\"text\":\"a\"},{\"text\":\" \"}]}", "Segment 1");
    assert_corrupt("{\"segments\":[5]}", "Segment 0");
    assert_corrupt("{\"segments\":[{\"text\":\"a\",\"words\":[[0,1,\"a\",1],[0,1]]}]}", "Word 1 of segment 0");
}

static json_t *with_segments(gsize count, gsize words) {
    json_t *segments = json_array(), *list = json_array();
    json_t *word = json_pack("[iisi]", 0, 1, "w", 1);
    for (gsize i = 0; i < words; i++) json_array_append(list, word);
    json_decref(word);
    for (gsize i = 0; i < count; i++) json_array_append_new(segments, json_pack("{ss}", "text", "a"));
    json_object_set_new(json_array_get(segments, 0), "words", list);
    return json_pack("{so}", "segments", segments);
}

static void test_counts(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) at = with_segments(SEGMENTS_MAX, WORDS_MAX);
    g_autoptr(Transcript) read = NULL;
    g_assert_true(transcript_from_json(at, &read, &error));
    g_assert_cmpuint(read->segments->len, ==, SEGMENTS_MAX);
    g_assert_cmpuint(transcript_segment(read, 0)->words->len, ==, WORDS_MAX);
    Transcript *none = NULL;
    g_autoptr(json_t) segments_over = with_segments(SEGMENTS_MAX + 1, 0);
    g_assert_false(transcript_from_json(segments_over, &none, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
    g_clear_error(&error);
    g_autoptr(json_t) words_over = with_segments(1, WORDS_MAX + 1);
    g_assert_false(transcript_from_json(words_over, &none, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
}

/* Whatever stands in the bucket: an error or a transcript that writes and reads itself back. */
#ifdef HANSARD_SANITIZER
#define DAMAGES 1500
#else
#define DAMAGES 5000
#endif

static void test_damage(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    int read_count = 0, refused = 0;
    for (int i = 0; i < DAMAGES; i++) {
        g_autoptr(Transcript) transcript = random_transcript(rand);
        g_autoptr(json_t) valid = transcript_to_json(transcript);
        g_autofree char *written = dump(valid);
        gsize size = strlen(written);
        g_autofree guint8 *damaged = random_damage(rand, written, &size);
        g_autoptr(json_t) json = json_parse(damaged, size, "damage", NULL);
        if (!json) continue;
        g_autoptr(GError) error = NULL;
        g_autoptr(Transcript) read = NULL;
        if (!transcript_from_json(json, &read, &error)) {
            g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
            refused++;
            continue;
        }
        read_count++;
        g_autoptr(json_t) first = transcript_to_json(read);
        g_autofree char *first_text = dump(first);
        g_autoptr(Transcript) again = parse(first_text);
        g_autoptr(json_t) second = transcript_to_json(again);
        g_autofree char *second_text = dump(second);
        g_assert_cmpstr(first_text, ==, second_text);
    }
    g_assert_cmpint(read_count, >, 50);
    g_assert_cmpint(refused, >, 5);
}

/* The first SPEAKERS_MAX entries count, even where they are all one speaker. */
static void test_speaker_entries(void) {
    g_autoptr(GString) text = g_string_new("{\"speakers\":[");
    for (int i = 1; i <= SPEAKERS_MAX + 1; i++)
        g_string_append_printf(text, "%s{\"id\":\"S%d\",\"name\":\"Ann\"}", i > 1 ? "," : "", i);
    g_string_append_printf(
        text, "],\"segments\":[{\"text\":\"a\",\"speaker\":\"S%d\"},{\"text\":\"b\",\"speaker\":\"S%d\"}]}", SPEAKERS_MAX,
        SPEAKERS_MAX + 1);
    g_autoptr(Transcript) read = parse(text->str);
    g_assert_cmpint(transcript_segment(read, 0)->speaker, ==, 0);
    g_assert_cmpint(transcript_segment(read, 1)->speaker, ==, -1);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/transcript/add", test_add);
    g_test_add_func("/transcript/limits", test_limits);
    g_test_add_func("/transcript/speaker-name-limit", test_speaker_name_limit);
    g_test_add_func("/transcript/rename-speaker", test_rename_speaker);
    g_test_add_func("/transcript/text", test_text);
    g_test_add_func("/transcript/round-trip", test_round_trip);
    g_test_add_func("/transcript/documented-form", test_documented_form);
    g_test_add_func("/transcript/tolerant", test_tolerant);
    g_test_add_func("/transcript/corrupt", test_corrupt);
    g_test_add_func("/transcript/counts", test_counts);
    g_test_add_func("/transcript/speaker-entries", test_speaker_entries);
    g_test_add_func("/transcript/damage", test_damage);
    return g_test_run();
}
