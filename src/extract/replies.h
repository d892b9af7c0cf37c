/* Who takes on what was asked for: "Can you send it?" "Sure." */
#pragma once

#include "extract/sentences.h"

/* The name of the one other speaker who takes on what sentence `index` asks for: who says yes right after a question or a request; who says more than
 * yes ("I will", "sure") after "you will …"; in a talk of two, the other. NULL where nobody does, or more than one. `*accepted`: somebody said yes.
 * Borrowed from the transcript. */
const char *reply_accepted_by(const Transcript *transcript, const GArray *sentences, guint index, bool *accepted);
