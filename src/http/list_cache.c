/* A table under a mutex; all of it stands under one mark. When it is full it begins anew. */
#include "http/list_cache.h"

#include <string.h>

#include "base/limits.h"

struct ListCache {
    GMutex mutex; /* guards the rest */
    StoreStamp stamp;
    GHashTable *lists; /* query → KeptList */
    gsize bytes;       /* of the queries and texts */
};

void kept_list_clear(KeptList *list) {
    g_clear_pointer(&list->text, g_bytes_unref);
    g_clear_pointer(&list->etag, g_free);
    g_clear_pointer(&list->reply, shared_reply_unref);
}

static void kept_free(gpointer data) {
    kept_list_clear(data);
    g_free(data);
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

bool list_cache_find(ListCache *cache, const char *query, const StoreStamp *stamp, KeptList *list) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&cache->mutex);
    const KeptList *kept = store_stamp_equal(&cache->stamp, stamp) ? g_hash_table_lookup(cache->lists, query ? query : "") : NULL;
    if (kept) *list = (KeptList){g_bytes_ref(kept->text), g_strdup(kept->etag), shared_reply_ref(kept->reply)};
    return kept != NULL;
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
    KeptList *kept = g_new(KeptList, 1);
    *kept = (KeptList){g_bytes_ref(text), g_strdup(etag), shared_reply_new()};
    g_hash_table_insert(cache->lists, g_strdup(name), kept);
    cache->stamp = *stamp;
    cache->bytes += size;
}
