/* No speech recognition: only transcripts are taken. */
#include "transcribe/transcribe_backend.h"

static bool none_check(const Settings *settings, GError **error) { return true; }

static bool none_run(const Settings *settings, const TranscribeInput *input, TranscribeResult *result, GError **error) {
    return fail(error, ERROR_UNSUPPORTED_MEDIA,
                "Recordings are not transcribed here (HANSARD_TRANSCRIBER is none): send a transcript (VTT, SRT, TXT or JSON), "
                "or set it to whisper.");
}

const TranscriberBackend transcriber_none = {.name = "none", .check = none_check, .run = none_run};
