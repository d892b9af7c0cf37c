/* The steps of a transfer, each of which may be the last before a crash:
 *
 *   begin     the store's upload → the object, which names it
 *   complete  the object says "completing" → the store makes the recording → the job → the object goes
 *   abort     the object says "aborting" → the store drops the parts → the object goes
 *
 * Whatever is called next looks at what is there and goes on behind it. An upload of the store that no object names (a crash within begin) holds no
 * part, for nobody has its id; the store drops it in its time. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/ingest_internal.h"

/* How often a conditional put is tried again on what another has written. */
#define MARK_TRIES 3

static bool pass_on(GError **problem, GError **error) {
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

guint transfer_part_count(const Transfer *transfer) { return (guint)((transfer->size + transfer->part_size - 1) / transfer->part_size); }

guint64 transfer_part_bytes(const Transfer *transfer, guint number) {
    guint count = transfer_part_count(transfer);
    if (number < 1 || number > count) return 0;
    return number < count ? transfer->part_size : transfer->size - (count - 1) * transfer->part_size;
}

/* -- the object ---------------------------------------------------------------------------------------------------------- */

bool transfer_read(const Meetings *meetings, const char *meeting_id, Transfer **transfer, GError **error) {
    g_autofree char *key = key_upload(meeting_id);
    g_autoptr(GBytes) bytes = NULL;
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!meeting_id_valid(meeting_id)) return fail(error, ERROR_NOT_FOUND, "there is no upload of this id");
    if (!store_get(meetings->store, key, TRANSFER_BYTES_MAX, &bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND))
            return fail(error, ERROR_NOT_FOUND, "no upload of %s is under way: it was cancelled or has expired; begin it anew", meeting_id);
        if (error_is(problem, ERROR_TOO_LARGE)) return fail(error, ERROR_CORRUPT, "%s is too large for an upload: remove it", key);
        return pass_on(&problem, error);
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(json_t) json = json_parse_object(data, size, key, &problem);
    if (!json) return fail(error, ERROR_CORRUPT, "%s: remove it", problem->message);
    Transfer *read;
    if (!transfer_from_json(json, meeting_id, &read, error)) return false;
    read->etag = g_steal_pointer(&info.etag);
    read->modified_ms = info.modified_ms;
    *transfer = read;
    return true;
}

/* On the version that was read, or newly. */
static bool put(const Meetings *meetings, Transfer *transfer, GError **error) {
    g_autofree char *key = key_upload(transfer->meeting_id);
    g_autoptr(json_t) json = transfer_to_json(transfer);
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    g_auto(StoreInfo) info = {0};
    StorePut put = {.content_type = "application/json", .if_match = transfer->etag, .if_none_match = transfer->etag == NULL};
    if (!store_put(meetings->store, key, bytes, &put, &info, error)) return false;
    g_free(transfer->etag);
    transfer->etag = g_steal_pointer(&info.etag);
    return true;
}

static bool drop(const Meetings *meetings, const Transfer *transfer, GError **error) {
    g_autofree char *key = key_upload(transfer->meeting_id);
    return store_delete(meetings->store, key, error);
}

/* An open transfer gets this state; one that has it already is as good. ERROR_CONFLICT where it has the other. */
static bool mark(const Meetings *meetings, const char *meeting_id, TransferState state, GError **error) {
    g_autoptr(GError) problem = NULL;
    for (int tries = 0; tries < MARK_TRIES; tries++) {
        g_autoptr(Transfer) current = NULL;
        g_clear_error(&problem);
        if (!transfer_read(meetings, meeting_id, &current, error)) return false;
        if (current->state == state) return true;
        if (current->state != TRANSFER_OPEN)
            return fail(error, ERROR_CONFLICT, "the upload of %s is being %s already", meeting_id,
                        current->state == TRANSFER_ABORTING ? "cancelled" : "completed");
        current->state = state;
        if (put(meetings, current, &problem)) return true;
        /* Another wrote, or the store tried twice and the first did it: what stands now tells. */
        if (!error_is(problem, ERROR_PRECONDITION) && !error_is(problem, ERROR_NOT_FOUND)) break;
    }
    return pass_on(&problem, error);
}

/* -- begin --------------------------------------------------------------------------------------------------------------- */

static bool check_size(guint64 size, GError **error) {
    if (size == 0) return fail(error, ERROR_BAD_MEDIA, "the file is empty (0 bytes)");
    return size <= RECORDING_BYTES_MAX || fail(error, ERROR_TOO_LARGE, "a recording has at most %d TiB", (int)(RECORDING_BYTES_MAX / TIB));
}

static bool check_room(const Meetings *meetings, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    G_STATIC_ASSERT(TRANSFERS_MAX <= LIST_LIMIT_MAX);
    if (!store_list(meetings->store, PREFIX_UPLOADS, NULL, TRANSFERS_MAX, &entries, &more, error)) return false;
    return entries->len < TRANSFERS_MAX ||
           fail(error, ERROR_TOO_MANY, "%d uploads are under way already; complete or cancel some of them", TRANSFERS_MAX);
}

static Transfer *new_transfer(const char *uuid, const Job *plan, const IngestOptions *options, guint64 size) {
    Transfer *transfer = g_new0(Transfer, 1);
    transfer->meeting_id = g_strdup(plan->meeting_id);
    transfer->audio_key = key_recording(uuid, plan->filename);
    transfer->run = g_strdup(plan->run);
    transfer->filename = g_strdup(plan->filename);
    transfer->title = g_strdup(plan->title);
    transfer->content_type = g_strdup(options->content_type);
    transfer->language = g_strdup(plan->language);
    transfer->vocabulary = g_strdup(plan->vocabulary);
    transfer->tags = g_ptr_array_ref(plan->tags);
    transfer->size = size;
    transfer->part_size = MAX(S3_PART_BYTES, (size + S3_PARTS_MAX - 1) / S3_PARTS_MAX);
    transfer->created_ms = plan->timestamp_ms;
    return transfer;
}

/* Where the answer to the put was lost the object may stand; nobody was told of it, so it goes as well. What can't be undone now, the sweep and the
 * store's own limit take. */
static bool put_new(const Meetings *meetings, Transfer *transfer, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(Transfer) own = NULL;
    if (put(meetings, transfer, &problem)) return true;
    /* The id is new: what stands there was written by this very put, sent twice by the store. */
    if (error_is(problem, ERROR_PRECONDITION) && transfer_read(meetings, transfer->meeting_id, &own, NULL) &&
        strcmp(own->upload_id, transfer->upload_id) == 0) {
        transfer->etag = g_steal_pointer(&own->etag);
        return true;
    }
    store_upload_abort(meetings->store, transfer->audio_key, transfer->upload_id, NULL);
    drop(meetings, transfer, NULL);
    return pass_on(&problem, error);
}

bool transfer_begin(const Meetings *meetings, const IngestOptions *options, guint64 size, Transfer **transfer, GError **error) {
    g_autofree char *uuid = text_uuid();
    g_autofree char *meeting_id = meeting_id_new(uuid);
    g_autoptr(Job) plan = NULL;
    if (options->copy_folder)
        return fail(error, ERROR_CONFLICT, "SKIP_LOCAL_STORAGE=false keeps a copy of each recording here first: send it whole to POST /api/meetings, "
                                           "or set SKIP_LOCAL_STORAGE=true to send it in parts");
    if (!check_size(size, error) || !ingest_plan(meetings, meeting_id, options, &plan, error) || !check_room(meetings, error))
        return false;
    g_autoptr(Transfer) begun = new_transfer(uuid, plan, options, size);
    StorePut what = {.content_type = begun->content_type};
    if (!store_upload_begin(meetings->store, begun->audio_key, &what, &begun->upload_id, error) || !put_new(meetings, begun, error))
        return false;
    *transfer = g_steal_pointer(&begun);
    return true;
}

/* -- parts --------------------------------------------------------------------------------------------------------------- */

bool transfer_parts(const Meetings *meetings, const Transfer *transfer, GPtrArray **parts, GError **error) {
    return store_upload_parts(meetings->store, transfer->audio_key, transfer->upload_id, parts, error);
}

static bool check_part(const Transfer *transfer, guint number, GError **error) {
    guint count = transfer_part_count(transfer);
    if (transfer->state != TRANSFER_OPEN)
        return fail(error, ERROR_CONFLICT, "the upload of %s is being %s: it takes no more parts", transfer->meeting_id,
                    transfer->state == TRANSFER_ABORTING ? "cancelled" : "completed");
    return (number >= 1 && number <= count) || fail(error, ERROR_INVALID, "this upload has the parts 1 to %u, not %u", count, number);
}

bool transfer_sign(const Meetings *meetings, const Transfer *transfer, guint number, gint64 expires_s, char **url, GError **error) {
    return check_part(transfer, number, error) &&
           store_upload_sign_part(meetings->store, transfer->audio_key, transfer->upload_id, number, expires_s, url, error);
}

bool transfer_take_part(const Meetings *meetings, const Transfer *transfer, guint number, guint64 bytes, StoreWriter **writer, GError **error) {
    if (!check_part(transfer, number, error)) return false;
    guint64 wanted = transfer_part_bytes(transfer, number);
    if (bytes != wanted)
        return fail(error, ERROR_INVALID, "part %u has %" G_GUINT64_FORMAT " bytes; it must have %" G_GUINT64_FORMAT, number, bytes, wanted);
    return store_upload_put_part(meetings->store, transfer->audio_key, transfer->upload_id, number, writer, error);
}

bool transfer_put_part(const Meetings *meetings, const char *audio_key, const char *upload_id, guint number, guint64 bytes, StoreWriter **writer,
                       GError **error) {
    g_autofree char *meeting_id = meeting_id_of_recording(audio_key);
    g_autoptr(Transfer) transfer = NULL;
    if (!meeting_id) return fail(error, ERROR_NOT_FOUND, "%s is no recording that is under way", audio_key);
    if (!transfer_read(meetings, meeting_id, &transfer, error)) return false;
    if (strcmp(transfer->upload_id, upload_id) != 0 || strcmp(transfer->audio_key, audio_key) != 0)
        return fail(error, ERROR_NOT_FOUND, "this part is of another upload than the one of %s", meeting_id);
    return transfer_take_part(meetings, transfer, number, bytes, writer, error);
}

/* -- complete ------------------------------------------------------------------------------------------------------------ */

static bool check_whole(const Transfer *transfer, GPtrArray *parts, GError **error) {
    guint count = transfer_part_count(transfer);
    for (guint i = 0; i < count; i++) {
        const StorePart *part = i < parts->len ? g_ptr_array_index(parts, i) : NULL;
        guint64 wanted = transfer_part_bytes(transfer, i + 1);
        if (!part || part->number != i + 1)
            return fail(error, ERROR_CONFLICT, "part %u of %u is missing (%u are there): send it, then complete the upload", i + 1, count,
                        parts->len);
        if (part->size != wanted)
            return fail(error, ERROR_CONFLICT, "part %u has %" G_GUINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT ": send it again",
                        part->number, part->size, wanted);
    }
    return parts->len == count || fail(error, ERROR_CONFLICT, "there are %u parts, but a file of %" G_GUINT64_FORMAT " bytes has %u: cancel this upload",
                                       parts->len, transfer->size, count);
}

/* The upload is gone from the store: because it was completed? */
static bool check_stands(const Meetings *meetings, const Transfer *transfer, GError **error) {
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!store_head(meetings->store, transfer->audio_key, &info, &problem)) {
        if (!error_is(problem, ERROR_NOT_FOUND)) return pass_on(&problem, error);
        return fail(error, ERROR_NOT_FOUND, "the parts of %s are gone: the upload was cancelled or has expired; begin it anew",
                    transfer->meeting_id);
    }
    return info.size == transfer->size || fail(error, ERROR_CORRUPT, "%s has %" G_GUINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT,
                                               transfer->audio_key, info.size, transfer->size);
}

/* `*parts`: all are there; NULL: the recording stands in their stead. ERROR_CONFLICT: a part is to come. ERROR_NOT_FOUND: all is lost, as with a store
 * that lets parts go before the object stands (MinIO, where its caller dies) and then forgets both; or another has finished it meanwhile.
 * ERROR_UNAVAILABLE: another is at it. */
static bool look(const Meetings *meetings, const Transfer *transfer, GPtrArray **parts, GError **error) {
    g_autoptr(GPtrArray) there = NULL;
    g_autoptr(Transfer) now = NULL;
    g_autoptr(GError) problem = NULL, absent = NULL;
    *parts = NULL;
    if (transfer_parts(meetings, transfer, &there, &problem)) {
        if (check_whole(transfer, there, &problem)) {
            *parts = g_steal_pointer(&there);
            return true;
        }
    } else if (!error_is(problem, ERROR_NOT_FOUND)) {
        return pass_on(&problem, error);
    }
    if (check_stands(meetings, transfer, &absent)) return true;
    if (!error_is(absent, ERROR_NOT_FOUND)) return pass_on(&absent, error);
    if (!transfer_read(meetings, transfer->meeting_id, &now, error)) return false;
    if (now->state != TRANSFER_COMPLETING) return pass_on(there ? &problem : &absent, error);
    if (clock_now_ms(meetings->clock) - now->modified_ms < TRANSFER_ASSEMBLE_MS)
        return fail(error, ERROR_UNAVAILABLE, "the parts of %s are being put together; ask again in a moment", transfer->meeting_id);
    return pass_on(&absent, error);
}

/* What the store has kept of the parts though the recording stands goes now, or else when the store finds it old. */
static bool let_go(const Meetings *meetings, const Transfer *transfer) {
    store_upload_abort(meetings->store, transfer->audio_key, transfer->upload_id, NULL);
    return true;
}

/* The recording stands under its key. */
static bool assemble(const Meetings *meetings, const Transfer *transfer, GError **error) {
    g_autoptr(GPtrArray) parts = NULL;
    g_autoptr(GError) problem = NULL;
    StorePut what = {.content_type = transfer->content_type, .if_none_match = true};
    if (!look(meetings, transfer, &parts, error)) return false;
    if (!parts) return let_go(meetings, transfer);
    if (!mark(meetings, transfer->meeting_id, TRANSFER_COMPLETING, error)) return false;
    if (store_upload_complete(meetings->store, transfer->audio_key, transfer->upload_id, parts, &what, NULL, &problem)) return true;
    /* Another completed it meanwhile, or the store tried twice and the first did it. */
    if (!error_is(problem, ERROR_NOT_FOUND) && !error_is(problem, ERROR_PRECONDITION)) return pass_on(&problem, error);
    return check_stands(meetings, transfer, error) && let_go(meetings, transfer);
}

/* Created a second time (after it has become a meeting, by one who was slow) it does nothing: its run's output is there. */
static bool create_job(const Meetings *meetings, Jobs *jobs, const Transfer *transfer, GError **error) {
    g_autoptr(Job) job = job_new(transfer->meeting_id);
    g_autoptr(GError) problem = NULL;
    bool taken = false;
    if (!ingest_is_taken(meetings, jobs, transfer->meeting_id, &taken, error)) return false;
    if (taken) return true;
    g_free(job->run);
    job->run = g_strdup(transfer->run);
    job->audio_key = g_strdup(transfer->audio_key);
    job->audio_bytes = transfer->size;
    job->filename = g_strdup(transfer->filename);
    job->title = g_strdup(transfer->title);
    job->language = g_strdup(transfer->language);
    job->vocabulary = g_strdup(transfer->vocabulary);
    job->timestamp_ms = transfer->created_ms;
    g_ptr_array_unref(job->tags);
    job->tags = g_ptr_array_ref(transfer->tags);
    return jobs_create(jobs, job, NULL, &problem) || error_is(problem, ERROR_CONFLICT) || pass_on(&problem, error);
}

static bool complete(const Meetings *meetings, Jobs *jobs, const char *meeting_id, guint64 *bytes, GError **error) {
    g_autoptr(Transfer) transfer = NULL;
    if (!transfer_read(meetings, meeting_id, &transfer, error)) return false;
    if (transfer->state == TRANSFER_ABORTING)
        return fail(error, ERROR_CONFLICT, "the upload of %s is being cancelled already", meeting_id);
    *bytes = transfer->size;
    return assemble(meetings, transfer, error) && create_job(meetings, jobs, transfer, error) && drop(meetings, transfer, error);
}

/* Nothing of an upload was found: because it has become a meeting? Otherwise fails with that `problem`. */
static bool check_taken(const Meetings *meetings, Jobs *jobs, const char *meeting_id, GError **problem, GError **error) {
    bool taken = false;
    if (!error_is(*problem, ERROR_NOT_FOUND) || !meeting_id_valid(meeting_id)) return pass_on(problem, error);
    return ingest_is_taken(meetings, jobs, meeting_id, &taken, error) && (taken || pass_on(problem, error));
}

bool transfer_complete(const Meetings *meetings, Jobs *jobs, const char *meeting_id, guint64 *bytes, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (complete(meetings, jobs, meeting_id, bytes, &problem)) return true;
    *bytes = 0;
    return check_taken(meetings, jobs, meeting_id, &problem, error);
}

/* -- abort --------------------------------------------------------------------------------------------------------------- */

static bool abort_open(const Meetings *meetings, const Transfer *transfer, GError **error) {
    return mark(meetings, transfer->meeting_id, TRANSFER_ABORTING, error) &&
           store_upload_abort(meetings->store, transfer->audio_key, transfer->upload_id, error) && drop(meetings, transfer, error);
}

bool transfer_discard(const Meetings *meetings, const Transfer *transfer, GError **error) {
    if (transfer->state != TRANSFER_COMPLETING) return abort_open(meetings, transfer, error);
    return store_upload_abort(meetings->store, transfer->audio_key, transfer->upload_id, error) && drop(meetings, transfer, error);
}

/* What was to be completed may be dropped only where nothing of it is left, and nobody has finished it meanwhile. */
static bool abort_completing(const Meetings *meetings, const Transfer *transfer, GError **error) {
    g_autoptr(GPtrArray) parts = NULL;
    g_autoptr(Transfer) still = NULL;
    g_autoptr(GError) problem = NULL;
    if (look(meetings, transfer, &parts, &problem))
        return fail(error, ERROR_CONFLICT, "the upload is being completed: complete it, then delete the meeting %s", transfer->meeting_id);
    if (!error_is(problem, ERROR_NOT_FOUND)) return pass_on(&problem, error);
    return transfer_read(meetings, transfer->meeting_id, &still, error) && transfer_discard(meetings, still, error);
}

static bool cancel(const Meetings *meetings, const char *meeting_id, GError **error) {
    g_autoptr(Transfer) transfer = NULL;
    if (!transfer_read(meetings, meeting_id, &transfer, error)) return false;
    return transfer->state == TRANSFER_COMPLETING ? abort_completing(meetings, transfer, error) : abort_open(meetings, transfer, error);
}

bool transfer_abort(const Meetings *meetings, Jobs *jobs, const char *meeting_id, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (cancel(meetings, meeting_id, &problem)) return true;
    return check_taken(meetings, jobs, meeting_id, &problem, error) &&
           fail(error, ERROR_CONFLICT, "the upload has become the meeting %s: delete that", meeting_id);
}
