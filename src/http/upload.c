/* Forms are read by libmicrohttpd's post processor, piece by piece; the first file goes to the block, small fields are kept.
 * Fields that come before the first full block apply (browsers send them in the order of the form); later ones are named in
 * X-Ignored-Fields. */
#include "http/upload.h"

#include <microhttpd.h>
#include <string.h>

#include "base/limits.h"
#include "base/sha256.h"
#include "base/text.h"
#include "http/keyed.h"
#include "http/resources.h"
#include "ingest/ingest.h"

#define FORM_BUFFER_BYTES (16 * KIB)
#define FORM_FIELDS_BYTES_MAX (64 * KIB) /* all fields but the file */
#define CONTENT_TYPE_BYTES_MAX 127

typedef struct {
    Sink base;
    struct MHD_PostProcessor *form; /* NULL: the body is the recording */
    char *filename, *content_type;  /* as the client says */
    GHashTable *fields;             /* title, language, tags, vocabulary → GString */
    GString *late;                  /* names of fields that came too late, joined by ',' */
    gsize field_bytes;
    guint64 file_bytes;
    Sha256 *sha256;                 /* of the file, where the request carries an Idempotency-Key; else NULL */
    Ingest *ingest;                 /* opened with the first flush */
    GError *form_error;             /* set by the form's iterator */
} Upload;

static const char *const field_names[] = {"title", "language", "tags", "vocabulary", NULL};

static bool is_field(const char *name) { return name && g_strv_contains(field_names, name); }

static void free_text(gpointer text) { g_string_free(text, TRUE); }

/* The file name in Content-Disposition: filename*=UTF-8''… or filename="…"; NULL: none. */
static char *disposition_filename(const char *header) {
    g_autoptr(GRegex) extended = g_regex_new("filename\\*=utf-8''([^;\\s]+)", G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GRegex) plain = g_regex_new("filename=\"?([^\";]+)", G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL, plain_match = NULL;
    if (!g_utf8_validate(header, -1, NULL)) return NULL;
    if (g_regex_match(extended, header, 0, &match)) {
        g_autofree char *encoded = g_match_info_fetch(match, 1);
        return g_uri_unescape_string(encoded, NULL);
    }
    return g_regex_match(plain, header, 0, &plain_match) ? g_match_info_fetch(plain_match, 1) : NULL;
}

char *upload_filename(const Request *request) {
    const char *named = request_query(request, "filename"), *header = request_header(request, "x-filename");
    const char *disposition = request_header(request, "content-disposition");
    char *name = NULL;
    if (named) return g_strdup(named);
    if (header) name = g_uri_unescape_string(header, NULL);
    if (!name && disposition) name = disposition_filename(disposition);
    return name ? name : g_strdup("recording");
}

char *upload_content_type(const char *type) {
    if (!type || strlen(type) > CONTENT_TYPE_BYTES_MAX || !strchr(type, '/')) return NULL;
    if (g_ascii_strncasecmp(type, "application/octet-stream", 24) == 0) return NULL;
    for (const char *at = type; *at; at++)
        if (!g_ascii_isprint(*at)) return NULL;
    return g_strdup(type);
}

static bool add_field(Upload *upload, const char *name, const char *data, guint64 offset, gsize size) {
    upload->field_bytes += size + 1;
    if (upload->field_bytes > FORM_FIELDS_BYTES_MAX)
        return fail(&upload->form_error, ERROR_TOO_LARGE, "the form's fields have more than %d KiB",
                    (int)(FORM_FIELDS_BYTES_MAX / KIB));
    if (!is_field(name)) return true;
    if (upload->ingest) {
        const char *comma = upload->late->len > 0 ? "," : "";
        if (!strstr(upload->late->str, name)) g_string_append_printf(upload->late, "%s%s", comma, name);
        return true;
    }
    GString *text = g_hash_table_lookup(upload->fields, name);
    if (!text || offset == 0) g_hash_table_replace(upload->fields, g_strdup(name), text = g_string_new(NULL));
    g_string_append_len(text, data, (gssize)size);
    return true;
}

static void take_bytes(Upload *upload, const char *data, gsize size) {
    upload->file_bytes += size;
    if (upload->sha256) sha256_update(upload->sha256, data, size);
    g_byte_array_append(upload->base.block, (const guint8 *)data, (guint)size);
}

static bool add_file(Upload *upload, const char *filename, const char *type, const char *data, guint64 offset, gsize size) {
    if (offset == 0 && upload->file_bytes > 0)
        return fail(&upload->form_error, ERROR_INVALID, "the form has more than one file; send each recording by itself");
    if (!upload->filename) {
        upload->filename = g_strdup(filename ? filename : "recording");
        upload->content_type = upload_content_type(type);
    }
    take_bytes(upload, data, size);
    return true;
}

/* MHD_PostDataIterator. A part is the file when it has a file name or is called so. */
static enum MHD_Result take_part(void *cls, enum MHD_ValueKind kind, const char *key, const char *filename,
                                 const char *content_type, const char *transfer_encoding, const char *data, uint64_t offset,
                                 size_t size) {
    Upload *upload = cls;
    bool is_file = filename || g_strcmp0(key, "file") == 0;
    bool taken = is_file ? add_file(upload, filename, content_type, data, offset, size)
                         : add_field(upload, key, data, offset, size);
    return taken ? MHD_YES : MHD_NO;
}

static bool check_head(const Request *request, bool is_form, GError **error) {
    const char *type = request_header(request, "content-type");
    if (type && !is_form &&
        (g_ascii_strncasecmp(type, "multipart/", 10) == 0 || request_type_is(request, "application/x-www-form-urlencoded")))
        return fail(error, ERROR_UNSUPPORTED_MEDIA,
                    "send the recording as multipart/form-data or as the raw body with its own Content-Type");
    if (request->content_length > RECORDING_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "a recording has at most %d TiB", (int)(RECORDING_BYTES_MAX / TIB));
    if (!request_has_body(request)) return fail(error, ERROR_BAD_MEDIA, "the file is empty (0 bytes)");
    return true;
}

/* What the query says applies until the form says otherwise. */
static void take_query(Upload *upload, const Request *request) {
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, request->query);
    while (g_hash_table_iter_next(&iter, &name, &value))
        if (is_field(name)) g_hash_table_insert(upload->fields, g_strdup(name), g_string_new(value));
}

static bool upload_feed(Sink *sink, const char *data, gsize size, GError **error) {
    Upload *upload = (Upload *)sink;
    if (!upload->form) {
        take_bytes(upload, data, size);
        return true;
    }
    if (MHD_post_process(upload->form, data, size) == MHD_YES) return true;
    if (!upload->form_error) return fail(error, ERROR_INVALID, "the form can't be read: it is no multipart/form-data");
    g_propagate_error(error, g_steal_pointer(&upload->form_error));
    return false;
}

static const char *field(const Upload *upload, const char *name) {
    GString *text = g_hash_table_lookup(upload->fields, name);
    return text && text->len > 0 ? text->str : NULL;
}

static bool open_ingest(Upload *upload, GError **error) {
    Workspace *workspace = upload->base.context->workspace;
    const char *tags = field(upload, "tags");
    g_auto(GStrv) tag_list = tags ? g_strsplit(tags, ",", -1) : NULL;
    IngestOptions options = {.filename = upload->filename,
                             .content_type = upload->content_type,
                             .title = field(upload, "title"),
                             .language = field(upload, "language"),
                             .vocabulary = field(upload, "vocabulary"),
                             .tags = (const char *const *)tag_list,
                             .copy_folder = workspace_copy_folder(workspace)};
    return ingest_open(&workspace->meetings, workspace->jobs, &options, &upload->ingest, error);
}

static bool upload_flush(Sink *sink, GError **error) {
    Upload *upload = (Upload *)sink;
    if (!upload->ingest && !open_ingest(upload, error)) return false;
    if (!ingest_write(upload->ingest, sink->block->data, sink->block->len, error)) return false;
    g_byte_array_set_size(sink->block, 0);
    return true;
}

/* A form that breaks off before its closing boundary is not whole, however much of the file has come. */
static bool end_form(Upload *upload, GError **error) {
    bool is_form = upload->form != NULL;
    if (is_form && MHD_destroy_post_processor(g_steal_pointer(&upload->form)) != MHD_YES)
        return fail(error, ERROR_INVALID, "the form breaks off before its end; send it again");
    if (!upload->filename) return fail(error, ERROR_INVALID, "the form has no file; its field is called \"file\"");
    return upload->file_bytes > 0 || fail(error, ERROR_BAD_MEDIA, "the file is empty (0 bytes)");
}

/* What the form or the raw body says, whatever words and boundaries it is wrapped in. */
static char *content_of(Upload *upload) {
    g_autofree char *sum = sha256_finish(g_steal_pointer(&upload->sha256));
    g_autoptr(json_t) json = json_pack("{s:s, s:o, s:o}", "sha256", sum, "filename", json_text(upload->filename), "type",
                                       json_text(upload->content_type));
    for (gsize i = 0; field_names[i]; i++) json_object_set_new(json, field_names[i], json_text(field(upload, field_names[i])));
    return json_sha256(json);
}

/* A job, or a meeting, that an earlier request of this key has made without saying so. */
static bool find_made(Context *context, const char *meeting_id, bool *made, GError **error) {
    g_autoptr(Job) job = NULL;
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    if (!job_find(context, meeting_id, &job, error)) return false;
    *made = job || meeting_read_record(&context->workspace->meetings, meeting_id, &record, NULL, &problem);
    if (*made || error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool take_in(Upload *upload, Response *response, GError **error) {
    Context *context = upload->base.context;
    g_autoptr(Job) job = NULL;
    if (!ingest_finish(g_steal_pointer(&upload->ingest), &job, error)) return false;
    atomic_fetch_add(&context->counters.uploads, 1);
    atomic_fetch_add(&context->counters.upload_bytes, upload->file_bytes);
    if (context->worker) worker_wake(context->worker);
    response_accepted(response, job->meeting_id);
    if (upload->late->len > 0) response_header(response, "X-Ignored-Fields", upload->late->str);
    return true;
}

static bool take_in_once(Upload *upload, Response *response, GError **error) {
    Context *context = upload->base.context;
    g_autofree char *content = content_of(upload);
    g_autoptr(GError) problem = NULL;
    g_auto(Keyed) keyed = {0};
    bool answered, made = false;
    if (!keyed_begin(context, upload->base.request, content, ingest_meeting_id(upload->ingest), &keyed, response, &answered, error)) return false;
    if (answered) return true;
    bool done = !keyed.claim.again || find_made(context, keyed.claim.subject, &made, &problem);
    if (made) response_accepted(response, keyed.claim.subject);
    else done = done && take_in(upload, response, &problem);
    keyed_end(context, &keyed, response, problem);
    if (!done) g_propagate_error(error, g_steal_pointer(&problem));
    return done;
}

static bool upload_finish(Sink *sink, Response *response, GError **error) {
    Upload *upload = (Upload *)sink;
    if (!end_form(upload, error) || !upload_flush(sink, error)) return false;
    return upload->sha256 ? take_in_once(upload, response, error) : take_in(upload, response, error);
}

static void upload_free(Sink *sink) {
    Upload *upload = (Upload *)sink;
    if (upload->form) MHD_destroy_post_processor(upload->form);
    g_clear_pointer(&upload->ingest, ingest_abort);
    g_clear_pointer(&upload->fields, g_hash_table_unref);
    g_string_free(upload->late, TRUE);
    g_clear_error(&upload->form_error);
    g_clear_pointer(&upload->sha256, sha256_free);
    g_free(upload->filename);
    g_free(upload->content_type);
    sink_clear(sink);
    g_free(upload);
}

bool upload_open(Context *context, const Request *request, struct MHD_Connection *connection, Sink **sink, GError **error) {
    static const SinkKind kind = {.feed = upload_feed, .flush = upload_flush, .finish = upload_finish, .free = upload_free};
    bool is_form = request_type_is(request, "multipart/form-data");
    const char *key = request_header(request, "idempotency-key");
    g_autofree char *bare = NULL;
    Sink base;
    if (!check_head(request, is_form, error) || (key && !once_key_parse(key, &bare, error)) ||
        !sink_init(&base, &kind, context, request, error)) return false;
    Upload *opened = g_new0(Upload, 1);
    opened->base = base;
    opened->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_text);
    opened->late = g_string_new(NULL);
    if (key) opened->sha256 = sha256_new();
    take_query(opened, request);
    if (is_form) {
        opened->form = MHD_create_post_processor(connection, FORM_BUFFER_BYTES, take_part, opened);
        if (!opened->form) {
            upload_free(&opened->base);
            return fail(error, ERROR_INVALID, "the form can't be read: its Content-Type names no boundary");
        }
    } else {
        opened->filename = upload_filename(request);
        opened->content_type = upload_content_type(request_header(request, "content-type"));
    }
    *sink = &opened->base;
    return true;
}
