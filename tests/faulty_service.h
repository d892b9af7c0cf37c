/* A transport that fails from the n-th request on, for as many as the test says; between them it hands on to the one that it wraps (borrowed). It counts
 * what it is asked. */
#pragma once

#include <string.h>

#include "net/http_transport_backend.h"

typedef enum {
    NET_REFUSED,    /* nobody listens: nothing was done */
    NET_LATE,       /* it was done, but the answer is lost */
    NET_ERROR_500,
    NET_THROTTLED,
    NET_DENIED,
    NET_NO_TABLE,
    NET_GARBAGE,    /* 200, and no JSON */
    NET_SCRIPT,     /* 200 with FaultyService.script */
    NET_FAULTS
} NetFault;

typedef struct {
    HttpTransport base;
    HttpTransport *inner;
    NetFault fault;
    int fail_from, fail_until; /* requests counted from 1, the second not included; 0 and 0: none */
    const char *script;
    int requests; /* so far; atomic */
} FaultyService;

static inline bool faulty_answer(HttpResponse *response, int status, const char *body) {
    response->status = status;
    response->headers = http_headers_new();
    response->body = g_bytes_new(body, strlen(body));
    return true;
}

static bool faulty_service_send(HttpTransport *base, const HttpRequest *request, HttpResponse *response, GError **error) {
    FaultyService *transport = (FaultyService *)base;
    int number = g_atomic_int_add(&transport->requests, 1) + 1;
    if (number < transport->fail_from || number >= transport->fail_until) return http_send(transport->inner, request, response, error);
    switch (transport->fault) {
    case NET_LATE: {
        g_auto(HttpResponse) unseen = {0};
        if (http_send(transport->inner, request, &unseen, error)) fail(error, ERROR_UNAVAILABLE, "the connection was reset (injected)");
        return false;
    }
    case NET_ERROR_500:
        return faulty_answer(response, 500, "{\"__type\":\"InternalServerError\",\"message\":\"oh\"}");
    case NET_THROTTLED:
        return faulty_answer(response, 400, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\"}");
    case NET_DENIED:
        return faulty_answer(response, 400, "{\"__type\":\"com.amazon.coral.service#AccessDeniedException\",\"Message\":\"not you\"}");
    case NET_NO_TABLE:
        return faulty_answer(response, 400, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\",\"message\":\"none\"}");
    case NET_GARBAGE:
        return faulty_answer(response, 200, "<html>");
    case NET_SCRIPT:
        return faulty_answer(response, 200, transport->script);
    default:
        return fail(error, ERROR_UNAVAILABLE, "the connection was refused (injected)");
    }
}

static void faulty_service_close(HttpTransport *transport) { g_free(transport); }

static inline FaultyService *faulty_service_new(HttpTransport *inner) {
    FaultyService *transport = g_new0(FaultyService, 1);
    transport->base = (HttpTransport){.send = faulty_service_send, .close = faulty_service_close};
    transport->inner = inner;
    return transport;
}

/* From the next request on, for `count` of them. */
static inline void faulty_service_fail(FaultyService *transport, NetFault fault, int count) {
    transport->fault = fault;
    transport->fail_from = g_atomic_int_get(&transport->requests) + 1;
    transport->fail_until = count > 0 ? transport->fail_from + count : G_MAXINT;
}

static inline void faulty_service_mend(FaultyService *transport) { transport->fail_from = transport->fail_until = 0; }
