/* What the transcript says near a quote: owners, deadlines, and whether a text speaks of it at all. The model only points at words; what follows from
 * them is decided here. */
#include <string.h>

#include "base/limits.h"
#include "extract/dates.h"
#include "extract/llm_internal.h"
#include "extract/words.h"

#define OWNER_SEGMENTS 10 /* a name that "you" stands for may have been said a while ago */

/* The texts of the segments around first..last, joined. Caller frees. */
static char *text_near(const Transcript *transcript, guint first, guint last, guint around) {
    GString *text = g_string_new(NULL);
    guint from = first - MIN(first, around), to = MIN(last + around + 1, transcript->segments->len);
    for (guint i = from; i < to; i++) g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", transcript_segment(transcript, i)->text);
    return g_string_free(text, FALSE);
}

/* Its words in small letters with single spaces, a space before and after, and (where asked for) where each stands in the text. */
static char *plain_of(const char *text, GArray *spans) {
    GString *plain = g_string_new(" ");
    for (WordSpan span = {0}; word_next(text, &span);) {
        g_autofree char *word = word_fold(text, span);
        g_string_append_printf(plain, "%s ", word);
        if (spans) g_array_append_val(spans, span);
    }
    return g_string_free(plain, FALSE);
}

static guint words_before(const char *plain, gsize at) {
    guint count = 0;
    for (gsize i = 1; i < at; i++) count += plain[i] == ' ';
    return count;
}

/* The words of `text` that are those of `phrase`, as they stand in the text; NULL where they are not there. Caller frees. */
static char *find_said(const char *text, const char *phrase) {
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(WordSpan));
    g_autofree char *plain = plain_of(text, spans), *wanted = plain_of(phrase, NULL);
    const char *found = strlen(wanted) > 1 ? strstr(plain, wanted) : NULL;
    if (!found) return NULL;
    guint first = words_before(plain, (gsize)(found - plain) + 1), count = words_before(wanted, strlen(wanted));
    gsize at = g_array_index(spans, WordSpan, first).at, end = g_array_index(spans, WordSpan, first + count - 1).end;
    return g_strndup(text + at, end - at);
}

static bool is_speaker_self(const char *owner_said) {
    static const char *const words[] = {"i", "i'll", "i'm", "i've", "i'd", "me", "my", "mine", "myself", NULL};
    WordSpan span = {0};
    if (!word_next(owner_said, &span)) return false;
    g_autofree char *word = word_fold(owner_said, span);
    return g_strv_contains(words, word);
}

/* The one speaker of this name or first name. */
static const char *speaker_called(const Transcript *transcript, const char *name) {
    g_autofree char *wanted = plain_of(name, NULL);
    const char *found = NULL;
    for (guint i = 0; i < transcript->speakers->len; i++) {
        const char *speaker = transcript_speaker_name(transcript, (int)i);
        g_autofree char *plain = plain_of(speaker, NULL);
        if (strcmp(plain, wanted) == 0) return speaker;
        if (!g_str_has_prefix(plain, wanted) || strlen(wanted) < 2) continue;
        if (found) return NULL; /* two Annas */
        found = speaker;
    }
    return found;
}

char *llm_owner(const Transcript *transcript, const Evidence *evidence, const char *owner_said) {
    static const char *const nobody[] = {"we", "you", "they", "he", "she", "us", "them", "who", "somebody", "someone", "everyone", "everybody", NULL};
    if (!owner_said) return NULL;
    if (is_speaker_self(owner_said)) return g_strdup(evidence->speaker);
    const char *speaker = speaker_called(transcript, owner_said);
    if (speaker) return g_strdup(speaker);
    g_autofree char *near = text_near(transcript, evidence->first, evidence->last, OWNER_SEGMENTS);
    g_autofree char *said = find_said(near, owner_said);
    WordSpan span = {0};
    if (!said || !word_next(said, &span) || !g_unichar_isupper(g_utf8_get_char(said + span.at))) return NULL;
    g_autofree char *first = word_fold(said, span);
    return g_strv_contains(nobody, first) ? NULL : g_steal_pointer(&said);
}

/* A deadline in these words; they are one, so "by" may be missing. */
static bool find_due(const char *said, gint64 meeting_ms, Due *due) {
    g_autofree char *spaced = plain_of(said, NULL);
    const char *plain = g_strstrip(spaced);
    g_autofree char *with_by = g_strconcat("by ", plain, NULL);
    return due_find(plain, meeting_ms, due) || due_find(with_by, meeting_ms, due);
}

/* The deadline that stands in the quote itself. */
static void due_of_quote(const char *quote, gint64 meeting_ms, Item *item) {
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(WordSpan));
    g_autofree char *spaced = plain_of(quote, spans), *plain = g_strdup(spaced + 1);
    Due due;
    g_strchomp(plain);
    if (!due_find(plain, meeting_ms, &due) || due.end <= due.at) return;
    guint first = words_before(spaced, due.at + 1), last = words_before(spaced, due.end);
    gsize at = g_array_index(spans, WordSpan, first).at, end = g_array_index(spans, WordSpan, last).end;
    item->due_said = g_strndup(quote + at, end - at);
    item->due = due.date[0] ? g_strdup(due.date) : NULL;
}

void llm_due(const Transcript *transcript, gint64 meeting_ms, const char *due_said, Item *item) {
    const Evidence *evidence = &g_array_index(item->evidence, Evidence, 0);
    g_autofree char *near = text_near(transcript, evidence->first, evidence->last, LLM_NEAR_SEGMENTS);
    g_autofree char *said = due_said ? find_said(near, due_said) : NULL;
    Due due;
    if (!said) {
        due_of_quote(evidence->quote, meeting_ms, item);
        return;
    }
    if (find_due(said, meeting_ms, &due) && due.date[0]) item->due = g_strdup(due.date);
    item->due_said = g_steal_pointer(&said);
}

/* Links and addresses are what an intruder would want to bring in. */
static bool brings_address(const char *text, const char *near) {
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autofree char *said = g_utf8_casefold(near, -1);
    for (guint i = 0; words[i]; i++) {
        if (!strchr(words[i], '@') && !strstr(words[i], "://") && !g_str_has_prefix(words[i], "www.")) continue;
        g_autofree char *word = g_utf8_casefold(words[i], -1);
        if (!strstr(said, word)) return true;
    }
    return false;
}

bool llm_rests_on(const Transcript *transcript, guint first, guint last, guint around, const char *text) {
    g_autofree char *near = text_near(transcript, first, last, around);
    if (brings_address(text, near)) return false;
    Terms terms;
    terms_init(&terms);
    g_autoptr(GArray) said = terms_of_text(&terms, near), claimed = terms_of_text(&terms, text);
    bool shared = false;
    for (guint i = 0; i < claimed->len && !shared; i++)
        for (guint j = 0; j < said->len && !shared; j++) shared = g_array_index(claimed, guint, i) == g_array_index(said, guint, j);
    terms_clear(&terms);
    return shared;
}
