/* Decodes a recording of any container and codec that libav reads, through a read callback (nothing is copied to a file), to 16
 * kHz mono float samples, block by block: memory does not grow with the recording. Runs in the confined child (see
 * sandbox/child.h); libav is loaded at run time by audio_load() so that the server neither links nor holds it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

#define AUDIO_RATE_HZ 16000
#define AUDIO_TRACKS_MAX 8 /* channels that may be read apart */

/* Reads up to `size` bytes at `offset`; short only at the end. */
typedef bool (*AudioRead)(gpointer source, guint64 offset, void *buffer, gsize size, gsize *got, GError **error);

typedef struct {
    char container[32], codec[32]; /* libav's short names */
    int channels, rate_hz;         /* of the source */
    gint64 duration_ms;            /* as the container says; -1: it does not. Never to be trusted for allocation */
} AudioInfo;

typedef struct Audio Audio;

/* dlopens libavformat, libavcodec, libavutil, libswresample of the versions built against; ERROR_CONFIG names the packages to
 * install. Once a process. */
bool audio_load(GError **error);

/* `filename` only helps to guess a format that has no magic (it is never opened). ERROR_UNSUPPORTED_MEDIA: no format libav knows;
 * ERROR_BAD_MEDIA: empty, damaged at the head, or without a sound track. Messages say which, in plain words. */
bool audio_open(AudioRead read, gpointer source, guint64 size, const char *filename, Audio **audio, AudioInfo *info,
                GError **error);

/* Before the first audio_read(): the channels are not mixed but read apart, as `tracks` of them (AudioInfo.channels, at most
 * AUDIO_TRACKS_MAX). Where the sound changes to another number of channels in between, the first track gets their mix. */
void audio_separate(Audio *audio, guint tracks);

/* The next samples: `*count` up to `max`, 0 at the end; with tracks, of each of them, interleaved. A damaged packet is passed over
 * and counted; when more than half of the packets are damaged or nothing at all could be decoded, ERROR_BAD_MEDIA. Gaps in time
 * stamps of more than 100 ms are filled with silence so that times stay true (at most RECORDING_MS_MAX in all). */
bool audio_read(Audio *audio, float *samples, gsize max, gsize *count, GError **error);
guint64 audio_damaged_packets(const Audio *audio);
void audio_close(Audio *audio);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Audio, audio_close)
