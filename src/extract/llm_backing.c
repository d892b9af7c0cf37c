/* A true quote beside a false sentence: numbers, days and names of a model's text that nobody said, and a "not" that came or went. Only English is
 * read; a text in another language passes. */
#include <string.h>

#include "extract/llm_internal.h"
#include "extract/words.h"

#define NEAR_SEGMENTS 10 /* what a text puts together may have been said a while before its quote */

static bool is_english(const Transcript *transcript) {
    return !transcript->language || g_ascii_strncasecmp(transcript->language, "en", 2) == 0;
}

/* Folded words of a text, in order; those that begin with a capital are told by `capitals` (of gboolean), where it is asked for. */
static GPtrArray *words_of(const char *text, GArray *capitals) {
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    for (WordSpan span = {0}; word_next(text, &span);) {
        gboolean capital = g_unichar_isupper(g_utf8_get_char(text + span.at));
        char *word = word_fold(text, span);
        if (g_str_has_suffix(word, "'s")) word[strlen(word) - 2] = '\0';
        g_ptr_array_add(words, word);
        if (capitals) g_array_append_val(capitals, capital);
    }
    return words;
}

static bool has_word(const GPtrArray *words, const char *word) {
    for (guint i = 0; i < words->len; i++)
        if (strcmp(words->pdata[i], word) == 0) return true;
    return false;
}

/* --- numbers */

static gint64 position(const char *const *list, const char *word) {
    for (gint64 i = 0; list[i]; i++)
        if (strcmp(list[i], word) == 0) return i;
    return -1;
}

/* What a word is worth: of a number word, or of digits with what hangs on to them ("15th", "40k", "12.50" is 12); -1: none. */
static gint64 worth(const char *word) {
    static const char *const units[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen",
                                        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", NULL};
    static const char *const ordinals[] = {"zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
        "eleventh",
                                           "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
                                               "nineteenth", NULL};
    static const char *const tens[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", NULL};
    static const char *const tenths[] = {"twentieth", "thirtieth", NULL};
    static const char *const others[] = {"couple", "both", "twice", "pair", "double", NULL};
    if (g_ascii_isdigit(word[0])) {
        gint64 value = 0;
        const char *at = word;
        for (; g_ascii_isdigit(*at) || (*at == ',' && g_ascii_isdigit(at[1])); at++)
            if (*at != ',' && value < G_GINT64_CONSTANT(1000000000000)) value = 10 * value + (*at - '0');
        return strcmp(at, "k") == 0 ? value * 1000 : value;
    }
    gint64 found = position(units, word);
    if (found < 0) found = position(ordinals, word);
    if (found >= 0) return found;
    if ((found = position(tens, word)) >= 0 || (found = position(tenths, word)) >= 0) return 20 + 10 * found;
    if (position(others, word) >= 0) return 2;
    return strcmp(word, "dozen") == 0 ? 12 : strcmp(word, "fortnight") == 0 ? 14 : -1;
}

#define NUMBER_MAX G_GINT64_CONSTANT(1000000000000000)

static gint64 power_of(const char *word) {
    return strcmp(word, "hundred") == 0 ? 100 : strcmp(word, "thousand") == 0 ? 1000 : strcmp(word, "million") == 0 ? 1000000 : 0;
}

/* The numbers in these words, spoken or written: "twenty five thousand" is 25000, "twenty twenty six" 20, 26 and 2026. Array of gint64. Unref */
static GArray *numbers_in(const GPtrArray *words) {
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(gint64));
    gint64 value = -1, last = -1, before = -1;
    for (guint i = 0; i <= words->len; i++) {
        const char *word = i < words->len ? words->pdata[i] : "";
        gint64 here = worth(word), power = power_of(word);
        if (last >= 100 && strcmp(word, "and") == 0) continue; /* "one hundred and twenty" */
        if (power) {
            value = MIN(MAX(value, 1), NUMBER_MAX / power) * power;
            last = power;
            continue;
        }
        bool joins = value >= 0 && here >= 0 && (last >= 100 ? here < last : last >= 20 && last % 10 == 0 && last < 100 && here < 10);
        if (joins) {
            value += here;
            last = here;
            continue;
        }
        if (value >= 0) {
            gint64 year = before >= 10 && before < 100 && value >= 10 && value < 100 ? 100 * before + value : -1;
            g_array_append_val(numbers, value);
            if (year > 0) g_array_append_val(numbers, year);
        }
        before = here >= 0 ? value : -1;
        value = last = here;
    }
    return numbers;
}

static bool has_number(const GArray *numbers, gint64 number) {
    for (guint i = 0; i < numbers->len; i++)
        if (g_array_index(numbers, gint64, i) == number) return true;
    return number <= 1; /* "one", "first" are said of anything */
}

static char *unsaid_number(const GPtrArray *text, const GPtrArray *near) {
    g_autoptr(GArray) claimed = numbers_in(text), said = numbers_in(near);
    for (guint i = 0; i < claimed->len; i++)
        if (!has_number(said, g_array_index(claimed, gint64, i))) return g_strdup_printf("%" G_GINT64_FORMAT, g_array_index(claimed, gint64, i));
    return NULL;
}

/* --- days and names */

static bool is_day(const char *word, bool capital) {
    static const char *const days[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "today", "tomorrow", "tonight",
                                       "january", "february", "april", "june", "july", "august", "september", "october", "november", "december",
                                           NULL};
    static const char *const words[] = {"march", "may", NULL};
    return g_strv_contains(days, word) || (capital && g_strv_contains(words, word));
}

/* As "Ann's" or within a plural: "the APIs" was said where "API" was. */
static bool is_said(const char *said, const char *word) { return strncmp(said, word, strlen(said)) == 0 && strlen(word) - strlen(said) <= 1 &&
    strlen(said) >= 2; }

static bool is_said_anywhere(const Transcript *transcript, const char *word) {
    for (guint i = 0; i < transcript->speakers->len; i++) {
        g_autoptr(GPtrArray) names = words_of(transcript_speaker_name(transcript, (int)i), NULL);
        if (has_word(names, word)) return true;
    }
    for (guint i = 0; i < transcript->segments->len; i++) {
        const char *text = transcript_segment(transcript, i)->text;
        for (WordSpan span = {0}; word_next(text, &span);) {
            g_autofree char *here = word_fold(text, span);
            if (is_said(here, word) || g_str_has_prefix(here, word)) return true;
        }
    }
    return false;
}

/* A capital within a sentence is a name's; at the beginning it is one where it does something. */
static bool is_name(const GPtrArray *words, const GArray *capitals, guint i) {
    static const char *const no_names[] = {"i", "i'll", "i'm", "i've", "i'd", "ok", "the", "everyone", "everybody", "somebody", "someone",
        "nobody", "it", "this", "that", "we",
                                           "he", "she", "they", "you", "all", "users", "management", "team", NULL};
    static const char *const doing[] = {"will", "should", "must", "has", "needs", "is", "to", NULL};
    const char *word = words->pdata[i];
    if (!g_array_index(capitals, gboolean, i) || strlen(word) < 2 || g_strv_contains(no_names, word)) return false;
    return i > 0 || (words->len > 1 && g_strv_contains(doing, words->pdata[1]));
}

/* The words of the segments around first..last. */
static GPtrArray *words_near(const Transcript *transcript, guint first, guint last, guint around) {
    g_autoptr(GString) text = g_string_new(NULL);
    guint from = first - MIN(first, around), to = MIN(last + around + 1, transcript->segments->len);
    for (guint i = from; i < to; i++) g_string_append_printf(text, "%s ", transcript_segment(transcript, i)->text);
    return words_of(text->str, NULL);
}

char *llm_unsaid(const Transcript *transcript, guint first, guint last, const char *text) {
    if (!is_english(transcript)) return NULL;
    g_autoptr(GArray) capitals = g_array_new(FALSE, FALSE, sizeof(gboolean));
    g_autoptr(GPtrArray) words = words_of(text, capitals), near = words_near(transcript, first, last, NEAR_SEGMENTS);
    for (guint i = 0; i < words->len; i++) {
        const char *word = words->pdata[i];
        if (has_word(near, word)) continue;
        if (is_day(word, g_array_index(capitals, gboolean, i))) return g_strdup(word);
        if (is_name(words, capitals, i) && !is_said_anywhere(transcript, word)) return g_strdup(word);
    }
    return unsaid_number(words, near);
}

/* --- "not" */

static bool denies(const GPtrArray *words, bool softly) {
    static const char *const strict[] = {"not", "never", "nobody", "none", "cannot", "without", "neither", "nor", NULL};
    static const char *const soft[] = {"no", "against", "avoid", "stop", "drop", "dropped", "remove", "reject", "rejected", "refuse", "cancel",
        "cancelled", "canceled", "exclude",
                                       "except", "instead", "skip", "postpone", "postponed", "out", "unless", "rather", "only", "fail", "fails",
                                           "ban", "forbid", "forbidden",
                                       "prevent", "leave", "nothing", "rule", "ruled", "scrap", "less", "until", "before", "hardly", "dislike",
                                           "lack", "missing", "unclear", "oppose",
                                       "prohibit", "prohibited", "deny", "decline", "declined", "unable", "impossible", "abandon", "discontinue",
                                           "end", "wait", "delay", NULL};
    for (guint i = 0; i < words->len; i++) {
        const char *word = words->pdata[i];
        if (g_strv_contains(strict, word) || g_str_has_suffix(word, "n't") || (softly && g_strv_contains(soft, word))) return true;
    }
    return false;
}

bool llm_turned(const Transcript *transcript, const Evidence *evidence, const char *text) {
    if (!is_english(transcript)) return false;
    g_autoptr(GPtrArray) words = words_of(text, NULL), quote = words_of(evidence->quote, NULL),
                         said = words_near(transcript, evidence->first, evidence->last, 0);
    return (denies(words, false) && !denies(said, true)) || (denies(quote, false) && !denies(words, true));
}
