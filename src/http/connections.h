/* Watches that requests come in at a decent pace. libmicrohttpd closes a connection on which nothing moves; this closes one
 * that drips:
 *
 *  1. A request's head is complete within CONNECTION_IDLE_S of the connection's start or of the end of the request before.
 *  2. A body brings PACE_BYTES in each CONNECTION_IDLE_S, or ends.
 *
 * While the server works or answers, the client is not to blame and nothing is watched. */
#pragma once

#include <gio/gio.h>
#include <microhttpd.h>

#define PACE_BYTES 32768

typedef struct Connections Connections;

Connections *connections_new(void);
void connections_free(Connections *connections);

/* MHD_OPTION_NOTIFY_CONNECTION; `cls` is the Connections. */
void connections_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                        enum MHD_ConnectionNotificationCode code);

/* The other end's; NULL: unknown. Borrowed until the connection ends. */
GInetAddress *connection_address(struct MHD_Connection *connection);

/* The client's turn begins: it has CONNECTION_IDLE_S. */
void connection_await(struct MHD_Connection *connection);
/* So many bytes of a body have come. */
void connection_received(struct MHD_Connection *connection, size_t size);
/* The server's turn. */
void connection_rest(struct MHD_Connection *connection);
