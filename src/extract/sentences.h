/* A transcript as sentences, each with its plain words: what all rules of the offline extractor read. */
#pragma once

#include "model/transcript.h"

typedef struct {
    guint plain_at, plain_end; /* bytes of `plain` */
    guint at, end;             /* bytes of `text` */
    bool after_comma;          /* or another sign that parts clauses */
    bool capital;              /* begins with a capital letter */
} PlainWord;

typedef struct {
    guint first, last; /* segments */
    int speaker;       /* index; -1: unknown */
    bool question;     /* ends in a question mark */
    char *text;        /* as it stands; its words are in the transcript in this order */
    char *plain;       /* small letters, single spaces, no punctuation, no fillers ("um"), no stutter ("we we") */
    GArray *words;     /* of PlainWord, in order */
} Sentence;

/* What the trained model weighs: the part of a sentence that one segment holds. */
typedef struct {
    guint sentence, segment;
    int speaker; /* index; -1: unknown */
    char *text;
} Unit;

/* Sentences end at ".", "?" or "!", at a change of speaker, and at SENTENCE_WORDS_MAX words. One of a speaker goes on in the next
 * segment where the last has no end and the next begins small. `*units` (of Unit, in order) are what they
 * are made of. Free both with g_array_unref(). */
#define SENTENCE_WORDS_MAX 60
GArray *sentences_of(const Transcript *transcript, GArray **units);

static inline const Sentence *sentence_at(const GArray *sentences, guint i) { return &g_array_index(sentences, Sentence, i); }

/* The word of `plain` that holds this byte. */
guint sentence_word_at(const Sentence *sentence, guint plain_at);

/* The words from..to (exclusive) of the text without fillers and stutter, with the punctuation between them. Caller frees. */
char *sentence_words(const Sentence *sentence, guint from, guint to);
