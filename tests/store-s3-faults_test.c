/* The S3 store over a network and a service that fail: at each request of what the store does, in each way. What was acknowledged is there and right, nobody
 * else's version is written over, and errors name what to mend. */
#include "faulty_transport.h"
#include "s3_world.h"
#include "store/uploads.h"
#include "store_asserts.h"

#define PART_BYTES UPLOAD_PART_BYTES_MIN
#define LARGE (PART_BYTES + 1000)

static guint64 small_parts(guint number) { return PART_BYTES; }

/* Tries again at once. */
static double no_chance(gpointer data) { return 0; }
static bool no_sleep(gpointer data, gint64 ms, GCancellable *cancel) { return !g_cancellable_is_cancelled(cancel); }
static const AwsRetryHooks at_once = {no_chance, no_sleep, NULL};

static void open_faulty(S3World *world, FaultyTransport *transport) {
    s3_world_open(world, &transport->base);
    S3Store *s3 = (S3Store *)world->store;
    s3->hooks = &at_once;
    s3->part_bytes = small_parts;
}

/* The bytes of a large object; the first one is `first`. */
static const guint8 *large_data(guint8 first) {
    static guint8 *data[4];
    g_assert_cmpuint(first, <, G_N_ELEMENTS(data));
    if (!data[first]) {
        data[first] = g_memdup2(stream_data(), LARGE);
        data[first][0] = first;
    }
    return data[first];
}

static bool put_large(Store *store, const char *key, guint8 first, const StorePut *put, StoreInfo *info, GError **error) {
    g_autoptr(StoreWriter) writer = NULL;
    return store_put_open(store, key, put, &writer, error) && store_writer_write(writer, large_data(first), LARGE, error) &&
           store_writer_commit(g_steal_pointer(&writer), info, error);
}

/* False with `error` where it could not be read; wrong bytes fail the test. */
static bool check_large(Store *store, const char *key, guint8 first, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_autofree guint8 *read = g_malloc(LARGE);
    if (!store_open(store, key, &reader, NULL, error)) return false;
    g_assert_cmpuint(store_reader_size(reader), ==, LARGE);
    for (gsize at = 0, got = 0; at < LARGE; at += got)
        if (!store_reader_read(reader, at, read + at, MIN(256 * KIB, LARGE - at), &got, error)) return false;
    g_assert_true(memcmp(read, large_data(first), LARGE) == 0);
    return true;
}

static bool check_text(Store *store, const char *key, const char *expected, GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    if (!store_get(store, key, MIB, &bytes, NULL, error)) return false;
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected, strlen(expected));
    return true;
}

static bool check_list(Store *store, const char *prefix, const char *expected, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GString) keys = g_string_new(NULL);
    bool more;
    if (!store_list(store, prefix, NULL, 100, &entries, &more, error)) return false;
    for (guint i = 0; i < entries->len; i++) g_string_append_printf(keys, "%s%s", i ? " " : "", ((StoreEntry *)entries->pdata[i])->key);
    g_assert_cmpstr(keys->str, ==, expected);
    return true;
}

static bool put_ok(Store *store, const char *key, const char *text, const StorePut *put, char **etag, GError **error) {
    char *made = put_text(store, key, text, put, error);
    if (etag) *etag = made;
    else g_free(made);
    return made != NULL;
}

/* What the store does, step after step; each step is checked when it was acknowledged. How many were; the first that was not ends it, with `error`. */
static int run_steps(S3World *world, GError **error) {
    const StorePut fresh = {.if_none_match = true};
    Store *store = world->store;
    g_autofree char *etag = NULL, *next = NULL;
    g_auto(StoreInfo) info = {0};
    if (!put_ok(store, "s/doc", "one", NULL, NULL, error)) return 0;
    if (!put_ok(store, "s/lock", "first", &fresh, &etag, error)) return 1;
    if (!put_ok(store, "s/lock", "second", &(StorePut){.if_match = etag}, &next, error)) return 2;
    if (!check_text(store, "s/lock", "second", error)) return 3;
    if (!check_list(store, "s/", "s/doc s/lock", error)) return 4;
    if (!put_large(store, "s/big", 1, &fresh, &info, error)) return 5;
    g_assert_cmpuint(info.size, ==, LARGE);
    if (!check_large(store, "s/big", 1, error)) return 6;
    if (!store_delete_many(store, (const char *const[]){"s/doc", "s/lock"}, 2, error)) return 7;
    if (!store_delete(store, "s/big", error)) return 8;
    return check_list(store, "s/", "", error) ? 10 : 9;
}

#define STEPS 10

/* By a way that does not fail: all that the acknowledged steps stored is there, and of the one that was not acknowledged either all or nothing. */
static void check_after(S3World *world, int done) {
    g_autofree char *lock = get_text(world->store, "s/lock"), *doc = get_text(world->store, "s/doc");
    g_auto(StoreInfo) big = {0};
    bool has_big = store_head(world->store, "s/big", &big, NULL);
    if (done >= 1 && done < 7) g_assert_cmpstr(doc, ==, "one");
    if (done == 2) g_assert_true(g_strcmp0(lock, "first") == 0 || g_strcmp0(lock, "second") == 0);
    if (done >= 3 && done < 7) g_assert_cmpstr(lock, ==, "second");
    if (done < 1) g_assert_true(!doc || strcmp(doc, "one") == 0);
    if (done < 5) g_assert_false(has_big);
    if (has_big && done < 8) assert_works(check_large(world->store, "s/big", 1, error));
    if (done >= 6 && done < 8) g_assert_true(has_big);
    if (done > 8) g_assert_false(has_big);
    if (done > 7) g_assert_true(!lock && !doc);
}

static void clear_bucket(S3World *world) {
    s3_world_open(world, plain_transport);
    assert_works(store_delete_many(world->store, (const char *const[]){"s/doc", "s/lock", "s/big"}, 3, error));
}

/* All faults on one server; on the other those after which it has done what was asked. */
static bool runs(const char *server, TransportFault fault) { return strcmp(server, "versitygw") == 0 || fault == FAULT_LOST; }

/* One request fails, and what tries again gets through: nothing is noticed but by those whose bytes come damaged, who are told. */
static void fail_each(S3World *world, TransportFault fault, const char *only_method, const char *only_url) {
    bool hit = true;
    for (int n = 1; hit; n++) {
        g_autoptr(GError) error = NULL;
        FaultyTransport transport = faulty_transport(plain_transport, fault, n, 1);
        transport.only_method = only_method;
        transport.only_url = only_url;
        open_faulty(world, &transport);
        int done = run_steps(world, &error);
        g_clear_pointer(&world->store, store_close); /* and with it what goes on in the background */
        hit = transport.hits > 0;
        bool told = hit && fault == FAULT_FLIP_ANSWER;
        if (told) g_assert_error(error, HANSARD_ERROR, ERROR_IO);
        else if (error && fault == FAULT_FLIP_REQUEST) g_assert_nonnull(strstr(error->message, "MalformedXML")); /* seen before the sum was */
        else g_assert_no_error(error);
        if (!error) g_assert_cmpint(done, ==, STEPS);
        s3_world_open(world, plain_transport);
        check_after(world, done);
        clear_bucket(world);
        g_assert_cmpint(n, <, 100);
        g_assert_true(hit || n > 1);
    }
}

static void test_one_fault(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    for (int fault = FAULT_500; fault <= FAULT_CUT; fault++)
        if (runs(server, (TransportFault)fault)) fail_each(world, (TransportFault)fault, NULL, NULL);
}

/* Damage on the way is noticed where there are sums: by the service of all that is sent, by the store of what is read (MinIO gives it no sum of a
 * document that is read with a range). */
static void test_damage(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    fail_each(world, FAULT_FLIP_REQUEST, NULL, NULL);
    fail_each(world, FAULT_FLIP_ANSWER, NULL, strcmp(server, "minio") == 0 ? "/s/big" : NULL);
}

/* From the n-th request on everything fails, and then it works again. */
static void test_lasting_fault(gconstpointer server) {
    static const TransportFault kinds[] = {FAULT_SLOW_DOWN, FAULT_RESET, FAULT_LOST};
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    for (gsize kind = 0; world && kind < G_N_ELEMENTS(kinds); kind++) {
        bool hit = runs(server, kinds[kind]);
        for (int n = 1; hit; n++) {
            g_autoptr(GError) error = NULL;
            FaultyTransport transport = faulty_transport(plain_transport, kinds[kind], n, 1000);
            open_faulty(world, &transport);
            int done = run_steps(world, &error);
            g_clear_pointer(&world->store, store_close);
            hit = transport.hits > 0;
            if (hit) g_assert_true(error_is(error, ERROR_UNAVAILABLE) || done == STEPS); /* the sum at the end can't be asked for */
            else g_assert_no_error(error);
            s3_world_open(world, plain_transport);
            if (hit) check_after(world, done);
            clear_bucket(world);
            g_assert_cmpint(n, <, 100);
        }
    }
}

/* ---- lost answers ---- */

static void put_foreign(FaultyTransport *transport, const HttpRequest *request) {
    S3World *world = transport->data;
    g_assert_cmpint(s3_world_call(world, "PUT", "k", NULL, "someone else's", NULL), ==, 200);
}

typedef enum { PUT_SMALL, PUT_LARGE } PutKind;

static bool put_kind(Store *store, PutKind kind, const StorePut *put, StoreInfo *info, GError **error) {
    g_autoptr(GBytes) bytes = g_bytes_new_static("mine", 4);
    return kind == PUT_SMALL ? store_put(store, "k", bytes, put, info, error) : put_large(store, "k", 3, put, info, error);
}

/* The answer to a conditional put is lost. Tried again it meets its own object, and knows it; or one that someone put over it since, and leaves that. */
static void test_lost_answer(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    for (int round = 0; world && round < 8; round++) {
        PutKind kind = round & 1 ? PUT_LARGE : PUT_SMALL;
        bool on_match = round & 2, overwritten = round & 4;
        g_auto(StoreInfo) info = {0}, head = {0};
        s3_world_open(world, plain_transport);
        assert_works(store_delete(world->store, "k", error));
        g_autofree char *before = on_match ? put_text(world->store, "k", "before", NULL, NULL) : NULL;
        const StorePut put = {.if_match = before, .if_none_match = !on_match};
        FaultyTransport transport = faulty_transport(plain_transport, FAULT_LOST, 1, 1);
        transport.only_method = kind == PUT_SMALL ? "PUT" : "POST";
        if (kind == PUT_LARGE) transport.only_url = "uploadId="; /* the one that joins the parts */
        transport.on_fault = overwritten ? put_foreign : NULL;
        transport.data = world;
        open_faulty(world, &transport);
        g_autoptr(GError) problem = NULL;
        bool put_done = put_kind(world->store, kind, &put, &info, &problem);
        /* An upload's completion may be told once more, which is true: it was stored, and then written over. */
        if (!overwritten || (kind == PUT_LARGE && put_done)) g_assert_no_error(problem);
        else g_assert_error(problem, HANSARD_ERROR, ERROR_PRECONDITION);
        g_assert_cmpint(transport.hits, ==, 1);
        s3_world_open(world, plain_transport);
        if (overwritten) {
            assert_text(world->store, "k", "someone else's");
            continue;
        }
        assert_works(store_head(world->store, "k", &head, error));
        g_assert_cmpstr(info.etag, ==, head.etag);
        g_assert_null(head.metadata);
    }
    if (world) s3_world_open(world, plain_transport);
}

/* Who made the object can't be asked either: then nobody is told that someone else did. */
static void lose_heads(FaultyTransport *transport, const HttpRequest *request) { transport->only_method = "HEAD"; }

static void test_nobody_knows(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_LOST, 1, 1000);
    transport.only_method = "PUT";
    transport.on_fault = lose_heads;
    open_faulty(world, &transport);
    assert_fails(put_text(world->store, "k", "x", &(StorePut){.if_none_match = true}, error), ERROR_UNAVAILABLE);
    s3_world_open(world, plain_transport);
    assert_text(world->store, "k", "x");
}

/* An upload in parts whose completion lost its answer is complete, for another server too. */
static void test_lost_completion(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_static("part", 4);
    g_autoptr(GPtrArray) parts = NULL;
    g_autofree char *id = NULL, *url = NULL;
    g_auto(StoreInfo) info = {0};
    if (!world) return;
    assert_works(store_upload_begin(world->store, "k", &(StorePut){.content_type = "x/y"}, &id, error));
    assert_works(store_upload_sign_part(world->store, "k", id, 1, 60, &url, error));
    g_assert_cmpint(send_bare("PUT", url, bytes, NULL), ==, 200);
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_LOST, 1, 1);
    transport.only_method = "POST";
    open_faulty(world, &transport);
    assert_works(store_upload_parts(world->store, "k", id, &parts, error));
    assert_works(store_upload_complete(world->store, "k", id, parts, &(StorePut){.if_none_match = true}, &info, error));
    g_assert_cmpint(transport.hits, ==, 1);
    g_assert_cmpstr(info.content_type, ==, "x/y");
    s3_world_open(world, plain_transport);
    assert_text(world->store, "k", "part");
}

/* ---- answers of other services ---- */

static void test_conflict(gconstpointer server) {
    static const char conflict[] = "<Error><Code>ConditionalRequestConflict</Code><Message>injected</Message></Error>";
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    const StorePut fresh = {.if_none_match = true};
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_ANSWER, 1, 2);
    transport.answer_status = 409;
    transport.answer_body = conflict;
    open_faulty(world, &transport);
    g_autofree char *etag = put_text(world->store, "k", "x", &fresh, NULL); /* a PutObject is tried again */
    g_assert_nonnull(etag);
    g_assert_cmpint(transport.hits, ==, 2);
    transport.only_url = "uploadId=";
    transport.only_method = "POST";
    transport.seen = 0;
    assert_fails(put_large(world->store, "big", 0, &fresh, NULL, error), ERROR_PRECONDITION); /* the parts of an upload are gone */
    s3_world_open(world, plain_transport);
    g_autofree char *answer = NULL;
    g_assert_cmpint(s3_world_call(world, "GET", NULL, "uploads=", NULL, &answer), ==, 200);
    g_assert_null(strstr(answer, "<Upload>"));
}

/* A service without a batch delete is asked key by key, and not in vain again. */
static void test_no_batch_delete(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    for (int round = 0; world && round < 2; round++) {
        FaultyTransport transport = faulty_transport(plain_transport, FAULT_ANSWER, 1, 1000);
        transport.answer_status = round ? 501 : 405;
        transport.answer_body = round ? "<Error><Code>NotImplemented</Code></Error>" : "<Error><Code>MethodNotAllowed</Code></Error>";
        transport.only_url = "?delete=";
        open_faulty(world, &transport);
        for (int i = 0; i < 2; i++) {
            must_put(world->store, "a", "1");
            must_put(world->store, "b", "2");
            assert_works(store_delete_many(world->store, (const char *const[]){"a", "b", "c"}, 3, error));
            assert_works(check_list(world->store, "", "", error));
        }
        g_assert_cmpint(transport.hits, ==, 1);
        s3_world_open(world, plain_transport);
    }
}

/* A batch delete in which one key is refused says so, and which. */
static void test_refused_key(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), (const char *const[]){"S3_PREFIX", "p", NULL});
    g_autoptr(GError) problem = NULL;
    if (!world) return;
    FaultyTransport transport = faulty_transport(plain_transport, FAULT_ANSWER, 1, 1);
    transport.answer_status = 200;
    transport.answer_body = "<DeleteResult><Error><Key>p/held</Key><Code>AccessDenied</Code><Message>x</Message></Error></DeleteResult>";
    transport.only_url = "?delete=";
    open_faulty(world, &transport);
    g_assert_false(store_delete_many(world->store, (const char *const[]){"free", "held"}, 2, &problem));
    g_assert_error(problem, HANSARD_ERROR, ERROR_CONFIG);
    g_assert_nonnull(strstr(problem->message, "held was not removed"));
    g_assert_nonnull(strstr(problem->message, "s3:DeleteObject"));
    s3_world_open(world, plain_transport);
}

/* Answers that are none, or of something that is no S3: an error, never a crash or a wrong result. */
static void test_garbage(gconstpointer server) {
    static const char *const bodies[] = {"", "<", "hello", "<html><body>hi</body></html>", "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>",
                                         "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
                                         "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size><ETag>\"x\"</ETag></Contents></ListBucketResult>"};
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    must_put(world->store, "k", "x");
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autoptr(GPtrArray) entries = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_auto(StoreInfo) info = {0};
        char *none = NULL;
        bool more;
        FaultyTransport transport = faulty_transport(plain_transport, FAULT_ANSWER, 1, 1000);
        transport.answer_status = 200;
        transport.answer_body = bodies[i];
        open_faulty(world, &transport);
        assert_fails(store_list(world->store, "", NULL, 10, &entries, &more, error), ERROR_CORRUPT);
        assert_fails(store_get(world->store, "k", 10, &bytes, NULL, error), ERROR_CORRUPT);
        assert_fails(store_head(world->store, "k", &info, error), ERROR_CORRUPT);
        assert_fails(put_text(world->store, "k", "y", NULL, error), ERROR_CORRUPT);
        assert_fails(store_upload_begin(world->store, "k", NULL, &none, error), ERROR_CORRUPT);
        assert_fails(store_delete_many(world->store, (const char *const[]){"a", "b"}, 2, error), ERROR_CORRUPT);
        assert_fails(put_large(world->store, "k", 0, NULL, NULL, error), ERROR_CORRUPT);
    }
    s3_world_open(world, plain_transport);
    assert_text(world->store, "k", "x");
}

/* ---- errors that first users meet ---- */

static void assert_named(S3World *world, ErrorCode code, const char *setting) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) listed = NULL, stored = NULL;
    bool more;
    g_assert_false(store_list(world->store, "", NULL, 1, &entries, &more, &listed));
    g_assert_error(listed, HANSARD_ERROR, (int)code);
    g_assert_nonnull(strstr(listed->message, setting));
    g_assert_null(put_text(world->store, "k", "x", NULL, &stored));
    g_assert_error(stored, HANSARD_ERROR, (int)code);
    g_assert_nonnull(strstr(stored->message, setting));
}

static void test_settings_named(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), NULL);
    if (!world) return;
    char *bucket = world->settings->bucket;
    world->settings->bucket = g_strdup("no-such-bucket-here");
    s3_world_open(world, plain_transport);
    assert_named(world, ERROR_CONFIG, "S3_BUCKET_NAME");
    g_free(world->settings->bucket);
    world->settings->bucket = bucket;

    AwsCredentialsChain *right = world->credentials;
    static const char *const wrong[][2] = {{"HANSARDNOSUCHKEY", "secret-of-nobody"}, {NULL, "secret-of-nobody"}};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(AwsCredentialsChain) chain = aws_credentials_chain_fixed(wrong[i][0] ? wrong[i][0] : must_getenv("AWS_ACCESS_KEY_ID"), wrong[i][1], NULL);
        world->credentials = chain;
        s3_world_open(world, plain_transport);
        assert_named(world, ERROR_CONFIG, i ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        g_clear_pointer(&world->store, store_close);
    }
    world->credentials = right;
    s3_world_open(world, plain_transport);
}

static void add_for_all(const char *name, void (*test)(gconstpointer server)) {
    static const char *const servers[] = {"versitygw", "minio"};
    for (gsize i = 0; i < G_N_ELEMENTS(servers); i++) {
        g_autofree char *path = g_strdup_printf("/s3-faults/%s/%s", servers[i], name);
        g_test_add_data_func(path, servers[i], test);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    plain_transport = http_curl_new(NULL);
    add_for_all("one-fault", test_one_fault);
    add_for_all("damage", test_damage);
    add_for_all("lasting-fault", test_lasting_fault);
    add_for_all("lost-answer", test_lost_answer);
    add_for_all("nobody-knows", test_nobody_knows);
    add_for_all("lost-completion", test_lost_completion);
    add_for_all("conflict", test_conflict);
    add_for_all("no-batch-delete", test_no_batch_delete);
    add_for_all("refused-key", test_refused_key);
    add_for_all("garbage", test_garbage);
    add_for_all("settings-named", test_settings_named);
    int status = g_test_run();
    http_transport_close(plain_transport);
    return status;
}
