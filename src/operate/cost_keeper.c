/* One thread a count; the one before is joined when the next begins. After a count that failed the next waits as after any other, so that a store that
 * is down is not listed by every look. */
#include "operate/cost_keeper.h"

struct CostKeeper {
    Store *store;
    Catalog *catalog;
    const Settings *settings;
    Clock *clock;
    gint64 age_ms;
    GCancellable *cancel;
    GMutex mutex; /* guards the rest */
    GThread *thread; /* NULL: none yet */
    bool counting;
    gint64 ended_ms, counted_ms;
    json_t *report;
    char *problem;
};

CostKeeper *cost_keeper_new(Store *store, Catalog *catalog, const Settings *settings, Clock *clock, gint64 age_ms) {
    CostKeeper *keeper = g_new0(CostKeeper, 1);
    keeper->store = store;
    keeper->catalog = catalog;
    keeper->settings = settings;
    keeper->clock = clock;
    keeper->age_ms = age_ms;
    keeper->cancel = g_cancellable_new();
    g_mutex_init(&keeper->mutex);
    return keeper;
}

void cost_keeper_free(CostKeeper *keeper) {
    if (!keeper) return;
    g_cancellable_cancel(keeper->cancel);
    if (keeper->thread) g_thread_join(keeper->thread);
    g_object_unref(keeper->cancel);
    g_mutex_clear(&keeper->mutex);
    json_decref(keeper->report);
    g_free(keeper->problem);
    g_free(keeper);
}

static json_t *count(const CostKeeper *keeper, GError **error) {
    g_autoptr(Prices) prices = NULL;
    g_autofree CostCount *counted = g_new0(CostCount, 1);
    g_auto(CostReport) report = {0};
    if (!prices_load(keeper->settings->prices, &prices, error)) return NULL;
    CostOptions options = {.store = keeper->store,
                           .catalog = keeper->catalog,
                           .prices = prices,
                           .now_ms = clock_now_ms(keeper->clock),
                           .cancel = keeper->cancel};
    if (!cost_count(&options, counted, error)) return NULL;
    cost_report_make(prices, keeper->settings, counted, 1, &report);
    return cost_report_to_json(&report);
}

static gpointer count_main(gpointer data) {
    CostKeeper *keeper = data;
    g_autoptr(GError) problem = NULL;
    json_t *report = count(keeper, &problem);
    g_mutex_lock(&keeper->mutex);
    keeper->counting = false;
    keeper->ended_ms = clock_now_ms(keeper->clock);
    g_free(keeper->problem);
    keeper->problem = problem ? g_strdup(problem->message) : NULL;
    if (report) {
        json_decref(keeper->report);
        keeper->report = report;
        keeper->counted_ms = keeper->ended_ms;
    }
    g_mutex_unlock(&keeper->mutex);
    return NULL;
}

void cost_keeper_look(CostKeeper *keeper, CostLook *look) {
    gint64 now_ms = clock_now_ms(keeper->clock);
    g_mutex_lock(&keeper->mutex);
    bool due = keeper->ended_ms == 0 || now_ms - keeper->ended_ms >= keeper->age_ms || now_ms < keeper->ended_ms;
    if (!keeper->counting && due) {
        if (keeper->thread) g_thread_join(keeper->thread); /* it has nothing more to do but end */
        keeper->counting = true;
        keeper->thread = g_thread_new("cost", count_main, keeper);
    }
    *look = (CostLook){keeper->counting, keeper->counted_ms, json_deep_copy(keeper->report), g_strdup(keeper->problem)};
    g_mutex_unlock(&keeper->mutex);
}

void cost_look_clear(CostLook *look) {
    g_clear_pointer(&look->report, json_decref);
    g_clear_pointer(&look->problem, g_free);
}
