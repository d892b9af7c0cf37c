/* A table under a mutex. When it is full it begins anew: what is asked for often is soon there again. */
#include "http/view_cache.h"

#include <string.h>

#include "base/limits.h"

struct ViewCache {
    GMutex mutex;      /* guards the rest */
    GHashTable *views; /* name → View */
    gsize bytes;       /* of the names and members */
};

void view_clear(View *view) {
    g_clear_pointer(&view->members, g_bytes_unref);
    g_clear_pointer(&view->recording, g_free);
    g_clear_pointer(&view->etag, g_free);
}

static void view_free(gpointer data) {
    view_clear(data);
    g_free(data);
}

static View copy_of(const View *view) { return (View){g_bytes_ref(view->members), g_strdup(view->recording), g_strdup(view->etag)}; }

ViewCache *view_cache_new(void) {
    ViewCache *cache = g_new0(ViewCache, 1);
    g_mutex_init(&cache->mutex);
    cache->views = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, view_free);
    return cache;
}

void view_cache_free(ViewCache *cache) {
    if (!cache) return;
    g_hash_table_unref(cache->views);
    g_mutex_clear(&cache->mutex);
    g_free(cache);
}

bool view_cache_find(ViewCache *cache, const char *name, View *view) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&cache->mutex);
    const View *kept = g_hash_table_lookup(cache->views, name);
    if (kept) *view = copy_of(kept);
    return kept != NULL;
}

void view_cache_keep(ViewCache *cache, const char *name, const View *view) {
    gsize size = strlen(name) + g_bytes_get_size(view->members);
    if (size > VIEW_CACHE_BYTES_MAX / 4) return;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&cache->mutex);
    if (g_hash_table_contains(cache->views, name)) return; /* another request was as quick */
    if (g_hash_table_size(cache->views) >= VIEW_CACHE_ENTRIES_MAX || cache->bytes + size > VIEW_CACHE_BYTES_MAX) {
        g_hash_table_remove_all(cache->views);
        cache->bytes = 0;
    }
    View *kept = g_new(View, 1);
    *kept = copy_of(view);
    g_hash_table_insert(cache->views, g_strdup(name), kept);
    cache->bytes += size;
}
