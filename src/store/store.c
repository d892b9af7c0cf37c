/* The port itself: checks each argument once, so that no backend does, hands on to the backend, and builds the calls that
 * are made of others (get, put, each, delete). */
#include "store/store.h"

#include <string.h>

#include "base/limits.h"
#include "store/key.h"
#include "store/store_backend.h"

#define CONTENT_TYPE_BYTES_MAX 255
#define ETAG_BYTES_MAX 1024          /* S3's are 32 to 40; other services' may be longer */
#define METADATA_NAME_BYTES_MAX 64

void store_info_clear(StoreInfo *info) {
    g_clear_pointer(&info->etag, g_free);
    g_clear_pointer(&info->content_type, g_free);
    g_clear_pointer(&info->metadata, g_hash_table_unref);
}

void store_info_move(StoreInfo *from, StoreInfo *to) {
    if (!to) return;
    *to = *from;
    *from = (StoreInfo){0};
}

GHashTable *store_metadata_copy(GHashTable *metadata) {
    if (!metadata || g_hash_table_size(metadata) == 0) return NULL;
    GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter each;
    const char *name, *value;
    g_hash_table_iter_init(&each, metadata);
    while (g_hash_table_iter_next(&each, (gpointer *)&name, (gpointer *)&value))
        g_hash_table_insert(copy, g_strdup(name), g_strdup(value));
    return copy;
}

void store_entry_free(StoreEntry *entry) {
    if (!entry) return;
    g_free(entry->key);
    g_free(entry->etag);
    g_free(entry);
}

void store_close(Store *store) {
    if (store) store->backend->close(store);
}

const char *store_name(const Store *store) { return store->backend->name; }

char *store_origin(Store *store) { return store->backend->origin ? store->backend->origin(store) : NULL; }

bool store_stamp(Store *store, const char *folder, StoreStamp *stamp) {
    return store->backend->stamp && store->backend->stamp(store, folder, stamp);
}

bool store_head(Store *store, const char *key, StoreInfo *info, GError **error) {
    return store_key_check(key, error) && store->backend->head(store, key, info, error);
}

bool store_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    return store_key_check(key, error) && store->backend->open(store, key, reader, info, error);
}

guint64 store_reader_size(const StoreReader *reader) { return reader->size; }

bool store_reader_read(StoreReader *reader, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    if (offset >= reader->size || size == 0) {
        *got = 0;
        return true;
    }
    return reader->backend->read(reader, offset, buffer, (gsize)MIN(size, reader->size - offset), got, error);
}

void store_reader_close(StoreReader *reader) {
    if (reader) reader->backend->close(reader);
}

bool store_get(Store *store, const char *key, gsize bytes_max, GBytes **bytes, StoreInfo *info, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_auto(StoreInfo) found = {0};
    if (!store_open(store, key, &reader, info ? &found : NULL, error)) return false;
    if (reader->size > bytes_max)
        return fail(error, ERROR_TOO_LARGE, "%s has %" G_GUINT64_FORMAT " bytes; at most %zu are read", key, reader->size,
                    bytes_max);
    gsize size = (gsize)reader->size, got = 0;
    g_autofree char *data = g_malloc(MAX(size, 1));
    if (!store_reader_read(reader, 0, data, size, &got, error)) return false;
    if (got != size) return fail(error, ERROR_CORRUPT, "%s ended after %zu of %zu bytes", key, got, size);
    *bytes = g_bytes_new_take(g_steal_pointer(&data), size);
    store_info_move(&found, info);
    return true;
}

bool store_check_readable(Store *store, const char *key, GError **error) {
    g_auto(StoreInfo) info = {0};
    if (!store_key_check(key, error)) return false;
    return store->backend->check_readable ? store->backend->check_readable(store, key, error) : store_head(store, key, &info, error);
}

bool store_fail_precondition(const char *key, GError **error) {
    return fail(error, ERROR_PRECONDITION, "%s was written by someone else meanwhile; read it again", key);
}

static bool is_printable_ascii(const char *text) {
    for (; *text; text++)
        if (!g_ascii_isprint(*text)) return false;
    return true;
}

static bool check_content_type(const char *content_type, GError **error) {
    if (content_type[0] == '\0' || strlen(content_type) > CONTENT_TYPE_BYTES_MAX || !is_printable_ascii(content_type))
        return fail(error, ERROR_INVALID, "a content type must have 1 to %d printable ASCII characters", CONTENT_TYPE_BYTES_MAX);
    return true;
}

static bool check_metadata(GHashTable *metadata, GError **error) {
    GHashTableIter each;
    const char *name, *value;
    gsize total = 0;
    g_hash_table_iter_init(&each, metadata);
    while (g_hash_table_iter_next(&each, (gpointer *)&name, (gpointer *)&value)) {
        gsize length = strlen(name);
        if (length == 0 || length > METADATA_NAME_BYTES_MAX || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
            return fail(error, ERROR_INVALID, "a metadata name must have 1 to %d characters of a-z, 0-9 and '-'",
                        METADATA_NAME_BYTES_MAX);
        if (strcmp(name, STORE_MARK_NAME) == 0) return fail(error, ERROR_INVALID, "the metadata '%s' is the store's own", name);
        gsize value_length = strlen(value); /* spaces at the ends would be lost in a header */
        if (!is_printable_ascii(value) || value[0] == ' ' || (value_length > 0 && value[value_length - 1] == ' '))
            return fail(error, ERROR_INVALID, "the value of metadata '%s' must be printable ASCII without a space at either end", name);
        total += length + value_length;
    }
    if (total > USER_METADATA_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "the metadata has %zu bytes; at most %d are allowed", total,
                    USER_METADATA_BYTES_MAX);
    return true;
}

bool store_put_check(const StorePut *put, GError **error) {
    if (put->if_match && put->if_none_match)
        return fail(error, ERROR_INVALID, "a put is either If-Match or If-None-Match, not both");
    if (put->if_match && (put->if_match[0] == '\0' || strlen(put->if_match) > ETAG_BYTES_MAX ||
                          !is_printable_ascii(put->if_match)))
        return fail(error, ERROR_INVALID, "If-Match must name one ETag of 1 to %d printable ASCII characters", ETAG_BYTES_MAX);
    return (!put->content_type || check_content_type(put->content_type, error)) &&
           (!put->metadata || check_metadata(put->metadata, error));
}

bool store_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    static const StorePut plain = {0};
    if (!put) put = &plain;
    return store_key_check(key, error) && store_put_check(put, error) && store->backend->put_open(store, key, put, writer, error);
}

bool store_writer_write(StoreWriter *writer, const void *data, gsize size, GError **error) {
    if (writer->failed) return fail(error, ERROR_CONFLICT, "an earlier write to this object failed; begin the put anew");
    if (size == 0) return true;
    guint64 bytes_max = writer->bytes_max ? writer->bytes_max : RECORDING_BYTES_MAX;
    if (size > bytes_max - writer->written) {
        writer->failed = true;
        return fail(error, ERROR_TOO_LARGE, "%s may have at most %" G_GUINT64_FORMAT " bytes",
                    writer->bytes_max ? "a part" : "an object", bytes_max);
    }
    writer->failed = !writer->backend->write(writer, data, size, error);
    if (!writer->failed) writer->written += size;
    return !writer->failed;
}

bool store_writer_commit(StoreWriter *writer, StoreInfo *info, GError **error) {
    if (!writer->failed) return writer->backend->commit(writer, info, error);
    store_writer_abort(writer);
    return fail(error, ERROR_CONFLICT, "a write to this object failed, so it was not stored; begin the put anew");
}

void store_writer_abort(StoreWriter *writer) {
    if (writer) writer->backend->abort(writer);
}

bool store_put(Store *store, const char *key, GBytes *bytes, const StorePut *put, StoreInfo *info, GError **error) {
    g_autoptr(StoreWriter) writer = NULL;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    return store_put_open(store, key, put, &writer, error) && store_writer_write(writer, data, size, error) &&
           store_writer_commit(g_steal_pointer(&writer), info, error);
}

bool store_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                GError **error) {
    if (limit < 1 || limit > LIST_LIMIT_MAX)
        return fail(error, ERROR_INVALID, "a list has 1 to %d keys, not %u", LIST_LIMIT_MAX, limit);
    if (!start_after) start_after = "";
    return store_prefix_check(prefix, error) && store_start_after_check(start_after, error) &&
           store->backend->list(store, prefix, start_after, limit, entries, more, error);
}

bool store_each(Store *store, const char *prefix, StoreVisit visit, gpointer user_data, GError **error) {
    g_autofree char *last = NULL;
    for (bool more = true; more;) {
        g_autoptr(GPtrArray) entries = NULL;
        if (!store_list(store, prefix, last, LIST_LIMIT_MAX, &entries, &more, error)) return false;
        for (guint i = 0; i < entries->len; i++)
            if (!visit(g_ptr_array_index(entries, i), user_data, error)) return false;
        if (entries->len == 0) break;
        const StoreEntry *end = g_ptr_array_index(entries, entries->len - 1);
        g_free(last);
        last = g_strdup(end->key);
    }
    return true;
}

bool store_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error) {
    if (key_count > DELETE_MANY_MAX)
        return fail(error, ERROR_TOO_LARGE, "%zu keys are to be removed at once; at most %d are allowed", key_count,
                    DELETE_MANY_MAX);
    for (gsize i = 0; i < key_count; i++)
        if (!store_key_check(keys[i], error)) return false;
    return key_count == 0 || store->backend->delete_many(store, keys, key_count, error);
}

bool store_delete(Store *store, const char *key, GError **error) { return store_delete_many(store, &key, 1, error); }

bool store_purge_versions(Store *store, const char *key, GError **error) {
    if (!store->backend->purge_versions) return store_delete(store, key, error);
    return store_key_check(key, error) && store->backend->purge_versions(store, key, error);
}

bool store_sign_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error) {
    if (!store_key_check(key, error)) return false;
    if (g_strcmp0(url->method, "GET") != 0 && g_strcmp0(url->method, "PUT") != 0)
        return fail(error, ERROR_INVALID, "a signed URL is for GET or PUT");
    if (url->expires_s < 1 || url->expires_s > URL_EXPIRY_S_MAX)
        return fail(error, ERROR_INVALID, "a signed URL expires after 1 to %d seconds, not %" G_GINT64_FORMAT, URL_EXPIRY_S_MAX,
                    url->expires_s);
    if (url->content_type && !check_content_type(url->content_type, error)) return false;
    if (url->filename && (url->filename[0] == '\0' || strlen(url->filename) > KEY_COMPONENT_BYTES_MAX ||
                          !store_text_is_plain(url->filename)))
        return fail(error, ERROR_INVALID, "a file name must have 1 to %d bytes of UTF-8 without control characters",
                    KEY_COMPONENT_BYTES_MAX);
    return store->backend->sign_url(store, key, url, signed_url, error);
}
