/* The list: walks the directories in the order of whole keys, goes only into those that can hold a key asked for, and looks
 * only at the files that it returns. A directory sorts as its name with the '/' that every key in it has there:
 * "a-b" < "a/b" < "a0". */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/limits.h"
#include "store/dir_internal.h"

typedef struct {
    DirStore *dir;
    const char *prefix, *start_after;
    guint wanted;       /* one more than asked for, to know whether more follow */
    GPtrArray *entries;
} Listing;

static bool list_directory(Listing *listing, int fd, const char *directory, GError **error);

/* Whether a key that begins with `directory` ("" or "…/") can sort after start_after. */
static bool reaches_past(const Listing *listing, const char *directory) {
    return strcmp(directory, listing->start_after) > 0 || g_str_has_prefix(listing->start_after, directory);
}

static bool list_subdirectory(Listing *listing, int fd, const char *name, const char *directory, GError **error) {
    if (!reaches_past(listing, directory)) return true;
    g_autofree char *plain = g_strndup(name, strlen(name) - 1);
    g_auto(Fd) below = dir_step_into(fd, plain, false);
    if (below >= 0) return list_directory(listing, below, directory, error);
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return true; /* removed or replaced meanwhile */
    return dir_fail(listing->dir, errno, "list", directory, error);
}

static void list_file(Listing *listing, int fd, const char *name, const char *key) {
    struct stat status;
    if (strcmp(key, listing->start_after) <= 0 || !dir_stat_object(fd, name, &status)) return;
    StoreEntry *entry = g_new0(StoreEntry, 1);
    *entry = (StoreEntry){.key = g_strdup(key),
                          .size = (guint64)status.st_size,
                          .etag = dir_etag(&status),
                          .modified_ms = dir_time_ns(status.st_mtim) / 1000000};
    g_ptr_array_add(listing->entries, entry);
}

/* One name of a window. A file that someone put there under a name that is no key (or is the store's own) is no object. */
static bool list_name(Listing *listing, int fd, const char *directory, const char *name, GError **error) {
    g_autofree char *key = g_strconcat(directory, name, NULL);
    g_autofree char *plain = g_str_has_suffix(key, "/") ? g_strndup(key, strlen(key) - 1) : NULL;
    if (!store_key_check(plain ? plain : key, NULL)) return true;
    if (plain) return list_subdirectory(listing, fd, name, key, error);
    list_file(listing, fd, name, key);
    return true;
}

/* The first name in `directory` that can matter: the one that start_after stands at or in, or the prefix's. */
static char *first_name(const Listing *listing, const char *directory, const char *rest) {
    if (!g_str_has_prefix(listing->start_after, directory)) return g_strdup(rest);
    const char *inside = listing->start_after + strlen(directory);
    const char *slash = strchr(inside, '/');
    g_autofree char *name = slash ? g_strndup(inside, (gsize)(slash - inside) + 1) : g_strdup(inside);
    return strcmp(name, rest) < 0 ? g_strdup(rest) : g_steal_pointer(&name);
}

static bool list_directory(Listing *listing, int fd, const char *directory, GError **error) {
    gsize length = strlen(directory);
    const char *rest = strlen(listing->prefix) > length ? listing->prefix + length : "";
    g_autofree char *from = first_name(listing, directory, rest);
    for (;;) {
        g_autoptr(DirWindow) window = dir_window_read(listing->dir, fd, from, error);
        if (!window) return false;
        for (guint i = 0; i < window->names->len; i++) {
            const char *name = g_ptr_array_index(window->names, i);
            if (strcmp(name, from) < 0) continue;
            if (!g_str_has_prefix(name, rest)) return true; /* behind all that begin with it */
            if (!list_name(listing, fd, directory, name, error)) return false;
            if (listing->entries->len == listing->wanted) return true;
        }
        if (window->complete) return true;
        const char *last = g_ptr_array_index(window->names, window->names->len - 1);
        g_free(from);
        from = g_strconcat(last, "\x01", NULL); /* the next name: those of keys have no smaller character */
    }
}

bool dir_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
              GError **error) {
    DirStore *dir = (DirStore *)store;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)store_entry_free);
    Listing listing = {.dir = dir, .prefix = prefix, .start_after = start_after, .wanted = limit + 1, .entries = found};
    const char *rest;
    g_auto(Fd) fd = dir_open_parent(dir, prefix, false, &rest);
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) return dir_fail(dir, errno, "list", prefix, error);
    g_autofree char *directory = g_strndup(prefix, (gsize)(rest - prefix));
    if (fd >= 0 && reaches_past(&listing, directory) && !list_directory(&listing, fd, directory, error)) return false;
    *more = found->len > limit;
    if (*more) g_ptr_array_set_size(found, (int)limit);
    *entries = g_steal_pointer(&found);
    return true;
}
