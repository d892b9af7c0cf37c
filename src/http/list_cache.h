/* Lists of meetings as they were last answered, so that the next one who asks the same gets the same bytes. A list is kept with the catalog's mark
 * (catalog_stamp) that was taken before it was read, and answered again only while the mark is still that one: whatever any program writes into the
 * index, the very next list shows it. At most LIST_CACHE_ENTRIES_MAX lists and LIST_CACHE_BYTES_MAX in all. May be used from any thread. */
#pragma once

#include <glib.h>

#include "http/shared_reply.h"
#include "store/store.h"

typedef struct ListCache ListCache;

ListCache *list_cache_new(void);
void list_cache_free(ListCache *cache);

typedef struct {
    GBytes *text;
    char *etag;
    SharedReply *reply;
} KeptList;
void kept_list_clear(KeptList *list);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KeptList, kept_list_clear)

/* What was kept under this mark for this query, as it stands in the URL (NULL: none). Clear it. False: nothing. */
bool list_cache_find(ListCache *cache, const char *query, const StoreStamp *stamp, KeptList *list);
/* What was kept under another mark is dropped. A query or a text that is too long is not kept. */
void list_cache_keep(ListCache *cache, const char *query, const StoreStamp *stamp, GBytes *text, const char *etag);
