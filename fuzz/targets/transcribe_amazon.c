/* What goes to Amazon Transcribe from people's words: vocabulary and language; and what begins a recording. */
#include "base/limits.h"
#include "fuzz.h"
#include "transcribe/amazon_internal.h"

void fuzz_transcribe_amazon(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size), *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GPtrArray) left_out = g_ptr_array_new_with_free_func(g_free);
    json_t *phrases = amazon_phrases(valid, left_out);
    gsize index;
    json_t *phrase;
    json_array_foreach(phrases, index, phrase) {
        const char *word = json_string_value(phrase);
        g_assert_true(word && word[0] && strlen(word) <= TRANSCRIBE_PHRASE_BYTES_MAX && !strpbrk(word, " \t\n"));
    }
    json_decref(phrases);
    AmazonLanguage language = {0};
    if (FUZZ_CALL(amazon_language_read(valid, &language, &error))) g_assert_true(!language.code || strchr(language.code, '-'));
    FUZZ_CALL(amazon_media_check(size, data, size, &error));
}
