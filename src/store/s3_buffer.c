/* Parts: how large they are, what they stand in, and how many may be under way.
 *
 * The memory of a part is mapped for it alone: the system gives pages as they are filled, so that a document of some KiB takes some KiB, and gets them all
 * back, where the allocator would keep blocks of this size. While there are writers whose objects have many parts, the memory of those that were sent is
 * used again, since the system clears each page that it gives. Each writer owns the part that it fills; for those under way there are
 * S3_PARTS_IN_FLIGHT slots in the whole store. Who waits for a slot holds none, and those that hold one wait for nobody, so nothing can lock up. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/s3_internal.h"

guint64 s3_part_bytes(guint number) {
    if (number <= S3_PARTS_SMALL) return S3_PART_BYTES;
    guint64 bytes = S3_PART_BYTES << (1 + (number - S3_PARTS_SMALL - 1) / S3_PARTS_DOUBLING);
    return MIN(bytes, UPLOAD_PART_BYTES_MAX);
}

/* A file without a name: nothing is left of it, whatever happens. */
static int open_spool(const char *folder) {
    if (g_mkdir_with_parents(folder, 0700) != 0) return -1;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    g_autofree char *name = g_build_filename(folder, "part-XXXXXX", NULL);
    fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) (void)unlink(name);
    return fd;
}

static void take_spare(S3Buffer *buffer) {
    S3Store *s3 = buffer->s3;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&s3->mutex);
    if (s3->spare->len == 0) return;
    buffer->data = g_ptr_array_steal_index_fast(s3->spare, s3->spare->len - 1);
}

static bool keep_spare(S3Buffer *buffer) {
    S3Store *s3 = buffer->s3;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&s3->mutex);
    if (buffer->limit != S3_PART_BYTES || s3->uploading == 0 || s3->spare->len == S3_PARTS_IN_FLIGHT) return false;
    g_ptr_array_add(s3->spare, buffer->data);
    return true;
}

void s3_uploading(S3Store *s3, bool begins) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&s3->mutex);
    if (begins) s3->uploading++;
    else if (--s3->uploading == 0) g_ptr_array_set_size(s3->spare, 0);
}

void s3_spare_free(gpointer data) { (void)munmap(data, S3_PART_BYTES); }

S3Buffer *s3_buffer_new(S3Store *s3, guint64 limit, GError **error) {
    int fd = limit > S3_PART_BYTES_MEMORY_MAX ? open_spool(s3->spool) : -1;
    if (limit > S3_PART_BYTES_MEMORY_MAX && fd < 0) {
        fail_errno(error, errno == ENOENT ? EIO : errno, "can't keep a large part in %s (HANSARD_DATA); check its disk, free space and permissions", s3->spool);
        return NULL;
    }
    S3Buffer *buffer = g_new0(S3Buffer, 1);
    *buffer = (S3Buffer){.s3 = s3, .limit = limit, .fd = fd};
    if (limit == S3_PART_BYTES) take_spare(buffer);
    return buffer;
}

void s3_buffer_free(S3Buffer *buffer) {
    if (!buffer) return;
    if (buffer->data && !keep_spare(buffer)) (void)munmap(buffer->data, (gsize)buffer->limit);
    if (buffer->fd >= 0) (void)close(buffer->fd);
    g_free(buffer);
}

static void map_memory(S3Buffer *buffer) {
    buffer->data = mmap(NULL, (gsize)buffer->limit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (buffer->data == MAP_FAILED) g_error("no memory for a part of %" G_GUINT64_FORMAT " bytes", buffer->limit);
}

static bool append_to_file(const S3Buffer *buffer, const guint8 *data, gsize size) {
    for (gsize done = 0; done < size;) {
        ssize_t written = pwrite(buffer->fd, data + done, size - done, (off_t)(buffer->used + done));
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) done += (gsize)written;
    }
    return true;
}

bool s3_buffer_append(S3Buffer *buffer, const void *data, gsize size, gsize *taken, GError **error) {
    size = (gsize)MIN(size, buffer->limit - buffer->used);
    if (buffer->fd < 0) {
        if (!buffer->data) map_memory(buffer);
        memcpy(buffer->data + buffer->used, data, size);
    } else if (!append_to_file(buffer, data, size)) {
        return fail_errno(error, errno, "can't keep a large part in the directory HANSARD_DATA; free space there, or set it to a larger disk");
    }
    buffer->sum = crc32c_add(buffer->sum, data, size);
    buffer->used += size;
    *taken = size;
    return true;
}

HttpBody s3_buffer_body(const S3Buffer *buffer, GBytes **bytes) {
    if (buffer->fd >= 0 && buffer->used > 0) {
        *bytes = NULL;
        return (HttpBody){.fd = buffer->fd, .size = buffer->used};
    }
    *bytes = g_bytes_new_static(buffer->data, (gsize)buffer->used);
    return (HttpBody){.bytes = *bytes};
}

guint s3_slots_take(S3Store *s3, guint64 part_bytes) {
    guint slots = part_bytes > S3_PART_BYTES ? 2 : 1;
    g_mutex_lock(&s3->mutex);
    guint64 ticket = s3->slot_tickets++;
    while (ticket != s3->slot_turn || s3->slots_free < slots) g_cond_wait(&s3->slots_freed, &s3->mutex);
    s3->slots_free -= slots;
    s3->slot_turn++;
    g_cond_broadcast(&s3->slots_freed);
    g_mutex_unlock(&s3->mutex);
    return slots;
}

void s3_slots_give(S3Store *s3, guint slots) {
    g_mutex_lock(&s3->mutex);
    s3->slots_free += slots;
    g_cond_broadcast(&s3->slots_freed);
    g_mutex_unlock(&s3->mutex);
}
