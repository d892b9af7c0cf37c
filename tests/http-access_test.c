/* Who a request comes from, and what a route asks of them: proxies, cookies, the table of routes. */
#include <string.h>

#include "http/peer.h"
#include "http/router.h"
#include "http/tls.h"

/* -- routes -------------------------------------------------------------------------------------------------------------- */

static void test_every_route_says_who(void) {
    gsize count = 0;
    const Route *routes = router_routes(&count);
    g_assert_cmpuint(count, >, 20);
    for (gsize i = 0; i < count; i++) {
        const Route *route = &routes[i];
        bool changes = strcmp(route->method, "GET") != 0 && strcmp(route->pattern, "/mcp") != 0; /* its questions come as POST, and only read */
        g_test_message("%s %s", route->method, route->pattern);
        g_assert_cmpint(route->needs, !=, NEEDS_UNSET);
        /* Only what needs no caller may be open to nobody in particular: the session and the state of health. */
        bool open = route->needs == NEEDS_NOTHING;
        if (open) g_assert_true(strcmp(route->pattern, "/api/session") == 0 || !g_str_has_prefix(route->pattern, "/api/"));
        /* A share reads, and only what has the meeting in its path. */
        if (route->needs == NEEDS_SHARE) g_assert_true(!changes && g_str_has_prefix(route->pattern, "/api/meetings/{id}"));
        if (changes && !open) g_assert_true(route->needs >= NEEDS_WRITE || route->needs == NEEDS_SIGNATURE);
    }
}

static const Route *find(const char *method, const char *path, Request **request) {
    const Route *route = NULL;
    g_autofree char *allow = NULL;
    *request = request_new(path);
    if (!request_begin(*request, method, NULL)) return NULL;
    return router_find(*request, &route, &allow, NULL) ? route : NULL;
}

static void test_patterns(void) {
    static const struct {
        const char *path, *pattern, *first, *second; /* pattern NULL: nothing is there */
    } cases[] = {
        {"/api/meetings", "/api/meetings", NULL, NULL},
        {"/api/meetings/m-1", "/api/meetings/{id}", "m-1", NULL},
        {"/api/meetings/m-1/shares", "/api/meetings/{id}/shares", "m-1", NULL},
        {"/store/meetings/a/b", "/store/*", NULL, NULL},
        {"/store/", NULL, NULL, NULL},
        {"/api/meetings/", NULL, NULL, NULL},
        {"/api/meetings/m-1/", NULL, NULL, NULL},
        {"/api/meetings//shares", NULL, NULL, NULL},
        {"/api/meetings/m-1/shares/", NULL, NULL, NULL},
        {"/api/meetings/m-1/shares/s/x", NULL, NULL, NULL},
        {"/api/meetings/m 1", NULL, NULL, NULL},
        {"/api/meetingsx", NULL, NULL, NULL},
        {"/api", NULL, NULL, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Request) request = NULL;
        g_test_message("%s", cases[i].path);
        const Route *route = find("GET", cases[i].path, &request);
        g_assert_cmpstr(route ? route->pattern : NULL, ==, cases[i].pattern);
        if (!route) continue;
        g_assert_cmpstr(request->parameter, ==, cases[i].first);
        g_assert_cmpstr(request->second, ==, cases[i].second);
    }
    g_autoptr(Request) request = NULL;
    const Route *route = find("DELETE", "/api/meetings/m-1/shares/s-2", &request);
    g_assert_nonnull(route);
    g_assert_cmpstr(route->pattern, ==, "/api/meetings/{id}/shares/{id}");
    g_assert_cmpstr(request->parameter, ==, "m-1");
    g_assert_cmpstr(request->second, ==, "s-2");
}

/* -- cookies ------------------------------------------------------------------------------------------------------------- */

static void test_cookie(void) {
    static const struct {
        const char *header, *value;
    } cases[] = {{"a=1", "1"},       {"b=2; a=1", "1"}, {"a=1; a=2", "1"}, {"a=", ""},      {"aa=1", NULL}, {"a", NULL},
                 {"b=a=1; a=3", "3"}, {" a=1 ", "1"},    {"", NULL},        {"b=2, a=1", "1"}, {"A=1", NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Request) request = request_new("/");
        g_assert_true(request_add_header(request, "Cookie", 6, cases[i].header, strlen(cases[i].header), NULL));
        g_autofree char *value = request_cookie(request, "a");
        g_test_message("%s", cases[i].header);
        g_assert_cmpstr(value, ==, cases[i].value);
    }
    g_autoptr(Request) none = request_new("/");
    g_assert_null(request_cookie(none, "a"));
}

/* -- where it comes from ------------------------------------------------------------------------------------------------- */

#define PROXIES "10.0.0.0/8, 127.0.0.1, 2001:db8::/32"

static void look(Peer *peer, const char *proxies, const char *direct, bool tls, const char *chain, const char *proto, const char *host) {
    g_autoptr(Proxies) list = NULL;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(direct);
    PeerFields fields = {.host = "own:8080", .forwarded_for = chain, .forwarded_proto = proto, .forwarded_host = host};
    g_assert_true(proxies_parse(proxies, &list, NULL));
    peer_find(peer, list, address, tls, &fields);
}

static void test_client(void) {
    static const struct {
        const char *direct, *chain, *address;
    } cases[] = {
        {"203.0.113.1", "198.51.100.1", "203.0.113.1"}, /* a stranger may write what they like */
        {"10.1.2.3", NULL, "10.1.2.3"},
        {"10.1.2.3", "", "10.1.2.3"},
        {"10.1.2.3", "198.51.100.1", "198.51.100.1"},
        {"10.1.2.3", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
        {"10.1.2.3", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"},
        {"10.1.2.3", "10.9.9.9", "10.9.9.9"},
        {"10.1.2.3", "1.2.3.4, nonsense, 10.9.9.9", "10.9.9.9"},
        {"10.1.2.3", "1.2.3.4, unknown", "10.1.2.3"},
        {"10.1.2.3", "198.51.100.1:4711", "198.51.100.1"},
        {"10.1.2.3", "[2001:db9::1]:4711", "2001:db9::1"},
        {"10.1.2.3", "2001:db9::1", "2001:db9::1"},
        {"10.1.2.3", "[2001:db9::1", "10.1.2.3"},
        {"::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"},
        {"2001:db8::5", "::ffff:198.51.100.1", "198.51.100.1"},
        {"2001:db9::5", "198.51.100.1", "2001:db9::5"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Peer peer = {0};
        g_test_message("%s by %s", cases[i].chain, cases[i].direct);
        look(&peer, PROXIES, cases[i].direct, false, cases[i].chain, NULL, NULL);
        g_assert_cmpstr(peer.address, ==, cases[i].address);
        peer_clear(&peer);
    }
}

static void test_forwarded(void) {
    Peer trusted = {0}, stranger = {0}, plain = {0}, direct = {0}, ten = {0}, eleven = {0}, far = {0};
    look(&trusted, PROXIES, "127.0.0.1", false, NULL, "http, https", "evil.example.org, meetings.example.org");
    g_assert_true(trusted.secure && trusted.loopback);
    g_assert_cmpstr(trusted.host, ==, "meetings.example.org");
    look(&stranger, PROXIES, "192.0.2.1", false, "127.0.0.1", "https", "meetings.example.org");
    g_assert_false(stranger.secure || stranger.loopback);
    g_assert_cmpstr(stranger.host, ==, "own:8080");
    look(&plain, PROXIES, "127.0.0.1", true, NULL, "http", NULL);
    g_assert_false(plain.secure); /* the proxy speaks TLS with us, but its client did not with it */
    look(&direct, "", "127.0.0.1", true, "192.0.2.1", "http", "other");
    g_assert_true(direct.secure && direct.loopback);
    /* Of IPv6 a network is one client. */
    look(&ten, "", "2001:db8:0:1::10", false, NULL, NULL, NULL);
    look(&eleven, "", "2001:db8:0:1::11", false, NULL, NULL, NULL);
    look(&far, "", "2001:db8:0:2::10", false, NULL, NULL, NULL);
    g_assert_cmpstr(ten.group, ==, eleven.group);
    g_assert_cmpstr(ten.group, !=, far.group);
    peer_clear(&trusted);
    peer_clear(&stranger);
    peer_clear(&plain);
    peer_clear(&direct);
    peer_clear(&ten);
    peer_clear(&eleven);
    peer_clear(&far);
}

static void test_proxies(void) {
    static const char *const bad[] = {"proxy.example.org", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0 127.0.0.1", "/8"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        Proxies *none = NULL;
        g_test_message("%s", bad[i]);
        g_assert_false(proxies_parse(bad[i], &none, &error));
        g_assert_true(error_is(error, ERROR_CONFIG));
        g_assert_nonnull(strstr(error->message, "HANSARD_TRUSTED_PROXIES"));
    }
    g_autoptr(GString) many = g_string_new("10.0.0.1");
    for (int i = 2; i <= 65; i++) g_string_append_printf(many, ",10.0.0.%d", i);
    Proxies *none = NULL;
    g_assert_false(proxies_parse(many->str, &none, NULL));
}

/* -- TLS ----------------------------------------------------------------------------------------------------------------- */

static void test_tls_off(void) {
    Settings settings = {0};
    g_auto(Tls) tls = {0};
    g_assert_true(tls_load(&settings, &tls, NULL));
    g_assert_null(tls.key);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-access/every-route-says-who", test_every_route_says_who);
    g_test_add_func("/http-access/patterns", test_patterns);
    g_test_add_func("/http-access/cookie", test_cookie);
    g_test_add_func("/http-access/client", test_client);
    g_test_add_func("/http-access/forwarded", test_forwarded);
    g_test_add_func("/http-access/proxies", test_proxies);
    g_test_add_func("/http-access/tls-off", test_tls_off);
    return g_test_run();
}
