/* jansson with bounds. The depth is counted before parsing: jansson's own limit (2,048) is deeper than ours. */
#include "base/json.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

/* Levels of nesting, brackets inside strings aside. */
static guint nesting_depth(const char *text, gsize size) {
    guint depth = 0, deepest = 0;
    bool in_string = false;
    for (gsize i = 0; i < size; i++) {
        if (in_string) {
            if (text[i] == '\\') i++;
            else if (text[i] == '"') in_string = false;
        } else if (text[i] == '"') {
            in_string = true;
        } else if (text[i] == '{' || text[i] == '[') {
            depth++;
            deepest = MAX(deepest, depth);
        } else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

json_t *json_parse(const void *data, gsize size, const char *what, GError **error) {
    if (nesting_depth(data, size) > JSON_DEPTH_MAX) {
        fail(error, ERROR_INVALID, "%s is nested more than %d levels deep", what, JSON_DEPTH_MAX);
        return NULL;
    }
    json_error_t problem;
    json_t *value = json_loadb(data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (!value) fail(error, ERROR_INVALID, "%s is not valid JSON: line %d: %s", what, problem.line, problem.text);
    return value;
}

json_t *json_parse_object(const void *data, gsize size, const char *what, GError **error) {
    json_t *value = json_parse(data, size, what, error);
    if (value && !json_is_object(value)) {
        json_decref(value);
        fail(error, ERROR_INVALID, "%s must be a JSON object", what);
        return NULL;
    }
    return value;
}

static int append_dump(const char *piece, size_t size, void *text) {
    g_string_append_len(text, piece, (gssize)size);
    return 0;
}

/* Dumped into the one buffer that is handed out: a large document stands in memory once. */
GBytes *json_to_bytes(const json_t *value, bool indent) {
    GString *text = g_string_new(NULL);
    size_t flags = (indent ? JSON_INDENT(2) : JSON_COMPACT) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6);
    if (json_dump_callback(value, append_dump, text, flags) != 0)
        g_error("JSON can't be written: it holds text that is not UTF-8");
    g_string_append_c(text, '\n');
    return g_string_free_to_bytes(text);
}

char *json_sha256(const json_t *value) {
    g_autofree char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    if (!text) g_error("JSON can't be summed: it holds text that is not UTF-8");
    return text_sha256(text, strlen(text));
}

const char *json_get_string(const json_t *object, const char *name, const char *fallback) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : fallback;
}

gint64 json_get_int(const json_t *object, const char *name, gint64 fallback) {
    const json_t *value = json_object_get(object, name);
    if (json_is_integer(value)) return json_integer_value(value);
    if (!json_is_real(value)) return fallback;
    double real = json_real_value(value);
    return real > -9e15 && real < 9e15 ? (gint64)real : fallback; /* whole numbers are exact below 2^53 */
}

double json_get_real(const json_t *object, const char *name, double fallback) {
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool json_get_bool(const json_t *object, const char *name, bool fallback) {
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

json_t *json_text(const char *text) {
    if (!text) return json_null();
    json_t *value = json_string(text);
    if (value) return value;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}
