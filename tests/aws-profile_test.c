/* The profile files: what is read from them, which line is wrong, and who stands in them; the region and the endpoints that they can set. */
#include "aws_fixture.h"
#include "random_input.h"

#define KEYS "aws_access_key_id = AKIA\naws_secret_access_key = " SECRET "\n"
#define GIVEN "AKIA|" SECRET "|-|0"

/* ---- what is read ---- */

static void test_forms(AwsFixture *fixture, gconstpointer unused) {
    static const char *const forms[] = {
        "[default]\n" KEYS,
        "[profile default]\n" KEYS,
        "[ profile   default ]\n" KEYS,
        "[profile \"default\"]\n" KEYS,
        "[default] # mine\n" KEYS,
        "\xef\xbb\xbf[default]\r\naws_access_key_id=AKIA\r\naws_secret_access_key=" SECRET "\r\n",
        "# a comment\n; another\n\n[default]\n# one = more\n" KEYS,
        "[default]\naws_access_key_id: AKIA\naws_secret_access_key :" SECRET,
        "[default]\nAWS_Access_Key_ID = AKIA # production\naws_secret_access_key = " SECRET "\t; mine\n",
        "[default]\n  aws_access_key_id = AKIA\n  aws_secret_access_key = " SECRET "\n",
        "[default]\ns3 =\n  addressing_style = path\n\n  # in between\n  aws_access_key_id = other\n" KEYS,
        "[default]\nregion =\n" KEYS "[profile other]\naws_access_key_id = other\n",
        "[preview]\na = b\n[sso-session x]\nsso_region = y\n[default]\n" KEYS,
        "[default]\naws_access_key_id = other\naws_secret_access_key = other\n[profile default]\n" KEYS,
    };
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_test_message("form %u", i);
        aws_write_config(fixture, forms[i]);
        assert_gives(fixture, GIVEN);
    }
}

static void test_two_files(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, "[default]\naws_access_key_id = config\naws_secret_access_key = x\naws_session_token = config\n"
                              "[profile only]\naws_access_key_id = only\naws_secret_access_key = x\naws_security_token = t\n");
    aws_write_credentials(fixture, "[default]\naws_access_key_id = credentials\naws_secret_access_key = y\n[profile odd]\n" KEYS);
    assert_gives(fixture, "credentials|y|-|0"); /* with no token from the other file */
    aws_set(fixture, "AWS_DEFAULT_PROFILE", "only");
    assert_gives(fixture, "only|x|t|0");
    aws_set(fixture, "AWS_PROFILE", "default");
    assert_gives(fixture, "credentials|y|-|0");
    aws_set(fixture, "AWS_PROFILE", "profile odd"); /* in the credentials file a header is a name */
    assert_gives(fixture, GIVEN);
    /* keys are never put together from two files */
    aws_write_credentials(fixture, "[default]\naws_access_key_id = credentials\n");
    aws_set(fixture, "AWS_PROFILE", "default");
    assert_refuses(fixture, "configuration", "The profile \"default\" in ", ".aws/credentials has no aws_secret_access_key");
}

static void test_paths(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *config = aws_write(fixture, "elsewhere", "[default]\n" KEYS);
    aws_set(fixture, "AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    aws_set(fixture, "AWS_CONFIG_FILE", config);
    assert_gives(fixture, GIVEN);
    aws_set(fixture, "AWS_CONFIG_FILE", "~/elsewhere");
    assert_gives(fixture, GIVEN);
    aws_set(fixture, "AWS_CONFIG_FILE", "/nowhere/config");
    assert_refuses(fixture, "configuration", "There are no AWS credentials", "(looked at: AWS_ACCESS_KEY_ID is not set,", "the profile \"default\" does not exist in /nowhere/config",
                   "AWS_PROFILE to a profile");
}

static void test_odd_files(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = g_build_filename(fixture->home, ".aws", "config", NULL);
    static const char not_utf8[] = "[default]\nregion = \xff\n", zero[] = "[default]\nregion = a\0b\n";
    /* Neither is a file; a pipe must not be waited for. */
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    assert_refuses(fixture, "configuration", "There are no AWS credentials");
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    assert_refuses(fixture, "configuration", "There are no AWS credentials");
    g_assert_cmpint(g_rmdir(path), ==, 0);
    g_assert_cmpint(symlink(path, path), ==, 0);
    assert_refuses(fixture, "configuration", ".aws/config can't be read", "set AWS_CONFIG_FILE");
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_true(g_file_set_contents(path, not_utf8, sizeof not_utf8 - 1, NULL));
    assert_refuses(fixture, "configuration", ".aws/config is not valid UTF-8");
    g_assert_true(g_file_set_contents(path, zero, sizeof zero - 1, NULL));
    assert_refuses(fixture, "configuration", ".aws/config is not valid UTF-8");
}

/* ---- what is wrong ---- */

static void test_bad_lines(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        const char *text, *told;
    } files[] = {
        {"[default]\nregion = a\n" SECRET "\n", "config, line 3: neither"},
        {"[default]\n\n# x\n= " SECRET "\n", "config, line 4: neither"},
        {"aws_secret_access_key = " SECRET "\n", "config, line 1: a value before the first [header]"},
        {"[default\nregion = a\n", "config, line 1: the header lacks its ]"},
        {"[]\n", "config, line 1: the header is empty"},
        {"[default]\nregion = a\n[default]\n", "config, line 3: this header stands twice"},
        {"[default]\nregion = a\nRegion = " SECRET "\n", "config, line 3: this name stands twice"},
        {"[default]\ns3 =\n  " SECRET "\n", "config, line 3: not name = value"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        aws_write_config(fixture, files[i].text);
        assert_refuses(fixture, "configuration", files[i].told);
        g_assert_false(aws_profiles_check(aws_settings(fixture), &error));
        g_assert_true(error_is(error, ERROR_CONFIG) && strstr(error->message, files[i].told));
        g_assert_null(aws_region_of(fixture->settings));
    }
    aws_write_config(fixture, "[default]\n" KEYS);
    aws_write_credentials(fixture, "[default]\nx\n");
    assert_refuses(fixture, "configuration", ".aws/credentials, line 2: neither");
}

static void test_keys_checked(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *at = g_strnfill(AWS_CREDENTIAL_BYTES_MAX, 'a'), *over = g_strnfill(AWS_CREDENTIAL_BYTES_MAX + 1, 'a');
    g_autofree char *good = g_strdup_printf("[default]\n" KEYS "aws_session_token = %s\n", at), *given = g_strdup_printf("AKIA|" SECRET "|%s|0", at);
    g_autofree char *bad = g_strdup_printf("[default]\n" KEYS "aws_session_token = %s\n", over);
    aws_write_credentials(fixture, good);
    assert_gives(fixture, given);
    aws_write_credentials(fixture, bad);
    assert_refuses(fixture, "configuration", "credentials: aws_session_token has more than 16384 bytes");
    aws_write_credentials(fixture, "[default]\naws_access_key_id = AKIA\naws_secret_access_key = HIDDEN HIDDEN\n");
    assert_refuses(fixture, "configuration", "credentials: aws_secret_access_key holds a space");
    aws_write_credentials(fixture, "[default]\naws_access_key_id = AKIA\naws_secret_access_key = HIDDEN\n  HIDDEN\n");
    assert_refuses(fixture, "configuration", "credentials: aws_secret_access_key holds a space");
    aws_write_credentials(fixture, "[default]\naws_access_key_id = AKIA\naws_secret_access_key =\n");
    assert_refuses(fixture, "configuration", "credentials has no aws_secret_access_key");
    aws_write_credentials(fixture, "[default]\naws_secret_access_key = HIDDEN\n");
    assert_refuses(fixture, "configuration", "the profile \"default\" has no credentials in ");
}

static void test_limits(AwsFixture *fixture, gconstpointer unused) {
    GString *text = g_string_new("[default]\n" KEYS "# ");
    while (text->len < AWS_PROFILE_FILE_BYTES_MAX) g_string_append_c(text, 'x');
    aws_write_config(fixture, text->str);
    assert_gives(fixture, GIVEN);
    g_string_append_c(text, 'x');
    aws_write_config(fixture, text->str);
    assert_refuses(fixture, "configuration", ".aws/config has more than 1048576 bytes", "set AWS_CONFIG_FILE");
    g_string_assign(text, "[default]\n" KEYS); /* three entries */
    for (int i = 3; i < AWS_PROFILE_ENTRIES_MAX; i++) g_string_append_printf(text, "k%d = v\n", i);
    aws_write_config(fixture, text->str);
    assert_gives(fixture, GIVEN);
    g_string_append(text, "[more]\n");
    aws_write_config(fixture, text->str);
    assert_refuses(fixture, "configuration", ".aws/config has more than 10000 headers and values");
    g_string_free(text, TRUE);
}

/* A hostile file is read in time that grows with its size alone. */
static void test_hostile_files(AwsFixture *fixture, gconstpointer unused) {
    static const char *const lines[] = {"[", "=", "a=", " x=y\n", "[a]\n", "[profile \"", "\n", " \n", "\\", "a = b # c", "[profile default]\nregion =\n "};
    g_autoptr(GTimer) timer = g_timer_new();
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GString) text = g_string_new("[default]\nregion = ");
        while (text->len < AWS_PROFILE_FILE_BYTES_MAX - 100) g_string_append(text, lines[i]);
        aws_write_config(fixture, text->str);
        g_autofree char *got = aws_ask(fixture);
        g_assert_true(g_str_has_prefix(got, "!configuration "));
        g_assert_cmpuint(strlen(got), <, 2000);
    }
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 20);
}

/* Files that were damaged: whatever stands in them, they give credentials or a message of one line. */
static void test_damaged_files(AwsFixture *fixture, gconstpointer unused) {
    static const char text[] = "# mine\n[default]\nregion = eu-west-1 # x\ns3 =\n  a = b\n\n  c = d\naws_access_key_id: AKIA\n"
                               "aws_secret_access_key = HIDDEN\n[profile \"a b\"]\nx = y\n  z\n[services s]\ns3 =\n  endpoint_url = u\n";
    g_autofree char *path = g_build_filename(fixture->home, ".aws", "config", NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    guint good = 0, bad = 0;
    for (int i = 0; i < 3000; i++) {
        gsize size = sizeof text - 1;
        g_autofree guint8 *damaged = random_damage(rand, text, &size);
        g_assert_true(g_file_set_contents_full(path, (const char *)damaged, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        g_autoptr(GError) error = NULL;
        g_autoptr(AwsProfiles) profiles = NULL;
        if (aws_profiles_load(aws_settings(fixture), &profiles, &error)) {
            good++;
            g_free(aws_profiles_service(profiles, "s", "s3", "endpoint_url"));
        } else {
            bad++;
            g_assert_true(error_is(error, ERROR_CONFIG));
            g_assert_null(strchr(error->message, '\n'));
            g_assert_null(strstr(error->message, "HIDDEN"));
        }
    }
    g_test_message("%u read, %u refused", good, bad);
    g_assert_cmpuint(good, >, 100);
    g_assert_cmpuint(bad, >, 100);
}

static void test_absent_profile(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, "[dev]\n" KEYS "[sso-session work]\nsso_region = x\n");
    aws_set(fixture, "AWS_PROFILE", "dev");
    assert_refuses(fixture, "configuration", "AWS_PROFILE names the profile \"dev\"; its header in ", ".aws/config must read [profile dev]");
    aws_set(fixture, "AWS_PROFILE", "work");
    assert_refuses(fixture, "configuration", "AWS_PROFILE names the profile \"work\", which stands neither in ", ".aws/config nor in ", ".aws/credentials");
    g_ptr_array_set_size(fixture->options, 0);
    aws_set(fixture, "AWS_DEFAULT_PROFILE", "default");
    assert_refuses(fixture, "configuration", "AWS_DEFAULT_PROFILE names the profile \"default\"");
}

static void test_unsupported(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        const char *text, *told, *remedy;
    } files[] = {
        {"sso_session = x\nsso_account_id = 1\nsso_role_name = r\n" KEYS, "Signing in through a browser, as the profile", "aws sso login --profile default"},
        {"sso_start_url = x\nsso_role_name = r\n", "Signing in through a browser, as the profile", "aws configure export-credentials --profile default --format process"},
        {"login_session = arn:x\n", "Signing in through a browser, as the profile", "aws login --profile default"},
        {"role_arn = arn:r\nsource_profile = default\nmfa_serial = m\n" KEYS, "mfa_serial of the profile", "use a credential_process"},
        {"role_arn = arn:r\n", "role_arn of the profile \"default\" in ", ".aws/config"},
        {"role_arn = arn:r\nsource_profile = default\ncredential_source = Environment\n", "needs either source_profile or credential_source", "role_arn"},
        {"role_arn = arn:r\nsource_profile = default\n", "leads back to the profile \"default\"", "name one with keys"},
        {"role_arn = arn:r\nsource_profile = b\n", "source_profile of the profile \"default\" in ", "names the profile \"b\", which stands neither"},
        {"role_arn = arn:r\nsource_profile = b\n[profile b]\nrole_arn = arn:r\nsource_profile = default\n", "leads back to the profile \"default\"", "\"b\""},
        {"role_arn = arn:r\nsource_profile = b\n[profile b]\nregion = x\n", "names the profile \"b\", which has no credentials", "credential_process"},
        {"role_arn = arn:r\ncredential_source = ec2\n", "must be Environment, EcsContainer or Ec2InstanceMetadata", "credential_source"},
        {"role_arn = arn:r\ncredential_source = Environment\n", "AWS_ACCESS_KEY_ID is not set", "credential_source = Environment"},
        {"role_arn = arn:r\ncredential_source = Ec2InstanceMetadata\n", "AWS_EC2_METADATA_DISABLED", "has no credentials"},
        {"role_arn = arn:r\nsource_profile = default\nduration_seconds = 899\n" KEYS, "duration_seconds of", "from 900 to 43200"},
        {"role_arn = arn:r\nsource_profile = default\nduration_seconds = 43201\n" KEYS, "duration_seconds of", "from 900 to 43200"},
        {"role_arn = arn:r\nsource_profile = default\nduration_seconds = 1h\n" KEYS, "duration_seconds of", "from 900 to 43200"},
        {"web_identity_token_file = /x\n", "web_identity_token_file of the profile \"default\" in ", "needs role_arn"},
        {"role_arn = arn:r\nweb_identity_token_file = /nowhere\n", "/nowhere can't be read", "web_identity_token_file"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *text = g_strconcat("[default]\n", files[i].text, NULL);
        aws_write_config(fixture, text);
        assert_refuses(fixture, "configuration", files[i].told, files[i].remedy);
    }
}

static void test_chain_length(AwsFixture *fixture, gconstpointer unused) {
    g_autoptr(GString) text = g_string_new("[default]\nrole_arn = arn:r\nsource_profile = p1\n");
    for (int i = 1; i <= AWS_ROLE_CHAIN_MAX; i++) g_string_append_printf(text, "[profile p%d]\nrole_arn = arn:r\nsource_profile = p%d\n", i, i + 1);
    aws_write_config(fixture, text->str);
    assert_refuses(fixture, "configuration", "from the profile \"default\" over more than 7 others");
}

/* ---- region and endpoints ---- */

static void assert_region(AwsFixture *fixture, const char *expected) {
    g_autofree char *region = aws_region_of(aws_settings(fixture));
    g_assert_cmpstr(region, ==, expected);
}

static void test_region(AwsFixture *fixture, gconstpointer unused) {
    assert_region(fixture, NULL);
    aws_write_config(fixture, "[default]\nregion = eu-west-1 # home\n[profile dev]\nregion=eu-west-2\n");
    assert_region(fixture, "eu-west-1");
    aws_set(fixture, "AWS_PROFILE", "dev");
    assert_region(fixture, "eu-west-2");
    aws_write_credentials(fixture, "[dev]\nregion = eu-west-3\n");
    assert_region(fixture, "eu-west-3");
    aws_set(fixture, "AWS_PROFILE", "nobody");
    assert_region(fixture, NULL);
    aws_set(fixture, "AWS_DEFAULT_REGION", "eu-north-1");
    assert_region(fixture, "eu-north-1");
    aws_set(fixture, "AWS_REGION", "eu-south-1");
    assert_region(fixture, "eu-south-1");
}

static void assert_endpoint(AwsFixture *fixture, const char *service, const char *region, const char *expected, bool expected_aws) {
    bool is_aws = !expected_aws;
    g_autofree char *endpoint = aws_endpoint_of(aws_settings(fixture), service, region, &is_aws);
    g_assert_cmpstr(endpoint, ==, expected);
    g_assert_cmpint(is_aws, ==, expected_aws);
}

static void test_endpoints_of_aws(AwsFixture *fixture, gconstpointer unused) {
    assert_endpoint(fixture, "s3", "eu-central-1", "https://s3.eu-central-1.amazonaws.com", true);
    assert_endpoint(fixture, "sts", NULL, "https://sts.amazonaws.com", true);
    assert_endpoint(fixture, "dynamodb", "cn-north-1", "https://dynamodb.cn-north-1.amazonaws.com.cn", true);
    assert_endpoint(fixture, "transcribe", "cn-north-1", "https://cn.transcribe.cn-north-1.amazonaws.com.cn", true);
    assert_endpoint(fixture, "bedrock-runtime", "us-gov-west-1", "https://bedrock-runtime.us-gov-west-1.amazonaws.com", true);
    assert_endpoint(fixture, "sqs", "us-iso-east-1", "https://sqs.us-iso-east-1.c2s.ic.gov", true);
    assert_endpoint(fixture, "sqs", "us-isob-east-1", "https://sqs.us-isob-east-1.sc2s.sgov.gov", true);
    assert_endpoint(fixture, "s3", "eusc-de-east-1", "https://s3.eusc-de-east-1.amazonaws.eu", true);
    aws_set(fixture, "AWS_USE_FIPS_ENDPOINT", "true");
    assert_endpoint(fixture, "s3", "us-east-2", "https://s3-fips.us-east-2.amazonaws.com", true);
    assert_endpoint(fixture, "transcribe", "us-east-2", "https://fips.transcribe.us-east-2.amazonaws.com", true);
    assert_endpoint(fixture, "sts", "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com", true);
}

static void test_endpoints_set(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, "[default]\nendpoint_url = http://all.profile\nservices = local\n"
                              "[services local]\ns3 =\n  endpoint_url = http://s3.profile/\n  other = x\nbedrock_runtime =\n  endpoint_url = http://b.profile\n"
                              "sqs = no block\nsts =\n  other = x\n");
    assert_endpoint(fixture, "s3", "x", "http://s3.profile", false);
    assert_endpoint(fixture, "bedrock-runtime", "x", "http://b.profile", false);
    assert_endpoint(fixture, "sqs", "x", "http://all.profile", false);
    assert_endpoint(fixture, "sts", "x", "http://all.profile", false);
    aws_set(fixture, "AWS_ENDPOINT_URL", "http://all.set//");
    assert_endpoint(fixture, "s3", "x", "http://all.set", false);
    aws_set(fixture, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://b.set");
    assert_endpoint(fixture, "bedrock-runtime", "x", "http://b.set", false);
    aws_set(fixture, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    assert_endpoint(fixture, "s3", "x", "https://s3.x.amazonaws.com", true);
}

/* ---- commands ---- */

static void test_command_split(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        const char *command, *words; /* joined by |; NULL: refused */
    } commands[] = {
        {"", ""},
        {" \t\n", ""},
        {"/opt/tool  get\t--x", "/opt/tool|get|--x"},
        {"a 'b c' \"d e\"", "a|b c|d e"},
        {"a '' b", "a||b"},
        {"a\\ b c", "a b|c"},
        {"'a\\b' \"a\\b\" \"a\\\"\\\\\"", "a\\b|a\\b|a\"\\"},
        {"x'y'\"z\"w", "xyzw"},
        {"a #b $HOME `c` ; d | e > f *", "a|#b|$HOME|`c`|;|d|||e|>|f|*"},
        {"a\fb", "a\fb"},
        {"a 'b", NULL},
        {"a \"b", NULL},
        {"a \\", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(GStrv) words = NULL;
        bool done = command_split(commands[i].command, &words);
        g_autofree char *joined = done ? g_strjoinv("|", words) : NULL;
        g_assert_cmpstr(joined, ==, commands[i].words);
    }
}

int main(int argc, char **argv) {
    static const AwsCase cases[] = {
        {"forms", test_forms},
        {"two-files", test_two_files},
        {"paths", test_paths},
        {"odd-files", test_odd_files},
        {"bad-lines", test_bad_lines},
        {"keys-checked", test_keys_checked},
        {"limits", test_limits},
        {"hostile-files", test_hostile_files},
        {"damaged-files", test_damaged_files},
        {"absent-profile", test_absent_profile},
        {"unsupported", test_unsupported},
        {"chain-length", test_chain_length},
        {"region", test_region},
        {"endpoints-of-aws", test_endpoints_of_aws},
        {"endpoints-set", test_endpoints_set},
        {"command-split", test_command_split},
    };
    return aws_run(argc, argv, "/aws/profile/", cases, G_N_ELEMENTS(cases));
}
