/* The bucket itself, under an S3 store: whether it is there, and what it is configured to do. For setup; meetings need none of it. */
#pragma once

#include "store/store.h"

/* ERROR_INVALID for a store of another kind, from each of these. */
bool s3_bucket_exists(Store *store, bool *exists, GError **error);
/* In the region of the settings. One that stands and is ours is no error. */
bool s3_bucket_create(Store *store, GError **error);

/* One of the bucket's configurations ("cors", "lifecycle", "encryption", …) as XML; NULL: none is set. `*supported`: whether the service has such
 * a thing at all. Caller frees the text, which is of at most HTTP_BODY_BYTES_MAX. */
bool s3_bucket_read(Store *store, const char *what, bool *supported, char **xml, GError **error);
/* NULL: it is removed. */
bool s3_bucket_write(Store *store, const char *what, const char *xml, bool *supported, GError **error);
/* Whether the service lets a page of `origin` ("*": of any) PUT to a signed URL, by asking as a browser does before it sends (CORS, a preflight); false
 * where no answer comes, too. */
bool s3_bucket_admits(Store *store, const char *origin);
/* The prefix of the settings as it stands before keys: "" or with '/' at its end. Borrowed. */
const char *s3_bucket_prefix(Store *store);
