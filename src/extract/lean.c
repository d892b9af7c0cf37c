/* Words are only left out, never changed or moved, so that what is shown still stands in the transcript. */
#include "extract/lean.h"

#include <string.h>

#include "extract/clauses.h"

#define WORDS_KEPT_MIN 4
#define STUTTER_MAX 3 /* words that may be said twice: "looked at looked at" */

/* What leads to the point. */
static const char *const opening =
    "(?:so|okay|ok|and|but|well|yeah|yes|yep|right|alright|now|basically|like|or|cool|good|fine|uh|um|no|anyway|see|"
    "i (?:think|guess|mean|suppose|believe|would say|was thinking)(?! (?:so|of|about))|"
    "you know|you see|it seems(?: to me)?|maybe)(?: that (?!is |was |would ))?(?: |$)";
/* What may stand anywhere and adds nothing. */
static const char *const padding =
    "(?:(?<!do )(?<!as )(?<!if )you know(?! (?:what|how|if|that|the|where|why|who))|i mean|"
    "(?<!what )(?<!as )(?<!than )i (?:think|guess|suppose)(?! (?:so|of|about))|"
    "(?:sort|kind) of(?= [^ ]+ )|(?:and|or) (?:something|whatever|so on|so forth|stuff|things|everything)(?: like (?:that|this))?|"
    "etcetera|(?<!a )(?<!an )(?<!the )(?:yeah|okay)|et cetera|really|i'd say|i would say)(?= |$)";

static void drop(const Sentence *sentence, gsize from, gsize to, bool *dropped) {
    for (guint i = sentence_word_at(sentence, (guint)from); i < sentence->words->len; i++) {
        if (g_array_index(sentence->words, PlainWord, i).plain_at >= to) break;
        dropped[i] = true;
    }
}

static void drop_opening(const Sentence *sentence, bool *dropped) {
    static GRegex *regex;
    gsize at = 0;
    for (int begin, end; sentence->plain[at]; at = (gsize)end) {
        g_autoptr(GMatchInfo) match = NULL;
        if (!g_regex_match_full(phrase_once(&regex, opening, ""), sentence->plain, -1, (int)at, G_REGEX_MATCH_ANCHORED, &match, NULL) ||
            !g_match_info_fetch_pos(match, 0, &begin, &end) || end <= begin)
            break;
        drop(sentence, at, (gsize)end, dropped);
    }
}

static void drop_padding(const Sentence *sentence, bool *dropped) {
    static GRegex *regex;
    g_autoptr(GMatchInfo) match = NULL;
    int begin, end;
    for (g_regex_match(phrase_once(&regex, padding, ""), sentence->plain, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL))
        if (g_match_info_fetch_pos(match, 0, &begin, &end)) drop(sentence, (gsize)begin, (gsize)end, dropped);
}

static bool same_words(const Sentence *sentence, guint left, guint right, guint count) {
    const PlainWord *a = &g_array_index(sentence->words, PlainWord, left), *b = &g_array_index(sentence->words, PlainWord, right);
    gsize length = a[count - 1].plain_end - a->plain_at;
    return length == b[count - 1].plain_end - b->plain_at && memcmp(sentence->plain + a->plain_at, sentence->plain + b->plain_at, length) == 0;
}

/* "is used is used": the first time was a try. */
static void drop_stutter(const Sentence *sentence, bool *dropped) {
    for (guint count = STUTTER_MAX; count > 1; count--)
        for (guint i = 0; i + 2 * count <= sentence->words->len; i++)
            if (same_words(sentence, i, i + count, count)) memset(dropped + i, true, count * sizeof *dropped);
}

GArray *lean_words(const Sentence *sentence) {
    GArray *kept = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree bool *dropped = g_new0(bool, sentence->words->len + 1);
    drop_opening(sentence, dropped);
    drop_padding(sentence, dropped);
    drop_stutter(sentence, dropped);
    for (guint i = 0; i < sentence->words->len; i++)
        if (!dropped[i]) g_array_append_val(kept, i);
    static const char *const joints[] = {"and", "or", "so", "but", "because", NULL};
    while (kept->len > 0 && sentence_word_is(sentence, g_array_index(kept, guint, kept->len - 1), joints)) g_array_set_size(kept, kept->len - 1);
    if (kept->len >= WORDS_KEPT_MIN) return kept;
    g_array_set_size(kept, 0);
    for (guint i = 0; i < sentence->words->len; i++) g_array_append_val(kept, i);
    return kept;
}

char *lean_text(const Sentence *sentence, const GArray *words) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < words->len;) {
        guint from = g_array_index(words, guint, i), to = from + 1;
        for (i++; i < words->len && g_array_index(words, guint, i) == to; i++) to++;
        g_autofree char *run = sentence_words(sentence, from, to);
        if (text->len > 0) g_string_append(text, g_array_index(sentence->words, PlainWord, from).after_comma ? ", " : " ");
        g_string_append(text, run);
    }
    char *first = text->len > 0 ? text->str : NULL;
    if (!first) return g_string_free(text, FALSE);
    g_autofree char *lean = g_string_free(text, FALSE);
    GString *capital = g_string_new(NULL);
    g_string_append_unichar(capital, g_unichar_toupper(g_utf8_get_char(lean)));
    g_string_append(capital, g_utf8_next_char(lean));
    return g_string_free(capital, FALSE);
}

/* What people say far more often than they write it in minutes, both in AMI's training meetings and in ICSI's: hardly ever
 * written, less than half as often; and what they write more often. Words of one subject are left out. */
double lean_style(const Sentence *sentence, const GArray *words) {
    static const char *const spoken[] = {
        "actually", "alright", "basically", "because", "bit", "but", "can't", "didn't", "do", "doesn't", "don't", "get", "gonna", "got",
        "guess", "here", "hmm", "huh", "i", "i'll", "i'm", "i've", "if", "isn't", "it's", "just", "kind", "know", "let's", "like", "lot",
        "maybe", "mean", "mm", "my", "nice", "oh", "our", "pretty", "really", "right", "said", "say", "see", "so", "something", "sorry",
        "stuff", "that's", "there's", "they're", "thing", "things", "think", "thinking", "true", "uh", "um", "us", "wanna", "want", "we",
        "we'll", "we're", "we've", "well", "what's", "whatever", "yeah", "yep", "yes", "you", "you're", "your", NULL};
    static const char *const rather_spoken[] = {
        "again", "ah", "all", "always", "anything", "anyway", "around", "big", "course", "doing", "else", "even", "exactly", "give", "go",
        "good", "great", "have", "interesting", "it", "last", "little", "might", "much", "no", "one", "or", "people", "probably", "same",
        "sort", "sure", "that", "these", "this", "those", "thought", "try", "very", "way", "what", "where", "why", "won't", NULL};
    static const char *const written[] = {
        "after", "also", "an", "be", "between", "by", "each", "for", "in", "into", "of", "on", "possible", "should", "the", "their", "to",
        "were", "whether", "which", "will", "with", NULL};
    static const struct {
        const char *const *words;
        double weight;
    } styles[] = {{spoken, -2}, {rather_spoken, -0.7}, {written, 0.5}};
    double sum = 0;
    for (guint i = 0; i < words->len; i++)
        for (gsize j = 0; j < G_N_ELEMENTS(styles); j++)
            if (sentence_word_is(sentence, g_array_index(words, guint, i), styles[j].words)) sum += styles[j].weight;
    return words->len > 0 ? sum / words->len : 0;
}
