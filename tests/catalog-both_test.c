/* The contract of a catalog on keys and table together, and what that promises beyond it: lists go on from the keys while the table fails, told and
 * counted, with cursors good across; no write counts that does not stand in both. On DynamoDB Local and the store in memory. */
#include "catalog_contract.h"

#include "fake_clock.h"
#include "faulty_store.h"
#include "store/memory.h"
#include "test_table.h"

typedef struct {
    TestTable *table;
    Store *memory, *store; /* the store is the memory with faults */
    FakeClock clock;
} Place;

static gpointer set_up_both(void) {
    TestTable *table = test_table_open();
    if (!table) return NULL;
    test_table_make(table, true);
    Place *place = g_new0(Place, 1);
    *place = (Place){.table = table, .memory = store_memory_new(clock_system()), .clock = FAKE_CLOCK(BASE_MS)};
    place->store = faulty_store_new(place->memory, FAULT_NONE, 0);
    return place;
}

static Catalog *open_keys(const Place *place) {
    Catalog *keys = NULL;
    g_assert_true(catalog_keys_open(place->store, &keys, NULL));
    return keys;
}

static Catalog *open_table(const Place *place) {
    Catalog *table = NULL;
    g_assert_true(catalog_dynamodb_open(place->table->client, place->table->name, TEST_WORKSPACE, &table, NULL));
    return table;
}

static Catalog *open_unmarked(Place *place) {
    Catalog *both = NULL;
    g_assert_true(catalog_both_open(open_keys(place), open_table(place), &place->clock.base, &both, NULL));
    return both;
}

static Catalog *open_both(gpointer place) {
    Catalog *both = open_unmarked(place);
    g_autoptr(GError) error = NULL;
    catalog_mark_whole(both, BASE_MS, &error);
    g_assert_no_error(error);
    return both;
}

static void tear_down_both(gpointer data) {
    Place *place = data;
    faulty_service_mend(place->table->transport);
    test_table_remove(place->table);
    test_table_close(place->table);
    store_close(place->store);
    store_close(place->memory);
    g_free(place);
}

static const CatalogFactory both = {"both", set_up_both, open_both, tear_down_both};

static Place *place_of(CatalogFixture *fixture) { return fixture->place; }

static FaultyService *net_of(CatalogFixture *fixture) { return place_of(fixture)->table->transport; }

static void fail_store(CatalogFixture *fixture, FaultMode mode, int nth) {
    FaultyStore *store = (FaultyStore *)place_of(fixture)->store;
    store->mode = mode;
    store->operations = 0;
    store->fail_at = nth;
}

/* Whether the catalog told of `fallbacks` since the start, and of a problem just now. */
static void assert_health(Catalog *catalog, guint64 fallbacks, const char *problem) {
    g_auto(CatalogHealth) health = {0};
    catalog_health(catalog, &health);
    g_assert_cmpuint(health.fallbacks, ==, fallbacks);
    if (problem) g_assert_nonnull(strstr(health.problem, problem));
    else g_assert_null(health.problem);
}

static guint count_of(Catalog *catalog) {
    g_auto(CatalogPage) page = {0};
    g_autoptr(GError) error = NULL;
    catalog_list(catalog, &(CatalogQuery){.limit = PAGE_LIMIT_MAX}, &page, &error);
    g_assert_no_error(error);
    return page.rows->len;
}

/* -- what is written stands in both -------------------------------------------------------------------------------------- */

static void test_stands_in_both(CatalogFixture *fixture) {
    g_autoptr(Catalog) keys = open_keys(fixture->place), table = open_table(fixture->place);
    for (guint i = 0; i < 10; i++) put_number(fixture, i, BASE_MS + i);
    g_assert_cmpuint(count_of(keys), ==, 10);
    g_assert_cmpuint(count_of(table), ==, 10);
    g_assert_true(catalog_remove(fixture->catalog, "meeting-00003", BASE_MS + 3, NULL));
    g_assert_true(catalog_remove(fixture->catalog, "meeting-00004", CATALOG_TIME_UNKNOWN, NULL));
    g_assert_cmpuint(count_of(keys), ==, 8);
    g_assert_cmpuint(count_of(table), ==, 8);
}

/* Whatever fails first, a put that counts stands in both, one that fails is an error, and doing it again makes it stand. */
static void test_failed_puts(CatalogFixture *fixture) {
    g_autoptr(Catalog) keys = open_keys(fixture->place), table = open_table(fixture->place);
    const NetFault faults[] = {NET_REFUSED, NET_LATE, NET_ERROR_500, NET_THROTTLED, NET_DENIED, NET_NO_TABLE, NET_GARBAGE};
    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *title = g_strdup_printf("after fault %u", i);
        g_autoptr(Row) row = new_row("m", BASE_MS, BASE_MS + i, title);
        g_autoptr(GError) error = NULL;
        faulty_service_fail(net_of(fixture), faults[i], 0);
        g_assert_false(catalog_put(fixture->catalog, row, &error));
        g_assert_nonnull(error);
        faulty_service_mend(net_of(fixture));
        put(fixture, row);
        g_auto(CatalogPage) page = {0};
        g_assert_true(catalog_list(table, &(CatalogQuery){.limit = 5}, &page, NULL));
        g_assert_cmpuint(page.rows->len, ==, 1);
        g_assert_cmpstr(row_at(page.rows, 0)->title, ==, title);
        g_assert_cmpuint(count_of(keys), ==, 1);
    }
}

static void test_store_failures(CatalogFixture *fixture) {
    g_autoptr(Catalog) keys = open_keys(fixture->place), table = open_table(fixture->place);
    for (int nth = 1;; nth++) {
        g_autofree char *id = g_strdup_printf("meeting-%d", nth);
        g_autoptr(Row) row = new_row(id, BASE_MS + nth, BASE_MS, id);
        g_autoptr(GError) error = NULL;
        fail_store(fixture, FAULT_ONCE, nth);
        bool stands = catalog_put(fixture->catalog, row, &error);
        fail_store(fixture, FAULT_NONE, 0);
        if (!stands) g_assert_error(error, HANSARD_ERROR, ERROR_IO);
        put(fixture, row);
        g_assert_cmpuint(count_of(keys), ==, (guint)nth);
        g_assert_cmpuint(count_of(table), ==, (guint)nth);
        if (stands) break;
    }
}

static void test_failed_removes(CatalogFixture *fixture) {
    g_autoptr(Catalog) keys = open_keys(fixture->place), table = open_table(fixture->place);
    put_number(fixture, 1, BASE_MS);
    g_autoptr(GError) error = NULL;
    faulty_service_fail(net_of(fixture), NET_REFUSED, 0);
    g_assert_false(catalog_remove(fixture->catalog, "meeting-00001", BASE_MS, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_UNAVAILABLE);
    faulty_service_mend(net_of(fixture));
    g_assert_cmpuint(count_of(table), ==, 1); /* half done: the next try does the rest */
    g_assert_true(catalog_remove(fixture->catalog, "meeting-00001", BASE_MS, NULL));
    g_assert_cmpuint(count_of(table), ==, 0);
    g_assert_cmpuint(count_of(keys), ==, 0);
}

/* -- lists --------------------------------------------------------------------------------------------------------------- */

static void test_falls_back(CatalogFixture *fixture) {
    const NetFault faults[] = {NET_REFUSED, NET_LATE, NET_ERROR_500, NET_THROTTLED, NET_DENIED, NET_NO_TABLE, NET_GARBAGE};
    const char *told[] = {"refused", "reset", "try again later", "try again later", "may not", "hansard setup --apply", "DynamoDB"};
    for (guint i = 0; i < 20; i++) put_number(fixture, i, BASE_MS + i);
    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        guint64 before = 2 * i;
        assert_health(fixture->catalog, before, NULL);
        faulty_service_fail(net_of(fixture), faults[i], 0);
        g_assert_cmpuint(count_of(fixture->catalog), ==, 20);
        assert_health(fixture->catalog, before + 1, told[i]);
        /* The table rests: nobody waits for it, though it may be well again. */
        faulty_service_mend(net_of(fixture));
        int requests = net_of(fixture)->requests;
        g_assert_cmpuint(count_of(fixture->catalog), ==, 20);
        g_assert_cmpint(net_of(fixture)->requests, ==, requests);
        assert_health(fixture->catalog, before + 2, told[i]);
        place_of(fixture)->clock.now += TABLE_REST_MS;
        g_assert_cmpuint(count_of(fixture->catalog), ==, 20);
        g_assert_cmpint(net_of(fixture)->requests, >, requests);
        assert_health(fixture->catalog, before + 2, NULL);
    }
}

/* A clock that is set back does not make the rest longer. */
static void test_rest_ends(CatalogFixture *fixture) {
    put_number(fixture, 1, BASE_MS);
    faulty_service_fail(net_of(fixture), NET_REFUSED, 0);
    g_assert_cmpuint(count_of(fixture->catalog), ==, 1);
    faulty_service_mend(net_of(fixture));
    place_of(fixture)->clock.now -= 24 * 3600 * 1000;
    g_assert_cmpuint(count_of(fixture->catalog), ==, 1);
    assert_health(fixture->catalog, 1, NULL);
}

static void test_both_fail(CatalogFixture *fixture) {
    CatalogPage page = {0};
    g_autoptr(GError) error = NULL;
    faulty_service_fail(net_of(fixture), NET_REFUSED, 0);
    fail_store(fixture, FAULT_ONCE, 1);
    g_assert_false(catalog_list(fixture->catalog, &(CatalogQuery){.limit = 5}, &page, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_IO);
    assert_health(fixture->catalog, 1, "refused");
}

/* A caller's mistake is not the table's failure. */
static void test_bad_cursor_is_no_failure(CatalogFixture *fixture) {
    CatalogPage page = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(catalog_list(fixture->catalog, &(CatalogQuery){.limit = 5, .cursor = "abc"}, &page, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    assert_health(fixture->catalog, 0, NULL);
}

/* A bucket with meetings, and a table that has just been made: the lists are whole from the first. */
static void test_not_indexed_yet(CatalogFixture *fixture) {
    Place *place = set_up_both();
    g_autoptr(Catalog) keys = open_keys(place), opened = open_unmarked(place);
    g_autoptr(Row) before = new_row("before", BASE_MS, BASE_MS, "before"), since = new_row("since", BASE_MS + 1, BASE_MS, "since");
    bool whole = true;
    g_assert_true(catalog_put(keys, before, NULL));
    g_assert_true(catalog_put(opened, since, NULL));
    g_assert_cmpuint(count_of(opened), ==, 2);
    assert_health(opened, 1, "hansard reindex");
    g_assert_true(catalog_is_whole(opened, &whole, NULL));
    g_assert_false(whole);
    g_assert_true(catalog_put(opened, before, NULL));
    g_assert_true(catalog_mark_whole(opened, BASE_MS, NULL));
    g_assert_cmpuint(count_of(opened), ==, 2); /* from the table, without a rest */
    assert_health(opened, 1, NULL);
    catalog_close(g_steal_pointer(&opened));
    tear_down_both(place);
}

/* -- cursors across ------------------------------------------------------------------------------------------------------ */

/* Meetings of one millisecond, ids that begin alike, and times at both ends. */
static const struct {
    const char *id;
    gint64 timestamp_ms;
} mixed[] = {{"m", BASE_MS},      {"m-", BASE_MS},     {"m.1", BASE_MS},   {"m1", BASE_MS},    {"m_2", BASE_MS}, {"m_2_3", BASE_MS},  {"_", BASE_MS},
             {"M", BASE_MS},      {"z", BASE_MS},      {"a", BASE_MS + 1}, {"b", BASE_MS + 1}, {"c", BASE_MS - 1}, {"d", 0},          {"e", 0},
             {"f", TIME_MS_MAX},  {"g", BASE_MS + 99}};

static void put_mixed(CatalogFixture *fixture) {
    for (guint i = 0; i < G_N_ELEMENTS(mixed); i++) {
        g_autoptr(Row) row = new_row(mixed[i].id, mixed[i].timestamp_ms, BASE_MS, "Budget_1_");
        if (i % 2) g_ptr_array_add(row->tags, g_strdup("odd"));
        put(fixture, row);
    }
}

/* The i-th page comes from the keys where the i-th bit of `pattern` is set (the pattern goes round). */
static GPtrArray *list_by_pattern(CatalogFixture *fixture, CatalogQuery query, guint pattern) {
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *cursor = NULL;
    for (guint pages = 0; pages == 0 || cursor; pages++) {
        g_auto(CatalogPage) page = {0};
        place_of(fixture)->clock.now += TABLE_REST_MS;
        if (pattern >> (pages % 6) & 1) faulty_service_fail(net_of(fixture), NET_REFUSED, 0);
        else faulty_service_mend(net_of(fixture));
        query.cursor = cursor;
        list(fixture, &query, &page);
        for (guint i = 0; i < page.rows->len; i++) g_ptr_array_add(ids, g_strdup(row_at(page.rows, i)->meeting_id));
        g_free(cursor);
        cursor = g_steal_pointer(&page.next_cursor);
        g_assert_cmpuint(pages, <, 50);
    }
    faulty_service_mend(net_of(fixture));
    return ids;
}

static void assert_same_across(CatalogFixture *fixture, CatalogQuery query, guint expected) {
    g_autoptr(GPtrArray) from_keys = list_by_pattern(fixture, query, 0x3F);
    g_assert_cmpuint(from_keys->len, ==, expected);
    for (guint pattern = 0; pattern < 0x3F; pattern++) {
        g_autoptr(GPtrArray) ids = list_by_pattern(fixture, query, pattern);
        g_assert_cmpuint(ids->len, ==, expected);
        for (guint i = 0; i < expected; i++) g_assert_cmpstr(ids->pdata[i], ==, from_keys->pdata[i]);
    }
}

static void test_cursors_across(CatalogFixture *fixture) {
    put_mixed(fixture);
    for (guint limit = 1; limit <= 5; limit++) {
        assert_same_across(fixture, (CatalogQuery){.limit = limit}, G_N_ELEMENTS(mixed));
        assert_same_across(fixture, (CatalogQuery){.limit = limit, .tag = "odd"}, G_N_ELEMENTS(mixed) / 2);
        assert_same_across(fixture, (CatalogQuery){.limit = limit, .from_ms = BASE_MS, .to_ms = BASE_MS + 1}, 9);
    }
}

/* The same with leftover keys, which the table does not have, and foreign ones. */
static void test_cursors_across_leftovers(CatalogFixture *fixture) {
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    put_mixed(fixture);
    for (guint i = 0; i < G_N_ELEMENTS(mixed); i++)
        for (guint old = 1; old <= 1 + i % 3; old++) {
            g_autoptr(Row) row = new_row(mixed[i].id, mixed[i].timestamp_ms, old, "old");
            g_autofree char *key = row_to_key(row), *foreign = g_strconcat(key, "_more", NULL);
            g_assert_true(store_put(place_of(fixture)->store, key, nothing, NULL, NULL, NULL));
            g_assert_true(store_put(place_of(fixture)->store, foreign, nothing, NULL, NULL, NULL));
        }
    for (guint limit = 1; limit <= 3; limit++) assert_same_across(fixture, (CatalogQuery){.limit = limit}, G_N_ELEMENTS(mixed));
}

static guint changes_pattern;

static void change_and_switch(CatalogFixture *fixture, guint page_number) {
    place_of(fixture)->clock.now += TABLE_REST_MS;
    faulty_service_mend(net_of(fixture));
    for (guint i = 0; i < 20; i++) {
        g_autofree char *id = g_strdup_printf("meeting-%05u", i);
        put_titled(fixture, id, BASE_MS + i / 2, BASE_MS + 10000000 + page_number, "edited");
    }
    put_number(fixture, 50000 + page_number, BASE_MS + 9000000 + page_number);
    if (changes_pattern >> (page_number % 6) & 1) faulty_service_fail(net_of(fixture), NET_REFUSED, 0);
}

/* Rows that are edited between pages, while the lists change over: each comes once. */
static void test_changes_across(CatalogFixture *fixture) {
    for (guint i = 0; i < 20; i++) put_number(fixture, i, BASE_MS + i / 2);
    for (changes_pattern = 1; changes_pattern < 0x3F; changes_pattern += 3) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 3, .to_ms = BASE_MS + 1000}, change_and_switch);
        g_assert_cmpuint(rows->len, ==, 20);
        faulty_service_mend(net_of(fixture));
        place_of(fixture)->clock.now += TABLE_REST_MS;
    }
}

static const CatalogCase both_only[] = {
    {"stands-in-both", test_stands_in_both},
    {"failed-puts", test_failed_puts},
    {"store-failures", test_store_failures},
    {"failed-removes", test_failed_removes},
    {"falls-back", test_falls_back},
    {"rest-ends", test_rest_ends},
    {"both-fail", test_both_fail},
    {"bad-cursor-is-no-failure", test_bad_cursor_is_no_failure},
    {"not-indexed-yet", test_not_indexed_yet},
    {"cursors-across", test_cursors_across},
    {"cursors-across-leftovers", test_cursors_across_leftovers},
    {"changes-across", test_changes_across},
};

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    catalog_contract_add(&both);
    catalog_cases_add(&both, both_only, G_N_ELEMENTS(both_only));
    return g_test_run();
}
