/* For tests that something is not quadratic: the processor's time, which a busy machine does not stretch as it does the clock's. */
#pragma once

#include <glib.h>
#include <time.h>

/* What this process has used, all threads, in microseconds. */
static inline gint64 processor_us(void) { return (gint64)clock() * G_USEC_PER_SEC / CLOCKS_PER_SEC; }
