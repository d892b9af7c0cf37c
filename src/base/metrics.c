/* A table of metrics, a tree of series each. */
#include "base/metrics.h"

#include <stdbool.h>
#include <string.h>

#include "base/limits.h"

#define BOUNDS_MAX 12

typedef struct {
    const char *name, *help;
    const char *labels[2];
    double bounds[BOUNDS_MAX]; /* of a histogram, rising, 0 at the end; none: a counter */
} Spec;

#define REQUEST_BOUNDS {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}
static const Spec specs[METRIC_COUNT] = {
    [METRIC_S3_REQUESTS] = {"hansard_s3_requests_total",
                            "Calls of S3 by kind and the status of the last answer; 0: none came.",
                            {"kind", "status"},
                            {0}},
    [METRIC_S3_RETRIES] = {"hansard_s3_retries_total", "Tries of calls of S3 beyond the first.", {"kind"}, {0}},
    [METRIC_S3_SENT] = {"hansard_s3_sent_bytes_total", "Bytes of bodies sent to S3.", {"kind"}, {0}},
    [METRIC_S3_RECEIVED] = {"hansard_s3_received_bytes_total", "Bytes of bodies received from S3.", {"kind"}, {0}},
    [METRIC_S3_SECONDS] = {"hansard_s3_request_seconds", "Time of calls of S3, all tries together.", {"kind"}, REQUEST_BOUNDS},
    [METRIC_SERVICE_REQUESTS] = {"hansard_service_requests_total",
                                 "Calls of other services of AWS by the status of the last answer.",
                                 {"service", "status"},
                                 {0}},
    [METRIC_SERVICE_RETRIES] = {"hansard_service_retries_total", "Tries of those calls beyond the first.", {"service"}, {0}},
    [METRIC_STAGE_SECONDS] = {"hansard_stage_seconds",
                              "Time of the stages of jobs that this process worked on.",
                              {"stage", "outcome"},
                              {1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400}},
    [METRIC_RECORDING_SECONDS] = {"hansard_transcribed_seconds_total", "Seconds of recording that this process has turned into text.", {NULL}, {0}},
    [METRIC_REAL_TIME_FACTOR] = {"hansard_real_time_factor",
                                 "Seconds of work for a second of recording, a recording each.",
                                 {NULL},
                                 {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5}},
    [METRIC_CACHE] = {"hansard_cache_total", "What was answered from memory (hit), or asked of the store (miss).", {"cache", "result"}, {0}},
    [METRIC_HTTP_SECONDS] = {"hansard_http_request_seconds",
                             "Time from a request's first line to its answer's head, by route.",
                             {"route"},
                             REQUEST_BOUNDS},
    [METRIC_REMOVED] = {"hansard_retention_removed_total",
                        "Meetings (all) and recordings alone (recording) that HANSARD_RETENTION has removed.",
                        {"what"},
                        {0}},
};

typedef struct {
    double value; /* of a histogram: the sum */
    guint64 count, buckets[BOUNDS_MAX]; /* not yet summed up */
} Series;

static GMutex mutex;
static GTree *trees[METRIC_COUNT]; /* labels as they are printed → Series; as long as the process lives */

static int compare(gconstpointer one, gconstpointer other, gpointer unused) { return strcmp(one, other); }

static void append_label(GString *text, const char *name, const char *value) {
    g_string_append_printf(text, "%s%s=\"", text->len ? "," : "", name);
    for (; *value; value++) {
        if (*value == '\n') g_string_append(text, "\\n");
        else {
            if (*value == '"' || *value == '\\') g_string_append_c(text, '\\');
            g_string_append_c(text, *value);
        }
    }
    g_string_append_c(text, '"');
}

static char *labels_of(const Spec *spec, const char *first, const char *second) {
    const char *values[] = {first, second};
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
        if (spec->labels[i]) append_label(text, spec->labels[i], values[i] ? values[i] : "");
    return g_string_free(text, FALSE);
}

/* Under the lock. Takes the labels. */
static Series *series_of(Metric metric, char *labels) {
    if (!trees[metric]) trees[metric] = g_tree_new_full(compare, NULL, g_free, g_free);
    if (!g_tree_lookup(trees[metric], labels) && g_tree_nnodes(trees[metric]) >= METRIC_SERIES_MAX) {
        g_free(labels);
        labels = labels_of(&specs[metric], "other", "other");
    }
    Series *series = g_tree_lookup(trees[metric], labels);
    if (series) {
        g_free(labels);
        return series;
    }
    series = g_new0(Series, 1);
    g_tree_insert(trees[metric], labels, series);
    return series;
}

void metrics_add(Metric metric, const char *first, const char *second, double value) {
    const Spec *spec = &specs[metric];
    char *labels = labels_of(spec, first, second);
    g_mutex_lock(&mutex);
    Series *series = series_of(metric, labels);
    series->value += value;
    series->count++;
    for (gsize i = 0; i < BOUNDS_MAX && spec->bounds[i] > 0; i++) {
        if (value > spec->bounds[i]) continue;
        series->buckets[i]++;
        break;
    }
    g_mutex_unlock(&mutex);
}

void metrics_add_number(Metric metric, const char *first, int second, double value) {
    char number[16];
    g_snprintf(number, sizeof number, "%d", second);
    metrics_add(metric, first, number, value);
}

/* Whatever the machine's language. */
static void append_number(GString *text, double value) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(text, g_ascii_formatd(number, sizeof number, "%.15g", value));
}

static void append_line(GString *text, const char *name, const char *suffix, const char *labels, double value) {
    g_string_append_printf(text, *labels ? "%s%s{%s} " : "%s%s%s ", name, suffix, labels);
    append_number(text, value);
    g_string_append_c(text, '\n');
}

typedef struct {
    GString *text;
    const Spec *spec;
} Writing;

static void append_bucket(GString *text, const Spec *spec, const char *labels, const char *bound, guint64 count) {
    g_string_append_printf(text, "%s_bucket{%s%sle=\"%s\"} %" G_GUINT64_FORMAT "\n", spec->name, labels, *labels ? "," : "", bound, count);
}

static gboolean append_series(gpointer key, gpointer value, gpointer user_data) {
    const Writing *writing = user_data;
    const Spec *spec = writing->spec;
    const Series *series = value;
    guint64 so_far = 0;
    if (spec->bounds[0] == 0) {
        append_line(writing->text, spec->name, "", key, series->value);
        return FALSE;
    }
    for (gsize i = 0; i < BOUNDS_MAX && spec->bounds[i] > 0; i++) {
        char bound[G_ASCII_DTOSTR_BUF_SIZE];
        append_bucket(writing->text, spec, key, g_ascii_formatd(bound, sizeof bound, "%g", spec->bounds[i]), so_far += series->buckets[i]);
    }
    append_bucket(writing->text, spec, key, "+Inf", series->count);
    append_line(writing->text, spec->name, "_sum", key, series->value);
    append_line(writing->text, spec->name, "_count", key, (double)series->count);
    return FALSE;
}

void metrics_write(GString *text) {
    g_mutex_lock(&mutex);
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        Writing writing = {text, &specs[metric]};
        g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", specs[metric].name, specs[metric].help, specs[metric].name,
                               specs[metric].bounds[0] == 0 ? "counter" : "histogram");
        if (trees[metric]) g_tree_foreach(trees[metric], append_series, &writing);
    }
    g_mutex_unlock(&mutex);
}
