/* An upload: the recording is streamed to its key with its SHA-256 taken on the way, committed, and only then is the job created.
 * A crash between the two leaves a recording that nobody was told of. */
#include "ingest/ingest_internal.h"

#include <string.h>

#include "base/limits.h"
#include "base/sha256.h"
#include "base/text.h"
#include "ingest/local_copy.h"
#include "model/keys.h"

struct Ingest {
    const Meetings *meetings;
    Jobs *jobs;
    Job *job;            /* what will be created */
    char *worker, *content_type;
    LocalCopy *copy;     /* it comes here first; NULL: straight to the store */
    StoreWriter *writer; /* NULL where it comes here first */
    Sha256 *sha256;
    guint64 bytes;
};

/* The title where none is given: the file's name without its extension. */
static char *title_of(const IngestOptions *options, const char *filename) {
    g_autofree char *given = text_clean(options->title ? options->title : "", -1, false);
    g_strstrip(given);
    if (given[0]) return text_cut(given, TITLE_BYTES_MAX);
    return ingest_title_of(filename);
}

char *ingest_title_of(const char *filename) {
    const char *dot = strrchr(filename, '.');
    return dot && dot > filename ? g_strndup(filename, (gsize)(dot - filename)) : g_strdup(filename);
}

static bool check_language(const char *language, GError **error) {
    if (!language) return true;
    gsize length = strlen(language);
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalpha(language[i]) && language[i] != '-') length = 0;
    return (length >= 2 && length <= 8) || fail(error, ERROR_INVALID, "language must be a code such as en, de or auto");
}

static bool add_tags(Job *job, const char *const *tags, GError **error) {
    for (guint i = 0; tags && tags[i]; i++) {
        g_autofree char *clean = text_clean(tags[i], -1, false);
        g_strstrip(clean);
        if (clean[0] == '\0') continue;
        if (strlen(clean) > TAG_BYTES_MAX || job->tags->len >= TAGS_MAX)
            return fail(error, ERROR_INVALID, "a meeting has at most %d tags of at most %d bytes", TAGS_MAX, TAG_BYTES_MAX);
        g_ptr_array_add(job->tags, g_steal_pointer(&clean));
    }
    return true;
}

bool ingest_plan(const Meetings *meetings, const char *meeting_id, const IngestOptions *options, Job **job, GError **error) {
    g_autoptr(Job) planned = job_new(meeting_id);
    if (options->vocabulary && strlen(options->vocabulary) > VOCABULARY_BYTES_MAX)
        return fail(error, ERROR_INVALID, "vocabulary has more than %d bytes", VOCABULARY_BYTES_MAX);
    if (!check_language(options->language, error) || !add_tags(planned, options->tags, error)) return false;
    planned->filename = text_clean_filename(options->filename);
    planned->title = title_of(options, planned->filename);
    planned->language = g_strdup(options->language);
    planned->vocabulary = options->vocabulary ? text_clean(options->vocabulary, -1, false) : NULL;
    planned->timestamp_ms = options->timestamp_ms > 0 ? MIN(options->timestamp_ms, TIME_MS_MAX) : clock_now_ms(meetings->clock);
    *job = g_steal_pointer(&planned);
    return true;
}

static bool open_writer(Ingest *ingest, GError **error) {
    StorePut put = {.content_type = ingest->content_type, .if_none_match = true};
    return store_put_open(ingest->meetings->store, ingest->job->audio_key, &put, &ingest->writer, error);
}

const char *ingest_meeting_id(const Ingest *ingest) { return ingest->job->meeting_id; }

const char *ingest_local_copy(const Ingest *ingest) { return ingest->copy ? local_copy_path(ingest->copy) : NULL; }

bool ingest_open(const Meetings *meetings, Jobs *jobs, const IngestOptions *options, Ingest **ingest, GError **error) {
    g_autofree char *uuid = text_uuid();
    g_autofree char *meeting_id = meeting_id_new(uuid);
    g_autoptr(Ingest) opened = g_new0(Ingest, 1);
    opened->meetings = meetings;
    opened->jobs = jobs;
    opened->worker = g_strdup(options->worker);
    opened->content_type = g_strdup(options->content_type);
    opened->sha256 = sha256_new();
    if (!ingest_plan(meetings, meeting_id, options, &opened->job, error)) return false;
    opened->job->audio_key = key_recording(uuid, opened->job->filename);
    bool ready = options->copy_folder ? local_copy_open(options->copy_folder, uuid, opened->job->filename, &opened->copy, error)
                                      : open_writer(opened, error);
    if (!ready) return false;
    *ingest = g_steal_pointer(&opened);
    return true;
}

bool ingest_write(Ingest *ingest, const void *data, gsize size, GError **error) {
    if (size > RECORDING_BYTES_MAX - ingest->bytes)
        return fail(error, ERROR_TOO_LARGE, "a recording has at most %d TiB", (int)(RECORDING_BYTES_MAX / TIB));
    sha256_update(ingest->sha256, data, size);
    ingest->bytes += size;
    return ingest->copy ? local_copy_write(ingest->copy, data, size, error) : store_writer_write(ingest->writer, data, size, error);
}

/* Where there is surely no job, the recording goes as well: nobody was told of it. Where the answer was lost the job may stand and will need
 * it. */
static bool create_job(Ingest *ingest, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (jobs_create(ingest->jobs, ingest->job, ingest->worker, &problem)) return true;
    if (error_is(problem, ERROR_NO_SPACE) || !error_kind(problem)->retryable)
        store_delete(ingest->meetings->store, ingest->job->audio_key, NULL);
    else g_prefix_error(&problem, "it may have been taken in, look at the list before you send it again: ");
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* The recording is whole under its key, and the job stands. */
static bool take_in(Ingest *ingest, GError **error) {
    g_auto(StoreInfo) info = {0};
    if (ingest->copy && (!open_writer(ingest, error) || !local_copy_send(ingest->copy, ingest->writer, error))) return false;
    return store_writer_commit(g_steal_pointer(&ingest->writer), &info, error) && create_job(ingest, error);
}

bool ingest_finish(Ingest *ingest, Job **job, GError **error) {
    g_autoptr(Ingest) owned = ingest;
    if (owned->bytes == 0) return fail(error, ERROR_BAD_MEDIA, "the file \"%s\" is empty (0 bytes)", owned->job->filename);
    owned->job->audio_bytes = owned->bytes;
    owned->job->audio_sha256 = sha256_finish(g_steal_pointer(&owned->sha256));
    if (owned->copy && !local_copy_keep(owned->copy, error)) return false;
    if (!take_in(owned, error)) {
        if (owned->copy) g_prefix_error(error, "the recording is kept as %s, but not taken in: ", local_copy_path(owned->copy));
        return false;
    }
    if (job) *job = g_steal_pointer(&owned->job);
    return true;
}

void ingest_abort(Ingest *ingest) {
    if (!ingest) return;
    g_clear_pointer(&ingest->writer, store_writer_abort);
    g_clear_pointer(&ingest->copy, local_copy_free);
    g_clear_pointer(&ingest->job, job_free);
    sha256_free(ingest->sha256);
    g_free(ingest->worker);
    g_free(ingest->content_type);
    g_free(ingest);
}

/* The job is looked for first: it goes when the record stands, so that a meeting is seen in one or the other. */
bool ingest_is_taken(const Meetings *meetings, Jobs *jobs, const char *meeting_id, bool *taken, GError **error) {
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_auto(StoreInfo) info = {0};
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    bool found = jobs_read(jobs, meeting_id, &job, &problem) || error_is(problem, ERROR_CORRUPT); /* damaged, but there */
    if (!found && error_is(problem, ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        found = store_head(meetings->store, key, &info, &problem);
    }
    if (!found && !error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *taken = found;
    return true;
}

bool ingest_claim_recording(const Meetings *meetings, Jobs *jobs, const char *audio_key, char **meeting_id, GError **error) {
    g_autofree char *uuid = text_uuid();
    g_autofree char *owner = meeting_id_of_recording(audio_key);
    g_auto(StoreInfo) info = {0};
    bool taken = false;
    if (!g_str_has_prefix(audio_key, PREFIX_RECORDINGS))
        return fail(error, ERROR_INVALID, "audio_s3_key must be a recording's key: it begins with \"%s\"", PREFIX_RECORDINGS);
    if (!store_head(meetings->store, audio_key, &info, error)) return false;
    if (!owner) owner = meeting_id_new(uuid);
    if (!ingest_is_taken(meetings, jobs, owner, &taken, error)) return false;
    if (taken)
        return fail(error, ERROR_CONFLICT, "the recording belongs to %s already: delete that meeting, or upload the recording again", owner);
    *meeting_id = g_steal_pointer(&owner);
    return true;
}

bool ingest_recording(const Meetings *meetings, Jobs *jobs, const IngestRecording *recording, const IngestOptions *options, Job **job, GError **error) {
    g_autoptr(Job) planned = NULL;
    if (!ingest_plan(meetings, recording->meeting_id, options, &planned, error)) return false;
    planned->audio_key = g_strdup(recording->key);
    planned->audio_bytes = recording->bytes;
    planned->audio_sha256 = g_strdup(recording->sha256);
    if (!jobs_create(jobs, planned, options->worker, error)) return false;
    if (job) *job = g_steal_pointer(&planned);
    return true;
}

bool ingest_stored(const Meetings *meetings, Jobs *jobs, const char *audio_key, const IngestOptions *options, Job **job,
                   GError **error) {
    g_autofree char *meeting_id = NULL;
    g_auto(StoreInfo) info = {0};
    if (!ingest_claim_recording(meetings, jobs, audio_key, &meeting_id, error) || !store_head(meetings->store, audio_key, &info, error))
        return false;
    IngestRecording recording = {.meeting_id = meeting_id, .key = audio_key, .bytes = info.size};
    return ingest_recording(meetings, jobs, &recording, options, job, error);
}
