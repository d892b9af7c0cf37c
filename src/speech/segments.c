/* Words into segments: where a segment ends is known once a few words behind it are. */
#include <string.h>

#include "speech/words.h"

#define SEGMENT_MS_MAX 15000
#define SENTENCE_MS_MIN 1000     /* shorter sentences stay with what follows */
#define PAUSE_MS 600             /* parts segments */
#define PHRASE_PAUSE_MS 300      /* parts segments where the recogniser ended a phrase and begins the next with a capital */
#define FRAGMENT_WORDS_MAX 2     /* so few without a sentence's end are no segment of their own unless pauses part them */

static const Word *word_at(const Words *words, guint i) { return &g_array_index(words->words, Word, i); }

static gint64 pause_before(const Words *words, guint i) { return word_at(words, i)->start_ms - word_at(words, i - 1)->end_ms; }

static bool ends_sentence(const char *word) {
    static const char *const titles[] = {"Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "St."};
    static const char *const ends[] = {".", "?", "!", "…", "。", "？", "！", ".\"", "?\"", "!\""};
    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++)
        if (strcmp(word, titles[i]) == 0) return false;
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
        if (g_str_has_suffix(word, ends[i])) return true;
    return false;
}

static bool phrase_ends_at(const Words *words, guint count) {
    for (guint i = 0; i < words->phrase_ends->len; i++)
        if (g_array_index(words->phrase_ends, guint, i) == count) return true;
    return false;
}

/* Whether the words from `i` on are a word or two before a pause or the end, and no sentence. */
static bool fragment_at(const Words *words, guint i) {
    for (guint end = i + 1; end <= i + FRAGMENT_WORDS_MAX; end++) {
        if (ends_sentence(word_at(words, end - 1)->text)) return false;
        if (end == words->words->len || pause_before(words, end) >= PAUSE_MS) return true;
    }
    return false;
}

/* Whether a segment that began with word `first` ends before word `next`. */
static bool parts_before(const Words *words, guint first, guint next) {
    const Word *last = word_at(words, next - 1);
    gint64 pause_ms = pause_before(words, next);
    if (pause_ms >= PAUSE_MS) return true;
    if (ends_sentence(last->text))
        return last->end_ms - word_at(words, first)->start_ms >= SENTENCE_MS_MIN &&
               (pause_ms >= PHRASE_PAUSE_MS || !fragment_at(words, next));
    bool goes_on = g_unichar_islower(g_utf8_get_char(word_at(words, next)->text));
    return pause_ms >= PHRASE_PAUSE_MS && phrase_ends_at(words, next) && !goes_on;
}

/* Where words grown too long for a segment are best parted: before the longest pause in their second half, the last of equals. */
static guint widest_pause(const Words *words, guint first, guint end) {
    guint best = end - 1, earliest = first + (end - first) / 2;
    for (guint i = best; i > earliest; i--)
        if (pause_before(words, i) > pause_before(words, best)) best = i;
    return MAX(best, first + 1);
}

/* The word behind the segment that begins with `first`; `first` where that is not known before more words come. */
static guint segment_end(const Words *words, guint first, bool last) {
    guint count = words->words->len;
    for (guint i = first + 1; i < count; i++) {
        if (word_at(words, i)->end_ms - word_at(words, first)->start_ms > SEGMENT_MS_MAX && pause_before(words, i) < PAUSE_MS)
            return widest_pause(words, first, i);
        if (!last && i + FRAGMENT_WORDS_MAX >= count) return first;
        if (parts_before(words, first, i)) return i;
    }
    return last ? count : first;
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

bool words_to_segments(Words *words, bool last, WordsVisit visit, gpointer user_data, GError **error) {
    guint first = 0;
    for (guint end; first < words->words->len; first = end) {
        end = segment_end(words, first, last);
        if (end == first) break;
        if (!visit_segment(words, first, end, visit, user_data, error)) return false;
    }
    words_remove(words, 0, first);
    return true;
}
