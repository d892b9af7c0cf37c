/* The first flush looks for the upload and opens the store's writer; the end of the body commits it. */
#include "http/part.h"

#include "base/limits.h"
#include "ingest/transfer.h"

typedef struct {
    Sink base;
    StoreWriter *writer; /* opened with the first flush */
} Part;

static bool open_by_id(const Workspace *workspace, const Request *request, StoreWriter **writer, GError **error) {
    g_autoptr(Transfer) transfer = NULL;
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(request->second, 10, 1, S3_PARTS_MAX, &number, NULL))
        return fail(error, ERROR_INVALID, "a part has a number from 1 to %d, not %.20s", S3_PARTS_MAX, request->second);
    return transfer_read(&workspace->meetings, request->parameter, &transfer, error) &&
           transfer_take_part(&workspace->meetings, transfer, (guint)number, request->content_length, writer, error);
}

static bool open_writer(Part *part, GError **error) {
    const Request *request = part->base.request;
    const Workspace *workspace = part->base.context->workspace;
    if (request->parameter) return open_by_id(workspace, request, &part->writer, error);
    g_autofree char *key = NULL, *upload_id = NULL;
    guint number = 0;
    const char *query = request->raw_query ? request->raw_query : "";
    return store_check_part_url(workspace->store, request->raw_path, query, &key, &upload_id, &number, error) &&
           transfer_put_part(&workspace->meetings, key, upload_id, number, request->content_length, &part->writer, error);
}

static bool part_flush(Sink *sink, GError **error) {
    Part *part = (Part *)sink;
    if (!part->writer && !open_writer(part, error)) return false;
    if (!store_writer_write(part->writer, sink->block->data, sink->block->len, error)) return false;
    g_byte_array_set_size(sink->block, 0);
    return true;
}

static bool part_finish(Sink *sink, Response *response, GError **error) {
    Part *part = (Part *)sink;
    g_auto(StoreInfo) info = {0};
    if (!part_flush(sink, error) || !store_writer_commit(g_steal_pointer(&part->writer), &info, error)) return false;
    g_autofree char *etag = g_strdup_printf("\"%s\"", info.etag);
    response->status = 200;
    response_header(response, "ETag", etag);
    return true;
}

static void part_free(Sink *sink) {
    Part *part = (Part *)sink;
    g_clear_pointer(&part->writer, store_writer_abort);
    sink_clear(sink);
    g_free(part);
}

static bool check_head(const Request *request, GError **error) {
    if (request->chunked) return fail(error, ERROR_INVALID, "a part's length must be known: send it with Content-Length, not chunked");
    if (request->content_length > UPLOAD_PART_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "a part has at most %d GiB", (int)(UPLOAD_PART_BYTES_MAX / GIB));
    return request->content_length > 0 || fail(error, ERROR_INVALID, "the part is empty (0 bytes)");
}

bool part_open(Context *context, const Request *request, struct MHD_Connection *connection, Sink **sink, GError **error) {
    static const SinkKind kind = {.flush = part_flush, .finish = part_finish, .free = part_free};
    Sink base;
    if (!check_head(request, error) || !sink_init(&base, &kind, context, request, error)) return false;
    Part *opened = g_new0(Part, 1);
    opened->base = base;
    *sink = &opened->base;
    return true;
}
