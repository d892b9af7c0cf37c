/* Puts in parts. Each upload is a directory of its own under the store's:
 *
 *   .hansard/uploads/{uuid}/upload.json   the key, and what the object's attributes will be; written once. Its lock (flock) is held by who
 *                                         changes the upload, and it is removed first: without it there is no upload
 *   .hansard/uploads/{uuid}/{number}      a part: renamed into place when its bytes are on disk
 *
 * Complete copies the parts into a put of the whole (dir_writer.c), so that the object is all or nothing. When it dies between the put and the removal
 * of the parts, the upload still stands and may be completed again, or is aborted. What no part came to for UPLOAD_IDLE_S_MAX is removed by the next
 * begin, as is a directory that a crash left without its upload.json. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/dir_internal.h"

#define UPLOADS_NAME "uploads"
#define RECORD_NAME "upload.json"
#define UPLOAD_RECORD_BYTES_MAX (24 * KIB) /* key, metadata and type at their limits, each byte escaped */
#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define FILE_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

typedef struct {
    int uploads_fd, fd; /* the directory of all, and its own */
    DirLock record;     /* upload.json, locked where asked for */
    char *content_type; /* NULL: as the key's extension tells */
    GHashTable *metadata;
} Upload;

static void upload_clear(Upload *upload) {
    dir_lock_release(upload->record);
    fd_close(upload->fd);
    fd_close(upload->uploads_fd);
    g_clear_pointer(&upload->content_type, g_free);
    g_clear_pointer(&upload->metadata, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Upload, upload_clear)

#define UPLOAD_NONE {.uploads_fd = -1, .fd = -1, .record = -1}

typedef struct {
    StoreWriter base;
    DirStore *dir;
    char *key, *upload_id;
    guint number;
    int fd;
    char *temporary; /* its name */
} PartWriter;

/* Reads upload.json; false where it is none of this key. */
static bool read_record(Upload *upload, const char *key) {
    g_autofree char *data = g_malloc(UPLOAD_RECORD_BYTES_MAX);
    ssize_t size = pread(upload->record, data, UPLOAD_RECORD_BYTES_MAX, 0);
    g_autoptr(json_t) root = size > 0 ? json_parse_object(data, (gsize)size, RECORD_NAME, NULL) : NULL;
    return root && g_strcmp0(json_get_string(root, "key", NULL), key) == 0 &&
           dir_attributes_from_json(root, &upload->content_type, &upload->metadata);
}

/* Opens the upload, and with `lock` keeps all others from changing it until it is cleared. */
static bool open_upload(const DirStore *dir, const char *key, const char *upload_id, bool lock, Upload *upload, GError **error) {
    struct stat status;
    if (!g_uuid_string_is_valid(upload_id)) return store_fail_no_upload(key, error); /* it becomes a name in a directory */
    upload->uploads_fd = dir_step_into(dir->own_fd, UPLOADS_NAME, false);
    if (upload->uploads_fd >= 0) upload->fd = openat(upload->uploads_fd, upload_id, DIRECTORY_FLAGS);
    if (upload->fd >= 0) upload->record = openat(upload->fd, RECORD_NAME, FILE_FLAGS);
    if (upload->record < 0 && (errno == ENOENT || errno == ENOTDIR)) return store_fail_no_upload(key, error);
    while (upload->record >= 0 && lock && flock(upload->record, LOCK_EX) != 0)
        if (errno != EINTR) return dir_fail(dir, errno, "lock the upload of", key, error);
    if (upload->record < 0 || fstat(upload->record, &status) != 0)
        return dir_fail(dir, errno, "read the upload of", key, error);
    return (status.st_nlink > 0 && read_record(upload, key)) || store_fail_no_upload(key, error);
}

static bool read_number(const char *name, guint *number) {
    guint64 found;
    if (!g_ascii_string_to_unsigned(name, 10, 1, S3_PARTS_MAX, &found, NULL)) return false;
    *number = (guint)found;
    return true;
}

static int compare_parts(gconstpointer a, gconstpointer b) {
    guint left = (*(StorePart *const *)a)->number, right = (*(StorePart *const *)b)->number;
    return (left > right) - (left < right);
}

/* A stream over the names of a directory; close it. NULL with errno. */
static DIR *open_names(int directory) {
    g_auto(Fd) fd = openat(directory, ".", DIRECTORY_FLAGS);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream) g_steal_fd(&fd);
    return stream;
}

static GPtrArray *list_parts(const DirStore *dir, const Upload *upload, const char *key, GError **error) {
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)store_part_free);
    DIR *stream = open_names(upload->fd);
    if (!stream) {
        dir_fail(dir, errno, "list the parts of", key, error);
        return NULL;
    }
    for (const struct dirent *entry; (entry = readdir(stream));) {
        struct stat status;
        guint number;
        if (!read_number(entry->d_name, &number) || !dir_stat_object(upload->fd, entry->d_name, &status)) continue;
        StorePart *part = g_new0(StorePart, 1);
        *part = (StorePart){number, (guint64)status.st_size, dir_etag(&status)};
        g_ptr_array_add(parts, part);
    }
    (void)closedir(stream);
    g_ptr_array_sort(parts, compare_parts);
    return g_steal_pointer(&parts);
}

/* Removes the upload and what came to it; upload.json first, since it is the upload. */
static bool remove_upload(int uploads_fd, const char *upload_id) {
    g_auto(Fd) fd = openat(uploads_fd, upload_id, DIRECTORY_FLAGS);
    if (fd < 0 || (unlinkat(fd, RECORD_NAME, 0) != 0 && errno != ENOENT)) return false;
    DIR *stream = open_names(fd);
    for (const struct dirent *entry; stream && (entry = readdir(stream));) (void)unlinkat(fd, entry->d_name, 0);
    if (stream) (void)closedir(stream);
    return unlinkat(uploads_fd, upload_id, AT_REMOVEDIR) == 0;
}

/* An upload is in use while a part comes to it or its lock is held. */
static bool is_old(int uploads_fd, const char *upload_id, gint64 now_ms) {
    struct stat status;
    g_auto(Fd) fd = openat(uploads_fd, upload_id, DIRECTORY_FLAGS);
    if (fd < 0 || fstat(fd, &status) != 0) return false;
    if (now_ms - dir_time_ns(status.st_mtim) / 1000000 <= UPLOAD_IDLE_S_MAX * G_GINT64_CONSTANT(1000)) return false;
    g_auto(DirLock) record = openat(fd, RECORD_NAME, FILE_FLAGS);
    return record < 0 || flock(record, LOCK_EX | LOCK_NB) == 0;
}

/* How many uploads stand, the old ones removed. */
static bool count_and_sweep(const DirStore *dir, int uploads_fd, guint *count, GError **error) {
    gint64 now_ms = clock_now_ms(dir->base.clock);
    DIR *stream = open_names(uploads_fd);
    if (!stream) return dir_fail(dir, errno, "list", "the uploads", error);
    guint standing = 0;
    for (const struct dirent *entry; (entry = readdir(stream));) {
        if (!g_uuid_string_is_valid(entry->d_name)) continue;
        standing += !is_old(uploads_fd, entry->d_name, now_ms) || !remove_upload(uploads_fd, entry->d_name);
    }
    (void)closedir(stream);
    *count = standing;
    return true;
}

static bool write_record(int fd, const char *key, const StorePut *put) {
    g_autoptr(json_t) root = dir_attributes_to_json(put->content_type, put->metadata);
    json_object_set_new(root, "key", json_string(key));
    g_autoptr(GBytes) bytes = json_to_bytes(root, false);
    g_auto(Fd) record = openat(fd, RECORD_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return record >= 0 && dir_write_all(record, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) && dir_fsync(record) == 0 &&
           dir_fsync(fd) == 0;
}

static bool upload_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error) {
    DirStore *dir = (DirStore *)store;
    guint count = 0;
    g_auto(DirLock) lock = dir_lock(dir, UPLOADS_NAME); /* so that the number is a limit among processes, too */
    if (lock < 0) return dir_fail(dir, errno, "lock", "the uploads", error);
    g_auto(Fd) uploads_fd = dir_step_into(dir->own_fd, UPLOADS_NAME, true);
    if (uploads_fd < 0) return dir_fail(dir, errno, "begin an upload of", key, error);
    if (!count_and_sweep(dir, uploads_fd, &count, error)) return false;
    if (count >= UPLOADS_OPEN_MAX)
        return fail(error, ERROR_TOO_MANY, "%d uploads are under way, and no more are taken; complete or abort some", UPLOADS_OPEN_MAX);
    g_autofree char *id = text_uuid();
    g_auto(Fd) fd = dir_step_into(uploads_fd, id, true);
    if (fd < 0 || !write_record(fd, key, put) || dir_fsync(uploads_fd) != 0) {
        dir_fail(dir, errno, "begin an upload of", key, error);
        (void)remove_upload(uploads_fd, id);
        return false;
    }
    *upload_id = g_steal_pointer(&id);
    return true;
}

static bool upload_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error) {
    DirStore *dir = (DirStore *)store;
    g_auto(Upload) upload = UPLOAD_NONE;
    if (!open_upload(dir, key, upload_id, false, &upload, error)) return false;
    GPtrArray *found = list_parts(dir, &upload, key, error);
    if (found) *parts = found;
    return found != NULL;
}

static bool append_part(const DirStore *dir, const Upload *upload, const StorePart *part, StoreWriter *writer, const char *key,
                        GError **error) {
    char name[16];
    g_snprintf(name, sizeof name, "%u", part->number);
    g_auto(Fd) fd = openat(upload->fd, name, FILE_FLAGS);
    if (fd < 0) return dir_fail(dir, errno, "read a part of", key, error);
    return dir_writer_append(writer, fd, part->size, error);
}

static bool upload_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put,
                            StoreInfo *info, GError **error) {
    DirStore *dir = (DirStore *)store;
    g_auto(Upload) upload = UPLOAD_NONE;
    g_autoptr(StoreWriter) writer = NULL;
    if (!open_upload(dir, key, upload_id, true, &upload, error)) return false;
    g_autoptr(GPtrArray) present = list_parts(dir, &upload, key, error);
    if (!present || !store_parts_check_present(key, parts, present, error)) return false;
    const StorePut whole = {.content_type = upload.content_type,
                            .metadata = upload.metadata,
                            .if_match = put->if_match,
                            .if_none_match = put->if_none_match};
    if (!dir_put_open(store, key, &whole, &writer, error)) return false;
    for (guint i = 0; i < parts->len; i++)
        if (!append_part(dir, &upload, g_ptr_array_index(parts, i), writer, key, error)) return false;
    if (!store_writer_commit(g_steal_pointer(&writer), info, error)) return false;
    (void)remove_upload(upload.uploads_fd, upload_id); /* the object stands; what may be left is swept when it is old */
    return true;
}

static bool upload_abort(Store *store, const char *key, const char *upload_id, GError **error) {
    DirStore *dir = (DirStore *)store;
    g_auto(Upload) upload = UPLOAD_NONE;
    if (!open_upload(dir, key, upload_id, true, &upload, error)) return false;
    return remove_upload(upload.uploads_fd, upload_id) || dir_fail(dir, errno, "abort the upload of", key, error);
}

static bool part_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    PartWriter *writer = (PartWriter *)base;
    return dir_write_all(writer->fd, data, size) || dir_fail(writer->dir, errno, "store a part of", writer->key, error);
}

static void part_free(PartWriter *writer) {
    fd_close(writer->fd);
    g_free(writer->key);
    g_free(writer->upload_id);
    g_free(writer->temporary);
    g_free(writer);
}

static void part_abort(StoreWriter *base) {
    PartWriter *writer = (PartWriter *)base;
    (void)unlinkat(writer->dir->temporary_fd, writer->temporary, 0);
    part_free(writer);
}

/* Puts the part in its place; one that stood there gets another ETag, as its time was earlier. */
static bool place_part(const PartWriter *writer, struct stat *status, GError **error) {
    const DirStore *dir = writer->dir;
    struct stat present;
    char name[16];
    g_snprintf(name, sizeof name, "%u", writer->number);
    g_auto(Upload) upload = UPLOAD_NONE;
    if (dir_fsync(writer->fd) != 0) return dir_fail(dir, errno, "store a part of", writer->key, error);
    if (!open_upload(dir, writer->key, writer->upload_id, true, &upload, error)) return false;
    gint64 floor_ns = dir_stat_object(upload.fd, name, &present) ? dir_time_ns(present.st_mtim) : 0;
    if (!dir_set_time_after(dir, writer->fd, writer->key, floor_ns, status, error)) return false;
    return (renameat(dir->temporary_fd, writer->temporary, upload.fd, name) == 0 && dir_fsync(upload.fd) == 0) ||
           dir_fail(dir, errno, "store a part of", writer->key, error);
}

static bool part_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    PartWriter *writer = (PartWriter *)base;
    struct stat status;
    if (!place_part(writer, &status, error)) {
        part_abort(base);
        return false;
    }
    if (info)
        *info = (StoreInfo){.size = (guint64)status.st_size,
                            .etag = dir_etag(&status),
                            .modified_ms = dir_time_ns(status.st_mtim) / 1000000,
                            .content_type = g_strdup(store_content_type_of(writer->key))};
    part_free(writer);
    return true;
}

static bool upload_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer,
                            GError **error) {
    static const StoreWriterBackend backend = {.write = part_write, .commit = part_commit, .abort = part_abort};
    DirStore *dir = (DirStore *)store;
    g_autofree char *temporary = NULL;
    g_auto(Upload) upload = UPLOAD_NONE;
    if (!open_upload(dir, key, upload_id, false, &upload, error)) return false;
    int fd = dir_temporary_create(dir, &temporary);
    if (fd < 0) return dir_fail(dir, errno, "store a part of", key, error);
    PartWriter *opened = g_new0(PartWriter, 1);
    opened->base.backend = &backend;
    opened->dir = dir;
    opened->key = g_strdup(key);
    opened->upload_id = g_strdup(upload_id);
    opened->number = number;
    opened->fd = fd;
    opened->temporary = g_steal_pointer(&temporary);
    *writer = &opened->base;
    return true;
}

const StoreUploadsBackend dir_uploads_backend = {.begin = upload_begin,
                                                 .sign_part = store_sign_local_part,
                                                 .parts = upload_parts,
                                                 .complete = upload_complete,
                                                 .abort = upload_abort,
                                                 .put_part = upload_put_part};
