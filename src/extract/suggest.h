/* Items that were not said plainly: a pick of the ranking, restated as far as its words allow. */
#pragma once

#include "extract/names.h"
#include "extract/ranking.h"
#include "model/item.h"

typedef struct {
    const Transcript *transcript;
    const GArray *sentences, *units;
    const Names *names;
    const GPtrArray *titles; /* of jobs (jobs_titles) */
} Talk;

/* The sentence of the likeliest unit, or where that says little the longest of the pick. It may have no words but fillers. */
guint suggestion_sentence(const Talk *talk, const Pick *pick);

/* Each unit of the pick, in its words, proves the item. */
void suggestion_add_evidence(const Talk *talk, const Pick *pick, Item *item);

/* The item that a pick stands for, with text, owner (NULL rather than guessed), confidence and evidence; `sentence` is suggestion_sentence() and has
 * words, and those from `*from` to `*to` are what the text was made of. Caller frees. */
Item *suggestion_of(const Talk *talk, const Pick *pick, ItemKind kind, guint sentence, guint *from, guint *to);

/* Whom the first task of a sentence is about; NULL: not said. Caller frees. */
char *suggestion_owner(const Talk *talk, const Sentence *sentence);
