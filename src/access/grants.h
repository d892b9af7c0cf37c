/* Grants in the store, where every server of a workspace finds them: hansard/tokens/{id}.json, hansard/sessions/{id}.json,
 * hansard/shares/{meeting-id}/{id}.json. A grant is written once and never changed; to revoke it is to remove its object. */
#pragma once

#include "access/grant.h"
#include "base/clock.h"
#include "store/store.h"

/* The key of its object; `meeting_id` of a share, else NULL. Caller frees. */
char *grant_key(GrantKind kind, const char *id, const char *meeting_id);

/* Writes a new one and gives the text for its owner, which can't be had again. `expires_ms` 0: never. ERROR_INVALID: a name over TOKEN_NAME_BYTES_MAX
 * or with control characters, a time that has passed. ERROR_CONFLICT where there are TOKENS_MAX or SHARES_MAX already. */
bool token_create(Store *store, Clock *clock, const char *name, guint scopes, gint64 expires_ms, Grant **token, char **text, GError **error);
bool share_create(Store *store, Clock *clock, const char *meeting_id, const char *name, const char *token_id, gint64 expires_ms, Grant **share,
                  char **text, GError **error);
/* For the token of this id, name and end (0: none); SESSION_AGE_MS long and never longer than the token. Removes sessions that are over. */
bool session_create(Store *store, Clock *clock, const char *token_id, const char *name, gint64 expires_ms, Grant **session, char **text,
                    GError **error);

/* ERROR_NOT_FOUND; ERROR_CORRUPT. `etag` may be NULL; the caller's to free. */
bool grant_read(Store *store, GrantKind kind, const char *id, const char *meeting_id, Grant **grant, char **etag, GError **error);
/* From now on it lets nobody in: at once where the gate of this process is told (gate_forget), elsewhere within GATE_LOOK_MS. ERROR_NOT_FOUND. */
bool grant_revoke(Store *store, GrantKind kind, const char *id, const char *meeting_id, GError **error);

/* Array of Grant*, in order of their making. One that can't be read is left out and counted in `*unreadable`. */
bool tokens_list(Store *store, GPtrArray **tokens, guint *unreadable, GError **error);
bool shares_list(Store *store, const char *meeting_id, GPtrArray **shares, guint *unreadable, GError **error);
/* Whether there is any token, be it expired or damaged: then nobody comes in without one. */
bool tokens_any(Store *store, bool *any, GError **error);
/* "30d", "12h", "45m", or an ISO date or time: when it ends, in Unix milliseconds. "never": 0. ERROR_INVALID. */
bool grant_expiry_parse(const char *text, gint64 now_ms, gint64 *expires_ms, GError **error);
