/* Finding a quote in the transcript.
 *
 *  1. The transcript is read once into a row of word numbers; equal words have equal numbers. A quote is searched in it in linear
 * time: exactly, or by the smallest number of words changed, left out or put in (Sellers' algorithm, with Ukkonen's cut-off).
 *  2. Where the segments named hold the quote it is taken from there; else from two segments around them; else from anywhere.
 *  3. What is written back are the transcript's words, never the proposer's. */
#include "extract/evidence.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "extract/words.h"

#define WIDEN_SEGMENTS 2
#define FUZZY_WORDS_MIN 4
#define FUZZY_PERCENT 15

typedef struct {
    guint number; /* of the word */
    guint segment;
    WordSpan span; /* in the segment's text */
} Token;

typedef struct EvidenceIndex Index;
struct EvidenceIndex {
    const Transcript *transcript;
    GTree *numbers; /* word → number from 1 */
    GArray *tokens; /* of Token, in order */
    GArray *first;  /* guint: a segment's first token; one more at the end */
};

typedef struct {
    guint from, to; /* tokens, `to` exclusive */
    guint distance;
} Found;

/* Apostrophes are punctuation too: "dont" is "don't". */
static char *plain_word(const char *text, WordSpan span) {
    char *word = word_fold(text, span), *to = word;
    for (const char *at = word; *at; at++)
        if (*at != '\'') *to++ = *at;
    *to = '\0';
    return word;
}

static guint word_number(GTree *numbers, char *word) {
    guint number = GPOINTER_TO_UINT(g_tree_lookup(numbers, word));
    if (number) {
        g_free(word);
        return number;
    }
    number = (guint)g_tree_nnodes(numbers) + 1;
    g_tree_insert(numbers, word, GUINT_TO_POINTER(number));
    return number;
}

static void index_init(Index *index, const Transcript *transcript) {
    *index = (Index){.transcript = transcript,
                     .numbers = text_map_new(g_free, NULL),
                     .tokens = g_array_new(FALSE, FALSE, sizeof(Token)),
                     .first = g_array_new(FALSE, FALSE, sizeof(guint))};
    for (guint i = 0; i < transcript->segments->len; i++) {
        const char *text = transcript_segment(transcript, i)->text;
        g_array_append_val(index->first, index->tokens->len);
        Token token = {.segment = i};
        while (word_next(text, &token.span)) {
            token.number = word_number(index->numbers, plain_word(text, token.span));
            g_array_append_val(index->tokens, token);
        }
    }
    g_array_append_val(index->first, index->tokens->len);
}

static void index_clear(Index *index) {
    g_tree_unref(index->numbers);
    g_array_unref(index->tokens);
    g_array_unref(index->first);
}

static const Token *token_at(const Index *index, guint i) { return &g_array_index(index->tokens, Token, i); }

/* A word that the transcript does not have is 0, which equals none of its words. */
static GArray *quote_numbers(const Index *index, const char *quote) {
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    WordSpan span = {0};
    while (word_next(quote, &span)) {
        g_autofree char *word = plain_word(quote, span);
        guint number = GPOINTER_TO_UINT(g_tree_lookup(index->numbers, word));
        g_array_append_val(numbers, number);
    }
    return numbers;
}

static bool find_exact(const Index *index, const GArray *quote, guint from, guint to, Found *found) {
    const guint *wanted = (const guint *)(const void *)quote->data;
    for (guint i = from; i < to && to - i >= quote->len; i++) {
        guint same = 0;
        while (same < quote->len && token_at(index, i + same)->number == wanted[same]) same++;
        if (same < quote->len) continue;
        *found = (Found){.from = i, .to = i + quote->len};
        return true;
    }
    return false;
}

/* Row i of a column: the least distance of the quote's first i words to some run of tokens that ends here, and where it begins.
 */
typedef struct {
    guint distance, from;
} Cell;

static bool find_fuzzy(const Index *index, const GArray *quote, guint from, guint to, Found *found) {
    guint words = quote->len, allowed = words * FUZZY_PERCENT / 100;
    if (words < FUZZY_WORDS_MIN || allowed == 0) return false;
    g_autofree Cell *column = g_new(Cell, words + 1);
    for (guint i = 0; i <= words; i++) column[i] = (Cell){.distance = i, .from = from};
    guint active = MIN(allowed + 1, words); /* beyond this row every distance is over what is allowed */
    Found best = {.distance = allowed + 1};
    for (guint at = from; at < to && best.distance > 0; at++) {
        Cell diagonal = column[0];
        column[0] = (Cell){.from = at + 1};
        diagonal.from = at;
        for (guint i = 1; i <= active; i++) {
            Cell old = column[i], cell = diagonal;
            cell.distance += token_at(index, at)->number != g_array_index(quote, guint, i - 1);
            if (old.distance + 1 < cell.distance) cell = (Cell){old.distance + 1, old.from};
            if (column[i - 1].distance + 1 < cell.distance) cell = (Cell){column[i - 1].distance + 1, column[i - 1].from};
            column[i] = cell;
            diagonal = old;
        }
        while (active > 0 && column[active].distance > allowed) active--;
        /* of two as near, the one that ends with the quote's last word */
        bool closes = token_at(index, at)->number == g_array_index(quote, guint, words - 1) && column[words].from == best.from;
        if (active == words && column[words].distance < best.distance + closes && column[words].from <= at)
            best = (Found){.from = column[words].from, .to = at + 1, .distance = column[words].distance};
        if (active < words) column[++active] = (Cell){.distance = allowed + 1, .from = at + 1};
    }
    if (best.distance > allowed) return false;
    *found = best;
    return true;
}

/* Times of a token by the words of its segment; false where they do not tell the text's words one by one. */
static bool token_times(const Index *index, guint at, gint64 *start_ms, gint64 *end_ms) {
    const Token *token = token_at(index, at);
    const Segment *segment = transcript_segment(index->transcript, token->segment);
    guint first = g_array_index(index->first, guint, token->segment),
          count = g_array_index(index->first, guint, token->segment + 1) - first;
    const Word *found = NULL;
    guint seen = 0;
    for (guint i = 0; segment->words && i < segment->words->len; i++) {
        const Word *word = &g_array_index(segment->words, Word, i);
        for (WordSpan span = {0}; word_next(word->text, &span); seen++) {
            if (seen == at - first) found = word;
        }
    }
    if (!found || seen != count) return false;
    *start_ms = found->start_ms;
    *end_ms = found->end_ms;
    return true;
}

/* From the first word to the last with the punctuation that closes it; segments joined by a space. */
static char *words_as_they_stand(const Index *index, const Found *found) {
    const Token *first = token_at(index, found->from), *last = token_at(index, found->to - 1);
    GString *quote = g_string_new(NULL);
    for (guint i = first->segment; i <= last->segment; i++) {
        const char *text = transcript_segment(index->transcript, i)->text;
        gsize from = i == first->segment ? first->span.at : 0, to = strlen(text);
        if (i == last->segment) to = last->span.end + strcspn(text + last->span.end, " ");
        if (i == last->segment && found->to < index->tokens->len && token_at(index, found->to)->segment == i)
            to = MIN(to, token_at(index, found->to)->span.at);
        if (quote->len > 0) g_string_append_c(quote, ' ');
        g_string_append_len(quote, text + from, (gssize)(to - from));
    }
    return g_string_free(quote, FALSE);
}

static bool take(const Index *index, const Found *found, Evidence *evidence) {
    g_autofree char *quote = words_as_they_stand(index, found);
    if (strlen(quote) > ITEM_TEXT_BYTES_MAX) return false;
    const Token *first = token_at(index, found->from), *last = token_at(index, found->to - 1);
    gint64 start_ms = transcript_segment(index->transcript, first->segment)->start_ms, unused;
    gint64 end_ms = transcript_segment(index->transcript, last->segment)->end_ms;
    token_times(index, found->from, &start_ms, &unused);
    token_times(index, found->to - 1, &unused, &end_ms);
    evidence->first = first->segment;
    evidence->last = last->segment;
    evidence->start_ms = start_ms;
    evidence->end_ms = MAX(start_ms, end_ms);
    evidence->match = found->distance == 0 ? MATCH_EXACT : MATCH_FUZZY;
    g_free(evidence->quote);
    evidence->quote = g_steal_pointer(&quote);
    g_free(evidence->speaker);
    evidence->speaker =
        g_strdup(transcript_speaker_name(index->transcript, transcript_segment(index->transcript, first->segment)->speaker));
    return true;
}

static bool check(const Index *index, Evidence *evidence) {
    guint segments = index->first->len - 1;
    if (!evidence->quote || strlen(evidence->quote) > ITEM_TEXT_BYTES_MAX || !g_utf8_validate(evidence->quote, -1, NULL))
        return false;
    g_autoptr(GArray) quote = quote_numbers(index, evidence->quote);
    if (quote->len == 0 || segments == 0) return false;
    guint first = MIN(evidence->first, segments - 1), last = CLAMP(evidence->last, first, segments - 1);
    const guint *starts = (const guint *)(const void *)index->first->data;
    guint near_from = starts[first - MIN(first, WIDEN_SEGMENTS)], near_to = starts[MIN(last + WIDEN_SEGMENTS + 1, segments)];
    Found found;
    bool there = find_exact(index, quote, starts[first], starts[last + 1], &found) ||
                 find_exact(index, quote, near_from, near_to, &found) || find_fuzzy(index, quote, near_from, near_to, &found) ||
                 find_exact(index, quote, 0, index->tokens->len, &found) ||
                 find_fuzzy(index, quote, 0, index->tokens->len, &found);
    return there && take(index, &found, evidence);
}

EvidenceIndex *evidence_index_new(const Transcript *transcript) {
    Index *index = g_new(Index, 1);
    index_init(index, transcript);
    return index;
}

void evidence_index_free(EvidenceIndex *index) {
    if (!index) return;
    index_clear(index);
    g_free(index);
}

bool evidence_index_check(const EvidenceIndex *index, Evidence *evidence) { return check(index, evidence); }

bool evidence_check(const Transcript *transcript, Evidence *evidence) {
    Index index;
    index_init(&index, transcript);
    bool there = check(&index, evidence);
    index_clear(&index);
    return there;
}

void evidence_check_all(const Transcript *transcript, Minutes *minutes) {
    Index index;
    index_init(&index, transcript);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        GPtrArray *items = minutes->items[kind];
        for (guint i = items->len; i-- > 0;) {
            GArray *evidence = ((Item *)g_ptr_array_index(items, i))->evidence;
            for (guint j = evidence->len; j-- > 0;)
                if (!check(&index, &g_array_index(evidence, Evidence, j))) g_array_remove_index(evidence, j);
            if (evidence->len > 0) continue;
            g_ptr_array_remove_index(items, i);
            minutes->dropped++;
        }
    }
    index_clear(&index);
}
