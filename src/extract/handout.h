/* Talk that hands out work: whom each task is for, and picks that hand out several. */
#pragma once

#include "extract/suggest.h"

typedef struct {
    Pick pick;
    bool said;   /* its words say whom it is for, if only as "you" */
    char *owner; /* NULL: not said, or "you" */
} Handout;

/* "The designer will …, and you, Raj, …" is two items: the parts of a pick (of Handout, each as likely as the pick), one for each of those
 * whom it names; the pick itself where it is about one. Free with g_array_unref(). */
GArray *handout_parts(const Talk *talk, const Pick *pick);

/* Whom the unit that holds this word of a sentence names before it as the one to do something: "the designer will …", "Ann and Bob, you …". Caller
 * frees; NULL: nobody, or too far before it. */
char *handout_named(const Talk *talk, guint sentence, guint word);

/* The part of a sentence that holds this word, where the sentence hands out several tasks; `*end` is where its words end (exclusive). NULL where it
 * is about one. Free with handout_free(). */
Handout *handout_of_word(const Talk *talk, guint sentence, guint word, guint *end);
void handout_free(Handout *part);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Handout, handout_free)

/* Where the words of the sentence end that a part holds (exclusive). */
guint handout_end(const Talk *talk, const Handout *part, guint sentence);
