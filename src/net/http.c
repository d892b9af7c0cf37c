/* What every transport shares: headers, the checks of a request, the answer. Nothing leaves that could be read as two headers or two requests. */
#include <curl/curl.h>
#include <string.h>

#include "base/limits.h"
#include "net/http_transport_backend.h"

#define TOKEN_SPECIALS "!#$%&'*+-.^_`|~" /* RFC 9110, 5.6.2 */

static void header_free(gpointer data) {
    HttpHeader *header = data;
    g_free(header->name);
    g_free(header->value);
    g_free(header);
}

HttpHeaders *http_headers_new(void) { return g_ptr_array_new_with_free_func(header_free); }

void http_headers_add(HttpHeaders *headers, const char *name, const char *value) {
    HttpHeader *header = g_new(HttpHeader, 1);
    *header = (HttpHeader){.name = g_strdup(name), .value = g_strdup(value)};
    g_ptr_array_add(headers, header);
}

void http_headers_set(HttpHeaders *headers, const char *name, const char *value) {
    http_headers_remove(headers, name);
    http_headers_add(headers, name, value);
}

const char *http_headers_get(const HttpHeaders *headers, const char *name) {
    for (guint i = 0; headers && i < headers->len; i++) {
        const HttpHeader *header = headers->pdata[i];
        if (g_ascii_strcasecmp(header->name, name) == 0) return header->value;
    }
    return NULL;
}

void http_headers_remove(HttpHeaders *headers, const char *name) {
    for (guint i = headers->len; i-- > 0;) {
        const HttpHeader *header = headers->pdata[i];
        if (g_ascii_strcasecmp(header->name, name) == 0) g_ptr_array_remove_index(headers, i);
    }
}

const char *http_url_authority(const char *url, gsize *length) {
    const char *start = strstr(url, "://");
    if (!start) return NULL;
    start += strlen("://");
    *length = strcspn(start, "/?#");
    return *length > 0 ? start : NULL;
}

bool http_date_parse(const char *text, gint64 *unix_ms) {
    time_t seconds = text && strlen(text) <= 40 ? curl_getdate(text, NULL) : -1;
    if (seconds < 0) return false;
    *unix_ms = (gint64)seconds * 1000;
    return true;
}

static bool is_token(const char *text) {
    if (!text[0]) return false;
    for (const char *at = text; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr(TOKEN_SPECIALS, *at)) return false;
    return true;
}

static bool has_control(const char *text) {
    for (const guchar *at = (const guchar *)text; *at; at++)
        if ((*at < ' ' && *at != '\t') || *at == 0x7f) return true;
    return false;
}

/* No user information in it: a password in an URL would end up in messages. */
static bool check_url(const char *url, GError **error) {
    gsize length = 0;
    const char *authority = http_url_authority(url, &length);
    if (!authority || (!g_str_has_prefix(url, "http://") && !g_str_has_prefix(url, "https://")) || strlen(url) > HTTP_URL_BYTES_MAX)
        return fail(error, ERROR_CONFIG, "an address to call must be http:// or https://, a host and a path, in at most %d bytes",
                    (int)HTTP_URL_BYTES_MAX);
    for (const guchar *at = (const guchar *)url; *at; at++)
        if (*at <= ' ' || *at >= 0x7f)
            return fail(error, ERROR_CONFIG, "an address on %.*s holds a character that must be percent-encoded", (int)MIN(length, 255), authority);
    if (memchr(authority, '@', length)) return fail(error, ERROR_CONFIG, "an address to call must hold no user name or password");
    return true;
}

static bool check_request(const HttpRequest *request, GError **error) {
    if (!is_token(request->method)) return fail(error, ERROR_INVALID, "an HTTP method is one word");
    if (!check_url(request->url, error)) return false;
    for (guint i = 0; request->headers && i < request->headers->len; i++) {
        const HttpHeader *header = request->headers->pdata[i];
        if (!is_token(header->name)) return fail(error, ERROR_INVALID, "the name of an HTTP header is one word");
        if (has_control(header->value)) return fail(error, ERROR_INVALID, "the value of the HTTP header %s holds a control character", header->name);
    }
    return true;
}

bool http_send(HttpTransport *transport, const HttpRequest *request, HttpResponse *response, GError **error) {
    return check_request(request, error) && transport->send(transport, request, response, error);
}

void http_response_clear(HttpResponse *response) {
    g_clear_pointer(&response->headers, g_ptr_array_unref);
    g_clear_pointer(&response->body, g_bytes_unref);
    *response = (HttpResponse){0};
}

const char *http_response_header(const HttpResponse *response, const char *name) { return http_headers_get(response->headers, name); }

void http_transport_close(HttpTransport *transport) {
    if (transport) transport->close(transport);
}
