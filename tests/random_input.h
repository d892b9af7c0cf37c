/* Seeded random values and damaged documents for the tests: one seed, one run. */
#pragma once

#include <glib.h>

/* Text of up to `chars_max` characters: letters, spaces, the characters that formats give a meaning to, and others up to four
 * bytes long. */
static inline char *random_text(GRand *rand, int chars_max) {
    static const char *const special[] = {"_",           "%", "~",   "/",  "+", "\\", "\"", "'", "&",  "<",  ">",
                                          "|",           "*", "#",   "-",  ":", ",",  "é",  "ß", "漢", "字", "🙂",
                                          "👩‍💻", "א", "%5F", "--", " ", ".",  "`",  "[", "]"};
    GString *text = g_string_new(NULL);
    for (int left = g_rand_int_range(rand, 0, chars_max + 1); left > 0; left--) {
        if (g_rand_int_range(rand, 0, 3) == 0)
            g_string_append(text, special[g_rand_int_range(rand, 0, G_N_ELEMENTS(special))]);
        else
            g_string_append_c(text, (char)g_rand_int_range(rand, 'a', 'z' + 1));
    }
    return g_string_free(text, FALSE);
}

/* Damages a copy of the document: flips bits, removes, repeats or overwrites a few bytes; `size` follows. Caller frees. */
static inline guint8 *random_damage(GRand *rand, const void *document, gsize *size) {
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, document, (guint)*size);
    for (int left = g_rand_int_range(rand, 1, 4); left > 0 && bytes->len > 0; left--) {
        guint at = (guint)g_rand_int_range(rand, 0, (gint32)bytes->len);
        guint some = (guint)g_rand_int_range(rand, 1, 20), length = MIN(some, bytes->len - at);
        switch (g_rand_int_range(rand, 0, 4)) {
        case 0:
            bytes->data[at] ^= (guint8)(1u << g_rand_int_range(rand, 0, 8));
            break;
        case 1:
            g_byte_array_remove_range(bytes, at, length);
            break;
        case 2: {
            g_autofree guint8 *piece = g_memdup2(bytes->data + at, length);
            g_byte_array_append(bytes, piece, length);
            break;
        }
        default:
            bytes->data[at] = (guint8) "0-9.\"{}[],:e\n\r <>&\xC3\xFF"[g_rand_int_range(rand, 0, 21)];
        }
    }
    *size = bytes->len;
    return g_byte_array_free(bytes, FALSE);
}
