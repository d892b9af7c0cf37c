/* The directory store: each key is the file of that name under the root, so that any program can read a workspace, and
 * `cp -a` or `rsync -a` of the directory is a backup that keeps ETags.
 *
 *   {root}/{key}                              the object: a regular file; nothing else is one, links least of all
 *   {root}/.hansard/tmp/{uuid}                a put under way, locked by its writer; swept at open when the writer is gone
 *   {root}/.hansard/locks/{00..ff}            flock() of the keys whose SHA-256 begins so; holds the latest modification
 *                                             time of a version removed under it
 *   {root}/.hansard/attributes/{sha256}-{etag}  content type and user metadata, see dir_attributes.c
 *   {root}/.hansard/uploads/{id}/             an upload in parts under way, see dir_uploads.c
 *   {root}/.hansard/url-secret                32 random bytes that sign URLs; remove it to make all signed URLs void
 *
 * How the port's guarantees are met:
 *  1. All or nothing: a put is renamed into place when its bytes are on disk, and acknowledged when its name is (dir_writer.c).
 *     Should making the name durable fail, the put is reported as failed though it may be seen.
 *  3. Conditions: checked and acted on under the key's lock, which holds among threads and processes of one machine (on a
 *     network file system, where that has flock).
 *  4. An ETag is size and modification time in nanoseconds. A put sets a time later than that of the version it replaces
 *     and of any removed one of its lock, so that even a clock that is set back repeats none. A power failure may lose the
 *     time of a removal; only then, and with the clock set back, could an ETag come again.
 *  5. One version: a reader keeps the file open that it found, and nothing writes to a file in place. Another program that
 *     writes into the directory must do as much: write to a new file and rename it.
 *  7. No key leads outside: see dir_path.c. */
#include "store/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "store/dir_internal.h"

#define OBJECT_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) /* NONBLOCK: a FIFO must not hold us up */
#define SECRET_NAME "url-secret"
#define SECRET_BYTES 32

typedef struct {
    StoreReader base;
    DirStore *dir;
    char *key;
    int fd;
} DirReader;

static bool no_object(const char *key, GError **error) { return fail(error, ERROR_NOT_FOUND, "there is no object %s", key); }

static bool open_object(const DirStore *dir, const char *key, int *fd, struct stat *status, GError **error) {
    const char *leaf;
    g_auto(Fd) parent = dir_open_parent(dir, key, false, &leaf);
    g_auto(Fd) opened = parent < 0 ? -1 : openat(parent, leaf, OBJECT_FLAGS);
    if (opened < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO)) return no_object(key, error);
    if (opened < 0 || fstat(opened, status) != 0) return dir_fail(dir, errno, "read", key, error);
    if (!S_ISREG(status->st_mode)) return no_object(key, error);
    *fd = g_steal_fd(&opened);
    return true;
}

/* Opens the version that stands and tells of it. Attributes are removed after their version was replaced: where none are found
 * and the file has lost its name, the two looks may have been at two versions, so look again. */
static bool open_version(const DirStore *dir, const char *key, int *fd, StoreInfo *info, GError **error) {
    for (int attempt = 0; attempt < DIR_ATTEMPTS_MAX; attempt++) {
        g_auto(Fd) opened = -1;
        g_auto(StoreInfo) found = {0};
        struct stat status;
        bool stored;
        if (!open_object(dir, key, &opened, &status, error) || !dir_attributes_read(dir, key, &status, &found, &stored, error))
            return false;
        if (!stored && fstat(opened, &status) == 0 && status.st_nlink == 0) continue;
        store_info_move(&found, info);
        *fd = g_steal_fd(&opened);
        return true;
    }
    return fail(error, ERROR_UNAVAILABLE, "%s is overwritten again and again while it is read; try later", key);
}

static bool dir_head(Store *store, const char *key, StoreInfo *info, GError **error) {
    g_auto(Fd) fd = -1;
    return open_version((DirStore *)store, key, &fd, info, error);
}

static bool reader_read(StoreReader *base, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    DirReader *reader = (DirReader *)base;
    gsize done = 0;
    while (done < size) {
        ssize_t count = pread(reader->fd, (char *)buffer + done, size - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return dir_fail(reader->dir, errno, "read", reader->key, error);
        if (count == 0)
            return fail(error, ERROR_PRECONDITION, "%s was cut short by another program while it was read; read it again",
                        reader->key);
        done += (gsize)count;
    }
    *got = done;
    return true;
}

static void reader_close(StoreReader *base) {
    DirReader *reader = (DirReader *)base;
    fd_close(reader->fd);
    g_free(reader->key);
    g_free(reader);
}

static bool dir_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    static const StoreReaderBackend backend = {.read = reader_read, .close = reader_close};
    DirStore *dir = (DirStore *)store;
    g_auto(StoreInfo) found = {0};
    int fd;
    if (!open_version(dir, key, &fd, &found, error)) return false;
    DirReader *opened = g_new0(DirReader, 1);
    opened->base = (StoreReader){.backend = &backend, .size = found.size};
    opened->dir = dir;
    opened->key = g_strdup(key);
    opened->fd = fd;
    *reader = &opened->base;
    store_info_move(&found, info);
    return true;
}

/* Removes the object; not yet durable. */
static bool remove_object(const DirStore *dir, int parent, const char *leaf, const char *key, GError **error) {
    struct stat present;
    g_auto(DirLock) lock = dir_lock(dir, key);
    if (lock < 0) return dir_fail(dir, errno, "lock", key, error);
    if (!dir_stat_object(parent, leaf, &present)) return true;
    if (!dir_lock_note_removed(lock, dir_time_ns(present.st_mtim)) || (unlinkat(parent, leaf, 0) != 0 && errno != ENOENT))
        return dir_fail(dir, errno, "remove", key, error);
    dir_attributes_remove(dir, key, &present);
    return true;
}

static bool same_directory(const char *a, const char *b) {
    const char *end = strrchr(a, '/');
    gsize length = end ? (gsize)(end - a) + 1 : 0;
    return strncmp(a, b, length) == 0 && !strchr(b + length, '/');
}

static bool dir_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error) {
    DirStore *dir = (DirStore *)store;
    for (gsize i = 0; i < key_count; i++) {
        const char *leaf;
        g_auto(Fd) parent = dir_open_parent(dir, keys[i], false, &leaf);
        if (parent < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;
        if (parent < 0) return dir_fail(dir, errno, "remove", keys[i], error);
        if (!remove_object(dir, parent, leaf, keys[i], error)) return false;
        /* once for all neighbours in the list that lie in one directory */
        if (i + 1 < key_count && same_directory(keys[i], keys[i + 1])) continue;
        if (dir_fsync(parent) != 0) return dir_fail(dir, errno, "make durable that there is no", keys[i], error);
        dir_remove_empty_parents(dir, keys[i]);
    }
    return true;
}

/* Makes the secret where there is none; under a lock, so that all processes get the same. */
static bool make_secret(const DirStore *dir, GError **error) {
    guint8 secret[SECRET_BYTES];
    g_autofree char *name = NULL;
    g_auto(DirLock) lock = dir_lock(dir, SECRET_NAME);
    if (lock < 0) return dir_fail(dir, errno, "lock", SECRET_NAME, error);
    if (faccessat(dir->own_fd, SECRET_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return true;
    if (getrandom(secret, sizeof secret, 0) != sizeof secret) return dir_fail(dir, errno, "make", SECRET_NAME, error);
    g_auto(Fd) fd = dir_temporary_create(dir, &name);
    if (fd >= 0 && dir_write_all(fd, secret, sizeof secret) && dir_fsync(fd) == 0 &&
        renameat(dir->temporary_fd, name, dir->own_fd, SECRET_NAME) == 0 && dir_fsync(dir->own_fd) == 0)
        return true;
    dir_fail(dir, errno, "make", SECRET_NAME, error);
    if (name) (void)unlinkat(dir->temporary_fd, name, 0);
    return false;
}

static bool dir_url_secret(Store *store, guint8 secret[SECRET_BYTES], GError **error) {
    DirStore *dir = (DirStore *)store;
    guint8 found[SECRET_BYTES + 1];
    struct stat status;
    g_auto(Fd) fd = openat(dir->own_fd, SECRET_NAME, OBJECT_FLAGS);
    if (fd < 0 && errno == ENOENT) {
        if (!make_secret(dir, error)) return false;
        fd = openat(dir->own_fd, SECRET_NAME, OBJECT_FLAGS);
    }
    if (fd < 0 || fstat(fd, &status) != 0) return dir_fail(dir, errno, "read", SECRET_NAME, error);
    if (!S_ISREG(status.st_mode) || read(fd, found, sizeof found) != SECRET_BYTES)
        return fail(error, ERROR_CORRUPT, "%s/.hansard/" SECRET_NAME " is damaged; remove it, and a new one is made", dir->root);
    memcpy(secret, found, SECRET_BYTES);
    return true;
}

static void dir_close(Store *store) {
    DirStore *dir = (DirStore *)store;
    for (int i = 0; i < DIR_WINDOWS_CACHED; i++) dir_window_unref(dir->windows[i]);
    g_mutex_clear(&dir->windows_mutex);
    fd_close(dir->attributes_fd);
    fd_close(dir->locks_fd);
    fd_close(dir->temporary_fd);
    fd_close(dir->own_fd);
    fd_close(dir->root_fd);
    g_free(dir->root);
    g_free(dir);
}

static bool open_folders(DirStore *dir, GError **error) {
    if (g_mkdir_with_parents(dir->root, 0700) != 0) return dir_fail(dir, errno, "make", "the directory", error);
    if ((dir->root_fd = open(dir->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 &&
        (dir->own_fd = dir_step_into(dir->root_fd, ".hansard", true)) >= 0 &&
        (dir->temporary_fd = dir_step_into(dir->own_fd, "tmp", true)) >= 0 &&
        (dir->locks_fd = dir_step_into(dir->own_fd, "locks", true)) >= 0 &&
        (dir->attributes_fd = dir_step_into(dir->own_fd, "attributes", true)) >= 0) {
        dir->local = dir_is_local(dir->root_fd);
        return true;
    }
    return dir_fail(dir, errno, "open", "the store", error);
}

static DirStore *dir_new(const StoreBackend *backend, const char *root, Clock *clock) {
    DirStore *dir = g_new0(DirStore, 1);
    dir->base = (Store){.backend = backend, .clock = clock};
    dir->root = g_strdup(root);
    dir->root_fd = dir->own_fd = dir->temporary_fd = dir->locks_fd = dir->attributes_fd = -1;
    g_mutex_init(&dir->windows_mutex);
    return dir;
}

bool store_dir_open(const char *root, Clock *clock, Store **store, GError **error) {
    static const StoreBackend backend = {.name = "dir",
                                         .head = dir_head,
                                         .open = dir_open,
                                         .put_open = dir_put_open,
                                         .list = dir_list,
                                         .stamp = dir_stamp,
                                         .delete_many = dir_delete_many,
                                         .sign_url = store_sign_local_url,
                                         .url_secret = dir_url_secret,
                                         .uploads = &dir_uploads_backend,
                                         .close = dir_close};
    DirStore *dir = dir_new(&backend, root, clock);
    if (!open_folders(dir, error) || !dir_temporary_sweep(dir, error)) {
        dir_close(&dir->base);
        return false;
    }
    *store = &dir->base;
    return true;
}

/* -- for reading alone --------------------------------------------------------------------------------------------------- */

static bool refuse(Store *store, GError **error) {
    return fail(error, ERROR_FORBIDDEN, "%s was opened for reading: nothing is written there", ((DirStore *)store)->root);
}

static bool refuse_put(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) { return refuse(store, error); }
static bool refuse_delete(Store *store, const char *const *keys, gsize key_count, GError **error) { return refuse(store, error); }
static bool refuse_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error) { return refuse(store, error); }
static bool refuse_secret(Store *store, guint8 secret[SECRET_BYTES], GError **error) { return refuse(store, error); }

/* What the store keeps for itself may be missing: then no object has attributes. */
static bool open_own_to_read(DirStore *dir, GError **error) {
    dir->own_fd = dir_step_into(dir->root_fd, ".hansard", false);
    if (dir->own_fd >= 0) dir->attributes_fd = dir_step_into(dir->own_fd, "attributes", false);
    return dir->attributes_fd >= 0 || errno == ENOENT || dir_fail(dir, errno, "open", "the store", error);
}

bool store_dir_open_to_read(const char *root, Clock *clock, Store **store, GError **error) {
    static const StoreBackend backend = {.name = "dir",
                                         .head = dir_head,
                                         .open = dir_open,
                                         .put_open = refuse_put,
                                         .list = dir_list,
                                         .delete_many = refuse_delete,
                                         .sign_url = refuse_url,
                                         .url_secret = refuse_secret,
                                         .close = dir_close};
    DirStore *dir = dir_new(&backend, root, clock);
    dir->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool opened = dir->root_fd >= 0 ? open_own_to_read(dir, error) : fail_errno(error, errno, "the directory %s can't be read", root);
    if (opened) *store = &dir->base;
    else dir_close(&dir->base);
    return opened;
}
