/* The contract of a catalog on the "keys" backend; and what that promises beyond it: one listing a page, no object read, foreign keys in its folder
 * passed over. */
#include "catalog_contract.h"

#include "model/keys.h"
#include "store/memory.h"
#include "store/store_backend.h"

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

static gpointer set_up_keys(void) { return counting_store_new(); }

static Catalog *open_keys(gpointer store) {
    Catalog *catalog = NULL;
    g_autoptr(GError) error = NULL;
    catalog_keys_open(store, &catalog, &error);
    g_assert_no_error(error);
    return catalog;
}

static void tear_down_keys(gpointer store) { store_close(store); }

static const CatalogFactory keys = {"keys", set_up_keys, open_keys, tear_down_keys};

static CountingStore *store_of(CatalogFixture *fixture) { return fixture->place; }

static void put_key(CatalogFixture *fixture, const char *key) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    store_put(&store_of(fixture)->base, key, nothing, NULL, NULL, &error);
    g_assert_no_error(error);
}

/* As a writer that died between its put and its removal of the older row. */
static void put_row_key(CatalogFixture *fixture, const char *id, gint64 timestamp_ms, gint64 updated_ms, MeetingState state) {
    g_autoptr(Row) row = new_row(id, timestamp_ms, updated_ms, id);
    row->state = state;
    g_autofree char *key = row_to_key(row);
    put_key(fixture, key);
}

static void test_one_listing(CatalogFixture *fixture) {
    for (guint i = 0; i < 1234; i++) put_number(fixture, i, BASE_MS + i);
    const guint limits[] = {1, 50, PAGE_LIMIT_MAX};
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        store_of(fixture)->lists = store_of(fixture)->reads = 0;
        g_auto(CatalogPage) first = {0}, second = {0};
        list(fixture, &(CatalogQuery){.limit = limits[i]}, &first);
        g_assert_cmpuint(first.rows->len, ==, limits[i]);
        g_assert_cmpint(store_of(fixture)->lists, ==, 1);
        list(fixture, &(CatalogQuery){.limit = limits[i], .cursor = first.next_cursor}, &second);
        g_assert_cmpuint(second.rows->len, ==, limits[i]);
        g_assert_cmpint(store_of(fixture)->lists, ==, 2);
        g_assert_cmpint(store_of(fixture)->reads, ==, 0);
    }
}

static void test_rare_tag_is_bounded(CatalogFixture *fixture) {
    for (guint i = 0; i < 4500; i++) put_number(fixture, i, BASE_MS + i);
    g_autoptr(Row) oldest = new_row("oldest", 5, 5, "oldest");
    g_ptr_array_add(oldest->tags, g_strdup("rare"));
    put(fixture, oldest);
    store_of(fixture)->lists = 0;
    g_auto(CatalogPage) page = {0};
    list(fixture, &(CatalogQuery){.limit = 5, .tag = "rare"}, &page);
    g_assert_cmpint(store_of(fixture)->lists, ==, 4);
    g_assert_cmpuint(page.rows->len, ==, 0);
    g_assert_nonnull(page.next_cursor);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5, .tag = "rare"}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
}

static void test_leftover_rows(CatalogFixture *fixture) {
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

static void test_put_clears_leftovers(CatalogFixture *fixture) {
    for (guint version = 0; version < 5; version++) put_row_key(fixture, "m", BASE_MS, BASE_MS + version, MEETING_READY);
    put_titled(fixture, "m", BASE_MS, BASE_MS + 9, "newest");
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    g_assert_true(store_list(&store_of(fixture)->base, PREFIX_INDEX, NULL, 10, &entries, &more, NULL));
    g_assert_cmpuint(entries->len, ==, 1);
}

static void test_foreign_keys(CatalogFixture *fixture) {
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
static void test_foreign_flood(CatalogFixture *fixture) {
    put_number(fixture, 1, BASE_MS);
    for (guint i = 0; i < 300; i++) {
        g_autofree char *key = g_strdup_printf(PREFIX_INDEX "1flood-%05u", i);
        put_key(fixture, key);
    }
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 3}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
}

/* The same with hundreds of leftovers of one meeting. */
static void test_leftover_flood(CatalogFixture *fixture) {
    for (guint i = 0; i < 300; i++) put_row_key(fixture, "m", BASE_MS, BASE_MS + i, MEETING_READY);
    put_number(fixture, 1, BASE_MS - 1);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 3}, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
}

static void test_store_errors(CatalogFixture *fixture) {
    put_number(fixture, 1, BASE_MS);
    g_autoptr(GError) list_error = NULL, put_error = NULL;
    CatalogPage page = {0};
    store_of(fixture)->fail_lists = 1;
    g_assert_false(catalog_list(fixture->catalog, &(CatalogQuery){.limit = 1}, &page, &list_error));
    g_assert_error(list_error, HANSARD_ERROR, ERROR_IO);
    g_assert_null(page.rows);
    store_of(fixture)->fail_lists = 1;
    g_autoptr(Row) row = new_row("m", BASE_MS, BASE_MS, "m");
    g_assert_false(catalog_put(fixture->catalog, row, &put_error));
    g_assert_error(put_error, HANSARD_ERROR, ERROR_IO);
    /* The row stands: only the clearing failed. */
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 10}, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
}

static const CatalogCase keys_only[] = {
    {"one-listing", test_one_listing},
    {"rare-tag-is-bounded", test_rare_tag_is_bounded},
    {"leftover-rows", test_leftover_rows},
    {"put-clears-leftovers", test_put_clears_leftovers},
    {"foreign-keys", test_foreign_keys},
    {"foreign-flood", test_foreign_flood},
    {"leftover-flood", test_leftover_flood},
    {"store-errors", test_store_errors},
};

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    catalog_contract_add(&keys);
    catalog_cases_add(&keys, keys_only, G_N_ELEMENTS(keys_only));
    return g_test_run();
}
