/* A part of an upload that others send, where it comes through this server: what a browser does that can't reach the bucket. It is gathered, so that
 * it can be sent again, and sent at commit; S3 checks its bytes against their MD5. */
#include "base/limits.h"
#include "store/s3_internal.h"

typedef struct {
    StoreWriter base;
    S3Store *s3;
    char *key, *upload_id; /* S3's own */
    guint number;
    S3Buffer *buffer;
    GChecksum *md5;
} PartWriter;

static void part_abort(StoreWriter *base) {
    PartWriter *writer = (PartWriter *)base;
    s3_buffer_free(writer->buffer);
    g_checksum_free(writer->md5);
    g_free(writer->key);
    g_free(writer->upload_id);
    g_free(writer);
}

/* A part that is larger than most goes on in a file. */
static bool grow(PartWriter *writer, GError **error) {
    g_autoptr(S3Buffer) full = writer->buffer;
    gsize taken;
    writer->buffer = s3_buffer_new(writer->s3, UPLOAD_PART_BYTES_MAX, error);
    return writer->buffer && s3_buffer_append(writer->buffer, full->data, (gsize)full->used, &taken, error);
}

static bool part_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    PartWriter *writer = (PartWriter *)base;
    g_checksum_update(writer->md5, data, (gssize)size);
    for (const guint8 *at = data; size > 0;) {
        gsize taken;
        if (writer->buffer->used == writer->buffer->limit && !grow(writer, error)) return false;
        if (!s3_buffer_append(writer->buffer, at, size, &taken, error)) return false;
        at += taken;
        size -= taken;
    }
    return true;
}

static bool send(PartWriter *writer, StoreInfo *info, GError **error) {
    guint8 sum[16];
    gsize size = sizeof sum;
    g_autoptr(GPtrArray) headers = http_headers_new();
    GError *problem = NULL;
    g_checksum_get_digest(writer->md5, sum, &size);
    g_autofree char *md5 = g_base64_encode(sum, size);
    http_headers_set(headers, "Content-MD5", md5);
    if (!s3_upload_part(writer->s3, writer->key, writer->upload_id, writer->number, writer->buffer, headers, &info->etag, &problem))
        return s3_told_of_upload(writer->key, problem, error);
    info->size = writer->buffer->used;
    return true;
}

static bool part_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    g_auto(StoreInfo) sent = {0};
    bool done = send((PartWriter *)base, &sent, error);
    if (done) store_info_move(&sent, info);
    part_abort(base);
    return done;
}

bool s3_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error) {
    static const StoreWriterBackend backend = {.write = part_write, .commit = part_commit, .abort = part_abort};
    S3Store *s3 = (S3Store *)store;
    g_autofree char *mark = NULL;
    const char *id = s3_take_upload_id(key, upload_id, &mark, error);
    S3Buffer *buffer = id ? s3_buffer_new(s3, S3_PART_BYTES, error) : NULL;
    if (!buffer) return false;
    PartWriter *opened = g_new0(PartWriter, 1);
    *opened = (PartWriter){.base.backend = &backend, .s3 = s3, .key = g_strdup(key), .upload_id = g_strdup(id), .number = number, .buffer = buffer,
                           .md5 = g_checksum_new(G_CHECKSUM_MD5)};
    *writer = &opened->base;
    return true;
}
