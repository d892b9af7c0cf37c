/* The parent's side of the media child (child.h): hands it the recording, takes what it finds, and ends it where it is stuck. */
#pragma once

#include "transcribe/models.h"
#include "transcribe/transcribe.h"

typedef struct {
    const TranscribeInput *input;      /* its progress is told */
    const ModelPaths *paths;           /* NULL: nothing is recognised: length and waveform only, without a segment */
    const char *language, *vocabulary; /* may be NULL */
    const char *channels;              /* HANSARD_CHANNELS; NULL: auto */
    int threads;
    gint64 duration_ms_max; /* a recording whose container says that it is longer is ERROR_TOO_LARGE; 0: none is */
} MediaRequest;

/* `result` has a transcript (without transcriber and model) and a waveform. ERROR_CRASHED where the child died, was stuck or broke its rules;
 * ERROR_BAD_MEDIA, ERROR_UNSUPPORTED_MEDIA, ERROR_TOO_LARGE, ERROR_CONFIG as it says; or as the progress says. Blocks; any number of threads may call
 * it. */
bool media_run(const MediaRequest *request, TranscribeResult *result, GError **error);
