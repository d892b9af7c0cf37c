/* Requests with an Idempotency-Key: each POST and PATCH that changes something is done once for a key, its repetitions get the first answer, with
 * `Idempotent-Replayed: true`. A failure is not kept: the same key may try again. */
#pragma once

#include "http/router.h"
#include "once/once.h"

/* A request that is being done under its key. */
typedef struct {
    bool active;
    OnceClaim claim;
} Keyed;

void keyed_clear(Keyed *keyed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Keyed, keyed_clear)

/* Whether the request carries a key that its route heeds. ERROR_INVALID where the key is none. */
bool keyed_check(const Route *route, const Request *request, bool *keyed, GError **error);

/* Handles a request whose body is whole. */
bool keyed_handle(Context *context, const Route *route, Request *request, Response *response, GError **error);

/* The two halves for bodies that stream in: before something is made of it, and after. `content` stands for the body, `meeting_id` is that of the
 * meeting to be. `*answered`: the response is that of the first time. */
bool keyed_begin(Context *context, const Request *request, const char *content, const char *meeting_id, Keyed *keyed, Response *response,
                 bool *answered, GError **error);
/* `problem` NULL: it was done, and the response says what came of it. */
void keyed_end(Context *context, Keyed *keyed, const Response *response, const GError *problem);
