/* The hub's lock guards every stream; the source (which reads the store) is asked without it, so each stream is counted while
 * it is in use. */
#include "http/event_hub.h"

#include <microhttpd.h>
#include <string.h>

#include "base/limits.h"

#define TICK_US (500 * G_TIME_SPAN_MILLISECOND)
#define HEARTBEAT_US (15 * G_TIME_SPAN_SECOND) /* a client that is gone is found at the next write */

struct EventStream {
    EventHub *hub;
    gint references;
    char *meeting_id;
    GString *pending;                 /* not yet sent */
    char *told;                       /* the last state, to see a change */
    gint64 told_us;
    bool ended;                       /* nothing follows `pending` */
    struct MHD_Connection *suspended; /* NULL: not waiting */
};

struct EventHub {
    EventSource source;
    gpointer user_data;
    GThread *thread;
    GMutex mutex;
    GCond changed;
    GPtrArray *streams; /* open ones, borrowed */
    bool stopping;
};

static void stream_unref(gpointer data) {
    EventStream *stream = data;
    if (!g_atomic_int_dec_and_test(&stream->references)) return;
    g_free(stream->meeting_id);
    g_free(stream->told);
    g_string_free(stream->pending, TRUE);
    g_free(stream);
}

/* With the lock held. */
static void wake(EventStream *stream) {
    if (!stream->suspended) return;
    MHD_resume_connection(stream->suspended);
    stream->suspended = NULL;
}

static void add_event(EventStream *stream, const char *event, const char *data) {
    g_string_append_printf(stream->pending, "event: %s\ndata: %s\n\n", event, data);
    stream->told_us = g_get_monotonic_time();
}

/* Tells the state where it has changed. With the lock held. */
static void tell(EventStream *stream, const json_t *state, bool final) {
    char *data = json_dumps(state, JSON_COMPACT);
    if (stream->ended) {
        free(data);
        return;
    }
    if (g_strcmp0(data, stream->told) != 0) {
        add_event(stream, "progress", data);
        g_free(stream->told);
        stream->told = g_strdup(data);
    } else if (g_get_monotonic_time() - stream->told_us >= HEARTBEAT_US) {
        g_string_append(stream->pending, ": still here\n\n");
        stream->told_us = g_get_monotonic_time();
    }
    if (final) add_event(stream, "done", data);
    stream->ended = final;
    free(data);
    if (stream->pending->len > 0) wake(stream);
}

static void look(EventHub *hub, EventStream *stream) {
    g_autoptr(json_t) state = NULL;
    g_autoptr(GError) error = NULL;
    bool final = false;
    if (!hub->source(hub->user_data, stream->meeting_id, &state, &final, &error)) {
        /* What can't be looked at now may be there the next time; what is gone ends the stream. */
        if (error_kind(error)->retryable) return;
        state = json_pack("{s:s, s:{s:s, s:o}}", "status", "gone", "error", "code", error_kind(error)->name, "message",
                          json_text(error->message));
        final = true;
    }
    g_mutex_lock(&hub->mutex);
    tell(stream, state, final);
    g_mutex_unlock(&hub->mutex);
}

static gpointer hub_main(gpointer data) {
    EventHub *hub = data;
    g_mutex_lock(&hub->mutex);
    while (!hub->stopping) {
        if (hub->streams->len == 0) {
            g_cond_wait(&hub->changed, &hub->mutex);
            continue;
        }
        g_autoptr(GPtrArray) streams = g_ptr_array_new_with_free_func(stream_unref);
        for (guint i = 0; i < hub->streams->len; i++) {
            EventStream *stream = g_ptr_array_index(hub->streams, i);
            g_atomic_int_inc(&stream->references);
            g_ptr_array_add(streams, stream);
        }
        g_mutex_unlock(&hub->mutex);
        for (guint i = 0; i < streams->len; i++) look(hub, g_ptr_array_index(streams, i));
        g_mutex_lock(&hub->mutex);
        gint64 next_us = g_get_monotonic_time() + TICK_US;
        while (!hub->stopping && g_cond_wait_until(&hub->changed, &hub->mutex, next_us)) continue;
    }
    g_mutex_unlock(&hub->mutex);
    return NULL;
}

EventHub *event_hub_new(EventSource source, gpointer user_data) {
    EventHub *hub = g_new0(EventHub, 1);
    hub->source = source;
    hub->user_data = user_data;
    g_mutex_init(&hub->mutex);
    g_cond_init(&hub->changed);
    hub->streams = g_ptr_array_new();
    hub->thread = g_thread_new("events", hub_main, hub);
    return hub;
}

void event_hub_stop(EventHub *hub) {
    g_mutex_lock(&hub->mutex);
    hub->stopping = true;
    g_cond_broadcast(&hub->changed);
    g_mutex_unlock(&hub->mutex);
    g_thread_join(g_steal_pointer(&hub->thread));
    g_mutex_lock(&hub->mutex);
    for (guint i = 0; i < hub->streams->len; i++) {
        EventStream *stream = g_ptr_array_index(hub->streams, i);
        stream->ended = true;
        wake(stream);
    }
    g_mutex_unlock(&hub->mutex);
}

void event_hub_free(EventHub *hub) {
    if (!hub) return;
    g_assert(hub->streams->len == 0 && !hub->thread);
    g_ptr_array_unref(hub->streams);
    g_cond_clear(&hub->changed);
    g_mutex_clear(&hub->mutex);
    g_free(hub);
}

guint event_hub_count(EventHub *hub) {
    g_mutex_lock(&hub->mutex);
    guint count = hub->streams->len;
    g_mutex_unlock(&hub->mutex);
    return count;
}

/* Enters the stream in the hub's list; false where it is full or the server stops. */
static bool enter(EventHub *hub, EventStream *stream) {
    g_mutex_lock(&hub->mutex);
    bool room = !hub->stopping && hub->streams->len < EVENT_STREAMS_MAX;
    if (room) g_ptr_array_add(hub->streams, stream);
    g_cond_broadcast(&hub->changed);
    g_mutex_unlock(&hub->mutex);
    return room;
}

bool event_stream_open(EventHub *hub, const char *meeting_id, EventStream **stream, GError **error) {
    g_autoptr(json_t) state = NULL;
    bool final = false;
    if (!hub->source(hub->user_data, meeting_id, &state, &final, error)) return false;
    EventStream *opened = g_new0(EventStream, 1);
    opened->hub = hub;
    opened->references = 1;
    opened->meeting_id = g_strdup(meeting_id);
    opened->pending = g_string_new("retry: 2000\n\n");
    tell(opened, state, final); /* nobody else knows it yet */
    if (!enter(hub, opened)) {
        stream_unref(opened);
        return fail(error, ERROR_TOO_MANY, "%d listeners are told of progress already; ask again later", EVENT_STREAMS_MAX);
    }
    *stream = opened;
    return true;
}

void event_stream_close(EventStream *stream) {
    if (!stream) return;
    EventHub *hub = stream->hub;
    g_mutex_lock(&hub->mutex);
    g_ptr_array_remove_fast(hub->streams, stream);
    stream->suspended = NULL;
    g_mutex_unlock(&hub->mutex);
    stream_unref(stream);
}

gssize event_stream_read(EventStream *stream, struct MHD_Connection *connection, char *buffer, gsize max) {
    gssize result = 0;
    g_mutex_lock(&stream->hub->mutex);
    if (stream->pending->len > 0) {
        gsize size = MIN(max, stream->pending->len);
        memcpy(buffer, stream->pending->str, size);
        g_string_erase(stream->pending, 0, (gssize)size);
        result = (gssize)size;
    } else if (stream->ended || stream->hub->stopping) {
        result = -1;
    } else {
        MHD_suspend_connection(connection);
        stream->suspended = connection;
    }
    g_mutex_unlock(&stream->hub->mutex);
    return result;
}
