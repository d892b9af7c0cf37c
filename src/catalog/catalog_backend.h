/* For those who implement a catalog. Arguments are checked before a backend sees them (catalog.c), but for the cursor, which
 * only the backend understands. A backend does not retry and does not log. */
#pragma once

#include "catalog/catalog.h"

typedef struct {
    const char *name;
    bool (*put)(Catalog *catalog, const Row *row, GError **error);
    bool (*remove)(Catalog *catalog, const char *meeting_id, gint64 timestamp_ms, GError **error);
    bool (*list)(Catalog *catalog, const CatalogQuery *query, CatalogPage *page, GError **error);
    bool (*stamp)(Catalog *catalog, StoreStamp *stamp); /* NULL: only a list can tell */
    bool (*each)(Catalog *catalog, CatalogVisit visit, gpointer user_data, GError **error);
    bool (*scan)(Catalog *catalog, CatalogVisit visit, gpointer user_data, GError **error); /* NULL: as `each` */
    bool (*mark_whole)(Catalog *catalog, gint64 now_ms, GError **error); /* these two: NULL where the rows are always trusted to be whole */
    bool (*is_whole)(Catalog *catalog, bool *whole, GError **error);
    void (*health)(Catalog *catalog, CatalogHealth *health); /* NULL: nothing to tell. `health` is empty */
    Catalog *(*table)(Catalog *catalog); /* NULL: its rows stand in the store */
    void (*close)(Catalog *catalog);
} CatalogBackend;

struct Catalog {
    const CatalogBackend *backend;
};
