/* Where the server listens and which requests are taken, whoever makes them (who may do what: authorize.h). */
#pragma once

#include "http/response.h"

typedef struct {
    const char *setting; /* static: the one that says so, for errors; NULL: HANSARD_LISTEN */
    GSocketAddress *address;
    char *host;      /* as in HANSARD_LISTEN, without brackets; lower case */
    bool beyond;     /* other machines reach it */
    bool open;       /* HANSARD_NO_AUTH: any Host is taken */
} Listen;

void listen_clear(Listen *place);
const char *listen_setting(const Listen *place); /* static */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listen, listen_clear)

/* "127.0.0.1:8080", "[::1]:8080", "localhost:0" (port 0: any free one). ERROR_CONFIG where it is no address and port. What `place`
 * names as its setting stays. */
bool listen_parse(const char *text, bool no_auth, Listen *place, GError **error);

/* Whether the Host is this machine's loopback or the one listened on. A name that a stranger points here (DNS rebinding) is not; it is refused
 * unless every request must show a token or cookie, which that page does not have. */
bool security_host_is_own(const Listen *place, const Request *request);
bool security_fail_host(const Listen *place, const Request *request, GError **error);
/* A request that changes something comes from a page of this server, or from no page at all (no Origin); so that no other site spends a visitor's
 * cookie. The Host must be a host name. */
bool security_check_origin(const Request *request, GError **error);

/* The Content-Security-Policy of the page: what it loads comes from this server; parts of uploads go to, and recordings come from, `store_origin` as well
 * (store_origin(); NULL: none). Caller frees. */
char *security_policy(const char *store_origin);
/* The headers of every answer; keeps what the response has set already. `secure`: it goes over TLS. */
void security_headers(Response *response, bool secure);
