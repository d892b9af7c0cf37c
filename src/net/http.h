/* HTTP from the client's side: one blocking call a request, from any thread. Callers see this header; who sends is a transport (curl.h, or one that
 * wraps another: retrying and fault injection do).
 *
 *  1. A transport sends what it is given once: no retry (but of a GET or HEAD on a kept connection that turns out closed), no redirect followed, no
 *     credential added.
 *  2. An answer of any status is true; false means that no whole answer came (refused, reset, too slow, cut short), and that nobody knows whether
 *     the other side acted.
 *  3. Memory is bounded: a body goes into the caller's buffer, or is kept up to `body_bytes_max`. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct HttpTransport HttpTransport;

/* Names of headers compare without case. A value with a line end or another control character is refused by http_send. */
typedef struct {
    char *name, *value;
} HttpHeader;
typedef GPtrArray HttpHeaders; /* of HttpHeader*, freed with the array, in order */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpHeaders, g_ptr_array_unref)

HttpHeaders *http_headers_new(void);
/* One more, also of a name that is there. */
void http_headers_add(HttpHeaders *headers, const char *name, const char *value);
/* Replaces those of the same name. */
void http_headers_set(HttpHeaders *headers, const char *name, const char *value);
const char *http_headers_get(const HttpHeaders *headers, const char *name); /* the first; NULL: none, also for NULL headers */
void http_headers_remove(HttpHeaders *headers, const char *name);

/* "host:port" of an absolute URL, as it stands there, not terminated: its start and `*length`; NULL: it has none. */
const char *http_url_authority(const char *url, gsize *length);
/* An HTTP date ("Wed, 04 Mar 2026 05:06:07 GMT") as Unix milliseconds; false when it is none. */
bool http_date_parse(const char *text, gint64 *unix_ms);

/* What is sent; it can be read again from the start for another try. `bytes`, or else `size` bytes of the file `fd` from `offset` on. */
typedef struct {
    GBytes *bytes; /* borrowed; NULL and size 0: no body */
    int fd;
    guint64 offset, size; /* of the file's part */
} HttpBody;

typedef struct {
    const char *method;
    const char *url; /* absolute, http or https, percent-encoded as it is to be sent */
    HttpHeaders *headers; /* NULL: none */
    HttpBody body;
    void *into; /* where the body of a 2xx answer goes; NULL: to HttpResponse.body */
    gsize into_size; /* one byte more is ERROR_CORRUPT */
    gsize body_bytes_max; /* of HttpResponse.body; 0: HTTP_BODY_BYTES_MAX. More is ERROR_TOO_LARGE; of a status >= 300 the first HTTP_ERROR_BYTES_MAX are kept */
    int connect_timeout_ms; /* 0: HTTP_CONNECT_TIMEOUT_MS */
    int idle_timeout_ms; /* no byte either way for so long; 0: HTTP_IDLE_TIMEOUT_MS */
    int total_timeout_ms; /* 0: none */
    bool public_only; /* to addresses of the public Internet alone (address.h), looked at when the connection is made: ERROR_FORBIDDEN. Go `direct`, too */
    bool unshared; /* on a connection of its own that is closed afterwards, for who calls seldom */
    bool direct; /* not over a proxy that the environment names (http_proxy): for services of this machine */
    GCancellable *cancel; /* NULL: none. ERROR_CANCELLED soon after it is cancelled */
} HttpRequest;

typedef struct {
    int status;
    HttpHeaders *headers; /* in the order that they came; never NULL after a call that was true */
    GBytes *body; /* never NULL after a call that was true; empty where it went `into` */
    gsize into_got; /* bytes written to `into` */
} HttpResponse;

void http_response_clear(HttpResponse *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpResponse, http_response_clear)
const char *http_response_header(const HttpResponse *response, const char *name); /* NULL: none */

/* ERROR_UNAVAILABLE (refused, reset, no such host, cut short), ERROR_TIMEOUT, ERROR_CONFIG (certificate, an URL that is none), ERROR_CANCELLED,
 * ERROR_INVALID (a header that is none), or as the fields of HttpRequest say. The message names the host, never a query, header or credential.
 * `response` is filled on success; clear it. */
bool http_send(HttpTransport *transport, const HttpRequest *request, HttpResponse *response, GError **error);
void http_transport_close(HttpTransport *transport);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpTransport, http_transport_close)
