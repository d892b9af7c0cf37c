/* What a caller shows to be let in: "hat_{id}_{secret}" (a token), "has_…" (a session of the page), "hal_…" (a link to one meeting). The id finds its
 * object in the store; the secret, 192 random bits, is kept nowhere but with its owner. A hash without salt or stretching is right for it: there is
 * nothing to guess. */
#pragma once

#include "base/error.h"

typedef enum { GRANT_TOKEN, GRANT_SESSION, GRANT_SHARE, GRANT_KIND_COUNT } GrantKind;

#define GRANT_ID_CHARS 16 /* hexadecimal digits */

/* A new one: its text, for its owner, shown once; its id; and the hash that is stored. All are the caller's to free. ERROR_INTERNAL: no randomness.
 */
bool secret_new(GrantKind kind, char **text, char **id, char **sha256, GError **error);

/* Takes a text apart; false where it is of no such form. `id` gets the digits and a NUL. */
bool secret_parse(const char *text, GrantKind *kind, char id[GRANT_ID_CHARS + 1]);

bool grant_id_valid(const char *id);

/* Whether the text is the one of this hash (64 hexadecimal digits), in a time that does not depend on where they differ. */
bool secret_matches(const char *text, const char *sha256);
