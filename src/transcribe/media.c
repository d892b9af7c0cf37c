/* A recording seen from the parent: a confined child decodes and recognises, this end answers its reads and takes its results.
 * Everything that the child says is checked: it may have been taken over by the recording. */
#include "transcribe/media.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "sandbox/channel.h"
#include "sandbox/child.h"
#include "transcribe/child.h"
#include "transcribe/liveness.h"
#include "transcribe/transcribe_backend.h"

#define PROGRESS_INTERVAL_MS 500
/* Address space of the child beside the models: libav and its libraries, the C library's arenas, libav's tables for two days of
 * recording, and the recogniser's buffers, which grow with the model, hence its factor. The tiny model's child peaks at 1.0 GiB
 * of 2.4. */
#define CHILD_MEMORY_BASE (2 * GIB)
#define CHILD_MEMORY_PER_THREAD (128 * MIB)
#define CHILD_MEMORY_MODEL_FACTOR 4

typedef struct {
    const MediaRequest *request;
    const TranscribeInput *input;
    Child *child;
    guint64 size;  /* of the recording */
    guint8 *block; /* CHILD_READ_BLOCK_BYTES */
    Transcript *transcript;
    json_t *waveform;
    Liveness liveness;
    gint64 reported_us; /* monotonic: the last report of progress */
    guint64 segment_bytes;
    guint words;
    bool done;
} Run;

static void run_clear(Run *run) {
    child_end(run->child);
    liveness_clear(&run->liveness);
    g_free(run->block);
    transcript_free(run->transcript);
    json_decref(run->waveform);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static bool fail_protocol(const char *what, GError **error) {
    return fail(error, ERROR_CRASHED, "The media child sent %s: the recording may be hostile; convert it and try again.", what);
}

/* A channel that failed is told by the child's death, which says more. */
static bool explain(Run *run, GError *failure, GError **error) {
    if (error_is(failure, ERROR_CRASHED)) {
        g_error_free(failure);
        return child_explain(run->child, error);
    }
    g_propagate_error(error, failure);
    return false;
}

static bool tell(Run *run, ChildMessageType type, const void *data, gsize size, GError **error) {
    GError *failure = NULL;
    return channel_send(child_channel(run->child), type, data, size, &failure) || explain(run, failure, error);
}

/* ---- what the child may send ---- */

static bool on_read(Run *run, const Message *message, GError **error) {
    ChildRead request;
    if (message->size != sizeof request) return fail_protocol("a read of a wrong form", error);
    memcpy(&request, message->data, sizeof request);
    if (request.size == 0 || request.size > CHILD_READ_BLOCK_BYTES || request.offset > run->size ||
        request.size > run->size - request.offset)
        return fail_protocol("a read outside the recording", error);
    liveness_read(&run->liveness, request.offset, g_get_monotonic_time());
    gsize got = 0;
    if (!store_reader_read(run->input->reader, request.offset, run->block, request.size, &got, error)) return false;
    if (got != request.size)
        return fail(error, ERROR_IO, "The recording ended at byte %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT ": try again.",
                    request.offset + got, run->size);
    return tell(run, CHILD_DATA, run->block, got, error);
}

static bool on_info(Run *run, const json_t *body, GError **error) {
    gint64 most_ms = run->request->duration_ms_max;
    run->liveness.total_ms = CLAMP(json_get_int(body, "duration_ms", -1), -1, RECORDING_MS_MAX);
    return most_ms == 0 || run->liveness.total_ms <= most_ms ||
           fail(error, ERROR_TOO_LARGE, "The recording is longer than %d minutes.", (int)(most_ms / 60000));
}

static bool on_progress(Run *run, const json_t *body, GError **error) {
    liveness_done(&run->liveness, json_get_int(body, "done_ms", 0), g_get_monotonic_time());
    return true;
}

static bool on_segment(Run *run, const json_t *body, GError **error) {
    g_autoptr(Transcript) part = NULL;
    if (!transcript_from_json(body, &part, NULL)) return fail_protocol("a segment of a wrong form", error);
    for (guint i = 0; i < part->segments->len; i++) {
        const Segment *segment = transcript_segment(part, i);
        run->words += segment->words ? segment->words->len : 0;
        const char *speaker = transcript_speaker_name(part, segment->speaker);
        if (run->words > WORDS_MAX || !child_segment_copy(run->transcript, segment, speaker))
            return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d segments or %d words: split the recording.",
                        SEGMENTS_MAX, WORDS_MAX);
    }
    if (part->segments->len > 0) liveness_segment(&run->liveness, g_get_monotonic_time());
    return true;
}

static bool on_waveform(Run *run, const json_t *body, GError **error) {
    const json_t *peaks = json_object_get(body, "peaks");
    gint64 interval_ms = json_get_int(body, "interval_ms", 0), duration_ms = json_get_int(body, "duration_ms", -1);
    if (!json_is_array(peaks) || json_array_size(peaks) > WAVEFORM_PEAKS_MAX || interval_ms < 1 ||
        interval_ms > RECORDING_MS_MAX || duration_ms < 0 || duration_ms > RECORDING_MS_MAX)
        return fail_protocol("a waveform of a wrong form", error);
    json_t *checked = json_array();
    gsize index;
    json_t *peak;
    json_array_foreach(peaks, index, peak) json_array_append_new(checked, json_integer(CLAMP(json_integer_value(peak), 0, 255)));
    json_decref(run->waveform);
    run->waveform = json_pack("{sisIsIso}", "schema", 1, "duration_ms", (json_int_t)duration_ms, "interval_ms",
                              (json_int_t)interval_ms, "peaks", checked);
    return true;
}

static bool on_done(Run *run, const json_t *body, GError **error) {
    Transcript *transcript = run->transcript;
    const char *language = json_get_string(body, "language", NULL);
    if (transcript_language_is_code(language)) transcript->language = g_strdup(language);
    transcript->duration_ms = CLAMP(json_get_int(body, "duration_ms", 0), 0, RECORDING_MS_MAX);
    transcript->covered_ms = CLAMP(json_get_int(body, "covered_ms", 0), 0, transcript->duration_ms);
    gint64 damaged = json_get_int(body, "damaged_packets", 0);
    if (damaged > 0) transcript->extra = json_pack("{sI}", "damaged_packets", (json_int_t)damaged);
    run->liveness.done_ms = transcript->covered_ms;
    run->liveness.total_ms = transcript->duration_ms;
    run->done = true;
    return true;
}

/* Only what a decoder and recogniser can find is taken over as said. */
static bool on_failed(Run *run, const json_t *body, GError **error) {
    ErrorCode code = error_code_named(json_get_string(body, "code", NULL));
    g_autofree char *clean = text_clean(json_get_string(body, "message", "The media child failed."), -1, false);
    g_autofree char *message = text_cut(clean, JOB_ERROR_BYTES_MAX);
    bool known = code == ERROR_BAD_MEDIA || code == ERROR_UNSUPPORTED_MEDIA || code == ERROR_TOO_LARGE || code == ERROR_CONFIG;
    return fail(error, known ? code : ERROR_CRASHED, "%s", message);
}

static bool (*const handlers[])(Run *run, const json_t *body, GError **error) = {
    [CHILD_INFO] = on_info,         [CHILD_PROGRESS] = on_progress, [CHILD_SEGMENT] = on_segment,
    [CHILD_WAVEFORM] = on_waveform, [CHILD_DONE] = on_done,         [CHILD_FAILED] = on_failed,
};

static bool handle(Run *run, const Message *message, GError **error) {
    if (message->type == CHILD_READ) return on_read(run, message, error);
    if (message->type >= G_N_ELEMENTS(handlers) || !handlers[message->type])
        return fail_protocol("a message of an unknown type", error);
    if (message->type == CHILD_SEGMENT && (run->segment_bytes += message->size) > DOCUMENT_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "The transcript is over the limit of 64 MiB: split the recording.");
    g_autoptr(json_t) body = json_parse_object(message->data, message->size, "the media child", NULL);
    return body ? handlers[message->type](run, body, error) : fail_protocol("a message of a wrong form", error);
}

/* ---- the run ---- */

static bool report(Run *run, bool now, GError **error) {
    gint64 time_us = g_get_monotonic_time();
    if (!now && time_us - run->reported_us < PROGRESS_INTERVAL_MS * 1000LL) return true;
    run->reported_us = time_us;
    return transcribe_report(run->input, run->liveness.done_ms, run->liveness.total_ms, error);
}

static bool next_message(Run *run, GError **error) {
    GError *failure = NULL;
    if (!channel_wait(child_channel(run->child), PROGRESS_INTERVAL_MS, &failure)) {
        if (!error_is(failure, ERROR_TIMEOUT)) return explain(run, failure, error);
        g_error_free(failure);
        return true;
    }
    g_auto(Message) message = {0};
    if (!channel_receive(child_channel(run->child), CHILD_SILENCE_MS, &message, &failure)) return explain(run, failure, error);
    return handle(run, &message, error);
}

static guint64 file_size(const char *path) {
    GStatBuf info;
    return g_stat(path, &info) == 0 ? (guint64)info.st_size : 0;
}

static bool start(Run *run, GError **error) {
    const MediaRequest *request = run->request;
    const ModelPaths *paths = request->paths;
    ChildOptions options = {.model_path = paths ? paths->model : "",
                            .vad_path = paths ? paths->vad : "",
                            .language = request->language,
                            .vocabulary = request->vocabulary,
                            .filename = run->input->filename,
                            .size = (gint64)run->size,
                            .memory_bytes_max = (gint64)(CHILD_MEMORY_BASE + (paths ? CHILD_MEMORY_MODEL_FACTOR * file_size(paths->model) : 0) +
                                                         (guint64)request->threads * CHILD_MEMORY_PER_THREAD),
                            .threads = request->threads,
                            .channels = request->channels};
    g_autoptr(json_t) json = child_options_to_json(&options);
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    const char *const arguments[] = {"media-child", NULL};
    return child_start(arguments, NULL, 0, &run->child, error) &&
           tell(run, CHILD_OPTIONS, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
}

bool media_run(const MediaRequest *request, TranscribeResult *result, GError **error) {
    g_auto(Run) run = {.request = request,
                       .input = request->input,
                       .size = store_reader_size(request->input->reader),
                       .block = g_malloc(CHILD_READ_BLOCK_BYTES),
                       .transcript = transcript_new()};
    liveness_init(&run.liveness, run.size, g_get_monotonic_time());
    if (!start(&run, error)) return false;
    while (!run.done)
        if (!liveness_check(&run.liveness, g_get_monotonic_time(), error) || !next_message(&run, error) ||
            !report(&run, run.done, error))
            return false;
    if (!run.waveform) return fail_protocol("no waveform", error);
    transcript_sort(run.transcript);
    result->transcript = g_steal_pointer(&run.transcript);
    result->waveform = g_steal_pointer(&run.waveform);
    return true;
}
