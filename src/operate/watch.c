/* Five loops that end with one cancellable. */
#include "operate/watch.h"

#include "base/limits.h"
#include "ingest/transfer.h"
#include "once/once.h"

#define HOOKS_REST_MS 200 /* between two looks into the outbox, whatever is due */
#define TROUBLE_MS 30000 /* before a service that failed is asked again */

struct Watch {
    WatchOptions options;
    GCancellable *cancel;
    GThread *inbox, *queue, *search, *uploads, *retention, *hooks; /* NULL: not wanted */
    GMutex mutex;
    GCond poked;
    guint pokes; /* looks into the inbox that were asked for */
};

/* One of the loops' memory of what it has told. */
typedef struct {
    Watch *watch;
    const char *what;
    char *told;
} Teller;

static void teller_clear(Teller *teller) { g_free(teller->told); }
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Teller, teller_clear)

/* NULL: it worked. */
static void tell(Teller *teller, const GError *problem) {
    if (error_is(problem, ERROR_CANCELLED)) return;
    const WatchOptions *options = &teller->watch->options;
    if (problem && g_strcmp0(teller->told, problem->message) != 0) options->trouble(teller->what, problem, options->user_data);
    g_free(teller->told);
    teller->told = problem ? g_strdup(problem->message) : NULL;
}

static bool ended(const Watch *watch) { return g_cancellable_is_cancelled(watch->cancel); }

/* Until `wait_ms` have passed, a poke (where `pokes` is not NULL: the number seen) or the end. */
static void wait_for(Watch *watch, gint64 wait_ms, guint *pokes) {
    gint64 until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&watch->mutex);
    while (!ended(watch) && (!pokes || *pokes == watch->pokes) && g_cond_wait_until(&watch->poked, &watch->mutex, until)) continue;
    if (pokes) *pokes = watch->pokes;
    g_mutex_unlock(&watch->mutex);
}

static void poke(Watch *watch) {
    g_mutex_lock(&watch->mutex);
    watch->pokes++;
    g_cond_broadcast(&watch->poked);
    g_mutex_unlock(&watch->mutex);
}

static gpointer watch_inbox(gpointer user_data) {
    Watch *watch = user_data;
    const WatchOptions *options = &watch->options;
    g_auto(Teller) teller = {watch, "the inbox", NULL};
    guint pokes = 0;
    while (!ended(watch)) {
        g_autoptr(GError) problem = NULL;
        guint taken = 0;
        inbox_take(options->meetings, options->jobs, options->inbox_settled_ms, watch->cancel, &taken, &problem);
        tell(&teller, problem);
        if (taken > 0 && options->worker) worker_wake(options->worker);
        if (taken < INBOX_TAKE_MAX || problem) wait_for(watch, options->poll_ms, &pokes);
    }
    return NULL;
}

static gpointer watch_queue(gpointer user_data) {
    Watch *watch = user_data;
    const WatchOptions *options = &watch->options;
    g_auto(Teller) teller = {watch, "the queue", NULL};
    while (!ended(watch)) {
        g_autoptr(GError) problem = NULL;
        guint came = 0;
        bool asked = queue_wait(options->queue, watch->cancel, &came, &problem);
        tell(&teller, problem);
        if (came > 0 && options->worker) worker_wake(options->worker);
        if (came > 0) poke(watch);
        if (!asked) wait_for(watch, TROUBLE_MS, NULL);
    }
    return NULL;
}

/* All of it at first and every refresh_all_s(), the newest meetings every REFRESH_NEWEST_S. */
static gpointer watch_search(gpointer user_data) {
    Watch *watch = user_data;
    g_auto(Teller) teller = {watch, "the search index", NULL};
    gint64 all_us = 0; /* when all are looked at next */
    while (!ended(watch)) {
        g_autoptr(GError) problem = NULL;
        bool all = g_get_monotonic_time() >= all_us;
        search_refresh(watch->options.search, all ? 0 : PAGE_LIMIT_MAX, watch->cancel, NULL, &problem);
        if (all) all_us = g_get_monotonic_time() + refresh_all_s(search_seen(watch->options.search)) * G_TIME_SPAN_SECOND;
        tell(&teller, problem);
        wait_for(watch, REFRESH_NEWEST_S * 1000, NULL);
    }
    return NULL;
}

static gpointer watch_uploads(gpointer user_data) {
    Watch *watch = user_data;
    const WatchOptions *options = &watch->options;
    g_auto(Teller) teller = {watch, "what was left behind", NULL};
    g_autofree char *requests = NULL; /* where the sweep of requests goes on */
    while (!ended(watch)) {
        g_autoptr(GError) problem = NULL;
        guint swept = 0;
        transfers_sweep(options->meetings, options->jobs, watch->cancel, &swept, &problem);
        if (!problem) once_sweep(options->meetings->store, options->meetings->clock, &requests, &problem);
        tell(&teller, problem);
        if (swept > 0 && options->worker) worker_wake(options->worker);
        wait_for(watch, SWEEP_UPLOADS_S * 1000, NULL);
    }
    return NULL;
}

/* Of any number of servers one has the day's turn; who dies in it leaves the rest to the next. */
static gpointer watch_retention(gpointer user_data) {
    Watch *watch = user_data;
    g_auto(Teller) teller = {watch, "retention", NULL};
    RetentionOptions options = *watch->options.retention;
    const Meetings *meetings = &options.pipeline->meetings;
    options.apply = true;
    options.cancel = watch->cancel;
    while (!ended(watch)) {
        g_autoptr(GError) problem = NULL;
        RetentionResult result;
        bool ours = false;
        if (retention_take_turn(meetings->store, meetings->clock, options.worker, &ours, &problem) && ours)
            retention_run(&options, &result, &problem);
        tell(&teller, problem);
        wait_for(watch, RETENTION_LOOK_S * 1000LL, NULL);
    }
    return NULL;
}

/* What this process puts wakes it; what others put is seen with the next look. While nothing comes the looks into a bucket, which are paid for, become
 * rarer. */
static gpointer watch_hooks(gpointer user_data) {
    Watch *watch = user_data;
    const WatchOptions *options = &watch->options;
    g_auto(Teller) teller = {watch, "webhooks", NULL};
    Sender sender = {options->meetings->store, options->meetings->clock, options->hooks, options->hooks_private};
    gint64 idle_ms = options->poll_ms;
    guint seen = 0;
    while (!ended(watch)) {
        g_autoptr(GError) problem = NULL;
        guint tried = 0;
        gint64 next_ms = 0, wait_ms;
        bool done = sender_run(&sender, watch->cancel, &tried, &next_ms, &problem);
        tell(&teller, problem);
        bool idle = done && tried == 0 && next_ms == 0;
        idle_ms = idle && options->hooks_paid ? MIN(idle_ms * 2, HOOKS_IDLE_S * G_GINT64_CONSTANT(1000)) : options->poll_ms;
        wait_ms = next_ms > 0 ? CLAMP(next_ms - clock_now_ms(sender.clock), 0, options->poll_ms) : idle_ms;
        if (!done) wait_ms = TROUBLE_MS;
        outbox_wait(&seen, MAX(wait_ms, HOOKS_REST_MS));
    }
    return NULL;
}

Watch *watch_start(const WatchOptions *options) {
    Watch *watch = g_new0(Watch, 1);
    watch->options = *options;
    watch->cancel = g_cancellable_new();
    g_mutex_init(&watch->mutex);
    g_cond_init(&watch->poked);
    if (options->inbox) watch->inbox = g_thread_new("inbox", watch_inbox, watch);
    if (options->queue) watch->queue = g_thread_new("queue", watch_queue, watch);
    if (options->search) watch->search = g_thread_new("search", watch_search, watch);
    if (options->retention) watch->retention = g_thread_new("retention", watch_retention, watch);
    if (options->hooks) watch->hooks = g_thread_new("hooks", watch_hooks, watch);
    watch->uploads = g_thread_new("uploads", watch_uploads, watch);
    return watch;
}

void watch_stop(Watch *watch) {
    if (!watch) return;
    g_cancellable_cancel(watch->cancel);
    poke(watch);
    outbox_wake();
    g_clear_pointer(&watch->hooks, g_thread_join);
    g_clear_pointer(&watch->inbox, g_thread_join);
    g_clear_pointer(&watch->queue, g_thread_join);
    g_clear_pointer(&watch->search, g_thread_join);
    g_clear_pointer(&watch->uploads, g_thread_join);
    g_clear_pointer(&watch->retention, g_thread_join);
    g_object_unref(watch->cancel);
    g_mutex_clear(&watch->mutex);
    g_cond_clear(&watch->poked);
    g_free(watch);
}
