/* cost: the arithmetic by figures worked out by hand, what a walk over a store counts, and price tables that are no price tables. */
#include <math.h>
#include <sys/stat.h>

#include "fake_clock.h"
#include "model/row.h"
#include "operate/cost_report.h"
#include "store/memory.h"
#include "store/store_backend.h"
#include "store_asserts.h"

#define DAY_MS 86400000LL
#define GB ((guint64)1 << 30)

static void assert_near(double found, double expected) {
    if (fabs(found - expected) > 1e-9 + fabs(expected) * 1e-9) g_error("%.12g is not %.12g", found, expected);
}

static Prices *own_prices(void) {
    Prices *prices = NULL;
    assert_works(prices_load(NULL, &prices, error));
    return prices;
}

static Settings *settings_with(const char *const *options) {
    Settings *settings = NULL;
    assert_works(settings_load(NULL, options, &settings, error));
    return settings;
}

/* The guide of the first version says about $0.12 a month for 100 meetings of 50 MB. */
static void test_guide(void) {
    g_autoptr(Prices) prices = own_prices();
    g_autofree CostCount *count = g_new0(CostCount, 1);
    cost_add_object(count, prices, COST_RECORDINGS, NULL, 50000000, 100, 0);
    assert_near(cost_month_all(prices, count), 5e9 / 1073741824 * 0.023); /* 0.1071: a GB has 2^30 bytes */
    CostRequests requests = cost_meeting_requests(prices, 50000000);
    g_assert_cmpuint(requests.puts, ==, 22); /* 14, 6 parts, 2 around them */
    g_assert_cmpuint(requests.lists, ==, 3);
    g_assert_cmpuint(requests.gets, ==, 54); /* 30, and twice 12 windows */
    assert_near(requests.cost, 25 * 0.000005 + 54 * 0.0000004);
    assert_near(cost_month_all(prices, count) + 100 * requests.cost, 0.1071020960807801 + 0.01466);
    g_assert_cmpuint(cost_meeting_requests(prices, 8 * MIB).puts, ==, 15); /* one PUT */
    g_assert_cmpuint(cost_meeting_requests(prices, 8 * MIB + 1).puts, ==, 18);
}

static void test_classes(void) {
    g_autoptr(Prices) prices = own_prices();
    const struct {
        const char *class;
        guint64 bytes, objects;
        double month;
    } cases[] = {
        {NULL, GB, 2, 0.046},
        {"STANDARD_IA", 1, 8192, 0.0125},              /* 8,192 times 128 KiB */
        {"GLACIER_IR", 131072, 8192, 0.004},           /* at the least size */
        {"GLACIER_IR", 131073, 8192, 0.004 * 131073 / 131072},
        {"GLACIER", 0, 131072, 4 * 0.0036 + 0.023},    /* 32 KiB at its price, 8 KiB at STANDARD's */
        {"DEEP_ARCHIVE", GB - 32768, 1, 0.00099 + 0.023 / 131072},
        {"INTELLIGENT_TIERING", GB, 1000, 23 + 0.0025},
        {"INTELLIGENT_TIERING", 131071, 8192, 0.023 * 131071 / 131072}, /* too small to be watched */
        {"OTHER", GB, 1, 0.023},                       /* no price: STANDARD's */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree CostCount *count = g_new0(CostCount, 1);
        cost_add_object(count, prices, COST_RECORDINGS, cases[i].class, cases[i].bytes, cases[i].objects, 1);
        assert_near(cost_month_all(prices, count), cases[i].month);
    }
}

static void test_ages(void) {
    g_autoptr(Prices) prices = own_prices();
    g_autofree CostCount *count = g_new0(CostCount, 1);
    const int days[] = {0, 29, 30, 89, 90, 364, 365, G_MAXINT};
    for (gsize i = 0; i < G_N_ELEMENTS(days); i++) cost_add_object(count, prices, COST_AUDIT, NULL, 1, 1, days[i]);
    for (int age = 0; age < COST_AGE_COUNT; age++) g_assert_cmpuint(count->sums[COST_AUDIT][0][age].objects, ==, 2);
}

static void test_kinds(void) {
    const struct {
        const char *key;
        CostKind kind;
    } cases[] = {{"meetings/u_a.mp3", COST_RECORDINGS}, {"transcriptions/m/summary.json", COST_DOCUMENTS}, {"hansard/index/x", COST_INDEX},
                 {"hansard/jobs/m.json", COST_JOBS},    {"hansard/uploads/m.json", COST_UPLOADS},          {"inbox/a.mp3", COST_INBOX},
                 {"hansard/tokens/a.json", COST_ACCESS}, {"hansard/sessions/a.json", COST_ACCESS},         {"hansard/shares/m/a.json", COST_ACCESS},
                 {"hansard/audit/d/a", COST_AUDIT},     {"hansard/quarantine/-/a/b", COST_QUARANTINE},     {"hansard/verify.json", COST_OWN},
                 {"uploads/a.mp3", COST_FOREIGN},       {"hansard", COST_FOREIGN}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) g_assert_cmpint(cost_kind_of(cases[i].key), ==, cases[i].kind);
}

/* ---- requests ---- */

static void test_idle(void) {
    g_autoptr(Prices) prices = own_prices();
    CostIdle idle[COST_IDLE_COUNT];
    const char *const plain[] = {NULL}, *const slow[] = {"HANSARD_POLL_SECONDS", "600", "HANSARD_INBOX", "false", NULL},
                      *const queue[] = {"HANSARD_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/q", NULL},
                      *const table[] = {"USE_DYNAMODB", "true", NULL};
    const struct {
        const char *const *options;
        guint64 servers, meetings, lists[COST_IDLE_COUNT];
        double month;
    } cases[] = {{plain, 1, 100, {43200, 43200, 42480, 720, 4320}, 0.6696},
                 {plain, 2, 200, {86400, 86400, 84960, 1440, 8640}, 1.3392},
                 {plain, 1, 1001, {43200, 43200, 42480, 1440, 4320}, 0.6732},
                 {plain, 1, 60000, {43200, 43200, 42480, 43200, 4320}, 0.882}, /* the reading of all grows to what the looks at the newest cost, … */
                 {plain, 1, 100000, {43200, 43200, 42768, 43200, 4320}, 0.88344},
                 {plain, 1, 1000000, {43200, 43200, 43156, 43200, 4320}, 0.885384}, /* … and no further */
                 {slow, 1, 0, {4320, 0, 42480, 720, 4320}, 0.2592},
                 {queue, 1, 0, {2880, 2880, 42480, 720, 4320}, 0.2664},
                 {plain, 0, 100, {0}, 0}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Settings) settings = settings_with(cases[i].options);
        CostServers servers = cost_servers(settings, cases[i].servers, cases[i].meetings);
        cost_idle(prices, &servers, idle);
        for (int line = 0; line < COST_IDLE_COUNT; line++) g_assert_cmpuint(idle[line].requests, ==, cases[i].lists[line]);
        assert_near(cost_idle_month(idle), cases[i].month);
    }
    g_autoptr(Settings) settings = settings_with(table);
    CostServers servers = cost_servers(settings, 1, 50);
    cost_idle(prices, &servers, idle);
    assert_near(idle[2].month, 42480 * 3.5 * 0.125 / 1e6);
    assert_near(idle[3].month, 720 * 0.005 / 1000); /* the keys are there, too */
    servers.table_alone = true;
    cost_idle(prices, &servers, idle);
    assert_near(idle[3].month, 720 * 3.5 * 0.125 / 1e6);
}

/* ---- engines ---- */

static const CostEngine *engine_of(const GArray *engines, const char *engine, const char *what, const char *model) {
    for (guint i = 0; i < engines->len; i++) {
        const CostEngine *found = &g_array_index(engines, CostEngine, i);
        if (strcmp(found->engine, engine) == 0 && strcmp(found->what, what) == 0 && g_strcmp0(found->model, model) == 0) return found;
    }
    g_error("no %s %s", what, engine);
}

static void test_engines(void) {
    g_autoptr(Prices) prices = own_prices();
    g_autofree CostCount *count = g_new0(CostCount, 1);
    const char *const plain[] = {NULL}, *const set[] = {"HANSARD_EXTRACTOR", "openai", "OPENAI_MODEL", "gpt-4o-mini", "HANSARD_PRICE_INPUT", "1",
                                                        "HANSARD_PRICE_OUTPUT", "2", "HANSARD_PRICE_MINUTE", "0.01",
                                                        "HANSARD_TRANSCRIBER", "amazon", NULL},
                      *const mine[] = {"HANSARD_EXTRACTOR", "openai", "OPENAI_MODEL", "gpt-4o", "OPENAI_BASE_URL", "http://127.0.0.1:1/v1", NULL};
    cost_add_meeting(count, "a.m4a", 3600000, 2);
    cost_add_meeting(count, "b.wav", 1000, 1);   /* counts for 15 s */
    cost_add_meeting(count, "C.VTT", 3599001, 1); /* 3,600 s, not transcribed */
    g_assert_cmpuint(count->meetings, ==, 4);
    g_assert_cmpuint(count->spoken, ==, 3);
    g_assert_cmpuint(count->talk_s, ==, 3 * 3600 + 1);
    g_assert_cmpuint(count->transcribed_s, ==, 7215);

    g_autoptr(Settings) defaults = settings_with(plain);
    g_autoptr(GArray) engines = cost_engines(prices, defaults, count);
    const CostEngine *whisper = engine_of(engines, "local", "transcribe", NULL), *amazon = engine_of(engines, "amazon", "transcribe", NULL),
                     *model = engine_of(engines, "openai", "extract", "gpt-4o");
    g_assert_true(whisper->chosen && whisper->known && whisper->all == 0);
    g_assert_false(amazon->chosen);
    assert_near(amazon->hour, 1.44);
    assert_near(amazon->all, 7215.0 / 60 * 0.024);
    assert_near(amazon->meeting, 7215.0 / 60 * 0.024 / 3);
    assert_near(model->hour, (20000 * 2.5 + 2000 * 10) / 1e6);
    double hours = (3 * 3600 + 1) / 3600.0;
    assert_near(model->all, ((4 * 1500 + hours * 18500) * 2.5 + (4 * 200 + hours * 1800) * 10) / 1e6);

    g_autoptr(Settings) own = settings_with(set);
    g_autoptr(GArray) priced = cost_engines(prices, own, count);
    model = engine_of(priced, "openai", "extract", "gpt-4o-mini");
    g_assert_true(model->chosen && model->known);
    g_assert_cmpstr(model->by, ==, "settings");
    assert_near(model->hour, 0.024);
    assert_near(engine_of(priced, "amazon", "transcribe", NULL)->hour, 0.6);
    g_assert_true(engine_of(priced, "amazon", "transcribe", NULL)->chosen);

    g_autoptr(Settings) elsewhere = settings_with(mine); /* a model of that name on one's own machine has no list price */
    g_autoptr(GArray) unpriced = cost_engines(prices, elsewhere, count);
    g_assert_false(engine_of(unpriced, "openai", "extract", "gpt-4o")->known);
}

/* ---- lifecycle ---- */

static void test_rules(void) {
    g_autoptr(Prices) prices = own_prices();
    g_autofree CostCount *count = g_new0(CostCount, 1);
    const PriceClass *archive = prices_class(prices, "GLACIER_IR");
    cost_add_object(count, prices, COST_RECORDINGS, NULL, GB, 10, 5);
    cost_add_object(count, prices, COST_RECORDINGS, NULL, GB, 20, 30);
    cost_add_object(count, prices, COST_RECORDINGS, NULL, GB, 40, 400);
    cost_add_object(count, prices, COST_RECORDINGS, NULL, 131071, 7, 400);          /* too small */
    cost_add_object(count, prices, COST_RECORDINGS, NULL, 131072, 1000, 400);       /* just not */
    cost_add_object(count, prices, COST_RECORDINGS, "GLACIER_IR", GB, 1000, 400);   /* is there already */
    cost_add_object(count, prices, COST_DOCUMENTS, NULL, GB, 1000, 400);            /* never moved */
    CostRule month = cost_rule(prices, count, archive, 30), quarter = cost_rule(prices, count, archive, 90);
    double small_gb = 1000.0 * 131072 / PRICE_GB;
    g_assert_cmpuint(month.objects, ==, 1060);
    assert_near(month.saved, (60 + small_gb) * 0.019);
    assert_near(month.transition, 1060 * 0.00002);
    g_assert_cmpuint(quarter.objects, ==, 1040);
    assert_near(quarter.saved, (40 + small_gb) * 0.019);
    g_assert_cmpuint(quarter.later_objects, ==, 1070);
    assert_near(quarter.later_saved, (70 + small_gb) * 0.019);
    g_assert_cmpuint(quarter.small, ==, 7);
    assert_near(month.read_gb, 0.03);
    assert_near(month.read_share, 0.019 / 0.03);
    assert_near(month.least_gb, 0.012); /* three months of 0.004 */
    CostRule deep = cost_rule(prices, count, prices_class(prices, "GLACIER"), 90); /* each object carries 32 KiB and 8 KiB more */
    assert_near(deep.saved, (40 + small_gb) * (0.023 - 0.0036) - 1040 * (32768 / PRICE_GB * 0.0036 + 8192 / PRICE_GB * 0.023));
}

/* ---- the walk ---- */

static char *index_key(const char *meeting_id, gint64 timestamp_ms, gint64 updated_ms, MeetingState state) {
    g_autoptr(Row) row = row_new();
    row->meeting_id = g_strdup(meeting_id);
    row->timestamp_ms = timestamp_ms;
    row->updated_ms = updated_ms;
    row->state = state;
    row->duration_ms = 60000;
    row->filename = g_strdup("a.mp3");
    row->title = g_strdup("a");
    return row_to_key(row);
}

static void put_index(Store *store, const char *meeting_id, gint64 updated_ms, MeetingState state) {
    g_autofree char *key = index_key(meeting_id, 1000, updated_ms, state);
    must_put(store, key, "");
}

static void fill(Store *store) {
    must_put(store, "meetings/1_a.mp3", "12345");
    must_put(store, "transcriptions/meeting-1/metadata.json", "{}");
    must_put(store, "transcriptions/meeting-1/summary.json", "{}");
    must_put(store, "transcriptions/meeting-2/metadata.json", "{}");
    must_put(store, "transcriptions/meeting-3/metadata.json", "{}"); /* not listed */
    must_put(store, "hansard/index/nonsense", "");
    put_index(store, "meeting-1", 1, MEETING_READY);
    put_index(store, "meeting-1", 2, MEETING_READY); /* an edit that was cut short: one meeting */
    put_index(store, "meeting-2", 1, MEETING_READY);
    put_index(store, "meeting-4", 1, MEETING_DELETING);
}

static void test_walk(void) {
    FakeClock clock = FAKE_CLOCK(1000 * DAY_MS);
    Store *store = store_memory_new(&clock.base);
    g_autoptr(Prices) prices = own_prices();
    g_autofree CostCount *count = g_new0(CostCount, 1);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    CostOptions options = {.store = store, .prices = prices, .now_ms = 1000 * DAY_MS, .cancel = cancel};
    assert_works(cost_count(&options, count, error));
    g_assert_cmpuint(count->total.objects, ==, 0);
    fill(store);
    clock.now += 40 * DAY_MS;
    must_put(store, "meetings/2_b.mp3", "123");
    options.now_ms = clock.now;
    assert_works(cost_count(&options, count, error));
    g_assert_cmpuint(count->total.objects, ==, 11);
    g_assert_cmpuint(count->total.bytes, ==, 5 + 3 + 4 * 2);
    g_assert_cmpuint(count->sums[COST_RECORDINGS][0][0].bytes, ==, 3);
    g_assert_cmpuint(count->sums[COST_RECORDINGS][0][1].bytes, ==, 5);
    g_assert_cmpuint(count->sums[COST_INDEX][0][1].objects, ==, 5);
    g_assert_cmpuint(count->records, ==, 3);
    g_assert_cmpuint(count->meetings, ==, 2);
    g_assert_cmpuint(count->talk_s, ==, 120);
    options.now_ms = 0; /* a clock that is behind: nothing is younger than new */
    assert_works(cost_count(&options, count, error));
    g_assert_cmpuint(count->sums[COST_RECORDINGS][0][0].objects, ==, 2);
    g_cancellable_cancel(cancel);
    assert_fails(cost_count(&options, count, error), ERROR_CANCELLED);
    store_close(store);
}

/* A service that claims what it likes: classes nobody knows, sizes whose sum no number holds. */
static bool list_boasting(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more, GError **error) {
    static const char *const classes[] = {NULL, "GLACIER_IR", "OTHER"};
    *entries = g_ptr_array_new_with_free_func((GDestroyNotify)store_entry_free);
    *more = false;
    for (int i = 0; i < 3; i++) {
        StoreEntry *entry = g_new0(StoreEntry, 1);
        *entry = (StoreEntry){.key = g_strdup_printf("meetings/%d_a.mp3", i),
                              .size = G_MAXUINT64 - 1,
                              .modified_ms = i == 2 ? G_MININT64 : G_MAXINT64,
                              .storage_class = classes[i]};
        g_ptr_array_add(*entries, entry);
    }
    return true;
}

static void test_boasts(void) {
    static const StoreBackend backend = {.name = "boasting", .list = list_boasting};
    Store store = {.backend = &backend, .clock = clock_system()};
    g_autoptr(Prices) prices = own_prices();
    g_autoptr(Settings) settings = settings_with((const char *const[]){NULL});
    g_autofree CostCount *count = g_new0(CostCount, 1);
    g_auto(CostReport) report = {0};
    CostOptions options = {.store = &store, .prices = prices, .now_ms = 1000 * DAY_MS};
    assert_works(cost_count(&options, count, error));
    g_assert_cmpuint(count->total.bytes, ==, G_MAXUINT64);
    g_assert_cmpuint(count->sums[COST_RECORDINGS][COST_CLASS_OTHER][COST_AGE_COUNT - 1].objects, ==, 1);
    cost_report_make(prices, settings, count, 1, &report);
    g_autoptr(json_t) json = cost_report_to_json(&report);
    g_assert_nonnull(json);
    g_assert_cmpuint(json_array_size(json_object_get(json_object_get(json, "storage"), "kinds")), ==, 3);
}

static void test_what_if(void) {
    g_autoptr(Prices) prices = own_prices();
    g_autofree CostCount *count = g_new0(CostCount, 1);
    const char *const bad[] = {"meetings", "meetings=", "meetings=-1", "meetings=1000000001", "mb=5497559", "minutes=2881", "moon=1",
                               "meetings=1,", "=1", "days=1x"};
    assert_works(cost_what_if("meetings=2,mb=3,minutes=1,documents-kb=6,days=31", prices, count, error));
    g_assert_cmpuint(count->sums[COST_RECORDINGS][0][1].bytes, ==, 6000000);
    g_assert_cmpuint(count->sums[COST_DOCUMENTS][0][1].bytes, ==, 12000);
    g_assert_cmpuint(count->talk_s, ==, 120);
    assert_works(cost_what_if("", prices, count, error));
    g_assert_cmpuint(count->meetings, ==, 100);
    g_assert_cmpuint(count->sums[COST_RECORDINGS][0][0].bytes, ==, 5000000000);
    assert_works(cost_what_if("meetings=1000000000,mb=5497558,minutes=2880", prices, count, error)); /* the most: nothing goes round */
    g_assert_cmpuint(count->total.bytes, ==, G_MAXUINT64);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) assert_fails(cost_what_if(bad[i], prices, count, error), ERROR_INVALID);
}

/* ---- price tables ---- */

#define HEAD "\"date\":\"2026-01-02\",\"region\":\"eu\",\"currency\":\"EUR\",\"source\":\"ours\",\"list_1000\":1"
#define STANDARD "{\"name\":\"STANDARD\",\"gb_month\":2,\"put_1000\":0,\"get_1000\":0}"

static void test_tables(void) {
    const char *const bad[] = {
        "", "[]", "{}", "{" HEAD "}", "{" HEAD ",\"classes\":[]}", "{" HEAD ",\"classes\":{}}", "{" HEAD ",\"classes\":[1]}",
        "{" HEAD ",\"classes\":[" STANDARD "," STANDARD "]}", "{" HEAD ",\"classes\":[" STANDARD "],\"list_2000\":1}",
        "{" HEAD ",\"classes\":[" STANDARD "],\"models\":[{\"name\":\"a\"}]}", "{" HEAD ",\"classes\":[" STANDARD "],\"transcribe_minute\":-1}",
        "{" HEAD ",\"classes\":[" STANDARD "],\"transcribe_minute\":\"1\"}", "{" HEAD ",\"classes\":[" STANDARD "],\"transcribe_minute\":1000001}",
        "{" HEAD ",\"classes\":[" STANDARD "],\"transcribe_minute\":1e400}", "{" HEAD ",\"classes\":[" STANDARD "],\"list_1000\":1}",
        "{" HEAD ",\"classes\":[{\"name\":\"STANDARD\",\"gb_month\":2,\"put_1000\":0,\"get_1000\":0,\"days_min\":1.5}]}",
        "{" HEAD ",\"classes\":[{\"name\":\"\",\"gb_month\":2,\"put_1000\":0,\"get_1000\":0}]}",
        "{\"date\":\"tomorrow\",\"region\":\"eu\",\"currency\":\"EUR\",\"source\":\"ours\",\"list_1000\":1,\"classes\":[" STANDARD "]}",
    };
    g_autoptr(Prices) good = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Prices *prices = NULL;
        assert_fails(prices_parse(bad[i], strlen(bad[i]), "the table", &prices, error), ERROR_CONFIG);
    }
    const char *text = "{" HEAD ",\"classes\":[" STANDARD "]}";
    assert_works(prices_parse(text, strlen(text), "the table", &good, error));
    g_assert_cmpstr(good->currency, ==, "EUR");
    g_assert_null(prices_class(good, "GLACIER_IR"));
    assert_near(prices_class(good, NULL)->gb_month, 2);
    for (guint classes = PRICE_CLASSES_MAX; classes <= PRICE_CLASSES_MAX + 1; classes++) { /* at the limit, and over it */
        g_autoptr(GString) many = g_string_new("{" HEAD ",\"classes\":[" STANDARD);
        Prices *prices = NULL;
        for (guint i = 1; i < classes; i++) g_string_append_printf(many, ",{\"name\":\"C%u\",\"gb_month\":2,\"put_1000\":0,\"get_1000\":0}", i);
        g_string_append(many, "]}");
        if (classes == PRICE_CLASSES_MAX) assert_works(prices_parse(many->str, many->len, "the table", &prices, error));
        else assert_fails(prices_parse(many->str, many->len, "the table", &prices, error), ERROR_CONFIG);
        prices_free(prices);
    }
}

static void test_files(void) {
    g_autofree char *folder = g_dir_make_tmp("hansard-cost-XXXXXX", NULL), *file = g_build_filename(folder, "prices.json", NULL),
                    *pipe = g_build_filename(folder, "pipe", NULL), *none = g_build_filename(folder, "none", NULL);
    Prices *prices = NULL;
    g_autofree char *large = g_strnfill(PRICES_BYTES_MAX + 1, ' '), *full = g_strnfill(PRICES_BYTES_MAX, ' ');
    memcpy(full, "{" HEAD ",\"classes\":[" STANDARD "]}", strlen("{" HEAD ",\"classes\":[" STANDARD "]}"));
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    const char *const paths[] = {none, folder, pipe, "/dev/zero"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) assert_fails(prices_load(paths[i], &prices, error), ERROR_CONFIG);
    g_assert_true(g_file_set_contents(file, large, PRICES_BYTES_MAX + 1, NULL));
    assert_fails(prices_load(file, &prices, error), ERROR_CONFIG);
    g_assert_true(g_file_set_contents(file, full, PRICES_BYTES_MAX, NULL));
    assert_works(prices_load(file, &prices, error));
    prices_free(prices);
    unlink(file);
    unlink(pipe);
    rmdir(folder);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operate/cost/guide", test_guide);
    g_test_add_func("/operate/cost/classes", test_classes);
    g_test_add_func("/operate/cost/ages", test_ages);
    g_test_add_func("/operate/cost/kinds", test_kinds);
    g_test_add_func("/operate/cost/idle", test_idle);
    g_test_add_func("/operate/cost/engines", test_engines);
    g_test_add_func("/operate/cost/rules", test_rules);
    g_test_add_func("/operate/cost/walk", test_walk);
    g_test_add_func("/operate/cost/boasts", test_boasts);
    g_test_add_func("/operate/cost/what-if", test_what_if);
    g_test_add_func("/operate/cost/tables", test_tables);
    g_test_add_func("/operate/cost/files", test_files);
    return g_test_run();
}
