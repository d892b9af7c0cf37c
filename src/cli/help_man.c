/* The manual pages, made from the tables that the program itself goes by. */
#include <string.h>

#include "cli/help.h"

static bool ends_word(const char *after) { return !*after || strchr(" .,;:)|\n", *after); }

/* Text for roff: nothing in it is a request, a hyphen stays one that can be copied, `code` is bold. Caller frees. */
static char *roff(const char *text) {
    GString *out = g_string_new(NULL);
    bool code = false;
    for (const char *at = text; *at; at++) {
        if (at == text && (*at == '.' || *at == '\'')) g_string_append(out, "\\&");
        if (*at == '\\') g_string_append(out, "\\e");
        else if (*at == '-') g_string_append(out, "\\-");
        else if (*at == '\'') g_string_append(out, "\\(aq");
        else if (*at == '`' && (code || strchr(at + 1, '`'))) {
            code = !code && !ends_word(at + 1);
            g_string_append(out, code ? "\\fB" : "\\fR");
        } else if (*at == '\n') g_string_append(out, " ");
        else g_string_append_c(out, *at);
    }
    return g_string_free(out, FALSE);
}

static void print_paragraph(const char *text) {
    g_autofree char *safe = roff(text);
    g_print("%s\n", safe);
}

static void print_title(const char *name, int section, const char *manual) {
    g_print(".TH %s %d \"\" \"Hansard %s\" \"%s\"\n", name, section, HANSARD_VERSION, manual);
}

static void print_option(const GOptionEntry *option) {
    g_autofree char *name = roff(option->long_name);
    g_autofree char *value = option->arg_description ? roff(option->arg_description) : NULL;
    g_print(".TP\n");
    if (option->short_name) g_print("\\fB\\-%c\\fR, ", option->short_name);
    g_print("\\fB\\-\\-%s\\fR", name);
    if (option->arg != G_OPTION_ARG_NONE) g_print("=\\fI%s\\fR", value ? value : "VALUE");
    g_print("\n");
    print_paragraph(option->description);
}

static void print_command(const Command *command) {
    g_autofree char *arguments = roff(command->arguments);
    g_autofree char *sentence = roff(command->sentence), *example = roff(command->example);
    g_print(".SS \\fBhansard %s\\fR %s\n%s.\n", command->name, arguments, sentence);
    for (const GOptionEntry *option = command->options; option && option->long_name; option++)
        if (!(option->flags & G_OPTION_FLAG_HIDDEN)) print_option(option);
    g_print(".PP\nExample:\n.PP\n.RS 4\n.nf\n%s\n.fi\n.RE\n", example);
}

void help_print_man(const Command *const *commands) {
    print_title("HANSARD", 1, "User Commands");
    g_print(".SH NAME\nhansard \\- recordings of meetings to transcripts, action items, decisions and requirements\n"
            ".SH SYNOPSIS\n.B hansard\n.I COMMAND\n[\\fIOPTION\\fR...] ...\n.SH DESCRIPTION\n");
    print_paragraph(HELP_PURPOSE);
    g_print(".SH COMMANDS\n");
    for (gsize i = 0; commands[i]; i++)
        if (!commands[i]->hidden) print_command(commands[i]);
    g_print(".SH OPTIONS\nOf every command:\n.TP\n\\fB\\-\\-json\\fR\nPrint JSON.\n"
            ".TP\n\\fB\\-\\-help\\fR\nShow its options and an example.\n.PP\n"
            "Each setting of \\fBhansard.conf\\fR(5) is an option of every command, too. \\fBhansard \\-\\-version\\fR prints the version.\n"
            ".SH EXIT STATUS\n");
    print_paragraph(HELP_EXIT_STATUS);
    g_print(".SH ENVIRONMENT\n.TP\n.B HANSARD_SETTINGS\n"
            "The file with settings. Without it \\fB.env\\fR in the working directory, where there is one.\n"
            ".PP\nThe settings of \\fBhansard.conf\\fR(5) may stand in the environment.\n"
            ".SH FILES\n.TP\n.I /etc/hansard/hansard.conf\nSettings of the service.\n"
            ".TP\n.I /var/lib/hansard\nWhat the service keeps on this machine.\n"
            ".TP\n.I /usr/share/hansard/models\nSpeech models.\n"
            ".SH SEE ALSO\n.BR hansard.conf (5)\n");
}

void help_print_settings_man(void) {
    print_title("HANSARD.CONF", 5, "File Formats");
    g_print(".SH NAME\nhansard.conf \\- settings of hansard\n"
            ".SH SYNOPSIS\n.I /etc/hansard/hansard.conf\n.br\n.I .env\n.SH DESCRIPTION\nSettings come ");
    print_paragraph(HELP_SETTINGS);
    g_print(".PP\nThe service reads \\fI/etc/hansard/hansard.conf\\fR. A line is \\fINAME\\fR=\\fIVALUE\\fR; empty lines and those that begin with # "
            "are passed over, one pair of quotes around a value is removed. The same names hold in the environment. An unknown "
            "\\fBHANSARD_\\fR name or a value out of range is an error that names it.\n.SH SETTINGS\n");
    for (gsize i = 0; i < settings_count; i++) {
        const SettingSpec *spec = &settings_table[i];
        g_autofree char *option = help_option_name(spec), *flag = roff(option);
        g_autofree char *fallback = spec->fallback ? roff(spec->fallback) : NULL;
        g_print(".TP\n\\fB%s\\fR (\\fB\\-\\-%s\\fR)\n", spec->name, flag);
        print_paragraph(spec->sentence);
        if (spec->choices) {
            g_auto(GStrv) choices = g_strsplit(spec->choices, "|", -1);
            g_autofree char *list = g_strjoinv(", ", choices), *safe = roff(list);
            g_print("One of: %s.\n", safe);
        }
        if (fallback) g_print("Default: %s\n", fallback);
    }
    g_print(".SH SEE ALSO\n.BR hansard (1)\n");
}
