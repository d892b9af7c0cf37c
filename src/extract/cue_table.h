/* The phrases by which actions and decisions are told, and what each asks of the words around it. */
#pragma once

#include <glib.h>

#include "model/item.h"

typedef enum {
    WHO_UNKNOWN,
    WHO_SPEAKER,   /* "I'll …" */
    WHO_NAMED,     /* the group `who`; without a name that is known there is no match */
    WHO_ADDRESSED, /* the name before or at the end, where there is one */
    WHO_MENTIONED, /* the last name before it in the sentence: "Ann was here, and she'll …" */
    WHO_EVERYONE,
} Who;

enum {
    CUE_TASK = 1,  /* `what` must begin with a verb of work, else much less sure */
    CUE_ASKS = 2,  /* may be a question: "can you …?" */
    CUE_BARE = 4,  /* `what` may be empty: see the sentence before */
    CUE_OPENS = 8, /* stands at the beginning of a sentence */
    CUE_WORK = 16, /* its words stand for work as they are */
    CUE_DATED = 32, /* only with a deadline: "I'm sending it on Friday" */
    CUE_COMMA = 64, /* a comma follows the name: "Ann, send the figures" */
};

typedef struct {
    ItemKind kind;
    Who who;
    double confidence;
    unsigned flags;
    const char *phrase;
} Cue;

/* Sure ones first: a place is taken by the first that matches it. */
extern const Cue cue_table[];
extern const gsize cue_count;

#define CUES_MAX 200
