/* For those who implement a transcriber. */
#pragma once

#include "transcribe/transcribe.h"

typedef struct {
    const char *name;
    /* Checks the settings (model there, readable) without doing the work. `*state` is what the other functions get. */
    bool (*open)(const Settings *settings, gpointer *state, GError **error);
    bool (*probe)(gpointer state, GError **error); /* transcriber_probe(); NULL: nothing to try */
    bool (*run)(gpointer state, const TranscribeInput *input, TranscribeResult *result, GError **error);
    void (*forget)(gpointer state, const TranscribeInput *input); /* transcriber_forget(); NULL: nothing leaves this machine */
    void (*close)(gpointer state); /* NULL: nothing to do */
} TranscriberBackend;

/* Reports to the input's progress, where it has one; false when it asks to stop, with the error set. */
bool transcribe_report(const TranscribeInput *input, gint64 done_ms, gint64 total_ms, GError **error);

extern const TranscriberBackend transcriber_whisper;
extern const TranscriberBackend transcriber_amazon;
extern const TranscriberBackend transcriber_none; /* recordings are refused: text only */
