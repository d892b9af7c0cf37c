/* /api/webhooks: registered, listed and removed by those who have the scope admin; what was told to them; a ping to try one. */
#include "base/limits.h"
#include "base/text.h"
#include "hooks/outbox.h"
#include "http/resources.h"

static bool check_id(const char *id, GError **error) {
    return webhook_id_valid(id) || fail(error, ERROR_NOT_FOUND, "there is no webhook of this id");
}

bool webhooks_get(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(GPtrArray) webhooks = NULL;
    guint unreadable = 0;
    if (!webhooks_list(context->workspace->store, &webhooks, &unreadable, error)) return false;
    json_t *views = json_array();
    for (guint i = 0; i < webhooks->len; i++) json_array_append_new(views, webhook_view(webhooks->pdata[i]));
    response_json(response, 200,
                  json_pack("{s:b, s:i, s:i, s:o}", "success", 1, "count", (int)webhooks->len, "unreadable", (int)unreadable, "webhooks", views));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

static bool read_events(const json_t *body, guint *events, GError **error) {
    const json_t *array = json_object_get(body, "events"), *name;
    gsize i;
    *events = 0;
    if (!array || json_is_null(array)) return true;
    if (!json_is_array(array) || json_array_size(array) < 1)
        return fail(error, ERROR_INVALID, "events must be an array of names of events, or absent");
    json_array_foreach((json_t *)array, i, name) {
        EventType type;
        if (!json_is_string(name) || !event_named(json_string_value(name), &type))
            return fail(error, ERROR_INVALID, "events are meeting.created, meeting.ready, meeting.failed, meeting.deleted and items.changed");
        *events |= 1u << type;
    }
    return true;
}

bool webhook_make(Context *context, const Request *request, Response *response, GError **error) {
    const Workspace *workspace = context->workspace;
    g_autoptr(Webhook) webhook = NULL;
    const char *url, *name;
    guint events;
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) body = json_parse_object(data, size, "the request body", error);
    if (!body || !body_get_text(body, "url", &url, error) || !body_get_text(body, "name", &name, error) ||
        !read_events(body, &events, error))
        return false;
    if (!url) return fail(error, ERROR_INVALID, "url is missing: the address that is to be told");
    if (!webhook_create(workspace->store, workspace->clock, url, name, events, workspace->settings->webhook_private, &webhook, error)) return false;
    json_t *json = webhook_view(webhook);
    json_object_set_new(json, "success", json_true());
    response_keep(response, json_copy(json));
    json_object_set_new(json, "secret", json_string(webhook->secret));
    response_subject(response, webhook->id);
    response_json(response, 201, json);
    response_header(response, "Cache-Control", "no-store");
    return true;
}

bool webhook_delete(Context *context, const Request *request, Response *response, GError **error) {
    if (!check_id(request->parameter, error) || !webhook_remove(context->workspace->store, request->parameter, error)) return false;
    response_json(response, 200, json_pack("{s:b, s:s}", "success", 1, "id", request->parameter));
    return true;
}

bool webhook_deliveries(Context *context, const Request *request, Response *response, GError **error) {
    Store *store = context->workspace->store;
    g_autoptr(Webhook) webhook = NULL;
    json_t *deliveries = NULL;
    gint64 limit;
    if (!check_id(request->parameter, error) ||
        !request_query_int(request, "limit", 1, HOOK_DELIVERIES_KEPT, HOOK_DELIVERIES_DEFAULT, &limit, error) ||
        !webhook_read(store, request->parameter, &webhook, error) || !deliveries_list(store, webhook->id, (guint)limit, &deliveries, error))
        return false;
    response_json(response, 200,
                  json_pack("{s:b, s:i, s:o}", "success", 1, "count", (int)json_array_size(deliveries), "deliveries", deliveries));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

bool webhook_ping(Context *context, const Request *request, Response *response, GError **error) {
    const Workspace *workspace = context->workspace;
    g_autoptr(Webhook) webhook = NULL;
    g_autofree char *event_id = NULL, *version = text_uuid();
    Event event = {.type = EVENT_PING, .version = version};
    if (!check_id(request->parameter, error) || !webhook_read(workspace->store, request->parameter, &webhook, error) ||
        !event_emit_to(workspace->store, workspace->clock, &event, webhook->id, &event_id, error))
        return false;
    response_json(response, 202, json_pack("{s:b, s:s, s:s}", "success", 1, "id", webhook->id, "event_id", event_id));
    return true;
}
