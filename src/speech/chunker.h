/* Cuts a stream of speech probabilities into chunks for recognition: pure bookkeeping over frames, no samples.
 *
 * Guarantees:
 *  1. A chunk has at most CHUNK_FRAMES_MAX frames (28 s: two seconds less than the model's window, so that it hears the end).
 *  2. It holds speech with CHUNKER_PAD_FRAMES around; longer silence is left out, and where chunks part, the longest pause is
 * taken.
 *  3. At most CHUNKER_SPAN_FRAMES_MAX and what one call added are held back, whatever the recording's length. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define FRAME_SAMPLES 512 /* what the voice activity model judges at once: 32 ms */
#define FRAME_MS 32
#define CHUNK_FRAMES_MAX (28000 / FRAME_MS)
#define CHUNKER_SPAN_FRAMES_MAX (120000 / FRAME_MS)
#define CHUNKER_PAD_FRAMES 6
#define SPEECH_OFF 0.35F /* a frame below this is silence */

typedef struct {
    guint count;
    gint64 frames[CHUNK_FRAMES_MAX]; /* number of the frame in the recording, ascending */
    float speech[CHUNK_FRAMES_MAX];  /* its probability */
    gint64 end;                      /* first frame behind the chunk, silence included */
} Chunk;

typedef struct Chunker Chunker;

Chunker *chunker_new(void);
void chunker_free(Chunker *chunker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Chunker, chunker_free)

/* The probabilities of the next frames. */
void chunker_add(Chunker *chunker, const float *probabilities, guint count);

/* The next chunk, when there is enough for one; at the recording's end (`last`) what is left. False: none for now.
 * The same frames come again until they are dropped. */
bool chunker_next(Chunker *chunker, bool last, Chunk *chunk);

/* Lets go of all frames before `frame`. */
void chunker_drop(Chunker *chunker, gint64 frame);

/* The first frame that may still come in a chunk: samples before it are not needed any more. */
gint64 chunker_first(const Chunker *chunker);
