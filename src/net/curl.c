/* The transport on libcurl. A line is an easy handle in a multi handle of its own, which keeps one connection; lines wait in a pool, the last used
 * at its end, and a call takes the last that was connected to its host. So a connection belongs to one thread at a time, nothing is shared, and a
 * call that is cancelled wakes its own multi handle.
 *
 * What libcurl does by itself and must not do here: change the path ("..", "//"), wait for "100 Continue", follow redirects, speak other protocols,
 * and send again what a kept connection lost (for a PUT nobody would know that it was sent twice: see before_sending). */
#include "net/curl.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/address.h"
#include "net/curl_trust.h"
#include "net/http_transport_backend.h"

#define RECEIVE_BUFFER_BYTES (64 * KIB)
#define HOST_BYTES_SHOWN 255

typedef struct {
    CURL *easy;
    CURLM *multi;
    char *origin;    /* scheme and authority that it was last connected to */
    gint64 last_used; /* monotonic, µs */
    char message[CURL_ERROR_SIZE];
} Line;

typedef struct {
    HttpTransport base;
    CurlTrust *trust;
    GMutex mutex;
    GPtrArray *idle; /* Line*, the last used at the end */
} CurlTransport;

typedef struct {
    const HttpRequest *request;
    Line *line;
    const char *host; /* for messages, not terminated */
    int host_length;
    struct curl_slist *headers;
    guint64 sent;      /* of the file's part */
    guint starts;      /* times that libcurl began to send the request */
    gint64 last_moved; /* monotonic, µs: when a byte last came or went */
    int status;
    bool headers_end; /* what follows as header is a trailer */
    bool refused;     /* an address that may not be called was among those of the host */
    bool cut;         /* the body of an error was longer than is kept */
    gsize header_bytes, into_got;
    HttpHeaders *answer_headers;
    GByteArray *body;
    GError *error; /* of a callback */
} Call;

static void line_free(gpointer data) {
    Line *line = data;
    curl_multi_cleanup(line->multi);
    curl_easy_cleanup(line->easy);
    g_free(line->origin);
    g_free(line);
}

static Line *line_new(void) {
    Line *line = g_new0(Line, 1);
    line->easy = curl_easy_init();
    line->multi = curl_multi_init();
    if (!line->easy || !line->multi) g_error("libcurl has no handle to give");
    curl_multi_setopt(line->multi, CURLMOPT_MAXCONNECTS, 1L);
    return line;
}

/* The last used of that origin; else a new one, so that the others keep their connections. */
static Line *take_line(CurlTransport *transport, const char *origin) {
    Line *line = NULL;
    g_mutex_lock(&transport->mutex);
    for (guint i = transport->idle->len; i-- > 0 && !line;) {
        Line *candidate = transport->idle->pdata[i];
        if (strcmp(candidate->origin, origin) == 0) line = g_ptr_array_steal_index(transport->idle, i);
    }
    g_mutex_unlock(&transport->mutex);
    if (!line) line = line_new();
    g_free(line->origin);
    line->origin = g_strdup(origin);
    return line;
}

/* The one that waits longest goes where there are too many, or where the other side will have closed it by now. */
static void give_line_back(CurlTransport *transport, Line *line) {
    Line *oldest = NULL;
    line->last_used = g_get_monotonic_time();
    g_mutex_lock(&transport->mutex);
    g_ptr_array_add(transport->idle, line);
    Line *first = transport->idle->pdata[0];
    if (transport->idle->len > HTTP_CONNECTIONS_KEPT || line->last_used - first->last_used > HTTP_CONNECTION_KEPT_S * G_USEC_PER_SEC)
        oldest = g_ptr_array_steal_index(transport->idle, 0);
    g_mutex_unlock(&transport->mutex);
    if (oldest) line_free(oldest); /* outside the lock: closing speaks TLS */
}

static void moved(Call *call) { call->last_moved = g_get_monotonic_time(); }

/* Called each time that libcurl is about to send the request: once more where a kept connection turned out closed. The other side may have acted on
 * what was lost, so only what changes nothing is sent again. */
static int before_sending(void *data, char *remote, char *local, int remote_port, int local_port) {
    Call *call = data;
    moved(call);
    bool changes_nothing = strcmp(call->request->method, "GET") == 0 || strcmp(call->request->method, "HEAD") == 0;
    if (call->starts++ == 0 || changes_nothing) return CURL_PREREQFUNC_OK;
    fail(&call->error, ERROR_UNAVAILABLE, "%.*s closed the connection before it answered", call->host_length, call->host);
    return CURL_PREREQFUNC_ABORT;
}

/* The address is the one that is connected to, whatever the name led to a moment before. */
static curl_socket_t open_public(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
    Call *call = data;
    if (net_address_is_public(&address->addr)) return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    call->refused = true;
    return CURL_SOCKET_BAD;
}

static size_t read_file(char *buffer, size_t one, size_t size, void *data) {
    Call *call = data;
    const HttpBody *body = &call->request->body;
    gsize wanted = MIN(size, body->size - call->sent);
    if (wanted == 0) return 0;
    ssize_t got;
    do got = pread(body->fd, buffer, wanted, (off_t)(body->offset + call->sent));
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        if (got < 0) fail_errno(&call->error, errno, "a file that is being sent to %.*s can't be read", call->host_length, call->host);
        else fail(&call->error, ERROR_IO, "a file that is being sent to %.*s has become shorter", call->host_length, call->host);
        return CURL_READFUNC_ABORT;
    }
    call->sent += (guint64)got;
    moved(call);
    return (size_t)got;
}

/* A line of the answer's head; each answer before the last ("100 Continue") begins with a status, too. */
static size_t take_header(char *text, size_t one, size_t size, void *data) {
    Call *call = data;
    moved(call);
    call->header_bytes += size;
    if (call->header_bytes > HTTP_HEADER_BYTES_MAX) {
        fail(&call->error, ERROR_TOO_LARGE, "%.*s answers with more than %d bytes of headers", call->host_length, call->host,
             (int)HTTP_HEADER_BYTES_MAX);
        return 0;
    }
    if (call->headers_end) return size;
    g_autofree char *line = g_strchomp(g_strndup(text, size));
    if (g_str_has_prefix(line, "HTTP/")) {
        const char *status = strchr(line, ' ');
        call->status = status ? (int)g_ascii_strtoull(status, NULL, 10) : 0;
        g_ptr_array_set_size(call->answer_headers, 0);
    } else if (!line[0]) {
        call->headers_end = call->status >= 200;
    } else {
        char *colon = strchr(line, ':');
        if (!colon) return size;
        *colon = '\0';
        http_headers_add(call->answer_headers, g_strchomp(line), g_strchug(colon + 1));
    }
    return size;
}

static size_t take_into(Call *call, const char *data, size_t size) {
    const HttpRequest *request = call->request;
    if (size > request->into_size - call->into_got) {
        fail(&call->error, ERROR_CORRUPT, "%.*s answers with more than the %" G_GSIZE_FORMAT " bytes asked for", call->host_length, call->host,
             request->into_size);
        return 0;
    }
    memcpy((char *)request->into + call->into_got, data, size);
    call->into_got += size;
    return size;
}

static size_t take_body(char *data, size_t one, size_t size, void *user_data) {
    Call *call = user_data;
    bool is_error = call->status >= 300;
    moved(call);
    if (call->request->into && !is_error) return take_into(call, data, size);
    gsize max = is_error ? HTTP_ERROR_BYTES_MAX : call->request->body_bytes_max ? call->request->body_bytes_max : HTTP_BODY_BYTES_MAX;
    gsize fits = MIN(size, max - call->body->len);
    if (fits < size && !is_error) {
        fail(&call->error, ERROR_TOO_LARGE, "%.*s answers with more than %" G_GSIZE_FORMAT " bytes", call->host_length, call->host, max);
        return 0;
    }
    g_byte_array_append(call->body, (const guint8 *)data, (guint)fits);
    call->cut = fits < size;
    return fits;
}

static void append_header(Call *call, const char *name, const char *value) {
    /* libcurl's spelling: "Name;" sends an empty header, "Name:" sends none. */
    g_autofree char *line = value[0] ? g_strdup_printf("%s: %s", name, value) : g_strdup_printf("%s;", name);
    call->headers = curl_slist_append(call->headers, line);
}

static void set_headers(Call *call, CURL *easy) {
    const HttpRequest *request = call->request;
    for (guint i = 0; request->headers && i < request->headers->len; i++) {
        const HttpHeader *header = request->headers->pdata[i];
        append_header(call, header->name, header->value);
    }
    /* What libcurl would add and nobody asked for. */
    call->headers = curl_slist_append(call->headers, "Expect:");
    if (!http_headers_get(request->headers, "Accept")) call->headers = curl_slist_append(call->headers, "Accept:");
    if (!http_headers_get(request->headers, "Content-Type")) call->headers = curl_slist_append(call->headers, "Content-Type:");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
}

/* A body in memory goes out as libcurl's "post fields": not copied, and together with the headers where it is small. */
static void set_method_and_body(Call *call, CURL *easy) {
    const HttpRequest *request = call->request;
    const HttpBody *body = &request->body;
    bool takes_body = body->bytes || strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    if (!body->bytes && body->size > 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->size);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_file);
        curl_easy_setopt(easy, CURLOPT_READDATA, call);
    } else if (takes_body) {
        gsize size = 0;
        const void *data = body->bytes ? g_bytes_get_data(body->bytes, &size) : NULL;
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, data ? data : "");
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static bool set_options(CurlTransport *transport, Call *call, GError **error) {
    const HttpRequest *request = call->request;
    CURL *easy = call->line->easy;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->line->message);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "hansard/" HANSARD_VERSION);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)HTTP_CONNECTION_KEPT_S);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(request->connect_timeout_ms ? request->connect_timeout_ms : HTTP_CONNECT_TIMEOUT_MS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->total_timeout_ms);
    if (request->direct) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (request->unshared) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (request->public_only) {
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_public);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    }
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    set_headers(call, easy);
    set_method_and_body(call, easy);
    return !g_str_has_prefix(request->url, "https:") || curl_trust_apply(transport->trust, easy, error);
}

static void wake(GCancellable *cancel, gpointer multi) { curl_multi_wakeup(multi); }

/* Runs the call to its end; CURLE_OK with call->error set where it was stopped here. */
static CURLcode run(Call *call) {
    CURLM *multi = call->line->multi;
    const gint64 idle_us = (call->request->idle_timeout_ms ? call->request->idle_timeout_ms : HTTP_IDLE_TIMEOUT_MS) * G_GINT64_CONSTANT(1000);
    int running = 1;
    moved(call);
    for (;;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) g_error("libcurl can't go on");
        if (running == 0) break;
        gint64 left_us = call->last_moved + idle_us - g_get_monotonic_time();
        if (g_cancellable_is_cancelled(call->request->cancel)) {
            fail(&call->error, ERROR_CANCELLED, "a call of %.*s was stopped", call->host_length, call->host);
            return CURLE_OK;
        }
        if (left_us <= 0) {
            fail(&call->error, ERROR_TIMEOUT, "%.*s neither took nor sent a byte for %d ms", call->host_length, call->host, (int)(idle_us / 1000));
            return CURLE_OK;
        }
        curl_multi_poll(multi, NULL, 0, (int)(left_us / 1000) + 1, NULL);
    }
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    g_assert(message && message->msg == CURLMSG_DONE);
    return message->data.result;
}

static CURLcode perform(Call *call) {
    GCancellable *cancel = call->request->cancel;
    Line *line = call->line;
    line->message[0] = '\0';
    if (curl_multi_add_handle(line->multi, line->easy) != CURLM_OK) g_error("libcurl takes no call");
    gulong handler = cancel ? g_cancellable_connect(cancel, G_CALLBACK(wake), line->multi, NULL) : 0;
    CURLcode result = run(call);
    if (cancel) g_cancellable_disconnect(cancel, handler);
    curl_multi_remove_handle(line->multi, line->easy);
    return result;
}

/* libcurl's own words name hosts, files of certificates and socket errors, no header or query. */
static bool tell(const Call *call, CURLcode result, GError **error) {
    const char *why = call->line->message[0] ? call->line->message : curl_easy_strerror(result);
    if (call->refused && result == CURLE_COULDNT_CONNECT)
        return fail(error, ERROR_FORBIDDEN, "%.*s leads into a private network, or to this machine", call->host_length, call->host);
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return fail(error, ERROR_TIMEOUT, "%.*s does not answer in time: %s", call->host_length, call->host, why);
    case CURLE_URL_MALFORMAT:
        return fail(error, ERROR_CONFIG, "an address on %.*s can't be called: %s", call->host_length, call->host, why);
    case CURLE_PEER_FAILED_VERIFICATION:
        return fail(error, ERROR_CONFIG, "the certificate of %.*s is not trusted: %s; for an authority of your own, name its file in AWS_CA_BUNDLE",
                    call->host_length, call->host, why);
    case CURLE_COULDNT_RESOLVE_HOST:
        return fail(error, ERROR_UNAVAILABLE, "there is no host %.*s, or no name server that knows it", call->host_length, call->host);
    default:
        return fail(error, ERROR_UNAVAILABLE, "no whole answer came from %.*s: %s", call->host_length, call->host, why);
    }
}

static bool finish(Call *call, CURLcode result, HttpResponse *response, GError **error) {
    if (call->error) {
        g_propagate_error(error, g_steal_pointer(&call->error));
        return false;
    }
    if (result != CURLE_OK && !(result == CURLE_WRITE_ERROR && call->cut)) return tell(call, result, error);
    /* libcurl takes an end in the middle of the headers for the end of the answer: a GET would seem to have found nothing. */
    if (!call->headers_end) return tell(call, CURLE_GOT_NOTHING, error);
    *response = (HttpResponse){.status = call->status,
                               .headers = g_steal_pointer(&call->answer_headers),
                               .body = g_byte_array_free_to_bytes(g_steal_pointer(&call->body)),
                               .into_got = call->into_got};
    return true;
}

static bool curl_send(HttpTransport *base, const HttpRequest *request, HttpResponse *response, GError **error) {
    CurlTransport *transport = (CurlTransport *)base;
    if (g_cancellable_is_cancelled(request->cancel)) return fail(error, ERROR_CANCELLED, "a call was stopped before it began");
    gsize host_length = 0;
    const char *host = http_url_authority(request->url, &host_length);
    g_autofree char *authority = g_strndup(request->url, (gsize)(host - request->url) + host_length);
    /* A connection that was made without looking at its address serves nobody who wants that. */
    g_autofree char *origin = g_strconcat(request->public_only ? "public " : "", authority, NULL);
    Call call = {.request = request,
                 .line = take_line(transport, origin),
                 .host = host,
                 .host_length = (int)MIN(host_length, HOST_BYTES_SHOWN),
                 .answer_headers = http_headers_new(),
                 .body = g_byte_array_new()};
    bool done = set_options(transport, &call, error) && finish(&call, perform(&call), response, error);
    curl_easy_reset(call.line->easy); /* the next call starts from nothing, and nothing points into this one */
    give_line_back(transport, call.line);
    curl_slist_free_all(call.headers);
    g_clear_pointer(&call.answer_headers, g_ptr_array_unref);
    g_clear_pointer(&call.body, g_byte_array_unref);
    return done;
}

static void curl_close(HttpTransport *base) {
    CurlTransport *transport = (CurlTransport *)base;
    g_ptr_array_unref(transport->idle);
    g_mutex_clear(&transport->mutex);
    curl_trust_free(transport->trust);
    g_free(transport);
}

HttpTransport *http_curl_new(const char *ca_file) {
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) g_error("libcurl can't be set up");
        g_once_init_leave(&ready, 1);
    }
    CurlTransport *transport = g_new0(CurlTransport, 1);
    *transport = (CurlTransport){.base = {.send = curl_send, .close = curl_close},
                                 .trust = curl_trust_new(ca_file),
                                 .idle = g_ptr_array_new_with_free_func(line_free)};
    g_mutex_init(&transport->mutex);
    return &transport->base;
}
