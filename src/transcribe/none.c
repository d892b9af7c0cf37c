/* No speech recognition: only transcripts are taken. */
#include "transcribe/transcribe_backend.h"

static bool none_open(const Settings *settings, gpointer *state, GError **error) { return true; }

static bool none_run(gpointer state, const TranscribeInput *input, TranscribeResult *result, GError **error) {
    return fail(error, ERROR_UNSUPPORTED_MEDIA,
                "Recordings are not transcribed here (HANSARD_TRANSCRIBER is none): send a transcript (VTT, SRT, TXT or JSON), "
                "or set it to whisper or amazon.");
}

const TranscriberBackend transcriber_none = {.name = "none", .open = none_open, .run = none_run};
