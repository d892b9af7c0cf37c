/* What a server tells of its store's cost: counted in the background, as it means listing all keys, and kept. A look never waits for it. */
#pragma once

#include "operate/cost_report.h"

typedef struct CostKeeper CostKeeper;

/* All is borrowed. `catalog` as in CostOptions; `age_ms`: how old a count may be before the next look begins another. */
CostKeeper *cost_keeper_new(Store *store, Catalog *catalog, const Settings *settings, Clock *clock, gint64 age_ms);
/* Stops a count that goes on, and waits for its thread. */
void cost_keeper_free(CostKeeper *keeper);

typedef struct {
    bool counting;      /* now */
    gint64 counted_ms;  /* when the report was made; 0: never */
    json_t *report;     /* cost_report_to_json, for one server; NULL: none yet. A copy: jansson's counts of references are no threads' matter */
    char *problem;      /* why the last count came to nothing; NULL: it did not */
} CostLook;
/* What is known; begins to count where that is nothing, or too old. */
void cost_keeper_look(CostKeeper *keeper, CostLook *look);
void cost_look_clear(CostLook *look);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CostLook, cost_look_clear)
