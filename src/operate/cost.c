/* One pass over the keys, in order; what is kept are sums. */
#include "operate/cost.h"

#include <string.h>

#include "ingest/inbox.h"
#include "model/keys.h"
#include "model/row.h"

#define DAY_MS (24 * 3600 * 1000LL)

static const struct {
    const char *prefix;
    CostKind kind;
} kinds[] = {
    {PREFIX_RECORDINGS, COST_RECORDINGS}, {PREFIX_MEETINGS, COST_DOCUMENTS}, {PREFIX_INDEX, COST_INDEX},   {PREFIX_JOBS, COST_JOBS},
    {PREFIX_UPLOADS, COST_UPLOADS},       {PREFIX_INBOX, COST_INBOX},        {PREFIX_TOKENS, COST_ACCESS}, {PREFIX_SESSIONS, COST_ACCESS},
    {PREFIX_SHARES, COST_ACCESS},         {PREFIX_AUDIT, COST_AUDIT},        {PREFIX_QUARANTINE, COST_QUARANTINE},
    {"hansard/", COST_OWN},
};

const char *cost_kind_name(CostKind kind) {
    static const char *const names[COST_KIND_COUNT] = {"recordings", "documents", "index",      "jobs",  "uploads", "inbox",
                                                       "access",     "audit",     "quarantine", "other", "foreign"};
    return names[kind];
}

CostKind cost_kind_of(const char *key) {
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_has_prefix(key, kinds[i].prefix)) return kinds[i].kind;
    return COST_FOREIGN;
}

const int cost_age_days[COST_AGE_COUNT] = {0, 30, 90, 365};

const char *cost_age_name(int age) {
    static const char *const names[COST_AGE_COUNT] = {"under 30 days", "30 to 89 days", "90 to 364 days", "365 days and more"};
    return names[age];
}

static int age_of_days(gint64 days) {
    int age = COST_AGE_COUNT - 1;
    while (age > 0 && days < cost_age_days[age]) age--;
    return age;
}

/* A service may claim any sizes: sums stay at their end rather than begin anew. */
static void add(guint64 *sum, guint64 more) {
    if (!g_uint64_checked_add(sum, *sum, more)) *sum = G_MAXUINT64;
}

static guint64 times(guint64 value, guint64 count) {
    guint64 product;
    return g_uint64_checked_mul(&product, value, count) ? product : G_MAXUINT64;
}

void cost_sum_add(CostSum *sum, const CostSum *more) {
    add(&sum->objects, more->objects);
    add(&sum->bytes, more->bytes);
    add(&sum->billed, more->billed);
    add(&sum->standard, more->standard);
    add(&sum->large, more->large);
    add(&sum->large_bytes, more->large_bytes);
}

static CostSum sum_of(const PriceClass *class, guint64 bytes, guint64 objects) {
    guint64 billed = class ? MAX(bytes, (guint64)class->billed_bytes_min) + (guint64)class->overhead_bytes : bytes;
    bool large = bytes >= COST_MOVED_BYTES_MIN;
    return (CostSum){.objects = objects,
                     .bytes = times(bytes, objects),
                     .billed = times(billed, objects),
                     .standard = class ? times((guint64)class->overhead_standard_bytes, objects) : 0,
                     .large = large ? objects : 0,
                     .large_bytes = large ? times(bytes, objects) : 0};
}

void cost_add_object(CostCount *count, const Prices *prices, CostKind kind, const char *storage_class, guint64 bytes, guint64 objects, int age_days) {
    int at = prices_class_index(prices, storage_class);
    const PriceClass *class = at < 0 ? NULL : g_ptr_array_index(prices->classes, at);
    CostSum sum = sum_of(class, bytes, objects);
    cost_sum_add(&count->sums[kind][at < 0 ? COST_CLASS_OTHER : at][age_of_days(age_days)], &sum);
    cost_sum_add(&count->total, &sum);
}

static bool is_transcript(const char *filename) {
    static const char *const endings[] = {".vtt", ".srt", ".txt", ".json"};
    g_autofree char *lower = g_ascii_strdown(filename, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(lower, endings[i])) return true;
    return false;
}

void cost_add_meeting(CostCount *count, const char *filename, gint64 duration_ms, guint64 meetings) {
    guint64 seconds = (guint64)(CLAMP(duration_ms, 0, RECORDING_MS_MAX) + 999) / 1000;
    add(&count->meetings, meetings);
    add(&count->talk_s, times(seconds, meetings));
    if (is_transcript(filename)) return;
    add(&count->spoken, meetings);
    add(&count->transcribed_s, times(MAX(seconds, TRANSCRIBE_BILLED_S_MIN), meetings));
}

typedef struct {
    const CostOptions *options;
    CostCount *count;
    char *listed; /* the meeting of the index key before: two keys of one meeting follow one another */
} Walk;

static bool take_row(const Row *row, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    if (g_cancellable_is_cancelled(walk->options->cancel)) return fail(error, ERROR_CANCELLED, "stopped before all was counted");
    if (row->state == MEETING_DELETING || g_strcmp0(row->meeting_id, walk->listed) == 0) return true;
    g_free(walk->listed);
    walk->listed = g_strdup(row->meeting_id);
    cost_add_meeting(walk->count, row->filename ? row->filename : "", row->duration_ms, 1);
    return true;
}

static bool take_object(const StoreEntry *entry, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    const CostOptions *options = walk->options;
    CostKind kind = cost_kind_of(entry->key);
    if (g_cancellable_is_cancelled(options->cancel)) return fail(error, ERROR_CANCELLED, "stopped before all was counted");
    gint64 days = CLAMP((options->now_ms - CLAMP(entry->modified_ms, 0, TIME_MS_MAX)) / DAY_MS, 0, G_MAXINT);
    cost_add_object(walk->count, options->prices, kind, entry->storage_class, entry->size, 1, (int)days);
    if (options->progress && walk->count->total.objects % LIST_LIMIT_MAX == 0) options->progress(walk->count->total.objects, options->user_data);
    if (kind == COST_DOCUMENTS && g_str_has_suffix(entry->key, "/metadata.json")) walk->count->records++;
    g_autoptr(Row) row = kind == COST_INDEX ? row_from_key(entry->key) : NULL;
    return !row || take_row(row, walk, error);
}

bool cost_count(const CostOptions *options, CostCount *count, GError **error) {
    Walk walk = {.options = options, .count = count};
    memset(count, 0, sizeof *count);
    bool done = store_each(options->store, "", take_object, &walk, error);
    if (done && options->catalog && count->meetings == 0 && count->records > 0) done = catalog_each(options->catalog, take_row, &walk, error);
    g_free(walk.listed);
    count->lists = count->total.objects / LIST_LIMIT_MAX + 1;
    return done;
}

const char *cost_class_name(const Prices *prices, int class_index) {
    return class_index == COST_CLASS_OTHER ? "other" : ((const PriceClass *)g_ptr_array_index(prices->classes, class_index))->name;
}

double cost_month(const Prices *prices, int class_index, const CostSum *sum) {
    const PriceClass *standard = prices_class(prices, NULL);
    const PriceClass *class = class_index == COST_CLASS_OTHER ? standard : g_ptr_array_index(prices->classes, class_index);
    return (double)sum->billed / PRICE_GB * class->gb_month + (double)sum->standard / PRICE_GB * standard->gb_month +
           (double)sum->large / 1000 * class->monitoring_1000;
}

double cost_month_all(const Prices *prices, const CostCount *count) {
    double month = 0;
    for (int kind = 0; kind < COST_KIND_COUNT; kind++)
        for (int class = 0; class <= COST_CLASS_OTHER; class++)
            for (int age = 0; age < COST_AGE_COUNT; age++)
                if (count->sums[kind][class][age].objects > 0) month += cost_month(prices, class, &count->sums[kind][class][age]);
    return month;
}
