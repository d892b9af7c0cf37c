/* The catalog as index keys in the store (see model/row.h): a list is a store listing, and no object is ever read.
 *
 *  1. The rows of one meeting and time are neighbours in the order of keys. A put leaves the newest standing, whoever else puts
 *     at the same time: each writer adds its own key first and then removes all but the newest that it sees, and "newest" is a
 *     total order.
 *  2. A reader takes the newest of neighbours with one id, across the edges of listings too.
 *  3. A cursor is the last key that the page has dealt with (or another backend's position, which sorts before the keys of the meeting that it
 *     names). The next page passes over keys of that meeting, so a row that is replaced between two pages does not come twice.
 *  4. Keys in the folder that are no rows are passed over, and never removed. */
#include <string.h>

#include "base/limits.h"
#include "catalog/catalog_backend.h"
#include "catalog/cursor_internal.h"
#include "model/keys.h"

/* Store listings for one page. Beyond it the page stays short and its cursor leads on. */
#define LISTINGS_MAX 4

typedef struct {
    Catalog base;
    Store *store;
} KeysCatalog;

/* -- rows of one meeting ------------------------------------------------------------------------------------------------- */

static bool same_meeting(const Row *one, const Row *other) {
    return one->timestamp_ms == other->timestamp_ms && strcmp(one->meeting_id, other->meeting_id) == 0;
}

/* A row of which nothing is known but whose it is. */
static Row *row_named(const char *meeting_id, gint64 timestamp_ms) {
    Row *row = row_new();
    row->meeting_id = g_strdup(meeting_id);
    row->timestamp_ms = timestamp_ms;
    row->filename = g_strdup("");
    row->title = g_strdup("");
    return row;
}

/* A total order over the rows of a meeting. Where the times of two changes are equal, deleting comes last, then the greater
 * key. */
static bool is_newer(const Row *row, const char *key, const Row *than, const char *than_key) {
    if (row->updated_ms != than->updated_ms) return row->updated_ms > than->updated_ms;
    if (row->state != than->state) return row->state == MEETING_DELETING;
    return strcmp(key, than_key) > 0;
}

/* "hansard/index/{inverted-time}_{meeting-id}_": what the keys of a meeting share. It is taken from a key, so that only
 * model/row.c knows how an id is written; where an id holds a '_' of its own the prefix is shorter, and the rows' ids decide. */
static char *prefix_of_key(const char *key) {
    const char *id = strchr(key, '_');
    const char *end = id ? strchr(id + 1, '_') : NULL;
    return end ? g_strndup(key, (gsize)(end + 1 - key)) : g_strdup(key);
}

/* Removes the rows of `row`'s meeting, whose key is or would be `own_key`; with `keep_newest` all but the newest of these. */
static bool remove_rows(KeysCatalog *catalog, const Row *row, const char *own_key, bool keep_newest, GError **error) {
    g_autofree char *prefix = prefix_of_key(own_key);
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    if (!store_list(catalog->store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, error)) return false;

    g_autoptr(GPtrArray) keys = g_ptr_array_new(); /* borrowed from entries */
    g_autoptr(Row) newest = row_from_key(own_key);
    const char *newest_key = own_key;
    for (guint i = 0; i < entries->len; i++) {
        const StoreEntry *entry = g_ptr_array_index(entries, i);
        g_autoptr(Row) found = row_from_key(entry->key);
        if (!found || !same_meeting(found, row)) continue;
        g_ptr_array_add(keys, entry->key);
        if (!newest || is_newer(found, entry->key, newest, newest_key)) {
            g_clear_pointer(&newest, row_free);
            newest = g_steal_pointer(&found);
            newest_key = entry->key;
        }
    }
    for (guint i = keys->len; keep_newest && i-- > 0;)
        if (strcmp(g_ptr_array_index(keys, i), newest_key) == 0) g_ptr_array_remove_index(keys, i);
    return keys->len == 0 || store_delete_many(catalog->store, (const char *const *)keys->pdata, keys->len, error);
}

static bool keys_put(Catalog *base, const Row *row, GError **error) {
    KeysCatalog *catalog = (KeysCatalog *)base;
    g_autofree char *key = row_to_key(row);
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    return store_put(catalog->store, key, nothing, NULL, NULL, error) && remove_rows(catalog, row, key, true, error);
}

typedef struct {
    Store *store;
    const char *meeting_id;
} Wanted;

static bool remove_wanted(const StoreEntry *entry, gpointer user_data, GError **error) {
    const Wanted *wanted = user_data;
    g_autoptr(Row) row = row_from_key(entry->key);
    return !row || strcmp(row->meeting_id, wanted->meeting_id) != 0 || store_delete(wanted->store, entry->key, error);
}

static bool keys_remove(Catalog *base, const char *meeting_id, gint64 timestamp_ms, GError **error) {
    if (timestamp_ms == CATALOG_TIME_UNKNOWN) {
        Wanted wanted = {((KeysCatalog *)base)->store, meeting_id};
        return store_each(wanted.store, PREFIX_INDEX, remove_wanted, &wanted, error);
    }
    g_autoptr(Row) row = row_named(meeting_id, timestamp_ms);
    g_autofree char *key = row_to_key(row);
    return remove_rows((KeysCatalog *)base, row, key, false, error);
}

/* -- lists --------------------------------------------------------------------------------------------------------------- */

/* A page in the making. */
typedef struct {
    const CatalogQuery *query;
    GPtrArray *rows;
    Row *before;       /* of the cursor that the page began with: dealt with; NULL: none */
    Row *pending;      /* the newest seen of the meeting that is being read; NULL: none */
    char *pending_key; /* of `pending` */
    char *position;    /* the last row's key that was dealt with */
    char *last_seen;   /* the last key that was listed, a row or not */
    bool at_end;       /* what follows is older than the query asks for */
} Scan;

static void scan_clear(Scan *scan) {
    g_clear_pointer(&scan->rows, g_ptr_array_unref);
    g_clear_pointer(&scan->before, row_free);
    g_clear_pointer(&scan->pending, row_free);
    g_clear_pointer(&scan->pending_key, g_free);
    g_clear_pointer(&scan->position, g_free);
    g_clear_pointer(&scan->last_seen, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scan, scan_clear)

static bool is_wanted(const Row *row, const CatalogQuery *query) {
    if (row->state != MEETING_READY) return false;
    return !query->tag || g_ptr_array_find_with_equal_func(row->tags, query->tag, g_str_equal, NULL);
}

/* The pending row's neighbours have all been seen: it is shown or left out. */
static void scan_settle(Scan *scan) {
    if (scan->pending && is_wanted(scan->pending, scan->query)) g_ptr_array_add(scan->rows, g_steal_pointer(&scan->pending));
    g_clear_pointer(&scan->pending, row_free);
    g_clear_pointer(&scan->pending_key, g_free);
}

static void replace_text(char **text, const char *by) {
    g_free(*text);
    *text = g_strdup(by);
}

/* Takes in the next key; false when the page is complete without it. */
static bool scan_key(Scan *scan, const char *key) {
    g_autoptr(Row) row = row_from_key(key);
    if (row && !(scan->before && same_meeting(row, scan->before))) {
        if (!scan->pending || !same_meeting(row, scan->pending)) {
            scan_settle(scan);
            scan->at_end = row->timestamp_ms < scan->query->from_ms;
            if (scan->at_end || scan->rows->len == scan->query->limit) return false;
        }
        if (!scan->pending || is_newer(row, key, scan->pending, scan->pending_key)) {
            g_clear_pointer(&scan->pending, row_free);
            scan->pending = g_steal_pointer(&row);
            replace_text(&scan->pending_key, key);
        }
        replace_text(&scan->position, key);
    }
    replace_text(&scan->last_seen, key);
    return true;
}

/* Lists on until the page is complete, the keys end or LISTINGS_MAX is reached; `*more`: whether there is a next page. */
static bool scan_run(Scan *scan, Store *store, const char *start_after, bool *more, GError **error) {
    /* One key above the limit shows that the last row has no newer neighbour; where rows are left out, a full listing costs the
     * same request. */
    guint listing = scan->query->tag ? LIST_LIMIT_MAX : scan->query->limit + 1;
    replace_text(&scan->last_seen, start_after);
    *more = true;
    for (int listings = 0; *more && listings < LISTINGS_MAX; listings++) {
        g_autoptr(GPtrArray) entries = NULL;
        if (!store_list(store, PREFIX_INDEX, scan->last_seen, listing, &entries, more, error)) return false;
        for (guint i = 0; i < entries->len; i++) {
            const StoreEntry *entry = g_ptr_array_index(entries, i);
            if (scan_key(scan, entry->key)) continue;
            *more = !scan->at_end;
            return true;
        }
    }
    scan_settle(scan);
    return true;
}

/* The key that the listing begins behind, and the row of the page before. */
static bool scan_begin(Scan *scan, char **start_after, GError **error) {
    const CatalogQuery *query = scan->query;
    g_autofree char *first = row_key_from_time(query->to_ms > 0 ? query->to_ms - 1 : G_GINT64_CONSTANT(9999999999999));
    if (query->cursor) {
        g_auto(Cursor) cursor = {0};
        if (!cursor_read(query->cursor, &cursor, error)) return false;
        g_autofree char *key = g_strconcat(PREFIX_INDEX, cursor.position, NULL);
        if (cursor.meeting_id) scan->before = row_named(cursor.meeting_id, cursor.timestamp_ms);
        if (strcmp(key, first) > 0) {
            g_free(first);
            first = g_steal_pointer(&key);
        }
    }
    *start_after = g_steal_pointer(&first);
    return true;
}

static bool keys_list(Catalog *base, const CatalogQuery *query, CatalogPage *page, GError **error) {
    g_auto(Scan) scan = {.query = query, .rows = g_ptr_array_new_with_free_func((GDestroyNotify)row_free)};
    g_autofree char *start_after = NULL;
    bool more;
    if (!scan_begin(&scan, &start_after, error)) return false;
    if (!scan_run(&scan, ((KeysCatalog *)base)->store, start_after, &more, error)) return false;
    page->rows = g_steal_pointer(&scan.rows);
    /* A page without a single row among its keys still leads on behind them. */
    page->next_cursor = more ? cursor_of_key(scan.position ? scan.position : scan.last_seen) : NULL;
    return true;
}

static bool keys_stamp(Catalog *base, StoreStamp *stamp) { return store_stamp(((KeysCatalog *)base)->store, PREFIX_INDEX, stamp); }

typedef struct {
    CatalogVisit visit;
    gpointer user_data;
} Each;

static bool visit_key(const StoreEntry *entry, gpointer user_data, GError **error) {
    const Each *each = user_data;
    g_autoptr(Row) row = row_from_key(entry->key);
    return !row || each->visit(row, each->user_data, error);
}

static bool keys_each(Catalog *base, CatalogVisit visit, gpointer user_data, GError **error) {
    Each each = {visit, user_data};
    return store_each(((KeysCatalog *)base)->store, PREFIX_INDEX, visit_key, &each, error);
}

static void keys_close(Catalog *catalog) { g_free(catalog); }

static const CatalogBackend keys_backend = {
    .name = "keys", .put = keys_put, .remove = keys_remove, .list = keys_list, .stamp = keys_stamp, .each = keys_each, .close = keys_close};

bool catalog_keys_open(Store *store, Catalog **catalog, GError **error) {
    KeysCatalog *keys = g_new0(KeysCatalog, 1);
    keys->base.backend = &keys_backend;
    keys->store = store;
    *catalog = &keys->base;
    return true;
}
