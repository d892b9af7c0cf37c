/* Windows on a directory. A directory's names come from the kernel in no order, so a window is made by reading all of them
 * and keeping the first WINDOW_NAMES_MAX: memory does not grow with the directory. As reading a large directory takes tens of
 * milliseconds, windows of large ones are kept and served again while the directory has not changed.
 *
 * A window is kept only when the directory was last changed so long before it was read that a change after reading must give it
 * another change time (the kernel's clock for file times ticks in steps of some milliseconds, and some file systems keep whole
 * seconds). The change time is used, not the modification time: nothing can set it back. The stamp of a folder is the same, handed out: on a disk of this
 * machine, where the kernel knows of every change. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>

#include "base/limits.h"
#include "store/dir_internal.h"

#define ZFS_MAGIC 0x2fc12fc1 /* statfs(2); it is not in linux/magic.h */
#define WINDOW_NAMES_MAX 4096
#define CACHED_NAMES_MIN 1000                                        /* smaller directories are read within a millisecond */
#define SETTLED_NS G_GINT64_CONSTANT(100000000)                      /* several ticks of the slowest kernel clock, 10 ms */
#define SETTLED_WHOLE_SECONDS_NS G_GINT64_CONSTANT(2500000000)       /* FAT keeps two seconds */

static void window_clear(DirWindow *window) {
    g_free(window->from);
    g_ptr_array_unref(window->names);
}

void dir_window_unref(DirWindow *window) {
    if (window) g_atomic_rc_box_release_full(window, (GDestroyNotify)window_clear);
}

static const char *last_name(const DirWindow *window) { return g_ptr_array_index(window->names, window->names->len - 1); }

static bool covers(const DirWindow *window, const struct stat *status, const char *from) {
    return window && window->device == status->st_dev && window->inode == status->st_ino &&
           window->changed_ns == dir_time_ns(status->st_ctim) && strcmp(window->from, from) <= 0 &&
           (window->complete || strcmp(from, last_name(window)) <= 0);
}

static DirWindow *find_cached(DirStore *dir, const struct stat *status, const char *from) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&dir->windows_mutex);
    for (int i = 0; i < DIR_WINDOWS_CACHED; i++) {
        if (!covers(dir->windows[i], status, from)) continue;
        dir->windows[i]->used = ++dir->windows_used;
        return g_atomic_rc_box_acquire(dir->windows[i]);
    }
    return NULL;
}

/* Where a new window goes: over one that it replaces, else over the one unused for longest. */
static void keep(DirStore *dir, DirWindow *window) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&dir->windows_mutex);
    int place = 0;
    for (int i = 0; i < DIR_WINDOWS_CACHED; i++) {
        const DirWindow *old = dir->windows[i];
        bool replaced = old && old->device == window->device && old->inode == window->inode &&
                        (old->changed_ns != window->changed_ns || strcmp(old->from, window->from) == 0);
        if (replaced || !old) {
            place = i;
            break;
        }
        if (old->used < dir->windows[place]->used) place = i;
    }
    dir_window_unref(dir->windows[place]);
    window->used = ++dir->windows_used;
    dir->windows[place] = g_atomic_rc_box_acquire(window);
}

static bool is_settled(const struct stat *status, gint64 read_at_ns) {
    gint64 age_ns = read_at_ns - dir_time_ns(status->st_ctim);
    return age_ns > (status->st_ctim.tv_nsec == 0 ? SETTLED_WHOLE_SECONDS_NS : SETTLED_NS);
}

static int compare_names(gconstpointer a, gconstpointer b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Sorts, and keeps the first WINDOW_NAMES_MAX. */
static void cut(DirWindow *window) {
    g_ptr_array_sort(window->names, compare_names);
    if (window->names->len <= WINDOW_NAMES_MAX) return;
    g_ptr_array_set_size(window->names, WINDOW_NAMES_MAX);
    window->complete = false;
}

/* The entry's name as it sorts among keys: with a '/' after a directory's. False for what is neither file nor directory. */
static bool sorting_name(int fd, const struct dirent *entry, char name[NAME_MAX + 2]) {
    unsigned char type = entry->d_type;
    struct stat status;
    if (type == DT_UNKNOWN && fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
    if (type != DT_REG && type != DT_DIR) return false;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) return false;
    gsize length = g_strlcpy(name, entry->d_name, NAME_MAX + 1);
    if (length > KEY_COMPONENT_BYTES_MAX) return false;
    if (type == DT_DIR) g_strlcpy(name + length, "/", 2);
    return true;
}

static bool scan(DirWindow *window, DIR *stream) {
    char name[NAME_MAX + 2];
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry) break;
        if (!sorting_name(dirfd(stream), entry, name) || strcmp(name, window->from) < 0) continue;
        if (!window->complete && strcmp(name, g_ptr_array_index(window->names, WINDOW_NAMES_MAX - 1)) > 0) continue;
        g_ptr_array_add(window->names, g_strdup(name));
        if (window->names->len == 2 * WINDOW_NAMES_MAX) cut(window);
    }
    if (errno != 0) return false;
    cut(window);
    return true;
}

DirWindow *dir_window_read(DirStore *dir, int fd, const char *from, GError **error) {
    struct stat before, after;
    struct timespec now;
    if (fstat(fd, &before) != 0) {
        dir_fail(dir, errno, "list", "a directory", error);
        return NULL;
    }
    DirWindow *cached = find_cached(dir, &before, from);
    if (cached) return cached;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* the kernel's time, which stamps the files: not the store's clock */
    g_autoptr(DirWindow) window = g_atomic_rc_box_new0(DirWindow);
    window->device = before.st_dev;
    window->inode = before.st_ino;
    window->changed_ns = dir_time_ns(before.st_ctim);
    window->from = g_strdup(from);
    window->names = g_ptr_array_new_with_free_func(g_free);
    window->complete = true;
    int listed = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* its own position, and closed with the stream */
    DIR *stream = listed < 0 ? NULL : fdopendir(listed);
    bool done = stream && scan(window, stream);
    int saved_errno = errno;
    if (stream) (void)closedir(stream);
    else fd_close(listed);
    if (!done) {
        dir_fail(dir, saved_errno, "list", "a directory", error);
        return NULL;
    }
    if (window->names->len >= CACHED_NAMES_MIN && is_settled(&before, dir_time_ns(now)) && fstat(fd, &after) == 0 &&
        dir_time_ns(after.st_ctim) == window->changed_ns)
        keep(dir, window);
    return g_steal_pointer(&window);
}

bool dir_is_local(int fd) {
    static const guint32 kinds[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC, ZFS_MAGIC};
    struct statfs system;
    if (fstatfs(fd, &system) != 0) return false;
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if ((guint32)system.f_type == kinds[i]) return true;
    return false;
}

bool dir_stamp(Store *store, const char *folder, StoreStamp *stamp) {
    const DirStore *dir = (const DirStore *)store;
    struct stat status;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (!dir->local || fstatat(dir->root_fd, folder, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode)) return false;
    *stamp = (StoreStamp){status.st_dev, status.st_ino, dir_time_ns(status.st_ctim)};
    return is_settled(&status, dir_time_ns(now));
}
