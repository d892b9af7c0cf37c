/* Cursors, as clients give them back: one that is taken is one that was made here, to the byte. */
#include "catalog/cursor_internal.h"
#include "fuzz.h"
#include "model/keys.h"

void fuzz_catalog_cursor(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *text = input_line(&input), *position = input_line(&input);
    g_auto(Cursor) cursor = {0}, own = {0};
    if (FUZZ_CALL(cursor_read(text, &cursor, &error))) {
        g_autofree char *key = g_strconcat(PREFIX_INDEX, cursor.position, NULL);
        g_autofree char *of_key = cursor_of_key(key), *of_sort_key = cursor_of_sort_key(cursor.position);
        g_assert_true(strcmp(of_key, text) == 0 || strcmp(of_sort_key, text) == 0);
    }
    gint64 timestamp_ms;
    g_autofree char *id = NULL;
    if (!row_sort_key_read(position, &timestamp_ms, &id)) return;
    g_autofree char *made = cursor_of_sort_key(position), *sort_key = row_sort_key(timestamp_ms, id);
    g_assert_cmpstr(sort_key, ==, position);
    g_assert_true(cursor_read(made, &own, NULL));
    g_assert_cmpstr(own.meeting_id, ==, id);
    g_assert_cmpint(own.timestamp_ms, ==, timestamp_ms);
}
