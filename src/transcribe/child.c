/* The confined process: what it needs from files is loaded first; from child_confine() on it has only memory, threads, the clock
 * and its channel, and only then touches the recording. Samples flow in blocks of a second from decoder to recogniser. */
#include "transcribe/child.h"

#include <stdlib.h>

#include "audio/audio.h"
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
    return json_pack("{sosososososIsIsi}", "model", json_text(options->model_path), "vad", json_text(options->vad_path),
                     "language", json_text(options->language), "vocabulary", json_text(options->vocabulary), "filename",
                     json_text(options->filename), "size", (json_int_t)options->size, "memory_bytes_max",
                     (json_int_t)options->memory_bytes_max, "threads", options->threads);
}

ChildOptions child_options_from_json(const json_t *json) {
    return (ChildOptions){.model_path = json_get_string(json, "model", ""),
                          .vad_path = json_get_string(json, "vad", ""),
                          .language = json_get_string(json, "language", NULL),
                          .vocabulary = json_get_string(json, "vocabulary", NULL),
                          .filename = json_get_string(json, "filename", ""),
                          .size = json_get_int(json, "size", 0),
                          .memory_bytes_max = json_get_int(json, "memory_bytes_max", 0),
                          .threads = (int)json_get_int(json, "threads", 1)};
}

bool child_segment_copy(Transcript *transcript, const Segment *segment) {
    if (transcript->segments->len >= SEGMENTS_MAX) return false;
    Segment *copy = transcript_add(transcript, segment->start_ms, segment->end_ms, -1, segment->text);
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

static bool on_segment(const Segment *segment, gpointer user_data, GError **error) {
    g_autoptr(Transcript) one = transcript_new();
    child_segment_copy(one, segment);
    return one->segments->len == 0 || send_json(CHILD_SEGMENT, transcript_to_json(one), error);
}

/* A parent that is gone shows at the next message that can fail. */
static void on_progress(gint64 done_ms, gpointer user_data) {
    send_json(CHILD_PROGRESS, json_pack("{sI}", "done_ms", (json_int_t)done_ms), NULL);
}

/* `speech` NULL: only listens. `*covered_ms`: what was decoded. */
static bool recognise(Audio *audio, Speech *speech, Waveform *waveform, const char **language, gint64 *covered_ms,
                      GError **error) {
    g_autofree float *samples = g_new(float, AUDIO_RATE_HZ);
    gint64 decoded = 0;
    for (gsize count;;) {
        if (!audio_read(audio, samples, AUDIO_RATE_HZ, &count, error)) return false;
        if (count == 0) break;
        decoded += (gint64)count;
        waveform_add(waveform, samples, count);
        if (speech && !speech_write(speech, samples, count, on_segment, on_progress, NULL, error)) return false;
        if (!speech && decoded % (LISTEN_PROGRESS_S * AUDIO_RATE_HZ) < AUDIO_RATE_HZ) on_progress(decoded * 1000 / AUDIO_RATE_HZ, NULL);
    }
    *covered_ms = decoded * 1000 / AUDIO_RATE_HZ;
    return !speech || speech_finish(speech, on_segment, on_progress, NULL, language, error);
}

static bool transcribe(const ChildOptions *options, Speech *speech, GError **error) {
    g_autoptr(Audio) audio = NULL;
    g_autoptr(Waveform) waveform = waveform_new();
    AudioInfo info;
    guint64 size = (guint64)options->size;
    const char *language = NULL;
    gint64 covered_ms = 0;
    if (!audio_open(read_recording, &size, size, options->filename, &audio, &info, error) ||
        !send_json(CHILD_INFO, json_pack("{sI}", "duration_ms", (json_int_t)info.duration_ms), error) ||
        !recognise(audio, speech, waveform, &language, &covered_ms, error))
        return false;
    gint64 duration_ms = info.duration_ms > covered_ms + DURATION_SLACK_MS ? info.duration_ms : covered_ms;
    return send_json(CHILD_WAVEFORM, waveform_to_json(waveform), error) &&
           send_json(CHILD_DONE,
                     json_pack("{sosIsIsI}", "language", json_text(language), "duration_ms", (json_int_t)duration_ms,
                               "covered_ms", (json_int_t)covered_ms, "damaged_packets", (json_int_t)audio_damaged_packets(audio)),
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
