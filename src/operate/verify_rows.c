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

static bool mend_row(Verify *verify, gconstpointer meeting_id, VerifyOutcome *outcome, GError **error) {
    return relist_row(verify->meetings, meeting_id, error);
}

bool verify_row(Verify *verify, const Record *record, GError **error) {
    if (!verify->table || !verify_settled(verify, record->updated_ms)) return true;
    g_autoptr(Row) row = row_of_record(record);
    g_autofree char *text = text_of(row), *key = key_document(record->meeting_id, DOCUMENT_RECORD);
    KeyEntry *entry = key_table_find(verify->rows, record->meeting_id);
    if (entry) entry->marks++;
    if (entry && entry->value == key_table_digest(verify->rows, text)) return true;
    VerifyFound found = {entry ? ROW_DIFFERS : ROW_MISSING, key, record->meeting_id,
                         entry ? "the table's row is not what the record says" : "the table has no row of the meeting"};
    return verify_find(verify, &found, mend_row, record->meeting_id, NULL, error);
}

static bool drop_row(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    const Row *row = what;
    return catalog_remove(verify->table, row->meeting_id, row->timestamp_ms, error);
}

static bool check_row(const Row *row, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    const KeyEntry *known = key_table_find(verify->rows, row->meeting_id);
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    g_autofree char *key = key_document(row->meeting_id, DOCUMENT_RECORD);
    VerifyFound found = {ROW_ORPHAN, key, row->meeting_id, "no meeting belongs to this row of the table"};
    if (!verify_progress(verify, "table", 0, error)) return false;
    if (!known || known->marks > 0 || !verify_settled(verify, row->updated_ms)) return true;
    if (meeting_read_record(verify->meetings, row->meeting_id, &record, NULL, &problem) || error_is(problem, ERROR_CORRUPT) ||
        error_is(problem, ERROR_TOO_LARGE))
        return true; /* looked at since, being worked on, or named already */
    if (error_is(problem, ERROR_NOT_FOUND)) return verify_find(verify, &found, drop_row, row, NULL, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool mark_whole(Verify *verify, gconstpointer unused, VerifyOutcome *outcome, GError **error) {
    return catalog_mark_whole(verify->table, clock_now_ms(verify->meetings->clock), error);
}

/* Last: the mark says that the lists are whole, and by now they are. */
static bool check_mark(Verify *verify, GError **error) {
    VerifyFound found = {ROWS_UNMARKED, "", NULL, "the table is not marked as whole, so that lists do not come from it"};
    bool whole = false;
    if (!catalog_is_whole(verify->table, &whole, error)) return false;
    return whole || verify_find(verify, &found, mark_whole, NULL, NULL, error);
}

bool verify_rows(Verify *verify, GError **error) {
    if (!verify->table) return true;
    return (key_table_unmarked(verify->rows) == 0 || catalog_each(verify->table, check_row, verify, error)) && check_mark(verify, error);
}
