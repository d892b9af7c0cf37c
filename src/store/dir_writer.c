/* The put. Bytes stream into a temporary file; commit makes them durable, takes the key's lock, checks the conditions, gives
 * the file a modification time that no version of the key has had, and renames it into place. A reader sees the old
 * version or the new one. Order of what is made durable: the bytes, the attributes, the name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "store/dir_internal.h"

#define COPY_BLOCK_BYTES (1 * MIB)

typedef struct {
    StoreWriter base;
    DirStore *dir;
    char *key, *if_match;
    bool if_none_match;
    char *content_type;   /* NULL: as the key's extension tells */
    GHashTable *metadata; /* NULL for none */
    int fd;
    char *temporary;      /* its name */
} DirWriter;

typedef enum { PLACED, FAILED, AGAIN } Placing;

static bool writer_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    DirWriter *writer = (DirWriter *)base;
    return dir_write_all(writer->fd, data, size) || dir_fail(writer->dir, errno, "store", writer->key, error);
}

/* In the kernel where that can: on some file systems it shares the blocks and copies nothing. */
bool dir_writer_append(StoreWriter *base, int from, guint64 size, GError **error) {
    DirWriter *writer = (DirWriter *)base;
    g_autofree char *block = NULL;
    while (size > 0) {
        ssize_t copied = block ? -1 : copy_file_range(from, NULL, writer->fd, NULL, (size_t)MIN(size, GIB), 0);
        if (copied < 0) {
            if (!block && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) break;
            if (!block) block = g_malloc(COPY_BLOCK_BYTES);
            copied = read(from, block, (size_t)MIN(size, COPY_BLOCK_BYTES));
            if (copied > 0 && !dir_write_all(writer->fd, block, (gsize)copied)) break;
        }
        if (copied == 0) errno = EIO; /* shorter than its own status said */
        if (copied <= 0) break;
        size -= (guint64)copied;
    }
    return size == 0 || dir_fail(writer->dir, errno, "store", writer->key, error);
}

static void writer_free(DirWriter *writer) {
    fd_close(writer->fd);
    g_clear_pointer(&writer->metadata, g_hash_table_unref);
    g_free(writer->key);
    g_free(writer->if_match);
    g_free(writer->content_type);
    g_free(writer->temporary);
    g_free(writer);
}

static void writer_abort(StoreWriter *base) {
    DirWriter *writer = (DirWriter *)base;
    (void)unlinkat(writer->dir->temporary_fd, writer->temporary, 0);
    writer_free(writer);
}

static bool conditions_hold(const DirWriter *writer, const struct stat *present, GError **error) {
    g_autofree char *etag = present ? dir_etag(present) : NULL;
    if (writer->if_none_match ? !present : !writer->if_match || g_strcmp0(etag, writer->if_match) == 0) return true;
    return store_fail_precondition(writer->key, error);
}

static Placing parent_missing(const DirWriter *writer, int saved_errno, GError **error) {
    if (saved_errno == ENOTDIR || saved_errno == ELOOP) {
        fail(error, ERROR_CONFLICT, "%s can't be stored: a part of its name before a '/' is itself an object; choose another key",
             writer->key);
    } else if (saved_errno != ENOENT) {
        dir_fail(writer->dir, saved_errno, "store", writer->key, error);
    } else if (conditions_hold(writer, NULL, error)) {
        return AGAIN; /* someone removed the empty directory again */
    }
    return FAILED;
}

static Placing rename_failed(const DirWriter *writer, int parent, const char *leaf, int saved_errno, GError **error) {
    if (saved_errno == ENOENT) return AGAIN;
    if (saved_errno == EISDIR || saved_errno == EEXIST || saved_errno == ENOTEMPTY) {
        if (unlinkat(parent, leaf, AT_REMOVEDIR) == 0) return AGAIN; /* empty: left by a delete that was interrupted */
        fail(error, ERROR_CONFLICT, "%s can't be stored: there are objects under it, as in a folder; choose another key",
             writer->key);
    } else {
        dir_fail(writer->dir, saved_errno, "store", writer->key, error);
    }
    return FAILED;
}

/* Puts the file in place while `lock` is held; `status` becomes the new version's. */
static Placing place(const DirWriter *writer, DirLock lock, struct stat *status, GError **error) {
    const DirStore *dir = writer->dir;
    const char *leaf;
    struct stat present;
    g_auto(Fd) parent = dir_open_parent(dir, writer->key, !writer->if_match, &leaf);
    if (parent < 0) return parent_missing(writer, errno, error);
    bool exists = dir_stat_object(parent, leaf, &present);
    if (!conditions_hold(writer, exists ? &present : NULL, error)) return FAILED;
    gint64 floor_ns = dir_lock_removed_ns(lock);
    if (exists) floor_ns = MAX(floor_ns, dir_time_ns(present.st_mtim));
    if (!dir_set_time_after(dir, writer->fd, writer->key, floor_ns, status, error) ||
        !dir_attributes_write(dir, writer->key, status, writer->content_type, writer->metadata, error))
        return FAILED;
    if (renameat(dir->temporary_fd, writer->temporary, parent, leaf) != 0) {
        int saved_errno = errno;
        if (writer->content_type || writer->metadata) dir_attributes_remove(dir, writer->key, status);
        return rename_failed(writer, parent, leaf, saved_errno, error);
    }
    if (dir_fsync(parent) != 0) {
        dir_fail(dir, errno, "make durable", writer->key, error);
        return FAILED;
    }
    if (exists) dir_attributes_remove(dir, writer->key, &present);
    return PLACED;
}

static bool publish(const DirWriter *writer, struct stat *status, GError **error) {
    const DirStore *dir = writer->dir;
    if (!dir_set_time(writer->fd, clock_now_ms(dir->base.clock) * 1000000) || dir_fsync(writer->fd) != 0)
        return dir_fail(dir, errno, "store", writer->key, error);
    g_auto(DirLock) lock = dir_lock(dir, writer->key);
    if (lock < 0) return dir_fail(dir, errno, "lock", writer->key, error);
    for (int attempt = 0; attempt < DIR_ATTEMPTS_MAX; attempt++) {
        Placing placing = place(writer, lock, status, error);
        if (placing != AGAIN) return placing == PLACED;
    }
    return fail(error, ERROR_UNAVAILABLE, "%s can't be stored: its directory is removed again and again; try later", writer->key);
}

static bool writer_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    DirWriter *writer = (DirWriter *)base;
    struct stat status;
    if (!publish(writer, &status, error)) {
        dir_remove_empty_parents(writer->dir, writer->key);
        writer_abort(base);
        return false;
    }
    if (info) {
        const char *content_type = writer->content_type ? writer->content_type : store_content_type_of(writer->key);
        *info = (StoreInfo){.size = (guint64)status.st_size,
                            .etag = dir_etag(&status),
                            .modified_ms = dir_time_ns(status.st_mtim) / 1000000,
                            .content_type = g_strdup(content_type),
                            .metadata = g_steal_pointer(&writer->metadata)};
    }
    writer_free(writer);
    return true;
}

bool dir_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    static const StoreWriterBackend backend = {.write = writer_write, .commit = writer_commit, .abort = writer_abort};
    DirStore *dir = (DirStore *)store;
    g_autofree char *temporary = NULL;
    int fd = dir_temporary_create(dir, &temporary);
    if (fd < 0) return dir_fail(dir, errno, "store", key, error);
    DirWriter *opened = g_new0(DirWriter, 1);
    opened->base.backend = &backend;
    opened->dir = dir;
    opened->key = g_strdup(key);
    opened->if_match = g_strdup(put->if_match);
    opened->if_none_match = put->if_none_match;
    if (g_strcmp0(put->content_type, store_content_type_of(key)) != 0) opened->content_type = g_strdup(put->content_type);
    opened->metadata = store_metadata_copy(put->metadata);
    opened->fd = fd;
    opened->temporary = g_steal_pointer(&temporary);
    *writer = &opened->base;
    return true;
}
