/* A user's home with ~/.aws, settings, a clock that the test sets and a real transport: what tests of credentials start from. No test leaves loopback:
 * the instance's metadata service is off unless a test names another. */
#pragma once

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"
#include "fake_clock.h"
#include "fake_http.h"
#include "net/curl.h"

#define NOW_MS 1772600000000LL /* 2026-03-04T04:53:20Z */
#define HOUR_MS (3600 * 1000LL)

typedef struct {
    char *home;
    FakeClock clock;
    HttpTransport *transport;
    Settings *settings;
    FakeHttp *service; /* plays STS or a metadata service; NULL: the test has started none */
    FakeStep *steps;   /* its script */
    guint step_count;
    GPtrArray *options;   /* "NAME", "value", … */
} AwsFixture;

static void aws_fixture_set_up(AwsFixture *fixture, gconstpointer unused) {
    g_auto(GStrv) environment = g_listenv();
    for (guint i = 0; environment[i]; i++)
        if (g_str_has_prefix(environment[i], "AWS_") || g_str_has_suffix(environment[i], "_proxy")) g_unsetenv(environment[i]);
    fixture->home = g_dir_make_tmp("hansard-aws-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(fixture->home, ".aws", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_setenv("HOME", fixture->home, TRUE);
    fixture->clock = (FakeClock)FAKE_CLOCK(NOW_MS);
    fixture->transport = http_curl_new(NULL);
    fixture->options = g_ptr_array_new_with_free_func(g_free);
}

static void aws_remove_tree(const char *path) {
    if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK) && g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        for (const char *name; folder && (name = g_dir_read_name(folder));) {
            g_autofree char *below = g_build_filename(path, name, NULL);
            aws_remove_tree(below);
        }
    }
    (void)g_remove(path);
}

static void aws_stop(AwsFixture *fixture) {
    g_clear_pointer(&fixture->service, fake_http_free);
    for (guint i = 0; i < fixture->step_count; i++) g_free((char *)fixture->steps[i].answer);
    g_clear_pointer(&fixture->steps, g_free);
    fixture->step_count = 0;
}

static void aws_fixture_tear_down(AwsFixture *fixture, gconstpointer unused) {
    aws_stop(fixture);
    settings_free(fixture->settings);
    http_transport_close(fixture->transport);
    g_ptr_array_unref(fixture->options);
    aws_remove_tree(fixture->home);
    g_free(fixture->home);
}

/* An AWS_* variable; before aws_settings(). */
static inline void aws_set(AwsFixture *fixture, const char *name, const char *value) {
    g_ptr_array_add(fixture->options, g_strdup(name));
    g_ptr_array_add(fixture->options, g_strdup(value));
}

static inline const Settings *aws_settings(AwsFixture *fixture) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) pairs = g_ptr_array_new();
    g_ptr_array_add(pairs, (gpointer) "AWS_EC2_METADATA_DISABLED");
    g_ptr_array_add(pairs, (gpointer) "true");
    for (guint i = 0; i < fixture->options->len; i++) g_ptr_array_add(pairs, fixture->options->pdata[i]);
    g_ptr_array_add(pairs, NULL);
    g_clear_pointer(&fixture->settings, settings_free);
    settings_load(NULL, (const char *const *)pairs->pdata, &fixture->settings, &error);
    g_assert_no_error(error);
    return fixture->settings;
}

static inline AwsCredentialsChain *aws_chain(AwsFixture *fixture) {
    return aws_credentials_chain_new(aws_settings(fixture), fixture->transport, &fixture->clock.base);
}

/* Below the home; the path is the caller's to free. */
static inline char *aws_write(AwsFixture *fixture, const char *name, const char *text) {
    char *path = g_build_filename(fixture->home, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static inline void aws_write_config(AwsFixture *fixture, const char *text) { g_free(aws_write(fixture, ".aws/config", text)); }
static inline void aws_write_credentials(AwsFixture *fixture, const char *text) { g_free(aws_write(fixture, ".aws/credentials", text)); }

/* A shell script that can be run; its path is the caller's to free. */
static inline char *aws_write_script(AwsFixture *fixture, const char *name, const char *text) {
    g_autofree char *whole = g_strconcat("#!/bin/sh\n", text, NULL);
    char *path = aws_write(fixture, name, whole);
    g_assert_cmpint(g_chmod(path, 0700), ==, 0);
    return path;
}

/* "KEY|SECRET|TOKEN|expires" of what the chain gives now, "-" for none; or "!CODE message". Caller frees. */
static inline char *aws_got(AwsCredentialsChain *chain) {
    g_autoptr(AwsCredentials) credentials = NULL;
    g_autoptr(GError) error = NULL;
    if (!aws_credentials_get(chain, &credentials, &error)) return g_strdup_printf("!%s %s", error_kind(error)->name, error->message);
    g_assert_no_error(error);
    return g_strdup_printf("%s|%s|%s|%" G_GINT64_FORMAT, credentials->access_key, credentials->secret_key,
                           credentials->session_token ? credentials->session_token : "-", credentials->expires_ms);
}

/* What a new chain over the present files and settings gives. */
static inline char *aws_ask(AwsFixture *fixture) {
    g_autoptr(AwsCredentialsChain) chain = aws_chain(fixture);
    return aws_got(chain);
}

#define assert_gives(fixture, expected) \
    do { \
        g_autofree char *got_ = aws_ask(fixture); \
        g_assert_cmpstr(got_, ==, expected); \
    } while (0)

/* A failure of this code whose message holds each of the texts (NULL-terminated) and none of what is secret. */
#define SECRET "HIDDENhiddenHIDDENhidden"
static inline void aws_assert_message(const char *got, const char *code, ...) {
    va_list texts;
    g_autofree char *start = g_strdup_printf("!%s ", code);
    if (!g_str_has_prefix(got, start)) g_error("expected %s, got: %s", code, got);
    va_start(texts, code);
    for (const char *text; (text = va_arg(texts, const char *));)
        if (!strstr(got, text)) g_error("\"%s\" is missing in: %s", text, got);
    va_end(texts);
    g_assert_null(strstr(got, "HIDDEN"));
    g_assert_null(strchr(got, '\n'));
}
#define assert_refuses(fixture, code, ...) \
    do { \
        g_autofree char *got_ = aws_ask(fixture); \
        aws_assert_message(got_, code, __VA_ARGS__, NULL); \
    } while (0)

/* What the fixture's service answers, in order; the last one again and again. */
typedef struct {
    int status; /* 0: it hangs up; -1: it says nothing */
    const char *body, *headers; /* NULL: none; headers' lines end in \r\n */
} AwsAnswer;
#define ANSWER(status_, body_) {.status = (status_), .body = (body_)}

static inline FakeStep aws_step(const AwsAnswer *answer) {
    const char *body = answer->body ? answer->body : "";
    if (answer->status <= 0) return (FakeStep){.then = answer->status < 0 ? FAKE_STALL : FAKE_CLOSE};
    return (FakeStep){.answer = g_strdup_printf("HTTP/1.1 %d Fake\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n%s", answer->status, strlen(body),
                                                answer->headers ? answer->headers : "", body),
                      .then = FAKE_CLOSE};
}

/* Starts the fixture's service anew with this script, and names its address in `setting`. */
static inline void aws_serve_answers(AwsFixture *fixture, const char *setting, const char *path, const AwsAnswer *answers, guint count) {
    aws_stop(fixture);
    fixture->steps = g_new(FakeStep, count);
    fixture->step_count = count;
    for (guint i = 0; i < count; i++) fixture->steps[i] = aws_step(&answers[i]);
    fixture->service = fake_http_new(fixture->steps, count);
    g_autofree char *url = g_strconcat(fixture->service->url, path, NULL);
    aws_set(fixture, setting, url);
}
#define aws_serve(fixture, setting, path, ...) \
    aws_serve_answers(fixture, setting, path, (const AwsAnswer[]){__VA_ARGS__}, G_N_ELEMENTS(((const AwsAnswer[]){__VA_ARGS__})))

static inline guint aws_served(AwsFixture *fixture) { return fake_http_count(fixture->service); }

/* "PUT /path" and the body of what the service was asked. Caller frees. */
static inline char *aws_asked(AwsFixture *fixture, guint number) {
    const char *head = fake_http_request(fixture->service, number)->head;
    return g_strndup(head, (gsize)(strstr(head, " HTTP/") - head));
}
static inline char *aws_asked_body(AwsFixture *fixture, guint number) {
    GBytes *body = fake_http_request(fixture->service, number)->body;
    return g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
}

typedef struct {
    const char *name;
    void (*test)(AwsFixture *fixture, gconstpointer unused);
} AwsCase;
static inline int aws_run(int argc, char **argv, const char *prefix, const AwsCase *cases, gsize count) {
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < count; i++) {
        g_autofree char *path = g_strconcat(prefix, cases[i].name, NULL);
        g_test_add(path, AwsFixture, NULL, aws_fixture_set_up, cases[i].test, aws_fixture_tear_down);
    }
    return g_test_run();
}
