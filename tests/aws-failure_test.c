/* What a service's error means: code, remedy and sentence for each that users meet, in S3's XML and in the JSON protocols; and answers that are hostile. */
#include <string.h>

#include "aws/failure.h"
#include "base/limits.h"
#include "random_input.h"

#define ACCESS "AKIDTHATNOBODYSHOULDSEE"
#define SECRET "secretThatNobodyShouldSee"
#define TOKEN "sessionThatNobodyShouldSee"

static const AwsCredentials credentials = {.access_key = (char *)ACCESS, .secret_key = (char *)SECRET, .session_token = (char *)TOKEN};
static const AwsFailureContext s3 = {.service = "s3", .endpoint = "https://s3.here.example", .region = "eu-central-1",
                                     .resource = "bucket talks (S3_BUCKET_NAME)", .credentials = &credentials};
static const AwsFailureContext dynamodb = {.service = "dynamodb", .endpoint = "https://ddb.here.example", .region = "eu-central-1",
                                           .resource = "table rows (DYNAMODB_TABLE_NAME)", .credentials = &credentials};
static const AwsFailureContext sqs = {.service = "sqs", .endpoint = "https://sqs.here.example", .region = "eu-central-1",
                                      .resource = "queue q (HANSARD_QUEUE_URL)", .credentials = &credentials};

/* `body` NULL: none. `header` is "Name: value", NULL: none. */
static void read_answer(const AwsFailureContext *context, int status, const char *header, const char *body, gsize size, AwsOutcome *outcome) {
    g_auto(HttpResponse) answer = {.status = status, .headers = http_headers_new(), .body = g_bytes_new(body, size)};
    if (header) {
        g_auto(GStrv) parts = g_strsplit(header, ": ", 2);
        http_headers_add(answer.headers, parts[0], parts[1]);
    }
    aws_failure_read(context, &answer, outcome);
}

/* The error told, with every text of `told` ("a|b") in it and nothing secret. */
static void assert_told(const AwsFailureContext *context, const AwsOutcome *outcome, ErrorCode code, const char *told) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) texts = g_strsplit(told, "|", -1);
    g_assert_false(aws_failure_tell(context, outcome, &error));
    g_assert_error(error, HANSARD_ERROR, (int)code);
    for (guint i = 0; texts[i]; i++)
        if (!strstr(error->message, texts[i])) g_error("\"%s\" is missing in: %s", texts[i], error->message);
    const char *const never[] = {ACCESS, SECRET, TOKEN, "Signature=", "{", "}", "\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(never); i++)
        if (strstr(error->message, never[i])) g_error("\"%s\" must not be in: %s", never[i], error->message);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_cmpuint(strlen(error->message), <, 1200);
}

static void test_s3(void) {
    static const struct {
        int status;
        const char *code; /* NULL: no body, as to a HEAD */
        ErrorCode error;
        AwsRemedy remedy;
        bool refusal;
        const char *told;
    } cases[] = {
        {404, "NoSuchBucket", ERROR_CONFIG, AWS_REMEDY_NONE, true, "bucket talks|S3_BUCKET_NAME|hansard setup --apply|404 NoSuchBucket: Told so."},
        {400, "InvalidBucketName", ERROR_CONFIG, AWS_REMEDY_NONE, true, "S3_BUCKET_NAME"},
        {409, "BucketAlreadyExists", ERROR_CONFIG, AWS_REMEDY_NONE, true, "someone else|S3_BUCKET_NAME"},
        {409, "BucketAlreadyOwnedByYou", ERROR_CONFLICT, AWS_REMEDY_NONE, true, "already"},
        {404, "NoSuchKey", ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "no such object"},
        {404, "NoSuchUpload", ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "upload is gone"},
        {404, NULL, ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "bucket talks"},
        {404, "NoSuchLifecycleConfiguration", ERROR_NOT_FOUND, AWS_REMEDY_NONE, true, "NoSuchLifecycleConfiguration"},
        {412, "PreconditionFailed", ERROR_PRECONDITION, AWS_REMEDY_NONE, true, "someone else"},
        {412, NULL, ERROR_PRECONDITION, AWS_REMEDY_NONE, true, "someone else"},
        {409, "ConditionalRequestConflict", ERROR_PRECONDITION, AWS_REMEDY_RETRY_PUT, true, "someone else"},
        {409, "OperationAborted", ERROR_CONFLICT, AWS_REMEDY_RETRY, true, "someone else"},
        {409, "SomethingNew", ERROR_CONFLICT, AWS_REMEDY_NONE, true, "SomethingNew"},
        {416, "InvalidRange", ERROR_RANGE, AWS_REMEDY_NONE, true, "no such bytes"},
        {416, NULL, ERROR_RANGE, AWS_REMEDY_NONE, true, "no such bytes"},
        {403, "AccessDenied", ERROR_CONFIG, AWS_REMEDY_NONE, true, "bucket talks|rights|`hansard setup --policy`|AWS_PROFILE|Told so."},
        {403, NULL, ERROR_CONFIG, AWS_REMEDY_CLOCK, true, "rights|AWS_PROFILE"},
        {403, "InvalidAccessKeyId", ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, true, "does not know the access key|AWS_ACCESS_KEY_ID|AWS_PROFILE"},
        {404, "XAdminUserNotFound", ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, true, "does not know the access key"},
        {400, "InvalidToken", ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, true, "AWS_SESSION_TOKEN"},
        {403, "SignatureDoesNotMatch", ERROR_CONFIG, AWS_REMEDY_CLOCK, true, "secret key|AWS_SECRET_ACCESS_KEY"},
        {400, "ExpiredToken", ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, true, "expired|aws sso login|AWS_SESSION_TOKEN"},
        {400, NULL, ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, true, "without saying why|AWS_REGION|AWS_ACCESS_KEY_ID"},
        {403, "RequestTimeTooSkewed", ERROR_CONFIG, AWS_REMEDY_CLOCK, true, "clock|NTP"},
        {301, "PermanentRedirect", ERROR_CONFIG, AWS_REMEDY_NONE, true, "not in region eu-central-1|set AWS_REGION to us-west-2"},
        {301, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, "set AWS_REGION to us-west-2"},
        {307, "TemporaryRedirect", ERROR_CONFIG, AWS_REMEDY_NONE, true, "set AWS_REGION to us-west-2"},
        {400, "AuthorizationHeaderMalformed", ERROR_CONFIG, AWS_REMEDY_NONE, true, "set AWS_REGION to us-west-2"},
        {302, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, "AWS_ENDPOINT_URL|https://s3.here.example"},
        {403, "InvalidObjectState", ERROR_ARCHIVED, AWS_REMEDY_NONE, true, "archived|restore-object|lifecycle"},
        {400, "KMS.DisabledException", ERROR_CONFIG, AWS_REMEDY_NONE, true, "S3_SSE_KMS_KEY_ID|kms:GenerateDataKey"},
        {400, "KMS.NotFoundException", ERROR_CONFIG, AWS_REMEDY_NONE, true, "S3_SSE_KMS_KEY_ID"},
        {403, "QuotaExceeded", ERROR_NO_SPACE, AWS_REMEDY_NONE, true, "full|quota"},
        {507, NULL, ERROR_NO_SPACE, AWS_REMEDY_NONE, true, "full"},
        {503, "SlowDown", ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, true, "no more calls"},
        {429, NULL, ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, true, "no more calls"},
        {400, "RequestTimeout", ERROR_TIMEOUT, AWS_REMEDY_RETRY_TIMEOUT, true, "too long"},
        {400, "BadDigest", ERROR_IO, AWS_REMEDY_RETRY, true, "not what was sent"},
        {400, "XAmzContentSHA256Mismatch", ERROR_IO, AWS_REMEDY_RETRY, true, "not what was sent"},
        {400, "IncompleteBody", ERROR_IO, AWS_REMEDY_RETRY, true, "not what was sent"},
        {500, "InternalError", ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, false, "try again later"},
        {500, NULL, ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, false, "try again later"},
        {503, NULL, ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, false, "try again later"},
        {599, "Whatever", ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, false, "Whatever"},
        {501, "NotImplemented", ERROR_CONFIG, AWS_REMEDY_NONE, true, "does not offer|https://s3.here.example|AWS_ENDPOINT_URL"},
        {405, "MethodNotAllowed", ERROR_CONFIG, AWS_REMEDY_NONE, true, "does not offer"},
        {405, NULL, ERROR_CONFIG, AWS_REMEDY_NONE, true, "does not offer"},
        {400, "EntityTooLarge", ERROR_TOO_LARGE, AWS_REMEDY_NONE, true, "larger"},
        {413, NULL, ERROR_TOO_LARGE, AWS_REMEDY_NONE, true, "larger"},
        {400, "InvalidStorageClass", ERROR_CONFIG, AWS_REMEDY_NONE, true, "S3_STORAGE_CLASS"},
        {400, "MalformedXML", ERROR_INTERNAL, AWS_REMEDY_NONE, true, "MalformedXML"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool elsewhere = strstr(cases[i].told, "us-west-2") != NULL;
        g_auto(AwsOutcome) outcome = {0};
        g_autofree char *body = cases[i].code ? g_strdup_printf("<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>Told so.</Message>"
                                                                "<AWSAccessKeyId>" ACCESS "</AWSAccessKeyId></Error>", cases[i].code) : g_strdup("");
        read_answer(&s3, cases[i].status, elsewhere ? "x-amz-bucket-region: us-west-2" : NULL, body, strlen(body), &outcome);
        g_test_message("%d %s", cases[i].status, cases[i].code);
        g_assert_cmpint(outcome.status, ==, cases[i].status);
        g_assert_cmpstr(outcome.code, ==, cases[i].code);
        g_assert_cmpstr(outcome.region, ==, elsewhere ? "us-west-2" : NULL);
        g_assert_cmpint(aws_failure_remedy(&s3, &outcome), ==, cases[i].remedy);
        g_assert_true(aws_failure_is_refusal(&s3, &outcome) == cases[i].refusal);
        assert_told(&s3, &outcome, cases[i].error, cases[i].told);
    }
}

/* The body tells the region, too; a HEAD has the header alone, which says nothing where it is ours. */
static void test_region(void) {
    static const char body[] = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>ap-south-1</Region></Error>";
    g_auto(AwsOutcome) by_body = {0}, by_header = {0}, ours = {0}, none = {0}, hostile = {0};
    read_answer(&s3, 400, NULL, body, strlen(body), &by_body);
    assert_told(&s3, &by_body, ERROR_CONFIG, "set AWS_REGION to ap-south-1");
    read_answer(&s3, 400, "X-Amz-Bucket-Region: us-west-2", "", 0, &by_header);
    g_assert_cmpint(aws_failure_remedy(&s3, &by_header), ==, AWS_REMEDY_NONE);
    assert_told(&s3, &by_header, ERROR_CONFIG, "set AWS_REGION to us-west-2");
    read_answer(&s3, 400, "X-Amz-Bucket-Region: eu-central-1", "", 0, &ours);
    g_assert_cmpint(aws_failure_remedy(&s3, &ours), ==, AWS_REMEDY_CREDENTIALS);
    read_answer(&s3, 301, NULL, "", 0, &none);
    assert_told(&s3, &none, ERROR_CONFIG, "set AWS_REGION to its own");
    read_answer(&s3, 301, "X-Amz-Bucket-Region: us west; {service}", "", 0, &hostile);
    g_assert_null(hostile.region);
}

static void test_json(void) {
    static const struct {
        const AwsFailureContext *context;
        int status;
        const char *header, *body, *code;
        ErrorCode error;
        AwsRemedy remedy;
        const char *told;
    } cases[] = {
        {&dynamodb, 400, NULL, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\",\"message\":\"Told so.\"}", "ResourceNotFoundException",
         ERROR_CONFIG, AWS_REMEDY_NONE, "table rows|DYNAMODB_TABLE_NAME|hansard setup --apply|Told so."},
        {&dynamodb, 400, NULL, "{\"__type\":\"x#ConditionalCheckFailedException\",\"Message\":\"Told so.\"}", "ConditionalCheckFailedException",
         ERROR_PRECONDITION, AWS_REMEDY_NONE, "someone else|Told so."},
        {&dynamodb, 400, NULL, "{\"__type\":\"x#ProvisionedThroughputExceededException\"}", "ProvisionedThroughputExceededException", ERROR_UNAVAILABLE,
         AWS_REMEDY_RETRY, "no more calls"},
        {&dynamodb, 400, NULL, "{\"__type\":\"x#ThrottlingException\"}", "ThrottlingException", ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, "no more calls"},
        {&dynamodb, 400, "x-amzn-ErrorType: AccessDeniedException:http://internal.amazon.com/x/", "{\"message\":\"Told so.\"}", "AccessDeniedException",
         ERROR_CONFIG, AWS_REMEDY_NONE, "`hansard setup --policy`|Told so."},
        {&dynamodb, 400, NULL, "{\"__type\":\"x#UnrecognizedClientException\"}", "UnrecognizedClientException", ERROR_CONFIG, AWS_REMEDY_CREDENTIALS,
         "AWS_ACCESS_KEY_ID"},
        {&dynamodb, 400, NULL, "{\"__type\":\"x#ExpiredTokenException\"}", "ExpiredTokenException", ERROR_CONFIG, AWS_REMEDY_CREDENTIALS, "expired"},
        {&dynamodb, 400, NULL, "{\"__type\":\"x#InvalidSignatureException\"}", "InvalidSignatureException", ERROR_CONFIG, AWS_REMEDY_CLOCK, "secret key"},
        {&dynamodb, 400, NULL, "{\"__type\":\"x#ValidationException\",\"message\":\"Told so.\"}", "ValidationException", ERROR_INTERNAL, AWS_REMEDY_NONE, "Told so."},
        {&dynamodb, 400, NULL, "{\"code\":\"x#ResourceInUseException\"}", "ResourceInUseException", ERROR_CONFLICT, AWS_REMEDY_NONE, "already"},
        {&dynamodb, 500, NULL, "{\"__type\":\"x#InternalServerError\"}", "InternalServerError", ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, "later"},
        {&sqs, 400, "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender", "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}",
         "AWS.SimpleQueueService.NonExistentQueue", ERROR_CONFIG, AWS_REMEDY_NONE, "queue q|HANSARD_QUEUE_URL"},
        {&sqs, 400, NULL, "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}", "QueueDoesNotExist", ERROR_CONFIG, AWS_REMEDY_NONE, "HANSARD_QUEUE_URL"},
        {&sqs, 400, "x-amzn-query-error: ;", "{\"__type\":\"x#OverLimit\"}", "OverLimit", ERROR_UNAVAILABLE, AWS_REMEDY_RETRY, "no more calls"},
        {&sqs, 400, NULL, "{\"__type\":\"x#ResourceNotFoundException\"}", "ResourceNotFoundException", ERROR_NOT_FOUND, AWS_REMEDY_NONE, "queue q"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(AwsOutcome) outcome = {0};
        read_answer(cases[i].context, cases[i].status, cases[i].header, cases[i].body, strlen(cases[i].body), &outcome);
        g_test_message("%s", cases[i].body);
        g_assert_cmpstr(outcome.code, ==, cases[i].code);
        g_assert_cmpint(aws_failure_remedy(cases[i].context, &outcome), ==, cases[i].remedy);
        assert_told(cases[i].context, &outcome, cases[i].error, cases[i].told);
    }
}

/* STS answers in XML of another shape. */
static void test_sts(void) {
    static const char body[] = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                               "<Message>User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
    AwsFailureContext sts = s3;
    sts.service = "sts";
    g_auto(AwsOutcome) outcome = {0};
    read_answer(&sts, 403, NULL, body, strlen(body), &outcome);
    assert_told(&sts, &outcome, ERROR_CONFIG, "AWS STS answered 403 AccessDenied: User: arn:aws:iam::1:user/u is not authorized");
}

/* Words that repeat what only we should know are not passed on. */
static void test_no_secret(void) {
    static const char *const words[] = {
        "The key " ACCESS " is unknown", "secret " SECRET, "token " TOKEN,
        "The Canonical String for this request should have been 'POST / x-amz-security-token:" TOKEN "'",
        "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=x", "Credential=x, Signature=0123456789abcdef"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *xml = g_strdup_printf("<Error><Code>SignatureDoesNotMatch</Code><Message>%s</Message></Error>", words[i]);
        g_autofree char *json = g_strdup_printf("{\"__type\":\"x#InvalidSignatureException\",\"message\":\"%s\"}", words[i]);
        g_auto(AwsOutcome) by_xml = {0}, by_json = {0};
        read_answer(&s3, 403, NULL, xml, strlen(xml), &by_xml);
        read_answer(&dynamodb, 400, NULL, json, strlen(json), &by_json);
        g_assert_null(by_xml.message);
        g_assert_null(by_json.message);
        assert_told(&s3, &by_xml, ERROR_CONFIG, "SignatureDoesNotMatch");
        assert_told(&dynamodb, &by_json, ERROR_CONFIG, "InvalidSignatureException");
    }
}

static void test_hostile(void) {
    static const char *const bodies[] = {
        "<Error>", "<Error/>", "<Error><Code/></Error>", "<Error><Code>a b</Code></Error>", "<Error><Code>a\n{service}</Code></Error>", "<html>Gateway</html>", "nonsense",
        "{", "{}", "[]", "{\"__type\":7}", "{\"__type\":\"\"}", "{\"__type\":\"#\"}", "{\"__type\":\"a#\\u0000b\"}", "{\"message\":{}}", "\xff\xfe", "<Error><Code>\xff</Code></Error>",
        "<!DOCTYPE x [<!ENTITY e \"SlowDown\">]><Error><Code>&e;</Code></Error>"};
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_auto(AwsOutcome) outcome = {0};
        read_answer(&s3, 500, NULL, bodies[i], strlen(bodies[i]), &outcome);
        g_assert_null(outcome.code);
        assert_told(&s3, &outcome, ERROR_UNAVAILABLE, "S3 answered 500");
    }
    g_autofree char *long_word = g_strnfill(100000, 'w');
    g_autofree char *long_code = g_strdup_printf("<Error><Code>%s</Code></Error>", long_word);
    g_auto(AwsOutcome) code = {0}, message = {0};
    read_answer(&s3, 503, NULL, long_code, strlen(long_code), &code);
    g_assert_null(code.code);
    g_autofree char *plain = g_strdup_printf("<Error><Code>SlowDown</Code><Message>a\t \n%s</Message></Error>", long_word);
    read_answer(&s3, 503, NULL, plain, strlen(plain), &message);
    g_assert_cmpstr(message.code, ==, "SlowDown");
    g_assert_true(g_str_has_prefix(message.message, "a www"));
    g_assert_cmpuint(strlen(message.message), <=, 400);
    assert_told(&s3, &message, ERROR_UNAVAILABLE, "SlowDown: a www");
}

/* Whatever comes, it is told, and clean. */
static void test_damaged(void) {
    static const char xml[] = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>The key " ACCESS "</Message><Region>us-east-1</Region></Error>";
    static const char json[] = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ThrottlingException\",\"message\":\"Rate\"}";
    g_autoptr(GRand) rand = g_rand_new_with_seed(6);
    for (int i = 0; i < 10000; i++) {
        gsize size = strlen(i % 2 ? xml : json);
        g_autofree guint8 *damaged = random_damage(rand, i % 2 ? xml : json, &size);
        g_auto(AwsOutcome) outcome = {0};
        g_autoptr(GError) error = NULL;
        read_answer(&s3, g_rand_int_range(rand, 300, 600), NULL, (const char *)damaged, size, &outcome);
        aws_failure_tell(&s3, &outcome, &error);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
    }
}

static void test_error_in_success(void) {
    static const struct {
        const char *method, *body;
        bool error;
    } cases[] = {{"POST", "<?xml version=\"1.0\"?>\n\n  <Error><Code>InternalError</Code></Error>", true},
                 {"PUT", "<Error xmlns=\"x\"><Code>InternalError</Code></Error>", true},
                 {"POST", "<CompleteMultipartUploadResult><Error/></CompleteMultipartUploadResult>", false},
                 {"POST", "<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>", false},
                 {"POST", "<Error", false},
                 {"POST", "", false},
                 {"GET", "<Error><Code>InternalError</Code></Error>", false}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(HttpResponse) answer = {.status = 200, .headers = http_headers_new(), .body = g_bytes_new_static(cases[i].body, strlen(cases[i].body))};
        HttpRequest request = {.method = cases[i].method};
        g_assert_true(aws_failure_in_success(&request, &answer) == cases[i].error);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/failure/s3", test_s3);
    g_test_add_func("/failure/region", test_region);
    g_test_add_func("/failure/json", test_json);
    g_test_add_func("/failure/sts", test_sts);
    g_test_add_func("/failure/no-secret", test_no_secret);
    g_test_add_func("/failure/hostile", test_hostile);
    g_test_add_func("/failure/damaged", test_damaged);
    g_test_add_func("/failure/in-success", test_error_in_success);
    return g_test_run();
}
