/* Which addresses are of the public Internet. What strangers name must not lead a server into its own network. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

struct sockaddr;

/* False for loopback, private, link-local, carrier's, reserved, documentation and multicast addresses, of IPv4 also where they stand inside IPv6
 * (mapped, 6to4, NAT64), and for families other than these two. By the special-purpose registries of RFC 6890 and its updates. */
bool net_address_is_public(const struct sockaddr *address);
/* Whether `host`, as an URL has it, is an address (not a name) that is not public, or "localhost". */
bool net_host_is_private(const char *host);
