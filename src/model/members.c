/* Members of JSON objects that others wrote. Nothing here fails: a value of the wrong type is as good as absent. */
#include "model/members.h"

#include <math.h>

#include "base/limits.h"
#include "base/text.h"

json_t *members_unknown(const json_t *object, const char *const *known) {
    if (!json_is_object(object)) return NULL;
    json_t *unknown = json_copy((json_t *)object); /* shallow; jansson's parameter is not const though it only reads */
    for (; *known; known++) json_object_del(unknown, *known);
    if (json_object_size(unknown) > 0) return unknown;
    json_decref(unknown);
    return NULL;
}

char *tidy_text(const char *text, gsize bytes_max, bool keep_lines) {
    g_autofree char *clean = text_clean(text, -1, keep_lines);
    g_autofree char *folded = keep_lines ? g_strdup(g_strstrip(clean)) : text_fold_space(clean);
    char *cut = g_strchomp(text_cut(folded, bytes_max));
    if (*cut) return cut;
    g_free(cut);
    return NULL;
}

char *member_text(const json_t *object, const char *name, gsize bytes_max, bool keep_lines) {
    const char *text = json_get_string(object, name, NULL);
    return text ? tidy_text(text, bytes_max, keep_lines) : NULL;
}

char *value_text(const json_t *value, gsize bytes_max, bool keep_lines) {
    if (!value || json_is_null(value)) return NULL;
    if (json_is_string(value)) return tidy_text(json_string_value(value), bytes_max, keep_lines);
    if ((json_is_object(value) && json_object_size(value) == 0) || (json_is_array(value) && json_array_size(value) == 0))
        return NULL;
    g_autoptr(GBytes) bytes = json_to_bytes(value, false);
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    g_autofree char *line = g_strndup(text, size);
    return tidy_text(line, bytes_max, keep_lines);
}

gint64 member_int(const json_t *object, const char *name, gint64 min, gint64 max, gint64 fallback) {
    if (!json_is_number(json_object_get(object, name))) return fallback;
    double real = json_get_real(object, name, 0); /* in range first: json_get_int() gives the fallback for huge reals */
    if (real <= (double)min) return min;
    if (real >= (double)max) return max;
    return json_get_int(object, name, fallback);
}

gint64 ms_clamp(gint64 ms) { return CLAMP(ms, 0, RECORDING_MS_MAX); }

gint64 value_ms(const json_t *value) {
    if (json_is_integer(value)) return ms_clamp(json_integer_value(value));
    double real = json_number_value(value); /* 0 for what is no number */
    return real <= 0 ? 0 : real >= (double)RECORDING_MS_MAX ? RECORDING_MS_MAX : llround(real);
}

double member_ratio(const json_t *object, const char *name, double fallback) {
    double ratio = json_get_real(object, name, fallback);
    return CLAMP(ratio, 0.0, 1.0);
}

json_t *ratio_to_json(double ratio) { return json_real((double)(int)(CLAMP(ratio, 0.0, 1.0) * 10000 + 0.5) / 10000); }

GPtrArray *member_strings(const json_t *object, const char *name, gsize bytes_max, guint count_max) {
    GPtrArray *strings = g_ptr_array_new_with_free_func(g_free);
    gsize index;
    json_t *value;
    json_array_foreach(json_object_get(object, name), index, value) {
        if (strings->len >= count_max) break;
        char *text = json_is_string(value) ? tidy_text(json_string_value(value), bytes_max, false) : NULL;
        if (text) g_ptr_array_add(strings, text);
    }
    return strings;
}

json_t *strings_to_json(const GPtrArray *strings) {
    json_t *array = json_array();
    for (guint i = 0; i < strings->len; i++) json_array_append_new(array, json_text(g_ptr_array_index(strings, i)));
    return array;
}
