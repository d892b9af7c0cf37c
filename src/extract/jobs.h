/* People who are called by their job ("the marketing expert"), and picks that hand out work to several of them. */
#pragma once

#include "extract/suggest.h"

/* "the Industrial Designer will": the owner that stands at this word, as `name`; a job with all of its words. Caller frees; NULL for NULL. */
char *jobs_full_name(const Sentence *sentence, guint word, const char *name);

/* The first job that these words name. Caller frees; NULL where there is none. */
char *jobs_asked(const char *words);

/* The one job ("X and Y" where they are named together) that the pick names, or that its speaker named just before it. Caller frees; NULL where there is none or several. */
char *jobs_named(const Talk *talk, const Pick *pick);

/* "The designer will …, and the marketing expert will …" is two items: the parts of a pick (of Pick, as likely as it is), each about one of them; the
 * pick itself where it is about one. Free with g_array_unref(). */
GArray *jobs_parts(const Talk *talk, const Pick *pick);
