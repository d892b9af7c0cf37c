/* The gate of one server: who is the caller that shows this credential? What the store says is remembered for GATE_LOOK_MS; then one look (a HEAD, or
 * a GET of some hundred bytes where it is new) renews it, so that a revocation anywhere holds here within that time, and one made through this server
 * at once. Nothing is asked while no requests come.
 *
 *  1. Nobody is let in on what was seen longer ago than GATE_LOOK_MS: where the store does not answer, nobody comes in.
 *  2. A wrong secret for an id that is remembered is refused without asking the store.
 *  3. Where the workspace has no token, a gate that is not `guarded` lets everyone do everything; from the first token on (expired ones count), for
 *     as long as the process lives, it is guarded. */
#pragma once

#include "access/grants.h"

typedef struct Gate Gate;

typedef enum {
    CALLER_NOBODY, /* shows nothing */
    CALLER_LOCAL,  /* no credential is needed: loopback without a token, or HANSARD_NO_AUTH */
    CALLER_TOKEN,
    CALLER_SESSION, /* a person signed in with a token in the page */
    CALLER_SHARE
} CallerKind;

typedef struct {
    CallerKind kind;
    guint scopes;      /* of CALLER_SHARE none: it reads its meeting */
    char *id;          /* of the token, also of a session's; of the share; NULL: CALLER_NOBODY, CALLER_LOCAL */
    char *name;        /* of it */
    char *session_id;  /* NULL: none */
    char *meeting_id;  /* of a share */
    gint64 expires_ms; /* 0: never */
} Caller;

void caller_clear(Caller *caller);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Caller, caller_clear)
const char *caller_kind_name(CallerKind kind);

/* `open`: everyone may do everything, always (HANSARD_NO_AUTH). `guarded`: from the start nobody without a credential. */
Gate *gate_new(Store *store, Clock *clock, bool open, bool guarded);
void gate_free(Gate *gate);

/* Whether a credential is needed. Without `may_wait` nothing is read: `*wait` true says that the store must be asked first, from a thread that may
 * wait. */
bool gate_guarded(Gate *gate, bool may_wait, bool *guarded, bool *wait, GError **error);

/* Who shows `credential`; `meeting_id` is the one that a share is shown for (NULL: none, and a share is nobody). ERROR_UNAUTHORIZED: unknown, wrong,
 * expired or revoked. `*wait` as above. */
bool gate_identify(Gate *gate, const char *credential, const char *meeting_id, bool may_wait, Caller *caller, bool *wait, GError **error);
/* Whether the credential would be judged by what is remembered, without the store. */
bool gate_remembers(Gate *gate, const char *credential, const char *meeting_id);

/* This server has revoked it, or made it: what was remembered does not hold any more. A token that was made closes the gate. */
void gate_forget(Gate *gate, GrantKind kind, const char *id, const char *meeting_id);
