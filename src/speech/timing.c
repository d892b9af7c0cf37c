/* Word times: anchors first, then the words between them. Places are frames of the chunk, with fractions. */
#include "speech/timing.h"

#define SURE_MIN 0.05F       /* found on read speech: from 0.04 to 0.07 it is as good, below and above clearly worse */
#define PAUSE_FRAMES_MIN 4   /* no word has so much silence within */

typedef struct {
    guint word;
    double place;
    float weight; /* of the best chain that ends here */
    int before;   /* its last anchor but this; -1: none */
} Anchor;

/* A stretch of a chunk, walked by the share of its speech that has passed. */
typedef struct {
    const Chunk *chunk;
    double from, to;
    double total; /* speech between them */
} Stretch;

static TimedWord *word_at(GArray *phrase, guint i) { return &g_array_index(phrase, TimedWord, i); }

/* Speech of a frame as weight: silence weighs nothing. */
static double weight(const Chunk *chunk, guint frame) {
    return chunk->speech[frame] < SPEECH_OFF ? 0 : (double)chunk->speech[frame];
}

static double speech_within(const Stretch *stretch, guint frame) {
    double inside = MIN(stretch->to, frame + 1.0) - MAX(stretch->from, frame);
    return inside > 0 ? inside * weight(stretch->chunk, frame) : 0;
}

/* The place where `share` (0..1) of the stretch's speech has passed: before a pause there, or `behind` it. */
static double place_at(const Stretch *stretch, double share, bool behind) {
    if (stretch->total <= 0) return stretch->from + share * (stretch->to - stretch->from);
    double left = share * stretch->total, epsilon = 1e-6 * stretch->total;
    guint last = stretch->chunk->count;
    for (guint frame = (guint)stretch->from; frame < last && frame < stretch->to; frame++) {
        double speech = speech_within(stretch, frame);
        bool here = speech > 0 && (behind ? left < speech - epsilon : left <= speech + epsilon);
        if (here) return MIN(MAX(stretch->from, frame) + MAX(left, 0) / weight(stretch->chunk, frame), stretch->to);
        left -= speech;
    }
    return stretch->to;
}

/* Where a place of the chunk stands in the recording. */
static gint64 recording_ms(const Chunk *chunk, double place) {
    guint frame = MIN((guint)MAX(place, 0), chunk->count - 1);
    return (gint64)((double)(chunk->frames[frame] - frame) * FRAME_MS + MIN(place, chunk->count) * FRAME_MS);
}

/* Sets a word's time; where it would reach over silence it goes wholly to the side where more of it lies. */
static void set_time(Word *word, const Chunk *chunk, double from, double to) {
    guint first = MIN((guint)from, chunk->count - 1), end = MIN((guint)to, chunk->count - 1);
    for (guint frame = first, quiet = first; frame <= end; frame++) { /* quiet: behind the last frame of speech */
        bool left_out = frame > first && chunk->frames[frame] != chunk->frames[frame - 1] + 1;
        bool spoken = weight(chunk, frame) > 0;
        if (left_out || (spoken && frame - quiet >= PAUSE_FRAMES_MIN)) {
            if (quiet - from >= to - frame) {
                to = left_out ? MIN(quiet, frame - 1e-3) : quiet;
                break;
            }
            from = quiet = frame;
        }
        if (spoken) quiet = frame + 1;
    }
    word->start_ms = recording_ms(chunk, from);
    word->end_ms = MAX(recording_ms(chunk, to), word->start_ms);
}

/* Times words `first` to `end` over a part of the chunk, by their length. */
static void share_out(GArray *phrase, guint first, guint end, const Chunk *chunk, double from, double to) {
    Stretch stretch = {.chunk = chunk, .from = from, .to = to};
    for (guint frame = (guint)from; frame < chunk->count && frame < to; frame++) stretch.total += speech_within(&stretch, frame);
    double length = 0, passed = 0;
    for (guint i = first; i < end; i++) length += 1 + (double)g_utf8_strlen(word_at(phrase, i)->word.text, -1);
    for (guint i = first; i < end; i++) {
        double next = passed + 1 + (double)g_utf8_strlen(word_at(phrase, i)->word.text, -1);
        set_time(&word_at(phrase, i)->word, chunk, place_at(&stretch, passed / length, true),
                 place_at(&stretch, next / length, false));
        passed = next;
    }
}

/* The anchors between two places, each with the best chain that ends at it: ascending, with a frame or more for each word. */
static GArray *find_anchors(GArray *phrase, double from, double to) {
    GArray *anchors = g_array_new(FALSE, FALSE, sizeof(Anchor));
    for (guint i = 0; i < phrase->len; i++) {
        const TimedWord *word = word_at(phrase, i);
        Anchor anchor = {.word = i, .place = (double)word->hint_ms / FRAME_MS, .weight = word->sure, .before = -1};
        if (word->sure < SURE_MIN || anchor.place < from || anchor.place + 1 > to) continue;
        for (guint k = 0; k < anchors->len; k++) {
            const Anchor *earlier = &g_array_index(anchors, Anchor, k);
            if (earlier->place + (i - earlier->word) > anchor.place || earlier->weight + word->sure <= anchor.weight) continue;
            anchor.weight = earlier->weight + word->sure;
            anchor.before = (int)k;
        }
        g_array_append_val(anchors, anchor);
    }
    return anchors;
}

/* Times the words from the last anchor of the best chain back to the first. */
static void share_by_anchors(GArray *phrase, const Chunk *chunk, double from, double to) {
    g_autoptr(GArray) anchors = find_anchors(phrase, from, to);
    int best = -1;
    for (guint k = 0; k < anchors->len; k++)
        if (best < 0 || g_array_index(anchors, Anchor, k).weight > g_array_index(anchors, Anchor, best).weight) best = (int)k;
    guint end = phrase->len;
    for (; best >= 0; best = g_array_index(anchors, Anchor, best).before) {
        const Anchor *anchor = &g_array_index(anchors, Anchor, best);
        share_out(phrase, anchor->word, end, chunk, anchor->place, to);
        end = anchor->word, to = anchor->place;
    }
    if (end > 0) share_out(phrase, 0, end, chunk, from, to);
}

void timing_set(GArray *phrase, const Chunk *chunk, gint64 start_ms, gint64 end_ms, gint64 not_before_ms) {
    double from = CLAMP((double)start_ms / FRAME_MS, 0, chunk->count);
    share_by_anchors(phrase, chunk, from, CLAMP((double)end_ms / FRAME_MS, from, chunk->count));
    for (guint i = 0; i < phrase->len; i++) {
        Word *word = &word_at(phrase, i)->word;
        word->start_ms = MAX(word->start_ms, not_before_ms);
        word->end_ms = not_before_ms = MAX(word->end_ms, word->start_ms);
    }
}
