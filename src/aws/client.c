/* One call of a service: sign, send, judge, and try again where that can help. What an error means stands in failure.c, how long to wait in retry.c. */
#include "aws/client.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "aws/failure.h"
#include "aws/sigv4.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/sha256.h"
#include "base/text.h"

#define CLOCK_SKEW_MIN_MS (4 * 60 * 1000) /* the services allow 5 minutes and more */

struct AwsClient {
    char *service, *endpoint, *region, *resource;
    bool is_s3;
    int attempts_max, json_timeout_ms;
    HttpTransport *transport;
    AwsCredentialsChain *credentials;
    Clock *clock;
    AwsRetry *retry;
    _Atomic gint64 clock_ahead_ms; /* of the service's clock before ours */
    _Atomic guint64 calls, retries, failures;
};

typedef struct {
    AwsClient *client;
    const HttpRequest *request;
    const char *payload_hash;
    HttpResponse *response;
    AwsCredentials *credentials; /* of the last try */
    AwsOutcome outcome;
    AwsRetryCall retry;
    bool clock_corrected, credentials_renewed;
    AwsRemedy remedy; /* of the last try's failure */
    gint64 retry_after_ms, server_ms; /* of the last answer; 0: not told */
} Call;

AwsClient *aws_client_new(const AwsClientOptions *options) {
    AwsClient *client = g_new0(AwsClient, 1);
    client->service = g_strdup(options->service);
    client->endpoint = g_strdup(options->endpoint);
    client->region = g_strdup(options->region);
    client->resource = g_strdup(options->resource ? options->resource : options->service);
    client->is_s3 = options->is_s3;
    client->attempts_max = options->attempts_max ? options->attempts_max : AWS_ATTEMPTS_MAX;
    client->json_timeout_ms = options->json_timeout_ms;
    client->transport = options->transport;
    client->credentials = options->credentials;
    client->clock = options->clock;
    client->retry = aws_retry_new(options->backoff_first_ms, options->hooks);
    return client;
}

void aws_client_free(AwsClient *client) {
    if (!client) return;
    aws_retry_free(client->retry);
    g_free(client->service);
    g_free(client->endpoint);
    g_free(client->region);
    g_free(client->resource);
    g_free(client);
}

const char *aws_client_endpoint(const AwsClient *client) { return client->endpoint; }
const char *aws_client_region(const AwsClient *client) { return client->region; }

void aws_client_counts(const AwsClient *client, guint64 *calls, guint64 *retries, guint64 *failures) {
    if (calls) *calls = atomic_load(&client->calls);
    if (retries) *retries = atomic_load(&client->retries);
    if (failures) *failures = atomic_load(&client->failures);
}

static void clear_answer(AwsOutcome *outcome) {
    g_clear_pointer(&outcome->code, g_free);
    g_clear_pointer(&outcome->message, g_free);
    g_clear_pointer(&outcome->region, g_free);
    outcome->status = 0;
}

void aws_outcome_clear(AwsOutcome *outcome) {
    clear_answer(outcome);
    *outcome = (AwsOutcome){0};
}

static gint64 service_now_ms(AwsClient *client) { return clock_now_ms(client->clock) + atomic_load(&client->clock_ahead_ms); }

static AwsFailureContext context_of(const Call *call) {
    const AwsClient *client = call->client;
    return (AwsFailureContext){.service = client->service, .endpoint = client->endpoint, .region = client->region, .resource = client->resource,
                               .credentials = call->credentials};
}

/* With headers of its own, so that the caller's request stays as it is and holds no signature. */
static bool send_signed(Call *call, GError **error) {
    AwsClient *client = call->client;
    HttpRequest signed_request = *call->request;
    g_autoptr(GPtrArray) headers = http_headers_new();
    for (guint i = 0; call->request->headers && i < call->request->headers->len; i++) {
        const HttpHeader *header = call->request->headers->pdata[i];
        http_headers_add(headers, header->name, header->value);
    }
    signed_request.headers = headers;
    SigV4 sign = {.credentials = call->credentials, .region = client->region, .service = client->service, .time_ms = service_now_ms(client),
                  .is_s3 = client->is_s3};
    sigv4_sign(&sign, &signed_request, call->payload_hash);
    return http_send(client->transport, &signed_request, call->response, error);
}

/* Where it was looked for, and the setting that says so: AWS's own addresses come of the region. */
static void prefix_place(const AwsClient *client, GError **problem) {
    if (strstr(client->endpoint, ".amazonaws.com"))
        g_prefix_error(problem, "%s can't be reached at %s (AWS_REGION is %s): ", client->resource, client->endpoint, client->region);
    else g_prefix_error(problem, "%s can't be reached at %s (AWS_ENDPOINT_URL): ", client->resource, client->endpoint);
}

/* No answer: whether the call came through nobody knows. */
static bool judge_silence(Call *call, GError *problem, GError **error) {
    const AwsClient *client = call->client;
    bool timed_out = error_is(problem, ERROR_TIMEOUT), silent = timed_out || error_is(problem, ERROR_UNAVAILABLE);
    call->outcome.maybe_done |= silent || error_is(problem, ERROR_CANCELLED) || error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE);
    call->remedy = timed_out ? AWS_REMEDY_RETRY_TIMEOUT : silent ? AWS_REMEDY_RETRY : AWS_REMEDY_NONE;
    if (silent || error_is(problem, ERROR_CONFIG))
        prefix_place(client, &problem);
    g_propagate_error(error, problem);
    return false;
}

static bool judge_answer(Call *call, GError **error) {
    const HttpResponse *answer = call->response;
    AwsFailureContext context = context_of(call);
    bool hidden_error = call->client->is_s3 && answer->status == 200 && aws_failure_in_success(call->request, answer);
    if (!hidden_error && ((answer->status >= 200 && answer->status < 300) || answer->status == 304)) {
        call->outcome.status = answer->status;
        call->outcome.region = aws_failure_region(answer);
        return true;
    }
    aws_failure_read(&context, answer, &call->outcome);
    if (hidden_error) call->outcome.status = 500;
    call->outcome.maybe_done |= !aws_failure_is_refusal(&context, &call->outcome);
    call->remedy = aws_failure_remedy(&context, &call->outcome);
    http_date_parse(http_response_header(answer, "Date"), &call->server_ms);
    call->retry_after_ms = aws_retry_after_ms(http_response_header(answer, "Retry-After"), service_now_ms(call->client));
    aws_failure_tell(&context, &call->outcome, error);
    http_response_clear(call->response);
    return false;
}

static bool try_once(Call *call, GError **error) {
    GError *problem = NULL;
    clear_answer(&call->outcome);
    call->remedy = AWS_REMEDY_NONE;
    call->retry_after_ms = call->server_ms = 0;
    g_clear_pointer(&call->credentials, aws_credentials_unref);
    if (!aws_credentials_get(call->client->credentials, &call->credentials, error)) return false;
    call->outcome.attempts++;
    return send_signed(call, &problem) ? judge_answer(call, error) : judge_silence(call, problem, error);
}

/* Once a call; only where the clocks do differ. */
static bool correct_clock(Call *call) {
    AwsClient *client = call->client;
    gint64 off_ms = call->server_ms - service_now_ms(client);
    if (call->clock_corrected || call->server_ms == 0 || ABS(off_ms) < CLOCK_SKEW_MIN_MS) return false;
    call->clock_corrected = true;
    atomic_store(&client->clock_ahead_ms, call->server_ms - clock_now_ms(client->clock));
    return true;
}

static bool same_credentials(const AwsCredentials *a, const AwsCredentials *b) {
    return strcmp(a->access_key, b->access_key) == 0 && strcmp(a->secret_key, b->secret_key) == 0 &&
           g_strcmp0(a->session_token, b->session_token) == 0;
}

/* Once a call; only where others are to be had. */
static bool renew_credentials(Call *call) {
    g_autoptr(AwsCredentials) fresh = NULL;
    if (call->credentials_renewed) return false;
    call->credentials_renewed = true;
    aws_credentials_reject(call->client->credentials, call->credentials);
    if (!aws_credentials_get(call->client->credentials, &fresh, NULL)) return false; /* the service's answer says more than that there are none */
    return !same_credentials(fresh, call->credentials);
}

static bool may_try_again(Call *call) {
    if (call->outcome.attempts >= call->client->attempts_max) return false;
    bool is_post = strcmp(call->request->method, "POST") == 0;
    switch (call->remedy) {
    case AWS_REMEDY_NONE:
        return false;
    case AWS_REMEDY_CLOCK:
        return correct_clock(call);
    case AWS_REMEDY_CREDENTIALS:
        return renew_credentials(call);
    case AWS_REMEDY_RETRY_PUT:
        if (is_post) return false;
        break;
    case AWS_REMEDY_RETRY:
    case AWS_REMEDY_RETRY_TIMEOUT:
        break;
    }
    return aws_retry_wait(call->client->retry, &call->retry, call->remedy == AWS_REMEDY_RETRY_TIMEOUT, call->retry_after_ms, call->request->cancel);
}

static bool hash_file(const HttpBody *body, Sha256 *sha256, GError **error) {
    g_autofree guint8 *block = g_malloc(UPLOAD_BLOCK_BYTES);
    for (guint64 done = 0; done < body->size;) {
        ssize_t got = pread(body->fd, block, MIN(UPLOAD_BLOCK_BYTES, body->size - done), (off_t)(body->offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(error, errno, "a file that is to be sent can't be read");
        if (got == 0) return fail(error, ERROR_IO, "a file that is to be sent has become shorter");
        sha256_update(sha256, block, (gsize)got);
        done += (guint64)got;
    }
    return true;
}

static bool hash_body(const HttpBody *body, char **hash, GError **error) {
    g_autoptr(Sha256) sha256 = sha256_new();
    gsize size = 0;
    const void *data = body->bytes ? g_bytes_get_data(body->bytes, &size) : NULL;
    if (data) sha256_update(sha256, data, size);
    else if (!body->bytes && !hash_file(body, sha256, error)) return false;
    *hash = sha256_finish(g_steal_pointer(&sha256));
    return true;
}

/* The last try's error, and how many there were. */
static bool give_up(Call *call, GError *problem, GError **error) {
    bool stopped = g_cancellable_is_cancelled(call->request->cancel) && !error_is(problem, ERROR_CANCELLED);
    if (stopped) fail(error, ERROR_CANCELLED, "a call of %s was stopped; its last try failed: %s", call->client->resource, problem->message);
    else if (call->outcome.attempts > 1) fail(error, (ErrorCode)problem->code, "%s, after %d tries", problem->message, call->outcome.attempts);
    else g_propagate_error(error, g_error_copy(problem));
    return false;
}

static bool run(Call *call, GError **error) {
    for (;;) {
        g_autoptr(GError) problem = NULL;
        if (try_once(call, &problem)) {
            aws_retry_succeeded(call->client->retry, &call->retry);
            return true;
        }
        if (!may_try_again(call)) return give_up(call, problem, error);
        atomic_fetch_add(&call->client->retries, 1);
    }
}

bool aws_send(AwsClient *client, HttpRequest *request, const char *payload_hash, HttpResponse *response, AwsOutcome *outcome, GError **error) {
    g_autofree char *taken_hash = NULL;
    if (!payload_hash && client->is_s3) payload_hash = SIGV4_UNSIGNED_PAYLOAD;
    if (!payload_hash && !hash_body(&request->body, &taken_hash, error)) return false;
    Call call = {.client = client, .request = request, .payload_hash = payload_hash ? payload_hash : taken_hash, .response = response};
    atomic_fetch_add(&client->calls, 1);
    bool done = run(&call, error);
    if (!client->is_s3)
        metrics_add_number(METRIC_SERVICE_REQUESTS, client->service, call.outcome.status, 1); /* S3's are counted by kind (store/s3_call.c) */
    if (!client->is_s3 && call.outcome.attempts > 1) metrics_add(METRIC_SERVICE_RETRIES, client->service, NULL, call.outcome.attempts - 1);
    if (!done) atomic_fetch_add(&client->failures, 1);
    aws_credentials_unref(call.credentials);
    if (outcome) *outcome = call.outcome;
    else aws_outcome_clear(&call.outcome);
    return done;
}

bool aws_presign(AwsClient *client, const char *method, const char *url, const HttpHeaders *headers, gint64 expires_s, char **signed_url, GError **error) {
    g_autoptr(AwsCredentials) credentials = NULL;
    if (!aws_credentials_get(client->credentials, &credentials, error)) return false;
    gint64 now_ms = service_now_ms(client);
    if (credentials->expires_ms) expires_s = MIN(expires_s, (credentials->expires_ms - now_ms) / 1000);
    if (expires_s < 1)
        return fail(error, ERROR_CONFIG, "the credentials have expired, so that no URL can be signed with them; sign in anew (aws sso login), or set "
                    "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew");
    SigV4 sign = {.credentials = credentials, .region = client->region, .service = client->service, .time_ms = now_ms, .is_s3 = client->is_s3};
    *signed_url = sigv4_presign(&sign, method, url, headers, MIN(expires_s, URL_EXPIRY_S_MAX));
    return true;
}

bool aws_call_json(AwsClient *client, const char *target, const char *content_type, const json_t *input, json_t **answer, AwsOutcome *outcome, GError **error) {
    g_autofree char *url = g_strconcat(client->endpoint, "/", NULL);
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autoptr(GBytes) body = json_to_bytes(input, false);
    g_auto(HttpResponse) response = {0};
    http_headers_set(headers, "Content-Type", content_type);
    http_headers_set(headers, "X-Amz-Target", target);
    HttpRequest request = {.method = "POST", .url = url, .headers = headers, .body = {.bytes = body},
                           .total_timeout_ms = client->json_timeout_ms};
    if (!aws_send(client, &request, NULL, &response, outcome, error)) return false;
    gsize size = 0;
    const void *data = g_bytes_get_data(response.body, &size);
    g_autoptr(GError) problem = NULL;
    json_t *parsed = size > 0 ? json_parse_object(data, size, "it", &problem) : json_object();
    if (!parsed) return fail(error, ERROR_CORRUPT, "what answers %s at %s is not what this program reads: %s", target, client->endpoint, problem->message);
    *answer = parsed;
    return true;
}
