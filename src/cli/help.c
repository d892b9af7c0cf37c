/* Help texts, made from the tables. */
#include "cli/help.h"

#include <string.h>

#include "cli/terminal.h"

char *help_option_name(const SettingSpec *spec) {
    const char *name = g_str_has_prefix(spec->name, "HANSARD_") ? spec->name + strlen("HANSARD_") : spec->name;
    return g_strdelimit(g_ascii_strdown(name, -1), "_", '-');
}

static void print_settings(void) {
    g_print("Settings: from the environment, a .env file in the working directory, or options; an option wins over the "
            "environment, the environment over the file.\n\n");
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
    g_print("Hansard turns the recording of a meeting into a transcript, a summary, action items, decisions and requirements,\n"
            "each with the words and the second that prove it, kept in your own bucket or directory.\n\n"
            "Usage: hansard COMMAND [OPTION…] …\n\n");
    for (gsize i = 0; commands[i]; i++) {
        if (commands[i]->hidden) continue;
        g_autofree char *usage = g_strconcat(commands[i]->name, " ", commands[i]->arguments, NULL);
        g_autofree char *cell = terminal_cell(usage, 22);
        g_print("  %s %s\n", cell, commands[i]->sentence);
    }
    g_print("\n`hansard COMMAND --help` shows its options and an example; `hansard help settings` the settings.\n"
            "Exit status: 0 done, 1 failed, 2 wrong usage or a wrong setting.\n");
}

int help_print(const Command *const *commands, const char *topic) {
    if (!topic) print_commands(commands);
    else if (strcmp(topic, "settings") == 0) print_settings();
    else if (strcmp(topic, "settings.md") == 0) print_settings_markdown();
    else {
        g_printerr("hansard: there is no help on \"%s\"; `hansard help` lists the commands\n", topic);
        return 2;
    }
    return 0;
}
