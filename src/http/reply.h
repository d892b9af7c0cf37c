/* A Response on the wire. Objects of the store are read by tasks, block by block, while their connection is suspended. */
#pragma once

#include <microhttpd.h>

#include "http/context.h"
#include "http/response.h"

/* Queues the answer on the connection and empties it of its body; counts it. `secure`: the client sees TLS. MHD_NO: the connection must be closed. */
enum MHD_Result reply_queue(Context *context, struct MHD_Connection *connection, Response *response, bool secure, bool close);
