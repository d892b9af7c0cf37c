/* What several formats write alike. */
#include <string.h>

#include "base/text.h"
#include "export/export_format.h"

void append_csv_cell(GString *out, const char *text, bool last) {
    if (!text) text = "";
    g_string_append_c(out, '"');
    if (*text && strchr("=+-@\t\r", *text)) g_string_append_c(out, '\'');
    for (; *text; text++) {
        if (*text == '"') g_string_append_c(out, '"');
        g_string_append_c(out, *text);
    }
    g_string_append(out, last ? "\"\r\n" : "\",");
}

/* XML 1.0, production 2 (Char). */
static bool is_xml_char(gunichar c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

void append_xml(GString *out, const char *text) {
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;
    for (const char *at = valid; at && *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '&') g_string_append(out, "&amp;");
        else if (c == '<') g_string_append(out, "&lt;");
        else if (c == '>') g_string_append(out, "&gt;");
        else if (c == '"') g_string_append(out, "&quot;");
        else if (c == '\n' || c == '\r' || c == '\t') g_string_append_printf(out, "&#%u;", c); /* which attributes keep, too */
        else if (is_xml_char(c)) g_string_append_unichar(out, c);
    }
}

char *proof_line(const Item *item) {
    if (item->evidence->len == 0) return g_strdup("");
    const Evidence *evidence = &g_array_index(item->evidence, Evidence, 0);
    g_autofree char *time = text_duration(evidence->start_ms);
    return g_strdup_printf("“%s” %s%s%s", evidence->quote ? evidence->quote : "", evidence->speaker ? evidence->speaker : "",
                           evidence->speaker ? ", " : "", time);
}

bool item_is_open(const Item *item) { return strcmp(item->status, "rejected") != 0 && strcmp(item->status, "done") != 0; }
