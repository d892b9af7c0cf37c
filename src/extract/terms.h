/* Words that carry meaning, as numbers: for likeness between sentences, the summary and its topics. */
#pragma once

#include "extract/sentences.h"

typedef struct {
    GTree *numbers;   /* term → number from 1 */
    GPtrArray *names; /* number - 1 → a word as it was first written */
} Terms;

void terms_init(Terms *terms);
void terms_clear(Terms *terms);

/* Numbers of the sentence's terms in order, function words left out, plural and singular made one. Free with g_array_unref(). */
GArray *terms_of(Terms *terms, const Sentence *sentence);
GArray *terms_of_text(Terms *terms, const char *text);

/* Shared part of two lists, 0..1 (of the union of their terms). */
double terms_likeness(const GArray *left, const GArray *right);
