/* Requests with a key: who may work on one, what a repetition gets, who dies midway, what is swept. */
#include "once/once.h"

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "model/keys.h"
#include "store/memory.h"

#define START_MS 1700000000000LL

typedef struct {
    FakeClock clock;
    Store *store;
} World;

static void world_init(World *world) {
    world->clock = (FakeClock)FAKE_CLOCK(START_MS);
    world->store = store_memory_new(&world->clock.base);
}

static const OnceRequest asked = {.caller = "token", .key = "k", .digest = "one", .subject = "meeting-1"};

static bool claim(World *world, const OnceRequest *request, OnceClaim *made, OnceAnswer *answer, bool *done, GError **error) {
    return once_claim(world->store, &world->clock.base, request, made, answer, done, error);
}

static void keep(World *world, const OnceClaim *made) {
    g_autoptr(GError) error = NULL;
    g_auto(OnceAnswer) answer = {201, g_strdup("meeting-1"), json_pack("{s:s}", "Location", "/there"), json_pack("{s:b}", "success", 1)};
    g_assert_true(once_keep(world->store, made, &answer, &error));
    g_assert_no_error(error);
}

static void test_done_once(void) {
    World world;
    world_init(&world);
    g_auto(OnceClaim) first = {0};
    g_auto(OnceClaim) second = {0};
    g_auto(OnceAnswer) answer = {0};
    g_autoptr(GError) error = NULL;
    bool done = true;
    g_assert_true(claim(&world, &asked, &first, &answer, &done, &error));
    g_assert_false(done);
    g_assert_false(first.again);
    g_assert_false(claim(&world, &asked, &second, &answer, &done, &error)); /* it is being worked on */
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_clear_error(&error);
    keep(&world, &first);
    g_assert_true(claim(&world, &asked, &second, &answer, &done, &error));
    g_assert_true(done);
    g_assert_cmpuint(answer.status, ==, 201);
    g_assert_cmpstr(answer.subject, ==, "meeting-1");
    g_assert_cmpstr(json_get_string(answer.headers, "Location", NULL), ==, "/there");
    g_assert_true(json_get_bool(answer.body, "success", false));
    store_close(world.store);
}

static void test_other_content_and_other_caller(void) {
    World world;
    world_init(&world);
    g_auto(OnceClaim) first = {0};
    g_auto(OnceClaim) others = {0};
    g_auto(OnceAnswer) answer = {0};
    g_autoptr(GError) error = NULL;
    bool done;
    OnceRequest changed = asked, stranger = asked;
    changed.digest = "two";
    stranger.caller = "another";
    g_assert_true(claim(&world, &asked, &first, &answer, &done, &error));
    g_assert_false(claim(&world, &changed, &others, &answer, &done, &error)); /* whether done or not */
    g_assert_true(error_is(error, ERROR_KEY_REUSED));
    g_clear_error(&error);
    keep(&world, &first);
    g_assert_false(claim(&world, &changed, &others, &answer, &done, &error));
    g_assert_true(error_is(error, ERROR_KEY_REUSED));
    g_clear_error(&error);
    g_assert_true(claim(&world, &stranger, &others, &answer, &done, &error));
    g_assert_false(done);
    store_close(world.store);
}

static void test_failure_frees(void) {
    World world;
    world_init(&world);
    g_autoptr(GError) error = NULL;
    bool done;
    for (int unsure = 0; unsure < 2; unsure++) {
        g_auto(OnceClaim) first = {0};
        g_auto(OnceClaim) next = {0};
        g_auto(OnceAnswer) answer = {0};
        OnceRequest again = asked;
        again.key = unsure ? "unsure" : "sure";
        g_assert_true(claim(&world, &again, &first, &answer, &done, &error));
        g_assert_true(once_release(world.store, &world.clock.base, &first, unsure, &error));
        again.subject = "meeting-2";
        g_assert_true(claim(&world, &again, &next, &answer, &done, &error));
        g_assert_no_error(error);
        g_assert_cmpint(next.again, ==, unsure);
        g_assert_cmpstr(next.subject, ==, unsure ? "meeting-1" : "meeting-2");
    }
    store_close(world.store);
}

/* At the end of the lease, not a millisecond before; who comes back late finds its claim gone. */
static void test_dies_midway(void) {
    World world;
    world_init(&world);
    g_auto(OnceClaim) first = {0};
    g_auto(OnceClaim) next = {0};
    g_auto(OnceAnswer) answer = {0};
    g_auto(OnceAnswer) late = {201, NULL, json_object(), json_object()};
    g_autoptr(GError) error = NULL;
    bool done;
    g_assert_true(claim(&world, &asked, &first, &answer, &done, &error));
    world.clock.now += ONCE_LEASE_MS - 1;
    g_assert_false(claim(&world, &asked, &next, &answer, &done, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_clear_error(&error);
    world.clock.now += 1;
    g_assert_true(claim(&world, &asked, &next, &answer, &done, &error));
    g_assert_true(next.again && !done);
    g_assert_true(once_release(world.store, &world.clock.base, &first, false, &error)); /* not its own any more: nothing happens */
    g_assert_false(once_keep(world.store, &first, &late, &error));
    g_assert_true(error_is(error, ERROR_PRECONDITION));
    keep(&world, &next);
    store_close(world.store);
}

static void test_expires_and_is_swept(void) {
    World world;
    world_init(&world);
    g_auto(OnceClaim) first = {0};
    g_auto(OnceClaim) next = {0};
    g_auto(OnceAnswer) answer = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *after = NULL;
    g_auto(StoreInfo) info = {0};
    OnceRequest changed = asked, others = asked;
    bool done;
    changed.digest = "two";
    others.key = "other";
    g_assert_true(claim(&world, &asked, &first, &answer, &done, &error));
    keep(&world, &first);
    world.clock.now += ONCE_KEPT_MS;
    g_assert_true(once_sweep(world.store, &world.clock.base, &after, &error)); /* at the limit it stands, but counts no more */
    g_assert_null(after);
    g_assert_true(store_head(world.store, first.object, &info, &error));
    g_assert_true(claim(&world, &changed, &next, &answer, &done, &error));
    g_assert_true(!done && !next.again);
    world.clock.now += 1;
    g_auto(OnceClaim) young = {0};
    g_assert_true(claim(&world, &others, &young, &answer, &done, &error));
    world.clock.now += ONCE_KEPT_MS;
    g_assert_true(once_sweep(world.store, &world.clock.base, &after, &error));
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    g_assert_true(store_list(world.store, PREFIX_REQUESTS, NULL, 10, &entries, &more, &error));
    g_assert_cmpuint(entries->len, ==, 1);
    g_assert_cmpstr(((StoreEntry *)entries->pdata[0])->key, ==, young.object);
    store_close(world.store);
}

static void test_damaged(void) {
    World world;
    world_init(&world);
    g_auto(OnceClaim) first = {0};
    static const char *const damages[] = {"", "{}", "[]", "{\"state\":\"done\",\"request\":\"one\"}", "{\"state\":\"odd\"}"};
    bool done;
    g_auto(OnceAnswer) answer = {0};
    g_assert_true(claim(&world, &asked, &first, &answer, &done, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_auto(OnceClaim) next = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = g_bytes_new_static(damages[i], strlen(damages[i]));
        g_assert_true(store_put(world.store, first.object, bytes, NULL, NULL, NULL));
        g_assert_false(claim(&world, &asked, &next, &answer, &done, &error));
        g_assert_true(error_is(error, ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, first.object));
    }
    store_close(world.store);
}

static void test_key_form(void) {
    g_autofree char *longest = g_strnfill(ONCE_KEY_BYTES_MAX, 'k'), *longer = g_strnfill(ONCE_KEY_BYTES_MAX + 1, 'k');
    const char *const good[] = {"k", "\"k\"", "8e03978e-40d5-43dd-bc93-6894a57f9324", longest},
                      *const bad[] = {"", "\"\"", "\"", "a b", "\"a\"b\"", "a\\b", "caf\xc3\xa9", longer};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *key = NULL;
        g_assert_true(once_key_parse(good[i], &key, NULL));
        g_assert_null(strchr(key, '"'));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *key = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(once_key_parse(bad[i], &key, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
    }
}

typedef struct {
    World *world;
    gint *done_by; /* shared */
} Rival;

static gpointer compete(gpointer data) {
    Rival *rival = data;
    g_auto(OnceClaim) made = {0};
    g_auto(OnceAnswer) answer = {0};
    bool done;
    if (claim(rival->world, &asked, &made, &answer, &done, NULL) && !done) g_atomic_int_inc(rival->done_by);
    return NULL;
}

static void test_rivals(void) {
    World world;
    world_init(&world);
    for (int round = 0; round < 20; round++) {
        gint done_by = 0;
        GThread *threads[8];
        Rival rival = {&world, &done_by};
        world.clock.now += ONCE_KEPT_MS; /* the key is free, and its object stands */
        for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) threads[i] = g_thread_new("rival", compete, &rival);
        for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) g_thread_join(threads[i]);
        g_assert_cmpint(done_by, ==, 1);
    }
    store_close(world.store);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/once/done-once", test_done_once);
    g_test_add_func("/once/other-content-and-other-caller", test_other_content_and_other_caller);
    g_test_add_func("/once/failure-frees", test_failure_frees);
    g_test_add_func("/once/dies-midway", test_dies_midway);
    g_test_add_func("/once/expires-and-is-swept", test_expires_and_is_swept);
    g_test_add_func("/once/damaged", test_damaged);
    g_test_add_func("/once/key-form", test_key_form);
    g_test_add_func("/once/rivals", test_rivals);
    return g_test_run();
}
