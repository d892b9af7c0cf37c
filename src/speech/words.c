/* Words and segments of a chunk. */
#include "speech/words.h"

#include <string.h>

#define REPEATS_MAX 4            /* of three words or more; people do say "yeah" eight times */
#define REPEATS_SHORT_MAX 8
#define LOOP_WORDS_MAX 16
#define SENTENCE_MS_MIN 1000     /* shorter ones stay with what follows */
#define SEGMENT_MS_MAX 15000
#define PAUSE_MS 1500            /* parts segments */
#define PHRASE_PAUSE_MS 700      /* parts segments where a phrase ends too */

static void word_clear(gpointer word) { g_free(((Word *)word)->text); }

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

/* Speech of a frame as weight: silence weighs nothing. */
static double weight(const Chunk *chunk, guint frame) {
    return chunk->speech[frame] < SPEECH_OFF ? 0 : (double)chunk->speech[frame];
}

/* A stretch of a chunk in frames, walked by the share of its speech that has passed. */
typedef struct {
    const Chunk *chunk;
    double from, to; /* frames, with fractions */
    double total;    /* speech between them */
} Stretch;

static double speech_within(const Stretch *stretch, guint frame) {
    double inside = MIN(stretch->to, frame + 1.0) - MAX(stretch->from, frame);
    return inside > 0 ? inside * weight(stretch->chunk, frame) : 0;
}

/* The place where `share` (0..1) of the stretch's speech has passed: before a pause there, or `behind` it. */
static double place_at(const Stretch *stretch, double share, bool behind) {
    if (stretch->total <= 0) return stretch->from + share * (stretch->to - stretch->from);
    double left = share * stretch->total, epsilon = 1e-6 * stretch->total;
    guint last = stretch->chunk->count;
    for (guint frame = (guint)stretch->from; frame < last && frame < stretch->to; frame++) {
        double speech = speech_within(stretch, frame);
        bool here = speech > 0 && (behind ? left < speech - epsilon : left <= speech + epsilon);
        if (here) return MIN(MAX(stretch->from, frame) + MAX(left, 0) / weight(stretch->chunk, frame), stretch->to);
        left -= speech;
    }
    return stretch->to;
}

/* Where a place of the chunk stands in the recording. */
static gint64 recording_ms(const Chunk *chunk, double place) {
    guint frame = MIN((guint)MAX(place, 0), chunk->count - 1);
    return (gint64)((double)(chunk->frames[frame] - frame) * FRAME_MS + MIN(place, chunk->count) * FRAME_MS);
}

/* Sets a word's time; over silence that was left out it goes wholly to the side where more of it lies. */
static void set_time(Word *word, const Chunk *chunk, double from, double to) {
    guint first = MIN((guint)from, chunk->count - 1), end = MIN((guint)to, chunk->count - 1);
    for (guint frame = first + 1; frame <= end; frame++) {
        if (chunk->frames[frame] == chunk->frames[frame - 1] + 1) continue;
        if (frame - from < to - frame) from = frame;
        else to = frame - 1e-3;
        if (to < frame) break;
    }
    word->start_ms = recording_ms(chunk, from);
    word->end_ms = MAX(recording_ms(chunk, to), word->start_ms);
}

/* Joins pieces to words: a piece that begins with a space begins a word. */
static void join_pieces(GArray *words, const Piece *pieces, guint piece_count) {
    g_autoptr(GString) text = g_string_new(NULL);
    double sum = 0;
    guint count = 0;
    for (guint i = 0; i <= piece_count; i++) {
        bool ends = i == piece_count || pieces[i].text[0] == ' ';
        if (ends && count > 0) {
            g_autofree char *valid = g_utf8_make_valid(text->str, (gssize)text->len);
            g_strstrip(valid);
            Word word = {.confidence = (float)(sum / count), .text = valid};
            if (valid[0] != '\0') word.text = g_steal_pointer(&valid), g_array_append_val(words, word);
            g_string_truncate(text, 0);
            sum = 0, count = 0;
        }
        if (i == piece_count) break;
        g_string_append(text, pieces[i].text);
        sum += pieces[i].probability, count++;
    }
}

/* The index behind a sound in brackets that begins with word `i`; `i` where there is none. */
static guint skip_sound(const GArray *words, guint i) {
    static const struct {
        const char *open, *close;
    } brackets[] = {{"[", "]"}, {"(", ")"}, {"*", "*"}, {"♪", "♪"}};
    const char *text = g_array_index(words, Word, i).text;
    for (gsize b = 0; b < G_N_ELEMENTS(brackets); b++) {
        if (!g_str_has_prefix(text, brackets[b].open)) continue;
        for (guint end = i; end < words->len; end++) {
            const char *last = g_array_index(words, Word, end).text;
            g_autofree char *bare = g_strdup(last);
            gsize length = strlen(bare);
            while (length > 0 && strchr(".,!?", bare[length - 1])) bare[--length] = '\0';
            if (g_str_has_suffix(bare, brackets[b].close) && (end > i || length > strlen(brackets[b].open))) return end + 1;
        }
        if (strcmp(text, "♪") == 0) return i + 1;
    }
    return i;
}

static void remove_sounds(GArray *words) {
    for (guint i = 0; i < words->len;) {
        guint end = skip_sound(words, i);
        if (end > i) g_array_remove_range(words, i, end - i);
        else i++;
    }
}

void words_add_phrase(Words *words, const Chunk *chunk, gint64 start_ms, gint64 end_ms, const Piece *pieces, guint piece_count) {
    g_autoptr(GArray) phrase = g_array_new(FALSE, FALSE, sizeof(Word));
    g_array_set_clear_func(phrase, word_clear);
    join_pieces(phrase, pieces, piece_count);
    remove_sounds(phrase);
    if (phrase->len == 0 || chunk->count == 0) return;

    Stretch stretch = {.chunk = chunk, .from = CLAMP((double)start_ms / FRAME_MS, 0, chunk->count)};
    stretch.to = CLAMP((double)end_ms / FRAME_MS, stretch.from, chunk->count);
    for (guint frame = (guint)stretch.from; frame < chunk->count && frame < stretch.to; frame++)
        stretch.total += speech_within(&stretch, frame);
    double length = 0, passed = 0;
    for (guint i = 0; i < phrase->len; i++) length += 1 + (double)g_utf8_strlen(g_array_index(phrase, Word, i).text, -1);
    gint64 not_before_ms = words->words->len > 0 ? word_at(words, words->words->len - 1)->end_ms : 0;
    for (guint i = 0; i < phrase->len; i++) {
        Word *word = &g_array_index(phrase, Word, i);
        double next = passed + 1 + (double)g_utf8_strlen(word->text, -1);
        set_time(word, chunk, place_at(&stretch, passed / length, true), place_at(&stretch, next / length, false));
        word->start_ms = MAX(word->start_ms, not_before_ms);
        word->end_ms = not_before_ms = MAX(word->end_ms, word->start_ms);
        passed = next;
    }
    g_array_append_vals(words->words, phrase->data, phrase->len);
    g_array_set_clear_func(phrase, NULL); /* the words are handed on */
    g_array_append_val(words->phrase_ends, words->words->len);
}

static bool same_run(const Words *words, guint a, guint b, guint length) {
    for (guint i = 0; i < length; i++)
        if (g_ascii_strcasecmp(word_at(words, a + i)->text, word_at(words, b + i)->text) != 0) return false;
    return true;
}

/* Removes words and keeps the phrases' ends where they were said. */
static void remove_words(Words *words, guint from, guint count) {
    g_array_remove_range(words->words, from, count);
    for (guint i = 0; i < words->phrase_ends->len; i++) {
        guint *end = &g_array_index(words->phrase_ends, guint, i);
        if (*end > from) *end = MAX(from, *end - MIN(count, *end));
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
            if (repeats > repeats_max) remove_words(words, start + length, (repeats - 1) * length);
        }
    }
}

static bool ends_sentence(const char *word) {
    static const char *const ends[] = {".", "?", "!", "…", "。", "？", "！", ".\"", "?\"", "!\""};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
        if (g_str_has_suffix(word, ends[i])) return true;
    return false;
}

static bool phrase_ends_at(const Words *words, guint count) {
    for (guint i = 0; i < words->phrase_ends->len; i++)
        if (g_array_index(words->phrase_ends, guint, i) == count) return true;
    return false;
}

/* Whether a segment that began with word `first` ends before word `next`. */
static bool parts_before(const Words *words, guint first, guint next) {
    const Word *last = word_at(words, next - 1), *following = word_at(words, next);
    gint64 pause_ms = following->start_ms - last->end_ms, said_ms = last->end_ms - word_at(words, first)->start_ms;
    if (pause_ms >= PAUSE_MS || following->end_ms - word_at(words, first)->start_ms > SEGMENT_MS_MAX) return true;
    if (ends_sentence(last->text)) return said_ms >= SENTENCE_MS_MIN;
    bool goes_on = g_unichar_islower(g_utf8_get_char(following->text));
    return phrase_ends_at(words, next) && (!goes_on || pause_ms >= PHRASE_PAUSE_MS);
}

static bool visit_segment(const Words *words, guint first, guint end, WordsVisit visit, gpointer user_data, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(Word)); /* the texts stay with `words` */
    double sum = 0;
    for (guint i = first; i < end; i++) {
        g_string_append_printf(text, "%s%s", i > first ? " " : "", word_at(words, i)->text);
        sum += (double)word_at(words, i)->confidence;
    }
    g_array_append_vals(own, word_at(words, first), end - first);
    Segment segment = {.start_ms = word_at(words, first)->start_ms,
                       .end_ms = word_at(words, end - 1)->end_ms,
                       .speaker = -1,
                       .confidence = (float)(sum / (end - first)),
                       .text = text->str,
                       .words = own};
    return visit(&segment, user_data, error);
}

bool words_to_segments(const Words *words, WordsVisit visit, gpointer user_data, GError **error) {
    guint first = 0;
    for (guint i = 1; i <= words->words->len; i++) {
        if (i < words->words->len && !parts_before(words, first, i)) continue;
        if (!visit_segment(words, first, i, visit, user_data, error)) return false;
        first = i;
    }
    return true;
}
