/* The routes. A new resource is one line here and one file. */
#include "http/router.h"

#include <string.h>

#include "http/resources.h"
#include "model/keys.h"

static const Route routes[] = {
    {"GET", "/api/openapi.json", BODY_NONE, LANE_INLINE, NEEDS_READ, NULL, openapi_get},
    {"GET", "/api/meetings", BODY_NONE, LANE_READ, NEEDS_READ, NULL, meetings_list},
    {"POST", "/api/meetings", BODY_UPLOAD, LANE_WRITE, NEEDS_WRITE, "meeting.create", NULL},
    {"POST", "/api/meeting/process", BODY_JSON, LANE_PROCESS, NEEDS_WRITE, "meeting.create", meeting_process},
    {"GET", "/api/meetings/{id}", BODY_NONE, LANE_READ, NEEDS_SHARE, NULL, meeting_get},
    {"PATCH", "/api/meetings/{id}", BODY_JSON, LANE_WHOLE, NEEDS_WRITE, "meeting.edit", meeting_patch},
    {"DELETE", "/api/meetings/{id}", BODY_NONE, LANE_WRITE, NEEDS_WRITE, "meeting.delete", meeting_remove},
    {"GET", "/api/meetings/{id}/waveform", BODY_NONE, LANE_READ, NEEDS_SHARE, NULL, meeting_waveform},
    {"GET", "/api/meetings/{id}/audio", BODY_NONE, LANE_READ, NEEDS_SHARE, NULL, meeting_audio},
    {"GET", "/api/meetings/{id}/events", BODY_NONE, LANE_READ, NEEDS_READ, NULL, meeting_events},
    {"GET", "/api/meetings/{id}/export", BODY_NONE, LANE_WHOLE, NEEDS_SHARE, NULL, meeting_export},
    {"POST", "/api/meetings/{id}/retry", BODY_NONE, LANE_WRITE, NEEDS_WRITE, "meeting.retry", meeting_retry},
    {"GET", "/api/uploads", BODY_NONE, LANE_READ, NEEDS_WRITE, NULL, uploads_list},
    {"POST", "/api/uploads", BODY_JSON, LANE_WRITE, NEEDS_WRITE, "upload.begin", uploads_begin},
    {"GET", "/api/uploads/{id}", BODY_NONE, LANE_READ, NEEDS_WRITE, NULL, upload_get},
    {"DELETE", "/api/uploads/{id}", BODY_NONE, LANE_WRITE, NEEDS_WRITE, "upload.cancel", upload_abort},
    {"POST", "/api/uploads/{id}/parts", BODY_JSON, LANE_READ, NEEDS_WRITE, NULL, upload_sign},
    {"PUT", "/api/uploads/{id}/parts/{id}", BODY_PART, LANE_WRITE, NEEDS_WRITE, NULL, NULL},
    {"POST", "/api/uploads/{id}/complete", BODY_NONE, LANE_WRITE, NEEDS_WRITE, "meeting.create", upload_complete},
    {"GET", "/api/meetings/{id}/shares", BODY_NONE, LANE_READ, NEEDS_WRITE, NULL, shares_get},
    {"POST", "/api/meetings/{id}/shares", BODY_JSON, LANE_WRITE, NEEDS_WRITE, "share.create", share_make},
    {"DELETE", "/api/meetings/{id}/shares/{id}", BODY_NONE, LANE_WRITE, NEEDS_WRITE, "share.revoke", share_remove},
    {"GET", "/api/session", BODY_NONE, LANE_READ, NEEDS_NOTHING, NULL, session_get},
    {"POST", "/api/session", BODY_JSON, LANE_WRITE, NEEDS_NOTHING, NULL, session_begin},
    {"DELETE", "/api/session", BODY_NONE, LANE_WRITE, NEEDS_NOTHING, NULL, session_end},
    {"GET", "/api/tokens", BODY_NONE, LANE_READ, NEEDS_ADMIN, NULL, tokens_get},
    {"POST", "/api/tokens", BODY_JSON, LANE_WRITE, NEEDS_ADMIN, "token.create", token_make},
    {"DELETE", "/api/tokens/{id}", BODY_NONE, LANE_WRITE, NEEDS_ADMIN, "token.revoke", token_remove},
    {"GET", "/api/webhooks", BODY_NONE, LANE_READ, NEEDS_ADMIN, NULL, webhooks_get},
    {"POST", "/api/webhooks", BODY_JSON, LANE_WRITE, NEEDS_ADMIN, "webhook.create", webhook_make},
    {"DELETE", "/api/webhooks/{id}", BODY_NONE, LANE_WRITE, NEEDS_ADMIN, "webhook.remove", webhook_delete},
    {"GET", "/api/webhooks/{id}/deliveries", BODY_NONE, LANE_READ, NEEDS_ADMIN, NULL, webhook_deliveries},
    {"POST", "/api/webhooks/{id}/ping", BODY_NONE, LANE_WRITE, NEEDS_ADMIN, "webhook.ping", webhook_ping},
    {"GET", "/api/jobs", BODY_NONE, LANE_READ, NEEDS_READ, NULL, jobs_get},
    {"GET", "/api/storage", BODY_NONE, LANE_READ, NEEDS_READ, NULL, storage_get},
    {"GET", "/api/search", BODY_NONE, LANE_READ, NEEDS_READ, NULL, search_get},
    {"GET", "/api/items", BODY_NONE, LANE_READ, NEEDS_READ, NULL, items_get},
    {"POST", "/mcp", BODY_JSON, LANE_WHOLE, NEEDS_READ, NULL, mcp_post},
    {"GET", "/store/*", BODY_NONE, LANE_READ, NEEDS_SIGNATURE, NULL, store_object_get},
    {"PUT", "/store/*", BODY_PART, LANE_WRITE, NEEDS_SIGNATURE, NULL, NULL},
    {"GET", "/healthz", BODY_NONE, LANE_INLINE, NEEDS_NOTHING, NULL, health_live},
    {"GET", "/readyz", BODY_NONE, LANE_READ, NEEDS_NOTHING, NULL, health_ready},
    {"GET", "/metrics", BODY_NONE, LANE_READ, NEEDS_READ, NULL, health_metrics},
};
/* The page's files are a table of their own. */
static const Route page_route = {"GET", "/", BODY_NONE, LANE_INLINE, NEEDS_NOTHING, NULL, page_get};
static const Route front_route = {"GET", "/", BODY_NONE, LANE_READ, NEEDS_NOTHING, NULL, front_get};

typedef struct {
    const char *text; /* borrowed from the path; NULL: none */
    gsize size;
} Part;

/* Whether the path is of the pattern; `parts` get what stands in its braces. */
static bool matches(const char *pattern, const char *path, Part parts[2]) {
    gsize found = 0;
    parts[0] = parts[1] = (Part){0};
    for (; *pattern == *path || *pattern == '{' || *pattern == '*'; pattern++) {
        if (*pattern == '*') return *path != '\0';
        if (*pattern == '\0') return true;
        if (*pattern != '{') {
            path++;
            continue;
        }
        Part part = {path, strcspn(path, "/")};
        if (part.size == 0) return false;
        path += part.size;
        pattern = strchr(pattern, '}');
        parts[found++] = part;
    }
    return false;
}

/* HEAD goes with GET; OPTIONS with all. */
static char *allowed(GPtrArray *methods) {
    GString *list = g_string_new("OPTIONS");
    for (guint i = 0; i < methods->len; i++) {
        const char *method = g_ptr_array_index(methods, i);
        g_string_append_printf(list, ", %s%s", method, strcmp(method, "GET") == 0 ? ", HEAD" : "");
    }
    return g_string_free(list, FALSE);
}

static bool set_parameter(char **parameter, Part part, GError **error) {
    if (!part.text) return true;
    g_free(*parameter);
    *parameter = g_strndup(part.text, part.size);
    return meeting_id_valid(*parameter) || fail(error, ERROR_NOT_FOUND, "there is nothing of this id");
}

Shortcut router_shortcut(const Route *route) {
    if (route == &front_route) return front_get_plain;
    return route->handle == meetings_list ? meetings_list_kept : NULL;
}

bool router_is_figure(const Route *route) {
    return route->handle == health_live || route->handle == health_ready || route->handle == health_metrics;
}

const Route *router_routes(gsize *count) {
    *count = G_N_ELEMENTS(routes);
    return routes;
}

bool router_find(Request *request, const Route **route, char **allow, GError **error) {
    g_autoptr(GPtrArray) methods = g_ptr_array_new();
    const Route *found = NULL;
    for (gsize i = 0; i <= G_N_ELEMENTS(routes); i++) {
        bool is_page = i == G_N_ELEMENTS(routes);
        const Route *candidate = !is_page ? &routes[i] : strcmp(request->path, "/") == 0 ? &front_route : &page_route;
        Part parts[2] = {0};
        if (is_page ? !page_has(request->path) : !matches(candidate->pattern, request->path, parts)) continue;
        if (!set_parameter(&request->parameter, parts[0], error) || !set_parameter(&request->second, parts[1], error)) return false;
        g_ptr_array_add(methods, (gpointer)candidate->method);
        if (strcmp(candidate->method, request->method) == 0) found = candidate;
    }
    if (methods->len == 0) return fail(error, ERROR_NOT_FOUND, "there is nothing at %.200s", request->path);
    if (!found) *allow = allowed(methods);
    if (!found) return fail(error, ERROR_METHOD_NOT_ALLOWED, "%.20s is not possible here; possible: %s", request->method, *allow);
    *route = found;
    return true;
}
