/* Where a key lies. Each step from the root opens one name that must be a directory and no symbolic link, so that neither a
 * key nor a link that somebody put into the directory leads outside. Files are made 0600 and directories 0700. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/dir_internal.h"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define NS_A_SECOND G_GINT64_CONSTANT(1000000000)
#define SECONDS_MAX G_GINT64_CONSTANT(9000000000) /* the year 2255; nanoseconds up to it fit in 63 bits */

int (*dir_fsync)(int fd) = fsync;

bool(dir_fail)(const DirStore *dir, int saved_errno, const char *doing, const char *key, GError **error) {
    /* "not found" is said by those who looked for an object; here a part of the store itself is gone */
    return fail_errno(error, saved_errno == ENOENT ? EIO : saved_errno,
                      "can't %s %s in %s (HANSARD_DATA); check the directory's disk, free space and permissions", doing, key,
                      dir->root);
}

int dir_step_into(int at, const char *name, bool create) {
    int fd = openat(at, name, DIRECTORY_FLAGS);
    if (fd >= 0 || errno != ENOENT || !create) return fd;
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST) return -1;
    if (dir_fsync(at) != 0) return -1;
    return openat(at, name, DIRECTORY_FLAGS);
}

int dir_open_parent(const DirStore *dir, const char *key, bool create, const char **leaf) {
    g_auto(Fd) at = openat(dir->root_fd, ".", DIRECTORY_FLAGS);
    const char *name = key;
    for (const char *slash; at >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
        char component[KEY_COMPONENT_BYTES_MAX + 1];
        g_strlcpy(component, name, MIN((gsize)(slash - name) + 1, sizeof component));
        int next = dir_step_into(at, component, create);
        int saved_errno = errno;
        fd_close(at);
        at = next;
        errno = saved_errno;
    }
    *leaf = name;
    return g_steal_fd(&at);
}

bool dir_stat_object(int parent, const char *leaf, struct stat *status) {
    return fstatat(parent, leaf, status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status->st_mode);
}

void dir_remove_empty_parents(const DirStore *dir, const char *key) {
    g_autofree char *path = g_strdup(key);
    for (char *slash; (slash = strrchr(path, '/'));) {
        *slash = '\0';
        const char *leaf;
        g_auto(Fd) parent = dir_open_parent(dir, path, false, &leaf);
        if ((parent < 0 || unlinkat(parent, leaf, AT_REMOVEDIR) != 0) && errno != ENOENT) return;
    }
}

DirLock dir_lock(const DirStore *dir, const char *key) {
    g_autofree char *digest = text_sha256(key, strlen(key));
    digest[2] = '\0'; /* 256 locks: few keys wait for one another */
    g_auto(Fd) fd = openat(dir->locks_fd, digest, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) return -1;
    return g_steal_fd(&fd);
}

gint64 dir_lock_removed_ns(DirLock lock) {
    gint64 removed_ns;
    if (pread(lock, &removed_ns, sizeof removed_ns, 0) != sizeof removed_ns) return 0; /* none was noted yet */
    return CLAMP(removed_ns, 0, SECONDS_MAX * NS_A_SECOND);
}

bool dir_lock_note_removed(DirLock lock, gint64 removed_ns) {
    return dir_lock_removed_ns(lock) >= removed_ns || pwrite(lock, &removed_ns, sizeof removed_ns, 0) == sizeof removed_ns;
}

int dir_temporary_create(const DirStore *dir, char **name) {
    for (int attempt = 0; attempt < DIR_ATTEMPTS_MAX; attempt++) {
        g_autofree char *unique = text_uuid();
        g_auto(Fd) fd = openat(dir->temporary_fd, unique, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        struct stat status;
        if (fd < 0 && errno == EEXIST) continue; /* a forked process draws the same random names */
        if (fd < 0 || fchmod(fd, 0600) != 0) return -1;
        /* A sweep may have come between: then it holds the lock or has removed the name. */
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &status) != 0 || status.st_nlink == 0) continue;
        *name = g_steal_pointer(&unique);
        return g_steal_fd(&fd);
    }
    errno = EAGAIN;
    return -1;
}

bool dir_temporary_sweep(const DirStore *dir, GError **error) {
    int listed = openat(dir->temporary_fd, ".", DIRECTORY_FLAGS);
    DIR *stream = listed < 0 ? NULL : fdopendir(listed);
    if (!stream) {
        dir_fail(dir, errno, "list", "the temporary files", error);
        fd_close(listed);
        return false;
    }
    for (const struct dirent *entry; (entry = readdir(stream));) {
        g_auto(Fd) fd = openat(dir->temporary_fd, entry->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) (void)unlinkat(dir->temporary_fd, entry->d_name, 0);
    }
    (void)closedir(stream);
    return true;
}

bool dir_write_all(int fd, const void *data, gsize size) {
    for (const char *at = data; size > 0;) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        at += written;
        size -= (gsize)written;
    }
    return true;
}

gint64 dir_time_ns(struct timespec time) {
    return CLAMP(time.tv_sec, 0, SECONDS_MAX) * NS_A_SECOND + time.tv_nsec;
}

bool dir_set_time(int fd, gint64 time_ns) {
    struct timespec time = {.tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000};
    struct timespec times[2] = {time, time};
    return futimens(fd, times) == 0;
}

/* Some file systems keep whole seconds or two: the step grows until the time that they kept is later. */
bool dir_set_time_after(const DirStore *dir, int fd, const char *key, gint64 floor_ns, struct stat *status, GError **error) {
    bool done = fstat(fd, status) == 0;
    if (done && dir_time_ns(status->st_mtim) > floor_ns) return true;
    for (gint64 step = 1; done && step <= G_GINT64_CONSTANT(10000000000); step *= 10) {
        done = dir_set_time(fd, floor_ns + step) && fstat(fd, status) == 0;
        if (done && dir_time_ns(status->st_mtim) > floor_ns)
            return dir_fsync(fd) == 0 || dir_fail(dir, errno, "store", key, error);
    }
    return dir_fail(dir, done ? EOVERFLOW : errno, "set the time of", key, error);
}

char *dir_etag(const struct stat *status) {
    return g_strdup_printf("%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x", (guint64)status->st_size,
                           (guint64)dir_time_ns(status->st_mtim));
}
