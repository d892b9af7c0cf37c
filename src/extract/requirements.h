/* Requirements: what a product must, should or could do, restated and classed. */
#pragma once

#include "extract/names.h"
#include "model/item.h"

/* The requirement that the sentence states, with text, type, priority and confidence, without evidence; NULL: it states none.
 * Caller frees. */
Item *requirement_of(const Sentence *sentence, const Names *names);

/* "functional", or the quality of ISO/IEC 25010 that the words (small letters) speak of. */
const char *requirement_type(const char *plain);
