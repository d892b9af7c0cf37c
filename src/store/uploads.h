/* A put in parts that someone else sends: the browser, straight to the store by signed URLs, several at a time and over days. The same calls on every
 * backend: S3's multipart upload; on a directory or in memory the parts come to this server and wait beside the objects.
 *
 *  1. Nothing is seen under the key until complete returns true (store.h, 1). A complete that fails leaves the upload as it was.
 *  2. Parts have numbers 1 to S3_PARTS_MAX; sent again, a part replaces the one of its number. Every part but the last has at least
 *     UPLOAD_PART_BYTES_MIN bytes, none more than UPLOAD_PART_BYTES_MAX.
 *  3. An upload that is gone (completed, aborted, expired by a rule of the bucket) is ERROR_NOT_FOUND, and so is one of another key; but S3 may say
 *     yes to completing once more what was completed, which changes nothing.
 *  4. A part that was acknowledged is there until then, also after power loss.
 *  5. A directory or memory keeps at most UPLOADS_OPEN_MAX uploads (one more is ERROR_TOO_MANY), and drops one that no part came to for
 *     UPLOAD_IDLE_S_MAX; on S3 that is the rule of the bucket. */
#pragma once

#include "store/store.h"

typedef struct {
    guint number;
    guint64 size;
    char *etag; /* without quotes */
} StorePart;
void store_part_free(StorePart *part);

/* Of `put` (may be NULL) the content type and metadata count here, the conditions at complete: the same StorePut may be given to both. `*upload_id`: 1
 * to UPLOAD_ID_BYTES_MAX printable ASCII; caller frees. */
bool store_upload_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error);
/* A URL to PUT this part's bytes to, without credentials, until it expires (expires_s: 1 to URL_EXPIRY_S_MAX): S3's, or a path of this server
 * ("/store/{key}?…"). Whether the upload stands is not looked at. Caller frees. */
bool store_upload_sign_part(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url, GError **error);
/* The parts that are there, by number. Array of StorePart that frees them. */
bool store_upload_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error);
/* Makes the object of `parts`, which are those of store_upload_parts: all from 1 on without a gap, and none sent again since, else ERROR_INVALID. `put`
 * may be NULL: no condition. `info` may be NULL. */
bool store_upload_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put, StoreInfo *info, GError **error);
/* Drops the parts. One that is gone counts as aborted. */
bool store_upload_abort(Store *store, const char *key, const char *upload_id, GError **error);

/* Takes a part's bytes, streamed, from whoever can't send them to its URL, or where that leads here. Exactly one of commit (whose `info` has the part's
 * size and ETag) and abort ends the writer. ERROR_NOT_FOUND, here or by commit: the upload is gone. */
bool store_upload_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error);
/* As store_check_url, for the URL of a part. */
bool store_check_part_url(Store *store, const char *path, const char *query, char **key, char **upload_id, guint *number, GError **error);
