/* Looks a ggml model file over before whisper.cpp loads it: that loader trusts sizes in the file and ends the process on some
 * that are wrong. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

/* ERROR_CONFIG names the setting (HANSARD_MODEL, HANSARD_VAD_MODEL), the file and what to do. */
bool model_file_check_whisper(const char *path, GError **error);
bool model_file_check_vad(const char *path, GError **error);
