/* Items that a person adds. Their proof, where they name one, is cut from the transcript as it stands; one without is marked by its origin. */
#include <string.h>

#include "base/limits.h"
#include "meeting/patch_internal.h"

static bool kind_of(const json_t *entry, ItemKind *kind, GError **error) {
    const char *name = json_string_value(json_object_get(entry, "kind"));
    return (name && item_kind_named(name, kind)) ||
           fail(error, ERROR_INVALID, "a new item needs a kind: action, decision, question or requirement");
}

bool patch_complete_new_items(const Meeting *meeting, json_t *items, GError **error) {
    gsize index;
    json_t *entry;
    guint64 next[ITEM_KIND_COUNT] = {0};
    json_array_foreach(items, index, entry) {
        ItemKind kind;
        if (json_object_get(entry, "id")) return fail(error, ERROR_INVALID, "a new item is given its id by the server");
        if (!kind_of(entry, &kind, error)) return false;
        if (next[kind] == 0) next[kind] = minutes_next_number(meeting->minutes, kind);
        g_autofree char *id = g_strdup_printf("%s%" G_GUINT64_FORMAT, item_id_prefix(kind), next[kind]++);
        json_object_set_new(entry, "id", json_string(id));
    }
    return true;
}

/* The segment in which byte `at` of the joined text stands, and the time of the word there: its beginning, or its end. */
static guint segment_at(const Transcript *transcript, guint first, gsize at, bool end, gint64 *ms) {
    guint index = first;
    while (at > strlen(transcript_segment(transcript, index)->text)) at -= strlen(transcript_segment(transcript, index++)->text) + 1;
    const Segment *segment = transcript_segment(transcript, index);
    guint words = 0, before = 0;
    for (const char *space = segment->text; (space = strchr(space, ' ')); space++, words++) before += (gsize)(space - segment->text) < at;
    *ms = end ? segment->end_ms : segment->start_ms;
    if (segment->words && segment->words->len == words + 1) {
        const Word *word = &g_array_index(segment->words, Word, before);
        *ms = end ? word->end_ms : word->start_ms;
    }
    return index;
}

static bool add_evidence(const Meeting *meeting, Item *item, const json_t *range, const json_t *quoted, GError **error) {
    const Transcript *transcript = meeting->transcript;
    json_int_t first = json_integer_value(json_array_get(range, 0)), last = json_integer_value(json_array_get(range, 1));
    if (!transcript || json_array_size(range) != 2 || first < 0 || last < first || last >= (json_int_t)transcript->segments->len ||
        last - first >= PATCH_EVIDENCE_SEGMENTS_MAX)
        return fail(error, ERROR_INVALID, "segments must be [first, last] of the transcript, at most %d of them", PATCH_EVIDENCE_SEGMENTS_MAX);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = (guint)first; i <= (guint)last; i++)
        g_string_append_printf(text, "%s%s", i > (guint)first ? " " : "", transcript_segment(transcript, i)->text);
    g_autofree char *quote = g_strdup(text->str);
    if (quoted && !patch_read_text(quoted, "quote", ITEM_TEXT_BYTES_MAX, false, &quote, error)) return false;
    if (strlen(quote) > ITEM_TEXT_BYTES_MAX) return fail(error, ERROR_INVALID, "the quote has more than %d bytes", ITEM_TEXT_BYTES_MAX);
    const char *place = strstr(text->str, quote);
    if (!place) return fail(error, ERROR_INVALID, "the quote does not stand in these segments");
    Evidence evidence = {.quote = quote, .match = MATCH_EXACT};
    gsize from = (gsize)(place - text->str);
    evidence.first = segment_at(transcript, (guint)first, from, false, &evidence.start_ms);
    evidence.last = segment_at(transcript, (guint)first, from + strlen(quote), true, &evidence.end_ms);
    evidence.end_ms = MAX(evidence.start_ms, evidence.end_ms);
    evidence.speaker = (char *)transcript_speaker_name(transcript, transcript_segment(transcript, evidence.first)->speaker);
    item_add_evidence(item, &evidence);
    return true;
}

static bool fill_item(const Meeting *meeting, Item *item, const json_t *entry, GError **error) {
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)entry, name, value) {
        if (strcmp(name, "kind") == 0 || strcmp(name, "id") == 0 || strcmp(name, "quote") == 0) continue;
        bool done = strcmp(name, "segments") == 0 ? add_evidence(meeting, item, value, json_object_get(entry, "quote"), error)
                                                  : patch_item_member(item, name, value, error);
        if (!done) return false;
    }
    if (item->text[0] == '\0') return fail(error, ERROR_INVALID, "a new item needs a text");
    if (json_object_get(entry, "quote") && item->evidence->len == 0) return fail(error, ERROR_INVALID, "a quote needs its segments");
    return true;
}

static bool add_item(Meeting *meeting, const json_t *entry, GError **error) {
    ItemKind kind;
    const char *id = json_string_value(json_object_get(entry, "id"));
    if (!kind_of(entry, &kind, error)) return false;
    Item *present = id ? minutes_find(meeting->minutes, id) : NULL;
    /* Added already; a speaker that is renamed in the same patch may have changed its text since. */
    if (present) return patch_item_member(present, "text", json_object_get(entry, "text"), error);
    if (meeting->minutes->items[kind]->len >= ITEMS_MAX)
        return fail(error, ERROR_INVALID, "a meeting has at most %d items of a kind", ITEMS_MAX);
    g_autoptr(Item) item = item_new(kind);
    g_free(item->status);
    item->status = g_strdup("confirmed");
    g_free(item->origin);
    item->origin = g_strdup("user");
    item->id = g_strdup(id);
    if (!fill_item(meeting, item, entry, error)) return false;
    minutes_add(meeting->minutes, g_steal_pointer(&item));
    return true;
}

bool patch_new_items(Meeting *meeting, const json_t *patch, const json_t *value, GError **error) {
    gsize index;
    json_t *entry;
    if (!json_is_array(value) || json_array_size(value) > PATCH_ITEMS_MAX)
        return fail(error, ERROR_INVALID, "new_items must be an array of at most %d", PATCH_ITEMS_MAX);
    json_array_foreach(value, index, entry)
        if (!add_item(meeting, entry, error)) return false;
    return true;
}
