/* What is likely an item and was not said plainly: units of talk ranked by the trained model, and the picks among them. */
#pragma once

#include "extract/model.h"

typedef enum { RANK_ACTION, RANK_DECISION, RANK_REQUIREMENT, RANK_KEY, RANK_COUNT } Rank;

typedef struct {
    guint count;
    double *scores[RANK_COUNT]; /* one a unit, comparable within a meeting */
} Ranking;

/* A likely item: units that stand near each other, the likeliest of them, and how likely it is (0..1). */
typedef struct {
    guint best;
    GArray *units; /* guint, in order, `best` among them */
    double probability;
} Pick;

void ranking_init(Ranking *ranking, const GArray *units);
void ranking_clear(Ranking *ranking);

/* How likely a unit of this score is an item. */
double ranking_probability(Rank rank, double score);

/* The best picks (of Pick, the likeliest first), none less likely than `least`. Free with g_array_unref(). */
GArray *ranking_picks(const Ranking *ranking, Rank rank, guint count_max, double least);

/* [{"segment", "text", "scores": {"action": …}, "features": [[…], …]}, …]: for tests and benchmarks. New reference. */
json_t *ranking_to_json(const Transcript *transcript);
