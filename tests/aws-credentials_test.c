/* The chain: who is asked in which order, when it asks again, what threads get meanwhile; the environment; and commands that print credentials. The
 * commands are real processes. */
#include <signal.h>

#include "aws_fixture.h"

static const char *count_runs(AwsFixture *fixture) {
    static char *text;
    g_autofree char *path = g_build_filename(fixture->home, "runs", NULL);
    g_free(text);
    text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) text = g_strdup("");
    return text;
}

/* The default profile's command: `body` of a shell script, in which $HOME is the fixture's. Each run leaves an x in $HOME/runs. */
static void use_command(AwsFixture *fixture, const char *body) {
    g_autofree char *whole = g_strconcat("printf x >> \"$HOME/runs\"\n", body, NULL), *path = aws_write_script(fixture, "tool", whole);
    g_autofree char *config = g_strdup_printf("[default]\ncredential_process = %s\n", path);
    aws_write_config(fixture, config);
}

/* Prints credentials that end `life_ms` after the fixture's now; the key is the number of the run. */
static void use_command_of_life(AwsFixture *fixture, gint64 life_ms) {
    g_autofree char *end = time_format(fixture->clock.now + life_ms);
    g_autofree char *body = g_strdup_printf("echo '{\"Version\": 1, \"AccessKeyId\": \"run'$(wc -c < \"$HOME/runs\")'\", \"SecretAccessKey\": \"" SECRET "\","
                                            " \"SessionToken\": \"t\", \"Expiration\": \"%s\"}'\n", end);
    use_command(fixture, body);
}

static void break_command(AwsFixture *fixture) { use_command(fixture, "exit 3\n"); }

static void assert_chain(AwsCredentialsChain *chain, const char *start) {
    g_autofree char *got = aws_got(chain);
    if (!g_str_has_prefix(got, start)) g_error("expected %s, got %s", start, got);
}

/* ---- order ---- */

static void test_order(AwsFixture *fixture, gconstpointer unused) {
    aws_write_config(fixture, "[default]\naws_access_key_id = profile\naws_secret_access_key = s\n[profile empty]\nregion = x\n");
    aws_set(fixture, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");
    assert_gives(fixture, "profile|s|-|0");
    aws_set(fixture, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token");
    aws_set(fixture, "AWS_ROLE_ARN", "arn:r");
    assert_refuses(fixture, "configuration", "/nowhere/token can't be read", "set AWS_WEB_IDENTITY_TOKEN_FILE");
    aws_set(fixture, "AWS_ACCESS_KEY_ID", "environment");
    aws_set(fixture, "AWS_SECRET_ACCESS_KEY", "e");
    aws_set(fixture, "AWS_PROFILE", "nobody");
    assert_gives(fixture, "environment|e|-|0");
    g_ptr_array_set_size(fixture->options, 0);
    aws_set(fixture, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");
    aws_set(fixture, "AWS_PROFILE", "empty"); /* a profile without credentials lets the next be asked */
    assert_refuses(fixture, "unavailable", "The container's credential service", "was not reached");
}

/* In a profile as the AWS CLI has it: keys in the credentials file, the command, keys in the config file. */
static void test_order_in_profile(AwsFixture *fixture, gconstpointer unused) {
    static const char tool[] = "echo '{\"Version\": 1, \"AccessKeyId\": \"tool\", \"SecretAccessKey\": \"s\"}'\n";
    g_autofree char *path = aws_write_script(fixture, "tool", tool);
    g_autofree char *config = g_strdup_printf("[default]\ncredential_process = '%s'\naws_access_key_id = config\naws_secret_access_key = s\n", path);
    aws_write_config(fixture, config);
    assert_gives(fixture, "tool|s|-|0");
    aws_write_credentials(fixture, "[default]\naws_access_key_id = credentials\naws_secret_access_key = s\n");
    assert_gives(fixture, "credentials|s|-|0");
}

static void test_nobody(AwsFixture *fixture, gconstpointer unused) {
    assert_refuses(fixture, "configuration", "There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment or .env, or "
                                             "AWS_PROFILE to a profile that has some (looked at: AWS_ACCESS_KEY_ID is not set, AWS_WEB_IDENTITY_TOKEN_FILE is "
                                             "not set, the profile \"default\" does not exist in ", ".aws/config and ", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                   "AWS_EC2_METADATA_DISABLED");
}

static void test_environment(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *later = time_format(NOW_MS + HOUR_MS), *given = g_strdup_printf("AKIA|" SECRET "|token|%lld", NOW_MS + HOUR_MS);
    aws_set(fixture, "AWS_SECRET_ACCESS_KEY", SECRET);
    assert_refuses(fixture, "configuration", "AWS_ACCESS_KEY_ID is not set, though AWS_SECRET_ACCESS_KEY is");
    aws_set(fixture, "AWS_ACCESS_KEY_ID", "AKIA");
    assert_gives(fixture, "AKIA|" SECRET "|-|0");
    aws_set(fixture, "AWS_SECURITY_TOKEN", "old name");
    assert_refuses(fixture, "configuration", "The environment (or .env): AWS_SESSION_TOKEN holds a space");
    aws_set(fixture, "AWS_SESSION_TOKEN", "token");
    aws_set(fixture, "AWS_CREDENTIAL_EXPIRATION", later);
    assert_gives(fixture, given);
    aws_set(fixture, "AWS_CREDENTIAL_EXPIRATION", "tomorrow");
    assert_refuses(fixture, "configuration", "AWS_CREDENTIAL_EXPIRATION", "2026-01-31T10:00:00Z");
    aws_set(fixture, "AWS_CREDENTIAL_EXPIRATION", "2026-03-04T04:53:20Z");
    assert_refuses(fixture, "configuration", "(from: environment) expired at 2026-03-04T04:53:20", "it is 2026-03-04T04:53:20", "clock");
    g_ptr_array_set_size(fixture->options, 0);
    aws_set(fixture, "AWS_ACCESS_KEY_ID", "AKIA");
    assert_refuses(fixture, "configuration", "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
}

/* As a user has them: in .env. */
static void test_env_file(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = aws_write(fixture, ".env", "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=\"" SECRET "\"\n");
    g_autoptr(GError) error = NULL;
    settings_load(path, NULL, &fixture->settings, &error);
    g_assert_no_error(error);
    g_autoptr(AwsCredentialsChain) chain = aws_credentials_chain_new(fixture->settings, fixture->transport, &fixture->clock.base);
    g_assert_null(aws_credentials_source(chain));
    assert_chain(chain, "AKIA|" SECRET "|-|0");
    g_autofree char *source = aws_credentials_source(chain);
    g_assert_cmpstr(source, ==, "environment");
}

static void test_fixed(AwsFixture *fixture, gconstpointer unused) {
    g_autoptr(AwsCredentialsChain) chain = aws_credentials_chain_fixed("a", "b", NULL);
    g_autoptr(AwsCredentials) first = NULL, second = NULL;
    g_assert_true(aws_credentials_get(chain, &first, NULL));
    aws_credentials_reject(chain, first);
    g_assert_true(aws_credentials_get(chain, &second, NULL));
    g_assert_true(first == second);
    g_assert_null(first->session_token);
}

/* ---- asking again ---- */

static void test_refresh(AwsFixture *fixture, gconstpointer unused) {
    use_command_of_life(fixture, HOUR_MS);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    assert_chain(chain, "run1|");
    g_autofree char *source = aws_credentials_source(chain);
    g_assert_cmpstr(source, ==, "profile default");
    fixture->clock.now += HOUR_MS - AWS_CREDENTIALS_REFRESH_MS - 1;
    assert_chain(chain, "run1|");
    g_assert_cmpstr(count_runs(fixture), ==, "x");
    fixture->clock.now += 1;
    use_command_of_life(fixture, HOUR_MS);
    assert_chain(chain, "run2|");
    assert_chain(chain, "run2|");
    g_assert_cmpstr(count_runs(fixture), ==, "xx");
}

static void test_failed_refresh(AwsFixture *fixture, gconstpointer unused) {
    use_command_of_life(fixture, HOUR_MS);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    assert_chain(chain, "run1|");
    break_command(fixture);
    fixture->clock.now += HOUR_MS - AWS_CREDENTIALS_REFRESH_MS;
    for (int i = 0; i < 3; i++) assert_chain(chain, "run1|"); /* asked once */
    g_assert_cmpstr(count_runs(fixture), ==, "xx");
    fixture->clock.now += AWS_CREDENTIALS_RETRY_MS - 1;
    assert_chain(chain, "run1|");
    g_assert_cmpstr(count_runs(fixture), ==, "xx");
    fixture->clock.now += 1;
    assert_chain(chain, "run1|");
    g_assert_cmpstr(count_runs(fixture), ==, "xxx");
    fixture->clock.now += AWS_CREDENTIALS_REFRESH_MS - AWS_CREDENTIALS_RETRY_MS - 1; /* a millisecond before the end */
    assert_chain(chain, "run1|");
    fixture->clock.now += 1;
    assert_chain(chain, "!configuration credential_process of the profile \"default\"");
    use_command_of_life(fixture, HOUR_MS);
    assert_chain(chain, "!configuration"); /* told again, not asked again */
    fixture->clock.now += AWS_CREDENTIALS_RETRY_MS;
    assert_chain(chain, "run5|");
}

/* Sets that live shorter than the time before their end at which new ones are asked for. */
static void test_short_life(AwsFixture *fixture, gconstpointer unused) {
    use_command_of_life(fixture, AWS_CREDENTIALS_RETRY_MS + 1000);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    for (int i = 0; i < 3; i++) assert_chain(chain, "run1|");
    fixture->clock.now += AWS_CREDENTIALS_RETRY_MS;
    use_command_of_life(fixture, 1000);
    assert_chain(chain, "run2|");
    fixture->clock.now += 1000; /* at its end before the time between two asks is over */
    use_command_of_life(fixture, HOUR_MS);
    assert_chain(chain, "run3|");
}

static void test_clock_set_back(AwsFixture *fixture, gconstpointer unused) {
    break_command(fixture);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    assert_chain(chain, "!configuration");
    fixture->clock.now -= 10 * HOUR_MS;
    use_command_of_life(fixture, HOUR_MS);
    assert_chain(chain, "run2|");
}

static void test_reject(AwsFixture *fixture, gconstpointer unused) {
    use_command_of_life(fixture, HOUR_MS);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    g_autoptr(AwsCredentials) first = NULL, second = NULL;
    g_assert_true(aws_credentials_get(chain, &first, NULL));
    aws_credentials_reject(chain, first); /* just got: asking again would bring the same */
    assert_chain(chain, "run1|");
    fixture->clock.now += AWS_CREDENTIALS_RETRY_MS;
    aws_credentials_reject(chain, first);
    g_assert_true(aws_credentials_get(chain, &second, NULL));
    g_assert_cmpstr(second->access_key, ==, "run2");
    fixture->clock.now += AWS_CREDENTIALS_RETRY_MS;
    aws_credentials_reject(chain, first); /* by one who still had the old ones */
    assert_chain(chain, "run2|");
    g_assert_cmpstr(first->access_key, ==, "run1"); /* they live as long as someone holds them */
    break_command(fixture);
    aws_credentials_reject(chain, second);
    assert_chain(chain, "!configuration"); /* what was refused is not given again */
    fixture->clock.now += AWS_CREDENTIALS_RETRY_MS;
    use_command_of_life(fixture, HOUR_MS);
    assert_chain(chain, "run4|");
}

/* Where there were credentials, that all providers have none is a passing state. */
static void test_source_gone(AwsFixture *fixture, gconstpointer unused) {
    use_command_of_life(fixture, HOUR_MS);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    assert_chain(chain, "run1|");
    aws_write_config(fixture, "");
    fixture->clock.now += HOUR_MS;
    assert_chain(chain, "!unavailable There are no AWS credentials");
}

/* ---- threads ---- */

#define THREADS 16

static gpointer get_in_thread(gpointer chain) { return aws_got(chain); }

static void run_threads(AwsCredentialsChain *chain, const char *expected) {
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) threads[i] = g_thread_new("getter", get_in_thread, chain);
    for (int i = 0; i < THREADS; i++) {
        g_autofree char *got = g_thread_join(threads[i]);
        if (!g_str_has_prefix(got, expected)) g_error("expected %s, got %s", expected, got);
    }
}

static void test_threads(AwsFixture *fixture, gconstpointer unused) {
    use_command(fixture, "sleep 0.3; echo '{\"Version\": 1, \"AccessKeyId\": \"one\", \"SecretAccessKey\": \"s\"}'\n");
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    run_threads(chain, "one|s|-|0");
    g_assert_cmpstr(count_runs(fixture), ==, "x");
}

static void test_threads_failing(AwsFixture *fixture, gconstpointer unused) {
    use_command(fixture, "sleep 0.3; exit 1\n");
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    run_threads(chain, "!configuration credential_process of ");
    g_assert_cmpstr(count_runs(fixture), ==, "x");
}

/* While one asks, the others go on with what still holds. */
static void test_threads_with_old_ones(AwsFixture *fixture, gconstpointer unused) {
    use_command_of_life(fixture, HOUR_MS);
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    assert_chain(chain, "run1|");
    fixture->clock.now += HOUR_MS - 1000;
    use_command(fixture, "while [ ! -e \"$HOME/go\" ]; do sleep 0.05; done; echo '{\"Version\": 1, \"AccessKeyId\": \"new\", \"SecretAccessKey\": \"s\"}'\n");
    g_autoptr(GThread) asking = g_thread_new("asking", get_in_thread, chain);
    while (strcmp(count_runs(fixture), "xx") != 0) g_usleep(10000);
    run_threads(chain, "run1|");
    g_free(aws_write(fixture, "go", ""));
    g_autofree char *got = g_thread_join(g_steal_pointer(&asking));
    g_assert_cmpstr(got, ==, "new|s|-|0");
    assert_chain(chain, "new|");
}

/* ---- commands ---- */

/* credential_process with this command. */
static void set_command(AwsFixture *fixture, const char *command) {
    g_autofree char *config = g_strdup_printf("[default]\ncredential_process = %s\n", command);
    aws_write_config(fixture, config);
}

static void test_command_words(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = aws_write_script(fixture, "my tool", "printf '{\"Version\":1,\"AccessKeyId\":\"%s-%s-%s-%s\",\"SecretAccessKey\":\"s\"}' "
                                                                 "$# \"$1\" \"$2\" \"$(cat | wc -c)\"\n");
    g_autofree char *command = g_strdup_printf("\"%s\" '$HOME' ;x", path);
    set_command(fixture, command);
    assert_gives(fixture, "2-$HOME-;x-0|s|-|0"); /* no shell; nothing to read */
    g_autofree char *old = g_strdup(g_getenv("PATH")), *with = g_strconcat(fixture->home, ":", old, NULL);
    g_setenv("PATH", with, TRUE);
    set_command(fixture, "'my tool' a b");
    assert_gives(fixture, "2-a-b-0|s|-|0");
    g_setenv("PATH", old, TRUE);
}

/* It looks into the files that the settings name, wherever they are set. */
static void test_command_environment(AwsFixture *fixture, gconstpointer unused) {
    g_setenv("HANSARD_PREFIX", "kept", TRUE);
    use_command(fixture, "printf '{\"Version\":1,\"AccessKeyId\":\"%s-%s\",\"SecretAccessKey\":\"s\"}' \"$AWS_REGION\" \"$HANSARD_PREFIX\"\n");
    aws_set(fixture, "AWS_REGION", "eu-west-1");
    assert_gives(fixture, "eu-west-1-kept|s|-|0");
    g_unsetenv("HANSARD_PREFIX");
}

/* Nothing that is open here is open there, and signals are as a new process has them. */
static void test_command_surroundings(AwsFixture *fixture, gconstpointer unused) {
    int leaked = open("/dev/null", O_RDONLY);
    sigset_t blocked, old;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &old);
    use_command(fixture, "n=$(ls -l /proc/$$/fd | grep -c /dev/null); m=$(grep SigBlk /proc/$$/status | tr -dc 0-9a-f)\n"
                         "echo '{\"Version\":1,\"AccessKeyId\":\"fd'$n'-sig'$m'\",\"SecretAccessKey\":\"s\"}'\n");
    g_autofree char *got = aws_ask(fixture);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(leaked);
    g_assert_cmpstr(got, ==, "fd1-sig0000000000000000|s|-|0"); /* one: its standard input */
}

static void test_command_answers(AwsFixture *fixture, gconstpointer unused) {
    static const struct {
        const char *printed, *told;
    } answers[] = {
        {"", "is no JSON object of AWS credentials"},
        {"HIDDEN", "is no JSON object of AWS credentials"},
        {"[1]", "is no JSON object of AWS credentials"},
        {"{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN", "is no JSON object of AWS credentials"},
        {"{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\"}", "is not of \"Version\": 1"},
        {"{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\"}", "is not of \"Version\": 1"},
        {"{\"Version\":\"1\",\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\"}", "is not of \"Version\": 1"},
        {"{\"Version\":1,\"SecretAccessKey\":\"HIDDEN\"}", "has no AccessKeyId"},
        {"{\"Version\":1,\"AccessKeyId\":\"a\"}", "has no SecretAccessKey"},
        {"{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":7}", "has no SecretAccessKey"},
        {"{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN HIDDEN\"}", "SecretAccessKey holds a space"},
        {"{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\",\"Expiration\":\"soon\"}", "has in Expiration no time"},
        {"{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\",\"Expiration\":12}", "has in Expiration no time"},
        {"{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"HIDDEN\",\"Expiration\":\"2026-03-04T04:53:19Z\"}", "expired at 2026-03-04T04:53:19"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autofree char *body = g_strdup_printf("printf %%s '%s'\n", answers[i].printed);
        use_command(fixture, body);
        assert_refuses(fixture, "configuration", "default", answers[i].told);
    }
    use_command(fixture, "printf '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\",\"SessionToken\":null,\"Expiration\":null,\"More\":1}'\n");
    assert_gives(fixture, "a|s|-|0");
    use_command(fixture, "printf '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\",\"Expiration\":\"2026-03-04T06:53:20+01:00\"}'\n");
    assert_gives(fixture, "a|s|-|1772603600000");
}

static void test_command_fails(AwsFixture *fixture, gconstpointer unused) {
    use_command(fixture, "echo HIDDEN; exit 7\n");
    assert_refuses(fixture, "configuration", "credential_process of the profile \"default\" in ", "/tool) failed with status 7", "standard error", "by hand");
    use_command(fixture, "kill -SEGV $$\n");
    assert_refuses(fixture, "configuration", "was ended by signal 11");
    set_command(fixture, "/nowhere/tool --password HIDDEN");
    assert_refuses(fixture, "configuration", "can't be run: /nowhere/tool: No such file", "write its whole path");
    set_command(fixture, "\"unclosed HIDDEN");
    assert_refuses(fixture, "configuration", "has a quote that is not closed");
    set_command(fixture, "''");
    assert_refuses(fixture, "configuration", "can't be run");
}

static void test_command_too_loud(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *script = g_strdup_printf("printf '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\"}'; printf \"%%$(($1-53))s\" ''\n");
    g_autofree char *path = aws_write_script(fixture, "tool", script), *at = g_strdup_printf("%s %d", path, (int)AWS_CREDENTIAL_ANSWER_BYTES_MAX),
                    *over = g_strdup_printf("%s %d", path, (int)AWS_CREDENTIAL_ANSWER_BYTES_MAX + 1);
    set_command(fixture, at);
    assert_gives(fixture, "a|s|-|0");
    set_command(fixture, over);
    assert_refuses(fixture, "configuration", "printed more than 65536 bytes");
    set_command(fixture, "yes HIDDEN"); /* without end */
    assert_refuses(fixture, "configuration", "printed more than 65536 bytes");
}

static bool is_alive(AwsFixture *fixture, const char *name) {
    g_autofree char *path = g_build_filename(fixture->home, name, NULL), *text = NULL, *state = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autofree char *status = g_strdup_printf("/proc/%d/stat", atoi(text));
    if (!g_file_get_contents(status, &state, NULL, NULL)) return false;
    return !strstr(state, ") Z "); /* a dead one that its new parent has not collected yet */
}

/* With all that it started. */
static void test_command_too_slow(AwsFixture *fixture, gconstpointer unused) {
    g_autofree char *path = aws_write_script(fixture, "tool", "sleep 100 & echo $! > \"$HOME/child\"; echo $$ > \"$HOME/self\"; wait\n");
    g_autoptr(AwsCredentials) credentials = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GTimer) timer = g_timer_new();
    g_assert_false(credentials_process(aws_settings(fixture), path, "the test", 700, &credentials, &error));
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), >=, 0.69);
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 20);
    g_assert_true(error_is(error, ERROR_TIMEOUT));
    g_assert_nonnull(strstr(error->message, "did not end within 700 ms"));
    g_assert_false(is_alive(fixture, "self"));
    for (int i = 0; i < 500 && is_alive(fixture, "child"); i++) g_usleep(10000);
    g_assert_false(is_alive(fixture, "child"));
}

/* One that leaves a helper behind, which keeps the pipe open, is not waited for. */
static void test_command_with_helper(AwsFixture *fixture, gconstpointer unused) {
    g_autoptr(GTimer) timer = g_timer_new();
    use_command(fixture, "sleep 30 & echo $! > \"$HOME/child\"\nprintf '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\"}'\n");
    assert_gives(fixture, "a|s|-|0");
    g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 20);
    g_autofree char *path = g_build_filename(fixture->home, "child", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    kill(atoi(text), SIGKILL);
}

/* ---- secrets ---- */

static void test_overwritten(AwsFixture *fixture, gconstpointer unused) {
    static const char text[] = "HIDDEN";
    g_autoptr(GBytes) bytes = g_bytes_new(text, sizeof text);
    secret_bytes_overwrite(bytes);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), sizeof text, "\0\0\0\0\0\0\0", sizeof text);
    secret_bytes_overwrite(NULL);
    secret_free(NULL);
    g_autoptr(json_t) json = json_pack("{ssssss}", "AccessKeyId", "a", "SecretAccessKey", text, "Token", text);
    g_autoptr(AwsCredentials) credentials = NULL;
    g_assert_true(credentials_of_json(json, "Token", "x", &credentials, NULL));
    g_assert_cmpstr(credentials->secret_key, ==, text);
    g_autoptr(GBytes) dump = json_to_bytes(json, false);
    g_assert_null(g_strstr_len(g_bytes_get_data(dump, NULL), (gssize)g_bytes_get_size(dump), text));
}

static void test_told(AwsFixture *fixture, gconstpointer unused) {
    const char *secrets[] = {"", "HIDDEN", NULL};
    g_autofree char *long_text = g_strnfill(2000, 'x');
    g_autofree char *plain = told_by_service("Not\r\n allowed\x1b[0m", secrets), *secret = told_by_service("a HIDDEN b", secrets), *none = told_by_service(NULL, secrets),
                    *cut = told_by_service(long_text, secrets);
    g_assert_cmpstr(plain, ==, "Not allowed[0m");
    g_assert_cmpstr(secret, ==, "");
    g_assert_cmpstr(none, ==, "");
    g_assert_cmpuint(strlen(cut), ==, 300);
}

int main(int argc, char **argv) {
    static const AwsCase cases[] = {
        {"order", test_order},
        {"order-in-profile", test_order_in_profile},
        {"nobody", test_nobody},
        {"environment", test_environment},
        {"env-file", test_env_file},
        {"fixed", test_fixed},
        {"refresh", test_refresh},
        {"failed-refresh", test_failed_refresh},
        {"short-life", test_short_life},
        {"clock-set-back", test_clock_set_back},
        {"reject", test_reject},
        {"source-gone", test_source_gone},
        {"threads", test_threads},
        {"threads-failing", test_threads_failing},
        {"threads-with-old-ones", test_threads_with_old_ones},
        {"command-words", test_command_words},
        {"command-environment", test_command_environment},
        {"command-surroundings", test_command_surroundings},
        {"command-answers", test_command_answers},
        {"command-fails", test_command_fails},
        {"command-too-loud", test_command_too_loud},
        {"command-too-slow", test_command_too_slow},
        {"command-with-helper", test_command_with_helper},
        {"overwritten", test_overwritten},
        {"told", test_told},
    };
    return aws_run(argc, argv, "/aws/credentials/", cases, G_N_ELEMENTS(cases));
}
