/* A model service that is none: an HTTP server on loopback whose answers a test writes, to misbehave in ways that a real one can't be asked to. It
 * runs in a thread, takes one connection at a time with one request each, and remembers what it was sent. */
#pragma once

#include <gio/gio.h>
#include <string.h>

#include "base/json.h"

typedef struct {
    char *method, *path;
    char *head; /* request line and headers, as they came */
    char *body;
    json_t *json; /* of the body; NULL: it is none */
} ScriptedRequest;

/* The bytes of the answer, the callee's to make; NULL: none ever comes, and the connection stays open until the other side closes it. `number` counts
 * requests from 0. Called from the endpoint's thread. */
typedef char *(*ScriptedAnswer)(const ScriptedRequest *request, guint number, gpointer user_data);

typedef struct {
    GSocketListener *listener;
    GCancellable *stop;
    GThread *thread;
    guint16 port;
    ScriptedAnswer answer;
    gpointer user_data;
    GMutex mutex;
    GPtrArray *requests; /* ScriptedRequest* */
} ScriptedEndpoint;

static inline void scripted_request_free(gpointer data) {
    ScriptedRequest *request = data;
    g_free(request->method);
    g_free(request->path);
    g_free(request->head);
    g_free(request->body);
    json_decref(request->json);
    g_free(request);
}

/* The value of a header, NULL: there is none. Caller frees. */
static inline char *scripted_header(const ScriptedRequest *request, const char *name) {
    g_auto(GStrv) lines = g_strsplit(request->head, "\r\n", -1);
    gsize length = strlen(name);
    for (guint i = 1; lines[0] && lines[i]; i++)
        if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':') return g_strdup(g_strstrip(lines[i] + length + 1));
    return NULL;
}

/* An answer's bytes. `headers` are lines that end in CRLF, NULL: none. */
static inline char *scripted_reply(int status, const char *headers, const char *body) {
    return g_strdup_printf("HTTP/1.1 %d Scripted\r\nContent-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n%s\r\n%s",
                           status, strlen(body), headers ? headers : "", body);
}

static inline char *scripted_reply_json(int status, json_t *json) {
    char *body = json_dumps(json, JSON_COMPACT);
    char *reply = scripted_reply(status, NULL, body);
    free(body);
    json_decref(json);
    return reply;
}

static inline ScriptedRequest *scripted_read(GInputStream *stream) {
    GString *got = g_string_new(NULL);
    char block[16384];
    gsize head_end = 0, wanted = G_MAXSIZE;
    while (got->len < wanted) {
        gssize count = g_input_stream_read(stream, block, sizeof block, NULL, NULL);
        if (count <= 0) break;
        g_string_append_len(got, block, count);
        const char *end = head_end ? NULL : strstr(got->str, "\r\n\r\n");
        if (!end) continue;
        head_end = (gsize)(end - got->str) + 4;
        g_autofree char *head = g_ascii_strdown(got->str, (gssize)head_end);
        const char *length = strstr(head, "\r\ncontent-length:");
        wanted = head_end + (length ? (gsize)g_ascii_strtoull(length + strlen("\r\ncontent-length:"), NULL, 10) : 0);
    }
    ScriptedRequest *request = g_new0(ScriptedRequest, 1);
    request->head = g_strndup(got->str, head_end);
    request->body = g_strdup(got->str + head_end);
    request->json = json_loads(request->body, 0, NULL);
    g_auto(GStrv) words = g_strsplit(request->head, " ", 3);
    request->method = g_strdup(words[0] ? words[0] : "");
    request->path = g_strdup(words[0] && words[1] ? words[1] : "");
    g_string_free(got, TRUE);
    return request;
}

static inline void scripted_serve(ScriptedEndpoint *endpoint, GIOStream *connection) {
    GInputStream *input = g_io_stream_get_input_stream(connection);
    ScriptedRequest *request = scripted_read(input);
    g_mutex_lock(&endpoint->mutex);
    guint number = endpoint->requests->len;
    g_mutex_unlock(&endpoint->mutex);
    g_autofree char *reply = endpoint->answer(request, number, endpoint->user_data);
    g_mutex_lock(&endpoint->mutex);
    g_ptr_array_add(endpoint->requests, request);
    g_mutex_unlock(&endpoint->mutex);
    char byte;
    if (reply) g_output_stream_write_all(g_io_stream_get_output_stream(connection), reply, strlen(reply), NULL, NULL, NULL);
    else while (g_input_stream_read(input, &byte, 1, NULL, NULL) > 0) continue;
    g_io_stream_close(connection, NULL, NULL);
}

static inline gpointer scripted_run(gpointer user_data) {
    ScriptedEndpoint *endpoint = user_data;
    GSocketConnection *connection;
    while ((connection = g_socket_listener_accept(endpoint->listener, NULL, endpoint->stop, NULL))) {
        scripted_serve(endpoint, G_IO_STREAM(connection));
        g_object_unref(connection);
    }
    return NULL;
}

static inline ScriptedEndpoint *scripted_start(ScriptedAnswer answer, gpointer user_data) {
    ScriptedEndpoint *endpoint = g_new0(ScriptedEndpoint, 1);
    g_mutex_init(&endpoint->mutex);
    endpoint->answer = answer;
    endpoint->user_data = user_data;
    endpoint->requests = g_ptr_array_new_with_free_func(scripted_request_free);
    endpoint->listener = g_socket_listener_new();
    endpoint->stop = g_cancellable_new();
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0), bound = NULL;
    g_assert_true(g_socket_listener_add_address(endpoint->listener, any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, NULL));
    endpoint->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    endpoint->thread = g_thread_new("scripted", scripted_run, endpoint);
    return endpoint;
}

/* Clients must be closed by now: it waits for a connection that waits for nothing. */
static inline void scripted_stop(ScriptedEndpoint *endpoint) {
    if (!endpoint) return;
    g_cancellable_cancel(endpoint->stop);
    g_thread_join(endpoint->thread);
    g_socket_listener_close(endpoint->listener);
    g_object_unref(endpoint->listener);
    g_object_unref(endpoint->stop);
    g_ptr_array_unref(endpoint->requests);
    g_mutex_clear(&endpoint->mutex);
    g_free(endpoint);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScriptedEndpoint, scripted_stop)

static inline guint scripted_count(ScriptedEndpoint *endpoint) {
    g_mutex_lock(&endpoint->mutex);
    guint count = endpoint->requests->len;
    g_mutex_unlock(&endpoint->mutex);
    return count;
}

/* One that has been answered; borrowed. */
static inline const ScriptedRequest *scripted_request(ScriptedEndpoint *endpoint, guint number) {
    g_mutex_lock(&endpoint->mutex);
    const ScriptedRequest *request = number < endpoint->requests->len ? endpoint->requests->pdata[number] : NULL;
    g_mutex_unlock(&endpoint->mutex);
    g_assert_nonnull(request);
    return request;
}
