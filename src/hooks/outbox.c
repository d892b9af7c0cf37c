/* The outbox's objects and their order. */
#include "hooks/outbox.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "hooks/hooks_internal.h"
#include "model/keys.h"

#define INVERTED_MS TIME_MS_MAX
#define EVENT_ID_CHARS 36 /* "msg_" and 32 hexadecimal digits */

bool hooks_read_json(Store *store, const char *key, json_t **json, char **etag, GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    g_auto(StoreInfo) info = {0};
    gsize size = 0;
    if (!store_get(store, key, WEBHOOK_BYTES_MAX, &bytes, &info, error)) return false;
    const void *data = g_bytes_get_data(bytes, &size);
    *json = json_parse_object(data, size, key, NULL);
    if (!*json) return fail(error, ERROR_CORRUPT, "%s is no JSON object: remove it", key);
    if (etag) *etag = g_strdup(info.etag);
    return true;
}

void delivery_free(Delivery *delivery) {
    if (!delivery) return;
    g_free(delivery->key);
    g_free(delivery->etag);
    g_free(delivery->event_id);
    g_free(delivery->webhook_id);
    g_free(delivery->type);
    g_free(delivery->body);
    g_free(delivery->reason);
    g_free(delivery);
}

/* -- keys ---------------------------------------------------------------------------------------------------------------- */

static char *outbox_key(gint64 due_ms, const char *event_id, const char *webhook_id) {
    return g_strdup_printf(PREFIX_OUTBOX "%013" G_GINT64_FORMAT "-%s-%s.json", due_ms, event_id, webhook_id);
}

static char *delivered_key(const Delivery *delivery) {
    return g_strdup_printf(PREFIX_DELIVERIES "%s/%013" G_GINT64_FORMAT "_%s.json", delivery->webhook_id, (gint64)(INVERTED_MS - delivery->created_ms),
                           delivery->event_id);
}

bool outbox_key_parse(const char *key, gint64 *due_ms, char **webhook_id) {
    const char *name = key + strlen(PREFIX_OUTBOX);
    if (!g_str_has_prefix(key, PREFIX_OUTBOX) || strlen(name) != 13 + 1 + EVENT_ID_CHARS + 1 + WEBHOOK_ID_CHARS + strlen(".json")) return false;
    g_autofree char *digits = g_strndup(name, 13), *id = g_strndup(name + 13 + 1 + EVENT_ID_CHARS + 1, WEBHOOK_ID_CHARS);
    if (!g_ascii_string_to_signed(digits, 10, 0, INVERTED_MS, due_ms, NULL) || !webhook_id_valid(id)) return false;
    *webhook_id = g_steal_pointer(&id);
    return true;
}

/* -- JSON ---------------------------------------------------------------------------------------------------------------- */

static json_t *time_or_null(gint64 ms) {
    g_autofree char *text = ms > 0 ? time_format(ms) : NULL;
    return json_text(text);
}

static gint64 time_of(const json_t *json, const char *name) {
    gint64 ms = 0;
    return time_parse(json_get_string(json, name, ""), &ms) ? ms : 0;
}

static GBytes *bytes_of(const Delivery *delivery) {
    g_autofree char *revision = text_uuid();
    g_autoptr(json_t) json =
        json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:i, s:o, s:i, s:o, s:o, s:b, s:s}", "schema", 1, "event", delivery->event_id, "webhook",
                  delivery->webhook_id, "type", delivery->type, "body", json_text(delivery->body), "created", time_or_null(delivery->created_ms),
                  "attempts", (int)delivery->attempts, "tried", time_or_null(delivery->tried_ms), "status", delivery->status, "reason",
                  json_text(delivery->reason), "lease_until", time_or_null(delivery->lease_ms), "delivered", (int)delivery->delivered, "revision",
                  revision);
    return json_to_bytes(json, true);
}

static Delivery *from_json(const json_t *json) {
    Delivery *read = g_new0(Delivery, 1);
    read->event_id = g_strdup(json_get_string(json, "event", ""));
    read->webhook_id = g_strdup(json_get_string(json, "webhook", ""));
    read->type = g_strdup(json_get_string(json, "type", ""));
    read->body = g_strdup(json_get_string(json, "body", ""));
    read->created_ms = time_of(json, "created");
    read->attempts = (guint)CLAMP(json_get_int(json, "attempts", 0), 0, HOOK_ATTEMPTS_MAX);
    read->tried_ms = time_of(json, "tried");
    read->status = (int)CLAMP(json_get_int(json, "status", 0), 0, 999);
    read->reason = g_strdup(json_get_string(json, "reason", NULL));
    read->lease_ms = time_of(json, "lease_until");
    read->delivered = json_get_bool(json, "delivered", false);
    return read;
}

static bool is_whole(const Delivery *delivery) {
    return strlen(delivery->event_id) == EVENT_ID_CHARS && webhook_id_valid(delivery->webhook_id) && delivery->type[0] && delivery->body[0];
}

/* -- emitting ------------------------------------------------------------------------------------------------------------ */

static GMutex mutex; /* guards `emitted` */
static GCond changed;
static guint emitted;

void outbox_wake(void) {
    g_mutex_lock(&mutex);
    emitted++;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&mutex);
}

void outbox_wait(guint *seen, gint64 wait_ms) {
    gint64 until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&mutex);
    while (*seen == emitted && g_cond_wait_until(&changed, &mutex, until)) continue;
    *seen = emitted;
    g_mutex_unlock(&mutex);
}

/* The same for the same event, so that one told twice is known. */
static char *event_id_of(const Event *event) {
    g_autofree char *whole = g_strjoin("\n", event_name(event->type), event->meeting_id ? event->meeting_id : "", event->version, NULL);
    g_autofree char *sum = text_sha256(whole, strlen(whole));
    return g_strdup_printf("msg_%.32s", sum);
}

static char *body_of(const Event *event, const char *event_id, gint64 now_ms) {
    g_autofree char *time = time_format(now_ms);
    json_t *data = event->data ? json_copy(event->data) : json_object();
    if (event->meeting_id) json_object_set_new(data, "meeting_id", json_text(event->meeting_id));
    g_autoptr(json_t) json = json_pack("{s:s, s:s, s:s, s:o}", "id", event_id, "type", event_name(event->type), "timestamp", time, "data", data);
    char *text = json_dumps(json, JSON_COMPACT), *body = g_strdup(text);
    free(text);
    return body;
}

/* `key` and `event_id` may be NULL, and are the caller's to free. `*key` is also set where the put failed, which may stand all the same. */
static bool put_event(Store *store, Clock *clock, const Event *event, const char *webhook_id, gint64 delay_ms, char **key, char **event_id,
                      GError **error) {
    g_autoptr(Delivery) made = g_new0(Delivery, 1);
    made->created_ms = clock_now_ms(clock);
    made->event_id = event_id_of(event);
    made->webhook_id = g_strdup(webhook_id);
    made->type = g_strdup(event_name(event->type));
    made->body = body_of(event, made->event_id, made->created_ms);
    g_autofree char *put_key = outbox_key(made->created_ms + delay_ms, made->event_id, webhook_id);
    g_autoptr(GBytes) bytes = bytes_of(made);
    StorePut put = {.content_type = "application/json"};
    if (g_bytes_get_size(bytes) > WEBHOOK_BYTES_MAX) return fail(error, ERROR_TOO_LARGE, "an event is too large to be told");
    if (key) *key = g_strdup(put_key);
    if (!store_put(store, put_key, bytes, &put, NULL, error)) return false;
    if (event_id) *event_id = g_strdup(made->event_id);
    return true;
}

bool event_emit_to(Store *store, Clock *clock, const Event *event, const char *webhook_id, char **event_id, GError **error) {
    if (!put_event(store, clock, event, webhook_id, 0, NULL, event_id, error)) return false;
    outbox_wake();
    return true;
}

/* Array of the ids of the webhooks that want it. */
static bool find_wanting(Store *store, EventType type, GPtrArray **ids, GError **error) {
    g_autoptr(GPtrArray) webhooks = NULL;
    guint unreadable;
    if (!webhooks_list(store, &webhooks, &unreadable, error)) return false;
    *ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < webhooks->len; i++) {
        const Webhook *webhook = webhooks->pdata[i];
        if (webhook->events & (1u << type)) g_ptr_array_add(*ids, g_strdup(webhook->id));
    }
    return true;
}

bool event_emit(Store *store, Clock *clock, const Event *event, GError **error) {
    g_autoptr(GPtrArray) ids = NULL;
    if (!find_wanting(store, event->type, &ids, error)) return false;
    for (guint i = 0; i < ids->len; i++)
        if (!event_emit_to(store, clock, event, ids->pdata[i], NULL, error)) return false;
    return true;
}

bool event_announce(Store *store, Clock *clock, const Event *event, GPtrArray **announced, GError **error) {
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    if (!find_wanting(store, event->type, &ids, error)) return false;
    for (guint i = 0; i < ids->len; i++) {
        char *key = NULL;
        bool put = put_event(store, clock, event, ids->pdata[i], HOOK_DOUBT_MS, &key, NULL, error);
        if (key) g_ptr_array_add(keys, key);
        if (put) continue;
        event_settle(store, clock, NULL, keys, NULL); /* nobody is to be told of what is not done now */
        return false;
    }
    *announced = g_steal_pointer(&keys);
    return true;
}

bool event_settle(Store *store, Clock *clock, const Event *event, GPtrArray *announced, GError **error) {
    bool settled = true;
    for (guint i = 0; i < announced->len; i++) {
        const char *key = announced->pdata[i];
        g_autofree char *webhook_id = NULL;
        gint64 due_ms;
        GError **first = settled ? error : NULL;
        bool told = !event || !outbox_key_parse(key, &due_ms, &webhook_id) || event_emit_to(store, clock, event, webhook_id, NULL, first);
        settled = told && store_delete(store, key, first) && settled;
    }
    return settled;
}

/* -- taking and settling ------------------------------------------------------------------------------------------------- */

bool outbox_drop(Store *store, const char *key, GError **error) { return store_delete(store, key, error); }

bool outbox_take(Store *store, Clock *clock, const char *key, Delivery **delivery, GError **error) {
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) problem = NULL;
    g_autofree char *etag = NULL;
    g_auto(StoreInfo) info = {0};
    gint64 now_ms = clock_now_ms(clock);
    *delivery = NULL;
    if (!hooks_read_json(store, key, &json, &etag, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_autoptr(Delivery) found = from_json(json);
    if (!is_whole(found)) return fail(error, ERROR_CORRUPT, "%s is nothing that can be told: remove the object", key);
    if (found->lease_ms > now_ms) return true;
    found->lease_ms = now_ms + HOOK_LEASE_MS;
    g_autoptr(GBytes) bytes = bytes_of(found);
    StorePut put = {.content_type = "application/json", .if_match = etag};
    if (!store_put(store, key, bytes, &put, &info, &problem)) {
        if (error_is(problem, ERROR_PRECONDITION) || error_is(problem, ERROR_NOT_FOUND)) return true; /* another was faster */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    found->key = g_strdup(key);
    found->etag = g_strdup(info.etag);
    *delivery = g_steal_pointer(&found);
    return true;
}

/* What is older than the newest HOOK_DELIVERIES_KEPT goes. */
static bool trim(Store *store, const char *webhook_id, GError **error) {
    g_autofree char *prefix = g_strconcat(PREFIX_DELIVERIES, webhook_id, "/", NULL);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GPtrArray) over = g_ptr_array_new();
    bool more = false;
    if (!store_list(store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, error)) return false;
    for (guint i = HOOK_DELIVERIES_KEPT; i < entries->len; i++) g_ptr_array_add(over, ((StoreEntry *)entries->pdata[i])->key);
    return over->len == 0 || store_delete_many(store, (const char *const *)over->pdata, over->len, error);
}

bool outbox_finish(Store *store, Clock *clock, Delivery *delivery, GError **error) {
    g_autofree char *key = delivered_key(delivery);
    delivery->lease_ms = 0;
    g_autoptr(GBytes) bytes = bytes_of(delivery);
    StorePut put = {.content_type = "application/json"};
    return store_put(store, key, bytes, &put, NULL, error) && outbox_drop(store, delivery->key, error) && trim(store, delivery->webhook_id, error);
}

/* The new one first: a crash between the two tells it twice rather than never. */
bool outbox_defer(Store *store, Delivery *delivery, GError **error) {
    g_autofree char *key = outbox_key(delivery->due_ms, delivery->event_id, delivery->webhook_id);
    delivery->lease_ms = 0;
    g_autoptr(GBytes) bytes = bytes_of(delivery);
    StorePut put = {.content_type = "application/json"};
    return store_put(store, key, bytes, &put, NULL, error) && (strcmp(key, delivery->key) == 0 || outbox_drop(store, delivery->key, error));
}

/* -- for people ---------------------------------------------------------------------------------------------------------- */

static json_t *view(const Delivery *delivery, bool waits) {
    g_autoptr(json_t) body = json_loads(delivery->body, 0, NULL);
    const char *meeting_id = json_get_string(json_object_get(body, "data"), "meeting_id", NULL);
    return json_pack("{s:s, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "event_id", delivery->event_id, "type", delivery->type, "meeting_id",
                     json_text(meeting_id), "state", waits ? "waiting" : delivery->delivered ? "delivered" : "given-up", "attempts",
                     (int)delivery->attempts + (int)delivery->delivered, "status", delivery->status ? json_integer(delivery->status) : json_null(),
                     "reason", json_text(delivery->reason), "created", time_or_null(delivery->created_ms), "tried", time_or_null(delivery->tried_ms),
                     "next", waits ? time_or_null(delivery->due_ms) : json_null());
}

static bool add_view(Store *store, const char *key, gint64 due_ms, json_t *array, GError **error) {
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) problem = NULL;
    if (!hooks_read_json(store, key, &json, NULL, &problem)) {
        if (!error_kind(problem)->retryable) return true; /* gone since, or damaged */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_autoptr(Delivery) found = from_json(json);
    found->due_ms = due_ms;
    if (is_whole(found)) json_array_append_new(array, view(found, due_ms > 0));
    return true;
}

bool deliveries_list(Store *store, const char *webhook_id, guint limit, json_t **deliveries, GError **error) {
    g_autofree char *prefix = g_strconcat(PREFIX_DELIVERIES, webhook_id, "/", NULL);
    g_autoptr(GPtrArray) waiting = NULL;
    g_autoptr(GPtrArray) over = NULL;
    g_autoptr(json_t) array = json_array();
    bool more = false;
    if (!store_list(store, PREFIX_OUTBOX, NULL, LIST_LIMIT_MAX, &waiting, &more, error) ||
        !store_list(store, prefix, NULL, limit, &over, &more, error))
        return false;
    for (guint i = 0; i < waiting->len && json_array_size(array) < limit; i++) {
        const char *key = ((const StoreEntry *)waiting->pdata[i])->key;
        g_autofree char *owner = NULL;
        gint64 due_ms;
        if (!outbox_key_parse(key, &due_ms, &owner) || strcmp(owner, webhook_id) != 0) continue;
        if (!add_view(store, key, due_ms, array, error)) return false;
    }
    for (guint i = 0; i < over->len && json_array_size(array) < limit; i++)
        if (!add_view(store, ((const StoreEntry *)over->pdata[i])->key, 0, array, error)) return false;
    *deliveries = g_steal_pointer(&array);
    return true;
}
