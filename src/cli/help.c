/* Help texts, made from the tables. */
#include "cli/help.h"

#include <string.h>

#include "cli/terminal.h"

char *help_option_name(const SettingSpec *spec) {
    const char *name = g_str_has_prefix(spec->name, "HANSARD_") ? spec->name + strlen("HANSARD_") : spec->name;
    return g_strdelimit(g_ascii_strdown(name, -1), "_", '-');
}

static void print_settings(void) {
    g_print("Settings: %s\n\n", HELP_SETTINGS);
    for (gsize i = 0; i < settings_count; i++) {
        const SettingSpec *spec = &settings_table[i];
        g_autofree char *option = help_option_name(spec);
        g_print("  %s (--%s)%s%s%s\n      %s\n", spec->name, option, spec->fallback ? " [" : "", spec->fallback ? spec->fallback : "",
                spec->fallback ? "]" : "", spec->sentence);
    }
}

/* The table of docs/options.md. */
static void print_settings_markdown(void) {
    g_print("| setting | option | default | meaning |\n| --- | --- | --- | --- |\n");
    for (gsize i = 0; i < settings_count; i++) {
        const SettingSpec *spec = &settings_table[i];
        g_autofree char *option = help_option_name(spec);
        g_print("| `%s` | `--%s` | %s | %s |\n", spec->name, option, spec->fallback ? spec->fallback : "(none)", spec->sentence);
    }
}

static void print_commands(const Command *const *commands) {
    g_print(HELP_PURPOSE "\n\nUsage: hansard COMMAND [OPTION…] …\n\n");
    for (gsize i = 0; commands[i]; i++) {
        if (commands[i]->hidden) continue;
        g_autofree char *usage = g_strconcat(commands[i]->name, " ", commands[i]->arguments, NULL);
        g_autofree char *cell = terminal_cell(usage, 22);
        g_print("  %s %s\n", cell, commands[i]->sentence);
    }
    g_print("\n`hansard COMMAND --help` shows its options and an example; `hansard help settings` the settings.\n"
            "Exit status: " HELP_EXIT_STATUS "\n");
}

int help_print(const Command *const *commands, const char *topic) {
    if (!topic) print_commands(commands);
    else if (strcmp(topic, "settings") == 0) print_settings();
    else if (strcmp(topic, "settings.md") == 0) print_settings_markdown();
    else if (strcmp(topic, "man") == 0) help_print_man(commands);
    else if (strcmp(topic, "settings.man") == 0) help_print_settings_man();
    else if (strcmp(topic, "bash") == 0) help_print_bash(commands);
    else if (strcmp(topic, "zsh") == 0) help_print_zsh(commands);
    else if (strcmp(topic, "fish") == 0) help_print_fish(commands);
    else {
        g_printerr("hansard: there is no help on \"%s\"; `hansard help` lists the commands\n", topic);
        return 2;
    }
    return 0;
}
