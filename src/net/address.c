/* Networks as their masks; an address inside an address is judged by itself. */
#include "net/address.h"

#include <netinet/in.h>
#include <string.h>

static const char *const special[] = {
    "0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",   "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",   "240.0.0.0/4",  "2001::/23",
    "2001:db8::/32",  "3fff::/20",      "5f00::/16",
};

static bool is_in(GInetAddress *address, const char *network) {
    g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(network, NULL);
    return g_inet_address_mask_get_family(mask) == g_inet_address_get_family(address) && g_inet_address_mask_matches(mask, address);
}

static bool is_public(GInetAddress *address);

static bool inner_is_public(const guint8 *bytes) {
    g_autoptr(GInetAddress) inner = g_inet_address_new_from_bytes(bytes, G_SOCKET_FAMILY_IPV4);
    return is_public(inner);
}

static bool is_public(GInetAddress *address) {
    const guint8 *bytes = g_inet_address_to_bytes(address);
    for (gsize i = 0; i < G_N_ELEMENTS(special); i++)
        if (is_in(address, special[i])) return false;
    if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4) return true;
    if (is_in(address, "::ffff:0:0/96") || is_in(address, "64:ff9b::/96")) return inner_is_public(bytes + 12);
    if (is_in(address, "2002::/16")) return inner_is_public(bytes + 2);
    return is_in(address, "2000::/3"); /* all else is not given to anyone */
}

bool net_address_is_public(const struct sockaddr *address) {
    g_autoptr(GInetAddress) inet = NULL;
    if (address->sa_family == AF_INET)
        inet = g_inet_address_new_from_bytes((const guint8 *)&((const struct sockaddr_in *)address)->sin_addr, G_SOCKET_FAMILY_IPV4);
    if (address->sa_family == AF_INET6)
        inet = g_inet_address_new_from_bytes((const guint8 *)&((const struct sockaddr_in6 *)address)->sin6_addr, G_SOCKET_FAMILY_IPV6);
    return inet && is_public(inet);
}

bool net_host_is_private(const char *host) {
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    gsize length = strlen(host);
    if (g_ascii_strcasecmp(host, "localhost") == 0 || (length > 10 && g_ascii_strcasecmp(host + length - 10, ".localhost") == 0)) return true;
    return address && !is_public(address);
}
