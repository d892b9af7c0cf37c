/* metadata.json: what was taken is written and read again as the same; sealed, it is proven, and altered it is not. */
#include "base/limits.h"
#include "fuzz.h"
#include "model/record.h"
#include "model/row.h"
#include "store/store.h"

static void check_seal(const Record *record) {
    g_autoptr(json_t) json = record_to_json(record);
    record_seal(json);
    g_assert_cmpint(record_proof(json), ==, RECORD_PROVEN);
    json_object_set_new(json, "filename", json_string("another"));
    json_object_set_new(json, "title", json_string("some other title of the meeting"));
    g_assert_cmpint(record_proof(json), ==, RECORD_ALTERED);
}

void fuzz_model_record(const guint8 *data, gsize size) {
    g_autoptr(json_t) json = input_json(data, size);
    g_autoptr(Record) record = NULL, again = NULL;
    if (json) record_proof(json);
    if (!json || !FUZZ_CALL(record_from_json(json, "meeting-1", &record, &error))) return;
    g_assert_true(record->coverage >= 0 && record->coverage <= 1);
    g_assert_cmpuint(record->tags->len, <=, TAGS_MAX);
    g_assert_cmpuint(record->speakers->len, <=, SPEAKERS_MAX);
    g_assert_cmpuint(record->objects->len, <=, RECORD_OBJECTS_MAX);
    fuzz_text(record->title, TITLE_BYTES_MAX);
    g_autoptr(json_t) written = record_to_json(record);
    g_assert_true(FUZZ_CALL(record_from_json(written, "meeting-1", &again, &error)));
    fuzz_same_json(json_incref(written), record_to_json(again));
    g_autoptr(Record) copy = record_copy(record);
    fuzz_same_json(json_incref(written), record_to_json(copy));
    check_seal(record);
    g_autoptr(Row) row = row_of_record(record);
    g_autofree char *key = row_to_key(row);
    g_assert_true(store_key_check(key, NULL));
}
