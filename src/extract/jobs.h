/* People who are called by their job ("the marketing expert"). */
#pragma once

#include "extract/suggest.h"

/* "the Industrial Designer will": the owner that stands at this word, as `name`; a job with all of its words. Caller frees; NULL for NULL. */
char *jobs_full_name(const Sentence *sentence, guint word, const char *name);

/* The first job that these words name. Caller frees; NULL where there is none. */
char *jobs_asked(const char *words);

/* The one job ("X and Y" where they are named together) that the pick names, or that its speaker named just before it. Caller frees; NULL where
 * there is none or several. */
char *jobs_named(const Talk *talk, const Pick *pick);

/* The titles that are said anywhere ("Industrial Designer"), the longest first. Free with g_ptr_array_unref(). */
GPtrArray *jobs_titles(const GArray *units);

/* The job that these words ask: "ask the designer to …". Caller frees; NULL where they don't. */
char *jobs_asked_first(const Talk *talk, const char *words);

/* The job with which a text begins: by its title, its field where it is called ("marketing, you'll"), or its initials ("U_I_D_"), and how many
 * bytes name it. Caller frees; NULL where there is none. */
char *jobs_here(const Talk *talk, const char *text, gsize *length);
