/* Webhooks: what is stored, signed, told, tried again and given up; over a fake receiver on loopback. */
#include "hooks/sender.h"

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "fake_http.h"
#include "faulty_store.h"
#include "model/keys.h"
#include "net/curl.h"
#include "store/memory.h"

#define START_MS 1700000000000LL

typedef struct {
    FakeClock clock;
    Store *store;
    FakeHttp *fake; /* NULL: none */
    HttpTransport *transport;
    Sender sender;
    Webhook *webhook;
} World;

static void world_init(World *world, const FakeStep *steps, guint step_count) {
    g_autoptr(GError) error = NULL;
    *world = (World){.clock = FAKE_CLOCK(START_MS)};
    world->store = store_memory_new(&world->clock.base);
    world->fake = fake_http_new(steps, step_count);
    world->transport = http_curl_new(NULL);
    world->sender = (Sender){world->store, &world->clock.base, world->transport, true};
    g_autofree char *url = g_strconcat(world->fake->url, "/hook", NULL);
    g_assert_true(webhook_create(world->store, &world->clock.base, url, "test", 0, true, &world->webhook, &error));
    g_assert_no_error(error);
}

static void world_clear(World *world) {
    fake_http_free(world->fake);
    http_transport_close(world->transport);
    webhook_free(world->webhook);
    store_close(world->store);
}

static void emit(World *world, EventType type, const char *meeting_id, const char *version) {
    g_autoptr(GError) error = NULL;
    Event event = {.type = type, .meeting_id = meeting_id, .version = version};
    g_assert_true(event_emit(world->store, &world->clock.base, &event, &error));
    g_assert_no_error(error);
}

static guint look(World *world, gint64 *next_ms) {
    g_autoptr(GError) error = NULL;
    guint tried = 0;
    gint64 next;
    g_assert_true(sender_run(&world->sender, NULL, &tried, next_ms ? next_ms : &next, &error));
    g_assert_no_error(error);
    return tried;
}

static guint count(World *world, const char *prefix) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    g_assert_true(store_list(world->store, prefix, NULL, 1000, &entries, &more, NULL));
    return entries->len;
}

/* The first of what is shown of our webhook. */
static json_t *shown(World *world) {
    json_t *list = NULL;
    g_assert_true(deliveries_list(world->store, world->webhook->id, 10, &list, NULL));
    json_t *first = json_incref(json_array_get(list, 0));
    json_decref(list);
    return first;
}

/* -- signatures ---------------------------------------------------------------------------------------------------------- */

/* The example of the specification, github.com/standard-webhooks: secret, id, timestamp, body and what they give. */
static void test_signature(void) {
    static const char body[] = "{\"test\": 2432232314}";
    g_autofree char *signature = webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body));
    g_assert_cmpstr(signature, ==, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void test_told(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 204 No Content\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    gint64 next_ms;
    world_init(&world, steps, 1);
    emit(&world, EVENT_MEETING_READY, "meeting-1", "run");
    g_assert_cmpuint(look(&world, &next_ms), ==, 1);
    g_assert_cmpint(next_ms, ==, 0);
    const FakeRequest *request = fake_http_request(world.fake, 0);
    g_autofree char *id = fake_http_header(world.fake, 0, "webhook-id"), *time = fake_http_header(world.fake, 0, "webhook-timestamp");
    g_autofree char *given = fake_http_header(world.fake, 0, "webhook-signature");
    gsize size = 0;
    const char *body = g_bytes_get_data(request->body, &size);
    g_autofree char *right = webhook_sign(world.webhook->secret, id, START_MS / 1000, body, size);
    g_assert_cmpstr(given, ==, right);
    g_assert_cmpstr(time, ==, "1700000000");
    g_autoptr(json_t) json = json_parse_object(body, size, "body", NULL);
    g_assert_cmpstr(json_get_string(json, "id", ""), ==, id);
    g_assert_cmpstr(json_get_string(json, "type", ""), ==, "meeting.ready");
    g_assert_cmpstr(json_get_string(json_object_get(json, "data"), "meeting_id", ""), ==, "meeting-1");
    g_autoptr(json_t) view = shown(&world);
    g_assert_cmpstr(json_get_string(view, "state", ""), ==, "delivered");
    g_assert_cmpint(json_get_int(view, "attempts", 0), ==, 1);
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 0);
    g_assert_cmpuint(look(&world, NULL), ==, 0);
    world_clear(&world);
}

/* -- failures ------------------------------------------------------------------------------------------------------------ */

static void test_backoff(void) {
    gint64 before = 0, whole = 0;
    for (guint attempts = 1; attempts < HOOK_ATTEMPTS_MAX; attempts++) {
        gint64 low = sender_backoff_ms(attempts, 0), high = sender_backoff_ms(attempts, 1), middle = sender_backoff_ms(attempts, 0.5);
        g_assert_cmpint(low, ==, middle * 3 / 4);
        g_assert_cmpint(high, <=, middle * 5 / 4 + 1);
        g_assert_cmpint(middle, ==, MIN(before ? before * 4 : HOOK_BACKOFF_FIRST_MS, HOOK_BACKOFF_MAX_MS));
        before = middle;
        whole += middle;
    }
    g_assert_cmpint(whole / 3600000, ==, 31); /* the documentation says about 32 hours */
    g_assert_cmpint(sender_backoff_ms(1000, 0.5), ==, HOOK_BACKOFF_MAX_MS);
}

static void test_tried_again_then_given_up(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    world_init(&world, steps, 1);
    emit(&world, EVENT_MEETING_READY, "meeting-1", "run");
    for (guint attempt = 1; attempt <= HOOK_ATTEMPTS_MAX; attempt++) {
        gint64 next_ms = 0;
        g_assert_cmpuint(look(&world, NULL), ==, 1);
        g_assert_cmpuint(look(&world, &next_ms), ==, 0); /* it is not due */
        g_assert_cmpint(next_ms > world.clock.now, ==, attempt < HOOK_ATTEMPTS_MAX);
        g_autoptr(json_t) view = shown(&world);
        g_assert_cmpstr(json_get_string(view, "state", ""), ==, attempt < HOOK_ATTEMPTS_MAX ? "waiting" : "given-up");
        g_assert_cmpint(json_get_int(view, "attempts", 0), ==, attempt);
        g_assert_cmpint(json_get_int(view, "status", 0), ==, 500);
        g_assert_nonnull(strstr(json_get_string(view, "reason", ""), "500"));
        world.clock.now = MAX(next_ms, world.clock.now);
    }
    g_assert_cmpuint(fake_http_count(world.fake), ==, HOOK_ATTEMPTS_MAX);
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 0);
    world_clear(&world);
}

static void test_answers(void) {
    static const struct {
        FakeStep step;
        const char *state, *reason;
    } cases[] = {
        {{.answer = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}, "given-up", "410"},
        {{.answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}, "waiting", "redirect"},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n", .filler = 2000000, .then = FAKE_CLOSE}, "waiting", "bytes"},
        {{.answer = NULL, .then = FAKE_CLOSE}, "waiting", "answer"},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .then = FAKE_CLOSE}, "delivered", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        World world;
        world_init(&world, &cases[i].step, 1);
        emit(&world, EVENT_MEETING_READY, "meeting-1", "run");
        g_assert_cmpuint(look(&world, NULL), ==, 1);
        g_autoptr(json_t) view = shown(&world);
        g_assert_cmpstr(json_get_string(view, "state", ""), ==, cases[i].state);
        g_assert_nonnull(strstr(json_get_string(view, "reason", ""), cases[i].reason));
        g_assert_cmpuint(fake_http_count(world.fake), ==, 1);
        world_clear(&world);
    }
}

static void test_private_address(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    world_init(&world, steps, 1);
    world.sender.allow_private = false;
    emit(&world, EVENT_MEETING_READY, "meeting-1", "run");
    g_assert_cmpuint(look(&world, NULL), ==, 1);
    g_autoptr(json_t) view = shown(&world);
    g_assert_nonnull(strstr(json_get_string(view, "reason", ""), "private network"));
    g_assert_cmpuint(fake_http_count(world.fake), ==, 0);
    g_assert_cmpuint(world.fake->accepted, ==, 0);
    world_clear(&world);
}

/* One that does not answer holds up no other. */
static void test_resting(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE},
                                     {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    g_autoptr(Webhook) other = NULL;
    world_init(&world, steps, 2);
    for (int i = 0; i < 3; i++) {
        g_autofree char *meeting_id = g_strdup_printf("meeting-%d", i);
        world.clock.now++;
        emit(&world, EVENT_MEETING_READY, meeting_id, "run");
    }
    g_assert_true(webhook_create(world.store, &world.clock.base, world.webhook->url, "other", 1u << EVENT_MEETING_FAILED, true, &other, NULL));
    world.clock.now++;
    emit(&world, EVENT_MEETING_FAILED, "meeting-9", "run");
    g_assert_cmpuint(look(&world, NULL), ==, 2); /* the first of ours fails; the other's one is told */
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 4);
    g_assert_cmpuint(look(&world, NULL), ==, 3);
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 1);
    world_clear(&world);
}

/* Announced before it is done: told once when that is settled, not at all when it is withdrawn, and late when nobody says either. */
static void test_announced(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE},
                                     {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    world_init(&world, steps, G_N_ELEMENTS(steps));
    Clock *clock = &world.clock.base;
    g_autoptr(json_t) data = json_pack("{s:[s]}", "items", "A-7");
    Event event = {.type = EVENT_ITEMS_CHANGED, .meeting_id = "meeting-1", .version = "1"};
    g_autoptr(GPtrArray) settled = NULL;
    g_autoptr(GPtrArray) withdrawn = NULL;
    g_autoptr(GPtrArray) left = NULL;
    g_assert_true(event_announce(world.store, clock, &event, &settled, NULL));
    g_assert_cmpuint(settled->len, ==, 1);
    g_assert_cmpuint(look(&world, NULL), ==, 0);
    event.data = data; /* known by now */
    g_assert_true(event_settle(world.store, clock, &event, settled, NULL));
    g_assert_cmpuint(look(&world, NULL), ==, 1);
    gsize size;
    const char *body = g_bytes_get_data(fake_http_request(world.fake, 0)->body, &size);
    g_assert_nonnull(g_strstr_len(body, (gssize)size, "A-7"));
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 0);

    g_assert_true(event_announce(world.store, clock, &event, &withdrawn, NULL));
    g_assert_true(event_settle(world.store, clock, NULL, withdrawn, NULL));
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 0);

    g_assert_true(event_announce(world.store, clock, &event, &left, NULL));
    world.clock.now += HOOK_DOUBT_MS - 1;
    g_assert_cmpuint(look(&world, NULL), ==, 0);
    world.clock.now += 1;
    g_assert_cmpuint(look(&world, NULL), ==, 1);
    g_assert_cmpuint(fake_http_count(world.fake), ==, 2);
    world_clear(&world);
}

/* The keys of the outbox that are this webhook's, or anybody's (NULL), and due by then. */
static guint count_due(World *world, const Webhook *webhook, gint64 by_ms) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    guint due = 0;
    g_assert_true(store_list(world->store, PREFIX_OUTBOX, NULL, 1000, &entries, &more, NULL));
    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *owner = NULL;
        gint64 due_ms;
        g_assert_true(outbox_key_parse(((const StoreEntry *)entries->pdata[i])->key, &due_ms, &owner));
        due += due_ms <= by_ms && (!webhook || strcmp(owner, webhook->id) == 0);
    }
    return due;
}

typedef enum { ANNOUNCED, SETTLED, WITHDRAWN, STEP_COUNT } Step;

/* Two webhooks, and any one operation fails, or its answer is lost: nobody is told of what could not be announced to both; where one can't be settled
 * or withdrawn, the other is. */
static void test_announced_faults(void) {
    static const FaultMode modes[] = {FAULT_ONCE, FAULT_LOST};
    for (int turn = 0; turn < STEP_COUNT * 2; turn++) {
        Step step = (Step)(turn / 2);
        guint failures = 0;
        for (int at = 1, reached = true; reached; at++) {
            World world;
            g_autoptr(Webhook) other = NULL;
            g_autoptr(GPtrArray) announced = NULL;
            g_autoptr(GError) error = NULL;
            Event event = {.type = EVENT_ITEMS_CHANGED, .meeting_id = "meeting-1", .version = "1"};
            world_init(&world, NULL, 0);
            Clock *clock = &world.clock.base;
            g_assert_true(webhook_create(world.store, clock, world.webhook->url, "other", 0, true, &other, NULL));
            g_autoptr(Store) faulty = faulty_store_new(world.store, modes[turn % 2], at);
            if (step != ANNOUNCED) g_assert_true(event_announce(world.store, clock, &event, &announced, NULL));
            bool done = step == ANNOUNCED ? event_announce(faulty, clock, &event, &announced, &error)
                                          : event_settle(faulty, clock, step == SETTLED ? &event : NULL, announced, &error);
            reached = ((FaultyStore *)faulty)->operations >= at;
            failures += !done;
            g_assert_true(done == !error);
            guint left = count(&world, PREFIX_OUTBOX), now = count_due(&world, NULL, START_MS);
            gint64 later_ms = START_MS + HOOK_DOUBT_MS;
            g_test_message("step %d, mode %d, operation %d: done %d, left %u, now %u", step, modes[turn % 2], at, done, left, now);
            if (step == ANNOUNCED) g_assert_cmpuint(left, ==, done ? 2 : 0);
            if (step == WITHDRAWN) g_assert_cmpuint(left, <=, done ? 0 : 1);
            if (step == SETTLED) {
                g_assert_cmpuint(now, >=, done ? 2 : 1);
                g_assert_true(count_due(&world, world.webhook, later_ms) > 0 && count_due(&world, other, later_ms) > 0);
                g_assert_cmpuint(left, <=, done ? 2 : 3);
            }
            world_clear(&world);
        }
        g_assert_cmpuint(failures, >=, 2);
    }
}

/* -- who dies, who is faster --------------------------------------------------------------------------------------------- */

static void test_lease(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    world_init(&world, steps, 1);
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    emit(&world, EVENT_MEETING_READY, "meeting-1", "run");
    g_assert_true(store_list(world.store, PREFIX_OUTBOX, NULL, 10, &entries, &more, NULL));
    const char *key = ((StoreEntry *)entries->pdata[0])->key;
    g_autoptr(Delivery) first = NULL;
    g_autoptr(Delivery) second = NULL;
    g_assert_true(outbox_take(world.store, &world.clock.base, key, &first, NULL));
    g_assert_nonnull(first);
    g_assert_true(outbox_take(world.store, &world.clock.base, key, &second, NULL));
    g_assert_null(second);
    world.clock.now += HOOK_LEASE_MS - 1;
    look(&world, NULL);
    g_assert_cmpuint(fake_http_count(world.fake), ==, 0);
    world.clock.now += 1; /* who took it is dead */
    look(&world, NULL);
    g_assert_cmpuint(fake_http_count(world.fake), ==, 1);
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 0);
    world_clear(&world);
}

static gpointer run_sender(gpointer data) {
    World *world = data;
    guint tried;
    gint64 next_ms;
    sender_run(&world->sender, NULL, &tried, &next_ms, NULL);
    return NULL;
}

static void test_side_by_side(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    GThread *threads[6];
    world_init(&world, steps, 1);
    for (int i = 0; i < 20; i++) {
        g_autofree char *meeting_id = g_strdup_printf("meeting-%d", i);
        emit(&world, EVENT_MEETING_READY, meeting_id, "run");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) threads[i] = g_thread_new("sender", run_sender, &world);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) g_thread_join(threads[i]);
    g_assert_cmpuint(fake_http_count(world.fake), ==, 20);
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 0);
    world_clear(&world);
}

/* -- what is registered -------------------------------------------------------------------------------------------------- */

static void test_who_wants_what(void) {
    World world;
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    g_autoptr(Webhook) other = NULL;
    world_init(&world, steps, 1);
    g_assert_true(webhook_create(world.store, &world.clock.base, world.webhook->url, NULL, 1u << EVENT_ITEMS_CHANGED, true, &other, NULL));
    emit(&world, EVENT_MEETING_READY, "meeting-1", "run");
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 1);
    emit(&world, EVENT_ITEMS_CHANGED, "meeting-1", "etag");
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 3);
    /* Removed: what waits for it is dropped, what was told is forgotten. */
    look(&world, NULL);
    g_assert_cmpuint(count(&world, PREFIX_DELIVERIES), ==, 3);
    emit(&world, EVENT_ITEMS_CHANGED, "meeting-2", "etag");
    g_assert_true(webhook_remove(world.store, other->id, NULL));
    g_assert_false(webhook_remove(world.store, other->id, NULL));
    g_assert_cmpuint(count(&world, PREFIX_DELIVERIES), ==, 2);
    look(&world, NULL);
    g_assert_cmpuint(count(&world, PREFIX_OUTBOX), ==, 0);
    g_assert_cmpuint(fake_http_count(world.fake), ==, 4);
    world_clear(&world);
}

static void test_limits(void) {
    FakeClock clock = FAKE_CLOCK(START_MS);
    g_autoptr(Store) store = store_memory_new(&clock.base);
    g_autofree char *path = g_strnfill(WEBHOOK_URL_BYTES_MAX - strlen("https://e.example/"), 'x'), *name = g_strnfill(TOKEN_NAME_BYTES_MAX + 1, 'n');
    g_autofree char *longest = g_strconcat("https://e.example/", path, NULL), *longer = g_strconcat(longest, "x", NULL);
    const char *const bad[] = {"", "e.example", "ftp://e.example/", "https://", "https://a:b@e.example/", "https://e.example/#f", "https://e.example/a b",
                               "https://e.example/\xc3\xa9", "http://10.0.0.1/", "http://[::1]/", "http://localhost/", "javascript:alert(1)", longer};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Webhook) webhook = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(webhook_create(store, &clock.base, bad[i], NULL, 0, false, &webhook, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
    }
    for (guint i = 0; i <= WEBHOOKS_MAX; i++) {
        g_autoptr(Webhook) webhook = NULL;
        g_autoptr(GError) error = NULL;
        bool made = webhook_create(store, &clock.base, longest, i == 0 ? name : "n", 0, false, &webhook, &error);
        g_assert_cmpint(made, ==, i > 0);
        if (i == 0) g_assert_true(error_is(error, ERROR_INVALID));
    }
    g_autoptr(Webhook) webhook = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(webhook_create(store, &clock.base, longest, "n", 0, false, &webhook, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
}

/* A damaged object is named and holds up no other; what is no key of ours is left alone. */
static void test_damaged(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    world_init(&world, steps, 1);
    static const char *const texts[] = {"", "{}", "[]", "{\"event\": \"msg_1\", \"webhook\": \"x\"}"};
    g_autofree char *key = g_strdup_printf(PREFIX_OUTBOX "0000000000001-msg_%032d-%s.json", 1, world.webhook->id);
    g_autoptr(GBytes) other = g_bytes_new_static("x", 1);
    g_assert_true(store_put(world.store, PREFIX_OUTBOX "odd.json", other, NULL, NULL, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GBytes) bytes = g_bytes_new_static(texts[i], strlen(texts[i]));
        g_autofree char *version = g_strdup_printf("%zu", i);
        g_autoptr(GError) error = NULL;
        guint tried;
        gint64 next_ms;
        g_assert_true(store_put(world.store, key, bytes, NULL, NULL, NULL));
        emit(&world, EVENT_MEETING_READY, "meeting-1", version);
        g_assert_false(sender_run(&world.sender, NULL, &tried, &next_ms, &error));
        g_assert_true(error_is(error, ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, key));
        g_assert_cmpuint(fake_http_count(world.fake), ==, i + 1);
    }
    world_clear(&world);
}

static void test_kept(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE}};
    World world;
    world_init(&world, steps, 1);
    for (guint i = 0; i < HOOK_DELIVERIES_KEPT + 3; i++) {
        g_autofree char *version = g_strdup_printf("%u", i);
        world.clock.now++;
        emit(&world, EVENT_MEETING_READY, "meeting-1", version);
    }
    look(&world, NULL);
    g_assert_cmpuint(count(&world, PREFIX_DELIVERIES), ==, HOOK_DELIVERIES_KEPT);
    g_autoptr(json_t) view = shown(&world);
    gint64 created_ms = 0;
    g_assert_true(time_parse(json_get_string(view, "created", ""), &created_ms));
    g_assert_cmpint(created_ms, ==, world.clock.now); /* the newest stands first */
    world_clear(&world);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hooks/signature", test_signature);
    g_test_add_func("/hooks/told", test_told);
    g_test_add_func("/hooks/backoff", test_backoff);
    g_test_add_func("/hooks/tried-again-then-given-up", test_tried_again_then_given_up);
    g_test_add_func("/hooks/answers", test_answers);
    g_test_add_func("/hooks/private-address", test_private_address);
    g_test_add_func("/hooks/resting", test_resting);
    g_test_add_func("/hooks/announced", test_announced);
    g_test_add_func("/hooks/announced-faults", test_announced_faults);
    g_test_add_func("/hooks/lease", test_lease);
    g_test_add_func("/hooks/side-by-side", test_side_by_side);
    g_test_add_func("/hooks/who-wants-what", test_who_wants_what);
    g_test_add_func("/hooks/limits", test_limits);
    g_test_add_func("/hooks/damaged", test_damaged);
    g_test_add_func("/hooks/kept", test_kept);
    return g_test_run();
}
