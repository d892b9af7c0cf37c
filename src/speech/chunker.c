/* The chunker. It keeps the probabilities from the first frame not dropped and looks at all of them each time: some thousand at
 * most. */
#include "speech/chunker.h"

#define SPEECH_ON 0.5F         /* speech begins; it lasts until SPEECH_OFF */
#define SPEECH_FRAMES_MIN 4    /* shorter sounds are clicks */
#define PAUSE_FRAMES_MERGED 3  /* within a word */
#define CHUNK_FRAMES_WANTED (20000 / FRAME_MS) /* where the search for a pause begins */

struct Chunker {
    gint64 first;          /* number of the first frame held */
    GArray *probabilities; /* float */
    GByteArray *kept;      /* for each whether it is speech or next to it */
};

Chunker *chunker_new(void) {
    Chunker *chunker = g_new0(Chunker, 1);
    chunker->probabilities = g_array_new(FALSE, FALSE, sizeof(float));
    chunker->kept = g_byte_array_new();
    return chunker;
}

void chunker_free(Chunker *chunker) {
    g_array_unref(chunker->probabilities);
    g_byte_array_unref(chunker->kept);
    g_free(chunker);
}

void chunker_add(Chunker *chunker, const float *probabilities, guint count) {
    g_array_append_vals(chunker->probabilities, probabilities, count);
}

void chunker_drop(Chunker *chunker, gint64 frame) {
    guint count = (guint)CLAMP(frame - chunker->first, 0, chunker->probabilities->len);
    g_array_remove_range(chunker->probabilities, 0, count);
    chunker->first += count;
}

gint64 chunker_first(const Chunker *chunker) { return chunker->first; }

static float probability(const Chunker *chunker, guint i) { return g_array_index(chunker->probabilities, float, i); }

static guint keep(Chunker *chunker, guint start, guint end) {
    guint from = start > CHUNKER_PAD_FRAMES ? start - CHUNKER_PAD_FRAMES : 0, kept = 0;
    for (guint i = from; i < MIN(end + CHUNKER_PAD_FRAMES, chunker->kept->len); i++) {
        kept += !chunker->kept->data[i];
        chunker->kept->data[i] = 1;
    }
    return kept;
}

/* Marks speech and its surroundings; returns how many frames. Speech that has not ended yet counts, however short, unless it is
 * the last. */
static guint mark(Chunker *chunker, bool last) {
    guint count = chunker->probabilities->len, start = 0, end = 0, kept = 0;
    bool speaking = false;
    g_byte_array_set_size(chunker->kept, count);
    for (guint i = 0; i < count; i++) chunker->kept->data[i] = 0;
    for (guint i = 0; i < count; i++) {
        if (!speaking && probability(chunker, i) >= SPEECH_ON) speaking = true, start = i;
        if (speaking && probability(chunker, i) >= SPEECH_OFF) end = i + 1;
        if (!speaking || i - end + 1 <= PAUSE_FRAMES_MERGED) continue;
        if (end - start >= SPEECH_FRAMES_MIN) kept += keep(chunker, start, end);
        speaking = false;
    }
    if (speaking && (!last || end - start >= SPEECH_FRAMES_MIN)) kept += keep(chunker, start, end);
    return kept;
}

/* Silence before the first speech is of no use, but for what surrounds speech that may begin with the next frame. */
static void drop_silence(Chunker *chunker, guint kept) {
    guint silent = 0;
    if (kept == 0) silent = MAX(chunker->kept->len, CHUNKER_PAD_FRAMES) - CHUNKER_PAD_FRAMES;
    else while (!chunker->kept->data[silent]) silent++;
    chunker_drop(chunker, chunker->first + silent);
    g_byte_array_remove_range(chunker->kept, 0, silent);
}

/* Where the n-th kept frame stands. */
static guint position_of(const Chunker *chunker, guint n) {
    guint i = 0;
    for (guint seen = 0; i < chunker->kept->len; i++)
        if (chunker->kept->data[i] && seen++ == n) break;
    return i;
}

/* The middle of the longest pause in a range, the later of equals; without a pause, the most silent frame. */
static guint best_cut(const Chunker *chunker, guint from, guint to) {
    guint cut = to, longest = 0, run = 0;
    float lowest = 2;
    for (guint i = from; i < to; i++) {
        run = probability(chunker, i) < SPEECH_OFF ? run + 1 : 0;
        if (run >= longest && run > 0) longest = run, cut = i - run / 2;
        if (longest == 0 && probability(chunker, i) <= lowest) lowest = probability(chunker, i), cut = i;
    }
    return MAX(cut, 1);
}

bool chunker_next(Chunker *chunker, bool last, Chunk *chunk) {
    guint kept = mark(chunker, last), end;
    drop_silence(chunker, kept);
    if (kept == 0) return false;
    guint count = chunker->kept->len;
    if (kept > CHUNK_FRAMES_MAX)
        end = best_cut(chunker, position_of(chunker, CHUNK_FRAMES_WANTED), position_of(chunker, CHUNK_FRAMES_MAX));
    else if (last) end = count;
    else if (count > CHUNKER_SPAN_FRAMES_MAX) end = best_cut(chunker, count / 2, count);
    else return false;

    chunk->count = 0;
    for (guint i = 0; i < end; i++) {
        if (!chunker->kept->data[i]) continue;
        chunk->frames[chunk->count] = chunker->first + i;
        chunk->speech[chunk->count++] = probability(chunker, i);
    }
    chunk->end = chunker->first + end;
    return true;
}
