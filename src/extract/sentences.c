/* Splitting at marks, speakers and length, and the plain words of each sentence. Tolerant of what speech recognition leaves out.
 */
#include "extract/sentences.h"

#include <string.h>

#include "extract/words.h"

#define SENTENCE_BYTES_MAX 2000 /* a "word" may be long */

static const char *const fillers[] = {"um",  "uh",   "er",        "erm",      "hmm",  "mm",   "mhm",        "ah",  "eh",  "oh",
                                      "uhm", "just", "basically", "actually", "also", "then", "definitely", "hum", "huh", NULL};
static const char *const abbreviations[] = {"mr",  "mrs",    "ms", "dr",  "prof", "st",  "vs",
                                            "etc", "approx", "no", "inc", "e.g",  "i.e", NULL};

static void sentence_clear(gpointer data) {
    Sentence *sentence = data;
    g_free(sentence->text);
    g_free(sentence->plain);
    g_array_unref(sentence->words);
}

static bool is_in(const char *const *list, const char *word) { return g_strv_contains(list, word); }

/* "des- description": a word broken off. */
static bool broken_off(const char *text, WordSpan span) {
    return text[span.end] == '-' && (text[span.end + 1] == ' ' || text[span.end + 1] == '\0');
}

static void read_words(Sentence *sentence) {
    g_autoptr(GString) plain = g_string_new(NULL);
    g_autofree char *before = g_strdup("");
    gsize gap = 0; /* where the signs before this word begin */
    bool comma = false;
    sentence->words = g_array_new(FALSE, FALSE, sizeof(PlainWord));
    for (WordSpan span = {0}; word_next(sentence->text, &span); gap = span.end) {
        g_autofree char *word = word_fold(sentence->text, span);
        for (gsize i = gap; i < span.at; i++) comma = comma || strchr(",;:", sentence->text[i]);
        if (is_in(fillers, word) || broken_off(sentence->text, span)) continue;
        if (strcmp(word, before) == 0 && !g_ascii_isdigit(word[0])) continue;
        if (plain->len > 0) g_string_append_c(plain, ' ');
        PlainWord entry = {.plain_at = (guint)plain->len, .at = (guint)span.at, .end = (guint)span.end, .after_comma = comma};
        entry.capital = g_unichar_isupper(g_utf8_get_char(sentence->text + span.at));
        g_string_append(plain, word);
        entry.plain_end = (guint)plain->len;
        g_array_append_val(sentence->words, entry);
        g_free(before);
        before = g_steal_pointer(&word);
        comma = false;
    }
    sentence->plain = g_strdup(plain->str);
}

typedef struct {
    const Transcript *transcript;
    GArray *sentences, *units;
    GString *text; /* of the sentence that is being read */
    guint first, words;
} Splitter;

static void unit_clear(gpointer data) { g_free(((Unit *)data)->text); }

/* Takes the bytes from..to of a segment's text into the sentence that is being read. */
static void take(Splitter *splitter, guint segment, gsize from, gsize to) {
    const Segment *source = transcript_segment(splitter->transcript, segment);
    g_string_append_len(splitter->text, source->text + from, (gssize)(to - from));
    Unit unit = {.sentence = splitter->sentences->len, .segment = segment, .speaker = source->speaker};
    unit.text = g_strstrip(g_strndup(source->text + from, to - from));
    WordSpan span = {0};
    if (word_next(unit.text, &span))
        g_array_append_val(splitter->units, unit);
    else
        unit_clear(&unit);
}

static void close_sentence(Splitter *splitter, guint last) {
    if (splitter->words > 0) {
        Sentence sentence = {.first = splitter->first, .last = last, .text = g_strstrip(g_strdup(splitter->text->str))};
        sentence.speaker = transcript_segment(splitter->transcript, last)->speaker;
        sentence.question = g_str_has_suffix(sentence.text, "?");
        read_words(&sentence);
        g_array_append_val(splitter->sentences, sentence);
    }
    g_string_truncate(splitter->text, 0);
    splitter->words = 0;
}

/* A full stop after a word that often has one is no end. */
static bool ends_here(const char *text, WordSpan word, const char *mark) {
    if (*mark == '?' || *mark == '!') return true;
    if (*mark != '.') return false;
    g_autofree char *folded = word_fold(text, word);
    return !is_in(abbreviations, folded) && !(word.end - word.at == 1 && folded[0] != 'i' && g_ascii_isalpha(folded[0]));
}

static void read_segment(Splitter *splitter, guint index) {
    const char *text = transcript_segment(splitter->transcript, index)->text;
    WordSpan span = {0};
    gsize copied = 0;
    while (word_next(text, &span)) {
        if (splitter->words == 0) splitter->first = index;
        splitter->words++;
        gsize after = span.end + strcspn(text + span.end, " ");
        WordSpan next = span;
        if (word_next(text, &next)) after = MIN(after, next.at);
        const char *mark = text + span.end;
        while (mark < text + after && !strchr(".?!", *mark)) mark++;
        bool end = mark < text + after && ends_here(text, span, mark);
        if (!end && splitter->words < SENTENCE_WORDS_MAX && splitter->text->len + after - copied < SENTENCE_BYTES_MAX) continue;
        take(splitter, index, copied, after);
        copied = after;
        close_sentence(splitter, index);
    }
    take(splitter, index, copied, strlen(text));
}

/* The same breath: recognisers cut segments in the middle of a sentence. */
static bool goes_on(const Splitter *splitter, guint index) {
    const Segment *segment = transcript_segment(splitter->transcript, index),
                  *next = transcript_segment(splitter->transcript, index + 1);
    if (splitter->words == 0 || !next || next->speaker != segment->speaker ||
        next->start_ms - segment->end_ms > TRANSCRIPT_PAUSE_MS)
        return false;
    return g_unichar_islower(g_utf8_get_char(next->text)) || g_str_has_suffix(segment->text, ",") ||
           g_str_has_prefix(next->text, "I ");
}

GArray *sentences_of(const Transcript *transcript, GArray **units) {
    Splitter splitter = {.transcript = transcript,
                         .sentences = g_array_new(FALSE, FALSE, sizeof(Sentence)),
                         .units = g_array_new(FALSE, FALSE, sizeof(Unit)),
                         .text = g_string_new(NULL)};
    g_array_set_clear_func(splitter.sentences, sentence_clear);
    g_array_set_clear_func(splitter.units, unit_clear);
    for (guint i = 0; i < transcript->segments->len; i++) {
        read_segment(&splitter, i);
        if (goes_on(&splitter, i))
            g_string_append_c(splitter.text, ' ');
        else
            close_sentence(&splitter, i);
    }
    g_string_free(splitter.text, TRUE);
    *units = splitter.units;
    return splitter.sentences;
}

guint sentence_word_at(const Sentence *sentence, guint plain_at) {
    guint low = 0, high = sentence->words->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(sentence->words, PlainWord, middle).plain_end <= plain_at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

char *sentence_words(const Sentence *sentence, guint from, guint to) {
    GString *text = g_string_new(NULL);
    for (guint i = from; i < to && i < sentence->words->len; i++) {
        const PlainWord *word = &g_array_index(sentence->words, PlainWord, i);
        const PlainWord *before = i > from ? word - 1 : NULL;
        gsize gap = before ? word->at - before->end : 0;
        bool neighbours = before && gap <= 3; /* nothing was left out between them: keep the signs */
        if (neighbours)
            g_string_append_len(text, sentence->text + before->end, (gssize)gap);
        else if (before)
            g_string_append(text, word->after_comma ? ", " : " ");
        g_string_append_len(text, sentence->text + word->at, (gssize)(word->end - word->at));
    }
    return g_string_free(text, FALSE);
}
