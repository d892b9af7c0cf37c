/* A credential stands in Authorization, else in the session's cookie, else in a share's. */
#include "http/authorize.h"

#include <string.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/uploads.h"

/* -- rates --------------------------------------------------------------------------------------------------------------- */

static bool fail_rate(guint wait_s, guint *retry_after_s, const char *what, GError **error) {
    *retry_after_s = wait_s;
    return fail(error, ERROR_RATE, "%s: try again in %u s", what, wait_s);
}

/* Takes one of `client`'s, or (`client` NULL) only asks for its address. What this machine itself asks is not counted: it is the one who pays. */
static bool check_rate(Context *context, const Request *request, const char *client, guint *retry_after_s, GError **error) {
    gint64 now_us = g_get_monotonic_time();
    guint wait_s = 0;
    if (!context->rate || request->peer.loopback) return true;
    bool may = client ? rate_take(context->rate, client, now_us, &wait_s) : rate_has(context->rate, request->peer.group, now_us, &wait_s);
    return may || fail_rate(wait_s, retry_after_s, "too many requests", error);
}

static bool check_failures(Context *context, const Request *request, guint *retry_after_s, GError **error) {
    guint wait_s = 0;
    return rate_has(context->failures, request->peer.group, g_get_monotonic_time(), &wait_s) ||
           fail_rate(wait_s, retry_after_s, "too many wrong tokens came from this address", error);
}

static void count_failure(Context *context, const Request *request) {
    guint wait_s;
    rate_take(context->failures, request->peer.group, g_get_monotonic_time(), &wait_s);
}

/* -- who ----------------------------------------------------------------------------------------------------------------- */

/* Where a credential was found. A cookie that does not hold any more is sent by an honest page until it has noticed: it is not counted as a wrong
 * token. */
typedef enum { TYPED, COOKIE } Source;

/* What is remembered costs nothing and is judged whatever came from the address before: nobody is locked out by a stranger who shares it. */
static bool identify(Context *context, const Request *request, const char *credential, Source source, const char *meeting_id, bool may_wait,
                     Caller *caller, bool *wait, guint *retry_after_s, GError **error) {
    g_autoptr(GError) problem = NULL;
    *wait = false;
    bool remembered = gate_remembers(context->gate, credential, meeting_id);
    if (!remembered &&
        (!check_rate(context, request, NULL, retry_after_s, error) || (source == TYPED && !check_failures(context, request, retry_after_s, error))))
        return false;
    bool identified = gate_identify(context->gate, credential, meeting_id, may_wait, caller, wait, &problem);
    if (!*wait) metrics_add(METRIC_CACHE, "access", remembered ? "hit" : "miss", 1);
    if (identified) return true;
    if (source == TYPED && error_is(problem, ERROR_UNAUTHORIZED)) {
        if (!check_failures(context, request, retry_after_s, error)) return false;
        count_failure(context, request);
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static char *bearer_of(const Request *request) {
    const char *header = request_header(request, "authorization");
    if (!header || g_ascii_strncasecmp(header, "Bearer ", strlen("Bearer ")) != 0) return NULL;
    return g_strstrip(g_strdup(header + strlen("Bearer ")));
}

static bool fail_unsigned(GError **error) {
    return fail(error, ERROR_UNAUTHORIZED, "this needs a token: sign in, or send it as Authorization: Bearer … (`hansard token create` makes one)");
}

typedef struct {
    Context *context;
    Request *request;
    bool may_wait;
    bool *wait;
} Asking;

static bool identify_for(Asking *asking, const char *credential, Source source, const char *meeting_id, GError **error) {
    Request *request = asking->request;
    return identify(asking->context, request, credential, source, meeting_id, asking->may_wait, &request->caller, asking->wait,
                    &request->retry_after_s, error);
}

static bool fail_share(const char *scope, GError **error) {
    return fail(error, ERROR_FORBIDDEN, "this link shows one meeting and changes nothing; for more, a token with the scope \"%s\" is needed", scope);
}

/* `meeting_id` NULL: a share does not help here. */
static bool find_caller(Asking *asking, const char *meeting_id, GError **error) {
    GrantKind kind;
    char id[GRANT_ID_CHARS + 1];
    const Request *request = asking->request;
    g_autofree char *bearer = bearer_of(request);
    g_autofree char *session = bearer ? NULL : request_cookie(request, COOKIE_SESSION);
    g_autofree char *share = bearer || !meeting_id ? NULL : request_cookie(request, COOKIE_SHARE);
    g_autoptr(GError) problem = NULL;
    /* Nobody can say whether it holds without its meeting; it does not matter either. */
    if (bearer && !meeting_id && secret_parse(bearer, &kind, id) && kind == GRANT_SHARE) return fail_share("read", error);
    if (bearer) return identify_for(asking, bearer, TYPED, meeting_id, error);
    if (!session && !share) return fail_unsigned(error);
    if (!session) return identify_for(asking, share, COOKIE, meeting_id, error);
    if (identify_for(asking, session, COOKIE, meeting_id, &problem)) return true;
    if (share && error_is(problem, ERROR_UNAUTHORIZED)) return identify_for(asking, share, COOKIE, meeting_id, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool check_scope(const Request *request, Needs needs, GError **error) {
    static const struct {
        Scope scope;
        const char *name;
    } scopes[] = {[NEEDS_SHARE] = {SCOPE_READ, "read"},
                  [NEEDS_READ] = {SCOPE_READ, "read"},
                  [NEEDS_WRITE] = {SCOPE_WRITE, "write"},
                  [NEEDS_ADMIN] = {SCOPE_ADMIN, "admin"}};
    const Caller *caller = &request->caller;
    if (caller->kind == CALLER_SHARE) {
        bool own = needs == NEEDS_SHARE && g_strcmp0(caller->meeting_id, request->parameter) == 0;
        return own || fail_share(scopes[needs].name, error);
    }
    if (scopes_allow(caller->scopes, scopes[needs].scope)) return true;
    g_autofree char *has = scopes_text(caller->scopes);
    return fail(error, ERROR_FORBIDDEN, "this needs a token with the scope \"%s\"; yours has: %s", scopes[needs].name, has);
}

/* -- the order ----------------------------------------------------------------------------------------------------------- */

static bool check_host(Asking *asking, GError **error) {
    Context *context = asking->context;
    bool guarded = false;
    if (security_host_is_own(&context->place, asking->request)) return true;
    if (!gate_guarded(context->gate, asking->may_wait, &guarded, asking->wait, error)) return false;
    return *asking->wait || guarded || security_fail_host(&context->place, asking->request, error);
}

/* A part's URL is looked at before its body takes one of the places for uploads: a stranger gets none. The handler of an object looks for itself. */
static bool check_signature(Asking *asking, const Route *route, GError **error) {
    const Request *request = asking->request;
    g_autofree char *key = NULL, *upload_id = NULL;
    guint number = 0;
    if (route->body != BODY_PART) return true;
    if (!asking->may_wait) {
        *asking->wait = true; /* the store has the key to it */
        return true;
    }
    Store *store = asking->context->workspace->store;
    return store_check_part_url(store, request->raw_path, request->raw_query ? request->raw_query : "", &key, &upload_id, &number, error);
}

static bool check_caller(Asking *asking, const Route *route, GError **error) {
    Request *request = asking->request;
    bool guarded = true;
    if (route->needs == NEEDS_NOTHING) return true;
    if (route->needs == NEEDS_SIGNATURE) return check_signature(asking, route, error);
    if (route->needs == NEEDS_UNSET) return fail(error, ERROR_INTERNAL, "nobody has said who may %s %s", route->method, route->pattern);
    if (!gate_guarded(asking->context->gate, asking->may_wait, &guarded, asking->wait, error)) return false;
    if (*asking->wait) return true;
    if (!guarded) {
        request->caller = (Caller){.kind = CALLER_LOCAL, .scopes = SCOPES_ALL};
        return true;
    }
    /* On the routes of a meeting a share is looked for under that meeting, to be told what it can't do. */
    bool of_meeting = g_str_has_prefix(route->pattern, "/api/meetings/{");
    if (!find_caller(asking, of_meeting ? request->parameter : NULL, error)) return false;
    return *asking->wait || check_scope(request, route->needs, error);
}

bool authorize(Context *context, const Route *route, Request *request, bool may_wait, bool *wait, GError **error) {
    Asking asking = {context, request, may_wait, wait};
    *wait = false;
    if (!check_host(&asking, error)) return false;
    if (*wait) return true;
    bool may = check_caller(&asking, route, error);
    if (*wait) return true;
    const char *client = request->caller.id ? request->caller.id : request->peer.group;
    return check_rate(context, request, client, &request->retry_after_s, may ? error : NULL) && may;
}

bool authorize_credential(Context *context, const Request *request, const char *credential, const char *meeting_id, Caller *caller,
                          guint *retry_after_s, GError **error) {
    bool wait;
    return identify(context, request, credential, TYPED, meeting_id, true, caller, &wait, retry_after_s, error);
}

bool authorize_identify(Context *context, const Request *request, Caller *caller, GError **error) {
    g_autofree char *bearer = bearer_of(request);
    g_autofree char *session = bearer ? NULL : request_cookie(request, COOKIE_SESSION);
    guint retry_after_s;
    bool wait;
    if (!bearer && !session) return fail_unsigned(error);
    return identify(context, request, bearer ? bearer : session, bearer ? TYPED : COOKIE, NULL, true, caller, &wait, &retry_after_s, error);
}

/* -- what is said of it -------------------------------------------------------------------------------------------------- */

void authorize_explain(const Request *request, const GError *error, Response *response) {
    if (error_is(error, ERROR_UNAUTHORIZED)) {
        bool shown = request_header(request, "authorization") != NULL;
        response_header(response, "WWW-Authenticate", shown ? "Bearer realm=\"hansard\", error=\"invalid_token\"" : "Bearer realm=\"hansard\"");
    } else if (error_is(error, ERROR_RATE) && !response_get_header(response, "Retry-After")) {
        g_autofree char *seconds = g_strdup_printf("%u", MAX(1, request->retry_after_s));
        response_header(response, "Retry-After", seconds);
    }
}

static bool is_refusal(const GError *error) {
    return error_is(error, ERROR_UNAUTHORIZED) || error_is(error, ERROR_FORBIDDEN) || error_is(error, ERROR_RATE);
}

/* The meeting, the token, "meeting/share"; of a refusal at least the route. */
static char *subject_of(const Route *route, const Request *request, const Response *response) {
    if (response->subject) return g_strdup(response->subject);
    if (request->second) return g_strdup_printf("%s/%s", request->parameter, request->second);
    return g_strdup(request->parameter ? request->parameter : route->pattern);
}

void authorize_note(Context *context, const Route *route, const Request *request, const Response *response, const GError *error) {
    bool refused = is_refusal(error);
    if (!route || (error && !refused) || response->repeated) return;
    /* Of what is refused only what showed something is worth a line: a page whose user has not signed in yet is none. */
    bool showed = request->caller.kind != CALLER_NOBODY || request_header(request, "authorization");
    if (refused ? !showed || route->needs == NEEDS_SIGNATURE : !route->action) return;
    g_autofree char *subject = subject_of(route, request, response);
    AuditEntry entry = {.action = refused ? "request.refused" : route->action,
                        .who = &request->caller,
                        .subject = subject,
                        .address = request->peer.address,
                        .status = response->status,
                        .refused = refused};
    audit_add(context->audit, &entry);
}
