/* The report, and its JSON: amounts are numbers in the table's currency. */
#include "operate/cost_report.h"

static const int rule_days[COST_RULES_MAX] = {30, 90};

static guint64 mean_recording(const CostCount *count) {
    CostSum all = {0};
    for (int class = 0; class <= COST_CLASS_OTHER; class++)
        for (int age = 0; age < COST_AGE_COUNT; age++) cost_sum_add(&all, &count->sums[COST_RECORDINGS][class][age]);
    return all.objects > 0 ? all.bytes / all.objects : 0;
}

void cost_report_make(const Prices *prices, const Settings *settings, const CostCount *count, guint64 servers, CostReport *report) {
    const PriceClass *standard = prices_class(prices, NULL), *archive = prices_class(prices, "GLACIER_IR");
    *report = (CostReport){.prices = prices,
                           .count = count,
                           .month = cost_month_all(prices, count),
                           .servers = cost_servers(settings, servers, count->meetings),
                           .recording_bytes = mean_recording(count),
                           .engines = cost_engines(prices, settings, count)};
    cost_idle(prices, &report->servers, report->idle);
    report->meeting = cost_meeting_requests(prices, report->recording_bytes);
    report->play = standard->get_1000 / 1000 + (double)report->recording_bytes / PRICE_GB * prices->transfer_gb;
    for (guint i = 0; archive && i < COST_RULES_MAX; i++) report->rules[report->rule_count++] = cost_rule(prices, count, archive, rule_days[i]);
}

void cost_report_clear(CostReport *report) { g_clear_pointer(&report->engines, g_array_unref); }

/* ---- JSON ---- */

static json_t *count_json(guint64 count) { return json_integer((json_int_t)MIN(count, (guint64)G_MAXINT64)); }

static json_t *sum_json(const CostSum *sum, double month) {
    return json_pack("{s:o, s:o, s:f}", "objects", count_json(sum->objects), "bytes", count_json(sum->bytes), "month", month);
}

static void add_class(json_t *list, const CostReport *report, CostKind kind, int class) {
    const CostSum *sums = report->count->sums[kind][class];
    g_autoptr(json_t) ages = json_array();
    CostSum all = {0};
    for (int age = 0; age < COST_AGE_COUNT; age++) cost_sum_add(&all, &sums[age]);
    if (all.objects == 0) return;
    for (int age = 0; age < COST_AGE_COUNT; age++) {
        json_t *json = sum_json(&sums[age], cost_month(report->prices, class, &sums[age]));
        json_object_set_new(json, "from_days", json_integer(cost_age_days[age]));
        json_array_append_new(ages, json);
    }
    json_t *json = sum_json(&all, cost_month(report->prices, class, &all));
    json_object_set_new(json, "kind", json_string(cost_kind_name(kind)));
    json_object_set_new(json, "class", json_text(cost_class_name(report->prices, class)));
    json_object_set(json, "ages", ages);
    json_array_append_new(list, json);
}

static json_t *storage_json(const CostReport *report) {
    g_autoptr(json_t) list = json_array();
    for (int kind = 0; kind < COST_KIND_COUNT; kind++)
        for (int class = 0; class <= COST_CLASS_OTHER; class++) add_class(list, report, (CostKind)kind, class);
    json_t *json = sum_json(&report->count->total, report->month);
    json_object_set(json, "kinds", list);
    return json;
}

static json_t *meeting_json(const CostReport *report) {
    const CostRequests *meeting = &report->meeting;
    return json_pack("{s:o, s:o, s:o, s:o, s:f, s:f}", "recording_bytes", count_json(report->recording_bytes), "puts", count_json(meeting->puts),
                     "lists", count_json(meeting->lists), "gets", count_json(meeting->gets), "once", meeting->cost, "play", report->play);
}

static json_t *requests_json(const CostReport *report) {
    g_autoptr(json_t) idle = json_array();
    for (int i = 0; i < COST_IDLE_COUNT; i++) {
        const CostIdle *line = &report->idle[i];
        json_array_append_new(idle, json_pack("{s:s, s:o, s:f}", "what", line->what, "requests", count_json(line->requests), "month", line->month));
    }
    return json_pack("{s:o, s:O, s:f, s:o, s:f, s:o}", "servers", count_json(report->servers.servers), "idle", idle, "idle_month",
                     cost_idle_month(report->idle), "meeting", meeting_json(report), "list", report->prices->list_1000 / 1000, "counting_lists",
                     count_json(report->count->lists));
}

static json_t *price_json(const CostEngine *engine, double price) { return engine->known ? json_real(price) : json_null(); }

json_t *cost_engines_to_json(const GArray *engines) {
    json_t *list = json_array();
    for (guint i = 0; i < engines->len; i++) {
        const CostEngine *engine = &g_array_index(engines, CostEngine, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:b, s:o, s:o, s:o, s:o}", "what", engine->what, "engine", engine->engine, "model",
                                              json_text(engine->model), "chosen", engine->chosen, "priced_by", json_text(engine->by), "hour",
                                              price_json(engine, engine->hour), "meeting", price_json(engine, engine->meeting), "all",
                                              price_json(engine, engine->all)));
    }
    return list;
}

static json_t *rule_json(const CostRule *rule) {
    g_autoptr(json_t) now = json_pack("{s:o, s:o, s:f, s:f}", "objects", count_json(rule->objects), "bytes", count_json(rule->bytes), "saved_month",
                                      rule->saved, "transition_once", rule->transition);
    g_autoptr(json_t) later = json_pack("{s:o, s:o, s:f, s:f}", "objects", count_json(rule->later_objects), "bytes", count_json(rule->later_bytes),
                                        "saved_month", rule->later_saved, "transition_once", rule->later_transition);
    return json_pack("{s:o, s:i, s:O, s:O, s:o, s:f, s:f, s:I, s:f}", "class", json_text(rule->to->name), "days", rule->days, "now", now, "later",
                     later, "small_objects_left", count_json(rule->small), "read_gb", rule->read_gb, "read_share_max", rule->read_share, "days_min",
                     (json_int_t)rule->to->days_min, "least_gb", rule->least_gb);
}

json_t *cost_report_to_json(const CostReport *report) {
    const Prices *prices = report->prices;
    const CostCount *count = report->count;
    g_autoptr(json_t) rules = json_array();
    for (guint i = 0; i < report->rule_count; i++) json_array_append_new(rules, rule_json(&report->rules[i]));
    return json_pack("{s:{s:o, s:o, s:o, s:o}, s:o, s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:O}", "prices", "date", json_text(prices->date), "region",
                     json_text(prices->region), "currency", json_text(prices->currency), "source", json_text(prices->source), "storage",
                     storage_json(report), "requests", requests_json(report), "meetings", "listed", count_json(count->meetings), "recorded",
                     count_json(count->spoken), "stored", count_json(count->records), "talk_seconds", count_json(count->talk_s), "processing",
                     cost_engines_to_json(report->engines), "lifecycle", rules);
}
