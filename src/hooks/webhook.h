/* A webhook: an address that wants to be told, as it stands in the store (hansard/webhooks/{id}.json). Its secret signs what is sent and must
 * therefore be kept as it is; whoever can read the bucket can sign. */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "store/store.h"

typedef enum {
    EVENT_MEETING_CREATED, /* the work on it begins */
    EVENT_MEETING_READY,
    EVENT_MEETING_FAILED, /* and waits for a person */
    EVENT_MEETING_DELETED,
    EVENT_ITEMS_CHANGED, /* by a person */
    EVENT_PING,          /* asked for; goes to one webhook, whatever it wants to hear */
    EVENT_COUNT
} EventType;

const char *event_name(EventType type); /* "meeting.created" */
bool event_named(const char *name, EventType *type); /* EVENT_PING is none that can be wished for */

#define WEBHOOK_ID_CHARS 16 /* hexadecimal digits */

typedef struct {
    char *id;
    char *url;
    char *name;    /* for people; "" for none */
    char *secret;  /* "whsec_" and the base64 of 32 random bytes */
    guint events;  /* bits, 1 << EventType */
    gint64 created_ms;
} Webhook;

void webhook_free(Webhook *webhook);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Webhook, webhook_free)

/* Without the secret: {id, url, name, events, created}. */
json_t *webhook_view(const Webhook *webhook);
bool webhook_id_valid(const char *id);

/* Makes and stores one. `events` 0: all. ERROR_INVALID: an address that is none (http or https, at most WEBHOOK_URL_BYTES_MAX, no user in it), or,
 * unless `allow_private`, whose host is an address of a private network; a name over TOKEN_NAME_BYTES_MAX. ERROR_CONFLICT: there are WEBHOOKS_MAX
 * already. */
bool webhook_create(Store *store, Clock *clock, const char *url, const char *name, guint events, bool allow_private, Webhook **webhook,
                    GError **error);
/* ERROR_NOT_FOUND; ERROR_CORRUPT. */
bool webhook_read(Store *store, const char *id, Webhook **webhook, GError **error);
/* Array of Webhook*, in the order of their making; damaged ones are left out and counted. */
bool webhooks_list(Store *store, GPtrArray **webhooks, guint *unreadable, GError **error);
/* It is told nothing any more; what was told is forgotten with it. ERROR_NOT_FOUND. */
bool webhook_remove(Store *store, const char *id, GError **error);

/* Standard Webhooks: "v1," and the base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}" with the bytes of the secret. Caller frees. */
char *webhook_sign(const char *secret, const char *event_id, gint64 timestamp_s, const char *body, gsize body_size);
