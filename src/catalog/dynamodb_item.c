/* Rows as items of the table. Reading takes nothing on trust: an attribute of another type counts as absent, texts are cut and cleaned as those of a
 * record are, and an item that does not sort where its id says is no row. */
#include "catalog/dynamodb_internal.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "model/keys.h"

#define NUMBER_MAX 9007199254740992.0 /* beyond it a double is no whole number any more */
#define LAST_TIME_MS G_GINT64_CONSTANT(253402300799999) /* of the year 9999 */

/* The attributes of a row but for those that index it. */
static const struct {
    const char *name;
    char type;       /* S text, N number, L list of texts */
    gsize bytes_max; /* of a text */
} attributes[] = {
    {"audio_s3_key", 'S', KEY_BYTES_MAX},
    {"timestamp", 'S', 40},
    {"filename", 'S', KEY_BYTES_MAX},
    {"action_items_count", 'N', 0},
    {"requirements_count", 'N', 0},
    {"decisions_count", 'N', 0},
    {"questions_count", 'N', 0},
    {"title", 'S', TITLE_BYTES_MAX},
    {"state", 'S', 40},
    {"duration_ms", 'N', 0},
    {"tags", 'L', TAG_BYTES_MAX},
    {"updated", 'S', 40},
};

void input_name(json_t *input, const char *name) {
    json_t *names = json_object_get(input, "ExpressionAttributeNames");
    g_autofree char *placeholder = g_strconcat("#", name, NULL);
    if (!names) {
        names = json_object();
        json_object_set_new(input, "ExpressionAttributeNames", names);
    }
    json_object_set_new(names, placeholder, json_string(name));
}

void input_value(json_t *input, const char *name, json_t *value) {
    json_t *values = json_object_get(input, "ExpressionAttributeValues");
    g_autofree char *placeholder = g_strconcat(":", name, NULL);
    if (!values) {
        values = json_object();
        json_object_set_new(input, "ExpressionAttributeValues", values);
    }
    json_object_set_new(values, placeholder, value);
}

json_t *item_text(const char *text) { return json_pack("{s:o}", "S", json_text(text)); }

const char *item_get_text(const json_t *item, const char *name) { return json_get_string(json_object_get(item, name), "S", NULL); }

char *item_time(gint64 unix_ms) { return time_format(CLAMP(unix_ms, 0, LAST_TIME_MS)); }

char *mark_id(const char *workspace) { return g_strconcat("workspace/", workspace, NULL); }

/* -- a row to the table --------------------------------------------------------------------------------------------------- */

static json_t *cut_text(const json_t *value, gsize bytes_max) {
    g_autofree char *text = text_cut(json_string_value(value), bytes_max);
    return item_text(text);
}

/* NULL for what is not there. */
static json_t *to_attribute(const json_t *value, char type, gsize bytes_max) {
    if (type == 'S') return json_is_string(value) ? cut_text(value, bytes_max) : NULL;
    if (type == 'N') {
        g_autofree char *digits = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return json_pack("{s:s}", "N", digits);
    }
    json_t *list = json_array();
    for (size_t i = 0; i < MIN(json_array_size(value), TAGS_MAX); i++) json_array_append_new(list, cut_text(json_array_get(value, i), bytes_max));
    return json_pack("{s:o}", "L", list);
}

/* Takes the value; NULL removes the attribute. */
static void add_change(json_t *input, GString *set, GString *removed, const char *name, json_t *value) {
    input_name(input, name);
    if (value) {
        g_string_append_printf(set, "%s#%s = :%s", set->len ? ", " : "SET ", name, name);
        input_value(input, name, value);
    } else {
        g_string_append_printf(removed, "%s#%s", removed->len ? ", " : " REMOVE ", name);
    }
}

void item_add_update(const Row *row, const char *workspace, json_t *input) {
    g_autoptr(json_t) json = row_to_json(row);
    g_autoptr(GString) set = g_string_new(NULL), removed = g_string_new(NULL);
    g_autofree char *updated = item_time(row->updated_ms), *sort_key = row_sort_key(row->timestamp_ms, row->meeting_id);
    json_object_set_new(json, "updated", json_string(updated)); /* always there: a put compares by it */
    for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++)
        add_change(input, set, removed, attributes[i].name,
                   to_attribute(json_object_get(json, attributes[i].name), attributes[i].type, attributes[i].bytes_max));
    add_change(input, set, removed, TABLE_INDEX_PARTITION, item_text(workspace));
    add_change(input, set, removed, TABLE_INDEX_SORT, item_text(sort_key));
    g_string_append(set, removed->str);
    json_object_set_new(input, "UpdateExpression", json_string(set->str));
}

/* -- and back ------------------------------------------------------------------------------------------------------------- */

void item_add_projection(json_t *input) {
    g_autoptr(GString) names = g_string_new("#" TABLE_KEY ", #" TABLE_INDEX_SORT ", #" MARK_ATTRIBUTE);
    for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++) {
        g_string_append_printf(names, ", #%s", attributes[i].name);
        input_name(input, attributes[i].name);
    }
    input_name(input, TABLE_KEY);
    input_name(input, TABLE_INDEX_SORT);
    input_name(input, MARK_ATTRIBUTE);
    json_object_set_new(input, "ProjectionExpression", json_string(names->str));
}

static json_t *read_text(const json_t *value, gsize bytes_max, bool *cut) {
    const char *text = json_get_string(value, "S", NULL);
    if (!text) return NULL;
    if (strlen(text) <= bytes_max) return json_string(text);
    *cut = true;
    g_autofree char *kept = text_cut(text, bytes_max);
    return json_string(kept);
}

/* A number is text: "12", or "1.2E1" as its maker likes. */
static json_t *read_number(const json_t *value) {
    const char *text = json_get_string(value, "N", "");
    char *end;
    double number = g_ascii_strtod(text, &end);
    bool whole = *text && !*end && number >= -NUMBER_MAX && number <= NUMBER_MAX && number == (double)(gint64)number;
    return whole ? json_integer((json_int_t)number) : NULL;
}

/* A list as this program writes it, or a set as others may. */
static json_t *read_texts(const json_t *value, gsize bytes_max, bool *cut) {
    const json_t *list = json_object_get(value, "L"), *set = json_object_get(value, "SS");
    const json_t *from = json_is_array(list) ? list : set;
    json_t *texts = json_array();
    for (size_t i = 0; i < json_array_size(from); i++) {
        const json_t *element = json_array_get(from, i);
        g_autoptr(json_t) wrapped = from == set ? json_pack("{s:O}", "S", element) : NULL;
        json_t *text = json_array_size(texts) < TAGS_MAX ? read_text(wrapped ? wrapped : element, bytes_max, cut) : NULL;
        if (text) json_array_append_new(texts, text);
        else *cut = true;
    }
    return texts;
}

Row *row_of_item(const json_t *item) {
    const char *id = item_get_text(item, TABLE_KEY), *sort_key = item_get_text(item, TABLE_INDEX_SORT);
    g_autofree char *sort_id = NULL;
    gint64 timestamp_ms;
    bool cut = false;
    if (!id || !sort_key || !row_sort_key_read(sort_key, &timestamp_ms, &sort_id) || strcmp(id, sort_id) != 0) return NULL;
    g_autoptr(json_t) json = json_object();
    for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++) {
        const json_t *value = json_object_get(item, attributes[i].name);
        json_t *read = attributes[i].type == 'S'   ? read_text(value, attributes[i].bytes_max, &cut)
                       : attributes[i].type == 'N' ? read_number(value)
                                                   : read_texts(value, attributes[i].bytes_max, &cut);
        if (read) json_object_set_new(json, attributes[i].name, read);
    }
    g_autoptr(Record) record = NULL;
    if (!record_from_json(json, id, &record, NULL)) return NULL;
    Row *row = row_of_record(record);
    row->timestamp_ms = timestamp_ms; /* where it stands in the list; `timestamp` is for others */
    row->duration_ms = (row->duration_ms + 500) / 1000 * 1000; /* as an index key tells it: the lists of all backends are the same */
    row->cut = cut;
    return row;
}
