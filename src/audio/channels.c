/* A level each tenth of a second and channel is kept, in whole decibels; all the rest is counting them. */
#include "audio/channels.h"

#include <math.h>

#include "audio/audio.h"
#include "base/limits.h"

#define WINDOW_SAMPLES (AUDIO_RATE_HZ / 10)
#define WINDOWS_MAX (CHANNELS_PROBE_MS / 100)
#define LEVELS 101          /* decibels above -100 of full scale */
#define LOUD_WINDOWS 20     /* two seconds of a speaker's speech are at least so loud as what is called loud here */
#define LOUD_MIN 40         /* -60 dB: below is no speech */
#define RANGE_MIN 15        /* between loud and the pauses of speech */
#define PAUSES_PERCENT 10   /* of the time nobody speaks on a channel, whoever speaks there */
#define SPEECH_RANGE 12     /* below loud it is loud speech: what is heard of it elsewhere is over QUIET_RANGE, if anything is */
#define SPEECH_OVER_FLOOR 10
#define QUIET_RANGE 40      /* so far below a channel's own speech nothing in it is heard */
#define QUIET_OVER_FLOOR 6
/* In percent: of the time that a channel is quiet at all, so much it must be while another speaks. People take turns (over 100), two talks at
 * once come to 100, a voice on both channels to 0. Less is asked where the other speaks less: it may only say yes and no in between. */
#define APART_PERCENT 50
#define APART_PERCENT_LESS 30
#define HUSH_RANGE 20

typedef struct {
    int loud;             /* level of loud speech */
    int speech, quiet;    /* from this level on; up to this one */
    guint spoken, silent; /* windows */
} Habit;

struct Channels {
    guint count, filled; /* samples in the present window */
    double energy[AUDIO_TRACKS_MAX];
    GByteArray *levels; /* `count` a window */
    Habit habits[AUDIO_TRACKS_MAX];
};

Channels *channels_new(guint count) {
    Channels *channels = g_new0(Channels, 1);
    channels->count = MIN(count, AUDIO_TRACKS_MAX);
    channels->levels = g_byte_array_new();
    return channels;
}

void channels_free(Channels *channels) {
    g_byte_array_unref(channels->levels);
    g_free(channels);
}

/* NaN and infinity, which a decoder may hand over, count as nothing and as loudest. */
static guint8 level_of(double energy, gsize count) {
    double decibels = 100 + 10 * log10(energy / (double)count);
    return decibels >= LEVELS - 1 ? LEVELS - 1 : decibels > 0 ? (guint8)lrint(decibels) : 0;
}

bool channels_add(Channels *channels, const float *samples, gsize count) {
    for (gsize i = 0; i < count; i++) {
        for (guint c = 0; c < channels->count; c++, samples++) channels->energy[c] += (double)*samples * (double)*samples;
        if (++channels->filled < WINDOW_SAMPLES) continue;
        for (guint c = 0; c < channels->count; c++) {
            guint8 level = level_of(channels->energy[c], WINDOW_SAMPLES);
            if (channels->levels->len < WINDOWS_MAX * channels->count) g_byte_array_append(channels->levels, &level, 1);
            channels->energy[c] = 0;
        }
        channels->filled = 0;
    }
    return channels->levels->len < WINDOWS_MAX * channels->count;
}

static guint8 level_at(const Channels *channels, guint window, guint channel) {
    return channels->levels->data[window * channels->count + channel];
}

static guint windows_of(const Channels *channels) { return channels->levels->len / channels->count; }

/* The level that `rank` windows are below. */
static guint8 level_ranked(const guint histogram[LEVELS], guint rank) {
    guint8 level = 0;
    for (guint below = 0; level < LEVELS - 1 && (below += histogram[level]) <= rank;) level++;
    return level;
}

/* What is speech and what is quiet on a channel; false where nobody speaks there. */
static bool find_habit(const Channels *channels, guint channel, Habit *habit) {
    guint histogram[LEVELS] = {0}, windows = windows_of(channels);
    for (guint w = 0; w < windows; w++) histogram[level_at(channels, w, channel)]++;
    if (windows < LOUD_WINDOWS) return false;
    int floor = level_ranked(histogram, windows * PAUSES_PERCENT / 100), loud = level_ranked(histogram, windows - LOUD_WINDOWS);
    if (loud < LOUD_MIN || loud - floor < RANGE_MIN) return false;
    *habit = (Habit){.loud = loud,
                     .speech = MAX(floor + SPEECH_OVER_FLOOR, loud - SPEECH_RANGE),
                     .quiet = MAX(floor + QUIET_OVER_FLOOR, loud - QUIET_RANGE)};
    for (int level = 0; level < LEVELS; level++) {
        habit->spoken += level >= habit->speech ? histogram[level] : 0;
        habit->silent += level <= habit->quiet ? histogram[level] : 0;
    }
    return true;
}

/* How often channel `b` is quiet while someone speaks on channel `a`, in percent of how often it is at all. */
static guint percent_quiet(const Channels *channels, guint a, guint b) {
    const Habit *habits = channels->habits;
    guint quiet = 0;
    for (guint w = 0; w < windows_of(channels); w++)
        quiet += level_at(channels, w, a) >= habits[a].speech && level_at(channels, w, b) <= habits[b].quiet;
    return 100 * quiet * windows_of(channels) / (habits[a].spoken * habits[b].silent);
}

bool channels_separate(Channels *channels) {
    const Habit *habits = channels->habits;
    for (guint c = 0; c < channels->count; c++)
        if (!find_habit(channels, c, &channels->habits[c])) return false;
    for (guint a = 0; a < channels->count; a++)
        for (guint b = 0; b < channels->count; b++) {
            bool more = habits[a].spoken >= habits[b].spoken;
            if (a != b && percent_quiet(channels, a, b) < (more ? APART_PERCENT : APART_PERCENT_LESS)) return false;
        }
    return true;
}

static int level_in(const Channels *channels, guint channel, const float *samples, gsize count) {
    double energy = 0;
    for (gsize i = channel; i < count * channels->count; i += channels->count) energy += (double)samples[i] * (double)samples[i];
    return level_of(energy, count);
}

void channels_hush(const Channels *channels, guint channel, float *samples, gsize count) {
    for (gsize part; count > 0; samples += part * channels->count, count -= part) {
        part = MIN(count, WINDOW_SAMPLES);
        int own = level_in(channels, channel, samples, part), other = 0;
        for (guint c = 0; c < channels->count; c++) other = MAX(other, level_in(channels, c, samples, part));
        if (own > channels->habits[channel].loud - HUSH_RANGE || other < own + HUSH_RANGE) continue;
        for (gsize i = 0; i < part; i++) samples[i * channels->count + channel] = 0;
    }
}
