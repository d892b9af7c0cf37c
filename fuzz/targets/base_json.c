/* JSON bodies and documents: what was read is written and read again as the same. */
#include "base/limits.h"
#include "fuzz.h"

static void check_depth(const json_t *value, guint depth) {
    gsize index;
    const char *name;
    json_t *member;
    bool nests = json_is_array(value) || json_is_object(value);
    g_assert_cmpuint(depth + nests, <=, JSON_DEPTH_MAX);
    if (json_is_array(value)) json_array_foreach(value, index, member) check_depth(member, depth + 1);
    if (json_is_object(value)) json_object_foreach((json_t *)value, name, member) check_depth(member, depth + 1);
}

void fuzz_base_json(const guint8 *data, gsize size) {
    g_autoptr(json_t) json = input_json(data, size);
    if (!json) return;
    check_depth(json, 0);
    g_autofree char *sum = json_sha256(json);
    for (int indent = 0; indent < 2; indent++) {
        g_autoptr(GBytes) bytes = json_to_bytes(json, indent);
        json_t *again = json_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "what was written", NULL);
        g_assert_nonnull(again);
        g_autofree char *sum_again = json_sha256(again);
        g_assert_cmpstr(sum_again, ==, sum);
        fuzz_same_json(json_incref(json), again);
    }
}
