/* "So you're gonna look at the product evaluation" becomes "Look at the product evaluation": the first subject and auxiliary that stand
 * before a verb are left out, and tell who it is about. */
#include "extract/suggest.h"

#include <string.h>

#include "extract/clauses.h"
#include "extract/jobs.h"
#include "extract/requirements.h"

#define CONFIDENCE_MAX 0.75 /* below what is called sure */
#define WORDS_MIN 4         /* of a sentence that can stand for an item */

#define GOING "(?:going to|gonna|supposed to)"
#define HELPER                                                                                                                   \
    "(?:'ll| will| shall| should| can| could| must| might|'re " GOING "| are " GOING "|'m " GOING "| am " GOING "| is " GOING    \
    "| need to| needs to| have to| has to|'ve got to| want to|'d like to|'ll have to|'ll need to)"
#define ADVERBS "(?: probably| maybe| first| now| still| already| kind of| sort of| try to| be able to| just| go and)*"

typedef enum { SUBJECT_SPEAKER, SUBJECT_YOU, SUBJECT_ALL, SUBJECT_WE, SUBJECT_NAMED } Subject;

static const struct {
    Subject subject;
    const char *phrase;
} forms[] = {
    {SUBJECT_ALL, "(?:we all|everybody|everyone|all of us|all of you|you all)(?:" HELPER "|'s " GOING ")" ADVERBS " (?<what>.+)"},
    {SUBJECT_ALL,
     "(?:we(?:'ve got| have|'ll have| will have| need|'ll need| will need|"
     "'re supposed| are supposed|'re going| are going) to)" ADVERBS " (?<what>.+)"},
    {SUBJECT_ALL, "(?:we gotta|we're gonna|we are gonna)" ADVERBS " (?<what>.+)"},
    {SUBJECT_SPEAKER, "(?:i" HELPER "|let me|what i will do is)" ADVERBS " (?<what>.+)"},
    {SUBJECT_YOU, "(?:you(?: guys| two)?" HELPER "|(?:can|could|will|would) you)" ADVERBS " (?<what>.+)"},
    {SUBJECT_NAMED, "(?<who>[^ ]+)" HELPER ADVERBS " (?<what>.+)"},
    {SUBJECT_WE, "(?:we(?: both)?" HELPER "|let's)" ADVERBS " (?<what>.+)"},
};

static char *plain_words(const Sentence *sentence, guint from, guint to) {
    if (from >= to) return g_strdup("");
    const PlainWord *first = &g_array_index(sentence->words, PlainWord, from), *last = &g_array_index(sentence->words, PlainWord, to - 1);
    return g_strndup(sentence->plain + first->plain_at, last->plain_end - first->plain_at);
}

/* Leaves out what only leads to the point: "so okay I think". */
static guint skip_openings(const Sentence *sentence, guint at) {
    static const char *const openings[] = {"so",   "okay",  "ok",    "and",       "but",  "well",  "yeah", "yes",  "right", "alright", "now",
                                           "yep",  "no",    "maybe", "basically", "like", "again", "or",   "that", "then",  "because", "um",
                                           "also", "first", "cool",  "good",      "fine", NULL};
    static const char *const thinking[] = {"think", "guess", "mean", "suppose", "believe", "know", NULL};
    static const char *const thinkers[] = {"i", "you", "we", NULL};
    guint count = sentence->words->len;
    while (at + WORDS_MIN < count) {
        if (sentence_word_is(sentence, at, openings))
            at++;
        else if (sentence_word_is(sentence, at, thinkers) && sentence_word_is(sentence, at + 1, thinking))
            at += 2;
        else
            break;
    }
    return at;
}

/* "I'll ask the designer to …" is the designer's. */
static char *asked_for(const Sentence *sentence, guint what) {
    static const char *const asking[] = {"ask", "tell", "get", "have", "want", "need", "like", NULL};
    if (!sentence_word_is(sentence, what, asking)) return NULL;
    g_autofree char *words = sentence_words(sentence, what, sentence->words->len);
    return jobs_asked(words);
}

/* Where the text begins that says something from word `start` on, and whom it is about. */
static guint read_form(const Talk *talk, const Sentence *sentence, guint start, char **owner) {
    static GRegex *regexes[G_N_ELEMENTS(forms)];
    guint best = G_MAXUINT, found = skip_openings(sentence, start);
    int start_at = (int)g_array_index(sentence->words, PlainWord, start).plain_at;
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GMatchInfo) match = NULL;
        int at = -1, begin = 0, who = -1;
        if (!g_regex_match_full(phrase_once(&regexes[i], forms[i].phrase, "$"), sentence->plain, -1, start_at, 0, &match, NULL) ||
            !g_match_info_fetch_named_pos(match, "what", &at, NULL) || at < 0 || !g_match_info_fetch_pos(match, 0, &begin, NULL))
            continue;
        guint what = sentence_word_at(sentence, (guint)at);
        g_autofree char *name = NULL;
        if (forms[i].subject == SUBJECT_NAMED) {
            g_match_info_fetch_named_pos(match, "who", &who, NULL);
            if (who < 0) continue;
            guint word = sentence_word_at(sentence, (guint)who);
            name = jobs_full_name(sentence, word, name_known_at(talk->names, sentence, word));
            if (!name) continue;
        }
        if ((guint)begin >= best || what + 2 > sentence->words->len) continue;
        best = (guint)begin;
        found = what;
        if (forms[i].subject == SUBJECT_SPEAKER) name = asked_for(sentence, what);
        if (forms[i].subject == SUBJECT_SPEAKER && !name) name = g_strdup(transcript_speaker_name(talk->transcript, sentence->speaker));
        if (forms[i].subject == SUBJECT_ALL) name = g_strdup("Everyone");
        g_free(*owner);
        *owner = g_steal_pointer(&name);
    }
    return found;
}

static void set_text(Item *item, char *text) {
    g_free(item->text);
    item->text = text;
}

/* The word with which the likeliest unit begins, where the sentence is longer and holds it. */
static guint word_of_best(const Talk *talk, const Pick *pick, const Sentence *sentence) {
    const Unit *unit = &g_array_index(talk->units, Unit, pick->best);
    const char *at = strstr(sentence->text, unit->text);
    guint word = 0, count = sentence->words->len;
    if (!at) return 0;
    while (word < count && g_array_index(sentence->words, PlainWord, word).at < (guint)(at - sentence->text)) word++;
    return word + WORDS_MIN <= count ? word : 0;
}

static void restate(const Talk *talk, const Pick *pick, Item *item, const Sentence *sentence, guint *from, guint *to) {
    guint start = word_of_best(talk, pick, sentence);
    *from = item->kind == ITEM_ACTION ? read_form(talk, sentence, start, &item->owner) : skip_openings(sentence, start);
    *to = item->kind == ITEM_ACTION ? clause_end(sentence, talk->names, *from) : sentence->words->len;
    if (item->kind == ITEM_ACTION && !item->owner && start > 0) read_form(talk, sentence, 0, &item->owner);
    if (*to < *from + 2) *to = sentence->words->len;
    set_text(item, clause_text(sentence, *from, *to));
    if (item->kind == ITEM_ACTION && !item->owner) item->owner = jobs_named(talk, pick);
    if (item->kind != ITEM_REQUIREMENT) return;
    g_autofree char *plain = plain_words(sentence, 0, sentence->words->len);
    static GRegex *considered; /* what was asked, denied or supposed is no property yet */
    bool open = sentence->question || g_regex_match(phrase_once(&considered, "(?:if|whether|maybe|perhaps|probably|possibly|might|could|would|what|"
     "how|think|guess|suppose|not|never|[^ ]+n't)(?![^ ])", ""),
                                                    plain, 0, NULL);
    set_text(item, g_strconcat(open ? "To be settled: " : "The system shall fulfil: ", item->text, NULL));
    item->type = g_strdup(requirement_type(plain));
    item->priority = g_strdup("should");
}

guint suggestion_sentence(const Talk *talk, const Pick *pick) {
    guint chosen = g_array_index(talk->units, Unit, pick->best).sentence;
    if (sentence_at(talk->sentences, chosen)->words->len >= WORDS_MIN) return chosen;
    for (guint i = 0; i < pick->units->len; i++) {
        guint other = g_array_index(talk->units, Unit, g_array_index(pick->units, guint, i)).sentence;
        if (sentence_at(talk->sentences, other)->words->len > sentence_at(talk->sentences, chosen)->words->len) chosen = other;
    }
    return chosen;
}

char *suggestion_owner(const Talk *talk, const Sentence *sentence) {
    char *owner = NULL;
    read_form(talk, sentence, 0, &owner);
    return owner;
}

void suggestion_add_evidence(const Talk *talk, const Pick *pick, Item *item) {
    for (guint i = 0; i < pick->units->len; i++) {
        const Unit *unit = &g_array_index(talk->units, Unit, g_array_index(pick->units, guint, i));
        item_add_evidence(item, &(Evidence){.first = unit->segment, .last = unit->segment, .quote = unit->text});
    }
}

Item *suggestion_of(const Talk *talk, const Pick *pick, ItemKind kind, guint sentence, guint *from, guint *to) {
    Item *item = item_new(kind);
    restate(talk, pick, item, sentence_at(talk->sentences, sentence), from, to);
    item->confidence = MIN(pick->probability, CONFIDENCE_MAX);
    suggestion_add_evidence(talk, pick, item);
    return item;
}
