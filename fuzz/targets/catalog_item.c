/* An item of the DynamoDB table. */
#include "base/limits.h"
#include "catalog/dynamodb_internal.h"
#include "fuzz.h"
#include "model/keys.h"

void fuzz_catalog_item(const guint8 *data, gsize size) {
    g_autoptr(json_t) json = input_json(data, size);
    g_autoptr(Row) row = json ? row_of_item(json) : NULL;
    if (!row) return;
    g_assert_true(meeting_id_valid(row->meeting_id));
    fuzz_text(row->filename, KEY_BYTES_MAX);
    fuzz_text(row->title, TITLE_BYTES_MAX);
    g_assert_cmpuint(row->tags->len, <=, TAGS_MAX);
    g_autofree char *key = row_to_key(row);
    g_assert_true(store_key_check(key, NULL));
    json_t *input = json_object();
    item_add_update(row, "workspace", input);
    json_decref(input);
}
