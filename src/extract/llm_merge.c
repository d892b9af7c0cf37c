/* Items of overlapping parts become one each: the same where they rest on the same words and say something alike, or say the same. The surer text
 * stays; what it does not have comes from the other. */
#include <string.h>

#include "base/limits.h"
#include "extract/llm_internal.h"
#include "extract/words.h"

#define ALIKE 0.8        /* shared part of the terms from which two items are the same wherever they were said */
#define ALIKE_SAME 0.3   /* the same, resting on the same words: one sentence may hold two tasks */
#define TOPIC_ALIKE 0.5
#define TOPIC_GAP_MS 120000

typedef struct {
    Item *item;
    GArray *terms;
    char *folded;  /* the text whatever its case */
    char *numbers; /* of the text, in order: "version 2" is not "version 3", though all their terms are the same */
} Entry;

struct LlmMerge {
    const Transcript *transcript;
    Terms terms;
    GArray *entries[ITEM_KIND_COUNT]; /* of Entry */
    GArray *topics;                   /* of Topic */
};

static void entry_clear(gpointer data) {
    Entry *entry = data;
    item_free(entry->item);
    g_array_unref(entry->terms);
    g_free(entry->folded);
    g_free(entry->numbers);
}

static void topic_clear(gpointer data) { g_free(((Topic *)data)->title); }

LlmMerge *llm_merge_new(const Transcript *transcript) {
    LlmMerge *merge = g_new0(LlmMerge, 1);
    merge->transcript = transcript;
    terms_init(&merge->terms);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        merge->entries[kind] = g_array_new(FALSE, FALSE, sizeof(Entry));
        g_array_set_clear_func(merge->entries[kind], entry_clear);
    }
    merge->topics = g_array_new(FALSE, FALSE, sizeof(Topic));
    g_array_set_clear_func(merge->topics, topic_clear);
    return merge;
}

void llm_merge_free(LlmMerge *merge) {
    if (!merge) return;
    terms_clear(&merge->terms);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) g_array_unref(merge->entries[kind]);
    g_array_unref(merge->topics);
    g_free(merge);
}

/* Quotes are the transcript's own words, so those of one place are the same text, or one is a part of the other; where they only overlap, their times
 * (or, without times, their segments) do. */
static bool same_place(const Evidence *left, const Evidence *right) {
    if (left->first > right->last || right->first > left->last) return false;
    if (strstr(left->quote, right->quote) || strstr(right->quote, left->quote)) return true;
    return left->start_ms < right->end_ms && right->start_ms < left->end_ms;
}

static bool share_words(const Item *left, const Item *right) {
    for (guint i = 0; i < left->evidence->len; i++)
        for (guint j = 0; j < right->evidence->len; j++)
            if (same_place(&g_array_index(left->evidence, Evidence, i), &g_array_index(right->evidence, Evidence, j))) return true;
    return false;
}

static bool differ(const char *left, const char *right) { return left && right && strcmp(left, right) != 0; }

static bool same_thing(const Entry *left, const Entry *right) {
    const Item *a = left->item, *b = right->item;
    if (differ(a->owner, b->owner)) return false;
    bool shared = share_words(a, b);
    if (!shared && (differ(a->due, b->due) || strcmp(left->numbers, right->numbers) != 0)) return false;
    return strcmp(left->folded, right->folded) == 0 || terms_likeness(left->terms, right->terms) >= (shared ? ALIKE_SAME : ALIKE);
}

static void take(char **field, char **other) {
    if (!*field) *field = g_steal_pointer(other);
}

static bool has_evidence(const Item *item, const Evidence *evidence) {
    for (guint i = 0; i < item->evidence->len; i++)
        if (same_place(&g_array_index(item->evidence, Evidence, i), evidence)) return true;
    return false;
}

/* `entry` joins `kept`, and is freed. */
static void join(Entry *kept, Entry *entry) {
    if (entry->item->confidence > kept->item->confidence) {
        Entry swap = *kept;
        *kept = *entry;
        *entry = swap;
    }
    Item *item = kept->item, *other = entry->item;
    take(&item->owner, &other->owner);
    take(&item->type, &other->type);
    take(&item->priority, &other->priority);
    if (!item->due_said) {
        item->due = g_steal_pointer(&other->due);
        item->due_said = g_steal_pointer(&other->due_said);
    }
    for (guint i = 0; i < other->evidence->len; i++) {
        const Evidence *evidence = &g_array_index(other->evidence, Evidence, i);
        if (!has_evidence(item, evidence)) item_add_evidence(item, evidence);
    }
    entry_clear(entry);
}

static char *numbers_of(const char *text) {
    GString *numbers = g_string_new(NULL);
    for (WordSpan span = {0}; word_next(text, &span);)
        if (g_ascii_isdigit(text[span.at])) g_string_append_printf(numbers, "%.*s ", (int)(span.end - span.at), text + span.at);
    return g_string_free(numbers, FALSE);
}

void llm_merge_add(LlmMerge *merge, Item *item) {
    Entry entry = {item, terms_of_text(&merge->terms, item->text), g_utf8_casefold(item->text, -1), numbers_of(item->text)};
    GArray *entries = merge->entries[item->kind];
    for (guint i = 0; i < entries->len; i++) {
        Entry *kept = &g_array_index(entries, Entry, i);
        if (!same_thing(kept, &entry)) continue;
        join(kept, &entry);
        return;
    }
    if (entries->len < ITEMS_MAX) g_array_append_val(entries, entry);
    else entry_clear(&entry);
}

void llm_merge_add_topic(LlmMerge *merge, const char *title, gint64 start_ms, gint64 end_ms) {
    g_autoptr(GArray) terms = terms_of_text(&merge->terms, title);
    for (guint i = merge->topics->len; i-- > 0;) {
        Topic *topic = &g_array_index(merge->topics, Topic, i);
        if (topic->end_ms + TOPIC_GAP_MS < start_ms || end_ms + TOPIC_GAP_MS < topic->start_ms) continue;
        g_autoptr(GArray) theirs = terms_of_text(&merge->terms, topic->title);
        if (strcmp(topic->title, title) != 0 && terms_likeness(theirs, terms) < TOPIC_ALIKE) continue;
        topic->start_ms = MIN(topic->start_ms, start_ms);
        topic->end_ms = MAX(topic->end_ms, end_ms);
        return;
    }
    Topic topic = {g_strdup(title), start_ms, end_ms};
    if (merge->topics->len < LLM_TOPICS_MAX) g_array_append_val(merge->topics, topic);
    else topic_clear(&topic);
}

static gint by_place(gconstpointer left, gconstpointer right) {
    const Evidence *a = &g_array_index(((const Entry *)left)->item->evidence, Evidence, 0),
                   *b = &g_array_index(((const Entry *)right)->item->evidence, Evidence, 0);
    if (a->first != b->first) return a->first < b->first ? -1 : 1;
    return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

static gint by_start(gconstpointer left, gconstpointer right) {
    const Topic *a = left, *b = right;
    return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

void llm_merge_finish(LlmMerge *merge, Minutes *minutes) {
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        GArray *entries = merge->entries[kind];
        g_array_sort(entries, by_place);
        for (guint i = 0; i < entries->len; i++) minutes_add(minutes, g_steal_pointer(&g_array_index(entries, Entry, i).item));
    }
    g_array_sort(merge->topics, by_start);
    for (guint i = 0; i < merge->topics->len; i++) {
        Topic *topic = &g_array_index(merge->topics, Topic, i);
        Topic moved = {g_steal_pointer(&topic->title), topic->start_ms, topic->end_ms};
        g_array_append_val(minutes->topics, moved);
    }
}
