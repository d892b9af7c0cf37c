/* Server-sent events: a meeting's state is looked at twice a second and told when it has changed, until it is final. One thread
 * serves all streams; a stream that waits costs a suspended connection and no thread. */
#pragma once

#include "base/json.h"
#include "base/error.h"

struct MHD_Connection;
typedef struct EventHub EventHub;
typedef struct EventStream EventStream;

/* The state to tell, a new reference; `*final` true: nothing will follow. Called from the hub's thread and from
 * event_stream_open(). */
typedef bool (*EventSource)(gpointer user_data, const char *meeting_id, json_t **state, bool *final, GError **error);

EventHub *event_hub_new(EventSource source, gpointer user_data);
/* Ends every stream, so that no connection stays suspended; streams may outlive this, but not event_hub_free(). */
void event_hub_stop(EventHub *hub);
void event_hub_free(EventHub *hub);
guint event_hub_count(EventHub *hub);

/* A stream with the present state as its first event. ERROR_TOO_MANY beyond EVENT_STREAMS_MAX; the source's error where it has
 * nothing to tell. */
bool event_stream_open(EventHub *hub, const char *meeting_id, EventStream **stream, GError **error);
void event_stream_close(EventStream *stream);
/* Copies what is to be sent; 0: `connection` was suspended and will be resumed; -1: the stream has ended. */
gssize event_stream_read(EventStream *stream, struct MHD_Connection *connection, char *buffer, gsize max);
