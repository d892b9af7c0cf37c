/* summary.json and requirements.json, of this version or the first: an array of the two.
 * What was understood is written and read again as the same. */
#include "base/limits.h"
#include "fuzz.h"
#include "model/item.h"

void fuzz_model_minutes(const guint8 *data, gsize size) {
    g_autoptr(json_t) json = input_json(data, size);
    const json_t *first = json_is_array(json) ? json_array_get(json, 0) : json, *second = json_array_get(json, 1);
    if (!json) return;
    g_autoptr(Minutes) minutes = minutes_from_json(first, second);
    for (int kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        g_assert_cmpuint(minutes->items[kind]->len, <=, ITEMS_MAX);
        for (guint i = 0; i < minutes->items[kind]->len; i++) {
            const Item *item = minutes->items[kind]->pdata[i];
            fuzz_text(item->text, ITEM_TEXT_BYTES_MAX);
            g_assert_true(item->confidence >= 0 && item->confidence <= 1 && item_status_known(item->status));
            g_assert_true(minutes_find(minutes, item->id) == item);
        }
    }
    g_autoptr(json_t) summary = minutes_summary_to_json(minutes, "meeting-1", "", NULL);
    g_autoptr(json_t) needs = minutes_requirements_to_json(minutes, "meeting-1", "", NULL);
    g_autoptr(Minutes) again = minutes_from_json(summary, needs);
    fuzz_same_json(json_incref(summary), minutes_summary_to_json(again, "meeting-1", "", NULL));
    fuzz_same_json(json_incref(needs), minutes_requirements_to_json(again, "meeting-1", "", NULL));
}
