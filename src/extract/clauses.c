/* Whether a clause is meant, and where it ends. Commas help where they are; where a recogniser left them out, the words must do.
 */
#include "extract/clauses.h"

#define DENIAL_WORDS 3 /* before the cue, in its own clause */

/* Before a cue these make it a condition, a question, a report or its opposite. */
static const char *const blockers[] = {"if",      "when",    "what",  "whatever", "where", "how",     "who",    "which",  "as",
                                       "until",   "before",  "than",  "unless",   "once",  "whether", "said",   "did",    "do",
                                       "does",    "have",    "has",   "haven't",  "not",   "don't",   "didn't", "never",  "can't",
                                       "says",    "thought", "like",  "hope",     "wish",  "could",   "would",  "should", "can",
                                       "doesn't", "cannot",  "asked", "why",      "doubt", "doubts",  "thinks", "believes", "suggests",
                                           "suggested", "proposes", "proposed",
                                       "recommends", "recommended", "assumes", "assumed", "hopes", "hoped", "wonder", "wonders", "wants", "fears",
                                           "afraid", "worried",
                                       "claims", "claimed", "reckons", NULL};

GRegex *phrase_once(GRegex **regex, const char *phrase, const char *end) {
    if (g_once_init_enter(regex)) {
        g_autofree char *pattern = g_strconcat("(?<![^ ])(?:", phrase, ")", end, NULL);
        GRegex *compiled = g_regex_new(pattern, G_REGEX_OPTIMIZE, 0, NULL);
        g_assert(compiled);
        g_once_init_leave(regex, compiled);
    }
    return *regex;
}

bool sentence_word_is(const Sentence *sentence, guint i, const char *const *list) {
    const PlainWord *word = &g_array_index(sentence->words, PlainWord, i);
    g_autofree char *text = g_strndup(sentence->plain + word->plain_at, word->plain_end - word->plain_at);
    return g_strv_contains(list, text);
}

/* "If it fails, I'll …", "I don't think we need to …", "as we agreed" */
bool clause_is_denied(const Sentence *sentence, guint cue) {
    static const char *const conditions[] = {"if", "unless", "suppose", "supposing", "imagine", "whenever", "wish", "used", NULL};
    static const char *const linking[] = {"that", NULL};
    static const char *const opinions[] = {"doubt", "doubts", "thinks", "believes", "suggests", "suggested", "proposes", "proposed", "recommends",
        "recommended", "assumes",
                                           "assumed", "hopes", "hoped", "hope", "wonders", "fears", "afraid", "worried", "claims", "claimed",
                                               "reckons", "likely", "unlikely", "possible", NULL};
    static const char *const supposed[] = {"say", NULL}, *const supposing[] = {"let's", NULL};
    static const char *const denials[] = {"don't", "didn't", "doesn't", "not", "never", NULL};
    static const char *const asks[] = {"see", "check", "know", "ask", "out", "even", "tell", NULL};
    if (cue > 0 && !g_array_index(sentence->words, PlainWord, cue).after_comma && sentence_word_is(sentence, cue - 1, blockers))
        return true;
    if (cue > 1 && !g_array_index(sentence->words, PlainWord, cue).after_comma && sentence_word_is(sentence, cue - 1, linking) &&
        sentence_word_is(sentence, cue - 2, opinions))
        return true;
    for (guint i = 0; i < cue; i++) {
        if (i > 0 && sentence_word_is(sentence, i, supposed) && sentence_word_is(sentence, i - 1, supposing)) return true;
        if (sentence_word_is(sentence, i, conditions) && (i == 0 || !sentence_word_is(sentence, i - 1, asks))) return true;
    }
    for (guint i = cue, back = 0; i > 0 && back < DENIAL_WORDS && !g_array_index(sentence->words, PlainWord, i).after_comma;
         i--, back++)
        if (sentence_word_is(sentence, i - 1, denials)) return true;
    return false;
}

bool clause_is_broken_off(const Sentence *sentence, guint last) {
    static const char *const loose_ends[] = {"the",  "a",  "an",  "to",   "of",   "for", "with", "and", "or",  "like",
                                             "your", "my", "our", "from", "that", "is",  "i",    "we",  "you", NULL};
    static const char *const open[] = {"that", "you", NULL}; /* "set it up for you", "handle that" */
    static const char *const carriers[] = {"for", "to", "with", "by", "at", "into", "of", "tell",   "send",
                                           "give", "ask", "call", "let", "show", "do", "handle", "fix", "check", "take", "review", "own", "cover",
                                               "manage", "update", "finish", NULL};
    if (last > 0 && sentence_word_is(sentence, last, open) && sentence_word_is(sentence, last - 1, carriers)) return false;
    return sentence_word_is(sentence, last, loose_ends);
}

/* Where the clause that begins at word `from` ends, conditions ("if we get the money", "unless it fails") with it: before "but", "because" …,
    and before another that begins after a comma or
 * "and". */
static guint turn_of(const Sentence *sentence, const Names *names, guint from) {
    static const char *const turns[] = {"because", "but", "otherwise", "though", "although", "'cause", NULL};
    static const char *const limits[] = {"only", "not", "without", "never", NULL}; /* "but not before the audit" is part of what was said */
    static const char *const joints[] = {"and", "so", "or", NULL};
    static const char *const subjects[] = {"i",     "i'll",  "i'm",    "we",    "we'll",  "we're",  "you",   "you'll",
                                           "he",    "she",   "they",   "it",    "it's",   "that's", "let's", "can",
                                           "could", "would", "what",   "who",   "how",    "okay",   "right",
                                           "yeah",  "is",    "please", "which", "thanks", "thank",  "does",  NULL};
    static const char *const verbs[] = {"will", "can", "could", "should", "would", "please", "is", NULL};
    for (guint i = from + 1; i < sentence->words->len; i++) {
        bool joint = sentence_word_is(sentence, i, joints);
        if (sentence_word_is(sentence, i, turns)) {
            if (i + 1 < sentence->words->len && sentence_word_is(sentence, i + 1, limits)) continue;
            return i;
        }
        guint next = joint ? i + 1 : i;
        if (next >= sentence->words->len || !(joint || g_array_index(sentence->words, PlainWord, i).after_comma)) continue;
        if (sentence_word_is(sentence, next, subjects)) return i;
        if (name_at(names, sentence, next) && next + 1 < sentence->words->len && sentence_word_is(sentence, next + 1, verbs))
            return i;
    }
    return sentence->words->len;
}

/* Leaves out what only closes the talk: "okay", "please", a name that was spoken to. */
static guint trim_end(const Sentence *sentence, const Names *names, guint from, guint to) {
    static const char *const closers[] = {"okay", "ok",  "right", "yeah",    "please", "thanks", "and",
                                          "so",   "too", "maybe", "alright", "or",     NULL};
    static const char *const tails[] = {"know", "think", "guess", "mean", "suppose", NULL}, *const heads[] = {"you", "i", NULL}; /* "…, you know" */
    if (to > from + 3 && sentence_word_is(sentence, to - 1, tails) && sentence_word_is(sentence, to - 2, heads)) to -= 2;
    while (to > from + 1) {
        bool spoken_to = g_array_index(sentence->words, PlainWord, to - 1).after_comma && name_at(names, sentence, to - 1);
        if (!spoken_to && !sentence_word_is(sentence, to - 1, closers)) break;
        to--;
    }
    return to;
}

guint clause_end(const Sentence *sentence, const Names *names, guint from) {
    return trim_end(sentence, names, from, turn_of(sentence, names, from));
}

char *clause_text(const Sentence *sentence, guint from, guint to) {
    g_autofree char *words = sentence_words(sentence, from, to);
    gunichar first = g_utf8_get_char(words);
    GString *text = g_string_new(NULL);
    if (*words) g_string_append_unichar(text, g_unichar_toupper(first));
    if (*words) g_string_append(text, g_utf8_next_char(words));
    return g_string_free(text, FALSE);
}
