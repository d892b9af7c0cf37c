/* What is still to be told, an object each: hansard/outbox/{due}-{event}-{webhook}.json. The keys sort by the time at which it is due, so that one
 * listing shows what there is to do. What has been told, or given up, is kept under hansard/deliveries/{webhook}/ for people to see.
 *
 *  1. What event_emit() has put is told at least once, whichever server lives on; a receiver knows a repetition by its id. So is what event_announce()
 *     has put before it was done, where nobody came to say that it was not.
 *  2. A delivery is leased while it is tried; one whose server dies is tried again after HOOK_LEASE_MS.
 *  3. HOOK_ATTEMPTS_MAX tries, each twice … four times as long after the one before; then it is given up with its reason. */
#pragma once

#include "hooks/webhook.h"

typedef struct {
    EventType type;
    const char *meeting_id; /* NULL: EVENT_PING */
    const char *version;    /* what tells it from others of its type and meeting: a run, an ETag; the same one twice is the same event */
    json_t *data;           /* more members, ids and codes alone; NULL: none. Borrowed */
} Event;

typedef struct {
    char *key, *etag;    /* as it stands in the outbox */
    char *event_id, *webhook_id, *type;
    char *body;          /* as it is sent: {"id", "type", "timestamp", "data": {"meeting_id", …}} */
    gint64 created_ms;
    guint attempts;      /* that failed */
    gint64 tried_ms;     /* the last of them; 0: none */
    int status;          /* the answer to it; 0: none came */
    char *reason;        /* why it failed; NULL */
    gint64 lease_ms;     /* someone tries it until then; 0: nobody */
    gint64 due_ms;       /* 0: it is over */
    bool delivered;
} Delivery;

void delivery_free(Delivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Delivery, delivery_free)

/* Puts it into the outbox for each webhook that wants it: one listing where there is none. */
bool event_emit(Store *store, Clock *clock, const Event *event, GError **error);
/* The same for one webhook, whatever it wants. `*event_id` is the caller's to free. */
bool event_emit_to(Store *store, Clock *clock, const Event *event, const char *webhook_id, char **event_id, GError **error);
/* For what no job stands behind: puts the event into the outbox before it is done, due HOOK_DOUBT_MS from now, for each webhook that wants it. Whoever dies
 * before event_settle() has it told all the same, perhaps of what was never done. `*announced`: a new array for event_settle(). Where it fails, what
 * was put for other webhooks is withdrawn. */
bool event_announce(Store *store, Clock *clock, const Event *event, GPtrArray **announced, GError **error);
/* It is done: it is told now, with the data that `event` has by now. NULL: it was not done, and nothing is told. What fails here is told later,
 * while those of other webhooks are settled all the same; the first error is returned. */
bool event_settle(Store *store, Clock *clock, const Event *event, GPtrArray *announced, GError **error);
/* Waits until something is put by this process, `wait_ms` have passed, or outbox_wake(). `seen` is the caller's memory, 0 at first. */
void outbox_wait(guint *seen, gint64 wait_ms);
void outbox_wake(void);

/* The parts of a key of the outbox; false for what is none. */
bool outbox_key_parse(const char *key, gint64 *due_ms, char **webhook_id);
/* Takes one that is due and nobody's; `*delivery` NULL where another has it or it is gone. ERROR_CORRUPT: remove the object. */
bool outbox_take(Store *store, Clock *clock, const char *key, Delivery **delivery, GError **error);
/* It is told, or given up: kept for people, off the outbox. */
bool outbox_finish(Store *store, Clock *clock, Delivery *delivery, GError **error);
/* It is to be tried again at `delivery->due_ms`. */
bool outbox_defer(Store *store, Delivery *delivery, GError **error);
bool outbox_drop(Store *store, const char *key, GError **error);

/* What is still to be told to a webhook, then what was told or given up, newest first: at most `limit` of [{event_id, type, meeting_id, state
 * (waiting, delivered, given-up), attempts, status, reason, created, tried, next}]. A new reference. */
bool deliveries_list(Store *store, const char *webhook_id, guint limit, json_t **deliveries, GError **error);
