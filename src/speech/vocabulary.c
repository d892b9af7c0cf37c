/* Terms are counted in the model's tokens one by one, which add up: no token reaches over a space. */
#include "speech/vocabulary.h"

#include <whisper.h>

#define HEAD "Glossary:"

char *vocabulary_prompt(struct whisper_context *whisper, const char *vocabulary) {
    g_auto(GStrv) terms = g_strsplit_set(vocabulary ? vocabulary : "", ",;\n", -1);
    g_autoptr(GString) prompt = g_string_new(HEAD);
    int left = whisper_n_text_ctx(whisper) / 2 - 1 - whisper_token_count(whisper, HEAD ".");
    guint taken = 0;
    for (char **term = terms; *term; term++) {
        if (g_strstrip(*term)[0] == '\0') continue;
        g_autofree char *part = g_strdup_printf("%s %s", taken > 0 ? "," : "", *term);
        left -= whisper_token_count(whisper, part);
        if (left < 0) break;
        g_string_append(prompt, part);
        taken++;
    }
    return taken > 0 ? g_strdup_printf("%s.", prompt->str) : NULL;
}
