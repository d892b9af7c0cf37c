/* Who may reach the server and which requests are taken. Without tokens the rule is: this machine only, and no page of another
 * site. */
#pragma once

#include "http/response.h"

typedef struct {
    GSocketAddress *address;
    char *host;      /* as in HANSARD_LISTEN, without brackets; lower case */
    bool open;       /* HANSARD_NO_AUTH: any Host is taken */
} Listen;

void listen_clear(Listen *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listen, listen_clear)

/* "127.0.0.1:8080", "[::1]:8080", "localhost:0" (port 0: any free one). ERROR_CONFIG where it is no address and port, or where it
 * lies beyond loopback and `no_auth` is not set. */
bool listen_parse(const char *text, bool no_auth, Listen *place, GError **error);

/* 1. The Host is this machine's loopback or the one listened on: a name that a stranger points here (DNS rebinding) is refused.
 * 2. A request that changes something comes from a page of this server, or from no page at all (no Origin). */
bool security_check(const Listen *place, const Request *request, GError **error);

/* The Content-Security-Policy of the page: what it loads comes from this server; parts of uploads go to, and recordings come from, `store_origin` as well
 * (store_origin(); NULL: none). Caller frees. */
char *security_policy(const char *store_origin);
/* The headers of every answer; keeps what the response has set already. */
void security_headers(Response *response);
