/* Requests, engines and lifecycle rules by the price table. */
#include <string.h>

#include "model/keys.h"
#include "operate/cost.h"
#include "operate/watch.h"

#define MONTH_S (COST_MONTH_DAYS * 86400LL)
#define TABLE_UNITS_A_ROW 0.07 /* read units of DynamoDB: 3.5 for a list of 50 */

/* Of one meeting, counted on versitygw with recordings of 0.3 and 50 MB: the job's changes, the documents, metadata.json and the index key; a look
 * for older index keys, two for webhooks; HEADs and GETs of the documents by stages, commit and search; and the recording, which is read about twice. */
#define MEETING_PUTS 14 /* beside those of the recording */
#define MEETING_LISTS 3
#define MEETING_GETS 30
#define MULTIPART_MORE 2 /* the requests that begin and complete an upload in parts */
#define RECORDING_READS 2

/* Of a language model: an hour of talk is about 9,000 words (docs/extraction.md: 20,000 tokens sent, 1,000 to 3,000 received); the questions
 * themselves take a part whatever the meeting's length. */
#define TOKENS_IN_MEETING 1500
#define TOKENS_IN_HOUR 18500
#define TOKENS_OUT_MEETING 200
#define TOKENS_OUT_HOUR 1800

CostServers cost_servers(const Settings *settings, guint64 servers, guint64 meetings) {
    bool table = strcmp(settings->index, "auto") == 0 ? settings->use_dynamodb : strcmp(settings->index, "keys") != 0;
    return (CostServers){.servers = servers,
                         .meetings = meetings,
                         .poll_s = settings->queue_url ? MAX(settings->poll_s, POLL_WITH_QUEUE_S) : settings->poll_s,
                         .inbox = settings->inbox,
                         .table = table,
                         .table_alone = strcmp(settings->index, "dynamodb") == 0};
}

static CostIdle lists(const Prices *prices, const char *what, double requests) {
    return (CostIdle){what, (guint64)requests, requests / 1000 * prices->list_1000};
}

void cost_idle(const Prices *prices, const CostServers *servers, CostIdle idle[COST_IDLE_COUNT]) {
    double n = (double)servers->servers, meetings = (double)servers->meetings;
    double all = (double)MONTH_S / (double)refresh_all_s(servers->meetings), newest = (double)MONTH_S / REFRESH_NEWEST_S - all;
    guint64 pages = MAX(1, (servers->meetings + LIST_LIMIT_MAX - 1) / LIST_LIMIT_MAX);
    double looks = (double)MONTH_S / servers->poll_s;
    idle[0] = lists(prices, "looks for jobs", n * looks);
    idle[1] = lists(prices, "looks into the inbox", servers->inbox ? n * looks : 0);
    idle[2] = lists(prices, "the newest meetings, each minute", n * newest);
    idle[3] = lists(prices, "all meetings, each hour or less often", n * all * (double)pages);
    idle[4] = lists(prices, "left behind, each hour; webhooks", n * (2.0 * MONTH_S / SWEEP_UPLOADS_S + (double)MONTH_S / HOOKS_IDLE_S));
    if (!servers->table) return;
    double unit = prices->table_reads_million / 1e6 * TABLE_UNITS_A_ROW;
    idle[2].month = n * newest * MAX(1, MIN(meetings, PAGE_LIMIT_MAX)) * unit;
    if (servers->table_alone) idle[3].month = n * all * MAX(1, meetings) * unit;
}

double cost_idle_month(const CostIdle idle[COST_IDLE_COUNT]) {
    double month = 0;
    for (int i = 0; i < COST_IDLE_COUNT; i++) month += idle[i].month;
    return month;
}

static guint64 pieces(guint64 bytes, guint64 of) { return bytes / of + (bytes % of > 0); }

CostRequests cost_meeting_requests(const Prices *prices, guint64 recording_bytes) {
    const PriceClass *standard = prices_class(prices, NULL);
    guint64 parts = pieces(recording_bytes, S3_PART_BYTES);
    CostRequests requests = {.puts = MEETING_PUTS + (parts > 1 ? parts + MULTIPART_MORE : parts),
                             .lists = MEETING_LISTS,
                             .gets = MEETING_GETS + RECORDING_READS * pieces(recording_bytes, S3_WINDOW_BYTES)};
    requests.cost = ((double)requests.puts * standard->put_1000 + (double)requests.lists * prices->list_1000 +
                     (double)requests.gets * standard->get_1000) / 1000;
    return requests;
}

/* ---- engines ---- */

static double mean(double all, guint64 count) { return count > 0 ? all / (double)count : 0; }

static void add_amazon(GArray *engines, const Prices *prices, const Settings *settings, const CostCount *count) {
    bool own = settings->price_minute > 0;
    double minute = own ? settings->price_minute : prices->transcribe_minute, all = (double)count->transcribed_s / 60 * minute;
    CostEngine engine = {.what = "transcribe",
                         .engine = "amazon",
                         .by = own ? "settings" : "table",
                         .known = minute > 0,
                         .chosen = strcmp(settings->transcriber, "amazon") == 0,
                         .hour = 60 * minute,
                         .meeting = mean(all, count->spoken),
                         .all = all};
    g_array_append_val(engines, engine);
}

static void add_model(GArray *engines, const CostCount *count, const char *service, const char *name, const char *by, double input, double output,
                      bool chosen) {
    double meeting = TOKENS_IN_MEETING * input + TOKENS_OUT_MEETING * output, hour = TOKENS_IN_HOUR * input + TOKENS_OUT_HOUR * output;
    double all = ((double)count->meetings * meeting + (double)count->talk_s / 3600 * hour) / 1e6;
    CostEngine engine = {.what = "extract",
                         .engine = service,
                         .model = name,
                         .by = by,
                         .known = input > 0 || output > 0,
                         .chosen = chosen,
                         .hour = (meeting + hour) / 1e6,
                         .meeting = mean(all, count->meetings),
                         .all = all};
    g_array_append_val(engines, engine);
}

/* The model that the settings name: by their prices, else by the table's. */
static const char *add_chosen(GArray *engines, const Prices *prices, const Settings *settings, const CostCount *count) {
    bool openai = strcmp(settings->extractor, "openai") == 0;
    const char *name = openai ? settings->openai_model : settings->bedrock_model;
    if (strcmp(settings->extractor, "offline") == 0 || !name) return NULL;
    bool own = settings->price_input > 0 || settings->price_output > 0;
    const PriceModel *model = prices_model(prices, settings->extractor, name);
    bool elsewhere = openai && settings->openai_base_url; /* not the service whose prices the table has */
    double input = own ? settings->price_input : model && !elsewhere ? model->input_million : 0;
    double output = own ? settings->price_output : model && !elsewhere ? model->output_million : 0;
    add_model(engines, count, settings->extractor, name, own ? "settings" : "table", input, output, true);
    return name;
}

GArray *cost_engines(const Prices *prices, const Settings *settings, const CostCount *count) {
    GArray *engines = g_array_new(FALSE, TRUE, sizeof(CostEngine));
    CostEngine whisper = {.what = "transcribe", .engine = "local", .known = true, .chosen = strcmp(settings->transcriber, "whisper") == 0};
    CostEngine offline = {.what = "extract", .engine = "local", .known = true, .chosen = strcmp(settings->extractor, "offline") == 0};
    g_array_append_val(engines, whisper);
    add_amazon(engines, prices, settings, count);
    g_array_append_val(engines, offline);
    const char *chosen = add_chosen(engines, prices, settings, count);
    for (guint i = 0; i < prices->models->len; i++) {
        const PriceModel *model = g_ptr_array_index(prices->models, i);
        if (g_strcmp0(chosen, model->name) != 0 || strcmp(settings->extractor, model->service) != 0)
            add_model(engines, count, model->service, model->name, "table", model->input_million, model->output_million, false);
    }
    return engines;
}

/* ---- a lifecycle rule ---- */

CostRule cost_rule(const Prices *prices, const CostCount *count, const PriceClass *to, int days) {
    CostRule rule = {.to = to, .days = days};
    const PriceClass *standard = prices_class(prices, NULL);
    const CostSum(*ages)[COST_AGE_COUNT] = &count->sums[COST_RECORDINGS][prices_class_index(prices, NULL)];
    CostSum now = {0}, later = {0};
    for (int age = 0; age < COST_AGE_COUNT; age++) {
        cost_sum_add(&later, &(*ages)[age]);
        if (cost_age_days[age] >= days) cost_sum_add(&now, &(*ages)[age]);
    }
    rule.objects = now.large;
    rule.bytes = now.large_bytes;
    rule.later_objects = later.large;
    rule.later_bytes = later.large_bytes;
    rule.small = later.objects - later.large;
    double gain = standard->gb_month - to->gb_month; /* of a GB, before what each object costs there */
    double each = (double)to->overhead_bytes / PRICE_GB * to->gb_month + (double)to->overhead_standard_bytes / PRICE_GB * standard->gb_month +
                  to->monitoring_1000 / 1000;
    rule.saved = (double)rule.bytes / PRICE_GB * gain - (double)rule.objects * each;
    rule.later_saved = (double)rule.later_bytes / PRICE_GB * gain - (double)rule.later_objects * each;
    rule.transition = (double)rule.objects / 1000 * to->transition_1000;
    rule.later_transition = (double)rule.later_objects / 1000 * to->transition_1000;
    rule.read_gb = to->retrieval_gb;
    rule.read_share = to->retrieval_gb > 0 ? MAX(gain, 0) / to->retrieval_gb : gain > 0 ? 1 : 0;
    rule.least_gb = (double)to->days_min / COST_MONTH_DAYS * to->gb_month;
    return rule;
}
