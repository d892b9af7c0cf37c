/* What every resource may use. */
#pragma once

#include <stdatomic.h>

#include "access/audit.h"
#include "access/rate.h"
#include "http/event_hub.h"
#include "http/list_cache.h"
#include "http/progress.h"
#include "http/security.h"
#include "http/tasks.h"
#include "http/view_cache.h"
#include "operate/cost_keeper.h"
#include "workspace/workspace.h"

#define HTTP_STATUS_MAX 600

typedef struct {
    atomic_ulong answers[HTTP_STATUS_MAX]; /* by status */
    atomic_ulong uploads, upload_bytes;    /* completed */
    atomic_uint uploads_open, answers_open; /* places taken (places.h) */
} Counters;

/* Jobs by state as they were a few seconds ago: to count them, each is read. */
typedef struct {
    GMutex lock; /* guards the rest; whoever counts holds it */
    gint64 counted_us; /* g_get_monotonic_time(); 0: never */
    guint of[JOB_STATE_COUNT];
    gint64 oldest_ms[JOB_STATE_COUNT]; /* when the oldest of them was made; 0: there is none */
    bool truncated; /* there are more than were counted */
} JobCounts;

/* Why lists come from the keys, as it was when that was reported. */
typedef struct {
    GMutex lock;
    char *problem; /* NULL: they come from where they should */
} Fallback;

/* When the store last answered who asked for readiness: anyone may ask, and to ask a bucket costs money. */
typedef struct {
    GMutex lock; /* guards the rest; whoever asks the store holds it */
    gint64 ready_us; /* g_get_monotonic_time(); 0: never */
} Readiness;

typedef struct {
    Workspace *workspace; /* borrowed */
    Worker *worker;       /* borrowed; NULL: another process does the jobs */
    struct Connections *connections;
    Progress *progress;
    EventHub *hub;
    Tasks *tasks;
    Listen place;
    bool figures_only;       /* all but /metrics, /healthz and /readyz is not found */
    Proxies *proxies;
    bool tls;                /* connections are TLS */
    Gate *gate;
    Audit *audit;
    Rate *rate;              /* of all requests; NULL: no limit */
    Rate *failures;          /* of tokens that don't hold, by address */
    Counters counters;
    JobCounts job_counts;
    CostKeeper *cost;
    ListCache *lists;        /* of meetings, as they were answered */
    ViewCache *views;        /* of meetings, as they were answered */
    Fallback fallback;
    Readiness readiness;
    atomic_uint whole_reads; /* of large meetings, now (meeting.c) */
} Context;

/* The parts that hold something of their own. */
void context_init(Context *context);
void context_release(Context *context);
/* Reports an error that the client's answer does not tell in full, once, on standard error. */
void context_report(const char *what, const GError *error);
