/* Clauses within a sentence, as the rules see them. */
#pragma once

#include "extract/names.h"

/* Is the plain word one of the list (NULL-terminated)? */
bool sentence_word_is(const Sentence *sentence, guint word, const char *const *list);

/* What begins at this word is a condition, a question, a report or denied: "if it fails, I'll …", "I don't think we need to …".
 */
bool clause_is_denied(const Sentence *sentence, guint word);

/* A clause that ends in this word was broken off: "and then the". */
bool clause_is_broken_off(const Sentence *sentence, guint last);

/* The pattern of a phrase that begins with a word, compiled when it is first asked for and kept in `*regex`, which is static. `end`
 * follows the phrase: "$" where it runs to the end of the sentence, else "". */
GRegex *phrase_once(GRegex **regex, const char *phrase, const char *end);

/* Where the clause that begins at `from` ends (exclusive, beyond `from`), without what only closes the talk ("okay", "please", a
 * name). */
guint clause_end(const Sentence *sentence, const Names *names, guint from);

/* The words, beginning with a capital letter. Caller frees. */
char *clause_text(const Sentence *sentence, guint from, guint to);
