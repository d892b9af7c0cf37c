/* The strict reading of requests. What libmicrohttpd lets through (doubled fields, control characters, two lengths) is refused
 * here. */
#include "http/request.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

Request *request_new(const char *target) {
    Request *request = g_new0(Request, 1);
    request->target = g_strdup(target);
    request->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return request;
}

void request_free(Request *request) {
    if (!request) return;
    g_free(request->target);
    g_free(request->method);
    g_free(request->path);
    g_free(request->raw_path);
    g_free(request->raw_query);
    g_free(request->parameter);
    g_free(request->second);
    g_free(request->planned_id);
    peer_clear(&request->peer);
    caller_clear(&request->caller);
    g_clear_pointer(&request->query, g_hash_table_unref);
    g_clear_pointer(&request->headers, g_hash_table_unref);
    g_clear_pointer(&request->body, g_bytes_unref);
    g_free(request);
}

static bool has_control(const char *text, gsize size, bool tab_allowed) {
    for (gsize i = 0; i < size; i++)
        if (((guchar)text[i] < 0x20 && !(tab_allowed && text[i] == '\t')) || text[i] == 0x7f) return true;
    return false;
}

static bool is_token(const char *text, gsize size) {
    for (gsize i = 0; i < size; i++)
        if (!g_ascii_isalnum(text[i]) && (text[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text[i]))) return false;
    return size > 0;
}

/* "/path?query", or the same behind "http://host" as a proxy's client writes it; the host must then be that of the Host header. */
static bool origin_form(const Request *request, const char **path, GError **error) {
    const char *target = request->target, *host = request_header(request, "host");
    *path = target;
    if (g_ascii_strncasecmp(target, "http://", 7) != 0) return true;
    gsize size = strcspn(target + 7, "/?");
    *path = target[7 + size] == '/' ? target + 7 + size : "/";
    return !host || (strlen(host) == size && g_ascii_strncasecmp(host, target + 7, size) == 0) ||
           fail(error, ERROR_INVALID, "the URL of the request and its Host header name two hosts");
}

static bool parse_query(Request *request, GError **error) {
    const char *query = request->raw_query ? request->raw_query : "";
    g_autoptr(GError) problem = NULL;
    request->query = g_uri_parse_params(query, -1, "&", G_URI_PARAMS_WWW_FORM, &problem);
    if (!request->query) return fail(error, ERROR_INVALID, "the query of the URL can't be read: %s", problem->message);
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, request->query);
    while (g_hash_table_iter_next(&iter, &name, &value))
        if (has_control(value, strlen(value), false))
            return fail(error, ERROR_INVALID, "the query value %s holds a control character", (char *)name);
    return true;
}

bool request_begin(Request *request, const char *method, GError **error) {
    const char *target;
    if (!is_token(method, strlen(method))) return fail(error, ERROR_INVALID, "the method holds a character that is not allowed there");
    if (strpbrk(request->target, " #") || has_control(request->target, strlen(request->target), false))
        return fail(error, ERROR_INVALID, "the URL holds a character that must be percent-encoded there");
    if (!origin_form(request, &target, error)) return false;
    gsize path_size = strcspn(target, "?");
    request->method = g_strdup(strcmp(method, "HEAD") == 0 ? "GET" : method);
    request->raw_path = g_strndup(target, path_size);
    request->raw_query = target[path_size] ? g_strdup(target + path_size + 1) : NULL;
    request->path = g_uri_unescape_string(request->raw_path, "/");
    bool server_wide = strcmp(target, "*") == 0 && strcmp(method, "OPTIONS") == 0;
    if (!request->path || (request->path[0] != '/' && !server_wide) || !g_utf8_validate(request->path, -1, NULL) ||
        has_control(request->path, strlen(request->path), false))
        return fail(error, ERROR_INVALID, "the path of the URL can't be read: percent-encode it as UTF-8");
    return parse_query(request, error);
}

/* Fields that must not come twice: each reader could take another one for true. */
static bool stands_once(const char *name) {
    static const char *const names[] = {"host",  "content-length", "transfer-encoding", "content-type", "authorization", "origin",
                                        "range", "idempotency-key", "x-filename",     "content-disposition", "sec-fetch-site", "expect", NULL};
    return g_strv_contains(names, name);
}

bool request_add_header(Request *request, const char *name, gsize name_size, const char *value, gsize value_size,
                        GError **error) {
    g_autofree char *lower = g_ascii_strdown(name, (gssize)name_size);
    if (name_size == 0) return fail(error, ERROR_INVALID, "a header has no name");
    if (!is_token(name, name_size)) return fail(error, ERROR_INVALID, "a header name holds a character that is not allowed there");
    if (has_control(value, value_size, true)) return fail(error, ERROR_INVALID, "the header %s holds a control character", lower);
    const char *before = g_hash_table_lookup(request->headers, lower);
    if (before && stands_once(lower)) return fail(error, ERROR_INVALID, "the header %s stands twice; send it once", lower);
    char *text = before ? g_strdup_printf("%s, %.*s", before, (int)value_size, value) : g_strndup(value, value_size);
    g_hash_table_replace(request->headers, g_steal_pointer(&lower), text);
    return true;
}

bool request_check(Request *request, GError **error) {
    const char *length = request_header(request, "content-length");
    const char *encoding = request_header(request, "transfer-encoding");
    if (length && encoding)
        return fail(error, ERROR_INVALID, "Content-Length and Transfer-Encoding exclude each other; send one of them");
    /* g_ascii_string_to_unsigned would take "+1", too. */
    if (length && (!g_ascii_isdigit(length[0]) ||
                   !g_ascii_string_to_unsigned(length, 10, 0, G_MAXINT64, &request->content_length, NULL)))
        return fail(error, ERROR_INVALID, "Content-Length is no number of bytes");
    if (encoding && g_ascii_strcasecmp(encoding, "chunked") != 0)
        return fail(error, ERROR_INVALID, "the Transfer-Encoding must be chunked");
    request->chunked = encoding != NULL;
    const char *expect = request_header(request, "expect");
    return !expect || g_ascii_strcasecmp(expect, "100-continue") == 0 ||
           fail(error, ERROR_INVALID, "Expect must be 100-continue; nothing else is known here");
}

const char *request_header(const Request *request, const char *name) { return g_hash_table_lookup(request->headers, name); }

char *request_cookie(const Request *request, const char *name) {
    const char *header = request_header(request, "cookie");
    gsize length = strlen(name);
    g_auto(GStrv) pairs = header ? g_strsplit_set(header, ";,", -1) : NULL; /* several fields are joined with commas */
    for (guint i = 0; pairs && pairs[i]; i++) {
        const char *pair = g_strstrip(pairs[i]);
        if (strncmp(pair, name, length) == 0 && pair[length] == '=') return g_strdup(pair + length + 1);
    }
    return NULL;
}

const char *request_query(const Request *request, const char *name) {
    const char *value = g_hash_table_lookup(request->query, name);
    return value && value[0] ? value : NULL;
}

bool request_query_int(const Request *request, const char *name, gint64 min, gint64 max, gint64 fallback, gint64 *value,
                       GError **error) {
    const char *text = request_query(request, name);
    gint64 number = fallback;
    if (text && !g_ascii_string_to_signed(text, 10, min, max, &number, NULL))
        return fail(error, ERROR_INVALID, "%s must be a whole number from %d to %d", name, (int)min, (int)max);
    *value = number;
    return true;
}

bool request_query_time(const Request *request, const char *name, gint64 *unix_ms, GError **error) {
    const char *text = request_query(request, name);
    gint64 time = 0;
    if (text && !time_parse(text, &time))
        return fail(error, ERROR_INVALID, "%s must be a time in ISO 8601, such as 2026-03-04 or 2026-03-04T05:06:07Z", name);
    *unix_ms = time;
    return true;
}

bool request_type_is(const Request *request, const char *type) {
    const char *header = request_header(request, "content-type");
    if (!header) return false;
    g_autofree char *lower = g_ascii_strdown(header, (gssize)strcspn(header, ";"));
    return strcmp(g_strstrip(lower), type) == 0;
}

static const char *without_weakness(const char *etag) { return g_str_has_prefix(etag, "W/") ? etag + 2 : etag; }

bool etag_listed(const char *list, const char *etag) {
    if (!list) return false;
    g_auto(GStrv) tags = g_strsplit(list, ",", -1);
    for (guint i = 0; tags[i]; i++) {
        const char *tag = g_strstrip(tags[i]);
        if (strcmp(tag, "*") == 0 || strcmp(without_weakness(tag), without_weakness(etag)) == 0) return true;
    }
    return false;
}

/* Digits that may be absent; a number too large for us lies behind every object. */
static bool parse_position(const char *text, bool *present, guint64 *value) {
    *present = text[0] != '\0';
    *value = 0;
    for (const char *digit = text; *digit; digit++) {
        if (!g_ascii_isdigit(*digit)) return false;
        *value = *value > G_MAXUINT64 / 10 - 10 ? G_MAXUINT64 : *value * 10 + (guint64)(*digit - '0');
        if (*value == G_MAXUINT64) return true;
    }
    return true;
}

RangeResult range_parse(const char *header, guint64 size, guint64 *first, guint64 *length) {
    if (!header || g_ascii_strncasecmp(header, "bytes=", 6) != 0) return RANGE_WHOLE;
    g_auto(GStrv) ends = g_strsplit(header + 6, "-", -1);
    if (g_strv_length(ends) != 2) return RANGE_WHOLE;
    bool has_first, has_last;
    guint64 from, to;
    if (!parse_position(g_strstrip(ends[0]), &has_first, &from) || !parse_position(g_strstrip(ends[1]), &has_last, &to))
        return RANGE_WHOLE;
    if (!has_first && !has_last) return RANGE_WHOLE;
    if (has_first && has_last && to < from) return RANGE_WHOLE;
    if (!has_first) { /* the last `to` bytes */
        if (to == 0 || size == 0) return RANGE_UNSATISFIABLE;
        from = to >= size ? 0 : size - to;
        to = size - 1;
    }
    if (from >= size) return RANGE_UNSATISFIABLE;
    if (!has_last || to >= size) to = size - 1;
    *first = from;
    *length = to - from + 1;
    return RANGE_PART;
}
