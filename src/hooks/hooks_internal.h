/* What the files of this folder share. */
#pragma once

#include "base/json.h"
#include "store/store.h"

/* An object of at most WEBHOOK_BYTES_MAX that must be a JSON object. `etag` may be NULL; the caller's to free. */
bool hooks_read_json(Store *store, const char *key, json_t **json, char **etag, GError **error);
