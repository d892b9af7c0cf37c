/* Whether the channels of a recording carry a speaker each, as in a recorded call: judged by levels alone, from its beginning.
 *
 * Separate are they where every channel speaks and no channel is heard in another: while one speaks loudly, the others are quiet (as between
 * words, or 40 dB below their own speech) about as often as they are at all. Microphones in one room, stereo sound and one voice on two channels all
 * fail this, and are mixed. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Channels Channels;

/* `count`: 2 to AUDIO_TRACKS_MAX. */
Channels *channels_new(guint count);
void channels_free(Channels *channels);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Channels, channels_free)

/* `count` samples of each channel at AUDIO_RATE_HZ, interleaved. False once CHANNELS_PROBE_MS have come: more is not looked at. */
bool channels_add(Channels *channels, const float *samples, gsize count);
bool channels_separate(Channels *channels);
/* Once they are judged separate: silences in interleaved samples what is 20 dB below the channel's own speech and below another channel, such as
 * what a codec lets through from there. */
void channels_hush(const Channels *channels, guint channel, float *samples, gsize count);
