/* Which addresses are of the public Internet, and that a request which asks for them alone goes nowhere else. */
#include "net/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "net/curl.h"

static bool is_public(const char *text) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) return net_address_is_public((const struct sockaddr *)&v4);
    g_assert_cmpint(inet_pton(AF_INET6, text, &v6.sin6_addr), ==, 1);
    return net_address_is_public((const struct sockaddr *)&v6);
}

static void test_addresses(void) {
    static const char *const inside[] = {"0.0.0.0",         "10.0.0.0",       "10.255.255.255", "100.64.0.0",          "100.127.255.255", "127.0.0.1",
                                         "127.255.255.255", "169.254.169.254", "172.16.0.0",     "172.31.255.255",      "192.0.0.1",       "192.0.2.1",
                                         "192.168.0.1",     "198.18.0.1",     "198.19.255.255", "198.51.100.1",        "203.0.113.1",     "224.0.0.1",
                                         "240.0.0.1",       "255.255.255.255", "::",             "::1",                 "::ffff:10.0.0.1", "::ffff:127.0.0.1",
                                         "64:ff9b::10.1.2.3", "64:ff9b:1::1",  "2002:7f00:1::",  "2002:c0a8:0101::1",   "2001:db8::1",     "2001:0:1::1",
                                         "fc00::1",         "fd12:3456::1",   "fe80::1",        "febf::1",             "ff02::1",         "fec0::1",
                                         "::127.0.0.1",     "3fff::1",        "4000::1",        "100::1"};
    static const char *const outside[] = {"1.1.1.1",     "9.255.255.255", "11.0.0.0",    "100.63.255.255",     "100.128.0.0",           "172.15.255.255",
                                          "172.32.0.0",  "192.167.255.255", "192.169.0.0", "198.17.255.255",     "198.20.0.0",            "223.255.255.255",
                                          "2606:4700::1", "2a00:1450::1",   "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::1"};
    for (gsize i = 0; i < G_N_ELEMENTS(inside); i++)
        if (is_public(inside[i])) g_error("%s is taken for public", inside[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(outside); i++)
        if (!is_public(outside[i])) g_error("%s is taken for private", outside[i]);
    struct sockaddr unknown = {.sa_family = AF_UNIX};
    g_assert_false(net_address_is_public(&unknown));
}

static void test_hosts(void) {
    static const char *const inside[] = {"localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "::1", "169.254.169.254"};
    static const char *const others[] = {"example.com", "1.1.1.1", "localhost.example.com", "2606:4700::1"};
    for (gsize i = 0; i < G_N_ELEMENTS(inside); i++) g_assert_true(net_host_is_private(inside[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) g_assert_false(net_host_is_private(others[i]));
}

/* A socket that listens and is never called: a name, and other spellings of the address, lead to it. */
static void test_refused_at_connect_time(void) {
    static const char *const hosts[] = {"localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]"};
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    g_autoptr(HttpTransport) transport = http_curl_new(NULL);
    guint16 port = g_socket_listener_add_any_inet_port(listener, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree char *url = g_strdup_printf("http://%s:%u/", hosts[i], port);
        g_auto(HttpResponse) response = {0};
        g_autoptr(GError) error = NULL;
        HttpRequest request = {.method = "GET", .url = url, .direct = true, .public_only = true, .total_timeout_ms = 5000};
        g_assert_false(http_send(transport, &request, &response, &error));
        if (!error_is(error, ERROR_FORBIDDEN)) g_error("%s: %s", hosts[i], error->message);
    }
    g_socket_listener_close(listener);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/address/addresses", test_addresses);
    g_test_add_func("/net/address/hosts", test_hosts);
    g_test_add_func("/net/address/refused-at-connect-time", test_refused_at_connect_time);
    return g_test_run();
}
