/* Which recordings have a speaker a channel. Talk is made here: bursts of noise as long as words, with pauses as between words and sentences. */
#include "audio/channels.h"

#include <math.h>
#include <string.h>

#include "audio/audio.h"
#include "base/limits.h"

#define SECONDS 120
#define SAMPLES (SECONDS * AUDIO_RATE_HZ)

/* Talk of SECONDS, of which only `from` to `to` of each `period` seconds are said; the rest is quiet, at -75 dB. */
static float *talk(guint32 seed, double loudness, double period, double from, double to) {
    float *samples = g_new(float, SAMPLES);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    double level = 0;
    for (gsize i = 0, left = 0; i < SAMPLES; i++) {
        if (left-- == 0) {
            bool pause = level > 0;
            left = (gsize)(AUDIO_RATE_HZ * g_rand_double_range(random, 0.1, pause ? 0.4 : 0.6));
            level = pause ? 0 : loudness * g_rand_double_range(random, 0.3, 1);
        }
        double turn = fmod((double)i / AUDIO_RATE_HZ, period);
        double noise = g_rand_double_range(random, -1, 1);
        samples[i] = (float)(noise * (turn >= from && turn < to ? level : 0) + g_rand_double_range(random, -0.0003, 0.0003));
    }
    return samples;
}

/* Takes the tracks. `leak`: how much of each is heard in the next, some milliseconds later. */
static bool separate(float *tracks[], guint count, float leak) {
    g_autoptr(Channels) channels = channels_new(count);
    g_autofree float *samples = g_new(float, SAMPLES * count);
    for (gsize i = 0; i < SAMPLES; i++)
        for (guint c = 0; c < count; c++) {
            const float *other = tracks[(c + 1) % count];
            samples[i * count + c] = tracks[c][i] + leak * other[i < 100 ? 0 : i - 100];
        }
    for (guint c = 0; c < count; c++) g_free(tracks[c]);
    for (gsize at = 0, part; at < SAMPLES; at += part) { /* in uneven pieces */
        part = MIN(1 + at % 5000, SAMPLES - at);
        g_assert_true(channels_add(channels, samples + at * count, part));
    }
    return channels_separate(channels);
}

static void test_separate(void) {
    g_assert_true(separate((float *[]){talk(1, 0.3, 10, 0, 5), talk(2, 0.3, 10, 5, 10)}, 2, 0));           /* turns */
    g_assert_true(separate((float *[]){talk(1, 0.3, 10, 0, 5), talk(2, 0.02, 10, 5, 10)}, 2, 0));          /* one is low */
    g_assert_true(separate((float *[]){talk(1, 0.3, 1, 0, 1), talk(2, 0.3, 1, 0, 1)}, 2, 0));              /* both all the time */
    g_assert_true(separate((float *[]){talk(1, 0.3, 1, 0, 1), talk(2, 0.3, 20, 3, 4)}, 2, 0));             /* yes and no */
    g_assert_true(separate((float *[]){talk(1, 0.3, 10, 0, 5), talk(2, 0.3, 10, 4, 10)}, 2, 0.005F));      /* -46 dB of the other */
    g_assert_true(separate((float *[]){talk(1, 0.3, 9, 0, 3), talk(2, 0.3, 9, 3, 6), talk(3, 0.3, 9, 6, 9)}, 3, 0));
}

static void test_mixed(void) {
    g_assert_false(separate((float *[]){talk(1, 0.3, 1, 0, 1), talk(1, 0.3, 1, 0, 1)}, 2, 0));             /* the same */
    g_assert_false(separate((float *[]){talk(1, 0.3, 1, 0, 1), talk(1, 0.05, 1, 0, 1)}, 2, 0));            /* at one side */
    g_assert_false(separate((float *[]){talk(1, 0.3, 10, 0, 5), talk(2, 0.3, 10, 5, 10)}, 2, 0.5F));       /* one room */
    g_assert_false(separate((float *[]){talk(1, 0.3, 10, 0, 5), talk(2, 0.3, 10, 5, 10)}, 2, 0.1F));       /* -20 dB of the other */
    g_assert_false(separate((float *[]){talk(1, 0.3, 1, 0, 1), talk(2, 0, 1, 0, 1)}, 2, 0));               /* an empty channel */
    g_assert_false(separate((float *[]){talk(1, 0.3, 10, 0, 5), talk(2, 0.3, 10, 5, 10), talk(1, 0.3, 10, 0, 5)}, 3, 0));
    g_assert_false(separate((float *[]){talk(1, 0.0005, 10, 0, 5), talk(2, 0.0005, 10, 5, 10)}, 2, 0));    /* no speech is so low */
}

/* Nothing, too little, what is no number, and more than is looked at. */
static void test_odd(void) {
    g_autoptr(Channels) none = channels_new(2), odd = channels_new(2), quiet = channels_new(AUDIO_TRACKS_MAX);
    g_assert_false(channels_separate(none));
    g_autofree float *samples = g_new0(float, 2 * AUDIO_RATE_HZ), *nothing = g_new0(float, AUDIO_TRACKS_MAX * AUDIO_RATE_HZ);
    for (gsize i = 0; i < 2 * AUDIO_RATE_HZ; i++) samples[i] = i % 3 ? (float)NAN : i % 2 ? INFINITY : 1e30F;
    for (int second = 0; second < 30; second++) g_assert_true(channels_add(odd, samples, AUDIO_RATE_HZ));
    g_assert_false(channels_separate(odd));
    for (gint64 ms = 1000; ms < CHANNELS_PROBE_MS; ms += 1000) g_assert_true(channels_add(quiet, nothing, AUDIO_RATE_HZ));
    for (int more = 0; more < 3; more++) g_assert_false(channels_add(quiet, nothing, AUDIO_RATE_HZ));
    g_assert_false(channels_separate(quiet));
}

/* What came from the other channel goes; what is a channel's own stays, and what is low while nobody else speaks. */
static void test_hush(void) {
    g_autoptr(Channels) channels = channels_new(2);
    g_autofree float *left = talk(1, 0.3, 10, 0, 5), *right = talk(2, 0.3, 10, 5, 10), *both = g_new(float, 2 * SAMPLES);
    for (gsize i = 0; i < SAMPLES; i++) both[2 * i] = left[i], both[2 * i + 1] = right[i];
    channels_add(channels, both, SAMPLES);
    g_assert_true(channels_separate(channels));
    static const struct {
        float left, right, right_after;
    } cases[] = {{0.3F, 0.005F, 0}, {0.3F, 0.2F, 0.2F}, {0.01F, 0.005F, 0.005F}, {0, 0.3F, 0.3F}};
    for (gsize k = 0; k < G_N_ELEMENTS(cases); k++) {
        float samples[2 * 2500];
        for (gsize i = 0; i < 2500; i++) samples[2 * i] = cases[k].left, samples[2 * i + 1] = cases[k].right;
        channels_hush(channels, 1, samples, 2500);
        for (gsize i = 0; i < 2500; i++) {
            g_assert_cmpfloat(samples[2 * i], ==, cases[k].left);
            g_assert_cmpfloat(samples[2 * i + 1], ==, cases[k].right_after);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/audio/channels/separate", test_separate);
    g_test_add_func("/audio/channels/mixed", test_mixed);
    g_test_add_func("/audio/channels/odd", test_odd);
    g_test_add_func("/audio/channels/hush", test_hush);
    return g_test_run();
}
