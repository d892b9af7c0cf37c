/* Watches that clients keep a decent pace, and makes room where there is none. libmicrohttpd closes a connection on which nothing moves; this closes
 * one that drips, and the slowest where too many are open:
 *
 *  1. A request's head is complete within CONNECTION_IDLE_S of the connection's start or of the end of the request before.
 *  2. A body brings PACE_BYTES in each CONNECTION_IDLE_S, or ends.
 *  3. An answer is taken at that pace, as the acknowledgements of TCP tell. Who has taken all that was sent is not to blame.
 *  4. Beyond CONNECTIONS_MAX, or CONNECTIONS_PER_ADDRESS_MAX of one address, the slowest is closed for each that comes: the one that has brought or
 *     taken the fewest bytes a second since its turn began; who waits with its next request is slower than all others.
 *  5. Nobody is closed for others within a grace after its turn began, nor at DECENT_BYTES_S or more.
 *
 * While the server works the client is not to blame and nothing is watched. */
#pragma once

#include <gio/gio.h>
#include <microhttpd.h>
#include <stdbool.h>

#define PACE_BYTES 32768

typedef struct Connections Connections;

/* The client's part of a request, or the server's. */
typedef enum { TURN_REQUEST, TURN_BODY, TURN_SERVER, TURN_ANSWER } Turn;

/* Raises the process's limit of open files towards what the connections need; where it stays low fewer connections are let in. */
Connections *connections_new(void);
void connections_free(Connections *connections);
/* For MHD_OPTION_CONNECTION_LIMIT and MHD_OPTION_PER_IP_CONNECTION_LIMIT: a little more than is kept open, so that who comes is seen at all. */
unsigned connections_most(const Connections *connections);
unsigned connections_most_of_address(const Connections *connections);

/* MHD_OPTION_NOTIFY_CONNECTION; `cls` is the Connections. */
void connections_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                        enum MHD_ConnectionNotificationCode code);

/* The other end's; NULL: unknown. Borrowed until the connection ends. */
GInetAddress *connection_address(struct MHD_Connection *connection);

/* A turn begins. All but TURN_SERVER are the client's: it has CONNECTION_IDLE_S. */
void connection_turn(struct MHD_Connection *connection, Turn turn);
/* So many bytes of a body have come. */
void connection_received(struct MHD_Connection *connection, size_t size);

/* Closes the slowest connection that is in `turn` for longer than PLACE_GRACE_MS; false: there is none that is slow. */
bool connections_cut_slowest(Connections *connections, Turn turn);
