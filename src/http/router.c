/* The routes. A new resource is one line here and one file. */
#include "http/router.h"

#include <string.h>

#include "http/resources.h"
#include "model/keys.h"

static const Route routes[] = {
    {"GET", "/api/meetings", BODY_NONE, LANE_READ, meetings_list},
    {"POST", "/api/meetings", BODY_UPLOAD, LANE_WRITE, NULL},
    {"POST", "/api/meeting/process", BODY_JSON, LANE_PROCESS, meeting_process},
    {"GET", "/api/meetings/{id}", BODY_NONE, LANE_READ, meeting_get},
    {"PATCH", "/api/meetings/{id}", BODY_JSON, LANE_WHOLE, meeting_patch},
    {"DELETE", "/api/meetings/{id}", BODY_NONE, LANE_WRITE, meeting_remove},
    {"GET", "/api/meetings/{id}/waveform", BODY_NONE, LANE_READ, meeting_waveform},
    {"GET", "/api/meetings/{id}/audio", BODY_NONE, LANE_READ, meeting_audio},
    {"GET", "/api/meetings/{id}/events", BODY_NONE, LANE_READ, meeting_events},
    {"GET", "/api/meetings/{id}/export", BODY_NONE, LANE_WHOLE, meeting_export},
    {"POST", "/api/meetings/{id}/retry", BODY_NONE, LANE_WRITE, meeting_retry},
    {"GET", "/api/uploads", BODY_NONE, LANE_READ, uploads_list},
    {"POST", "/api/uploads", BODY_JSON, LANE_WRITE, uploads_begin},
    {"GET", "/api/uploads/{id}", BODY_NONE, LANE_READ, upload_get},
    {"DELETE", "/api/uploads/{id}", BODY_NONE, LANE_WRITE, upload_abort},
    {"POST", "/api/uploads/{id}/parts", BODY_JSON, LANE_READ, upload_sign},
    {"POST", "/api/uploads/{id}/complete", BODY_NONE, LANE_WRITE, upload_complete},
    {"GET", "/api/jobs", BODY_NONE, LANE_READ, jobs_get},
    {"GET", "/api/search", BODY_NONE, LANE_READ, search_get},
    {"GET", "/api/items", BODY_NONE, LANE_READ, items_get},
    {"GET", "/store/*", BODY_NONE, LANE_READ, store_object_get},
    {"PUT", "/store/*", BODY_PART, LANE_WRITE, NULL},
    {"GET", "/healthz", BODY_NONE, LANE_INLINE, health_live},
    {"GET", "/readyz", BODY_NONE, LANE_READ, health_ready},
    {"GET", "/metrics", BODY_NONE, LANE_READ, health_metrics},
};
/* The page's files are a table of their own. */
static const Route page_route = {"GET", "/", BODY_NONE, LANE_INLINE, page_get};

/* Whether the path is of the pattern; `*parameter` then borrows from the path. */
static bool matches(const char *pattern, const char *path, const char **parameter, gsize *parameter_size) {
    const char *brace = strchr(pattern, '{'), *star = strchr(pattern, '*');
    *parameter = NULL;
    if (star) return strncmp(pattern, path, (gsize)(star - pattern)) == 0 && path[star - pattern] != '\0';
    if (!brace) return strcmp(pattern, path) == 0;
    gsize head = (gsize)(brace - pattern);
    if (strncmp(pattern, path, head) != 0) return false;
    *parameter = path + head;
    *parameter_size = strcspn(*parameter, "/");
    return *parameter_size > 0 && strcmp(strchr(brace, '}') + 1, *parameter + *parameter_size) == 0;
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

static bool set_parameter(Request *request, const char *parameter, gsize size, GError **error) {
    if (!parameter) return true;
    g_free(request->parameter);
    request->parameter = g_strndup(parameter, size);
    return meeting_id_valid(request->parameter) || fail(error, ERROR_NOT_FOUND, "there is no meeting of this id");
}

bool router_find(Request *request, const Route **route, char **allow, GError **error) {
    g_autoptr(GPtrArray) methods = g_ptr_array_new();
    const Route *found = NULL;
    for (gsize i = 0; i <= G_N_ELEMENTS(routes); i++) {
        bool is_page = i == G_N_ELEMENTS(routes);
        const Route *candidate = is_page ? &page_route : &routes[i];
        const char *parameter = NULL;
        gsize size = 0;
        if (is_page ? !page_has(request->path) : !matches(candidate->pattern, request->path, &parameter, &size)) continue;
        if (!set_parameter(request, parameter, size, error)) return false;
        g_ptr_array_add(methods, (gpointer)candidate->method);
        if (strcmp(candidate->method, request->method) == 0) found = candidate;
    }
    if (methods->len == 0) return fail(error, ERROR_NOT_FOUND, "there is nothing at %.200s", request->path);
    *allow = allowed(methods);
    if (!found) return fail(error, ERROR_METHOD_NOT_ALLOWED, "%.20s is not possible here; possible: %s", request->method, *allow);
    *route = found;
    return true;
}
