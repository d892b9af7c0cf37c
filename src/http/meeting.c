/* GET /api/meetings/{id}: one meeting, whole. Its transcript, by far the largest part, is sent from the store as it stands: block
 * by block, never parsed, never whole in memory. That is right where it is the very object that the record names, for then this
 * program has written or read it before. All else (an edit that is not finished, an old bucket, a file that another hand has put
 * there) goes through the model; where that takes much memory, WHOLE_READS_MAX at one time. */
#include <string.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/sha256.h"
#include "http/resources.h"

#define WHOLE_READS_MAX 2
#define WHOLE_BYTES_FREE (8 * MIB) /* documents up to this size may be read by everyone at one time */

/* What can be played; NULL where the meeting came as text, though its file stands under the recording's key. */
static const char *playable_key(const Record *record) {
    return record_has_recording(record) && !meeting_recording_removed(record) ? record->audio_key : NULL;
}

/* *url JSON null where there is no recording. */
static bool audio_url(Context *context, const char *audio_key, json_t **url, GError **error) {
    g_autofree char *signed_url = NULL;
    StoreUrl permit = {.method = "GET", .expires_s = context->workspace->settings->url_expiry_s};
    if (audio_key && !store_sign_url(context->workspace->store, audio_key, &permit, &signed_url, error)) return false;
    *url = json_text(signed_url);
    return true;
}

/* The members of the two documents, without their envelopes. */
static void add_minutes(json_t *view, const Minutes *minutes, const Record *record) {
    g_autofree char *timestamp = time_format(record->timestamp_ms);
    g_autoptr(json_t) summary = minutes_summary_to_json(minutes, record->meeting_id, timestamp, record->audio_key);
    g_autoptr(json_t) requirements = minutes_requirements_to_json(minutes, record->meeting_id, timestamp, record->audio_key);
    json_object_set(view, "summary", json_object_get(summary, "summary"));
    json_object_set(view, "requirements", json_object_get(requirements, "requirements"));
}

/* All but the transcript and the recording's URL. `job` may be NULL. */
static json_t *view_ready(Context *context, const Record *record, const char *text, const Minutes *minutes, Job *job) {
    g_autofree char *key = key_document(record->meeting_id, DOCUMENT_WAVEFORM);
    bool drawn = playable_key(record) && record_object(record, key); /* not where words came with the recording, or in old buckets */
    g_autofree char *waveform = drawn ? g_strdup_printf("/api/meetings/%s/waveform", record->meeting_id) : NULL;
    json_t *metadata = record_to_json(record);
    json_object_del(metadata, PENDING_EDIT); /* the view shows it as done */
    json_t *json = json_pack("{s:s, s:s, s:o}", "meeting_id", record->meeting_id, "status", "ready", "transcription",
                             json_text(text));
    add_minutes(json, minutes, record);
    json_object_set_new(json, "metadata", metadata);
    json_object_set_new(json, "waveform_url", json_text(waveform));
    if (job) json_object_set_new(json, "job", job_view(context, job));
    return json;
}

static bool has_checksum(StoreReader *reader, const char *sha256, bool *same, GError **error) {
    g_autoptr(Sha256) sum = sha256_new();
    g_autofree guint8 *block = g_malloc(UPLOAD_BLOCK_BYTES);
    gsize got = 0;
    for (guint64 offset = 0; offset < store_reader_size(reader); offset += got) {
        if (!store_reader_read(reader, offset, block, UPLOAD_BLOCK_BYTES, &got, error)) return false;
        if (got == 0) break;
        sha256_update(sum, block, got);
    }
    g_autofree char *found = sha256_finish(g_steal_pointer(&sum));
    *same = strcmp(found, sha256) == 0;
    return true;
}

/* The document's reader; NULL where it is not there. */
static bool open_document(Context *context, const char *meeting_id, Document document, StoreReader **reader, StoreInfo *info,
                          GError **error) {
    g_autofree char *key = key_document(meeting_id, document);
    g_autoptr(GError) problem = NULL;
    *reader = NULL;
    if (store_open(context->workspace->store, key, reader, info, &problem) || error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* transcript.json, where it may be sent as it stands; else NULL. */
static bool open_transcript(Context *context, const Record *record, StoreReader **transcript, GError **error) {
    g_autofree char *key = key_document(record->meeting_id, DOCUMENT_TRANSCRIPT);
    const RecordObject *object = record_object(record, key);
    g_autoptr(StoreReader) reader = NULL;
    g_auto(StoreInfo) info = {0};
    *transcript = NULL;
    if (!object || !object->sha256 || json_object_get(record->extra, PENDING_EDIT)) return true;
    if (!open_document(context, record->meeting_id, DOCUMENT_TRANSCRIPT, &reader, &info, error)) return false;
    if (!reader || store_reader_size(reader) != object->bytes || object->bytes > DOCUMENT_BYTES_MAX) return true;
    bool same = g_strcmp0(info.etag, object->etag) == 0; /* else it may be a copy: the store was moved */
    if (!same && !has_checksum(reader, object->sha256, &same, error)) return false;
    if (same) *transcript = g_steal_pointer(&reader);
    return true;
}

/* A document that is to be read whole; its size is added to `*bytes`. */
static bool add_size(Context *context, const char *meeting_id, Document document, guint64 *bytes, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    if (!open_document(context, meeting_id, document, &reader, NULL, error)) return false;
    if (reader) *bytes += store_reader_size(reader);
    return true;
}

/* A place among those that read much at one time. */
typedef struct {
    Context *context; /* NULL: none was needed */
} WholeRead;

static void whole_read_clear(WholeRead *place) {
    if (place->context) atomic_fetch_sub(&place->context->whole_reads, 1);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WholeRead, whole_read_clear)

static bool whole_read_begin(WholeRead *place, Context *context, guint64 bytes, GError **error) {
    if (bytes <= WHOLE_BYTES_FREE) return true;
    if (atomic_fetch_add(&context->whole_reads, 1) >= WHOLE_READS_MAX) {
        atomic_fetch_sub(&context->whole_reads, 1);
        return fail(error, ERROR_TOO_MANY, "%d large meetings are being read already; ask again in a moment", WHOLE_READS_MAX);
    }
    place->context = context;
    return true;
}

/* {"success":true,"meeting":{"transcript": … ,"audio_url": … and the members of `view`}} */
static bool answer_spliced(Context *context, Response *response, StoreReader **transcript, const View *view, GError **error) {
    static const char opening[] = "{\"success\":true,\"meeting\":{\"transcript\":", closing[] = "}}\n";
    json_t *url = NULL;
    gsize size = 0, url_size = 0;
    const char *text = g_bytes_get_data(view->members, &size);
    if (!audio_url(context, view->recording, &url, error)) return false;
    g_autoptr(GBytes) url_text = json_to_bytes(url, false);
    json_decref(url);
    const char *quoted = g_bytes_get_data(url_text, &url_size);
    GString *tail = g_string_sized_new(size + url_size + sizeof closing + 20);
    g_string_append(tail, ",\"audio_url\":");
    g_string_append_len(tail, quoted, (gssize)url_size - 1); /* without its newline */
    g_string_append_c(tail, ',');
    g_string_append_len(tail, text, (gssize)size);
    g_string_append(tail, closing);
    response_spliced(response, g_bytes_new_static(opening, strlen(opening)), g_steal_pointer(transcript), g_string_free_to_bytes(tail));
    return true;
}

static const Document viewed[] = {DOCUMENT_RECORD, DOCUMENT_TRANSCRIPT, DOCUMENT_TEXT, DOCUMENT_SUMMARY, DOCUMENT_REQUIREMENTS};

/* Of a directory, where each document is looked at, and the folder's mark tells that nothing was written a moment ago. */
static bool name_by_stamp(Context *context, const char *meeting_id, GString *name) {
    g_autofree char *record_key = key_document(meeting_id, DOCUMENT_RECORD), *folder = g_path_get_dirname(record_key);
    StoreStamp stamp;
    if (!store_stamp(context->workspace->store, folder, &stamp)) return false;
    for (gsize i = 0; i < G_N_ELEMENTS(viewed); i++) {
        g_autofree char *key = key_document(meeting_id, viewed[i]);
        g_auto(StoreInfo) info = {0};
        if (!store_head(context->workspace->store, key, &info, NULL)) return false;
        g_string_append_printf(name, " %s", info.etag);
    }
    g_string_append_printf(name, " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, stamp.device, stamp.inode, stamp.changed);
    return true;
}

/* Of a bucket, where one list tells the ETags of all. */
static bool name_by_list(Context *context, const char *meeting_id, GString *name) {
    g_autofree char *record_key = key_document(meeting_id, DOCUMENT_RECORD), *folder = g_path_get_dirname(record_key);
    g_autofree char *prefix = g_strconcat(folder, "/", NULL);
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    if (!store_list(context->workspace->store, prefix, NULL, VIEW_LIST_MAX, &entries, &more, NULL)) return false;
    for (gsize i = 0; i < G_N_ELEMENTS(viewed); i++) {
        g_autofree char *key = key_document(meeting_id, viewed[i]);
        const StoreEntry *entry = NULL;
        for (guint j = 0; j < entries->len && !entry; j++)
            if (strcmp(((const StoreEntry *)entries->pdata[j])->key, key) == 0) entry = entries->pdata[j];
        if (!entry) return false;
        g_string_append_printf(name, " %s", entry->etag);
    }
    return true;
}

/* A name for the versions of all documents of which a view is made; NULL where one is missing, or something has just been written. Whatever any
 * program does to a document, the name is another one. */
static char *view_name(Context *context, const char *meeting_id) {
    g_autoptr(GString) name = g_string_new(meeting_id);
    if (!meeting_id_valid(meeting_id)) return NULL;
    bool bucket = workspace_uses_bucket(context->workspace->settings);
    bool named = bucket ? name_by_list(context, meeting_id, name) : name_by_stamp(context, meeting_id, name);
    return named ? g_string_free(g_steal_pointer(&name), FALSE) : NULL;
}

/* A name that was taken before the documents were read is theirs, and they are of one version, if it is still the same. */
static bool still_named(Context *context, const char *meeting_id, const char *name) {
    g_autofree char *now = view_name(context, meeting_id);
    return g_strcmp0(now, name) == 0;
}

/* Whether this is the transcript that `name` tells of: the second version in it (`viewed`). */
static bool is_named(const char *name, const StoreInfo *transcript) {
    g_auto(GStrv) parts = g_strsplit(name, " ", 4); /* the meeting's id, its record, its transcript, and the rest */
    return g_strcmp0(parts[2], transcript->etag) == 0;
}

/* `*answered` false: it is not at hand. */
static bool answer_kept(Context *context, const char *meeting_id, const char *name, Response *response, char **etag, bool *answered, GError **error) {
    g_auto(View) view = {0};
    g_autoptr(StoreReader) transcript = NULL;
    g_auto(StoreInfo) info = {0};
    *answered = false;
    if (!name || !view_cache_find(context->views, name, &view)) return true;
    if (!open_document(context, meeting_id, DOCUMENT_TRANSCRIPT, &transcript, &info, error)) return false;
    if (!transcript || !is_named(name, &info)) return true; /* it has gone meanwhile, or was edited */
    if (!answer_spliced(context, response, &transcript, &view, error)) return false;
    metrics_add(METRIC_CACHE, "meeting", "hit", 1);
    *etag = g_steal_pointer(&view.etag);
    *answered = true;
    return true;
}

/* `*answered` false: the meeting must be read through the model. What is answered is kept under `name`, where that is not NULL. */
static bool answer_as_stored(Context *context, const Record *record, const char *etag, const char *name, Job *job, Response *response,
                             bool *answered, GError **error) {
    g_autoptr(StoreReader) transcript = NULL;
    g_autoptr(StoreReader) text_reader = NULL;
    g_autoptr(Minutes) minutes = NULL;
    g_auto(WholeRead) place = {0};
    gsize got = 0;
    *answered = false;
    if (!open_transcript(context, record, &transcript, error)) return false;
    if (!transcript) return true;
    if (!open_document(context, record->meeting_id, DOCUMENT_TEXT, &text_reader, NULL, error) ||
        !meeting_read_minutes(&context->workspace->meetings, record->meeting_id, &minutes, error))
        return false;
    if (!text_reader || !minutes || store_reader_size(text_reader) > DOCUMENT_BYTES_MAX) return true;
    gsize size = (gsize)store_reader_size(text_reader);
    if (!whole_read_begin(&place, context, size, error)) return false;
    g_autofree char *text = g_malloc(size + 1);
    if (!store_reader_read(text_reader, 0, text, size, &got, error)) return false;
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)got);
    g_autoptr(json_t) json = view_ready(context, record, valid, minutes, job);
    g_autoptr(GBytes) object = json_to_bytes(json, false);
    /* Without its braces and its newline. */
    g_auto(View) view = {g_bytes_new_from_bytes(object, 1, g_bytes_get_size(object) - 3), g_strdup(playable_key(record)), g_strdup(etag)};
    if (name && !still_named(context, record->meeting_id, name)) return true;
    if (!answer_spliced(context, response, &transcript, &view, error)) return false;
    metrics_add(METRIC_CACHE, "meeting", "miss", 1);
    if (name) view_cache_keep(context->views, name, &view);
    *answered = true;
    return true;
}

static bool answer_through_model(Context *context, const char *meeting_id, Job *job, Response *response, char **etag,
                                 GError **error) {
    g_autoptr(Meeting) meeting = NULL;
    g_auto(WholeRead) place = {0};
    json_t *url = NULL;
    guint64 bytes = 0;
    if (!add_size(context, meeting_id, DOCUMENT_TRANSCRIPT, &bytes, error) ||
        !add_size(context, meeting_id, DOCUMENT_TEXT, &bytes, error) || !whole_read_begin(&place, context, bytes, error) ||
        !meeting_read(&context->workspace->meetings, meeting_id, &meeting, error))
        return false;
    bool text_missing = !meeting->text && meeting->transcript;
    g_autofree char *made = text_missing ? transcript_to_text(meeting->transcript) : NULL;
    if (!audio_url(context, playable_key(meeting->record), &url, error)) return false;
    json_t *view = view_ready(context, meeting->record, made ? made : meeting->text, meeting->minutes, job);
    json_object_set_new(view, "audio_url", url);
    json_object_set_new(view, "transcript", meeting->transcript ? transcript_to_json(meeting->transcript) : json_null());
    *etag = g_steal_pointer(&meeting->etag);
    response_json(response, 200, json_pack("{s:b, s:o}", "success", 1, "meeting", view));
    return true;
}

static bool answer_ready(Context *context, const char *meeting_id, Job *job, Response *response, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autofree char *etag = NULL, *name = job ? NULL : view_name(context, meeting_id);
    bool answered;
    if (!answer_kept(context, meeting_id, name, response, &etag, &answered, error)) return false;
    if (!answered && (!meeting_read_record(&context->workspace->meetings, meeting_id, &record, &etag, error) ||
                      !answer_as_stored(context, record, etag, name, job, response, &answered, error)))
        return false;
    if (!answered) {
        g_clear_pointer(&etag, g_free);
        if (!answer_through_model(context, meeting_id, job, response, &etag, error)) return false;
    }
    g_autofree char *quoted = g_strdup_printf("\"%s\"", etag);
    response_header(response, "ETag", quoted);
    return true;
}

/* The signed URL in the answer changes, the meeting's ETag does not: so this answer is never 304 and never kept. */
bool meeting_get(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    /* The job first: when it ends between the two reads, the meeting is there. */
    if (!job_find(context, request->parameter, &job, error)) return false;
    if (job && job->state == JOB_DELETING)
        return fail(error, ERROR_NOT_FOUND, "the meeting %s is being deleted", request->parameter);
    if (!answer_ready(context, request->parameter, job, response, &problem)) {
        if (!job || !error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        response_json(response, 200, json_pack("{s:b, s:o}", "success", 1, "meeting", job_view(context, job)));
    }
    response_header(response, "Cache-Control", "no-store");
    return true;
}
