/* What the files of the directory store share. dir.c tells the layout and the guarantees.
 *
 *   dir_path.c        where a key lies; locks, temporary files, making durable
 *   dir_attributes.c  what a file can't carry: content type and user metadata
 *   dir_writer.c      the streamed put
 *   dir_uploads.c     puts in parts
 *   dir_window.c      names of a directory in order, cached; the mark by which others may keep what they made of them
 *   dir_list.c        the list, over windows
 *   dir.c             opening, reading, deleting */
#pragma once

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "store/store_backend.h"

typedef struct DirWindow DirWindow;

#define DIR_WINDOWS_CACHED 8

typedef struct {
    Store base;
    char *root; /* for messages */
    bool local; /* no other machine changes the files behind the kernel's back */
    int root_fd, own_fd, temporary_fd, locks_fd, attributes_fd;
    GMutex windows_mutex;
    DirWindow *windows[DIR_WINDOWS_CACHED];
    guint64 windows_used; /* counts uses, to find the one unused for longest */
} DirStore;

/* A file descriptor that closes itself; -1 for none. */
typedef int Fd;
static inline void fd_close(int fd) {
    if (fd >= 0) (void)close(fd);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Fd, fd_close, -1)

/* A lock that releases itself; said outright, as a forked child may have the descriptor too. */
typedef int DirLock;
static inline void dir_lock_release(int fd) {
    if (fd >= 0) (void)flock(fd, LOCK_UN);
    fd_close(fd);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(DirLock, dir_lock_release, -1)

/* A step that lost a race with another process is tried again so often. */
#define DIR_ATTEMPTS_MAX 64

/* Sets `error` for a system call that failed with `saved_errno` while `doing` ("store", "read", …) `key`. */
bool dir_fail(const DirStore *dir, int saved_errno, const char *doing, const char *key, GError **error);
#ifdef __clang_analyzer__ /* as fail() */
#define dir_fail(...) (dir_fail(__VA_ARGS__), false)
#endif

/* fsync; a variable so that a test can count the calls and make them fail. Set only while no other thread uses a store. */
extern int (*dir_fsync)(int fd);

/* Opens the directory under `at`, never through a symbolic link, and makes it durably where it is missing and `create`.
 * -1 with errno. */
int dir_step_into(int at, const char *name, bool create);

/* Opens the directory that holds `key`, component by component; `*leaf` is the name in it, inside `key`. -1 with errno: ENOENT
 * where it is missing, ENOTDIR or ELOOP where a component is no directory. */
int dir_open_parent(const DirStore *dir, const char *key, bool create, const char **leaf);

/* Whether `leaf` is a regular file (nothing else is an object). */
bool dir_stat_object(int parent, const char *leaf, struct stat *status);

/* Removes the directories above `key` that are empty, as far as that goes. */
void dir_remove_empty_parents(const DirStore *dir, const char *key);

/* The key's lock, across threads and processes. Other keys may share it: hold one at a time. -1 with errno. */
DirLock dir_lock(const DirStore *dir, const char *key);

/* The latest time of a version removed under the lock (0: none), so that no later version gets the ETag of one. */
gint64 dir_lock_removed_ns(DirLock lock);
bool dir_lock_note_removed(DirLock lock, gint64 removed_ns);

/* A new temporary file, locked so that no sweep takes it; `*name` is the caller's to free. -1 with errno. */
int dir_temporary_create(const DirStore *dir, char **name);

/* Removes the temporary files whose writer is gone. */
bool dir_temporary_sweep(const DirStore *dir, GError **error);

/* Writes all of it. False with errno. */
bool dir_write_all(int fd, const void *data, gsize size);

/* Nanoseconds since 1970 of a file time. */
gint64 dir_time_ns(struct timespec time);

/* Sets the modification time. False with errno. */
bool dir_set_time(int fd, gint64 time_ns);
/* Makes the modification time later than `floor_ns`, durably where it had to be changed; `status` becomes the file's. */
bool dir_set_time_after(const DirStore *dir, int fd, const char *key, gint64 floor_ns, struct stat *status, GError **error);

/* The ETag is made of what a file always carries, so that a copy that keeps times (cp -a, rsync -a) keeps ETags. */
char *dir_etag(const struct stat *status);

/* Writes and makes durable what the version of `key` with this status can't carry itself; nothing where there is no such. */
bool dir_attributes_write(const DirStore *dir, const char *key, const struct stat *status, const char *content_type,
                          GHashTable *metadata, GError **error);
/* Fills all of `info`; `*stored` tells whether the version has attributes of its own or `info` holds the defaults. */
bool dir_attributes_read(const DirStore *dir, const char *key, const struct stat *status, StoreInfo *info, bool *stored,
                         GError **error);
/* The JSON of attributes, and back: both are the caller's to free, and NULL where there are none. False where it is not as written. */
json_t *dir_attributes_to_json(const char *content_type, GHashTable *metadata);
bool dir_attributes_from_json(const json_t *root, char **content_type, GHashTable **metadata);
void dir_attributes_remove(const DirStore *dir, const char *key, const struct stat *status);

bool dir_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error);
/* Adds `size` bytes of the file `from`, from where it stands. */
bool dir_writer_append(StoreWriter *writer, int from, guint64 size, GError **error);

extern const StoreUploadsBackend dir_uploads_backend;

/* Names in a directory, those of directories with a closing '/', in the order of their bytes. */
struct DirWindow {
    dev_t device;
    ino_t inode;
    gint64 changed_ns;
    char *from;       /* no name before this is in `names` */
    GPtrArray *names;
    bool complete;    /* no name follows the last */
    guint64 used;
};

/* The window that holds the first names from `from` on; it may begin before. Unref it. NULL with `error`. */
DirWindow *dir_window_read(DirStore *dir, int fd, const char *from, GError **error);
void dir_window_unref(DirWindow *window);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirWindow, dir_window_unref)

bool dir_stamp(Store *store, const char *folder, StoreStamp *stamp);
bool dir_is_local(int fd);

bool dir_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
              GError **error);
