/* The contract of a catalog on a DynamoDB table, and what that promises beyond it: one Query a page, tables of the first version told apart, nothing in
 * the table taken on trust. On DynamoDB Local. */
#include "catalog_contract.h"

#include "test_table.h"

static gpointer set_up_table(void) {
    TestTable *table = test_table_open();
    if (table) test_table_make(table, true);
    return table;
}

static Catalog *open_workspace(const TestTable *table, const char *workspace) {
    Catalog *catalog = NULL;
    g_autoptr(GError) error = NULL;
    catalog_dynamodb_open(table->client, table->name, workspace, &catalog, &error);
    g_assert_no_error(error);
    return catalog;
}

static Catalog *open_whole(gpointer place) {
    Catalog *catalog = open_workspace(place, TEST_WORKSPACE);
    g_autoptr(GError) error = NULL;
    catalog_mark_whole(catalog, BASE_MS, &error);
    g_assert_no_error(error);
    return catalog;
}

static void tear_down_table(gpointer place) {
    test_table_remove(place);
    test_table_close(place);
}

static const CatalogFactory dynamodb = {"dynamodb", set_up_table, open_whole, tear_down_table};

static TestTable *table_of(CatalogFixture *fixture) { return fixture->place; }

static void assert_list_fails(Catalog *catalog, const char *cursor, ErrorCode code, const char *said) {
    CatalogPage page = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(catalog_list(catalog, &(CatalogQuery){.limit = 5, .cursor = cursor}, &page, &error));
    g_assert_error(error, HANSARD_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, said));
    g_assert_null(page.rows);
    g_assert_null(page.next_cursor);
}

/* -- what a list costs --------------------------------------------------------------------------------------------------- */

/* Rows by the batch: {"m0000", BASE_MS + 0}, … */
static void put_batches(const TestTable *table, guint count) {
    for (guint at = 0; at < count;) {
        json_t *requests = json_array();
        for (guint i = 0; i < 25 && at < count; i++, at++) {
            g_autofree char *id = g_strdup_printf("m%05u", at), *sort_key = row_sort_key(BASE_MS + at, id);
            json_array_append_new(requests, json_pack("{s:{s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}}}", "PutRequest", "Item", "meeting_id", "S", id, "workspace",
                                                      "S", TEST_WORKSPACE, "sort", "S", sort_key, "filename", "S", "f.mp3"));
        }
        json_t *input = json_pack("{s:{s:o}}", "RequestItems", table->name, requests);
        g_autoptr(json_t) answer = NULL;
        g_assert_true(dynamodb_call(table->client, "BatchWriteItem", input, &answer, NULL, NULL));
        g_assert_cmpuint(json_object_size(json_object_get(answer, "UnprocessedItems")), ==, 0);
        json_decref(input);
    }
}

static void test_one_query(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    put_batches(table, 500);
    const guint limits[] = {1, 50, PAGE_LIMIT_MAX};
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autoptr(Catalog) fresh = open_workspace(table, TEST_WORKSPACE); /* knows of no mark yet, as a program that has just begun */
        g_auto(CatalogPage) first = {0}, second = {0};
        table->transport->requests = 0;
        g_assert_true(catalog_list(fresh, &(CatalogQuery){.limit = limits[i]}, &first, NULL));
        g_assert_cmpuint(first.rows->len, ==, limits[i]);
        g_assert_cmpint(table->transport->requests, ==, 1);
        g_assert_true(catalog_list(fresh, &(CatalogQuery){.limit = limits[i], .cursor = first.next_cursor}, &second, NULL));
        g_assert_cmpuint(second.rows->len, ==, limits[i]);
        g_assert_cmpint(table->transport->requests, ==, 2);
    }
    /* The mark is seen whatever is filtered. */
    g_autoptr(Catalog) fresh = open_workspace(table, TEST_WORKSPACE);
    g_auto(CatalogPage) none = {0};
    table->transport->requests = 0;
    g_assert_true(catalog_list(fresh, &(CatalogQuery){.limit = 5, .tag = "none"}, &none, NULL));
    g_assert_cmpint(table->transport->requests, ==, 1);
}

static void test_rare_tag_is_bounded(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    put_batches(table, 4100);
    g_autoptr(Row) oldest = new_row("oldest", 5, 5, "oldest");
    g_ptr_array_add(oldest->tags, g_strdup("rare"));
    put(fixture, oldest);
    table->transport->requests = 0;
    g_auto(CatalogPage) page = {0};
    list(fixture, &(CatalogQuery){.limit = 5, .tag = "rare"}, &page);
    g_assert_cmpint(table->transport->requests, ==, TABLE_QUERIES_MAX);
    g_assert_cmpuint(page.rows->len, ==, 0);
    g_assert_nonnull(page.next_cursor);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5, .tag = "rare"}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
}

/* -- tables of the first version, and none ------------------------------------------------------------------------------- */

static void test_no_table(CatalogFixture *fixture) {
    g_autoptr(Catalog) catalog = NULL;
    g_assert_true(catalog_dynamodb_open(table_of(fixture)->client, "no-such-table", TEST_WORKSPACE, &catalog, NULL));
    g_autoptr(Row) row = new_row("m", BASE_MS, BASE_MS, "m");
    g_autoptr(GError) error = NULL;
    assert_list_fails(catalog, NULL, ERROR_CONFIG, "hansard setup --apply");
    assert_list_fails(catalog, NULL, ERROR_CONFIG, "no-such-table (DYNAMODB_TABLE_NAME) in eu-central-1");
    g_assert_false(catalog_put(catalog, row, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFIG);
}

static void test_first_version_table(CatalogFixture *fixture) {
    TestTable *table = test_table_open();
    test_table_make(table, false);
    test_table_put_item(table, "{'meeting_id': {'S': 'old'}, 'timestamp': {'S': '2025-01-02T03:04:05.678901'}, 'filename': {'S': 'a.mp3'}, "
                               "'action_items_count': {'N': '2'}, 'requirements_count': {'N': '1'}, 'owner': {'S': 'someone else'}}");
    g_autoptr(Catalog) catalog = open_workspace(table, TEST_WORKSPACE);
    assert_list_fails(catalog, NULL, ERROR_CONFIG, "hansard setup --apply");
    assert_list_fails(catalog, NULL, ERROR_CONFIG, "hansard reindex");
    tear_down_table(table);

    /* The index is there, the meetings have not been put again: what came since must not look like all. */
    table = set_up_table();
    g_autoptr(Catalog) indexed = open_workspace(table, TEST_WORKSPACE);
    g_autoptr(Row) row = new_row("new", BASE_MS, BASE_MS, "new");
    bool whole = true;
    g_assert_true(catalog_put(indexed, row, NULL));
    assert_list_fails(indexed, NULL, ERROR_CONFIG, "hansard reindex");
    g_autofree char *cursor = NULL;
    {
        g_auto(CatalogPage) page = {0};
        put_number(fixture, 1, BASE_MS + 1), put_number(fixture, 2, BASE_MS + 2);
        list(fixture, &(CatalogQuery){.limit = 1}, &page);
        cursor = g_steal_pointer(&page.next_cursor);
    }
    assert_list_fails(indexed, cursor, ERROR_CONFIG, "hansard reindex");
    g_assert_true(catalog_is_whole(indexed, &whole, NULL));
    g_assert_false(whole);
    g_assert_true(catalog_mark_whole(indexed, BASE_MS, NULL));
    g_auto(CatalogPage) page = {0};
    g_assert_true(catalog_is_whole(indexed, &whole, NULL));
    g_assert_true(whole);
    g_assert_true(catalog_list(indexed, &(CatalogQuery){.limit = 5}, &page, NULL));
    g_assert_cmpuint(page.rows->len, ==, 1);
    tear_down_table(table);
}

/* A put over an item of the first version keeps what it does not know, and so does one over a row of this. */
static void test_other_attributes_stay(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    test_table_put_item(table, "{'meeting_id': {'S': 'm'}, 'timestamp': {'S': '2025-01-02T03:04:05'}, 'filename': {'S': 'a.mp3'}, 'audio_s3_key': {'S': 'k'}, "
                               "'ttl': {'N': '17'}}");
    put_titled(fixture, "m", BASE_MS, BASE_MS, "first");
    put_titled(fixture, "m", BASE_MS, BASE_MS + 1, "second");
    g_autoptr(json_t) item = test_table_get_item(table, "m");
    g_assert_cmpstr(json_get_string(json_object_get(item, "ttl"), "N", ""), ==, "17");
    g_assert_cmpstr(json_get_string(json_object_get(item, "title"), "S", ""), ==, "second");
    g_assert_cmpstr(json_get_string(json_object_get(item, "timestamp"), "S", ""), ==, "2023-11-14T22:13:20.000Z");
    g_assert_null(json_object_get(item, "audio_s3_key")); /* the meeting has no recording */
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
}

static void test_remove_first_version(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    const gint64 times[] = {BASE_MS, CATALOG_TIME_UNKNOWN};
    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        test_table_put_item(table, "{'meeting_id': {'S': 'm'}, 'timestamp': {'S': '2025-01-02T03:04:05'}}");
        g_assert_true(catalog_remove(fixture->catalog, "m", times[i], NULL));
        g_assert_null(test_table_get_item(table, "m"));
    }
}

/* -- what stands in the table is not trusted ----------------------------------------------------------------------------- */

static char *sort_of(const char *id, gint64 timestamp_ms) { return row_sort_key(timestamp_ms, id); }

/* An indexed item with further attributes. */
static void put_raw(const TestTable *table, const char *id, gint64 timestamp_ms, const char *attributes) {
    g_autofree char *sort_key = sort_of(id, timestamp_ms);
    g_autofree char *item = g_strdup_printf("{'meeting_id': {'S': '%s'}, 'workspace': {'S': '" TEST_WORKSPACE "'}, 'sort': {'S': '%s'}%s}", id, sort_key,
                                            attributes);
    test_table_put_item(table, item);
}

static void test_six_fields(CatalogFixture *fixture) {
    put_raw(table_of(fixture), "old", 1735787045678,
            ", 'timestamp': {'S': '2025-01-02T03:04:05.678901'}, 'filename': {'S': 'a.mp3'}, 'audio_s3_key': {'S': 'meetings/x_a.mp3'}, "
            "'action_items_count': {'N': '2'}, 'requirements_count': {'N': '1'}");
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    const Row *row = row_at(rows, 0);
    g_assert_cmpint(row->timestamp_ms, ==, 1735787045678);
    g_assert_cmpint(row->state, ==, MEETING_READY);
    g_assert_cmpstr(row->title, ==, "a.mp3");
    g_assert_cmpstr(row->audio_key, ==, "meetings/x_a.mp3");
    g_assert_cmpuint(row->actions, ==, 2);
    g_assert_cmpuint(row->requirements, ==, 1);
    g_assert_cmpuint(row->tags->len, ==, 0);
}

static void test_wrong_types(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    put_raw(table, "wrong", BASE_MS,
            ", 'title': {'N': '7'}, 'filename': {'BOOL': true}, 'action_items_count': {'S': '5'}, 'requirements_count': {'N': '-3'}, "
            "'decisions_count': {'N': '1.5'}, 'questions_count': {'N': '1E+2'}, 'duration_ms': {'N': '99999999999999999999999999999999'}, "
            "'tags': {'L': [{'N': '1'}, {'S': 'kept'}, {'L': []}, {'S': ''}]}, 'state': {'M': {}}, 'updated': {'S': 'yesterday'}, 'audio_s3_key': {'NULL': true}");
    put_raw(table, "sets", BASE_MS - 1, ", 'tags': {'SS': ['one', 'two']}, 'title': {'S': 'a\\u0007b\\nc'}");
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
    const Row *row = row_at(rows, 0), *sets = row_at(rows, 1);
    g_assert_cmpstr(row->title, ==, "");
    g_assert_cmpuint(row->actions, ==, 0);
    g_assert_cmpuint(row->requirements, ==, 0);
    g_assert_cmpuint(row->decisions, ==, 0);
    g_assert_cmpuint(row->questions, ==, 100);
    g_assert_cmpint(row->duration_ms, ==, 0);
    g_assert_cmpint(row->updated_ms, ==, 0);
    g_assert_null(row->audio_key);
    g_assert_cmpuint(row->tags->len, ==, 1);
    g_assert_cmpstr(row->tags->pdata[0], ==, "kept");
    g_assert_cmpuint(sets->tags->len, ==, 2);
    g_assert_null(strchr(sets->title, '\a'));
}

static void test_items_that_are_no_rows(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    for (guint i = 0; i < 6; i++) put_number(fixture, i, BASE_MS + i);
    const char *sorts[] = {"", "0", "zz", "8299999999999_m_1_", "8299999999998_other_1_", "829999999999_m_1_", "8299999999997_a/b_1_", "8299999999996_m_2_", "9"};
    for (guint i = 1; i < G_N_ELEMENTS(sorts); i++) {
        g_autofree char *item = g_strdup_printf("{'meeting_id': {'S': 'foreign %u'}, 'workspace': {'S': '" TEST_WORKSPACE "'}, 'sort': {'S': '%s'}}", i, sorts[i]);
        test_table_put_item(table, item);
    }
    for (guint limit = 1; limit < 9; limit++) {
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = limit}, NULL);
        g_assert_cmpuint(rows->len, ==, 6);
    }
}

static void test_long_texts(CatalogFixture *fixture) {
    g_autofree char *title = g_strnfill(300000, 't'), *tag = g_strnfill(1000, 'g'), *filename = g_strnfill(5000, 'f');
    g_autofree char *attributes = g_strdup_printf(", 'title': {'S': '%s'}, 'tags': {'L': [{'S': '%s'}]}, 'filename': {'S': '%s'}", title, tag, filename);
    put_raw(table_of(fixture), "long", BASE_MS, attributes);
    g_autoptr(Row) written = new_row("written", BASE_MS - 1, BASE_MS, title);
    for (guint i = 0; i < 2 * TAGS_MAX; i++) g_ptr_array_add(written->tags, g_strdup(tag));
    put(fixture, written);
    g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
    for (guint i = 0; i < rows->len; i++) {
        g_assert_cmpuint(strlen(row_at(rows, i)->title), ==, TITLE_BYTES_MAX);
        g_assert_cmpuint(strlen(row_at(rows, i)->tags->pdata[0]), ==, TAG_BYTES_MAX);
        g_assert_cmpuint(row_at(rows, i)->tags->len, ==, i == 0 ? 1 : TAGS_MAX);
    }
    g_assert_true(row_at(rows, 0)->cut);
    g_assert_cmpuint(strlen(row_at(rows, 0)->filename), ==, KEY_BYTES_MAX);
}

/* A time of change that is none, or lies behind all times, holds up no put. */
static void test_updated_that_is_none(CatalogFixture *fixture) {
    const char *updated[] = {", 'updated': {'S': 'zzz'}", ", 'updated': {'N': '9999999999999'}", ", 'updated': {'S': ''}", "", ", 'updated': {'NULL': true}"};
    for (guint i = 0; i < G_N_ELEMENTS(updated); i++) {
        g_autofree char *title = g_strdup_printf("put %u", i);
        put_raw(table_of(fixture), "m", BASE_MS, updated[i]);
        put_titled(fixture, "m", BASE_MS, 1 + i, title);
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
        g_assert_cmpstr(row_at(rows, 0)->title, ==, title);
        g_assert_cmpint(row_at(rows, 0)->updated_ms, ==, 1 + i);
    }
}

static void test_hostile_answers(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    const char *answers[] = {
        "{}",
        "[]",
        "{\"Items\": 5}",
        "{\"Items\": [], \"LastEvaluatedKey\": {}}",
        "{\"Items\": [], \"LastEvaluatedKey\": {\"sort\": {\"S\": \" \"}}}", /* before the beginning: would go round for ever */
        "{\"Items\": [], \"LastEvaluatedKey\": {\"sort\": {\"S\": \"~\"}}}",
        "{\"Items\": [], \"LastEvaluatedKey\": {\"sort\": {\"S\": \"5\"}}}", /* always the same: then backwards */
        "{\"Items\": [",
    };
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        CatalogPage page = {0};
        g_autoptr(GError) error = NULL;
        table->transport->script = answers[i];
        faulty_service_fail(table->transport, NET_SCRIPT, 0);
        g_assert_false(catalog_list(fixture->catalog, &(CatalogQuery){.limit = 5}, &page, &error));
        g_assert_nonnull(error);
        g_assert_null(page.rows);
    }
    table->transport->script = "{\"Items\": [null, 1, [], {}, {\"meeting_id\": 5}, {\"meeting_id\": {\"S\": 5}, \"sort\": null}]}";
    g_auto(CatalogPage) page = {0};
    list(fixture, &(CatalogQuery){.limit = 5}, &page);
    g_assert_cmpuint(page.rows->len, ==, 0);
    faulty_service_mend(table->transport);
}

/* -- workspaces of one table --------------------------------------------------------------------------------------------- */

static void test_workspaces(CatalogFixture *fixture) {
    g_autoptr(Catalog) other = open_workspace(fixture->place, "other-bucket");
    g_assert_true(catalog_mark_whole(other, BASE_MS, NULL));
    put_number(fixture, 1, BASE_MS);
    g_autoptr(Row) theirs = new_row("theirs", BASE_MS, BASE_MS, "theirs");
    g_assert_true(catalog_put(other, theirs, NULL));
    g_autoptr(GPtrArray) mine = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(mine->len, ==, 1);
    g_assert_cmpstr(row_at(mine, 0)->meeting_id, ==, "meeting-00001");
    /* No remove goes over the border, */
    g_assert_true(catalog_remove(fixture->catalog, "theirs", BASE_MS, NULL));
    g_assert_true(catalog_remove(fixture->catalog, "theirs", CATALOG_TIME_UNKNOWN, NULL));
    g_auto(CatalogPage) page = {0};
    g_assert_true(catalog_list(other, &(CatalogQuery){.limit = 5}, &page, NULL));
    g_assert_cmpuint(page.rows->len, ==, 1);
    /* and a bucket that was copied takes its rows over, though they were edited since. */
    put_titled(fixture, "theirs", BASE_MS, BASE_MS - 1, "mine now");
    g_autoptr(GPtrArray) taken = list_all(fixture, (CatalogQuery){.limit = 5}, NULL);
    g_assert_cmpuint(taken->len, ==, 2);
}

/* -- trouble ------------------------------------------------------------------------------------------------------------- */

static void test_retried(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    const NetFault passing[] = {NET_REFUSED, NET_LATE, NET_ERROR_500, NET_THROTTLED};
    for (guint i = 0; i < G_N_ELEMENTS(passing); i++) {
        faulty_service_fail(table->transport, passing[i], 2);
        put_number(fixture, i, BASE_MS + i); /* asserts that it works */
        faulty_service_fail(table->transport, passing[i], 2);
        g_autoptr(GPtrArray) rows = list_all(fixture, (CatalogQuery){.limit = 10}, NULL);
        g_assert_cmpuint(rows->len, ==, 1 + i);
    }
}

static void test_failures_are_told(CatalogFixture *fixture) {
    TestTable *table = table_of(fixture);
    const struct {
        NetFault fault;
        ErrorCode code;
    } lasting[] = {{NET_REFUSED, ERROR_UNAVAILABLE}, {NET_ERROR_500, ERROR_UNAVAILABLE}, {NET_THROTTLED, ERROR_UNAVAILABLE}, {NET_DENIED, ERROR_CONFIG},
                   {NET_NO_TABLE, ERROR_CONFIG}};
    g_autoptr(Row) row = new_row("m", BASE_MS, BASE_MS, "m");
    for (guint i = 0; i < G_N_ELEMENTS(lasting); i++) {
        g_autoptr(GError) put_error = NULL, remove_error = NULL, list_error = NULL;
        CatalogPage page = {0};
        faulty_service_fail(table->transport, lasting[i].fault, 0);
        g_assert_false(catalog_put(fixture->catalog, row, &put_error));
        g_assert_error(put_error, HANSARD_ERROR, (int)lasting[i].code);
        g_assert_false(catalog_remove(fixture->catalog, "m", BASE_MS, &remove_error));
        g_assert_error(remove_error, HANSARD_ERROR, (int)lasting[i].code);
        g_assert_false(catalog_list(fixture->catalog, &(CatalogQuery){.limit = 5}, &page, &list_error));
        g_assert_error(list_error, HANSARD_ERROR, (int)lasting[i].code);
        faulty_service_mend(table->transport);
    }
}

static const CatalogCase dynamodb_only[] = {
    {"one-query", test_one_query},
    {"rare-tag-is-bounded", test_rare_tag_is_bounded},
    {"no-table", test_no_table},
    {"first-version-table", test_first_version_table},
    {"other-attributes-stay", test_other_attributes_stay},
    {"remove-first-version", test_remove_first_version},
    {"six-fields", test_six_fields},
    {"wrong-types", test_wrong_types},
    {"items-that-are-no-rows", test_items_that_are_no_rows},
    {"long-texts", test_long_texts},
    {"updated-that-is-none", test_updated_that_is_none},
    {"hostile-answers", test_hostile_answers},
    {"workspaces", test_workspaces},
    {"retried", test_retried},
    {"failures-are-told", test_failures_are_told},
};

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    catalog_contract_add(&dynamodb);
    catalog_cases_add(&dynamodb, dynamodb_only, G_N_ELEMENTS(dynamodb_only));
    return g_test_run();
}
