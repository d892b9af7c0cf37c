/* hansard cost: what stands in the store, what that costs a month in S3, what work on meetings costs, and what a lifecycle rule would save. */
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "operate/cost_meeting.h"
#include "operate/cost_report.h"

static char *what_if;
static int servers = 1;

#define COST_SERVERS_MAX 1000

/* ---- text of at most 80 columns ---- */

/* Enough digits to be worth reading. Caller frees. */
static char *money(double amount) {
    double size = amount < 0 ? -amount : amount;
    if (size == 0) return g_strdup("0");
    if (size < 1e-7) return g_strdup("<0.0000001");
    return g_strdup_printf("%.*f", size >= 10 ? 2 : size >= 0.01 ? 3 : size >= 0.0001 ? 5 : 7, amount);
}

/* With a plain space, as columns are made by bytes. Caller frees. */
static char *size_text(guint64 bytes) {
    g_autofree char *text = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_auto(GStrv) parts = g_strsplit(text, "\xc2\xa0", 2);
    return g_strjoinv(" ", parts);
}

static void print_sum(const char *kind, const char *class, const CostSum *sum, double month) {
    g_autofree char *first = terminal_cell(kind, 11), *second = terminal_cell(class, 20), *size = size_text(sum->bytes), *amount = money(month);
    g_print("%s %s %12" G_GUINT64_FORMAT " %12s %12s\n", first, second, sum->objects, size, amount);
}

static void print_storage(const CostReport *report) {
    CostSum ages[COST_AGE_COUNT] = {0};
    g_print("\n%-11s %-20s %12s %12s %12s\n", "STORAGE", "class", "objects", "size", "a month");
    for (int kind = 0; kind < COST_KIND_COUNT; kind++)
        for (int class = 0; class <= COST_CLASS_OTHER; class++) {
            CostSum all = {0};
            for (int age = 0; age < COST_AGE_COUNT; age++) {
                const CostSum *sum = &report->count->sums[kind][class][age];
                cost_sum_add(&all, sum);
                if (kind == COST_RECORDINGS) cost_sum_add(&ages[age], sum);
            }
            if (all.objects > 0)
                print_sum(cost_kind_name((CostKind)kind), cost_class_name(report->prices, class), &all, cost_month(report->prices, class, &all));
        }
    print_sum("all", "", &report->count->total, report->month);
    g_print("\n%-32s %12s %12s\n", "RECORDINGS BY AGE", "objects", "size");
    for (int age = 0; age < COST_AGE_COUNT; age++) {
        g_autofree char *size = size_text(ages[age].bytes);
        g_print("%-32s %12" G_GUINT64_FORMAT " %12s\n", cost_age_name(age), ages[age].objects, size);
    }
}

static void print_requests(const CostReport *report) {
    g_autofree char *all = money(cost_idle_month(report->idle)), *once = money(report->meeting.cost), *list = money(report->prices->list_1000 / 1000),
                    *play = money(report->play), *size = size_text(report->recording_bytes);
    g_print("\nREQUESTS: %" G_GUINT64_FORMAT " idle %-23s %12s %12s\n", report->servers.servers, report->servers.servers == 1 ? "server" : "servers",
            "requests", "a month");
    for (int i = 0; i < COST_IDLE_COUNT; i++) {
        g_autofree char *amount = money(report->idle[i].month);
        g_print("%-38s %12" G_GUINT64_FORMAT " %12s\n", report->idle[i].what, report->idle[i].requests, amount);
    }
    g_print("%-38s %12s %12s\n", "all", "", all);
    g_print("A list: %s. A meeting with a recording of %s, once: %s\n(%" G_GUINT64_FORMAT " PUT, %" G_GUINT64_FORMAT " LIST, %" G_GUINT64_FORMAT
            " GET; a PUT each 15 s of work comes on top). To play it\nover the internet: %s.\n", list, size, once, report->meeting.puts,
            report->meeting.lists, report->meeting.gets, play);
}

#define MODEL_COLUMNS 29

static void print_engine(const CostEngine *engine) {
    g_autofree char *hour = engine->known ? money(engine->hour) : g_strdup("?"), *meeting = engine->known ? money(engine->meeting) : g_strdup("?"),
                    *all = engine->known ? money(engine->all) : g_strdup("?"),
                    *model = terminal_cell(engine->model ? engine->model : "", MODEL_COLUMNS);
    g_print("%-10s%s %-7s %s %9s %9s %9s\n", engine->what, engine->chosen ? "*" : " ", engine->engine, model, hour, meeting, all);
}

static void print_engines(const GArray *engines) {
    g_print("\n%-19s %-*s %9s %9s %9s\n", "PROCESSING, once", MODEL_COLUMNS, "model", "an hour", "a meeting", "all");
    for (guint i = 0; i < engines->len; i++) print_engine(&g_array_index(engines, CostEngine, i));
}

static void print_processing(const CostReport *report) {
    g_autofree char *talk = text_duration((gint64)MIN(report->count->talk_s, (guint64)G_MAXINT64 / 1000) * 1000);
    print_engines(report->engines);
    g_print("* as the settings choose; local costs processor time alone. Estimates by the\nlist's %" G_GUINT64_FORMAT
            " meetings with %s of talk: none was read. What services\ncounted of one says `hansard cost ID`.\n", report->count->meetings, talk);
}

static void print_moved(const char *label, guint64 objects, guint64 bytes, double saved_month, double once) {
    g_autofree char *size = size_text(bytes), *saved = money(saved_month), *price = money(once);
    g_print("%-29s %12" G_GUINT64_FORMAT " %11s %12s %11s\n", label, objects, size, saved, price);
}

static void print_rule(const CostRule *rule) {
    g_autofree char *label = g_strdup_printf("%s after %d days: now", rule->to->name, rule->days);
    print_moved(label, rule->objects, rule->bytes, rule->saved, rule->transition);
    print_moved("  when all are so old", rule->later_objects, rule->later_bytes, rule->later_saved, rule->later_transition);
}

static void print_rules(const CostReport *report) {
    if (report->rule_count == 0) return;
    const CostRule *rule = &report->rules[0];
    g_autofree char *read = money(rule->read_gb), *least = money(rule->least_gb);
    g_print("\n%-29s %12s %11s %12s %11s\n", "LIFECYCLE RULE for STANDARD", "recordings", "size", "saves/month", "costs once");
    for (guint i = 0; i < report->rule_count; i++) print_rule(&report->rules[i]);
    g_print("Reading a GB there costs %s (playing, a retry, `verify --read`)", read);
    if (rule->read_share < 1) g_print(": the rule\nloses where more than %d %% of what was moved is read in a month", (int)(rule->read_share * 100));
    g_print(".\nA GB is billed for %d days, %s, even where it is removed the same day.\n%" G_GUINT64_FORMAT
            " recordings of less than 128 KiB stay: S3 moves none so small.\n", (int)rule->to->days_min, least, rule->small);
}

static bool has_other_class(const CostCount *count) {
    for (int kind = 0; kind < COST_KIND_COUNT; kind++)
        for (int age = 0; age < COST_AGE_COUNT; age++)
            if (count->sums[kind][COST_CLASS_OTHER][age].objects > 0) return true;
    return false;
}

static void print_notes(const CostReport *report, const Settings *settings) {
    const CostCount *count = report->count;
    g_print("\nNot counted: old versions, parts of broken-off uploads, what leaves for the net.\n");
    if (settings_aws(settings, "AWS_ENDPOINT_URL") || settings_aws(settings, "AWS_ENDPOINT_URL_S3"))
        g_print("AWS_ENDPOINT_URL names another service: give its prices with --prices FILE.\n");
    if (has_other_class(count)) g_print("Class \"other\" has no price in the table: counted as STANDARD.\n");
    if (count->records > count->meetings)
        g_print("%" G_GUINT64_FORMAT " meetings are not in the list, their length is not known: `hansard reindex`.\n",
                count->records - count->meetings);
}

static void print_text(const CostReport *report, const Settings *settings, const char *place, bool free_of_charge) {
    const Prices *prices = report->prices;
    g_autofree char *safe = terminal_safe(place);
    g_print("%s%s\n", safe, free_of_charge ? ": costs nothing; in S3 it would cost what follows" : "");
    g_print("By list prices of %s of %s, in %s; a month has %d days.\n", prices->region, prices->date, prices->currency, COST_MONTH_DAYS);
    print_storage(report);
    print_requests(report);
    print_processing(report);
    print_rules(report);
    print_notes(report, settings);
}

static void print_report(const Prices *prices, const Settings *settings, const CostCount *count, const char *place, bool free_of_charge, bool json) {
    g_auto(CostReport) report = {0};
    cost_report_make(prices, settings, count, (guint64)servers, &report);
    if (!json) {
        print_text(&report, settings, place, free_of_charge);
        return;
    }
    g_autoptr(json_t) object = cost_report_to_json(&report);
    json_object_set_new(object, "place", json_text(place));
    command_print_json(object);
}

/* ---- one meeting ---- */

static json_t *cost_json(double cost) { return cost < 0 ? json_null() : json_real(cost); }

static json_t *meeting_json(const char *meeting_id, const Prices *prices, const CostMeeting *cost, const GArray *engines) {
    const MinutesUsage *usage = &cost->usage;
    json_t *transcribed = json_null(), *extracted = json_null();
    if (cost->transcribed_s >= 0)
        transcribed = json_pack("{s:I, s:o}", "seconds", (json_int_t)cost->transcribed_s, "cost", cost_json(cost->transcribed_cost));
    if (usage->calls > 0)
        extracted = json_pack("{s:I, s:I, s:I, s:o}", "calls", (json_int_t)usage->calls, "input_tokens", (json_int_t)usage->input_tokens,
                              "output_tokens", (json_int_t)usage->output_tokens, "cost", cost_json(usage->cost));
    return json_pack("{s:o, s:I, s:I, s:f, s:I, s:{s:o, s:o}, s:o}", "meeting_id", json_text(meeting_id), "objects",
                     (json_int_t)cost->count.total.objects, "bytes", (json_int_t)MIN(cost->count.total.bytes, (guint64)G_MAXINT64), "month",
                     cost_month_all(prices, &cost->count), "talk_seconds", (json_int_t)cost->count.talk_s, "counted", "transcribe", transcribed,
                     "extract", extracted, "processing", cost_engines_to_json(engines));
}

static char *recorded(double cost) { return cost < 0 ? g_strdup("not recorded (HANSARD_PRICE_…)") : money(cost); }

static void print_meeting(const char *meeting_id, const Prices *prices, const CostMeeting *cost, const GArray *engines) {
    g_autofree char *size = size_text(cost->count.total.bytes), *month = money(cost_month_all(prices, &cost->count)),
                    *talk = text_duration((gint64)cost->count.talk_s * 1000), *speech = recorded(cost->transcribed_cost),
                    *model = recorded(cost->usage.cost);
    g_print("%s (%s): %" G_GUINT64_FORMAT " objects, %s,\n%s %s a month\n", meeting_id, talk, cost->count.total.objects, size, month,
            prices->currency);
    if (cost->transcribed_s >= 0) g_print("counted: %" G_GINT64_FORMAT " s transcribed; cost %s\n", cost->transcribed_s, speech);
    if (cost->usage.calls > 0)
        g_print("counted: %u calls of a model, %" G_GUINT64_FORMAT " tokens sent, %" G_GUINT64_FORMAT " received; cost %s\n", cost->usage.calls,
                cost->usage.input_tokens, cost->usage.output_tokens, model);
    if (cost->transcribed_s < 0 && cost->usage.calls == 0) g_print("No service was paid for it.\n");
    print_engines(engines);
}

static bool show_meeting(Workspace *workspace, const char *meeting_id, bool json, GError **error) {
    g_autoptr(Prices) prices = NULL;
    g_autofree CostMeeting *cost = g_new0(CostMeeting, 1);
    if (!prices_load(workspace->settings->prices, &prices, error)) return false;
    if (!cost_meeting(&workspace->meetings, prices, meeting_id, cost, error)) return false;
    g_autoptr(GArray) engines = cost_engines(prices, workspace->settings, &cost->count);
    if (!json) {
        print_meeting(meeting_id, prices, cost, engines);
        return true;
    }
    g_autoptr(json_t) object = meeting_json(meeting_id, prices, cost, engines);
    command_print_json(object);
    return true;
}

static bool show_meetings(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    return command_open(invocation, false, &workspace, error) && command_each(invocation, workspace, show_meeting, error);
}

/* ---- the command ---- */

static void show_progress(guint64 objects, gpointer user_data) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K%" G_GUINT64_FORMAT " objects", objects);
}

static bool count_workspace(Invocation *invocation, const Prices *prices, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autofree CostCount *count = g_new0(CostCount, 1);
    bool json = invocation->json;
    command_cancellable();
    if (!command_open(invocation, false, &workspace, error)) return false;
    const Settings *settings = workspace->settings;
    CostOptions options = {.store = workspace->store,
                           .catalog = workspace_uses_table(settings) ? workspace->catalog : NULL,
                           .prices = prices,
                           .now_ms = clock_now_ms(workspace->clock),
                           .cancel = command_cancellable(),
                           .progress = show_progress};
    bool done = cost_count(&options, count, error);
    terminal_progress_clear();
    if (done) print_report(prices, settings, count, workspace->place, !workspace_uses_bucket(settings), json);
    return done;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Prices) prices = NULL;
    if (servers < 0 || servers > COST_SERVERS_MAX) return fail(error, ERROR_INVALID, "--servers must be 0 to %d", COST_SERVERS_MAX);
    if (what_if && invocation->argument_count > 0) return fail(error, ERROR_INVALID, "--what-if is of no meeting that stands: leave the ids out");
    if (invocation->argument_count > 0) return show_meetings(invocation, error);
    if (!prices_load(invocation->settings->prices, &prices, error)) return false;
    if (!what_if) return count_workspace(invocation, prices, error);
    g_autofree CostCount *count = g_new0(CostCount, 1);
    if (!cost_what_if(what_if, prices, count, error)) return false;
    print_report(prices, invocation->settings, count, "what if", false, invocation->json);
    return true;
}

static const GOptionEntry options[] = {
    {"what-if", 0, 0, G_OPTION_ARG_STRING, &what_if, "Ask about so many meetings instead, without a store (also documents-kb=, days=)",
     "meetings=100,mb=50,minutes=60"},
    {"servers", 0, 0, G_OPTION_ARG_INT, &servers, "Servers that run day and night (1)", "N"},
    {0}};

const Command command_cost = {.name = "cost",
                              .arguments = "[ID…]",
                              .arguments_max = G_MAXUINT,
                              .sentence = "Show what the store holds, and what that and the work on meetings cost",
                              .example = "hansard cost --what-if meetings=100,mb=50",
                              .options = options,
                              .run = run};
