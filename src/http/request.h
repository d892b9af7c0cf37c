/* What a resource sees of a request: method, path, query, headers, body. Nothing here knows the HTTP library, so that the rules
 * can be tested alone.
 *
 * Guarantees once request_begin(), request_add_header() for each field and request_check() have returned true:
 *  1. `path` and all query values are valid UTF-8 without control characters; the path begins with '/' and no "%2F" was hidden
 *     in it.
 *  2. No field value holds a control character; Host, Content-Length and the other fields that frame or aim a request stand once.
 *  3. The body's length is said in one way: Content-Length or Transfer-Encoding: chunked, never both. */
#pragma once

#include "base/limits.h"
#include <gio/gio.h>
#include <stdbool.h>

#include "access/gate.h"
#include "http/peer.h"

typedef struct {
    char *target;        /* as sent */
    char *method;        /* "GET" stands for HEAD, too */
    char *path;          /* decoded */
    char *raw_path;      /* as sent, without the query */
    char *raw_query;     /* as sent; NULL: none */
    char *parameter;     /* what stands in the route's first "{…}"; NULL: none */
    char *second;        /* in its second; NULL: none */
    GHashTable *query;   /* char* → char*, decoded */
    GHashTable *headers; /* char* → char*; names in lower case */
    guint64 content_length;
    bool chunked;        /* the body's length is not known */
    GBytes *body;        /* of a route that takes JSON; NULL: none */
    Peer peer;           /* where it comes from */
    Caller caller;       /* who it comes from, once that is known (authorize.h) */
    char id[REQUEST_ID_BYTES_MAX + 1]; /* the caller's X-Request-Id where it is plain, else one of our own: in the answer and in the log */
    gint64 began_us;     /* g_get_monotonic_time() */
    char *planned_id;    /* of the meeting that may be made of it, where it carries an Idempotency-Key; NULL: none */
    bool again;          /* someone began on it before and did not say what came of it */
    guint retry_after_s; /* with ERROR_RATE: when to ask again */
} Request;

Request *request_new(const char *target);
void request_free(Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

bool request_begin(Request *request, const char *method, GError **error);
bool request_add_header(Request *request, const char *name, gsize name_size, const char *value, gsize value_size,
                        GError **error);
bool request_check(Request *request, GError **error);
static inline bool request_has_body(const Request *request) { return request->chunked || request->content_length > 0; }

/* Borrowed; NULL where there is none. `name` in lower case. */
const char *request_header(const Request *request, const char *name);
/* A cookie's value; NULL where there is none. Caller frees. */
char *request_cookie(const Request *request, const char *name);
/* Borrowed; NULL where it is absent or empty. */
const char *request_query(const Request *request, const char *name);
/* A whole number of [min, max]; `fallback` where it is absent. */
bool request_query_int(const Request *request, const char *name, gint64 min, gint64 max, gint64 fallback, gint64 *value,
                       GError **error);
/* An ISO time in Unix milliseconds; 0 where it is absent. */
bool request_query_time(const Request *request, const char *name, gint64 *unix_ms, GError **error);

/* Whether the Content-Type is `type` (lower case), parameters aside. */
bool request_type_is(const Request *request, const char *type);

/* Whether an If-None-Match or If-Match list names `etag` (with quotes), by RFC 9110's weak comparison. */
bool etag_listed(const char *list, const char *etag);

/* A Range header against an object of `size` bytes (RFC 9110, 14.2). A form that is not understood, another unit or several
 * ranges are RANGE_WHOLE: the whole object is the right answer to them. */
typedef enum { RANGE_WHOLE, RANGE_PART, RANGE_UNSATISFIABLE } RangeResult;
RangeResult range_parse(const char *header, guint64 size, guint64 *first, guint64 *length);
