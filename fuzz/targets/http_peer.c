/* Who a request comes from, by what proxies say of it: trusted networks, the other end, then X-Forwarded-For, -Proto and -Host, a line each. */
#include "fuzz.h"
#include "http/peer.h"

void fuzz_http_peer(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *networks = input_line(&input), *end = input_line(&input), *forwarded_for = input_line(&input);
    g_autofree char *proto = input_line(&input), *host = input_line(&input);
    g_autoptr(Proxies) proxies = NULL;
    g_autoptr(GInetAddress) direct = g_inet_address_new_from_string(end);
    Peer peer = {0};
    if (!FUZZ_CALL(proxies_parse(networks, &proxies, &error))) return;
    PeerFields fields = {"a-host", forwarded_for, proto, host};
    peer_find(&peer, proxies, direct, false, &fields);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(peer.address);
    g_assert_nonnull(address);
    g_assert_true(peer.group && peer.host);
    if (!direct || !proxies_trust(proxies, direct)) { /* nothing that it says of itself counts, but for an IPv4 address in IPv6's clothes */
        g_autoptr(GInetAddress) any = g_inet_address_new_any(G_SOCKET_FAMILY_IPV4);
        const char *mapped = strrchr(end, ':');
        bool is_own = g_inet_address_equal(address, direct ? direct : any);
        bool is_mapped = mapped && g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4;
        g_assert_true(is_own || is_mapped);
        if (is_own) g_assert_true(!peer.secure && strcmp(peer.host, "a-host") == 0);
    }
    peer_clear(&peer);
}
