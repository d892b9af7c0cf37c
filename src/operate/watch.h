/* What a server or worker does besides its jobs: it takes in what is dropped into the inbox, is woken by the queue, keeps the search index up to
 * date with what other processes commit, clears uploads that were left behind and requests whose time is over, removes by age where that is switched on,
 * and tells webhooks what has happened. Each on a thread of its own, so that a slow one delays no other. */
#pragma once

#include "base/limits.h"
#include "hooks/sender.h"
#include "ingest/inbox.h"
#include "operate/retention.h"
#include "pipeline/worker.h"
#include "queue/queue.h"

/* How often an idle server looks at the newest meetings, at all of them, for uploads that were left behind, and for webhooks. */
#define REFRESH_NEWEST_S 60
#define REFRESH_ALL_S 3600
#define SWEEP_UPLOADS_S 3600
/* To look at all is a LIST a thousand meetings: with more than 60,000 of them it comes less often, so that it never costs more than the looks at
 * the newest. */
static inline gint64 refresh_all_s(guint64 meetings) {
    return MAX(REFRESH_ALL_S, (gint64)((meetings + LIST_LIMIT_MAX - 1) / LIST_LIMIT_MAX) * REFRESH_NEWEST_S);
}
#define HOOKS_IDLE_S 900 /* between two looks into an outbox that stays empty; what this process puts there is seen at once */

typedef struct {
    const Meetings *meetings; /* all handles are borrowed and outlive the watch */
    Jobs *jobs;
    Worker *worker;           /* NULL: this process works on no jobs */
    Queue *queue;             /* NULL: none */
    Search *search;           /* NULL: this process answers no searches */
    const RetentionOptions *retention; /* NULL: this process removes nothing by age. Its `cancel` and `apply` are the watch's own */
    bool inbox;
    gint64 inbox_settled_ms;  /* a younger file may still grow (inbox.h) */
    int poll_ms;              /* between two looks into the inbox; a message of the queue brings one at once */
    HttpTransport *hooks;     /* over which webhooks are told; NULL: this process tells none */
    bool hooks_paid;          /* to look at the store costs money */
    bool hooks_private;       /* also those in private networks and on this machine */
    /* Something could not be done and will be tried again; a trouble that lasts is told once. From any of the threads. */
    void (*trouble)(const char *what, const GError *error, gpointer user_data);
    gpointer user_data;
} WatchOptions;

typedef struct Watch Watch;
Watch *watch_start(const WatchOptions *options);
void watch_stop(Watch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_stop)
