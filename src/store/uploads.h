/* A put in parts that someone else sends: the browser, straight to the store by signed URLs, several at a time and over days. The same calls on every
 * backend: S3's multipart upload; on a directory or in memory the parts come to this server and wait beside the objects.
 *
 *  1. Nothing is seen under the key until complete returns true (store.h, 1).
 *  2. Parts have numbers 1 to S3_PARTS_MAX; sent again, a part replaces the one of its number. Every part but the last has at least
 *     UPLOAD_PART_BYTES_MIN bytes.
 *  3. An upload that is gone (completed, aborted, expired by a rule of the bucket) is ERROR_NOT_FOUND. */
#pragma once

#include "store/store.h"

typedef struct {
    guint number;
    guint64 size;
    char *etag; /* without quotes */
} StorePart;
void store_part_free(StorePart *part);

/* `put` may be NULL; its conditions are checked by complete. `*upload_id`: 1 to UPLOAD_ID_BYTES_MAX printable ASCII; caller frees. */
bool store_upload_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error);
/* A URL to PUT this part's bytes to, without credentials, until it expires: S3's, or a path of this server ("/store/{key}?…"). Caller frees. */
bool store_upload_sign_part(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url, GError **error);
/* The parts that are there, by number. Array of StorePart. */
bool store_upload_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error);
/* Makes the object of `parts` (of store_upload_parts: all from 1 on without a gap, else ERROR_INVALID). `info` may be NULL. */
bool store_upload_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put, StoreInfo *info, GError **error);
/* Drops the parts. One that is gone counts as aborted. */
bool store_upload_abort(Store *store, const char *key, const char *upload_id, GError **error);

/* For the backends whose part URLs this server answers (store_check_part_url holds): takes the part's bytes, streamed. Exactly one of commit
 * and abort ends the writer. ERROR_UNSUPPORTED_MEDIA … never; ERROR_NOT_FOUND where the upload is gone or the backend has no such parts. */
bool store_upload_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error);
/* As store_check_url, for the URL of a part. */
bool store_check_part_url(Store *store, const char *path, const char *query, char **key, char **upload_id, guint *number, GError **error);
