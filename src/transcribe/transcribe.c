/* One entry for all transcribers: what is a transcript already is imported, all else goes to the backend that the settings name.
 */
#include "transcribe/transcribe.h"

#include <string.h>

#include "base/limits.h"
#include "transcribe/import.h"
#include "transcribe/transcribe_backend.h"

#define HEAD_BYTES (64 * KIB) /* that import_detect() judges by */

struct Transcriber {
    const TranscriberBackend *backend;
    gpointer state;
};

static const TranscriberBackend *const backends[] = {&transcriber_whisper, &transcriber_amazon, &transcriber_none};

void transcribe_result_clear(TranscribeResult *result) {
    g_clear_pointer(&result->transcript, transcript_free);
    g_clear_pointer(&result->waveform, json_decref);
}

static const TranscriberBackend *backend_of(const Settings *settings) {
    for (gsize i = 0; i < G_N_ELEMENTS(backends); i++)
        if (strcmp(backends[i]->name, settings->transcriber) == 0) return backends[i];
    return NULL;
}

bool transcriber_open(const Settings *settings, Transcriber **transcriber, GError **error) {
    const TranscriberBackend *backend = backend_of(settings);
    gpointer state = NULL;
    if (!backend)
        return fail(error, ERROR_CONFIG, "HANSARD_TRANSCRIBER is \"%s\", which is no transcriber: set it to whisper, amazon or none.",
                    settings->transcriber);
    if (!backend->open(settings, &state, error)) return false;
    *transcriber = g_new0(Transcriber, 1);
    **transcriber = (Transcriber){.backend = backend, .state = state};
    return true;
}

bool transcriber_is_remote(const Settings *settings) {
    const TranscriberBackend *backend = backend_of(settings);
    return backend && backend->forget;
}

const char *transcriber_name(const Transcriber *transcriber) { return transcriber->backend->name; }

bool transcriber_probe(Transcriber *transcriber, GError **error) {
    return !transcriber->backend->probe || transcriber->backend->probe(transcriber->state, error);
}

void transcriber_forget(Transcriber *transcriber, const TranscribeInput *input) {
    if (transcriber && transcriber->backend->forget) transcriber->backend->forget(transcriber->state, input);
}

void transcriber_close(Transcriber *transcriber) {
    if (transcriber && transcriber->backend->close) transcriber->backend->close(transcriber->state);
    g_free(transcriber);
}

bool transcribe_report(const TranscribeInput *input, gint64 done_ms, gint64 total_ms, GError **error) {
    g_autoptr(GError) why = NULL;
    if (!input->progress || input->progress(done_ms, total_ms, input->user_data, &why)) return true;
    if (!why) return fail(error, ERROR_CANCELLED, "The transcription was stopped on request: start it again when it suits.");
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

/* Reading a file of the largest size takes seconds: it is asked before and after whether to go on. */
static bool import(const TranscribeInput *input, ImportFormat format, guint64 size, TranscribeResult *result, GError **error) {
    if (size > TRANSCRIPT_FILE_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "The transcript file is over the limit of 32 MiB: split it.");
    g_autofree char *data = g_malloc((gsize)size);
    gsize got = 0;
    g_autoptr(Transcript) transcript = NULL;
    if (!store_reader_read(input->reader, 0, data, (gsize)size, &got, error) ||
        !transcribe_report(input, 0, -1, error) || !import_transcript(format, data, got, &transcript, error) ||
        !transcribe_report(input, transcript->duration_ms, transcript->duration_ms, error))
        return false;
    if (!transcript->transcriber) transcript->transcriber = g_strdup("import");
    if (!transcript->model) transcript->model = g_strdup(import_format_name(format));
    result->transcript = g_steal_pointer(&transcript);
    result->waveform = NULL;
    return true;
}

bool transcriber_run(Transcriber *transcriber, const TranscribeInput *input, TranscribeResult *result, GError **error) {
    guint64 size = store_reader_size(input->reader);
    if (size == 0) return fail(error, ERROR_BAD_MEDIA, "The file is empty (0 bytes): upload it again.");
    g_autofree char *head = g_malloc(HEAD_BYTES);
    gsize got = 0;
    if (!store_reader_read(input->reader, 0, head, HEAD_BYTES, &got, error)) return false;
    ImportFormat format = import_detect(head, got, input->filename);
    if (format != IMPORT_NONE) return import(input, format, size, result, error);
    return transcriber->backend->run(transcriber->state, input, result, error);
}
