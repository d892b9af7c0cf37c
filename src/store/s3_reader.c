/* Reading. Opening is one GET of the first block, which for a document is all of it; its headers tell of the object. What follows is read in windows:
 * while an object is read on and on, each window is S3_WINDOW_BYTES and the next ones are fetched in the background; a read elsewhere (the index at the end
 * of an m4a) fetches one block. A read that is larger than a window goes straight to the caller's buffer.
 *
 * Each GET names the version that opening found (If-Match), so that two are never mixed. What a sum of the whole is known for is checked: a document in
 * one GET when it is opened, a large object that was read from its start to its end without a gap by asking for the sum at its end. */
#include <string.h>
#include <sys/mman.h>

#include "base/limits.h"
#include "store/s3_internal.h"

typedef enum { FETCH_WAITING, FETCH_RUNNING, FETCH_DONE, FETCH_FAILED } FetchState;

/* One window, shared by the reader and the pool: a reference-counted box. When it is done, the pool does not look at `data` any more. */
typedef struct {
    S3Store *s3;
    char *key, *etag;
    guint64 offset;
    gsize size;
    guint8 *data; /* mapped for it alone, as the parts of puts are; a window is made of the one before where that has its size */
    GCancellable *cancel;
    GMutex mutex; /* of the rest */
    GCond changed;
    FetchState state;
    GError *failure;
} Fetch;

typedef struct {
    StoreReader base;
    S3Store *s3;
    char *key, *etag;
    guint8 *first; /* the first block */
    gsize first_size;
    Fetch *windows[S3_WINDOWS]; /* NULL: none; in no order */
    guint64 next;    /* where the last read ended */
    guint64 run;     /* bytes read on and on up to there */
    guint32 sum;     /* of the bytes from 0 to `summed` */
    guint64 summed;  /* == next as long as nothing was left out */
} S3Reader;

/* ---- one ranged GET ---- */

static bool check_range(const HttpResponse *response, const char *key, guint64 offset, gsize size, GError **error) {
    const char *range = http_response_header(response, "Content-Range");
    g_autofree char *begins = g_strdup_printf("bytes %" G_GUINT64_FORMAT "-", offset);
    if (response->status != 206 || !range || !g_str_has_prefix(range, begins) || response->into_got != size)
        return fail(error, ERROR_CORRUPT, "%s: the service gave other bytes than those asked for; check AWS_ENDPOINT_URL", key);
    return true;
}

static HttpHeaders *range_headers(guint64 offset, gsize size, const char *etag) {
    HttpHeaders *headers = http_headers_new();
    g_autofree char *range = g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, offset, offset + size - 1);
    g_autofree char *quoted = etag ? s3_quoted(etag) : NULL;
    http_headers_set(headers, "Range", range);
    if (quoted) http_headers_set(headers, "If-Match", quoted);
    return headers;
}

/* All of `size` bytes of this version. */
static bool get_range(S3Store *s3, const char *key, const char *etag, guint64 offset, void *into, gsize size, GCancellable *cancel, GError **error) {
    g_autoptr(GPtrArray) headers = range_headers(offset, size, etag);
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) problem = NULL;
    S3Request request = {.method = "GET", .key = key, .headers = headers, .into = into, .into_size = size, .cancel = cancel};
    if (s3_send(s3, &request, &response, NULL, &problem)) return check_range(&response, key, offset, size, error);
    bool replaced = error_is(problem, ERROR_PRECONDITION) || error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_RANGE);
    if (replaced) return fail(error, ERROR_PRECONDITION, "%s was replaced or removed while it was read; read it again", key);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* ---- windows ---- */

static Fetch *fetch_new(const S3Reader *reader, guint64 offset, gsize size, guint8 *data) {
    Fetch *fetch = g_atomic_rc_box_new0(Fetch);
    *fetch = (Fetch){.s3 = reader->s3, .key = g_strdup(reader->key), .etag = g_strdup(reader->etag), .offset = offset, .size = size,
                     .cancel = g_cancellable_new()};
    fetch->data = data ? data : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fetch->data == MAP_FAILED) g_error("no memory for a window of %zu bytes", size);
    g_mutex_init(&fetch->mutex);
    g_cond_init(&fetch->changed);
    return fetch;
}

static void fetch_clear(Fetch *fetch) {
    if (fetch->data) (void)munmap(fetch->data, fetch->size);
    g_object_unref(fetch->cancel);
    g_clear_error(&fetch->failure);
    g_mutex_clear(&fetch->mutex);
    g_cond_clear(&fetch->changed);
    g_free(fetch->key);
    g_free(fetch->etag);
}

static void fetch_unref(Fetch *fetch) {
    if (fetch) g_atomic_rc_box_release_full(fetch, (GDestroyNotify)fetch_clear);
}

/* Fetches, unless someone else does or did. */
static void fetch_run(Fetch *fetch) {
    g_mutex_lock(&fetch->mutex);
    bool mine = fetch->state == FETCH_WAITING;
    if (mine) fetch->state = FETCH_RUNNING;
    g_mutex_unlock(&fetch->mutex);
    if (!mine) return;
    GError *problem = NULL;
    bool got = get_range(fetch->s3, fetch->key, fetch->etag, fetch->offset, fetch->data, fetch->size, fetch->cancel, &problem);
    g_mutex_lock(&fetch->mutex);
    fetch->state = got ? FETCH_DONE : FETCH_FAILED;
    fetch->failure = problem;
    g_cond_broadcast(&fetch->changed);
    g_mutex_unlock(&fetch->mutex);
}

void s3_fetch_work(gpointer data, gpointer s3) {
    fetch_run(data);
    fetch_unref(data);
}

/* Waits for the window; where no thread has begun with it, this one does. */
static bool fetch_finish(Fetch *fetch, GError **error) {
    fetch_run(fetch);
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&fetch->mutex);
    while (fetch->state == FETCH_RUNNING) g_cond_wait(&fetch->changed, &fetch->mutex);
    if (fetch->state == FETCH_DONE) return true;
    g_propagate_error(error, g_error_copy(fetch->failure));
    return false;
}

/* The reader needs it no more; the pool may still have it, and then ends soon. */
static void drop(Fetch **fetch) {
    if (*fetch) g_cancellable_cancel((*fetch)->cancel);
    fetch_unref(g_steal_pointer(fetch));
}

/* Its memory, for the next one of that size; NULL where it may still be written to. */
static guint8 *take_memory(Fetch *fetch, gsize size) {
    if (!fetch || fetch->size != size) return NULL;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&fetch->mutex);
    return fetch->state == FETCH_DONE ? g_steal_pointer(&fetch->data) : NULL;
}

static Fetch *find_window(const S3Reader *reader, guint64 offset) {
    for (int i = 0; i < S3_WINDOWS; i++) {
        Fetch *window = reader->windows[i];
        if (window && offset >= window->offset && offset - window->offset < window->size) return window;
    }
    return NULL;
}

/* Makes a window in the place of the one that lies furthest from where it is read now: behind, or far ahead. */
static Fetch *add_window(S3Reader *reader, guint64 reading, guint64 offset, gsize size) {
    int place = 0;
    guint64 furthest = 0;
    for (int i = 0; i < S3_WINDOWS; i++) {
        const Fetch *window = reader->windows[i];
        guint64 distance = !window ? G_MAXUINT64 : window->offset < reading ? reading - window->offset + S3_WINDOW_BYTES * S3_WINDOWS : window->offset - reading;
        if (distance < furthest) continue;
        furthest = distance;
        place = i;
    }
    guint8 *data = take_memory(reader->windows[place], size);
    drop(&reader->windows[place]);
    reader->windows[place] = fetch_new(reader, offset, size, data);
    return reader->windows[place];
}

/* Has the windows behind `window` fetched in the background. */
static void fetch_ahead(S3Reader *reader, const Fetch *window) {
    guint64 offset = window->offset + window->size, reading = window->offset;
    for (int i = 1; i < S3_WINDOWS && offset < reader->base.size; i++) {
        const Fetch *next = find_window(reader, offset);
        if (!next) {
            Fetch *made = add_window(reader, reading, offset, (gsize)MIN(S3_WINDOW_BYTES, reader->base.size - offset));
            g_thread_pool_push(reader->s3->fetches, g_atomic_rc_box_acquire(made), NULL);
            next = made;
        }
        offset = next->offset + next->size;
    }
}

/* ---- the reader ---- */

static gsize read_first(const S3Reader *reader, guint64 offset, guint8 *buffer, gsize size) {
    if (offset >= reader->first_size) return 0;
    gsize count = MIN(size, reader->first_size - (gsize)offset);
    memcpy(buffer, reader->first + offset, count);
    return count;
}

/* Copies what one window holds. */
static bool read_window(S3Reader *reader, guint64 offset, bool on_and_on, guint8 *buffer, gsize size, gsize *got, GError **error) {
    Fetch *window = find_window(reader, offset);
    gsize wanted = on_and_on ? S3_WINDOW_BYTES : S3_BLOCK_BYTES;
    if (!window) window = add_window(reader, offset, offset, (gsize)MIN(wanted, reader->base.size - offset));
    if (on_and_on) fetch_ahead(reader, window);
    if (!fetch_finish(window, error)) {
        for (int i = 0; i < S3_WINDOWS; i++) /* asked again, it is fetched again */
            if (reader->windows[i] == window) drop(&reader->windows[i]);
        return false;
    }
    gsize from = (gsize)(offset - window->offset), count = MIN(size, window->size - from);
    memcpy(buffer, window->data + from, count);
    *got = count;
    return true;
}

static bool check_sum(const S3Reader *reader, const HttpResponse *response, guint32 sum, GError **error) {
    guint32 told;
    if (!crc32c_parse(http_response_header(response, "x-amz-checksum-crc32c"), &told) || told == sum) return true;
    return fail(error, ERROR_IO, "%s came damaged: its CRC-32C is not the one that S3 has of it; read it again", reader->key);
}

/* All of a large object was read on and on: asks for its sum. */
static bool check_whole(const S3Reader *reader, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_auto(HttpResponse) response = {0};
    g_autofree char *quoted = s3_quoted(reader->etag);
    http_headers_set(headers, "x-amz-checksum-mode", "ENABLED");
    http_headers_set(headers, "If-Match", quoted);
    /* Where it can't be asked any more, there is nothing to compare with: the bytes are of one version all the same. */
    if (!s3_send(reader->s3, &(S3Request){.method = "HEAD", .key = reader->key, .headers = headers}, &response, NULL, NULL)) return true;
    return check_sum(reader, &response, reader->sum, error);
}

/* Keeps account of what was read, and checks the whole at its end. */
static bool account(S3Reader *reader, guint64 offset, const void *buffer, gsize size, GError **error) {
    reader->run = offset == reader->next ? reader->run + size : 0;
    reader->next = offset + size;
    if (reader->first_size == reader->base.size || offset != reader->summed) return true;
    reader->sum = crc32c_add(reader->sum, buffer, size);
    reader->summed += size;
    if (reader->summed < reader->base.size || check_whole(reader, error)) return true;
    reader->sum = 0;
    reader->summed = 0;
    for (int i = 0; i < S3_WINDOWS; i++) drop(&reader->windows[i]);
    return false;
}

static bool reader_read(StoreReader *base, guint64 offset, void *buffer, gsize size, gsize *got, GError **error) {
    S3Reader *reader = (S3Reader *)base;
    bool on_and_on = offset == reader->next && (offset == reader->summed || reader->run >= 2 * S3_BLOCK_BYTES);
    gsize done = read_first(reader, offset, buffer, size);
    while (done < size) {
        guint64 at = offset + done;
        gsize count = size - done;
        if (count > S3_WINDOW_BYTES && !find_window(reader, at)) {
            if (!get_range(reader->s3, reader->key, reader->etag, at, (guint8 *)buffer + done, count, NULL, error)) return false;
        } else if (!read_window(reader, at, on_and_on, (guint8 *)buffer + done, count, &count, error)) {
            return false;
        }
        done += count;
    }
    if (!account(reader, offset, buffer, size, error)) return false;
    *got = size;
    return true;
}

static void reader_close(StoreReader *base) {
    S3Reader *reader = (S3Reader *)base;
    for (int i = 0; i < S3_WINDOWS; i++) drop(&reader->windows[i]);
    g_free(reader->first);
    g_free(reader->key);
    g_free(reader->etag);
    g_free(reader);
}

/* ---- opening ---- */

/* "bytes 0-9/10" → 10 */
static bool read_total(const HttpResponse *response, guint64 *size) {
    const char *range = http_response_header(response, "Content-Range"), *slash = range ? strchr(range, '/') : NULL;
    return slash && g_ascii_string_to_unsigned(slash + 1, 10, 0, RECORDING_BYTES_MAX, size, NULL);
}

/* The first block into `reader->first`. An empty object has no first byte, and some services say so with 416. */
static bool get_first(S3Reader *reader, StoreInfo *info, GError **error) {
    g_autoptr(GPtrArray) headers = range_headers(0, S3_FIRST_BYTES, NULL);
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) problem = NULL;
    http_headers_set(headers, "x-amz-checksum-mode", "ENABLED");
    S3Request request = {.method = "GET", .key = reader->key, .headers = headers, .into = reader->first, .into_size = S3_FIRST_BYTES};
    if (!s3_send(reader->s3, &request, &response, NULL, &problem)) {
        if (error_is(problem, ERROR_RANGE)) return s3_head(&reader->s3->base, reader->key, info, error);
        if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "there is no object %s", reader->key);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    info->size = response.into_got;
    if (response.status == 206 && !read_total(&response, &info->size))
        return fail(error, ERROR_CORRUPT, "%s: the service answers without a length that can be read; check AWS_ENDPOINT_URL", reader->key);
    guint64 size = info->size;
    if (response.into_got != MIN(size, S3_FIRST_BYTES))
        return fail(error, ERROR_CORRUPT, "%s: the service gave other bytes than those asked for; check AWS_ENDPOINT_URL", reader->key);
    reader->first_size = response.into_got;
    if (!s3_describe(&response, reader->key, info, NULL, error)) return false;
    info->size = size;
    return reader->first_size < size || check_sum(reader, &response, crc32c_add(0, reader->first, reader->first_size), error);
}

bool s3_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    static const StoreReaderBackend backend = {.read = reader_read, .close = reader_close};
    g_auto(StoreInfo) found = {0};
    S3Reader *opened = g_new0(S3Reader, 1);
    *opened = (S3Reader){.base = {.backend = &backend}, .s3 = (S3Store *)store, .key = g_strdup(key), .first = g_malloc(S3_FIRST_BYTES)};
    if (!get_first(opened, &found, error)) {
        reader_close(&opened->base);
        return false;
    }
    opened->base.size = found.size;
    opened->etag = g_strdup(found.etag);
    opened->first = g_realloc(opened->first, MAX(opened->first_size, 1));
    *reader = &opened->base;
    store_info_move(&found, info);
    return true;
}
