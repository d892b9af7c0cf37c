/* The HTTP client over libcurl against a scripted server: what leaves, what comes back, every limit, every way to fail. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "fake_http.h"
#include "net/curl.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
static const FakeStep always_ok[] = {{.answer = OK_ANSWER}};

typedef struct {
    FakeHttp *fake;
    HttpTransport *transport;
    HttpRequest request;
    HttpResponse response;
    GError *error;
    char *url;
} Fixture;

static void open_fixture(Fixture *f, const FakeStep *steps, guint count) {
    *f = (Fixture){.fake = fake_http_new(steps, count), .transport = http_curl_new(NULL)};
    f->url = g_strconcat(f->fake->url, "/", NULL);
    f->request = (HttpRequest){.method = "GET", .url = f->url};
}

static void fixture_clear(Fixture *f) {
    http_response_clear(&f->response);
    g_clear_error(&f->error);
    http_transport_close(f->transport);
    fake_http_free(f->fake);
    g_free(f->url);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)
#define FIXTURE(f, steps) g_auto(Fixture) f; open_fixture(&f, steps, G_N_ELEMENTS(steps))

static bool send_it(Fixture *f) {
    http_response_clear(&f->response);
    g_clear_error(&f->error);
    return http_send(f->transport, &f->request, &f->response, &f->error);
}

/* False, with that code, and a message that names the host but nothing of the query or headers. */
static void assert_fails(Fixture *f, ErrorCode code) {
    g_assert_false(send_it(f));
    g_assert_error(f->error, HANSARD_ERROR, (int)code);
    g_assert_null(f->response.body);
    g_assert_null(f->response.headers);
    g_assert_null(strstr(f->error->message, "secret"));
}

static void assert_body(const Fixture *f, const char *text) {
    gsize size = 0;
    const char *data = g_bytes_get_data(f->response.body, &size);
    g_assert_cmpmem(data, size, text, strlen(text));
}

static void assert_head(Fixture *f, guint n, const char *head) {
    g_autofree char *host = g_strconcat("\r\nHost: ", f->fake->url + strlen("http://"), "\r\n", NULL);
    g_autoptr(GString) got = g_string_new(fake_http_request(f->fake, n)->head);
    g_assert_cmpuint(g_string_replace(got, host, "\r\n", 1), ==, 1);
    g_string_replace(got, "\r\n\r\n", "", 1);
    g_assert_cmpstr(got->str, ==, head);
}

/* To the byte: no Expect, no Accept, no Content-Type that nobody gave, and a length where a body is due. */
static void test_what_is_sent(void) {
    static const struct {
        const char *method, *body, *head;
    } cases[] = {{"GET", NULL, "GET /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION},
                 {"DELETE", NULL, "DELETE /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION},
                 {"PUT", NULL, "PUT /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION "\r\nContent-Length: 0"},
                 {"POST", NULL, "POST /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION "\r\nContent-Length: 0"},
                 {"PUT", "", "PUT /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION "\r\nContent-Length: 0"},
                 {"PUT", "body", "PUT /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION "\r\nContent-Length: 4"},
                 {"POST", "body", "POST /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION "\r\nContent-Length: 4"},
                 {"DELETE", "body", "DELETE /a HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION "\r\nContent-Length: 4"}};
    FIXTURE(f, always_ok);
    g_autofree char *url = g_strconcat(f.fake->url, "/a", NULL);
    f.request.url = url;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) body = cases[i].body ? g_bytes_new_static(cases[i].body, strlen(cases[i].body)) : NULL;
        f.request.method = cases[i].method;
        f.request.body = (HttpBody){.bytes = body};
        g_assert_true(send_it(&f));
        g_assert_cmpint(f.response.status, ==, 200);
        assert_body(&f, "ok");
        assert_head(&f, i, cases[i].head);
        gsize size = 0;
        const char *got = g_bytes_get_data(fake_http_request(f.fake, i)->body, &size);
        g_assert_cmpmem(got, size, cases[i].body, cases[i].body ? strlen(cases[i].body) : 0);
    }
    g_assert_cmpuint(f.fake->accepted, ==, 1);
}

static void test_head(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: \"e\"\r\n\r\n"}, {.answer = OK_ANSWER}};
    FIXTURE(f, steps);
    f.request.method = "HEAD";
    g_assert_true(send_it(&f));
    assert_body(&f, "");
    g_assert_cmpstr(http_response_header(&f.response, "etag"), ==, "\"e\"");
    f.request.method = "GET";
    g_assert_true(send_it(&f));
    g_assert_cmpuint(f.fake->accepted, ==, 1);
}

static void test_path_as_it_is(void) {
    static const char *const paths[] = {"/a/../b/./c", "//a//b", "/a%2Fb%20c?x=%2B&y", "?only=query", "/%E2%82%AC;'()*!~"};
    FIXTURE(f, always_ok);
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *url = g_strconcat(f.fake->url, paths[i], NULL);
        g_autofree char *line = g_strconcat("GET ", paths[i][0] == '?' ? "/" : "", paths[i], " HTTP/1.1\r\n", NULL);
        f.request.url = url;
        g_assert_true(send_it(&f));
        g_assert_true(g_str_has_prefix(fake_http_request(f.fake, i)->head, line));
    }
}

static void test_headers_sent(void) {
    FIXTURE(f, always_ok);
    g_autoptr(GPtrArray) headers = http_headers_new();
    http_headers_add(headers, "X-One", "1");
    http_headers_add(headers, "X-Empty", "");
    http_headers_add(headers, "x-one", "again");
    http_headers_set(headers, "Content-Type", "text/x");
    http_headers_set(headers, "Accept", "*/*");
    http_headers_set(headers, "User-Agent", "mine");
    f.request.headers = headers;
    g_assert_true(send_it(&f));
    assert_head(&f, 0, "GET / HTTP/1.1\r\nX-One: 1\r\nX-Empty:\r\nx-one: again\r\nContent-Type: text/x\r\nAccept: */*\r\nUser-Agent: mine");
}

static void test_headers(void) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_assert_null(http_headers_get(NULL, "a"));
    http_headers_add(headers, "A", "1");
    http_headers_add(headers, "a", "2");
    http_headers_add(headers, "B", "3");
    g_assert_cmpstr(http_headers_get(headers, "a"), ==, "1");
    http_headers_set(headers, "a", "4");
    g_assert_cmpuint(headers->len, ==, 2);
    g_assert_cmpstr(http_headers_get(headers, "A"), ==, "4");
    http_headers_remove(headers, "b");
    http_headers_remove(headers, "none");
    g_assert_cmpuint(headers->len, ==, 1);
}

/* Answers before the last, folded space, repeated names and trailers. */
static void test_headers_received(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 Fine\r\nX-A:  one \r\nx-a: two\r\nX-Empty:\r\n"
                                                "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n"}};
    FIXTURE(f, steps);
    g_assert_true(send_it(&f));
    assert_body(&f, "ok");
    g_assert_cmpint(f.response.status, ==, 200);
    g_assert_cmpstr(http_response_header(&f.response, "X-A"), ==, "one");
    g_assert_cmpstr(((HttpHeader *)f.response.headers->pdata[1])->value, ==, "two");
    g_assert_cmpstr(http_response_header(&f.response, "x-empty"), ==, "");
    g_assert_null(http_response_header(&f.response, "X-Early"));
    g_assert_null(http_response_header(&f.response, "X-Trailer"));
    g_assert_cmpuint(f.response.headers->len, ==, 4);
}

static int temporary_file(gsize size, char **content) {
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("hansard-net-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_unlink(path);
    *content = g_malloc(size);
    for (gsize i = 0; i < size; i++) (*content)[i] = (char)(i * 2654435761u >> 13);
    g_assert_cmpint(write(fd, *content, size), ==, (ssize_t)size);
    return fd;
}

static void test_file_body(void) {
    FIXTURE(f, always_ok);
    g_autofree char *content = NULL;
    int fd = temporary_file(3 * MIB, &content);
    f.request.method = "PUT";
    f.request.body = (HttpBody){.fd = fd, .offset = 1000, .size = 2 * MIB + 77};
    g_assert_true(send_it(&f));
    gsize size = 0;
    const char *got = g_bytes_get_data(fake_http_request(f.fake, 0)->body, &size);
    g_assert_cmpmem(got, size, content + 1000, 2 * MIB + 77);
    assert_head(&f, 0, "PUT / HTTP/1.1\r\nUser-Agent: hansard/" HANSARD_VERSION "\r\nContent-Length: 2097229");
    g_assert_true(send_it(&f)); /* it can be read again */
    f.request.body = (HttpBody){.fd = fd, .offset = 2 * MIB, .size = 2 * MIB};
    assert_fails(&f, ERROR_IO); /* the file ends before */
    close(fd);
    assert_fails(&f, ERROR_IO);
}

static void test_large_bodies(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n", .filler = 20000000}};
    FIXTURE(f, steps);
    gsize size = 0;
    g_autofree char *content = g_malloc(30 * MIB), *into = g_malloc0(20000000);
    for (gsize i = 0; i < 30 * MIB; i++) content[i] = (char)(i * 2654435761u >> 13);
    g_autoptr(GBytes) body = g_bytes_new_static(content, 30 * MIB);
    f.request.method = "POST";
    f.request.body.bytes = body;
    f.request.into = into;
    f.request.into_size = 20000000;
    g_assert_true(send_it(&f));
    const char *got = g_bytes_get_data(fake_http_request(f.fake, 0)->body, &size);
    g_assert_cmpmem(got, size, content, 30 * MIB);
    g_assert_cmpuint(f.response.into_got, ==, 20000000);
    g_autofree char *wanted = g_strnfill(20000000, 'x');
    g_assert_cmpmem(into, 20000000, wanted, 20000000);
}

static void test_into(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\n0123456789"},
                                     {.answer = "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\n0123"},
                                     {.answer = "HTTP/1.1 206 Partial Content\r\nContent-Length: 11\r\n\r\n0123456789A"},
                                     {.answer = "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nwhy"}};
    FIXTURE(f, steps);
    char buffer[12] = "............";
    f.request.into = buffer;
    f.request.into_size = 10;
    g_assert_true(send_it(&f));
    g_assert_cmpmem(buffer, 12, "0123456789..", 12);
    g_assert_cmpuint(f.response.into_got, ==, 10);
    assert_body(&f, "");
    g_assert_true(send_it(&f));
    g_assert_cmpuint(f.response.into_got, ==, 4);
    assert_fails(&f, ERROR_CORRUPT); /* one byte more than was asked for */
    g_assert_cmpmem(buffer + 10, 2, "..", 2);
    g_assert_true(send_it(&f)); /* an error's body is no content */
    g_assert_cmpint(f.response.status, ==, 404);
    assert_body(&f, "why");
    g_assert_cmpuint(f.response.into_got, ==, 0);
}

static void test_body_limit(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", .filler = 100},
                                     {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", .filler = 101, .then = FAKE_CLOSE},
                                     {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n", .filler = 4194304},
                                     {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n", .filler = 4194305}};
    FIXTURE(f, steps);
    g_assert_cmpuint(HTTP_BODY_BYTES_MAX, ==, 4194304);
    f.request.body_bytes_max = 100;
    g_assert_true(send_it(&f));
    g_assert_cmpuint(g_bytes_get_size(f.response.body), ==, 100);
    assert_fails(&f, ERROR_TOO_LARGE);
    f.request.body_bytes_max = 0;
    g_assert_true(send_it(&f));
    g_assert_cmpuint(g_bytes_get_size(f.response.body), ==, HTTP_BODY_BYTES_MAX);
    assert_fails(&f, ERROR_TOO_LARGE);
}

/* Of an error's body the beginning is kept, however much comes; its status counts. */
static void test_error_body_limit(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 503 No\r\nContent-Length: 65536\r\n\r\n", .filler = 65536},
                                     {.answer = "HTTP/1.1 503 No\r\nContent-Length: 50000000\r\n\r\n", .filler = 50000000, .then = FAKE_CLOSE},
                                     {.answer = OK_ANSWER}};
    FIXTURE(f, steps);
    g_assert_cmpuint(HTTP_ERROR_BYTES_MAX, ==, 65536);
    for (int i = 0; i < 2; i++) {
        g_assert_true(send_it(&f));
        g_assert_cmpint(f.response.status, ==, 503);
        g_assert_cmpuint(g_bytes_get_size(f.response.body), ==, HTTP_ERROR_BYTES_MAX);
    }
    g_assert_true(send_it(&f)); /* on another connection: that one was not read to its end */
    assert_body(&f, "ok");
    g_assert_cmpuint(f.fake->accepted, ==, 2);
}

static void test_header_limit(void) {
    /* "HTTP/1.1 200 OK\r\n" 17, "X: " and "\r\n" 5, "Content-Length: 0\r\n" 19, "\r\n" 2 */
    const gsize rest = 17 + 5 + 19 + 2;
    g_autofree char *fill_ok = g_strnfill(HTTP_HEADER_BYTES_MAX - rest, 'h'), *fill_over = g_strnfill(HTTP_HEADER_BYTES_MAX - rest + 1, 'h');
    g_autofree char *at = g_strconcat("HTTP/1.1 200 OK\r\nX: ", fill_ok, "\r\nContent-Length: 0\r\n\r\n", NULL);
    g_autofree char *over = g_strconcat("HTTP/1.1 200 OK\r\nX: ", fill_over, "\r\nContent-Length: 0\r\n\r\n", NULL);
    const FakeStep steps[] = {{.answer = at}, {.answer = over, .then = FAKE_CLOSE}};
    FIXTURE(f, steps);
    g_assert_true(send_it(&f));
    g_assert_cmpuint(strlen(http_response_header(&f.response, "x")), ==, HTTP_HEADER_BYTES_MAX - rest);
    assert_fails(&f, ERROR_TOO_LARGE);
}

/* No whole answer: false, whatever came before. */
static void test_no_whole_answer(void) {
    static const FakeStep ways[] = {
        {.then = FAKE_CLOSE},
        {.then = FAKE_RESET},
        {.answer = "HTTP/1.1 200 OK\r\nContent-", .then = FAKE_CLOSE},
        {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234", .then = FAKE_CLOSE},
        {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234", .then = FAKE_RESET},
        {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n", .then = FAKE_CLOSE},
        {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .then = FAKE_CLOSE},
        {.answer = "HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\n01234", .then = FAKE_CLOSE},
        {.answer = "SSH-2.0-Server\r\n", .then = FAKE_CLOSE},
        {.answer = "HTTP/1.1 2 OK\r\nContent-Length: 0\r\n\r\n", .then = FAKE_CLOSE},
        {.answer = "HTTP/1.1 100 Continue\r\n\r\n", .then = FAKE_CLOSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_auto(Fixture) f;
        open_fixture(&f, &ways[i], 1);
        g_autofree char *url = g_strconcat(f.fake->url, "/?token=secret", NULL);
        f.request.url = url;
        f.request.method = "PUT";
        assert_fails(&f, ERROR_UNAVAILABLE);
        g_assert_cmpuint(fake_http_count(f.fake), ==, 1);
        g_assert_nonnull(strstr(f.error->message, f.fake->url + strlen("http://")));
    }
}

static void test_nobody_there(void) {
    FIXTURE(f, always_ok);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* bound, not listening: connections are refused */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", ntohs(address.sin_port));
    f.request.url = url;
    assert_fails(&f, ERROR_UNAVAILABLE);
    close(fd);
    g_autofree char *label = g_strnfill(64, 'n'), *no_name = g_strconcat("http://", label, ".invalid/?secret", NULL);
    f.request.url = no_name; /* a label too long for any name server to be asked */
    assert_fails(&f, ERROR_UNAVAILABLE);
    g_assert_nonnull(strstr(f.error->message, "there is no host n"));
}

static gint64 ms_since(gint64 start) { return (g_get_monotonic_time() - start) / 1000; }

static void test_stalls(void) {
    static const FakeStep ways[] = {{.then = FAKE_STALL},
                                    {.answer = "HTTP/1.1 200 OK\r\n", .then = FAKE_STALL},
                                    {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234", .then = FAKE_STALL}};
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(ways); i++) {
        g_auto(Fixture) f;
        open_fixture(&f, &ways[i / 2], 1);
        gint64 start = g_get_monotonic_time();
        if (i % 2) f.request.idle_timeout_ms = 150;
        else f.request.total_timeout_ms = 150;
        assert_fails(&f, ERROR_TIMEOUT);
        g_assert_cmpint(ms_since(start), >=, 145); /* two clocks, each rounded */
        g_assert_cmpint(ms_since(start), <, 5000);
    }
}

/* The other side takes no more of a body, and never says why. */
static void test_stalled_upload(void) {
    static const FakeStep steps[] = {{.then = FAKE_STALL, .early = true, .answer = "HTTP/1.1 100 Continue\r\n\r\n"}};
    FIXTURE(f, steps);
    g_autofree char *content = g_malloc0(64 * MIB);
    g_autoptr(GBytes) body = g_bytes_new_static(content, 64 * MIB);
    f.request.method = "PUT";
    f.request.body.bytes = body;
    f.request.idle_timeout_ms = 200;
    assert_fails(&f, ERROR_TIMEOUT);
}

static gpointer cancel_later(gpointer cancel) {
    g_usleep(600 * 1000); /* later than libcurl's own first timers */
    g_cancellable_cancel(cancel);
    return NULL;
}

static void test_cancel(void) {
    static const FakeStep steps[] = {{.then = FAKE_STALL}};
    FIXTURE(f, steps);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    f.request.cancel = cancel;
    gint64 start = g_get_monotonic_time();
    GThread *thread = g_thread_new("cancel", cancel_later, cancel);
    assert_fails(&f, ERROR_CANCELLED);
    g_assert_cmpint(ms_since(start), <, 5000); /* woken: it would have looked again after 10 s, when connecting would have been given up */
    g_thread_join(thread);
    assert_fails(&f, ERROR_CANCELLED);
    g_assert_cmpuint(fake_http_count(f.fake), ==, 1); /* the second was not sent */
}

static void test_answer_before_the_body_is_sent(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 403 No\r\nContent-Length: 3\r\nConnection: close\r\n\r\nwhy", .early = true, .then = FAKE_STALL}};
    FIXTURE(f, steps);
    g_autofree char *content = g_malloc0(64 * MIB);
    g_autoptr(GBytes) body = g_bytes_new_static(content, 64 * MIB);
    f.request.method = "PUT";
    f.request.body.bytes = body;
    g_assert_true(send_it(&f));
    g_assert_cmpint(f.response.status, ==, 403);
    assert_body(&f, "why");
}

static void test_redirect_is_an_answer(void) {
    static const FakeStep steps[] = {{.answer = "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}};
    FIXTURE(f, steps);
    g_assert_true(send_it(&f));
    g_assert_cmpint(f.response.status, ==, 307);
    g_assert_cmpuint(fake_http_count(f.fake), ==, 1);
}

/* A kept connection that closes without an answer: nobody knows whether a PUT was carried out, so it is not sent again unseen. */
static void test_sent_once(void) {
    static const FakeStep steps[] = {{.answer = OK_ANSWER}, {.then = FAKE_CLOSE}, {.answer = OK_ANSWER}};
    static const char *const once[] = {"PUT", "POST", "DELETE"}, *const again[] = {"GET", "HEAD"};
    g_autoptr(GBytes) body = g_bytes_new_static("body", 4);
    for (gsize i = 0; i < G_N_ELEMENTS(once); i++) {
        FIXTURE(f, steps);
        f.request.method = once[i];
        if (i < 2) f.request.body.bytes = body;
        g_assert_true(send_it(&f));
        assert_fails(&f, ERROR_UNAVAILABLE);
        g_assert_cmpuint(fake_http_count(f.fake), ==, 2);
        g_assert_true(send_it(&f));
        g_assert_cmpuint(fake_http_count(f.fake), ==, 3);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(again); i++) {
        FIXTURE(f, steps);
        g_assert_true(send_it(&f));
        f.request.method = again[i];
        g_assert_true(send_it(&f));
        g_assert_cmpuint(fake_http_count(f.fake), ==, 3);
    }
}

/* The server closes an idle connection: the next call sees that before it sends. */
static void test_closed_while_idle(void) {
    static const FakeStep steps[] = {{.answer = OK_ANSWER, .then = FAKE_CLOSE}, {.answer = OK_ANSWER}};
    FIXTURE(f, steps);
    f.request.method = "PUT";
    g_assert_true(send_it(&f));
    while (fake_http_open(f.fake) > 0) g_usleep(1000);
    g_usleep(20 * 1000);
    g_assert_true(send_it(&f));
    g_assert_cmpuint(fake_http_count(f.fake), ==, 2);
}

typedef struct {
    HttpTransport *transport;
    const char *url;
    int calls;
} Caller;

static gpointer call_often(gpointer data) {
    const Caller *caller = data;
    for (int i = 0; i < caller->calls; i++) {
        g_auto(HttpResponse) response = {0};
        g_autoptr(GError) error = NULL;
        http_send(caller->transport, &(HttpRequest){.method = "PUT", .url = caller->url}, &response, &error);
        g_assert_no_error(error);
        g_assert_cmpint(response.status, ==, 200);
    }
    return NULL;
}

static void call_from_threads(const Fixture *f, guint threads, int calls) {
    Caller caller = {f->transport, f->url, calls};
    g_autofree GThread **running = g_new(GThread *, threads);
    for (guint i = 0; i < threads; i++) running[i] = g_thread_new("call", call_often, &caller);
    for (guint i = 0; i < threads; i++) g_thread_join(running[i]);
}

static void test_connections_are_kept(void) {
    FIXTURE(f, always_ok);
    call_from_threads(&f, 16, 50);
    g_assert_cmpuint(fake_http_count(f.fake), ==, 16 * 50);
    g_assert_cmpuint(f.fake->accepted, <=, 16);
    guint before = f.fake->accepted;
    for (int i = 0; i < 10; i++) g_assert_true(send_it(&f));
    g_assert_cmpuint(f.fake->accepted, ==, before);
}

/* Two hosts in turn: each keeps its connection. */
static void test_connections_by_host(void) {
    FIXTURE(f, always_ok);
    g_autoptr(FakeHttp) other = FAKE_HTTP(always_ok);
    for (int i = 0; i < 10; i++) {
        f.request.url = i % 2 ? other->url : f.url;
        g_assert_true(send_it(&f));
    }
    g_assert_cmpuint(f.fake->accepted, ==, 1);
    g_assert_cmpuint(other->accepted, ==, 1);
}

/* More at a time than are kept: those beyond the limit are closed when they are done. */
static void test_connections_kept_max(void) {
    FIXTURE(f, always_ok);
    f.fake->gate = HTTP_CONNECTIONS_KEPT + 6;
    call_from_threads(&f, HTTP_CONNECTIONS_KEPT + 6, 1);
    for (int i = 0; i < 500 && fake_http_open(f.fake) > HTTP_CONNECTIONS_KEPT; i++) g_usleep(10 * 1000);
    g_assert_cmpuint(f.fake->open_peak, ==, HTTP_CONNECTIONS_KEPT + 6);
    g_assert_cmpuint(fake_http_open(f.fake), ==, HTTP_CONNECTIONS_KEPT);
}

static void test_checks(void) {
    g_autofree char *long_query = g_strnfill(HTTP_URL_BYTES_MAX - strlen("http://a/?"), 'q');
    g_autofree char *too_long = g_strconcat("http://a/?q", long_query, NULL);
    const char *const urls[] = {"", "/", "a.b/c", "ftp://a/", "file:///etc/passwd", "http://", "https:///x", "http://user:secret@a/", "http://a/ b", "http://a/\n",
                                "http://a/\xC3\xA9", "http://a/\x7f", too_long};
    FIXTURE(f, always_ok);
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        f.request.url = urls[i];
        assert_fails(&f, ERROR_CONFIG);
    }
    g_autofree char *at = g_strconcat(f.fake->url, "/?", long_query, NULL);
    at[HTTP_URL_BYTES_MAX] = '\0';
    f.request.url = at;
    g_assert_true(send_it(&f));

    static const char *const headers[][2] = {{"a b", "x"}, {"", "x"}, {"a:", "x"}, {"a\n", "x"}, {"\xC3\xA9", "x"}, {"a", "secret\r\nb: c"}, {"a", "secret\n"}, {"a", "\x7f"}};
    f.request.url = f.url;
    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autoptr(GPtrArray) list = http_headers_new();
        http_headers_add(list, headers[i][0], headers[i][1]);
        f.request.headers = list;
        assert_fails(&f, ERROR_INVALID);
        f.request.headers = NULL;
    }
    static const char *const methods[] = {"", "GET ", "GET /\r\n", "G\xC3\xA9"};
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        f.request.method = methods[i];
        assert_fails(&f, ERROR_INVALID);
    }
    g_assert_cmpuint(fake_http_count(f.fake), ==, 1);
}

/* libcurl goes by http_proxy, but for a call that must stay on this machine. */
static void test_proxy(void) {
    FIXTURE(f, always_ok);
    g_autoptr(FakeHttp) proxy = FAKE_HTTP(always_ok);
    g_setenv("http_proxy", proxy->url, TRUE);
    g_assert_true(send_it(&f));
    g_assert_cmpuint(fake_http_count(proxy), ==, 1);
    f.request.direct = true;
    g_assert_true(send_it(&f));
    g_unsetenv("http_proxy");
    g_assert_cmpuint(fake_http_count(proxy), ==, 1);
    g_assert_cmpuint(fake_http_count(f.fake), ==, 1);
}

static void test_date(void) {
    gint64 ms = -1;
    g_assert_true(http_date_parse("Wed, 04 Mar 2026 05:06:07 GMT", &ms));
    g_assert_cmpint(ms, ==, 1772600767000);
    static const char *const bad[] = {"", "soon", "99", "Wed, 99 Mar 2026 05:06:07 GMT", "Wed, 04 Mar 2026 05:06:07 GMT and more than forty characters"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) g_assert_false(http_date_parse(bad[i], &ms));
    g_assert_false(http_date_parse(NULL, &ms));
    g_assert_cmpint(ms, ==, 1772600767000);
}

/* A real TLS server, OpenSSL's. */
typedef struct {
    char *folder, *certificate, *key, *url;
    GPid process;
    FILE *out; /* what it says; open as long as it runs */
} TlsServer;

static void make_certificate(const TlsServer *server, const char *host) {
    g_autofree char *alternative = g_strconcat("subjectAltName=", host, NULL);
    const char *command[] = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", server->key, "-out",
                             server->certificate, "-days", "2", "-subj", "/CN=test", "-addext", alternative, NULL};
    int status = -1;
    g_autoptr(GError) error = NULL;
    g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
}

/* It says "ACCEPT 127.0.0.1:PORT" when it listens. */
static void open_tls_server(TlsServer *server, const char *host) {
    server->folder = g_dir_make_tmp("hansard-tls-XXXXXX", NULL);
    server->certificate = g_build_filename(server->folder, "server.pem", NULL);
    server->key = g_build_filename(server->folder, "server.key", NULL);
    make_certificate(server, host);
    const char *command[] = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", server->certificate, "-key", server->key, "-www", NULL};
    char line[200] = "";
    int out = -1;
    g_autoptr(GError) error = NULL;
    g_spawn_async_with_pipes(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                             &server->process, NULL, &out, NULL, &error);
    g_assert_no_error(error);
    server->out = fdopen(out, "r");
    while (!g_str_has_prefix(line, "ACCEPT ")) g_assert_nonnull(fgets(line, sizeof line, server->out));
    server->url = g_strconcat("https://", g_strchomp(line + strlen("ACCEPT ")), "/", NULL);
}

static void tls_server_clear(TlsServer *server) {
    kill(server->process, SIGKILL);
    g_assert_cmpint(waitpid(server->process, NULL, 0), ==, server->process);
    g_spawn_close_pid(server->process);
    fclose(server->out);
    g_unlink(server->certificate);
    g_unlink(server->key);
    g_rmdir(server->folder);
    g_free(server->folder);
    g_free(server->certificate);
    g_free(server->key);
    g_free(server->url);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TlsServer, tls_server_clear)

static bool call_tls(const char *url, const char *ca_file, int *status, GError **error) {
    g_autoptr(HttpTransport) transport = http_curl_new(ca_file);
    g_auto(HttpResponse) response = {0};
    if (!http_send(transport, &(HttpRequest){.method = "GET", .url = url}, &response, error)) return false;
    *status = response.status;
    return true;
}

static void test_certificates(void) {
    g_auto(TlsServer) server = {0}, other = {0};
    int status = 0;
    open_tls_server(&server, "IP:127.0.0.1");
    open_tls_server(&other, "DNS:elsewhere.example");
    g_autoptr(GError) unknown = NULL, wrong_host = NULL, no_file = NULL, no_certificate = NULL, error = NULL;
    g_assert_true(call_tls(server.url, server.certificate, &status, &error));
    g_assert_cmpint(status, ==, 200);
    g_assert_false(call_tls(server.url, NULL, &status, &unknown));
    g_assert_error(unknown, HANSARD_ERROR, ERROR_CONFIG);
    g_assert_nonnull(strstr(unknown->message, "AWS_CA_BUNDLE"));
    g_assert_false(call_tls(other.url, other.certificate, &status, &wrong_host));
    g_assert_error(wrong_host, HANSARD_ERROR, ERROR_CONFIG);
    g_assert_false(call_tls(server.url, "/nonexistent/ca.pem", &status, &no_file));
    g_assert_error(no_file, HANSARD_ERROR, ERROR_CONFIG);
    g_assert_nonnull(strstr(no_file->message, "/nonexistent/ca.pem"));
    g_assert_nonnull(strstr(no_file->message, "AWS_CA_BUNDLE"));
    g_assert_false(call_tls(server.url, server.key, &status, &no_certificate));
    g_assert_error(no_certificate, HANSARD_ERROR, ERROR_CONFIG);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    static const char *const variables[] = {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY"};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) g_unsetenv(variables[i]);
    g_test_add_func("/net/sent", test_what_is_sent);
    g_test_add_func("/net/head", test_head);
    g_test_add_func("/net/path-as-is", test_path_as_it_is);
    g_test_add_func("/net/headers/sent", test_headers_sent);
    g_test_add_func("/net/headers/list", test_headers);
    g_test_add_func("/net/headers/received", test_headers_received);
    g_test_add_func("/net/body/file", test_file_body);
    g_test_add_func("/net/body/large", test_large_bodies);
    g_test_add_func("/net/body/into", test_into);
    g_test_add_func("/net/limits/body", test_body_limit);
    g_test_add_func("/net/limits/error-body", test_error_body_limit);
    g_test_add_func("/net/limits/headers", test_header_limit);
    g_test_add_func("/net/fails/no-whole-answer", test_no_whole_answer);
    g_test_add_func("/net/fails/nobody-there", test_nobody_there);
    g_test_add_func("/net/fails/stalls", test_stalls);
    g_test_add_func("/net/fails/stalled-upload", test_stalled_upload);
    g_test_add_func("/net/fails/checks", test_checks);
    g_test_add_func("/net/cancel", test_cancel);
    g_test_add_func("/net/early-answer", test_answer_before_the_body_is_sent);
    g_test_add_func("/net/redirect", test_redirect_is_an_answer);
    g_test_add_func("/net/connections/sent-once", test_sent_once);
    g_test_add_func("/net/connections/closed-while-idle", test_closed_while_idle);
    g_test_add_func("/net/connections/kept", test_connections_are_kept);
    g_test_add_func("/net/connections/by-host", test_connections_by_host);
    g_test_add_func("/net/connections/kept-max", test_connections_kept_max);
    g_test_add_func("/net/proxy", test_proxy);
    g_test_add_func("/net/certificates", test_certificates);
    g_test_add_func("/net/date", test_date);
    return g_test_run();
}
