/* Back-off and budget of the standard mode, without waiting. */
#include "aws/retry.h"
#include "base/limits.h"

typedef struct {
    double chance;
    gint64 waited_ms; /* the last */
    bool cancelled;
} Recorder;

static double told_chance(gpointer data) { return ((Recorder *)data)->chance; }
static bool told_sleep(gpointer data, gint64 ms, GCancellable *cancel) {
    ((Recorder *)data)->waited_ms = ms;
    return !((Recorder *)data)->cancelled;
}

static AwsRetry *new_retry(Recorder *recorder, int first_ms) {
    AwsRetryHooks hooks = {told_chance, told_sleep, recorder};
    return aws_retry_new(first_ms, &hooks);
}

/* Twice as long each time, up to the maximum; of that the part that chance says. */
static void test_backoff(void) {
    Recorder recorder = {.chance = 0.5};
    g_autoptr(AwsRetry) retry = new_retry(&recorder, 0);
    AwsRetryCall call = {0};
    static const gint64 full_ms[] = {100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000};
    for (gsize i = 0; i < G_N_ELEMENTS(full_ms); i++) {
        recorder.chance = i % 2 ? 0.999 : 0.25;
        g_assert_true(aws_retry_wait(retry, &call, false, 0, NULL));
        g_assert_cmpint(recorder.waited_ms, ==, (gint64)((double)full_ms[i] * recorder.chance));
    }
    recorder.chance = 0;
    g_assert_true(aws_retry_wait(retry, &call, false, 0, NULL));
    g_assert_cmpint(recorder.waited_ms, ==, 0);
    g_assert_cmpint(AWS_BACKOFF_MAX_MS, ==, 20000);
    g_assert_cmpint(AWS_BACKOFF_FIRST_MS, ==, 100);
}

/* Retry-After lengthens a wait, never shortens it, and is bounded. */
static void test_retry_after(void) {
    Recorder recorder = {.chance = 0.5};
    g_autoptr(AwsRetry) retry = new_retry(&recorder, 10000);
    static const gint64 cases[][2] = {{0, 5000}, {4999, 5000}, {7000, 7000}, {20000, 20000}, {20001, 20000}, {G_MAXINT64, 20000}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        AwsRetryCall call = {0};
        g_assert_true(aws_retry_wait(retry, &call, false, cases[i][0], NULL));
        g_assert_cmpint(recorder.waited_ms, ==, cases[i][1]);
    }
}

static void test_retry_after_header(void) {
    const gint64 now_ms = 1772600767000; /* Wed, 04 Mar 2026 05:06:07 GMT */
    static const struct {
        const char *value;
        gint64 ms;
    } cases[] = {{"7", 7000}, {"0", 0}, {NULL, 0}, {"", 0}, {"-1", 0}, {"soon", 0}, {"99999999999", 0}, {"1.5", 0},
                 {"Wed, 04 Mar 2026 05:06:17 GMT", 10000}, {"Wed, 04 Mar 2026 05:06:00 GMT", 0}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) g_assert_cmpint(aws_retry_after_ms(cases[i].value, now_ms), ==, cases[i].ms);
}

/* A retry costs 5, after a time-out 10; nothing is taken that is not there. */
static void test_budget(void) {
    Recorder recorder = {.chance = 0.5};
    g_autoptr(AwsRetry) retry = new_retry(&recorder, 1);
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 500);
    for (int i = 0; i < 99; i++) {
        AwsRetryCall call = {0};
        g_assert_true(aws_retry_wait(retry, &call, false, 0, NULL));
    }
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 5);
    AwsRetryCall call = {0};
    g_assert_false(aws_retry_wait(retry, &call, true, 0, NULL));
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 5);
    g_assert_cmpuint(call.retries, ==, 0);
    g_assert_true(aws_retry_wait(retry, &call, false, 0, NULL));
    g_assert_false(aws_retry_wait(retry, &call, false, 0, NULL));
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 0);
}

/* A success gives back what its last retry took; one that needed none gives one; never more than there were. */
static void test_budget_comes_back(void) {
    Recorder recorder = {.chance = 0.5};
    g_autoptr(AwsRetry) retry = new_retry(&recorder, 1);
    AwsRetryCall first = {0}, second = {0}, third = {0};
    aws_retry_succeeded(retry, &first);
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 500);
    g_assert_true(aws_retry_wait(retry, &second, false, 0, NULL));
    g_assert_true(aws_retry_wait(retry, &second, true, 0, NULL));
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 485);
    aws_retry_succeeded(retry, &second);
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 495);
    aws_retry_succeeded(retry, &third);
    g_assert_cmpuint(aws_retry_tokens(retry), ==, 496);
}

static void test_cancelled(void) {
    Recorder recorder = {.chance = 0.5, .cancelled = true};
    g_autoptr(AwsRetry) retry = new_retry(&recorder, 1);
    AwsRetryCall call = {0};
    g_assert_false(aws_retry_wait(retry, &call, false, 0, NULL));
}

static gpointer cancel_later(gpointer cancel) {
    g_usleep(50 * 1000);
    g_cancellable_cancel(cancel);
    return NULL;
}

/* The machine's own time: a wait is as long as it is told, unless someone wants to stop. */
static void test_real_wait(void) {
    g_autoptr(AwsRetry) retry = aws_retry_new(1, NULL);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    AwsRetryCall call = {0};
    gint64 start = g_get_monotonic_time();
    g_assert_true(aws_retry_wait(retry, &call, false, 40, NULL));
    g_assert_true(aws_retry_wait(retry, &call, false, 40, cancel));
    g_assert_cmpint(g_get_monotonic_time() - start, >=, 79 * 1000);
    GThread *thread = g_thread_new("cancel", cancel_later, cancel);
    start = g_get_monotonic_time();
    g_assert_false(aws_retry_wait(retry, &call, false, 20000, cancel));
    g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
    g_thread_join(thread);
}

/* Many callers at once wait for different times. */
static void test_jitter(void) {
    gint64 shortest = G_MAXINT64, longest = 0;
    for (int i = 0; i < 6; i++) {
        AwsRetryCall call = {0};
        g_autoptr(AwsRetry) one = aws_retry_new(64, NULL);
        gint64 start = g_get_monotonic_time();
        g_assert_true(aws_retry_wait(one, &call, false, 0, NULL));
        gint64 took = g_get_monotonic_time() - start;
        shortest = MIN(shortest, took);
        longest = MAX(longest, took);
    }
    g_assert_cmpint(longest - shortest, >, 1000);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retry/backoff", test_backoff);
    g_test_add_func("/retry/retry-after", test_retry_after);
    g_test_add_func("/retry/retry-after-header", test_retry_after_header);
    g_test_add_func("/retry/budget", test_budget);
    g_test_add_func("/retry/budget-comes-back", test_budget_comes_back);
    g_test_add_func("/retry/cancelled", test_cancelled);
    g_test_add_func("/retry/real-wait", test_real_wait);
    g_test_add_func("/retry/jitter", test_jitter);
    return g_test_run();
}
