/* Where the speech models stand that the settings do not name. */
#pragma once

#include "base/settings.h"

/* Fills settings->model and settings->vad_model where they are not set and a file is found: of set-up's prefix (HANSARD_PREFIX,
 * ~/.cache/hansard), beside the program (../share/hansard/models), or /usr/share/hansard/models; tiny.en before base unless the language
 * asked for is not English. What is not found stays NULL: the transcriber then says what to do. */
void models_find(Settings *settings);
