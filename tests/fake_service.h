/* A stand-in for an HTTP service of AWS (STS, the metadata services): it listens on loopback, notes what it is asked, and answers what the test says. */
#pragma once

#include <arpa/inet.h>
#include <gio/gio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAKE_REQUEST_BYTES_MAX (256 * 1024)

typedef struct {
    char *method, *path;
    char *head; /* request line and headers, in lower case but for values' own */
    char *body;
} FakeRequest;

typedef struct {
    int status;      /* 0: the connection is closed without an answer */
    char *headers;   /* lines that each end in \r\n; NULL: none */
    char *body;      /* owned */
    guint delay_ms;
} FakeAnswer;

typedef struct FakeService FakeService;
struct FakeService {
    int listener;
    int port;
    GThread *thread;
    GMutex lock;
    GPtrArray *requests; /* FakeRequest* */
    GPtrArray *connections; /* GThread* */
    FakeAnswer (*answer)(const FakeRequest *request, guint number, gpointer data); /* `number` from 0; called under the lock */
    gpointer data;
};

static void fake_request_free(gpointer data) {
    FakeRequest *request = data;
    g_free(request->method);
    g_free(request->path);
    g_free(request->head);
    g_free(request->body);
    g_free(request);
}

/* The value of a header, by its name in lower case; NULL: none. Caller frees. */
static inline char *fake_request_header(const FakeRequest *request, const char *name) {
    g_auto(GStrv) lines = g_strsplit(request->head, "\r\n", -1);
    for (guint i = 1; lines[i]; i++) {
        char *colon = strchr(lines[i], ':');
        if (!colon) continue;
        *colon = '\0';
        if (g_ascii_strcasecmp(lines[i], name) == 0) return g_strdup(g_strstrip(colon + 1));
    }
    return NULL;
}

/* One request; NULL where the connection ended. */
static FakeRequest *fake_read_request(int fd) {
    g_autoptr(GString) got = g_string_new(NULL);
    const char *end = NULL;
    gsize wanted = 0;
    while (got->len < FAKE_REQUEST_BYTES_MAX) {
        char block[4096];
        ssize_t size = read(fd, block, sizeof block);
        if (size <= 0) return NULL;
        g_string_append_len(got, block, size);
        end = strstr(got->str, "\r\n\r\n");
        if (!end) continue;
        const char *length = strcasestr(got->str, "\r\ncontent-length:");
        gsize body_size = length && length < end ? g_ascii_strtoull(length + strlen("\r\ncontent-length:"), NULL, 10) : 0;
        wanted = (gsize)(end - got->str) + 4 + body_size;
        if (got->len >= wanted) break;
    }
    if (!end) return NULL;
    g_auto(GStrv) words = g_strsplit_set(got->str, " \r", 3);
    FakeRequest *request = g_new0(FakeRequest, 1);
    *request = (FakeRequest){.method = g_strdup(words[0]),
                             .path = g_strdup(words[1]),
                             .head = g_strndup(got->str, (gsize)(end - got->str)),
                             .body = g_strdup(end + 4)};
    return request;
}

typedef struct {
    FakeService *service;
    int fd;
} FakeConnection;

static gpointer fake_connection(gpointer data) {
    FakeConnection *connection = data;
    FakeService *service = connection->service;
    FakeRequest *request = fake_read_request(connection->fd);
    if (request) {
        g_mutex_lock(&service->lock);
        g_ptr_array_add(service->requests, request);
        FakeAnswer answer = service->answer(request, service->requests->len - 1, service->data);
        g_mutex_unlock(&service->lock);
        if (answer.delay_ms > 0) g_usleep(answer.delay_ms * 1000);
        if (answer.status != 0) {
            g_autoptr(GString) text = g_string_new(NULL);
            g_string_printf(text, "HTTP/1.1 %d Fake\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n%s", answer.status,
                            answer.body ? strlen(answer.body) : 0, answer.headers ? answer.headers : "", answer.body ? answer.body : "");
            /* Who gave up waiting is gone. */
            for (gsize done = 0; done < text->len;) {
                ssize_t sent = send(connection->fd, text->str + done, text->len - done, MSG_NOSIGNAL);
                if (sent <= 0) break;
                done += (gsize)sent;
            }
        }
        g_free(answer.body);
        g_free(answer.headers);
    }
    close(connection->fd);
    g_free(connection);
    return NULL;
}

static gpointer fake_listen(gpointer data) {
    FakeService *service = data;
    for (;;) {
        int fd = accept(service->listener, NULL, NULL);
        if (fd < 0) return NULL;
        FakeConnection *connection = g_new(FakeConnection, 1);
        *connection = (FakeConnection){service, fd};
        g_ptr_array_add(service->connections, g_thread_new("fake-connection", fake_connection, connection));
    }
}

static inline FakeService *fake_service_new(FakeAnswer (*answer)(const FakeRequest *request, guint number, gpointer data), gpointer data) {
    FakeService *service = g_new0(FakeService, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    service->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(service->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(service->listener, 64), ==, 0);
    g_assert_cmpint(getsockname(service->listener, (struct sockaddr *)&address, &size), ==, 0);
    service->port = ntohs(address.sin_port);
    service->requests = g_ptr_array_new_with_free_func(fake_request_free);
    service->connections = g_ptr_array_new();
    service->answer = answer;
    service->data = data;
    g_mutex_init(&service->lock);
    service->thread = g_thread_new("fake-service", fake_listen, service);
    return service;
}

static inline void fake_service_free(FakeService *service) {
    if (!service) return;
    shutdown(service->listener, SHUT_RDWR);
    g_thread_join(service->thread);
    for (guint i = 0; i < service->connections->len; i++) g_thread_join(service->connections->pdata[i]);
    close(service->listener);
    g_ptr_array_unref(service->connections);
    g_ptr_array_unref(service->requests);
    g_mutex_clear(&service->lock);
    g_free(service);
}

static inline guint fake_service_count(FakeService *service) {
    g_mutex_lock(&service->lock);
    guint count = service->requests->len;
    g_mutex_unlock(&service->lock);
    return count;
}

/* Borrowed; the `number`-th, from 0. */
static inline const FakeRequest *fake_service_request(FakeService *service, guint number) {
    g_mutex_lock(&service->lock);
    g_assert_cmpuint(number, <, service->requests->len);
    const FakeRequest *request = service->requests->pdata[number];
    g_mutex_unlock(&service->lock);
    return request;
}

static inline char *fake_service_url(const FakeService *service, const char *path) { return g_strdup_printf("http://127.0.0.1:%d%s", service->port, path); }
