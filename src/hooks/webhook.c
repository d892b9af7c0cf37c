/* Webhooks in the store, and their signatures. */
#include "hooks/webhook.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "hooks/hooks_internal.h"
#include "model/keys.h"
#include "net/address.h"

#define SECRET_PREFIX "whsec_"
#define SECRET_BYTES 32

static const char *const names[EVENT_COUNT] = {"meeting.created", "meeting.ready", "meeting.failed", "meeting.deleted",
                                               "items.changed",   "webhook.ping"};

const char *event_name(EventType type) { return names[type]; }

bool event_named(const char *name, EventType *type) {
    for (int i = 0; i < EVENT_PING; i++) {
        if (strcmp(names[i], name) != 0) continue;
        *type = (EventType)i;
        return true;
    }
    return false;
}

void webhook_free(Webhook *webhook) {
    if (!webhook) return;
    g_free(webhook->id);
    g_free(webhook->url);
    g_free(webhook->name);
    g_free(webhook->secret);
    g_free(webhook);
}

bool webhook_id_valid(const char *id) { return strlen(id) == WEBHOOK_ID_CHARS && strspn(id, "0123456789abcdef") == WEBHOOK_ID_CHARS; }

static char *key_of(const char *id) { return g_strconcat(PREFIX_WEBHOOKS, id, ".json", NULL); }

/* -- JSON ---------------------------------------------------------------------------------------------------------------- */

json_t *webhook_view(const Webhook *webhook) {
    json_t *events = json_array();
    g_autofree char *created = time_format(webhook->created_ms);
    for (int i = 0; i < EVENT_PING; i++)
        if (webhook->events & (1u << i)) json_array_append_new(events, json_string(names[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "id", webhook->id, "url", json_text(webhook->url), "name", json_text(webhook->name), "events",
                     events, "created", created);
}

static bool read_events(const json_t *array, guint *events) {
    json_t *name;
    gsize i;
    *events = 0;
    json_array_foreach((json_t *)array, i, name) {
        EventType type;
        /* One that a later version knows is passed over. */
        if (json_is_string(name) && event_named(json_string_value(name), &type)) *events |= 1u << type;
    }
    return json_is_array(array);
}

static bool from_json(const json_t *json, const char *key, const char *id, Webhook **webhook, GError **error) {
    g_autoptr(Webhook) read = g_new0(Webhook, 1);
    read->id = g_strdup(json_get_string(json, "id", ""));
    read->url = g_strdup(json_get_string(json, "url", ""));
    read->name = g_strdup(json_get_string(json, "name", ""));
    read->secret = g_strdup(json_get_string(json, "secret", ""));
    bool whole = strcmp(read->id, id) == 0 && read->url[0] && g_str_has_prefix(read->secret, SECRET_PREFIX) &&
                 time_parse(json_get_string(json, "created", ""), &read->created_ms) && read_events(json_object_get(json, "events"), &read->events);
    if (!whole) return fail(error, ERROR_CORRUPT, "%s is no webhook: remove the object, and register it again", key);
    *webhook = g_steal_pointer(&read);
    return true;
}

/* -- making -------------------------------------------------------------------------------------------------------------- */

static bool check_url(const char *url, bool allow_private, GError **error) {
    g_autoptr(GUri) parsed = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    const char *scheme = parsed ? g_uri_get_scheme(parsed) : "", *host = parsed ? g_uri_get_host(parsed) : NULL;
    bool good = (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0) && host && host[0] && !g_uri_get_userinfo(parsed) &&
                !g_uri_get_fragment(parsed) && strlen(url) <= WEBHOOK_URL_BYTES_MAX;
    for (const guchar *at = (const guchar *)url; *at; at++) good &= *at > ' ' && *at < 0x7f;
    if (!good)
        return fail(error, ERROR_INVALID, "url must be https:// or http:// with a host, at most %d percent-encoded characters, without user and "
                    "fragment", WEBHOOK_URL_BYTES_MAX);
    if (allow_private || !net_host_is_private(host)) return true;
    return fail(error, ERROR_INVALID, "url leads into a private network, or to this machine: HANSARD_WEBHOOK_PRIVATE=true would allow that");
}

static bool fill_random(Webhook *webhook, GError **error) {
    guint8 random[WEBHOOK_ID_CHARS / 2 + SECRET_BYTES];
    if (getentropy(random, sizeof random) != 0) return fail(error, ERROR_INTERNAL, "the system gives no random numbers");
    g_autofree char *encoded = g_base64_encode(random + WEBHOOK_ID_CHARS / 2, SECRET_BYTES);
    GString *id = g_string_new(NULL);
    for (gsize i = 0; i < WEBHOOK_ID_CHARS / 2; i++) g_string_append_printf(id, "%02x", random[i]);
    webhook->id = g_string_free(id, FALSE);
    webhook->secret = g_strconcat(SECRET_PREFIX, encoded, NULL);
    OPENSSL_cleanse(random, sizeof random);
    return true;
}

static bool check_room(Store *store, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    if (!store_list(store, PREFIX_WEBHOOKS, NULL, WEBHOOKS_MAX, &entries, &more, error)) return false;
    if (entries->len < WEBHOOKS_MAX) return true;
    return fail(error, ERROR_CONFLICT, "there are %d webhooks already: remove one first", WEBHOOKS_MAX);
}

bool webhook_create(Store *store, Clock *clock, const char *url, const char *name, guint events, bool allow_private, Webhook **webhook,
                    GError **error) {
    g_autoptr(Webhook) made = g_new0(Webhook, 1);
    g_autofree char *clean = text_clean(name ? name : "", -1, false);
    if (strlen(clean) > TOKEN_NAME_BYTES_MAX) return fail(error, ERROR_INVALID, "a name has at most %d bytes", TOKEN_NAME_BYTES_MAX);
    if (!check_url(url, allow_private, error) || !check_room(store, error) || !fill_random(made, error)) return false;
    made->url = g_strdup(url);
    made->name = g_strdup(g_strstrip(clean));
    made->events = events ? events : (1u << EVENT_PING) - 1;
    made->created_ms = clock_now_ms(clock);
    g_autofree char *key = key_of(made->id);
    g_autoptr(json_t) json = webhook_view(made);
    json_object_set_new(json, "schema", json_integer(1));
    json_object_set_new(json, "secret", json_string(made->secret));
    g_autoptr(GBytes) bytes = json_to_bytes(json, true);
    StorePut put = {.content_type = "application/json", .if_none_match = true};
    if (!store_put(store, key, bytes, &put, NULL, error)) return false;
    *webhook = g_steal_pointer(&made);
    return true;
}

/* -- reading ------------------------------------------------------------------------------------------------------------- */

bool webhook_read(Store *store, const char *id, Webhook **webhook, GError **error) {
    g_autofree char *key = key_of(id);
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) problem = NULL;
    if (hooks_read_json(store, key, &json, NULL, &problem)) return from_json(json, key, id, webhook, error);
    if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "there is no webhook %s (any more)", id);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static gint by_age(gconstpointer left, gconstpointer right) {
    const Webhook *a = *(Webhook *const *)left, *b = *(Webhook *const *)right;
    return a->created_ms < b->created_ms ? -1 : a->created_ms > b->created_ms ? 1 : strcmp(a->id, b->id);
}

bool webhooks_list(Store *store, GPtrArray **webhooks, guint *unreadable, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)webhook_free);
    bool more = false;
    *unreadable = 0;
    if (!store_list(store, PREFIX_WEBHOOKS, NULL, WEBHOOKS_MAX, &entries, &more, error)) return false;
    for (guint i = 0; i < entries->len; i++) {
        const char *name = ((const StoreEntry *)entries->pdata[i])->key + strlen(PREFIX_WEBHOOKS);
        g_autofree char *id = g_strndup(name, strcspn(name, "."));
        g_autoptr(GError) problem = NULL;
        Webhook *webhook = NULL;
        if (webhook_id_valid(id) && webhook_read(store, id, &webhook, &problem)) {
            g_ptr_array_add(found, webhook);
        } else if (problem && error_kind(problem)->retryable) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        } else if (!error_is(problem, ERROR_NOT_FOUND)) {
            (*unreadable)++;
        }
    }
    g_ptr_array_sort(found, by_age);
    *webhooks = g_steal_pointer(&found);
    return true;
}

static bool remove_object(const StoreEntry *entry, gpointer store, GError **error) { return store_delete(store, entry->key, error); }

bool webhook_remove(Store *store, const char *id, GError **error) {
    g_autofree char *key = key_of(id), *told = g_strconcat(PREFIX_DELIVERIES, id, "/", NULL);
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!store_head(store, key, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "there is no webhook %s (any more)", id);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return store_delete(store, key, error) && store_each(store, told, remove_object, store, error);
}

/* -- the signature ------------------------------------------------------------------------------------------------------- */

char *webhook_sign(const char *secret, const char *event_id, gint64 timestamp_s, const char *body, gsize body_size) {
    gsize key_size = 0, digest_size = 32;
    g_autofree guchar *key = g_base64_decode(secret + strlen(SECRET_PREFIX), &key_size);
    guint8 digest[32];
    g_autofree char *head = g_strdup_printf("%s.%" G_GINT64_FORMAT ".", event_id, timestamp_s);
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key, key_size);
    g_hmac_update(hmac, (const guchar *)head, (gssize)strlen(head));
    g_hmac_update(hmac, (const guchar *)body, (gssize)body_size);
    g_hmac_get_digest(hmac, digest, &digest_size);
    g_autofree char *encoded = g_base64_encode(digest, digest_size);
    OPENSSL_cleanse(key, key_size);
    return g_strconcat("v1,", encoded, NULL);
}
