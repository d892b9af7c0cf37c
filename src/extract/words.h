/* Words of a text, for comparing what was said whatever its punctuation and case. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    gsize at, end; /* bytes of the text, end exclusive */
} WordSpan;

/* The next word at or after span->end (start with {0}); false where there is none. A word is a run of letters, digits and marks,
 * with apostrophes inside it and with the signs inside a number ("3/15", "12.50"); a wide character (Chinese, Japanese) is a word
 * by itself. `text` is valid UTF-8. */
bool word_next(const char *text, WordSpan *span);

/* The word in small letters, compatible forms made one, with straight apostrophes. Caller frees. */
char *word_fold(const char *text, WordSpan span);
