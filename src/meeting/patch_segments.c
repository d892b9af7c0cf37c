/* Edits of what the transcript says and of who says it. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "meeting/patch_internal.h"

static Segment *segment_of(const Meeting *meeting, const char *id, GError **error) {
    guint64 index;
    if (meeting->transcript && g_ascii_string_to_unsigned(id, 10, 0, G_MAXUINT32, &index, NULL) &&
        index < meeting->transcript->segments->len)
        return &g_array_index(meeting->transcript->segments, Segment, (guint)index);
    fail(error, ERROR_INVALID, "the transcript has no segment \"%.32s\"", id);
    return NULL;
}

bool patch_complete_segments(const Meeting *meeting, json_t *segments, GError **error) {
    const char *id = NULL;
    json_t *changes = NULL;
    json_object_foreach(segments, id, changes) {
        const Segment *segment = segment_of(meeting, id, error);
        if (!segment) return false;
        if (json_object_get(changes, "was")) return fail(error, ERROR_INVALID, "a segment has no member \"was\" that can be changed");
        if (json_object_get(changes, "text")) json_object_set_new(changes, "was", json_text(segment->text));
    }
    return true;
}

/* Of two rows of words, how many are the same at the beginning and, beyond these, at the end. */
static void same_ends(const GArray *words, char *const *texts, guint count, guint *head, guint *tail) {
    guint least = MIN(words->len, count);
    *head = *tail = 0;
    while (*head < least && strcmp(g_array_index(words, Word, *head).text, texts[*head]) == 0) ++*head;
    while (*head + *tail < least && strcmp(g_array_index(words, Word, words->len - 1 - *tail).text, texts[count - 1 - *tail]) == 0) ++*tail;
}

/* Words that stay keep their times; those between share the time of what they replace. */
static void retime_words(Segment *segment) {
    g_auto(GStrv) texts = g_strsplit(segment->text, " ", -1);
    g_autoptr(GArray) old = g_steal_pointer(&segment->words);
    guint count = g_strv_length(texts), head, tail;
    same_ends(old, texts, count, &head, &tail);
    gint64 from = head > 0 ? g_array_index(old, Word, head - 1).end_ms : segment->start_ms;
    gint64 to = tail > 0 ? g_array_index(old, Word, old->len - tail).start_ms : segment->end_ms;
    guint fresh = count - head - tail;
    for (guint i = 0; i < count; i++) {
        bool kept = i < head || i >= count - tail;
        const Word *word = kept ? &g_array_index(old, Word, i < head ? i : old->len - (count - i)) : NULL;
        gint64 span = MAX(to - from, 0);
        gint64 start = word ? word->start_ms : from + span * (i - head) / fresh;
        gint64 end = word ? word->end_ms : from + span * (i - head + 1) / fresh;
        segment_add_word(segment, start, end, word ? word->confidence : -1, texts[i]);
    }
}

static bool patch_text(Segment *segment, const json_t *value, GError **error) {
    g_autofree char *text = NULL;
    if (!patch_read_text(value, "the text of a segment", SEGMENT_TEXT_BYTES_MAX, false, &text, error)) return false;
    g_free(segment->text);
    segment->text = text_fold_space(text);
    if (segment->words) retime_words(segment);
    return true;
}

static bool patch_speaker(Meeting *meeting, Segment *segment, const json_t *patch, const json_t *value, GError **error) {
    g_autofree char *name = NULL;
    if (!patch_read_text(value, "the speaker of a segment", SPEAKER_NAME_BYTES_MAX, true, &name, error)) return false;
    const json_t *renamed = name ? json_object_get(json_object_get(patch, "speakers"), name) : NULL;
    /* Otherwise applying the patch twice would not be the same as once. */
    if (renamed && strcmp(json_string_value(renamed), name) != 0)
        return fail(error, ERROR_INVALID, "the speaker %.64s is renamed in the same patch: use the new name", name);
    segment->speaker = transcript_speaker(meeting->transcript, name);
    if (name && segment->speaker < 0) return fail(error, ERROR_INVALID, "a meeting has at most %d speakers", SPEAKERS_MAX);
    GPtrArray *names = meeting->record->speakers;
    if (name && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) g_ptr_array_add(names, g_strdup(name));
    return true;
}

static bool patch_segment(Meeting *meeting, Segment *segment, const json_t *patch, const json_t *changes, GError **error) {
    const char *name = NULL;
    json_t *value = NULL;
    if (!json_is_object(changes)) return fail(error, ERROR_INVALID, "the patch of a segment must be an object {text, speaker}");
    json_object_foreach((json_t *)changes, name, value) {
        if (strcmp(name, "text") == 0) {
            if (!patch_text(segment, value, error)) return false;
        } else if (strcmp(name, "speaker") == 0) {
            if (!patch_speaker(meeting, segment, patch, value, error)) return false;
        } else if (strcmp(name, "was") != 0) {
            return fail(error, ERROR_INVALID, "a segment has no member \"%.64s\" that can be changed", name);
        }
    }
    return true;
}

/* The segments' text, as it was where `edits` is not NULL. */
static char *joined(const Transcript *transcript, guint first, guint last, const json_t *edits) {
    GString *text = g_string_new(NULL);
    for (guint i = first; i <= last; i++) {
        char id[16];
        g_snprintf(id, sizeof id, "%u", i);
        const char *was = edits ? json_string_value(json_object_get(json_object_get(edits, id), "was")) : NULL;
        if (i > first) g_string_append_c(text, ' ');
        g_string_append(text, was ? was : transcript_segment(transcript, i)->text);
    }
    return g_string_free(text, FALSE);
}

/* Whether the last `size` bytes are whole words. */
static bool ends_in_words(const char *text, gsize length, gsize size) {
    return size == length || text[length - size] == ' ' || text[length - size - 1] == ' ';
}

/* The part of `now` in which a quote stands that was `from`..`to` of `was`: what is the same at both ends, whole words of it, tells. */
static char *carried(const char *was, const char *now, gsize from, gsize to) {
    gsize was_size = strlen(was), now_size = strlen(now), least = MIN(was_size, now_size), head = 0, tail = 0;
    while (head < least && was[head] == now[head]) head++;
    while (head > 0 && was[head - 1] != ' ') head--;
    while (head + tail < least && was[was_size - 1 - tail] == now[now_size - 1 - tail]) tail++;
    while (tail > 0 && !(ends_in_words(was, was_size, tail) && ends_in_words(now, now_size, tail))) tail--;
    gsize begin = from <= head ? from : from >= was_size - tail ? from + now_size - was_size : head;
    gsize end = to <= head ? to : to >= was_size - tail ? to + now_size - was_size : now_size - tail;
    if (end <= begin) return NULL;
    g_autofree char *part = g_strndup(now + begin, end - begin);
    g_autofree char *quote = text_cut(part, ITEM_TEXT_BYTES_MAX);
    return text_fold_space(quote);
}

static void carry_quote(const Meeting *meeting, const json_t *edits, Evidence *evidence) {
    const Transcript *transcript = meeting->transcript;
    if (evidence->last >= transcript->segments->len || evidence->first > evidence->last) return;
    g_autofree char *now = joined(transcript, evidence->first, evidence->last, NULL);
    g_free(evidence->speaker);
    evidence->speaker = g_strdup(transcript_speaker_name(transcript, transcript_segment(transcript, evidence->first)->speaker));
    if (strstr(now, evidence->quote)) return;
    g_autofree char *was = joined(transcript, evidence->first, evidence->last, edits);
    const char *place = strstr(was, evidence->quote);
    gsize from = place ? (gsize)(place - was) : 0;
    char *quote = place ? carried(was, now, from, from + strlen(evidence->quote)) : NULL;
    if (!quote || !*quote) {
        g_free(quote);
        evidence->match = MATCH_FUZZY; /* the words are no longer there as they were quoted */
        return;
    }
    g_free(evidence->quote);
    evidence->quote = quote;
}

static bool touches(const Evidence *evidence, const GArray *edited) {
    for (guint i = 0; i < edited->len; i++) {
        guint segment = g_array_index(edited, guint, i);
        if (segment >= evidence->first && segment <= evidence->last) return true;
    }
    return false;
}

static void carry_quotes(Meeting *meeting, const json_t *edits, const GArray *edited) {
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++)
        for (guint i = 0; i < meeting->minutes->items[kind]->len; i++) {
            Item *item = meeting->minutes->items[kind]->pdata[i];
            for (guint e = 0; e < item->evidence->len; e++) {
                Evidence *evidence = &g_array_index(item->evidence, Evidence, e);
                if (evidence->quote && touches(evidence, edited)) carry_quote(meeting, edits, evidence);
            }
        }
}

bool patch_segments(Meeting *meeting, const json_t *patch, const json_t *value, GError **error) {
    const char *id = NULL;
    json_t *changes = NULL;
    g_autoptr(GArray) edited = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!json_is_object(value) || json_object_size(value) > PATCH_SEGMENTS_MAX)
        return fail(error, ERROR_INVALID, "segments must be an object {\"12\": {…}} of at most %d", PATCH_SEGMENTS_MAX);
    json_object_foreach((json_t *)value, id, changes) {
        Segment *segment = segment_of(meeting, id, error);
        if (!segment || !patch_segment(meeting, segment, patch, changes, error)) return false;
        guint index = (guint)(segment - &g_array_index(meeting->transcript->segments, Segment, 0));
        g_array_append_val(edited, index);
    }
    carry_quotes(meeting, value, edited);
    return true;
}
