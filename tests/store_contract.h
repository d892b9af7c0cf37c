/* The contract of store.h as tests: one suite, run on each backend. A test program gives a factory for its backend and calls
 * store_contract_add(). */
#pragma once

#include "store/uploads.h"
#include "store_asserts.h"

#define TEST_TIME_MS G_GINT64_CONSTANT(1772600767089) /* 2026-03-04T05:06:07.089Z */

typedef struct {
    const char *name;
    bool own_clock;   /* modification times are by the store's clock, and ETags differ for equal bytes too */
    bool local_urls;  /* signed URLs are paths on this server */
    Store *(*open)(Clock *clock, char **place); /* `place` is handed to remove() and freed */
    void (*remove)(const char *place);
    /* Sends the bytes to a URL of store_upload_sign_part, as a browser would: the HTTP status. NULL where this server answers such URLs. */
    int (*put_url)(const char *url, GBytes *bytes);
    const char *variant; /* of the tests' names; NULL: as `name` */
} StoreFactory;

typedef struct {
    const StoreFactory *factory;
    TestClock clock;
    Store *store;
    char *place;
} StoreFixture;

static void store_fixture_set_up(StoreFixture *fixture, gconstpointer factory) {
    fixture->factory = factory;
    fixture->clock = (TestClock){.base = {.now_ms = test_clock_now_ms}, .ms = TEST_TIME_MS};
    fixture->store = fixture->factory->open(&fixture->clock.base, &fixture->place);
}

static void store_fixture_tear_down(StoreFixture *fixture, gconstpointer factory) {
    store_close(fixture->store);
    if (fixture->factory->remove) fixture->factory->remove(fixture->place);
    g_free(fixture->place);
}

/* The keys of one list, joined by spaces; "+" at the end when more follow. */
static char *list_keys(Store *store, const char *prefix, const char *start_after, guint limit) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    g_assert_true(store_list(store, prefix, start_after, limit, &entries, &more, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(entries->len, <=, limit);
    GString *keys = g_string_new(NULL);
    for (guint i = 0; i < entries->len; i++)
        g_string_append_printf(keys, "%s%s", i ? " " : "", ((StoreEntry *)g_ptr_array_index(entries, i))->key);
    if (more) g_string_append(keys, " +");
    return g_string_free(keys, FALSE);
}

static void assert_list(Store *store, const char *prefix, const char *start_after, guint limit, const char *expected) {
    g_autofree char *keys = list_keys(store, prefix, start_after, limit);
    g_assert_cmpstr(keys, ==, expected);
}

static void contract_put_get(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    g_auto(StoreInfo) put = {0}, head = {0}, got = {0};
    g_autoptr(GBytes) bytes = g_bytes_new_static("one\0two", 7), back = NULL;
    g_assert_cmpstr(store_name(store), ==, fixture->factory->name);
    assert_works(store_put(store, "meetings/ä b.M4A", bytes, NULL, &put, error));
    assert_works(store_head(store, "meetings/ä b.M4A", &head, error));
    assert_works(store_get(store, "meetings/ä b.M4A", 7, &back, &got, error));
    g_assert_true(g_bytes_equal(bytes, back));
    g_assert_cmpuint(put.size, ==, 7);
    g_assert_cmpuint(head.size, ==, 7);
    g_assert_cmpstr(put.etag, ==, head.etag);
    g_assert_cmpstr(put.etag, ==, got.etag);
    g_assert_cmpstr(head.content_type, ==, "audio/mp4");
    g_assert_null(head.metadata);
    if (fixture->factory->own_clock) g_assert_cmpint(head.modified_ms, ==, TEST_TIME_MS);

    g_autoptr(GBytes) untouched = NULL;
    assert_fails(store_get(store, "meetings/ä b.M4A", 6, &untouched, NULL, error), ERROR_TOO_LARGE);
    assert_fails(store_get(store, "meetings/ä", 6, &untouched, NULL, error), ERROR_NOT_FOUND);
    assert_fails(store_get(store, "meetings", 6, &untouched, NULL, error), ERROR_NOT_FOUND);
    assert_fails(store_get(store, "meetings/ä b.M4A/x", 6, &untouched, NULL, error), ERROR_NOT_FOUND);
    g_assert_null(untouched);
    g_auto(StoreInfo) none = {0};
    assert_fails(store_head(store, "other", &none, error), ERROR_NOT_FOUND);
    g_assert_null(none.etag);
    must_put(store, "empty", "");
    assert_text(store, "empty", "");
}

static void contract_etags(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 60; i++) {
        g_autofree char *text = fixture->factory->own_clock ? g_strdup("same") : g_strdup_printf("%d", i);
        if (i % 3 == 2) fixture->clock.ms -= 1000; /* a clock that is set back */
        if (i % 7 == 6) assert_works(store_delete(store, "a/b", error));
        char *etag = put_text(store, "a/b", text, NULL, NULL);
        g_assert_nonnull(etag);
        g_assert_true(g_hash_table_add(seen, etag));
    }
    for (int i = 0; i < 3; i++) { /* made anew within one tick of the clock */
        g_autofree char *text = fixture->factory->own_clock ? g_strdup("anew") : g_strdup_printf("anew %d", i);
        assert_works(store_delete(store, "a/b", error));
        char *etag = put_text(store, "a/b", text, NULL, NULL);
        g_assert_nonnull(etag);
        g_assert_true(g_hash_table_add(seen, etag));
    }
}

static void contract_keys(StoreFixture *fixture, gconstpointer factory) {
    static const char *const bad[] = {"",     "/",      "/a",     "a/",        "a//b", "//",        ".",        "..",
                                      "a/..", "../a",   "a/../b", "./a",       "a/.",  "a\nb",      "a\x01",    "\x7f",
                                      "\xff", ".hansard", "a/\t/b", "a\xc2\x85", "a\xc0\xaf", ".hansard/x", "\xed\xa0\x80"};
    static const char *const good[] = {"...", "a/...",     ".a",         "..a/b",  "a..", " ",  "a b/c d", "日本/語",
                                       "-rf", ".hansard2", "a/.hansard", "%2e%2e", "\\",  "*?", "~",       "a&b=c+d;e@f"};
    Store *store = fixture->store;
    g_autoptr(GBytes) bytes = g_bytes_new_static("x", 1);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(StoreReader) reader = NULL;
        g_auto(StoreInfo) info = {0};
        assert_fails(store_key_check(bad[i], error), ERROR_INVALID);
        assert_fails(store_put(store, bad[i], bytes, NULL, NULL, error), ERROR_INVALID);
        assert_fails(store_open(store, bad[i], &reader, NULL, error), ERROR_INVALID);
        assert_fails(store_head(store, bad[i], &info, error), ERROR_INVALID);
        assert_fails(store_delete(store, bad[i], error), ERROR_INVALID);
    }
    assert_list(store, "", NULL, 1000, "");
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        must_put(store, good[i], good[i]);
        assert_text(store, good[i], good[i]);
        assert_works(store_delete(store, good[i], error));
    }
    GString *key = g_string_new(NULL);
    while (key->len < KEY_BYTES_MAX) g_string_append(key, key->len % 200 == 199 ? "/" : "k");
    must_put(store, key->str, "longest");
    assert_text(store, key->str, "longest");
    assert_list(store, "", NULL, 10, key->str);
    key->str[199] = 'k'; /* the first component now has 399 bytes */
    assert_fails(store_put(store, key->str, bytes, NULL, NULL, error), ERROR_INVALID);
    key->str[199] = '/';
    g_string_insert_c(key, 2, '/'); /* the key now has one byte too many */
    assert_fails(store_put(store, key->str, bytes, NULL, NULL, error), ERROR_INVALID);
    g_string_assign(key, "");
    for (int i = 0; i < KEY_COMPONENT_BYTES_MAX; i++) g_string_append_c(key, 'c');
    must_put(store, key->str, "c");
    g_string_append_c(key, 'c');
    assert_fails(store_put(store, key->str, bytes, NULL, NULL, error), ERROR_INVALID);
    g_string_free(key, TRUE);
}

static void contract_stream(StoreFixture *fixture, gconstpointer factory) {
    static const gsize blocks[] = {1, 4095, 65537, 1 << 20, 7, 333333};
    const guint64 total = 64 * MIB + 1;
    g_autofree guint8 *block = g_malloc(1 << 20);
    g_autoptr(StoreWriter) writer = NULL;
    g_autoptr(StoreReader) reader = NULL;
    gsize got;
    assert_works(store_put_open(fixture->store, "big.wav", NULL, &writer, error));
    guint64 at = 0;
    for (int i = 0; at < total; i++) {
        gsize size = (gsize)MIN(blocks[i % G_N_ELEMENTS(blocks)], total - at);
        for (gsize j = 0; j < size; j++) block[j] = stream_byte(at + j);
        assert_works(store_writer_write(writer, block, size, error));
        at += size;
        if (i == 9) assert_text(fixture->store, "big.wav", NULL); /* nothing is seen before commit */
    }
    assert_list(fixture->store, "", NULL, 10, "");
    assert_works(store_writer_commit(g_steal_pointer(&writer), NULL, error));
    assert_works(store_open(fixture->store, "big.wav", &reader, NULL, error));
    g_assert_cmpuint(store_reader_size(reader), ==, total);
    at = 0;
    for (int i = 3; at < total; i++) {
        gsize size = blocks[i % G_N_ELEMENTS(blocks)];
        assert_works(store_reader_read(reader, at, block, size, &got, error));
        g_assert_cmpuint(got, ==, MIN(size, total - at));
        bool same = true;
        for (gsize j = 0; j < got; j++) same &= block[j] == stream_byte(at + j);
        g_assert_true(same);
        at += got;
    }
}

static void contract_ranges(StoreFixture *fixture, gconstpointer factory) {
    static const struct {
        guint64 offset;
        gsize size, got;
    } cases[] = {{0, 0, 0}, {0, 1, 1}, {0, 10, 10}, {0, 11, 10}, {9, 1, 1}, {9, 5, 1}, {10, 1, 0}, {11, 1, 0}, {3, 4, 4},
                 {G_MAXUINT64, 16, 0}, {G_MAXINT64, 16, 0}, {5, 0, 0}};
    g_autoptr(StoreReader) reader = NULL;
    must_put(fixture->store, "digits", "0123456789");
    assert_works(store_open(fixture->store, "digits", &reader, NULL, error));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char buffer[17];
        gsize got = 99;
        memset(buffer, '#', sizeof buffer);
        assert_works(store_reader_read(reader, cases[i].offset, buffer, cases[i].size, &got, error));
        g_assert_cmpuint(got, ==, cases[i].got);
        g_assert_cmpmem(buffer, got, &"0123456789"[got ? cases[i].offset : 0], got);
        g_assert_cmpint(buffer[got], ==, '#');
    }
}

static void contract_conditions(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    const StorePut fresh = {.if_none_match = true};
    g_autofree char *first = put_text(store, "d/k", "1", &fresh, NULL);
    g_assert_nonnull(first);
    assert_fails(put_text(store, "d/k", "2", &fresh, error), ERROR_PRECONDITION);
    const StorePut match = {.if_match = first}, wrong = {.if_match = "1-2"}, both = {.if_match = first, .if_none_match = true};
    g_autofree char *second = put_text(store, "d/k", "22", &match, NULL);
    g_assert_nonnull(second);
    g_assert_cmpstr(first, !=, second);
    assert_fails(put_text(store, "d/k", "3", &match, error), ERROR_PRECONDITION);
    assert_fails(put_text(store, "d/k", "3", &wrong, error), ERROR_PRECONDITION);
    assert_fails(put_text(store, "d/k", "3", &both, error), ERROR_INVALID);
    assert_fails(put_text(store, "none", "3", &match, error), ERROR_PRECONDITION);
    assert_fails(put_text(store, "no/such/folder", "3", &match, error), ERROR_PRECONDITION);
    const StorePut empty = {.if_match = ""}, broken = {.if_match = "a\nb"};
    assert_fails(put_text(store, "d/k", "3", &empty, error), ERROR_INVALID);
    assert_fails(put_text(store, "d/k", "3", &broken, error), ERROR_INVALID);
    assert_text(store, "d/k", "22");
    assert_list(store, "", NULL, 10, "d/k");
    assert_works(store_delete(store, "d/k", error));
    const StorePut late = {.if_match = second};
    assert_fails(put_text(store, "d/k", "3", &late, error), ERROR_PRECONDITION);
    g_autofree char *third = put_text(store, "d/k", "333", &fresh, NULL);
    g_assert_nonnull(third);
}

static void contract_abort(StoreFixture *fixture, gconstpointer factory) {
    must_put(fixture->store, "k", "old");
    StoreWriter *writer;
    assert_works(store_put_open(fixture->store, "k", NULL, &writer, error));
    assert_works(store_writer_write(writer, "new", 3, error));
    assert_text(fixture->store, "k", "old");
    store_writer_abort(writer);
    assert_works(store_put_open(fixture->store, "x/y", NULL, &writer, error));
    store_writer_abort(writer);
    assert_text(fixture->store, "k", "old");
    assert_list(fixture->store, "", NULL, 10, "k");
    assert_works(store_put_open(fixture->store, "k", NULL, &writer, error));
    assert_fails(store_writer_write(writer, "x", RECORDING_BYTES_MAX + 1, error), ERROR_TOO_LARGE);
    assert_fails(store_writer_write(writer, "x", 1, error), ERROR_CONFLICT);
    assert_fails(store_writer_commit(writer, NULL, error), ERROR_CONFLICT);
    assert_text(fixture->store, "k", "old");
}

static void contract_one_version(StoreFixture *fixture, gconstpointer factory) {
    for (int removed = 0; removed < 2; removed++) {
        g_autoptr(StoreReader) reader = NULL;
        g_autoptr(GError) problem = NULL;
        char buffer[8] = "";
        gsize got = 0;
        must_put(fixture->store, "k", "version one");
        assert_works(store_open(fixture->store, "k", &reader, NULL, error));
        if (removed) assert_works(store_delete(fixture->store, "k", error));
        else must_put(fixture->store, "k", "VERSION TWO!");
        if (store_reader_read(reader, 8, buffer, sizeof buffer, &got, &problem)) g_assert_cmpmem(buffer, got, "one", 3);
        else g_assert_error(problem, HANSARD_ERROR, ERROR_PRECONDITION);
    }
}

/* Names that an URL or XML would escape, or that look as if one had: each comes back as it was put, and can be listed after. */
static void contract_list_escapes(StoreFixture *fixture, gconstpointer factory) {
    static const char *const sorted[] = {"i/ %2B+ ", "i/%", "i/%25", "i/%5F_ü", "i/%zz", "i/&<>\"'", "i/+", "i/a%2Fb", "i/a+b c"};
    Store *store = fixture->store;
    for (gsize i = 0; i < G_N_ELEMENTS(sorted); i++) must_put(store, sorted[i], "x");
    for (gsize i = 0; i < G_N_ELEMENTS(sorted); i++) {
        g_autofree char *expected = g_strconcat(sorted[i], i + 1 < G_N_ELEMENTS(sorted) ? " +" : "", NULL);
        assert_list(store, "i/", i > 0 ? sorted[i - 1] : NULL, 1, expected);
    }
}

static void contract_list(StoreFixture *fixture, gconstpointer factory) {
    static const char *const keys[] = {"a/b", "a0", "a-b",     "a_b", "a/b-/c", "a.b/c", "a/b0",
                                       "b",   "日", "c/d/e/f", "ä/ö", "z/y",    "a/!"};
    Store *store = fixture->store;
    assert_list(store, "", NULL, 1, "");
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) must_put(store, keys[i], keys[i]);
    const char *all = "a-b a.b/c a/! a/b a/b-/c a/b0 a0 a_b b c/d/e/f z/y ä/ö 日";
    assert_list(store, "", NULL, 1000, all);
    assert_list(store, "", "", 13, all);
    assert_list(store, "", NULL, 12, "a-b a.b/c a/! a/b a/b-/c a/b0 a0 a_b b c/d/e/f z/y ä/ö +");
    assert_list(store, "", NULL, 1, "a-b +");
    assert_list(store, "", "日", 1, "");
    assert_list(store, "", "ä/ö", 1, "日");
    assert_list(store, "a/", NULL, 1000, "a/! a/b a/b-/c a/b0");
    assert_list(store, "a/b", NULL, 1000, "a/b a/b-/c a/b0");
    assert_list(store, "a/b-/c", NULL, 2, "a/b-/c");
    assert_list(store, "a/b-/c/", NULL, 2, "");
    assert_list(store, "a", NULL, 3, "a-b a.b/c a/! +");
    assert_list(store, "a", "a/b", 2, "a/b-/c a/b0 +");
    assert_list(store, "a/", "a-b", 1000, "a/! a/b a/b-/c a/b0");
    assert_list(store, "a/", "a/b-", 2, "a/b-/c a/b0");
    assert_list(store, "a/", "a/b-/", 2, "a/b-/c a/b0");
    assert_list(store, "a/", "a/b-/c", 2, "a/b0");
    assert_list(store, "a/", "a/b-/zz", 2, "a/b0");
    assert_list(store, "a/", "a/b0", 2, "");
    assert_list(store, "a/", "b", 2, "");
    assert_list(store, "b", "a", 2, "b");
    assert_list(store, "c/d", "c/d/e", 2, "c/d/e/f");
    assert_list(store, "no/such", NULL, 2, "");
    assert_list(store, "b/", NULL, 2, "");
    assert_list(store, ".", NULL, 2, "");
    assert_list(store, ".hansard", NULL, 2, "");

    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    assert_fails(store_list(store, "", NULL, 0, &entries, &more, error), ERROR_INVALID);
    assert_fails(store_list(store, "", NULL, LIST_LIMIT_MAX + 1, &entries, &more, error), ERROR_INVALID);
    assert_fails(store_list(store, "../", NULL, 1, &entries, &more, error), ERROR_INVALID);
    assert_fails(store_list(store, "/", NULL, 1, &entries, &more, error), ERROR_INVALID);
    assert_fails(store_list(store, ".hansard/", NULL, 1, &entries, &more, error), ERROR_INVALID);
    assert_fails(store_list(store, "a\n", NULL, 1, &entries, &more, error), ERROR_INVALID);
    assert_fails(store_list(store, "", "\xff", 1, &entries, &more, error), ERROR_INVALID);
    assert_works(store_list(store, "a/b0", NULL, 1, &entries, &more, error));
    const StoreEntry *entry = g_ptr_array_index(entries, 0);
    g_auto(StoreInfo) info = {0};
    assert_works(store_head(store, "a/b0", &info, error));
    g_assert_cmpuint(entry->size, ==, 4);
    g_assert_cmpstr(entry->etag, ==, info.etag);
    g_assert_cmpint(entry->modified_ms, ==, info.modified_ms);
}

static bool count_visits(const StoreEntry *entry, gpointer data, GError **error) {
    GPtrArray *keys = data;
    if (keys->len > 0) g_assert_cmpstr(g_ptr_array_index(keys, keys->len - 1), <, entry->key);
    g_ptr_array_add(keys, g_strdup(entry->key));
    return keys->len < 2100 || fail(error, ERROR_CANCELLED, "stopped by the test");
}

static void contract_each_and_delete(StoreFixture *fixture, gconstpointer factory) {
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    assert_works(store_each(fixture->store, "e/", count_visits, keys, error));
    for (int i = 0; i < DELETE_MANY_MAX + 1; i++) {
        g_ptr_array_add(names, g_strdup_printf("e/%d/k%04d", i % 3, i));
        must_put(fixture->store, names->pdata[i], "");
    }
    const char *const *all = (const char *const *)names->pdata;
    assert_works(store_each(fixture->store, "e/", count_visits, keys, error));
    g_assert_cmpuint(keys->len, ==, DELETE_MANY_MAX + 1);
    assert_fails(store_delete_many(fixture->store, all, DELETE_MANY_MAX + 1, error), ERROR_TOO_LARGE);
    assert_works(store_delete_many(fixture->store, all, DELETE_MANY_MAX, error));
    assert_list(fixture->store, "", NULL, 10, all[DELETE_MANY_MAX]);
    assert_works(store_delete_many(fixture->store, all, DELETE_MANY_MAX, error)); /* none of them is there */
    assert_works(store_delete_many(fixture->store, all, 0, error));
    assert_works(store_delete(fixture->store, "e", error));
    assert_works(store_delete(fixture->store, "never/was", error));
    assert_list(fixture->store, "", NULL, 10, all[DELETE_MANY_MAX]);
}

static bool stop_at_once(const StoreEntry *entry, gpointer data, GError **error) {
    ++*(int *)data;
    return fail(error, ERROR_CANCELLED, "stopped by the test");
}

static void contract_each_stops(StoreFixture *fixture, gconstpointer factory) {
    int visits = 0;
    must_put(fixture->store, "a", "");
    must_put(fixture->store, "b", "");
    assert_fails(store_each(fixture->store, "", stop_at_once, &visits, error), ERROR_CANCELLED);
    g_assert_cmpint(visits, ==, 1);
}

static void contract_attributes(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    g_autoptr(GHashTable) metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(metadata, g_strdup("sha-256"), g_strdup("ab \"\\ ~"));
    g_hash_table_insert(metadata, g_strdup("n"), g_strdup(""));
    g_auto(StoreInfo) info = {0}, replaced = {0}, put_info = {0};
    const StorePut put = {.content_type = "audio/x-odd; a=\"b\"", .metadata = metadata};
    g_autoptr(GBytes) bytes = g_bytes_new_static("x", 1);
    assert_works(store_put(store, "m.txt", bytes, &put, &put_info, error));
    assert_works(store_head(store, "m.txt", &info, error));
    g_assert_cmpstr(info.content_type, ==, put.content_type);
    g_assert_cmpstr(put_info.content_type, ==, put.content_type);
    g_assert_cmpuint(g_hash_table_size(info.metadata), ==, 2);
    g_assert_cmpstr(g_hash_table_lookup(info.metadata, "sha-256"), ==, "ab \"\\ ~");
    g_assert_cmpstr(g_hash_table_lookup(info.metadata, "n"), ==, "");
    g_assert_cmpuint(g_hash_table_size(put_info.metadata), ==, 2);
    must_put(store, "m.txt", "plain");
    assert_works(store_head(store, "m.txt", &replaced, error));
    g_assert_cmpstr(replaced.content_type, ==, "text/plain; charset=utf-8");
    g_assert_null(replaced.metadata);

    g_autofree char *at_limit = g_strnfill(USER_METADATA_BYTES_MAX - 8, 'v');
    g_autofree char *over = g_strnfill(USER_METADATA_BYTES_MAX - 7, 'v');
    g_hash_table_insert(metadata, g_strdup("n"), g_strdup(""));
    g_hash_table_insert(metadata, g_strdup("sha-256"), g_strdup(at_limit));
    assert_works(store_put(store, "m", bytes, &put, NULL, error));
    g_hash_table_insert(metadata, g_strdup("sha-256"), g_strdup(over));
    assert_fails(store_put(store, "m", bytes, &put, NULL, error), ERROR_TOO_LARGE);
    static const char *const bad_names[] = {"", "A", "a_b", "ä", "a b",
                                            "a-name-of-65-characters-0123456789-0123456789-0123456789-01234567"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad_names); i++) {
        g_hash_table_remove_all(metadata);
        g_hash_table_insert(metadata, g_strdup(bad_names[i]), g_strdup("v"));
        assert_fails(store_put(store, "m", bytes, &put, NULL, error), ERROR_INVALID);
    }
    g_hash_table_remove_all(metadata);
    g_hash_table_insert(metadata, g_strdup("n"), g_strdup("v\nx: y"));
    assert_fails(store_put(store, "m", bytes, &put, NULL, error), ERROR_INVALID);
    static const char *const bad_types[] = {"", "a\r\nb", "ä/b"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad_types); i++) {
        const StorePut typed = {.content_type = bad_types[i]};
        assert_fails(store_put(store, "m", bytes, &typed, NULL, error), ERROR_INVALID);
    }
}

#define RACERS 16

typedef struct {
    Store *store;
    const StorePut *put;
    int number, *ready;
    bool won;
} Racer;

static gpointer race(gpointer data) {
    Racer *racer = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("racer %d", racer->number);
    g_atomic_int_inc(racer->ready);
    while (g_atomic_int_get(racer->ready) < RACERS) g_thread_yield();
    g_autofree char *etag = put_text(racer->store, "race/k", text, racer->put, &error);
    racer->won = etag != NULL;
    if (!racer->won) g_assert_error(error, HANSARD_ERROR, ERROR_PRECONDITION);
    return NULL;
}

/* One round: exactly one of the racers wins, and the object is the winner's. */
static void run_race(Store *store, const StorePut *put) {
    Racer racers[RACERS];
    GThread *threads[RACERS];
    int ready = 0, winners = 0;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (Racer){.store = store, .put = put, .number = i, .ready = &ready};
        threads[i] = g_thread_new("racer", race, &racers[i]);
    }
    for (int i = 0; i < RACERS; i++) {
        g_thread_join(threads[i]);
        winners += racers[i].won;
        if (!racers[i].won) continue;
        g_autofree char *text = g_strdup_printf("racer %d", i);
        assert_text(store, "race/k", text);
    }
    g_assert_cmpint(winners, ==, 1);
}

static void contract_races(StoreFixture *fixture, gconstpointer factory) {
    for (int round = 0; round < 25; round++) {
        const StorePut fresh = {.if_none_match = true};
        assert_works(store_delete(fixture->store, "race/k", error));
        run_race(fixture->store, &fresh);
        g_auto(StoreInfo) info = {0};
        assert_works(store_head(fixture->store, "race/k", &info, error));
        const StorePut match = {.if_match = info.etag};
        run_race(fixture->store, &match);
    }
}

static bool check_url(Store *store, const char *method, const char *signed_url, char **key, char **type, char **name,
                      GError **error) {
    g_auto(GStrv) parts = g_strsplit(signed_url, "?", 2);
    return store_check_url(store, method, parts[0], parts[0] ? parts[1] : NULL, key, type, name, error);
}

static void contract_urls(StoreFixture *fixture, gconstpointer factory) {
    if (!fixture->factory->local_urls) return;
    Store *store = fixture->store;
    const char *key = "meetings/ä b+c&d=e?%2f#.wav";
    StoreUrl url = {.method = "GET", .expires_s = 60, .content_type = "audio/wav; a=b", .filename = "Räum & \"Zeit\".wav"};
    g_autofree char *text = NULL, *back = NULL, *type = NULL, *name = NULL;
    assert_works(store_sign_url(store, key, &url, &text, error));
    assert_works(check_url(store, "GET", text, &back, &type, &name, error));
    g_assert_cmpstr(back, ==, key);
    g_assert_cmpstr(type, ==, url.content_type);
    g_assert_cmpstr(name, ==, url.filename);
    char *none = NULL;
    assert_fails(check_url(store, "PUT", text, &none, &none, &none, error), ERROR_FORBIDDEN);
    for (gsize i = 0; text[i]; i++) { /* each bit of it, and a byte less */
        for (int bit = 0; bit < 8; bit++) {
            g_autofree char *altered = g_strdup(text);
            altered[i] = (char)(altered[i] ^ (1 << bit));
            assert_fails(check_url(store, "GET", altered, &none, &none, &none, error), ERROR_FORBIDDEN);
        }
        g_autofree char *cut = g_strndup(text, i);
        assert_fails(check_url(store, "GET", cut, &none, &none, &none, error), ERROR_FORBIDDEN);
    }
    g_autofree char *longer = g_strconcat(text, "&x=y", NULL);
    assert_fails(check_url(store, "GET", longer, &none, &none, &none, error), ERROR_FORBIDDEN);
    g_autofree char *huge = g_strnfill(100000, 'a');
    assert_fails(store_check_url(store, "GET", "/store/a", huge, &none, &none, &none, error), ERROR_FORBIDDEN);
    g_assert_null(none);
    fixture->clock.ms += 59000;
    g_autofree char *still = NULL, *still_type = NULL, *still_name = NULL;
    assert_works(check_url(store, "GET", text, &still, &still_type, &still_name, error));
    fixture->clock.ms += 1000;
    assert_fails(check_url(store, "GET", text, &none, &none, &none, error), ERROR_FORBIDDEN);

    g_autofree char *plain = NULL, *plain_key = NULL, *plain_type = NULL, *plain_name = NULL;
    url = (StoreUrl){.method = "PUT", .expires_s = URL_EXPIRY_S_MAX};
    assert_works(store_sign_url(store, "a", &url, &plain, error));
    assert_works(check_url(store, "PUT", plain, &plain_key, &plain_type, &plain_name, error));
    g_assert_null(plain_type);
    g_assert_null(plain_name);
    static const StoreUrl bad[] = {{.method = "DELETE", .expires_s = 1},
                                   {.method = NULL, .expires_s = 1},
                                   {.method = "GET", .expires_s = 0},
                                   {.method = "GET", .expires_s = URL_EXPIRY_S_MAX + 1},
                                   {.method = "GET", .expires_s = 1, .content_type = "a\nb"},
                                   {.method = "GET", .expires_s = 1, .filename = ""},
                                   {.method = "GET", .expires_s = 1, .filename = "a\r\nb"}};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) assert_fails(store_sign_url(store, "a", &bad[i], &none, error), ERROR_INVALID);
    assert_fails(store_sign_url(store, "../a", &url, &none, error), ERROR_INVALID);
}

static bool check_part_url(Store *store, const char *signed_url, char **key, char **upload_id, guint *number, GError **error) {
    g_auto(GStrv) parts = g_strsplit(signed_url, "?", 2);
    return store_check_part_url(store, parts[0], parts[0] ? parts[1] : NULL, key, upload_id, number, error);
}

/* A part of `size` bytes that are those of the stream at `from`, through the store: whether it was taken. */
static bool put_part(StoreFixture *fixture, const char *key, const char *upload_id, guint number, guint64 from, gsize size) {
    const guint8 *data = stream_data() + from;
    g_autoptr(StoreWriter) writer = NULL;
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!store_upload_put_part(fixture->store, key, upload_id, number, &writer, &problem)) {
        g_assert_error(problem, HANSARD_ERROR, ERROR_NOT_FOUND);
        return false;
    }
    gsize first = size / 3; /* in two writes */
    assert_works(store_writer_write(writer, data, first, error) && store_writer_write(writer, data + first, size - first, error));
    if (!store_writer_commit(g_steal_pointer(&writer), &info, &problem)) {
        g_assert_error(problem, HANSARD_ERROR, ERROR_NOT_FOUND);
        return false;
    }
    g_assert_cmpuint(info.size, ==, size);
    g_assert_nonnull(info.etag);
    return true;
}

/* The same, sent by its signed URL as a browser would. */
static bool send_part(StoreFixture *fixture, const char *key, const char *upload_id, guint number, guint64 from, gsize size) {
    const guint8 *data = stream_data() + from;
    g_autofree char *url = NULL, *url_key = NULL, *url_id = NULL;
    guint url_number = 0;
    assert_works(store_upload_sign_part(fixture->store, key, upload_id, number, 60, &url, error));
    if (fixture->factory->put_url) {
        g_autoptr(GBytes) bytes = g_bytes_new(data, size);
        int status = fixture->factory->put_url(url, bytes);
        g_assert_true(status == 200 || status == 404);
        return status == 200;
    }
    assert_works(check_part_url(fixture->store, url, &url_key, &url_id, &url_number, error));
    g_assert_cmpstr(url_key, ==, key);
    g_assert_cmpstr(url_id, ==, upload_id);
    g_assert_cmpuint(url_number, ==, number);
    return put_part(fixture, url_key, url_id, url_number, from, size);
}

static char *must_begin(Store *store, const char *key, const StorePut *put) {
    char *upload_id = NULL;
    assert_works(store_upload_begin(store, key, put, &upload_id, error));
    g_assert_cmpuint(strlen(upload_id), >, 0);
    return upload_id;
}

static GPtrArray *must_list_parts(Store *store, const char *key, const char *upload_id) {
    GPtrArray *parts = NULL;
    assert_works(store_upload_parts(store, key, upload_id, &parts, error));
    return parts;
}

/* An upload of one small part, ready to be completed. */
static char *small_upload(StoreFixture *fixture, const char *key, gsize size, GPtrArray **parts) {
    char *upload_id = must_begin(fixture->store, key, NULL);
    g_assert_true(send_part(fixture, key, upload_id, 1, 0, size));
    *parts = must_list_parts(fixture->store, key, upload_id);
    return upload_id;
}

#define PART UPLOAD_PART_BYTES_MIN

static void contract_upload(StoreFixture *fixture, gconstpointer factory) {
    static const gsize sizes[] = {PART, PART + 1, 10};
    Store *store = fixture->store;
    const char *key = "meetings/ä+b c.m4a";
    g_autoptr(GHashTable) metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(metadata, g_strdup("by"), g_strdup("page"));
    const StorePut put = {.content_type = "audio/x-odd", .metadata = metadata, .if_none_match = true};
    g_autofree char *id = must_begin(store, key, &put);
    g_autoptr(GPtrArray) none = must_list_parts(store, key, id);
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_true(send_part(fixture, key, id, 3, 2 * PART + 1, 10)); /* in any order, and again */
    g_assert_true(send_part(fixture, key, id, 1, 77, PART));
    g_assert_true(send_part(fixture, key, id, 2, PART, PART + 1));
    g_assert_true(send_part(fixture, key, id, 1, 0, PART));
    g_autoptr(GPtrArray) parts = must_list_parts(store, key, id);
    g_assert_cmpuint(parts->len, ==, 3);
    for (guint i = 0; i < parts->len; i++) {
        const StorePart *part = g_ptr_array_index(parts, i);
        g_assert_cmpuint(part->number, ==, i + 1);
        g_assert_cmpuint(part->size, ==, sizes[i]);
        g_assert_null(strchr(part->etag, '"'));
    }
    assert_text(store, key, NULL); /* nothing is seen before complete */
    assert_list(store, "", NULL, 9, "");

    g_auto(StoreInfo) info = {0}, head = {0};
    assert_works(store_upload_complete(store, key, id, parts, &put, &info, error));
    assert_stream(store, key, 2 * PART + 11);
    assert_works(store_head(store, key, &head, error));
    g_assert_cmpuint(info.size, ==, 2 * PART + 11);
    g_assert_cmpstr(info.etag, ==, head.etag);
    g_assert_cmpstr(head.content_type, ==, "audio/x-odd");
    g_assert_cmpuint(g_hash_table_size(head.metadata), ==, 1);
    g_assert_cmpstr(g_hash_table_lookup(head.metadata, "by"), ==, "page");

    GPtrArray *gone = NULL; /* now there is no such upload */
    assert_fails(store_upload_parts(store, key, id, &gone, error), ERROR_NOT_FOUND);
    g_assert_false(send_part(fixture, key, id, 1, 0, 10));
    g_autoptr(GError) problem = NULL; /* some services remember that they made this object of it, and say so again */
    if (!store_upload_complete(store, key, id, parts, NULL, NULL, &problem)) g_assert_error(problem, HANSARD_ERROR, ERROR_NOT_FOUND);
    g_auto(StoreInfo) still = {0};
    assert_works(store_head(store, key, &still, error));
    g_assert_cmpstr(still.etag, ==, head.etag);
    assert_works(store_upload_abort(store, key, id, error));
    assert_stream(store, key, 2 * PART + 11);
}

/* Parts that come through this server, among those that do not; one that is abandoned leaves nothing. */
static void contract_upload_through(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    const gsize large = S3_PART_BYTES + 5;
    StoreWriter *abandoned = NULL;
    g_autofree char *id = must_begin(store, "k", NULL);
    assert_works(store_upload_put_part(store, "k", id, 2, &abandoned, error));
    assert_works(store_writer_write(abandoned, "left", 4, error));
    store_writer_abort(abandoned);
    g_assert_true(put_part(fixture, "k", id, 2, 3, 5));
    g_assert_true(put_part(fixture, "k", id, 1, 0, large));
    g_assert_true(put_part(fixture, "k", id, 2, large, PART));
    g_assert_true(send_part(fixture, "k", id, 3, large + PART, 9));
    g_autoptr(GPtrArray) parts = must_list_parts(store, "k", id);
    g_assert_cmpuint(parts->len, ==, 3);
    assert_works(store_upload_complete(store, "k", id, parts, NULL, NULL, error));
    assert_stream(store, "k", large + PART + 9);
    g_assert_false(put_part(fixture, "k", id, 1, 0, 10));
}

static void contract_upload_abort(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    g_autoptr(GPtrArray) parts = NULL;
    GPtrArray *gone = NULL;
    g_autofree char *id = small_upload(fixture, "k", 10, &parts), *other = must_begin(store, "k", NULL);
    g_assert_cmpstr(id, !=, other);
    assert_works(store_upload_abort(store, "k", id, error));
    assert_fails(store_upload_complete(store, "k", id, parts, NULL, NULL, error), ERROR_NOT_FOUND);
    assert_fails(store_upload_parts(store, "k", id, &gone, error), ERROR_NOT_FOUND);
    g_assert_false(send_part(fixture, "k", id, 1, 0, 10));
    assert_works(store_upload_abort(store, "k", id, error));
    assert_text(store, "k", NULL);
    g_autoptr(GPtrArray) still = must_list_parts(store, "k", other);
    g_assert_cmpuint(still->len, ==, 0);
    assert_works(store_upload_abort(store, "k", other, error));
}

static void contract_upload_conditions(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    const StorePut fresh = {.if_none_match = true}, wrong = {.if_match = "1-2"};
    g_autofree char *etag = put_text(store, "k", "first", NULL, NULL);
    g_autoptr(GPtrArray) parts = NULL, missing_parts = NULL;
    g_autofree char *id = small_upload(fixture, "k", 11, &parts);
    assert_fails(store_upload_complete(store, "k", id, parts, &fresh, NULL, error), ERROR_PRECONDITION);
    assert_fails(store_upload_complete(store, "k", id, parts, &wrong, NULL, error), ERROR_PRECONDITION);
    assert_text(store, "k", "first");
    const StorePut match = {.if_match = etag}, both = {.if_match = etag, .if_none_match = true};
    assert_fails(store_upload_complete(store, "k", id, parts, &both, NULL, error), ERROR_INVALID);
    assert_works(store_upload_complete(store, "k", id, parts, &match, NULL, error)); /* those that failed left the upload */
    assert_stream(store, "k", 11);
    g_autofree char *missing_id = small_upload(fixture, "none", 11, &missing_parts);
    assert_fails(store_upload_complete(store, "none", missing_id, missing_parts, &match, NULL, error), ERROR_PRECONDITION);
    assert_works(store_upload_complete(store, "none", missing_id, missing_parts, &fresh, NULL, error));
}

static void contract_upload_invalid(StoreFixture *fixture, gconstpointer factory) {
    static const char *const no_ids[] = {"", "x", "../x", "..", "a b", "a\nb", "\xff",
                                         "00000000-0000-4000-8000-000000000000"};
    Store *store = fixture->store;
    g_autoptr(GPtrArray) parts = NULL;
    GPtrArray *untouched = NULL;
    char *text = NULL;
    StoreWriter *writer = NULL;
    g_autofree char *id = small_upload(fixture, "k", 10, &parts), *huge = g_strnfill(UPLOAD_ID_BYTES_MAX + 1, 'a');
    for (gsize i = 0; i <= G_N_ELEMENTS(no_ids); i++) {
        const char *no_id = i < G_N_ELEMENTS(no_ids) ? no_ids[i] : huge;
        assert_fails(store_upload_parts(store, "k", no_id, &untouched, error), ERROR_NOT_FOUND);
        assert_fails(store_upload_complete(store, "k", no_id, parts, NULL, NULL, error), ERROR_NOT_FOUND);
        assert_fails(store_upload_put_part(store, "k", no_id, 1, &writer, error), ERROR_NOT_FOUND);
        assert_works(store_upload_abort(store, "k", no_id, error));
    }
    assert_fails(store_upload_parts(store, "other", id, &untouched, error), ERROR_NOT_FOUND); /* another key's */
    assert_fails(store_upload_complete(store, "other", id, parts, NULL, NULL, error), ERROR_NOT_FOUND);
    assert_works(store_upload_abort(store, "other", id, error));
    assert_fails(store_upload_begin(store, "../a", NULL, &text, error), ERROR_INVALID);
    assert_fails(store_upload_begin(store, "a", &(StorePut){.content_type = "a\nb"}, &text, error), ERROR_INVALID);
    assert_fails(store_upload_sign_part(store, "k", id, 0, 60, &text, error), ERROR_INVALID);
    assert_fails(store_upload_sign_part(store, "k", id, S3_PARTS_MAX + 1, 60, &text, error), ERROR_INVALID);
    assert_fails(store_upload_sign_part(store, "k", id, 1, 0, &text, error), ERROR_INVALID);
    assert_fails(store_upload_sign_part(store, "k", id, 1, URL_EXPIRY_S_MAX + 1, &text, error), ERROR_INVALID);
    assert_fails(store_upload_put_part(store, "k", id, 0, &writer, error), ERROR_INVALID);
    assert_fails(store_upload_put_part(store, "k", id, S3_PARTS_MAX + 1, &writer, error), ERROR_INVALID);

    g_autoptr(GPtrArray) empty = g_ptr_array_new();
    assert_fails(store_upload_complete(store, "k", id, empty, NULL, NULL, error), ERROR_INVALID);
    g_assert_true(send_part(fixture, "k", id, 3, 0, 10));
    g_autoptr(GPtrArray) gap = must_list_parts(store, "k", id);
    assert_fails(store_upload_complete(store, "k", id, gap, NULL, NULL, error), ERROR_INVALID);
    g_assert_true(send_part(fixture, "k", id, 2, 0, 10));
    g_autoptr(GPtrArray) small = must_list_parts(store, "k", id);
    assert_fails(store_upload_complete(store, "k", id, small, NULL, NULL, error), ERROR_INVALID);
    g_assert_true(send_part(fixture, "k", id, 1, 5, 10)); /* `parts` is what was there before */
    assert_fails(store_upload_complete(store, "k", id, parts, NULL, NULL, error), ERROR_INVALID);
    assert_text(store, "k", NULL);
    g_assert_null(untouched);
    g_assert_null(text);
    g_assert_null(writer);
    assert_works(store_upload_abort(store, "k", id, error));
}

typedef struct {
    Store *store;
    char *upload_id;
    GPtrArray *parts;
    int *ready;
    bool won;
} UploadRacer;

static gpointer race_upload(gpointer data) {
    UploadRacer *racer = data;
    g_autoptr(GError) error = NULL;
    const StorePut fresh = {.if_none_match = true};
    g_atomic_int_inc(racer->ready);
    while (g_atomic_int_get(racer->ready) < RACERS) g_thread_yield();
    racer->won = store_upload_complete(racer->store, "race/u", racer->upload_id, racer->parts, &fresh, NULL, &error);
    if (!racer->won) g_assert_error(error, HANSARD_ERROR, ERROR_PRECONDITION);
    return NULL;
}

static void contract_upload_races(StoreFixture *fixture, gconstpointer factory) {
    UploadRacer racers[RACERS];
    GThread *threads[RACERS];
    int ready = 0, winners = 0;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (UploadRacer){.store = fixture->store, .ready = &ready};
        racers[i].upload_id = small_upload(fixture, "race/u", 100 + (gsize)i, &racers[i].parts);
    }
    for (int i = 0; i < RACERS; i++) threads[i] = g_thread_new("racer", race_upload, &racers[i]);
    for (int i = 0; i < RACERS; i++) {
        g_thread_join(threads[i]);
        winners += racers[i].won;
        if (racers[i].won) assert_stream(fixture->store, "race/u", 100 + (guint64)i);
        else assert_works(store_upload_abort(fixture->store, "race/u", racers[i].upload_id, error));
        g_free(racers[i].upload_id);
        g_ptr_array_unref(racers[i].parts);
    }
    g_assert_cmpint(winners, ==, 1);
}

static void contract_upload_urls(StoreFixture *fixture, gconstpointer factory) {
    Store *store = fixture->store;
    const char *key = "meetings/ä b.wav";
    g_autofree char *id = must_begin(store, key, NULL), *text = NULL, *whole = NULL;
    char *none = NULL;
    guint number = 0;
    assert_works(store_upload_sign_part(store, key, id, 12, 60, &text, error));
    if (!fixture->factory->local_urls) {
        assert_fails(check_part_url(store, text, &none, &none, &number, error), ERROR_NOT_FOUND);
        assert_works(store_upload_abort(store, key, id, error));
        return;
    }
    for (gsize i = 0; text[i]; i++) {
        g_autofree char *altered = g_strdup(text);
        altered[i] = (char)(altered[i] ^ 1);
        assert_fails(check_part_url(store, altered, &none, &none, &number, error), ERROR_FORBIDDEN);
        g_autofree char *cut = g_strndup(text, i);
        assert_fails(check_part_url(store, cut, &none, &none, &number, error), ERROR_FORBIDDEN);
    }
    assert_fails(check_url(store, "PUT", text, &none, &none, &none, error), ERROR_FORBIDDEN); /* neither kind holds as the other */
    assert_works(store_sign_url(store, key, &(StoreUrl){.method = "PUT", .expires_s = 60}, &whole, error));
    assert_fails(check_part_url(store, whole, &none, &none, &number, error), ERROR_FORBIDDEN);
    fixture->clock.ms += 60000;
    assert_fails(check_part_url(store, text, &none, &none, &number, error), ERROR_FORBIDDEN);
    g_assert_null(none);
}

/* A directory or memory keeps so many uploads and no more, and forgets those that nothing came to. */
static void contract_upload_limits(StoreFixture *fixture, gconstpointer factory) {
    if (!fixture->factory->local_urls) return;
    Store *store = fixture->store;
    char *none = NULL;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    fixture->clock.ms = clock_now_ms(clock_system()); /* a directory's times are the system's */
    for (int i = 0; i < UPLOADS_OPEN_MAX; i++) g_ptr_array_add(ids, must_begin(store, "k", NULL));
    assert_fails(store_upload_begin(store, "k", NULL, &none, error), ERROR_TOO_MANY);
    assert_works(store_upload_abort(store, "k", ids->pdata[0], error));
    g_free(ids->pdata[0]);
    ids->pdata[0] = must_begin(store, "k", NULL);
    assert_fails(store_upload_begin(store, "k", NULL, &none, error), ERROR_TOO_MANY);
    fixture->clock.ms += (UPLOAD_IDLE_S_MAX - 60) * G_GINT64_CONSTANT(1000);
    assert_fails(store_upload_begin(store, "k", NULL, &none, error), ERROR_TOO_MANY);
    fixture->clock.ms += 120 * 1000;
    g_autofree char *fresh = must_begin(store, "k", NULL);
    g_autoptr(GPtrArray) still = must_list_parts(store, "k", fresh);
    g_assert_cmpuint(still->len, ==, 0);
    for (guint i = 0; i < ids->len; i++) {
        GPtrArray *parts = NULL;
        assert_fails(store_upload_parts(store, "k", ids->pdata[i], &parts, error), ERROR_NOT_FOUND);
    }
}

static void contract_purge(StoreFixture *fixture, gconstpointer factory) {
    must_put(fixture->store, "k", "1");
    must_put(fixture->store, "k", "2");
    must_put(fixture->store, "k2", "3");
    assert_works(store_purge_versions(fixture->store, "k", error));
    assert_works(store_purge_versions(fixture->store, "k", error));
    assert_list(fixture->store, "", NULL, 9, "k2");
    assert_fails(store_purge_versions(fixture->store, "../k", error), ERROR_INVALID);
}

static inline void store_contract_add(const StoreFactory *factory) {
    static const struct {
        const char *name;
        void (*test)(StoreFixture *fixture, gconstpointer factory);
    } cases[] = {
        {"put-get", contract_put_get},       {"etags", contract_etags},
        {"keys", contract_keys},             {"stream", contract_stream},
        {"ranges", contract_ranges},         {"conditions", contract_conditions},
        {"abort", contract_abort},           {"one-version", contract_one_version},
        {"list", contract_list},             {"list-escapes", contract_list_escapes},
        {"each-delete", contract_each_and_delete},
        {"each-stops", contract_each_stops}, {"attributes", contract_attributes},
        {"races", contract_races},           {"urls", contract_urls},
        {"purge", contract_purge},           {"upload", contract_upload},
        {"upload-through", contract_upload_through},
        {"upload-abort", contract_upload_abort},     {"upload-conditions", contract_upload_conditions},
        {"upload-invalid", contract_upload_invalid}, {"upload-races", contract_upload_races},
        {"upload-urls", contract_upload_urls},       {"upload-limits", contract_upload_limits},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/store/%s/%s", factory->variant ? factory->variant : factory->name, cases[i].name);
        g_test_add(path, StoreFixture, factory, store_fixture_set_up, cases[i].test, store_fixture_tear_down);
    }
}
