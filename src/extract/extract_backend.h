/* For those who implement an extractor. A backend proposes; evidence.c disposes. */
#pragma once

#include "extract/extract.h"

typedef struct {
    const char *name;
    /* Checks the settings that it needs and makes what it keeps between runs; asks nobody yet. NULL: it needs neither. */
    bool (*open)(const Settings *settings, gpointer *state, GError **error);
    /* From any number of threads. Where another's work stands in for its own, it sets minutes->extractor and minutes->note. */
    bool (*run)(gpointer state, const ExtractInput *input, Minutes **minutes, GError **error);
    void (*close)(gpointer state); /* NULL: nothing to close */
} ExtractorBackend;

extern const ExtractorBackend extractor_offline, extractor_openai, extractor_bedrock;
