/* The index keys: each meeting has the one that its record says, and there are no others. */
#include <string.h>

#include "base/limits.h"
#include "operate/relist.h"
#include "operate/verify_internal.h"

/* -- the first look ------------------------------------------------------------------------------------------------------ */

static bool empty_key(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    const StoreEntry *entry = what;
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    StorePut put = {.if_match = entry->etag};
    return verify_keep(verify, entry->key, error) && store_put(verify->store, entry->key, nothing, &put, NULL, error);
}

static bool judge_filled(Verify *verify, const StoreEntry *entry, GError **error) {
    VerifyFound found = {INDEX_FILLED, entry->key, NULL, "an index key is an empty object; this one has bytes"};
    return verify_find(verify, &found, empty_key, entry, NULL, error);
}

static bool note_key(const StoreEntry *entry, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    g_autoptr(Row) row = row_from_key(entry->key);
    if (!verify_progress(verify, "index", 0, error)) return false;
    if (!row) return verify_put_aside(verify, INDEX_MALFORMED, entry->key, NULL, "this is no index key of a version that is read", error);
    if (entry->size > 0 && verify_settled(verify, entry->modified_ms) && !judge_filled(verify, entry, error)) return false;
    return key_table_add(verify->index, entry->key, entry->size, NULL, error);
}

bool verify_note_index(Verify *verify, GError **error) {
    if (!store_each(verify->store, PREFIX_INDEX, note_key, verify, error)) return false;
    key_table_seal(verify->index);
    return true;
}

/* -- a meeting ----------------------------------------------------------------------------------------------------------- */


static bool list_meeting(Verify *verify, gconstpointer meeting_id, VerifyOutcome *outcome, GError **error) {
    return relist(verify->meetings, meeting_id, NULL, error);
}

static bool judge_missing(Verify *verify, const Record *record, const char *key, GError **error) {
    VerifyFound found = {INDEX_MISSING, key, record->meeting_id, "the meeting is in no list: its index key is missing"};
    bool there = false;
    if (!verify_stands(verify, key, &there, NULL, error)) return false;
    return there || verify_find(verify, &found, list_meeting, record->meeting_id, NULL, error); /* there: put since the first look */
}

bool verify_listed(Verify *verify, const Record *record, GError **error) {
    g_autofree char *key = relist_key(record);
    if (!key) return true;
    KeyEntry *entry = key_table_find(verify->index, key);
    if (entry) entry->marks++;
    if (!entry && !verify_table_alone(verify) && !judge_missing(verify, record, key, error)) return false;
    return verify_row(verify, record, error);
}

/* -- the second look: keys that no record asked for ---------------------------------------------------------------------- */

/* A record that is not what was written says nothing of its key: that key helps to mend it. */
static bool is_altered(const Verify *verify, const char *meeting_id) {
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_autoptr(GBytes) bytes = NULL;
    if (!store_get(verify->store, key, RECORD_BYTES_MAX, &bytes, NULL, NULL)) return true;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(json_t) json = json_parse_object(data ? data : "", size, key, NULL);
    return !json || record_proof(json) == RECORD_ALTERED;
}

/* `*code` stays where nothing is amiss. */
static bool judge_key(const Verify *verify, const StoreEntry *entry, const Row *row, int *code, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    g_autoptr(GPtrArray) documents = NULL;
    bool more;
    if (meeting_read_record(verify->meetings, row->meeting_id, &record, NULL, &problem)) {
        g_autofree char *key = relist_key(record);
        bool pending = json_object_get(record->extra, PENDING_EDIT) != NULL;
        if (g_strcmp0(key, entry->key) != 0 && !pending && !is_altered(verify, row->meeting_id)) *code = INDEX_STALE;
        return true;
    }
    if (error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE)) return true; /* named already; its key helps to mend it */
    if (!error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    /* Documents without a record are named already, and a delete in its course removes the key itself. */
    g_autofree char *folder = g_strconcat(PREFIX_MEETINGS, row->meeting_id, "/", NULL);
    if (!store_list(verify->store, folder, NULL, 1, &documents, &more, error)) return false;
    if (documents->len == 0) *code = INDEX_ORPHAN;
    return true;
}

typedef struct {
    const char *key, *meeting_id;
} Stale;

static bool drop_stale(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    const Stale *stale = what;
    return relist(verify->meetings, stale->meeting_id, stale->key, error);
}

static bool drop_orphan(Verify *verify, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    return store_delete(verify->store, ((const Stale *)what)->key, error);
}

static bool check_key(const StoreEntry *entry, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    g_autoptr(Row) row = row_from_key(entry->key);
    const KeyEntry *known = row ? key_table_find(verify->index, entry->key) : NULL;
    int code = -1;
    if (!verify_progress(verify, "index", 0, error)) return false;
    if (!known || known->marks > 0 || !verify_settled(verify, entry->modified_ms)) return true;
    if (!judge_key(verify, entry, row, &code, error)) return false;
    Stale stale = {entry->key, row->meeting_id};
    VerifyFound of_meeting = {INDEX_STALE, entry->key, row->meeting_id, "the meeting has another index key, as its record says"};
    VerifyFound of_none = {INDEX_ORPHAN, entry->key, row->meeting_id, "no meeting belongs to this index key"};
    if (code == INDEX_STALE) return verify_find(verify, &of_meeting, drop_stale, &stale, NULL, error);
    return code != INDEX_ORPHAN || verify_find(verify, &of_none, drop_orphan, &stale, NULL, error);
}

bool verify_index(Verify *verify, GError **error) {
    return verify_table_alone(verify) || key_table_unmarked(verify->index) == 0 || store_each(verify->store, PREFIX_INDEX, check_key, verify, error);
}
