/* From a transcript to minutes: summary, action items, decisions, questions, requirements, each proved by a quote. One file a backend. */
#pragma once

#include "base/settings.h"
#include "model/item.h"
#include "model/transcript.h"

typedef struct Extractor Extractor;

/* 0..1, in the thread that runs. Called at least every second, also while a model is waited for; false stops the run. */
typedef bool (*ExtractProgress)(double done, gpointer user_data, GError **error);

typedef struct {
    const Transcript *transcript;
    gint64 meeting_ms;       /* when the meeting took place (Unix ms): due dates are resolved against it */
    ExtractProgress progress; /* may be NULL */
    gpointer user_data;
} ExtractInput;

/* ERROR_CONFIG, which names the setting, where one is missing or wrong. `settings` must outlive the extractor. */
bool extractor_open(const Settings *settings, Extractor **extractor, GError **error);
const char *extractor_name(const Extractor *extractor);
/* Fails only where the progress says stop, or a defect is met: where a model can't be had, the offline extractor's work stands and minutes->note
 * says why. Every item of the result has passed evidence_check(): the quote stands in the transcript; what did not pass is counted in `dropped`. */
bool extractor_run(Extractor *extractor, const ExtractInput *input, Minutes **minutes, GError **error);
void extractor_close(Extractor *extractor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Extractor, extractor_close)
