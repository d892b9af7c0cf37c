/* What is kept of a request when it is answered: its id, in the answer and in the log; its time, in the figures. */
#pragma once

#include "http/router.h"

/* Once the header is read. */
void request_name(Request *request);
/* X-Request-Id, and the line of HANSARD_LOG=json. `route` and `error` may be NULL. */
void request_log(const Route *route, const Request *request, Response *response, const GError *error);
