/* When a call is tried again: AWS's "standard mode". Waits grow exponentially, each a random part of the full wait, so that many callers spread out; and
 * a budget that all calls of a client share lets retries end early where most of them fail anyway. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* Chance and time, so that tests take none. */
typedef struct {
    double (*chance)(gpointer data);                                  /* 0 <= x < 1 */
    bool (*sleep)(gpointer data, gint64 ms, GCancellable *cancel);    /* false: cancelled */
    gpointer data;
} AwsRetryHooks;

typedef struct AwsRetry AwsRetry;

/* `backoff_first_ms` 0: AWS_BACKOFF_FIRST_MS. `hooks` is borrowed; NULL: the machine's. Thread-safe. */
AwsRetry *aws_retry_new(int backoff_first_ms, const AwsRetryHooks *hooks);
void aws_retry_free(AwsRetry *retry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsRetry, aws_retry_free)

/* What one call has done so far; all zero at its start. */
typedef struct {
    guint retries;
    guint tokens; /* taken by the last retry */
} AwsRetryCall;

/* Takes what a retry costs from the budget and waits: at most AWS_BACKOFF_MAX_MS, and no less than `retry_after_ms` (0: none) up to that. False where
 * the budget is used up or `cancel` was cancelled: don't try again. */
bool aws_retry_wait(AwsRetry *retry, AwsRetryCall *call, bool was_timeout, gint64 retry_after_ms, GCancellable *cancel);
/* The call succeeded: gives back what its last retry took, or one token. */
void aws_retry_succeeded(AwsRetry *retry, const AwsRetryCall *call);
guint aws_retry_tokens(AwsRetry *retry);

/* The header Retry-After (seconds, or a date) as milliseconds from now; 0 where there is none that can be read. */
gint64 aws_retry_after_ms(const char *value, gint64 now_ms);
