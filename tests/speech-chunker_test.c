/* The chunker and the words: which frames come in which chunk, and when each word was said. */
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
        Piece piece = {*part, 0.5F};
        g_array_append_val(pieces, piece);
    }
    words_add_phrase(words, chunk, start_ms, end_ms, (const Piece *)(const void *)pieces->data, pieces->len);
}

static char *segments_of(const Words *words) {
    Seen seen = {.log = g_string_new(NULL)};
    g_assert_true(words_to_segments(words, note, &seen, NULL));
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
    g_autofree char *segments = segments_of(&words);
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
        g_autofree char *segments = segments_of(&words);
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
        g_autofree char *segments = segments_of(&words);
        g_assert_cmpstr(segments, ==, cases[i].kept);
    }
}

static void test_sentences(void) {
    g_auto(Words) words;
    words_init(&words);
    Chunk chunk = make_chunk();
    add_text(&words, &chunk, 0, 2000, " We_ meet_ on_ Monday._ Not_ on");
    add_text(&words, &chunk, 2000, 3000, " Tuesday._ Fine.");
    g_autofree char *segments = segments_of(&words);
    g_assert_cmpstr(segments, ==, "We meet on Monday.|Not on|Tuesday. Fine.|");
    Seen seen = {.log = g_string_new(NULL), .refuse_at = 2};
    g_autoptr(GError) error = NULL;
    g_assert_false(words_to_segments(&words, note, &seen, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
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
    g_test_add_func("/speech/words/sentences", test_sentences);
    g_test_add_func("/speech/words/characters", test_characters);
    return g_test_run();
}
