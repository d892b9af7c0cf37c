/* Time as a parameter, so that one seed replays a run. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Clock Clock;
struct Clock {
    gint64 (*now_ms)(Clock *clock); /* Unix milliseconds, UTC */
};

/* The machine's clock; never freed. */
Clock *clock_system(void);

static inline gint64 clock_now_ms(Clock *clock) { return clock->now_ms(clock); }

/* "2026-03-04T05:06:07.089Z" for Unix milliseconds; caller frees. Years 1970 to 9999. */
char *time_format(gint64 unix_ms);

/* Reads ISO 8601 as the first version wrote it (no zone: UTC; microseconds allowed) and as we write it,
 * with "Z" or an offset; a date alone is its midnight UTC. False and `*unix_ms` untouched when it is none. */
bool time_parse(const char *text, gint64 *unix_ms);
