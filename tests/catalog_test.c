/* The contract of a catalog, run on every backend; and what the "keys" backend promises beyond it: one listing a page, no
 * object read, foreign keys in its folder passed over. */
#include "catalog/catalog.h"

#include <string.h>

#include "base/limits.h"
#include "model/keys.h"
#include "store/memory.h"
#include "store/store_backend.h"

#define BASE_MS 1700000000000LL

/* -- a store that counts ------------------------------------------------------------------------------------------------- */

typedef struct {
    Store base;
    Store *inner;
    gint lists, reads;
    gint fail_lists; /* so many listings fail from now on */
} CountingStore;

static bool counting_head(Store *store, const char *key, StoreInfo *info, GError **error) {
    g_atomic_int_inc(&((CountingStore *)store)->reads);
    return store_head(((CountingStore *)store)->inner, key, info, error);
}

static bool counting_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    g_atomic_int_inc(&((CountingStore *)store)->reads);
    return store_open(((CountingStore *)store)->inner, key, reader, info, error);
}

static bool counting_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    return store_put_open(((CountingStore *)store)->inner, key, put, writer, error);
}

static bool counting_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                          GError **error) {
    CountingStore *counting = (CountingStore *)store;
    g_atomic_int_inc(&counting->lists);
    if (counting->fail_lists > 0 && counting->fail_lists--) return fail(error, ERROR_IO, "the listing broke off");
    return store_list(counting->inner, prefix, start_after, limit, entries, more, error);
}

static bool counting_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error) {
    return store_delete_many(((CountingStore *)store)->inner, keys, key_count, error);
}

static bool counting_sign_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error) {
    return fail(error, ERROR_INTERNAL, "a catalog signs no URL");
}

static void counting_close(Store *store) {
    store_close(((CountingStore *)store)->inner);
    g_free(store);
}

static const StoreBackend counting_backend = {.name = "counting",
                                              .head = counting_head,
                                              .open = counting_open,
                                              .put_open = counting_put_open,
                                              .list = counting_list,
                                              .delete_many = counting_delete_many,
                                              .sign_url = counting_sign_url,
                                              .close = counting_close};

static CountingStore *counting_store_new(void) {
    CountingStore *store = g_new0(CountingStore, 1);
    store->inner = store_memory_new(clock_system());
    store->base = (Store){&counting_backend, clock_system()};
    return store;
}

/* -- fixture: a catalog of any backend ----------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    Catalog *(*open)(CountingStore *store);
} Factory;

static Catalog *open_keys(CountingStore *store) {
    Catalog *catalog = NULL;
    g_autoptr(GError) error = NULL;
    catalog_keys_open(&store->base, &catalog, &error);
    g_assert_no_error(error);
    return catalog;
}

static const Factory factories[] = {{"keys", open_keys}};

typedef struct {
    CountingStore *store;
    Catalog *catalog;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer factory) {
    fixture->store = counting_store_new();
    fixture->catalog = ((const Factory *)factory)->open(fixture->store);
}

static void tear_down(Fixture *fixture, gconstpointer factory) {
    catalog_close(fixture->catalog);
    store_close(&fixture->store->base);
}

static Row *new_row(const char *meeting_id, gint64 timestamp_ms, gint64 updated_ms, const char *title) {
    Row *row = row_new();
    row->meeting_id = g_strdup(meeting_id);
    row->timestamp_ms = timestamp_ms;
    row->updated_ms = updated_ms;
    row->filename = g_strdup("standup.mp3");
    row->title = g_strdup(title);
    return row;
}

static void put(Fixture *fixture, const Row *row) {
    g_autoptr(GError) error = NULL;
    catalog_put(fixture->catalog, row, &error);
    g_assert_no_error(error);
}

static void put_titled(Fixture *fixture, const char *meeting_id, gint64 timestamp_ms, gint64 updated_ms, const char *title) {
    g_autoptr(Row) row = new_row(meeting_id, timestamp_ms, updated_ms, title);
    put(fixture, row);
}

static void put_number(Fixture *fixture, guint number, gint64 timestamp_ms) {
    g_autofree char *id = g_strdup_printf("meeting-%05u", number);
    put_titled(fixture, id, timestamp_ms, timestamp_ms, id);
}

static void list(Fixture *fixture, const CatalogQuery *query, CatalogPage *page) {
    g_autoptr(GError) error = NULL;
    catalog_list(fixture->catalog, query, page, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(page->rows->len, <=, query->limit);
}

/* Called between pages; may change the catalog. */
typedef void (*BetweenPages)(Fixture *fixture, guint page_number);

/* All pages' rows, in order; every row once. */
static GPtrArray *list_all(Fixture *fixture, CatalogQuery query, BetweenPages between) {
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)row_free);
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *cursor = NULL;
    for (guint pages = 1; pages == 1 || cursor; pages++) {
        g_assert_cmpuint(pages, <, 5000);
        g_auto(CatalogPage) page = {0};
        query.cursor = cursor;
        list(fixture, &query, &page);
        while (page.rows->len > 0) {
            Row *row = g_ptr_array_steal_index(page.rows, 0);
            g_assert_true(g_hash_table_add(ids, row->meeting_id));
            const Row *before = rows->len > 0 ? g_ptr_array_index(rows, rows->len - 1) : row;
            g_assert_cmpint(row->timestamp_ms, <=, before->timestamp_ms);
            g_ptr_array_add(rows, row);
        }
        g_free(cursor);
        cursor = g_steal_pointer(&page.next_cursor);
        if (between) between(fixture, pages);
    }
    return rows;
}

static const Row *row_at(const GPtrArray *rows, guint index) {
    g_assert_cmpuint(index, <, rows->len);
    return g_ptr_array_index(rows, index);
}

/* -- the contract -------------------------------------------------------------------------------------------------------- */

static void test_empty(Fixture *fixture, gconstpointer factory) {
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 50}, NULL);
    g_assert_cmpuint(rows->len, ==, 0);
}

static void test_row_comes_back(Fixture *fixture, gconstpointer factory) {
    g_autoptr(Row) row = new_row("meeting-a.b-c", BASE_MS + 7, BASE_MS + 9, "Größe_und/Form?");
    row->duration_ms = 61000;
    row->actions = 1, row->decisions = 2, row->questions = 3, row->requirements = 4;
    g_ptr_array_add(row->tags, g_strdup("team x"));
    put(fixture, row);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 1}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    const Row *found = row_at(rows, 0);
    g_assert_cmpstr(found->meeting_id, ==, "meeting-a.b-c");
    g_assert_cmpint(found->timestamp_ms, ==, BASE_MS + 7);
    g_assert_cmpint(found->updated_ms, ==, BASE_MS + 9);
    g_assert_cmpstr(found->title, ==, "Größe_und/Form?");
    g_assert_cmpint(found->duration_ms, ==, 61000);
    g_assert_cmpuint(found->requirements, ==, 4);
    g_assert_cmpstr(g_ptr_array_index(found->tags, 0), ==, "team x");
}

static void test_newest_first(Fixture *fixture, gconstpointer factory) {
    put_number(fixture, 1, BASE_MS);
    put_number(fixture, 2, BASE_MS + 1);
    put_number(fixture, 3, 1);
    put_number(fixture, 4, 9999999999999LL);
    put_number(fixture, 5, 0);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 2}, NULL);
    const char *expected[] = {"meeting-00004", "meeting-00002", "meeting-00001", "meeting-00003", "meeting-00005"};
    g_assert_cmpuint(rows->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < rows->len; i++) g_assert_cmpstr(row_at(rows, i)->meeting_id, ==, expected[i]);
}

static void test_paging(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 1234; i++) put_number(fixture, i, BASE_MS + (i / 3) * 1000); /* three meetings share each time */
    const guint limits[] = {1, 7, 50, 123, PAGE_LIMIT_MAX};
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limits[i]}, NULL);
        g_assert_cmpuint(rows->len, ==, 1234);
    }
}

static void test_last_page_has_no_cursor(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 4; i++) put_number(fixture, i, BASE_MS + i);
    g_auto(CatalogPage) exact = {0}, three = {0};
    list(fixture, &(CatalogQuery){.limit = 4}, &exact);
    g_assert_cmpuint(exact.rows->len, ==, 4);
    g_assert_null(exact.next_cursor);
    list(fixture, &(CatalogQuery){.limit = 3}, &three);
    g_assert_cmpuint(three.rows->len, ==, 3);
    g_assert_nonnull(three.next_cursor);
}

/* New meetings, edits of rows on both sides of the cursor, and removals. */
static void change_between_pages(Fixture *fixture, guint page_number) {
    put_number(fixture, 50000 + page_number, BASE_MS + 9000000 + page_number);
    for (guint i = 0; i < 100; i++) {
        g_autofree char *id = g_strdup_printf("meeting-%05u", i);
        put_titled(fixture, id, BASE_MS + i * 1000, BASE_MS + 10000000 + page_number, "edited");
    }
}

static void test_changes_between_pages(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 100; i++) put_number(fixture, i, BASE_MS + i * 1000);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 9}, change_between_pages);
    g_assert_cmpuint(rows->len, ==, 100);
    for (guint i = 9; i < 100; i++) g_assert_cmpstr(row_at(rows, i)->title, ==, "edited");
}

static void assert_range(Fixture *fixture, gint64 from_ms, gint64 to_ms, const char *expected) {
    for (guint limit = 1; limit <= 4; limit++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limit, .from_ms = from_ms, .to_ms = to_ms}, NULL);
        g_autoptr(GString) found = g_string_new("");
        for (guint i = 0; i < rows->len; i++) g_string_append(found, row_at(rows, i)->title);
        g_assert_cmpstr(found->str, ==, expected);
    }
}

static void test_from_to(Fixture *fixture, gconstpointer factory) {
    put_titled(fixture, "a", BASE_MS, BASE_MS, "a");
    put_titled(fixture, "b", BASE_MS + 1, BASE_MS, "b");
    put_titled(fixture, "c", BASE_MS + 2, BASE_MS, "c");
    put_titled(fixture, "d", 0, BASE_MS, "d");
    assert_range(fixture, 0, 0, "cbad");
    assert_range(fixture, BASE_MS + 1, 0, "cb");
    assert_range(fixture, BASE_MS + 1, BASE_MS + 2, "b");
    assert_range(fixture, 0, BASE_MS, "d");
    assert_range(fixture, 0, BASE_MS + 1, "ad");
    assert_range(fixture, 0, 1, "d");
    assert_range(fixture, BASE_MS + 3, 0, "");
    assert_range(fixture, BASE_MS + 1, BASE_MS + 1, "");
    assert_range(fixture, BASE_MS + 2, BASE_MS, "");
}

static void test_range_ends_without_cursor(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 20; i++) put_number(fixture, i, BASE_MS + i);
    g_auto(CatalogPage) page = {0};
    list(fixture, &(CatalogQuery){.limit = 5, .from_ms = BASE_MS + 15}, &page);
    g_assert_cmpuint(page.rows->len, ==, 5);
    g_assert_null(page.next_cursor);
}

static void test_cursor_respects_range(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 20; i++) put_number(fixture, i, BASE_MS + i);
    g_auto(CatalogPage) first = {0}, second = {0};
    list(fixture, &(CatalogQuery){.limit = 5}, &first);
    list(fixture, &(CatalogQuery){.limit = 5, .to_ms = BASE_MS + 3, .cursor = first.next_cursor}, &second);
    g_assert_cmpuint(second.rows->len, ==, 3);
    g_assert_cmpint(row_at(second.rows, 0)->timestamp_ms, ==, BASE_MS + 2);
}

static void test_tags(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 300; i++) {
        g_autofree char *id = g_strdup_printf("meeting-%05u", i);
        g_autoptr(Row) row = new_row(id, BASE_MS + i, BASE_MS, id);
        if (i % 10 == 0) g_ptr_array_add(row->tags, g_strdup("sales"));
        if (i % 15 == 0) g_ptr_array_add(row->tags, g_strdup("a+b_c"));
        put(fixture, row);
    }
    g_autoptr(GPtrArray) sales = list_all(fixture, (CatalogQuery){.limit = 7, .tag = "sales"}, NULL);
    g_assert_cmpuint(sales->len, ==, 30);
    g_autoptr(GPtrArray) odd = list_all(fixture, (CatalogQuery){.limit = PAGE_LIMIT_MAX, .tag = "a+b_c"}, NULL);
    g_assert_cmpuint(odd->len, ==, 20);
    g_autoptr(GPtrArray) none = list_all(fixture, (CatalogQuery){.limit = 7, .tag = "sale"}, NULL);
    g_assert_cmpuint(none->len, ==, 0);
}

static void test_replaced(Fixture *fixture, gconstpointer factory) {
    put_titled(fixture, "m", BASE_MS, BASE_MS + 1, "first");
    put_titled(fixture, "m", BASE_MS, BASE_MS + 2, "second");
    put_titled(fixture, "m", BASE_MS, BASE_MS + 1, "late and older");
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_cmpstr(row_at(rows, 0)->title, ==, "second");
}

static void test_neighbours_stay(Fixture *fixture, gconstpointer factory) {
    const char *ids[] = {"m", "m-", "m.1", "m1", "m_1", "m_1_2", "_", "M"};
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) put_titled(fixture, ids[i], BASE_MS, BASE_MS, ids[i]);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) put_titled(fixture, ids[i], BASE_MS, BASE_MS + 1, ids[i]);
    g_autoptr(GPtrArray) all = list_all(fixture, (CatalogQuery){.limit = 3}, NULL);
    g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(ids));
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        catalog_remove(fixture->catalog, ids[i], BASE_MS, &error);
        g_assert_no_error(error);
        g_autoptr(GPtrArray) left = list_all(fixture, (CatalogQuery){.limit = 3}, NULL);
        g_assert_cmpuint(left->len, ==, G_N_ELEMENTS(ids) - 1 - i);
        for (guint j = 0; j < left->len; j++) g_assert_cmpstr(row_at(left, j)->meeting_id, !=, ids[i]);
    }
}

static void test_deleting(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 30; i++) put_number(fixture, i, BASE_MS + i);
    for (guint i = 0; i < 30; i += 3) {
        g_autofree char *id = g_strdup_printf("meeting-%05u", i);
        g_autoptr(Row) row = new_row(id, BASE_MS + i, BASE_MS + i, id); /* the time of change did not move on */
        row->state = MEETING_DELETING;
        put(fixture, row);
    }
    for (guint limit = 1; limit < 12; limit++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limit}, NULL);
        g_assert_cmpuint(rows->len, ==, 20);
    }
}

static void test_remove(Fixture *fixture, gconstpointer factory) {
    g_autoptr(GError) error = NULL;
    put_titled(fixture, "m", BASE_MS, BASE_MS, "m");
    g_assert_true(catalog_remove(fixture->catalog, "m", BASE_MS + 1, &error)); /* another time: not this row */
    g_autoptr(GPtrArray) still = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(still->len, ==, 1);
    g_assert_true(catalog_remove(fixture->catalog, "m", BASE_MS, &error));
    g_assert_true(catalog_remove(fixture->catalog, "m", BASE_MS, &error)); /* again is no error */
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(rows->len, ==, 0);
}

static void assert_refused(Fixture *fixture, const CatalogQuery *query) {
    g_autoptr(GError) error = NULL;
    CatalogPage page = {0};
    g_assert_false(catalog_list(fixture->catalog, query, &page, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    g_assert_null(page.rows);
    g_assert_null(page.next_cursor);
}

static void test_bad_queries(Fixture *fixture, gconstpointer factory) {
    g_autofree char *tag = g_strnfill(TAG_BYTES_MAX + 1, 't'), *long_cursor = g_strnfill(100000, 'a');
    assert_refused(fixture, &(CatalogQuery){.limit = 0});
    assert_refused(fixture, &(CatalogQuery){.limit = PAGE_LIMIT_MAX + 1});
    assert_refused(fixture, &(CatalogQuery){.limit = 1, .from_ms = -1});
    assert_refused(fixture, &(CatalogQuery){.limit = 1, .to_ms = 10000000000000LL});
    assert_refused(fixture, &(CatalogQuery){.limit = 1, .tag = tag});
    assert_refused(fixture, &(CatalogQuery){.limit = 1, .tag = ""});
    const char *cursors[] = {"",    "a", "ab",   "abcd", "k", "aw",       "a29h!", "../../etc",
                             "%00", "=", "====", "\xff", " ", long_cursor};
    for (guint i = 0; i < G_N_ELEMENTS(cursors); i++) assert_refused(fixture, &(CatalogQuery){.limit = 1, .cursor = cursors[i]});
    g_autofree char *tag_at_limit = g_strnfill(TAG_BYTES_MAX, 't');
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = PAGE_LIMIT_MAX, .tag = tag_at_limit}, NULL);
    g_assert_cmpuint(rows->len, ==, 0);
}

static void test_altered_cursors(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 10; i++) put_number(fixture, i, BASE_MS + i);
    g_auto(CatalogPage) page = {0};
    list(fixture, &(CatalogQuery){.limit = 5}, &page);
    g_autofree char *padded = g_strconcat(page.next_cursor, "=", NULL), *spaced = g_strconcat(" ", page.next_cursor, NULL);
    assert_refused(fixture, &(CatalogQuery){.limit = 5, .cursor = padded});
    assert_refused(fixture, &(CatalogQuery){.limit = 5, .cursor = spaced});
    g_assert_cmpstr(page.next_cursor + strspn(page.next_cursor, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_"), ==, "");
    /* Any other text is refused or starts somewhere else: never a crash, never a row twice. */
    for (gsize i = 0; i < strlen(page.next_cursor); i++) {
        g_autofree char *altered = g_strdup(page.next_cursor);
        altered[i] = altered[i] == 'x' ? 'y' : 'x';
        g_auto(CatalogPage) other = {0};
        g_autoptr(GError) error = NULL;
        if (!catalog_list(fixture->catalog, &(CatalogQuery){.limit = 50, .cursor = altered}, &other, &error))
            g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
        else g_assert_cmpuint(other.rows->len, <=, 10);
    }
}

static void test_bad_rows(Fixture *fixture, gconstpointer factory) {
    const struct {
        const char *id;
        gint64 timestamp_ms;
    } bad[] = {{"", 1}, {"a/b", 1}, {"..", 1}, {"ü", 1}, {"m", -1}, {"m", 10000000000000LL}};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Row) row = new_row(bad[i].id, bad[i].timestamp_ms, 1, "t");
        g_autoptr(GError) put_error = NULL, remove_error = NULL;
        g_assert_false(catalog_put(fixture->catalog, row, &put_error));
        g_assert_error(put_error, HANSARD_ERROR, ERROR_INVALID);
        g_assert_false(catalog_remove(fixture->catalog, bad[i].id, bad[i].timestamp_ms, &remove_error));
        g_assert_error(remove_error, HANSARD_ERROR, ERROR_INVALID);
    }
}

/* -- the keys backend ---------------------------------------------------------------------------------------------------- */

static void put_key(Fixture *fixture, const char *key) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    store_put(&fixture->store->base, key, nothing, NULL, NULL, &error);
    g_assert_no_error(error);
}

/* As a writer that died between its put and its removal of the older row. */
static void put_row_key(Fixture *fixture, const char *id, gint64 timestamp_ms, gint64 updated_ms, MeetingState state) {
    g_autoptr(Row) row = new_row(id, timestamp_ms, updated_ms, id);
    row->state = state;
    g_autofree char *key = row_to_key(row);
    put_key(fixture, key);
}

static void test_one_listing(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 1234; i++) put_number(fixture, i, BASE_MS + i);
    const guint limits[] = {1, 50, PAGE_LIMIT_MAX};
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        fixture->store->lists = fixture->store->reads = 0;
        g_auto(CatalogPage) first = {0}, second = {0};
        list(fixture, &(CatalogQuery){.limit = limits[i]}, &first);
        g_assert_cmpuint(first.rows->len, ==, limits[i]);
        g_assert_cmpint(fixture->store->lists, ==, 1);
        list(fixture, &(CatalogQuery){.limit = limits[i], .cursor = first.next_cursor}, &second);
        g_assert_cmpuint(second.rows->len, ==, limits[i]);
        g_assert_cmpint(fixture->store->lists, ==, 2);
        g_assert_cmpint(fixture->store->reads, ==, 0);
    }
}

static void test_rare_tag_is_bounded(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 4500; i++) put_number(fixture, i, BASE_MS + i);
    g_autoptr(Row) oldest = new_row("oldest", 5, 5, "oldest");
    g_ptr_array_add(oldest->tags, g_strdup("rare"));
    put(fixture, oldest);
    fixture->store->lists = 0;
    g_auto(CatalogPage) page = {0};
    list(fixture, &(CatalogQuery){.limit = 5, .tag = "rare"}, &page);
    g_assert_cmpint(fixture->store->lists, ==, 4);
    g_assert_cmpuint(page.rows->len, ==, 0);
    g_assert_nonnull(page.next_cursor);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5, .tag = "rare"}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
}

static void test_leftover_rows(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 40; i++) {
        g_autofree char *id = g_strdup_printf("meeting-%05u", i);
        for (guint version = 0; version < 1 + i % 4; version++)
            put_row_key(fixture, id, BASE_MS + i / 2, 35 + version, MEETING_READY); /* from one digit of base 36 to two */
    }
    for (guint limit = 1; limit < 20; limit++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limit}, NULL);
        g_assert_cmpuint(rows->len, ==, 40);
        if (limit < 4) continue; /* neighbours over two pages: one of them is shown, not always the newest */
        for (guint i = 0; i < rows->len; i++) {
            const Row *row = row_at(rows, i);
            g_assert_cmpint(row->updated_ms, ==, 35 + g_ascii_strtoll(row->meeting_id + strlen("meeting-"), NULL, 10) % 4);
        }
    }
    put_row_key(fixture, "meeting-00000", BASE_MS, 99, MEETING_DELETING);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 10}, NULL);
    g_assert_cmpuint(rows->len, ==, 39);
}

static void test_put_clears_leftovers(Fixture *fixture, gconstpointer factory) {
    for (guint version = 0; version < 5; version++) put_row_key(fixture, "m", BASE_MS, BASE_MS + version, MEETING_READY);
    put_titled(fixture, "m", BASE_MS, BASE_MS + 9, "newest");
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    g_assert_true(store_list(&fixture->store->base, PREFIX_INDEX, NULL, 10, &entries, &more, NULL));
    g_assert_cmpuint(entries->len, ==, 1);
}

static void test_foreign_keys(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 20; i++) put_number(fixture, i, BASE_MS + i);
    const char *foreign[] = {
        "!",
        "0",
        "zzz",
        "8299999999999",
        "8299999999999_",
        "8299999999999_m",
        "8299999999999_m_1",
        "8299999999990_m_9_x_r",
        "8299999999985_../m",
        "82999_m_1_1_r_0_0_0_0_0_-_f_t_",
        "8299999999988_m_1_1_r_0_0_0_0_0_-_%zz_%_+++_more_fields",
        "8299999999988_m_1_1_q_0_0_0_0_0_-_f_t_",
        "8299999999988_m_1_1_r_-1_0_0_0_0_-_f_t_",
        "8299999999988_%2e%2e_1_1_r_0_0_0_0_0_-_f_t_",
        "829999999998x_m_1_1_r_0_0_0_0_0_-_f_t_",
    };
    for (guint i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autofree char *key = g_strconcat(PREFIX_INDEX, foreign[i], NULL);
        if (store_key_check(key, NULL)) put_key(fixture, key);
    }
    for (guint limit = 1; limit < 25; limit++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limit}, NULL);
        g_assert_cmpuint(rows->len, ==, 20);
    }
}

/* Thousands of foreign keys before the rows: pages come back empty, and yet paging gets to the rows. */
static void test_foreign_flood(Fixture *fixture, gconstpointer factory) {
    put_number(fixture, 1, BASE_MS);
    for (guint i = 0; i < 300; i++) {
        g_autofree char *key = g_strdup_printf(PREFIX_INDEX "1flood-%05u", i);
        put_key(fixture, key);
    }
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 3}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
}

/* The same with hundreds of leftovers of one meeting. */
static void test_leftover_flood(Fixture *fixture, gconstpointer factory) {
    for (guint i = 0; i < 300; i++) put_row_key(fixture, "m", BASE_MS, BASE_MS + i, MEETING_READY);
    put_number(fixture, 1, BASE_MS - 1);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 3}, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
}

static void test_store_errors(Fixture *fixture, gconstpointer factory) {
    put_number(fixture, 1, BASE_MS);
    g_autoptr(GError) list_error = NULL, put_error = NULL;
    CatalogPage page = {0};
    fixture->store->fail_lists = 1;
    g_assert_false(catalog_list(fixture->catalog, &(CatalogQuery){.limit = 1}, &page, &list_error));
    g_assert_error(list_error, HANSARD_ERROR, ERROR_IO);
    g_assert_null(page.rows);
    fixture->store->fail_lists = 1;
    g_autoptr(Row) row = new_row("m", BASE_MS, BASE_MS, "m");
    g_assert_false(catalog_put(fixture->catalog, row, &put_error));
    g_assert_error(put_error, HANSARD_ERROR, ERROR_IO);
    /* The row stands: only the clearing failed. */
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 10}, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
}

typedef struct {
    Fixture *fixture;
    guint number;
} Putter;

static gpointer put_many(gpointer data) {
    const Putter *putter = data;
    for (guint i = 0; i < 50; i++) {
        g_autofree char *title = g_strdup_printf("thread %u, %u", putter->number, i);
        put_titled(putter->fixture, "m", BASE_MS, BASE_MS + i, title);
    }
    return NULL;
}

/* Whoever wins, the meeting never falls out of the list. */
static void test_concurrent_puts(Fixture *fixture, gconstpointer factory) {
    Putter putters[4];
    GThread *threads[4];
    put_titled(fixture, "m", BASE_MS, 1, "before");
    for (guint i = 0; i < 4; i++) {
        putters[i] = (Putter){fixture, i};
        threads[i] = g_thread_new("put", put_many, &putters[i]);
    }
    for (guint i = 0; i < 100; i++) {
        g_auto(CatalogPage) page = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(Catalog) reader = ((const Factory *)factory)->open(fixture->store);
        catalog_list(reader, &(CatalogQuery){.limit = 10}, &page, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(page.rows->len, ==, 1);
    }
    for (guint i = 0; i < 4; i++) g_thread_join(threads[i]);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 10}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_cmpint(row_at(rows, 0)->updated_ms, ==, BASE_MS + 49);
}

typedef struct {
    const char *name;
    void (*run)(Fixture *fixture, gconstpointer factory);
} Case;

static const Case contract[] = {
    {"empty", test_empty},
    {"row-comes-back", test_row_comes_back},
    {"newest-first", test_newest_first},
    {"paging", test_paging},
    {"last-page-has-no-cursor", test_last_page_has_no_cursor},
    {"changes-between-pages", test_changes_between_pages},
    {"from-to", test_from_to},
    {"range-ends-without-cursor", test_range_ends_without_cursor},
    {"cursor-respects-range", test_cursor_respects_range},
    {"tags", test_tags},
    {"replaced", test_replaced},
    {"neighbours-stay", test_neighbours_stay},
    {"deleting", test_deleting},
    {"remove", test_remove},
    {"bad-queries", test_bad_queries},
    {"altered-cursors", test_altered_cursors},
    {"bad-rows", test_bad_rows},
    {"concurrent-puts", test_concurrent_puts},
};

static const Case keys_only[] = {
    {"one-listing", test_one_listing},
    {"rare-tag-is-bounded", test_rare_tag_is_bounded},
    {"leftover-rows", test_leftover_rows},
    {"put-clears-leftovers", test_put_clears_leftovers},
    {"foreign-keys", test_foreign_keys},
    {"foreign-flood", test_foreign_flood},
    {"leftover-flood", test_leftover_flood},
    {"store-errors", test_store_errors},
};

static void add_cases(const Factory *factory, const Case *cases, gsize count) {
    for (gsize i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("/catalog/%s/%s", factory->name, cases[i].name);
        g_test_add(path, Fixture, factory, set_up, cases[i].run, tear_down);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(factories); i++) add_cases(&factories[i], contract, G_N_ELEMENTS(contract));
    add_cases(&factories[0], keys_only, G_N_ELEMENTS(keys_only));
    return g_test_run();
}
