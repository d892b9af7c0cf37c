/* Block by block. */
#include "store/copy.h"

#include <string.h>

#include "base/limits.h"

static bool copy_bytes(StoreReader *reader, StoreWriter *writer, Sha256 *sha256, GCancellable *cancel, GError **error) {
    g_autofree guint8 *block = g_malloc(UPLOAD_BLOCK_BYTES);
    gsize got = 0;
    for (guint64 at = 0; at < store_reader_size(reader); at += got) {
        if (cancel && g_cancellable_is_cancelled(cancel)) return fail(error, ERROR_CANCELLED, "stopped while a file was copied");
        if (!store_reader_read(reader, at, block, UPLOAD_BLOCK_BYTES, &got, error)) return false;
        if (got == 0) return fail(error, ERROR_IO, "the file ended early");
        sha256_update(sha256, block, got);
        if (!store_writer_write(writer, block, got, error)) return false;
    }
    return true;
}

bool store_copy(Store *store, const char *from, const char *etag, const char *to, GCancellable *cancel, char **sha256, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_autoptr(StoreWriter) writer = NULL;
    g_autoptr(Sha256) sum = sha256_new();
    g_auto(StoreInfo) info = {0};
    if (!store_open(store, from, &reader, &info, error)) return false;
    if (etag && strcmp(info.etag, etag) != 0) return fail(error, ERROR_PRECONDITION, "%s is being written", from);
    StorePut put = {.content_type = info.content_type, .if_none_match = true};
    if (!store_put_open(store, to, &put, &writer, error) || !copy_bytes(reader, writer, sum, cancel, error)) return false;
    if (sha256) *sha256 = sha256_finish(g_steal_pointer(&sum));
    return store_writer_commit(g_steal_pointer(&writer), NULL, error);
}
