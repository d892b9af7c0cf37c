/* The metadata services of containers and instances, played by the fixture's stand-in on loopback. Where a rule is about an address that must not be
 * called from here (169.254.…), the rule alone is tested. */
#include "aws_fixture.h"

#define FULL_URI "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define ENDPOINT "AWS_EC2_METADATA_SERVICE_ENDPOINT"
#define CREDENTIALS(key) \
    "{\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"t-" key "\",\"Expiration\":\"2026-03-04T05:53:20Z\"}"
#define GIVEN(key) key "|" SECRET "|t-" key "|1772603600000"

static AwsScript good = aws_script({200, CREDENTIALS("BOX"), NULL, 0});

static char *header_of(AwsFixture *fixture, guint number, const char *name) {
    return fake_request_header(fake_service_request(fixture->service, number), name);
}

static void assert_header(AwsFixture *fixture, guint number, const char *name, const char *expected) {
    g_autofree char *value = header_of(fixture, number, name);
    g_assert_cmpstr(value, ==, expected);
}

/* ---- container ---- */

static void test_container(AwsFixture *fixture, gconstpointer unused) {
    AwsScript two = aws_script({200, CREDENTIALS("BOX"), NULL, 0}, {200, CREDENTIALS("BOX2"), NULL, 0});
    aws_serve(fixture, FULL_URI, "/get?a=b", &two);
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer HIDDEN");
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autofree char *first = aws_got(chain), *source = aws_credentials_source(chain);
    g_assert_cmpstr(first, ==, GIVEN("BOX"));
    g_assert_cmpstr(source, ==, "container");
    g_assert_cmpstr(fake_service_request(fixture->service, 0)->path, ==, "/get?a=b");
    assert_header(fixture, 0, "authorization", "Bearer HIDDEN");
    assert_header(fixture, 0, "accept", "application/json");
    fixture->clock.now += HOUR_MS - AWS_CREDENTIALS_REFRESH_MS;
    g_autofree char *second = aws_got(chain);
    g_assert_cmpstr(second, ==, GIVEN("BOX2"));
}

/* The token's file goes before the token, and is read anew. */
static void test_container_token_file(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = aws_write(fixture, "token", "HIDDEN1\n");
    aws_serve(fixture, FULL_URI, "/", &good);
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "other");
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autofree char *first = aws_got(chain);
    assert_header(fixture, 0, "authorization", "HIDDEN1");
    g_free(aws_write(fixture, "token", "HIDDEN2"));
    fixture->clock.now += HOUR_MS - AWS_CREDENTIALS_REFRESH_MS;
    g_autofree char *second = aws_got(chain);
    assert_header(fixture, 1, "authorization", "HIDDEN2");
    g_free(aws_write(fixture, "token", "HIDDEN\r\nX-Injected: yes"));
    assert_refuses(fixture, "configuration", "token, which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, holds no token");
    g_ptr_array_set_size(fixture->options, 0);
    aws_set(fixture, FULL_URI, "http://127.0.0.1:1/");
    aws_set(fixture, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN\r\nX-Injected: yes");
    assert_refuses(fixture, "configuration", "AWS_CONTAINER_AUTHORIZATION_TOKEN is no line of printable ASCII");
    g_assert_cmpuint(fake_service_count(fixture->service), ==, 2);
}

static void test_container_without_token(AwsFixture *fixture, gconstpointer unused) {
    aws_serve(fixture, FULL_URI, "/", &good);
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
        AwsScript script = aws_script({answers[i].status, answers[i].body, NULL, 0});
        aws_serve(fixture, FULL_URI, "/", &script);
        assert_refuses(fixture, "configuration", answers[i].told, "ontainer");
        g_assert_cmpuint(fake_service_count(fixture->service), ==, 1);
        g_clear_pointer(&fixture->service, fake_service_free);
    }
}

static void test_container_retries(AwsFixture *fixture, gconstpointer unused) {
    AwsScript recovers = aws_script({500, "", NULL, 0}, {0, NULL, NULL, 0}, {200, CREDENTIALS("BOX"), NULL, 0}), stays = aws_script({503, "", NULL, 0}),
              silent = aws_script({0, NULL, NULL, 0});
    aws_serve(fixture, FULL_URI, "/", &recovers);
    assert_gives(fixture, GIVEN("BOX"));
    aws_serve(fixture, FULL_URI, "/", &stays);
    assert_refuses(fixture, "unavailable", "status 503");
    g_assert_cmpuint(fake_service_count(fixture->service), ==, AWS_CONTAINER_ATTEMPTS_MAX);
    aws_serve(fixture, FULL_URI, "/", &silent);
    assert_refuses(fixture, "unavailable", "was not reached", "AWS_CONTAINER_CREDENTIALS");
    g_clear_pointer(&fixture->service, fake_service_free);
}

static void test_container_huge(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *space = g_strnfill(AWS_CREDENTIAL_ANSWER_BYTES_MAX - strlen(CREDENTIALS("BOX")), ' '), *at = g_strconcat(CREDENTIALS("BOX"), space, NULL),
                    *over = g_strconcat(at, " ", NULL);
    AwsScript fits = aws_script({200, at, NULL, 0}), does_not = aws_script({200, over, NULL, 0});
    aws_serve(fixture, FULL_URI, "/", &fits);
    assert_gives(fixture, GIVEN("BOX"));
    aws_serve(fixture, FULL_URI, "/", &does_not);
    assert_refuses(fixture, "too-large", "was not reached");
    g_clear_pointer(&fixture->service, fake_service_free);
}

/* A proxy that the environment names gets neither request nor token. */
static void test_no_proxy(AwsFixture *fixture, gconstpointer unused) {
    FakeService *proxy = fake_service_new(aws_play, &good);
    g_autofree char *url = fake_service_url(proxy, "/");
    g_setenv("http_proxy", url, TRUE);
    aws_serve(fixture, FULL_URI, "/", &good);
    assert_gives(fixture, GIVEN("BOX"));
    g_unsetenv("http_proxy");
    g_assert_cmpuint(fake_service_count(proxy), ==, 0);
    g_assert_cmpuint(fake_service_count(fixture->service), ==, 1);
    fake_service_free(proxy);
}

/* ---- instance ---- */

static void use_instance(AwsFixture *fixture, AwsScript *script) {
    aws_set(fixture, "AWS_EC2_METADATA_DISABLED", "false");
    aws_serve(fixture, ENDPOINT, "/", script);
}

static void test_instance(AwsFixture *fixture, gconstpointer unused) {
    AwsScript script = aws_script({200, "HIDDENtoken", NULL, 0}, {200, "my-role", NULL, 0},
                                  {200, "{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\"," /* and the rest */ "\"AccessKeyId\":\"EC2\",\"SecretAccessKey\":\"" SECRET
                                        "\",\"Token\":\"t-EC2\",\"Expiration\":\"2026-03-04T05:53:20Z\"}", NULL, 0});
    use_instance(fixture, &script);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autofree char *got = aws_got(chain), *source = aws_credentials_source(chain);
    g_assert_cmpstr(got, ==, GIVEN("EC2"));
    g_assert_cmpstr(source, ==, "instance role my-role");
    g_assert_cmpuint(fake_service_count(fixture->service), ==, 3);
    g_assert_cmpstr(fake_service_request(fixture->service, 0)->method, ==, "PUT");
    g_assert_cmpstr(fake_service_request(fixture->service, 0)->path, ==, "/latest/api/token");
    assert_header(fixture, 0, "x-aws-ec2-metadata-token-ttl-seconds", "21600");
    g_assert_cmpstr(fake_service_request(fixture->service, 1)->path, ==, "/latest/meta-data/iam/security-credentials/");
    assert_header(fixture, 1, "x-aws-ec2-metadata-token", "HIDDENtoken");
    g_assert_cmpstr(fake_service_request(fixture->service, 2)->path, ==, "/latest/meta-data/iam/security-credentials/my-role");
    assert_header(fixture, 2, "x-aws-ec2-metadata-token", "HIDDENtoken");
}

static void test_instance_disabled(AwsFixture *fixture, gconstpointer unused) {
    use_instance(fixture, &good);
    aws_set(fixture, "AWS_EC2_METADATA_DISABLED", "TRUE");
    assert_refuses(fixture, "configuration", "There are no AWS credentials", "AWS_EC2_METADATA_DISABLED");
    g_assert_cmpuint(fake_service_count(fixture->service), ==, 0);
}

/* On any other machine: two short tries, then the error of those who have no credentials. */
static void test_instance_not_there(AwsFixture *fixture, gconstpointer unused) {
    AwsScript slow = aws_script({200, "token", NULL, 3000});
    g_autoptr(GTimer) timer = g_timer_new();
    use_instance(fixture, &slow);
    assert_refuses(fixture, "configuration", "There are no AWS credentials", "the instance metadata service at http://127.0.0.1:", "does not answer", "hop limit");
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), >, 1.9);
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 2.9);
    g_assert_cmpuint(fake_service_count(fixture->service), ==, AWS_INSTANCE_ATTEMPTS_MAX);
    g_timer_start(timer);
    aws_set(fixture, ENDPOINT, "http://127.0.0.1:1");
    assert_refuses(fixture, "configuration", "There are no AWS credentials", "http://127.0.0.1:1 does not answer");
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 1);
    aws_set(fixture, ENDPOINT, "no address");
    assert_refuses(fixture, "configuration", "the instance metadata service at no address");
    g_clear_pointer(&fixture->service, fake_service_free);
}

static void test_instance_without_role(AwsFixture *fixture, gconstpointer unused) {
    static const AwsAnswer tokens[] = {{403, "", NULL, 0}, {404, "", NULL, 0}, {200, "", NULL, 0}, {200, "two words", NULL, 0}, {302, "", NULL, 0}};
    static const AwsAnswer roles[] = {{404, "<html>no</html>", NULL, 0}, {200, "", NULL, 0}, {200, "../../x", NULL, 0}, {200, "a b", NULL, 0}, {200, "a?b", NULL, 0}};
    for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
        AwsScript script = aws_script(tokens[i]);
        use_instance(fixture, &script);
        assert_refuses(fixture, "configuration", "There are no AWS credentials", "gives no token (status ");
        g_clear_pointer(&fixture->service, fake_service_free);
    }
    for (guint i = 0; i < G_N_ELEMENTS(roles); i++) {
        AwsScript script = aws_script({200, "HIDDEN", NULL, 0}, roles[i]);
        use_instance(fixture, &script);
        assert_refuses(fixture, "configuration", "There are no AWS credentials", "tells no role (status ", "instance profile");
        g_assert_cmpuint(fake_service_count(fixture->service), ==, 2);
        g_clear_pointer(&fixture->service, fake_service_free);
    }
}

static void test_instance_failures(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        AwsAnswer answer;
        const char *code, *told;
    } cases[] = {
        {{200, "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume the role my-role\"}", NULL, 0}, "configuration",
         "AssumeRoleUnauthorizedAccess: EC2 cannot assume"},
        {{200, "{\"Code\":\"Failed\",\"Message\":\"token HIDDEN\"}", NULL, 0}, "configuration", "status 200, Failed"},
        {{200, "{\"Code\":\"Success\"}", NULL, 0}, "configuration", "has no AccessKeyId"},
        {{200, "{", NULL, 0}, "configuration", "something else than a JSON object"},
        {{404, "", NULL, 0}, "configuration", "gives no credentials: status 404"},
        {{500, "", NULL, 0}, "unavailable", "gives no credentials: status 500"},
        {{0, NULL, NULL, 0}, "unavailable", "127.0.0.1"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        AwsScript script = aws_script({200, "HIDDEN", NULL, 0}, {200, "my-role\n", NULL, 0}, cases[i].answer);
        use_instance(fixture, &script);
        assert_refuses(fixture, cases[i].code, cases[i].told);
        g_clear_pointer(&fixture->service, fake_service_free);
    }
    AwsScript busy = aws_script({200, "HIDDEN", NULL, 0}, {503, "", NULL, 0});
    use_instance(fixture, &busy);
    assert_refuses(fixture, "unavailable", "does not tell the instance's role for now (status 503)");
    g_clear_pointer(&fixture->service, fake_service_free);
}

/* Ended credentials of an instance are used while its service has no others, and it is asked again in five minutes. */
static void test_instance_static(AwsFixture *fixture, gconstpointer unused) {
    AwsScript script = aws_script({200, "HIDDEN", NULL, 0}, {200, "r", NULL, 0}, {200, CREDENTIALS("EC2"), NULL, 0}, {200, "HIDDEN", NULL, 0}, {200, "r", NULL, 0},
                                  {200, CREDENTIALS("EC3"), NULL, 0});
    use_instance(fixture, &script);
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
    AwsScript script = aws_script({200, "HIDDEN", NULL, 0}, {200, "r", NULL, 0}, {200, CREDENTIALS("EC2"), NULL, 0});
    aws_write_config(fixture, "[default]\nrole_arn = arn:r\ncredential_source = Ec2InstanceMetadata\n[profile box]\nrole_arn = arn:r\ncredential_source = EcsContainer\n");
    aws_set(fixture, "AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    use_instance(fixture, &script);
    assert_refuses(fixture, "unavailable", "role arn:r", "STS was not reached");
    g_assert_cmpuint(fake_service_count(fixture->service), ==, 3);
    aws_set(fixture, "AWS_PROFILE", "box");
    assert_refuses(fixture, "configuration", "credential_source = EcsContainer", "AWS_CONTAINER_CREDENTIALS_FULL_URI are not set");
    aws_serve(fixture, FULL_URI, "/", &good);
    assert_refuses(fixture, "unavailable", "role arn:r", "STS was not reached");
    g_assert_cmpuint(fake_service_count(fixture->service), ==, 1);
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
