/* Converts Whisper weights from CTranslate2's format (model.bin, vocabulary.txt or .json) to the ggml file that whisper.cpp
 * loads. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef enum { CONVERT_F16, CONVERT_Q8_0 } ConvertType;

/* `directory` holds the weights; a model.bin in parts (model.bin.part1 … or as the packages carry them) is joined first by the
 * caller.
 * Writes `out` by a temporary file and rename. ERROR_CORRUPT names what is wrong with the input. */
bool convert_ctranslate2(const char *directory, const char *out, ConvertType type, GError **error);
