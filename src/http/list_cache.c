/* A table under a mutex; all of it stands under one mark. When it is full it begins anew. */
#include "http/list_cache.h"

#include <string.h>

#include "base/limits.h"

typedef struct {
    GBytes *text;
    char *etag;
} Kept;

struct ListCache {
    GMutex mutex; /* guards the rest */
    StoreStamp stamp;
    GHashTable *lists; /* query → Kept */
    gsize bytes;       /* of the queries and texts */
};

static void kept_free(gpointer data) {
    Kept *kept = data;
    g_bytes_unref(kept->text);
    g_free(kept->etag);
    g_free(kept);
}

ListCache *list_cache_new(void) {
    ListCache *cache = g_new0(ListCache, 1);
    g_mutex_init(&cache->mutex);
    cache->lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
    return cache;
}

void list_cache_free(ListCache *cache) {
    if (!cache) return;
    g_hash_table_unref(cache->lists);
    g_mutex_clear(&cache->mutex);
    g_free(cache);
}

GBytes *list_cache_find(ListCache *cache, const char *query, const StoreStamp *stamp, char **etag) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&cache->mutex);
    const Kept *kept = store_stamp_equal(&cache->stamp, stamp) ? g_hash_table_lookup(cache->lists, query ? query : "") : NULL;
    if (!kept) return NULL;
    *etag = g_strdup(kept->etag);
    return g_bytes_ref(kept->text);
}

static void forget(ListCache *cache) {
    g_hash_table_remove_all(cache->lists);
    cache->bytes = 0;
}

void list_cache_keep(ListCache *cache, const char *query, const StoreStamp *stamp, GBytes *text, const char *etag) {
    const char *name = query ? query : "";
    gsize size = strlen(name) + g_bytes_get_size(text);
    if (strlen(name) > LIST_CACHE_QUERY_BYTES_MAX || size > LIST_CACHE_BYTES_MAX) return;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&cache->mutex);
    if (!store_stamp_equal(&cache->stamp, stamp)) forget(cache);
    if (g_hash_table_contains(cache->lists, name)) return; /* another request was as quick */
    if (g_hash_table_size(cache->lists) >= LIST_CACHE_ENTRIES_MAX || cache->bytes + size > LIST_CACHE_BYTES_MAX) forget(cache);
    Kept *kept = g_new(Kept, 1);
    *kept = (Kept){g_bytes_ref(text), g_strdup(etag)};
    g_hash_table_insert(cache->lists, g_strdup(name), kept);
    cache->stamp = *stamp;
    cache->bytes += size;
}
