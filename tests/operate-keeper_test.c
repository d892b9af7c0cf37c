/* What a server tells of its store's cost: counted beside it, kept for a while, and never waited for. */
#include <string.h>

#include "fake_clock.h"
#include "operate/cost_keeper.h"
#include "store/memory.h"

#define AGE_MS 60000

typedef struct {
    Settings *settings;
    FakeClock clock;
    Store *store;
    CostKeeper *keeper;
} Fixture;

static void put(Fixture *fixture, const char *key) {
    g_autoptr(GBytes) bytes = g_bytes_new_static("12345", 5);
    g_assert_true(store_put(fixture->store, key, bytes, NULL, NULL, NULL));
}

static void set_up(Fixture *fixture, gconstpointer prices) {
    fixture->clock = (FakeClock)FAKE_CLOCK(1772600767089);
    const char *const options[] = {"HANSARD_PRICES", prices, NULL};
    g_assert_true(settings_load(NULL, prices ? options : NULL, &fixture->settings, NULL));
    fixture->store = store_memory_new(&fixture->clock.base);
    fixture->keeper = cost_keeper_new(fixture->store, NULL, fixture->settings, &fixture->clock.base, AGE_MS);
    put(fixture, "meetings/a_b.mp3");
}

static void tear_down(Fixture *fixture, gconstpointer prices) {
    cost_keeper_free(fixture->keeper);
    store_close(fixture->store);
    settings_free(fixture->settings);
}

/* Looks until nothing is counted any more; a second at most. */
static void look(Fixture *fixture, CostLook *look) {
    for (int i = 0; i < 1000; i++) {
        cost_look_clear(look);
        cost_keeper_look(fixture->keeper, look);
        if (!look->counting) return;
        g_usleep(1000);
    }
    g_assert_not_reached();
}

static gint64 objects_of(const CostLook *look) { return json_get_int(json_object_get(look->report, "storage"), "objects", -1); }

static void test_kept(Fixture *fixture, gconstpointer prices) {
    g_auto(CostLook) seen = {0};
    cost_keeper_look(fixture->keeper, &seen);
    g_assert_true(seen.counting && !seen.report && !seen.problem && seen.counted_ms == 0);
    look(fixture, &seen);
    g_assert_cmpint(objects_of(&seen), ==, 1);
    g_assert_cmpint(seen.counted_ms, ==, fixture->clock.now);
    put(fixture, "meetings/c_d.mp3");
    fixture->clock.now += AGE_MS - 1;
    look(fixture, &seen);
    g_assert_cmpint(objects_of(&seen), ==, 1); /* still young */
    fixture->clock.now++;
    cost_look_clear(&seen);
    cost_keeper_look(fixture->keeper, &seen);
    g_assert_true(seen.counting && objects_of(&seen) == 1); /* what was known is told meanwhile */
    look(fixture, &seen);
    g_assert_cmpint(objects_of(&seen), ==, 2);
    fixture->clock.now -= 10; /* a clock that was set back must not keep a count for ever */
    cost_look_clear(&seen);
    cost_keeper_look(fixture->keeper, &seen);
    g_assert_true(seen.counting);
}

static void test_failing(Fixture *fixture, gconstpointer prices) {
    g_auto(CostLook) seen = {0};
    look(fixture, &seen);
    g_assert_null(seen.report);
    g_assert_nonnull(strstr(seen.problem, "HANSARD_PRICES"));
    cost_look_clear(&seen);
    cost_keeper_look(fixture->keeper, &seen);
    g_assert_false(seen.counting); /* it is not tried with each look */
    g_clear_pointer(&fixture->settings->prices, g_free); /* someone mends it */
    fixture->clock.now += AGE_MS;
    look(fixture, &seen);
    g_assert_null(seen.problem);
    g_assert_cmpint(objects_of(&seen), ==, 1);
}

/* The server stops while it counts. */
static void test_stopped(Fixture *fixture, gconstpointer prices) {
    g_auto(CostLook) seen = {0};
    for (int i = 0; i < 2000; i++) {
        g_autofree char *key = g_strdup_printf("meetings/%d_b.mp3", i);
        put(fixture, key);
    }
    cost_keeper_look(fixture->keeper, &seen);
    g_assert_true(seen.counting);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add("/operate-keeper/kept", Fixture, NULL, set_up, test_kept, tear_down);
    g_test_add("/operate-keeper/failing", Fixture, "/nowhere/prices.json", set_up, test_failing, tear_down);
    g_test_add("/operate-keeper/stopped", Fixture, NULL, set_up, test_stopped, tear_down);
    return g_test_run();
}
