/* From the recogniser's pieces of text to words with times and to segments: pure, so that it is tested without a model. */
#pragma once

#include "model/transcript.h"
#include "speech/chunker.h"

/* A token of a phrase. `text` may begin with a space (a new word) and end within a UTF-8 character. */
typedef struct {
    const char *text;
    float probability;
    gint64 hint_ms; /* where in the chunk the recogniser would have it begin */
    float sure;     /* of this, 0..1; 0: no hint */
} Piece;

/* Words not yet handed on in segments, with times in the recording. */
typedef struct {
    GArray *words;       /* of Word; owned */
    GArray *phrase_ends; /* of guint: number of words when a phrase ended */
} Words;

void words_init(Words *words);
void words_clear(Words *words);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

/* Adds a phrase said from `start_ms` to `end_ms` of the chunk. Sounds in brackets ("[BLANK_AUDIO]", "♪") are left out. */
void words_add_phrase(Words *words, const Chunk *chunk, gint64 start_ms, gint64 end_ms, const Piece *pieces, guint piece_count);

/* Removes `count` words; phrases end where they ended among the others. */
void words_remove(Words *words, guint from, guint count);

/* A recogniser caught in a loop says the same again and again: of a run of repeated words all but the first are removed. */
void words_collapse_loops(Words *words);

/* Calls `visit` for each segment and removes its words: a sentence or a few short ones, at most some 15 s, never over a pause of
 * 0.6 s. What may still grow with the next chunk stays unless this is the last. */
typedef bool (*WordsVisit)(const Segment *segment, gpointer user_data, GError **error);
bool words_to_segments(Words *words, bool last, WordsVisit visit, gpointer user_data, GError **error);
