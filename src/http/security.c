/* Host, Origin and the headers that keep browsers in line. */
#include "http/security.h"

#include <string.h>

void listen_clear(Listen *place) {
    g_clear_object(&place->address);
    g_clear_pointer(&place->host, g_free);
}

/* "name", "name:port", "[v6]:port" → the name in lower case without brackets, and the port's text (NULL: none). */
static bool split_authority(const char *text, char **host, const char **port) {
    const char *name = text, *end, *rest;
    if (text[0] == '[') {
        name = text + 1;
        end = strchr(name, ']');
        if (!end) return false;
        rest = end + 1;
    } else {
        end = rest = name + strcspn(name, ":");
    }
    if (end == name || (rest[0] != '\0' && rest[0] != ':')) return false;
    for (const char *at = name; at < end; at++)
        if (!g_ascii_isalnum(*at) && !strchr("-._:%", *at)) return false;
    const char *digits = rest[0] == ':' ? rest + 1 : NULL;
    for (const char *at = digits ? digits : ""; *at; at++)
        if (!g_ascii_isdigit(*at)) return false;
    *host = g_ascii_strdown(name, end - name);
    *port = digits;
    return true;
}

static bool is_loopback(const char *host) {
    if (strcmp(host, "localhost") == 0) return true;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return address && g_inet_address_get_is_loopback(address);
}

const char *listen_setting(const Listen *place) { return place->setting ? place->setting : "HANSARD_LISTEN"; }

bool listen_parse(const char *text, bool no_auth, Listen *place, GError **error) {
    g_autofree char *host = NULL;
    const char *digits = NULL, *setting = listen_setting(place);
    guint64 port = 0;
    if (!split_authority(text, &host, &digits) || !digits || !g_ascii_string_to_unsigned(digits, 10, 0, G_MAXUINT16, &port, NULL))
        return fail(error, ERROR_CONFIG, "%s must be an address and port, such as 127.0.0.1:8080; not \"%s\"", setting, text);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host);
    if (!address) return fail(error, ERROR_CONFIG, "%s must name an IP address or localhost, not \"%s\"", setting, host);
    place->address = g_inet_socket_address_new(address, (guint16)port);
    place->host = g_steal_pointer(&host);
    place->beyond = !g_inet_address_get_is_loopback(address);
    place->open = no_auth;
    return true;
}

static const char *host_of(const Request *request) { return request->peer.host ? request->peer.host : request_header(request, "host"); }

bool security_host_is_own(const Listen *place, const Request *request) {
    const char *header = host_of(request), *port = NULL;
    g_autofree char *host = NULL;
    if (!header || place->open) return true;
    return split_authority(header, &host, &port) && (strcmp(host, place->host) == 0 || is_loopback(host));
}

bool security_fail_host(const Listen *place, const Request *request, GError **error) {
    return fail(error, ERROR_FORBIDDEN, "this server does not answer for the host %.200s; use %s or localhost, or make a token (`hansard token "
                "create`)", host_of(request), place->host);
}

/* An Origin is "scheme://authority"; its authority must be the Host that the same browser sent, and over TLS it was a page that came over TLS. */
static bool is_own_origin(const Request *request, const char *origin) {
    const char *authority = strstr(origin, "://"), *host = host_of(request);
    bool plain = g_ascii_strncasecmp(origin, "http://", strlen("http://")) == 0;
    return authority && host && g_ascii_strcasecmp(authority + 3, host) == 0 && !(plain && request->peer.secure);
}

bool security_check_origin(const Request *request, GError **error) {
    const char *origin = request_header(request, "origin"), *site = request_header(request, "sec-fetch-site"), *host = host_of(request), *port = NULL;
    g_autofree char *name = NULL;
    if (host && !split_authority(host, &name, &port)) return fail(error, ERROR_INVALID, "the Host header is no host name");
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "OPTIONS") == 0) return true;
    bool same_site = !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    if (same_site && (!origin || is_own_origin(request, origin))) return true;
    return fail(error, ERROR_FORBIDDEN, "a page of another site may not change anything here");
}

/* An origin comes from a setting; it must not become another directive of the policy. */
static bool is_plain_origin(const char *origin) {
    for (const char *at = origin; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr("-._:/[]", *at)) return false;
    return g_str_has_prefix(origin, "http://") || g_str_has_prefix(origin, "https://");
}

#define POLICY_REST "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

char *security_policy(const char *store_origin) {
    if (!store_origin || !is_plain_origin(store_origin)) return g_strdup("default-src 'self'; " POLICY_REST);
    return g_strdup_printf("default-src 'self'; connect-src 'self' %s; media-src 'self' %s; " POLICY_REST, store_origin, store_origin);
}

void security_headers(Response *response, bool secure) {
    static const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Security-Policy", "default-src 'self'; " POLICY_REST},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), payment=(), usb=()"},
        {"Cache-Control", "private, no-cache"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++)
        if (!response_get_header(response, headers[i].name)) response_header(response, headers[i].name, headers[i].value);
    if (secure) response_header(response, "Strict-Transport-Security", "max-age=31536000");
}
