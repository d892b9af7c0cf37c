/* Index keys, both ways. A line is a key as a listing tells it; the lines behind it are a row's id, file name, title, tags and recording. */
#include "fuzz.h"
#include "base/limits.h"
#include "base/text.h"
#include "model/keys.h"
#include "model/row.h"
#include "store/store.h"

static void same_row(const Row *row, const Row *again) {
    g_assert_nonnull(again);
    g_assert_cmpstr(row->meeting_id, ==, again->meeting_id);
    g_assert_cmpint(row->timestamp_ms, ==, again->timestamp_ms);
    g_assert_cmpint(row->state, ==, again->state);
    g_assert_true(row->actions == again->actions && row->decisions == again->decisions && row->questions == again->questions &&
                  row->requirements == again->requirements);
    if (again->cut) return;
    g_assert_cmpstr(row->filename, ==, again->filename);
    g_assert_cmpstr(row->title, ==, again->title);
    g_assert_cmpstr(row->audio_key, ==, again->audio_key);
    g_assert_cmpuint(row->tags->len, ==, again->tags->len);
    for (guint i = 0; i < row->tags->len; i++) g_assert_cmpstr(row->tags->pdata[i], ==, again->tags->pdata[i]);
}

static void check_written(const Row *row) {
    g_autofree char *key = row_to_key(row);
    g_autoptr(Row) again = row_from_key(key);
    g_assert_true(FUZZ_CALL(store_key_check(key, &error)));
    same_row(row, again);
    json_decref(row_to_json(again));
}

static void make_row(FuzzInput *input) {
    g_autofree char *id = input_line(input), *filename = input_line(input), *title = input_line(input), *tags = input_line(input);
    g_autofree char *recording = input_line(input);
    g_autoptr(Row) row = row_new();
    if (!meeting_id_valid(id)) return;
    row->meeting_id = g_strdup(id);
    row->filename = text_clean_filename(filename);
    g_autofree char *clean = text_clean(title, -1, false);
    row->title = clean[0] ? text_cut(clean, TITLE_BYTES_MAX) : g_strdup(row->filename);
    g_auto(GStrv) list = g_strsplit(tags, ",", TAGS_MAX);
    for (guint i = 0; list[i]; i++) {
        g_autofree char *tag = text_clean(list[i], -1, false);
        if (tag[0]) g_ptr_array_add(row->tags, text_cut(tag, TAG_BYTES_MAX));
    }
    row->timestamp_ms = 1772600767089 + (gint64)strlen(title);
    row->updated_ms = row->timestamp_ms + 36;
    row->actions = (guint)strlen(filename);
    row->audio_key = recording[0] ? text_clean(recording, -1, false) : NULL;
    check_written(row);
}

void fuzz_model_row(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *key = input_line(&input);
    g_autoptr(Row) row = row_from_key(key);
    if (row) {
        g_assert_true(meeting_id_valid(row->meeting_id) && row->timestamp_ms >= 0);
        fuzz_text(row->filename, KEY_BYTES_MAX);
        g_assert_cmpuint(row->tags->len, <=, TAGS_MAX);
        check_written(row);
    }
    make_row(&input);
}
