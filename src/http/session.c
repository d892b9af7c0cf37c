/* /api/session: a person signs in with a token and gets a cookie that no script can read; or opens a shared meeting, with a cookie for its path
 * alone. */
#include <string.h>

#include "base/limits.h"
#include "http/authorize.h"
#include "http/resources.h"
#include "model/keys.h"

static void note(Context *context, const Request *request, const char *action, const Caller *who, const char *subject, guint status) {
    AuditEntry entry = {
        .action = action, .who = who, .subject = subject, .address = request->peer.address, .status = status, .refused = status >= 400};
    audit_add(context->audit, &entry);
}

/* `value` NULL takes the cookie away. */
static void set_cookie(Response *response, const Request *request, const char *name, const char *value, const char *path, gint64 age_s) {
    g_autofree char *cookie = g_strdup_printf("%s=%s; Path=%s; Max-Age=%" G_GINT64_FORMAT "; HttpOnly; SameSite=Strict%s", name, value ? value : "",
                                              path, value ? age_s : 0, request->peer.secure ? "; Secure" : "");
    response_header(response, "Set-Cookie", cookie);
}

static json_t *caller_view(const Caller *caller) {
    g_autofree char *expires = caller->expires_ms ? time_format(caller->expires_ms) : NULL;
    return json_pack("{s:s, s:o, s:o, s:o}", "kind", caller_kind_name(caller->kind), "name", json_text(caller->name), "scopes",
                     scopes_to_json(caller->scopes), "expires", json_text(expires));
}

/* -- who is it ----------------------------------------------------------------------------------------------------------- */

bool session_get(Context *context, const Request *request, Response *response, GError **error) {
    g_auto(Caller) caller = {0};
    g_autoptr(GError) problem = NULL;
    bool guarded, wait;
    if (!gate_guarded(context->gate, true, &guarded, &wait, error)) return false;
    if (!guarded)
        caller = (Caller){.kind = CALLER_LOCAL, .scopes = SCOPES_ALL};
    else if (!authorize_identify(context, request, &caller, &problem) && !error_is(problem, ERROR_UNAUTHORIZED)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    json_t *json = caller_view(&caller);
    json_object_set_new(json, "success", json_true());
    json_object_set_new(json, "required", json_boolean(guarded));
    json_object_set_new(json, "signed_in", json_boolean(caller.kind == CALLER_SESSION || caller.kind == CALLER_TOKEN));
    response_json(response, 200, json);
    response_header(response, "Cache-Control", "no-store");
    return true;
}

/* -- in ------------------------------------------------------------------------------------------------------------------ */

static bool identify(Context *context, const Request *request, const char *credential, const char *meeting_id, Caller *caller, Response *response,
                     GError **error) {
    guint retry_after_s = 0;
    g_autoptr(GError) problem = NULL;
    if (authorize_credential(context, request, credential, meeting_id, caller, &retry_after_s, &problem)) return true;
    if (retry_after_s > 0) {
        g_autofree char *seconds = g_strdup_printf("%u", retry_after_s);
        response_header(response, "Retry-After", seconds);
    }
    note(context, request, "session.refused", caller, meeting_id, (guint)error_kind(problem)->http_status);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool sign_in(Context *context, const Request *request, const char *text, Response *response, GError **error) {
    Workspace *workspace = context->workspace;
    g_auto(Caller) caller = {0};
    g_autoptr(Grant) session = NULL;
    g_autofree char *cookie = NULL;
    if (!identify(context, request, text, NULL, &caller, response, error)) return false;
    if (caller.kind != CALLER_TOKEN) return fail(error, ERROR_INVALID, "sign in with a token: it begins with hat_");
    if (!session_create(workspace->store, workspace->clock, caller.id, caller.name, caller.expires_ms, &session, &cookie, error)) return false;
    set_cookie(response, request, COOKIE_SESSION, cookie, "/", (session->expires_ms - session->created_ms) / 1000);
    caller.kind = CALLER_SESSION;
    caller.expires_ms = session->expires_ms;
    note(context, request, "session.create", &caller, session->id, 200);
    json_t *json = caller_view(&caller);
    json_object_set_new(json, "success", json_true());
    json_object_set_new(json, "signed_in", json_true());
    response_json(response, 200, json);
    return true;
}

static bool open_share(Context *context, const Request *request, const char *text, const char *meeting_id, Response *response, GError **error) {
    g_auto(Caller) caller = {0};
    if (!meeting_id_valid(meeting_id)) return fail(error, ERROR_INVALID, "meeting_id is missing: the meeting that the link is for");
    if (!identify(context, request, text, meeting_id, &caller, response, error)) return false;
    if (caller.kind != CALLER_SHARE) return fail(error, ERROR_INVALID, "share must be what stands at the end of the link: it begins with hal_");
    g_autofree char *path = g_strconcat("/api/meetings/", meeting_id, NULL);
    set_cookie(response, request, COOKIE_SHARE, text, path, (caller.expires_ms - clock_now_ms(context->workspace->clock)) / 1000);
    note(context, request, "share.open", &caller, meeting_id, 200);
    json_t *json = caller_view(&caller);
    json_object_set_new(json, "success", json_true());
    json_object_set_new(json, "meeting_id", json_text(meeting_id));
    response_json(response, 200, json);
    return true;
}

bool session_begin(Context *context, const Request *request, Response *response, GError **error) {
    const char *token, *share, *meeting_id;
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) body = json_parse_object(data, size, "the request body", error);
    if (!body || !body_get_text(body, "token", &token, error) || !body_get_text(body, "share", &share, error) ||
        !body_get_text(body, "meeting_id", &meeting_id, error))
        return false;
    response_header(response, "Cache-Control", "no-store");
    if (share) return open_share(context, request, share, meeting_id, response, error);
    return token ? sign_in(context, request, token, response, error) : fail(error, ERROR_INVALID, "token is missing");
}

/* -- out ----------------------------------------------------------------------------------------------------------------- */

bool session_end(Context *context, const Request *request, Response *response, GError **error) {
    g_autofree char *cookie = request_cookie(request, COOKIE_SESSION);
    g_auto(Caller) caller = {0};
    g_autoptr(GError) problem = NULL;
    bool known = cookie && authorize_identify(context, request, &caller, &problem);
    if (known && caller.session_id) {
        if (!grant_revoke(context->workspace->store, GRANT_SESSION, caller.session_id, NULL, &problem) && !error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        gate_forget(context->gate, GRANT_SESSION, caller.session_id, NULL);
        note(context, request, "session.end", &caller, caller.session_id, 200);
    } else if (problem && error_kind(problem)->retryable) { /* rather an error than a session that lives on unseen */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    set_cookie(response, request, COOKIE_SESSION, NULL, "/", 0);
    response_json(response, 200, json_pack("{s:b, s:b}", "success", 1, "signed_in", 0));
    response_header(response, "Cache-Control", "no-store");
    return true;
}
