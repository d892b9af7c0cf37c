/* Whether a request's head stood on the wire in the one way that every reader takes alike (RFC 9112): lines that end in CRLF, one space between the
 * parts of the first, no folded line, no NUL. A proxy in front that reads such bytes otherwise than we do would take another request out of them.
 *
 * libmicrohttpd before 1.0 passes over all of that and hands out what is left. It leaves the bytes where it received them, with zeros for the line
 * ends, so the distances between what it hands out tell what stood there. From 1.0 on it refuses by itself (MHD_OPTION_STRICT_FOR_CLIENT).
 *
 * The line ends within a body in chunks can't be seen from here: after such a body the connection is closed (exchange.c). */
#pragma once

#include <microhttpd.h>

#include "base/error.h"

/* The strings as the access handler got them; `target_size`: of the target before it was decoded. ERROR_INVALID. */
bool framing_check(struct MHD_Connection *connection, const char *method, const char *url, gsize target_size, const char *version, GError **error);
