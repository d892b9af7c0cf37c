/* A part of an upload comes to this server: PUT /store/{key}?…, by the URL that it signed itself, where the store is a directory or in memory; and
 * PUT /api/uploads/{id}/parts/{number}, over any store, from a page that can't reach the bucket. */
#pragma once

#include "http/sink.h"

/* Opens one: the body has a Content-Length, of at most UPLOAD_PART_BYTES_MAX. Whoever sends it may (authorize.h): nothing of others is kept. */
bool part_open(Context *context, const Request *request, struct MHD_Connection *connection, Sink **sink, GError **error);
