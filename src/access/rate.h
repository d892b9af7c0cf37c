/* How often someone may: a bucket of tokens a caller (RFC 2697's idea). It fills at `per_second` up to `burst`; each call takes one out. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Rate Rate;

/* At most `clients_max` are remembered; beyond that those who have been quiet long enough to be as new are forgotten first, then any. */
Rate *rate_new(double per_second, double burst, guint clients_max);
void rate_free(Rate *rate);
/* Takes one for `client`, at `now_us` of a clock that only goes forward. False where none is left: `*wait_s` (at least 1) says how long until there
 * is. */
bool rate_take(Rate *rate, const char *client, gint64 now_us, guint *wait_s);
/* The same without taking. */
bool rate_has(Rate *rate, const char *client, gint64 now_us, guint *wait_s);
