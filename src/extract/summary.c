/* Key sentences: the trained ranking's, those first that read like minutes; without a ranking those nearest to what the whole
 * meeting is about (the centroid of term weights). And topics where the words change (TextTiling: Hearst 1997). Linear in the
 * transcript's length: windows and picks are bounded. */
#include "extract/summary.h"

#include "extract/clauses.h"
#include "extract/lean.h"

#include <math.h>
#include <string.h>

#define PICKS_MIN 3
#define SUMMARY_WORDS_MAX 350 /* as long as people's own summaries of an hour */
#define SUMMARY_PART 9       /* of the words spoken one in so many */
#define STYLE_WEIGHT 4 /* of words that minutes have, against those of talk */
#define MARKED_BONUS 0.5
#define LENGTH_WEIGHT 0.5 /* of the logarithm of the words: two short sentences say more than a long one */
#define KEY_WORDS_MIN 6
#define KEY_WORDS_MAX 45
#define KEY_BYTES_MAX 600
#define ALIKE 0.5
#define BLOCK_TERMS 20  /* a pseudo-sentence of TextTiling */
#define WINDOW_BLOCKS 6 /* compared on each side of a gap */
#define TOPIC_BLOCKS_MIN 8
#define TOPICS_MAX 12
#define TITLE_TERMS 3

typedef struct {
    guint sentence;
    double score;
} Ranked;

/* In how many sentences each term stands; index is its number. */
static guint *spread_of(const Terms *terms, const GPtrArray *lists) {
    guint *spread = g_new0(guint, terms->names->len + 1);
    g_autofree guint *seen = g_new0(guint, terms->names->len + 1);
    for (guint i = 0; i < lists->len; i++) {
        const GArray *list = g_ptr_array_index(lists, i);
        for (guint j = 0; j < list->len; j++) {
            guint term = g_array_index(list, guint, j);
            spread[term] += seen[term] != i + 1;
            seen[term] = i + 1;
        }
    }
    return spread;
}

/* Terms said often weigh more, those of nearly every sentence less; a term said once says nothing of the whole. */
static double weight_of(guint spread, guint sentences) {
    return spread < 2 ? 0 : log(1 + spread) * log((double)(sentences + 1) / spread);
}

static double score_of(const Sentence *sentence, const GArray *list, const guint *spread, guint sentences) {
    guint words = sentence->words->len;
    if (words < KEY_WORDS_MIN || words > KEY_WORDS_MAX || sentence->question || strlen(sentence->text) > KEY_BYTES_MAX) return 0;
    double sum = 0;
    for (guint j = 0; j < list->len; j++) sum += weight_of(spread[g_array_index(list, guint, j)], sentences);
    return sum / sqrt((double)words + 8);
}

static gint by_score(gconstpointer left, gconstpointer right) {
    const Ranked *a = left, *b = right;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->sentence > b->sentence) - (a->sentence < b->sentence);
}

static gint by_time(gconstpointer left, gconstpointer right) {
    guint a = *(const guint *)left, b = *(const guint *)right;
    return (a > b) - (a < b);
}

/* The words that a sentence is shown with: where the trained ranking is in use, which reads English, the lean ones. */
static GArray *shown_words(const Sentence *sentence, const double *worth) {
    if (worth) return lean_words(sentence);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < sentence->words->len; i++) g_array_append_val(all, i);
    return all;
}

static double worth_of(const Sentence *sentence, const GArray *shown, double worth, bool marked) {
    return worth + STYLE_WEIGHT * lean_style(sentence, shown) + (marked ? MARKED_BONUS : 0) - LENGTH_WEIGHT * log(shown->len);
}

static GArray *rank(const GArray *sentences, const Terms *terms, const GPtrArray *lists, const double *worth, GHashTable *marked) {
    g_autofree guint *spread = spread_of(terms, lists);
    GArray *ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    guint edge = sentences->len / 10; /* openings and closings sum up */
    for (guint i = 0; i < sentences->len; i++) {
        const Sentence *sentence = sentence_at(sentences, i);
        double centre = score_of(sentence, g_ptr_array_index(lists, i), spread, sentences->len);
        g_autoptr(GArray) shown = shown_words(sentence, worth);
        if (centre <= 0 || shown->len < KEY_WORDS_MIN) continue;
        if (worth && clause_is_broken_off(sentence, g_array_index(shown, guint, shown->len - 1))) continue;
        bool is_marked = g_hash_table_contains(marked, GUINT_TO_POINTER(i)), outer = i < edge || i >= sentences->len - edge;
        Ranked entry = {.sentence = i, .score = centre * (is_marked ? 1.5 : 1) * (outer ? 1.1 : 1)};
        if (worth) entry.score = worth_of(sentence, shown, worth[i], is_marked);
        g_array_append_val(ranked, entry);
    }
    g_array_sort(ranked, by_score);
    return ranked;
}

/* The best that are not alike, in order of time, as many as `words` hold. */
static GArray *pick(const GArray *ranked, const GArray *sentences, const GPtrArray *lists, const double *worth, guint words) {
    GArray *picks = g_array_new(FALSE, FALSE, sizeof(guint));
    guint used = 0;
    for (guint i = 0; i < ranked->len && (used < words || picks->len < PICKS_MIN); i++) {
        guint sentence = g_array_index(ranked, Ranked, i).sentence;
        bool alike = false;
        for (guint j = 0; j < picks->len && !alike; j++)
            alike = terms_likeness(g_ptr_array_index(lists, sentence), g_ptr_array_index(lists, g_array_index(picks, guint, j))) >
                    ALIKE;
        g_autoptr(GArray) shown = shown_words(sentence_at(sentences, sentence), worth);
        guint length = shown->len;
        if (alike || (used + length > words && picks->len >= PICKS_MIN)) continue;
        used += length;
        g_array_append_val(picks, sentence);
    }
    g_array_sort(picks, by_time);
    return picks;
}

static char *write_text(const Transcript *transcript, const GArray *sentences, const double *worth, const GArray *picks) {
    GString *text = g_string_new(NULL);
    int before = -1;
    for (guint i = 0; i < picks->len; i++) {
        const Sentence *sentence = sentence_at(sentences, g_array_index(picks, guint, i));
        const char *speaker = transcript_speaker_name(transcript, sentence->speaker);
        g_autoptr(GArray) shown = shown_words(sentence, worth);
        g_autofree char *words = lean_text(sentence, shown);
        bool goes_on = text->len > 0 && sentence->speaker >= 0 && sentence->speaker == before;
        before = sentence->speaker;
        if (text->len > 0) g_string_append_c(text, goes_on ? ' ' : '\n');
        if (speaker && !goes_on) g_string_append_printf(text, "%s: ", speaker);
        g_string_append_printf(text, "%s.", words);
    }
    return g_string_free(text, FALSE);
}

/* --- topics --- */

typedef struct {
    guint sentence; /* in which the block begins */
    guint terms[BLOCK_TERMS];
} Block;

static GArray *blocks_of(const GPtrArray *lists) {
    GArray *blocks = g_array_new(FALSE, FALSE, sizeof(Block));
    Block block = {0};
    guint filled = 0;
    for (guint i = 0; i < lists->len; i++) {
        const GArray *list = g_ptr_array_index(lists, i);
        for (guint j = 0; j < list->len; j++) {
            if (filled == 0) block.sentence = i;
            block.terms[filled++] = g_array_index(list, guint, j);
            if (filled < BLOCK_TERMS) continue;
            g_array_append_val(blocks, block);
            filled = 0;
        }
    }
    return blocks; /* what is left over belongs to the last topic */
}

static void count_terms(const GArray *blocks, guint from, guint to, guint *counts) {
    for (guint i = from; i < to; i++)
        for (guint j = 0; j < BLOCK_TERMS; j++) counts[g_array_index(blocks, Block, i).terms[j]]++;
}

static void forget_terms(const GArray *blocks, guint from, guint to, guint *counts) {
    for (guint i = from; i < to; i++)
        for (guint j = 0; j < BLOCK_TERMS; j++) counts[g_array_index(blocks, Block, i).terms[j]] = 0;
}

/* Cosine of the words before and after the gap in front of block `gap`. `left` and `right` are zeros before and after the call.
 */
static double cohesion(const GArray *blocks, guint gap, guint *left, guint *right) {
    guint from = gap > WINDOW_BLOCKS ? gap - WINDOW_BLOCKS : 0, to = MIN(gap + WINDOW_BLOCKS, blocks->len);
    double both = 0, before = 0, after = 0;
    count_terms(blocks, from, gap, left);
    count_terms(blocks, gap, to, right);
    for (guint i = from; i < to; i++) {
        for (guint j = 0; j < BLOCK_TERMS; j++) {
            guint term = g_array_index(blocks, Block, i).terms[j];
            /* each occurrence adds its term's count once: sums of squares and products without another pass */
            if (i < gap)
                before += left[term];
            else
                after += right[term];
            if (i < gap) both += right[term];
        }
    }
    forget_terms(blocks, from, gap, left);
    forget_terms(blocks, gap, to, right);
    return before > 0 && after > 0 ? both / sqrt(before * after) : 0;
}

/* How far the cohesion at a gap lies below the hills on both sides. */
static double depth_at(const double *cohesions, guint count, guint gap) {
    double left = cohesions[gap], right = cohesions[gap];
    for (guint i = gap; i-- > 1 && cohesions[i] >= left;) left = cohesions[i];
    for (guint i = gap + 1; i < count && cohesions[i] >= right; i++) right = cohesions[i];
    return left + right - 2 * cohesions[gap];
}

/* Sentences in which a topic begins, the first of them 0. */
static GArray *topic_starts(const Terms *terms, const GPtrArray *lists) {
    g_autoptr(GArray) blocks = blocks_of(lists);
    GArray *starts = g_array_new(FALSE, TRUE, sizeof(guint));
    g_array_set_size(starts, 1);
    if (blocks->len < 2 * TOPIC_BLOCKS_MIN) return starts;
    g_autofree double *cohesions = g_new0(double, blocks->len);
    g_autofree guint *left = g_new0(guint, terms->names->len + 1), *right = g_new0(guint, terms->names->len + 1);
    for (guint i = 1; i < blocks->len; i++) cohesions[i] = cohesion(blocks, i, left, right);
    g_autoptr(GArray) ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    double sum = 0, squares = 0;
    for (guint i = TOPIC_BLOCKS_MIN; i + TOPIC_BLOCKS_MIN <= blocks->len; i++) {
        Ranked entry = {.sentence = i, .score = depth_at(cohesions, blocks->len, i)};
        g_array_append_val(ranked, entry);
        sum += entry.score;
        squares += entry.score * entry.score;
    }
    double mean = sum / ranked->len, deviation = sqrt(MAX(0, squares / ranked->len - mean * mean));
    g_array_sort(ranked, by_score);
    g_autoptr(GArray) chosen = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < ranked->len && chosen->len < TOPICS_MAX - 1; i++) {
        const Ranked *entry = &g_array_index(ranked, Ranked, i);
        bool near = entry->score < mean + deviation / 2 || entry->score <= 0;
        for (guint j = 0; j < chosen->len && !near; j++) {
            guint other = g_array_index(chosen, guint, j);
            near = MAX(other, entry->sentence) - MIN(other, entry->sentence) < TOPIC_BLOCKS_MIN;
        }
        if (!near) g_array_append_val(chosen, entry->sentence);
    }
    g_array_sort(chosen, by_time);
    for (guint i = 0; i < chosen->len; i++)
        g_array_append_val(starts, g_array_index(blocks, Block, g_array_index(chosen, guint, i)).sentence);
    return starts;
}

/* The terms that are said most here and least elsewhere. */
static char *title_of(const Terms *terms, const GPtrArray *lists, const guint *spread, guint from, guint to, guint *counts) {
    g_autoptr(GArray) ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    for (guint i = from; i < to; i++) {
        const GArray *list = g_ptr_array_index(lists, i);
        for (guint j = 0; j < list->len; j++) {
            Ranked entry = {.sentence = g_array_index(list, guint, j)};
            if (counts[entry.sentence]++ == 0) g_array_append_val(ranked, entry);
        }
    }
    for (guint i = 0; i < ranked->len; i++) {
        Ranked *entry = &g_array_index(ranked, Ranked, i);
        entry->score = counts[entry->sentence] * (0.2 + log((double)(lists->len + 1) / MAX(1, spread[entry->sentence])));
        counts[entry->sentence] = 0;
    }
    g_array_sort(ranked, by_score);
    GString *title = g_string_new(NULL);
    for (guint i = 0; i < ranked->len && i < TITLE_TERMS; i++) {
        const char *term = g_ptr_array_index(terms->names, g_array_index(ranked, Ranked, i).sentence - 1);
        gunichar first = g_utf8_get_char(term);
        bool abbreviation = g_unichar_isupper(first) && g_unichar_isupper(g_utf8_get_char(g_utf8_next_char(term)));
        if (i > 0) g_string_append(title, ", ");
        g_string_append_unichar(title, i == 0 ? g_unichar_toupper(first) : abbreviation ? first : g_unichar_tolower(first));
        g_string_append(title, g_utf8_next_char(term));
    }
    return g_string_free(title, FALSE);
}

static void write_topics(const Transcript *transcript, const GArray *sentences, const Terms *terms, const GPtrArray *lists,
                         Minutes *minutes) {
    g_autoptr(GArray) starts = topic_starts(terms, lists);
    g_autofree guint *spread = spread_of(terms, lists), *counts = g_new0(guint, terms->names->len + 1);
    for (guint i = 0; i < starts->len; i++) {
        guint from = g_array_index(starts, guint, i),
              to = i + 1 < starts->len ? g_array_index(starts, guint, i + 1) : sentences->len;
        if (from >= to) continue;
        g_autofree char *title = title_of(terms, lists, spread, from, to, counts);
        Topic topic = {.start_ms = transcript_segment(transcript, sentence_at(sentences, from)->first)->start_ms,
                       .end_ms = transcript_segment(transcript, sentence_at(sentences, to - 1)->last)->end_ms};
        topic.end_ms = MAX(topic.end_ms, topic.start_ms);
        if (!*title) continue;
        topic.title = g_steal_pointer(&title);
        g_array_append_val(minutes->topics, topic);
    }
}

void summary_write(const Transcript *transcript, const GArray *sentences, const Terms *terms, const GPtrArray *lists,
                   const double *worth, GHashTable *marked, Minutes *minutes) {
    guint words = 0;
    for (guint i = 0; i < sentences->len; i++) words += sentence_at(sentences, i)->words->len;
    g_autoptr(GArray) ranked = rank(sentences, terms, lists, worth, marked);
    g_autoptr(GArray) picks = pick(ranked, sentences, lists, worth, MIN(words / SUMMARY_PART, SUMMARY_WORDS_MAX));
    char *text = write_text(transcript, sentences, worth, picks);
    g_free(minutes->text);
    minutes->text = *text ? text : g_strdup(SUMMARY_NOTHING);
    if (minutes->text != text) g_free(text);
    if (picks->len > 0) write_topics(transcript, sentences, terms, lists, minutes);
}
