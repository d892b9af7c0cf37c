/* Who takes on what was asked for: "Can you send it?" "Sure." */
#pragma once

#include "extract/sentences.h"

/* The name of the one other speaker who says yes right after sentence `index`, which asks for something; NULL where nobody does, or more than one.
 * Borrowed from the transcript. */
const char *reply_accepted_by(const Transcript *transcript, const GArray *sentences, guint index);
