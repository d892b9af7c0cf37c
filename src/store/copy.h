/* An object copied within its store, streamed. */
#pragma once

#include "base/sha256.h"
#include "store/store.h"

/* Copies the version of `from` that `etag` names (NULL: whichever stands) to `to`, which must be free: ERROR_PRECONDITION where it is not, or where
 * another version stands. `*sha256` (NULL: not wanted) is the caller's: it is set, too, where only the target was found to stand. */
bool store_copy(Store *store, const char *from, const char *etag, const char *to, GCancellable *cancel, char **sha256, GError **error);
