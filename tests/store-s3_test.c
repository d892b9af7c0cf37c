/* The store's contract on S3, as versitygw and MinIO speak it, and what only S3 has. */
#include "faulty_transport.h"
#include "s3_world.h"
#include "store_contract.h"

/* Stores that a contract test has open: their worlds end after them. */
static GPtrArray *contract_worlds;

static Store *open_on(const char *server, Clock *clock) {
    S3World *world = s3_world_new(server, clock, NULL);
    g_assert_nonnull(world);
    g_ptr_array_add(contract_worlds, world);
    return g_steal_pointer(&world->store);
}

static Store *open_on_versitygw(Clock *clock, char **place) { return open_on("versitygw", clock); }
static Store *open_on_minio(Clock *clock, char **place) { return open_on("minio", clock); }
static int put_url(const char *url, GBytes *bytes) { return send_bare("PUT", url, bytes, NULL); }

static const StoreFactory versitygw = {.name = "s3", .variant = "s3-versitygw", .open = open_on_versitygw, .put_url = put_url};
static const StoreFactory minio = {.name = "s3", .variant = "s3-minio", .open = open_on_minio, .put_url = put_url};

static void test_skipped(gconstpointer name) {
    g_autofree char *why = g_strdup_printf("HANSARD_TEST_S3 names no %s", (const char *)name);
    g_test_skip(why);
}

static void add_contract(const char *server, const StoreFactory *factory) {
    g_autofree char *endpoint = server_endpoint(server), *path = g_strdup_printf("/store/%s/skipped", factory->variant);
    if (endpoint) store_contract_add(factory);
    else g_test_add_data_func(path, server, test_skipped);
}

#define PART_BYTES UPLOAD_PART_BYTES_MIN /* of tests that need many parts */

static guint64 small_parts(guint number) { return PART_BYTES; }

/* Puts `size` bytes of the stream, in writes of a MiB. */
static bool put_stream(Store *store, const char *key, guint64 size, const StorePut *put, StoreInfo *info, GError **error) {
    g_autoptr(StoreWriter) writer = NULL;
    if (!store_put_open(store, key, put, &writer, error)) return false;
    for (guint64 at = 0; at < size; at += MIB)
        if (!store_writer_write(writer, stream_data() + at, (gsize)MIN(MIB, size - at), error)) return false;
    return store_writer_commit(g_steal_pointer(&writer), info, error);
}

/* The uploads that stand in the bucket. */
static guint count_uploads(S3World *world) {
    g_autofree char *answer = NULL;
    guint count = 0;
    g_assert_cmpint(s3_world_call(world, "GET", NULL, "uploads=", NULL, &answer), ==, 200);
    for (const char *at = answer; (at = strstr(at, "<Upload>")); at++) count++;
    return count;
}

/* Aborts are made in the background: closing the store waits for them. */
static void assert_no_uploads(S3World *world) {
    g_clear_pointer(&world->store, store_close);
    g_assert_cmpuint(count_uploads(world), ==, 0);
    s3_world_open(world, world->transport);
}

static void test_part_boundaries(gconstpointer server) {
    static const struct {
        guint64 size;
        const char *suffix; /* of the ETag: how many parts there were */
    } cases[] = {{0, NULL}, {1, NULL}, {S3_PART_BYTES - 1, NULL}, {S3_PART_BYTES, NULL}, {S3_PART_BYTES + 1, "-2"}, {2 * S3_PART_BYTES, "-2"},
                 {2 * S3_PART_BYTES + 1, "-3"}};
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    for (gsize i = 0; world && i < G_N_ELEMENTS(cases); i++) {
        g_auto(StoreInfo) info = {0}, head = {0};
        assert_works(put_stream(world->store, "k", cases[i].size, NULL, &info, error));
        assert_works(store_head(world->store, "k", &head, error));
        g_assert_cmpuint(info.size, ==, cases[i].size);
        g_assert_cmpuint(head.size, ==, cases[i].size);
        g_assert_cmpstr(info.etag, ==, head.etag);
        g_assert_cmpint(ABS(info.modified_ms - head.modified_ms), <=, 2000);
        g_assert_null(head.metadata); /* the mark is not seen */
        g_assert_true(cases[i].suffix ? g_str_has_suffix(info.etag, cases[i].suffix) : !strchr(info.etag, '-'));
        assert_stream(world->store, "k", cases[i].size);
    }
    if (world) assert_no_uploads(world);
}

static void test_abort(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    g_autofree guint8 *block = g_malloc0(2 * S3_PART_BYTES);
    must_put(world->store, "k", "old");
    for (int i = 0; i < 2; i++) {
        g_autoptr(StoreWriter) writer = NULL;
        assert_works(store_put_open(world->store, "k", &(StorePut){.if_none_match = true}, &writer, error));
        assert_works(store_writer_write(writer, block, 2 * S3_PART_BYTES, error));
        if (i == 0) g_assert_cmpuint(count_uploads(world), ==, 1);
        if (i == 1) assert_fails(store_writer_commit(g_steal_pointer(&writer), NULL, error), ERROR_PRECONDITION);
    }
    assert_no_uploads(world);
    assert_text(world->store, "k", "old");
}

typedef struct {
    Store *store;
    int *ready, racers;
    bool won;
} LargeRacer;

static gpointer race_large(gpointer data) {
    LargeRacer *racer = data;
    g_autoptr(GError) error = NULL;
    g_atomic_int_inc(racer->ready);
    while (g_atomic_int_get(racer->ready) < racer->racers) g_thread_yield();
    racer->won = put_stream(racer->store, "race", PART_BYTES + 10, &(StorePut){.if_none_match = true}, NULL, &error);
    if (!racer->won) g_assert_error(error, HANSARD_ERROR, ERROR_PRECONDITION);
    return NULL;
}

static void test_conditional_parts_race(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    LargeRacer racers[8];
    GThread *threads[G_N_ELEMENTS(racers)];
    int ready = 0, winners = 0;
    if (!world) return;
    ((S3Store *)world->store)->part_bytes = small_parts;
    for (gsize i = 0; i < G_N_ELEMENTS(racers); i++) {
        racers[i] = (LargeRacer){world->store, &ready, G_N_ELEMENTS(racers), false};
        threads[i] = g_thread_new("racer", race_large, &racers[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(racers); i++) {
        g_thread_join(threads[i]);
        winners += racers[i].won;
    }
    g_assert_cmpint(winners, ==, 1);
    assert_stream(world->store, "race", PART_BYTES + 10);
    assert_no_uploads(world);
}

/* Of two puts of the very bytes that stand there, on one condition, one wins: the first changes the ETag. */
static void test_same_bytes(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    g_autofree char *first = put_text(world->store, "k", "same", NULL, NULL);
    const StorePut match = {.if_match = first};
    g_autofree char *second = put_text(world->store, "k", "same", &match, NULL);
    g_assert_nonnull(second);
    g_assert_cmpstr(second, !=, first);
    assert_fails(put_text(world->store, "k", "same", &match, error), ERROR_PRECONDITION);
    g_autofree char *third = put_text(world->store, "k", "same", &(StorePut){.if_match = second}, NULL);
    g_assert_nonnull(third);
    assert_text(world->store, "k", "same");
    g_autofree char *empty = put_text(world->store, "e", "", NULL, NULL), *again = put_text(world->store, "e", "", &(StorePut){.if_match = empty}, NULL);
    g_assert_nonnull(again);
    assert_text(world->store, "e", "");
    assert_no_uploads(world);
}

/* ---- under way at one time ---- */

typedef struct {
    gint parts, most;
} UnderWay;

static bool send_counted(HttpTransport *base, const HttpRequest *request, HttpResponse *response, GError **error) {
    FaultyTransport *transport = (FaultyTransport *)base;
    UnderWay *count = transport->data;
    bool part = strstr(request->url, "partNumber=") != NULL;
    if (part) {
        int now = g_atomic_int_add(&count->parts, 1) + 1, most = g_atomic_int_get(&count->most);
        while (now > most && !g_atomic_int_compare_and_exchange(&count->most, most, now)) most = g_atomic_int_get(&count->most);
    }
    bool sent = http_send(transport->inner, request, response, error);
    if (part) g_atomic_int_add(&count->parts, -1);
    return sent;
}

static gpointer put_some(gpointer store) {
    g_autofree char *key = g_strdup_printf("k%p", (gpointer)g_thread_self());
    assert_works(put_stream(store, key, 2 * PART_BYTES + 1, NULL, NULL, error));
    return NULL;
}

/* Many writers share the parts that may be under way; none waits for ever. */
static void test_many_writers(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    GThread *threads[12];
    UnderWay count = {0};
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_NONE, 0, 0);
    transport.base.send = send_counted;
    transport.data = &count;
    s3_world_open(world, &transport.base);
    ((S3Store *)world->store)->part_bytes = small_parts;
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) threads[i] = g_thread_new("writer", put_some, world->store);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) g_thread_join(threads[i]);
    g_assert_cmpint(count.most, >, 1);
    g_assert_cmpint(count.most, <=, S3_PARTS_IN_FLIGHT);
    g_assert_cmpuint(((S3Store *)world->store)->slots_free, ==, S3_PARTS_IN_FLIGHT);
    assert_no_uploads(world);
    s3_world_open(world, plain_transport);
}

static guint64 large_parts(guint number) { return number == 1 ? 6 * MIB : S3_PART_BYTES_MEMORY_MAX + 3; }

/* A part too large for memory stands in a file without a name, and can be sent again from it. */
static void test_parts_in_files(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_500, 2, 1);
    transport.only_url = "partNumber=";
    s3_world_open(world, &transport.base);
    S3Store *s3 = (S3Store *)world->store;
    s3->part_bytes = large_parts;
    g_auto(StoreInfo) info = {0};
    assert_works(put_stream(world->store, "k", 25 * MIB, NULL, &info, error));
    g_assert_true(g_str_has_suffix(info.etag, "-3"));
    g_assert_cmpint(transport.hits, ==, 1);
    assert_stream(world->store, "k", 25 * MIB);
    g_autoptr(GDir) spool = g_dir_open(s3->spool, 0, NULL);
    g_assert_nonnull(spool);
    g_assert_null(g_dir_read_name(spool));
    s3_world_open(world, plain_transport);
}

/* ---- settings ---- */

static void test_prefix(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), (const char *const[]){"S3_PREFIX", "/team ä/one/", NULL});
    if (!world) return;
    g_autofree char *id = NULL;
    must_put(world->store, "a/b", "1");
    must_put(world->store, "a/c", "2");
    assert_works(put_stream(world->store, "big", S3_PART_BYTES + 1, NULL, NULL, error));
    g_assert_cmpint(s3_world_call(world, "PUT", "team ä/one2", NULL, "x", NULL), ==, 200); /* neighbours */
    g_assert_cmpint(s3_world_call(world, "PUT", "a/b", NULL, "x", NULL), ==, 200);
    assert_list(world->store, "", NULL, 9, "a/b a/c big");
    assert_list(world->store, "a/", "a/b", 9, "a/c");
    assert_list(world->store, "", NULL, 1, "a/b +");
    assert_text(world->store, "a/b", "1");
    g_assert_cmpint(s3_world_call(world, "HEAD", "team ä/one/a/b", NULL, NULL, NULL), ==, 200);
    assert_works(store_upload_begin(world->store, "u", NULL, &id, error));
    assert_works(store_upload_abort(world->store, "u", id, error));
    assert_works(store_delete_many(world->store, (const char *const[]){"a/b", "a/c", "big"}, 3, error));
    assert_list(world->store, "", NULL, 9, "");
    g_assert_cmpint(s3_world_call(world, "HEAD", "a/b", NULL, NULL, NULL), ==, 200);
}

/* The headers of an object, by a bare presigned GET. */
static void get_headers(S3World *world, const char *key, HttpResponse *response) {
    g_autofree char *url = NULL;
    assert_works(store_sign_url(world->store, key, &(StoreUrl){.method = "GET", .expires_s = 60}, &url, error));
    g_assert_cmpint(send_bare("GET", url, NULL, response), ==, 200);
}

/* Encryption is asked for with each object, small and large; MinIO has it. */
static void test_encryption(void) {
    static const char *const keys[] = {"small", "large"};
    g_auto(GStrv) kms = g_strsplit(g_getenv("HANSARD_TEST_KMS_KEY") ? g_getenv("HANSARD_TEST_KMS_KEY") : "", "=", 2);
    const char *const aes[] = {"S3_SSE", "AES256", NULL}, *const named[] = {"S3_SSE", "aws:kms", "S3_SSE_KMS_KEY_ID", kms[0] ? kms[1] : NULL, NULL};
    if (!kms[0]) return g_test_skip("HANSARD_TEST_KMS_KEY names no key of MinIO");
    for (int with_key = 0; with_key < 2; with_key++) {
        g_autoptr(S3World) world = s3_world_new("minio", clock_system(), with_key ? named : aes);
        if (!world) return;
        must_put(world->store, keys[0], "x");
        assert_works(put_stream(world->store, keys[1], S3_PART_BYTES + 1, NULL, NULL, error));
        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
            g_auto(HttpResponse) response = {0};
            if (i == 0) get_headers(world, keys[i], &response);
            else assert_stream(world->store, keys[i], S3_PART_BYTES + 1);
            if (i > 0) continue;
            g_assert_cmpstr(http_response_header(&response, "x-amz-server-side-encryption"), ==, with_key ? "aws:kms" : "AES256");
            const char *key_id = http_response_header(&response, "x-amz-server-side-encryption-aws-kms-key-id");
            g_assert_true(!with_key || (key_id && g_str_has_suffix(key_id, kms[1])));
        }
    }
}

/* What a put asked for, by its headers. */
static void watch_class(FaultyTransport *transport, const HttpRequest *request) {
    GString *seen = transport->data;
    const char *class = http_headers_get(request->headers, "x-amz-storage-class");
    bool makes_object = strstr(request->url, "uploads=") || (strcmp(request->method, "PUT") == 0 && !strstr(request->url, "partNumber="));
    if (makes_object) g_string_append_printf(seen, "%s ", class ? class : "-");
}

/* Recordings alone have the storage class: small documents would cost more in it. */
static void test_storage_class(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), (const char *const[]){"S3_STORAGE_CLASS", "STANDARD", "S3_PREFIX", "p", NULL});
    g_autoptr(GString) seen = g_string_new(NULL);
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_NONE, 0, 0);
    transport.on_request = watch_class;
    transport.data = seen;
    s3_world_open(world, &transport.base);
    must_put(world->store, "meetings/a.m4a", "x");
    must_put(world->store, "transcriptions/meetings/a", "x");
    assert_works(put_stream(world->store, "meetings/b.m4a", S3_PART_BYTES + 1, NULL, NULL, error));
    g_assert_cmpstr(seen->str, ==, "STANDARD - STANDARD ");
    s3_world_open(world, plain_transport);
}

/* ---- lists ---- */

/* Names with everything that has a meaning in URLs and XML come back as they were; what is no key is passed over. */
static void test_listed_names(gconstpointer server) {
    static const char *const keys[] = {" ", "%2e%2e", "&amp;", "*?", "+", "a b+c/d", "a&b=c+d;e@f", "a/.b", "it's \"<b>\"", "~", "ä/日本", "\xf0\x9f\x98\x80"};
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) must_put(world->store, keys[i], keys[i]);
    g_assert_cmpint(s3_world_call(world, "PUT", "folder/", NULL, NULL, NULL), ==, 200); /* as a console makes them */
    g_assert_cmpint(s3_world_call(world, "PUT", "gap/", NULL, NULL, NULL), ==, 200);
    g_autofree char *all = g_strjoinv(" ", (char **)(const char *[]){keys[0], keys[1], keys[2], keys[3], keys[4], keys[5], keys[6], keys[7], keys[8], keys[9],
                                                                     keys[10], keys[11], NULL});
    GString *paged = g_string_new(NULL);
    g_autofree char *last = NULL;
    for (bool more = true; more;) {
        g_autoptr(GPtrArray) entries = NULL;
        assert_works(store_list(world->store, "", last, 1, &entries, &more, error));
        if (entries->len == 0) break;
        g_free(last);
        last = g_strdup(((StoreEntry *)entries->pdata[0])->key);
        g_string_append_printf(paged, "%s%s", paged->len ? " " : "", last);
        assert_text(world->store, last, last);
    }
    g_assert_cmpstr(paged->str, ==, all);
    assert_list(world->store, "", NULL, 1000, all);
    assert_list(world->store, "gap", NULL, 1, "");
    assert_list(world->store, "a b+c/", NULL, 1, "a b+c/d");
    assert_works(store_delete_many(world->store, keys, G_N_ELEMENTS(keys), error));
    assert_list(world->store, "", NULL, 1000, "");
    g_string_free(paged, TRUE);
}

/* One page is one request. */
static void test_requests(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_NONE, 0, 0);
    s3_world_open(world, &transport.base);
    must_put(world->store, "a", "1");
    must_put(world->store, "b", "2");
    must_put(world->store, "c", "3");
    g_assert_cmpint(transport.seen, ==, 3);
    assert_works(store_list(world->store, "", NULL, 2, &entries, &more, error));
    g_assert_true(more);
    g_assert_cmpint(transport.seen, ==, 4);
    assert_text(world->store, "a", "1"); /* a document: open, read and close */
    g_assert_cmpint(transport.seen, ==, 5);
    assert_works(store_delete_many(world->store, (const char *const[]){"a", "b", "c"}, 3, error));
    g_assert_cmpint(transport.seen, ==, 6);
    s3_world_open(world, plain_transport);
}

/* ---- reading ---- */

#define LARGE (20 * MIB + 7)

static void assert_read(StoreReader *reader, guint64 offset, gsize size) {
    g_autofree guint8 *block = g_malloc(size + 1);
    gsize got = 0, expected = (gsize)MIN(size, LARGE - offset);
    block[size] = '#';
    assert_works(store_reader_read(reader, offset, block, size, &got, error));
    g_assert_cmpuint(got, ==, expected);
    g_assert_true(memcmp(block, stream_data() + offset, got) == 0);
    g_assert_cmpint(block[size], ==, '#');
}

static void test_reading(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    g_autoptr(StoreReader) forward = NULL, anywhere = NULL, m4a = NULL;
    g_autoptr(GRand) random = g_rand_new_with_seed(20260304);
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_NONE, 0, 0);
    s3_world_open(world, &transport.base);
    assert_works(put_stream(world->store, "k", LARGE, NULL, NULL, error));
    transport.seen = 0;
    assert_works(store_open(world->store, "k", &forward, NULL, error));
    for (guint64 at = 0; at < LARGE; at += 256 * KIB) assert_read(forward, at, 256 * KIB);
    g_assert_cmpint(transport.seen, ==, 1 + 5 + 1); /* the first MiB, windows of 4, and the sum at the end */
    assert_works(store_open(world->store, "k", &anywhere, NULL, error));
    for (int i = 0; i < 100; i++) {
        guint64 offset = (guint64)g_rand_double_range(random, 0, LARGE);
        assert_read(anywhere, offset, (gsize)1 << g_rand_int_range(random, 0, 24));
        if (i % 3 == 0) assert_read(anywhere, offset, 100); /* again, and on from there */
    }
    transport.seen = 0; /* the index stands at the end: two reads there, then on and on from the start */
    assert_works(store_open(world->store, "k", &m4a, NULL, error));
    assert_read(m4a, LARGE - 100000, 65536);
    assert_read(m4a, LARGE - 34464, 65536);
    g_assert_cmpint(transport.seen, ==, 2);
    for (guint64 at = 0; at < LARGE; at += 100000) assert_read(m4a, at, 100000);
    g_assert_cmpint(transport.seen, <=, 10);
    g_clear_pointer(&m4a, store_reader_close);
    g_clear_pointer(&forward, store_reader_close);
    g_clear_pointer(&anywhere, store_reader_close);
    s3_world_open(world, plain_transport);
}

/* A reader that was opened before goes on only with the version that it found. */
static void test_replaced_while_read(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    for (int removed = 0; world && removed < 2; removed++) {
        g_autoptr(StoreReader) reader = NULL;
        g_autofree char *block = g_malloc(MIB);
        gsize got = 0;
        assert_works(put_stream(world->store, "k", LARGE, NULL, NULL, error));
        assert_works(store_open(world->store, "k", &reader, NULL, error));
        if (removed) assert_works(store_delete(world->store, "k", error));
        else assert_works(put_stream(world->store, "k", LARGE + 1, NULL, NULL, error));
        assert_read(reader, 0, 1000); /* it has that already */
        assert_fails(store_reader_read(reader, 10 * MIB, block, MIB, &got, error), ERROR_PRECONDITION);
    }
}

/* ---- versions ---- */

/* How many versions and delete markers a key has. */
static guint count_versions(S3World *world, const char *key) {
    g_autofree char *answer = NULL, *wanted = g_strdup_printf("<Key>%s</Key>", key);
    guint count = 0;
    g_assert_cmpint(s3_world_call(world, "GET", NULL, "versions=", NULL, &answer), ==, 200);
    for (const char *at = answer; (at = strstr(at, wanted)); at++) count++;
    return count;
}

static void enable_versions(S3World *world) {
    g_assert_cmpint(s3_world_call(world, "PUT", NULL, "versioning=",
                                  "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>",
                                  NULL),
                    ==, 200);
}

static void test_versions(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    enable_versions(world);
    for (int i = 0; i < 3; i++) must_put(world->store, "k", i ? "2" : "1");
    must_put(world->store, "k2", "x");
    must_put(world->store, "k2", "y");
    assert_works(store_delete(world->store, "k", error)); /* only hides */
    g_assert_cmpuint(count_versions(world, "k"), ==, 4);
    assert_works(store_purge_versions(world->store, "k", error));
    g_assert_cmpuint(count_versions(world, "k"), ==, 0);
    assert_works(store_purge_versions(world->store, "k", error));
    g_assert_cmpuint(count_versions(world, "k"), ==, 0);
    g_assert_cmpuint(count_versions(world, "k2"), ==, 2);
    assert_text(world->store, "k2", "y");
}

/* With the setting, what is deleted is gone with all its versions. */
static void test_purging_deletes(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), (const char *const[]){"S3_PURGE_VERSIONS", "true", "S3_PREFIX", "p", NULL});
    if (!world) return;
    must_put(world->store, "plain", "x"); /* in a bucket that keeps no versions */
    assert_works(store_delete(world->store, "plain", error));
    enable_versions(world);
    for (int i = 0; i < 2; i++) {
        must_put(world->store, "a", i ? "1" : "2");
        must_put(world->store, "a b", i ? "1" : "2");
        must_put(world->store, "stays", i ? "1" : "2");
    }
    assert_works(store_delete_many(world->store, (const char *const[]){"a", "a b", "never"}, 3, error));
    g_assert_cmpuint(count_versions(world, "p/a"), ==, 0);
    g_assert_cmpuint(count_versions(world, "p/a b"), ==, 0);
    g_assert_cmpuint(count_versions(world, "p/never"), ==, 0);
    g_assert_cmpuint(count_versions(world, "p/stays"), ==, 2);
    assert_list(world->store, "", NULL, 9, "stays");
}

static void put_between(FaultyTransport *transport, const HttpRequest *request) {
    if (strcmp(request->method, "GET") != 0 || !strstr(request->url, "versions=") || transport->hits++) return;
    S3World *world = transport->data;
    g_assert_cmpint(s3_world_call(world, "PUT", "k", NULL, "someone else's", NULL), ==, 200);
}

/* What someone else puts while a key is purged stays. */
static void test_put_while_purged(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    enable_versions(world);
    must_put(world->store, "k", "1");
    must_put(world->store, "k", "2");
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_NONE, 0, 0);
    transport.on_request = put_between;
    transport.data = world;
    s3_world_open(world, &transport.base);
    assert_works(store_purge_versions(world->store, "k", error));
    g_assert_cmpint(transport.hits, ==, 1);
    assert_text(world->store, "k", "someone else's");
    g_assert_cmpuint(count_versions(world, "k"), ==, 1);
    s3_world_open(world, plain_transport);
}

/* ---- URLs ---- */

static void test_signed_get(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    const char *key = "meetings/ä b+c&d=e.m4a";
    const StoreUrl permit = {.method = "GET", .expires_s = 60, .content_type = "audio/x-test; a=b", .filename = "Räum & \"Zeit\".m4a"};
    g_autofree char *url = NULL;
    must_put(world->store, key, "sound");
    must_put(world->store, "other", "x");
    assert_works(store_sign_url(world->store, key, &permit, &url, error));
    g_auto(HttpResponse) response = {0};
    g_assert_cmpint(send_bare("GET", url, NULL, &response), ==, 200);
    g_assert_cmpmem(g_bytes_get_data(response.body, NULL), g_bytes_get_size(response.body), "sound", 5);
    g_assert_cmpstr(http_response_header(&response, "Content-Type"), ==, permit.content_type);
    g_assert_cmpstr(http_response_header(&response, "Content-Disposition"), ==,
                    "attachment; filename=\"R__um & _Zeit_.m4a\"; filename*=UTF-8''R%C3%A4um%20%26%20%22Zeit%22.m4a");

    static const char *const methods[] = {"HEAD", "PUT", "POST", "DELETE"};
    g_autoptr(GBytes) bytes = g_bytes_new_static("forged", 6);
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        int status = send_bare(methods[i], url, strcmp(methods[i], "PUT") == 0 ? bytes : NULL, NULL);
        g_assert_true(status >= 400 && status < 500);
    }
    static const char *const altered[][2] = {{"X-Amz-Expires=60", "X-Amz-Expires=61"}, {"x-test", "x-text"}, {"meetings/", "meetingz/"},
                                             {"%C3%A4%20b%2Bc%26d%3De.m4a", "%C3%A4%20b%2Bc%26d%3De.m4b"}, {"X-Amz-Date=2", "X-Amz-Date=3"}};
    for (gsize i = 0; i < G_N_ELEMENTS(altered); i++) {
        g_auto(GStrv) pieces = g_strsplit(url, altered[i][0], 2);
        g_assert_nonnull(pieces[1]);
        g_autofree char *other = g_strjoinv(altered[i][1], pieces);
        int status = send_bare("GET", other, NULL, NULL);
        g_assert_true(status == 403 || status == 400);
    }
    gsize length = strlen(url); /* each digit of the signature */
    for (gsize at = length - 64; at < length; at += 7) {
        g_autofree char *other = g_strdup(url);
        other[at] = other[at] == '0' ? '1' : '0';
        g_assert_cmpint(send_bare("GET", other, NULL, NULL), ==, 403);
    }
    assert_text(world->store, key, "sound");
    char *none = NULL;
    assert_fails(check_url(world->store, "GET", url, &none, &none, &none, error), ERROR_NOT_FOUND);
}

static void test_signed_put(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    g_autofree char *url = NULL, *part = NULL, *id = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static("sent", 4);
    assert_works(store_sign_url(world->store, "k", &(StoreUrl){.method = "PUT", .expires_s = 60}, &url, error));
    g_assert_cmpint(send_bare("GET", url, NULL, NULL), ==, 403);
    g_assert_cmpint(send_bare("PUT", url, bytes, NULL), ==, 200);
    assert_text(world->store, "k", "sent");
    assert_works(store_upload_begin(world->store, "u", NULL, &id, error));
    assert_works(store_upload_sign_part(world->store, "u", id, 1, 60, &part, error));
    g_auto(GStrv) pieces = g_strsplit(part, "partNumber=1", 2);
    g_autofree char *other = g_strjoinv("partNumber=2", pieces);
    g_assert_cmpint(send_bare("PUT", other, bytes, NULL), ==, 403);
    g_assert_cmpint(send_bare("PUT", part, bytes, NULL), ==, 200);
    assert_works(store_upload_abort(world->store, "u", id, error));
    assert_no_uploads(world);
}

static void test_expired(gconstpointer server) {
    TestClock clock = {.base = {.now_ms = test_clock_now_ms}, .ms = clock_now_ms(clock_system()) - 3600 * 1000};
    g_autoptr(S3World) world = s3_world_new(server, &clock.base, NULL);
    g_autofree char *expired = NULL, *valid = NULL;
    if (!world) return;
    g_assert_cmpint(s3_world_call(world, "PUT", "k", NULL, "x", NULL), ==, 200);
    assert_works(store_sign_url(world->store, "k", &(StoreUrl){.method = "GET", .expires_s = 3500}, &expired, error));
    assert_works(store_sign_url(world->store, "k", &(StoreUrl){.method = "GET", .expires_s = 3700}, &valid, error));
    g_assert_cmpint(send_bare("GET", expired, NULL, NULL), ==, 403);
    g_assert_cmpint(send_bare("GET", valid, NULL, NULL), ==, 200);
}

/* An upload of more parts than one answer lists. */
static void test_many_parts(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    g_autofree char *id = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static("p", 1);
    g_autoptr(GPtrArray) parts = NULL;
    if (!world) return;
    assert_works(store_upload_begin(world->store, "k", NULL, &id, error));
    for (guint number = 1; number <= 1005; number++) {
        g_autofree char *url = NULL;
        assert_works(store_upload_sign_part(world->store, "k", id, number, 60, &url, error));
        g_assert_cmpint(send_bare("PUT", url, bytes, NULL), ==, 200);
    }
    assert_works(store_upload_parts(world->store, "k", id, &parts, error));
    g_assert_cmpuint(parts->len, ==, 1005);
    for (guint i = 0; i < parts->len; i++) g_assert_cmpuint(((StorePart *)parts->pdata[i])->number, ==, i + 1);
    assert_works(store_upload_abort(world->store, "k", id, error));
}

static void add_for_all(const char *name, void (*test)(gconstpointer server)) {
    static const char *const servers[] = {"versitygw", "minio"};
    for (gsize i = 0; i < G_N_ELEMENTS(servers); i++) {
        g_autofree char *path = g_strdup_printf("/store/s3-%s/%s", servers[i], name);
        g_test_add_data_func(path, servers[i], test);
    }
}

static void add_own(void) {
    add_for_all("part-boundaries", test_part_boundaries);
    add_for_all("abort-of-parts", test_abort);
    add_for_all("conditional-parts-race", test_conditional_parts_race);
    add_for_all("same-bytes", test_same_bytes);
    add_for_all("many-writers", test_many_writers);
    add_for_all("parts-in-files", test_parts_in_files);
    add_for_all("prefix", test_prefix);
    add_for_all("storage-class", test_storage_class);
    add_for_all("listed-names", test_listed_names);
    add_for_all("requests", test_requests);
    add_for_all("reading", test_reading);
    add_for_all("replaced-while-read", test_replaced_while_read);
    add_for_all("versions", test_versions);
    add_for_all("purging-deletes", test_purging_deletes);
    add_for_all("put-while-purged", test_put_while_purged);
    add_for_all("signed-get", test_signed_get);
    add_for_all("signed-put", test_signed_put);
    add_for_all("expired", test_expired);
    g_test_add_data_func("/store/s3-versitygw/many-parts", "versitygw", test_many_parts); /* the more patient one */
    g_test_add_func("/store/s3-minio/encryption", test_encryption);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    plain_transport = http_curl_new(NULL);
    (void)stream_data(); /* before there are threads */
    contract_worlds = g_ptr_array_new_with_free_func((GDestroyNotify)s3_world_free);
    add_contract("versitygw", &versitygw);
    add_contract("minio", &minio);
    add_own();
    int status = g_test_run();
    g_ptr_array_unref(contract_worlds);
    http_transport_close(plain_transport);
    return status;
}
