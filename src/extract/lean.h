/* A sentence as it would be written: without what people say while they think ("so I think", "you know", "or something"). */
#pragma once

#include "extract/sentences.h"

/* The words (guint, in order) that say something. Free with g_array_unref(). */
GArray *lean_words(const Sentence *sentence);

/* These words as a sentence: a capital letter first, the punctuation between words that stand together, no full stop. Caller frees. */
char *lean_text(const Sentence *sentence, const GArray *words);

/* How much these words read like minutes (at most 0.5) and not like talk ("I", "you know", "yeah"; at least -2): the mean over the words. */
double lean_style(const Sentence *sentence, const GArray *words);
