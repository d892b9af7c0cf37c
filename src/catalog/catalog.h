/* The list of meetings, newest first. Derived: it can be rebuilt from the store's records at any time. */
#pragma once

#include "model/row.h"
#include "store/store.h"

typedef struct Catalog Catalog;

typedef struct {
    guint limit;            /* 1..PAGE_LIMIT_MAX */
    const char *cursor;     /* opaque, of the page before; NULL: the first */
    gint64 from_ms, to_ms;  /* timestamps in [from, to); 0: open */
    const char *tag;        /* NULL: any. A row whose tags were cut (Row.cut) is judged by those that it still shows */
} CatalogQuery;

typedef struct {
    GPtrArray *rows;    /* Row* */
    char *next_cursor;  /* NULL at the end */
} CatalogPage;

void catalog_page_clear(CatalogPage *page);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CatalogPage, catalog_page_clear)

/* Backends: "keys" (index keys in the store; the store is borrowed); "dynamodb" (dynamodb.h); "both", which writes to keys and table, and lists from the
 * table or, while that fails, from the keys. It takes the two catalogs; the clock is borrowed. Cursors of one backend are good in the others. */
bool catalog_keys_open(Store *store, Catalog **catalog, GError **error);
bool catalog_both_open(Catalog *keys, Catalog *table, Clock *clock, Catalog **catalog, GError **error);
void catalog_close(Catalog *catalog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Catalog, catalog_close)

/* Puts the meeting's row, then removes older rows of the same id and timestamp. Where a newer one (by updated_ms) stands
 * already, that one stays. Rows in state deleting are kept out of every list. Whoever changes a meeting's timestamp removes the
 * row of the old one. */
bool catalog_put(Catalog *catalog, const Row *row, GError **error);
/* CATALOG_TIME_UNKNOWN (its record is damaged): all rows are looked through. */
#define CATALOG_TIME_UNKNOWN G_MININT64
bool catalog_remove(Catalog *catalog, const char *meeting_id, gint64 timestamp_ms, GError **error);

/* One bounded store listing a page; a few more only where rows were left out (a tag, deleting, replaced, foreign keys). A page
 * can therefore be short, even empty, and still have a next_cursor; paging always gets ahead. A row that stands throughout is
 * in exactly one page, whatever is put or removed between pages. A cursor that is none of ours is ERROR_INVALID. */
bool catalog_list(Catalog *catalog, const CatalogQuery *query, CatalogPage *page, GError **error);

/* A mark that stays the same while every list stays the same (store_stamp); to be taken before the list. False: only a list can tell. */
bool catalog_stamp(Catalog *catalog, StoreStamp *stamp);

/* For who rebuilds the rows. Every row that stands, in any state, page by page; several of one meeting may come. False with `error` set stops. The
 * visit may put and remove rows. */
typedef bool (*CatalogVisit)(const Row *row, gpointer user_data, GError **error);
bool catalog_each(Catalog *catalog, CatalogVisit visit, gpointer user_data, GError **error);
/* For who compares all meetings with something of its own: the same walk over the rows that lists come from, at the least price (one LIST a
 * thousand keys, or a Query a thousand rows). What stands apart from the store and lists nothing yet fails as a list does. */
bool catalog_scan(Catalog *catalog, CatalogVisit visit, gpointer user_data, GError **error);
/* Every meeting has its row now. A catalog that stands apart from the store lists nothing (ERROR_CONFIG) before it has been told so. */
bool catalog_mark_whole(Catalog *catalog, gint64 now_ms, GError **error);
bool catalog_is_whole(Catalog *catalog, bool *whole, GError **error);

/* The rows that stand apart from the store, as a catalog of their own; NULL: there are none. Borrowed: the catalog itself, or a part of it. */
Catalog *catalog_table(Catalog *catalog);

/* How the lists are, for those who watch. Nothing of a fall-back is an error of catalog_list. */
typedef struct {
    guint64 fallbacks; /* lists since the start that came from the keys, because the table failed */
    char *problem;     /* why the last one did; NULL: the table answers, or there is none */
} CatalogHealth;
void catalog_health(Catalog *catalog, CatalogHealth *health);
void catalog_health_clear(CatalogHealth *health);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CatalogHealth, catalog_health_clear)
