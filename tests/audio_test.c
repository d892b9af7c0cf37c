/* Decoding of every format, of damaged and of hostile files. */
#include "audio/waveform.h"
#include "audio_fixture.h"

/* The amplitude of a frequency in samples [from, to) (Goertzel's algorithm). */
static double amplitude(const GArray *samples, guint from, guint to, double hertz) {
    double turn = 2 * cos(2 * G_PI * hertz / AUDIO_RATE_HZ), last = 0, before = 0;
    for (guint i = from; i < to; i++) {
        double now = turn * last - before + (double)g_array_index(samples, float, i);
        before = last;
        last = now;
    }
    return 2 * sqrt(last * last + before * before - turn * last * before) / (to - from);
}

static void assert_tone(const Decoded *decoded, guint from_ms, guint to_ms, guint channels) {
    guint from = from_ms * AUDIO_RATE_HZ / 1000, to = to_ms * AUDIO_RATE_HZ / 1000;
    g_assert_cmpuint(to, <=, decoded->samples->len);
    for (guint channel = 0; channel < channels; channel++)
        g_assert_cmpfloat_with_epsilon(amplitude(decoded->samples, from, to, TONE_HZ_FIRST + TONE_HZ_STEP * (double)channel),
                                       0.5 / channels, 0.1 / channels);
    g_assert_cmpfloat(amplitude(decoded->samples, from, to, 310), <, 0.01);
}

static void assert_silent(const Decoded *decoded, guint from_ms, guint to_ms) {
    for (guint i = from_ms * AUDIO_RATE_HZ / 1000; i < to_ms * AUDIO_RATE_HZ / 1000; i++)
        g_assert_cmpfloat(fabsf(g_array_index(decoded->samples, float, i)), <, 1e-3f);
}

/* ---- formats ---- */

static void test_wav(void) {
    static const struct {
        guint channels, rate, bytes_per_sample;
    } shapes[] = {{1, 8000, 2},  {1, 16000, 2}, {2, 44100, 2},  {2, 48000, 3},
                  {6, 48000, 2}, {8, 16000, 2}, {16, 16000, 2}, {1, 96000, 3}};
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autoptr(GBytes) wav =
            g_byte_array_free_to_bytes(make_wav(shapes[i].channels, shapes[i].rate, shapes[i].bytes_per_sample, TONE_MS));
        g_auto(Decoded) decoded = decode_well(wav, "tone.wav");
        g_assert_cmpstr(decoded.info.container, ==, "wav");
        g_assert_cmpint(decoded.info.channels, ==, (int)shapes[i].channels);
        g_assert_cmpint(decoded.info.rate_hz, ==, (int)shapes[i].rate);
        g_assert_cmpint(decoded.info.duration_ms, ==, TONE_MS);
        g_assert_cmpuint(decoded.damaged, ==, 0);
        assert_duration(&decoded, TONE_MS);
        assert_tone(&decoded, 200, TONE_MS - 200, shapes[i].channels);
    }
}

static void read_apart(GBytes *bytes, guint tracks, GArray *samples) {
    g_autoptr(Audio) audio = NULL;
    g_autofree float *block = g_new(float, 1000 * tracks);
    AudioInfo info;
    GError *error = NULL;
    g_assert_true(audio_open(read_bytes, bytes, g_bytes_get_size(bytes), "apart", &audio, &info, &error));
    audio_separate(audio, tracks);
    for (gsize count = 1; count > 0; g_array_append_vals(samples, block, (guint)(count * tracks))) {
        g_assert_true(audio_read(audio, block, 1000, &count, &error));
        g_assert_cmpuint(count, <=, 1000);
    }
}

/* Each track has the tone of its channel and no other. */
static void assert_apart(const GArray *samples, guint tracks, guint from_ms, guint to_ms) {
    for (guint track = 0; track < tracks; track++) {
        Decoded one = {.samples = g_array_new(FALSE, FALSE, sizeof(float))};
        for (guint i = track; i < samples->len; i += tracks) g_array_append_val(one.samples, g_array_index(samples, float, i));
        for (guint channel = 0; channel < tracks; channel++)
            g_assert_cmpfloat_with_epsilon(amplitude(one.samples, from_ms * AUDIO_RATE_HZ / 1000, to_ms * AUDIO_RATE_HZ / 1000,
                                                     TONE_HZ_FIRST + TONE_HZ_STEP * (double)channel),
                                           channel == track ? 0.5 : 0, 0.02);
        decoded_clear(&one);
    }
}

static void test_apart(void) {
    static const guint counts[] = {2, 3, 6, AUDIO_TRACKS_MAX};
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(GBytes) wav = g_byte_array_free_to_bytes(make_wav(counts[i], 48000, 2, TONE_MS));
        g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(float));
        read_apart(wav, counts[i], samples);
        g_assert_cmpint(ABS((gint64)samples->len / counts[i] * 1000 / AUDIO_RATE_HZ - TONE_MS), <=, DURATION_SLACK_MS);
        assert_apart(samples, counts[i], 200, TONE_MS - 200);
    }
}

/* Sound that has another number of channels than tracks is mixed into the first; a gap is silent on all. */
static void test_apart_odd(void) {
    g_autoptr(GBytes) wav = g_byte_array_free_to_bytes(make_wav(3, 16000, 2, TONE_MS));
    g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(float)), gap = g_array_new(FALSE, FALSE, sizeof(float));
    read_apart(wav, 2, samples);
    g_auto(Decoded) first = {.samples = g_array_new(FALSE, FALSE, sizeof(float))};
    for (guint i = 0; i + 1 < samples->len; i += 2) {
        g_array_append_val(first.samples, g_array_index(samples, float, i));
        g_assert_cmpfloat(g_array_index(samples, float, i + 1), ==, 0);
    }
    assert_tone(&first, 200, TONE_MS - 200, 3);
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) holed = make_media_bytes("-i TONE -af aselect='not(between(t,1,3))' -c:a pcm_s16le", "apart.mkv");
    read_apart(holed, 2, gap);
    assert_apart(gap, 2, 200, 900);
    assert_apart(gap, 2, 3200, TONE_MS - 200);
    for (guint i = 2 * 1100 * 16; i < 2 * 2900 * 16; i++) g_assert_cmpfloat(fabsf(g_array_index(gap, float, i)), <, 1e-3f);
}

typedef struct {
    const char *name, *options, *codec;
    bool no_duration; /* the container gives none */
} Format;

#define PICTURE "-f lavfi -i testsrc=size=160x120:rate=10:duration=5"

static const Format formats[] = {
    {"end.m4a", "-i TONE -c:a aac", "aac", false},
    {"fast.m4a", "-i TONE -c:a aac -movflags +faststart", "aac", false},
    {"fragments.mp4", "-i TONE -c:a aac -movflags +frag_keyframe+empty_moov", "aac", false},
    {"tone.mp3", "-i TONE -c:a libmp3lame", "mp3", false},
    {"tone.flac", "-i TONE", "flac", false},
    {"tone.ogg", "-i TONE -c:a libvorbis", "vorbis", false},
    {"tone.opus", "-i TONE -c:a libopus", "opus", false},
    {"tone.webm", "-i TONE -c:a libopus", "opus", false},
    {"live.webm", "-i TONE -c:a libopus -live 1", "opus", true},
    {"video.mp4", PICTURE " -i TONE -c:v mpeg4 -c:a aac", "aac", false},
    {"video.mov", PICTURE " -i TONE -c:v mpeg4 -c:a aac", "aac", false},
    {"video.mkv", PICTURE " -i TONE -c:v mpeg4 -c:a flac", "flac", false},
    {"video.avi", PICTURE " -i TONE -c:v mpeg4 -c:a libmp3lame", "mp3", false},
    {"video.ts", PICTURE " -i TONE -c:v mpeg2video -c:a mp2", "mp2", false},
    {"tone.wma", "-i TONE -c:a wmav2", "wmav2", false},
    {"tone.aiff", "-i TONE", "pcm_s16be", false},
    {"tone.caf", "-i TONE", "pcm_s16be", true},
    {"tone.w64", "-i TONE", "pcm_s16le", true},
};

static void test_format(gconstpointer data) {
    const Format *format = data;
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) bytes = make_media_bytes(format->options, format->name);
    g_auto(Decoded) decoded = decode_well(bytes, format->name);
    g_assert_cmpstr(decoded.info.codec, ==, format->codec);
    g_assert_cmpuint(decoded.damaged, ==, 0);
    if (format->no_duration)
        g_assert_cmpint(decoded.info.duration_ms, ==, -1);
    else
        g_assert_cmpint(ABS(decoded.info.duration_ms - TONE_MS), <=, 100);
    assert_duration(&decoded, TONE_MS);
    assert_tone(&decoded, 200, TONE_MS - 200, 2);
}

/* The name does not matter where the bytes speak. */
static void test_wrong_name(void) {
    g_autoptr(GBytes) wav = g_byte_array_free_to_bytes(make_wav(1, 16000, 2, 1000));
    const char *const names[] = {"tone.mp3", "tone.m3u8", "tone.png", "tone", "", NULL};
    for (const char *const *name = names; *name; name++) {
        g_auto(Decoded) decoded = decode_well(wav, *name);
        assert_duration(&decoded, 1000);
    }
}

/* ---- time ---- */

static void test_late_sound(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) bytes = make_media_bytes(PICTURE " -itsoffset 2 -i TONE -c:v mpeg4 -c:a flac", "late.mkv");
    g_auto(Decoded) decoded = decode_well(bytes, "late.mkv");
    assert_duration(&decoded, 2000 + TONE_MS);
    assert_silent(&decoded, 0, 1900);
    assert_tone(&decoded, 2200, 1800 + TONE_MS, 2);
}

static void test_gap(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) bytes = make_media_bytes("-i TONE -af aselect='not(between(t,1,3))' -c:a pcm_s16le", "gap.mkv");
    g_auto(Decoded) decoded = decode_well(bytes, "gap.mkv");
    assert_duration(&decoded, TONE_MS);
    assert_tone(&decoded, 200, 900, 2);
    assert_silent(&decoded, 1100, 2900);
    assert_tone(&decoded, 3200, TONE_MS - 200, 2);
}

/* A jump of the time stamps to 47:59:50, and one past 48 hours. */
static void test_longest(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) within = make_media_bytes("-i TONE -af asetpts='PTS+gt(T,1)*172789/TB' -c:a pcm_s16le", "within.mkv");
    g_auto(Decoded) decoded = {0};
    GError *error = NULL;
    g_assert_true(decode(within, "within.mkv", &decoded, &error));
    g_assert_no_error(error);
    assert_duration(&decoded, RECORDING_MS_MAX - 11000 + TONE_MS);
    g_autoptr(GBytes) over = make_media_bytes("-i TONE -af asetpts='PTS+gt(T,1)*172798/TB' -c:a pcm_s16le", "over.mkv");
    assert_refused(over, "over.mkv", ERROR_TOO_LARGE, "48 hours");
}

/* A WAV of two hours that stands nowhere: its samples are made as they are read. */
static bool read_endless(gpointer source, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    GByteArray *head = source;
    memset(buffer, (int)(offset / 4096 % 50), size);
    if (offset < head->len) memcpy(buffer, head->data + offset, MIN(size, head->len - (gsize)offset));
    *got = size;
    return true;
}

static void test_memory(void) {
    guint32 data_size = 2u * 3600 * AUDIO_RATE_HZ * 2;
    g_autoptr(GByteArray) head = g_byte_array_new();
    put_wav_head(head, 1, AUDIO_RATE_HZ, 2, data_size);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    g_auto(Decoded) decoded = {0};
    g_assert_true(decode_from(read_endless, head, head->len + data_size, "long.wav", &decoded, NULL));
    getrusage(RUSAGE_SELF, &after);
    assert_duration(&decoded, 2 * 3600 * 1000);
#ifndef HANSARD_SANITIZER                                              /* which keep what is freed for a while */
    g_assert_cmpint(after.ru_maxrss - before.ru_maxrss, <, 32 * 1024); /* KiB */
#endif
}

/* ---- hostile and damaged ---- */

static void test_refused(void) {
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    assert_refused(nothing, "a.mp3", ERROR_BAD_MEDIA, "empty");
    static const char text[] =
        "Ann: good morning, let us begin with the budget of this year.\nBob: yes, I have the figures here.\n";
    g_autoptr(GBytes) prose = g_bytes_new_static(text, sizeof text - 1);
    const char *const names[] = {"a.mp3", "a.wav", "a.m4a", "a.aac", "a.txt", "a", NULL};
    for (const char *const *name = names; *name; name++) assert_refused(prose, *name, ERROR_UNSUPPORTED_MEDIA, "format");
    static const char *const playlists[] = {
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "<?xml version=\"1.0\"?><MPD profiles=\"urn:mpeg:dash:profile:isoff-main:2011\"></MPD>",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(playlists); i++) {
        g_autoptr(GBytes) bytes = g_bytes_new_static(playlists[i], strlen(playlists[i]));
        assert_refused(bytes, "a.mp3", ERROR_UNSUPPORTED_MEDIA, "format");
    }
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) silent = make_media_bytes(PICTURE " -c:v mpeg4 -an", "silent.mp4");
    assert_refused(silent, "silent.mp4", ERROR_BAD_MEDIA, "no sound track");
    g_autoptr(GBytes) picture = make_media_bytes(PICTURE " -frames:v 1", "picture.png");
    assert_refused(picture, "picture.mp3", ERROR_UNSUPPORTED_MEDIA, "format");
    g_autoptr(GBytes) whole = make_media_bytes("-i TONE -c:a aac", "whole.m4a");
    g_autoptr(GBytes) headless =
        g_bytes_new_from_bytes(whole, 0, g_bytes_get_size(whole) - 3000); /* the index stands at the end */
    assert_refused(headless, "whole.m4a", ERROR_BAD_MEDIA, "cut off");
}

/* True when it decodes or fails as damaged or unknown media must. */
static void assert_survives(GBytes *bytes, const char *name) {
    g_auto(Decoded) decoded = {0};
    g_autoptr(GError) error = NULL;
    if (decode(bytes, name, &decoded, &error)) return;
    if (!error_is(error, ERROR_BAD_MEDIA) && !error_is(error, ERROR_UNSUPPORTED_MEDIA) && !error_is(error, ERROR_TOO_LARGE))
        g_error("%s: code %d, \"%s\"", name, error->code, error->message);
}

static void test_random(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    const char *const names[] = {"a.mp3", "a.wav", "a.m4a", "a.ogg", "a.aac", "a.ts", "a"};
    for (int round = 0; round < 60; round++) {
        gsize size = (gsize)g_rand_int_range(random, 1, 200000);
        guint8 *data = g_malloc(size);
        for (gsize i = 0; i < size; i++) data[i] = (guint8)g_rand_int(random);
        g_autoptr(GBytes) bytes = g_bytes_new_take(data, size);
        g_auto(Decoded) decoded = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(decode(bytes, names[round % G_N_ELEMENTS(names)], &decoded, &error));
        g_assert_true(error_is(error, ERROR_BAD_MEDIA) || error_is(error, ERROR_UNSUPPORTED_MEDIA));
    }
}

/* A few of the formats, with the options that make them. */
static const gsize damaged_formats[] = {0, 1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 14};

static void test_truncated(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    for (gsize i = 0; i < G_N_ELEMENTS(damaged_formats); i++) {
        const Format *format = &formats[damaged_formats[i]];
        g_autoptr(GBytes) whole = make_media_bytes(format->options, format->name);
        for (int round = 0; round < 9; round++) {
            gsize size = (gsize)g_rand_int_range(random, 0, (gint32)g_bytes_get_size(whole));
            g_autoptr(GBytes) part = g_bytes_new_from_bytes(whole, 0, size);
            assert_survives(part, format->name);
        }
    }
}

/* What is there is decoded: half of a file gives half of its sound. */
static void test_half(void) {
    g_autoptr(GBytes) wav = g_byte_array_free_to_bytes(make_wav(1, 16000, 2, TONE_MS));
    g_autoptr(GBytes) half = g_bytes_new_from_bytes(wav, 0, 44 + (TONE_MS / 2) * 32);
    g_auto(Decoded) decoded = decode_well(half, "half.wav");
    assert_duration(&decoded, TONE_MS / 2);
    if (no_ffmpeg()) return;
    const gsize streamable[] = {1, 3, 5, 7};
    for (gsize i = 0; i < G_N_ELEMENTS(streamable); i++) {
        const Format *format = &formats[streamable[i]];
        g_autoptr(GBytes) whole = make_media_bytes(format->options, format->name);
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(whole, 0, g_bytes_get_size(whole) * 6 / 10);
        g_auto(Decoded) shorter = decode_well(part, format->name);
        g_assert_cmpint(shorter.count, >, AUDIO_RATE_HZ * 3 / 2);
        g_assert_cmpint(shorter.count, <, AUDIO_RATE_HZ * 4);
    }
}

static void test_flipped(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GRand) random = g_rand_new_with_seed(13);
    for (gsize i = 0; i < G_N_ELEMENTS(damaged_formats); i++) {
        const Format *format = &formats[damaged_formats[i]];
        g_autoptr(GBytes) whole = make_media_bytes(format->options, format->name);
        for (int round = 0; round < 17; round++) {
            gsize size = g_bytes_get_size(whole);
            guint8 *data = g_memdup2(g_bytes_get_data(whole, NULL), size);
            /* half of the flips in the head, where the structure is */
            for (int flip = 0; flip < 20; flip++)
                data[g_rand_int_range(random, 0, (gint32)(flip % 2 ? MIN(size, 1000) : size))] ^=
                    (guint8)(1u << g_rand_int_range(random, 0, 8));
            g_autoptr(GBytes) flipped = g_bytes_new_take(data, size);
            assert_survives(flipped, format->name);
        }
    }
}

/* Damage in the middle is passed over and counted. */
static void test_counted(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) whole = make_media_bytes("-i TONE -c:a flac", "counted.flac");
    gsize size = g_bytes_get_size(whole);
    guint8 *data = g_memdup2(g_bytes_get_data(whole, NULL), size);
    memset(data + size / 2, 0x55, 4000);
    g_autoptr(GBytes) damaged = g_bytes_new_take(data, size);
    g_auto(Decoded) decoded = decode_well(damaged, "counted.flac");
    g_assert_cmpuint(decoded.damaged, >, 0);
    g_assert_cmpint(decoded.count, >, AUDIO_RATE_HZ * 4);
    assert_tone(&decoded, 200, 2000, 2);
}

typedef struct {
    GBytes *bytes;
    guint64 broken_from;
} BrokenSource;

static bool read_broken(gpointer source, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    BrokenSource *broken = source;
    if (offset + size > broken->broken_from) return fail(error, ERROR_IO, "the disk is on fire");
    return read_bytes(broken->bytes, offset, buffer, size, got, error);
}

/* The reader's own error comes through, at any place. */
static void test_read_error(void) {
    g_autoptr(GBytes) wav = g_byte_array_free_to_bytes(make_wav(2, 48000, 2, 20000));
    const guint64 places[] = {0, 1000, CHILD_READ_BLOCK_BYTES + 1, g_bytes_get_size(wav) / 2};
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        BrokenSource source = {wav, places[i]};
        g_auto(Decoded) decoded = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(decode_from(read_broken, &source, g_bytes_get_size(wav), "a.wav", &decoded, &error));
        g_assert_true(error_is(error, ERROR_IO));
        g_assert_cmpstr(error->message, ==, "the disk is on fire");
    }
}

/* ---- waveform ---- */

static gsize assert_peaks(const Waveform *waveform, gint64 duration_ms, gint64 interval_ms) {
    g_autoptr(json_t) json = waveform_to_json(waveform);
    g_assert_cmpint(json_get_int(json, "schema", 0), ==, 1);
    g_assert_cmpint(json_get_int(json, "duration_ms", -1), ==, duration_ms);
    g_assert_cmpint(json_get_int(json, "interval_ms", -1), ==, interval_ms);
    return json_array_size(json_object_get(json, "peaks"));
}

static void test_waveform(void) {
    g_autoptr(Waveform) waveform = waveform_new();
    g_assert_cmpuint(assert_peaks(waveform, 0, 100), ==, 0);
    float samples[3200] = {[10] = -0.5f, [1600] = 2.0f, [1700] = NAN};
    waveform_add(waveform, samples, 1600 + 200);
    g_assert_cmpuint(assert_peaks(waveform, 112, 100), ==, 2);
    waveform_add(waveform, samples, 1400);
    waveform_add(waveform, samples + 100, 700);
    g_autoptr(json_t) json = waveform_to_json(waveform);
    json_t *peaks = json_object_get(json, "peaks");
    g_assert_cmpuint(json_array_size(peaks), ==, 3);
    g_assert_cmpint(json_integer_value(json_array_get(peaks, 0)), ==, 128);
    g_assert_cmpint(json_integer_value(json_array_get(peaks, 1)), ==, 255);
    g_assert_cmpint(json_integer_value(json_array_get(peaks, 2)), ==, 0);
}

static void test_waveform_limit(void) {
    g_autoptr(Waveform) waveform = waveform_new();
    float samples[1600] = {1.0f};
    for (int i = 0; i < WAVEFORM_PEAKS_MAX; i++) waveform_add(waveform, samples, 1600);
    g_assert_cmpuint(assert_peaks(waveform, WAVEFORM_PEAKS_MAX * 100, 100), ==, WAVEFORM_PEAKS_MAX);
    waveform_add(waveform, samples, 1);
    g_assert_cmpuint(assert_peaks(waveform, WAVEFORM_PEAKS_MAX * 100, 200), ==, WAVEFORM_PEAKS_MAX / 2 + 1);
    g_autoptr(json_t) json = waveform_to_json(waveform);
    json_t *peaks = json_object_get(json, "peaks");
    for (gsize i = 0; i < json_array_size(peaks); i++) g_assert_cmpint(json_integer_value(json_array_get(peaks, i)), ==, 255);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    open_folder();

    g_test_add_func("/audio/wav", test_wav);
    g_test_add_func("/audio/apart", test_apart);
    g_test_add_func("/audio/apart-odd", test_apart_odd);
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *path = g_strconcat("/audio/format/", formats[i].name, NULL);
        g_test_add_data_func(path, &formats[i], test_format);
    }
    g_test_add_func("/audio/wrong-name", test_wrong_name);
    g_test_add_func("/audio/late-sound", test_late_sound);
    g_test_add_func("/audio/gap", test_gap);
    g_test_add_func("/audio/longest", test_longest);
    g_test_add_func("/audio/memory", test_memory);
    g_test_add_func("/audio/refused", test_refused);
    g_test_add_func("/audio/random", test_random);
    g_test_add_func("/audio/truncated", test_truncated);
    g_test_add_func("/audio/half", test_half);
    g_test_add_func("/audio/flipped", test_flipped);
    g_test_add_func("/audio/counted", test_counted);
    g_test_add_func("/audio/read-error", test_read_error);
    g_test_add_func("/audio/waveform", test_waveform);
    g_test_add_func("/audio/waveform-limit", test_waveform_limit);
    int failed = g_test_run();
    remove_folder();
    return failed;
}
