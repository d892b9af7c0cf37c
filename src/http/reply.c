/* From Response to MHD_Response, and the two bodies that come piece by piece. */
#include "http/reply.h"

#include <string.h>

#include "base/limits.h"
#include "http/places.h"
#include "http/shared_reply.h"

#define SEND_BLOCK_BYTES (64 * KIB)    /* handed to the socket at one time */
#define EVENT_BLOCK_BYTES (4 * KIB)

typedef struct {
    Context *context;
    struct MHD_Connection *connection;
    GBytes *head, *tail;       /* around the object's part; NULL: nothing */
    StoreReader *reader;
    guint64 length;            /* of the object's part */
    guint64 offset, remaining; /* not read yet */
    guint8 *block;
    gsize filled, sent;        /* of the block */
    GError *error;
} Stream;

static void stream_free(void *cls) {
    Stream *stream = cls;
    store_reader_close(stream->reader);
    g_clear_pointer(&stream->head, g_bytes_unref);
    g_clear_pointer(&stream->tail, g_bytes_unref);
    g_clear_error(&stream->error);
    g_free(stream->block);
    place_give(stream->context, PLACE_ANSWER);
    g_free(stream);
}

/* A task. An object that ends early must not look whole: the connection breaks off. */
static void stream_fill(gpointer user_data) {
    Stream *stream = user_data;
    gsize wanted = (gsize)MIN(stream->remaining, UPLOAD_BLOCK_BYTES), got = 0;
    if (store_reader_read(stream->reader, stream->offset, stream->block, wanted, &got, &stream->error) && got < wanted)
        fail(&stream->error, ERROR_CORRUPT, "the object ends before its size");
    if (stream->error) context_report("an object could not be sent whole", stream->error);
    stream->sent = 0;
    stream->filled = got;
    stream->offset += got;
    stream->remaining -= got;
    MHD_resume_connection(stream->connection);
}

static gsize size_of(GBytes *bytes) { return bytes ? g_bytes_get_size(bytes) : 0; }

static ssize_t copy_from(GBytes *bytes, guint64 offset, char *buffer, size_t max) {
    gsize size = MIN(max, size_of(bytes) - (gsize)offset);
    memcpy(buffer, (const char *)g_bytes_get_data(bytes, NULL) + offset, size);
    return (ssize_t)size;
}

static ssize_t stream_read(void *cls, uint64_t position, char *buffer, size_t max) {
    Stream *stream = cls;
    guint64 tail_from = size_of(stream->head) + stream->length;
    if (stream->error) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (position < size_of(stream->head)) return copy_from(stream->head, position, buffer, max);
    if (position >= tail_from + size_of(stream->tail)) return MHD_CONTENT_READER_END_OF_STREAM;
    if (position >= tail_from) return copy_from(stream->tail, position - tail_from, buffer, max);
    if (stream->sent < stream->filled) {
        gsize size = MIN(max, stream->filled - stream->sent);
        memcpy(buffer, stream->block + stream->sent, size);
        stream->sent += size;
        return (ssize_t)size;
    }
    if (!tasks_reserve(stream->context->tasks, LANE_READ, NULL)) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!stream->block) stream->block = g_malloc((gsize)MIN(stream->remaining, UPLOAD_BLOCK_BYTES));
    MHD_suspend_connection(stream->connection);
    tasks_push(stream->context->tasks, LANE_READ, stream_fill, stream);
    return 0;
}

typedef struct {
    struct MHD_Connection *connection;
    EventStream *events;
} Listener;

static ssize_t listener_read(void *cls, uint64_t position, char *buffer, size_t max) {
    Listener *listener = cls;
    gssize size = event_stream_read(listener->events, listener->connection, buffer, max);
    return size < 0 ? MHD_CONTENT_READER_END_OF_STREAM : size;
}

static void listener_free(void *cls) {
    Listener *listener = cls;
    event_stream_close(listener->events);
    g_free(listener);
}

static void bytes_free(void *cls) { g_bytes_unref(cls); }

static struct MHD_Response *make(Context *context, struct MHD_Connection *connection, Response *response) {
    if (response->reader) {
        Stream *stream = g_new0(Stream, 1);
        stream->context = context;
        stream->connection = connection;
        stream->reader = g_steal_pointer(&response->reader);
        stream->offset = response->first;
        stream->length = stream->remaining = response->length;
        stream->head = g_steal_pointer(&response->head);
        stream->tail = g_steal_pointer(&response->tail);
        guint64 size = size_of(stream->head) + stream->length + size_of(stream->tail);
        return MHD_create_response_from_callback(size, SEND_BLOCK_BYTES, stream_read, stream, stream_free);
    }
    if (response->events) {
        Listener *listener = g_new(Listener, 1);
        *listener = (Listener){connection, g_steal_pointer(&response->events)};
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EVENT_BLOCK_BYTES, listener_read, listener, listener_free);
    }
    if (!response->bytes) return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    gsize size = 0;
    GBytes *bytes = g_steal_pointer(&response->bytes);
    gpointer data = (gpointer)g_bytes_get_data(bytes, &size);
    return MHD_create_response_from_buffer_with_free_callback_cls(size, data, bytes_free, bytes);
}

static struct MHD_Response *make_whole(Context *context, struct MHD_Connection *connection, Response *response, bool secure) {
    security_headers(response, secure);
    struct MHD_Response *made = make(context, connection, response);
    for (guint i = 0; made && i < response->headers->len; i += 2)
        MHD_add_response_header(made, g_ptr_array_index(response->headers, i), g_ptr_array_index(response->headers, i + 1));
    return made;
}

/* Whoever comes first makes it. */
static struct MHD_Response *take_shared(Context *context, struct MHD_Connection *connection, Response *response, bool secure) {
    SharedReply *shared = response->shared;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&shared->mutex);
    if (!shared->made[secure]) shared->made[secure] = make_whole(context, connection, response, secure);
    return shared->made[secure];
}

enum MHD_Result reply_queue(Context *context, struct MHD_Connection *connection, Response *response, bool secure, bool close) {
    bool is_shared = response->shared && !close;
    struct MHD_Response *made = (is_shared ? take_shared : make_whole)(context, connection, response, secure);
    if (!made) return MHD_NO;
    if (close) MHD_add_response_header(made, "Connection", "close");
    if (response->status < HTTP_STATUS_MAX) atomic_fetch_add(&context->counters.answers[response->status], 1);
    enum MHD_Result queued = MHD_queue_response(connection, response->status, made);
    if (!is_shared) MHD_destroy_response(made);
    return queued;
}
