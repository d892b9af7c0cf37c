/* For those who implement an extractor. A backend proposes; evidence.c disposes. */
#pragma once

#include "extract/extract.h"

typedef struct {
    const char *name;
    bool (*check)(const Settings *settings, GError **error);
    bool (*run)(const Settings *settings, const ExtractInput *input, Minutes **minutes, GError **error);
} ExtractorBackend;

extern const ExtractorBackend extractor_offline;
