/* A meeting's names and terms as the prompt that the recogniser is given with each chunk. */
#pragma once

#include <glib.h>

struct whisper_context;

/* "Glossary: Duguid, Ademesoye." of a list separated by commas, semicolons or line ends. The model takes a prompt of half its text context and
 * would leave out the beginning of a longer one: the terms that stand first are kept instead. NULL where there is none. Caller frees. */
char *vocabulary_prompt(struct whisper_context *whisper, const char *vocabulary);
