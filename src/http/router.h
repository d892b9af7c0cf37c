/* One table of what the server answers: method, path, body, lane, handler. */
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

typedef struct {
    const char *method;
    const char *pattern; /* "{id}" stands for one meeting id; a closing "*" for the rest of the path */
    BodyKind body;
    Lane lane;           /* where the handler runs */
    Handler handle;
} Route;

/* The route of the request; sets its `parameter`. ERROR_NOT_FOUND: no such path. ERROR_METHOD_NOT_ALLOWED: another method would
 * do. `*allow` (the caller's to free) is set, on success as well, to the methods of the path. */
bool router_find(Request *request, const Route **route, char **allow, GError **error);
