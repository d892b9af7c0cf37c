/* The life of a request:
 *
 *   begin → head (checked, routed, who may) → body (collected, or streamed) → work (a task, connection suspended) → answer
 *
 * Where the store must be asked who the caller is, a task does that while the connection is suspended; then the head is gone on with.
 *
 * A request that is refused before its body has come is answered at once when the client waits to be told (Expect) or the body
 * is large: the connection is then closed, for the rest of the body would be taken for the next request. A small body is passed
 * over first, so that the client is sure to read the answer; so is the rest of a body that fails midway, for libmicrohttpd
 * takes an answer only at the head or the end. Of that rest DISCARD_BYTES_MAX are passed over; then the connection is closed
 * without an answer. */
#include "http/exchange.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/authorize.h"
#include "http/connections.h"
#include "http/framing.h"
#include "http/keyed.h"
#include "http/part.h"
#include "http/places.h"
#include "http/reply.h"
#include "http/request_log.h"
#include "http/router.h"
#include "http/upload.h"

#define DISCARD_BYTES_MAX (64 * MIB) /* of a body that has failed already */
#define SOCKET_TAKES_BYTES (16 * KIB) /* Linux gives a socket so much at the least */

typedef struct {
    Context *context;
    struct MHD_Connection *connection;
    Request *request;
    const Route *route;
    char *allow;
    GByteArray *body;
    Sink *sink;
    Response response;
    GError *error;     /* of the head, the body or the work */
    guint64 discarded;
    bool head_done, asks_store, answer_ready, close;
} Exchange;

void *exchange_begin(void *cls, const char *target, struct MHD_Connection *connection) {
    Exchange *exchange = g_new0(Exchange, 1);
    exchange->context = cls;
    exchange->connection = connection;
    exchange->request = request_new(target);
    exchange->request->began_us = g_get_monotonic_time();
    response_init(&exchange->response);
    return exchange;
}

static void exchange_free(gpointer data) {
    Exchange *exchange = data;
    sink_free(exchange->sink);
    g_clear_pointer(&exchange->body, g_byte_array_unref);
    g_clear_error(&exchange->error);
    response_clear(&exchange->response);
    request_free(exchange->request);
    g_free(exchange->allow);
    g_free(exchange);
}

void exchange_end(void *cls, struct MHD_Connection *connection, void **data, enum MHD_RequestTerminationCode code) {
    Exchange *exchange = g_steal_pointer(data);
    if (!exchange) return;
    connection_turn(connection, TURN_REQUEST);
    /* To abort an upload touches the store: a task's work, unless the server stops and takes no more. */
    if (exchange->sink && tasks_reserve(exchange->context->tasks, LANE_WRITE, NULL))
        tasks_push(exchange->context->tasks, LANE_WRITE, exchange_free, exchange);
    else exchange_free(exchange);
}

/* What the socket takes whole is gone at once, and a stream of events waits for the server. */
static bool may_be_slow(const Response *response) {
    return response->reader || (response->bytes && g_bytes_get_size(response->bytes) > SOCKET_TAKES_BYTES);
}

/* The client's error is its answer; what lies with us is reported here, too. */
static enum MHD_Result answer(Exchange *exchange) {
    if (exchange->response.reader && !place_take(exchange->context, PLACE_ANSWER, &exchange->error)) {
        response_clear(&exchange->response);
        response_init(&exchange->response);
    }
    connection_turn(exchange->connection, may_be_slow(&exchange->response) ? TURN_ANSWER : TURN_SERVER);
    if (exchange->error) {
        response_problem(&exchange->response, exchange->error);
        if (!log_is_json() && exchange->response.status >= 500 && !error_is(exchange->error, ERROR_TOO_MANY)) {
            g_autofree char *what = g_strdup_printf("%s %s", exchange->request->method, exchange->request->path);
            context_report(what, exchange->error);
        }
        if (error_is(exchange->error, ERROR_METHOD_NOT_ALLOWED)) response_header(&exchange->response, "Allow", exchange->allow);
        authorize_explain(exchange->request, exchange->error, &exchange->response);
    }
    request_log(exchange->route, exchange->request, &exchange->response, exchange->error);
    authorize_note(exchange->context, exchange->route, exchange->request, &exchange->response, exchange->error);
    return reply_queue(exchange->context, exchange->connection, &exchange->response, exchange->request->peer.secure, exchange->close);
}

typedef struct {
    Request *request;
    GError **error;
    bool ok;
} HeaderVisit;

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value,
                                  size_t value_size) {
    HeaderVisit *visit = cls;
    visit->ok = request_add_header(visit->request, name, name_size, value ? value : "", value_size, visit->error);
    return visit->ok ? MHD_YES : MHD_NO;
}

/* What can't be read without doubt; afterwards the connection is closed, for nobody can say where the next request begins. */
static bool read_head(Exchange *exchange, const char *url, const char *method, const char *version, GError **error) {
    Request *request = exchange->request;
    HeaderVisit visit = {request, error, true};
    if (!framing_check(exchange->connection, method, url, strlen(request->target), version, error)) return false;
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, add_header, &visit);
    return visit.ok && request_check(request, error) && request_begin(request, method, error);
}

static void find_peer(Exchange *exchange) {
    const Request *request = exchange->request;
    const Context *context = exchange->context;
    PeerFields fields = {.host = request_header(request, "host"),
                         .forwarded_for = request_header(request, "x-forwarded-for"),
                         .forwarded_proto = request_header(request, "x-forwarded-proto"),
                         .forwarded_host = request_header(request, "x-forwarded-host")};
    peer_find(&exchange->request->peer, context->proxies, connection_address(exchange->connection), context->tls, &fields);
}

/* Of a body that is read whole. */
static gsize body_bytes_max(const Exchange *exchange) {
    return exchange->route->needs == NEEDS_NOTHING ? OPEN_BODY_BYTES_MAX : JSON_BODY_BYTES_MAX;
}

static bool fail_body_size(const Exchange *exchange, GError **error) {
    gsize most = body_bytes_max(exchange);
    bool large = most >= MIB;
    return fail(error, ERROR_TOO_LARGE, "the request's body has more than %d %s", (int)(most / (large ? MIB : KIB)), large ? "MiB" : "KiB");
}

static bool check_json_head(const Exchange *exchange, GError **error) {
    if (!request_type_is(exchange->request, "application/json"))
        return fail(error, ERROR_UNSUPPORTED_MEDIA, "send JSON with Content-Type: application/json");
    return exchange->request->content_length <= body_bytes_max(exchange) || fail_body_size(exchange, error);
}

static bool find_route(Exchange *exchange, GError **error) {
    Request *request = exchange->request;
    if (!security_check_origin(request, error)) return false;
    if (strcmp(request->method, "OPTIONS") == 0 && strcmp(request->path, "*") == 0) return true;
    if (!router_find(request, &exchange->route, &exchange->allow, error)) {
        if (strcmp(request->method, "OPTIONS") != 0 || !error_is(*error, ERROR_METHOD_NOT_ALLOWED)) return false;
        g_clear_error(error);
    }
    if (exchange->context->figures_only && !(exchange->route && router_is_figure(exchange->route))) {
        exchange->route = NULL;
        g_clear_pointer(&exchange->allow, g_free);
        return fail(error, ERROR_NOT_FOUND, "a worker tells its figures alone: /metrics, /healthz, /readyz");
    }
    return true;
}

/* Readies what takes the request's body. */
static bool admit(Exchange *exchange, GError **error) {
    Request *request = exchange->request;
    if (!exchange->route) return true;
    switch (exchange->route->body) {
    case BODY_NONE:
        return request->content_length <= DISCARD_BYTES_MAX || fail(error, ERROR_TOO_LARGE, "this request takes no body");
    case BODY_JSON:
        exchange->body = g_byte_array_new();
        return check_json_head(exchange, error);
    case BODY_UPLOAD:
        return upload_open(exchange->context, request, exchange->connection, &exchange->sink, error);
    case BODY_PART:
        return part_open(exchange->context, request, exchange->connection, &exchange->sink, error);
    }
    g_assert_not_reached();
}

/* Suspends the connection and lets a task do the work; it resumes the connection. MHD_NO: the server stops, or (with the
 * exchange's error set) the lane is full. */
static enum MHD_Result work(Exchange *exchange, Lane lane, Task task) {
    GError **error = exchange->error ? NULL : &exchange->error;
    if (!tasks_reserve(exchange->context->tasks, lane, error)) return MHD_NO;
    connection_turn(exchange->connection, TURN_SERVER);
    MHD_suspend_connection(exchange->connection);
    tasks_push(exchange->context->tasks, lane, task, exchange);
    return MHD_YES;
}

static void authorize_task(gpointer user_data) {
    Exchange *exchange = user_data;
    bool wait;
    authorize(exchange->context, exchange->route, exchange->request, true, &wait, &exchange->error);
    MHD_resume_connection(exchange->connection);
}

/* Whether what has been found out so far lets the body come. */
static void check_caller(Exchange *exchange) {
    if (exchange->error || !find_route(exchange, &exchange->error) || !exchange->route) return;
    authorize(exchange->context, exchange->route, exchange->request, false, &exchange->asks_store, &exchange->error);
}

/* It is known who calls. What is refused here is answered before the body comes. */
static enum MHD_Result end_head(Exchange *exchange) {
    const Request *request = exchange->request;
    if (!exchange->error && admit(exchange, &exchange->error)) return MHD_YES;
    bool waits = request_header(request, "expect") != NULL;
    bool small = !request->chunked && request->content_length <= JSON_BODY_BYTES_MAX;
    return request_has_body(request) && (waits || !small) ? answer(exchange) : MHD_YES;
}

static enum MHD_Result head(Exchange *exchange, const char *url, const char *method, const char *version) {
    exchange->head_done = true;
    connection_turn(exchange->connection, TURN_BODY);
    bool clear = read_head(exchange, url, method, version, &exchange->error);
    request_name(exchange->request);
    /* Line ends within chunks are read leniently, and unseen by us: what follows such a body is nobody's next request. */
    exchange->close = !clear || exchange->request->chunked;
    if (!clear) return answer(exchange);
    find_peer(exchange);
    check_caller(exchange);
    return exchange->asks_store ? work(exchange, LANE_READ, authorize_task) : end_head(exchange);
}

/* An upload that has failed gives up its place and what it has written at once, however much of its body is still to come. */
static void flush_task(gpointer user_data) {
    Exchange *exchange = user_data;
    if (exchange->error || !sink_flush(exchange->sink, &exchange->error)) g_clear_pointer(&exchange->sink, sink_free);
    connection_turn(exchange->connection, TURN_BODY);
    MHD_resume_connection(exchange->connection);
}

static bool discard(Exchange *exchange, gsize size) {
    exchange->discarded += size;
    return exchange->discarded <= DISCARD_BYTES_MAX;
}

static enum MHD_Result take_body(Exchange *exchange, const char *data, gsize size) {
    if (exchange->sink) {
        bool fed = sink_feed(exchange->sink, data, size, &exchange->error);
        return fed && !sink_is_full(exchange->sink) ? MHD_YES : work(exchange, LANE_WRITE, flush_task);
    }
    if (exchange->body && !exchange->error) {
        if (size > body_bytes_max(exchange) - exchange->body->len) fail_body_size(exchange, &exchange->error);
        else g_byte_array_append(exchange->body, (const guint8 *)data, (guint)size);
        return MHD_YES;
    }
    return discard(exchange, size) ? MHD_YES : MHD_NO;
}

static void handle(Exchange *exchange) {
    if (exchange->sink) sink_finish(exchange->sink, &exchange->response, &exchange->error);
    else keyed_handle(exchange->context, exchange->route, exchange->request, &exchange->response, &exchange->error);
    /* Its place is free once the work is done, not when the client has read the answer. */
    g_clear_pointer(&exchange->sink, sink_free);
    exchange->answer_ready = true;
}

static void handle_task(gpointer user_data) {
    Exchange *exchange = user_data;
    handle(exchange);
    MHD_resume_connection(exchange->connection);
}

static void answer_options(Exchange *exchange) {
    exchange->response.status = 204;
    response_header(&exchange->response, "Allow", exchange->allow ? exchange->allow : "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE");
}

static enum MHD_Result finish(Exchange *exchange) {
    if (exchange->error || exchange->answer_ready) return answer(exchange);
    if (exchange->body) exchange->request->body = g_byte_array_free_to_bytes(g_steal_pointer(&exchange->body));
    if (!exchange->route) {
        answer_options(exchange);
        return answer(exchange);
    }
    Shortcut shortcut = router_shortcut(exchange->route);
    if (shortcut && shortcut(exchange->context, exchange->request, &exchange->response)) return answer(exchange);
    if (exchange->route->lane != LANE_INLINE) {
        enum MHD_Result working = work(exchange, exchange->route->lane, handle_task);
        return error_is(exchange->error, ERROR_TOO_MANY) ? answer(exchange) : working;
    }
    handle(exchange);
    return answer(exchange);
}

enum MHD_Result exchange_continue(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **user_data) {
    Exchange *exchange = *user_data;
    /* The library goes on with chunks that it has read already, though the connection is suspended: they are left for later. */
    if (MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED)->suspended) return MHD_YES;
    if (!exchange->head_done) return head(exchange, url, method, version);
    if (exchange->asks_store) { /* a connection that was suspended in the first call comes to it again */
        exchange->asks_store = false;
        connection_turn(connection, TURN_BODY);
        return end_head(exchange);
    }
    if (*size == 0) return finish(exchange);
    gsize taken = *size;
    *size = 0;
    connection_received(connection, taken);
    return take_body(exchange, data, taken);
}
