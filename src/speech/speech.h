/* Speech to text with whisper.cpp over a stream of samples: voice activity detection first, speech packed into chunks of at most
 * 28 s cut at
 * silences, one recognition a chunk, so that memory does not grow with the recording and noise is not turned into sentences. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"
#include "model/transcript.h"

typedef struct {
    const char *model_path, *vad_path; /* ggml files; read at open */
    const char *language;              /* ISO 639-1; NULL or "auto": detected (an English-only model: "en") */
    const char *vocabulary;            /* names and terms to expect; NULL: none */
    int threads;                       /* ≥ 1 */
} SpeechOptions;

typedef struct Speech Speech;

/* Called for each segment in order of time, times in the recording's milliseconds; the segment is the callee's to copy. False
 * stops. */
typedef bool (*SpeechSegment)(const Segment *segment, gpointer user_data, GError **error);
/* Called at least once a second of work: the recording is recognised up to here. */
typedef void (*SpeechProgress)(gint64 done_ms, gpointer user_data);

/* ERROR_CONFIG: the model file is missing, damaged or none of whisper's: names HANSARD_MODEL and what to put there. */
bool speech_open(const SpeechOptions *options, Speech **speech, GError **error);
/* 16 kHz mono samples, any number at a time; recognises as chunks fill. */
bool speech_write(Speech *speech, const float *samples, gsize count, SpeechSegment on_segment, SpeechProgress on_progress,
                  gpointer user_data,
                  GError **error);
/* The rest; what is written then is another recording. `language`: what was set or detected, NULL where it was to be detected and
 * nobody spoke; borrowed until close. */
bool speech_finish(Speech *speech, SpeechSegment on_segment, SpeechProgress on_progress, gpointer user_data,
                   const char **language,
                   GError **error);
void speech_close(Speech *speech);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Speech, speech_close)
