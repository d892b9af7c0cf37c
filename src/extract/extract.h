/* From a transcript to minutes: summary, action items, decisions, questions, requirements, each proved by a quote. One file a backend. */
#pragma once

#include "base/settings.h"
#include "model/item.h"
#include "model/transcript.h"

typedef struct Extractor Extractor;

typedef bool (*ExtractProgress)(double done, gpointer user_data, GError **error); /* 0..1 */

typedef struct {
    const Transcript *transcript;
    gint64 meeting_ms;       /* when the meeting took place (Unix ms): due dates are resolved against it */
    ExtractProgress progress; /* may be NULL */
    gpointer user_data;
} ExtractInput;

bool extractor_open(const Settings *settings, Extractor **extractor, GError **error);
const char *extractor_name(const Extractor *extractor);
/* Every item of the result has passed evidence_check(): the quote stands in the transcript; what did not pass is counted in `dropped`. */
bool extractor_run(Extractor *extractor, const ExtractInput *input, Minutes **minutes, GError **error);
void extractor_close(Extractor *extractor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Extractor, extractor_close)
