/* base: errors, times, JSON, text and settings. */
#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/settings.h"
#include "base/text.h"

static void test_error_table(void) {
    for (int code = 0; code < ERROR_CODE_COUNT; code++) {
        const ErrorKind *kind = error_kind_of((ErrorCode)code);
        g_assert_nonnull(kind->name);
        g_assert_cmpint(kind->http_status, >=, 400);
        g_assert_cmpint(kind->http_status, <, 600);
        g_assert_true(kind->exit_status == 1 || kind->exit_status == 2);
        g_assert_cmpint(error_code_named(kind->name), ==, code);
    }
    g_assert_cmpint(error_code_named("no such"), ==, ERROR_INTERNAL);
    g_assert_cmpint(error_code_named(NULL), ==, ERROR_INTERNAL);
}

static void test_error_of_errno(void) {
    static const struct {
        int number;
        ErrorCode code;
    } cases[] = {{ENOENT, ERROR_NOT_FOUND}, {ENOSPC, ERROR_NO_SPACE}, {EDQUOT, ERROR_NO_SPACE},
                 {EACCES, ERROR_CONFIG},    {EIO, ERROR_IO},          {ETIMEDOUT, ERROR_TIMEOUT}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(fail_errno(&error, cases[i].number, "file %d", 7));
        g_assert_true(error_is(error, cases[i].code));
        g_assert_true(g_str_has_prefix(error->message, "file 7: "));
    }
    g_assert_cmpstr(error_kind(NULL)->name, ==, "internal");
    g_autoptr(GError) foreign = g_error_new_literal(g_quark_from_static_string("other"), 0, "x");
    g_assert_cmpstr(error_kind(foreign)->name, ==, "internal");
}

static void test_time(void) {
    static const struct {
        const char *text;
        gint64 unix_ms;
    } good[] = {{"2026-03-04T05:06:07.089Z", 1772600767089},
                {"2026-03-04T05:06:07.089123", 1772600767089}, /* as Python's utcnow().isoformat() writes it */
                {"2026-03-04T05:06:07", 1772600767000},
                {"2026-03-04 05:06:07", 1772600767000},
                {"2026-03-04T06:06:07+01:00", 1772600767000},
                {"2026-03-04", 1772582400000},
                {"1970-01-01T00:00:00Z", 0}};
    static const char *const bad[] = {"", "yesterday", "2026-13-01", "2026-02-30T00:00:00", "2026-03-04T25:00:00",
                                      "2026-03-04T05:06:07.089Z and forty characters of something else"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        gint64 unix_ms = -1;
        g_assert_true(time_parse(good[i].text, &unix_ms));
        g_assert_cmpint(unix_ms, ==, good[i].unix_ms);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        gint64 unix_ms = 42;
        g_assert_false(time_parse(bad[i], &unix_ms));
        g_assert_cmpint(unix_ms, ==, 42);
    }
    g_assert_false(time_parse(NULL, &(gint64){0}));
    g_autofree char *text = time_format(1772600767089);
    g_assert_cmpstr(text, ==, "2026-03-04T05:06:07.089Z");
}

static json_t *nested(int depth) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < depth; i++) g_string_append_c(text, '[');
    for (int i = 0; i < depth; i++) g_string_append_c(text, ']');
    g_autoptr(GError) error = NULL;
    json_t *value = json_parse(text->str, text->len, "it", &error);
    g_assert_true(value ? error == NULL : error_is(error, ERROR_INVALID));
    return value;
}

static void test_json_bounds(void) {
    g_autoptr(json_t) at = nested(JSON_DEPTH_MAX);
    g_assert_nonnull(at);
    g_assert_null(nested(JSON_DEPTH_MAX + 1));
    g_assert_null(nested(1000000));
    static const char *const bad[] = {"", "{", "{\"a\":1,\"a\":2}", "[1,]", "nul", "\"\\ud800\"", "{\"a\":\"\x01\"}", "1e999"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(json_parse(bad[i], strlen(bad[i]), "it", &error));
        g_assert_true(error_is(error, ERROR_INVALID));
    }
    /* brackets inside strings are no nesting */
    g_autofree char *brackets = g_strnfill(500, '[');
    g_autofree char *string = g_strdup_printf("\"\\\"%s\"", brackets);
    g_autoptr(json_t) value = json_parse(string, strlen(string), "it", NULL);
    g_assert_true(json_is_string(value));
    g_autoptr(GError) error = NULL;
    g_assert_null(json_parse_object("[]", 2, "it", &error));
    g_assert_true(error_is(error, ERROR_INVALID));
}

static void test_json_members(void) {
    g_autoptr(json_t) object = json_pack("{s:s, s:i, s:f, s:b, s:f}", "s", "x", "i", 7, "r", 1.5, "b", 1, "huge", 1e300);
    g_assert_cmpstr(json_get_string(object, "s", "?"), ==, "x");
    g_assert_cmpstr(json_get_string(object, "i", "?"), ==, "?");
    g_assert_cmpint(json_get_int(object, "i", 0), ==, 7);
    g_assert_cmpint(json_get_int(object, "r", 0), ==, 1);
    g_assert_cmpint(json_get_int(object, "huge", -1), ==, -1);
    g_assert_true(json_get_bool(object, "b", false));
    g_assert_cmpstr(json_get_string(NULL, "s", "none"), ==, "none");
    g_autoptr(json_t) broken = json_text("a\xff z");
    g_assert_cmpstr(json_string_value(broken), ==, "a\uFFFD z");
}

static void test_filename(void) {
    static const struct {
        const char *name, *clean;
    } cases[] = {{"a.m4a", "a.m4a"},
                 {"../../etc/passwd", "passwd"},
                 {"C:\\Users\\ann\\call.mp3", "call.mp3"},
                 {"..", "recording"},
                 {".", "recording"},
                 {"", "recording"},
                 {"a/", "recording"},
                 {"a\x01\x1f\x7f.wav", "a.wav"},
                 {"a\xff.wav", "a\uFFFD.wav"},
                 {"\u202Egpj.exe", "gpj.exe"},
                 {"  spaced name.mp3 ", "spaced name.mp3"},
                 {"Besprechung Mü.m4a", "Besprechung Mü.m4a"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *clean = text_clean_filename(cases[i].name);
        g_assert_cmpstr(clean, ==, cases[i].clean);
    }
    g_autofree char *null_name = text_clean_filename(NULL);
    g_assert_cmpstr(null_name, ==, "recording");
    g_autofree char *at = g_strnfill(FILENAME_BYTES_MAX, 'x'), *kept = text_clean_filename(at);
    g_assert_cmpstr(kept, ==, at);
    g_autofree char *stem = g_strnfill(400, 'y'), *over = g_strconcat(stem, ".flac", NULL), *cut = text_clean_filename(over);
    g_assert_cmpuint(strlen(cut), ==, FILENAME_BYTES_MAX);
    g_assert_true(g_str_has_suffix(cut, ".flac"));
}

static void test_text(void) {
    g_autofree char *cut = text_cut("aü€", 3), *inside = text_cut("aü€", 5), *whole = text_cut("aü€", 6);
    g_assert_cmpstr(cut, ==, "aü");
    g_assert_cmpstr(inside, ==, "aü");
    g_assert_cmpstr(whole, ==, "aü€");
    g_autofree char *folded = text_fold_space("  a \n\t b\u00a0c ");
    g_assert_cmpstr(folded, ==, "a b c");
    g_autofree char *lines = text_clean("a\r\nb\x1b[31m", -1, true);
    g_assert_cmpstr(lines, ==, "a \nb[31m");
    g_autofree char *one = text_duration(61000), *two = text_duration(3723000), *none = text_duration(-5);
    g_assert_cmpstr(one, ==, "1:01");
    g_assert_cmpstr(two, ==, "1:02:03");
    g_assert_cmpstr(none, ==, "0:00");
    g_autofree char *sha = text_sha256("abc", 3);
    g_assert_cmpstr(sha, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static char *write_env_file(const char *content) {
    g_autofree char *dir = g_dir_make_tmp("hansard-XXXXXX", NULL);
    char *path = g_build_filename(dir, ".env", NULL);
    g_assert_true(g_file_set_contents(path, content, -1, NULL));
    return path;
}

static void remove_env_file(char *path) {
    g_autofree char *dir = g_path_get_dirname(path);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(dir), ==, 0);
    g_free(path);
}

static void test_settings_precedence(void) {
    char *path = write_env_file("# comment\nexport HANSARD_DATA='from file'\n\nHANSARD_THREADS = 3\nHANSARD_LANGUAGE=\"de\"\nOTHER=1\n");
    static const char *const options[] = {"HANSARD_THREADS", "5", NULL};
    g_autoptr(Settings) settings = NULL;
    g_autoptr(GError) error = NULL;
    g_setenv("HANSARD_LANGUAGE", "fr", TRUE);
    g_assert_true(settings_load(path, options, &settings, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(settings->data_dir, ==, "from file");
    g_assert_cmpint(settings->threads, ==, 5);
    g_assert_cmpstr(settings->language, ==, "fr");
    g_assert_cmpstr(settings->listen, ==, "127.0.0.1:8080");
    g_assert_true(settings->skip_local_storage);
    g_unsetenv("HANSARD_LANGUAGE");
    remove_env_file(path);
}

static void test_settings_errors(void) {
    static const char *const bad[][2] = {{"HANSARD_DTA", "x"},        {"HANSARD_THREADS", "257"},  {"HANSARD_THREADS", "-1"},
                                         {"HANSARD_THREADS", "two"},  {"HANSARD_NO_AUTH", "maybe"}, {"HANSARD_EXTRACTOR", "magic"},
                                         {"URL_EXPIRY_SECONDS", "0"}, {"URL_EXPIRY_SECONDS", "604801"}, {"S3_BUCKET_NAME", "ab"}};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *options[] = {bad[i][0], bad[i][1], NULL};
        g_autoptr(Settings) settings = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(settings_load(NULL, options, &settings, &error));
        g_assert_true(error_is(error, ERROR_CONFIG));
        g_assert_nonnull(strstr(error->message, bad[i][0])); /* it names the setting */
        g_assert_null(settings);
    }
    const char *limits[] = {"HANSARD_THREADS", "256", "URL_EXPIRY_SECONDS", "604800", NULL};
    g_autoptr(Settings) settings = NULL;
    g_assert_true(settings_load("/nonexistent/.env", limits, &settings, NULL));
    g_assert_cmpint(settings->threads, ==, 256);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/error/table", test_error_table);
    g_test_add_func("/base/error/errno", test_error_of_errno);
    g_test_add_func("/base/time", test_time);
    g_test_add_func("/base/json/bounds", test_json_bounds);
    g_test_add_func("/base/json/members", test_json_members);
    g_test_add_func("/base/text/filename", test_filename);
    g_test_add_func("/base/text", test_text);
    g_test_add_func("/base/settings/precedence", test_settings_precedence);
    g_test_add_func("/base/settings/errors", test_settings_errors);
    return g_test_run();
}
