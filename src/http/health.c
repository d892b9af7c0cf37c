/* For those who watch the server: alive, ready, and figures in Prometheus' text form. */
#include <string.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "http/resources.h"
#include "model/keys.h"

#define READY_US (2 * G_USEC_PER_SEC)       /* so long an answer of the store counts */
#define JOB_COUNTS_US (10 * G_USEC_PER_SEC) /* to count jobs costs a read each: not oftener, however often it is asked */

bool health_live(Context *context, const Request *request, Response *response, GError **error) {
    response_json(response, 200, json_pack("{s:b, s:s}", "success", 1, "status", "alive"));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

/* Under the lock. */
static bool ask_store(Context *context, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    gint64 now_us = g_get_monotonic_time(), *ready_us = &context->readiness.ready_us;
    if (*ready_us > 0 && now_us - *ready_us < READY_US) return true;
    if (!store_list(context->workspace->store, PREFIX_INDEX, NULL, 1, &entries, &more, error)) return false;
    *ready_us = now_us;
    return true;
}

bool health_ready(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_mutex_lock(&context->readiness.lock);
    bool ready = ask_store(context, &problem);
    g_mutex_unlock(&context->readiness.lock);
    if (!ready) return fail(error, ERROR_UNAVAILABLE, "the store does not answer: %s", problem->message);
    response_json(response, 200, json_pack("{s:b, s:s, s:s}", "success", 1, "status", "ready", "version", HANSARD_VERSION));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

static void add_metric(GString *text, const char *name, const char *type, const char *help) {
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(GString *text, const char *name, gulong value) { g_string_append_printf(text, "%s %lu\n", name, value); }

/* Under the lock. */
static bool count_jobs(Context *context, JobCounts *counts, GError **error) {
    g_autoptr(GPtrArray) jobs = NULL;
    gint64 now_us = g_get_monotonic_time();
    if (counts->counted_us > 0 && now_us - counts->counted_us < JOB_COUNTS_US) return true;
    if (!jobs_list(context->workspace->jobs, LIST_LIMIT_MAX, &jobs, error)) return false;
    memset(counts->of, 0, sizeof counts->of);
    memset(counts->oldest_ms, 0, sizeof counts->oldest_ms);
    for (guint i = 0; i < jobs->len; i++) {
        const Job *job = g_ptr_array_index(jobs, i);
        gint64 *oldest_ms = &counts->oldest_ms[job->state];
        counts->of[job->state]++;
        if (job->created_ms > 0 && (*oldest_ms == 0 || job->created_ms < *oldest_ms)) *oldest_ms = job->created_ms;
    }
    counts->truncated = jobs->len == LIST_LIMIT_MAX;
    counts->counted_us = g_get_monotonic_time();
    return true;
}

static bool add_jobs(Context *context, GString *text, GError **error) {
    JobCounts *counts = &context->job_counts;
    g_mutex_lock(&counts->lock);
    bool counted = count_jobs(context, counts, error);
    add_metric(text, "hansard_jobs", "gauge", "Jobs by state, of the first 1000, at most ten seconds old.");
    for (JobState state = JOB_QUEUED; state <= JOB_DELETING; state++)
        g_string_append_printf(text, "hansard_jobs{state=\"%s\"} %u\n", job_state_name(state), counts->of[state]);
    add_metric(text, "hansard_job_oldest_seconds", "gauge", "Age of the oldest job in a state; 0: there is none.");
    gint64 now_ms = clock_now_ms(context->workspace->clock);
    for (JobState state = JOB_QUEUED; state <= JOB_DELETING; state++) {
        gint64 age_s = counts->oldest_ms[state] > 0 ? MAX(0, (now_ms - counts->oldest_ms[state]) / 1000) : 0;
        g_string_append_printf(text, "hansard_job_oldest_seconds{state=\"%s\"} %" G_GINT64_FORMAT "\n", job_state_name(state), age_s);
    }
    add_metric(text, "hansard_jobs_truncated", "gauge", "1: there may be more jobs than were counted.");
    add_value(text, "hansard_jobs_truncated", counts->truncated);
    g_mutex_unlock(&counts->lock);
    return counted;
}

static void add_lists(Context *context, GString *text) {
    g_auto(CatalogHealth) health = {0};
    catalog_health(context->workspace->catalog, &health);
    add_metric(text, "hansard_list_fallbacks_total", "counter", "Lists that came from the keys, because the table failed.");
    add_value(text, "hansard_list_fallbacks_total", health.fallbacks);
    add_metric(text, "hansard_list_table_failing", "gauge", "1: the last list that was asked of the table failed.");
    add_value(text, "hansard_list_table_failing", health.problem != NULL);
}

bool health_metrics(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    Counters *counters = &context->counters;
    add_metric(text, "hansard_build_info", "gauge", "The version that runs.");
    g_string_append(text, "hansard_build_info{version=\"" HANSARD_VERSION "\"} 1\n");
    add_metric(text, "hansard_http_requests_total", "counter", "Answered requests by status.");
    for (guint status = 0; status < HTTP_STATUS_MAX; status++)
        if (counters->answers[status] > 0)
            g_string_append_printf(text, "hansard_http_requests_total{status=\"%u\"} %lu\n", status, counters->answers[status]);
    add_metric(text, "hansard_uploads_total", "counter", "Recordings taken.");
    add_value(text, "hansard_uploads_total", counters->uploads);
    add_metric(text, "hansard_upload_bytes_total", "counter", "Bytes of the recordings taken.");
    add_value(text, "hansard_upload_bytes_total", counters->upload_bytes);
    add_metric(text, "hansard_uploads_open", "gauge", "Recordings coming in now.");
    add_value(text, "hansard_uploads_open", counters->uploads_open);
    add_metric(text, "hansard_event_streams", "gauge", "Listeners to progress.");
    add_value(text, "hansard_event_streams", event_hub_count(context->hub));
    add_lists(context, text);
    metrics_write(text);
    if (!add_jobs(context, text, error)) return false;
    response_bytes(response, 200, "text/plain; version=0.0.4; charset=utf-8", g_string_free_to_bytes(g_steal_pointer(&text)));
    response_header(response, "Cache-Control", "no-store");
    return true;
}
