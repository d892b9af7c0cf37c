/* The extractor that needs no other machine: what is said plainly, by phrases; what is likely, by the trained ranking; both merged and
 * restated: all of the sure ones and a few suggestions. It is deterministic, takes time linear in the transcript, and reads English; a
 * transcript in another language gets a summary only, and says so. */
#include "extract/extract_backend.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "extract/clauses.h"
#include "extract/cues.h"
#include "extract/dates.h"
#include "extract/handout.h"
#include "extract/jobs.h"
#include "extract/questions.h"
#include "extract/requirements.h"
#include "extract/suggest.h"
#include "extract/summary.h"

#define SURE_MAX 60 /* items of a kind: minutes, not another transcript */
#define CONFIDENCE_MIN 0.5
#define RANKING_UNITS_MIN 30 /* in less talk nothing stands out from anything */
#define PHRASE_ODDS 1.9   /* e^0.62: fitted on the items of AMI's validation meetings */
#define PROMISE_LEAST 0.05 /* a promise is shown before the ranking's faintest; chosen by cross-validation (docs/model-card.md) */
#define UNSURE_PHRASE 0.25 /* a phrase that is not sure counts so much of its confidence in talk that is not ranked */
#define ALIKE 0.75     /* shared part of the terms from which two items are the same */
#define ALIKE_NEAR 0.5 /* the same, within NEAR_SENTENCES */
#define NEAR_SENTENCES 4
#define OPENING_BYTES 5 /* "and ", "okay " before a deadline that opens a sentence */
#define PROGRESS_SENTENCES 256

/* Suggestions of a kind beside what is sure, how many of them the ranking may pick, and how likely a pick must be. */
static const struct {
    guint suggestions_max, picks_max;
    double least;
} bounds[ITEM_KIND_COUNT] = {
    [ITEM_ACTION] = {8, 5, 0.03}, [ITEM_DECISION] = {10, 10, 0.02}, [ITEM_QUESTION] = {10, 0, 1}, [ITEM_REQUIREMENT] = {10, 10, 0.02}};

typedef struct {
    Item *item;
    guint sentence;
    GArray *terms;
    bool firm; /* said so plainly that the ranking has no say: a date, a name, "action item" */
    bool part; /* of talk that hands out several tasks */
} Proposal;

typedef struct {
    const ExtractInput *input;
    GArray *sentences, *units;
    Names *names;
    GPtrArray *titles;
    Talk talk; /* of the above */
    Terms terms;
    GPtrArray *lists;                   /* the terms of each sentence */
    GArray *proposals[ITEM_KIND_COUNT]; /* of Proposal, in order of time */
    GHashTable *marked;                 /* sentences that chosen items stand on */
    double *worth;                      /* of each sentence, for the summary; NULL: not known */
} Reading;

static void proposal_clear(gpointer data) {
    Proposal *proposal = data;
    item_free(proposal->item);
    g_array_unref(proposal->terms);
}

static void reading_init(Reading *reading, const ExtractInput *input) {
    *reading = (Reading){.input = input, .marked = g_hash_table_new(NULL, NULL)};
    reading->sentences = sentences_of(input->transcript, &reading->units);
    reading->names = names_of(input->transcript, reading->sentences);
    reading->titles = jobs_titles(reading->units);
    reading->talk = (Talk){input->transcript, reading->sentences, reading->units, reading->names, reading->titles};
    terms_init(&reading->terms);
    reading->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (guint i = 0; i < reading->sentences->len; i++)
        g_ptr_array_add(reading->lists, terms_of(&reading->terms, sentence_at(reading->sentences, i)));
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        reading->proposals[kind] = g_array_new(FALSE, FALSE, sizeof(Proposal));
        g_array_set_clear_func(reading->proposals[kind], proposal_clear);
    }
}

static void reading_clear(Reading *reading) {
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) g_array_unref(reading->proposals[kind]);
    g_ptr_array_unref(reading->lists);
    terms_clear(&reading->terms);
    names_free(reading->names);
    g_ptr_array_unref(reading->titles);
    g_hash_table_unref(reading->marked);
    g_free(reading->worth);
    g_array_unref(reading->sentences);
    g_array_unref(reading->units);
}

static void add_evidence(Item *item, const Sentence *sentence) {
    item_add_evidence(item, &(Evidence){.first = sentence->first, .last = sentence->last, .quote = sentence->text});
}

/* "Sending the figures" is the task "Send the figures". */
static void to_verb(Item *item) {
    g_autofree char *word = g_strndup(item->text, strcspn(item->text, " ")), *lower = g_ascii_strdown(word, -1);
    g_autofree char *base = cues_base_form(lower);
    if (!base) return;
    base[0] = g_ascii_toupper(base[0]);
    char *text = g_strconcat(base, item->text + strlen(word), NULL);
    g_free(item->text);
    item->text = text;
}

/* Takes the item, which has its evidence. */
static void propose(Reading *reading, Item *item, guint sentence, bool firm, bool part) {
    if (item->kind == ITEM_ACTION) to_verb(item);
    if (strlen(item->text) > ITEM_TEXT_BYTES_MAX) {
        char *cut = text_cut(item->text, ITEM_TEXT_BYTES_MAX);
        g_free(item->text);
        item->text = cut;
    }
    Proposal proposal = {.item = item, .sentence = sentence, .terms = terms_of_text(&reading->terms, item->text), .firm = firm, .part = part};
    g_array_append_val(reading->proposals[item->kind], proposal);
}

/* The deadline in the words of the task, else where the sentence begins or just before the phrase ("On Monday I'll …"), or within it ("your job for
 * next week is …"). True where one was said. */
static bool read_due(const Reading *reading, const Sentence *sentence, guint cue, guint first_word, guint end_word, Item *item) {
    const PlainWord *first = &g_array_index(sentence->words, PlainWord, first_word),
                    *last = &g_array_index(sentence->words, PlainWord, end_word - 1);
    g_autofree char *within = g_strndup(sentence->plain + first->plain_at, last->plain_end - first->plain_at);
    g_autofree char *before = g_strndup(sentence->plain, first->plain_at);
    guint offset = first->plain_at;
    Due due;
    if (!due_find(within, reading->input->meeting_ms, &due)) {
        offset = 0;
        if (!due_find(g_strchomp(before), reading->input->meeting_ms, &due)) return false;
        const PlainWord *phrase = &g_array_index(sentence->words, PlainWord, cue);
        const PlainWord *day = &g_array_index(sentence->words, PlainWord, sentence_word_at(sentence, due.at));
        if (due.at > OPENING_BYTES && (due.end + 1 < phrase->plain_at || (phrase->after_comma && !day->after_comma)))
            return false; /* another task's */
    }
    guint from = sentence_word_at(sentence, offset + due.at), to = sentence_word_at(sentence, offset + due.end - 1) + 1;
    item->due_said = sentence_words(sentence, from, to);
    item->due = due.date[0] ? g_strdup(due.date) : NULL;
    return true;
}

/* Whom the phrase tells, where "Ann and Bob will …" both; else who is named where the phrase begins, or whom its part of the sentence is for. */
static char *owner_of(const Reading *reading, const Candidate *candidate, const Handout *part) {
    const Talk *talk = &reading->talk;
    const Sentence *sentence = sentence_at(reading->sentences, candidate->sentence);
    g_autofree char *owner = jobs_full_name(sentence, candidate->owner_word, candidate->owner);
    if (candidate->kind != ITEM_ACTION) return g_steal_pointer(&owner);
    g_autofree char *words = sentence_words(sentence, candidate->from, candidate->to), *asked = jobs_asked_first(talk, words);
    if (asked) return g_steal_pointer(&asked); /* "I'll ask the designer to …" */
    g_autofree char *named = handout_named(talk, candidate->sentence, candidate->cue);
    if (named && (!owner || (strstr(named, " and ") && g_str_has_suffix(named, owner)))) return g_steal_pointer(&named);
    return owner || !part ? g_steal_pointer(&owner) : g_strdup(part->owner);
}

static void propose_candidate(Reading *reading, const Candidate *candidate) {
    guint end = candidate->to;
    g_autoptr(Handout) part = candidate->kind == ITEM_ACTION ? handout_of_word(&reading->talk, candidate->sentence, candidate->from, &end) : NULL;
    if (part && end <= candidate->from + 1) g_clear_pointer(&part, handout_free); /* its words go on in the next part */
    guint to = part ? MIN(end, candidate->to) : candidate->to;
    const Sentence *sentence = sentence_at(reading->sentences, candidate->sentence);
    Item *item = item_new(candidate->kind);
    bool previous = candidate->previous && candidate->sentence > 0;
    g_free(item->text);
    item->text = previous ? g_strdup(sentence_at(reading->sentences, candidate->sentence - 1)->text)
                          : clause_text(sentence, candidate->from - candidate->before, to);
    item->confidence = candidate->confidence;
    item->owner = owner_of(reading, candidate, part);
    guint cue = candidate->before ? candidate->from : candidate->cue; /* the day of a condition is no deadline */
    if (candidate->kind == ITEM_ACTION && read_due(reading, sentence, cue, candidate->from, to, item)) item->confidence += 0.1;
    if (candidate->kind == ITEM_QUESTION && sentence->question) {
        char *asked = g_strconcat(item->text, "?", NULL);
        g_free(item->text);
        item->text = asked;
    }
    item->confidence = MIN(item->confidence, 0.95);
    if (previous) add_evidence(item, sentence_at(reading->sentences, candidate->sentence - 1));
    g_autofree char *words = sentence_words(sentence, candidate->from, to);
    if (part && !candidate->before && (!item->due_said || strstr(words, item->due_said)))
        suggestion_add_evidence(&reading->talk, &part->pick, item); /* each part stands on its own words alone */
    else
        add_evidence(item, sentence);
    if (item->confidence >= CONFIDENCE_MIN)
        propose(reading, item, candidate->sentence, candidate->kind != ITEM_ACTION || candidate->firm || item->due_said, part != NULL);
    else
        item_free(item);
}

static void read_sentence(Reading *reading, guint index) {
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    const Sentence *sentence = sentence_at(reading->sentences, index);
    Item *requirement = requirement_of(sentence, reading->names);
    cues_find(reading->input->transcript, reading->sentences, reading->names, index, candidates);
    question_find(reading->sentences, reading->lists, index, candidates);
    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        /* "you have to be able to", "Bob needs to support": a property of the product is no task */
        if (requirement && candidate->kind == ITEM_ACTION && (candidate->confidence < 0.85 || !candidate->task)) continue;
        propose_candidate(reading, candidate);
    }
    if (requirement) add_evidence(requirement, sentence);
    if (requirement && requirement->confidence >= CONFIDENCE_MIN)
        propose(reading, requirement, index, true, false);
    else
        item_free(requirement);
}

static bool same_thing(const Proposal *kept, const Proposal *proposal) {
    double alike = terms_likeness(kept->terms, proposal->terms);
    bool near = proposal->sentence - kept->sentence <= NEAR_SENTENCES && !(kept->part && proposal->part);
    if (kept->item->owner && proposal->item->owner && strcmp(kept->item->owner, proposal->item->owner) != 0) return false;
    return alike >= ALIKE || (near && alike >= ALIKE_NEAR) || strcmp(kept->item->text, proposal->item->text) == 0;
}

/* The surer text stays; what it did not have comes from the other. */
static void merge(Proposal *kept, Proposal *proposal) {
    Item *better = kept->item, *other = proposal->item;
    if (other->confidence > better->confidence) {
        kept->item = other;
        proposal->item = better;
        better = kept->item;
        other = proposal->item;
    }
    if (!better->owner) better->owner = g_steal_pointer(&other->owner);
    if (!better->due_said) {
        better->due = g_steal_pointer(&other->due);
        better->due_said = g_steal_pointer(&other->due_said);
    }
    for (guint i = 0; i < other->evidence->len; i++) item_add_evidence(better, &g_array_index(other->evidence, Evidence, i));
}

static gint by_confidence(gconstpointer left, gconstpointer right) {
    const Proposal *a = left, *b = right;
    if (a->item->confidence != b->item->confidence) return a->item->confidence < b->item->confidence ? 1 : -1;
    return (a->sentence > b->sentence) - (a->sentence < b->sentence);
}

static gint by_sentence(gconstpointer left, gconstpointer right) {
    const Proposal *a = left, *b = right;
    return (a->sentence > b->sentence) - (a->sentence < b->sentence);
}

/* From the surest on; each either joins one like it or takes a place. */
static void select_items(Reading *reading, ItemKind kind, Minutes *minutes) {
    GArray *proposals = reading->proposals[kind];
    g_array_sort(proposals, by_confidence);
    guint kept = 0, suggested = 0;
    for (guint i = 0; i < proposals->len; i++) {
        Proposal *proposal = &g_array_index(proposals, Proposal, i), *like = NULL;
        for (guint j = 0; j < kept && !like; j++) {
            Proposal *other = &g_array_index(proposals, Proposal, j);
            if (other->sentence <= proposal->sentence ? same_thing(other, proposal) : same_thing(proposal, other)) like = other;
        }
        if (like) {
            merge(like, proposal);
            continue;
        }
        bool sure = proposal->item->confidence >= CONFIDENCE_SURE;
        if (kept >= SURE_MAX || (!sure && suggested >= bounds[kind].suggestions_max)) continue;
        suggested += !sure;
        Proposal swap = g_array_index(proposals, Proposal, kept);
        g_array_index(proposals, Proposal, kept++) = *proposal;
        *proposal = swap;
    }
    g_array_set_size(proposals, kept);
    g_array_sort(proposals, by_sentence);
    for (guint i = 0; i < kept; i++) {
        Proposal *proposal = &g_array_index(proposals, Proposal, i);
        g_hash_table_add(reading->marked, GUINT_TO_POINTER(proposal->sentence));
        minutes_add(minutes, g_steal_pointer(&proposal->item));
    }
}

/* How likely the ranking finds a sentence: as its likeliest unit. */
static void likelihoods(const Reading *reading, const Ranking *ranking, Rank rank, double *likely) {
    for (guint i = 0; i < ranking->count; i++) {
        guint sentence = g_array_index(reading->units, Unit, i).sentence;
        likely[sentence] = MAX(likely[sentence], ranking_probability(rank, ranking->scores[rank][i]));
    }
}

static bool stands_on(const Item *item, guint segment) {
    for (guint i = 0; i < item->evidence->len; i++) {
        const Evidence *evidence = &g_array_index(item->evidence, Evidence, i);
        if (segment >= evidence->first && segment <= evidence->last) return true;
    }
    return false;
}

/* A pick that a phrase has found too is one item; a sure one keeps its evidence and its confidence. */
static bool joins_proposal(Reading *reading, ItemKind kind, const Pick *pick, const Item *suggestion) {
    bool joined = false;
    for (guint i = 0; i < pick->units->len; i++) {
        const Unit *unit = &g_array_index(reading->units, Unit, g_array_index(pick->units, guint, i));
        for (guint j = 0; j < reading->proposals[kind]->len; j++) {
            const Proposal *proposal = &g_array_index(reading->proposals[kind], Proposal, j);
            if (proposal->sentence != unit->sentence || !stands_on(proposal->item, unit->segment)) continue;
            Item *item = proposal->item;
            if (item->confidence < CONFIDENCE_SURE) item->confidence = MAX(item->confidence, suggestion->confidence);
            if (!item->owner && !joined) item->owner = g_strdup(suggestion->owner);
            for (guint k = 0; k < suggestion->evidence->len && !joined; k++)
                item_add_evidence(item, &g_array_index(suggestion->evidence, Evidence, k));
            joined = true;
        }
    }
    return joined;
}

/* "I'll take the mouse" is as plain as "I'll send the minutes", and no item: in a whole meeting what is said without a date or a name is as likely as
 * the ranking says, for the better by PHRASE_ODDS. */
static double said(double likely, double least) {
    double odds = likely / MAX(1 - likely, 1e-6) * PHRASE_ODDS;
    return CLAMP(odds / (1 + odds), least, CONFIDENCE_SURE - 0.01);
}

/* `part` is of a pick that hands out `count` tasks; NULL: of another kind. */
static void add_suggestion(Reading *reading, const Pick *pick, ItemKind kind, const Handout *part, guint count) {
    guint index = suggestion_sentence(&reading->talk, pick), from = 0, to = 0;
    const Sentence *sentence = sentence_at(reading->sentences, index);
    if (sentence->words->len == 0) return; /* fillers alone */
    g_autoptr(Item) item = suggestion_of(&reading->talk, pick, kind, index, &from, &to);
    guint end = count > 1 ? handout_end(&reading->talk, part, index) : to;
    if (end <= from + 1) return; /* its words are another part's */
    if (part && part->said) {
        g_free(item->owner);
        item->owner = g_strdup(part->owner);
    }
    if (end < to) {
        to = end;
        g_free(item->text);
        item->text = clause_text(sentence, from, to);
    }
    if (joins_proposal(reading, kind, pick, item)) return;
    if (kind == ITEM_ACTION) read_due(reading, sentence, from, from, to, item);
    propose(reading, g_steal_pointer(&item), index, false, count > 1);
}

static void add_picks(Reading *reading, const Ranking *ranking, Rank rank, ItemKind kind) {
    g_autofree double *likely = g_new0(double, reading->sentences->len + 1);
    g_autoptr(GArray) picks = ranking_picks(ranking, rank, bounds[kind].picks_max, bounds[kind].least);
    bool whole = ranking->count >= RANKING_UNITS_MIN;
    if (!whole) g_array_set_size(picks, 0);
    if (whole) likelihoods(reading, ranking, rank, likely);
    for (guint i = 0; i < reading->proposals[kind]->len; i++) {
        Proposal *proposal = &g_array_index(reading->proposals[kind], Proposal, i);
        Item *item = proposal->item;
        bool sure = item->confidence >= CONFIDENCE_SURE;
        if (sure && proposal->firm) continue;
        if (!whole)
            item->confidence = sure ? item->confidence : item->confidence * UNSURE_PHRASE;
        else
            item->confidence = said(likely[proposal->sentence], sure ? PROMISE_LEAST : 0);
        if (whole && kind == ITEM_ACTION && !item->owner)
            item->owner = suggestion_owner(&reading->talk, sentence_at(reading->sentences, proposal->sentence));
    }
    for (guint i = 0; i < picks->len; i++) {
        const Pick *pick = &g_array_index(picks, Pick, i);
        g_autoptr(GArray) parts = kind == ITEM_ACTION ? handout_parts(&reading->talk, pick) : NULL;
        if (!parts) add_suggestion(reading, pick, kind, NULL, 1);
        for (guint j = 0; parts && j < parts->len; j++) {
            const Handout *part = &g_array_index(parts, Handout, j);
            add_suggestion(reading, &part->pick, kind, part, parts->len);
        }
    }
}

/* A sentence is worth what its units are on the average. */
static void weigh_sentences(Reading *reading, const Ranking *ranking) {
    g_autofree guint *units = g_new0(guint, reading->sentences->len + 1);
    reading->worth = g_new0(double, reading->sentences->len + 1);
    for (guint i = 0; i < ranking->count; i++) {
        guint sentence = g_array_index(reading->units, Unit, i).sentence;
        reading->worth[sentence] += ranking->scores[RANK_KEY][i];
        units[sentence]++;
    }
    for (guint i = 0; i < reading->sentences->len; i++) reading->worth[i] /= MAX(1, units[i]);
}

static void suggest_items(Reading *reading) {
    Ranking ranking;
    ranking_init(&ranking, reading->units);
    weigh_sentences(reading, &ranking);
    add_picks(reading, &ranking, RANK_ACTION, ITEM_ACTION);
    add_picks(reading, &ranking, RANK_DECISION, ITEM_DECISION);
    add_picks(reading, &ranking, RANK_REQUIREMENT, ITEM_REQUIREMENT);
    ranking_clear(&ranking);
}

static bool read_items(Reading *reading, GError **error) {
    const ExtractInput *input = reading->input;
    for (guint i = 0; i < reading->sentences->len; i++) {
        if (input->progress && i % PROGRESS_SENTENCES == 0 &&
            !input->progress((double)i / reading->sentences->len, input->user_data, error))
            return false;
        read_sentence(reading, i);
    }
    suggest_items(reading);
    return true;
}

static bool run(gpointer state, const ExtractInput *input, Minutes **minutes, GError **error) {
    g_autoptr(Minutes) made = minutes_new();
    const char *language = input->transcript->language;
    bool english = !language || g_ascii_strncasecmp(language, "en", 2) == 0;
    Reading reading;
    reading_init(&reading, input);
    bool done = !english || read_items(&reading, error);
    for (ItemKind kind = 0; done && kind < ITEM_KIND_COUNT; kind++) select_items(&reading, kind, made);
    if (done) summary_write(input->transcript, reading.sentences, &reading.terms, reading.lists, reading.worth, reading.marked, made);
    reading_clear(&reading);
    if (!done || (input->progress && !input->progress(1, input->user_data, error))) return false;
    if (!english)
        made->note =
            g_strdup("The offline extractor finds items in English only; this summary is a choice of the sentences spoken.");
    made->coverage = 1; /* every sentence was read */
    *minutes = g_steal_pointer(&made);
    return true;
}

const ExtractorBackend extractor_offline = {.name = "offline", .run = run};
