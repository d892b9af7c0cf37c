/* What is kept of meetings for their answers, and its bounds. That each change of a document is in the very next answer: tests/e2e/http_api_test.py. */
#include "base/limits.h"
#include "http/view_cache.h"

static void keep(ViewCache *cache, const char *name, gsize size) {
    g_auto(View) view = {g_bytes_new_take(g_malloc0(size), size), g_strdup("recording"), g_strdup("e")};
    view_cache_keep(cache, name, &view);
}

static bool kept(ViewCache *cache, const char *name, gsize size) {
    g_auto(View) view = {0};
    if (!view_cache_find(cache, name, &view)) return false;
    g_assert_cmpstr(view.recording, ==, "recording");
    g_assert_cmpstr(view.etag, ==, "e");
    return g_bytes_get_size(view.members) == size;
}

static void test_names(void) {
    ViewCache *cache = view_cache_new();
    keep(cache, "m 1", 5);
    keep(cache, "m 2", 6);
    g_assert_true(kept(cache, "m 1", 5));
    g_assert_true(kept(cache, "m 2", 6));
    g_assert_false(kept(cache, "m", 5));
    keep(cache, "m 1", 5);
    g_assert_true(kept(cache, "m 1", 5));
    view_cache_free(cache);
    view_cache_free(NULL);
}

static void test_bounds(void) {
    const gsize most = VIEW_CACHE_BYTES_MAX / 4 - 1; /* with a name of one letter */
    ViewCache *cache = view_cache_new();
    keep(cache, "x", most + 1);
    g_assert_false(kept(cache, "x", most + 1));
    for (const char *name = "abcd"; *name; name++) {
        const char one[] = {*name, '\0'};
        keep(cache, one, most);
        g_assert_true(kept(cache, one, most));
    }
    g_assert_true(kept(cache, "a", most));
    keep(cache, "e", 1); /* there is no room: the others go */
    g_assert_true(kept(cache, "e", 1));
    g_assert_false(kept(cache, "a", most));
    for (int i = 0; i < VIEW_CACHE_ENTRIES_MAX; i++) {
        g_autofree char *name = g_strdup_printf("m %d", i);
        keep(cache, name, 10);
        g_assert_true(kept(cache, name, 10));
    }
    g_assert_false(kept(cache, "e", 1));
    view_cache_free(cache);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/views/names", test_names);
    g_test_add_func("/http/views/bounds", test_bounds);
    return g_test_run();
}
