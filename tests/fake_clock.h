/* A clock that a test sets. */
#pragma once

#include "base/clock.h"

typedef struct {
    Clock base;
    gint64 now; /* Unix ms */
} FakeClock;

static gint64 fake_clock_now(Clock *clock) { return ((FakeClock *)clock)->now; }

#define FAKE_CLOCK(start) {{fake_clock_now}, (start)}
