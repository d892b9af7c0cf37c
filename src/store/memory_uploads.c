/* Uploads in parts to the in-memory store. The parts of one wait in a table under one mutex, which complete holds while it puts the object, so that an
 * upload is completed once. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/memory_internal.h"

typedef struct {
    GBytes *bytes;
    char *etag;
} Part;

typedef struct {
    char *key, *content_type;
    GHashTable *metadata;
    GTree *parts; /* number → Part, by number */
    gint64 used_ms;
} Upload;

struct MemoryUploads {
    GMutex mutex;
    GTree *open; /* id → Upload */
    guint64 part_count; /* ever taken: the source of ETags */
};

typedef struct {
    StoreWriter base;
    Store *store;
    char *key, *upload_id;
    guint number;
    GByteArray *bytes;
} PartWriter;

static void part_free(Part *part) {
    g_bytes_unref(part->bytes);
    g_free(part->etag);
    g_free(part);
}

static void upload_free(Upload *upload) {
    g_free(upload->key);
    g_free(upload->content_type);
    g_clear_pointer(&upload->metadata, g_hash_table_unref);
    g_tree_unref(upload->parts);
    g_free(upload);
}

static int compare_numbers(gconstpointer a, gconstpointer b, gpointer data) {
    guint left = GPOINTER_TO_UINT(a), right = GPOINTER_TO_UINT(b);
    return (left > right) - (left < right);
}

MemoryUploads *memory_uploads_new(void) {
    MemoryUploads *uploads = g_new0(MemoryUploads, 1);
    g_mutex_init(&uploads->mutex);
    uploads->open = text_map_new(g_free, (GDestroyNotify)upload_free);
    return uploads;
}

void memory_uploads_free(MemoryUploads *uploads) {
    g_tree_unref(uploads->open);
    g_mutex_clear(&uploads->mutex);
    g_free(uploads);
}

/* The mutex must be held. */
static Upload *find(Store *store, const char *key, const char *upload_id, GError **error) {
    Upload *upload = g_tree_lookup(memory_uploads_of(store)->open, upload_id);
    if (upload && strcmp(upload->key, key) == 0) return upload;
    store_fail_no_upload(key, error);
    return NULL;
}

static void drop_old(MemoryUploads *uploads, gint64 now_ms) {
    g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
    for (GTreeNode *node = g_tree_node_first(uploads->open); node; node = g_tree_node_next(node))
        if (now_ms - ((const Upload *)g_tree_node_value(node))->used_ms > UPLOAD_IDLE_S_MAX * G_GINT64_CONSTANT(1000))
            g_ptr_array_add(old, g_strdup(g_tree_node_key(node)));
    for (guint i = 0; i < old->len; i++) g_tree_remove(uploads->open, g_ptr_array_index(old, i));
}

static bool upload_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error) {
    MemoryUploads *uploads = memory_uploads_of(store);
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&uploads->mutex);
    gint64 now_ms = clock_now_ms(store->clock);
    drop_old(uploads, now_ms);
    if (g_tree_nnodes(uploads->open) >= UPLOADS_OPEN_MAX)
        return fail(error, ERROR_TOO_MANY, "%d uploads are under way, and no more are taken; complete or abort some", UPLOADS_OPEN_MAX);
    Upload *upload = g_new0(Upload, 1);
    *upload = (Upload){.key = g_strdup(key),
                       .content_type = g_strdup(put->content_type),
                       .metadata = store_metadata_copy(put->metadata),
                       .parts = g_tree_new_full(compare_numbers, NULL, NULL, (GDestroyNotify)part_free),
                       .used_ms = now_ms};
    char *id = text_uuid();
    g_tree_insert(uploads->open, id, upload);
    *upload_id = g_strdup(id);
    return true;
}

static GPtrArray *list_parts(const Upload *upload) {
    GPtrArray *parts = g_ptr_array_new_with_free_func((GDestroyNotify)store_part_free);
    for (GTreeNode *node = g_tree_node_first(upload->parts); node; node = g_tree_node_next(node)) {
        const Part *kept = g_tree_node_value(node);
        StorePart *part = g_new0(StorePart, 1);
        *part = (StorePart){GPOINTER_TO_UINT(g_tree_node_key(node)), g_bytes_get_size(kept->bytes), g_strdup(kept->etag)};
        g_ptr_array_add(parts, part);
    }
    return parts;
}

static bool upload_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&memory_uploads_of(store)->mutex);
    const Upload *upload = find(store, key, upload_id, error);
    if (!upload) return false;
    *parts = list_parts(upload);
    return true;
}

static bool put_all(Store *store, const Upload *upload, guint count, const StorePut *put, StoreInfo *info, GError **error) {
    const StorePut whole = {.content_type = upload->content_type,
                            .metadata = upload->metadata,
                            .if_match = put->if_match,
                            .if_none_match = put->if_none_match};
    g_autoptr(StoreWriter) writer = NULL;
    if (!store_put_open(store, upload->key, &whole, &writer, error)) return false;
    for (guint number = 1; number <= count; number++) {
        const Part *part = g_tree_lookup(upload->parts, GUINT_TO_POINTER(number));
        gsize size;
        const void *data = g_bytes_get_data(part->bytes, &size);
        if (!store_writer_write(writer, data, size, error)) return false;
    }
    return store_writer_commit(g_steal_pointer(&writer), info, error);
}

static bool upload_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put,
                            StoreInfo *info, GError **error) {
    MemoryUploads *uploads = memory_uploads_of(store);
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&uploads->mutex);
    const Upload *upload = find(store, key, upload_id, error);
    if (!upload) return false;
    g_autoptr(GPtrArray) present = list_parts(upload);
    if (!store_parts_check_present(key, parts, present, error) || !put_all(store, upload, parts->len, put, info, error)) return false;
    g_tree_remove(uploads->open, upload_id);
    return true;
}

static bool upload_abort(Store *store, const char *key, const char *upload_id, GError **error) {
    MemoryUploads *uploads = memory_uploads_of(store);
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&uploads->mutex);
    return find(store, key, upload_id, error) && g_tree_remove(uploads->open, upload_id);
}

static bool part_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    PartWriter *writer = (PartWriter *)base;
    if (size > G_MAXUINT - writer->bytes->len)
        return fail(error, ERROR_NO_SPACE, "part %u of %s is too large for the memory store", writer->number, writer->key);
    g_byte_array_append(writer->bytes, data, (guint)size);
    return true;
}

static void part_abort(StoreWriter *base) {
    PartWriter *writer = (PartWriter *)base;
    if (writer->bytes) g_byte_array_unref(writer->bytes);
    g_free(writer->key);
    g_free(writer->upload_id);
    g_free(writer);
}

static bool part_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    PartWriter *writer = (PartWriter *)base;
    MemoryUploads *uploads = memory_uploads_of(writer->store);
    g_mutex_lock(&uploads->mutex);
    Upload *upload = find(writer->store, writer->key, writer->upload_id, error);
    if (upload) {
        Part *part = g_new0(Part, 1);
        part->bytes = g_byte_array_free_to_bytes(g_steal_pointer(&writer->bytes));
        part->etag = g_strdup_printf("p%" G_GINT64_MODIFIER "x", ++uploads->part_count);
        upload->used_ms = clock_now_ms(writer->store->clock);
        g_tree_replace(upload->parts, GUINT_TO_POINTER(writer->number), part);
        if (info)
            *info = (StoreInfo){.size = g_bytes_get_size(part->bytes), .etag = g_strdup(part->etag), .modified_ms = upload->used_ms,
                                .content_type = g_strdup(store_content_type_of(writer->key))};
    }
    g_mutex_unlock(&uploads->mutex);
    part_abort(base);
    return upload != NULL;
}

static bool upload_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer,
                            GError **error) {
    static const StoreWriterBackend backend = {.write = part_write, .commit = part_commit, .abort = part_abort};
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&memory_uploads_of(store)->mutex);
    if (!find(store, key, upload_id, error)) return false;
    PartWriter *opened = g_new0(PartWriter, 1);
    opened->base.backend = &backend;
    opened->store = store;
    opened->key = g_strdup(key);
    opened->upload_id = g_strdup(upload_id);
    opened->number = number;
    opened->bytes = g_byte_array_new();
    *writer = &opened->base;
    return true;
}

const StoreUploadsBackend memory_uploads_backend = {.begin = upload_begin,
                                                    .sign_part = store_sign_local_part,
                                                    .parts = upload_parts,
                                                    .complete = upload_complete,
                                                    .abort = upload_abort,
                                                    .put_part = upload_put_part};
