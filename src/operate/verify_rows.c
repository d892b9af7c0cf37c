/* The rows of a DynamoDB table: each meeting's says what its record does. */
#include <string.h>

#include "base/limits.h"
#include "operate/relist.h"
#include "operate/verify_internal.h"

/* All that a row tells, as text, within the limits that the table has. */
static char *text_of(const Row *row) {
    g_autoptr(json_t) json = row_to_json(row);
    g_autofree char *title = g_strndup(row->title, TITLE_BYTES_MAX), *filename = g_strndup(row->filename, KEY_BYTES_MAX);
    const char *audio_key = row->audio_key ? row->audio_key : "";
    json_object_del(json, "title");
    json_object_del(json, "filename");
    json_object_del(json, "audio_s3_key");
    json_object_set_new(json, "duration_ms", json_integer((row->duration_ms + 500) / 1000 * 1000));
    g_autofree char *rest = json_sha256(json);
    return g_strconcat(rest, "\n", title, "\n", filename, "\n", audio_key, NULL);
}

static bool note_row(const Row *row, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    g_autofree char *text = text_of(row);
    return verify_progress(verify, "table", 0, error) &&
           key_table_add(verify->rows, row->meeting_id, key_table_digest(verify->rows, text), NULL, error);
}

bool verify_note_rows(Verify *verify, GError **error) {
    if (verify->table && !catalog_each(verify->table, note_row, verify, error)) return false;
    key_table_seal(verify->rows);
    return true;
}

bool verify_row(Verify *verify, const Record *record, GError **error) {
    if (!verify->table || !verify_settled(verify, record->updated_ms)) return true;
    g_autoptr(Row) row = row_of_record(record);
    g_autofree char *text = text_of(row);
    KeyEntry *entry = key_table_find(verify->rows, record->meeting_id);
    g_autoptr(GString) found = g_string_new(entry ? "the table's row is not what the record says" : "the table has no row of the meeting");
    g_autofree char *key = key_document(record->meeting_id, DOCUMENT_RECORD);
    g_autoptr(GError) problem = NULL;
    VerifyOutcome outcome = VERIFY_LEFT;
    guint code = entry ? ROW_DIFFERS : ROW_MISSING;
    if (entry) entry->marks++;
    if (entry && entry->value == key_table_digest(verify->rows, text)) return true;
    if (verify_may(verify, code, key)) {
        bool done = relist_row(verify->meetings, record->meeting_id, &problem);
        if (!verify_settle(done, &problem, &outcome, found, error)) return false;
    }
    verify_report(verify, code, key, record->meeting_id, outcome, "%s", found->str);
    return true;
}

static bool check_row(const Row *row, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    const KeyEntry *known = key_table_find(verify->rows, row->meeting_id);
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    g_autoptr(GString) found = g_string_new("no meeting belongs to this row of the table");
    g_autofree char *key = key_document(row->meeting_id, DOCUMENT_RECORD);
    VerifyOutcome outcome = VERIFY_LEFT;
    if (!verify_progress(verify, "table", 0, error)) return false;
    if (!known || known->marks > 0 || !verify_settled(verify, row->updated_ms)) return true;
    if (meeting_read_record(verify->meetings, row->meeting_id, &record, NULL, &problem) || error_is(problem, ERROR_CORRUPT) ||
        error_is(problem, ERROR_TOO_LARGE))
        return true; /* looked at since, being worked on, or named already */
    if (!error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_clear_error(&problem);
    if (verify_may(verify, ROW_ORPHAN, key)) {
        bool done = catalog_remove(verify->table, row->meeting_id, row->timestamp_ms, &problem);
        if (!verify_settle(done, &problem, &outcome, found, error)) return false;
    }
    verify_report(verify, ROW_ORPHAN, key, row->meeting_id, outcome, "%s", found->str);
    return true;
}

/* Marked only when all that was found is mended: the mark says that the lists are whole. */
static bool check_mark(Verify *verify, GError **error) {
    g_autoptr(GString) found = g_string_new("the table is not marked as whole, so that lists do not come from it");
    g_autoptr(GError) problem = NULL;
    VerifyOutcome outcome = VERIFY_LEFT;
    bool whole = false;
    if (!catalog_is_whole(verify->table, &whole, error)) return false;
    if (whole) return true;
    if (verify_may(verify, ROWS_UNMARKED, "")) {
        bool done = catalog_mark_whole(verify->table, clock_now_ms(verify->meetings->clock), &problem);
        if (!verify_settle(done, &problem, &outcome, found, error)) return false;
    }
    verify_report(verify, ROWS_UNMARKED, "", NULL, outcome, "%s", found->str);
    return true;
}

bool verify_rows(Verify *verify, GError **error) {
    if (!verify->table) return true;
    return (key_table_unmarked(verify->rows) == 0 || catalog_each(verify->table, check_row, verify, error)) && check_mark(verify, error);
}
