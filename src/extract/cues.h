/* Candidates for actions, decisions and questions: the places where a phrase of a table stands, and how sure it is.
 * This is the part that a trained ranking replaces: it needs to give the same candidates with other confidences. */
#pragma once

#include "extract/names.h"
#include "model/item.h"

/* From here on a phrase is explicit; below it the item is a suggestion. */
#define CONFIDENCE_SURE 0.8

typedef struct {
    ItemKind kind;
    guint sentence;
    guint from, to;    /* words of the sentence that say what; `to` exclusive */
    guint before;      /* words before `from` that belong to the text: a condition, a doubt */
    const char *owner; /* borrowed from names or transcript; NULL: unknown */
    guint cue;         /* the word that the phrase begins with */
    guint owner_word;  /* where the owner is named; 0 where not within the sentence, or at its beginning */
    bool task;         /* the words begin with a verb that stands for work */
    bool firm;         /* a named request, an "action item", or one that somebody has said yes to: an item in any talk */
    bool previous;     /* "it's settled": what was is in the sentence before */
    double confidence;
} Candidate;

/* Adds the candidates of sentence `index` to `candidates` (of Candidate). */
void cues_find(const Transcript *transcript, const GArray *sentences, const Names *names, guint index, GArray *candidates);

/* "sending" → "send", for the verbs that stand for work; others, and what is no such form: NULL. Caller frees. */
char *cues_base_form(const char *word);
