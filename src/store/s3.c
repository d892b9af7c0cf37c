/* The S3 store. Each key is the object of that name, S3_PREFIX before it. How the port's guarantees are met:
 *
 *  1. All or nothing: S3 makes an object of a whole PutObject, or of a completed multipart upload, and acknowledges it when it is durable. A put that
 *     fails aborts its upload; what a crash leaves, or an abort that does not come through, the bucket's rule against uploads that were never completed
 *     cleans up. Should no answer come to the last try, the put is reported as failed though it may be seen.
 *  2. Memory: s3_buffer.c, s3_reader.c.
 *  3. Conditions: S3's own If-Match and If-None-Match. A put that is tried again does not mistake its own object for another's (s3_writer.c).
 *  4. An ETag is made by S3, of the bytes: an object that is overwritten with the very bytes that it had some versions before has the ETag of then.
 *     Whoever leans on ETags puts something into each version that the others don't have: a time, a number.
 *  5. One version: every read names the ETag that opening found.
 *  6. Lists are in the order of the keys' bytes, as S3 lists (its directory buckets do not).
 *
 * Nothing is tried again here: the client does that (aws/client.h). */
#include "store/s3.h"

#include <string.h>

#include "base/limits.h"
#include "store/s3_internal.h"

/* Uploads that are to be aborted are, unless the service takes too long for that: then the bucket's rule cleans up. */
static void end_tasks(S3Store *s3) {
    gint64 until = g_get_monotonic_time() + S3_CLOSE_WAIT_MS * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&s3->mutex);
    while (s3->tasks > 0 && g_cond_wait_until(&s3->task_done, &s3->mutex, until)) continue;
    g_mutex_unlock(&s3->mutex);
    g_cancellable_cancel(s3->closing);
    g_thread_pool_free(s3->parts, FALSE, TRUE);
}

static void s3_close(Store *store) {
    S3Store *s3 = (S3Store *)store;
    if (s3->parts) end_tasks(s3);
    if (s3->fetches) g_thread_pool_free(s3->fetches, FALSE, TRUE);
    g_ptr_array_unref(s3->clients);
    g_ptr_array_unref(s3->spare);
    g_mutex_clear(&s3->mutex);
    g_cond_clear(&s3->slots_freed);
    g_cond_clear(&s3->task_done);
    g_object_unref(s3->closing);
    g_free(s3->bucket);
    g_free(s3->prefix);
    g_free(s3->resource);
    g_free(s3->spool);
    g_free(s3);
}

static void free_client(gpointer client) { aws_client_free(client); }

static bool read_settings(S3Store *s3, GError **error) {
    const Settings *settings = s3->settings;
    if (!settings->bucket) return fail(error, ERROR_CONFIG, "no bucket is named; set S3_BUCKET_NAME, or STORE_IN_S3=false to keep everything in HANSARD_DATA");
    g_autofree char *endpoint = aws_endpoint_of(settings, "s3", NULL, &s3->is_aws);
    if (!g_str_has_prefix(endpoint, "https://") && !g_str_has_prefix(endpoint, "http://"))
        return fail(error, ERROR_CONFIG, "AWS_ENDPOINT_URL (or AWS_ENDPOINT_URL_S3) must begin with https:// or http://, not be \"%s\"", endpoint);
    if (settings->s3_sse_kms_key && g_strcmp0(settings->s3_sse, "aws:kms") != 0)
        return fail(error, ERROR_CONFIG, "S3_SSE_KMS_KEY_ID is set, and S3_SSE is not aws:kms; set S3_SSE=aws:kms, or remove the key");
    if (!s3_bucket_check(settings->bucket, error) || !s3_prefix_read(settings->s3_prefix, &s3->prefix, error)) return false;
    s3->bucket = g_strdup(settings->bucket);
    s3->resource = g_strdup_printf("bucket %s (S3_BUCKET_NAME)", s3->bucket);
    s3->spool = g_build_filename(settings->data_dir, ".hansard", "spool", NULL);
    return true;
}

bool store_s3_open(const Settings *settings, HttpTransport *transport, AwsCredentialsChain *credentials, Clock *clock, Store **store,
                   GError **error) {
    static const StoreBackend backend = {.name = "s3",
                                         .head = s3_head,
                                         .open = s3_open,
                                         .put_open = s3_put_open,
                                         .list = s3_list,
                                         .delete_many = s3_delete_many,
                                         .sign_url = s3_sign_url,
                                         .origin = s3_origin,
                                         .purge_versions = s3_purge_versions,
                                         .check_readable = s3_check_readable,
                                         .uploads = &s3_uploads_backend,
                                         .close = s3_close};
    S3Store *s3 = g_new0(S3Store, 1);
    *s3 = (S3Store){.base = {.backend = &backend, .clock = clock},
                    .settings = settings,
                    .transport = transport,
                    .credentials = credentials,
                    .part_bytes = s3_part_bytes,
                    .clients = g_ptr_array_new_with_free_func(free_client),
                    .spare = g_ptr_array_new_with_free_func(s3_spare_free),
                    .closing = g_cancellable_new(),
                    .slots_free = S3_PARTS_IN_FLIGHT};
    g_mutex_init(&s3->mutex);
    g_cond_init(&s3->slots_freed);
    g_cond_init(&s3->task_done);
    s3->parts = g_thread_pool_new(s3_part_work, s3, S3_PARTS_IN_FLIGHT, FALSE, NULL);
    s3->fetches = g_thread_pool_new(s3_fetch_work, s3, S3_FETCHES_AHEAD, FALSE, NULL);
    if (!read_settings(s3, error)) {
        s3_close(&s3->base);
        return false;
    }
    *store = &s3->base;
    return true;
}
