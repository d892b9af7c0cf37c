/* Forwarded fields are read only where the other end is trusted. */
#include "http/peer.h"

#include <string.h>

#include "base/limits.h"

struct Proxies {
    GPtrArray *masks; /* GInetAddressMask */
};

void peer_clear(Peer *peer) {
    g_free(peer->address);
    g_free(peer->group);
    g_free(peer->host);
    *peer = (Peer){0};
}

bool proxies_parse(const char *text, Proxies **proxies, GError **error) {
    g_autoptr(Proxies) parsed = g_new0(Proxies, 1);
    g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);
    parsed->masks = g_ptr_array_new_with_free_func(g_object_unref);
    for (guint i = 0; words[i]; i++) {
        const char *word = g_strstrip(words[i]);
        if (!word[0]) continue;
        GInetAddressMask *mask = g_inet_address_mask_new_from_string(word, NULL);
        if (!mask || parsed->masks->len >= TRUSTED_PROXIES_MAX) {
            g_clear_object(&mask);
            return fail(error, ERROR_CONFIG,
                        "HANSARD_TRUSTED_PROXIES must hold at most %d addresses or networks, such as 10.0.0.0/8, ::1; not \"%s\"",
                        TRUSTED_PROXIES_MAX, word);
        }
        g_ptr_array_add(parsed->masks, mask);
    }
    *proxies = g_steal_pointer(&parsed);
    return true;
}

void proxies_free(Proxies *proxies) {
    if (!proxies) return;
    g_ptr_array_unref(proxies->masks);
    g_free(proxies);
}

bool proxies_trust(const Proxies *proxies, GInetAddress *address) {
    for (guint i = 0; i < proxies->masks->len; i++)
        if (g_inet_address_mask_matches(g_ptr_array_index(proxies->masks, i), address)) return true;
    return false;
}

/* An IPv4 address that a socket of IPv6 shows is one of IPv4. */
static GInetAddress *unmapped(GInetAddress *address) {
    static const guint8 prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const guint8 *bytes = g_inet_address_to_bytes(address);
    if (g_inet_address_get_family(address) != G_SOCKET_FAMILY_IPV6 || memcmp(bytes, prefix, sizeof prefix) != 0) return g_object_ref(address);
    return g_inet_address_new_from_bytes(bytes + sizeof prefix, G_SOCKET_FAMILY_IPV4);
}

/* "1.2.3.4", "1.2.3.4:5", "[::1]:5", "::1"; NULL where it is none. */
static GInetAddress *read_address(const char *text) {
    g_autofree char *word = g_strstrip(g_strdup(text));
    const char *colon = strchr(word, ':');
    if (word[0] == '[') {
        char *end = strchr(word, ']');
        if (!end) return NULL;
        *end = '\0';
        memmove(word, word + 1, strlen(word));
    } else if (colon && !strchr(colon + 1, ':')) {
        word[colon - word] = '\0';
    }
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(word);
    return address ? unmapped(address) : NULL;
}

/* From the end on; the first that can't be read ends it: what stands before came through hands that are not known. */
static GInetAddress *client_of(const Proxies *proxies, GInetAddress *direct, const char *forwarded_for) {
    g_autoptr(GInetAddress) client = g_object_ref(direct);
    g_auto(GStrv) words = g_strsplit(forwarded_for ? forwarded_for : "", ",", -1);
    for (guint i = g_strv_length(words); i > 0 && proxies_trust(proxies, client); i--) {
        GInetAddress *before = read_address(words[i - 1]);
        if (!before) break;
        g_set_object(&client, before);
        g_object_unref(before);
    }
    return g_steal_pointer(&client);
}

static char *group_of(GInetAddress *address, const char *text) {
    if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4) return g_strdup(text);
    const guint8 *bytes = g_inet_address_to_bytes(address);
    GString *group = g_string_new(NULL);
    for (int i = 0; i < 8; i++) g_string_append_printf(group, "%02x", bytes[i]);
    return g_string_free(group, FALSE);
}

/* The last of a list: the one that the trusted proxy itself wrote. */
static char *last_of(const char *list) {
    const char *comma = strrchr(list, ',');
    return g_strstrip(g_strdup(comma ? comma + 1 : list));
}

void peer_find(Peer *peer, const Proxies *proxies, GInetAddress *direct, bool tls, const PeerFields *fields) {
    g_autoptr(GInetAddress) near = direct ? unmapped(direct) : g_inet_address_new_any(G_SOCKET_FAMILY_IPV4);
    bool trusted = direct && proxies_trust(proxies, near);
    g_autoptr(GInetAddress) client = trusted ? client_of(proxies, near, fields->forwarded_for) : g_object_ref(near);
    peer->address = g_inet_address_to_string(client);
    peer->group = group_of(client, peer->address);
    peer->loopback = g_inet_address_get_is_loopback(client);
    peer->host = g_strdup(fields->host);
    peer->secure = tls;
    if (!trusted) return;
    g_autofree char *proto = fields->forwarded_proto ? last_of(fields->forwarded_proto) : NULL;
    g_autofree char *host = fields->forwarded_host ? last_of(fields->forwarded_host) : NULL;
    if (proto) peer->secure = g_ascii_strcasecmp(proto, "https") == 0;
    if (host && host[0]) {
        g_free(peer->host);
        peer->host = g_steal_pointer(&host);
    }
}
