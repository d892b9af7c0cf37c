/* Calls of a service against a scripted server: every rule of trying again, what is signed, what is told, many threads at once. Waits are recorded, not
 * waited for, but where a test says so. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "aws/client.h"
#include "aws/sigv4.h"
#include "base/limits.h"
#include "base/text.h"
#include "fake_clock.h"
#include "fake_http.h"
#include "net/curl.h"

#define ACCESS "AKIDTHATNOBODYSHOULDSEE"
#define SECRET "secretThatNobodyShouldSee"
#define TOKEN "sessionThatNobodyShouldSee"
#define NOW_MS 1772600767000 /* Wed, 04 Mar 2026 05:06:07 GMT */
#define WAITS_MAX 16

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define ERROR_ANSWER(status, headers, code) \
    "HTTP/1.1 " status " No\r\n" headers "Connection: close\r\n\r\n<Error><Code>" code "</Code><Message>Told so.</Message></Error>"
#define OK {.answer = OK_ANSWER}
#define FAILS(status, headers, code) {.answer = ERROR_ANSWER(status, headers, code), .then = FAKE_CLOSE}

typedef struct {
    FakeHttp *fake;
    HttpTransport *transport;
    AwsCredentialsChain *chain;
    FakeClock clock;
    AwsRetryHooks hooks;
    gint64 waits[WAITS_MAX];
    int wait_count; /* the tests that look at it call from one thread */
    AwsClient *client;
    char *url;
    HttpRequest request;
    HttpResponse response;
    AwsOutcome outcome;
    GError *error;
} Fixture;

static double half(gpointer data) { return 0.5; }
static bool record(gpointer data, gint64 ms, GCancellable *cancel) {
    Fixture *f = data;
    f->waits[f->wait_count++ % WAITS_MAX] = ms;
    return true;
}

static void new_client(Fixture *f, const char *service, bool is_s3) {
    f->hooks = (AwsRetryHooks){half, record, f};
    f->client = aws_client_new(&(AwsClientOptions){.service = service, .endpoint = f->fake->url, .region = "eu-central-1", .is_s3 = is_s3,
                                                   .resource = "bucket talks (S3_BUCKET_NAME)", .transport = f->transport, .credentials = f->chain,
                                                   .clock = &f->clock.base, .hooks = &f->hooks});
}

static void open_fixture(Fixture *f, const FakeStep *steps, guint count) {
    *f = (Fixture){.fake = fake_http_new(steps, count), .transport = http_curl_new(NULL), .chain = aws_credentials_chain_fixed(ACCESS, SECRET, TOKEN),
                   .clock = FAKE_CLOCK(NOW_MS)};
    f->url = g_strconcat(f->fake->url, "/talks/a%20key", NULL);
    f->request = (HttpRequest){.method = "GET", .url = f->url};
}

static void fixture_clear(Fixture *f) {
    http_response_clear(&f->response);
    aws_outcome_clear(&f->outcome);
    g_clear_error(&f->error);
    aws_client_free(f->client);
    aws_credentials_chain_free(f->chain);
    http_transport_close(f->transport);
    fake_http_free(f->fake);
    g_free(f->url);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)
#define FIXTURE(f, steps) \
    g_auto(Fixture) f; \
    open_fixture(&f, steps, G_N_ELEMENTS(steps)); \
    new_client(&f, "s3", true)

static void assert_no_secret(const char *text) {
    static const char *const never[] = {ACCESS, SECRET, TOKEN, "Signature=", "AWS4-HMAC"};
    for (gsize i = 0; text && i < G_N_ELEMENTS(never); i++)
        if (strstr(text, never[i])) g_error("\"%s\" must not be in: %s", never[i], text);
}

static bool call(Fixture *f) {
    http_response_clear(&f->response);
    aws_outcome_clear(&f->outcome);
    g_clear_error(&f->error);
    bool done = aws_send(f->client, &f->request, NULL, &f->response, &f->outcome, &f->error);
    g_test_message("%s: %d, %d tries, %s", f->request.method, f->outcome.status, f->outcome.attempts, f->outcome.code);
    g_assert_true(done == !f->error);
    g_assert_true(done == (f->response.body != NULL));
    if (f->error) g_test_message("%s", f->error->message), assert_no_secret(f->error->message);
    assert_no_secret(f->outcome.message);
    return done;
}

static void assert_fails(Fixture *f, ErrorCode code, int attempts) {
    g_assert_false(call(f));
    g_assert_error(f->error, HANSARD_ERROR, (int)code);
    g_assert_cmpint(f->outcome.attempts, ==, attempts);
}

/* All that may pass is tried again; whether the failed try may have been carried out is told. */
static void test_what_is_tried_again(void) {
    static const struct {
        FakeStep first;
        bool maybe_done;
    } cases[] = {
        {FAILS("500", "", "InternalError"), true},
        {FAILS("502", "", "BadGateway"), true},
        {FAILS("503", "", "ServiceUnavailable"), true},
        {FAILS("504", "", "GatewayTimeout"), true},
        {{.answer = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"}, true},
        {FAILS("503", "", "SlowDown"), false},
        {FAILS("429", "", "Throttling"), false},
        {FAILS("400", "", "RequestTimeout"), false},
        {FAILS("400", "", "ThrottlingException"), false},
        {FAILS("400", "", "BadDigest"), false},
        {FAILS("409", "", "ConditionalRequestConflict"), false},
        {FAILS("409", "", "OperationAborted"), false},
        {{.then = FAKE_CLOSE}, true},
        {{.then = FAKE_RESET}, true},
        {{.then = FAKE_STALL}, true},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Len", .then = FAKE_CLOSE}, true},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", .then = FAKE_CLOSE}, true},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", .then = FAKE_RESET}, true},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", .then = FAKE_STALL}, true},
    };
    g_autoptr(GBytes) body = g_bytes_new_static("body", 4);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const FakeStep steps[] = {cases[i].first, OK};
        FIXTURE(f, steps);
        f.request.method = "PUT";
        f.request.body.bytes = body;
        f.request.idle_timeout_ms = 100;

        g_assert_true(call(&f));
        g_assert_cmpint(f.outcome.attempts, ==, 2);
        g_assert_cmpint(f.outcome.status, ==, 200);
        g_assert_null(f.outcome.code);
        g_assert_true(f.outcome.maybe_done == cases[i].maybe_done);
        g_assert_cmpint(f.wait_count, ==, 1);
        g_assert_cmpint(f.waits[0], ==, AWS_BACKOFF_FIRST_MS / 2);
        g_assert_cmpuint(fake_http_count(f.fake), ==, 2);
        g_assert_cmpuint(g_bytes_get_size(fake_http_request(f.fake, 1)->body), ==, 4);
    }
}

/* What will not pass is said at once. */
static void test_what_is_not_tried_again(void) {
    static const struct {
        FakeStep first;
        ErrorCode code;
        const char *told;
    } cases[] = {
        {FAILS("400", "", "MalformedXML"), ERROR_INTERNAL, "MalformedXML: Told so."},
        {FAILS("403", "", "AccessDenied"), ERROR_CONFIG, "`hansard setup --policy`"},
        {FAILS("404", "", "NoSuchBucket"), ERROR_CONFIG, "S3_BUCKET_NAME"},
        {FAILS("404", "", "NoSuchKey"), ERROR_NOT_FOUND, "bucket talks"},
        {FAILS("412", "", "PreconditionFailed"), ERROR_PRECONDITION, "someone else"},
        {FAILS("416", "", "InvalidRange"), ERROR_RANGE, "no such bytes"},
        {FAILS("501", "", "NotImplemented"), ERROR_CONFIG, "AWS_ENDPOINT_URL"},
        {FAILS("403", "", "QuotaExceeded"), ERROR_NO_SPACE, "quota"},
        {FAILS("400", "", "ExpiredToken"), ERROR_CONFIG, "aws sso login"},         /* no others are to be had */
        {FAILS("403", "", "InvalidAccessKeyId"), ERROR_CONFIG, "AWS_ACCESS_KEY_ID"},
        {FAILS("403", "", "SignatureDoesNotMatch"), ERROR_CONFIG, "AWS_SECRET_ACCESS_KEY"}, /* no Date */
        {FAILS("403", "Date: Wed, 04 Mar 2026 05:09:00 GMT\r\n", "RequestTimeTooSkewed"), ERROR_CONFIG, "clock"}, /* not ours, then */
        {FAILS("301", "x-amz-bucket-region: us-west-2\r\n", "PermanentRedirect"), ERROR_CONFIG, "AWS_REGION to us-west-2"},
        {{.answer = "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}, ERROR_CONFIG, "AWS_REGION"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const FakeStep steps[] = {cases[i].first, OK};
        FIXTURE(f, steps);
        assert_fails(&f, cases[i].code, 1);
        g_assert_cmpuint(fake_http_count(f.fake), ==, 1);
        g_assert_cmpint(f.wait_count, ==, 0);
        g_assert_nonnull(strstr(f.error->message, cases[i].told));
        g_assert_false(f.outcome.maybe_done);
    }
}

static void test_region_is_told(void) {
    static const FakeStep steps[] = {FAILS("301", "x-amz-bucket-region: us-west-2\r\n", "PermanentRedirect"),
                                     {.answer = "HTTP/1.1 200 OK\r\nx-amz-bucket-region: eu-central-1\r\nContent-Length: 0\r\n\r\n"}};
    FIXTURE(f, steps);
    assert_fails(&f, ERROR_CONFIG, 1);
    g_assert_cmpstr(f.outcome.region, ==, "us-west-2");
    g_assert_cmpint(f.outcome.status, ==, 301);
    g_assert_cmpstr(f.outcome.code, ==, "PermanentRedirect");
    g_assert_true(call(&f));
    g_assert_cmpstr(f.outcome.region, ==, "eu-central-1");
}

static void test_not_modified_is_success(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 304 Same\r\n\r\n"}};
    FIXTURE(f, steps);
    g_assert_true(call(&f));
    g_assert_cmpint(f.outcome.status, ==, 304);
}

/* Longer each time, and not for ever. */
static void test_attempts(void) {
    static const FakeStep steps[] = {FAILS("503", "", "SlowDown")};
    FIXTURE(f, steps);
    guint64 calls = 0, retries = 0, failures = 0;
    g_assert_cmpint(AWS_ATTEMPTS_MAX, ==, 5);
    assert_fails(&f, ERROR_UNAVAILABLE, 5);
    g_assert_cmpuint(fake_http_count(f.fake), ==, 5);
    g_assert_cmpint(f.wait_count, ==, 4);
    for (int i = 0; i < 4; i++) g_assert_cmpint(f.waits[i], ==, 50 << i);
    g_assert_nonnull(strstr(f.error->message, "after 5 tries"));
    g_assert_cmpstr(f.outcome.code, ==, "SlowDown");
    g_assert_cmpstr(f.outcome.message, ==, "Told so.");
    aws_client_counts(f.client, &calls, &retries, &failures);
    g_assert_cmpuint(calls, ==, 1);
    g_assert_cmpuint(retries, ==, 4);
    g_assert_cmpuint(failures, ==, 1);
}

static void test_last_attempt_succeeds(void) {
    static const FakeStep steps[] = {FAILS("500", "", "InternalError"), {.then = FAKE_RESET}, FAILS("503", "", "SlowDown"), {.then = FAKE_CLOSE}, OK};
    FIXTURE(f, steps);
    g_assert_true(call(&f));
    g_assert_cmpint(f.outcome.attempts, ==, 5);
    g_assert_true(f.outcome.maybe_done); /* told by an earlier try, though not by the last */
}

/* 500 tokens, 5 a retry: after 25 calls that all fail, a failing call is not tried again; each success then earns one token back. */
static void test_budget(void) {
    static FakeStep steps[132];
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) steps[i] = (FakeStep)FAILS("500", "", "InternalError");
    for (int i = 126; i < 131; i++) steps[i] = (FakeStep)OK;
    FIXTURE(f, steps);
    for (int i = 0; i < 25; i++) assert_fails(&f, ERROR_UNAVAILABLE, 5); /* 25 × 4 retries × 5 */
    assert_fails(&f, ERROR_UNAVAILABLE, 1);
    for (int i = 0; i < 5; i++) g_assert_true(call(&f));
    assert_fails(&f, ERROR_UNAVAILABLE, 2);
}

static void test_retry_after(void) {
    static const FakeStep steps[] = {FAILS("429", "Retry-After: 7\r\n", "Throttling"), OK,
                                     FAILS("503", "Retry-After: Wed, 04 Mar 2026 05:06:10 GMT\r\n", "SlowDown"), OK,
                                     FAILS("503", "Retry-After: 86400\r\n", "SlowDown"), OK};
    static const gint64 waits[] = {7000, 3000, AWS_BACKOFF_MAX_MS};
    FIXTURE(f, steps);
    for (gsize i = 0; i < G_N_ELEMENTS(waits); i++) {
        g_assert_true(call(&f));
        g_assert_cmpint(f.waits[i], ==, waits[i]);
    }
}

static char *date_signed(Fixture *f, guint n) { return fake_http_header(f->fake, n, "X-Amz-Date"); }

/* An hour off: found by the answer's Date, mended for this call and the later ones. */
static void test_clock(void) {
    static const FakeStep steps[] = {FAILS("403", "Date: Wed, 04 Mar 2026 06:06:07 GMT\r\n", "RequestTimeTooSkewed"), OK, OK,
                                     FAILS("403", "Date: Wed, 04 Mar 2026 04:06:07 GMT\r\n", "SignatureDoesNotMatch"), OK,
                                     {.answer = "HTTP/1.1 403 No\r\nDate: Wed, 04 Mar 2026 09:06:07 GMT\r\n\r\n", .then = FAKE_CLOSE}, OK};
    static const char *const dates[] = {"20260304T050607Z", "20260304T060607Z", "20260304T060607Z", "20260304T060607Z", "20260304T040607Z",
                                        "20260304T040607Z", "20260304T090607Z"};
    FIXTURE(f, steps);
    for (int i = 0; i < 4; i++) {
        f.request.method = i == 3 ? "HEAD" : "GET"; /* whose answer has no body */
        g_assert_true(call(&f));
        g_assert_cmpint(f.outcome.attempts, ==, i == 1 ? 1 : 2);
    }
    for (guint i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autofree char *date = date_signed(&f, i);
        g_assert_cmpstr(date, ==, dates[i]);
    }
    g_assert_cmpint(f.wait_count, ==, 0);
}

/* A service whose own clock jumps about is not followed for ever. */
static void test_clock_once_a_call(void) {
    static const FakeStep steps[] = {FAILS("403", "Date: Wed, 04 Mar 2026 06:06:07 GMT\r\n", "RequestTimeTooSkewed"),
                                     FAILS("403", "Date: Wed, 04 Mar 2026 07:06:07 GMT\r\n", "RequestTimeTooSkewed"), OK};
    FIXTURE(f, steps);
    assert_fails(&f, ERROR_CONFIG, 2);
    g_assert_nonnull(strstr(f.error->message, "clock"));
}

/* The container's credential service, as ECS and EKS have it, gives new ones each time that it is asked. */
#define CONTAINER(n) \
    {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"AccessKeyId\":\"KEY" n "\",\"SecretAccessKey\":\"" SECRET n "\",\"Token\":\"" TOKEN n "\"," \
               "\"Expiration\":\"2026-03-04T06:06:07Z\"}", .then = FAKE_CLOSE}

typedef struct {
    FakeHttp *fake;
    Settings *settings;
} Container;

static void container_clear(Container *container) {
    settings_free(container->settings);
    fake_http_free(container->fake);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Container, container_clear)

static void use_container(Fixture *f, Container *container, const FakeStep *steps, guint count) {
    g_autoptr(GError) error = NULL;
    container->fake = fake_http_new(steps, count);
    const char *const options[] = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", container->fake->url, "AWS_EC2_METADATA_DISABLED", "true", "AWS_CONFIG_FILE", "/nonexistent",
                                   "AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", NULL};
    settings_load(NULL, options, &container->settings, &error);
    g_assert_no_error(error);
    aws_credentials_chain_free(f->chain);
    aws_client_free(f->client);
    f->chain = aws_credentials_chain_new(container->settings, f->transport, &f->clock.base);
    new_client(f, "s3", true);
}

static void assert_signed_by(Fixture *f, guint n, const char *key) {
    g_autofree char *authorization = fake_http_header(f->fake, n, "Authorization"), *begin = g_strdup_printf("AWS4-HMAC-SHA256 Credential=%s/", key);
    g_assert_true(g_str_has_prefix(authorization, begin));
}

static void test_credentials_are_renewed(void) {
    static const FakeStep codes[] = {FAILS("400", "", "ExpiredToken"), FAILS("403", "", "InvalidAccessKeyId"), FAILS("400", "", "ExpiredTokenException"),
                                     {.answer = "HTTP/1.1 400 No\r\n\r\n", .then = FAKE_CLOSE}};
    static const FakeStep keys[] = {CONTAINER("ONE"), CONTAINER("TWO"), CONTAINER("THREE")};
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        const FakeStep steps[] = {OK, codes[i], OK, OK};
        FIXTURE(f, steps);
        g_auto(Container) container = {0};
        use_container(&f, &container, keys, G_N_ELEMENTS(keys));
        g_assert_true(call(&f));
        f.clock.now += 600 * 1000; /* the chain asks no more often than it must */
        f.request.method = codes[i].answer[strlen(codes[i].answer) - 1] == '\n' ? "HEAD" : "GET";
        g_assert_true(call(&f));
        g_assert_cmpint(f.outcome.attempts, ==, 2);
        g_assert_true(call(&f));
        assert_signed_by(&f, 0, "KEYONE");
        assert_signed_by(&f, 1, "KEYONE");
        assert_signed_by(&f, 2, "KEYTWO");
        assert_signed_by(&f, 3, "KEYTWO");
        g_assert_cmpint(f.wait_count, ==, 0);
        g_autofree char *token = fake_http_header(f.fake, 2, "X-Amz-Security-Token");
        g_assert_cmpstr(token, ==, TOKEN "TWO");
    }
}

static gint64 leap(Clock *clock) { return ((FakeClock *)clock)->now += 600 * 1000; }

/* Though the chain, asked at ever later times, would give new ones for ever. */
static void test_credentials_once_a_call(void) {
#define FOREVER(n) {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"AccessKeyId\":\"KEY" n "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"}", .then = FAKE_CLOSE}
    static const FakeStep steps[] = {FAILS("400", "", "ExpiredToken")}, keys[] = {FOREVER("ONE"), FOREVER("TWO"), FOREVER("THREE")};
    FIXTURE(f, steps);
    g_auto(Container) container = {0};
    f.clock.base.now_ms = leap;
    use_container(&f, &container, keys, G_N_ELEMENTS(keys));
    assert_fails(&f, ERROR_CONFIG, 2);
    assert_signed_by(&f, 0, "KEYONE");
    assert_signed_by(&f, 1, "KEYTWO");
    g_assert_nonnull(strstr(f.error->message, "expired"));
}

/* None at all: the chain's own words, and nothing is sent. */
static void test_no_credentials(void) {
    static const FakeStep steps[] = {OK}, keys[] = {{.answer = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"}};
    FIXTURE(f, steps);
    g_auto(Container) container = {0};
    use_container(&f, &container, keys, G_N_ELEMENTS(keys));
    g_assert_false(call(&f));
    g_assert_cmpint(f.outcome.attempts, ==, 0);
    g_assert_cmpuint(fake_http_count(f.fake), ==, 0);
}

/* The upload in parts is gone when S3 says so to its completion: sending that again can't help. */
static void test_conflict_of_a_post(void) {
    static const FakeStep steps[] = {FAILS("409", "", "ConditionalRequestConflict"), OK};
    FIXTURE(f, steps);
    f.request.method = "POST";
    assert_fails(&f, ERROR_PRECONDITION, 1);
}

static void test_error_in_success(void) {
#define HIDDEN(code) {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\n\n<Error><Code>" code "</Code></Error>", .then = FAKE_CLOSE}
    static const FakeStep steps[] = {HIDDEN("InternalError"), HIDDEN("SlowDown"), OK, HIDDEN("NoSuchUpload"), HIDDEN("Strange"), OK, HIDDEN("InternalError")};
    FIXTURE(f, steps);
    f.request.method = "POST";
    g_assert_true(call(&f));
    g_assert_cmpint(f.outcome.attempts, ==, 3);
    g_assert_true(f.outcome.maybe_done);
    assert_fails(&f, ERROR_NOT_FOUND, 1);
    g_assert_true(call(&f)); /* an error that nobody knows is the service's */
    g_assert_cmpint(f.outcome.attempts, ==, 2);
    f.request.method = "GET"; /* an object that looks like that */
    g_assert_true(call(&f));
    g_assert_cmpint(f.outcome.attempts, ==, 1);
}

static void test_nobody_there(void) {
    static const FakeStep steps[] = {OK};
    FIXTURE(f, steps);
    f.request.url = "http://127.0.0.1:1/talks/x?secret=1";
    assert_fails(&f, ERROR_UNAVAILABLE, 5);
    g_assert_nonnull(strstr(f.error->message, "bucket talks (S3_BUCKET_NAME) can't be reached at http://127.0.0.1:"));
    g_assert_nonnull(strstr(f.error->message, " (AWS_ENDPOINT_URL): "));
    g_assert_cmpint(f.outcome.status, ==, 0);
}

static void test_into_again(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 206 Part\r\nContent-Length: 8\r\n\r\nXXXX", .then = FAKE_RESET},
                                     {.answer = "HTTP/1.1 206 Part\r\nContent-Length: 8\r\n\r\n01234567"},
                                     {.answer = "HTTP/1.1 206 Part\r\nContent-Length: 9\r\n\r\n012345678"}};
    FIXTURE(f, steps);
    char into[9] = "";
    f.request.into = into;
    f.request.into_size = 8;
    g_assert_true(call(&f));
    g_assert_cmpstr(into, ==, "01234567");
    g_assert_cmpuint(f.response.into_got, ==, 8);
    assert_fails(&f, ERROR_CORRUPT, 1); /* more than was asked for: not again */
}

/* The caller's request is not touched: no signature stays in its headers. Each try has one of its own. */
static void test_signed_anew(void) {
    static const FakeStep steps[] = {FAILS("500", "", "InternalError"), OK};
    FIXTURE(f, steps);
    g_autoptr(HttpHeaders) headers = http_headers_new();
    http_headers_add(headers, "X-Amz-Meta-A", "b");
    f.request.headers = headers;
    g_assert_true(call(&f));
    g_assert_cmpuint(headers->len, ==, 1);
    for (guint i = 0; i < 2; i++) {
        g_autofree char *authorization = fake_http_header(f.fake, i, "Authorization"), *hash = fake_http_header(f.fake, i, "X-Amz-Content-Sha256");
        g_assert_nonnull(strstr(authorization, "/20260304/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;x-amz-security-token,"));
        g_assert_cmpstr(hash, ==, "UNSIGNED-PAYLOAD");
    }
}

/* Services other than S3 have the body's hash in the signature: in memory and as part of a file alike. */
static void test_payload_hash(void) {
    static const FakeStep steps[] = {OK};
    g_auto(Fixture) f;
    open_fixture(&f, steps, 1);
    new_client(&f, "dynamodb", false);
    g_autofree char *content = g_strnfill(2 * UPLOAD_BLOCK_BYTES + 10, 'b'), *path = NULL;
    int fd = g_file_open_tmp("hansard-aws-XXXXXX", &path, NULL);
    g_assert_cmpint(write(fd, content, strlen(content)), ==, (ssize_t)strlen(content));
    g_unlink(path);
    g_autoptr(GBytes) body = g_bytes_new(content + 5, strlen(content) - 5);
    f.request.method = "POST";
    f.request.body.bytes = body;
    g_assert_true(call(&f));
    f.request.body = (HttpBody){.fd = fd, .offset = 5, .size = strlen(content) - 5};
    g_assert_true(call(&f));
    g_autofree char *by_memory = fake_http_header(f.fake, 0, "Authorization"), *by_file = fake_http_header(f.fake, 1, "Authorization");
    g_assert_cmpstr(by_memory, ==, by_file);
    f.request.body.size++;
    assert_fails(&f, ERROR_IO, 0); /* the file is shorter than that */
    close(fd);
    g_assert_cmpuint(fake_http_count(f.fake), ==, 2);
}

static gpointer cancel_later(gpointer cancel) {
    g_usleep(100 * 1000);
    g_cancellable_cancel(cancel);
    return NULL;
}

/* While it waits for the next try, by the machine's own time. */
static void test_cancel(void) {
    static const FakeStep steps[] = {FAILS("503", "Retry-After: 20\r\n", "SlowDown")};
    FIXTURE(f, steps);
    aws_client_free(f.client);
    f.client = aws_client_new(&(AwsClientOptions){.service = "s3", .endpoint = f.fake->url, .region = "eu-central-1", .is_s3 = true, .transport = f.transport,
                                                  .credentials = f.chain, .clock = &f.clock.base});
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    GThread *thread = g_thread_new("cancel", cancel_later, cancel);
    f.request.cancel = cancel;
    gint64 start = g_get_monotonic_time();
    assert_fails(&f, ERROR_CANCELLED, 1);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
    g_assert_nonnull(strstr(f.error->message, "SlowDown"));
    g_thread_join(thread);
}

static void test_call_json(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":[1]}"}, {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
                                     {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]"},
                                     {.answer = "HTTP/1.1 400 No\r\nConnection: close\r\n\r\n{\"__type\":\"x#ResourceNotFoundException\"}", .then = FAKE_CLOSE}};
    g_auto(Fixture) f;
    open_fixture(&f, steps, G_N_ELEMENTS(steps));
    new_client(&f, "dynamodb", false);
    g_autoptr(json_t) input = json_pack("{s:s}", "TableName", "rows");
    static const ErrorCode codes[] = {ERROR_CODE_COUNT, ERROR_CODE_COUNT, ERROR_CORRUPT, ERROR_CONFIG};
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autoptr(json_t) answer = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(AwsOutcome) outcome = {0};
        bool done = aws_call_json(f.client, "DynamoDB_20120810.Query", "application/x-amz-json-1.0", input, &answer, &outcome, &error);
        g_assert_true(done == (codes[i] == ERROR_CODE_COUNT));
        if (!done) g_assert_error(error, HANSARD_ERROR, (int)codes[i]);
        if (done) g_assert_cmpuint(json_object_size(answer), ==, i == 0 ? 1 : 0);
        g_assert_cmpint(outcome.attempts, ==, 1);
    }
    const FakeRequest *request = fake_http_request(f.fake, 0);
    g_autofree char *target = fake_http_header(f.fake, 0, "X-Amz-Target"), *type = fake_http_header(f.fake, 0, "Content-Type");
    g_assert_true(g_str_has_prefix(request->head, "POST / HTTP/1.1\r\n"));
    g_assert_cmpstr(target, ==, "DynamoDB_20120810.Query");
    g_assert_cmpstr(type, ==, "application/x-amz-json-1.0");
    gsize size = 0;
    const char *body = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) sent = json_loadb(body, size, 0, NULL);
    g_assert_true(json_equal(sent, input));
}

static char *query_value(const char *url, const char *name) {
    g_autofree char *begin = g_strconcat(name, "=", NULL);
    const char *at = strstr(url, begin);
    return at ? g_strndup(at + strlen(begin), strcspn(at + strlen(begin), "&")) : NULL;
}

/* At most a week, and no longer than the credentials live: afterwards the URL would be dead. */
static void test_presign(void) {
    static const FakeStep steps[] = {OK}, keys[] = {CONTAINER("ONE")}; /* which ends an hour from now */
    static const gint64 cases[][3] = {/* wanted, with keys that stay, with the container's */
                                      {60, 60, 60}, {3600, 3600, 3600}, {3601, 3601, 3600}, {604800, 604800, 3600}, {604801, 604800, 3600}};
    FIXTURE(f, steps);
    g_auto(Container) container = {0};
    for (int kind = 1; kind <= 2; kind++) {
        if (kind == 2) use_container(&f, &container, keys, 1);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
            g_autofree char *url = NULL;
            g_autoptr(GError) error = NULL;
            aws_presign(f.client, "GET", f.url, NULL, cases[i][0], &url, &error);
            g_assert_no_error(error);
            g_autofree char *expires = query_value(url, "X-Amz-Expires"), *token = query_value(url, "X-Amz-Security-Token");
            g_assert_cmpint(atoi(expires), ==, cases[i][kind]);
            g_assert_cmpstr(token, ==, kind == 1 ? TOKEN : TOKEN "ONE");
        }
    }
}

typedef struct {
    Fixture *f;
    GBytes *body;
    int calls;
} Caller;

static gpointer call_often(gpointer data) {
    const Caller *caller = data;
    for (int i = 0; i < caller->calls; i++) {
        HttpRequest request = {.method = "PUT", .url = caller->f->url, .body = {.bytes = caller->body}};
        g_auto(HttpResponse) response = {0};
        g_auto(AwsOutcome) outcome = {0};
        g_autoptr(GError) error = NULL;
        aws_send(caller->f->client, &request, NULL, &response, &outcome, &error);
        g_assert_no_error(error);
        g_assert_cmpint(outcome.status, ==, 200);
    }
    return NULL;
}

static bool pass(gpointer data, gint64 ms, GCancellable *cancel) { return true; }

/* 16 threads over one client, some of whose calls fail at first: all end well, over 16 connections, and the counts are right. */
static void test_threads(void) {
    static FakeStep steps[1600];
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        steps[i] = i % 10 == 3 ? (FakeStep){.answer = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"} : (FakeStep)OK;
    FIXTURE(f, steps);
    aws_client_free(f.client);
    f.hooks = (AwsRetryHooks){half, pass, NULL};
    f.client = aws_client_new(&(AwsClientOptions){.service = "s3", .endpoint = f.fake->url, .region = "eu-central-1", .is_s3 = true, .transport = f.transport,
                                                  .credentials = f.chain, .clock = &f.clock.base, .hooks = &f.hooks, .attempts_max = 1000});
    g_autoptr(GBytes) body = g_bytes_new_static("body", 4);
    Caller caller = {&f, body, 50};
    GThread *threads[16];
    guint64 calls = 0, retries = 0, failures = 0;
    for (int i = 0; i < 16; i++) threads[i] = g_thread_new("call", call_often, &caller);
    for (int i = 0; i < 16; i++) g_thread_join(threads[i]);
    aws_client_counts(f.client, &calls, &retries, &failures);
    g_assert_cmpuint(calls, ==, 16 * 50);
    g_assert_cmpuint(failures, ==, 0);
    g_assert_cmpuint(fake_http_count(f.fake), ==, calls + retries);
    g_assert_cmpuint(retries, >=, 80);
    g_assert_cmpuint(f.fake->accepted, <=, 16);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_auto(GStrv) environment = g_listenv();
    for (guint i = 0; environment[i]; i++)
        if (g_str_has_prefix(environment[i], "AWS_") || g_str_has_suffix(environment[i], "_proxy")) g_unsetenv(environment[i]);
    g_test_add_func("/client/again", test_what_is_tried_again);
    g_test_add_func("/client/not-again", test_what_is_not_tried_again);
    g_test_add_func("/client/region", test_region_is_told);
    g_test_add_func("/client/not-modified", test_not_modified_is_success);
    g_test_add_func("/client/attempts", test_attempts);
    g_test_add_func("/client/last-attempt", test_last_attempt_succeeds);
    g_test_add_func("/client/budget", test_budget);
    g_test_add_func("/client/retry-after", test_retry_after);
    g_test_add_func("/client/clock", test_clock);
    g_test_add_func("/client/clock-once", test_clock_once_a_call);
    g_test_add_func("/client/credentials", test_credentials_are_renewed);
    g_test_add_func("/client/credentials-once", test_credentials_once_a_call);
    g_test_add_func("/client/no-credentials", test_no_credentials);
    g_test_add_func("/client/conflict-of-post", test_conflict_of_a_post);
    g_test_add_func("/client/error-in-success", test_error_in_success);
    g_test_add_func("/client/nobody-there", test_nobody_there);
    g_test_add_func("/client/into", test_into_again);
    g_test_add_func("/client/signed-anew", test_signed_anew);
    g_test_add_func("/client/payload-hash", test_payload_hash);
    g_test_add_func("/client/cancel", test_cancel);
    g_test_add_func("/client/json", test_call_json);
    g_test_add_func("/client/presign", test_presign);
    g_test_add_func("/client/threads", test_threads);
    return g_test_run();
}
