/* Whether a request may be made, by who makes it. */
#pragma once

#include "http/router.h"

#define COOKIE_SESSION "hansard-session"
#define COOKIE_SHARE "hansard-share" /* its Path is that of the one meeting */

/* Fills `request->caller` where the route asks for one. Without `may_wait` nothing is read; `*wait` true: call it again from a thread that may wait.
 * ERROR_UNAUTHORIZED: no credential, or one that does not hold. ERROR_FORBIDDEN names the scope that is missing, or the Host that is not answered
 * for. ERROR_RATE: this caller asks too often, or has shown too many wrong credentials; `request->retry_after_s` is set. */
bool authorize(Context *context, const Route *route, Request *request, bool may_wait, bool *wait, GError **error);

/* Who shows the credential of a sign-in; wrong ones are counted against the address. May wait. */
bool authorize_credential(Context *context, const Request *request, const char *credential, const char *meeting_id, Caller *caller,
                          guint *retry_after_s, GError **error);
/* Who shows what the request carries (Authorization, else the session's cookie), or ERROR_UNAUTHORIZED. May wait. */
bool authorize_identify(Context *context, const Request *request, Caller *caller, GError **error);

/* Headers that go with a refusal. */
void authorize_explain(const Request *request, const GError *error, Response *response);
/* Writes down what was done, or refused, on this route. */
void authorize_note(Context *context, const Route *route, const Request *request, const Response *response, const GError *error);
