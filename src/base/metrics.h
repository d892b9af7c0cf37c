/* Figures of this process since it began, for /metrics: counters and histograms by labels. Kept in one place of the process, as what counts (a
 * call of S3, a stage) and what asks (the HTTP surface) know nothing of one another. From any thread. Label values are names of the program's own,
 * never a caller's text. */
#pragma once

#include <glib.h>

typedef enum {
    METRIC_S3_REQUESTS,       /* kind, status */
    METRIC_S3_RETRIES,        /* kind */
    METRIC_S3_SENT,           /* kind; bytes */
    METRIC_S3_RECEIVED,       /* kind; bytes */
    METRIC_S3_SECONDS,        /* kind */
    METRIC_SERVICE_REQUESTS,  /* service, status: of AWS, but S3 */
    METRIC_SERVICE_RETRIES,   /* service */
    METRIC_STAGE_SECONDS,     /* stage, outcome */
    METRIC_RECORDING_SECONDS, /* of recordings transcribed here */
    METRIC_REAL_TIME_FACTOR,  /* seconds of work for a second of recording */
    METRIC_CACHE,             /* cache, result */
    METRIC_HTTP_SECONDS,      /* route */
    METRIC_REMOVED,           /* what: by HANSARD_RETENTION */
    METRIC_COUNT
} Metric;

/* Of a counter: `value` more. Of a histogram: one more observation. Labels beyond those that the metric has are NULL. Of one metric at most
 * METRIC_SERIES_MAX are kept apart; further ones are counted under "other". */
void metrics_add(Metric metric, const char *first, const char *second, double value);
/* The same with a number for the second label (a status). */
void metrics_add_number(Metric metric, const char *first, int second, double value);

/* Appends all of it in Prometheus' text form 0.0.4, HELP and TYPE of each metric also where nothing was counted yet. */
void metrics_write(GString *text);
