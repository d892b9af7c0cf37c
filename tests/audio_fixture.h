/* Media made in a folder of this test's own, and decoding it. Each channel of the sound is a sine of its own frequency, so that a channel that was lost
 * shows. Other containers than WAV are made by the program ffmpeg; where it is missing such cases are skipped. */
#pragma once

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "audio/audio.h"
#include "base/limits.h"

#define TONE_MS 5000
#define TONE_HZ_FIRST 400
#define TONE_HZ_STEP 150
#define DURATION_SLACK_MS 50

static char *folder; /* of all files, removed at the end */
static char *tone_wav;
static bool have_ffmpeg;

/* ---- making media ---- */

static inline void put_u16(GByteArray *bytes, guint16 value) { g_byte_array_append(bytes, (guint8[]){value & 255, value >> 8}, 2); }
static inline void put_u32(GByteArray *bytes, guint32 value) {
    put_u16(bytes, (guint16)value);
    put_u16(bytes, (guint16)(value >> 16));
}

static inline void put_wav_head(GByteArray *wav, guint channels, guint rate, guint bytes_per_sample, guint32 data_size) {
    g_byte_array_append(wav, (const guint8 *)"RIFF", 4);
    put_u32(wav, 36 + data_size);
    g_byte_array_append(wav, (const guint8 *)"WAVEfmt ", 8);
    put_u32(wav, 16);
    put_u16(wav, 1);
    put_u16(wav, (guint16)channels);
    put_u32(wav, rate);
    put_u32(wav, rate * channels * bytes_per_sample);
    put_u16(wav, (guint16)(channels * bytes_per_sample));
    put_u16(wav, (guint16)(8 * bytes_per_sample));
    g_byte_array_append(wav, (const guint8 *)"data", 4);
    put_u32(wav, data_size);
}

/* `bytes_per_sample` 2 or 3. */
static inline GByteArray *make_wav(guint channels, guint rate, guint bytes_per_sample, guint ms) {
    GByteArray *wav = g_byte_array_new();
    guint frames = (guint)((guint64)rate * ms / 1000);
    put_wav_head(wav, channels, rate, bytes_per_sample, frames * channels * bytes_per_sample);
    for (guint i = 0; i < frames; i++)
        for (guint channel = 0; channel < channels; channel++) {
            double hertz = TONE_HZ_FIRST + TONE_HZ_STEP * (double)channel;
            gint32 value = (gint32)lrint(8388607 * 0.5 * sin(2 * G_PI * hertz * i / rate));
            guint8 sample[] = {value & 255, (value >> 8) & 255, (value >> 16) & 255};
            g_byte_array_append(wav, sample + 3 - bytes_per_sample, bytes_per_sample);
        }
    return wav;
}

static inline char *media_path(const char *name) { return g_build_filename(folder, name, NULL); }

/* `options` are ffmpeg's, separated by spaces, between input and output; "TONE" stands for the path of a WAV of TONE_MS. */
static inline char *make_media(const char *options, const char *name) {
    g_autofree char *path = media_path(name);
    g_autofree char *line = g_strdup_printf("ffmpeg -nostdin -v error -y %s %s", options, path);
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    for (char **argument = argv; *argument; argument++)
        if (g_str_equal(*argument, "TONE")) {
            g_free(*argument);
            *argument = g_strdup(tone_wav);
        }
    int status = -1;
    g_autofree char *messages = NULL;
    GError *error = NULL;
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &messages, &status,
                 &error);
    g_assert_no_error(error);
    if (status != 0) g_error("%s: %s", line, messages);
    return g_steal_pointer(&path);
}

static inline GBytes *make_media_bytes(const char *options, const char *name) {
    g_autofree char *path = make_media(options, name);
    char *contents = NULL;
    gsize size = 0;
    g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
    return g_bytes_new_take(contents, size);
}

static inline bool no_ffmpeg(void) {
    if (!have_ffmpeg) g_test_skip("the program ffmpeg is not installed");
    return !have_ffmpeg;
}

/* ---- decoding ---- */

typedef struct {
    AudioInfo info;
    GArray *samples; /* NULL: not kept */
    gint64 count;
    guint64 damaged;
} Decoded;

static inline void decoded_clear(Decoded *decoded) { g_clear_pointer(&decoded->samples, g_array_unref); }
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decoded, decoded_clear)

static bool read_bytes(gpointer source, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    GBytes *bytes = source;
    gsize all = g_bytes_get_size(bytes);
    *got = offset >= all ? 0 : MIN(size, all - (gsize)offset);
    if (*got > 0) memcpy(buffer, (const guint8 *)g_bytes_get_data(bytes, NULL) + offset, *got);
    return true;
}

static inline bool decode_from(AudioRead read, gpointer source, guint64 size, const char *name, Decoded *decoded, GError **error) {
    g_autoptr(Audio) audio = NULL;
    if (!audio_open(read, source, size, name, &audio, &decoded->info, error)) return false;
    float samples[4000];
    gsize count = 0;
    do {
        if (!audio_read(audio, samples, G_N_ELEMENTS(samples), &count, error)) return false;
        g_assert_cmpuint(count, <=, G_N_ELEMENTS(samples));
        decoded->count += (gint64)count;
        if (decoded->samples) g_array_append_vals(decoded->samples, samples, (guint)count);
    } while (count > 0);
    decoded->damaged = audio_damaged_packets(audio);
    return true;
}

static inline bool decode(GBytes *bytes, const char *name, Decoded *decoded, GError **error) {
    return decode_from(read_bytes, bytes, g_bytes_get_size(bytes), name, decoded, error);
}

static inline void assert_duration(const Decoded *decoded, gint64 ms) {
    g_assert_cmpint(ABS(decoded->count * 1000 / AUDIO_RATE_HZ - ms), <=, DURATION_SLACK_MS);
}

static inline Decoded decode_well(GBytes *bytes, const char *name) {
    Decoded decoded = {.samples = g_array_new(FALSE, FALSE, sizeof(float))};
    GError *error = NULL;
    if (!decode(bytes, name, &decoded, &error)) g_error("%s: %s", name, error->message);
    return decoded;
}

static inline void assert_refused(GBytes *bytes, const char *name, ErrorCode code, const char *words) {
    g_auto(Decoded) decoded = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(decode(bytes, name, &decoded, &error));
    if (!error_is(error, code) || !strstr(error->message, words))
        g_error("%s: code %d, \"%s\"", name, error->code, error->message);
}

/* ---- begin and end ---- */

static inline void open_folder(void) {
    GError *error = NULL;
    if (!audio_load(&error)) g_error("%s", error->message);
    folder = g_dir_make_tmp("hansard-audio-XXXXXX", NULL);
    tone_wav = media_path("tone.wav");
    g_autofree char *ffmpeg = g_find_program_in_path("ffmpeg");
    have_ffmpeg = ffmpeg != NULL;
    g_autoptr(GByteArray) tone = make_wav(2, 48000, 2, TONE_MS);
    g_assert_true(g_file_set_contents(tone_wav, (char *)tone->data, tone->len, NULL));
}

static inline void remove_folder(void) {
    GDir *files = g_dir_open(folder, 0, NULL);
    for (const char *name = NULL; files && (name = g_dir_read_name(files));) {
        g_autofree char *path = media_path(name);
        g_remove(path);
    }
    if (files) g_dir_close(files);
    g_rmdir(folder);
    g_free(folder);
    g_free(tone_wav);
}
