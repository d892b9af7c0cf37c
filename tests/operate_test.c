/* operate: a store of the first version is noticed and gets its index keys; stale ones go; damaged records are left alone. */
#include <string.h>

#include "operate/reindex.h"
#include "operate/unlisted.h"
#include "store/memory.h"

static void put_text(Store *store, const char *key, const char *text) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_assert_true(store_put(store, key, bytes, NULL, NULL, NULL));
}

static bool quiet(const ReindexResult *so_far, gpointer user_data, GError **error) { return true; }

static void test_first_version(void) {
    Store *store = store_memory_new(clock_system());
    g_autoptr(Catalog) catalog = NULL;
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 10};
    ReindexResult result = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(catalog_keys_open(store, &catalog, NULL));
    Meetings meetings = {store, catalog, clock_system()};
    put_text(store, "transcriptions/old-1/metadata.json", "{\"meeting_id\":\"old-1\",\"timestamp\":\"2025-01-02T03:04:05.678901\",\"filename\":\"a.mp3\"}");
    put_text(store, "transcriptions/old-2/metadata.json", "{\"meeting_id\":\"old-2\",\"timestamp\":\"2025-02-02T03:04:05\",\"filename\":\"b.mp3\"}");
    put_text(store, "transcriptions/bad/metadata.json", "{");
    put_text(store, "transcriptions/half/transcription.txt", "no record: no meeting");
    g_autoptr(Row) gone = row_new();
    gone->meeting_id = g_strdup("gone");
    gone->filename = g_strdup("c.mp3");
    gone->title = g_strdup("c");
    gone->timestamp_ms = 1735787045678;
    g_assert_true(catalog_put(catalog, gone, NULL));
    for (int round = 0; round < 2; round++) { /* twice is the same as once */
        g_assert_true(reindex(&meetings, NULL, quiet, NULL, &result, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(result.meetings, ==, 2);
        g_assert_cmpuint(result.removed, ==, round == 0 ? 1 : 0);
        g_assert_cmpuint(result.damaged, ==, 1);
    }
    g_assert_true(catalog_list(catalog, &query, &page, NULL));
    g_assert_cmpuint(page.rows->len, ==, 2);
    g_assert_cmpstr(((Row *)page.rows->pdata[0])->meeting_id, ==, "old-2");
    g_assert_cmpstr(((Row *)page.rows->pdata[1])->meeting_id, ==, "old-1");
    catalog_close(g_steal_pointer(&catalog));
    store_close(store);
}

static bool is_unlisted(const Meetings *meetings) {
    g_autoptr(GError) error = NULL;
    bool unlisted = false;
    g_assert_true(meetings_unlisted(meetings, &unlisted, &error));
    g_assert_no_error(error);
    return unlisted;
}

static void test_unlisted(void) {
    Store *store = store_memory_new(clock_system());
    g_autoptr(Catalog) catalog = NULL;
    ReindexResult result = {0};
    g_assert_true(catalog_keys_open(store, &catalog, NULL));
    Meetings meetings = {store, catalog, clock_system()};
    g_assert_false(is_unlisted(&meetings)); /* nothing at all */
    put_text(store, "transcriptions/half/transcription.txt", "a recording in work");
    put_text(store, "transcriptions/bad/metadata.json", "{");
    put_text(store, "transcriptions/going/metadata.json", "{\"meeting_id\":\"going\",\"timestamp\":\"2025-02-02T03:04:05\",\"filename\":\"b.mp3\",\"schema\":2,\"state\":\"deleting\"}");
    g_assert_false(is_unlisted(&meetings)); /* no meeting yet, none that can be read, none any more */
    put_text(store, "transcriptions/old-1/metadata.json", "{\"meeting_id\":\"old-1\",\"timestamp\":\"2025-01-02T03:04:05.678901\",\"filename\":\"a.mp3\"}");
    g_assert_true(is_unlisted(&meetings));
    g_assert_true(reindex(&meetings, NULL, quiet, NULL, &result, NULL));
    g_assert_false(is_unlisted(&meetings));
    catalog_close(g_steal_pointer(&catalog));
    store_close(store);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operate/reindex/first-version", test_first_version);
    g_test_add_func("/operate/unlisted", test_unlisted);
    return g_test_run();
}
