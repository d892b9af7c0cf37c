/* What `hansard help` prints. */
#pragma once

#include "cli/command.h"

/* All commands; or, for `topic` "settings", the settings table; another topic is unknown. Returns the exit status. */
int help_print(const Command *const *commands, const char *topic);

/* The command-line option of a setting, without dashes: "data" for HANSARD_DATA. Caller frees. */
char *help_option_name(const SettingSpec *spec);
