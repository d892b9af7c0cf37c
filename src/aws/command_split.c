/* Words of a command, by the rules of a POSIX shell's quotes alone: what g_shell_parse_argv() does beyond them (comments, `$` in double quotes) would make
 * another command of it than the AWS CLI runs. */
#include <string.h>

#include "aws/credentials_internal.h"

#define SPACE " \t\r\n"

/* One word from `*text` on, which is moved behind it. False: a quote is left open. */
static bool take_word(const char **text, GString *word) {
    const char *c = *text;
    char quote = '\0';
    for (; *c && (quote || !strchr(SPACE, *c)); c++) {
        bool escapes = *c == '\\' && quote != '\'' && (!quote || c[1] == '"' || c[1] == '\\');
        if (escapes && !*++c) return false;
        if (!escapes && *c == quote)
            quote = '\0';
        else if (!escapes && !quote && (*c == '\'' || *c == '"'))
            quote = *c;
        else
            g_string_append_c(word, *c);
    }
    *text = c;
    return !quote;
}

bool command_split(const char *command, char ***words) {
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (const char *c = command + strspn(command, SPACE); *c; c += strspn(c, SPACE)) {
        g_autoptr(GString) word = g_string_new(NULL);
        if (!take_word(&c, word)) return false;
        g_strv_builder_add(builder, word->str);
    }
    *words = g_strv_builder_end(builder);
    return true;
}
