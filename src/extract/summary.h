/* The summary: key sentences as they were said, and the topics in order of time. */
#pragma once

#include "extract/terms.h"
#include "model/item.h"

/* Sets minutes->text and fills minutes->topics. `lists` are the terms of each sentence (of GArray *); `worth` is how much each
 * sentence is worth by the trained ranking, NULL where it can't be read (another language); `marked` holds the sentences (guint)
 * that minutes->items stand on: they count more. */
void summary_write(const Transcript *transcript, const GArray *sentences, const Terms *terms, const GPtrArray *lists,
                   const double *worth, GHashTable *marked, Minutes *minutes);

#define SUMMARY_NOTHING "Nothing was said that could be summarised."
