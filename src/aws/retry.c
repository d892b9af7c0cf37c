/* The standard mode's back-off and token bucket. */
#include "aws/retry.h"

#include "base/limits.h"
#include "net/http.h"

#define COST 5
#define COST_OF_TIMEOUT 10
#define RETURN_OF_FIRST_TRY 1

struct AwsRetry {
    AwsRetryHooks hooks;
    gint64 first_ms;
    GMutex mutex;
    guint tokens;
};

static double machine_chance(gpointer data) { return g_random_double(); }

static bool machine_sleep(gpointer data, gint64 ms, GCancellable *cancel) {
    GPollFD wake;
    if (!g_cancellable_make_pollfd(cancel, &wake)) {
        g_usleep((gulong)ms * 1000);
        return true;
    }
    g_poll(&wake, 1, (int)ms);
    g_cancellable_release_fd(cancel);
    return !g_cancellable_is_cancelled(cancel);
}

AwsRetry *aws_retry_new(int backoff_first_ms, const AwsRetryHooks *hooks) {
    AwsRetry *retry = g_new0(AwsRetry, 1);
    retry->hooks = hooks ? *hooks : (AwsRetryHooks){machine_chance, machine_sleep, NULL};
    retry->first_ms = backoff_first_ms ? backoff_first_ms : AWS_BACKOFF_FIRST_MS;
    retry->tokens = AWS_RETRY_TOKENS;
    g_mutex_init(&retry->mutex);
    return retry;
}

void aws_retry_free(AwsRetry *retry) {
    if (!retry) return;
    g_mutex_clear(&retry->mutex);
    g_free(retry);
}

static bool take_tokens(AwsRetry *retry, guint cost) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&retry->mutex);
    if (retry->tokens < cost) return false;
    retry->tokens -= cost;
    return true;
}

bool aws_retry_wait(AwsRetry *retry, AwsRetryCall *call, bool was_timeout, gint64 retry_after_ms, GCancellable *cancel) {
    guint cost = was_timeout ? COST_OF_TIMEOUT : COST;
    if (!take_tokens(retry, cost)) return false;
    gint64 full_ms = retry->first_ms;
    for (guint i = 0; i < call->retries && full_ms < AWS_BACKOFF_MAX_MS; i++) full_ms *= 2;
    gint64 wait_ms = (gint64)((double)MIN(full_ms, AWS_BACKOFF_MAX_MS) * retry->hooks.chance(retry->hooks.data));
    wait_ms = CLAMP(retry_after_ms, wait_ms, AWS_BACKOFF_MAX_MS);
    call->retries++;
    call->tokens = cost;
    return retry->hooks.sleep(retry->hooks.data, wait_ms, cancel);
}

void aws_retry_succeeded(AwsRetry *retry, const AwsRetryCall *call) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&retry->mutex);
    guint back = call->tokens ? call->tokens : RETURN_OF_FIRST_TRY;
    retry->tokens = MIN(retry->tokens + back, AWS_RETRY_TOKENS);
}

guint aws_retry_tokens(AwsRetry *retry) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&retry->mutex);
    return retry->tokens;
}

gint64 aws_retry_after_ms(const char *value, gint64 now_ms) {
    guint64 seconds = 0;
    gint64 date_ms = 0;
    if (!value) return 0;
    if (g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT32, &seconds, NULL)) return (gint64)seconds * 1000;
    return http_date_parse(value, &date_ms) ? MAX(date_ms - now_ms, 0) : 0;
}
