/* A transport that fails at the n-th request: what networks and services do, under everything that calls services. Wraps another, which is borrowed.
 *
 *   FAULT_500, FAULT_SLOW_DOWN   answered so; not carried out
 *   FAULT_RESET                  no answer; not carried out
 *   FAULT_LOST                   carried out, and no answer
 *   FAULT_CUT                    carried out, and the answer breaks off in the middle
 *   FAULT_FLIP_ANSWER            one bit of the object that a GET reads is changed
 *   FAULT_FLIP_REQUEST           one bit of what is sent is changed
 *   FAULT_ANSWER                 answered with `answer_status` and `answer_body`; not carried out
 *
 * `lasting` requests from the n-th on have the fault; those that can't have it (no body to flip) pass. */
#pragma once

#include <string.h>

#include "net/http_transport_backend.h"

typedef enum {
    FAULT_NONE,
    FAULT_500,
    FAULT_SLOW_DOWN,
    FAULT_RESET,
    FAULT_LOST,
    FAULT_CUT,
    FAULT_FLIP_ANSWER,
    FAULT_FLIP_REQUEST,
    FAULT_ANSWER,
    FAULT_KINDS
} TransportFault;

typedef struct FaultyTransport FaultyTransport;
struct FaultyTransport {
    HttpTransport base;
    HttpTransport *inner;
    TransportFault fault;
    int fail_at, lasting;      /* counts from 1 */
    const char *only_method;   /* NULL: all; else only such requests are counted */
    const char *only_url;      /* NULL: all; else only those whose URL holds this */
    int answer_status;
    const char *answer_body;
    void (*on_fault)(FaultyTransport *transport, const HttpRequest *request); /* after what was carried out; NULL: nothing */
    void (*on_request)(FaultyTransport *transport, const HttpRequest *request); /* each, before it; NULL: nothing */
    gpointer data;             /* theirs */
    gint seen, hits;           /* requests counted, and those that had the fault; atomic */
};

static inline bool faulty_transport_fail(GError **error) { return fail(error, ERROR_UNAVAILABLE, "no whole answer came (injected)"); }

static inline bool faulty_transport_answer(HttpResponse *response, int status, const char *body) {
    *response = (HttpResponse){.status = status, .headers = http_headers_new(), .body = g_bytes_new(body, strlen(body))};
    http_headers_set(response->headers, "Content-Type", "application/xml");
    return true;
}

/* `bytes` with a bit of its middle changed. */
static inline GBytes *faulty_transport_flip(GBytes *bytes) {
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    guint8 *copy = g_memdup2(data, size);
    copy[size / 2] ^= 4;
    return g_bytes_new_take(copy, size);
}

static inline bool faulty_transport_send_flipped(FaultyTransport *transport, const HttpRequest *request, HttpResponse *response, GError **error) {
    HttpRequest flipped = *request;
    g_autoptr(GBytes) body = faulty_transport_flip(request->body.bytes);
    flipped.body.bytes = body;
    return http_send(transport->inner, &flipped, response, error);
}

static inline bool faulty_transport_break(FaultyTransport *transport, const HttpRequest *request, HttpResponse *response, GError **error) {
    g_auto(HttpResponse) unseen = {0};
    bool done = true;
    switch (transport->fault) {
    case FAULT_500:
        done = faulty_transport_answer(response, 500, "<Error><Code>InternalError</Code><Message>injected</Message></Error>");
        break;
    case FAULT_SLOW_DOWN:
        done = faulty_transport_answer(response, 503, "<Error><Code>SlowDown</Code><Message>injected</Message></Error>");
        break;
    case FAULT_ANSWER:
        done = faulty_transport_answer(response, transport->answer_status, transport->answer_body);
        break;
    case FAULT_RESET:
        done = faulty_transport_fail(error);
        break;
    case FAULT_LOST:
    case FAULT_CUT:
        done = http_send(transport->inner, request, &unseen, NULL);
        if (transport->fault == FAULT_CUT && request->into) memset((char *)request->into + unseen.into_got / 2, 'x', unseen.into_got - unseen.into_got / 2);
        done = faulty_transport_fail(error);
        break;
    case FAULT_FLIP_ANSWER:
        done = http_send(transport->inner, request, response, error);
        if (done && response->into_got) ((guint8 *)request->into)[response->into_got / 2] ^= 4;
        break;
    case FAULT_FLIP_REQUEST:
        done = faulty_transport_send_flipped(transport, request, response, error);
        break;
    case FAULT_NONE:
    case FAULT_KINDS:
        g_assert_not_reached();
    }
    if (transport->on_fault) transport->on_fault(transport, request);
    return done;
}

static inline bool faulty_transport_send(HttpTransport *base, const HttpRequest *request, HttpResponse *response, GError **error) {
    FaultyTransport *transport = (FaultyTransport *)base;
    bool counts = (!transport->only_method || strcmp(transport->only_method, request->method) == 0) &&
                  (!transport->only_url || strstr(request->url, transport->only_url)) &&
                  (transport->fault != FAULT_FLIP_ANSWER || request->into) &&
                  (transport->fault != FAULT_FLIP_REQUEST || (request->body.bytes && g_bytes_get_size(request->body.bytes) > 0));
    if (transport->on_request) transport->on_request(transport, request);
    int number = counts ? g_atomic_int_add(&transport->seen, 1) + 1 : 0;
    bool here = transport->fault != FAULT_NONE && transport->fail_at > 0 && number >= transport->fail_at && number - transport->fail_at < transport->lasting;
    if (!here) return http_send(transport->inner, request, response, error);
    g_atomic_int_inc(&transport->hits);
    return faulty_transport_break(transport, request, response, error);
}

static inline void faulty_transport_close(HttpTransport *base) {}

/* A value of the caller's; nothing is to be freed. */
static inline FaultyTransport faulty_transport(HttpTransport *inner, TransportFault fault, int fail_at, int lasting) {
    return (FaultyTransport){.base = {.send = faulty_transport_send, .close = faulty_transport_close}, .inner = inner, .fault = fault, .fail_at = fail_at,
                             .lasting = lasting};
}
