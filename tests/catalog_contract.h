/* The contract of catalog.h as tests: one suite, run on each backend. A test program gives a factory for its backend and calls
 * catalog_contract_add(). */
#pragma once

#include <string.h>

#include "base/limits.h"
#include "catalog/catalog.h"

#define BASE_MS 1700000000000LL

typedef struct {
    const char *name;
    gpointer (*set_up)(void);         /* a place for rows; NULL: the backend can't be had here, and its cases are skipped */
    Catalog *(*open)(gpointer place); /* several may be open at a time */
    void (*tear_down)(gpointer place);
} CatalogFactory;

typedef struct {
    const CatalogFactory *factory;
    gpointer place;
    Catalog *catalog;
} CatalogFixture;

typedef struct {
    const char *name;
    void (*run)(CatalogFixture *fixture);
} CatalogCase;

/* A case on a backend: g_test_add()'s data, until the case is over. */
typedef struct {
    const CatalogFactory *factory;
    const CatalogCase *test;
} CatalogRun;

static inline void catalog_fixture_set_up(CatalogFixture *fixture, gconstpointer run) {
    fixture->factory = ((const CatalogRun *)run)->factory;
    fixture->place = fixture->factory->set_up();
    if (fixture->place) fixture->catalog = fixture->factory->open(fixture->place);
}

static inline void catalog_fixture_run(CatalogFixture *fixture, gconstpointer run) {
    if (fixture->place) ((const CatalogRun *)run)->test->run(fixture);
    else g_test_skip("the backend can't be had here");
}

static inline void catalog_fixture_tear_down(CatalogFixture *fixture, gconstpointer run) {
    if (fixture->place) {
        catalog_close(fixture->catalog);
        fixture->factory->tear_down(fixture->place);
    }
    g_free((gpointer)run);
}

static inline void catalog_cases_add(const CatalogFactory *factory, const CatalogCase *cases, gsize count) {
    for (gsize i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("/catalog/%s/%s", factory->name, cases[i].name);
        CatalogRun *run = g_new(CatalogRun, 1);
        *run = (CatalogRun){factory, &cases[i]};
        g_test_add(path, CatalogFixture, run, catalog_fixture_set_up, catalog_fixture_run, catalog_fixture_tear_down);
    }
}

/* -- helpers ------------------------------------------------------------------------------------------------------------- */

static inline Row *new_row(const char *meeting_id, gint64 timestamp_ms, gint64 updated_ms, const char *title) {
    Row *row = row_new();
    row->meeting_id = g_strdup(meeting_id);
    row->timestamp_ms = timestamp_ms;
    row->updated_ms = updated_ms;
    row->filename = g_strdup("standup.mp3");
    row->title = g_strdup(title);
    return row;
}

static inline void put(CatalogFixture *fixture, const Row *row) {
    g_autoptr(GError) error = NULL;
    catalog_put(fixture->catalog, row, &error);
    g_assert_no_error(error);
}

static inline void put_titled(CatalogFixture *fixture, const char *meeting_id, gint64 timestamp_ms, gint64 updated_ms, const char *title) {
    g_autoptr(Row) row = new_row(meeting_id, timestamp_ms, updated_ms, title);
    put(fixture, row);
}

static inline void put_number(CatalogFixture *fixture, guint number, gint64 timestamp_ms) {
    g_autofree char *id = g_strdup_printf("meeting-%05u", number);
    put_titled(fixture, id, timestamp_ms, timestamp_ms, id);
}

static inline void list(CatalogFixture *fixture, const CatalogQuery *query, CatalogPage *page) {
    g_autoptr(GError) error = NULL;
    catalog_list(fixture->catalog, query, page, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(page->rows->len, <=, query->limit);
}

/* Called between pages; may change the catalog. */
typedef void (*BetweenPages)(CatalogFixture *fixture, guint page_number);

/* All pages' rows, in order; every row once. */
static inline GPtrArray *list_all(CatalogFixture *fixture, CatalogQuery query, BetweenPages between) {
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

static inline void test_empty(CatalogFixture *fixture) {
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 50}, NULL);
    g_assert_cmpuint(rows->len, ==, 0);
}

static inline void test_row_comes_back(CatalogFixture *fixture) {
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

static inline void test_newest_first(CatalogFixture *fixture) {
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

static inline void test_paging(CatalogFixture *fixture) {
    for (guint i = 0; i < 1234; i++) put_number(fixture, i, BASE_MS + (i / 3) * 1000); /* three meetings share each time */
    const guint limits[] = {1, 7, 50, 123, PAGE_LIMIT_MAX};
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limits[i]}, NULL);
        g_assert_cmpuint(rows->len, ==, 1234);
    }
}

static inline void test_last_page_has_no_cursor(CatalogFixture *fixture) {
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
static inline void change_between_pages(CatalogFixture *fixture, guint page_number) {
    put_number(fixture, 50000 + page_number, BASE_MS + 9000000 + page_number);
    for (guint i = 0; i < 100; i++) {
        g_autofree char *id = g_strdup_printf("meeting-%05u", i);
        put_titled(fixture, id, BASE_MS + i * 1000, BASE_MS + 10000000 + page_number, "edited");
    }
}

static inline void test_changes_between_pages(CatalogFixture *fixture) {
    for (guint i = 0; i < 100; i++) put_number(fixture, i, BASE_MS + i * 1000);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 9}, change_between_pages);
    g_assert_cmpuint(rows->len, ==, 100);
    for (guint i = 9; i < 100; i++) g_assert_cmpstr(row_at(rows, i)->title, ==, "edited");
}

static inline void assert_range(CatalogFixture *fixture, gint64 from_ms, gint64 to_ms, const char *expected) {
    for (guint limit = 1; limit <= 4; limit++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limit, .from_ms = from_ms, .to_ms = to_ms}, NULL);
        g_autoptr(GString) found = g_string_new("");
        for (guint i = 0; i < rows->len; i++) g_string_append(found, row_at(rows, i)->title);
        g_assert_cmpstr(found->str, ==, expected);
    }
}

static inline void test_from_to(CatalogFixture *fixture) {
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

static inline void test_range_ends_without_cursor(CatalogFixture *fixture) {
    for (guint i = 0; i < 20; i++) put_number(fixture, i, BASE_MS + i);
    g_auto(CatalogPage) page = {0};
    list(fixture, &(CatalogQuery){.limit = 5, .from_ms = BASE_MS + 15}, &page);
    g_assert_cmpuint(page.rows->len, ==, 5);
    g_assert_null(page.next_cursor);
}

static inline void test_cursor_respects_range(CatalogFixture *fixture) {
    for (guint i = 0; i < 20; i++) put_number(fixture, i, BASE_MS + i);
    g_auto(CatalogPage) first = {0}, second = {0};
    list(fixture, &(CatalogQuery){.limit = 5}, &first);
    list(fixture, &(CatalogQuery){.limit = 5, .to_ms = BASE_MS + 3, .cursor = first.next_cursor}, &second);
    g_assert_cmpuint(second.rows->len, ==, 3);
    g_assert_cmpint(row_at(second.rows, 0)->timestamp_ms, ==, BASE_MS + 2);
}

static inline void test_tags(CatalogFixture *fixture) {
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

static inline void test_replaced(CatalogFixture *fixture) {
    put_titled(fixture, "m", BASE_MS, BASE_MS + 1, "first");
    put_titled(fixture, "m", BASE_MS, BASE_MS + 2, "second");
    put_titled(fixture, "m", BASE_MS, BASE_MS + 1, "late and older");
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_cmpstr(row_at(rows, 0)->title, ==, "second");
}

static inline void test_neighbours_stay(CatalogFixture *fixture) {
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

static inline void test_deleting(CatalogFixture *fixture) {
    for (guint i = 0; i < 30; i++) put_number(fixture, i, BASE_MS + i);
    for (guint i = 0; i < 30; i += 3) {
        g_autofree char *id = g_strdup_printf("meeting-%05u", i);
        g_autoptr(Row) row = new_row(id, BASE_MS + i, BASE_MS + i, id); /* the time of change did not move on */
        row->state = MEETING_DELETING;
        put(fixture, row);
        put_number(fixture, i, BASE_MS + i); /* a writer that comes late does not bring it back */
    }
    for (guint limit = 1; limit < 12; limit++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limit}, NULL);
        g_assert_cmpuint(rows->len, ==, 20);
    }
}

static inline void test_remove(CatalogFixture *fixture) {
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

static inline void assert_refused(CatalogFixture *fixture, const CatalogQuery *query) {
    g_autoptr(GError) error = NULL;
    CatalogPage page = {0};
    g_assert_false(catalog_list(fixture->catalog, query, &page, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    g_assert_null(page.rows);
    g_assert_null(page.next_cursor);
}

static inline void test_bad_queries(CatalogFixture *fixture) {
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

static inline void test_altered_cursors(CatalogFixture *fixture) {
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

static inline void test_bad_rows(CatalogFixture *fixture) {
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

typedef struct {
    CatalogFixture *fixture;
    guint number;
} Putter;

static inline gpointer put_many(gpointer data) {
    const Putter *putter = data;
    for (guint i = 0; i < 50; i++) {
        g_autofree char *title = g_strdup_printf("thread %u, %u", putter->number, i);
        put_titled(putter->fixture, "m", BASE_MS, BASE_MS + i, title);
    }
    return NULL;
}

/* Whoever wins, the meeting never falls out of the list. */
static inline void test_concurrent_puts(CatalogFixture *fixture) {
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
        g_autoptr(Catalog) reader = fixture->factory->open(fixture->place);
        catalog_list(reader, &(CatalogQuery){.limit = 10}, &page, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(page.rows->len, ==, 1);
    }
    for (guint i = 0; i < 4; i++) g_thread_join(threads[i]);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 10}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_cmpint(row_at(rows, 0)->updated_ms, ==, BASE_MS + 49);
}

static const CatalogCase catalog_contract[] = {
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

static inline void catalog_contract_add(const CatalogFactory *factory) {
    catalog_cases_add(factory, catalog_contract, G_N_ELEMENTS(catalog_contract));
}
