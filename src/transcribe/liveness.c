/* Signs of life and the two deadlines. */
#include "transcribe/liveness.h"

#include "base/limits.h"

#define START_MS (10 * 60 * 1000LL) /* for the model and the container */
#define SLOWEST 20                  /* times as long as the recording */
#define BYTES_PER_SECOND_MIN 100    /* of any recording: FLAC's digital silence */

void liveness_init(Liveness *liveness, guint64 size, gint64 now_us) {
    *liveness = (Liveness){.size = size, .total_ms = -1, .start_us = now_us, .sign_us = now_us};
    liveness->blocks = g_malloc0((gsize)(size / CHILD_READ_BLOCK_BYTES / 8 + 1));
}

void liveness_clear(Liveness *liveness) { g_clear_pointer(&liveness->blocks, g_free); }

void liveness_segment(Liveness *liveness, gint64 now_us) { liveness->sign_us = now_us; }

void liveness_read(Liveness *liveness, guint64 offset, gint64 now_us) {
    guint64 block = offset / CHILD_READ_BLOCK_BYTES;
    guint8 bit = (guint8)(1 << block % 8);
    if (offset > liveness->size || liveness->blocks[block / 8] & bit) return;
    liveness->blocks[block / 8] |= bit;
    liveness->sign_us = now_us;
}

void liveness_done(Liveness *liveness, gint64 done_ms, gint64 now_us) {
    if (done_ms <= liveness->done_ms) return;
    liveness->done_ms = MIN(done_ms, RECORDING_MS_MAX);
    liveness->sign_us = now_us;
}

/* A container may be wrong about its length: what was recognised counts, too. */
static gint64 length_ms(const Liveness *liveness) {
    gint64 said_ms = liveness->total_ms < 0 ? RECORDING_MS_MAX : MAX(liveness->total_ms, liveness->done_ms);
    guint64 size_s = liveness->size / BYTES_PER_SECOND_MIN;
    return size_s < (guint64)said_ms / 1000 ? (gint64)size_s * 1000 : said_ms;
}

bool liveness_check(const Liveness *liveness, gint64 now_us, GError **error) {
    if (now_us - liveness->sign_us >= CHILD_SILENCE_MS * 1000LL)
        return fail(error, ERROR_CRASHED,
                    "The media child got no further for five minutes and was ended: the recording may be damaged; "
                    "convert it and try again.");
    gint64 limit_ms = START_MS + SLOWEST * length_ms(liveness);
    return now_us - liveness->start_us < limit_ms * 1000 ||
           fail(error, ERROR_CRASHED,
                "The media child took more than %" G_GINT64_FORMAT " minutes and was ended: split the recording, or take a "
                "smaller model.",
                limit_ms / 60000);
}
