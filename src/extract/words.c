/* Splitting into words; one pass, no look-back. */
#include "extract/words.h"

#include <string.h>

#define CURLY_APOSTROPHE 0x2019

static bool is_apostrophe(gunichar c) { return c == '\'' || c == CURLY_APOSTROPHE; }

static bool is_word_character(gunichar c) { return g_unichar_isalnum(c) || g_unichar_ismark(c); }

/* "3/15", "12.50", "1,000", "5:30", "2026-03-15" */
static bool joins_digits(gunichar before, gunichar sign, gunichar after) {
    return sign < 0x80 && strchr("./:,-", (int)sign) && sign && g_unichar_isdigit(before) && g_unichar_isdigit(after);
}

bool word_next(const char *text, WordSpan *span) {
    const char *at = text + span->end;
    while (*at && !is_word_character(g_utf8_get_char(at))) at = g_utf8_next_char(at);
    if (!*at) return false;
    const char *end = g_utf8_next_char(at);
    gunichar before = g_utf8_get_char(at);
    bool wide = g_unichar_iswide(before);
    while (*end && !wide) {
        gunichar c = g_utf8_get_char(end);
        const char *next = g_utf8_next_char(end);
        gunichar after = *next ? g_utf8_get_char(next) : 0;
        bool inner = (is_apostrophe(c) && g_unichar_isalpha(after)) || joins_digits(before, c, after);
        if (!(is_word_character(c) || inner) || g_unichar_iswide(c)) break;
        before = c;
        end = next;
    }
    *span = (WordSpan){.at = (gsize)(at - text), .end = (gsize)(end - text)};
    return true;
}

char *word_fold(const char *text, WordSpan span) {
    gssize length = (gssize)(span.end - span.at);
    bool ascii = true;
    for (gsize i = span.at; i < span.end && ascii; i++) ascii = (guchar)text[i] < 0x80;
    if (ascii) return g_ascii_strdown(text + span.at, length);
    g_autofree char *composed = g_utf8_normalize(text + span.at, length, G_NORMALIZE_ALL_COMPOSE);
    if (!composed) return g_strndup(text + span.at, (gsize)length);
    g_autofree char *folded = g_utf8_casefold(composed, -1);
    g_autoptr(GString) straight = g_string_new(folded);
    g_string_replace(straight, "’", "'", 0);
    return g_strdup(straight->str);
}
