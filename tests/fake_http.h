/* A fake HTTP server on loopback, for what no real one does on demand: answers from a script, to the byte, and then what the script says with the
 * connection. Each connection has a thread; what came in is kept and counted. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef enum {
    FAKE_KEEP,  /* the connection serves the next request */
    FAKE_CLOSE,
    FAKE_RESET, /* with a TCP reset: what was not read yet is lost */
    FAKE_STALL, /* says nothing more until the other side gives up */
} FakeThen;

typedef struct {
    const char *answer; /* NULL: none */
    gsize filler;       /* so many bytes 'x' follow it */
    FakeThen then;
    bool early;         /* before the request's body is read */
} FakeStep;

typedef struct {
    char *head; /* request line and headers */
    GBytes *body;
} FakeRequest;

typedef struct {
    const FakeStep *steps; /* one a request; the last serves all further ones */
    guint step_count;
    int listener;
    int stop_pipe[2]; /* closed to end all threads */
    char *url;        /* "http://127.0.0.1:PORT" */
    GThread *thread;
    GMutex mutex;
    GPtrArray *threads;  /* of the connections */
    GPtrArray *requests; /* FakeRequest* */
    guint accepted, open, open_peak;
    guint gate; /* no answer before so many requests have come */
    GCond came;
} FakeHttp;

typedef struct {
    FakeHttp *fake;
    int fd;
    GString *pending; /* read and not used yet */
} FakeConnection;

static inline void fake_request_free(gpointer data) {
    FakeRequest *request = data;
    g_free(request->head);
    g_bytes_unref(request->body);
    g_free(request);
}

/* False at the connection's end, or when the server is to stop. */
static inline bool fake_read_more(FakeConnection *connection) {
    char block[64 * 1024];
    struct pollfd wait[] = {{.fd = connection->fd, .events = POLLIN}, {.fd = connection->fake->stop_pipe[0], .events = POLLIN}};
    if (poll(wait, 2, -1) < 0 || wait[1].revents) return false;
    ssize_t got = read(connection->fd, block, sizeof block);
    if (got > 0) g_string_append_len(connection->pending, block, got);
    return got > 0;
}

static inline bool fake_write(int fd, const char *data, gsize size) {
    for (gsize done = 0; done < size;) {
        ssize_t written = send(fd, data + done, size - done, MSG_NOSIGNAL);
        if (written <= 0) return false;
        done += (gsize)written;
    }
    return true;
}

static inline gsize fake_content_length(const char *head) {
    const char *at = strcasestr(head, "\r\nContent-Length:");
    return at ? (gsize)g_ascii_strtoull(at + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

static inline const FakeStep *fake_take_step(FakeHttp *fake, FakeRequest *request) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);
    const FakeStep *step = &fake->steps[MIN(fake->requests->len, fake->step_count - 1)];
    g_ptr_array_add(fake->requests, request);
    g_cond_broadcast(&fake->came);
    while (fake->requests->len < fake->gate) g_cond_wait(&fake->came, &fake->mutex);
    return step;
}

/* One request and its answer; whether another may come on this connection. */
static inline bool fake_serve_one(FakeConnection *connection) {
    FakeHttp *fake = connection->fake;
    GString *pending = connection->pending;
    const char *end;
    while (!(end = strstr(pending->str, "\r\n\r\n")))
        if (!fake_read_more(connection)) return false;
    gsize head_size = (gsize)(end + 4 - pending->str), body_size;
    FakeRequest *request = g_new0(FakeRequest, 1);
    request->head = g_strndup(pending->str, head_size);
    request->body = g_bytes_new(NULL, 0);
    body_size = fake_content_length(request->head);
    const FakeStep *step = fake_take_step(fake, request);
    while (!step->early && pending->len < head_size + body_size)
        if (!fake_read_more(connection)) return false;
    gsize body_got = MIN(body_size, pending->len - head_size);
    GBytes *body = g_bytes_new(pending->str + head_size, body_got);
    g_mutex_lock(&fake->mutex);
    g_bytes_unref(request->body);
    request->body = body;
    g_mutex_unlock(&fake->mutex);
    g_string_erase(pending, 0, (gssize)(head_size + body_got));

    g_autofree char *filler = g_strnfill(step->filler, 'x');
    if (step->answer && !fake_write(connection->fd, step->answer, strlen(step->answer))) return false;
    if (!fake_write(connection->fd, filler, step->filler)) return false;
    if (step->then == FAKE_RESET) setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    if (step->then == FAKE_STALL)
        while (fake_read_more(connection)) continue;
    return step->then == FAKE_KEEP;
}

static inline gpointer fake_serve_connection(gpointer data) {
    FakeConnection *connection = data;
    FakeHttp *fake = connection->fake;
    while (fake_serve_one(connection)) continue;
    close(connection->fd);
    g_mutex_lock(&fake->mutex);
    fake->open--;
    g_mutex_unlock(&fake->mutex);
    g_string_free(connection->pending, TRUE);
    g_free(connection);
    return NULL;
}

static inline gpointer fake_accept(gpointer data) {
    FakeHttp *fake = data;
    for (;;) {
        struct pollfd wait[] = {{.fd = fake->listener, .events = POLLIN}, {.fd = fake->stop_pipe[0], .events = POLLIN}};
        if (poll(wait, 2, -1) < 0 || wait[1].revents) return NULL;
        FakeConnection *connection = g_new0(FakeConnection, 1);
        *connection = (FakeConnection){.fake = fake, .fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC), .pending = g_string_new(NULL)};
        g_assert_cmpint(connection->fd, >=, 0);
        g_mutex_lock(&fake->mutex);
        fake->accepted++;
        fake->open++;
        fake->open_peak = MAX(fake->open_peak, fake->open);
        g_ptr_array_add(fake->threads, g_thread_new("fake", fake_serve_connection, connection));
        g_mutex_unlock(&fake->mutex);
    }
}

static inline FakeHttp *fake_http_new(const FakeStep *steps, guint step_count) {
    FakeHttp *fake = g_new0(FakeHttp, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *fake = (FakeHttp){.steps = steps, .step_count = step_count, .threads = g_ptr_array_new(),
                       .requests = g_ptr_array_new_with_free_func(fake_request_free)};
    g_mutex_init(&fake->mutex);
    g_cond_init(&fake->came);
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fake->listener, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(fake->listener, 128), ==, 0);
    g_assert_cmpint(getsockname(fake->listener, (struct sockaddr *)&address, &size), ==, 0);
    g_assert_cmpint(pipe2(fake->stop_pipe, O_CLOEXEC), ==, 0);
    fake->url = g_strdup_printf("http://127.0.0.1:%d", ntohs(address.sin_port));
    fake->thread = g_thread_new("fake-accept", fake_accept, fake);
    return fake;
}
#define FAKE_HTTP(steps) fake_http_new(steps, G_N_ELEMENTS(steps))

static inline void fake_http_free(FakeHttp *fake) {
    close(fake->stop_pipe[1]);
    g_thread_join(fake->thread);
    for (guint i = 0; i < fake->threads->len; i++) g_thread_join(fake->threads->pdata[i]);
    close(fake->listener);
    close(fake->stop_pipe[0]);
    g_ptr_array_unref(fake->threads);
    g_ptr_array_unref(fake->requests);
    g_mutex_clear(&fake->mutex);
    g_cond_clear(&fake->came);
    g_free(fake->url);
    g_free(fake);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeHttp, fake_http_free)

static inline guint fake_http_count(FakeHttp *fake) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);
    return fake->requests->len;
}

static inline guint fake_http_open(FakeHttp *fake) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);
    return fake->open;
}

/* Head and body of the n-th request, when its answer has come. Borrowed. */
static inline const FakeRequest *fake_http_request(FakeHttp *fake, guint n) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);
    g_assert_cmpuint(n, <, fake->requests->len);
    return fake->requests->pdata[n];
}

/* A header of the n-th request; NULL: none. Caller frees. */
static inline char *fake_http_header(FakeHttp *fake, guint n, const char *name) {
    g_autofree char *begin = g_strdup_printf("\r\n%s: ", name);
    const char *at = strcasestr(fake_http_request(fake, n)->head, begin);
    return at ? g_strndup(at + strlen(begin), strcspn(at + strlen(begin), "\r")) : NULL;
}
