/* What takes a body that streams in, block by block: a recording (upload.c), a part of one (part.c).
 *
 *  1. At most one block (UPLOAD_BLOCK_BYTES and what came with its last piece) is in memory for each.
 *  2. feed never blocks; flush, finish and free may, and are called from a task.
 *  3. One that is not finished leaves nothing behind.
 *  4. UPLOADS_MAX are open at one time. */
#pragma once

#include "http/context.h"
#include "http/response.h"

struct MHD_Connection;
typedef struct Sink Sink;

typedef struct {
    /* Puts `data` into the block, or takes it another way. NULL: all of it goes into the block. */
    bool (*feed)(Sink *sink, const char *data, gsize size, GError **error);
    /* Takes the block to the store and empties it. */
    bool (*flush)(Sink *sink, GError **error);
    /* The body has ended; the block may hold the rest of it. */
    bool (*finish)(Sink *sink, Response *response, GError **error);
    /* Frees what stands behind the Sink, and the Sink. */
    void (*free)(Sink *sink);
} SinkKind;

struct Sink {
    const SinkKind *kind;
    Context *context;
    const Request *request; /* borrowed: it outlives the sink */
    GByteArray *block;
};

/* Judges the head of the request, on the socket's thread: nothing here may wait. `connection` is for libmicrohttpd's own readers. */
typedef bool (*SinkOpen)(Context *context, const Request *request, struct MHD_Connection *connection, Sink **sink, GError **error);

/* Takes one of the places. ERROR_TOO_MANY. */
bool sink_init(Sink *sink, const SinkKind *kind, Context *context, const Request *request, GError **error);
/* Gives it back; for the kind's `free`. */
void sink_clear(Sink *sink);

/* Takes all of `data`. After a failure the sink is only to be freed. */
bool sink_feed(Sink *sink, const char *data, gsize size, GError **error);
/* The block is full: flush it before the next feed. */
bool sink_is_full(const Sink *sink);
bool sink_flush(Sink *sink, GError **error);
bool sink_finish(Sink *sink, Response *response, GError **error);
void sink_free(Sink *sink);
