/* POST /api/meetings: a recording or transcript streams in, as a browser's form (multipart/form-data) or as the raw body. */
#pragma once

#include "http/sink.h"

/* A SinkOpen: judges type, length and names. */
bool upload_open(Context *context, const Request *request, struct MHD_Connection *connection, Sink **sink, GError **error);

/* A type worth keeping with the object, the caller's to free; NULL: let the name decide. */
char *upload_content_type(const char *type);

/* What a raw body is called by ?filename=, X-Filename or Content-Disposition, in this order, as the client says it; "recording" where nothing does.
 * Caller frees. */
char *upload_filename(const Request *request);
