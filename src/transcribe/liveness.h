/* Whether the media child still gets on with its work: one that is stuck, or that the recording took over, may talk for ever.
 * Times are of g_get_monotonic_time(). */
#pragma once

#include "base/error.h"

typedef struct {
    guint64 size;             /* of the recording, in bytes */
    guint8 *blocks;           /* a bit a block of the recording: read before */
    gint64 done_ms;           /* recognised, as the child says; never falls */
    gint64 total_ms;          /* the recording's length, as the child says; -1: unknown */
    gint64 start_us, sign_us; /* of the child; of its last sign of life */
} Liveness;

void liveness_init(Liveness *liveness, guint64 size, gint64 now_us);
void liveness_clear(Liveness *liveness);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Liveness, liveness_clear)

/* Signs of life: a part of the recording that was not read before, a greater done_ms, a new segment. */
void liveness_read(Liveness *liveness, guint64 offset, gint64 now_us);
void liveness_done(Liveness *liveness, gint64 done_ms, gint64 now_us);
void liveness_segment(Liveness *liveness, gint64 now_us);

/* ERROR_CRASHED when the last sign is CHILD_SILENCE_MS old, or when all took ten minutes and twenty times the recording's length:
 * what the child says of that, and no more than a recording of this size can last. */
bool liveness_check(const Liveness *liveness, gint64 now_us, GError **error);
