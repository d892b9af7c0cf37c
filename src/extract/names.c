/* A name is a word that is capital wherever it stands and is none of the words that begin sentences. Recognisers write names so;
 * where a transcript has no capitals at all only the speakers' names are known. */
#include "base/text.h"
#include "extract/names.h"

#include <string.h>

#include "extract/clauses.h"
#include "extract/words.h"

typedef struct {
    char *display;
    bool never; /* was seen in small letters */
    bool known; /* a speaker, spoken to, or capital within a sentence */
} Name;

struct Names {
    GTree *names; /* folded word → Name */
};

/* Words that are capital for other reasons, or begin a sentence and are no one. */
static const char *const no_names[] = {
    "i",        "i'll",     "i'm",       "i've",     "i'd",      "ok",       "okay",    "monday",    "tuesday",    "wednesday",
    "thursday", "friday",   "saturday",  "sunday",   "january",  "february", "march",   "april",     "may",        "june",
    "july",     "august",   "september", "october",  "november", "december", "english", "please",    "thanks",     "everybody",
    "everyone", "somebody", "someone",   "anybody",  "anyone",   "nobody",   "nothing", "something", "everything", "this",
    "that",     "these",    "those",     "it",       "he",       "she",      "they",    "we",        "you",        "who",
    "what",     "which",    "where",     "when",     "how",      "why",      "there",   "here",      "then",       "now",
    "yes",      "no",       "yeah",      "so",       "and",      "but",      "or",      "if",        "the",        "a",
    "an",       "well",     "right",     "sure",     "great",    "good",     "fine",    "maybe",     "perhaps",    "alright",
    "also",     "actually", "my",        "our",      "your",     "their",    "his",     "her",       "its",        "hello",
    "hi",       "hey",      "sorry",     "thank",    "let",      "let's",    "all",     "both",      "each",       "one",
    "some",     "most",     "none",      "nor",      "not",      "as",       "because", "christmas", "action",     "decision",
    "next",     "first",    "second",    "third",    "last",     "finally",  "to",      "in",        "on",         "at",
    "by",       "for",      "from",      "of",       "with",     "do",       "does",    "did",       "is",         "are",
    "was",      "were",     "can",       "could",    "will",     "would",    "should",  "shall",     "must",       "have",
    "has",      "had",      "god",       "item",     "perfect",  "agreed",   "cool",    "excellent", "otherwise",  "speaker",
    "todo",     "team",     "we'll",     "we're",    "it's",     "mm",       "hmm",     "bye",       "goodbye",    "morning",
    "welcome",  "number",   "today",     "tomorrow", "tonight",  "time",     "people",  "users",     "customers",  "system",
    "again",    "remember", "kindly",    "try",      "trying",   "happy",    "going",   "able",      "ready",      "glad",
    "nice",     "hard",     "easy",      "want",     "need",     "got",      "used",    "supposed",  "due",        "back",
    "up",       "over",     "plan",      "goal",     "aim",      "idea",     "task",    "homework",  "reminder",   "note",
    "better",   "best",     "enough",    "free",     "easier",   "follow",   "requirement", "nobody",
    "yep",      "yup",      "nope",      NULL};

static void name_free(gpointer data) {
    g_free(((Name *)data)->display);
    g_free(data);
}

static char *folded_word(const Sentence *sentence, const PlainWord *word) {
    char *folded = g_strndup(sentence->plain + word->plain_at, word->plain_end - word->plain_at);
    if (g_str_has_suffix(folded, "'s")) folded[strlen(folded) - 2] = '\0';
    return folded;
}

static Name *name_entry(Names *names, char *folded) {
    Name *name = g_tree_lookup(names->names, folded);
    if (name) {
        g_free(folded);
        return name;
    }
    name = g_new0(Name, 1);
    g_tree_insert(names->names, folded, name);
    return name;
}

/* "Ann, …", "…, Ann?" and "Ann can you …" */
static bool is_spoken_to(const Sentence *sentence, guint i) {
    const PlainWord *word = &g_array_index(sentence->words, PlainWord, i);
    if (i + 1 >= sentence->words->len) return word->after_comma;
    const char *rest = sentence->plain + word->plain_end;
    return (i == 0 && word[1].after_comma) || g_str_has_prefix(rest, " can you ") || g_str_has_prefix(rest, " could you ") ||
           g_str_has_prefix(rest, " would you ") || g_str_has_prefix(rest, " please ");
}

/* Talk that a recogniser wrote without a single capital: there a word is a name by where it stands. */
static bool is_caseless(const GArray *sentences) {
    for (guint i = 0; i < sentences->len; i++) {
        const Sentence *sentence = sentence_at(sentences, i);
        for (guint j = 0; j < sentence->words->len; j++)
            if (g_array_index(sentence->words, PlainWord, j).capital) return false;
    }
    return true;
}

/* "priya could you …", "so david you're gonna …", "leila is going to send …"; not "that will …" */
static void read_caseless(Names *names, const Sentence *sentence) {
    static const char *const openers[] = {"so", "and", "okay", "ok", "well", "right", "yeah", "yes", "hey", "hi", "but", "alright", "now", "good",
        NULL};
    static const char *const others[] = {"guys", "folks", "someone", "management", "marketing", "sales", "support", "things", "work", "later", "only",
                                         "think", "mean", "know", "like", "because", "before", "after", "once", "until", "since", "while", "though",
                                         "everything", "anything", "whoever", "whatever", "kindly", "nobody", "everybody", "just", "really",
                                             "hopefully",
                                         "probably", "maybe", "ideally", "engineering", "legal", "finance", "design", "operations", "hr", "it",
                                             "users", "plus", NULL};
    static GRegex *asked;
    guint i = 0;
    while (i + 1 < sentence->words->len && i < 2 && sentence_word_is(sentence, i, openers)) i++;
    if (i + 1 >= sentence->words->len) return;
    const PlainWord *word = &g_array_index(sentence->words, PlainWord, i);
    const char *rest = sentence->plain + word->plain_end + 1;
    g_autofree char *folded = folded_word(sentence, word);
    if (g_strv_contains(no_names, folded) || g_strv_contains(others, folded) || strlen(folded) < 2 || strchr(folded, '\'')) return;
    phrase_once(&asked, "^(?:(?:can|could|would|will) you |please |you(?:'ll|'re going to|'re gonna| will| need to| should) |i (?:need|want) you "
     "to |i'd like you to |"
                        "(?:will|is going to|is gonna|going to|gonna|to|should|needs to|has to|has agreed to|agreed to) "
                        "(?:send|write|prepare|check|draft|update|fix|call|email|ask|schedule|book|organi[sz]e|review|finish|create|look|follow|"
                        "contact|arrange|test|"
                        "talk|speak|share|handle|set|put|get|take|do|make|present|order|circulate|find|report|confirm|add|clean|work) )", "");
    if (!g_regex_match(asked, rest, 0, NULL)) return;
    Name *name = name_entry(names, g_steal_pointer(&folded));
    if (name->display) return;
    name->display = g_strndup(sentence->text + word->at, word->end - word->at);
    if (g_str_has_suffix(name->display, "'s")) name->display[strlen(name->display) - 2] = '\0';
    name->display[0] = g_ascii_toupper(name->display[0]);
    name->known = true;
    name->never = false;
}

static void read_sentence(Names *names, const Sentence *sentence) {
    for (guint i = 0; i < sentence->words->len; i++) {
        const PlainWord *word = &g_array_index(sentence->words, PlainWord, i);
        char *folded = folded_word(sentence, word);
        if (g_strv_contains(no_names, folded) || strlen(folded) < 2 || strchr(folded, '\'') || g_ascii_isdigit(folded[0])) {
            g_free(folded);
            continue;
        }
        gsize length = strlen(folded);
        Name *name = name_entry(names, folded);
        if (!word->capital) {
            name->never = true;
            continue;
        }
        if (!name->display) name->display = g_strndup(sentence->text + word->at, MIN(length, word->end - word->at));
        name->known = name->known || i > 0 || is_spoken_to(sentence, i);
    }
}

static void read_speaker(Names *names, const char *speaker) {
    g_auto(GStrv) parts = g_strsplit(speaker, " ", 2);
    g_autofree char *folded = g_utf8_strdown(parts[0] ? parts[0] : "", -1);
    if (!*folded || g_strv_contains(no_names, folded)) return; /* "Speaker 1" */
    Name *name = name_entry(names, g_steal_pointer(&folded));
    g_free(name->display);
    *name = (Name){.display = g_strdup(speaker), .known = true};
}

Names *names_of(const Transcript *transcript, const GArray *sentences) {
    Names *names = g_new0(Names, 1);
    names->names = text_map_new(g_free, name_free);
    bool caseless = is_caseless(sentences);
    for (guint i = 0; i < sentences->len; i++) read_sentence(names, sentence_at(sentences, i));
    for (guint i = 0; caseless && i < sentences->len; i++) read_caseless(names, sentence_at(sentences, i));
    for (guint i = 0; i < transcript->speakers->len; i++) read_speaker(names, transcript_speaker_name(transcript, (int)i));
    return names;
}

void names_free(Names *names) {
    if (!names) return;
    g_tree_unref(names->names);
    g_free(names);
}

static const Name *find(const Names *names, const Sentence *sentence, guint word) {
    if (word >= sentence->words->len) return NULL;
    g_autofree char *folded = folded_word(sentence, &g_array_index(sentence->words, PlainWord, word));
    const Name *name = g_tree_lookup(names->names, folded);
    return name && name->display && !name->never ? name : NULL;
}

const char *name_at(const Names *names, const Sentence *sentence, guint word) {
    const Name *name = find(names, sentence, word);
    return name ? name->display : NULL;
}

const char *name_known_at(const Names *names, const Sentence *sentence, guint word) {
    const Name *name = find(names, sentence, word);
    return name && name->known ? name->display : NULL;
}

const char *name_known(const Names *names, const char *word) {
    g_autofree char *folded = g_utf8_strdown(word, -1);
    const Name *name = g_tree_lookup(names->names, folded);
    return name && name->display && !name->never && name->known ? name->display : NULL;
}
