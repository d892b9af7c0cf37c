/* /api/meetings/{id}/shares: links to one meeting, for those who have no token. */
#include "base/limits.h"
#include "http/resources.h"

bool shares_get(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(GPtrArray) shares = NULL;
    guint unreadable = 0;
    if (!shares_list(context->workspace->store, request->parameter, &shares, &unreadable, error)) return false;
    response_json(
        response, 200,
        json_pack("{s:b, s:i, s:i, s:o}", "success", 1, "count", (int)shares->len, "unreadable", (int)unreadable, "shares", grant_views(shares)));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

static bool check_meeting(Context *context, const char *meeting_id, GError **error) {
    g_autoptr(Record) record = NULL;
    return meeting_read_record(&context->workspace->meetings, meeting_id, &record, NULL, error);
}

/* Behind '#', so that the secret goes to no server and into no log when the page is opened. */
static void add_url(json_t *json, const Request *request, const char *meeting_id, const char *text) {
    const char *host = request->peer.host ? request->peer.host : "127.0.0.1";
    g_autofree char *path = g_strdup_printf("/#/s/%s/%s", meeting_id, text);
    g_autofree char *url = g_strdup_printf("%s://%s%s", request->peer.secure ? "https" : "http", host, path);
    json_object_set_new(json, "url", json_text(url));
    json_object_set_new(json, "share", json_text(text));
}

bool share_make(Context *context, const Request *request, Response *response, GError **error) {
    Workspace *workspace = context->workspace;
    g_autoptr(Grant) share = NULL;
    g_autofree char *text = NULL;
    const char *name;
    gint64 expires_ms = 0, latest_ms = clock_now_ms(workspace->clock) + SHARE_AGE_MS_MAX;
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) body = json_parse_object(data, size, "the request body", error);
    if (!body || !body_get_text(body, "name", &name, error) || !body_get_expiry(context, body, SHARE_AGE_MS_DEFAULT, &expires_ms, error))
        return false;
    if (expires_ms > latest_ms) return fail(error, ERROR_INVALID, "a link lives at most %d days", (int)(SHARE_AGE_MS_MAX / 86400000));
    if (!check_meeting(context, request->parameter, error) ||
        !share_create(workspace->store, workspace->clock, request->parameter, name, request->caller.id, expires_ms, &share, &text, error))
        return false;
    g_autofree char *subject = g_strdup_printf("%s/%s", request->parameter, share->id);
    json_t *json = grant_view(share);
    json_object_set_new(json, "success", json_true());
    response_keep(response, json_copy(json));
    add_url(json, request, request->parameter, text);
    response_subject(response, subject);
    response_json(response, 201, json);
    response_header(response, "Cache-Control", "no-store");
    return true;
}

bool share_remove(Context *context, const Request *request, Response *response, GError **error) {
    if (!grant_id_check(request->second, error) || !grant_revoke(context->workspace->store, GRANT_SHARE, request->second, request->parameter, error))
        return false;
    gate_forget(context->gate, GRANT_SHARE, request->second, request->parameter);
    response_json(response, 200, json_pack("{s:b, s:s, s:s}", "success", 1, "meeting_id", request->parameter, "id", request->second));
    return true;
}
