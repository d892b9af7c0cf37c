/* What a model's service sends back, whatever it is: "status", header lines, an empty line, the body. */
#pragma once

#include "extract/llm.h"

/* Asks `service`, opened with `options` (names and values of settings), one question to which every answer is the input. What comes of it is held to
 * what llm.h says: a text to read, or a fault and an error that holds no `secret`. */
void fuzz_service(const LlmService *service, const char *const *options, const char *secret, const guint8 *data, gsize size);
