/* The in-memory store. Each object is an immutable version that readers hold a reference to; a commit swaps the version
 * under the mutex, so that the port's guarantees hold among the threads of one process. Nothing outlives the store. */
#include "store/memory.h"

#include <string.h>
#include <sys/random.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/memory_internal.h"

typedef struct {
    GBytes *bytes;
    char *etag, *content_type;
    GHashTable *metadata; /* NULL for none; never changed */
    gint64 modified_ms;
} Version;

typedef struct {
    Store base;
    GMutex mutex;
    gint64 changes; /* puts and removals */
    GTree *versions;        /* key → Version, in the order of the keys' bytes */
    guint64 version_count;  /* ever made: the source of ETags */
    guint8 secret[32];
    MemoryUploads *uploads;
} MemoryStore;

typedef struct {
    StoreReader base;
    Version *version;
} MemoryReader;

typedef struct {
    StoreWriter base;
    MemoryStore *store;
    char *key, *content_type, *if_match;
    GHashTable *metadata;
    bool if_none_match;
    GByteArray *bytes;
} MemoryWriter;

static void version_clear(Version *version) {
    g_bytes_unref(version->bytes);
    g_free(version->etag);
    g_free(version->content_type);
    g_clear_pointer(&version->metadata, g_hash_table_unref);
}

static void version_unref(Version *version) { g_atomic_rc_box_release_full(version, (GDestroyNotify)version_clear); }

static void describe(const Version *version, StoreInfo *info) {
    *info = (StoreInfo){.size = g_bytes_get_size(version->bytes),
                        .etag = g_strdup(version->etag),
                        .modified_ms = version->modified_ms,
                        .content_type = g_strdup(version->content_type),
                        .metadata = store_metadata_copy(version->metadata)};
}

static Version *find(MemoryStore *memory, const char *key, GError **error) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&memory->mutex);
    Version *version = g_tree_lookup(memory->versions, key);
    if (version) return g_atomic_rc_box_acquire(version);
    fail(error, ERROR_NOT_FOUND, "there is no object %s", key);
    return NULL;
}

static bool memory_head(Store *store, const char *key, StoreInfo *info, GError **error) {
    Version *version = find((MemoryStore *)store, key, error);
    if (!version) return false;
    describe(version, info);
    version_unref(version);
    return true;
}

static bool reader_read(StoreReader *base, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    const guint8 *data = g_bytes_get_data(((MemoryReader *)base)->version->bytes, NULL);
    memcpy(buffer, data + offset, size);
    *got = size;
    return true;
}

static void reader_close(StoreReader *base) {
    version_unref(((MemoryReader *)base)->version);
    g_free(base);
}

static bool memory_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    static const StoreReaderBackend backend = {.read = reader_read, .close = reader_close};
    Version *version = find((MemoryStore *)store, key, error);
    if (!version) return false;
    MemoryReader *opened = g_new0(MemoryReader, 1);
    opened->base = (StoreReader){.backend = &backend, .size = g_bytes_get_size(version->bytes)};
    opened->version = version;
    if (info) describe(version, info);
    *reader = &opened->base;
    return true;
}

static bool writer_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    MemoryWriter *writer = (MemoryWriter *)base;
    if (size > G_MAXUINT - writer->bytes->len)
        return fail(error, ERROR_NO_SPACE, "%s is too large for the memory store", writer->key);
    g_byte_array_append(writer->bytes, data, (guint)size);
    return true;
}

static void writer_abort(StoreWriter *base) {
    MemoryWriter *writer = (MemoryWriter *)base;
    if (writer->bytes) g_byte_array_unref(writer->bytes);
    if (writer->metadata) g_hash_table_unref(writer->metadata);
    g_free(writer->key);
    g_free(writer->content_type);
    g_free(writer->if_match);
    g_free(writer);
}

static bool conditions_hold(const MemoryWriter *writer, const Version *present) {
    if (writer->if_none_match) return !present;
    return !writer->if_match || (present && strcmp(present->etag, writer->if_match) == 0);
}

static bool writer_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    MemoryWriter *writer = (MemoryWriter *)base;
    MemoryStore *memory = writer->store;
    g_mutex_lock(&memory->mutex);
    bool held = conditions_hold(writer, g_tree_lookup(memory->versions, writer->key));
    if (held) {
        Version *version = g_atomic_rc_box_new0(Version);
        version->bytes = g_byte_array_free_to_bytes(g_steal_pointer(&writer->bytes));
        version->etag = g_strdup_printf("%" G_GINT64_MODIFIER "x", ++memory->version_count);
        version->content_type = g_steal_pointer(&writer->content_type);
        version->metadata = g_steal_pointer(&writer->metadata);
        version->modified_ms = clock_now_ms(memory->base.clock);
        g_tree_replace(memory->versions, g_strdup(writer->key), version);
        memory->changes++;
        if (info) describe(version, info);
    } else {
        store_fail_precondition(writer->key, error);
    }
    g_mutex_unlock(&memory->mutex);
    writer_abort(base);
    return held;
}

static bool memory_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    static const StoreWriterBackend backend = {.write = writer_write, .commit = writer_commit, .abort = writer_abort};
    MemoryWriter *opened = g_new0(MemoryWriter, 1);
    opened->base.backend = &backend;
    opened->store = (MemoryStore *)store;
    opened->key = g_strdup(key);
    opened->content_type = g_strdup(put->content_type ? put->content_type : store_content_type_of(key));
    opened->if_match = g_strdup(put->if_match);
    opened->if_none_match = put->if_none_match;
    opened->metadata = store_metadata_copy(put->metadata);
    opened->bytes = g_byte_array_new();
    *writer = &opened->base;
    return true;
}

static bool memory_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                        GError **error) {
    MemoryStore *memory = (MemoryStore *)store;
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)store_entry_free);
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&memory->mutex);
    GTreeNode *node = strcmp(start_after, prefix) >= 0 ? g_tree_upper_bound(memory->versions, start_after)
                                                       : g_tree_lower_bound(memory->versions, prefix);
    for (; node && found->len < limit && g_str_has_prefix(g_tree_node_key(node), prefix); node = g_tree_node_next(node)) {
        const Version *version = g_tree_node_value(node);
        StoreEntry *entry = g_new0(StoreEntry, 1);
        *entry = (StoreEntry){.key = g_strdup(g_tree_node_key(node)),
                              .size = g_bytes_get_size(version->bytes),
                              .etag = g_strdup(version->etag),
                              .modified_ms = version->modified_ms};
        g_ptr_array_add(found, entry);
    }
    *more = node && g_str_has_prefix(g_tree_node_key(node), prefix);
    *entries = found;
    return true;
}

static bool memory_stamp(Store *store, const char *folder, StoreStamp *stamp) {
    MemoryStore *memory = (MemoryStore *)store;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&memory->mutex);
    *stamp = (StoreStamp){.changed = memory->changes};
    return true;
}

static bool memory_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error) {
    MemoryStore *memory = (MemoryStore *)store;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&memory->mutex);
    for (gsize i = 0; i < key_count; i++) g_tree_remove(memory->versions, keys[i]);
    memory->changes++;
    return true;
}

static bool memory_url_secret(Store *store, guint8 secret[32], GError **error) {
    memcpy(secret, ((MemoryStore *)store)->secret, 32);
    return true;
}

MemoryUploads *memory_uploads_of(Store *store) { return ((MemoryStore *)store)->uploads; }

static void memory_close(Store *store) {
    MemoryStore *memory = (MemoryStore *)store;
    memory_uploads_free(memory->uploads);
    g_tree_unref(memory->versions);
    g_mutex_clear(&memory->mutex);
    g_free(memory);
}

Store *store_memory_new(Clock *clock) {
    static const StoreBackend backend = {.name = "memory",
                                         .head = memory_head,
                                         .open = memory_open,
                                         .put_open = memory_put_open,
                                         .list = memory_list,
                                         .stamp = memory_stamp,
                                         .delete_many = memory_delete_many,
                                         .sign_url = store_sign_local_url,
                                         .url_secret = memory_url_secret,
                                         .uploads = &memory_uploads_backend,
                                         .close = memory_close};
    MemoryStore *memory = g_new0(MemoryStore, 1);
    memory->base = (Store){.backend = &backend, .clock = clock};
    memory->versions = text_map_new(g_free, (GDestroyNotify)version_unref);
    memory->uploads = memory_uploads_new();
    g_mutex_init(&memory->mutex);
    if (getrandom(memory->secret, sizeof memory->secret, 0) != sizeof memory->secret) g_error("the system has no random bytes");
    return &memory->base;
}
