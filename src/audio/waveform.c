/* Peaks in a buffer of fixed size: when it is full, neighbours are merged and the interval doubles, so that a recording of any
 * length keeps at least half as many peaks as it may have. */
#include "audio/waveform.h"

#include <math.h>

#include "audio/audio.h"
#include "base/limits.h"

#define INTERVAL_FIRST_MS 100

struct Waveform {
    guint64 samples; /* all that came */
    gint64 interval_ms;
    gsize interval_filled; /* samples in the peak that is being made */
    float loudest;         /* of these */
    gsize count;
    guint8 peaks[WAVEFORM_PEAKS_MAX];
};

Waveform *waveform_new(void) {
    Waveform *waveform = g_new0(Waveform, 1);
    waveform->interval_ms = INTERVAL_FIRST_MS;
    return waveform;
}

void waveform_free(Waveform *waveform) { g_free(waveform); }

static guint8 peak_of(float loudest) { return (guint8)lrintf(MIN(loudest, 1.0f) * 255.0f); }

static void merge_neighbours(Waveform *waveform) {
    for (gsize i = 0; i < WAVEFORM_PEAKS_MAX / 2; i++)
        waveform->peaks[i] = MAX(waveform->peaks[2 * i], waveform->peaks[2 * i + 1]);
    waveform->count = WAVEFORM_PEAKS_MAX / 2;
    waveform->interval_ms *= 2;
}

void waveform_add(Waveform *waveform, const float *samples, gsize count) {
    waveform->samples += count;
    for (gsize i = 0; i < count; i++) {
        if (waveform->interval_filled == 0 && waveform->count == WAVEFORM_PEAKS_MAX) merge_neighbours(waveform);
        float loud = fabsf(samples[i]);
        if (loud > waveform->loudest) waveform->loudest = loud; /* false for NaN */
        if (++waveform->interval_filled < (gsize)(waveform->interval_ms * AUDIO_RATE_HZ / 1000)) continue;
        waveform->peaks[waveform->count++] = peak_of(waveform->loudest);
        waveform->interval_filled = 0;
        waveform->loudest = 0;
    }
}

json_t *waveform_to_json(const Waveform *waveform) {
    json_t *peaks = json_array();
    for (gsize i = 0; i < waveform->count; i++) json_array_append_new(peaks, json_integer(waveform->peaks[i]));
    if (waveform->interval_filled > 0) json_array_append_new(peaks, json_integer(peak_of(waveform->loudest)));
    return json_pack("{sisIsIso}", "schema", 1, "duration_ms", (json_int_t)(waveform->samples * 1000 / AUDIO_RATE_HZ),
                     "interval_ms", (json_int_t)waveform->interval_ms, "peaks", peaks);
}
