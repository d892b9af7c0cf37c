/* Items and their evidence: our own form exactly, the first version's forms as far as they can be understood. */
#include "model/item.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "model/keys.h"
#include "model/members.h"

#define NAME_BYTES_MAX 64 /* ids, types, priorities: words of ours or a few of someone else's */

static const struct {
    const char *name, *id_prefix;
} kinds[ITEM_KIND_COUNT] = {
    [ITEM_ACTION] = {"action", "A-"},
    [ITEM_DECISION] = {"decision", "D-"},
    [ITEM_QUESTION] = {"question", "Q-"},
    [ITEM_REQUIREMENT] = {"requirement", "REQ-"},
};

static const char *const statuses[] = {"draft", "confirmed", "rejected", "done", NULL};
static const char *const known[] = {"id",       "text",     "owner",      "due",    "due_said", "type",
                                    "priority", "evidence", "confidence", "origin", "status",   NULL};
/* The first version left the names to a language model; these are the ones that it used. Preferred name first. */
static const char *const text_names[] = {"text", "description", "requirement", "action", "task", "title", "item", NULL};
static const char *const owner_names[] = {"owner", "assignee", "assigned_to", "responsible", NULL};
static const char *const due_names[] = {"due", "deadline", "due_date", NULL};

static void evidence_clear(gpointer data) {
    Evidence *evidence = data;
    g_free(evidence->speaker);
    g_free(evidence->quote);
}

Item *item_new(ItemKind kind) {
    Item *item = g_new0(Item, 1);
    item->kind = kind;
    item->evidence = g_array_new(FALSE, TRUE, sizeof(Evidence));
    g_array_set_clear_func(item->evidence, evidence_clear);
    item->confidence = 1;
    item->text = g_strdup("");
    item->origin = g_strdup("model");
    item->status = g_strdup("draft");
    return item;
}

void item_free(Item *item) {
    if (!item) return;
    g_free(item->id);
    g_free(item->text);
    g_free(item->owner);
    g_free(item->due);
    g_free(item->due_said);
    g_free(item->type);
    g_free(item->priority);
    g_array_unref(item->evidence);
    g_free(item->origin);
    g_free(item->status);
    json_decref(item->extra);
    g_free(item);
}

void item_add_evidence(Item *item, const Evidence *evidence) {
    Evidence copy = *evidence;
    copy.speaker = g_strdup(evidence->speaker);
    copy.quote = g_strdup(evidence->quote);
    g_array_append_val(item->evidence, copy);
}

const char *item_kind_name(ItemKind kind) {
    g_assert(kind < ITEM_KIND_COUNT);
    return kinds[kind].name;
}

const char *item_id_prefix(ItemKind kind) {
    g_assert(kind < ITEM_KIND_COUNT);
    return kinds[kind].id_prefix;
}

bool item_kind_named(const char *name, ItemKind *kind) {
    for (ItemKind i = 0; name && i < ITEM_KIND_COUNT; i++) {
        if (strcmp(kinds[i].name, name) != 0) continue;
        *kind = i;
        return true;
    }
    return false;
}

bool item_status_known(const char *status) { return status && g_strv_contains(statuses, status); }

static json_t *evidence_to_json(const Evidence *evidence) {
    return json_pack("{s[II]sIsIsososs}", "segments", (json_int_t)evidence->first, (json_int_t)evidence->last, "start_ms",
                     (json_int_t)evidence->start_ms, "end_ms", (json_int_t)evidence->end_ms, "speaker",
                     json_text(evidence->speaker), "quote", json_text(evidence->quote ? evidence->quote : ""), "match",
                     evidence->match == MATCH_EXACT ? "exact" : "fuzzy");
}

json_t *item_to_json(const Item *item) {
    json_t *json =
        json_pack("{sosososososo}", "id", json_text(item->id), "text", json_text(item->text), "owner", json_text(item->owner),
                  "due", json_text(item->due), "due_said", json_text(item->due_said), "evidence", json_array());
    for (guint i = 0; i < item->evidence->len; i++)
        json_array_append_new(json_object_get(json, "evidence"), evidence_to_json(&g_array_index(item->evidence, Evidence, i)));
    if (item->type || item->kind == ITEM_REQUIREMENT) json_object_set_new(json, "type", json_text(item->type));
    if (item->priority || item->kind == ITEM_REQUIREMENT) json_object_set_new(json, "priority", json_text(item->priority));
    json_object_set_new(json, "confidence", ratio_to_json(item->confidence));
    json_object_set_new(json, "origin", json_text(item->origin));
    json_object_set_new(json, "status", json_text(item->status));
    if (item->extra) json_object_update_missing(json, item->extra);
    return json;
}

/* The first of the names that is a string with something in it. */
static char *first_text(const json_t *json, const char *const *names, gsize bytes_max) {
    char *text = NULL;
    for (; *names && !text; names++) text = member_text(json, *names, bytes_max, false);
    return text;
}

static void read_evidence(Item *item, const json_t *json) {
    g_autofree char *quote = member_text(json, "quote", ITEM_TEXT_BYTES_MAX, false);
    if (!quote) return; /* evidence is its quote */
    g_autofree char *speaker = member_text(json, "speaker", SPEAKER_NAME_BYTES_MAX, false);
    const json_t *segments = json_object_get(json, "segments");
    Evidence evidence = {.quote = quote, .speaker = speaker};
    evidence.first = (guint)CLAMP(json_integer_value(json_array_get(segments, 0)), 0, SEGMENTS_MAX - 1);
    evidence.last = (guint)CLAMP(json_integer_value(json_array_get(segments, 1)), evidence.first, SEGMENTS_MAX - 1);
    evidence.start_ms = value_ms(json_object_get(json, "start_ms"));
    evidence.end_ms = MAX(evidence.start_ms, value_ms(json_object_get(json, "end_ms")));
    evidence.match = g_str_equal(json_get_string(json, "match", "fuzzy"), "exact") ? MATCH_EXACT : MATCH_FUZZY;
    item_add_evidence(item, &evidence);
}

/* YYYY-MM-DD of the calendar. */
static bool is_date(const char *text) {
    for (int i = 0; i < 10; i++)
        if (i == 4 || i == 7 ? text[i] != '-' : !g_ascii_isdigit(text[i])) return false;
    gint64 unused;
    return text[10] == '\0' && time_parse(text, &unused);
}

static void read_due(Item *item, const json_t *json) {
    item->due_said = member_text(json, "due_said", ITEM_TEXT_BYTES_MAX, false);
    g_autofree char *due = first_text(json, due_names, ITEM_TEXT_BYTES_MAX);
    if (!due) return;
    if (is_date(due))
        item->due = g_steal_pointer(&due);
    else if (!item->due_said)
        item->due_said = g_steal_pointer(&due);
}

/* An id names the item in addresses and patches, so it has the letters of a meeting's id. */
static char *read_id(const json_t *value, ItemKind kind, guint position) {
    if (json_is_integer(value)) return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    const char *id = json_string_value(value);
    if (meeting_id_valid(id) && strlen(id) <= NAME_BYTES_MAX) return g_strdup(id);
    return g_strdup_printf("%s%u", item_id_prefix(kind), position);
}

static void replace(char **field, const char *text) {
    g_free(*field);
    *field = g_strdup(text);
}

static void read_members(Item *item, const json_t *json) {
    item->owner = first_text(json, owner_names, SPEAKER_NAME_BYTES_MAX);
    read_due(item, json);
    item->type = member_text(json, "type", NAME_BYTES_MAX, false);
    item->priority = member_text(json, "priority", NAME_BYTES_MAX, false);
    item->confidence = member_ratio(json, "confidence", 1);
    if (g_str_equal(json_get_string(json, "origin", "model"), "user")) replace(&item->origin, "user");
    const char *status = json_get_string(json, "status", NULL);
    if (item_status_known(status)) replace(&item->status, status);
    gsize index;
    json_t *value;
    json_array_foreach(json_object_get(json, "evidence"), index, value) read_evidence(item, value);
    item->extra = members_unknown(json, known);
}

Item *item_from_json(ItemKind kind, const json_t *json, guint position) {
    char *text = json_is_object(json) ? first_text(json, text_names, ITEM_TEXT_BYTES_MAX) : NULL;
    if (!text) text = value_text(json, ITEM_TEXT_BYTES_MAX, false);
    if (!text) return NULL;
    Item *item = item_new(kind);
    g_free(item->text);
    item->text = text;
    item->id = read_id(json_object_get(json, "id"), kind, position);
    if (json_is_object(json)) read_members(item, json);
    return item;
}
