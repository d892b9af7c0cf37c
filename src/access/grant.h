/* A grant as a value: what the owner of a secret may do. Tokens are made by people for people and programs; a session is what the page gets for a
 * token, and holds as long as that token; a share lets everyone with its link read one meeting. */
#pragma once

#include "access/secret.h"
#include "base/json.h"

/* What may be done. Write does not hold read: a recorder that only sends needs no more. Admin holds both. */
typedef enum {
    SCOPE_READ = 1 << 0,  /* meetings, lists, search */
    SCOPE_WRITE = 1 << 1, /* send recordings, change, share, delete */
    SCOPE_ADMIN = 1 << 2, /* make and revoke tokens, and all else */
} Scope;
#define SCOPES_ALL ((guint)(SCOPE_READ | SCOPE_WRITE | SCOPE_ADMIN))

/* "read,write" and the like. ERROR_INVALID names the words that are known. */
bool scopes_parse(const char *text, guint *scopes, GError **error);
/* "read, write"; the caller's to free. */
char *scopes_text(guint scopes);
/* ["read", "write"]; a new reference. */
json_t *scopes_to_json(guint scopes);
bool scopes_allow(guint scopes, Scope needed);

typedef struct {
    GrantKind kind;
    char *id;            /* GRANT_ID_CHARS hexadecimal digits */
    char *name;          /* for people; "" for none */
    char *secret_sha256; /* of the whole credential */
    guint scopes;        /* of a token; the others have none of their own */
    gint64 created_ms;
    gint64 expires_ms; /* Unix milliseconds; 0: never (tokens only) */
    char *token_id;    /* of a session: the token that it stands for; of a share: the one that made it; NULL: made without */
    char *meeting_id;  /* of a share */
} Grant;

/* Counted by reference: the cache and those who ask it share one. */
Grant *grant_new(GrantKind kind);
Grant *grant_ref(Grant *grant);
void grant_unref(Grant *grant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Grant, grant_unref)

bool grant_has_expired(const Grant *grant, gint64 now_ms);

json_t *grant_to_json(const Grant *grant);
/* Strict: what breaks a rule lets nobody in. `key` names the object in ERROR_CORRUPT. */
bool grant_from_json(const json_t *json, GrantKind kind, const char *key, Grant **grant, GError **error);
/* As people and the API see it, without the hash. */
json_t *grant_view(const Grant *grant);
