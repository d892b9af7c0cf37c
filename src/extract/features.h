/* What the model sees of a unit of talk: hashed words, letters, neighbours and place. training/features.py does the same, to the
 * bit; tests/features_test.py holds one against the other. Change both or none, and train again. */
#pragma once

#include "extract/sentences.h"

#define FEATURE_BITS 15 /* a feature is a number below 2 to this power */

typedef enum {
    BLOCK_WORDS,      /* words, pairs and triples of the unit, its length, whether it asks */
    BLOCK_LETTERS,    /* runs of 3 to 5 bytes within it: what survives a word that was misheard */
    BLOCK_NEIGHBOURS, /* the words of the three units before and after, and whether one speaker goes on */
    BLOCK_AROUND,     /* the set of words spoken within fifteen units */
    BLOCK_PLACE,      /* tenth of the meeting */
    BLOCK_COUNT
} FeatureBlock;

typedef struct {
    GArray *blocks[BLOCK_COUNT]; /* of guint, each feature once */
} Features;

typedef struct FeatureReader FeatureReader;

/* `units` is of Unit and outlives the reader. */
FeatureReader *features_open(const GArray *units);
void features_close(FeatureReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureReader, features_close)

void features_init(Features *features);
void features_clear(Features *features);
/* Replaces what `features` holds by those of unit `index`. */
void features_read(FeatureReader *reader, guint index, Features *features);

/* The unit's words as the model counts them: without fillers, stutter and words broken off. */
guint features_word_count(const FeatureReader *reader, guint index);
