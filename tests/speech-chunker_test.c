/* The chunker and the words: which frames come in which chunk, when each word was said, and where segments part. */
#include <string.h>

#include "speech/chunker.h"
#include "speech/words.h"

static void add(Chunker *chunker, guint count, float probability) {
    for (guint i = 0; i < count; i++) chunker_add(chunker, &probability, 1);
}

static void test_silence(void) {
    g_autoptr(Chunker) chunker = chunker_new();
    Chunk chunk;
    for (guint i = 0; i < 1000; i++) {
        add(chunker, 100, 0.1F);
        g_assert_false(chunker_next(chunker, false, &chunk));
        g_assert_cmpint(chunker_first(chunker), ==, (i + 1) * 100 - CHUNKER_PAD_FRAMES); /* nothing is held back but the pad */
    }
    g_assert_false(chunker_next(chunker, true, &chunk));
}

static void test_click(void) {
    g_autoptr(Chunker) chunker = chunker_new();
    Chunk chunk;
    add(chunker, 50, 0);
    add(chunker, 3, 0.9F);
    add(chunker, 50, 0);
    g_assert_false(chunker_next(chunker, true, &chunk));
}

static void test_pad(void) {
    g_autoptr(Chunker) chunker = chunker_new();
    Chunk chunk;
    add(chunker, 100, 0);
    add(chunker, 30, 0.9F);
    add(chunker, 100, 0);
    add(chunker, 40, 0.9F);
    add(chunker, 5, 0);
    g_assert_false(chunker_next(chunker, false, &chunk)); /* not full yet */
    g_assert_true(chunker_next(chunker, true, &chunk));
    g_assert_cmpuint(chunk.count, ==, 30 + 40 + 3 * CHUNKER_PAD_FRAMES + 5);
    g_assert_cmpint(chunk.frames[0], ==, 100 - CHUNKER_PAD_FRAMES);
    g_assert_cmpint(chunk.frames[30 + 2 * CHUNKER_PAD_FRAMES], ==, 230 - CHUNKER_PAD_FRAMES);
    g_assert_cmpint(chunk.end, ==, 275);
    chunker_drop(chunker, chunk.end);
    g_assert_false(chunker_next(chunker, true, &chunk));
}

/* Speech of 40 s with a short pause at 22 s and a longer one at 25 s: the chunk ends in the longer one. */
static void test_longest_pause(void) {
    g_autoptr(Chunker) chunker = chunker_new();
    Chunk chunk;
    add(chunker, 690, 0.9F);
    add(chunker, 4, 0.1F);
    add(chunker, 90, 0.9F);
    add(chunker, 10, 0.1F);
    add(chunker, 500, 0.9F);
    g_assert_true(chunker_next(chunker, false, &chunk));
    g_assert_cmpint(chunk.end, >=, 784);
    g_assert_cmpint(chunk.end, <=, 794);
    g_assert_cmpuint(chunk.count, ==, chunk.end);
}

/* Speech without any pause is cut all the same: where it is softest, never over the limit, nothing lost, nothing twice. */
static void test_no_pause(void) {
    g_autoptr(Chunker) chunker = chunker_new();
    gint64 next = 0;
    for (guint i = 0; i < 300; i++) {
        Chunk chunk;
        add(chunker, 32, i % 7 ? 0.9F : 0.6F);
        while (chunker_next(chunker, i == 299, &chunk)) {
            g_assert_cmpuint(chunk.count, <=, CHUNK_FRAMES_MAX);
            for (guint f = 0; f < chunk.count; f++) g_assert_cmpint(chunk.frames[f], ==, next++);
            chunker_drop(chunker, chunk.end);
        }
        g_assert_cmpint((i + 1) * 32 - chunker_first(chunker), <=, CHUNK_FRAMES_MAX + 32);
    }
    g_assert_cmpint(next, ==, 300 * 32);
}

/* A word a minute for hours: chunks come though never full, and what is held stays bounded. */
static void test_sparse(void) {
    g_autoptr(Chunker) chunker = chunker_new();
    guint islands = 0, chunks = 0;
    for (guint minute = 0; minute < 240; minute++) {
        Chunk chunk;
        add(chunker, 20, 0.9F);
        add(chunker, 1855, 0.01F);
        while (chunker_next(chunker, minute == 239, &chunk)) {
            for (guint f = 0; f < chunk.count; f++) islands += f == 0 || chunk.frames[f] != chunk.frames[f - 1] + 1;
            chunks++;
            chunker_drop(chunker, chunk.end);
        }
        g_assert_cmpint((minute + 1) * 1875 - chunker_first(chunker), <=, CHUNKER_SPAN_FRAMES_MAX + 1875);
    }
    g_assert_cmpuint(islands, ==, 240);
    g_assert_cmpuint(chunks, >=, 60);
}

/* What is not dropped comes again. */
static void test_comes_again(void) {
    g_autoptr(Chunker) chunker = chunker_new();
    Chunk first, second;
    add(chunker, 1000, 0.9F);
    g_assert_true(chunker_next(chunker, false, &first));
    chunker_drop(chunker, first.frames[500]);
    add(chunker, 600, 0.9F);
    g_assert_true(chunker_next(chunker, false, &second));
    g_assert_cmpint(second.frames[0], ==, first.frames[500]);
}

/* Frames 0-99 of speech, 100-131 of silence, and, after a minute left out, 100 of speech. */
static Chunk make_chunk(void) {
    Chunk chunk = {.count = 232};
    for (guint i = 0; i < chunk.count; i++) {
        chunk.frames[i] = i < 116 ? i : i + 1875;
        chunk.speech[i] = i >= 100 && i < 132 ? 0.05F : 0.9F;
    }
    return chunk;
}

typedef struct {
    GString *log;
    guint refuse_at;
} Seen;

static bool note(const Segment *segment, gpointer user_data, GError **error) {
    Seen *seen = user_data;
    if (seen->refuse_at > 0 && --seen->refuse_at == 0) return fail(error, ERROR_CANCELLED, "enough");
    g_assert_cmpint(segment->end_ms, >=, segment->start_ms);
    g_string_append_printf(seen->log, "%s|", segment->text);
    return true;
}

static void add_text(Words *words, const Chunk *chunk, gint64 start_ms, gint64 end_ms, const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "_", -1);
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    for (char **part = parts; *part; part++) {
        Piece piece = {.text = *part, .probability = 0.5F};
        g_array_append_val(pieces, piece);
    }
    words_add_phrase(words, chunk, start_ms, end_ms, (const Piece *)(const void *)pieces->data, pieces->len);
}

static char *segments_of(Words *words, bool last) {
    Seen seen = {.log = g_string_new(NULL)};
    g_assert_true(words_to_segments(words, last, note, &seen, NULL));
    return g_string_free(seen.log, FALSE);
}

static const Word *word(const Words *words, guint i) { return &g_array_index(words->words, Word, i); }

static void test_word_times(void) {
    g_auto(Words) words;
    words_init(&words);
    Chunk chunk = make_chunk();
    add_text(&words, &chunk, 0, 232 * FRAME_MS, " aaaa_ bb_bb_ cccc_ dddd");
    g_assert_cmpuint(words.words->len, ==, 4);
    g_assert_cmpstr(word(&words, 1)->text, ==, "bbbb");
    g_assert_cmpfloat_with_epsilon(word(&words, 1)->confidence, 0.5F, 1e-6F);
    g_assert_cmpint(word(&words, 0)->start_ms, ==, 0);
    g_assert_cmpint(ABS(word(&words, 1)->end_ms - 100 * FRAME_MS), <=, FRAME_MS); /* at the end of speech */
    g_assert_cmpint(ABS(word(&words, 2)->start_ms - (132 + 1875) * FRAME_MS), <=, FRAME_MS); /* where it begins again */
    g_assert_cmpint(ABS(word(&words, 3)->end_ms - (232 + 1875) * FRAME_MS), <=, FRAME_MS);
    g_autofree char *segments = segments_of(&words, true);
    g_assert_cmpstr(segments, ==, "aaaa bbbb|cccc dddd|"); /* no segment over the minute left out */
}

/* A single word that the recogniser stretches over what was left out stands on one side of it. */
static void test_word_over_gap(void) {
    g_auto(Words) words;
    words_init(&words);
    Chunk chunk = make_chunk();
    add_text(&words, &chunk, 0, 232 * FRAME_MS, " one");
    add_text(&words, &chunk, 20000, 30000, " behind");
    g_assert_cmpint(word(&words, 0)->end_ms - word(&words, 0)->start_ms, <=, 232 * FRAME_MS);
    g_assert_cmpint(word(&words, 1)->start_ms, >=, word(&words, 0)->end_ms);
}

static void test_sounds_left_out(void) {
    static const struct {
        const char *said, *kept;
    } cases[] = {
        {" [_BLANK_AUDIO]", ""}, {"[_ Silence_ ]", ""}, {" (_dramatic_ music_).", ""}, {" *_laughs_*", ""}, {" ♪", ""},
        {" Yes_ [_coughs_]_ indeed.", "Yes indeed.|"}, {" (_ open", "( open|"}, {" one_ (_or_ two_)_ three", "one three|"}, {"",
                                                                                                                             ""},
        {" ", ""},
    };
    Chunk chunk = make_chunk();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Words) words;
        words_init(&words);
        add_text(&words, &chunk, 0, 3000, cases[i].said);
        g_autofree char *segments = segments_of(&words, true);
        g_assert_cmpstr(segments, ==, cases[i].kept);
    }
}

static void test_loops(void) {
    static const struct {
        guint repeats;
        const char *what, *kept;
    } cases[] = {
        {4, " so_ we_ go", "so we go so we go so we go so we go|"}, {5, " so_ we_ go", "so we go|"}, {60, " I_ don't_ know", "I "
                                                                                                      "don't know|"},
        {8, " yeah", "yeah yeah yeah yeah yeah yeah yeah yeah|"},   {9, " yeah", "yeah|"},
    };
    Chunk chunk = make_chunk();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Words) words;
        words_init(&words);
        g_autoptr(GString) said = g_string_new(cases[i].what);
        for (guint n = 1; n < cases[i].repeats; n++) g_string_append_printf(said, "_%s", cases[i].what);
        add_text(&words, &chunk, 0, 3000, said->str);
        words_collapse_loops(&words);
        g_autofree char *segments = segments_of(&words, true);
        g_assert_cmpstr(segments, ==, cases[i].kept);
    }
}

/* Four words of equal length share 100 frames of speech by length; a sure hint moves its word and shares the rest anew. Hints
 * that are not sure, outside the phrase, or less sure than others which they contradict are of no account. */
static void test_hints(void) {
    static const struct {
        gint64 hint_ms[4];
        float sure[4];
        gint64 starts_ms[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 800, 1600, 2400}},
        {{0, 0, 2000, 0}, {0, 0, 0.5F, 0}, {0, 1000, 2000, 2600}},
        {{0, 0, 2000, 0}, {0, 0, 0.01F, 0}, {0, 800, 1600, 2400}},
        {{-5000, 300, 9000, 0}, {0.9F, 0.5F, 0.9F, 0}, {0, 300, 1266, 2233}},
        {{2800, 900, 1500, 1600}, {0.4F, 0.3F, 0.3F, 0.3F}, {0, 900, 1500, 1600}},
        {{2800, 900, 1500, 1600}, {0.9F, 0.2F, 0.2F, 0.2F}, {2800, 2900, 3000, 3100}},
        {{1000, 1000, 1000, 1000}, {0.5F, 0.5F, 0.5F, 0.5F}, {1000, 1550, 2100, 2650}},
    };
    static const char *const texts[] = {" aaaa", " bbbb", " cccc", " dddd"};
    Chunk chunk = make_chunk();
    for (gsize c = 0; c < G_N_ELEMENTS(cases); c++) {
        g_auto(Words) words;
        words_init(&words);
        Piece pieces[4];
        for (gsize i = 0; i < 4; i++) pieces[i] = (Piece){texts[i], 0.5F, cases[c].hint_ms[i], cases[c].sure[i]};
        words_add_phrase(&words, &chunk, 0, 100 * FRAME_MS, pieces, 4);
        gint64 last_ms = 0;
        for (guint i = 0; i < 4; i++) {
            g_assert_cmpint(ABS(word(&words, i)->start_ms - cases[c].starts_ms[i]), <=, 1);
            g_assert_cmpint(word(&words, i)->start_ms, >=, last_ms);
            last_ms = word(&words, i)->end_ms;
        }
        g_assert_cmpint(last_ms, <=, 100 * FRAME_MS);
    }
}

/* A word whose neighbour is hinted too late or too early does not reach over the pause between them. */
static void test_hint_beside_pause(void) {
    static const guint next_frames[] = {106, 137};
    Chunk chunk = {.count = 232};
    for (guint i = 0; i < chunk.count; i++) {
        chunk.frames[i] = i;
        chunk.speech[i] = i >= 100 && i < 132 ? 0.05F : 0.9F;
    }
    for (gsize c = 0; c < G_N_ELEMENTS(next_frames); c++) {
        g_auto(Words) words;
        words_init(&words);
        Piece pieces[] = {{" before", 0.5F, 0, 0.9F}, {" behind", 0.5F, next_frames[c] * FRAME_MS, 0.9F}};
        words_add_phrase(&words, &chunk, 0, 232 * FRAME_MS, pieces, 2);
        g_assert_cmpint(ABS(word(&words, 0)->end_ms - 100 * FRAME_MS), <=, FRAME_MS);
        g_assert_cmpint(ABS(word(&words, 1)->start_ms - 134 * FRAME_MS), <=, 4 * FRAME_MS);
    }
}

static void add_word(Words *words, gint64 start_ms, gint64 end_ms, const char *text, bool ends_phrase) {
    Word added = {start_ms, end_ms, 0.5F, g_strdup(text)};
    g_array_append_val(words->words, added);
    if (ends_phrase) g_array_append_val(words->phrase_ends, words->words->len);
}

/* Adds words of 300 ms, "_" after one: a pause of 200 ms, "/": of 400 ms, "//": of 600 ms; "|" ends a phrase. */
static void add_said(Words *words, const char *said) {
    g_auto(GStrv) parts = g_strsplit(said, " ", -1);
    gint64 at_ms = 0;
    for (char **part = parts; *part; part++) {
        gsize length = strcspn(*part, "_/|");
        g_autofree char *text = g_strndup(*part, length);
        const char *marks = *part + length;
        add_word(words, at_ms, at_ms + 300, text, strchr(marks, '|'));
        at_ms += 300 + (strstr(marks, "//") ? 600 : strchr(marks, '/') ? 400 : strchr(marks, '_') ? 200 : 0);
    }
}

static void test_segments(void) {
    static const struct {
        const char *said, *parted;
    } cases[] = {
        {"We meet on Monday. Not on Tuesday at all.", "We meet on Monday.|Not on Tuesday at all.|"},
        {"Yes. We meet on Monday.", "Yes. We meet on Monday.|"}, /* too short a sentence to stand alone */
        {"We meet on// Monday.", "We meet on|Monday.|"},
        {"We meet on/ Monday.", "We meet on Monday.|"},
        {"We meet on/| Monday and Tuesday.", "We meet on|Monday and Tuesday.|"},
        {"We meet on/| monday and Tuesday.", "We meet on monday and Tuesday.|"},
        {"We meet on_| Monday and Tuesday.", "We meet on Monday and Tuesday.|"},
        {"what you can do for| you.", "what you can do for you.|"},
        {"We meet on Monday. And so", "We meet on Monday. And so|"}, /* no sentence of its own */
        {"We meet on Monday. And so// we do.", "We meet on Monday. And so|we do.|"},
        {"We meet on Monday./ And so// we do.", "We meet on Monday.|And so|we do.|"},
        {"We meet on Monday. And then we", "We meet on Monday.|And then we|"},
        {"We meet on Monday. Very well.", "We meet on Monday.|Very well.|"},
        {"We meet with Mr. Dashwood and Dr. Grey today.", "We meet with Mr. Dashwood and Dr. Grey today.|"},
        {"one", "one|"},
        {"", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Words) words;
        words_init(&words);
        if (cases[i].said[0] != '\0') add_said(&words, cases[i].said);
        g_autofree char *parted = segments_of(&words, true);
        g_assert_cmpstr(parted, ==, cases[i].parted);
        g_assert_cmpuint(words.words->len, ==, 0);
    }
}

/* Words without a sentence's end: no segment beyond 15 s, parted where the pause is longest, and no word or two left over. */
static void test_long_sentence(void) {
    g_auto(Words) words;
    words_init(&words);
    for (guint i = 0; i < 62; i++) add_word(&words, i * 250, i * 250 + (i == 39 ? 100 : 240), i == 40 ? "there" : "on", false);
    g_autofree char *parted = segments_of(&words, true);
    g_auto(GStrv) segments = g_strsplit(parted, "|", -1);
    g_assert_cmpuint(g_strv_length(segments), ==, 3); /* and nothing behind the last mark */
    g_assert_true(g_str_has_prefix(segments[1], "there on"));
}

/* What the next chunk may go on with is held back until it is known. */
static void test_held_back(void) {
    g_auto(Words) words;
    words_init(&words);
    add_said(&words, "We meet on Monday. Ask not what your country can do for|");
    g_autofree char *first = segments_of(&words, false);
    g_assert_cmpstr(first, ==, "We meet on Monday.|");
    g_assert_cmpuint(words.words->len, ==, 8);
    g_assert_cmpuint(words.phrase_ends->len, ==, 1);
    g_assert_cmpuint(g_array_index(words.phrase_ends, guint, 0), ==, 8);
    add_word(&words, 3700, 3900, "you.", true);
    g_autofree char *none = segments_of(&words, false), *second = segments_of(&words, true);
    g_assert_cmpstr(none, ==, "");
    g_assert_cmpstr(second, ==, "Ask not what your country can do for you.|");
}

static void test_stopped(void) {
    g_auto(Words) words;
    words_init(&words);
    add_said(&words, "We meet on Monday. Not on Tuesday.");
    Seen seen = {.log = g_string_new(NULL), .refuse_at = 2};
    g_autoptr(GError) error = NULL;
    g_assert_false(words_to_segments(&words, true, note, &seen, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
    g_assert_cmpstr(seen.log->str, ==, "We meet on Monday.|");
    g_string_free(seen.log, TRUE);
}

/* A character that the recogniser splits over two tokens is put together; half of one is made valid. */
static void test_characters(void) {
    g_auto(Words) words;
    words_init(&words);
    Chunk chunk = make_chunk();
    add_text(&words, &chunk, 0, 3000, " caf\xC3_\xA9_ \xE2\x82");
    g_assert_cmpstr(word(&words, 0)->text, ==, "café");
    g_assert_true(g_utf8_validate(word(&words, 1)->text, -1, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/speech/chunker/silence", test_silence);
    g_test_add_func("/speech/chunker/click", test_click);
    g_test_add_func("/speech/chunker/pad", test_pad);
    g_test_add_func("/speech/chunker/longest-pause", test_longest_pause);
    g_test_add_func("/speech/chunker/no-pause", test_no_pause);
    g_test_add_func("/speech/chunker/sparse", test_sparse);
    g_test_add_func("/speech/chunker/comes-again", test_comes_again);
    g_test_add_func("/speech/words/times", test_word_times);
    g_test_add_func("/speech/words/over-gap", test_word_over_gap);
    g_test_add_func("/speech/words/sounds", test_sounds_left_out);
    g_test_add_func("/speech/words/loops", test_loops);
    g_test_add_func("/speech/words/hints", test_hints);
    g_test_add_func("/speech/words/hint-beside-pause", test_hint_beside_pause);
    g_test_add_func("/speech/words/segments", test_segments);
    g_test_add_func("/speech/words/long-sentence", test_long_sentence);
    g_test_add_func("/speech/words/held-back", test_held_back);
    g_test_add_func("/speech/words/stopped", test_stopped);
    g_test_add_func("/speech/words/characters", test_characters);
    return g_test_run();
}
