/* The commit: every object of the meeting is described by what the store holds, then metadata.json is put, then the row. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "meeting/meeting_internal.h"

/* Size, SHA-256 and ETag. */
bool meeting_describe_document(const Meetings *meetings, Record *record, Document document, GBytes **bytes, GError **error) {
    g_autofree char *key = key_document(record->meeting_id, document);
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    *bytes = NULL;
    if (!store_get(meetings->store, key, DOCUMENT_BYTES_MAX, bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) {
            record_drop_object(record, key);
            return true;
        }
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    gsize size = 0;
    const void *data = g_bytes_get_data(*bytes, &size);
    g_autofree char *sha256 = text_sha256(data, size);
    record_set_object(record, key, size, sha256, info.etag);
    return true;
}

/* The recording is not read again: its SHA-256 was taken while it streamed in, where it came through this program. A meeting that stands keeps what
 * its record says of a recording that is gone since. */
static bool describe_recording(const Meetings *meetings, Record *record, GError **error) {
    if (!record->audio_key) return true;
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!store_head(meetings->store, record->audio_key, &info, &problem)) {
        bool stands = record->schema < 2 || record->updated_ms > 0;
        if (error_is(problem, ERROR_NOT_FOUND) && stands) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    const RecordObject *known = record_object(record, record->audio_key);
    g_autofree char *sha256 = known ? g_strdup(known->sha256) : NULL;
    record_set_object(record, record->audio_key, info.size, sha256, info.etag);
    return true;
}

static json_t *parse_or_null(GBytes *bytes) {
    gsize size = 0;
    const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    return data ? json_parse_object(data, size, "document", NULL) : NULL;
}

static void count_items(Record *record, GBytes *summary_bytes, GBytes *requirements_bytes) {
    g_autoptr(json_t) summary = parse_or_null(summary_bytes);
    g_autoptr(json_t) requirements = parse_or_null(requirements_bytes);
    g_autoptr(Minutes) minutes = minutes_from_json(summary, requirements);
    record->action_items_count = minutes->items[ITEM_ACTION]->len;
    record->decisions_count = minutes->items[ITEM_DECISION]->len;
    record->questions_count = minutes->items[ITEM_QUESTION]->len;
    record->requirements_count = minutes->items[ITEM_REQUIREMENT]->len;
}

bool meeting_describe(const Meetings *meetings, Record *record, GError **error) {
    g_autoptr(GBytes) text = NULL;
    g_autoptr(GBytes) transcript = NULL;
    g_autoptr(GBytes) waveform = NULL;
    g_autoptr(GBytes) summary = NULL;
    g_autoptr(GBytes) requirements = NULL;
    if (!meeting_describe_document(meetings, record, DOCUMENT_TEXT, &text, error) ||
        !meeting_describe_document(meetings, record, DOCUMENT_TRANSCRIPT, &transcript, error) ||
        !meeting_describe_document(meetings, record, DOCUMENT_WAVEFORM, &waveform, error) ||
        !meeting_describe_document(meetings, record, DOCUMENT_SUMMARY, &summary, error) ||
        !meeting_describe_document(meetings, record, DOCUMENT_REQUIREMENTS, &requirements, error))
        return false;
    if (text) record->transcription_length = (guint64)g_utf8_strlen(g_bytes_get_data(text, NULL), (gssize)g_bytes_get_size(text));
    count_items(record, summary, requirements);
    return describe_recording(meetings, record, error);
}

bool meeting_put_record(const Meetings *meetings, const Record *record, const StorePut *put, char **etag, GError **error) {
    g_autofree char *key = key_document(record->meeting_id, DOCUMENT_RECORD);
    g_autoptr(json_t) json = record_to_json(record);
    record_seal(json);
    g_autoptr(GBytes) bytes = json_to_bytes(json, true);
    g_auto(StoreInfo) info = {0};
    StorePut with_type = *put;
    with_type.content_type = "application/json";
    if (g_bytes_get_size(bytes) > RECORD_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "metadata.json of %s would have more than %d bytes", record->meeting_id,
                    (int)RECORD_BYTES_MAX);
    if (!store_put(meetings->store, key, bytes, &with_type, &info, error)) return false;
    if (etag) *etag = g_steal_pointer(&info.etag);
    return true;
}

bool meeting_index(const Meetings *meetings, const Record *record, GError **error) {
    g_autoptr(Row) row = row_of_record(record);
    return catalog_put(meetings->catalog, row, error);
}

bool meeting_index_standing(const Meetings *meetings, const Record *record, GError **error) {
    g_autoptr(Record) standing = NULL;
    g_autoptr(GError) problem = NULL;
    if (!meeting_index(meetings, record, error)) return false;
    if (meeting_read_record(meetings, record->meeting_id, &standing, NULL, &problem) || !error_is(problem, ERROR_NOT_FOUND)) return true;
    return catalog_remove(meetings->catalog, record->meeting_id, record->timestamp_ms, error);
}

bool meeting_commit_if(const Meetings *meetings, Record *record, const char *etag, MayCommit may, gpointer user_data, GError **error) {
    if (!meeting_describe(meetings, record, error)) return false;
    json_object_del(record->extra, PENDING_EDIT); /* of items that this commit replaces */
    record->schema = 2;
    meeting_touch(meetings, record);
    StorePut put = {.if_match = etag, .if_none_match = etag == NULL};
    if (may && !may(false, user_data, error)) return false;
    if (!meeting_put_record(meetings, record, &put, NULL, error)) return false;
    if (may && !may(true, user_data, error)) return false;
    return meeting_index(meetings, record, error);
}

bool meeting_commit(const Meetings *meetings, Record *record, const char *etag, GError **error) {
    return meeting_commit_if(meetings, record, etag, NULL, NULL, error);
}
