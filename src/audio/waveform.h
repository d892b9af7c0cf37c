/* The waveform's peaks for the page: built while samples stream by, at most WAVEFORM_PEAKS_MAX of them. */
#pragma once

#include "base/json.h"

typedef struct Waveform Waveform;

Waveform *waveform_new(void);
void waveform_free(Waveform *waveform);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waveform, waveform_free)

/* Samples of AUDIO_RATE_HZ. Starts with a peak every 100 ms; each time WAVEFORM_PEAKS_MAX is reached, neighbours are merged and
 * the interval doubles. */
void waveform_add(Waveform *waveform, const float *samples, gsize count);

/* {"schema":1,"duration_ms":N,"interval_ms":N,"peaks":[0..255,…]} (loudest absolute sample of each interval, 255 = full scale).
 */
json_t *waveform_to_json(const Waveform *waveform);
