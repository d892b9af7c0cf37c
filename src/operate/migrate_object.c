/* One object: streamed, its sum taken on the way, then read back. */
#include <string.h>

#include "base/limits.h"
#include "base/sha256.h"
#include "operate/migrate_internal.h"
#include "store/key.h"

void migrate_object_clear(MigrateObject *object) {
    g_clear_pointer(&object->sha256, g_free);
    g_clear_pointer(&object->etag, g_free);
}

/* Reads all of it, into `writer` where there is one. */
static bool stream(Migrate *migrate, StoreReader *reader, const char *key, StoreWriter *writer, char **sha256, GError **error) {
    g_autoptr(Sha256) sum = sha256_new();
    g_autofree guint8 *block = g_malloc(UPLOAD_BLOCK_BYTES);
    guint64 size = store_reader_size(reader);
    gsize got = 0;
    for (guint64 at = 0; at < size; at += got) {
        if (!store_reader_read(reader, at, block, UPLOAD_BLOCK_BYTES, &got, error)) return false;
        if (got == 0) return fail(error, ERROR_IO, "%s ended after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes", key, at, size);
        sha256_update(sum, block, got);
        if (writer && !store_writer_write(writer, block, got, error)) return false;
        if (!migrate_advance(migrate, writer ? got : 0, error)) return false;
    }
    *sha256 = sha256_finish(g_steal_pointer(&sum));
    return true;
}

bool migrate_sum(Migrate *migrate, Store *store, const char *key, const char *etag, MigrateObject *object, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_auto(StoreInfo) info = {0};
    g_autofree char *sha256 = NULL;
    g_autoptr(GError) problem = NULL;
    if (!store_open(store, key, &reader, &info, &problem)) {
        /* what is missing in the source is another thing */
        if (store == migrate->store && error_is(problem, ERROR_NOT_FOUND))
            return fail(error, ERROR_PRECONDITION, "%s was removed by someone else meanwhile", key);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (etag && strcmp(info.etag, etag) != 0) return fail(error, ERROR_PRECONDITION, "%s was written by someone else meanwhile", key);
    if (!stream(migrate, reader, key, NULL, &sha256, error)) return false;
    if (store == migrate->store) {
        g_mutex_lock(&migrate->mutex);
        migrate->summary.bytes_proved += info.size;
        g_mutex_unlock(&migrate->mutex);
    }
    migrate_object_clear(object);
    *object = (MigrateObject){.bytes = info.size, .sha256 = g_steal_pointer(&sha256), .etag = g_steal_pointer(&info.etag)};
    return true;
}

static bool must_be(const MigrateCopy *copy, guint64 bytes, const char *sha256, GError **error) {
    if (!copy->sha256 || (bytes == copy->bytes && (!sha256 || strcmp(sha256, copy->sha256) == 0))) return true;
    return fail(error, ERROR_CORRUPT, "%s in the source is not what was written: its size or SHA-256 is another", copy->from);
}

/* Whether what stands in the destination is the source's object already. */
static bool is_right(Migrate *migrate, const MigrateCopy *copy, MigrateObject *object, bool *right, GError **error) {
    g_auto(MigrateObject) wanted = {.bytes = copy->bytes, .sha256 = g_strdup(copy->sha256)};
    *right = false;
    if (!copy->sha256) {
        g_auto(StoreInfo) info = {0};
        if (!store_head(migrate->source, copy->from, &info, error)) return false;
        wanted.bytes = info.size;
    }
    if (copy->standing_bytes != wanted.bytes) return true;
    if (!wanted.sha256 && !migrate_sum(migrate, migrate->source, copy->from, NULL, &wanted, error)) return false;
    if (!migrate_sum(migrate, migrate->store, copy->to, copy->standing_etag, object, error)) return false;
    *right = object->bytes == wanted.bytes && strcmp(object->sha256, wanted.sha256) == 0;
    return true;
}

static bool copy_stream(Migrate *migrate, const MigrateCopy *copy, StoreReader *reader, const StoreInfo *info, MigrateObject *object,
                        GError **error) {
    g_autoptr(StoreWriter) writer = NULL;
    g_auto(StoreInfo) written = {0};
    StorePut put = {.content_type = info->content_type,
                    .metadata = info->metadata,
                    .if_match = copy->stands ? copy->standing_etag : NULL,
                    .if_none_match = !copy->stands};
    /* What another program has put there as type or metadata may be more than this one takes. */
    if (!store_put_check(&put, NULL)) put.content_type = NULL, put.metadata = NULL;
    migrate_object_clear(object);
    if (!store_put_open(migrate->store, copy->to, &put, &writer, error) ||
        !stream(migrate, reader, copy->from, writer, &object->sha256, error) || !must_be(copy, info->size, object->sha256, error) ||
        !store_writer_commit(g_steal_pointer(&writer), &written, error))
        return false;
    object->bytes = info->size;
    object->etag = g_steal_pointer(&written.etag);
    return true;
}

static bool copy_anew(Migrate *migrate, const MigrateCopy *copy, MigrateObject *object, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_auto(StoreInfo) info = {0};
    if (!store_open(migrate->source, copy->from, &reader, &info, error) || !must_be(copy, info.size, NULL, error)) return false;
    g_autoptr(GMutexLocker) alone G_GNUC_UNUSED = info.size > S3_PART_BYTES ? g_mutex_locker_new(&migrate->large) : NULL;
    return copy_stream(migrate, copy, reader, &info, object, error);
}

/* The destination gives back what was written. */
static bool prove(Migrate *migrate, const char *key, const MigrateObject *object, GError **error) {
    g_auto(MigrateObject) standing = {0};
    if (!migrate_sum(migrate, migrate->store, key, object->etag, &standing, error)) return false;
    return (standing.bytes == object->bytes && strcmp(standing.sha256, object->sha256) == 0) ||
           fail(error, ERROR_IO, "the destination gives back other bytes of %s than were written: look at its disk or service, then run it "
                                 "again", key);
}

bool migrate_object(Migrate *migrate, const MigrateCopy *copy, MigrateObject *object, bool *copied, GError **error) {
    bool right = false;
    if (copy->stands && !is_right(migrate, copy, object, &right, error)) return false;
    if (copied) *copied = !right;
    if (right) return true;
    if (!copy_anew(migrate, copy, object, error) || !prove(migrate, copy->to, object, error)) return false;
    g_mutex_lock(&migrate->mutex);
    migrate->summary.objects++;
    migrate->summary.bytes += object->bytes;
    g_mutex_unlock(&migrate->mutex);
    return true;
}
