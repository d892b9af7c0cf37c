/* When the words of a phrase were said.
 *
 * At each word the recogniser also ranks the times at which that word may begin. Where it is sure enough, its favourite is
 * within some 70 ms of the word's onset: an anchor. Words between two anchors share the time between them by their length,
 * over speech only. */
#pragma once

#include "model/transcript.h"
#include "speech/chunker.h"

typedef struct {
    Word word;
    gint64 hint_ms; /* where in the chunk the recogniser would have it begin */
    float sure;     /* of this, 0..1 */
} TimedWord;

/* Sets the times, in the recording, of a phrase's words (TimedWord) said from `start_ms` to `end_ms` of the chunk.
 *  1. They ascend, do not overlap and do not begin before `not_before_ms`, a time of the recording.
 *  2. A word does not reach over silence that was left out of the chunk, nor over a pause. */
void timing_set(GArray *phrase, const Chunk *chunk, gint64 start_ms, gint64 end_ms, gint64 not_before_ms);
