/* A unit's words with those who may be meant as "@0", "@1", …: what is left is a phrase that tells whether the work is theirs. */
#include "extract/handout.h"

#include <string.h>

#include "base/text.h"
#include "extract/clauses.h"
#include "extract/jobs.h"

#define HEADS_MAX 10 /* one digit */
#define NAMED_WORDS 6 /* at the beginning of a unit, after which its phrase is another's */
#define UNIT_BYTES_READ 1000 /* what follows says nothing of whom it is for */
#define LOOK_BACK 3  /* units in which somebody may have been called */

typedef enum { WHOM_NOBODY, WHOM_SELF, WHOM_YOU, WHOM_SEVERAL, WHOM_ALL, WHOM_NAMED, WHOM_CALLED } WhomKind;

typedef struct {
    WhomKind kind;
    bool another; /* "and you'll …": said to the next one */
    char *name;   /* of WHOM_NAMED and WHOM_CALLED; both where two are joined */
} Whom;

#define OPEN "^(?:(?:and|so|then|but|okay|ok|well|yeah|right|now|also|as well|basically|of course|maybe|first|next|i think|i guess|again),? )*"
#define HEAD "(?:(?:for|as) )?(?:(?:the|our|mister) )?@(\\d)"
#define HEADS HEAD "(?:,? and (?:the |our )?@(\\d))?"
#define WILL                                                                                                                     \
    "(?:'ll|will|can|could|should|must|might|would|(?:is|are|'s) (?:going to|gonna|to|supposed to)|gonna|going to|has to|have to|"          \
    "needs to|need to|gets?|to|works?|does|do|now|that's|goes?|looks?|writes?|makes?|takes?|on|at|the|some)"

static const struct {
    WhomKind kind;
    const char *phrase;
} forms[] = {
    {WHOM_CALLED, OPEN HEADS ",? (?:you(?:r|'ll|'re|'ve)?|(?:can|could|will|would) you|"
                                  "i(?:'d like| want| would like| need) you|please|if you|we'll want)(?![a-z])"},
    {WHOM_CALLED, "(?:for|from|to) you,? @(\\d)(?!\\d)"},
    {WHOM_CALLED, "(?<![a-z])you(?:'ll|'re)? (?:will |can |could |should |have to |are )[^@]*, @(\\d)(?:,|[.?]?$)"},
    {WHOM_NAMED, "(?:ask|want|like|need|tell|have|get|for) " HEADS " to "},
    {WHOM_NAMED, "(?:is|are|be|'s)(?: something)? for " HEADS "[.]?$"},
    {WHOM_NAMED, OPEN "(?:(?:the|our) )?@\\d,? @(\\d),? " WILL "(?![a-z])"},
    {WHOM_NAMED, OPEN HEADS ",? (?:maybe |probably |also )?" WILL "(?![a-z])"},
    {WHOM_NAMED, OPEN "(?:for|as) (?:the )?@(\\d),"},
    {WHOM_CALLED, OPEN HEADS "(?:,? (?:right|okay|so|yeah))?[.,]?$"},
    {WHOM_SEVERAL, "(?<![a-z])(?:(?:both|two) of you|you (?:two|guys|both))(?![a-z])"},
    {WHOM_ALL, "(?<![a-z])(?:everyone|everybody|each of (?:you|us)|all of (?:you|us)|"
               "(?:you|we)(?:'ll| will| have to) (?:all|each)|(?:you|we) (?:all|each) (?:will|have to))(?![a-z])"},
    {WHOM_YOU, OPEN "(?:if |for |i (?:want|need) |i'd like |what )*"
                         "you(?:,? the|'ll|'re| (?:will|can|could|should|have to|are|get|need to|do|might|may|would|must|gotta))(?![a-z])"},
    {WHOM_YOU, OPEN "(?:(?:can|could|will|would) you|(?:for|from) you)(?![a-z])"},
    {WHOM_SELF, OPEN "(?:i'll|i will|i'm (?:going to|gonna)|i am going to|i have to|i can|let me)(?![a-z])"},
    {WHOM_SELF, "my (?:task|job|part|responsibility|department)(?![a-z])"},
};

/* Without fillers, words broken off and stutter. */
static char *cleaned(const char *text) {
    static GRegex *fillers, *stutter;
    g_autofree char *without = g_regex_replace(
        phrase_once(&fillers, "(?:(?i:um|uh|er|erm|mm|hmm|mm-hmm)(?![\\w'])[,.]? ?|[\\w']+- )", ""), text, -1, 0, "", 0, NULL);
    return g_regex_replace(phrase_once(&stutter, "([\\w']+)(?: \\1)+(?![\\w'])", ""), without ? without : text, -1, 0, "\\1", 0, NULL);
}

typedef struct {
    const Talk *talk;
    GPtrArray *names; /* of those found, by their number */
    GString *phrase;
} Heads;

static bool add_head(Heads *heads, char *name) {
    if (!name) return false;
    if (heads->names->len >= HEADS_MAX) {
        g_free(name);
        return false;
    }
    g_string_append_printf(heads->phrase, "@%u", heads->names->len);
    g_ptr_array_add(heads->names, name);
    return true;
}

/* "David Jordan" is one. */
static char *name_here(const Talk *talk, const char *text, gsize *length) {
    static GRegex *capital;
    g_autoptr(GMatchInfo) match = NULL;
    if (!talk->names || !g_unichar_isupper(g_utf8_get_char(text)) ||
        !g_regex_match(phrase_once(&capital, "^\\p{Lu}[\\p{L}-]+", ""), text, 0, &match)) return NULL;
    g_autofree char *word = g_match_info_fetch(match, 0);
    const char *name = name_known(talk->names, word);
    if (!name) return NULL;
    *length = strlen(word);
    if (text[*length] != ' ' || text[*length + 1] == '\0') return g_strdup(name);
    gsize more = 0;
    g_autofree char *rest = name_here(talk, text + *length + 1, &more);
    if (!rest) return g_strdup(name);
    *length += 1 + more;
    return g_strconcat(name, " ", rest, NULL);
}

/* The phrase of a unit and those whom it names. */
static void read_heads(Heads *heads, const char *text) {
    bool begins = true;
    for (const char *at = text; *at;) {
        gsize length = 0;
        char *name = begins ? jobs_here(heads->talk, at, &length) : NULL;
        if (begins && !name) name = name_here(heads->talk, at, &length);
        if (add_head(heads, name)) {
            at += length;
            begins = false;
            continue;
        }
        const char *next = g_utf8_next_char(at);
        begins = strchr(" ,.;:?!(-", *at) != NULL;
        if (next == at + 1)
            g_string_append_c(heads->phrase, *at == '@' ? ' ' : g_ascii_tolower(*at)); /* "@" is ours */
        else
            g_string_append_len(heads->phrase, at, next - at);
        at = next;
    }
}

static char *joined_names(const Heads *heads, const GMatchInfo *match) {
    g_autofree char *first = g_match_info_fetch(match, 1), *second = g_match_info_fetch(match, 2);
    guint one = (guint)(first[0] - '0'), other = second && *second ? (guint)(second[0] - '0') : one;
    if (one >= heads->names->len || other >= heads->names->len) return NULL;
    const char *name = heads->names->pdata[one], *more = heads->names->pdata[other];
    return other == one ? g_strdup(name) : g_strdup_printf("%s and %s", name, more);
}

static Whom whom_of(const Talk *talk, const Unit *unit) {
    static GRegex *regexes[G_N_ELEMENTS(forms)], *next;
    g_autofree char *begin = text_cut(unit->text, UNIT_BYTES_READ), *text = cleaned(begin);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) phrase = g_string_new(NULL);
    Heads heads = {.talk = talk, .names = names, .phrase = phrase};
    read_heads(&heads, text ? text : begin);
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GMatchInfo) match = NULL;
        if (!g_regex_match(phrase_once(&regexes[i], forms[i].phrase, ""), phrase->str, 0, &match)) continue;
        bool named = forms[i].kind == WHOM_NAMED || forms[i].kind == WHOM_CALLED;
        bool another = g_regex_match(phrase_once(&next, "^(?:and|for|then|now)(?![a-z])", ""), phrase->str, 0, NULL);
        return (Whom){forms[i].kind, another, named ? joined_names(&heads, match) : NULL};
    }
    return (Whom){0};
}

/* Is it still the same one's: "Industrial Designer, you'll look at …, you'll find …" */
static bool goes_on(const Whom *whom, const Whom *next) {
    if (next->kind == WHOM_NOBODY) return true;
    if (next->kind == WHOM_YOU) return whom->kind == WHOM_CALLED && !next->another;
    return next->kind == whom->kind && g_strcmp0(next->name, whom->name) == 0;
}

static const Unit *unit_at(const Talk *talk, guint index) { return &g_array_index(talk->units, Unit, index); }

static void part_clear(gpointer data) {
    Handout *part = data;
    g_array_unref(part->pick.units);
    g_free(part->owner);
}

static Handout *begin_part(GArray *parts, const Pick *pick, guint best) {
    Handout part = {.pick = {.best = best, .units = g_array_new(FALSE, FALSE, sizeof(guint)), .probability = pick->probability}};
    g_array_append_val(parts, part);
    return &g_array_index(parts, Handout, parts->len - 1);
}

/* Whoever was called just before the pick: "Marketing Expert." "You'll …" */
static Whom called_before(const Talk *talk, guint first) {
    int speaker = unit_at(talk, first)->speaker;
    for (guint i = first; i > 0 && first - i < LOOK_BACK; i--) {
        if (unit_at(talk, i - 1)->speaker != speaker) continue;
        Whom whom = whom_of(talk, unit_at(talk, i - 1));
        if (whom.kind == WHOM_CALLED) return whom;
        g_free(whom.name);
        if (whom.kind != WHOM_NOBODY) break;
    }
    return (Whom){0};
}

static void end_part(const Talk *talk, Handout *part, const Whom *whom) {
    const char *self = transcript_speaker_name(talk->transcript, unit_at(talk, part->pick.best)->speaker);
    part->said = whom->kind != WHOM_NOBODY;
    part->owner = g_strdup(whom->kind == WHOM_SELF ? self : whom->kind == WHOM_ALL ? "Everyone" : whom->name);
}

GArray *handout_parts(const Talk *talk, const Pick *pick) {
    GArray *parts = g_array_new(FALSE, FALSE, sizeof(Handout));
    g_array_set_clear_func(parts, part_clear);
    guint first = g_array_index(pick->units, guint, 0);
    Handout *part = begin_part(parts, pick, first);
    Whom whom = {0};
    for (guint i = 0; i < pick->units->len; i++) {
        guint index = g_array_index(pick->units, guint, i);
        Whom next = whom_of(talk, unit_at(talk, index));
        bool opens = whom.kind == WHOM_NOBODY && next.kind != WHOM_NOBODY;
        if (opens && next.kind == WHOM_YOU) {
            Whom called = called_before(talk, index);
            if (called.kind == WHOM_CALLED) next = called;
        }
        if (!opens && !goes_on(&whom, &next)) {
            end_part(talk, part, &whom);
            part = begin_part(parts, pick, index);
            opens = true;
        }
        g_array_append_val(part->pick.units, index);
        if (opens || index == pick->best) part->pick.best = index;
        if (opens) {
            g_free(whom.name);
            whom = next;
        } else {
            g_free(next.name);
        }
    }
    end_part(talk, part, &whom);
    g_free(whom.name);
    return parts;
}

static guint first_unit(const Talk *talk, guint sentence) {
    guint low = 0, high = talk->units->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (unit_at(talk, middle)->sentence < sentence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The word of the sentence that follows those of the unit. */
static guint end_word(const Talk *talk, guint unit) {
    guint index = unit_at(talk, unit)->sentence, word = 0;
    const Sentence *sentence = sentence_at(talk->sentences, index);
    const char *at = sentence->text;
    for (guint i = first_unit(talk, index); i <= unit && at; i++) {
        at = strstr(at, unit_at(talk, i)->text);
        if (at) at += strlen(unit_at(talk, i)->text);
    }
    while (at && word < sentence->words->len && g_array_index(sentence->words, PlainWord, word).at < (guint)(at - sentence->text)) word++;
    return at ? word : sentence->words->len;
}

char *handout_named(const Talk *talk, guint sentence, guint word) {
    guint unit = first_unit(talk, sentence), begin = 0, end;
    while (unit + 1 < talk->units->len && unit_at(talk, unit + 1)->sentence == sentence && (end = end_word(talk, unit)) <= word) {
        begin = end;
        unit++;
    }
    return word - begin <= NAMED_WORDS ? whom_of(talk, unit_at(talk, unit)).name : NULL;
}

guint handout_end(const Talk *talk, const Handout *part, guint sentence) {
    for (guint i = part->pick.units->len; i > 0; i--) {
        guint unit = g_array_index(part->pick.units, guint, i - 1);
        if (unit_at(talk, unit)->sentence == sentence) return end_word(talk, unit);
    }
    return sentence_at(talk->sentences, sentence)->words->len;
}

void handout_free(Handout *part) {
    if (!part) return;
    part_clear(part);
    g_free(part);
}

Handout *handout_of_word(const Talk *talk, guint sentence, guint word, guint *end) {
    g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(guint)), parts = NULL;
    for (guint i = first_unit(talk, sentence); i < talk->units->len && unit_at(talk, i)->sentence == sentence; i++) g_array_append_val(units, i);
    if (units->len < 2) return NULL;
    const Pick all = {.best = g_array_index(units, guint, 0), .units = units};
    parts = handout_parts(talk, &all);
    for (guint i = 0; parts->len > 1 && i < parts->len; i++) {
        Handout *part = &g_array_index(parts, Handout, i);
        *end = handout_end(talk, part, sentence);
        if (*end <= word) continue;
        Handout *found = g_memdup2(part, sizeof *part);
        g_array_ref(found->pick.units);
        part->owner = NULL;
        return found;
    }
    return NULL;
}
