/* Roles: what is asked of STS and with whose signature, what its answers come to, and how it fails. STS is the fixture's stand-in on loopback. */
#include "aws_fixture.h"
#include "base/text.h"

#define CREDENTIALS(key) \
    "<Credentials><AccessKeyId>" key "</AccessKeyId><SecretAccessKey>" SECRET "</SecretAccessKey><SessionToken>t-" key "</SessionToken>" \
    "<Expiration>2026-03-04T05:53:20Z</Expiration></Credentials>"
#define ROLE(key) \
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>" CREDENTIALS(key) "</AssumeRoleResult></AssumeRoleResponse>"
#define WEB_ROLE(key) \
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>" CREDENTIALS(key) \
    "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
#define PROBLEM(code, message) "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message "</Message></Error></ErrorResponse>"
#define GIVEN(key) key "|" SECRET "|t-" key "|1772603600000"

#define BASE "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = HIDDEN\n"
#define DEV BASE "[default]\nregion = eu-central-1\nrole_arn = arn:aws:iam::1:role/dev\nsource_profile = base\n"


static void assert_header(AwsFixture *fixture, guint number, const char *name, const char *part) {
    g_autofree char *value = fake_http_header(fixture->service, number, name);
    if (!value || !strstr(value, part)) g_error("%s of request %u: %s", name, number, value);
}

static void assert_body(AwsFixture *fixture, guint number, const char *expected) {
    g_autofree char *body = aws_asked_body(fixture, number);
    g_assert_cmpstr(body, ==, expected);
}

static void assert_body_holds(AwsFixture *fixture, guint number, const char *part) {
    g_autofree char *body = aws_asked_body(fixture, number);
    g_assert_nonnull(strstr(body, part));
}

/* ---- roles by profile ---- */

static void test_role(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, DEV "external_id = a b&c\nrole_session_name = me\nduration_seconds = 900\n");
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "/", ANSWER(200, ROLE("ONE")));
    assert_gives(fixture, GIVEN("ONE"));
    g_assert_cmpuint(aws_served(fixture), ==, 1);
    g_autofree char *asked = aws_asked(fixture, 0);
    g_assert_cmpstr(asked, ==, "POST /");
    assert_body(fixture, 0, "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fdev&RoleSessionName=me&ExternalId=a%20b%26c&"
                            "DurationSeconds=900");
    assert_header(fixture, 0, "content-type", "application/x-www-form-urlencoded");
    assert_header(fixture, 0, "authorization", "Credential=BASE/20260304/eu-central-1/sts/aws4_request");
    assert_header(fixture, 0, "x-amz-date", "20260304T045320Z");
    g_autofree char *token = fake_http_header(fixture->service, 0, "x-amz-security-token");
    g_assert_null(token);
}

/* Without a name and a region of one's own. */
static void test_role_defaults(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, BASE "[default]\nrole_arn = r\nsource_profile = base\n");
    aws_serve(fixture, "AWS_ENDPOINT_URL", "", ANSWER(200, ROLE("ONE")));
    assert_gives(fixture, GIVEN("ONE"));
    assert_body(fixture, 0, "Action=AssumeRole&Version=2011-06-15&RoleArn=r&RoleSessionName=hansard-1772600000");
    assert_header(fixture, 0, "authorization", "/20260304/us-east-1/sts/aws4_request");
}

/* A role is asked for with the keys of the one before it; a profile may name itself. */
static void test_role_chain(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, "[profile self]\naws_access_key_id = SELF\naws_secret_access_key = HIDDEN\nrole_arn = first\nsource_profile = self\n"
                              "[profile last]\nrole_arn = last\nsource_profile = middle\n[profile middle]\nrole_arn = middle\nsource_profile = base\n" BASE);
    aws_set(fixture, "AWS_PROFILE", "self");
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, ROLE("ONE")));
    assert_gives(fixture, GIVEN("ONE"));
    assert_header(fixture, 0, "authorization", "Credential=SELF/");
    aws_set(fixture, "AWS_PROFILE", "last");
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, ROLE("ONE")), ANSWER(200, ROLE("TWO")));
    assert_gives(fixture, GIVEN("TWO"));
    g_assert_cmpuint(aws_served(fixture), ==, 2);
    assert_header(fixture, 0, "authorization", "Credential=BASE/");
    assert_body_holds(fixture, 0, "RoleArn=middle&");
    assert_header(fixture, 1, "authorization", "Credential=ONE/");
    assert_header(fixture, 1, "x-amz-security-token", "t-ONE");
    assert_body_holds(fixture, 1, "RoleArn=last&");
}

static void test_longest_chain(AwsFixture *fixture, gconstpointer unused) {
    g_autoptr(GString) text = g_string_new("[default]\nrole_arn = r\nsource_profile = p1\n");
    for (int i = 1; i < AWS_ROLE_CHAIN_MAX; i++) g_string_append_printf(text, "[profile p%d]\nrole_arn = r\nsource_profile = p%d\n", i, i + 1);
    g_string_append_printf(text, "[profile p%d]\naws_access_key_id = a\naws_secret_access_key = b\n", AWS_ROLE_CHAIN_MAX);
    aws_write_config(fixture, text->str);
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, ROLE("ONE")));
    assert_gives(fixture, GIVEN("ONE"));
    g_assert_cmpuint(aws_served(fixture), ==, AWS_ROLE_CHAIN_MAX);
}

static void test_sources(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *tool = aws_write_script(fixture, "tool", "echo '{\"Version\":1,\"AccessKeyId\":\"TOOL\",\"SecretAccessKey\":\"HIDDEN\"}'\n");
    g_autofree char *config = g_strdup_printf("[default]\nrole_arn = r\nsource_profile = tool\n[profile tool]\ncredential_process = %s\n"
                                              "[profile environment]\nrole_arn = r\ncredential_source = Environment\n", tool);
    aws_write_config(fixture, config);
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, ROLE("ONE")));
    assert_gives(fixture, GIVEN("ONE"));
    assert_header(fixture, 0, "authorization", "Credential=TOOL/");
    aws_set(fixture, "AWS_PROFILE", "environment");
    assert_refuses(fixture, "configuration", "credential_source = Environment", "AWS_ACCESS_KEY_ID is not set");
    /* With keys in the environment the chain never comes to the profile: the provider alone. */
    aws_set(fixture, "AWS_ACCESS_KEY_ID", "ENV");
    aws_set(fixture, "AWS_SECRET_ACCESS_KEY", "HIDDEN");
    const CredentialsAsk ask = {aws_settings(fixture), fixture->transport, &fixture->clock.base};
    g_auto(CredentialsFound) found = {0};
    g_assert_true(credentials_profile(&ask, &found, NULL));
    g_assert_cmpstr(found.credentials->access_key, ==, "ONE");
    assert_header(fixture, 1, "authorization", "Credential=ENV/");
}

/* ---- web identity ---- */

static void test_web_identity(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = aws_write(fixture, "token", "HIDDEN/1\n");
    aws_set(fixture, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
    assert_refuses(fixture, "configuration", "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    aws_set(fixture, "AWS_ROLE_ARN", "arn:r");
    aws_set(fixture, "AWS_ROLE_SESSION_NAME", "pod");
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, WEB_ROLE("ONE")), ANSWER(200, WEB_ROLE("TWO")));
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autofree char *first = aws_got(chain);
    g_assert_cmpstr(first, ==, GIVEN("ONE"));
    assert_body(fixture, 0, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Ar&RoleSessionName=pod&WebIdentityToken=HIDDEN%2F1");
    g_autofree char *signature = fake_http_header(fixture->service, 0, "authorization"), *source = aws_credentials_source(chain);
    g_assert_null(signature);
    g_assert_cmpstr(source, ==, "web identity arn:r");
    /* The next time with what is in the file then. */
    g_free(aws_write(fixture, "token", "HIDDEN/2"));
    fixture->clock.now += HOUR_MS - AWS_CREDENTIALS_REFRESH_MS;
    g_autofree char *second = aws_got(chain);
    g_assert_cmpstr(second, ==, GIVEN("TWO"));
    assert_body_holds(fixture, 1, "WebIdentityToken=HIDDEN%2F2");
}

static void test_web_identity_in_profile(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = aws_write(fixture, "token", "HIDDEN"),
                    *config = g_strdup_printf("[default]\nrole_arn = arn:p\nweb_identity_token_file = %s\nrole_session_name = x\n", path);
    aws_write_config(fixture, config);
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, WEB_ROLE("ONE")));
    assert_gives(fixture, GIVEN("ONE"));
    assert_body(fixture, 0, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Ap&RoleSessionName=x&WebIdentityToken=HIDDEN");
}

static void test_token_files(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *at = g_strnfill(AWS_CREDENTIAL_ANSWER_BYTES_MAX, 'x'), *over = g_strnfill(AWS_CREDENTIAL_ANSWER_BYTES_MAX + 1, 'x');
    g_autofree char *path = aws_write(fixture, "token", " \n");
    aws_set(fixture, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
    aws_set(fixture, "AWS_ROLE_ARN", "arn:r");
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, WEB_ROLE("ONE")));
    assert_refuses(fixture, "configuration", "token, which AWS_WEB_IDENTITY_TOKEN_FILE names, holds no token");
    g_free(aws_write(fixture, "token", "HIDDEN\nHIDDEN"));
    assert_refuses(fixture, "configuration", "holds no token: it is empty, or has more than one line");
    g_free(aws_write(fixture, "token", at));
    assert_gives(fixture, GIVEN("ONE"));
    g_free(aws_write(fixture, "token", over));
    assert_refuses(fixture, "configuration", "has more than 65536 bytes: set AWS_WEB_IDENTITY_TOKEN_FILE");
    aws_set(fixture, "AWS_WEB_IDENTITY_TOKEN_FILE", fixture->home);
    assert_refuses(fixture, "configuration", "can't be read: it is no regular file; set AWS_WEB_IDENTITY_TOKEN_FILE");
    g_assert_cmpuint(aws_served(fixture), ==, 1);
}

/* ---- failures ---- */

static void test_refusals(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        int status;
        const char *body, *told, *remedy;
    } answers[] = {
        {403, PROBLEM("AccessDenied", "User x is not authorized to perform: sts:AssumeRole"), "AccessDenied: User x is not authorized", "trust policy"},
        {403, PROBLEM("InvalidClientTokenId", "The security token is invalid"), "InvalidClientTokenId", "unknown to AWS"},
        {403, PROBLEM("SignatureDoesNotMatch", "no"), "SignatureDoesNotMatch", "secret key"},
        {400, PROBLEM("ExpiredToken", "no"), "ExpiredToken", "renew"},
        {403, PROBLEM("RegionDisabledException", "no"), "RegionDisabledException", "AWS_REGION"},
        {400, PROBLEM("ValidationError", "'x' at 'roleArn' failed"), "ValidationError", "ARN"},
        {400, PROBLEM("Other", "no"), "Other: no", "trust policy"},
        {400, PROBLEM("Other", "the key HIDDEN is wrong"), ": Other; ", "arn:aws:iam::1:role/dev"},
        {404, "<html>HIDDEN</html>", "answered status 404", "AWS_ENDPOINT_URL_STS"},
        {301, "", "answered status 301", "AWS_ENDPOINT_URL_STS"},
        {200, "", "has no AccessKeyId", "arn:aws:iam::1:role/dev"},
        {200, "{\"HIDDEN\": 1}", "has no AccessKeyId", "arn:aws:iam::1:role/dev"},
        {200, WEB_ROLE("X"), "has no AccessKeyId", "arn:aws:iam::1:role/dev"},
        {200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId></Credentials></AssumeRoleResult></AssumeRoleResponse>",
         "has no SecretAccessKey", "http://127.0.0.1"},
        {200, "<!DOCTYPE x [<!ENTITY y 'HIDDEN'>]>" ROLE("X"), "has no AccessKeyId", "http://127.0.0.1"},
    };
    aws_write_config(fixture, DEV);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(answers[i].status, answers[i].body));
        assert_refuses(fixture, "configuration", answers[i].told, answers[i].remedy);
        g_assert_cmpuint(aws_served(fixture), ==, 1);
    }
}

static void test_expired_answer(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, DEV);
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, ROLE("ONE")));
    fixture->clock.now += HOUR_MS;
    assert_refuses(fixture, "configuration", "(from: profile default) expired at 2026-03-04T05:53:20", "clock");
}

static void test_retries(AwsFixture *fixture, gconstpointer unused) {
    static const AwsAnswer failures[] = {
        ANSWER(500, ""), ANSWER(503, PROBLEM("ServiceUnavailable", "no")), ANSWER(429, ""), ANSWER(400, PROBLEM("Throttling", "slow")),
        ANSWER(400, PROBLEM("IDPCommunicationError", "no")), ANSWER(0, NULL),
    };
    aws_write_config(fixture, DEV);
    for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
        aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", failures[i], failures[i], ANSWER(200, ROLE("ONE")));
        assert_gives(fixture, GIVEN("ONE"));
        g_assert_cmpuint(aws_served(fixture), ==, 3);
        aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", failures[i]);
        assert_refuses(fixture, "unavailable", "role arn:aws:iam::1:role/dev", "the profile \"default\" in");
        g_assert_cmpuint(aws_served(fixture), ==, AWS_STS_ATTEMPTS_MAX);
    }
}

static void test_huge_answer(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *space = g_strnfill(AWS_CREDENTIAL_ANSWER_BYTES_MAX - strlen(ROLE("ONE")), ' '), *at = g_strconcat(ROLE("ONE"), space, NULL),
                    *over = g_strconcat(at, " ", NULL);
    aws_write_config(fixture, DEV);
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, at));
    assert_gives(fixture, GIVEN("ONE"));
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", ANSWER(200, over));
    assert_refuses(fixture, "too-large", "STS was not reached");
}

/* A wrong clock here: the service's Date tells it, the next try is signed by it, and the end of the credentials is told in our time. */
static void test_clock_corrected(AwsFixture *fixture, gconstpointer unused) {
    static const char date[] = "Date: Wed, 04 Mar 2026 04:53:20 GMT\r\n";
    aws_write_config(fixture, DEV);
    fixture->clock.now += 5 * HOUR_MS;
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", {403, PROBLEM("SignatureDoesNotMatch", "Signature expired"), date}, {200, ROLE("ONE"), date});
    g_autofree char *given = g_strdup_printf("ONE|" SECRET "|t-ONE|%lld", NOW_MS + 6 * HOUR_MS);
    assert_gives(fixture, given);
    assert_header(fixture, 0, "x-amz-date", "20260304T095320Z");
    assert_header(fixture, 1, "x-amz-date", "20260304T045320Z");
    aws_serve(fixture, "AWS_ENDPOINT_URL_STS", "", {403, PROBLEM("SignatureDoesNotMatch", "Signature expired"), date});
    assert_refuses(fixture, "configuration", "SignatureDoesNotMatch", "clock");
    g_assert_cmpuint(aws_served(fixture), ==, 2);
}

static void test_not_there(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, DEV);
    aws_set(fixture, "AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    assert_refuses(fixture, "unavailable", "role arn:aws:iam::1:role/dev", "STS was not reached", "127.0.0.1:1");
    aws_set(fixture, "AWS_ENDPOINT_URL_STS", "ftp://127.0.0.1");
    assert_refuses(fixture, "configuration", "STS was not reached");
}

int main(int argc, char **argv) {
    static const AwsCase cases[] = {
        {"role", test_role},
        {"role-defaults", test_role_defaults},
        {"role-chain", test_role_chain},
        {"longest-chain", test_longest_chain},
        {"sources", test_sources},
        {"web-identity", test_web_identity},
        {"web-identity-in-profile", test_web_identity_in_profile},
        {"token-files", test_token_files},
        {"refusals", test_refusals},
        {"expired-answer", test_expired_answer},
        {"retries", test_retries},
        {"huge-answer", test_huge_answer},
        {"clock-corrected", test_clock_corrected},
        {"not-there", test_not_there},
    };
    return aws_run(argc, argv, "/aws/sts/", cases, G_N_ELEMENTS(cases));
}
