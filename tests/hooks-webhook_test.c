/* Webhooks as they are kept: what is no webhook, a store that fails under each step, a system without random numbers. */
#include "hooks/webhook.h"

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "model/keys.h"
#include "no_random.h"
#include "store/memory.h"

#define ID "0123456789abcdef"
#define KEY PREFIX_WEBHOOKS ID ".json"

static FakeClock clock_now = FAKE_CLOCK(1700000000000LL);

static void put_text(Store *store, const char *key, const char *text) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_assert_true(store_put(store, key, bytes, NULL, NULL, NULL));
}

/* With one member other than it should be; NULL: all as they should be. */
static void put_webhook(Store *store, const char *id, const char *created, const char *member, json_t *value) {
    g_autofree char *key = g_strconcat(PREFIX_WEBHOOKS, id, ".json", NULL);
    g_autoptr(json_t) json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s]}", "id", id, "url", "https://e.example/", "name", "n", "secret", "whsec_AAAA", "created",
                                       created, "events", "meeting.ready");
    if (member) json_object_set_new(json, member, value);
    g_autofree char *text = json_dumps(json, 0);
    put_text(store, key, text);
    free(g_steal_pointer(&text));
}

static bool create(Store *store, const char *url, GError **error) {
    g_autoptr(Webhook) webhook = NULL;
    return webhook_create(store, &clock_now.base, url, NULL, 0, false, &webhook, error);
}

static void test_no_random(void) {
    g_autoptr(Store) store = store_memory_new(&clock_now.base);
    g_autoptr(GError) error = NULL;
    no_random = true;
    g_assert_false(create(store, "https://e.example/", &error));
    no_random = false;
    g_assert_true(error_is(error, ERROR_INTERNAL));
    g_autoptr(GPtrArray) found = NULL;
    guint unreadable = 0;
    g_assert_true(webhooks_list(store, &found, &unreadable, NULL));
    g_assert_cmpuint(found->len + unreadable, ==, 0);
}

static void test_names(void) {
    EventType type = EVENT_PING;
    g_assert_true(event_named("items.changed", &type));
    g_assert_cmpint(type, ==, EVENT_ITEMS_CHANGED);
    g_assert_false(event_named("webhook.ping", &type)); /* nobody can ask for it */
    g_assert_false(event_named("meeting.renamed", &type));
    g_assert_true(webhook_id_valid(ID));
    g_assert_false(webhook_id_valid(ID "0"));
    g_assert_false(webhook_id_valid("0123456789ABCDEF"));
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_memory_new(&clock_now.base);
    g_assert_false(create(store, "https:nowhere", &error)); /* a scheme, but no host */
    g_assert_true(error_is(error, ERROR_INVALID));
    webhook_free(NULL);
}

static void test_no_webhook(void) {
    static const struct {
        const char *member;
        bool number; /* in the place of a text that is no such one */
    } cases[] = {{"id", false}, {"url", true}, {"secret", false}, {"created", false}, {"events", false}, {"events", true}};
    g_autoptr(Store) store = store_memory_new(&clock_now.base);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Webhook) webhook = NULL;
        g_autoptr(GError) error = NULL;
        put_webhook(store, ID, "2026-01-01T00:00:00Z", cases[i].member, cases[i].number ? json_integer(1) : json_string("soon"));
        g_assert_false(webhook_read(store, ID, &webhook, &error));
        g_assert_true(error_is(error, ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, KEY));
    }
    /* What a later version knows is passed over. */
    g_autoptr(Webhook) webhook = NULL;
    put_webhook(store, ID, "2026-01-01T00:00:00Z", "events", json_pack("[s, i, s]", "meeting.renamed", 1, "meeting.failed"));
    g_assert_true(webhook_read(store, ID, &webhook, NULL));
    g_assert_cmpuint(webhook->events, ==, 1u << EVENT_MEETING_FAILED);
}

static void remove_it(gpointer store) { g_assert_true(store_delete(store, KEY, NULL)); }

/* In the order of their age, then of their ids; what is none is counted, and hides no other. */
static void test_list(void) {
    g_autoptr(Store) store = store_memory_new(&clock_now.base);
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GError) error = NULL;
    guint unreadable = 0;
    static const char *const wanted[] = {"1111111111111111", ID, "2222222222222222", "0000000000000000"};
    put_webhook(store, "0000000000000000", "2026-03-01T00:00:00Z", NULL, NULL);
    put_webhook(store, ID, "2026-02-01T00:00:00Z", NULL, NULL);
    put_webhook(store, "1111111111111111", "2026-01-01T00:00:00Z", NULL, NULL);
    put_webhook(store, "2222222222222222", "2026-02-01T00:00:00Z", NULL, NULL);
    put_text(store, PREFIX_WEBHOOKS "odd.json", "{}");
    put_text(store, PREFIX_WEBHOOKS "3333333333333333.json", "{}");
    g_assert_true(webhooks_list(store, &found, &unreadable, &error));
    g_assert_cmpuint(unreadable, ==, 2);
    g_assert_cmpuint(found->len, ==, G_N_ELEMENTS(wanted));
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) g_assert_cmpstr(((Webhook *)found->pdata[i])->id, ==, wanted[i]);
}

/* The listing and each read fail once; and one is removed between the two, which is no failure. */
static void test_list_faults(void) {
    g_autoptr(Store) inner = store_memory_new(&clock_now.base);
    put_webhook(inner, ID, "2026-02-01T00:00:00Z", NULL, NULL);
    for (int fail_at = 1; fail_at <= 2; fail_at++) {
        g_autoptr(Store) store = faulty_store_new(inner, FAULT_ONCE, fail_at);
        g_autoptr(GPtrArray) found = NULL;
        g_autoptr(GError) error = NULL;
        guint unreadable = 0;
        g_assert_false(webhooks_list(store, &found, &unreadable, &error));
        g_assert_true(error_is(error, ERROR_IO));
        g_assert_null(found);
    }
    g_autoptr(Store) store = faulty_store_new(inner, FAULT_MEANWHILE, 2);
    g_autoptr(GPtrArray) found = NULL;
    guint unreadable = 0;
    ((FaultyStore *)store)->meanwhile = remove_it;
    ((FaultyStore *)store)->data = inner;
    g_assert_true(webhooks_list(store, &found, &unreadable, NULL));
    g_assert_cmpuint(found->len + unreadable, ==, 0);
}

typedef bool (*Step)(Store *store, GError **error);

static bool step_create(Store *store, GError **error) { return create(store, "https://e.example/", error); }

static bool step_read(Store *store, GError **error) {
    g_autoptr(Webhook) webhook = NULL;
    return webhook_read(store, ID, &webhook, error);
}

static bool step_remove(Store *store, GError **error) { return webhook_remove(store, ID, error); }

/* Each operation of the store fails once: the step says so, and can be done again. */
static void test_faults(gconstpointer step) {
    bool done = false;
    for (int fail_at = 1; !done; fail_at++) {
        g_autoptr(Store) inner = store_memory_new(&clock_now.base);
        g_autoptr(Store) store = faulty_store_new(inner, FAULT_ONCE, fail_at);
        g_autoptr(GError) error = NULL;
        put_webhook(inner, ID, "2026-02-01T00:00:00Z", NULL, NULL);
        put_text(inner, PREFIX_DELIVERIES ID "/1.json", "{}");
        done = ((Step)step)(store, &error);
        g_assert_cmpint(done, ==, ((FaultyStore *)store)->operations < fail_at);
        if (done) continue;
        g_assert_true(error_is(error, ERROR_IO));
        /* A removal that was told of what it did not finish leaves no webhook: what is left is only what was told to it. */
        g_clear_error(&error);
        if (!((Step)step)(inner, &error)) g_assert_true((Step)step == step_remove && error_is(error, ERROR_NOT_FOUND));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hooks-webhook/no-random", test_no_random);
    g_test_add_func("/hooks-webhook/names", test_names);
    g_test_add_func("/hooks-webhook/no-webhook", test_no_webhook);
    g_test_add_func("/hooks-webhook/list", test_list);
    g_test_add_func("/hooks-webhook/list-faults", test_list_faults);
    g_test_add_data_func("/hooks-webhook/faults/create", step_create, test_faults);
    g_test_add_data_func("/hooks-webhook/faults/read", step_read, test_faults);
    g_test_add_data_func("/hooks-webhook/faults/remove", step_remove, test_faults);
    return g_test_run();
}
