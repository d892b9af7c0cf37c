/* From what a person types to an FTS5 expression. Every word stands in quotes, so no character of the query is ever taken for
 * syntax. */
#include "search/search_internal.h"

/* Whether SQLite's unicode61 finds a word in it: letters and digits make words. */
static bool has_word(const char *text) {
    for (const char *at = text; *at; at = g_utf8_next_char(at))
        if (g_unichar_isalnum(g_utf8_get_char(at))) return true;
    return false;
}

static void append_phrase(GString *match, const char *text) {
    if (!has_word(text)) return;
    if (match->len > 0) g_string_append(match, " AND ");
    g_string_append_printf(match, "\"%s\"", text);
}

char *match_of_query(const char *query) {
    g_autofree char *valid = g_utf8_make_valid(query, -1);
    g_auto(GStrv) parts = g_strsplit(valid, "\"", -1);
    g_autoptr(GString) match = g_string_new(NULL);
    bool prefix = false; /* the last part that had a word was no phrase */
    for (guint i = 0; parts[i]; i++) {
        if (!has_word(parts[i])) continue;
        bool phrase = i % 2 == 1 && parts[i + 1]; /* an opening quote without its closing one is passed over */
        prefix = !phrase;
        if (phrase) {
            append_phrase(match, parts[i]);
            continue;
        }
        g_auto(GStrv) words = g_strsplit_set(parts[i], " \t\r\n\f\v", -1);
        for (guint j = 0; words[j]; j++) append_phrase(match, words[j]);
    }
    if (match->len == 0) return NULL;
    if (prefix) g_string_append_c(match, '*');
    return g_string_free(g_steal_pointer(&match), FALSE);
}
