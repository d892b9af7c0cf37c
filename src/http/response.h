/* An answer as a plain value; reply.h turns it into what the HTTP library sends. */
#pragma once

#include "base/json.h"
#include "http/request.h"
#include "store/store.h"

typedef struct EventStream EventStream;
typedef struct SharedReply SharedReply;

typedef struct {
    guint status;
    GPtrArray *headers;  /* name, value, name, value …; char*; never with a control character */
    /* the body: one of them, or none */
    GBytes *bytes;
    StoreReader *reader; /* `length` bytes from `first` */
    guint64 first, length;
    GBytes *head, *tail; /* before and behind them; NULL: nothing */
    EventStream *events; /* server-sent events until they end */
    SharedReply *shared; /* of `bytes` that are answered again and again, with the same headers; NULL: they are not */
    json_t *kept;        /* what may be kept of the body for a repetition (keyed.h), where it must not be kept whole; NULL: all of it */
    bool repeated;       /* it was done before */
    char *subject;       /* what was done to, for the audit log; NULL: the route's parameter */
} Response;

void response_init(Response *response);
void response_clear(Response *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Response, response_clear)

/* Sets or replaces a header. Control characters of `value` become spaces. */
void response_header(Response *response, const char *name, const char *value);
void response_subject(Response *response, const char *subject);
/* The body holds a secret or the words of a meeting: for a repetition only `json`, which it takes, is kept. */
void response_keep(Response *response, json_t *json);
/* The answer is that of an earlier request. */
void response_repeated(Response *response);
const char *response_get_header(const Response *response, const char *name); /* borrowed; NULL: none */

/* Takes `json`. */
void response_json(Response *response, guint status, json_t *json);
/* JSON text and its weak ETag (response_etag), status 200; 304 where the client has it. */
void response_json_text(Response *response, const Request *request, GBytes *text, const char *etag);
char *response_etag(GBytes *text); /* caller frees */
/* The same of `json`, which it takes. */
void response_json_cached(Response *response, const Request *request, json_t *json);
/* A JSON answer, status 200, in which an object of the store stands as it is between `head` and `tail`. Takes all three. */
void response_spliced(Response *response, GBytes *head, StoreReader *reader, GBytes *tail);
/* Takes `bytes`. */
void response_bytes(Response *response, guint status, const char *content_type, GBytes *bytes);
/* Sets the ETag (with quotes). True where the client has this version already: the answer is 304 and needs no body. */
bool response_not_modified(Response *response, const Request *request, const char *etag);
/* Problem details (RFC 9457) for the error; replaces what the response held. */
void response_problem(Response *response, const GError *error);
/* An object of the store, whole or the part that Range asks for (206, 416). Takes `reader`. */
void response_object(Response *response, const Request *request, StoreReader *reader, const StoreInfo *info);
/* Content-Disposition: attachment with this name, in ASCII and in UTF-8 (RFC 6266). */
void response_attachment(Response *response, const char *filename);
