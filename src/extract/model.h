/* The trained model: for each task a linear scorer over hashed features, its weights in bytes. docs/model-card.md says what it was
 * trained on and how well it does; `make train` makes the file again. */
#pragma once

#include "extract/features.h"

typedef enum {
    MODEL_ACTION,      /* part of an action item, as minute takers of project meetings saw it */
    MODEL_COMMITMENT,  /* a promise or a request, as it was said in working meetings */
    MODEL_DECISION,
    MODEL_REQUIREMENT, /* a decision about a property of the product */
    MODEL_KEY,         /* worth a place in a summary */
    MODEL_COUNT
} ModelTask;

/* The score of a unit: the larger the likelier. */
double model_score(ModelTask task, const Features *features);

/* The score as a probability, fitted on meetings that the weights were not trained on. */
double model_probability(ModelTask task, double score);
