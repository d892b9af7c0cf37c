/* POST /api/meetings: a recording or transcript streams in, as a browser's form (multipart/form-data) or as the raw body.
 *
 *  1. At most one block (UPLOAD_BLOCK_BYTES and what came with its last piece) is in memory for each upload.
 *  2. upload_feed() never blocks; upload_flush(), upload_finish() and upload_free() may, and are called from a task.
 *  3. An upload that is not finished leaves nothing behind. */
#pragma once

#include "http/context.h"
#include "http/response.h"

struct MHD_Connection;
typedef struct Upload Upload;

/* Judges the head of the request: type, length, names; and takes one of UPLOADS_MAX places. The request must outlive the
 * upload. */
bool upload_new(Context *context, const Request *request, struct MHD_Connection *connection, Upload **upload, GError **error);
/* Takes all of `data`. After a failure the upload is only to be freed. */
bool upload_feed(Upload *upload, const char *data, gsize size, GError **error);
/* A block is full: flush it before the next feed. */
bool upload_is_full(const Upload *upload);
bool upload_flush(Upload *upload, GError **error);
/* The body has ended: 202, and the job is queued. */
bool upload_finish(Upload *upload, Response *response, GError **error);
void upload_free(Upload *upload);
