/* The port of puts in parts: checks each argument once and hands on to the backend. */
#include "store/uploads.h"

#include <string.h>

#include "base/limits.h"
#include "store/key.h"
#include "store/store_backend.h"

void store_part_free(StorePart *part) {
    if (!part) return;
    g_free(part->etag);
    g_free(part);
}

bool store_fail_no_upload(const char *key, GError **error) {
    return fail(error, ERROR_NOT_FOUND, "there is no such upload of %s: it was completed, aborted, or has expired; begin anew", key);
}

/* An id that no store can have made belongs to no upload. */
static bool check_upload(Store *store, const char *key, const char *upload_id, GError **error) {
    if (!store->backend->uploads)
        return fail(error, ERROR_METHOD_NOT_ALLOWED, "the %s store takes no uploads in parts; put the object as a whole",
                    store->backend->name);
    if (!store_key_check(key, error)) return false;
    gsize length = strlen(upload_id);
    bool plain = length >= 1 && length <= UPLOAD_ID_BYTES_MAX;
    for (gsize i = 0; plain && i < length; i++) plain = g_ascii_isgraph(upload_id[i]);
    return plain || store_fail_no_upload(key, error);
}

static bool check_number(guint number, GError **error) {
    return (number >= 1 && number <= S3_PARTS_MAX) ||
           fail(error, ERROR_INVALID, "a part has a number from 1 to %d, not %u", S3_PARTS_MAX, number);
}

bool store_upload_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error) {
    static const StorePut plain = {0};
    if (!put) put = &plain;
    return check_upload(store, key, "new", error) && store_put_check(put, error) &&
           store->backend->uploads->begin(store, key, put, upload_id, error);
}

bool store_upload_sign_part(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url,
                            GError **error) {
    if (!check_upload(store, key, upload_id, error) || !check_number(number, error)) return false;
    if (expires_s < 1 || expires_s > URL_EXPIRY_S_MAX)
        return fail(error, ERROR_INVALID, "a signed URL expires after 1 to %d seconds, not %" G_GINT64_FORMAT, URL_EXPIRY_S_MAX,
                    expires_s);
    return store->backend->uploads->sign_part(store, key, upload_id, number, expires_s, url, error);
}

bool store_upload_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error) {
    return check_upload(store, key, upload_id, error) && store->backend->uploads->parts(store, key, upload_id, parts, error);
}

static bool check_parts(GPtrArray *parts, GError **error) {
    guint64 total = 0;
    if (parts->len == 0) return fail(error, ERROR_INVALID, "an upload without a part can't be completed; send a part, or abort it");
    if (parts->len > S3_PARTS_MAX) return fail(error, ERROR_TOO_LARGE, "an upload may have at most %d parts", S3_PARTS_MAX);
    for (guint i = 0; i < parts->len; i++) {
        const StorePart *part = g_ptr_array_index(parts, i);
        if (part->number != i + 1)
            return fail(error, ERROR_INVALID, "part %u is missing; send it, then complete the upload", i + 1);
        if (i + 1 < parts->len && part->size < UPLOAD_PART_BYTES_MIN)
            return fail(error, ERROR_INVALID, "part %u has %" G_GUINT64_FORMAT " bytes; all but the last need at least %llu",
                        part->number, part->size, UPLOAD_PART_BYTES_MIN);
        if (part->size > RECORDING_BYTES_MAX - total)
            return fail(error, ERROR_TOO_LARGE, "an object may have at most %llu bytes", RECORDING_BYTES_MAX);
        total += part->size;
    }
    return true;
}

bool store_upload_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put,
                           StoreInfo *info, GError **error) {
    static const StorePut plain = {0};
    if (!put) put = &plain;
    return check_upload(store, key, upload_id, error) && check_parts(parts, error) && store_put_check(put, error) &&
           store->backend->uploads->complete(store, key, upload_id, parts, put, info, error);
}

bool store_upload_abort(Store *store, const char *key, const char *upload_id, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (check_upload(store, key, upload_id, &problem) && store->backend->uploads->abort(store, key, upload_id, &problem)) return true;
    if (error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool store_upload_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer,
                           GError **error) {
    if (!check_upload(store, key, upload_id, error) || !check_number(number, error)) return false;
    if (!store->backend->uploads->put_part(store, key, upload_id, number, writer, error)) return false;
    (*writer)->bytes_max = UPLOAD_PART_BYTES_MAX;
    return true;
}

bool store_parts_check_present(const char *key, GPtrArray *parts, GPtrArray *present, GError **error) {
    for (guint i = 0; i < parts->len; i++) {
        const StorePart *part = g_ptr_array_index(parts, i), *found = i < present->len ? g_ptr_array_index(present, i) : NULL;
        if (!found || found->number != part->number || found->size != part->size || g_strcmp0(found->etag, part->etag) != 0)
            return fail(error, ERROR_INVALID, "part %u of %s is not there as listed; ask for the parts again", part->number, key);
    }
    return true;
}
