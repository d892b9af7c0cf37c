/* Reading what a model wrote: hostile JSON becomes claims of bounded number and size. What does not have the form is left out; an answer that has
 * nothing of the form is none. Whether a claim is true is checked elsewhere. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "extract/llm_internal.h"

#define CONFIDENCE_EXPLICIT 0.9
#define CONFIDENCE_CONCLUDED 0.6
#define WHAT "the model's answer"

static void claim_free(gpointer data) {
    LlmClaim *claim = data;
    item_free(claim->item);
    g_free(claim->owner_said);
    g_free(claim->due_said);
    g_free(claim);
}

static void topic_clear(gpointer data) { g_free(((LlmTopic *)data)->title); }

void llm_reading_init(LlmReading *reading) {
    *reading = (LlmReading){g_ptr_array_new_with_free_func(claim_free), g_array_new(FALSE, FALSE, sizeof(LlmTopic))};
    g_array_set_clear_func(reading->topics, topic_clear);
}

void llm_reading_clear(LlmReading *reading) {
    g_clear_pointer(&reading->claims, g_ptr_array_unref);
    g_clear_pointer(&reading->topics, g_array_unref);
}

/* A model may think aloud before it answers, put the answer into a code fence, or say a word after it. */
json_t *llm_find_object(const char *text, GError **error) {
    const char *thought = strstr(text, "</think>");
    const char *from = strchr(thought ? thought : text, '{'), *to = strrchr(text, '}');
    if (!from || !to || to < from) {
        fail(error, ERROR_INVALID, WHAT " holds no JSON object");
        return NULL;
    }
    return json_parse_object(from, (gsize)(to + 1 - from), WHAT, error);
}

/* A text in one line; NULL where there is none. */
static char *line_of(const json_t *object, const char *name, gsize bytes_max) {
    const char *text = json_get_string(object, name, NULL);
    if (!text) return NULL;
    g_autofree char *clean = text_clean(text, -1, false);
    g_autofree char *line = text_fold_space(clean);
    return *line ? text_cut(line, bytes_max) : NULL;
}

static guint segment_of(const json_t *object, const char *name) {
    return (guint)CLAMP(json_get_int(object, name, 0), 0, SEGMENTS_MAX - 1);
}

/* NULL where the text or its proof is missing. */
static LlmClaim *read_claim(const json_t *json, LlmClaimWhat what, ItemKind kind) {
    char *text = line_of(json, "text", ITEM_TEXT_BYTES_MAX);
    g_autofree char *quote = line_of(json, "quote", ITEM_TEXT_BYTES_MAX);
    if (!text || !quote) {
        g_free(text);
        return NULL;
    }
    LlmClaim *claim = g_new0(LlmClaim, 1);
    claim->what = what;
    claim->item = item_new(kind);
    g_free(claim->item->text);
    claim->item->text = text;
    guint segment = segment_of(json, "segment");
    item_add_evidence(claim->item, &(Evidence){.first = segment, .last = segment, .quote = quote});
    return claim;
}

/* One of the words that the schema allows; NULL for "none" and all else. */
static char *one_of(const json_t *json, const char *name, const char *const *words) {
    const char *text = json_get_string(json, name, NULL);
    return text && g_strv_contains(words, text) ? g_strdup(text) : NULL;
}

static LlmClaim *read_item(const json_t *json) {
    static const char *const types[] = {"functional",  "performance-efficiency", "compatibility", "usability", "reliability", "security",
                                        "maintainability", "portability",        "safety",        NULL};
    static const char *const priorities[] = {"must", "should", "could", "wont", NULL};
    ItemKind kind;
    if (!item_kind_named(json_get_string(json, "kind", NULL), &kind)) return NULL;
    LlmClaim *claim = read_claim(json, LLM_CLAIM_ITEM, kind);
    if (!claim) return NULL;
    claim->item->confidence = json_get_bool(json, "explicit", false) ? CONFIDENCE_EXPLICIT : CONFIDENCE_CONCLUDED;
    if (kind == ITEM_REQUIREMENT) {
        claim->item->type = one_of(json, "type", types);
        claim->item->priority = one_of(json, "priority", priorities);
    }
    if (kind == ITEM_ACTION) {
        claim->owner_said = line_of(json, "owner_said", SPEAKER_NAME_BYTES_MAX);
        claim->due_said = line_of(json, "due_said", ITEM_TEXT_BYTES_MAX);
    }
    return claim;
}

static LlmClaim *read_sentence(const json_t *json) { return read_claim(json, LLM_CLAIM_SENTENCE, ITEM_DECISION); }

static void read_claims(LlmReading *reading, const json_t *list, LlmClaim *(*read)(const json_t *)) {
    guint count = (guint)MIN(json_array_size(list), LLM_ANSWER_CLAIMS_MAX);
    for (guint i = 0; i < count; i++) {
        LlmClaim *claim = read(json_array_get(list, i));
        if (claim) g_ptr_array_add(reading->claims, claim);
    }
}

static void read_topics(LlmReading *reading, const json_t *list) {
    guint count = (guint)MIN(json_array_size(list), LLM_ANSWER_CLAIMS_MAX);
    for (guint i = 0; i < count; i++) {
        const json_t *json = json_array_get(list, i);
        LlmTopic topic = {line_of(json, "title", TITLE_BYTES_MAX), segment_of(json, "first_segment"), segment_of(json, "last_segment")};
        topic.last = MAX(topic.first, topic.last);
        if (topic.title) g_array_append_val(reading->topics, topic);
    }
}

bool llm_read_map(const char *text, gpointer user_data, GError **error) {
    LlmReading *reading = user_data;
    g_autoptr(json_t) json = llm_find_object(text, error);
    if (!json) return false;
    const json_t *items = json_object_get(json, "items"), *summary = json_object_get(json, "summary");
    if (!json_is_array(items) || !json_is_array(summary))
        return fail(error, ERROR_INVALID, WHAT " is not of the form asked for: it has no list of items and sentences");
    llm_reading_clear(reading);
    llm_reading_init(reading);
    read_claims(reading, items, read_item);
    read_claims(reading, summary, read_sentence);
    read_topics(reading, json_object_get(json, "topics"));
    if (json_array_size(items) + json_array_size(summary) > 0 && reading->claims->len == 0)
        return fail(error, ERROR_INVALID, WHAT " is not of the form asked for: none of its items has a text and a quote");
    return true;
}

static GArray *read_numbers(const json_t *list, guint below) {
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    guint count = (guint)MIN(json_array_size(list), LLM_ANSWER_CLAIMS_MAX);
    for (guint i = 0; i < count; i++) {
        const json_t *value = json_array_get(list, i);
        guint number = (guint)CLAMP(json_integer_value(value), 0, G_MAXINT);
        if (json_is_integer(value) && number < below) g_array_append_val(numbers, number);
    }
    return numbers;
}

bool llm_read_reduce(const char *text, gpointer user_data, GError **error) {
    LlmReduction *reduction = user_data;
    g_autoptr(json_t) json = llm_find_object(text, error);
    if (!json) return false;
    const json_t *list = json_object_get(json, "sentences");
    guint count = (guint)MIN(json_array_size(list), LLM_ANSWER_CLAIMS_MAX);
    g_ptr_array_set_size(reduction->texts, 0);
    g_ptr_array_set_size(reduction->from, 0);
    for (guint i = 0; i < count; i++) {
        const json_t *sentence = json_array_get(list, i);
        g_autofree char *line = line_of(sentence, "text", ITEM_TEXT_BYTES_MAX);
        g_autoptr(GArray) from = read_numbers(json_object_get(sentence, "from"), reduction->given);
        if (!line || from->len == 0) continue;
        g_ptr_array_add(reduction->texts, g_steal_pointer(&line));
        g_ptr_array_add(reduction->from, g_steal_pointer(&from));
    }
    return reduction->texts->len > 0 || fail(error, ERROR_INVALID, WHAT " holds no sentence that rests on one of those given");
}
