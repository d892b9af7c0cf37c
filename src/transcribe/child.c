/* The confined process: what it needs from files is loaded first; from child_confine() on it has only memory, threads, the clock
 * and its channel, and only then touches the recording. Samples flow in blocks of a second from decoder to recogniser; where
 * channels carry a speaker each, the recording is read once a channel, so that memory does not grow with their number. */
#include "transcribe/child.h"

#include <stdlib.h>

#include "audio/audio.h"
#include "audio/channels.h"
#include "audio/waveform.h"
#include "base/limits.h"
#include "sandbox/channel.h"
#include "sandbox/child.h"
#include "speech/speech.h"

#define OPTIONS_TIMEOUT_MS 60000
/* A container's duration that is off by no more than this is rounding, no missing end. */
#define DURATION_SLACK_MS 500
#define LISTEN_PROGRESS_S 60 /* of the recording, between two reports where nothing is recognised */

json_t *child_options_to_json(const ChildOptions *options) {
    return json_pack("{sosososososIsIsiso}", "model", json_text(options->model_path), "vad", json_text(options->vad_path),
                     "language", json_text(options->language), "vocabulary", json_text(options->vocabulary), "filename",
                     json_text(options->filename), "size", (json_int_t)options->size, "memory_bytes_max",
                     (json_int_t)options->memory_bytes_max, "threads", options->threads, "channels", json_text(options->channels));
}

ChildOptions child_options_from_json(const json_t *json) {
    return (ChildOptions){.model_path = json_get_string(json, "model", ""),
                          .vad_path = json_get_string(json, "vad", ""),
                          .language = json_get_string(json, "language", NULL),
                          .vocabulary = json_get_string(json, "vocabulary", NULL),
                          .filename = json_get_string(json, "filename", ""),
                          .size = json_get_int(json, "size", 0),
                          .memory_bytes_max = json_get_int(json, "memory_bytes_max", 0),
                          .threads = (int)json_get_int(json, "threads", 1),
                          .channels = json_get_string(json, "channels", NULL)};
}

bool child_segment_copy(Transcript *transcript, const Segment *segment, const char *speaker) {
    if (transcript->segments->len >= SEGMENTS_MAX) return false;
    int index = transcript_speaker(transcript, speaker);
    Segment *copy = transcript_add(transcript, segment->start_ms, segment->end_ms, index, segment->text);
    if (!copy) return true;
    copy->confidence = segment->confidence;
    for (guint i = 0; segment->words && i < segment->words->len; i++) {
        const Word *word = &g_array_index(segment->words, Word, i);
        segment_add_word(copy, word->start_ms, word->end_ms, word->confidence, word->text);
    }
    return true;
}

/* Takes the reference to `body`. */
static bool send_json(ChildMessageType type, json_t *body, GError **error) {
    g_autoptr(json_t) owned = body;
    g_autoptr(GBytes) bytes = json_to_bytes(owned, false);
    return channel_send(CHILD_CHANNEL_FD, type, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
}

static bool read_block(guint64 offset, void *buffer, guint32 size, GError **error) {
    ChildRead request = {.offset = offset, .size = size};
    g_auto(Message) answer = {0};
    if (!channel_send(CHILD_CHANNEL_FD, CHILD_READ, &request, sizeof request, error) ||
        !channel_receive(CHILD_CHANNEL_FD, -1, &answer, error))
        return false;
    if (answer.type != CHILD_DATA || answer.size != size)
        return fail(error, ERROR_INTERNAL, "The parent answered a read of %u bytes with message %u of %u.", size, answer.type,
                    answer.size);
    memcpy(buffer, answer.data, size);
    return true;
}

/* AudioRead; `source` is the recording's size. */
static bool read_recording(gpointer source, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    guint64 whole = *(const guint64 *)source;
    gsize wanted = offset >= whole ? 0 : (gsize)MIN(size, whole - offset);
    for (gsize done = 0; done < wanted;) {
        guint32 block = (guint32)MIN(wanted - done, CHILD_READ_BLOCK_BYTES);
        if (!read_block(offset + done, (guint8 *)buffer + done, block, error)) return false;
        done += block;
    }
    *got = wanted;
    return true;
}

/* One reading of the recording after another: a track each. */
typedef struct {
    const ChildOptions *options;
    guint64 size; /* of the recording */
    Speech *speech;      /* NULL: only listens */
    Audio *audio;        /* opened and not read yet; may be NULL */
    Channels *channels;  /* judged to be speakers; NULL: not */
    guint tracks, track; /* 1: all channels, mixed; the one that is heard */
    float *block;        /* a second of all tracks */
    Waveform *waveform;  /* of the first reading, as all else */
    gint64 covered_ms;   /* what was decoded */
    guint64 damaged_packets;
    const char *language; /* the first that is known */
} Hearing;

static void hearing_clear(Hearing *hearing) {
    audio_close(hearing->audio);
    g_clear_pointer(&hearing->channels, channels_free);
    g_free(hearing->block);
    waveform_free(hearing->waveform);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Hearing, hearing_clear)

static bool on_segment(const Segment *segment, gpointer user_data, GError **error) {
    const Hearing *hearing = user_data;
    g_autoptr(Transcript) one = transcript_new();
    g_autofree char *speaker = hearing->tracks > 1 ? g_strdup_printf("Channel %u", hearing->track + 1) : NULL;
    child_segment_copy(one, segment, speaker);
    return one->segments->len == 0 || send_json(CHILD_SEGMENT, transcript_to_json(one), error);
}

/* A parent that is gone shows at the next message that can fail. */
static void on_progress(gint64 done_ms, gpointer user_data) {
    const Hearing *hearing = user_data;
    g_assert(hearing->tracks > 0); /* there is sound */
    gint64 all_ms = (hearing->track * hearing->covered_ms + done_ms) / hearing->tracks;
    send_json(CHILD_PROGRESS, json_pack("{sI}", "done_ms", (json_int_t)all_ms), NULL);
}

static bool open_audio(Hearing *hearing, AudioInfo *info, GError **error) {
    return audio_open(read_recording, &hearing->size, hearing->size, hearing->options->filename, &hearing->audio, info, error);
}

/* Leaves the track's samples at the block's beginning; those of all tracks, mixed, go to the waveform. */
static void take_track(Hearing *hearing, gsize count) {
    float *block = hearing->block;
    for (gsize i = 0; i < count; i++) {
        const float *samples = block + i * hearing->tracks;
        float sum = 0, own = samples[hearing->track];
        for (guint t = 0; t < hearing->tracks; t++) sum += samples[t];
        if (hearing->track == 0) waveform_add(hearing->waveform, &(float){sum / (float)hearing->tracks}, 1);
        block[i] = own;
    }
}

static bool hear_track(Hearing *hearing, GError **error) {
    AudioInfo info;
    gint64 decoded = 0;
    const char *language = NULL;
    if (!hearing->audio && !open_audio(hearing, &info, error)) return false;
    g_autoptr(Audio) audio = g_steal_pointer(&hearing->audio);
    audio_separate(audio, hearing->tracks);
    for (gsize count;;) {
        if (!audio_read(audio, hearing->block, AUDIO_RATE_HZ, &count, error)) return false;
        if (count == 0) break;
        decoded += (gint64)count;
        if (hearing->channels) channels_hush(hearing->channels, hearing->track, hearing->block, count);
        take_track(hearing, count);
        if (hearing->speech && !speech_write(hearing->speech, hearing->block, count, on_segment, on_progress, hearing, error)) return false;
        if (!hearing->speech && decoded % (LISTEN_PROGRESS_S * AUDIO_RATE_HZ) < AUDIO_RATE_HZ) on_progress(decoded * 1000 / AUDIO_RATE_HZ, hearing);
    }
    if (hearing->speech && !speech_finish(hearing->speech, on_segment, on_progress, hearing, &language, error)) return false;
    if (!hearing->language) hearing->language = language;
    if (hearing->track > 0) return true;
    hearing->covered_ms = decoded * 1000 / AUDIO_RATE_HZ;
    hearing->damaged_packets = audio_damaged_packets(audio);
    return true;
}

/* Sets `tracks` by the recording's beginning. Damage that shows there is told when it is heard. */
static void judge_channels(Hearing *hearing, guint count) {
    g_autoptr(Audio) audio = g_steal_pointer(&hearing->audio);
    g_autoptr(Channels) channels = channels_new(count);
    gsize got = 0;
    audio_separate(audio, count);
    while (audio_read(audio, hearing->block, AUDIO_RATE_HZ, &got, NULL) && got > 0 && channels_add(channels, hearing->block, got)) {}
    if (channels_separate(channels)) hearing->channels = g_steal_pointer(&channels);
    if (hearing->channels || g_strcmp0(hearing->options->channels, "separate") == 0) hearing->tracks = count;
}

static bool transcribe(const ChildOptions *options, Speech *speech, GError **error) {
    g_auto(Hearing) hearing = {.options = options,
                               .size = (guint64)options->size,
                               .speech = speech,
                               .tracks = 1,
                               .block = g_new(float, AUDIO_RATE_HZ * AUDIO_TRACKS_MAX),
                               .waveform = waveform_new()};
    AudioInfo info;
    if (!open_audio(&hearing, &info, error) ||
        !send_json(CHILD_INFO, json_pack("{sI}", "duration_ms", (json_int_t)info.duration_ms), error))
        return false;
    bool mix = g_strcmp0(options->channels, "mix") == 0;
    if (speech && !mix && info.channels >= 2 && info.channels <= AUDIO_TRACKS_MAX) judge_channels(&hearing, (guint)info.channels);
    for (; hearing.track < hearing.tracks; hearing.track++)
        if (!hear_track(&hearing, error)) return false;
    bool cut_short = info.duration_ms > hearing.covered_ms + DURATION_SLACK_MS;
    return send_json(CHILD_WAVEFORM, waveform_to_json(hearing.waveform), error) &&
           send_json(CHILD_DONE,
                     json_pack("{sosIsIsI}", "language", json_text(hearing.language), "duration_ms",
                               (json_int_t)(cut_short ? info.duration_ms : hearing.covered_ms), "covered_ms",
                               (json_int_t)hearing.covered_ms, "damaged_packets", (json_int_t)hearing.damaged_packets),
                     error);
}

static bool run(GError **error) {
    g_auto(Message) message = {0};
    if (!channel_receive(CHILD_CHANNEL_FD, OPTIONS_TIMEOUT_MS, &message, error)) return false;
    g_autoptr(json_t) json = json_parse_object(message.data, message.size, "the media child's options", error);
    if (!json) return false;
    ChildOptions options = child_options_from_json(json);
    SpeechOptions speech_options = {.model_path = options.model_path,
                                    .vad_path = options.vad_path,
                                    .language = options.language,
                                    .vocabulary = options.vocabulary,
                                    .threads = options.threads};
    /* Recognition that takes more processor time than the longest recording lasts, on every thread, runs in circles. */
    ChildLimits limits = {.memory_bytes_max = (guint64)options.memory_bytes_max,
                          .cpu_s_max = (guint64)(RECORDING_MS_MAX / 1000) * (guint64)options.threads};
    g_autoptr(Speech) speech = NULL;
    bool listens_only = options.model_path[0] == '\0';
    return audio_load(error) && (listens_only || speech_open(&speech_options, &speech, error)) && child_confine(&limits, error) &&
           transcribe(&options, speech, error);
}

int transcribe_child_main(void) {
    g_autoptr(GError) error = NULL;
    if (run(&error)) return EXIT_SUCCESS;
    /* Where even this does not go through, the parent explains the child's end by its exit status. */
    send_json(CHILD_FAILED, json_pack("{ssso}", "code", error_kind(error)->name, "message", json_text(error->message)), NULL);
    return EXIT_FAILURE;
}
