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

bool listen_parse(const char *text, bool no_auth, Listen *place, GError **error) {
    g_autofree char *host = NULL;
    const char *digits = NULL;
    guint64 port = 0;
    if (!split_authority(text, &host, &digits) || !digits || !g_ascii_string_to_unsigned(digits, 10, 0, G_MAXUINT16, &port, NULL))
        return fail(error, ERROR_CONFIG, "HANSARD_LISTEN must be an address and port, such as 127.0.0.1:8080; not \"%s\"", text);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host);
    if (!address) return fail(error, ERROR_CONFIG, "HANSARD_LISTEN must name an IP address or localhost, not \"%s\"", host);
    if (!g_inet_address_get_is_loopback(address) && !no_auth)
        return fail(error, ERROR_CONFIG,
                    "HANSARD_LISTEN=%s would let other machines in without a password; listen on 127.0.0.1, or say so with "
                    "HANSARD_NO_AUTH=1",
                    text);
    place->address = g_inet_socket_address_new(address, (guint16)port);
    place->host = g_steal_pointer(&host);
    place->open = no_auth;
    return true;
}

static bool check_host(const Listen *place, const char *header, GError **error) {
    g_autofree char *host = NULL;
    const char *port = NULL;
    if (!split_authority(header, &host, &port)) return fail(error, ERROR_INVALID, "the Host header is no host name");
    if (place->open || is_loopback(host) || strcmp(host, place->host) == 0) return true;
    return fail(error, ERROR_FORBIDDEN, "this server does not answer for the host %s; use %s or localhost", host, place->host);
}

/* An Origin is "scheme://authority"; its authority must be the Host that the same browser sent. */
static bool check_origin(const Request *request, GError **error) {
    const char *origin = request_header(request, "origin"), *host = request_header(request, "host");
    const char *site = request_header(request, "sec-fetch-site");
    const char *authority = origin ? strstr(origin, "://") : NULL;
    bool same_site = !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    if (same_site && (!origin || (authority && host && g_ascii_strcasecmp(authority + 3, host) == 0))) return true;
    return fail(error, ERROR_FORBIDDEN, "a page of another site may not change anything here");
}

bool security_check(const Listen *place, const Request *request, GError **error) {
    const char *host = request_header(request, "host");
    if (host && !check_host(place, host, error)) return false;
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "OPTIONS") == 0) return true;
    return check_origin(request, error);
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

void security_headers(Response *response) {
    static const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Security-Policy", "default-src 'self'; " POLICY_REST},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "private, no-cache"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++)
        if (!response_get_header(response, headers[i].name)) response_header(response, headers[i].name, headers[i].value);
}
