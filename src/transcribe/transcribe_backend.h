/* For those who implement a transcriber. */
#pragma once

#include "transcribe/transcribe.h"

typedef struct {
    const char *name;
    /* Checks the settings (model there, readable) without doing the work. */
    bool (*check)(const Settings *settings, GError **error);
    bool (*run)(const Settings *settings, const TranscribeInput *input, TranscribeResult *result, GError **error);
} TranscriberBackend;

/* Reports to the input's progress, where it has one; false when it asks to stop, with the error set. */
bool transcribe_report(const TranscribeInput *input, gint64 done_ms, gint64 total_ms, GError **error);

extern const TranscriberBackend transcriber_whisper;
extern const TranscriberBackend transcriber_none; /* recordings are refused: text only */
