/* The table of service errors. A row is matched by code (a '*' at its end: by how it begins), else by status; the first that fits counts. */
#include "aws/failure.h"

#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "base/text.h"

#define CODE_BYTES_MAX 100
#define MESSAGE_BYTES_MAX 400
#define REGION_BYTES_MAX 64

typedef struct {
    const char *codes;   /* separated by spaces */
    int status;          /* where there is no (known) code */
    const char *service; /* NULL: any */
    ErrorCode error;
    AwsRemedy remedy;
    bool refusal;         /* the service did nothing */
    const char *sentence; /* {service}, {endpoint}, {region} and {resource} stand for ours, {there} for the region that the answer told */
} Row;

#define CHECK_KEYS "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or AWS_PROFILE"
#define IN_ANOTHER_REGION "{resource} is not in region {region}: set AWS_REGION to {there}"
#define THROTTLED "{service} takes no more calls for now; try again later"
#define LACKS "the service at {endpoint} does not offer what was asked of it; check AWS_ENDPOINT_URL, or use one that does"

static const Row rows[] = {
    /* what is not there */
    {"NoSuchBucket", 0, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true,
     "there is no {resource}; set S3_BUCKET_NAME to one that exists, or make it with `hansard setup --apply`"},
    {"InvalidBucketName", 0, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, "{resource} has a name that {service} does not allow; set S3_BUCKET_NAME"},
    {"BucketAlreadyExists", 0, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true,
     "{resource} belongs to someone else; set S3_BUCKET_NAME to another name"},
    {"BucketAlreadyOwnedByYou ResourceInUseException ConflictException", 0, NULL, ERROR_CONFLICT, AWS_REMEDY_NONE, true, "{resource} is there already"},
    {"NoSuchKey NoSuchVersion", 0, NULL, ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "{resource} has no such object"},
    {"NoSuchUpload", 0, NULL, ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "the upload is gone: completed, aborted or expired"},
    {"ResourceNotFoundException TableNotFoundException", 0, "dynamodb", ERROR_CONFIG, AWS_REMEDY_NONE, true,
     "there is no {resource}; set DYNAMODB_TABLE_NAME to one that exists, or make it with `hansard setup --apply`"},
    {"ResourceNotFoundException NotFoundException", 0, NULL, ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "{resource} has no such thing"},
    {"AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist", 0, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true,
     "there is no {resource}; set HANSARD_QUEUE_URL to one that exists"},
    /* conditions */
    {"PreconditionFailed ConditionalCheckFailedException", 412, NULL, ERROR_PRECONDITION, AWS_REMEDY_NONE, true, "someone else has changed it meanwhile"},
    {"ConditionalRequestConflict", 0, NULL, ERROR_PRECONDITION, AWS_REMEDY_RETRY_PUT, true, "someone else is changing it at the same time"},
    {"OperationAborted", 0, NULL, ERROR_CONFLICT, AWS_REMEDY_RETRY, true, "{resource} is being changed by someone else; try again"},
    {"InvalidRange", 416, NULL, ERROR_RANGE, AWS_REMEDY_NONE, true, "there are no such bytes in the object"},
    /* where */
    {"PermanentRedirect TemporaryRedirect Redirect AuthorizationHeaderMalformed IllegalLocationConstraintException InvalidLocationConstraint", 301, NULL,
     ERROR_CONFIG, AWS_REMEDY_NONE, true, IN_ANOTHER_REGION},
    {"", 307, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, IN_ANOTHER_REGION},
    /* who */
    {"RequestTimeTooSkewed RequestInTheFuture RequestExpired", 0, NULL, ERROR_CONFIG, AWS_REMEDY_CLOCK, true,
     "this machine's clock and that of {service} differ too much; set the clock right (NTP)"},
    {"SignatureDoesNotMatch InvalidSignatureException IncompleteSignature IncompleteSignatureException AuthFailure", 0, NULL, ERROR_CONFIG, AWS_REMEDY_CLOCK,
     true, "{service} refuses the signature: the secret key is not that of the access key, or the clock is wrong; " CHECK_KEYS},
    {"ExpiredToken ExpiredTokenException TokenRefreshRequired", 0, NULL, ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, true,
     "the credentials have expired; sign in anew (aws sso login), or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew"},
    {"InvalidAccessKeyId UnrecognizedClientException InvalidClientTokenId InvalidToken InvalidSecurity NotSignedUp XAdminUserNotFound", 0, NULL, ERROR_CONFIG,
     AWS_REMEDY_CREDENTIALS, true, "{service} does not know the access key or session; " CHECK_KEYS},
    {"MissingAuthenticationToken MissingAuthenticationTokenException MissingSecurityHeader", 401, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true,
     "{service} asks for credentials; " CHECK_KEYS},
    {"KMS* KMSAccessDeniedException InvalidKMSKey", 0, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true,
     "the key of {resource} can't be used: check S3_SSE_KMS_KEY_ID, and that the credentials may use that key (kms:GenerateDataKey, kms:Decrypt)"},
    {"QuotaExceeded XMinioAdminBucketQuotaExceeded XMinioStorageFull ServiceQuotaExceededException TooManyBuckets", 507, NULL, ERROR_NO_SPACE,
     AWS_REMEDY_NONE, true, "{resource} is full: its quota is used up"},
    {"InvalidObjectState", 0, NULL, ERROR_ARCHIVED, AWS_REMEDY_NONE, true,
     "the object is archived (S3 Glacier) and must be restored first (aws s3api restore-object); mend the bucket's lifecycle rule that archives it"},
    {"AccessDenied AccessDeniedException AccessForbidden AllAccessDisabled UnauthorizedAccess UnauthorizedOperation AccountProblem InvalidPayer", 403, NULL,
     ERROR_CONFIG, AWS_REMEDY_NONE, true,
     "the credentials may not do this on {resource}: give them the rights that `hansard setup --policy` prints, or set AWS_PROFILE to others"},
    /* later */
    {"SlowDown Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException TooManyRequestsException "
     "ProvisionedThroughputExceededException TransactionInProgressException RequestLimitExceeded BandwidthLimitExceeded LimitExceededException "
     "PriorRequestNotComplete EC2ThrottledException ThrottledRequestException SlowDownRead SlowDownWrite ServerBusy OverLimit", 429, NULL, ERROR_UNAVAILABLE,
     AWS_REMEDY_RETRY, true, THROTTLED},
    {"RequestTimeout RequestTimeoutException", 408, NULL, ERROR_TIMEOUT, AWS_REMEDY_RETRY_TIMEOUT, true, "{service} waited too long for the call"},
    {"IncompleteBody BadDigest XAmzContentSHA256Mismatch XAmzContentChecksumMismatch", 0, NULL, ERROR_IO, AWS_REMEDY_RETRY, true,
     "what reached {service} is not what was sent"},
    {"InternalError InternalFailure InternalServerError InternalServerException ServiceUnavailable ServiceUnavailableException", 0, NULL,
     ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, false, "{service} can't do it for now; try again later"},
    /* what can't be */
    {"NotImplemented MethodNotAllowed UnknownOperationException UnsupportedOperation", 501, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, LACKS},
    {"", 405, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, LACKS},
    {"EntityTooLarge MetadataTooLarge", 413, NULL, ERROR_TOO_LARGE, AWS_REMEDY_NONE, true, "it is larger than {service} takes"},
    {"InvalidStorageClass", 0, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, "{service} has no such storage class: set S3_STORAGE_CLASS to another"},
    /* by status alone */
    {"", 404, NULL, ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "{resource} has no such thing"},
    {"", 409, NULL, ERROR_CONFLICT, AWS_REMEDY_NONE, true, "the present state of {resource} does not allow it"},
};

static const Row any_server_error = {"", 0, NULL, ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, false, "{service} can't do it for now; try again later"};
static const Row any_redirect = {"", 0, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true,
                                 "the service at {endpoint} sends calls elsewhere: check AWS_ENDPOINT_URL and AWS_REGION"};
static const Row unexplained = {"", 0, NULL, ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, true,
                                "{service} refuses the call without saying why; " CHECK_KEYS ", and AWS_REGION"};
static const Row any_refusal = {"", 0, NULL, ERROR_INTERNAL, AWS_REMEDY_NONE, true, "{service} does not understand a call of this program"};

static bool code_fits(const char *codes, const char *code) {
    gsize length = strlen(code);
    for (const char *at = codes; *at;) {
        gsize size = strcspn(at, " ");
        bool begins = size > 1 && at[size - 1] == '*' && strncmp(at, code, size - 1) == 0;
        if (begins || (size == length && strncmp(at, code, size) == 0)) return true;
        at += size + (at[size] == ' ');
    }
    return false;
}

static const Row *find_row(const AwsFailureContext *context, const AwsOutcome *outcome) {
    for (gsize i = 0; outcome->code && i < G_N_ELEMENTS(rows); i++)
        if ((!rows[i].service || strcmp(rows[i].service, context->service) == 0) && code_fits(rows[i].codes, outcome->code)) return &rows[i];
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].status && rows[i].status == outcome->status) return &rows[i];
    /* S3 tells a wrong region to a HEAD by the header alone. */
    if (!outcome->code && outcome->status == 400)
        return outcome->region && strcmp(outcome->region, context->region) != 0 ? find_row(context, &(AwsOutcome){.status = 301}) : &unexplained;
    return outcome->status >= 500 ? &any_server_error : outcome->status < 400 ? &any_redirect : &any_refusal;
}

AwsRemedy aws_failure_remedy(const AwsFailureContext *context, const AwsOutcome *outcome) {
    AwsRemedy remedy = find_row(context, outcome)->remedy;
    /* A HEAD has no body that could tell why: S3 answers 403 for a wrong clock, too (and 400 for expired credentials, see `unexplained`). */
    return !outcome->code && outcome->status == 403 ? AWS_REMEDY_CLOCK : remedy;
}

bool aws_failure_is_refusal(const AwsFailureContext *context, const AwsOutcome *outcome) { return find_row(context, outcome)->refusal; }

/* "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://…" → the middle; NULL where that is no name. */
static char *clean_code(const char *text) {
    if (!text) return NULL;
    const char *hash = strrchr(text, '#');
    if (hash) text = hash + 1;
    gsize length = strcspn(text, ":;");
    if (length == 0 || length > CODE_BYTES_MAX) return NULL;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(text[i]) && !strchr("._-", text[i])) return NULL;
    return g_strndup(text, length);
}

static char *clean_region(const char *text) {
    if (!text || !text[0] || strlen(text) > REGION_BYTES_MAX) return NULL;
    for (const char *at = text; *at; at++)
        if (!g_ascii_islower(*at) && !g_ascii_isdigit(*at) && *at != '-') return NULL;
    return g_strdup(text);
}

char *aws_failure_region(const HttpResponse *answer) { return clean_region(http_response_header(answer, "x-amz-bucket-region")); }

static bool repeats(const char *text, const char *secret) { return secret && secret[0] && strstr(text, secret); }

/* The service's words, short and clean; none where they repeat what only we should know (some quote the whole request). */
static char *clean_message(const AwsFailureContext *context, const char *text) {
    const AwsCredentials *credentials = context->credentials;
    if (!text || !text[0]) return NULL;
    if (credentials && (repeats(text, credentials->access_key) || repeats(text, credentials->secret_key) || repeats(text, credentials->session_token)))
        return NULL;
    if (strstr(text, "Signature=") || strstr(text, "AWS4-HMAC")) return NULL;
    g_autofree char *clean = text_clean(text, -1, false), *folded = text_fold_space(clean);
    return text_cut(folded, MESSAGE_BYTES_MAX);
}

static void read_xml(const AwsFailureContext *context, const HttpResponse *answer, AwsOutcome *outcome) {
    gsize size = 0;
    const char *data = g_bytes_get_data(answer->body, &size);
    g_autoptr(XmlElement) root = xml_parse(data, size, "an error answer", NULL);
    /* S3: <Error>; STS: <ErrorResponse><Error> */
    const XmlElement *told = root && strcmp(root->name, "Error") != 0 ? xml_child(root, "Error") : root;
    if (!told) return;
    outcome->code = clean_code(xml_text(told, "Code"));
    outcome->message = clean_message(context, xml_text(told, "Message"));
    if (!outcome->region) outcome->region = clean_region(xml_text(told, "Region"));
}

static void read_json(const AwsFailureContext *context, const HttpResponse *answer, AwsOutcome *outcome) {
    gsize size = 0;
    const char *data = g_bytes_get_data(answer->body, &size);
    g_autoptr(json_t) root = json_parse_object(data, size, "an error answer", NULL);
    const char *query_error = http_response_header(answer, "x-amzn-query-error"); /* "Code;Sender": SQS's older, known names */
    const char *type = http_response_header(answer, "x-amzn-ErrorType");
    if (!type && root) type = json_get_string(root, "__type", json_get_string(root, "code", NULL));
    outcome->code = clean_code(query_error ? query_error : type);
    if (!outcome->code) outcome->code = clean_code(type);
    if (root) outcome->message = clean_message(context, json_get_string(root, "message", json_get_string(root, "Message", NULL)));
}

void aws_failure_read(const AwsFailureContext *context, const HttpResponse *answer, AwsOutcome *outcome) {
    gsize size = 0;
    const char *data = g_bytes_get_data(answer->body, &size);
    outcome->status = answer->status;
    outcome->region = aws_failure_region(answer);
    gsize start = 0;
    while (start < size && g_ascii_isspace(data[start])) start++; /* S3 sends white space while a long call lasts */
    if (start < size && data[start] == '<') read_xml(context, answer, outcome);
    else read_json(context, answer, outcome);
}

static const char *service_name(const char *service) {
    static const char *const names[][2] = {{"s3", "S3"}, {"dynamodb", "DynamoDB"}, {"sqs", "SQS"}, {"sts", "AWS STS"},
                                           {"transcribe", "Amazon Transcribe"}, {"bedrock", "Amazon Bedrock"}};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i][0], service) == 0) return names[i][1];
    return service;
}

bool aws_failure_tell(const AwsFailureContext *context, const AwsOutcome *outcome, GError **error) {
    const Row *row = find_row(context, outcome);
    const char *name = service_name(context->service);
    g_autoptr(GString) text = g_string_new(row->sentence);
    g_string_replace(text, "{service}", name, 0);
    g_string_replace(text, "{endpoint}", context->endpoint, 0);
    g_string_replace(text, "{region}", context->region, 0);
    g_string_replace(text, "{resource}", context->resource, 0);
    g_string_replace(text, "{there}", outcome->region ? outcome->region : "its own", 0);
    return fail(error, row->error, "%s (%s answered %d%s%s%s%s)", text->str, name, outcome->status, outcome->code ? " " : "",
                outcome->code ? outcome->code : "", outcome->message ? ": " : "", outcome->message ? outcome->message : "");
}

bool aws_failure_in_success(const HttpRequest *request, const HttpResponse *answer) {
    gsize size = 0;
    const char *data = g_bytes_get_data(answer->body, &size);
    bool own_answer = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    if (!own_answer || size == 0 || !g_strstr_len(data, (gssize)MIN(size, 200), "<Error")) return false;
    g_autoptr(XmlElement) root = xml_parse(data, size, "an answer", NULL);
    return root && strcmp(root->name, "Error") == 0;
}
