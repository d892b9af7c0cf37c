/* The store's contract on the in-memory backend, and what store.c says of content types. */
#include "store/memory.h"
#include "store/store_backend.h"
#include "store_contract.h"

static Store *open_memory(Clock *clock, char **place) { return store_memory_new(clock); }

static const StoreFactory memory = {.name = "memory", .own_clock = true, .local_urls = true, .open = open_memory};

static void test_content_types(void) {
    static const char *const cases[][2] = {{"a.m4a", "audio/mp4"},
                                           {"a/B.MP3", "audio/mpeg"},
                                           {"a.mp4/b", "application/octet-stream"},
                                           {"a", "application/octet-stream"},
                                           {"a.", "application/octet-stream"},
                                           {"a.html", "application/octet-stream"},
                                           {"m/metadata.json", "application/json"},
                                           {"t.vtt", "text/vtt; charset=utf-8"},
                                           {"t.srt", "application/x-subrip"},
                                           {"t.tar.webm", "video/webm"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) g_assert_cmpstr(store_content_type_of(cases[i][0]), ==, cases[i][1]);
}

/* A secret is a store's own: another's URL does not hold. */
static void test_url_of_another_store(void) {
    g_autoptr(Store) ours = store_memory_new(clock_system()), other = store_memory_new(clock_system());
    g_autofree char *text = NULL;
    char *key = NULL, *type = NULL, *name = NULL;
    assert_works(store_sign_url(other, "a", &(StoreUrl){.method = "GET", .expires_s = 9}, &text, error));
    assert_fails(check_url(ours, "GET", text, &key, &type, &name, error), ERROR_FORBIDDEN);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    store_contract_add(&memory);
    g_test_add_func("/store/content-types", test_content_types);
    g_test_add_func("/store/url-of-another-store", test_url_of_another_store);
    return g_test_run();
}
