/* Pieces of text into words; sounds and loops out. */
#include "speech/words.h"

#include <string.h>

#include "speech/timing.h"

#define REPEATS_MAX 4            /* of three words or more; people do say "yeah" eight times */
#define REPEATS_SHORT_MAX 8
#define LOOP_WORDS_MAX 16

static void word_clear(gpointer word) { g_free(((Word *)word)->text); }

static void timed_word_clear(gpointer timed) { word_clear(&((TimedWord *)timed)->word); }

void words_init(Words *words) {
    words->words = g_array_new(FALSE, FALSE, sizeof(Word));
    g_array_set_clear_func(words->words, word_clear);
    words->phrase_ends = g_array_new(FALSE, FALSE, sizeof(guint));
}

void words_clear(Words *words) {
    g_clear_pointer(&words->words, g_array_unref);
    g_clear_pointer(&words->phrase_ends, g_array_unref);
}

static const Word *word_at(const Words *words, guint i) { return &g_array_index(words->words, Word, i); }

/* Joins pieces to words: a piece that begins with a space begins a word. */
static void join_pieces(GArray *phrase, const Piece *pieces, guint piece_count) {
    g_autoptr(GString) text = g_string_new(NULL);
    double sum = 0;
    guint count = 0;
    for (guint i = 0; i <= piece_count; i++) {
        bool ends = i == piece_count || pieces[i].text[0] == ' ';
        if (ends && count > 0) {
            g_autofree char *valid = g_utf8_make_valid(text->str, (gssize)text->len);
            g_strstrip(valid);
            const Piece *begin = &pieces[i - count];
            TimedWord timed = {.word = {.confidence = (float)(sum / count), .text = valid},
                               .hint_ms = begin->hint_ms,
                               .sure = begin->sure};
            if (valid[0] != '\0') timed.word.text = g_steal_pointer(&valid), g_array_append_val(phrase, timed);
            g_string_truncate(text, 0);
            sum = 0, count = 0;
        }
        if (i == piece_count) break;
        g_string_append(text, pieces[i].text);
        sum += pieces[i].probability, count++;
    }
}

/* The index behind a sound in brackets that begins with word `i`; `i` where there is none. */
static guint skip_sound(const GArray *phrase, guint i) {
    static const struct {
        const char *open, *close;
    } brackets[] = {{"[", "]"}, {"(", ")"}, {"*", "*"}, {"♪", "♪"}};
    const char *text = g_array_index(phrase, TimedWord, i).word.text;
    for (gsize b = 0; b < G_N_ELEMENTS(brackets); b++) {
        if (!g_str_has_prefix(text, brackets[b].open)) continue;
        for (guint end = i; end < phrase->len; end++) {
            const char *last = g_array_index(phrase, TimedWord, end).word.text;
            g_autofree char *bare = g_strdup(last);
            gsize length = strlen(bare);
            while (length > 0 && strchr(".,!?", bare[length - 1])) bare[--length] = '\0';
            if (g_str_has_suffix(bare, brackets[b].close) && (end > i || length > strlen(brackets[b].open))) return end + 1;
        }
        if (strcmp(text, "♪") == 0) return i + 1;
    }
    return i;
}

static void remove_sounds(GArray *phrase) {
    for (guint i = 0; i < phrase->len;) {
        guint end = skip_sound(phrase, i);
        if (end > i) g_array_remove_range(phrase, i, end - i);
        else i++;
    }
}

void words_add_phrase(Words *words, const Chunk *chunk, gint64 start_ms, gint64 end_ms, const Piece *pieces, guint piece_count) {
    g_autoptr(GArray) phrase = g_array_new(FALSE, FALSE, sizeof(TimedWord));
    g_array_set_clear_func(phrase, timed_word_clear);
    join_pieces(phrase, pieces, piece_count);
    remove_sounds(phrase);
    if (phrase->len == 0 || chunk->count == 0) return;
    gint64 not_before_ms = words->words->len > 0 ? word_at(words, words->words->len - 1)->end_ms : 0;
    timing_set(phrase, chunk, start_ms, end_ms, not_before_ms);
    for (guint i = 0; i < phrase->len; i++) g_array_append_val(words->words, g_array_index(phrase, TimedWord, i).word);
    g_array_set_clear_func(phrase, NULL); /* the texts are handed on */
    g_array_append_val(words->phrase_ends, words->words->len);
}

static bool same_run(const Words *words, guint a, guint b, guint length) {
    for (guint i = 0; i < length; i++)
        if (g_ascii_strcasecmp(word_at(words, a + i)->text, word_at(words, b + i)->text) != 0) return false;
    return true;
}

void words_remove(Words *words, guint from, guint count) {
    g_array_remove_range(words->words, from, count);
    for (guint i = words->phrase_ends->len; i-- > 0;) {
        guint *end = &g_array_index(words->phrase_ends, guint, i);
        if (*end > from) *end = MAX(from, *end - MIN(count, *end));
        if (*end == 0) g_array_remove_index(words->phrase_ends, i);
    }
}

void words_collapse_loops(Words *words) {
    for (guint length = 1; length <= LOOP_WORDS_MAX; length++) {
        guint repeats_max = length < 3 ? REPEATS_SHORT_MAX : REPEATS_MAX;
        for (guint start = 0; start + length < words->words->len; start++) {
            guint repeats = 1;
            while (start + (repeats + 1) * length <= words->words->len && same_run(words, start, start + repeats * length,
                                                                                   length))
                repeats++;
            if (repeats > repeats_max) words_remove(words, start + length, (repeats - 1) * length);
        }
    }
}
