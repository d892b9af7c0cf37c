/* The parts of src/http that need no socket: requests, ranges, ETags, routes, problem details, Host and Origin, live progress,
 * and resources on a store in memory. */
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

/* Of two hosts nobody knows which one is meant. */
static void test_target_host(void) {
    static const struct {
        const char *target, *host, *path; /* path NULL: refused */
    } cases[] = {{"http://a:1/p?x=1", "a:1", "/p"}, {"http://A/p", "a", "/p"}, {"HTTP://a", "a", "/"},        {"http://a?x", "a", "/"},
                 {"http://b/p", "a", NULL},         {"http://a", "a:80", NULL}, {"http://a@b/", "b", NULL}, {"http://ab/", "a", NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Request) request = request_new(cases[i].target);
        g_test_message("%s", cases[i].target);
        g_assert_true(add(request, "Host", cases[i].host, NULL));
        if (cases[i].path) {
            g_assert_true(request_begin(request, "GET", NULL));
            g_assert_cmpstr(request->path, ==, cases[i].path);
        } else {
            ASSERT_FAILS(request_begin(request, "GET", &error), ERROR_INVALID);
        }
    }
}

static void test_method(void) {
    static const char *const methods[] = {"", "G T", "GE(T", "G\xc3\x89T", "GET,"};
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(Request) request = request_new("/");
        ASSERT_FAILS(request_begin(request, methods[i], &error), ERROR_INVALID);
    }
}

static void test_expect(void) {
    g_autoptr(Request) known = request_with("POST", "/", "Expect", "100-Continue");
    g_assert_true(request_check(known, NULL));
    g_autoptr(Request) unknown = request_with("POST", "/", "Expect", "y 100-continue");
    ASSERT_FAILS(request_check(unknown, &error), ERROR_INVALID);
    ASSERT_FAILS(add(known, "expect", "100-continue", &error), ERROR_INVALID);
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
        {"PUT", "/store/meetings/a/b", "/store/*", NULL, BODY_PART},
        {"POST", "/api/uploads", "/api/uploads", NULL, BODY_JSON},
        {"GET", "/api/uploads/meeting-1", "/api/uploads/{id}", "meeting-1", BODY_NONE},
        {"DELETE", "/api/uploads/meeting-1", "/api/uploads/{id}", "meeting-1", BODY_NONE},
        {"POST", "/api/uploads/m/parts", "/api/uploads/{id}/parts", "m", BODY_JSON},
        {"POST", "/api/uploads/m/complete", "/api/uploads/{id}/complete", "m", BODY_NONE},
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
        g_assert_true(route->handle || route->body == BODY_UPLOAD || route->body == BODY_PART);
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
    security_headers(&response, false);
    g_assert_cmpstr(response_get_header(&response, "Cache-Control"), ==, "no-store");
    g_assert_cmpstr(response_get_header(&response, "X-Content-Type-Options"), ==, "nosniff");
    g_assert_cmpstr(response_get_header(&response, "Referrer-Policy"), ==, "no-referrer");
    g_assert_nonnull(strstr(response_get_header(&response, "Content-Security-Policy"), "frame-ancestors 'none'"));
    response_attachment(&response, "Müller \"x\"/100%.md");
    g_assert_cmpstr(response_get_header(&response, "Content-Disposition"), ==,
                    "attachment; filename=\"Muller _x__100_.md\"; filename*=UTF-8''M%C3%BCller%20%22x%22%2F100%25.md");
}

static void test_policy(void) {
    g_autofree char *own = security_policy(NULL), *bucket = security_policy("https://b.s3.eu-west-1.amazonaws.com");
    g_autofree char *local = security_policy("http://127.0.0.1:9000");
    g_assert_null(strstr(own, "connect-src"));
    g_assert_true(g_str_has_prefix(own, "default-src 'self'; object-src 'none'"));
    g_assert_nonnull(strstr(bucket, "connect-src 'self' https://b.s3.eu-west-1.amazonaws.com; media-src 'self' https://b.s3.eu-west-1.amazonaws.com; "));
    g_assert_nonnull(strstr(bucket, "frame-ancestors 'none'"));
    g_assert_nonnull(strstr(local, "connect-src 'self' http://127.0.0.1:9000;"));
    static const char *const strange[] = {"https://b; script-src *", "https://b *", "*", "data:", "https://b'", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(strange); i++) {
        g_autofree char *policy = security_policy(strange[i]);
        g_assert_cmpstr(policy, ==, own);
    }
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
        bool taken, beyond;
        guint16 port;
    } cases[] = {
        {"127.0.0.1:8080", true, false, 8080}, {"127.9.9.9:1", true, false, 1},    {"[::1]:0", true, false, 0},
        {"localhost:65535", true, false, 65535}, {"0.0.0.0:80", true, true, 80},   {"192.168.1.5:80", true, true, 80},
        {"[::]:80", true, true, 80},           {"127.0.0.1", false, false, 0},     {"127.0.0.1:", false, false, 0},
        {"127.0.0.1:65536", false, false, 0},  {":80", false, false, 0},           {"example.org:80", false, false, 0},
        {"[::1:80", false, false, 0},          {"127.0.0.1:8 0", false, false, 0}, {"", false, false, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Listen) place = {0};
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].text);
        g_assert_true(listen_parse(cases[i].text, false, &place, &error) == cases[i].taken);
        if (!cases[i].taken) {
            g_assert_true(error_is(error, ERROR_CONFIG));
            g_assert_nonnull(strstr(error->message, "HANSARD_LISTEN"));
            continue;
        }
        g_assert_cmpuint(g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(place.address)), ==, cases[i].port);
        g_assert_true(place.beyond == cases[i].beyond);
    }
}

static bool host_taken(const Listen *place, const char *host) {
    g_autoptr(Request) request = request_with("GET", "/", "host", host);
    return security_check_origin(request, NULL) && security_host_is_own(place, request);
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

static bool origin_taken(const char *method, const char *name, const char *value) {
    g_autoptr(Request) request = request_with(method, "/", "host", "localhost:8080");
    if (name) add(request, name, value, NULL);
    return security_check_origin(request, NULL);
}

static void test_origin(void) {
    g_assert_true(origin_taken("POST", NULL, NULL));
    g_assert_true(origin_taken("POST", "origin", "http://localhost:8080"));
    g_assert_true(origin_taken("GET", "origin", "http://example.org"));
    g_assert_true(origin_taken("DELETE", "sec-fetch-site", "same-origin"));
    static const char *const bad[] = {"http://localhost", "http://localhost:8081", "http://example.org", "null", "",
                                      "localhost:8080"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) g_assert_false(origin_taken("POST", "origin", bad[i]));
    g_assert_false(origin_taken("PATCH", "sec-fetch-site", "cross-site"));
    g_assert_false(origin_taken("DELETE", "sec-fetch-site", "same-site"));
    /* A page that came in the clear is none of a server that speaks TLS, though both have the same authority. */
    g_autoptr(Request) request = request_with("POST", "/", "host", "meetings.example.org");
    add(request, "origin", "http://meetings.example.org", NULL);
    g_assert_true(security_check_origin(request, NULL));
    request->peer.secure = true;
    g_assert_false(security_check_origin(request, NULL));
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

/* -- resources on a store in memory -------------------------------------------------------------------------------------- */

typedef struct {
    Settings settings;
    Workspace workspace;
    Context context;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused) {
    Workspace *workspace = &fixture->workspace;
    Context *context = &fixture->context;
    workspace->clock = clock_system();
    workspace->store = store_memory_new(workspace->clock);
    g_assert_true(catalog_keys_open(workspace->store, &workspace->catalog, NULL));
    workspace->meetings = (Meetings){workspace->store, workspace->catalog, workspace->clock};
    workspace->jobs = jobs_new(workspace->store, workspace->clock);
    fixture->settings.url_expiry_s = 60;
    workspace->settings = &fixture->settings;
    context->workspace = workspace;
    context->progress = progress_new(workspace->clock);
    context_init(context);
}

static void tear_down(Fixture *fixture, gconstpointer unused) {
    context_release(&fixture->context);
    progress_free(fixture->context.progress);
    jobs_free(fixture->workspace.jobs);
    catalog_close(fixture->workspace.catalog);
    store_close(fixture->workspace.store);
}

static void commit_meeting(Fixture *fixture) {
    const Meetings *meetings = &fixture->workspace.meetings;
    g_autoptr(Record) record = record_new();
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(Minutes) minutes = minutes_new();
    g_auto(MeetingVersions) none = {0};
    g_autoptr(GError) error = NULL;
    record->meeting_id = g_strdup("m");
    record->timestamp_ms = 1000;
    record->filename = g_strdup("a.mp3");
    g_free(record->title);
    record->title = g_strdup("Before");
    transcript_add(transcript, 0, 900, transcript_speaker(transcript, "Ann"), "Say \"hello\" to Zo\xc3\xab.");
    g_assert_true(meeting_write_transcript(meetings, "m", &none, transcript, NULL, &error));
    g_assert_true(meeting_write_minutes(meetings, "m", &none, minutes, 1000, NULL, &error));
    g_assert_true(meeting_commit(meetings, record, NULL, &error));
}

static void put_document(Fixture *fixture, Document document, const char *text) {
    g_autofree char *key = key_document("m", document);
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_assert_true(store_put(fixture->workspace.store, key, bytes, NULL, NULL, NULL));
}

static char *document_text(Fixture *fixture, Document document) {
    g_autofree char *key = key_document("m", document);
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(store_get(fixture->workspace.store, key, DOCUMENT_BYTES_MAX, &bytes, NULL, NULL));
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* What goes over the wire, parsed; `*streamed`: whether a part of it comes from the store as it stands. */
static json_t *answer_json(Response *response, bool *streamed) {
    g_autoptr(GString) text = g_string_new(NULL);
    GBytes *const parts[] = {response->bytes, response->head, response->tail};
    g_autofree char *stored = g_malloc(response->length + 1);
    gsize got = 0;
    if (response->reader)
        g_assert_true(store_reader_read(response->reader, response->first, stored, response->length, &got, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (i == 2) g_string_append_len(text, stored, (gssize)got);
        if (parts[i]) g_string_append_len(text, g_bytes_get_data(parts[i], NULL), (gssize)g_bytes_get_size(parts[i]));
    }
    g_autoptr(GError) error = NULL;
    json_t *json = json_parse_object(text->str, text->len, "the answer", &error);
    g_assert_no_error(error);
    *streamed = response->reader != NULL;
    return json;
}

static bool get_meeting(Fixture *fixture, Response *response, GError **error) {
    g_autoptr(Request) request = request_of("GET", "/api/meetings/m");
    request->parameter = g_strdup("m");
    response_init(response);
    return meeting_get(&fixture->context, request, response, error);
}

/* The `meeting` of the answer. */
static json_t *view_of_meeting(Fixture *fixture, bool *streamed) {
    g_auto(Response) response = {0};
    g_autoptr(GError) error = NULL;
    get_meeting(fixture, &response, &error);
    g_assert_no_error(error);
    g_assert_nonnull(response_get_header(&response, "ETag"));
    g_autoptr(json_t) json = answer_json(&response, streamed);
    g_assert_true(json_get_bool(json, "success", false));
    return json_incref(json_object_get(json, "meeting"));
}

static void assert_transcript(Fixture *fixture, const json_t *view) {
    g_autofree char *stored = document_text(fixture, DOCUMENT_TRANSCRIPT);
    g_autoptr(json_t) json = json_loads(stored, 0, NULL);
    g_assert_true(json_equal(json_object_get(view, "transcript"), json));
}

/* Our own transcript goes out as it stands in the store; the answer is the same as through the model. */
static void test_meeting_as_stored(Fixture *fixture, gconstpointer unused) {
    bool streamed;
    commit_meeting(fixture);
    g_autoptr(json_t) view = view_of_meeting(fixture, &streamed);
    g_assert_true(streamed);
    assert_transcript(fixture, view);
    g_assert_nonnull(strstr(json_get_string(view, "transcription", ""), "Say \"hello\""));
    g_assert_true(json_is_object(json_object_get(view, "summary")) && json_is_array(json_object_get(view, "requirements")));
    g_assert_true(json_is_null(json_object_get(view, "audio_url")));

    g_autofree char *same = document_text(fixture, DOCUMENT_TRANSCRIPT);
    put_document(fixture, DOCUMENT_TRANSCRIPT, same); /* another ETag, the same bytes: a store that was moved */
    g_autoptr(json_t) moved = view_of_meeting(fixture, &streamed);
    g_assert_true(streamed && json_equal(view, moved));

    g_autofree char *longer = g_strconcat(same, " ", NULL); /* not what the record names: through the model */
    put_document(fixture, DOCUMENT_TRANSCRIPT, longer);
    g_autoptr(json_t) modelled = view_of_meeting(fixture, &streamed);
    g_assert_true(!streamed && json_equal(view, modelled));
}

/* Bytes that another hand has put in the transcript's place never reach the answer unparsed. */
static void test_meeting_foreign_transcript(Fixture *fixture, gconstpointer unused) {
    commit_meeting(fixture);
    g_autofree char *own = document_text(fixture, DOCUMENT_TRANSCRIPT);
    g_autofree char *hostile = g_strdup(own);
    memcpy(hostile, "{},\"x\":", 8); /* of the same size */
    put_document(fixture, DOCUMENT_TRANSCRIPT, hostile);
    g_auto(Response) response = {0};
    ASSERT_FAILS(get_meeting(fixture, &response, &error), ERROR_CORRUPT);
    g_assert_null(response.reader);
}

static void test_meeting_pending_edit(Fixture *fixture, gconstpointer unused) {
    bool streamed;
    commit_meeting(fixture);
    g_autofree char *text = document_text(fixture, DOCUMENT_RECORD);
    g_autoptr(json_t) record = json_loads(text, 0, NULL);
    json_object_set_new(record, "pending_edit", json_pack("{s:s, s:{s:s}}", "title", "After", "speakers", "Ann", "Zoe"));
    json_object_set_new(record, "unknown", json_integer(7));
    g_autofree char *edited = json_dumps(record, 0);
    put_document(fixture, DOCUMENT_RECORD, edited);
    g_autoptr(json_t) view = view_of_meeting(fixture, &streamed);
    const json_t *metadata = json_object_get(view, "metadata");
    g_assert_false(streamed);
    g_assert_cmpstr(json_get_string(metadata, "title", NULL), ==, "After");
    g_assert_null(json_object_get(metadata, "pending_edit"));
    g_assert_cmpint(json_get_int(metadata, "unknown", 0), ==, 7);
    const json_t *speakers = json_object_get(json_object_get(view, "transcript"), "speakers");
    g_assert_cmpstr(json_get_string(json_array_get(speakers, 0), "name", NULL), ==, "Zoe");
}

/* What is read whole and is large: two at one time. */
static void test_meeting_large(Fixture *fixture, gconstpointer unused) {
    bool streamed;
    commit_meeting(fixture);
    atomic_store(&fixture->context.whole_reads, 2);
    json_decref(view_of_meeting(fixture, &streamed)); /* not large */
    g_autofree char *text = g_strnfill(8 * MIB + 1, 'a');
    put_document(fixture, DOCUMENT_TEXT, text + 1); /* at the limit */
    json_decref(view_of_meeting(fixture, &streamed));
    put_document(fixture, DOCUMENT_TEXT, text);
    g_auto(Response) refused = {0};
    ASSERT_FAILS(get_meeting(fixture, &refused, &error), ERROR_TOO_MANY);
    g_assert_cmpuint(fixture->context.whole_reads, ==, 2);
    atomic_store(&fixture->context.whole_reads, 1);
    json_decref(view_of_meeting(fixture, &streamed));
    g_assert_true(streamed);
    g_assert_cmpuint(fixture->context.whole_reads, ==, 1);
    put_document(fixture, DOCUMENT_TRANSCRIPT, "{\"segments\":[]}"); /* through the model */
    json_decref(view_of_meeting(fixture, &streamed));
    g_assert_false(streamed);
    atomic_store(&fixture->context.whole_reads, 2);
    g_auto(Response) again = {0};
    ASSERT_FAILS(get_meeting(fixture, &again, &error), ERROR_TOO_MANY);
}

static char *list_text(Fixture *fixture, const char *target, char **etag) {
    g_autoptr(Request) request = request_of("GET", target);
    g_auto(Response) response = {0};
    g_autoptr(GError) error = NULL;
    response_init(&response);
    meetings_list(&fixture->context, request, &response, &error);
    g_assert_no_error(error);
    *etag = g_strdup(response_get_header(&response, "ETag"));
    return g_strndup(g_bytes_get_data(response.bytes, NULL), g_bytes_get_size(response.bytes));
}

/* Each change of a row is in the very next list. */
static void test_list(Fixture *fixture, gconstpointer unused) {
    Catalog *catalog = fixture->workspace.catalog;
    g_autoptr(Row) row = row_new();
    g_autofree char *etag = NULL, *same_etag = NULL;
    row->meeting_id = g_strdup("m");
    row->timestamp_ms = 1000;
    row->filename = g_strdup("a.mp3");
    row->title = g_strdup("Title");
    g_autofree char *empty = list_text(fixture, "/api/meetings", &etag);
    g_assert_nonnull(strstr(empty, "\"count\":0"));
    GString *before = g_string_new(empty);
    for (int step = 0; step < 9; step++) {
        if (step == 1) row->duration_ms = 5000;
        if (step == 2) row->actions = 1;
        if (step == 3) row->decisions = 2;
        if (step == 4) row->questions = 3;
        if (step == 5) row->requirements = 4;
        if (step == 6) g_ptr_array_add(row->tags, g_strdup("x"));
        if (step == 7) ((char *)row->tags->pdata[0])[0] = 'y';
        if (step == 8) row->title[0] = 't';
        row->updated_ms = 2000 + step;
        g_assert_true(catalog_put(catalog, row, NULL));
        g_autofree char *tag = NULL, *again_tag = NULL;
        g_autofree char *text = list_text(fixture, "/api/meetings", &tag);
        g_autofree char *again = list_text(fixture, "/api/meetings", &again_tag);
        g_test_message("%d", step);
        g_assert_cmpstr(text, !=, before->str);
        g_assert_cmpstr(text, ==, again);
        g_assert_cmpstr(tag, ==, again_tag);
        g_assert_cmpstr(tag, !=, etag);
        g_string_assign(before, text);
    }
    g_assert_nonnull(strstr(before->str, "\"title\":\"title\""));
    g_string_free(before, TRUE);
    g_assert_true(catalog_remove(catalog, "m", 1000, NULL));
    g_autofree char *gone = list_text(fixture, "/api/meetings", &same_etag);
    g_assert_cmpstr(gone, ==, empty);
    g_assert_cmpstr(same_etag, ==, etag);
}

static void create_job(Fixture *fixture, const char *meeting_id, JobState state) {
    g_autoptr(Job) job = job_new(meeting_id);
    g_autoptr(GError) error = NULL;
    job->filename = g_strdup("a.mp3");
    g_assert_true(jobs_create(fixture->workspace.jobs, job, NULL, &error));
    if (state == JOB_QUEUED) return;
    job->state = state;
    g_autoptr(json_t) json = job_to_json(job);
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    g_autofree char *key = key_job(meeting_id);
    g_assert_true(store_put(fixture->workspace.store, key, bytes, NULL, NULL, &error));
}

static void assert_jobs(Fixture *fixture, const char *query, guint count, bool truncated) {
    g_autofree char *target = g_strconcat("/api/jobs", query, NULL);
    g_autoptr(Request) request = request_of("GET", target);
    g_auto(Response) response = {0};
    g_autoptr(GError) error = NULL;
    bool streamed;
    response_init(&response);
    jobs_get(&fixture->context, request, &response, &error);
    g_assert_no_error(error);
    g_autoptr(json_t) json = answer_json(&response, &streamed);
    g_assert_cmpuint(json_array_size(json_object_get(json, "jobs")), ==, count);
    g_assert_cmpint(json_get_int(json, "count", -1), ==, count);
    g_assert_true(json_get_bool(json, "truncated", !truncated) == truncated);
}

static void test_jobs(Fixture *fixture, gconstpointer unused) {
    json_t *views = NULL;
    bool truncated;
    assert_jobs(fixture, "", 0, false);
    create_job(fixture, "a", JOB_QUEUED);
    create_job(fixture, "b", JOB_FAILED);
    create_job(fixture, "c", JOB_QUEUED);
    assert_jobs(fixture, "", 3, false);
    assert_jobs(fixture, "?limit=3", 3, false);
    assert_jobs(fixture, "?limit=2", 2, true);
    g_assert_true(job_views(&fixture->context, "queued", 2, &views, &truncated, NULL));
    g_assert_true(json_array_size(views) == 2 && !truncated);
    json_decref(views);
    g_assert_true(job_views(&fixture->context, "queued", 1, &views, &truncated, NULL));
    g_assert_true(json_array_size(views) == 1 && truncated);
    json_decref(views);
    create_job(fixture, "d", JOB_DONE); /* about to be removed: nobody's work any more */
    assert_jobs(fixture, "", 3, false);
    g_autoptr(Request) over = request_of("GET", "/api/jobs?limit=1001");
    g_auto(Response) response = {0};
    response_init(&response);
    ASSERT_FAILS(jobs_get(&fixture->context, over, &response, &error), ERROR_INVALID);
}

/* The list is cut at the limit and says so. */
static void test_jobs_many(Fixture *fixture, gconstpointer unused) {
    for (guint i = 0; i < LIST_LIMIT_MAX; i++) {
        g_autofree char *meeting_id = g_strdup_printf("m%04u", i);
        create_job(fixture, meeting_id, JOB_QUEUED);
    }
    assert_jobs(fixture, "", LIST_LIMIT_MAX, false);
    create_job(fixture, "z", JOB_FAILED);
    assert_jobs(fixture, "", LIST_LIMIT_MAX, true);
    json_t *views = NULL;
    bool truncated = false;
    g_assert_true(job_views(&fixture->context, "failed", 50, &views, &truncated, NULL));
    g_assert_true(truncated); /* the thousand that were looked at hold none; there are more */
    json_decref(views);
}

static char *metrics(Fixture *fixture) {
    g_autoptr(Request) request = request_of("GET", "/metrics");
    g_auto(Response) response = {0};
    response_init(&response);
    g_assert_true(health_metrics(&fixture->context, request, &response, NULL));
    return g_strndup(g_bytes_get_data(response.bytes, NULL), g_bytes_get_size(response.bytes));
}

/* A scrape reads no job that was counted a moment ago. */
static void test_metrics(Fixture *fixture, gconstpointer unused) {
    fixture->context.hub = event_hub_new(NULL, NULL);
    create_job(fixture, "a", JOB_QUEUED);
    create_job(fixture, "d", JOB_DONE);
    g_autofree char *first = metrics(fixture);
    g_assert_nonnull(strstr(first, "\nhansard_jobs{state=\"queued\"} 1\n"));
    g_assert_nonnull(strstr(first, "\nhansard_jobs_truncated 0\n"));
    create_job(fixture, "b", JOB_QUEUED);
    g_autofree char *second = metrics(fixture);
    g_assert_nonnull(strstr(second, "\nhansard_jobs{state=\"queued\"} 1\n"));
    fixture->context.job_counts.counted_us -= 11 * G_USEC_PER_SEC;
    g_autofree char *later = metrics(fixture);
    g_assert_nonnull(strstr(later, "\nhansard_jobs{state=\"queued\"} 2\n"));
    event_hub_stop(fixture->context.hub);
    event_hub_free(fixture->context.hub);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/request/target", test_target);
    g_test_add_func("/http/request/target-refused", test_target_refused);
    g_test_add_func("/http/request/target-host", test_target_host);
    g_test_add_func("/http/request/method", test_method);
    g_test_add_func("/http/request/expect", test_expect);
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
    g_test_add_func("/http/policy", test_policy);
    g_test_add_func("/http/response/objects", test_objects);
    g_test_add_func("/http/security/listen", test_listen);
    g_test_add_func("/http/security/host", test_host);
    g_test_add_func("/http/security/origin", test_origin);
    g_test_add_func("/http/progress", test_progress);
    g_test_add_func("/http/events/stream", test_events);
    g_test_add_func("/http/events/limit", test_events_limit);
    g_test_add_func("/http/tasks", test_tasks);
    g_test_add_func("/http/tasks/limit", test_tasks_limit);
    g_test_add("/http/meeting/as-stored", Fixture, NULL, set_up, test_meeting_as_stored, tear_down);
    g_test_add("/http/meeting/foreign-transcript", Fixture, NULL, set_up, test_meeting_foreign_transcript, tear_down);
    g_test_add("/http/meeting/pending-edit", Fixture, NULL, set_up, test_meeting_pending_edit, tear_down);
    g_test_add("/http/meeting/large", Fixture, NULL, set_up, test_meeting_large, tear_down);
    g_test_add("/http/list", Fixture, NULL, set_up, test_list, tear_down);
    g_test_add("/http/jobs/list", Fixture, NULL, set_up, test_jobs, tear_down);
    g_test_add("/http/jobs/many", Fixture, NULL, set_up, test_jobs_many, tear_down);
    g_test_add("/http/metrics", Fixture, NULL, set_up, test_metrics, tear_down);
    return g_test_run();
}
