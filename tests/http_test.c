/* The parts of src/http that need no socket: requests, ranges, ETags, routes, problem details, Host and Origin, live progress. */
#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "http/progress.h"
#include "http/resources.h"
#include "http/router.h"
#include "http/security.h"
#include "http/tasks.h"
#include "store/memory.h"

static bool add(Request *request, const char *name, const char *value, GError **error) {
    return request_add_header(request, name, strlen(name), value, strlen(value), error);
}

static Request *request_of(const char *method, const char *target) {
    Request *request = request_new(target);
    g_autoptr(GError) error = NULL;
    request_begin(request, method, &error);
    g_assert_no_error(error);
    return request;
}

static Request *request_with(const char *method, const char *target, const char *name, const char *value) {
    Request *request = request_of(method, target);
    g_assert_true(add(request, name, value, NULL));
    return request;
}

#define ASSERT_FAILS(call, wanted)                                                                                             \
    do {                                                                                                                       \
        g_autoptr(GError) error = NULL;                                                                                        \
        g_assert_false(call);                                                                                                  \
        g_assert_true(error_is(error, wanted));                                                                                \
        g_assert_cmpuint(strlen(error->message), >, 10);                                                                       \
    } while (0)

static void test_target(void) {
    g_autoptr(Request) request = request_of("HEAD", "/api/meetings/a%20b?tag=x%26y&q=a+b&empty=");
    g_assert_cmpstr(request->method, ==, "GET");
    g_assert_cmpstr(request->path, ==, "/api/meetings/a b");
    g_assert_cmpstr(request->raw_path, ==, "/api/meetings/a%20b");
    g_assert_cmpstr(request->raw_query, ==, "tag=x%26y&q=a+b&empty=");
    g_assert_cmpstr(request_query(request, "tag"), ==, "x&y");
    g_assert_cmpstr(request_query(request, "q"), ==, "a b");
    g_assert_null(request_query(request, "empty"));
    g_assert_null(request_query(request, "absent"));
    g_autoptr(Request) absolute = request_of("GET", "http://host:1/p?x=1");
    g_assert_cmpstr(absolute->path, ==, "/p");
    g_autoptr(Request) bare = request_of("GET", "http://host");
    g_assert_cmpstr(bare->path, ==, "/");
    g_autoptr(Request) server_wide = request_of("OPTIONS", "*");
    g_assert_cmpstr(server_wide->path, ==, "*");
}

static void test_target_refused(void) {
    static const char *const targets[] = {"",      "path",     "*",       "/a%2Fb",  "/a%00b", "/a%0ab", "/%",     "/%zz",
                                          "/%ff",  "/a?q=%",   "/a?q=%0", "/a?q=%00", "/?q=%ff", "/a?q=%0a"};
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autoptr(Request) request = request_new(targets[i]);
        g_test_message("%s", targets[i]);
        ASSERT_FAILS(request_begin(request, "GET", &error), ERROR_INVALID);
    }
}

static void test_headers(void) {
    g_autoptr(Request) request = request_new("/");
    g_assert_true(add(request, "Host", "localhost", NULL));
    g_assert_true(add(request, "Accept", "a", NULL));
    g_assert_true(add(request, "accept", "b\tc", NULL));
    g_assert_cmpstr(request_header(request, "accept"), ==, "a, b\tc");
    g_assert_null(request_header(request, "origin"));
    ASSERT_FAILS(add(request, "HOST", "localhost", &error), ERROR_INVALID);
    ASSERT_FAILS(add(request, "X", "a\nb", &error), ERROR_INVALID);
    ASSERT_FAILS(add(request, "X", "a\x7f", &error), ERROR_INVALID);
    ASSERT_FAILS(add(request, "X Y", "a", &error), ERROR_INVALID);
    ASSERT_FAILS(add(request, "X:", "a", &error), ERROR_INVALID);
    ASSERT_FAILS(add(request, "", "a", &error), ERROR_INVALID);
    ASSERT_FAILS(request_add_header(request, "x", 1, "a\0b", 3, &error), ERROR_INVALID);
    ASSERT_FAILS(request_add_header(request, "x\0", 2, "a", 1, &error), ERROR_INVALID);
}

static void test_body_length(void) {
    g_autoptr(Request) none = request_new("/");
    g_assert_true(request_check(none, NULL));
    g_assert_false(request_has_body(none));
    g_autoptr(Request) some = request_with("POST", "/", "content-length", "9223372036854775807");
    g_assert_true(request_check(some, NULL));
    g_assert_cmpuint(some->content_length, ==, G_MAXINT64);
    g_autoptr(Request) chunked = request_with("POST", "/", "Transfer-Encoding", "Chunked");
    g_assert_true(request_check(chunked, NULL));
    g_assert_true(chunked->chunked && request_has_body(chunked));
    g_assert_true(add(chunked, "Content-Length", "3", NULL));
    ASSERT_FAILS(request_check(chunked, &error), ERROR_INVALID);
    static const char *const lengths[] = {"-1", "+1", " 1", "1 ", "1,1", "0x10", "9223372036854775808", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(Request) request = request_with("POST", "/", "content-length", lengths[i]);
        ASSERT_FAILS(request_check(request, &error), ERROR_INVALID);
    }
    g_autoptr(Request) gzip = request_with("POST", "/", "transfer-encoding", "gzip, chunked");
    ASSERT_FAILS(request_check(gzip, &error), ERROR_INVALID);
}

static void test_query_values(void) {
    g_autoptr(Request) request = request_of("GET", "/?limit=200&over=201&neg=-1&text=x&time=2026-03-04&bad=soon");
    gint64 value = 7;
    g_assert_true(request_query_int(request, "limit", 1, 200, 50, &value, NULL));
    g_assert_cmpint(value, ==, 200);
    g_assert_true(request_query_int(request, "absent", 1, 200, 50, &value, NULL));
    g_assert_cmpint(value, ==, 50);
    ASSERT_FAILS(request_query_int(request, "over", 1, 200, 50, &value, &error), ERROR_INVALID);
    ASSERT_FAILS(request_query_int(request, "neg", 1, 200, 50, &value, &error), ERROR_INVALID);
    ASSERT_FAILS(request_query_int(request, "text", 1, 200, 50, &value, &error), ERROR_INVALID);
    g_assert_cmpint(value, ==, 50); /* untouched on failure */
    g_assert_true(request_query_time(request, "time", &value, NULL));
    g_assert_cmpint(value, ==, 1772582400000);
    g_assert_true(request_query_time(request, "absent", &value, NULL));
    g_assert_cmpint(value, ==, 0);
    ASSERT_FAILS(request_query_time(request, "bad", &value, &error), ERROR_INVALID);
}

static void test_content_type(void) {
    g_autoptr(Request) request = request_with("POST", "/", "content-type", "Application/JSON ; charset=utf-8");
    g_assert_true(request_type_is(request, "application/json"));
    g_assert_false(request_type_is(request, "application/jso"));
    g_autoptr(Request) none = request_of("POST", "/");
    g_assert_false(request_type_is(none, "application/json"));
}

static void test_etags(void) {
    g_assert_true(etag_listed("\"a\"", "\"a\""));
    g_assert_true(etag_listed("\"x\", W/\"a\"", "\"a\""));
    g_assert_true(etag_listed("\"a\"", "W/\"a\""));
    g_assert_true(etag_listed("*", "\"a\""));
    g_assert_false(etag_listed("\"b\"", "\"a\""));
    g_assert_false(etag_listed("a", "\"a\""));
    g_assert_false(etag_listed(NULL, "\"a\""));
}

static void test_ranges(void) {
    static const struct {
        const char *header;
        guint64 size;
        RangeResult result;
        guint64 first, length;
    } cases[] = {
        {NULL, 10, RANGE_WHOLE, 0, 0},
        {"bytes=0-0", 10, RANGE_PART, 0, 1},
        {"bytes=0-", 10, RANGE_PART, 0, 10},
        {"bytes=9-9", 10, RANGE_PART, 9, 1},
        {"BYTES=2-4", 10, RANGE_PART, 2, 3},
        {"bytes=2-99", 10, RANGE_PART, 2, 8},
        {"bytes=-3", 10, RANGE_PART, 7, 3},
        {"bytes=-10", 10, RANGE_PART, 0, 10},
        {"bytes=-11", 10, RANGE_PART, 0, 10},
        {"bytes=0-99999999999999999999999999", 10, RANGE_PART, 0, 10},
        {"bytes=10-", 10, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=10-12", 10, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=99999999999999999999999999-", 10, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", 10, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-1", 0, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-4", 10, RANGE_WHOLE, 0, 0},
        {"bytes=-", 10, RANGE_WHOLE, 0, 0},
        {"bytes=", 10, RANGE_WHOLE, 0, 0},
        {"bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 0},
        {"bytes=a-b", 10, RANGE_WHOLE, 0, 0},
        {"bytes=0x1-2", 10, RANGE_WHOLE, 0, 0},
        {"items=0-1", 10, RANGE_WHOLE, 0, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint64 first = 0, length = 0;
        g_test_message("%s of %" G_GUINT64_FORMAT, cases[i].header, cases[i].size);
        g_assert_cmpint(range_parse(cases[i].header, cases[i].size, &first, &length), ==, cases[i].result);
        g_assert_cmpuint(first, ==, cases[i].first);
        g_assert_cmpuint(length, ==, cases[i].length);
    }
}

static void test_routes(void) {
    static const struct {
        const char *method, *path, *pattern, *parameter;
        BodyKind body;
    } cases[] = {
        {"GET", "/api/meetings", "/api/meetings", NULL, BODY_NONE},
        {"HEAD", "/api/meetings", "/api/meetings", NULL, BODY_NONE},
        {"POST", "/api/meetings", "/api/meetings", NULL, BODY_UPLOAD},
        {"POST", "/api/meeting/process", "/api/meeting/process", NULL, BODY_JSON},
        {"GET", "/api/meetings/meeting-1", "/api/meetings/{id}", "meeting-1", BODY_NONE},
        {"PATCH", "/api/meetings/meeting-1", "/api/meetings/{id}", "meeting-1", BODY_JSON},
        {"DELETE", "/api/meetings/meeting-1", "/api/meetings/{id}", "meeting-1", BODY_NONE},
        {"GET", "/api/meetings/m/export", "/api/meetings/{id}/export", "m", BODY_NONE},
        {"GET", "/store/meetings/a/b", "/store/*", NULL, BODY_NONE},
        {"GET", "/", "/", NULL, BODY_NONE},
        {"GET", "/app.css", "/", NULL, BODY_NONE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Request) request = request_of(cases[i].method, cases[i].path);
        g_autofree char *allow = NULL;
        const Route *route = NULL;
        g_autoptr(GError) error = NULL;
        router_find(request, &route, &allow, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(route->pattern, ==, cases[i].pattern);
        g_assert_cmpint(route->body, ==, cases[i].body);
        g_assert_cmpstr(request->parameter, ==, cases[i].parameter);
        g_assert_true(route->handle || route->body == BODY_UPLOAD);
    }
}

static void test_routes_refused(void) {
    static const char *const unknown[] = {"/api", "/api/", "/api/meetings/", "/api/meetings/m/", "/api/meetings/m/nothing",
                                          "/store/", "/x", "/api/meetings/m/export/x", "/api/meetings/..",
                                          "/api/meetings/a%20b", "/index.php"};
    for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_autoptr(Request) request = request_of("GET", unknown[i]);
        g_autofree char *allow = NULL;
        const Route *route = NULL;
        g_test_message("%s", unknown[i]);
        ASSERT_FAILS(router_find(request, &route, &allow, &error), ERROR_NOT_FOUND);
    }
    g_autofree char *id = g_strnfill(MEETING_ID_BYTES_MAX + 1, 'a');
    g_autofree char *at_limit = g_strdup_printf("/api/meetings/%s", id + 1), *over = g_strdup_printf("/api/meetings/%s", id);
    g_autoptr(Request) longest = request_of("GET", at_limit), too_long = request_of("GET", over);
    g_autofree char *allow = NULL, *none = NULL;
    const Route *route = NULL;
    g_assert_true(router_find(longest, &route, &allow, NULL));
    ASSERT_FAILS(router_find(too_long, &route, &none, &error), ERROR_NOT_FOUND);
}

static void test_methods_refused(void) {
    static const struct {
        const char *method, *path, *allow;
    } cases[] = {
        {"PUT", "/api/meetings", "OPTIONS, GET, HEAD, POST"},
        {"POST", "/api/meetings/m", "OPTIONS, GET, HEAD, PATCH, DELETE"},
        {"GET", "/api/meetings/m/retry", "OPTIONS, POST"},
        {"TRACE", "/", "OPTIONS, GET, HEAD"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Request) request = request_of(cases[i].method, cases[i].path);
        g_autofree char *allow = NULL;
        const Route *route = NULL;
        ASSERT_FAILS(router_find(request, &route, &allow, &error), ERROR_METHOD_NOT_ALLOWED);
        g_assert_cmpstr(allow, ==, cases[i].allow);
    }
}

static void test_problem(void) {
    g_auto(Response) response = {0};
    g_autoptr(GError) error = NULL;
    response_init(&response);
    response_json(&response, 200, json_pack("{s:i}", "a", 1));
    fail(&error, ERROR_TOO_MANY, "wait for \xff it");
    response_problem(&response, error);
    gsize size = 0;
    const char *data = g_bytes_get_data(response.bytes, &size);
    g_autoptr(json_t) json = json_parse_object(data, size, "answer", NULL);
    g_assert_cmpuint(response.status, ==, 503);
    g_assert_cmpstr(response_get_header(&response, "content-type"), ==, "application/problem+json");
    g_assert_cmpstr(response_get_header(&response, "Retry-After"), ==, "2");
    g_assert_cmpstr(json_get_string(json, "type", NULL), ==, "about:blank");
    g_assert_cmpstr(json_get_string(json, "code", NULL), ==, "too-many");
    g_assert_cmpstr(json_get_string(json, "title", NULL), ==, error_kind_of(ERROR_TOO_MANY)->title);
    g_assert_cmpint(json_get_int(json, "status", 0), ==, 503);
    g_assert_true(json_is_false(json_object_get(json, "success")));
    g_assert_cmpstr(json_get_string(json, "detail", NULL), ==, "wait for \xef\xbf\xbd it");
}

static void test_headers_of_answers(void) {
    g_auto(Response) response = {0};
    response_init(&response);
    response_header(&response, "Location", "/a\r\nSet-Cookie: x");
    g_assert_cmpstr(response_get_header(&response, "location"), ==, "/a  Set-Cookie: x");
    response_header(&response, "LOCATION", "/b");
    g_assert_cmpuint(response.headers->len, ==, 2);
    response_header(&response, "Cache-Control", "no-store");
    security_headers(&response);
    g_assert_cmpstr(response_get_header(&response, "Cache-Control"), ==, "no-store");
    g_assert_cmpstr(response_get_header(&response, "X-Content-Type-Options"), ==, "nosniff");
    g_assert_cmpstr(response_get_header(&response, "Referrer-Policy"), ==, "no-referrer");
    g_assert_nonnull(strstr(response_get_header(&response, "Content-Security-Policy"), "frame-ancestors 'none'"));
    response_attachment(&response, "Müller \"x\"/100%.md");
    g_assert_cmpstr(response_get_header(&response, "Content-Disposition"), ==,
                    "attachment; filename=\"Muller _x__100_.md\"; filename*=UTF-8''M%C3%BCller%20%22x%22%2F100%25.md");
}

static void test_cached_json(void) {
    g_auto(Response) first = {0}, second = {0}, third = {0};
    g_autoptr(Request) plain = request_of("GET", "/");
    response_init(&first);
    response_json_cached(&first, plain, json_pack("{s:i}", "a", 1));
    const char *etag = response_get_header(&first, "ETag");
    g_assert_cmpuint(first.status, ==, 200);
    g_assert_true(g_str_has_prefix(etag, "W/\""));
    g_autoptr(Request) again = request_with("GET", "/", "If-None-Match", etag);
    response_init(&second);
    response_json_cached(&second, again, json_pack("{s:i}", "a", 1));
    g_assert_cmpuint(second.status, ==, 304);
    g_assert_null(second.bytes);
    response_init(&third);
    response_json_cached(&third, again, json_pack("{s:i}", "a", 2));
    g_assert_cmpuint(third.status, ==, 200);
}

static void answer_object(Store *store, const char *name, const char *value, Response *response) {
    g_autoptr(Request) request = name ? request_with("GET", "/", name, value) : request_of("GET", "/");
    g_autoptr(StoreReader) reader = NULL;
    g_auto(StoreInfo) info = {0};
    g_assert_true(store_open(store, "meetings/a.mp3", &reader, &info, NULL));
    response_init(response);
    if (name && strcmp(name, "if-range") == 0) add(request, "range", "bytes=2-3", NULL);
    response_object(response, request, g_steal_pointer(&reader), &info);
}

static void test_objects(void) {
    g_autoptr(Store) store = store_memory_new(clock_system());
    g_autoptr(GBytes) bytes = g_bytes_new_static("0123456789", 10);
    g_auto(StoreInfo) info = {0};
    g_assert_true(store_put(store, "meetings/a.mp3", bytes, NULL, &info, NULL));
    g_autofree char *etag = g_strdup_printf("\"%s\"", info.etag);
    g_auto(Response) whole = {0}, part = {0}, outside = {0}, known = {0}, other = {0}, same = {0};
    answer_object(store, NULL, NULL, &whole);
    g_assert_cmpuint(whole.status, ==, 200);
    g_assert_cmpuint(whole.length, ==, 10);
    g_assert_cmpstr(response_get_header(&whole, "ETag"), ==, etag);
    g_assert_cmpstr(response_get_header(&whole, "Accept-Ranges"), ==, "bytes");
    answer_object(store, "range", "bytes=-4", &part);
    g_assert_cmpuint(part.status, ==, 206);
    g_assert_cmpuint(part.first, ==, 6);
    g_assert_cmpstr(response_get_header(&part, "Content-Range"), ==, "bytes 6-9/10");
    answer_object(store, "range", "bytes=10-", &outside);
    g_assert_cmpuint(outside.status, ==, 416);
    g_assert_null(outside.reader);
    g_assert_cmpstr(response_get_header(&outside, "Content-Range"), ==, "bytes */10");
    answer_object(store, "if-none-match", etag, &known);
    g_assert_cmpuint(known.status, ==, 304);
    answer_object(store, "if-range", "\"other\"", &other);
    g_assert_cmpuint(other.status, ==, 200);
    answer_object(store, "if-range", etag, &same);
    g_assert_cmpuint(same.status, ==, 206);
}

static void test_listen(void) {
    static const struct {
        const char *text;
        bool no_auth, taken;
        guint16 port;
    } cases[] = {
        {"127.0.0.1:8080", false, true, 8080}, {"127.9.9.9:1", false, true, 1},    {"[::1]:0", false, true, 0},
        {"localhost:65535", false, true, 65535}, {"0.0.0.0:80", false, false, 0},   {"0.0.0.0:80", true, true, 80},
        {"192.168.1.5:80", false, false, 0},   {"[::]:80", false, false, 0},        {"[::]:80", true, true, 80},
        {"127.0.0.1", false, false, 0},        {"127.0.0.1:", false, false, 0},     {"127.0.0.1:65536", false, false, 0},
        {":80", false, false, 0},              {"example.org:80", true, false, 0},  {"[::1:80", false, false, 0},
        {"127.0.0.1:8 0", false, false, 0},    {"", false, false, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Listen) place = {0};
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].text);
        g_assert_true(listen_parse(cases[i].text, cases[i].no_auth, &place, &error) == cases[i].taken);
        if (!cases[i].taken) {
            g_assert_true(error_is(error, ERROR_CONFIG));
            g_assert_nonnull(strstr(error->message, "HANSARD_LISTEN"));
            continue;
        }
        g_assert_cmpuint(g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(place.address)), ==, cases[i].port);
    }
    g_auto(Listen) place = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(listen_parse("0.0.0.0:80", false, &place, &error));
    g_assert_nonnull(strstr(error->message, "HANSARD_NO_AUTH"));
}

static bool host_taken(const Listen *place, const char *host) {
    g_autoptr(Request) request = request_with("GET", "/", "host", host);
    return security_check(place, request, NULL);
}

static void test_host(void) {
    g_auto(Listen) place = {0}, open = {0};
    g_assert_true(listen_parse("127.0.0.2:8080", false, &place, NULL));
    static const char *const good[] = {"localhost", "LOCALHOST:9", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]",
                                       "127.0.0.2"};
    static const char *const bad[] = {"example.org", "example.org:8080", "127.0.0.1.example.org", "localhost.example.org",
                                      "10.0.0.1",
                                      "", "[::1", "a b", "localhost:x", "user@localhost", "[::2]", "0.0.0.0"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) g_assert_true(host_taken(&place, good[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) g_assert_false(host_taken(&place, bad[i]));
    g_assert_true(listen_parse("0.0.0.0:8080", true, &open, NULL));
    g_assert_true(host_taken(&open, "meetings.example.org"));
    g_assert_false(host_taken(&open, "a b"));
}

static bool origin_taken(const Listen *place, const char *method, const char *name, const char *value) {
    g_autoptr(Request) request = request_with(method, "/", "host", "localhost:8080");
    if (name) add(request, name, value, NULL);
    return security_check(place, request, NULL);
}

static void test_origin(void) {
    g_auto(Listen) place = {0};
    g_assert_true(listen_parse("127.0.0.1:8080", false, &place, NULL));
    g_assert_true(origin_taken(&place, "POST", NULL, NULL));
    g_assert_true(origin_taken(&place, "POST", "origin", "http://localhost:8080"));
    g_assert_true(origin_taken(&place, "GET", "origin", "http://example.org"));
    g_assert_true(origin_taken(&place, "DELETE", "sec-fetch-site", "same-origin"));
    static const char *const bad[] = {"http://localhost", "http://localhost:8081", "http://example.org", "null", "",
                                      "localhost:8080"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) g_assert_false(origin_taken(&place, "POST", "origin", bad[i]));
    g_assert_false(origin_taken(&place, "PATCH", "sec-fetch-site", "cross-site"));
    g_assert_false(origin_taken(&place, "DELETE", "sec-fetch-site", "same-site"));
}

static Job *running_job(const char *run, double progress) {
    Job *job = job_new("meeting-1");
    g_free(job->run);
    job->run = g_strdup(run);
    job->state = JOB_RUNNING;
    job->stage = STAGE_TRANSCRIBE;
    job->progress = progress;
    job->remaining_ms = -1;
    return job;
}

static void test_progress(void) {
    FakeClock clock = FAKE_CLOCK(1000000);
    Progress *progress = progress_new(&clock.base);
    g_autoptr(Job) live = running_job("run-1", 0.5), stored = running_job("run-1", 0.1), other = running_job("run-2", 0.1);
    live->remaining_ms = 9000;
    progress_apply(progress, stored);
    g_assert_cmpfloat(stored->progress, ==, 0.1);
    progress_put(progress, live);
    progress_apply(progress, stored);
    g_assert_cmpfloat(stored->progress, ==, 0.5);
    g_assert_cmpint(stored->remaining_ms, ==, 9000);
    progress_apply(progress, other); /* of another run */
    g_assert_cmpfloat(other->progress, ==, 0.1);
    stored->stage = STAGE_EXTRACT; /* the store knows of a later stage */
    stored->progress = 0.2;
    progress_apply(progress, stored);
    g_assert_cmpfloat(stored->progress, ==, 0.2);
    stored->stage = STAGE_TRANSCRIBE;
    stored->state = JOB_FAILED;
    progress_apply(progress, stored);
    g_assert_cmpfloat(stored->progress, ==, 0.2);
    stored->state = JOB_RUNNING;
    clock.now += JOB_LEASE_MS + 1; /* nobody has told for a lease's time */
    progress_apply(progress, stored);
    g_assert_cmpfloat(stored->progress, ==, 0.2);
    progress_free(progress);
}

/* A source whose state is an atomic step: below 0 it fails, from 3 on it is final. */
static bool step_source(gpointer user_data, const char *meeting_id, json_t **state, bool *final, GError **error) {
    gint step = g_atomic_int_get((gint *)user_data);
    if (step < 0) return fail(error, ERROR_NOT_FOUND, "there is no meeting %s", meeting_id);
    *state = json_pack("{s:i}", "step", step);
    *final = step >= 3;
    return true;
}

static void test_events(void) {
    gint step = 3;
    char text[200];
    EventHub *hub = event_hub_new(step_source, &step);
    EventStream *stream = NULL;
    g_assert_true(event_stream_open(hub, "meeting-1", &stream, NULL));
    g_assert_cmpint(event_stream_read(stream, NULL, text, 5), ==, 5);
    gssize size = event_stream_read(stream, NULL, text + 5, sizeof text - 6);
    text[5 + size] = '\0';
    g_assert_cmpstr(text, ==, "retry: 2000\n\nevent: progress\ndata: {\"step\":3}\n\nevent: done\ndata: {\"step\":3}\n\n");
    g_assert_cmpint(event_stream_read(stream, NULL, text, sizeof text), ==, -1);
    event_stream_close(stream);
    g_atomic_int_set(&step, -1);
    ASSERT_FAILS(event_stream_open(hub, "meeting-1", &stream, &error), ERROR_NOT_FOUND);
    g_assert_cmpuint(event_hub_count(hub), ==, 0);
    event_hub_stop(hub);
    ASSERT_FAILS(event_stream_open(hub, "meeting-1", &stream, &error), ERROR_NOT_FOUND);
    event_hub_free(hub);
}

static void test_events_limit(void) {
    gint step = 1;
    EventHub *hub = event_hub_new(step_source, &step);
    EventStream *streams[EVENT_STREAMS_MAX], *over = NULL;
    char text[400];
    for (guint i = 0; i < EVENT_STREAMS_MAX; i++) g_assert_true(event_stream_open(hub, "m", &streams[i], NULL));
    ASSERT_FAILS(event_stream_open(hub, "m", &over, &error), ERROR_TOO_MANY);
    event_stream_close(streams[0]);
    g_assert_true(event_stream_open(hub, "m", &streams[0], NULL));
    /* The hub's thread tells the change to each. */
    g_atomic_int_set(&step, 3);
    g_usleep(1500 * 1000); /* three ticks; without a connection there is nothing to be woken by */
    gssize size = event_stream_read(streams[0], NULL, text, sizeof text - 1);
    text[size] = '\0';
    g_assert_cmpstr(text, ==,
                    "retry: 2000\n\nevent: progress\ndata: {\"step\":1}\n\nevent: progress\ndata: {\"step\":3}\n\n"
                    "event: done\ndata: {\"step\":3}\n\n");
    event_hub_stop(hub);
    for (guint i = 0; i < EVENT_STREAMS_MAX; i++) event_stream_close(streams[i]);
    event_hub_free(hub);
}

static void count_task(gpointer user_data) {
    g_usleep(1000);
    g_atomic_int_inc((gint *)user_data);
}

static void test_tasks(void) {
    gint done = 0;
    Tasks *tasks = tasks_new();
    for (guint i = 0; i < 100; i++) {
        Lane lane = i % 2 ? LANE_READ : LANE_WRITE;
        g_assert_true(tasks_reserve(tasks, lane, NULL));
        tasks_push(tasks, lane, count_task, &done);
    }
    tasks_drain(tasks);
    g_assert_cmpint(g_atomic_int_get(&done), ==, 100);
    ASSERT_FAILS(tasks_reserve(tasks, LANE_READ, &error), ERROR_CANCELLED);
    tasks_free(tasks);
}

/* Texts that are worked on are few at a time, and hold up no other lane. */
static void test_tasks_limit(void) {
    gint done = 0;
    Tasks *tasks = tasks_new();
    for (guint i = 0; i < TASKS_PROCESS_MAX; i++) g_assert_true(tasks_reserve(tasks, LANE_PROCESS, NULL));
    ASSERT_FAILS(tasks_reserve(tasks, LANE_PROCESS, &error), ERROR_TOO_MANY);
    g_assert_true(tasks_reserve(tasks, LANE_WRITE, NULL));
    tasks_push(tasks, LANE_WRITE, count_task, &done);
    for (guint i = 0; i < TASKS_PROCESS_MAX; i++) tasks_push(tasks, LANE_PROCESS, count_task, &done);
    tasks_drain(tasks);
    g_assert_cmpint(g_atomic_int_get(&done), ==, TASKS_PROCESS_MAX + 1);
    tasks_free(tasks);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/request/target", test_target);
    g_test_add_func("/http/request/target-refused", test_target_refused);
    g_test_add_func("/http/request/headers", test_headers);
    g_test_add_func("/http/request/body-length", test_body_length);
    g_test_add_func("/http/request/query", test_query_values);
    g_test_add_func("/http/request/content-type", test_content_type);
    g_test_add_func("/http/request/etags", test_etags);
    g_test_add_func("/http/request/ranges", test_ranges);
    g_test_add_func("/http/router/routes", test_routes);
    g_test_add_func("/http/router/unknown", test_routes_refused);
    g_test_add_func("/http/router/methods", test_methods_refused);
    g_test_add_func("/http/response/problem", test_problem);
    g_test_add_func("/http/response/headers", test_headers_of_answers);
    g_test_add_func("/http/response/cached", test_cached_json);
    g_test_add_func("/http/response/objects", test_objects);
    g_test_add_func("/http/security/listen", test_listen);
    g_test_add_func("/http/security/host", test_host);
    g_test_add_func("/http/security/origin", test_origin);
    g_test_add_func("/http/progress", test_progress);
    g_test_add_func("/http/events/stream", test_events);
    g_test_add_func("/http/events/limit", test_events_limit);
    g_test_add_func("/http/tasks", test_tasks);
    g_test_add_func("/http/tasks/limit", test_tasks_limit);
    return g_test_run();
}
