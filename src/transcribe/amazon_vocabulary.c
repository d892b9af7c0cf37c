/* HANSARD_VOCABULARY, or a recording's own, as a custom vocabulary of Amazon Transcribe. That of the settings is made once and kept, named by a hash
 * of what it holds; a recording's own has the name of its job and goes with it. Where none can be had, the recording is transcribed without, and the
 * transcript says so. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "transcribe/amazon_internal.h"

#define NAME_HASH_CHARS 32
#define POLL_PER_LOOK 2 /* of the first wait: a vocabulary takes minutes */

static const char *words_of(const Amazon *amazon, const TranscribeInput *input) {
    const char *words = input->vocabulary ? input->vocabulary : amazon->settings->vocabulary;
    return words && words[0] ? words : NULL;
}

bool amazon_vocabulary_is_own(const Amazon *amazon, const TranscribeInput *input) {
    return words_of(amazon, input) && !amazon->settings->vocabulary_name && g_strcmp0(words_of(amazon, input), amazon->settings->vocabulary) != 0;
}

static void add_note(char **note, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_note(char **note, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *more = g_strdup_vprintf(format, arguments), *before = *note;
    va_end(arguments);
    *note = before ? g_strconcat(before, " ", more, NULL) : g_strdup(more);
}

/* ---- the words ---- */

/* One entry as Transcribe takes it: letters and their marks, apostrophes, hyphens for spaces, points only for letters that are spelt ("A.B.C.").
 * NULL: it does not take it, digits above all. Caller frees. */
static char *phrase_of(const char *entry) {
    GString *phrase = g_string_new(NULL);
    bool fits = true;
    for (const char *at = entry; *at && fits; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isspace(c) || c == '-') {
            if (phrase->len > 0 && phrase->str[phrase->len - 1] != '-') g_string_append_c(phrase, '-');
        } else if (g_unichar_isalpha(c) || g_unichar_ismark(c) || c == '\'' || c == '.') {
            g_string_append_unichar(phrase, c);
        } else {
            fits = c == 0x2019; /* a typographic apostrophe */
            g_string_append_c(phrase, '\'');
        }
    }
    while (phrase->len > 0 && phrase->str[phrase->len - 1] == '-') g_string_truncate(phrase, phrase->len - 1);
    fits = fits && phrase->len > 0 && phrase->len < TRANSCRIBE_PHRASE_BYTES_MAX;
    return g_string_free(phrase, !fits);
}

json_t *amazon_phrases(const char *vocabulary, GPtrArray *left_out) {
    json_t *phrases = json_array();
    g_autoptr(GTree) seen = text_map_new(g_free, NULL);
    g_auto(GStrv) entries = g_strsplit_set(vocabulary, ",;\n", -1);
    for (guint i = 0; entries[i]; i++) {
        g_autofree char *entry = text_fold_space(entries[i]);
        g_autofree char *phrase = entry[0] ? phrase_of(entry) : NULL;
        if (entry[0] && !phrase) g_ptr_array_add(left_out, g_steal_pointer(&entry));
        if (!phrase || g_tree_lookup(seen, phrase)) continue;
        json_array_append_new(phrases, json_string(phrase));
        g_tree_insert(seen, g_strdup(phrase), GINT_TO_POINTER(1));
    }
    return phrases;
}

static void note_left_out(GPtrArray *left_out, char **note) {
    if (left_out->len == 0) return;
    g_autoptr(GPtrArray) shown = g_ptr_array_new();
    for (guint i = 0; i < left_out->len && i < 10; i++) g_ptr_array_add(shown, left_out->pdata[i]);
    g_ptr_array_add(shown, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)shown->pdata), *cut = text_cut(list, TRANSCRIBE_MESSAGE_BYTES_MAX);
    add_note(note, "Amazon Transcribe takes letters only: left out of the vocabulary: %s%s.", cut, left_out->len > 10 ? " …" : "");
}

/* ---- the vocabulary there ---- */

static char *name_of(const Amazon *amazon, const TranscribeInput *input, const AmazonLanguage *language, const json_t *phrases) {
    if (amazon_vocabulary_is_own(amazon, input)) return amazon_job_name(input);
    g_autofree char *list = json_dumps(phrases, JSON_COMPACT);
    g_autofree char *all = g_strconcat(language->code, "\n", list, NULL), *sum = text_sha256(all, strlen(all));
    return g_strdup_printf("hansard-%.*s", NAME_HASH_CHARS, sum);
}

/* One look, and where nothing is there its creation: the state stands in `*answer`. */
static AmazonAnswer look(const Amazon *amazon, const char *name, const AmazonLanguage *language, json_t *phrases, json_t **answer, GError **error) {
    g_autoptr(json_t) ask = json_pack("{s:s}", "VocabularyName", name);
    AmazonAnswer got = amazon_call(amazon, "GetVocabulary", ask, answer, error);
    if (got != AMAZON_MISSING) return got;
    g_autoptr(json_t) create = json_pack("{s:s, s:s, s:O}", "VocabularyName", name, "LanguageCode", language->code, "Phrases", phrases);
    return amazon_call(amazon, "CreateVocabulary", create, answer, error);
}

/* `*ready` false with a note: there is none. */
static bool await(const Amazon *amazon, const TranscribeInput *input, const char *name, const AmazonLanguage *language, json_t *phrases, bool *ready,
                  char **note, GError **error) {
    gint64 until_ms = amazon_now_ms() + amazon->times.vocabulary_ms;
    for (;;) {
        g_autoptr(json_t) answer = NULL;
        g_autoptr(GError) problem = NULL;
        AmazonAnswer got = look(amazon, name, language, phrases, &answer, &problem);
        if (got == AMAZON_FAILED) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        const char *state = json_get_string(answer, "VocabularyState", "");
        *ready = strcmp(state, "READY") == 0;
        if (*ready) return true;
        if (got == AMAZON_REFUSED || strcmp(state, "FAILED") == 0) {
            g_autofree char *reason = text_clean(problem ? problem->message : json_get_string(answer, "FailureReason", "no reason"), -1, false);
            g_autofree char *cut = text_cut(reason, TRANSCRIBE_MESSAGE_BYTES_MAX);
            add_note(note, "Transcribed without the vocabulary, which Amazon Transcribe refuses (%s).", cut);
            return true;
        }
        if (amazon_now_ms() >= until_ms) {
            add_note(note, "Transcribed without the vocabulary, which was not ready in time%s%s.", problem ? ": " : "",
                     problem ? problem->message : "");
            return true;
        }
        if (!amazon_wait(input, POLL_PER_LOOK * amazon->times.poll_first_ms, 0, -1, error)) return false;
    }
}

bool amazon_vocabulary(const Amazon *amazon, const TranscribeInput *input, const AmazonLanguage *language, char **name, char **note, GError **error) {
    const char *existing = amazon->settings->vocabulary_name, *words = words_of(amazon, input);
    if (!existing && !words) return true;
    if (!language->code) {
        add_note(note, "Transcribed without the vocabulary: Amazon Transcribe takes one only where the language is set (HANSARD_LANGUAGE).");
        return true;
    }
    if (existing) {
        *name = g_strdup(existing);
        return true;
    }
    g_autoptr(GPtrArray) left_out = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_t) phrases = amazon_phrases(words, left_out);
    bool ready = false;
    note_left_out(left_out, note);
    if (json_array_size(phrases) == 0) return true;
    g_autofree char *own = name_of(amazon, input, language, phrases);
    if (!await(amazon, input, own, language, phrases, &ready, note, error)) return false;
    if (ready) *name = g_steal_pointer(&own);
    return true;
}
