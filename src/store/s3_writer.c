/* The streamed put. What fits one part goes out as one PutObject at commit. With the first byte more, a multipart upload begins: full parts are sent by the
 * store's threads while the caller fills the next one, and commit joins them.
 *
 * The caller's condition goes with the request that makes the object: the PutObject, or the one that joins the parts.
 *
 * S3 checks the bytes that it gets against a CRC-32C that is taken here as they come in: of each request, and of the whole.
 *
 * A put that is tried again may meet its own object, stored by a try whose answer was lost. So puts with a condition, and all multipart uploads, carry a
 * mark of their own as user metadata; when the service refuses and an earlier try may have been carried out, the object itself is asked whose it is. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/s3_internal.h"


typedef struct {
    char *etag;
    guint32 sum;
    guint64 size;
} SentPart;

typedef struct {
    StoreWriter base;
    S3Store *s3;
    char *key, *content_type, *if_match, *mark; /* no mark: NULL */
    GHashTable *metadata;
    bool if_none_match;
    S3Buffer *buffer;        /* the part that is filled; NULL: the next byte makes it */
    char *upload_id;         /* NULL: none has begun */
    GMutex mutex;            /* of what follows */
    GCond part_done;
    guint under_way;
    bool abandoned;          /* the caller has gone; the last part that was under way ends the writer */
    GError *failure;         /* of the first part that failed */
    GArray *parts;           /* SentPart, by number */
} S3Writer;

/* A task of the pool `parts`: a part to be sent, or an upload to be aborted. */
typedef struct {
    S3Writer *writer; /* NULL: abort */
    S3Buffer *buffer;
    guint number, slots;
    char *key, *upload_id; /* of an abort */
} PartTask;

static StorePut put_of(const S3Writer *writer) {
    return (StorePut){.content_type = writer->content_type,
                      .metadata = writer->metadata,
                      .if_match = writer->if_match,
                      .if_none_match = writer->if_none_match};
}

HttpHeaders *s3_object_headers(const S3Store *s3, const char *key, const StorePut *put, const char *mark) {
    const Settings *settings = s3->settings;
    HttpHeaders *headers = http_headers_new();
    GHashTableIter each;
    const char *name, *value;
    http_headers_set(headers, "Content-Type", put->content_type ? put->content_type : store_content_type_of(key));
    if (put->metadata) g_hash_table_iter_init(&each, put->metadata);
    while (put->metadata && g_hash_table_iter_next(&each, (gpointer *)&name, (gpointer *)&value)) {
        g_autofree char *header = g_strconcat("x-amz-meta-", name, NULL);
        http_headers_set(headers, header, value);
    }
    if (mark) http_headers_set(headers, "x-amz-meta-" STORE_MARK_NAME, mark);
    if (settings->s3_sse) http_headers_set(headers, "x-amz-server-side-encryption", settings->s3_sse);
    if (settings->s3_sse && settings->s3_sse_kms_key && strcmp(settings->s3_sse, "aws:kms") == 0)
        http_headers_set(headers, "x-amz-server-side-encryption-aws-kms-key-id", settings->s3_sse_kms_key);
    if (settings->s3_storage_class && g_str_has_prefix(key, "meetings/"))
        http_headers_set(headers, "x-amz-storage-class", settings->s3_storage_class);
    return headers;
}

void s3_condition_headers(HttpHeaders *headers, const StorePut *put) {
    g_autofree char *quoted = put->if_match ? s3_quoted(put->if_match) : NULL;
    if (quoted) http_headers_set(headers, "If-Match", quoted);
    if (put->if_none_match) http_headers_set(headers, "If-None-Match", "*");
}

bool s3_settle(S3Store *s3, const char *key, const char *mark, const AwsOutcome *outcome, GError *problem, char **etag, gint64 *modified_ms,
               GError **error) {
    g_autoptr(GError) answered = problem, unknown = NULL;
    g_autofree char *found_mark = NULL;
    g_auto(StoreInfo) found = {0};
    bool refused = error_is(answered, ERROR_PRECONDITION) || error_is(answered, ERROR_NOT_FOUND);
    if (refused && outcome->maybe_done && !s3_head_marked(s3, key, &found, &found_mark, &unknown) && !error_is(unknown, ERROR_NOT_FOUND)) {
        g_propagate_prefixed_error(error, g_steal_pointer(&unknown), "nobody knows whether %s was stored: ", key);
        return false;
    }
    if (!found_mark || g_strcmp0(found_mark, mark) != 0) {
        g_propagate_error(error, g_steal_pointer(&answered));
        return false;
    }
    *etag = g_steal_pointer(&found.etag);
    *modified_ms = found.modified_ms;
    return true;
}

GError *s3_read_refusal(const char *key, const StorePut *put, GError *problem) {
    bool refused = error_is(problem, ERROR_PRECONDITION) || (put->if_match && error_is(problem, ERROR_NOT_FOUND));
    if (!refused) return problem;
    GError *told = NULL;
    store_fail_precondition(key, &told);
    g_error_free(problem);
    return told;
}

/* ---- parts ---- */

static void sent_part_clear(gpointer data) { g_free(((SentPart *)data)->etag); }

static bool send_part(S3Writer *writer, guint number, const S3Buffer *buffer, char **etag, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autofree char *sum = crc32c_text(buffer->sum);
    http_headers_set(headers, "x-amz-checksum-crc32c", sum);
    return s3_upload_part(writer->s3, writer->key, writer->upload_id, number, buffer, headers, etag, error);
}

/* Frees the writer when no part is under way any more. */
static void writer_free(S3Writer *writer) {
    s3_buffer_free(writer->buffer);
    if (writer->upload_id) s3_uploading(writer->s3, false);
    g_clear_pointer(&writer->metadata, g_hash_table_unref);
    g_clear_error(&writer->failure);
    g_array_unref(writer->parts);
    g_mutex_clear(&writer->mutex);
    g_cond_clear(&writer->part_done);
    g_free(writer->key);
    g_free(writer->content_type);
    g_free(writer->if_match);
    g_free(writer->mark);
    g_free(writer->upload_id);
    g_free(writer);
}

static bool is_abandoned(S3Writer *writer) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&writer->mutex);
    return writer->abandoned;
}

static void run_part(S3Writer *writer, const PartTask *task) {
    g_autoptr(GError) problem = NULL;
    char *etag = NULL;
    bool sent = !is_abandoned(writer) && send_part(writer, task->number, task->buffer, &etag, &problem);
    SentPart part = {etag, task->buffer->sum, task->buffer->used};
    s3_buffer_free(task->buffer);
    s3_slots_give(writer->s3, task->slots);
    g_mutex_lock(&writer->mutex);
    if (sent) g_array_index(writer->parts, SentPart, task->number - 1) = part;
    else if (!writer->failure) writer->failure = g_steal_pointer(&problem);
    bool ends = --writer->under_way == 0 && writer->abandoned;
    g_cond_broadcast(&writer->part_done);
    g_mutex_unlock(&writer->mutex); /* from here on the writer may be gone, but for: */
    if (!ends) return;
    (void)s3_upload_abort(writer->s3, writer->key, writer->upload_id, NULL);
    writer_free(writer);
}

void s3_part_work(gpointer data, gpointer store) {
    PartTask *task = data;
    S3Store *s3 = store;
    if (task->writer) run_part(task->writer, task);
    else (void)s3_upload_abort(s3, task->key, task->upload_id, NULL);
    g_free(task->key);
    g_free(task->upload_id);
    g_free(task);
    g_mutex_lock(&s3->mutex);
    s3->tasks--;
    g_cond_broadcast(&s3->task_done);
    g_mutex_unlock(&s3->mutex);
}

static void push(S3Store *s3, const PartTask *task) {
    g_mutex_lock(&s3->mutex);
    s3->tasks++;
    g_mutex_unlock(&s3->mutex);
    g_thread_pool_push(s3->parts, g_memdup2(task, sizeof *task), NULL);
}

static bool take_failure(S3Writer *writer, GError **error) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&writer->mutex);
    if (!writer->failure) return false;
    g_propagate_error(error, g_error_copy(writer->failure));
    return true;
}

/* Hands the part that was filled over to the store's threads. */
static bool hand_over(S3Writer *writer, GError **error) {
    S3Store *s3 = writer->s3;
    StorePut put = put_of(writer);
    if (!writer->mark) writer->mark = text_uuid();
    if (!writer->upload_id) {
        if (!s3_upload_begin(s3, writer->key, &put, writer->mark, true, &writer->upload_id, error)) return false;
        s3_uploading(s3, true);
    }
    PartTask task = {.writer = writer, .buffer = writer->buffer, .slots = s3_slots_take(s3, writer->buffer->limit)};
    writer->buffer = NULL;
    g_mutex_lock(&writer->mutex);
    g_array_set_size(writer->parts, writer->parts->len + 1);
    task.number = writer->parts->len;
    writer->under_way++;
    g_mutex_unlock(&writer->mutex);
    push(s3, &task);
    return true;
}

/* Makes sure that there is room for a byte. */
static bool next_buffer(S3Writer *writer, GError **error) {
    if (take_failure(writer, error)) return false;
    if (writer->buffer && writer->buffer->used == writer->buffer->limit && !hand_over(writer, error)) return false;
    if (!writer->buffer) writer->buffer = s3_buffer_new(writer->s3, writer->s3->part_bytes(writer->parts->len + 1), error);
    return writer->buffer != NULL;
}

static bool writer_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    S3Writer *writer = (S3Writer *)base;
    for (const guint8 *at = data; size > 0;) {
        gsize taken;
        if (!next_buffer(writer, error) || !s3_buffer_append(writer->buffer, at, size, &taken, error)) return false;
        at += taken;
        size -= taken;
    }
    return true;
}

static void wait_for_parts(S3Writer *writer) {
    g_mutex_lock(&writer->mutex);
    while (writer->under_way > 0) g_cond_wait(&writer->part_done, &writer->mutex);
    g_mutex_unlock(&writer->mutex);
}

/* A part that came after the abort would stay, and with it the upload: so the abort waits for those under way, and the caller for nobody. */
static void writer_abort(StoreWriter *base) {
    S3Writer *writer = (S3Writer *)base;
    g_clear_pointer(&writer->buffer, s3_buffer_free);
    g_mutex_lock(&writer->mutex);
    writer->abandoned = true;
    bool ends = writer->under_way == 0;
    g_mutex_unlock(&writer->mutex); /* unless it ends here, another thread may have freed it by now */
    if (!ends) return;
    if (writer->upload_id) push(writer->s3, &(PartTask){.key = g_strdup(writer->key), .upload_id = g_strdup(writer->upload_id)});
    writer_free(writer);
}

/* ---- commit ---- */

static bool put_whole(S3Writer *writer, char **etag, gint64 *modified_ms, GError **error) {
    StorePut put = put_of(writer);
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GBytes) bytes = NULL;
    GError *problem = NULL;
    if (!writer->buffer && !(writer->buffer = s3_buffer_new(writer->s3, writer->s3->part_bytes(1), error))) return false;
    if (put.if_match || put.if_none_match) writer->mark = text_uuid();
    g_autoptr(GPtrArray) headers = s3_object_headers(writer->s3, writer->key, &put, writer->mark);
    g_autofree char *sum = crc32c_text(writer->buffer->sum);
    s3_condition_headers(headers, &put);
    http_headers_set(headers, "x-amz-checksum-crc32c", sum);
    S3Request request = {.method = "PUT", .key = writer->key, .headers = headers, .body = s3_buffer_body(writer->buffer, &bytes)};
    if (!s3_send(writer->s3, &request, &response, &outcome, &problem))
        return s3_settle(writer->s3, writer->key, writer->mark, &outcome, s3_read_refusal(writer->key, &put, problem), etag, modified_ms, error);
    *modified_ms = s3_answer_ms(writer->s3, &response);
    *etag = s3_etag(http_response_header(&response, "ETag"));
    return *etag || fail(error, ERROR_CORRUPT, "%s: the service stored it and gave no ETag; check AWS_ENDPOINT_URL", writer->key);
}

static char *whole_sum(const S3Writer *writer) {
    guint32 sum = 0;
    for (guint i = 0; i < writer->parts->len; i++) {
        const SentPart *part = &g_array_index(writer->parts, SentPart, i);
        sum = crc32c_join(sum, part->sum, part->size);
    }
    return crc32c_text(sum);
}

static bool complete(S3Writer *writer, char **etag, gint64 *modified_ms, GError **error) {
    guint count = writer->parts->len;
    StorePut put = put_of(writer);
    g_autofree S3Part *parts = g_new0(S3Part, count);
    g_autoptr(GPtrArray) sums = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *whole = whole_sum(writer);
    for (guint i = 0; i < count; i++) {
        const SentPart *sent = &g_array_index(writer->parts, SentPart, i);
        g_ptr_array_add(sums, crc32c_text(sent->sum));
        parts[i] = (S3Part){i + 1, sent->etag, g_ptr_array_index(sums, i)};
    }
    g_autoptr(GError) problem = NULL;
    if (s3_upload_complete(writer->s3, writer->key, writer->upload_id, writer->mark, parts, count, whole, &put, etag, modified_ms, &problem))
        return true;
    if (error_is(problem, ERROR_NOT_FOUND))
        return fail(error, ERROR_UNAVAILABLE, "%s was not stored: someone, or a rule of the bucket, aborted its upload; put it again", writer->key);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* An ETag is mostly the MD5 of the bytes. A put on the condition of the ETag that it will itself have changes nothing that another put on the same condition
 * could see, and both would win. Sent as a multipart upload, of one part, it gets another ETag. */
static bool keeps_etag(const S3Writer *writer) {
    const S3Buffer *buffer = writer->buffer;
    if (!writer->if_match || !buffer || buffer->fd >= 0) return false;
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_MD5, buffer->data, (gsize)buffer->used);
    return g_ascii_strcasecmp(sum, writer->if_match) == 0;
}

static bool finish(S3Writer *writer, char **etag, gint64 *modified_ms, GError **error) {
    if (!writer->upload_id && !keeps_etag(writer)) return put_whole(writer, etag, modified_ms, error);
    if (writer->buffer && !hand_over(writer, error)) return false;
    wait_for_parts(writer);
    return !take_failure(writer, error) && complete(writer, etag, modified_ms, error);
}

static bool writer_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    S3Writer *writer = (S3Writer *)base;
    g_autofree char *etag = NULL;
    gint64 modified_ms = 0;
    if (!finish(writer, &etag, &modified_ms, error)) {
        writer_abort(base);
        return false;
    }
    if (info)
        *info = (StoreInfo){.size = base->written,
                            .etag = g_steal_pointer(&etag),
                            .modified_ms = modified_ms,
                            .content_type = g_strdup(writer->content_type ? writer->content_type : store_content_type_of(writer->key)),
                            .metadata = g_steal_pointer(&writer->metadata)};
    writer_free(writer);
    return true;
}

bool s3_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    static const StoreWriterBackend backend = {.write = writer_write, .commit = writer_commit, .abort = writer_abort};
    S3Store *s3 = (S3Store *)store;
    if (!s3_key_fits(s3, key, error)) return false;
    S3Writer *opened = g_new0(S3Writer, 1);
    opened->base.backend = &backend;
    opened->s3 = s3;
    opened->key = g_strdup(key);
    opened->content_type = g_strdup(put->content_type);
    opened->if_match = g_strdup(put->if_match);
    opened->if_none_match = put->if_none_match;
    opened->metadata = store_metadata_copy(put->metadata);
    opened->parts = g_array_new(FALSE, TRUE, sizeof(SentPart));
    g_array_set_clear_func(opened->parts, sent_part_clear);
    g_mutex_init(&opened->mutex);
    g_cond_init(&opened->part_done);
    *writer = &opened->base;
    return true;
}
