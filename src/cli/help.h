/* What `hansard help` prints. */
#pragma once

#include "cli/command.h"

#define HELP_PURPOSE                                                                                                     \
    "Hansard turns the recording of a meeting into a transcript, a summary, action items, decisions and requirements,\n" \
    "each with the words and the second that prove it, kept in your own bucket or directory."
#define HELP_SETTINGS                                                                                                    \
    "from the environment, a file, or options; an option wins over the environment, the environment over the file. The " \
    "file is the one that HANSARD_SETTINGS names, else .env in the working directory."
#define HELP_EXIT_STATUS "0 done, 1 failed, 2 wrong usage or a wrong setting."

/* All commands; or, for `topic` "settings", the settings table. For those who make packages, "man" and "settings.man" are the manual pages
 * hansard(1) and hansard.conf(5), "bash", "zsh" and "fish" what completes the command line there. Another topic is unknown. Returns the exit
 * status. */
int help_print(const Command *const *commands, const char *topic);

/* The command-line option of a setting, without dashes: "data" for HANSARD_DATA. Caller frees. */
char *help_option_name(const SettingSpec *spec);

void help_print_man(const Command *const *commands);
void help_print_settings_man(void);
void help_print_bash(const Command *const *commands);
void help_print_zsh(const Command *const *commands);
void help_print_fish(const Command *const *commands);
