/* /api/tokens: made, listed and revoked by those who have the scope admin. */
#include "base/limits.h"
#include "http/resources.h"

json_t *grant_views(const GPtrArray *grants) {
    json_t *array = json_array();
    for (guint i = 0; i < grants->len; i++) json_array_append_new(array, grant_view(g_ptr_array_index(grants, i)));
    return array;
}

bool tokens_get(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(GPtrArray) tokens = NULL;
    guint unreadable = 0;
    if (!tokens_list(context->workspace->store, &tokens, &unreadable, error)) return false;
    response_json(
        response, 200,
        json_pack("{s:b, s:i, s:i, s:o}", "success", 1, "count", (int)tokens->len, "unreadable", (int)unreadable, "tokens", grant_views(tokens)));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

/* ["read", "write"], or "read,write". */
static bool read_scopes(const json_t *body, guint *scopes, GError **error) {
    const json_t *given = json_object_get(body, "scopes"), *value;
    g_autoptr(GString) words = g_string_new(json_is_string(given) ? json_string_value(given) : NULL);
    gsize i;
    if (!json_is_string(given) && !json_is_array(given)) return fail(error, ERROR_INVALID, "scopes is missing: an array of read, write, admin");
    json_array_foreach(given, i, value)
        g_string_append_printf(words, "%s%s", i > 0 ? "," : "", json_is_string(value) ? json_string_value(value) : "");
    return scopes_parse(words->str, scopes, error);
}

bool body_get_expiry(const Context *context, const json_t *body, gint64 fallback_ms, gint64 *expires_ms, GError **error) {
    const char *text;
    gint64 now_ms = clock_now_ms(context->workspace->clock);
    if (!body_get_text(body, "expires", &text, error)) return false;
    *expires_ms = fallback_ms ? now_ms + fallback_ms : 0;
    return !text || grant_expiry_parse(text, now_ms, expires_ms, error);
}

bool token_make(Context *context, const Request *request, Response *response, GError **error) {
    Workspace *workspace = context->workspace;
    g_autoptr(Grant) token = NULL;
    g_autofree char *text = NULL;
    const char *name;
    guint scopes = 0;
    gint64 expires_ms = 0;
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) body = json_parse_object(data, size, "the request body", error);
    if (!body || !body_get_text(body, "name", &name, error) || !read_scopes(body, &scopes, error) ||
        !body_get_expiry(context, body, 0, &expires_ms, error) ||
        !token_create(workspace->store, workspace->clock, name, scopes, expires_ms, &token, &text, error))
        return false;
    gate_forget(context->gate, GRANT_TOKEN, token->id, NULL);
    json_t *json = grant_view(token);
    json_object_set_new(json, "success", json_true());
    response_keep(response, json_copy(json));
    json_object_set_new(json, "token", json_string(text));
    response_subject(response, token->id);
    response_json(response, 201, json);
    response_header(response, "Cache-Control", "no-store");
    return true;
}

bool grant_id_check(const char *id, GError **error) { return grant_id_valid(id) || fail(error, ERROR_NOT_FOUND, "there is nothing of this id"); }

bool token_remove(Context *context, const Request *request, Response *response, GError **error) {
    if (!grant_id_check(request->parameter, error) || !grant_revoke(context->workspace->store, GRANT_TOKEN, request->parameter, NULL, error))
        return false;
    gate_forget(context->gate, GRANT_TOKEN, request->parameter, NULL);
    response_json(response, 200, json_pack("{s:b, s:s}", "success", 1, "id", request->parameter));
    return true;
}
