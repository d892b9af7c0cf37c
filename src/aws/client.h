/* Calls of one AWS service: signed, retried as AWS asks ("standard mode"), its errors told with the setting to mend. S3, DynamoDB, SQS, STS, Transcribe
 * and Bedrock are all called through this; what differs is the caller's (paths, XML or JSON).
 *
 *  1. A call is tried at most AWS_ATTEMPTS_MAX times, with full-jitter exponential back-off and a retry budget (token bucket) a client: throttling
 *     (429, SlowDown, ProvisionedThroughputExceeded, …), 5xx, and answers that did not come whole. Retry-After (bounded) is honoured.
 *     A POST that is answered ConditionalRequestConflict is not tried again: the upload that it would complete is gone.
 *  2. A clock that differs from the service's (RequestTimeTooSkewed, …) is corrected by the answer's Date and the call tried again.
 *  3. Credentials that the service says are expired are asked for anew, once a call.
 *  4. Each try is signed anew. The body must be readable again (HttpBody is). The caller's request is left as it is: no signature stays in it.
 *  5. S3 may answer 200 to a PUT or POST and then tell an error in the body: that counts as the error. */
#pragma once

#include "aws/credentials.h"
#include "aws/retry.h"
#include "base/json.h"
#include "net/http.h"

typedef struct AwsClient AwsClient;

typedef struct {
    const char *service;        /* of the signature: "s3", "dynamodb", … */
    const char *endpoint;       /* "https://s3.eu-central-1.amazonaws.com", no '/' at its end */
    const char *region;
    bool is_s3;                 /* path and payload as S3 signs them */
    const char *resource;       /* what the settings name, for messages: "bucket my-bucket (S3_BUCKET_NAME)" */
    HttpTransport *transport;   /* borrowed */
    AwsCredentialsChain *credentials; /* borrowed */
    Clock *clock;               /* borrowed */
    int attempts_max;           /* 0: AWS_ATTEMPTS_MAX */
    int backoff_first_ms;       /* 0: AWS_BACKOFF_FIRST_MS */
    const AwsRetryHooks *hooks; /* borrowed; NULL: the machine's chance and time */
} AwsClientOptions;

AwsClient *aws_client_new(const AwsClientOptions *options); /* copies the texts */
void aws_client_free(AwsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsClient, aws_client_free)

/* Told of each call for metrics and for callers that must know how it failed. */
typedef struct {
    int attempts;       /* made */
    bool maybe_done;    /* an earlier try of this call may have been carried out: its answer did not come (or was 5xx) */
    int status;         /* of the last answer; 0: none */
    char *code;         /* the service's error code ("NoSuchKey"); NULL: none */
    char *message;      /* the service's own words */
    char *region;       /* x-amz-bucket-region of an answer; NULL: none */
} AwsOutcome;
void aws_outcome_clear(AwsOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AwsOutcome, aws_outcome_clear)

/* `request->url` is made by the caller from aws_client_endpoint(); method, headers and body are too. `payload_hash` NULL: taken here (for S3 without: unsigned).
 * True for a 2xx answer (and 304). Else false with an error whose code is chosen by the table in aws/failure.c:
 *   404 ERROR_NOT_FOUND · 412 ERROR_PRECONDITION · 409 ConditionalRequestConflict, ConditionalCheckFailedException ERROR_PRECONDITION ·
 *   416 ERROR_RANGE · no bucket, no table, wrong region, access denied, bad or expired credentials, archived object: ERROR_CONFIG with the setting and
 *   the remedy · throttled or 5xx to the end ERROR_UNAVAILABLE · no answer: as http_send.
 * `outcome` may be NULL. */
bool aws_send(AwsClient *client, HttpRequest *request, const char *payload_hash, HttpResponse *response, AwsOutcome *outcome, GError **error);

const char *aws_client_endpoint(const AwsClient *client);
const char *aws_client_region(const AwsClient *client);
/* A URL presigned with the credentials in force; expires_s is cut to their life. Caller frees. */
bool aws_presign(AwsClient *client, const char *method, const char *url, const HttpHeaders *headers, gint64 expires_s, char **signed_url, GError **error);

/* Counters since the start, for /metrics: calls, tries beyond the first, bytes. Any may be NULL. */
void aws_client_counts(const AwsClient *client, guint64 *calls, guint64 *retries, guint64 *failures);

/* The JSON protocols (DynamoDB, SQS, Transcribe): POST / with X-Amz-Target. `*answer` is a new reference. */
bool aws_call_json(AwsClient *client, const char *target, const char *content_type, const json_t *input, json_t **answer, AwsOutcome *outcome, GError **error);
