/* The metadata services of containers and instances, played by the fixture's stand-in on loopback. Where a rule is about an address that must not be
 * called from here (169.254.…), the rule alone is tested. */
#include "aws_fixture.h"

#define FULL_URI "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define ENDPOINT "AWS_EC2_METADATA_SERVICE_ENDPOINT"
#define CREDENTIALS(key) \
    "{\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"t-" key "\",\"Expiration\":\"2026-03-04T05:53:20Z\"}"
#define GIVEN(key) key "|" SECRET "|t-" key "|1772603600000"


static void assert_asked(AwsFixture *fixture, guint number, const char *expected) {
    g_autofree char *asked = aws_asked(fixture, number);
    g_assert_cmpstr(asked, ==, expected);
}

static void assert_header(AwsFixture *fixture, guint number, const char *name, const char *expected) {
    g_autofree char *value = fake_http_header(fixture->service, number, name);
    g_assert_cmpstr(value, ==, expected);
}

/* ---- container ---- */

static void test_container(AwsFixture *fixture, gconstpointer unused) {
    aws_serve(fixture, FULL_URI, "/get?a=b", ANSWER(200, CREDENTIALS("BOX")), ANSWER(200, CREDENTIALS("BOX2")));
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer HIDDEN");
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autofree char *first = aws_got(chain), *source = aws_credentials_source(chain);
    g_assert_cmpstr(first, ==, GIVEN("BOX"));
    g_assert_cmpstr(source, ==, "container");
    assert_asked(fixture, 0, "GET /get?a=b");
    assert_header(fixture, 0, "authorization", "Bearer HIDDEN");
    assert_header(fixture, 0, "accept", "application/json");
    fixture->clock.now += HOUR_MS - AWS_CREDENTIALS_REFRESH_MS;
    g_autofree char *second = aws_got(chain);
    g_assert_cmpstr(second, ==, GIVEN("BOX2"));
}

/* The token's file goes before the token, and is read anew. */
static void test_container_token_file(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = aws_write(fixture, "token", "HIDDEN1\n");
    aws_serve(fixture, FULL_URI, "/", ANSWER(200, CREDENTIALS("BOX")));
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "other");
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_free(aws_got(chain));
    assert_header(fixture, 0, "authorization", "HIDDEN1");
    g_free(aws_write(fixture, "token", "HIDDEN2"));
    fixture->clock.now += HOUR_MS - AWS_CREDENTIALS_REFRESH_MS;
    g_free(aws_got(chain));
    assert_header(fixture, 1, "authorization", "HIDDEN2");
    g_free(aws_write(fixture, "token", "HIDDEN\r\nX-Injected: yes"));
    assert_refuses(fixture, "configuration", "token, which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, holds no token");
    g_ptr_array_set_size(fixture->options, 0);
    aws_set(fixture, FULL_URI, "http://127.0.0.1:1/");
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN\r\nX-Injected: yes");
    assert_refuses(fixture, "configuration", "AWS_CONTAINER_AUTHORIZATION_TOKEN is no line of printable ASCII");
    g_assert_cmpuint(aws_served(fixture), ==, 2);
}

static void test_container_without_token(AwsFixture *fixture, gconstpointer unused) {
    aws_serve(fixture, FULL_URI, "/", ANSWER(200, CREDENTIALS("BOX")));
    assert_gives(fixture, GIVEN("BOX"));
    assert_header(fixture, 0, "authorization", NULL);
}

/* Whom plain HTTP may be spoken to. */
static void test_container_hosts(AwsFixture *fixture, gconstpointer unused) {
    static const char *const allowed[] = {"http://127.0.0.1/x", "http://127.9.9.9:80/x", "http://[::1]:1/x", "http://localhost:1/x", "http://169.254.170.2/x",
                                          "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/x", "https://example.com/x", "HTTPS://10.0.0.1/"};
    static const char *const refused[] = {"http://10.0.0.1/x", "http://example.com/x", "http://169.254.169.254/x", "http://169.254.170.20/x",
                                          "http://127.0.0.1.example.com/x", "http://localhost.example.com/", "http://2130706433/x", "http://0x7f.1/", "http://0.0.0.0/",
                                          "http://[::ffff:10.0.0.1]/", "http://[fd00:ec2::254]/x", "http://user@127.0.0.1/", "http://127.0.0.1@example.com/",
                                          "http:///x", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "", "/x", "http://exa mple/"};
    for (guint i = 0; i < G_N_ELEMENTS(allowed) + G_N_ELEMENTS(refused); i++) {
        bool is_allowed = i < G_N_ELEMENTS(allowed);
        const char *given = is_allowed ? allowed[i] : refused[i - G_N_ELEMENTS(allowed)];
        g_autoptr(GError) error = NULL;
        g_autofree char *url = NULL;
        if (!given[0]) continue; /* is not set */
        aws_set(fixture, FULL_URI, given);
        bool done = container_url(aws_settings(fixture), &url, &error);
        if (done != is_allowed) g_error("%s: %s", given, done ? "allowed" : error->message);
        if (done) g_assert_cmpstr(url, ==, given);
        else g_assert_true(error_is(error, ERROR_CONFIG) && strstr(error->message, FULL_URI));
    }
}

/* Its own host, whatever stands in the path. */
static void test_container_relative(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        const char *given, *url;
    } cases[] = {
        {"/v2/credentials/1?x=y", "http://169.254.170.2/v2/credentials/1?x=y"},
        {"//example.com/x", "http://169.254.170.2//example.com/x"},
        {".example.com/x", NULL},
        {"@example.com/x", NULL},
        {":80@example.com/", NULL},
    };
    aws_set(fixture, FULL_URI, "http://127.0.0.1:1/"); /* comes second */
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *url = NULL;
        aws_set(fixture, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", cases[i].given);
        g_assert_cmpint(container_url(aws_settings(fixture), &url, &error), ==, cases[i].url != NULL);
        g_assert_cmpstr(url, ==, cases[i].url);
        if (error) g_assert_cmpstr(error->message, ==, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with '/'");
    }
}

static void test_container_failures(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        int status;
        const char *body, *told;
    } answers[] = {
        {403, "{\"code\":\"AccessDenied\",\"message\":\"no role\"}", "status 403, AccessDenied: no role"},
        {403, "{\"code\":\"AccessDenied\",\"message\":\"token Bearer HIDDEN is bad\"}", "status 403, AccessDenied"},
        {404, "HIDDEN", "gives no credentials: status 404"},
        {302, "", "gives no credentials: status 302"},
        {200, "", "something else than a JSON object"},
        {200, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN", "something else than a JSON object"},
        {200, "[\"HIDDEN\"]", "something else than a JSON object"},
        {200, "{}", "has no AccessKeyId"},
        {200, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\\r\\nX: y\"}", "SecretAccessKey holds a space"},
        {200, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\",\"Token\":\"t\",\"Expiration\":\"never\"}", "Expiration no time"},
        {200, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\",\"Token\":\"t\",\"Expiration\":\"2026-03-04T04:53:20Z\"}", "(from: container) expired"},
    };
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer HIDDEN");
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        aws_serve(fixture, FULL_URI, "/", ANSWER(answers[i].status, answers[i].body));
        assert_refuses(fixture, "configuration", answers[i].told, "ontainer");
        g_assert_cmpuint(aws_served(fixture), ==, 1);
    }
}

static void test_container_retries(AwsFixture *fixture, gconstpointer unused) {
    aws_serve(fixture, FULL_URI, "/", ANSWER(500, ""), ANSWER(0, NULL), ANSWER(200, CREDENTIALS("BOX")));
    assert_gives(fixture, GIVEN("BOX"));
    aws_serve(fixture, FULL_URI, "/", ANSWER(503, ""));
    assert_refuses(fixture, "unavailable", "status 503");
    g_assert_cmpuint(aws_served(fixture), ==, AWS_CONTAINER_ATTEMPTS_MAX);
    aws_serve(fixture, FULL_URI, "/", ANSWER(0, NULL));
    assert_refuses(fixture, "unavailable", "was not reached", "AWS_CONTAINER_CREDENTIALS");
}

static void test_container_huge(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *space = g_strnfill(AWS_CREDENTIAL_ANSWER_BYTES_MAX - strlen(CREDENTIALS("BOX")), ' '), *at = g_strconcat(CREDENTIALS("BOX"), space, NULL),
                    *over = g_strconcat(at, " ", NULL);
    aws_serve(fixture, FULL_URI, "/", ANSWER(200, at));
    assert_gives(fixture, GIVEN("BOX"));
    aws_serve(fixture, FULL_URI, "/", ANSWER(200, over));
    assert_refuses(fixture, "too-large", "was not reached");
}

/* A proxy that the environment names gets neither request nor token. */
static void test_no_proxy(AwsFixture *fixture, gconstpointer unused) {
    static const FakeStep refusing[] = {{.answer = "HTTP/1.1 502 Proxy\r\n\r\n", .then = FAKE_CLOSE}};
    g_autoptr(FakeHttp) proxy = FAKE_HTTP(refusing);
    g_setenv("http_proxy", proxy->url, TRUE);
    aws_serve(fixture, FULL_URI, "/", ANSWER(200, CREDENTIALS("BOX")));
    assert_gives(fixture, GIVEN("BOX"));
    g_unsetenv("http_proxy");
    g_assert_cmpuint(fake_http_count(proxy), ==, 0);
    g_assert_cmpuint(aws_served(fixture), ==, 1);
}

/* ---- instance ---- */

#define use_instance(fixture, ...) \
    do { \
        aws_set(fixture, "AWS_EC2_METADATA_DISABLED", "false"); \
        aws_serve(fixture, ENDPOINT, "/", __VA_ARGS__); \
    } while (0)

static void test_instance(AwsFixture *fixture, gconstpointer unused) {
    use_instance(fixture, ANSWER(200, "HIDDENtoken"), ANSWER(200, "my-role"),
                                  ANSWER(200, "{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\"," /* and the rest */ "\"AccessKeyId\":\"EC2\",\"SecretAccessKey\":\"" SECRET
                                        "\",\"Token\":\"t-EC2\",\"Expiration\":\"2026-03-04T05:53:20Z\"}"));
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autofree char *got = aws_got(chain), *source = aws_credentials_source(chain);
    g_assert_cmpstr(got, ==, GIVEN("EC2"));
    g_assert_cmpstr(source, ==, "instance role my-role");
    g_assert_cmpuint(aws_served(fixture), ==, 3);
    assert_asked(fixture, 0, "PUT /latest/api/token");
    assert_header(fixture, 0, "x-aws-ec2-metadata-token-ttl-seconds", "21600");
    assert_asked(fixture, 1, "GET /latest/meta-data/iam/security-credentials/");
    assert_header(fixture, 1, "x-aws-ec2-metadata-token", "HIDDENtoken");
    assert_asked(fixture, 2, "GET /latest/meta-data/iam/security-credentials/my-role");
    assert_header(fixture, 2, "x-aws-ec2-metadata-token", "HIDDENtoken");
}

static void test_instance_disabled(AwsFixture *fixture, gconstpointer unused) {
    use_instance(fixture, ANSWER(200, CREDENTIALS("BOX")));
    aws_set(fixture, "AWS_EC2_METADATA_DISABLED", "TRUE");
    assert_refuses(fixture, "configuration", "There are no AWS credentials", "AWS_EC2_METADATA_DISABLED");
    g_assert_cmpuint(aws_served(fixture), ==, 0);
}

/* On any other machine: two short tries, then the error of those who have no credentials. */
static void test_instance_not_there(AwsFixture *fixture, gconstpointer unused) {
    g_autoptr(GTimer) timer = g_timer_new();
    use_instance(fixture, ANSWER(-1, NULL));
    assert_refuses(fixture, "configuration", "There are no AWS credentials", "the instance metadata service at http://127.0.0.1:", "does not answer", "hop limit");
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), >, 1.9);
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 6);
    g_assert_cmpuint(aws_served(fixture), ==, AWS_INSTANCE_ATTEMPTS_MAX);
    g_timer_start(timer);
    aws_set(fixture, ENDPOINT, "http://127.0.0.1:1");
    assert_refuses(fixture, "configuration", "There are no AWS credentials", "http://127.0.0.1:1 does not answer");
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 3);
    aws_set(fixture, ENDPOINT, "no address");
    assert_refuses(fixture, "configuration", "The instance metadata service at no address");
}

static void test_instance_without_role(AwsFixture *fixture, gconstpointer unused) {
    static const AwsAnswer tokens[] = {ANSWER(403, ""), ANSWER(404, ""), ANSWER(200, ""), ANSWER(200, "two words"), ANSWER(302, "")};
    static const AwsAnswer roles[] = {ANSWER(404, "<html>no</html>"), ANSWER(200, ""), ANSWER(200, "../../x"), ANSWER(200, "a b"), ANSWER(200, "a?b")};
    for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
        use_instance(fixture, tokens[i]);
        assert_refuses(fixture, "configuration", "There are no AWS credentials", "gives no token (status ");
    }
    g_autofree char *at = g_strnfill(128, 'r'), *over = g_strnfill(129, 'r');
    use_instance(fixture, ANSWER(200, "HIDDEN"), ANSWER(200, at), ANSWER(200, CREDENTIALS("EC2")));
    assert_gives(fixture, GIVEN("EC2"));
    use_instance(fixture, ANSWER(200, "HIDDEN"), ANSWER(200, over));
    assert_refuses(fixture, "configuration", "tells no role (status 200");
    for (guint i = 0; i < G_N_ELEMENTS(roles); i++) {
        use_instance(fixture, ANSWER(200, "HIDDEN"), roles[i]);
        assert_refuses(fixture, "configuration", "There are no AWS credentials", "tells no role (status ", "instance profile");
        g_assert_cmpuint(aws_served(fixture), ==, 2);
    }
}

static void test_instance_failures(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        AwsAnswer answer;
        const char *code, *told;
    } cases[] = {
        {ANSWER(200, "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume the role my-role\"}"), "configuration",
         "AssumeRoleUnauthorizedAccess: EC2 cannot assume"},
        {ANSWER(200, "{\"Code\":\"Failed\",\"Message\":\"token HIDDEN\"}"), "configuration", "status 200, Failed"},
        {ANSWER(200, "{\"Code\":\"Success\"}"), "configuration", "has no AccessKeyId"},
        {ANSWER(200, "{"), "configuration", "something else than a JSON object"},
        {ANSWER(404, ""), "configuration", "gives no credentials: status 404"},
        {ANSWER(500, ""), "unavailable", "gives no credentials: status 500"},
        {ANSWER(0, NULL), "unavailable", "127.0.0.1"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        use_instance(fixture, ANSWER(200, "HIDDEN"), ANSWER(200, "my-role\n"), cases[i].answer);
        assert_refuses(fixture, cases[i].code, cases[i].told);
    }
    use_instance(fixture, ANSWER(200, "HIDDEN"), ANSWER(503, ""));
    assert_refuses(fixture, "unavailable", "does not tell the instance's role for now (status 503)");
}

/* Ended credentials of an instance are used while its service has no others, and it is asked again in five minutes. */
static void test_instance_static(AwsFixture *fixture, gconstpointer unused) {
    use_instance(fixture, ANSWER(200, "HIDDEN"), ANSWER(200, "r"), ANSWER(200, CREDENTIALS("EC2")), ANSWER(200, "HIDDEN"), ANSWER(200, "r"),
                                  ANSWER(200, CREDENTIALS("EC3")));
    fixture->clock.now += 3 * HOUR_MS;
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autofree char *first = aws_got(chain);
    g_assert_true(g_str_has_prefix(first, "EC2|"));
    fixture->clock.now += AWS_CREDENTIALS_REFRESH_MS - 1;
    g_autofree char *second = aws_got(chain);
    g_assert_true(g_str_has_prefix(second, "EC2|"));
    fixture->clock.now += 1;
    g_autofree char *third = aws_got(chain);
    g_assert_true(g_str_has_prefix(third, "EC3|"));
}

static void test_role_from_services(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, "[default]\nrole_arn = arn:r\ncredential_source = Ec2InstanceMetadata\n[profile box]\nrole_arn = arn:r\ncredential_source = EcsContainer\n");
    aws_set(fixture, "AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    use_instance(fixture, ANSWER(200, "HIDDEN"), ANSWER(200, "r"), ANSWER(200, CREDENTIALS("EC2")));
    assert_refuses(fixture, "unavailable", "role arn:r", "STS was not reached");
    g_assert_cmpuint(aws_served(fixture), ==, 3);
    aws_set(fixture, "AWS_PROFILE", "box");
    assert_refuses(fixture, "configuration", "credential_source = EcsContainer", "AWS_CONTAINER_CREDENTIALS_FULL_URI are not set");
    aws_serve(fixture, FULL_URI, "/", ANSWER(200, CREDENTIALS("BOX")));
    assert_refuses(fixture, "unavailable", "role arn:r", "STS was not reached");
    g_assert_cmpuint(aws_served(fixture), ==, 1);
}

int main(int argc, char **argv) {
    static const AwsCase cases[] = {
        {"container", test_container},
        {"container-token-file", test_container_token_file},
        {"container-without-token", test_container_without_token},
        {"container-hosts", test_container_hosts},
        {"container-relative", test_container_relative},
        {"container-failures", test_container_failures},
        {"container-retries", test_container_retries},
        {"container-huge", test_container_huge},
        {"no-proxy", test_no_proxy},
        {"instance", test_instance},
        {"instance-disabled", test_instance_disabled},
        {"instance-not-there", test_instance_not_there},
        {"instance-without-role", test_instance_without_role},
        {"instance-failures", test_instance_failures},
        {"instance-static", test_instance_static},
        {"role-from-services", test_role_from_services},
    };
    return aws_run(argc, argv, "/aws/metadata/", cases, G_N_ELEMENTS(cases));
}
