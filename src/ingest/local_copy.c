/* The copy is written to {folder}/.partial/{uuid}, locked, and renamed when it is whole. */
#include "ingest/local_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

#define PARTIAL ".partial"
#define ATTEMPTS_MAX 16

struct LocalCopy {
    char *folder, *partial; /* `partial`: NULL once it is kept */
    char *path;
    int fd;
};

static bool fail_copy(int saved_errno, const char *doing, const char *path, GError **error) {
    return fail_errno(error, saved_errno == ENOENT ? EIO : saved_errno,
                      "can't %s the copy %s; free some space or check the folder, or set SKIP_LOCAL_STORAGE=true to send recordings straight to the "
                      "store", doing, path);
}

static bool sync_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int saved_errno = errno;
    if (fd >= 0) (void)close(fd);
    errno = saved_errno;
    return synced;
}

/* What a process left that died: nobody holds its lock. */
static void sweep(const char *partials) {
    DIR *stream = opendir(partials);
    if (!stream) return; /* the open that follows tells */
    for (const struct dirent *entry; (entry = readdir(stream));) {
        int fd = openat(dirfd(stream), entry->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) (void)unlinkat(dirfd(stream), entry->d_name, 0);
        if (fd >= 0) (void)close(fd);
    }
    (void)closedir(stream);
}

/* A new file, locked so that no sweep takes it. -1 with errno. */
static int create_locked(const char *path) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        struct stat status;
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0) return -1;
        /* A sweep may have come between: then it holds the lock or has removed the name. */
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 && status.st_nlink == 1) return fd;
        (void)unlink(path);
        (void)close(fd);
    }
    errno = EAGAIN;
    return -1;
}

bool local_copy_open(const char *folder, const char *uuid, const char *filename, LocalCopy **copy, GError **error) {
    g_autofree char *partials = g_build_filename(folder, PARTIAL, NULL), *name = g_strconcat(uuid, "_", filename, NULL);
    g_autofree char *partial = g_build_filename(partials, uuid, NULL), *path = g_build_filename(folder, name, NULL);
    if (g_mkdir_with_parents(partials, 0700) != 0) return fail_copy(errno, "begin", path, error);
    sweep(partials);
    int fd = create_locked(partial);
    if (fd < 0) return fail_copy(errno, "begin", path, error);
    LocalCopy *opened = g_new0(LocalCopy, 1);
    opened->folder = g_strdup(folder);
    opened->partial = g_steal_pointer(&partial);
    opened->path = g_steal_pointer(&path);
    opened->fd = fd;
    *copy = opened;
    return true;
}

const char *local_copy_path(const LocalCopy *copy) { return copy->path; }

bool local_copy_write(LocalCopy *copy, const void *data, gsize size, GError **error) {
    for (const char *at = data; size > 0;) {
        ssize_t written = write(copy->fd, at, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_copy(errno, "write", copy->path, error);
        at += written;
        size -= (gsize)written;
    }
    return true;
}

bool local_copy_keep(LocalCopy *copy, GError **error) {
    if (fsync(copy->fd) != 0 || rename(copy->partial, copy->path) != 0) return fail_copy(errno, "keep", copy->path, error);
    g_clear_pointer(&copy->partial, g_free);
    g_autofree char *above = g_path_get_dirname(copy->folder);
    return (sync_folder(copy->folder) && sync_folder(above)) || fail_copy(errno, "keep", copy->path, error);
}

bool local_copy_send(const LocalCopy *copy, StoreWriter *writer, GError **error) {
    g_autofree guint8 *block = g_malloc(UPLOAD_BLOCK_BYTES);
    for (off_t offset = 0;;) {
        ssize_t got = pread(copy->fd, block, UPLOAD_BLOCK_BYTES, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_copy(errno, "read", copy->path, error);
        if (got == 0) return true;
        if (!store_writer_write(writer, block, (gsize)got, error)) return false;
        offset += got;
    }
}

void local_copy_free(LocalCopy *copy) {
    if (!copy) return;
    if (copy->partial) (void)unlink(copy->partial);
    (void)close(copy->fd);
    g_free(copy->partial);
    g_free(copy->path);
    g_free(copy->folder);
    g_free(copy);
}
