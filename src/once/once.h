/* A request that carries a key of the client's choice (Idempotency-Key) is done once, on whichever server of the workspace its repetitions arrive:
 * what came of it stands in the store, under hansard/requests/.
 *
 *  1. Of any number of requests with one key, at one time or one after another, one is done; the others get what came of it.
 *  2. A key holds for one caller and one request: with other content it is refused.
 *  3. Who dies midway loses its claim after ONCE_LEASE_MS; who takes it over is told what the first was about to make (`subject`) and looks whether
 *     that stands.
 *  4. After ONCE_KEPT_MS a key is free again. No secret and no word of a meeting is kept with it. */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "store/store.h"

typedef struct {
    const char *caller;  /* whose key it is: a token's id; NULL where nobody needs one */
    const char *key;     /* as once_key_parse() gave it */
    const char *digest;  /* of all that makes the request what it is: text without control characters */
    const char *subject; /* the id of what is about to be made; NULL: not known before */
} OnceRequest;

/* A key that is ours to work on, or that has an answer. */
typedef struct {
    char *object;   /* its key in the store */
    char *etag;
    char *digest, *subject;
    gint64 created_ms, until_ms;
    bool again;     /* another began on it and did not say what came of it: look for `subject` first */
} OnceClaim;

void once_claim_clear(OnceClaim *claim);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OnceClaim, once_claim_clear)

/* What came of it. */
typedef struct {
    guint status;
    char *subject;   /* NULL: none */
    json_t *headers; /* an object of strings */
    json_t *body;    /* JSON, without secrets */
} OnceAnswer;

void once_answer_clear(OnceAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OnceAnswer, once_answer_clear)

/* The header's value: a string in quotes as the draft has it, or bare; 1 to ONCE_KEY_BYTES_MAX printable ASCII characters, no spaces. Caller frees.
 * ERROR_INVALID. */
bool once_key_parse(const char *header, char **key, GError **error);

/* `*done` true: `answer` is filled, nothing is to be done. Else the claim is ours for ONCE_LEASE_MS. ERROR_KEY_REUSED: the key came with another
 * request before. ERROR_CONFLICT: that request is being worked on. */
bool once_claim(Store *store, Clock *clock, const OnceRequest *request, OnceClaim *claim, OnceAnswer *answer, bool *done, GError **error);
/* Keeps what came of it. ERROR_PRECONDITION where another has taken the claim over. */
bool once_keep(Store *store, const OnceClaim *claim, const OnceAnswer *answer, GError **error);
/* Nothing came of it: the key is free. With `unsure` (the store did not answer; it may have been made all the same) the next is told of `subject`. */
bool once_release(Store *store, Clock *clock, const OnceClaim *claim, bool unsure, GError **error);

/* Removes keys whose time is over, from `*after` on (NULL: from the first), at most ONCE_SWEEP_MAX looked at; `*after` is where to go on, NULL when
 * all were seen. The caller's to free. */
bool once_sweep(Store *store, Clock *clock, char **after, GError **error);
