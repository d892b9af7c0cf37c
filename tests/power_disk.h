/* A disk that forgets. The file operations of the directory store go through here (the linker puts the __wrap_ functions in their place, see
 * CMakeLists.txt): they are done, and beside that a model is kept of what would stand after a power failure. A file's bytes stand as of its last fsync,
 * a folder's names as of the folder's; what came since may stand or not, each name by itself, and of bytes a part.
 *
 * At each sync point, just before it takes effect, `disk.failing` is called: disk_build() then makes the folder that a power failure would leave.
 * Before a sync point all states of earlier moments are possible too, as what came since may be missing.
 *
 * The model is stricter than file systems are: names of two folders never become durable together, and a file's name is not made so by its own fsync. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/dir_internal.h"

typedef struct DiskNode DiskNode;

/* A name in a folder: what it stood for at the last sync, and since; NULL: nothing. */
typedef struct {
    DiskNode *durable;
    GPtrArray *since;
    guint changed; /* the sync point before which it last did */
} DiskName;

struct DiskNode {
    bool folder;
    GTree *names;                  /* of a folder: name → DiskName */
    GByteArray *bytes, *synced;    /* of a file */
    gint64 time_ns, synced_ns;     /* −1: none was set */
    guint choice;                  /* what of it stands: see disk_items() */
    guint changed;
};

typedef enum { BYTES_SYNCED, BYTES_TORN, BYTES_ZEROED, BYTES_ALL, BYTES_CHOICES } DiskBytes;

/* What may stand or not: a name that has changed, or a file's bytes. */
typedef struct {
    DiskNode *node;
    DiskName *name; /* NULL: the node's bytes */
    guint options;  /* 0: as of the last sync … options − 1: the latest */
    guint *choice;
    guint changed;
} DiskItem;

static struct {
    DiskNode *root;
    GHashTable *nodes; /* inode → DiskNode, of what stands now */
    GPtrArray *all;    /* every node and name that ever was */
    GPtrArray *all_names;
    guint syncs;
    void (*failing)(void);
    bool off; /* what is done now is not of the disk */
} disk;

static inline DiskNode *disk_node_new(bool folder) {
    DiskNode *node = g_new0(DiskNode, 1);
    node->folder = folder;
    if (folder) node->names = g_tree_new_full((GCompareDataFunc)(void (*)(void))strcmp, NULL, g_free, NULL);
    node->bytes = g_byte_array_new();
    node->synced = g_byte_array_new();
    node->time_ns = node->synced_ns = -1;
    g_ptr_array_add(disk.all, node);
    return node;
}

static inline guint64 disk_inode(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? (guint64)status.st_ino : 0;
}

static inline DiskNode *disk_node_of(int fd) {
    guint64 inode = disk_inode(fd);
    return disk.off || !disk.nodes ? NULL : g_hash_table_lookup(disk.nodes, &inode);
}

static inline void disk_note(guint64 inode, DiskNode *node) { g_hash_table_insert(disk.nodes, g_memdup2(&inode, sizeof inode), node); }

static inline DiskName *disk_name(DiskNode *folder, const char *text) {
    DiskName *name = g_tree_lookup(folder->names, text);
    if (name) return name;
    name = g_new0(DiskName, 1);
    name->since = g_ptr_array_new();
    g_tree_insert(folder->names, g_strdup(text), name);
    g_ptr_array_add(disk.all_names, name);
    return name;
}

static inline DiskNode *disk_latest(const DiskName *name) { return name->since->len > 0 ? name->since->pdata[name->since->len - 1] : name->durable; }

static inline void disk_set(int folder_fd, const char *name, DiskNode *node) {
    DiskNode *folder = disk_node_of(folder_fd);
    if (!folder) return;
    g_ptr_array_add(disk_name(folder, name)->since, node);
    disk_name(folder, name)->changed = disk.syncs;
}

/* Begins with this folder, which stands and is empty. */
static inline void disk_begin(const char *root) {
    g_auto(Fd) fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    disk.nodes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    disk.all = g_ptr_array_new();
    disk.all_names = g_ptr_array_new();
    disk.root = disk_node_new(true);
    disk_note(disk_inode(fd), disk.root);
}

static inline void disk_end(void) {
    for (guint i = 0; i < disk.all->len; i++) {
        DiskNode *node = disk.all->pdata[i];
        g_clear_pointer(&node->names, g_tree_unref);
        g_byte_array_unref(node->bytes);
        g_byte_array_unref(node->synced);
        g_free(node);
    }
    for (guint i = 0; i < disk.all_names->len; i++) {
        DiskName *name = disk.all_names->pdata[i];
        g_ptr_array_unref(name->since);
        g_free(name);
    }
    g_ptr_array_unref(disk.all);
    g_ptr_array_unref(disk.all_names);
    g_hash_table_unref(disk.nodes);
    memset(&disk, 0, sizeof disk);
}

/* -- what stands after a failure ----------------------------------------------------------------------------------------- */

typedef struct {
    GArray *items;    /* of DiskItem */
    GHashTable *seen; /* nodes */
} DiskWalk;

static gboolean disk_walk(gpointer text, gpointer value, gpointer data);

static inline void disk_visit(DiskWalk *walk, DiskNode *node) {
    if (!node || !g_hash_table_add(walk->seen, node)) return;
    bool unsynced = !node->folder && (node->time_ns != node->synced_ns || node->bytes->len != node->synced->len ||
                                      (node->bytes->len > 0 && memcmp(node->bytes->data, node->synced->data, node->bytes->len) != 0));
    DiskItem item = {node, NULL, BYTES_CHOICES, &node->choice, node->changed};
    node->choice = unsynced ? BYTES_SYNCED : BYTES_ALL;
    if (unsynced) g_array_append_val(walk->items, item);
    if (node->folder) g_tree_foreach(node->names, disk_walk, walk);
}

/* The index into `since` and the durable one before is kept in the name's own array, as its size. */
static gboolean disk_walk(gpointer text, gpointer value, gpointer data) {
    DiskName *name = value;
    DiskWalk *walk = data;
    DiskItem item = {NULL, name, name->since->len + 1, NULL, name->changed};
    if (name->since->len > 0) g_array_append_val(walk->items, item);
    disk_visit(walk, name->durable);
    for (guint i = 0; i < name->since->len; i++) disk_visit(walk, name->since->pdata[i]);
    return FALSE;
}

/* All that may stand or not. Choices go by index: GArray of DiskItem; an array of as many guint is given to disk_build(). */
static inline GArray *disk_items(void) {
    DiskWalk walk = {g_array_new(FALSE, FALSE, sizeof(DiskItem)), g_hash_table_new(NULL, NULL)};
    disk_visit(&walk, disk.root);
    g_hash_table_unref(walk.seen);
    return walk.items;
}

typedef struct {
    GHashTable *chosen; /* DiskName → what it stands for, of those that have changed */
    const char *folder;
} DiskBuild;

static inline void disk_build_file(const DiskNode *node, const char *path) {
    const GByteArray *whole = node->choice == BYTES_SYNCED ? node->synced : node->bytes;
    gsize size = whole->len, from = node->synced->len < size ? node->synced->len : size;
    g_autofree guint8 *bytes = g_memdup2(whole->data, size);
    if (node->choice == BYTES_TORN) size = from + (size - from) / 2;
    if (node->choice == BYTES_ZEROED && size > from) memset(bytes + from, 0, size - from);
    g_auto(Fd) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(dir_write_all(fd, bytes ? bytes : (guint8 *)"", size));
    gint64 time_ns = node->choice == BYTES_SYNCED ? node->synced_ns : node->time_ns;
    if (time_ns >= 0) g_assert_true(dir_set_time(fd, time_ns));
}

static gboolean disk_build_name(gpointer text, gpointer value, gpointer data) {
    const DiskBuild *build = data;
    gpointer chosen = NULL;
    DiskNode *node = g_hash_table_lookup_extended(build->chosen, value, NULL, &chosen) ? chosen : ((DiskName *)value)->durable;
    g_autofree char *path = g_build_filename(build->folder, text, NULL);
    if (!node) return FALSE;
    if (!node->folder) {
        disk_build_file(node, path);
        return FALSE;
    }
    DiskBuild below = {build->chosen, path};
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    g_tree_foreach(node->names, disk_build_name, &below);
    return FALSE;
}

/* Makes what stands, with these choices, in an empty folder. */
static inline void disk_build(const GArray *items, const guint *choices, const char *folder) {
    DiskBuild build = {g_hash_table_new(NULL, NULL), folder};
    for (guint i = 0; i < items->len; i++) {
        const DiskItem *item = &g_array_index(items, DiskItem, i);
        if (!item->name) *item->choice = choices[i];
        else g_hash_table_insert(build.chosen, item->name, choices[i] == 0 ? item->name->durable : item->name->since->pdata[choices[i] - 1]);
    }
    g_tree_foreach(disk.root->names, disk_build_name, &build);
    g_hash_table_unref(build.chosen);
}

/* -- in the place of the system's ---------------------------------------------------------------------------------------- */

int __real_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, mode_t mode);
int __wrap_openat(int at, const char *name, int flags, mode_t mode) {
    DiskNode *folder = disk_node_of(at);
    bool stood = !folder || faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    int fd = __real_openat(at, name, flags, mode);
    if (fd >= 0 && !stood) {
        DiskNode *node = disk_node_new(false);
        disk_note(disk_inode(fd), node);
        disk_set(at, name, node);
    }
    DiskNode *node = fd >= 0 && (flags & O_TRUNC) ? disk_node_of(fd) : NULL;
    if (node) g_byte_array_set_size(node->bytes, 0);
    return fd;
}

int __real_mkdirat(int at, const char *name, mode_t mode);
int __wrap_mkdirat(int at, const char *name, mode_t mode);
int __wrap_mkdirat(int at, const char *name, mode_t mode) {
    int result = __real_mkdirat(at, name, mode);
    if (result != 0 || !disk_node_of(at)) return result;
    g_auto(Fd) fd = __real_openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DiskNode *node = disk_node_new(true);
    disk_note(disk_inode(fd), node);
    disk_set(at, name, node);
    return 0;
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size) {
    ssize_t written = __real_write(fd, data, size);
    DiskNode *node = written > 0 ? disk_node_of(fd) : NULL;
    if (!node) return written;
    g_byte_array_append(node->bytes, data, (guint)written);
    node->changed = disk.syncs;
    return written;
}

ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset) {
    ssize_t written = __real_pwrite(fd, data, size, offset);
    DiskNode *node = written > 0 ? disk_node_of(fd) : NULL;
    if (!node) return written;
    guint end = (guint)offset + (guint)written;
    if (node->bytes->len < end) g_byte_array_set_size(node->bytes, end);
    memcpy(node->bytes->data + offset, data, (gsize)written);
    node->changed = disk.syncs;
    return written;
}

/* The store falls back to reading and writing. */
ssize_t __wrap_copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags);
ssize_t __wrap_copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags) {
    errno = ENOSYS;
    return -1;
}

int __real_futimens(int fd, const struct timespec times[2]);
int __wrap_futimens(int fd, const struct timespec times[2]);
int __wrap_futimens(int fd, const struct timespec times[2]) {
    DiskNode *node = disk_node_of(fd);
    if (node) node->time_ns = dir_time_ns(times[1]);
    if (node) node->changed = disk.syncs;
    return __real_futimens(fd, times);
}

int __real_renameat(int from_at, const char *from, int to_at, const char *to);
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to);
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to) {
    DiskNode *folder = disk_node_of(from_at);
    DiskNode *node = folder ? disk_latest(disk_name(folder, from)) : NULL;
    int result = __real_renameat(from_at, from, to_at, to);
    if (result != 0 || !node) return result;
    disk_set(to_at, to, node);
    disk_set(from_at, from, NULL);
    return 0;
}

int __real_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags) {
    int result = __real_unlinkat(at, name, flags);
    if (result == 0) disk_set(at, name, NULL);
    return result;
}

static gboolean disk_sync_name(gpointer text, gpointer value, gpointer data) {
    DiskName *name = value;
    name->durable = disk_latest(name);
    g_ptr_array_set_size(name->since, 0);
    return FALSE;
}

/* In the place of dir_fsync. */
static int disk_fsync(int fd) {
    DiskNode *node = disk_node_of(fd);
    if (!node) return 0;
    disk.syncs++;
    if (disk.failing) disk.failing();
    if (node->folder) {
        g_tree_foreach(node->names, disk_sync_name, NULL);
        return 0;
    }
    g_byte_array_set_size(node->synced, 0);
    g_byte_array_append(node->synced, node->bytes->data, node->bytes->len);
    node->synced_ns = node->time_ns;
    return 0;
}
