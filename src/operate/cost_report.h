/* All that cost.h can tell of a store (or of figures that someone asks about), put together, and as JSON. */
#pragma once

#include "base/json.h"
#include "operate/cost.h"

#define COST_RULES_MAX 2

typedef struct {
    const Prices *prices; /* borrowed, as the next */
    const CostCount *count;
    double month;         /* storage */
    CostServers servers;
    CostIdle idle[COST_IDLE_COUNT];
    guint64 recording_bytes; /* of a recording of mean size */
    CostRequests meeting;    /* of one */
    double play;             /* to read one over the internet */
    GArray *engines;         /* of CostEngine */
    CostRule rules[COST_RULES_MAX]; /* Glacier Instant Retrieval after 30 and 90 days */
    guint rule_count;        /* 0: the table has no price for it */
} CostReport;

/* `settings` is borrowed, too. */
void cost_report_make(const Prices *prices, const Settings *settings, const CostCount *count, guint64 servers, CostReport *report);
void cost_report_clear(CostReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CostReport, cost_report_clear)

/* {"prices", "storage", "requests", "meetings", "processing", "lifecycle"}; new reference. */
json_t *cost_report_to_json(const CostReport *report);
/* The list "processing": prices that are not known are null. */
json_t *cost_engines_to_json(const GArray *engines);
