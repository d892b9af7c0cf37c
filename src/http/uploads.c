/* /api/uploads: recordings that come in parts. The parts go to signed URLs, of the bucket or of this server (part.c); here they are begun, asked for,
 * signed, completed and aborted. */
#include <string.h>

#include "base/limits.h"
#include "http/resources.h"
#include "http/upload.h"
#include "ingest/transfer.h"

/* -- begin --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *filename, *content_type, *title, *language, *vocabulary; /* borrowed from the body */
    GPtrArray *tags;                                                     /* const char *; ends in NULL */
    guint64 size;
} Asked;

static bool read_tags(const json_t *body, GPtrArray *tags, GError **error) {
    const json_t *array = json_object_get(body, "tags"), *tag;
    gsize i;
    if (array && !json_is_null(array) && !json_is_array(array)) return fail(error, ERROR_INVALID, "tags must be an array of strings");
    if (json_array_size(array) > TAGS_MAX) return fail(error, ERROR_INVALID, "a meeting has at most %d tags", TAGS_MAX);
    json_array_foreach(array, i, tag) {
        if (!json_is_string(tag)) return fail(error, ERROR_INVALID, "tags must be an array of strings");
        g_ptr_array_add(tags, (gpointer)json_string_value(tag));
    }
    g_ptr_array_add(tags, NULL);
    return true;
}

static bool read_asked(const json_t *body, Asked *asked, GError **error) {
    const json_t *size = json_object_get(body, "size");
    if (!body_get_text(body, "filename", &asked->filename, error) || !body_get_text(body, "content_type", &asked->content_type, error) ||
        !body_get_text(body, "title", &asked->title, error) || !body_get_text(body, "language", &asked->language, error) ||
        !body_get_text(body, "vocabulary", &asked->vocabulary, error) || !read_tags(body, asked->tags, error))
        return false;
    if (!asked->filename) return fail(error, ERROR_INVALID, "filename is missing: the name of the recording's file");
    gint64 bytes = -1;
    if (!body_read_whole(size, &bytes) || bytes < 0) return fail(error, ERROR_INVALID, "size must be the number of the file's bytes");
    asked->size = (guint64)bytes;
    return true;
}

static json_t *view(const Transfer *transfer) {
    g_autofree char *created = time_format(transfer->created_ms), *expires = time_format(transfer->created_ms + UPLOAD_AGE_MS_MAX);
    return json_pack("{s:o, s:o, s:o, s:s, s:I, s:I, s:i, s:s, s:s}", "meeting_id", json_text(transfer->meeting_id), "filename",
                     json_text(transfer->filename), "title", json_text(transfer->title), "state", transfer_state_name(transfer->state), "size",
                     (json_int_t)transfer->size, "part_size", (json_int_t)transfer->part_size, "part_count", (int)transfer_part_count(transfer),
                     "created", created, "expires", expires);
}

static json_t *success(const Transfer *transfer) {
    json_t *json = view(transfer);
    json_object_set_new(json, "success", json_true());
    return json;
}

bool uploads_begin(Context *context, const Request *request, Response *response, GError **error) {
    const Workspace *workspace = context->workspace;
    g_autoptr(GPtrArray) tags = g_ptr_array_new();
    g_autoptr(Transfer) transfer = NULL;
    Asked asked = {.tags = tags};
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) body = json_parse_object(data, size, "the request body", error);
    if (!body || !read_asked(body, &asked, error)) return false;
    g_autofree char *content_type = upload_content_type(asked.content_type);
    IngestOptions options = {.filename = asked.filename,
                             .content_type = content_type,
                             .title = asked.title,
                             .language = asked.language,
                             .vocabulary = asked.vocabulary,
                             .tags = (const char *const *)tags->pdata,
                             .copy_folder = workspace_copy_folder(workspace)};
    if (!transfer_begin(&workspace->meetings, &options, asked.size, &transfer, error)) return false;
    g_autofree char *location = g_strdup_printf("/api/uploads/%s", transfer->meeting_id);
    response_subject(response, transfer->meeting_id);
    response_json(response, 201, success(transfer));
    response_header(response, "Location", location);
    return true;
}

/* -- what is there ------------------------------------------------------------------------------------------------------- */

bool uploads_list(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(GPtrArray) transfers = NULL;
    gint64 limit;
    if (!request_query_int(request, "limit", 1, TRANSFERS_MAX, TRANSFERS_MAX, &limit, error) ||
        !transfers_list(&context->workspace->meetings, (guint)limit, &transfers, error))
        return false;
    json_t *views = json_array();
    for (guint i = 0; i < transfers->len; i++) json_array_append_new(views, view(g_ptr_array_index(transfers, i)));
    response_json(response, 200, json_pack("{s:b, s:i, s:o}", "success", 1, "count", (int)transfers->len, "uploads", views));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

bool upload_get(Context *context, const Request *request, Response *response, GError **error) {
    const Meetings *meetings = &context->workspace->meetings;
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(GPtrArray) parts = NULL;
    if (!transfer_read(meetings, request->parameter, &transfer, error) || !transfer_parts(meetings, transfer, &parts, error)) return false;
    json_t *views = json_array();
    for (guint i = 0; i < parts->len; i++) {
        const StorePart *part = g_ptr_array_index(parts, i);
        json_array_append_new(views, json_pack("{s:i, s:I}", "number", (int)part->number, "size", (json_int_t)part->size));
    }
    json_t *answer = success(transfer);
    json_object_set_new(answer, "parts", views);
    response_json(response, 200, answer);
    response_header(response, "Cache-Control", "no-store");
    return true;
}

/* -- parts --------------------------------------------------------------------------------------------------------------- */

static bool read_number(const json_t *value, guint *number, GError **error) {
    gint64 given = 0;
    if (!body_read_whole(value, &given) || given < 1 || given > S3_PARTS_MAX)
        return fail(error, ERROR_INVALID, "numbers must hold numbers of parts, from 1 on");
    *number = (guint)given;
    return true;
}

static bool sign_all(Context *context, const Transfer *transfer, const json_t *numbers, json_t *urls, GError **error) {
    const Workspace *workspace = context->workspace;
    const json_t *value;
    gsize i;
    json_array_foreach(numbers, i, value) {
        g_autofree char *url = NULL;
        guint number = 0;
        if (!read_number(value, &number, error) ||
            !transfer_sign(&workspace->meetings, transfer, number, workspace->settings->url_expiry_s, &url, error))
            return false;
        json_array_append_new(urls, json_pack("{s:i, s:I, s:o}", "number", (int)number, "size",
                                              (json_int_t)transfer_part_bytes(transfer, number), "url", json_text(url)));
    }
    return true;
}

bool upload_sign(Context *context, const Request *request, Response *response, GError **error) {
    const Workspace *workspace = context->workspace;
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) urls = json_array();
    gsize size = 0;
    const void *data = g_bytes_get_data(request->body, &size);
    g_autoptr(json_t) body = json_parse_object(data, size, "the request body", error);
    if (!body) return false;
    const json_t *numbers = json_object_get(body, "numbers");
    if (json_array_size(numbers) < 1 || json_array_size(numbers) > UPLOAD_SIGN_MAX)
        return fail(error, ERROR_INVALID, "numbers must be an array of 1 to %d numbers of parts", UPLOAD_SIGN_MAX);
    gint64 expires_ms = clock_now_ms(workspace->clock) + workspace->settings->url_expiry_s * G_GINT64_CONSTANT(1000);
    if (!transfer_read(&workspace->meetings, request->parameter, &transfer, error) || !sign_all(context, transfer, numbers, urls, error))
        return false;
    g_autofree char *expires = time_format(expires_ms);
    response_json(response, 200, json_pack("{s:b, s:s, s:i, s:s, s:O}", "success", 1, "meeting_id", transfer->meeting_id, "expires_in",
                                           workspace->settings->url_expiry_s, "expires", expires, "urls", urls));
    response_header(response, "Cache-Control", "no-store");
    return true;
}

/* -- its end ------------------------------------------------------------------------------------------------------------- */

bool upload_complete(Context *context, const Request *request, Response *response, GError **error) {
    const Workspace *workspace = context->workspace;
    guint64 bytes = 0;
    if (!transfer_complete(&workspace->meetings, workspace->jobs, request->parameter, &bytes, error)) return false;
    atomic_fetch_add(&context->counters.uploads, bytes > 0);
    atomic_fetch_add(&context->counters.upload_bytes, bytes);
    if (context->worker) worker_wake(context->worker);
    response_accepted(response, request->parameter);
    return true;
}

bool upload_abort(Context *context, const Request *request, Response *response, GError **error) {
    const Workspace *workspace = context->workspace;
    if (!transfer_abort(&workspace->meetings, workspace->jobs, request->parameter, error)) return false;
    response_json(response, 200, json_pack("{s:b, s:s}", "success", 1, "meeting_id", request->parameter));
    return true;
}
