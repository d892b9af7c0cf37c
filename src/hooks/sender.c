/* One POST a delivery: signed, small, bounded in time; no redirect is followed, no proxy asked, and no address of a private network called. */
#include "hooks/sender.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "model/keys.h"

#define STATUS_GONE 410

gint64 sender_backoff_ms(guint attempts, double chance) {
    gint64 wait_ms = HOOK_BACKOFF_FIRST_MS;
    for (guint i = 1; i < attempts && wait_ms < HOOK_BACKOFF_MAX_MS; i++) wait_ms *= 4;
    wait_ms = MIN(wait_ms, HOOK_BACKOFF_MAX_MS);
    return wait_ms * 3 / 4 + (gint64)((double)wait_ms / 2 * chance);
}

static HttpHeaders *headers_of(const Delivery *delivery, const Webhook *webhook, gint64 now_ms) {
    HttpHeaders *headers = http_headers_new();
    g_autofree char *timestamp = g_strdup_printf("%" G_GINT64_FORMAT, now_ms / 1000);
    g_autofree char *signature = webhook_sign(webhook->secret, delivery->event_id, now_ms / 1000, delivery->body, strlen(delivery->body));
    http_headers_add(headers, "Content-Type", "application/json");
    http_headers_add(headers, "Connection", "close");
    http_headers_add(headers, "webhook-id", delivery->event_id);
    http_headers_add(headers, "webhook-timestamp", timestamp);
    http_headers_add(headers, "webhook-signature", signature);
    return headers;
}

/* `*status` 0: no answer came. */
static bool post(const Sender *sender, const Delivery *delivery, const Webhook *webhook, GCancellable *cancel, int *status, GError **error) {
    g_autoptr(HttpHeaders) headers = headers_of(delivery, webhook, clock_now_ms(sender->clock));
    g_autoptr(GBytes) body = g_bytes_new_static(delivery->body, strlen(delivery->body));
    g_auto(HttpResponse) response = {0};
    HttpRequest request = {.method = "POST",
                           .url = webhook->url,
                           .headers = headers,
                           .body = {.bytes = body},
                           .body_bytes_max = HOOK_ANSWER_BYTES_MAX,
                           .connect_timeout_ms = HOOK_TIMEOUT_MS,
                           .total_timeout_ms = HOOK_TIMEOUT_MS,
                           .direct = true,
                           .unshared = true, /* the next call may be hours away */
                           .public_only = !sender->allow_private,
                           .cancel = cancel};
    *status = 0;
    if (!http_send(sender->transport, &request, &response, error)) return false;
    *status = response.status;
    if (response.status >= 200 && response.status < 300) return true;
    if (response.status >= 300 && response.status < 400)
        return fail(error, ERROR_UNAVAILABLE, "it answers with a redirect (%d), which is not followed: register the address that it leads to",
                    response.status);
    return fail(error, ERROR_UNAVAILABLE, "it answers with status %d", response.status);
}

/* The address may have come to lead elsewhere since it was registered; that passes, too. */
static void note(const Sender *sender, Delivery *delivery, int status, const GError *problem) {
    delivery->tried_ms = clock_now_ms(sender->clock);
    delivery->status = status;
    delivery->delivered = !problem;
    g_free(delivery->reason);
    delivery->reason = problem ? text_cut(problem->message, JOB_ERROR_BYTES_MAX) : NULL;
    if (!problem) return;
    delivery->attempts++;
    bool ends = delivery->attempts >= HOOK_ATTEMPTS_MAX || status == STATUS_GONE;
    delivery->due_ms = ends ? 0 : delivery->tried_ms + sender_backoff_ms(delivery->attempts, g_random_double());
}

static bool try_one(const Sender *sender, const char *key, GCancellable *cancel, bool *failed, GError **error) {
    g_autoptr(Delivery) delivery = NULL;
    g_autoptr(Webhook) webhook = NULL;
    g_autoptr(GError) problem = NULL;
    int status = 0;
    if (!outbox_take(sender->store, sender->clock, key, &delivery, error)) return false;
    if (!delivery) return true;
    if (!webhook_read(sender->store, delivery->webhook_id, &webhook, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return outbox_drop(sender->store, key, error); /* it was removed */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    bool sent = post(sender, delivery, webhook, cancel, &status, &problem);
    if (error_is(problem, ERROR_CANCELLED)) { /* the server ends: the next one need not wait for the lease */
        delivery->due_ms = clock_now_ms(sender->clock);
        return outbox_defer(sender->store, delivery, error);
    }
    *failed = !sent;
    note(sender, delivery, status, problem);
    return sent || delivery->due_ms == 0 ? outbox_finish(sender->store, sender->clock, delivery, error)
                                         : outbox_defer(sender->store, delivery, error);
}

typedef struct {
    const Sender *sender;
    GCancellable *cancel;
    GHashTable *resting; /* ids of webhooks that failed in this look; a set */
    guint *tried;
    gint64 *next_ms;
    GError *damaged; /* the first object that could not be read */
} Look;

/* `*go_on` false: what follows is not due. */
static bool look_at(Look *look, const char *key, bool *go_on, GError **error) {
    g_autofree char *webhook_id = NULL;
    g_autoptr(GError) problem = NULL;
    gint64 due_ms;
    bool failed = false;
    if (!outbox_key_parse(key, &due_ms, &webhook_id)) return true; /* not ours; `hansard verify` names it */
    *go_on = due_ms <= clock_now_ms(look->sender->clock);
    if (!*go_on) *look->next_ms = due_ms;
    if (!*go_on || g_hash_table_contains(look->resting, webhook_id)) return true;
    (*look->tried)++;
    bool done = try_one(look->sender, key, look->cancel, &failed, &problem);
    if (failed) g_hash_table_add(look->resting, g_steal_pointer(&webhook_id));
    if (done) return true;
    if (!error_is(problem, ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (!look->damaged) look->damaged = g_steal_pointer(&problem);
    return true;
}

static bool look_through(Look *look, GError **error) {
    g_autofree char *last = NULL;
    guint looked_at = 0;
    for (bool more = true, go_on = true; more && go_on && looked_at < HOOK_LOOK_MAX;) {
        g_autoptr(GPtrArray) entries = NULL;
        if (!store_list(look->sender->store, PREFIX_OUTBOX, last, LIST_LIMIT_MAX, &entries, &more, error)) return false;
        for (guint i = 0; i < entries->len && go_on; i++, looked_at++) {
            if (g_cancellable_is_cancelled(look->cancel)) return true;
            if (!look_at(look, ((const StoreEntry *)entries->pdata[i])->key, &go_on, error)) return false;
        }
        if (entries->len == 0) break;
        g_free(last);
        last = g_strdup(((const StoreEntry *)entries->pdata[entries->len - 1])->key);
    }
    return true;
}

bool sender_run(const Sender *sender, GCancellable *cancel, guint *tried, gint64 *next_ms, GError **error) {
    g_autoptr(GHashTable) resting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Look look = {sender, cancel, resting, tried, next_ms, NULL};
    *tried = 0;
    *next_ms = 0;
    bool done = look_through(&look, error);
    if (done && g_hash_table_size(resting) > 0 && *next_ms == 0) *next_ms = clock_now_ms(sender->clock) + HOOK_BACKOFF_FIRST_MS;
    if (done && look.damaged) {
        g_propagate_error(error, look.damaged);
        return false;
    }
    g_clear_error(&look.damaged);
    return done;
}
