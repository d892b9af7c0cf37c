/* Where a request comes from: the other end of the connection, or what a proxy that is trusted by name (HANSARD_TRUSTED_PROXIES) says of it. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct {
    char *address; /* the client's, as text */
    char *group;   /* what counts as one client: an IPv4 address, an IPv6 network of 64 bits */
    char *host;    /* what the client asked for as Host; NULL: nothing */
    bool loopback; /* it is this machine */
    bool secure;   /* it came over TLS, as far as we know */
} Peer;

void peer_clear(Peer *peer);

typedef struct Proxies Proxies;

/* "10.0.0.0/8, ::1"; NULL and "": none. ERROR_CONFIG. */
bool proxies_parse(const char *text, Proxies **proxies, GError **error);
void proxies_free(Proxies *proxies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Proxies, proxies_free)
bool proxies_trust(const Proxies *proxies, GInetAddress *address);

/* What the header fields of a request say; NULL: absent. */
typedef struct {
    const char *host, *forwarded_for, *forwarded_proto, *forwarded_host;
} PeerFields;

/* `direct`: the other end; NULL: unknown. `tls`: whether the connection itself is TLS. Of X-Forwarded-For the last address counts that is no trusted
 * proxy's: what stands before it the client may have written itself. */
void peer_find(Peer *peer, const Proxies *proxies, GInetAddress *direct, bool tls, const PeerFields *fields);
