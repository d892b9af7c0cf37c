/* The shapes of answers: JSON, problem details, bytes, stored objects. */
#include "http/response.h"

#include <string.h>

#include "http/event_hub.h"
#include "http/shared_reply.h"

void response_init(Response *response) {
    *response = (Response){.status = 500, .headers = g_ptr_array_new_with_free_func(g_free)};
}

static void clear_body(Response *response) {
    g_clear_pointer(&response->bytes, g_bytes_unref);
    g_clear_pointer(&response->reader, store_reader_close);
    g_clear_pointer(&response->events, event_stream_close);
    g_clear_pointer(&response->head, g_bytes_unref);
    g_clear_pointer(&response->tail, g_bytes_unref);
    g_clear_pointer(&response->shared, shared_reply_unref);
}

void response_clear(Response *response) {
    clear_body(response);
    g_clear_pointer(&response->headers, g_ptr_array_unref);
    g_clear_pointer(&response->subject, g_free);
    g_clear_pointer(&response->kept, json_decref);
}

static gint find_header(const Response *response, const char *name) {
    for (guint i = 0; i < response->headers->len; i += 2)
        if (g_ascii_strcasecmp(g_ptr_array_index(response->headers, i), name) == 0) return (gint)i;
    return -1;
}

void response_header(Response *response, const char *name, const char *value) {
    char *clean = g_strdup(value);
    for (char *at = clean; *at; at++)
        if (g_ascii_iscntrl(*at)) *at = ' ';
    gint found = find_header(response, name);
    if (found >= 0) {
        g_free(response->headers->pdata[found + 1]);
        response->headers->pdata[found + 1] = clean;
        return;
    }
    g_ptr_array_add(response->headers, g_strdup(name));
    g_ptr_array_add(response->headers, clean);
}

void response_subject(Response *response, const char *subject) {
    g_free(response->subject);
    response->subject = g_strdup(subject);
}

void response_keep(Response *response, json_t *json) {
    json_decref(response->kept);
    response->kept = json;
}

void response_repeated(Response *response) {
    response->repeated = true;
    response_header(response, "Idempotent-Replayed", "true");
}

const char *response_get_header(const Response *response, const char *name) {
    gint found = find_header(response, name);
    return found < 0 ? NULL : g_ptr_array_index(response->headers, (guint)found + 1);
}

void response_bytes(Response *response, guint status, const char *content_type, GBytes *bytes) {
    clear_body(response);
    response->status = status;
    response->bytes = bytes;
    response_header(response, "Content-Type", content_type);
}

void response_json(Response *response, guint status, json_t *json) {
    response_bytes(response, status, "application/json", json_to_bytes(json, false));
    json_decref(json);
}

void response_spliced(Response *response, GBytes *head, StoreReader *reader, GBytes *tail) {
    clear_body(response);
    response->status = 200;
    response->head = head;
    response->reader = reader;
    response->length = store_reader_size(reader);
    response->tail = tail;
    response_header(response, "Content-Type", "application/json");
}

bool response_not_modified(Response *response, const Request *request, const char *etag) {
    response_header(response, "ETag", etag);
    if (!etag_listed(request_header(request, "if-none-match"), etag)) return false;
    clear_body(response);
    response->status = 304;
    return true;
}

char *response_etag(GBytes *text) {
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, text);
    return g_strdup_printf("W/\"%.20s\"", digest);
}

void response_json_text(Response *response, const Request *request, GBytes *text, const char *etag) {
    if (!response_not_modified(response, request, etag)) response_bytes(response, 200, "application/json", g_bytes_ref(text));
}

void response_json_cached(Response *response, const Request *request, json_t *json) {
    g_autoptr(json_t) owned = json;
    g_autoptr(GBytes) text = json_to_bytes(owned, false);
    g_autofree char *etag = response_etag(text);
    response_json_text(response, request, text, etag);
}

void response_problem(Response *response, const GError *error) {
    const ErrorKind *kind = error_kind(error);
    json_t *json = json_pack("{s:s, s:s, s:i, s:o, s:s, s:b}", "type", "about:blank", "title", kind->title, "status",
                             kind->http_status, "detail", json_text(error->message), "code", kind->name, "success", 0);
    GBytes *bytes = json_to_bytes(json, false);
    json_decref(json);
    response_bytes(response, (guint)kind->http_status, "application/problem+json", bytes);
    response_header(response, "Cache-Control", "no-store");
    if (kind->retryable && kind->http_status == 503) response_header(response, "Retry-After", "2");
}

void response_object(Response *response, const Request *request, StoreReader *reader, const StoreInfo *info) {
    g_autoptr(StoreReader) owned = reader;
    g_autofree char *etag = g_strdup_printf("\"%s\"", info->etag);
    guint64 size = store_reader_size(owned), first = 0, length = size;
    response_header(response, "Accept-Ranges", "bytes");
    if (response_not_modified(response, request, etag)) return;
    /* If-Range: the part is only wanted of the version that the client has the rest of. */
    const char *if_range = request_header(request, "if-range");
    bool wanted = !if_range || strcmp(if_range, etag) == 0;
    RangeResult range = range_parse(wanted ? request_header(request, "range") : NULL, size, &first, &length);
    if (range == RANGE_UNSATISFIABLE) {
        g_autoptr(GError) error = NULL;
        fail(&error, ERROR_RANGE, "the object has %" G_GUINT64_FORMAT " bytes; the range asked for lies behind them", size);
        response_problem(response, error);
        g_autofree char *whole = g_strdup_printf("bytes */%" G_GUINT64_FORMAT, size);
        response_header(response, "Content-Range", whole);
        return;
    }
    if (range == RANGE_PART) {
        g_autofree char *part = g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, first,
                                                first + length - 1, size);
        response_header(response, "Content-Range", part);
    }
    response_header(response, "Content-Type", info->content_type);
    response->status = range == RANGE_PART ? 206 : 200;
    response->reader = g_steal_pointer(&owned);
    response->first = first;
    response->length = length;
}

void response_attachment(Response *response, const char *filename) {
    g_autofree char *ascii = g_str_to_ascii(filename, "C");
    g_strdelimit(ascii, "\"\\/%", '_');
    g_autofree char *encoded = g_uri_escape_string(filename, NULL, false);
    g_autofree char *value = g_strdup_printf("attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii, encoded);
    response_header(response, "Content-Disposition", value);
}
