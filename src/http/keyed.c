/* The claim before the work, what came of it after. */
#include "http/keyed.h"

#include <string.h>

#include "base/text.h"
#include "http/resources.h"

static const char *const kept_headers[] = {"Location", "ETag", "X-Ignored-Fields", NULL};

void keyed_clear(Keyed *keyed) { once_claim_clear(&keyed->claim); }

/* What the audit log writes down is what changes something. */
bool keyed_check(const Route *route, const Request *request, bool *keyed, GError **error) {
    const char *header = request_header(request, "idempotency-key");
    bool heeds = route->action && (strcmp(route->method, "POST") == 0 || strcmp(route->method, "PATCH") == 0);
    g_autofree char *key = NULL;
    *keyed = heeds && header;
    return !*keyed || once_key_parse(header, &key, error);
}

/* All that makes the request what it is; each part as its own digest, so that none can be taken for another. */
static char *digest_of(const Request *request, const char *content) {
    const char *match = request_header(request, "if-match");
    const char *const parts[] = {request->method, request->raw_path, request->raw_query ? request->raw_query : "", match ? match : "", content};
    g_autoptr(GString) sums = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *sum = text_sha256(parts[i], strlen(parts[i]));
        g_string_append(sums, sum);
    }
    return text_sha256(sums->str, sums->len);
}

static void replay(const OnceAnswer *answer, Response *response) {
    const char *name;
    json_t *value;
    json_object_foreach(answer->headers, name, value) response_header(response, name, json_string_value(value));
    if (answer->subject) response_subject(response, answer->subject);
    response_json(response, answer->status, json_incref(answer->body));
}

bool keyed_begin(Context *context, const Request *request, const char *content, const char *meeting_id, Keyed *keyed, Response *response,
                 bool *answered, GError **error) {
    const Workspace *workspace = context->workspace;
    g_autofree char *key = NULL, *digest = digest_of(request, content);
    g_auto(OnceAnswer) answer = {0};
    *answered = false;
    if (!once_key_parse(request_header(request, "idempotency-key"), &key, error)) return false;
    OnceRequest asked = {.caller = request->caller.id, .key = key, .digest = digest, .subject = meeting_id};
    if (!once_claim(workspace->store, workspace->clock, &asked, &keyed->claim, &answer, answered, error)) return false;
    keyed->active = !*answered;
    if (!*answered) return true;
    replay(&answer, response);
    response_repeated(response);
    return true;
}

static json_t *headers_of(const Response *response) {
    json_t *headers = json_object();
    for (gsize i = 0; kept_headers[i]; i++) {
        const char *value = response_get_header(response, kept_headers[i]);
        if (value) json_object_set_new(headers, kept_headers[i], json_text(value));
    }
    return headers;
}

static json_t *body_of(const Response *response) {
    gsize size = 0;
    const void *data = response->bytes ? g_bytes_get_data(response->bytes, &size) : NULL;
    if (response->kept) return json_incref(response->kept);
    json_t *body = data ? json_parse(data, size, "an answer", NULL) : NULL;
    return body ? body : json_null();
}

/* That it was done stands; where the record of it can't be written, a repetition finds the claim begun and looks for its subject. */
void keyed_end(Context *context, Keyed *keyed, const Response *response, const GError *problem) {
    Store *store = context->workspace->store;
    g_autoptr(GError) trouble = NULL;
    if (!keyed->active) return;
    keyed->active = false;
    if (problem) {
        once_release(store, context->workspace->clock, &keyed->claim, error_kind(problem)->retryable, &trouble);
    } else {
        g_auto(OnceAnswer) answer = {response->status, g_strdup(response->subject), headers_of(response), body_of(response)};
        once_keep(store, &keyed->claim, &answer, &trouble);
    }
    if (trouble) context_report("what came of a request with an Idempotency-Key could not be kept", trouble);
}

bool keyed_handle(Context *context, const Route *route, Request *request, Response *response, GError **error) {
    g_auto(Keyed) keyed = {0};
    g_autoptr(GError) problem = NULL;
    g_autofree char *uuid = text_uuid(), *meeting_id = meeting_id_new(uuid);
    bool has_key, answered;
    gsize size = 0;
    const void *data = request->body ? g_bytes_get_data(request->body, &size) : NULL;
    if (!keyed_check(route, request, &has_key, error)) return false;
    if (!has_key) return route->handle(context, request, response, error);
    g_autofree char *content = text_sha256(data ? data : "", size);
    if (!keyed_begin(context, request, content, meeting_id, &keyed, response, &answered, error)) return false;
    if (answered) return route->handle != meeting_process || meeting_process_repeat(context, response, error);
    request->planned_id = g_strdup(keyed.claim.subject);
    request->again = keyed.claim.again;
    bool done = route->handle(context, request, response, &problem);
    keyed_end(context, &keyed, response, problem);
    if (!done) g_propagate_error(error, g_steal_pointer(&problem));
    return done;
}
