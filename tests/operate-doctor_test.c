/* doctor over a store in memory: a healthy one, one that does not honour conditions, one of another clock, and one whose n-th operation fails. What it
 * wrote is gone afterwards. */
#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "operate/doctor.h"
#include "store/memory.h"

static FakeClock fake_clock = FAKE_CLOCK(0);
static bool (*put_as_asked)(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error);

static bool put_without_conditions(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    StorePut bare = *put;
    bare.if_match = NULL;
    bare.if_none_match = false;
    return put_as_asked(store, key, &bare, writer, error);
}

static GPtrArray *examine(Store *store, Clock *clock) {
    Meetings meetings = {.store = store, .clock = clock};
    SetupContext context = {.clock = clock, .meetings = &meetings, .bucket = store};
    GPtrArray *findings = doctor_findings_new();
    doctor_examine_store(&context, "here", findings);
    return findings;
}

static const DoctorFinding *find(const GPtrArray *findings, const char *what) {
    for (guint i = 0; i < findings->len; i++) {
        const DoctorFinding *finding = g_ptr_array_index(findings, i);
        if (strcmp(finding->what, what) == 0) return finding;
    }
    return NULL;
}

static guint count_objects(Store *store) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    g_assert_true(store_list(store, "", NULL, 10, &entries, &more, NULL));
    return entries->len;
}

static void test_healthy(void) {
    Store *store = store_memory_new(clock_system());
    g_autoptr(GPtrArray) findings = examine(store, clock_system());
    g_assert_cmpuint(findings->len, ==, 6);
    g_assert_cmpuint(doctor_count(findings, DOCTOR_OK), ==, 6);
    g_assert_cmpstr(find(findings, "bucket: write")->found, ==, "here");
    g_assert_cmpuint(count_objects(store), ==, 0);
    store_close(store);
}

static void test_conditions_not_honoured(void) {
    Store *store = store_memory_new(clock_system());
    StoreBackend deaf = *store->backend;
    put_as_asked = deaf.put_open;
    deaf.put_open = put_without_conditions;
    store->backend = &deaf;
    g_autoptr(GPtrArray) findings = examine(store, clock_system());
    const DoctorFinding *finding = find(findings, "bucket: conditional writes");
    g_assert_cmpint(finding->state, ==, DOCTOR_FAULT);
    g_assert_nonnull(strstr(finding->found, "8 won newly"));
    g_assert_nonnull(strstr(finding->found, "run one server alone"));
    g_assert_cmpuint(doctor_count(findings, DOCTOR_FAULT), ==, 1);
    store_close(store);
}

static void test_clock(void) {
    Store *store = store_memory_new(clock_system());
    fake_clock.now = clock_now_ms(clock_system()) - 1000LL * (DOCTOR_CLOCK_S_MAX + 1);
    g_autoptr(GPtrArray) findings = examine(store, &fake_clock.base);
    g_assert_cmpint(find(findings, "clock")->state, ==, DOCTOR_WARNING);
    g_assert_nonnull(strstr(find(findings, "clock")->found, "timedatectl"));
    store_close(store);
}

/* Whatever fails is told, at least once, and nothing else stops the rest but a write that can't be. */
static void test_faults(void) {
    for (int fail_at = 1;; fail_at++) {
        Store *inner = store_memory_new(clock_system());
        Store *store = faulty_store_new(inner, FAULT_ONCE, fail_at);
        g_autoptr(GPtrArray) findings = examine(store, clock_system());
        guint faults = doctor_count(findings, DOCTOR_FAULT);
        bool reached = ((FaultyStore *)store)->operations >= fail_at;
        g_assert_cmpuint(faults, ==, reached ? 1 : 0);
        store_close(store);
        store_close(inner);
        if (!reached) break;
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operate/doctor/healthy", test_healthy);
    g_test_add_func("/operate/doctor/conditions-not-honoured", test_conditions_not_honoured);
    g_test_add_func("/operate/doctor/clock", test_clock);
    g_test_add_func("/operate/doctor/faults", test_faults);
    return g_test_run();
}
