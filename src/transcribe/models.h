/* Which speech model files serve a language, and where set-up put them. */
#pragma once

#include "base/settings.h"

typedef struct {
    char *model, *vad; /* paths of readable files */
} ModelPaths;

void model_paths_clear(ModelPaths *paths);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ModelPaths, model_paths_clear)

/* What the settings name; else what is installed: for English (or no language) the small English model, for any other language and for "auto"
 * the one of many languages, which also serves English where it stands alone. Looked for in HANSARD_PREFIX (else the user's cache), beside
 * the program in ../share/hansard/models, and in /usr/share/hansard/models. ERROR_CONFIG says what is missing and what to do. */
bool models_find(const Settings *settings, const char *language, ModelPaths *paths, GError **error);
