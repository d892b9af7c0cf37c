/* One table of what the server answers: method, path, body, lane, who may, handler. */
#pragma once

#include "http/context.h"
#include "http/response.h"

typedef enum {
    BODY_NONE,   /* a body that comes all the same is passed over */
    BODY_JSON,   /* read whole: at most JSON_BODY_BYTES_MAX of application/json */
    BODY_UPLOAD, /* a recording, streamed (upload.h) */
    BODY_PART    /* a part of one, streamed (part.h) */
} BodyKind;

/* Fills the response, or fails: the error becomes problem details. Routes of streamed bodies have none: what takes the body answers. */
typedef bool (*Handler)(Context *context, const Request *request, Response *response, GError **error);

/* What the handler would answer, where it is at hand without waiting for anything, in the socket's own thread; false: the handler is to be asked. */
typedef bool (*Shortcut)(Context *context, const Request *request, Response *response);

/* Who may. A route without a word on it lets nobody in. */
typedef enum {
    NEEDS_UNSET,
    NEEDS_NOTHING,
    NEEDS_SIGNATURE, /* the URL is signed: the handler checks it */
    NEEDS_SHARE,     /* a token with the scope read, or a share of the meeting in the path */
    NEEDS_READ,      /* a token with this scope, or a session of one */
    NEEDS_WRITE,
    NEEDS_ADMIN
} Needs;

typedef struct {
    const char *method;
    const char *pattern; /* "{…}" stands for one id, twice at most; a closing "*" for the rest of the path */
    BodyKind body;
    Lane lane;           /* where the handler runs */
    Needs needs;
    const char *action;  /* in the audit log, where it is done; NULL: it is not written down */
    Handler handle;
} Route;

/* NULL: it has none. */
Shortcut router_shortcut(const Route *route);

/* Whether it is one of those that tell how the process fares: /metrics, /healthz, /readyz. */
bool router_is_figure(const Route *route);

/* The table, without the page's files. */
const Route *router_routes(gsize *count);

/* The route of the request; sets its `parameter` and `second`. ERROR_NOT_FOUND: no such path. ERROR_METHOD_NOT_ALLOWED: another method would
 * do: `*allow` (the caller's to free) has the methods of the path then. */
bool router_find(Request *request, const Route **route, char **allow, GError **error);
