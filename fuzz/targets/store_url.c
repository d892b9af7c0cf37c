/* Signed URLs of this server: a path and a query are refused whatever they are; one that was signed for the file name in the input is taken, and with
 * one byte altered it is not. */
#include "base/text.h"
#include "fuzz.h"
#include "store/memory.h"
#include "store/uploads.h"

static bool is_taken(Store *store, const char *url, char **filename) {
    g_autofree char *key = NULL, *type = NULL;
    const char *query = strchr(url, '?');
    g_autofree char *path = query ? g_strndup(url, (gsize)(query - url)) : g_strdup(url);
    return FUZZ_CALL(store_check_url(store, "GET", path, query ? query + 1 : NULL, &key, &type, filename, &error));
}

static void sign(Store *store, const char *text) {
    g_autofree char *name = text_clean_filename(text), *key = g_strconcat("meetings/x_", name, NULL), *url = NULL, *filename = NULL, *none = NULL;
    StoreUrl permit = {.method = "GET", .expires_s = 60, .filename = name};
    g_assert_true(FUZZ_CALL(store_sign_url(store, key, &permit, &url, &error)));
    g_assert_true(is_taken(store, url, &filename));
    g_assert_cmpstr(filename, ==, name);
    gsize at = strlen(text) % strlen(url);
    url[at] = url[at] == 'x' ? 'y' : 'x';
    g_assert_false(is_taken(store, url, &none));
}

void fuzz_store_url(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *path = input_line(&input), *query = input_line(&input), *name = input_rest(&input);
    g_autofree char *key = NULL, *type = NULL, *filename = NULL, *part_key = NULL, *upload = NULL;
    guint number = 0;
    g_autoptr(Store) store = store_memory_new(clock_system());
    g_assert_false(FUZZ_CALL(store_check_url(store, "GET", path, query, &key, &type, &filename, &error)));
    g_assert_false(FUZZ_CALL(store_check_part_url(store, path, query, &part_key, &upload, &number, &error)));
    sign(store, name);
}
