/* The block and the places that all kinds of sinks share. */
#include "http/sink.h"

#include "base/limits.h"
#include "http/places.h"

bool sink_init(Sink *sink, const SinkKind *kind, Context *context, const Request *request, GError **error) {
    if (!place_take(context, PLACE_UPLOAD, error)) return false;
    *sink = (Sink){.kind = kind, .context = context, .request = request, .block = g_byte_array_new()};
    return true;
}

void sink_clear(Sink *sink) {
    g_byte_array_unref(sink->block);
    place_give(sink->context, PLACE_UPLOAD);
}

bool sink_feed(Sink *sink, const char *data, gsize size, GError **error) {
    if (sink->kind->feed) return sink->kind->feed(sink, data, size, error);
    g_byte_array_append(sink->block, (const guint8 *)data, (guint)size);
    return true;
}

bool sink_is_full(const Sink *sink) { return sink->block->len >= UPLOAD_BLOCK_BYTES; }

bool sink_flush(Sink *sink, GError **error) { return sink->kind->flush(sink, error); }

bool sink_finish(Sink *sink, Response *response, GError **error) { return sink->kind->finish(sink, response, error); }

void sink_free(Sink *sink) {
    if (sink) sink->kind->free(sink);
}
