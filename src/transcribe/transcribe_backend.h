/* For those who implement a transcriber. */
#pragma once

#include "transcribe/transcribe.h"

typedef struct {
    const char *name;
    /* Checks the settings (model there, readable) without doing the work. */
    bool (*check)(const Settings *settings, GError **error);
    bool (*run)(const Settings *settings, const TranscribeInput *input, TranscribeResult *result, GError **error);
} TranscriberBackend;

extern const TranscriberBackend transcriber_whisper;
extern const TranscriberBackend transcriber_none; /* recordings are refused: text only */
