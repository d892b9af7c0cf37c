/* The route is told, not the path: a path may hold a share's secret or a file's name, a query the words that were searched. */
#include "http/request_log.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/shared_reply.h"
#include "model/keys.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* A caller's own id ties our lines to theirs; one that is not plain is no line of ours. */
void request_name(Request *request) {
    const char *given = request_header(request, "x-request-id");
    gsize length = given ? strspn(given, PLAIN) : 0;
    if (length > 0 && length <= REQUEST_ID_BYTES_MAX && given[length] == '\0') g_strlcpy(request->id, given, sizeof request->id);
    else g_snprintf(request->id, sizeof request->id, "%08x%08x", g_random_int(), g_random_int());
}

/* An answer that many share can carry nobody's id: who has sent one gets an answer of their own. */
static void tell_id(const Request *request, Response *response) {
    if (response->shared && request_header(request, "x-request-id")) g_clear_pointer(&response->shared, shared_reply_unref);
    if (!response->shared) response_header(response, "X-Request-Id", request->id);
}

static const char *meeting_of(const char *pattern, const Request *request, const Response *response) {
    bool of_meeting = g_str_has_prefix(pattern, "/api/meetings/{") || g_str_has_prefix(pattern, "/api/uploads/{");
    const char *meeting_id = response->subject ? response->subject : of_meeting ? request->parameter : NULL;
    return meeting_id && meeting_id_valid(meeting_id) ? meeting_id : NULL;
}

void request_log(const Route *route, const Request *request, Response *response, const GError *error) {
    const char *pattern = route ? route->pattern : "none";
    double seconds = (double)(g_get_monotonic_time() - request->began_us) / G_USEC_PER_SEC;
    tell_id(request, response);
    metrics_add(METRIC_HTTP_SECONDS, pattern, NULL, seconds);
    if (!log_is_json()) return;
    bool failed = error && response->status >= 500;
    g_autofree char *answered = g_strdup_printf("%u", response->status), *took = g_strdup_printf("%.3f", seconds);
    log_event(failed ? LOG_ERROR : LOG_INFO, "request", NULL, "request_id", request->id, "method", request->method, "route", pattern, "status",
              answered, "seconds", took, "meeting_id", meeting_of(pattern, request, response), "caller", caller_kind_name(request->caller.kind),
              "token_id", request->caller.id, "address", request->peer.address, "code", error ? error_kind(error)->name : NULL, "message",
              failed ? error->message : NULL, NULL);
}
