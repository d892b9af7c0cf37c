/* One request and its answer, from the first byte of its target to its end: libmicrohttpd's callbacks. */
#pragma once

#include <microhttpd.h>

#include "http/context.h"

/* MHD_OPTION_URI_LOG_CALLBACK: the target as sent. `cls` is the Context in all three. */
void *exchange_begin(void *cls, const char *target, struct MHD_Connection *connection);
/* The access handler. */
enum MHD_Result exchange_continue(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **exchange);
/* MHD_OPTION_NOTIFY_COMPLETED: whatever the end was. */
void exchange_end(void *cls, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode code);
