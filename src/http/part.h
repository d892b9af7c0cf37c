/* PUT /store/{key}?…: a part of an upload comes to this server, by the URL that it signed itself, where the store is a directory or in memory. */
#pragma once

#include "http/sink.h"

/* Opens one: the body has a Content-Length, of at most UPLOAD_PART_BYTES_MAX. The signature is checked before anything of it is kept. */
bool part_open(Context *context, const Request *request, struct MHD_Connection *connection, Sink **sink, GError **error);
