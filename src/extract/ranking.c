/* Two models see action items: one learnt what minute takers of project meetings wrote down, the other what people promise and ask of
 * each other in working meetings. Which is listened to is decided by the meeting itself: the second is muted where the first is sure of
 * its best. */
#include "extract/ranking.h"

#include <math.h>

/* Chosen among three settings on AMI's validation meetings and the ICSI meetings held out (docs/model-card.md). */
#define BEST_UNITS 5      /* of which the two are compared */
#define MUTE_MIDDLE -6  /* their mean difference at which the second is half muted */
#define MUTE_STEEPNESS 4
#define MUTE_DEPTH 4
#define COMMITMENT_OFFSET 3 /* promises are many, items few */

/* Units that belong to one pick: how far apart, and how much less likely than the best. */
#define PICK_REACH 3
#define PICK_DROP 2.0
#define PICK_UNITS_MAX 4

static double best_mean(const double *scores, guint count) {
    double best[BEST_UNITS];
    guint found = 0;
    for (guint i = 0; i < count; i++) {
        guint at = found < BEST_UNITS ? found++ : BEST_UNITS;
        if (at == BEST_UNITS && scores[i] <= best[BEST_UNITS - 1]) continue;
        if (at == BEST_UNITS) at--;
        for (; at > 0 && best[at - 1] < scores[i]; at--) best[at] = best[at - 1];
        best[at] = scores[i];
    }
    double sum = 0;
    for (guint i = 0; i < found; i++) sum += best[i];
    return found > 0 ? sum / found : 0;
}

/* The likelier of the two, smoothly. */
static double either(double left, double right) {
    double high = MAX(left, right);
    return high + log1p(exp(MIN(left, right) - high));
}

static void mix_actions(double *actions, const double *commitments, guint count) {
    double difference = best_mean(actions, count) - best_mean(commitments, count);
    double muted = COMMITMENT_OFFSET + MUTE_DEPTH / (1 + exp(-MUTE_STEEPNESS * (difference - MUTE_MIDDLE)));
    for (guint i = 0; i < count; i++) actions[i] = either(actions[i], commitments[i] - muted);
}

void ranking_init(Ranking *ranking, const GArray *units) {
    g_autoptr(FeatureReader) reader = features_open(units);
    g_autofree double *commitments = g_new0(double, units->len + 1);
    Features features;
    features_init(&features);
    ranking->count = units->len;
    for (Rank rank = 0; rank < RANK_COUNT; rank++) ranking->scores[rank] = g_new0(double, units->len + 1);
    for (guint i = 0; i < units->len; i++) {
        features_read(reader, i, &features);
        ranking->scores[RANK_ACTION][i] = model_score(MODEL_ACTION, &features);
        ranking->scores[RANK_DECISION][i] = model_score(MODEL_DECISION, &features);
        ranking->scores[RANK_REQUIREMENT][i] = model_score(MODEL_REQUIREMENT, &features);
        ranking->scores[RANK_KEY][i] = model_score(MODEL_KEY, &features);
        commitments[i] = model_score(MODEL_COMMITMENT, &features);
    }
    features_clear(&features);
    mix_actions(ranking->scores[RANK_ACTION], commitments, units->len);
}

void ranking_clear(Ranking *ranking) {
    for (Rank rank = 0; rank < RANK_COUNT; rank++) g_clear_pointer(&ranking->scores[rank], g_free);
}

double ranking_probability(Rank rank, double score) {
    static const ModelTask tasks[] = {MODEL_ACTION, MODEL_DECISION, MODEL_REQUIREMENT, MODEL_KEY};
    return model_probability(tasks[rank], score);
}

typedef struct {
    guint unit;
    double score;
} Ranked;

static gint by_score(gconstpointer left, gconstpointer right) {
    const Ranked *a = left, *b = right;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->unit > b->unit) - (a->unit < b->unit);
}

static void pick_clear(gpointer data) { g_array_unref(((Pick *)data)->units); }

static Pick pick_around(const double *scores, guint count, guint best, bool *taken) {
    Pick pick = {.best = best, .units = g_array_new(FALSE, FALSE, sizeof(guint))};
    guint from = best > PICK_REACH ? best - PICK_REACH : 0, others = 0;
    for (guint i = from; i < count && i <= best + PICK_REACH; i++) {
        bool joins = i != best && !taken[i] && scores[i] >= scores[best] - PICK_DROP && others + 1 < PICK_UNITS_MAX;
        if (i != best && !joins) continue;
        others += joins;
        taken[i] = true;
        g_array_append_val(pick.units, i);
    }
    return pick;
}

GArray *ranking_picks(const Ranking *ranking, Rank rank, guint count_max, double least) {
    const double *scores = ranking->scores[rank];
    g_autoptr(GArray) ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    g_autofree bool *taken = g_new0(bool, ranking->count + 1);
    GArray *picks = g_array_new(FALSE, FALSE, sizeof(Pick));
    g_array_set_clear_func(picks, pick_clear);
    for (guint i = 0; i < ranking->count; i++) {
        Ranked entry = {.unit = i, .score = scores[i]};
        if (ranking_probability(rank, scores[i]) >= least) g_array_append_val(ranked, entry);
    }
    g_array_sort(ranked, by_score);
    for (guint i = 0; i < ranked->len && picks->len < count_max; i++) {
        const Ranked *entry = &g_array_index(ranked, Ranked, i);
        if (taken[entry->unit]) continue;
        Pick pick = pick_around(scores, ranking->count, entry->unit, taken);
        pick.probability = ranking_probability(rank, entry->score);
        g_array_append_val(picks, pick);
    }
    return picks;
}

static json_t *features_to_json(const Features *features) {
    json_t *blocks = json_array();
    for (int i = 0; i < BLOCK_COUNT; i++) {
        json_t *block = json_array();
        for (guint j = 0; j < features->blocks[i]->len; j++)
            json_array_append_new(block, json_integer(g_array_index(features->blocks[i], guint, j)));
        json_array_append_new(blocks, block);
    }
    return blocks;
}

json_t *ranking_to_json(const Transcript *transcript) {
    static const char *const names[] = {"action", "decision", "requirement", "key"};
    g_autoptr(GArray) units = NULL;
    g_array_unref(sentences_of(transcript, &units));
    g_autoptr(FeatureReader) reader = features_open(units);
    Ranking ranking;
    Features features;
    ranking_init(&ranking, units);
    features_init(&features);
    json_t *list = json_array();
    for (guint i = 0; i < units->len; i++) {
        const Unit *unit = &g_array_index(units, Unit, i);
        json_t *scores = json_object();
        for (Rank rank = 0; rank < RANK_COUNT; rank++) json_object_set_new(scores, names[rank], json_real(ranking.scores[rank][i]));
        features_read(reader, i, &features);
        json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:o}", "segment", (int)unit->segment, "text", json_text(unit->text),
                                              "scores", scores, "features", features_to_json(&features)));
    }
    features_clear(&features);
    ranking_clear(&ranking);
    return list;
}
