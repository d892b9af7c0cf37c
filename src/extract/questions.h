/* Open questions: asked, and not answered by what follows. */
#pragma once

#include "extract/cues.h"
#include "extract/terms.h"

/* Adds sentence `index` to `candidates` (of Candidate) where it is an open question. `terms` are those of each sentence (of
 * GArray *). */
void question_find(const GArray *sentences, const GPtrArray *terms, guint index, GArray *candidates);
