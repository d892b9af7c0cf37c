/* Minutes: the summary and all items of a meeting, with the two envelopes in which they are stored. Reading never fails: what is
 * understood becomes a field, all else is kept as it is. */
#include <string.h>

#include "base/limits.h"
#include "model/item.h"
#include "model/members.h"

#define TOPICS_MAX ITEMS_MAX

static const char *const known[] = {"schema",  "run",       "text",      "topics",         "action_items",
                                    "actions", "decisions", "questions", "open_questions", "key_points",
                                    "dropped", "coverage",  "extractor", "note",           "usage",
                                    NULL};
static const char *const known_envelope[] = {"meeting_id", "timestamp", "audio_s3_key", "summary", "requirements", "run", NULL};
static const char *const text_names[] = {"text", "summary", "overview", NULL};

/* The lists of a summary: our name, then the first version's other one. */
static const char *const list_names[ITEM_REQUIREMENT][2] = {
    [ITEM_ACTION] = {"action_items", "actions"},
    [ITEM_DECISION] = {"decisions", NULL},
    [ITEM_QUESTION] = {"questions", "open_questions"},
};

static void topic_clear(gpointer data) { g_free(((Topic *)data)->title); }
static void item_destroy(gpointer item) { item_free(item); }

Minutes *minutes_new(void) {
    Minutes *minutes = g_new0(Minutes, 1);
    minutes->text = g_strdup("");
    minutes->topics = g_array_new(FALSE, TRUE, sizeof(Topic));
    g_array_set_clear_func(minutes->topics, topic_clear);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) minutes->items[kind] = g_ptr_array_new_with_free_func(item_destroy);
    minutes->coverage = 1;
    minutes->usage.cost = -1;
    return minutes;
}

void minutes_free(Minutes *minutes) {
    if (!minutes) return;
    g_free(minutes->text);
    g_array_unref(minutes->topics);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) g_ptr_array_unref(minutes->items[kind]);
    g_free(minutes->extractor);
    g_free(minutes->model);
    g_free(minutes->prompt_sha256);
    g_free(minutes->note);
    g_free(minutes->run);
    json_decref(minutes->extra);
    json_decref(minutes->summary_extra);
    json_decref(minutes->requirements_extra);
    g_free(minutes);
}

Item *minutes_find(const Minutes *minutes, const char *id) {
    for (ItemKind kind = 0; id && kind < ITEM_KIND_COUNT; kind++) {
        for (guint i = 0; i < minutes->items[kind]->len; i++) {
            Item *item = g_ptr_array_index(minutes->items[kind], i);
            if (strcmp(item->id, id) == 0) return item;
        }
    }
    return NULL;
}

guint64 minutes_next_number(const Minutes *minutes, ItemKind kind) {
    const char *prefix = item_id_prefix(kind);
    guint64 highest = 0;
    for (guint i = 0; i < minutes->items[kind]->len; i++) {
        const Item *item = g_ptr_array_index(minutes->items[kind], i);
        guint64 number;
        if (g_str_has_prefix(item->id, prefix) &&
            g_ascii_string_to_unsigned(item->id + strlen(prefix), 10, 1, G_MAXUINT32, &number, NULL))
            highest = MAX(highest, number);
    }
    return highest + 1;
}

void minutes_add(Minutes *minutes, Item *item) {
    GPtrArray *items = minutes->items[item->kind];
    if (items->len >= ITEMS_MAX) {
        item_free(item);
        return;
    }
    if (!item->id || minutes_find(minutes, item->id)) {
        g_free(item->id);
        item->id = g_strdup_printf("%s%" G_GUINT64_FORMAT, item_id_prefix(item->kind), minutes_next_number(minutes, item->kind));
    }
    g_ptr_array_add(items, item);
}

static json_t *items_to_json(const GPtrArray *items) {
    json_t *array = json_array();
    for (guint i = 0; i < items->len; i++) json_array_append_new(array, item_to_json(g_ptr_array_index(items, i)));
    return array;
}

static json_t *topics_to_json(const GArray *topics) {
    json_t *array = json_array();
    for (guint i = 0; i < topics->len; i++) {
        const Topic *topic = &g_array_index(topics, Topic, i);
        json_array_append_new(array, json_pack("{sosIsI}", "title", json_text(topic->title), "start_ms",
                                               (json_int_t)topic->start_ms, "end_ms", (json_int_t)topic->end_ms));
    }
    return array;
}

static json_t *envelope(const char *meeting_id, const char *timestamp, const char *audio_key, const char *name, json_t *content) {
    return json_pack("{sosososo}", "meeting_id", json_text(meeting_id), "timestamp", json_text(timestamp), "audio_s3_key",
                     json_text(audio_key), name, content);
}

static json_t *usage_to_json(const MinutesUsage *usage) {
    return json_pack("{sIsIsIso}", "calls", (json_int_t)usage->calls, "input_tokens", (json_int_t)usage->input_tokens, "output_tokens",
                     (json_int_t)usage->output_tokens, "cost", usage->cost < 0 ? json_null() : json_real(usage->cost));
}

json_t *minutes_summary_to_json(const Minutes *minutes, const char *meeting_id, const char *timestamp, const char *audio_key) {
    json_t *summary = json_pack("{sisososo}", "schema", 2, "run", json_text(minutes->run), "text", json_text(minutes->text),
                                "topics", topics_to_json(minutes->topics));
    for (ItemKind kind = 0; kind < ITEM_REQUIREMENT; kind++)
        json_object_set_new(summary, list_names[kind][0], items_to_json(minutes->items[kind]));
    json_object_set_new(summary, "dropped", json_integer(minutes->dropped));
    json_object_set_new(summary, "coverage", ratio_to_json(minutes->coverage));
    json_object_set_new(summary, "extractor",
                        json_pack("{sososo}", "name", json_text(minutes->extractor), "model", json_text(minutes->model),
                                  "prompt_sha256", json_text(minutes->prompt_sha256)));
    json_object_set_new(summary, "note", json_text(minutes->note));
    if (minutes->usage.calls > 0) json_object_set_new(summary, "usage", usage_to_json(&minutes->usage));
    if (minutes->extra) json_object_update_missing(summary, minutes->extra);
    json_t *json = envelope(meeting_id, timestamp, audio_key, "summary", summary);
    if (minutes->summary_extra) json_object_update_missing(json, minutes->summary_extra);
    return json;
}

json_t *minutes_requirements_to_json(const Minutes *minutes, const char *meeting_id, const char *timestamp,
                                     const char *audio_key) {
    json_t *json = envelope(meeting_id, timestamp, audio_key, "requirements", items_to_json(minutes->items[ITEM_REQUIREMENT]));
    json_object_set_new(json, "run", json_text(minutes->run));
    if (minutes->requirements_extra) json_object_update_missing(json, minutes->requirements_extra);
    return json;
}

/* A list of items; anything else that says something is one item. */
static void read_items(Minutes *minutes, ItemKind kind, const json_t *value) {
    if (!json_is_array(value)) {
        Item *item = item_from_json(kind, value, minutes->items[kind]->len + 1);
        if (item) minutes_add(minutes, item);
        return;
    }
    gsize index;
    json_t *element;
    json_array_foreach(value, index, element) {
        if (minutes->items[kind]->len >= ITEMS_MAX) break;
        Item *item = item_from_json(kind, element, minutes->items[kind]->len + 1);
        if (item) minutes_add(minutes, item);
    }
}

static void read_topics(Minutes *minutes, const json_t *value) {
    gsize index;
    json_t *element;
    json_array_foreach(value, index, element) {
        if (minutes->topics->len >= TOPICS_MAX) break;
        Topic topic = {.start_ms = value_ms(json_object_get(element, "start_ms"))};
        topic.end_ms = MAX(topic.start_ms, value_ms(json_object_get(element, "end_ms")));
        topic.title = json_is_object(element) ? member_text(element, "title", TITLE_BYTES_MAX, false)
                                              : value_text(element, TITLE_BYTES_MAX, false);
        if (topic.title) g_array_append_val(minutes->topics, topic);
    }
}

/* NULL leaves what is there. */
static void take_text(Minutes *minutes, char *text) {
    if (!text) return;
    g_free(minutes->text);
    minutes->text = text;
}

/* The first version's key points become lines of the text. */
static void read_key_points(Minutes *minutes, const json_t *value) {
    GString *text = g_string_new(minutes->text);
    gsize index;
    json_t *element;
    json_array_foreach(value, index, element) {
        g_autofree char *point = value_text(element, ITEM_TEXT_BYTES_MAX, false);
        if (point) g_string_append_printf(text, "%s- %s", text->len > 0 ? "\n" : "", point);
    }
    take_text(minutes, g_string_free(text, FALSE));
}

static void read_extractor(Minutes *minutes, const json_t *value) {
    if (json_is_string(value)) {
        minutes->extractor = value_text(value, TITLE_BYTES_MAX, false);
        return;
    }
    minutes->extractor = member_text(value, "name", TITLE_BYTES_MAX, false);
    minutes->model = member_text(value, "model", TITLE_BYTES_MAX, false);
    minutes->prompt_sha256 = member_text(value, "prompt_sha256", TITLE_BYTES_MAX, false);
}

static void read_usage(Minutes *minutes, const json_t *value) {
    MinutesUsage *usage = &minutes->usage;
    usage->calls = (guint)member_int(value, "calls", 0, G_MAXINT, 0);
    usage->input_tokens = (guint64)member_int(value, "input_tokens", 0, G_MAXINT64, 0);
    usage->output_tokens = (guint64)member_int(value, "output_tokens", 0, G_MAXINT64, 0);
    usage->cost = json_get_real(value, "cost", -1);
}

static void read_summary_object(Minutes *minutes, const json_t *json) {
    char *text = NULL;
    const char *const *name = text_names;
    for (; *name && !text; name++) text = member_text(json, *name, DOCUMENT_BYTES_MAX, true);
    minutes->extra = members_unknown(json, known);
    if (text && minutes->extra) json_object_del(minutes->extra, name[-1]); /* it is `text` from now on */
    take_text(minutes, text);
    read_key_points(minutes, json_object_get(json, "key_points"));
    read_topics(minutes, json_object_get(json, "topics"));
    for (ItemKind kind = 0; kind < ITEM_REQUIREMENT; kind++)
        for (int i = 0; i < 2 && list_names[kind][i]; i++) read_items(minutes, kind, json_object_get(json, list_names[kind][i]));
    minutes->dropped = (guint)member_int(json, "dropped", 0, G_MAXINT, 0);
    minutes->coverage = member_ratio(json, "coverage", 1);
    read_extractor(minutes, json_object_get(json, "extractor"));
    read_usage(minutes, json_object_get(json, "usage"));
    minutes->note = member_text(json, "note", ITEM_TEXT_BYTES_MAX, true);
    minutes->run = member_text(json, "run", MEETING_ID_BYTES_MAX, false);
}

/* The first version's `summary` may be text, or the lists may stand beside it in the envelope. */
static void read_summary(Minutes *minutes, const json_t *json) {
    const json_t *summary = json_object_get(json, "summary");
    if (json_is_object(summary)) {
        read_summary_object(minutes, summary);
        minutes->summary_extra = members_unknown(json, known_envelope);
        return;
    }
    if (json_is_object(json)) {
        read_summary_object(minutes, json);
        json_t *unknown = minutes->extra;
        minutes->extra = members_unknown(unknown, known_envelope);
        json_decref(unknown);
    }
    if (!*minutes->text) take_text(minutes, value_text(json_is_object(json) ? summary : json, DOCUMENT_BYTES_MAX, true));
}

Minutes *minutes_from_json(const json_t *summary, const json_t *requirements) {
    Minutes *minutes = minutes_new();
    if (summary) read_summary(minutes, summary);
    if (requirements) {
        const json_t *list = json_is_object(requirements) ? json_object_get(requirements, "requirements") : requirements;
        read_items(minutes, ITEM_REQUIREMENT, list);
        if (!minutes->run) minutes->run = member_text(requirements, "run", MEETING_ID_BYTES_MAX, false);
        minutes->requirements_extra = members_unknown(requirements, known_envelope);
    }
    return minutes;
}
