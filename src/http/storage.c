/* What the store holds, what that costs, what was found amiss in it, and what room there is. */
#include <errno.h>
#include <sys/statvfs.h>

#include "base/limits.h"
#include "http/resources.h"
#include "model/keys.h"

/* The figures of the last repair; null where there was none, or they can't be read: they are derived. */
static bool add_verified(Context *context, json_t *answer, GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    json_t *verified = NULL;
    if (store_get(context->workspace->store, KEY_VERIFIED, VERIFIED_BYTES_MAX, &bytes, NULL, &problem)) {
        gsize size = 0;
        const void *data = g_bytes_get_data(bytes, &size);
        verified = json_parse_object(data, size, KEY_VERIFIED, NULL);
    } else if (!error_is(problem, ERROR_NOT_FOUND) && !error_is(problem, ERROR_TOO_LARGE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    json_object_set_new(answer, "verified", verified ? verified : json_null());
    return true;
}

/* Of a directory; a bucket has room for all. */
static bool add_disk(Context *context, json_t *answer, GError **error) {
    const Workspace *workspace = context->workspace;
    json_t *room = json_null();
    if (!workspace_uses_bucket(workspace->settings)) {
        struct statvfs disk;
        if (statvfs(workspace->place, &disk) != 0)
            return fail(error, ERROR_IO, "the room in the store's directory can't be told: %s", g_strerror(errno));
        room = json_pack("{s:I, s:I}", "free_bytes", (json_int_t)disk.f_bavail * (json_int_t)disk.f_frsize, "size_bytes",
                         (json_int_t)disk.f_blocks * (json_int_t)disk.f_frsize);
    }
    json_object_set_new(answer, "disk", room);
    return true;
}

bool storage_get(Context *context, const Request *request, Response *response, GError **error) {
    const Workspace *workspace = context->workspace;
    g_auto(CostLook) look = {0};
    cost_keeper_look(context->cost, &look);
    g_autofree char *counted = look.counted_ms > 0 ? time_format(look.counted_ms) : NULL;
    g_autoptr(json_t) answer = json_pack("{s:b, s:s, s:b, s:b, s:o, s:o, s:o}", "success", 1, "place", workspace->place, "bucket",
                                         (int)workspace_uses_bucket(workspace->settings), "counting", (int)look.counting, "counted",
                                         json_text(counted), "problem", json_text(look.problem), "cost",
                                         look.report ? json_incref(look.report) : json_null());
    if (!add_verified(context, answer, error) || !add_disk(context, answer, error)) return false;
    response_json_cached(response, request, g_steal_pointer(&answer));
    return true;
}
