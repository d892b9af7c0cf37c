/* Small text helpers. */
#include "base/text.h"

#include <string.h>

#include "base/limits.h"

char *text_cut(const char *text, gsize bytes_max) {
    gsize length = strlen(text);
    if (length <= bytes_max) return g_strdup(text);
    const char *end = text + bytes_max;
    while (end > text && ((guchar)*end & 0xC0) == 0x80) end--; /* not inside a character */
    return g_strndup(text, (gsize)(end - text));
}

char *text_clean(const char *text, gssize length, bool keep_lines) {
    g_autofree char *valid = g_utf8_make_valid(text, length);
    GString *clean = g_string_sized_new(strlen(valid));
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        bool kept_space = keep_lines && (c == '\n' || c == '\t');
        bool bidi_control = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
        if (kept_space || !(g_unichar_iscntrl(c) || bidi_control || c == 0xFEFF)) g_string_append_unichar(clean, c);
        else if (c == '\n' || c == '\t' || c == '\r') g_string_append_c(clean, ' ');
    }
    return g_string_free(clean, FALSE);
}

char *text_fold_space(const char *text) {
    GString *folded = g_string_sized_new(strlen(text));
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (!g_unichar_isspace(c)) g_string_append_unichar(folded, c);
        else if (folded->len > 0 && folded->str[folded->len - 1] != ' ') g_string_append_c(folded, ' ');
    }
    if (folded->len > 0 && folded->str[folded->len - 1] == ' ') g_string_truncate(folded, folded->len - 1);
    return g_string_free(folded, FALSE);
}

char *text_clean_filename(const char *name) {
    g_autofree char *valid = g_utf8_make_valid(name ? name : "", -1);
    const char *last = valid;
    for (const char *at = valid; *at; at++)
        if (*at == '/' || *at == '\\') last = at + 1;
    g_autofree char *clean = text_clean(last, -1, false);
    g_strstrip(clean);
    if (clean[0] == '\0' || strcmp(clean, ".") == 0 || strcmp(clean, "..") == 0) return g_strdup("recording");
    if (strlen(clean) <= FILENAME_BYTES_MAX) return g_steal_pointer(&clean);
    const char *extension = strrchr(clean, '.');
    gsize extension_bytes = extension ? strlen(extension) : 0;
    if (extension_bytes == 0 || extension_bytes > 16) return text_cut(clean, FILENAME_BYTES_MAX);
    g_autofree char *stem = text_cut(clean, FILENAME_BYTES_MAX - extension_bytes);
    return g_strconcat(stem, extension, NULL);
}

char *text_sha256(const void *data, gsize size) { return g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, size); }

char *text_uuid_of(const char *text) {
    g_autofree char *sum = text_sha256(text, strlen(text));
    sum[12] = '8';                                       /* the version */
    sum[16] = "89ab"[g_ascii_xdigit_value(sum[16]) & 3]; /* the variant */
    return g_strdup_printf("%.8s-%.4s-%.4s-%.4s-%.12s", sum, sum + 8, sum + 12, sum + 16, sum + 20);
}

char *text_duration(gint64 ms) {
    gint64 seconds = MAX(ms, 0) / 1000;
    if (seconds >= 3600)
        return g_strdup_printf("%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    return g_strdup_printf("%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

static gint compare_bytes(gconstpointer left, gconstpointer right, gpointer unused) { return strcmp(left, right); }

GTree *text_map_new(GDestroyNotify key_free, GDestroyNotify value_free) {
    return g_tree_new_full(compare_bytes, NULL, key_free, value_free);
}
