/* Lists that are kept as they were answered: what they hold, and that each change of the index, whoever makes it, is in the very next list. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/limits.h"
#include "http/list_cache.h"
#include "http_server.h"
#include "store/dir.h"
#include "store/memory.h"

static GBytes *bytes_of(gsize size) { return g_bytes_new_take(g_malloc0(size), size); }

static bool kept(ListCache *cache, const char *query, const StoreStamp *stamp, gsize size) {
    g_auto(KeptList) list = {0};
    if (!list_cache_find(cache, query, stamp, &list)) return false;
    g_assert_cmpstr(list.etag, ==, "W/\"e\"");
    return g_bytes_get_size(list.text) == size;
}

static void keep(ListCache *cache, const char *query, const StoreStamp *stamp, gsize size) {
    g_autoptr(GBytes) text = bytes_of(size);
    list_cache_keep(cache, query, stamp, text, "W/\"e\"");
}

static void test_stamps(void) {
    static const StoreStamp one = {1, 2, 3}, others[] = {{0, 2, 3}, {1, 0, 3}, {1, 2, 4}};
    ListCache *cache = list_cache_new();
    g_assert_false(kept(cache, NULL, &one, 5));
    g_assert_false(kept(cache, NULL, &(StoreStamp){0}, 5));
    keep(cache, NULL, &one, 5);
    keep(cache, "limit=2", &one, 6);
    g_assert_true(kept(cache, "", &one, 5));
    g_assert_true(kept(cache, "limit=2", &one, 6));
    g_assert_false(kept(cache, "limit=3", &one, 6));
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) g_assert_false(kept(cache, "", &others[i], 5));
    keep(cache, "tag=x", &others[2], 7);
    g_assert_true(kept(cache, "tag=x", &others[2], 7));
    g_assert_false(kept(cache, "", &one, 5)); /* of another time */
    g_assert_false(kept(cache, "", &others[2], 5));
    list_cache_free(cache);
}

static void test_bounds(void) {
    const StoreStamp stamp = {1, 2, 3};
    ListCache *cache = list_cache_new();
    g_autofree char *longest = g_strnfill(LIST_CACHE_QUERY_BYTES_MAX, 'q'), *longer = g_strnfill(LIST_CACHE_QUERY_BYTES_MAX + 1, 'q');
    keep(cache, longest, &stamp, 1);
    keep(cache, longer, &stamp, 1);
    g_assert_true(kept(cache, longest, &stamp, 1));
    g_assert_false(kept(cache, longer, &stamp, 1));
    keep(cache, "x", &stamp, LIST_CACHE_BYTES_MAX); /* with its query one too many */
    g_assert_false(kept(cache, "x", &stamp, LIST_CACHE_BYTES_MAX));
    keep(cache, "x", &stamp, LIST_CACHE_BYTES_MAX - 1); /* there is only room for it alone */
    g_assert_true(kept(cache, "x", &stamp, LIST_CACHE_BYTES_MAX - 1));
    g_assert_false(kept(cache, longest, &stamp, 1));
    const StoreStamp next = {1, 2, 4};
    for (int i = 0; i <= LIST_CACHE_ENTRIES_MAX; i++) {
        g_autofree char *query = g_strdup_printf("cursor=%d", i), *first = g_strdup("cursor=0");
        keep(cache, query, &next, 10);
        g_assert_true(kept(cache, query, &next, 10));
        g_assert_cmpint(kept(cache, first, &next, 10), ==, i < LIST_CACHE_ENTRIES_MAX);
    }
    list_cache_free(cache);
}

/* -- servers ------------------------------------------------------------------------------------------------------------- */

/* The list as the server answers it, and whether it was at hand. */
static char *list_of(Server *server, const char *target, bool *at_hand) {
    g_autoptr(Request) request = request_new(target);
    g_auto(Response) response = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(request_begin(request, "GET", &error));
    response_init(&response);
    *at_hand = meetings_list_kept(&server->context, request, &response);
    if (!*at_hand) meetings_list(&server->context, request, &response, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(response.status, ==, 200);
    g_assert_cmpstr(response_get_header(&response, "Content-Type"), ==, "application/json");
    return g_strndup(g_bytes_get_data(response.bytes, NULL), g_bytes_get_size(response.bytes));
}

static void put_row(Server *server, const char *title) {
    g_autoptr(Row) row = row_new();
    row->meeting_id = g_strdup("m");
    row->timestamp_ms = 1000;
    row->updated_ms = g_get_real_time();
    row->filename = g_strdup("a.mp3");
    row->title = g_strdup(title);
    g_assert_true(catalog_put(server->workspace.catalog, row, NULL));
}

static void test_kept(void) {
    Server server = {0};
    bool at_hand;
    server_open(&server, store_memory_new(clock_system()));
    g_free(list_of(&server, "/api/meetings", &at_hand));
    g_free(list_of(&server, "/api/meetings", &at_hand));
    g_assert_false(at_hand); /* an empty list is looked at each time */
    put_row(&server, "one");
    g_autofree char *first = list_of(&server, "/api/meetings?limit=5", &at_hand);
    g_assert_false(at_hand);
    g_autofree char *second = list_of(&server, "/api/meetings?limit=5", &at_hand);
    g_assert_true(at_hand);
    g_assert_cmpstr(first, ==, second);
    g_free(list_of(&server, "/api/meetings?limit=6", &at_hand));
    g_assert_false(at_hand);
    put_row(&server, "two");
    g_autofree char *third = list_of(&server, "/api/meetings?limit=5", &at_hand);
    g_assert_false(at_hand);
    g_assert_nonnull(strstr(third, "\"two\""));

    /* A client that has it gets no body. */
    g_auto(KeptList) list = {0};
    StoreStamp stamp;
    g_assert_true(catalog_stamp(server.workspace.catalog, &stamp));
    g_assert_true(list_cache_find(server.context.lists, "limit=5", &stamp, &list));
    g_autoptr(Request) request = request_new("/api/meetings?limit=5");
    g_auto(Response) response = {0};
    g_assert_true(request_begin(request, "GET", NULL) && request_add_header(request, "If-None-Match", 13, list.etag, strlen(list.etag), NULL));
    response_init(&response);
    g_assert_true(meetings_list_kept(&server.context, request, &response));
    g_assert_cmpuint(response.status, ==, 304);
    g_assert_null(response.bytes);
    server_close(&server);
}

static Store *open_dir(const char *root) {
    Store *store = NULL;
    g_assert_true(store_dir_open(root, clock_system(), &store, NULL));
    return store;
}

/* Two servers on one directory: what one writes, or takes away, is in the next list of both, whenever that is asked for. */
static void test_two_servers(void) {
    Server one = {0}, other = {0};
    g_autofree char *root = g_dir_make_tmp("hansard-lists-XXXXXX", NULL);
    server_open(&one, open_dir(root));
    server_open(&other, open_dir(root));
    guint at_hand_count = 0;
    for (int i = 0; i < 60; i++) {
        bool at_hand;
        g_autofree char *title = g_strdup_printf("title %d", i), *quoted = g_strdup_printf("\"%s\"", title);
        put_row(i % 3 ? &other : &one, title);
        for (int look = 0; look < 5; look++) {
            g_autofree char *here = list_of(&one, "/api/meetings", &at_hand);
            g_assert_nonnull(strstr(here, quoted));
            at_hand_count += at_hand;
            g_autofree char *there = list_of(&other, "/api/meetings", &at_hand);
            g_assert_cmpstr(here, ==, there);
            if (look == 2) g_usleep(i % 10 == 9 ? 110000 : (gulong)i * 50); /* some of them after the folder has settled */
        }
    }
    g_assert_cmpuint(at_hand_count, >=, 6);
    bool at_hand;
    g_usleep(110000);
    for (int i = 0; i < 2; i++) g_free(list_of(&one, "/api/meetings", &at_hand));
    g_assert_true(at_hand);
    g_assert_true(catalog_remove(other.workspace.catalog, "m", 1000, NULL));
    g_autofree char *gone = list_of(&one, "/api/meetings", &at_hand);
    g_assert_false(at_hand);
    g_assert_nonnull(strstr(gone, "\"count\":0"));
    server_close(&one);
    server_close(&other);
    g_autofree char *remove = g_strdup_printf("rm -rf '%s'", root);
    g_assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-lists/stamps", test_stamps);
    g_test_add_func("/http-lists/bounds", test_bounds);
    g_test_add_func("/http-lists/kept", test_kept);
    g_test_add_func("/http-lists/two-servers", test_two_servers);
    return g_test_run();
}
