/* Keys and table together: what is written stands in both before it counts as written, and a list that the table can't give comes from the keys.
 *
 *  1. A put or remove that fails in either is an error; its caller tries again until it stands, and doing it again changes nothing.
 *  2. A cursor of the one is good in the other (cursor_internal.h), so that a list may change over between any two pages.
 *  3. After a failure the table rests for TABLE_REST_MS: whoever lists meanwhile does not wait for it. Each list from the keys is counted and the reason
 *     kept, for those who watch (catalog_health). */
#include "base/limits.h"
#include "catalog/catalog_backend.h"

typedef struct {
    Catalog base;
    Catalog *keys, *table;
    Clock *clock;
    GMutex lock; /* guards what follows */
    gint64 rests_until_ms;
    guint64 fallbacks;
    char *problem;
} BothCatalog;

/* The keys first: they are what is left when the table fails. */
static bool both_put(Catalog *base, const Row *row, GError **error) {
    BothCatalog *both = (BothCatalog *)base;
    return catalog_put(both->keys, row, error) && catalog_put(both->table, row, error);
}

static bool both_remove(Catalog *base, const char *meeting_id, gint64 timestamp_ms, GError **error) {
    BothCatalog *both = (BothCatalog *)base;
    return catalog_remove(both->keys, meeting_id, timestamp_ms, error) && catalog_remove(both->table, meeting_id, timestamp_ms, error);
}

static bool table_rests(BothCatalog *both) {
    gint64 now_ms = clock_now_ms(both->clock);
    g_mutex_lock(&both->lock);
    /* A clock that was set back ends the rest, rather than making it longer. */
    bool rests = now_ms < both->rests_until_ms && now_ms >= both->rests_until_ms - TABLE_REST_MS;
    g_mutex_unlock(&both->lock);
    return rests;
}

/* `problem` NULL: the table has answered. */
static void note_table(BothCatalog *both, const GError *problem) {
    g_mutex_lock(&both->lock);
    g_free(both->problem);
    both->problem = problem ? g_strdup(problem->message) : NULL;
    both->rests_until_ms = problem ? clock_now_ms(both->clock) + TABLE_REST_MS : 0;
    g_mutex_unlock(&both->lock);
}

static bool list_keys(BothCatalog *both, const CatalogQuery *query, CatalogPage *page, GError **error) {
    g_mutex_lock(&both->lock);
    both->fallbacks++;
    g_mutex_unlock(&both->lock);
    return catalog_list(both->keys, query, page, error);
}

static bool both_list(Catalog *base, const CatalogQuery *query, CatalogPage *page, GError **error) {
    BothCatalog *both = (BothCatalog *)base;
    g_autoptr(GError) problem = NULL;
    if (table_rests(both)) return list_keys(both, query, page, error);
    bool listed = catalog_list(both->table, query, page, &problem);
    /* The caller's own fault, or wish: the table has not failed. */
    if (error_is(problem, ERROR_INVALID) || error_is(problem, ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    note_table(both, problem);
    return listed || list_keys(both, query, page, error);
}

static bool both_each(Catalog *base, CatalogVisit visit, gpointer user_data, GError **error) {
    BothCatalog *both = (BothCatalog *)base;
    return catalog_each(both->keys, visit, user_data, error) && catalog_each(both->table, visit, user_data, error);
}

/* The keys have every row, too, and a LIST costs less than the table's rows. */
static bool both_scan(Catalog *base, CatalogVisit visit, gpointer user_data, GError **error) {
    return catalog_scan(((BothCatalog *)base)->keys, visit, user_data, error);
}

static bool both_mark_whole(Catalog *base, gint64 now_ms, GError **error) {
    BothCatalog *both = (BothCatalog *)base;
    if (!catalog_mark_whole(both->keys, now_ms, error) || !catalog_mark_whole(both->table, now_ms, error)) return false;
    note_table(both, NULL); /* its lists are asked for at once */
    return true;
}

static bool both_is_whole(Catalog *base, bool *whole, GError **error) { return catalog_is_whole(((BothCatalog *)base)->table, whole, error); }

static void both_health(Catalog *base, CatalogHealth *health) {
    BothCatalog *both = (BothCatalog *)base;
    g_mutex_lock(&both->lock);
    health->fallbacks = both->fallbacks;
    health->problem = g_strdup(both->problem);
    g_mutex_unlock(&both->lock);
}

static Catalog *both_table(Catalog *base) { return catalog_table(((BothCatalog *)base)->table); }

static void both_close(Catalog *base) {
    BothCatalog *both = (BothCatalog *)base;
    catalog_close(both->keys);
    catalog_close(both->table);
    g_mutex_clear(&both->lock);
    g_free(both->problem);
    g_free(both);
}

bool catalog_both_open(Catalog *keys, Catalog *table, Clock *clock, Catalog **catalog, GError **error) {
    static const CatalogBackend backend = {.name = "both",
                                           .put = both_put,
                                           .remove = both_remove,
                                           .list = both_list,
                                           .each = both_each,
                                           .scan = both_scan,
                                           .mark_whole = both_mark_whole,
                                           .is_whole = both_is_whole,
                                           .health = both_health,
                                           .table = both_table,
                                           .close = both_close};
    BothCatalog *both = g_new0(BothCatalog, 1);
    both->base.backend = &backend;
    both->keys = keys;
    both->table = table;
    both->clock = clock;
    g_mutex_init(&both->lock);
    *catalog = &both->base;
    return true;
}
