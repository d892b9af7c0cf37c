/* What completes the command line in bash, zsh and fish, made from the tables that the program itself goes by. */
#include <string.h>

#include "cli/help.h"

typedef enum { VALUE_NONE, VALUE_TEXT, VALUE_FILE, VALUE_CHOICE } ValueKind;

/* An option of a command, or a setting, which is an option of all. */
typedef struct {
    const char *name; /* without dashes */
    char letter;      /* '\0': none */
    ValueKind value;
    const char *choices; /* "a|b|c" */
    const char *sentence;
} Choice;

typedef void (*ChoiceVisitor)(const Choice *choice, gpointer user_data);

static void visit_settings(ChoiceVisitor visit, gpointer user_data) {
    for (gsize i = 0; i < settings_count; i++) {
        const SettingSpec *spec = &settings_table[i];
        g_autofree char *name = help_option_name(spec);
        Choice choice = {.name = name, .value = VALUE_TEXT, .sentence = spec->sentence};
        if (spec->type == SETTING_PATH) choice.value = VALUE_FILE;
        if (spec->type == SETTING_CHOICE || spec->type == SETTING_BOOL) {
            choice.value = VALUE_CHOICE;
            choice.choices = spec->type == SETTING_BOOL ? "true|false" : spec->choices;
        }
        visit(&choice, user_data);
    }
}

static void visit_options(const Command *command, ChoiceVisitor visit, gpointer user_data) {
    visit(&(Choice){.name = "json", .sentence = "Print JSON"}, user_data);
    visit(&(Choice){.name = "help", .sentence = "Show options and an example"}, user_data);
    for (const GOptionEntry *option = command->options; option && option->long_name; option++) {
        if (option->flags & G_OPTION_FLAG_HIDDEN) continue;
        bool file = option->arg == G_OPTION_ARG_FILENAME || option->arg == G_OPTION_ARG_FILENAME_ARRAY;
        ValueKind value = option->arg == G_OPTION_ARG_NONE ? VALUE_NONE : file ? VALUE_FILE : VALUE_TEXT;
        visit(&(Choice){option->long_name, option->short_name, value, NULL, option->description}, user_data);
    }
}

static bool takes_files(const Command *command) { return strstr(command->arguments, "FILE") != NULL; }

/* The first sentence, for a line in a list. Caller frees. */
static char *first_sentence(const char *text) {
    const char *end = strstr(text, ". ");
    return end ? g_strndup(text, (gsize)(end - text)) : g_strdup(text);
}

/* With a backslash before each of `special`, as text between single quotes of a shell. Caller frees. */
static char *quoted(const char *text, const char *special) {
    GString *out = g_string_new("'");
    for (const char *at = text; *at; at++) {
        if (strchr(special, *at)) g_string_append_c(out, '\\');
        if (*at == '\'') g_string_append(out, "'\\''");
        else g_string_append_c(out, *at);
    }
    return g_string_free(g_string_append_c(out, '\''), FALSE);
}

static char *words(const char *choices) { return g_strdelimit(g_strdup(choices), "|", ' '); }

/* bash */

static void bash_name(const Choice *choice, gpointer user_data) {
    g_print(" --%s", choice->name);
    if (choice->letter) g_print(" -%c", choice->letter);
}

static void bash_value(const Choice *choice, gpointer user_data) {
    if (choice->value != VALUE_CHOICE) return;
    g_autofree char *values = words(choice->choices);
    g_print("        --%s) values='%s' ;;\n", choice->name, values);
}

void help_print_bash(const Command *const *commands) {
    g_print("# Completes hansard's command line in bash. Made by `hansard help bash`.\n"
            "_hansard() {\n"
            "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} values= options=\n"
            "    # --option=value is three words here\n"
            "    [ \"$word\" != = ] || word=\n"
            "    [ \"$option\" != = ] || option=${COMP_WORDS[COMP_CWORD-2]}\n"
            "    [ \"${COMP_WORDS[COMP_CWORD]}\" != = ] || option=${COMP_WORDS[COMP_CWORD-1]}\n"
            "    COMPREPLY=()\n"
            "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
            "        mapfile -t COMPREPLY < <(compgen -W 'help");
    for (gsize i = 0; commands[i]; i++)
        if (!commands[i]->hidden) g_print(" %s", commands[i]->name);
    g_print("' -- \"$word\")\n        return\n    fi\n    case $option in\n");
    visit_settings(bash_value, NULL);
    g_print("    esac\n"
            "    if [ -n \"$values\" ]; then\n"
            "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$word\")\n"
            "        return\n"
            "    fi\n"
            "    [[ $word == -* ]] || return\n"
            "    case ${COMP_WORDS[1]} in\n");
    for (gsize i = 0; commands[i]; i++) {
        if (commands[i]->hidden) continue;
        g_print("        %s) options='", commands[i]->name);
        visit_options(commands[i], bash_name, NULL);
        g_print("' ;;\n");
    }
    g_print("        *) return ;;\n    esac\n    options+='");
    visit_settings(bash_name, NULL);
    g_print("'\n    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n}\ncomplete -o default -F _hansard hansard\n");
}

/* zsh */

static void zsh_spec(const Choice *choice, gpointer user_data) {
    g_autofree char *sentence = first_sentence(choice->sentence);
    g_autofree char *text = quoted(sentence, "[]:\\");
    text[strlen(text) - 1] = '\0'; /* within quotes that go on */
    g_autofree char *values = choice->value == VALUE_CHOICE ? words(choice->choices) : NULL;
    g_autofree char *action = values                       ? g_strdup_printf(":value:(%s)", values)
                              : choice->value == VALUE_FILE ? g_strdup(":file:_files")
                              : choice->value == VALUE_TEXT ? g_strdup(":value:")
                                                            : g_strdup("");
    const char *equals = choice->value == VALUE_NONE ? "" : "=";
    if (choice->letter)
        g_print("        '(-%c --%s)'{-%c%s,--%s%s}'[%s]%s'\n", choice->letter, choice->name, choice->letter, *equals ? "+" : "",
                choice->name, equals, text + 1, action);
    else g_print("        '--%s%s[%s]%s'\n", choice->name, equals, text + 1, action);
}

void help_print_zsh(const Command *const *commands) {
    g_print("#compdef hansard\n# Completes hansard's command line in zsh. Made by `hansard help zsh`.\n_hansard() {\n    local -a commands options\n"
            "    commands=(\n        'help:Show help'\n");
    for (gsize i = 0; commands[i]; i++) {
        if (commands[i]->hidden) continue;
        g_autofree char *line = g_strdup_printf("%s:%s", commands[i]->name, commands[i]->sentence), *safe = quoted(line, "\\");
        g_print("        %s\n", safe);
    }
    g_print("    )\n    if (( CURRENT == 2 )); then\n        _describe -t commands command commands\n        return\n    fi\n    options=(\n");
    visit_settings(zsh_spec, NULL);
    g_print("    )\n    case $words[2] in\n");
    for (gsize i = 0; commands[i]; i++) {
        if (commands[i]->hidden) continue;
        g_print("    %s) options+=(\n", commands[i]->name);
        visit_options(commands[i], zsh_spec, NULL);
        if (takes_files(commands[i])) g_print("        '*:file:_files'\n");
        g_print("        ) ;;\n");
    }
    g_print("    esac\n    shift words\n    (( CURRENT-- ))\n    _arguments -s $options\n}\n_hansard \"$@\"\n");
}

/* fish */

static void fish_line(const Choice *choice, gpointer user_data) {
    const char *command = user_data;
    g_autofree char *sentence = first_sentence(choice->sentence);
    g_autofree char *text = quoted(sentence, "\\");
    g_autofree char *condition = command ? g_strdup_printf("__fish_seen_subcommand_from %s", command) : g_strdup("not __fish_use_subcommand");
    g_print("complete -c hansard -n '%s' -l %s", condition, choice->name);
    if (choice->letter) g_print(" -s %c", choice->letter);
    if (choice->value == VALUE_FILE) g_print(" -rF");
    else if (choice->value != VALUE_NONE) g_print(" -x");
    if (choice->value == VALUE_CHOICE) {
        g_autofree char *values = words(choice->choices);
        g_print(" -a '%s'", values);
    }
    g_print(" -d %s\n", text);
}

void help_print_fish(const Command *const *commands) {
    g_print("# Completes hansard's command line in fish. Made by `hansard help fish`.\ncomplete -c hansard -f\n"
            "complete -c hansard -n __fish_use_subcommand -a help -d 'Show help'\n");
    for (gsize i = 0; commands[i]; i++) {
        if (commands[i]->hidden) continue;
        g_autofree char *text = quoted(commands[i]->sentence, "\\");
        g_print("complete -c hansard -n __fish_use_subcommand -a %s -d %s\n", commands[i]->name, text);
        if (takes_files(commands[i])) g_print("complete -c hansard -n '__fish_seen_subcommand_from %s' -F\n", commands[i]->name);
        visit_options(commands[i], fish_line, (gpointer)commands[i]->name);
    }
    visit_settings(fish_line, NULL);
}
