/* What each stage reads from the store and writes to it. */
#include "pipeline/stages.h"

#include "base/limits.h"
#include "base/metrics.h"
#include "base/sha256.h"
#include "base/text.h"
#include "hooks/outbox.h"

#define HASH_BLOCK_BYTES (1 * MIB)

/* The member of metadata.json that names the run which committed it. */
#define RECORD_RUN "run"

typedef struct {
    StageProgress progress;
    gpointer user_data;
} Relay;

static bool relay_transcribe(gint64 done_ms, gint64 total_ms, gpointer user_data, GError **error) {
    const Relay *relay = user_data;
    double done = total_ms > 0 ? CLAMP((double)done_ms / (double)total_ms, 0, 0.999) : 0;
    return relay->progress(done, relay->user_data, error);
}

static bool relay_extract(double done, gpointer user_data, GError **error) {
    const Relay *relay = user_data;
    return relay->progress(MIN(done, 0.999), relay->user_data, error);
}

/* A document that another has written since the stage began: that other has taken over. */
static bool not_overtaken(bool written, GError **error) {
    if (written || !error || !error_is(*error, ERROR_PRECONDITION)) return written;
    g_clear_error(error);
    return fail(error, ERROR_LEASE_LOST, "another worker has written the documents meanwhile");
}

/* Imported transcripts are known to no service. */
static bool is_of_transcriber(const Pipeline *pipeline, const Transcript *transcript) {
    return g_strcmp0(transcript->transcriber, transcriber_name(pipeline->transcriber)) == 0;
}

/* The transcript of this run is there already (`*by_it`: and no import). A damaged one is as good as none: the recording has it all. */
static bool has_transcript(const Pipeline *pipeline, const Job *job, bool *has, bool *by_it, GError **error) {
    g_autoptr(Transcript) present = NULL;
    g_autoptr(GError) problem = NULL;
    if (!meeting_read_transcript(&pipeline->meetings, job->meeting_id, &present, NULL, &problem) &&
        !error_is(problem, ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *has = present && g_strcmp0(present->run, job->run) == 0;
    *by_it = *has && is_of_transcriber(pipeline, present);
    return true;
}

static TranscribeInput input_of(const Pipeline *pipeline, const Job *job) {
    return (TranscribeInput){.store = pipeline->meetings.store,
                             .key = job->audio_key,
                             .meeting_id = job->meeting_id,
                             .run = job->run,
                             .filename = job->filename,
                             .language = job->language,
                             .vocabulary = job->vocabulary};
}

void stage_forget(const Pipeline *pipeline, const Job *job) {
    TranscribeInput input = input_of(pipeline, job);
    if (input.key) transcriber_forget(pipeline->transcriber, &input); /* without: a delete's own job */
}

/* Runs the transcriber and writes what it made. `*by_it`: no import. */
static bool transcribe(const Pipeline *pipeline, const Job *job, const MeetingVersions *versions, Relay *relay, bool *by_it, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_auto(TranscribeResult) result = {0};
    TranscribeInput input = input_of(pipeline, job);
    if (!job->audio_key) return fail(error, ERROR_CORRUPT, "the job of %s names no recording", job->meeting_id);
    if (!store_open(pipeline->meetings.store, job->audio_key, &reader, NULL, error)) return false;
    input.reader = reader;
    input.progress = relay_transcribe;
    input.user_data = relay;
    gint64 began_us = g_get_monotonic_time();
    if (!transcriber_run(pipeline->transcriber, &input, &result, error)) return false;
    double worked_s = (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC;
    g_free(result.transcript->meeting_id);
    g_free(result.transcript->run);
    result.transcript->meeting_id = g_strdup(job->meeting_id);
    result.transcript->run = g_strdup(job->run);
    *by_it = is_of_transcriber(pipeline, result.transcript);
    if (*by_it && result.transcript->duration_ms > 0) {
        double recorded_s = (double)result.transcript->duration_ms / 1000;
        metrics_add(METRIC_RECORDING_SECONDS, NULL, NULL, recorded_s);
        metrics_add(METRIC_REAL_TIME_FACTOR, NULL, NULL, worked_s / recorded_s);
    }
    return relay->progress(1, relay->user_data, error) &&
           not_overtaken(meeting_write_transcript(&pipeline->meetings, job->meeting_id, versions, result.transcript, result.waveform, error), error);
}

bool stage_transcribe(const Pipeline *pipeline, const Job *job, StageProgress progress, gpointer user_data, GError **error) {
    g_auto(MeetingVersions) versions = {0};
    Relay relay = {progress, user_data};
    bool done = false, by_it = false;
    if (!meeting_read_versions(&pipeline->meetings, job->meeting_id, &versions, error) || !has_transcript(pipeline, job, &done, &by_it, error) ||
        (!done && !transcribe(pipeline, job, &versions, &relay, &by_it, error)))
        return false;
    if (by_it) stage_forget(pipeline, job); /* only now: until the transcript stands, who goes on after a crash needs what the service has */
    return true;
}

/* Extracts and writes the minutes of `transcript`. */
static bool extract(const Pipeline *pipeline, const Job *job, const Transcript *transcript, Relay *relay, GError **error) {
    g_autoptr(Minutes) minutes = NULL;
    g_auto(MeetingVersions) versions = {0};
    ExtractInput input = {.transcript = transcript, .meeting_ms = job->timestamp_ms, .progress = relay_extract, .user_data = relay};
    if (!meeting_read_versions(&pipeline->meetings, job->meeting_id, &versions, error) ||
        !extractor_run(pipeline->extractor, &input, &minutes, error))
        return false;
    g_free(minutes->run);
    minutes->run = g_strdup(job->run);
    return relay->progress(1, relay->user_data, error) &&
           not_overtaken(meeting_write_minutes(&pipeline->meetings, job->meeting_id, &versions, minutes, job->timestamp_ms,
                                               job->audio_key, error), error);
}

bool stage_extract(const Pipeline *pipeline, const Job *job, StageProgress progress, gpointer user_data, GError **error) {
    g_autoptr(Minutes) present = NULL;
    g_autoptr(Transcript) transcript = NULL;
    Relay relay = {progress, user_data};
    if (!meeting_read_minutes(&pipeline->meetings, job->meeting_id, &present, error)) return false;
    if (present && g_strcmp0(present->run, job->run) == 0) return true;
    if (!meeting_read_transcript(&pipeline->meetings, job->meeting_id, &transcript, NULL, error)) return false;
    if (!transcript) return fail(error, ERROR_CORRUPT, "the transcript of %s is gone: retry begins with the recording", job->meeting_id);
    return extract(pipeline, job, transcript, &relay, error);
}

static void replace(char **field, const char *text) {
    g_free(*field);
    *field = g_strdup(text);
}

static void describe_transcript(Record *record, const Transcript *transcript) {
    record->duration_ms = transcript->duration_ms;
    replace(&record->language, transcript->language);
    replace(&record->transcriber, transcript->transcriber);
    replace(&record->transcriber_model, transcript->model);
    record->coverage = transcript->duration_ms > 0
                           ? CLAMP((double)transcript->covered_ms / (double)transcript->duration_ms, 0, 1)
                           : 1;
    g_ptr_array_set_size(record->speakers, 0);
    for (guint i = 0; i < transcript->speakers->len; i++)
        g_ptr_array_add(record->speakers, g_strdup(transcript->speakers->pdata[i]));
}

static void describe_minutes(Record *record, const Minutes *minutes) {
    replace(&record->extraction_method, minutes->extractor);
    replace(&record->extractor, minutes->extractor);
    replace(&record->extractor_model, minutes->model);
    replace(&record->prompt_sha256, minutes->prompt_sha256);
    record->bedrock_used = g_strcmp0(minutes->extractor, "bedrock") == 0;
}

static void describe_job(Record *record, const Job *job) {
    replace(&record->audio_key, job->audio_key);
    replace(&record->filename, job->filename);
    replace(&record->title, job->title);
    record->timestamp_ms = job->timestamp_ms;
    g_ptr_array_set_size(record->tags, 0);
    for (guint i = 0; i < job->tags->len; i++) g_ptr_array_add(record->tags, g_strdup(job->tags->pdata[i]));
    if (job->audio_key && job->audio_sha256) record_set_object(record, job->audio_key, job->audio_bytes, job->audio_sha256, NULL);
}

static bool committed_by(const Record *record, const char *run) {
    return g_strcmp0(json_get_string(record->extra, RECORD_RUN, NULL), run) == 0;
}

/* The record that stands, or a new one from the job. `etag` stays NULL for a new one. */
static bool record_to_commit(const Pipeline *pipeline, const Job *job, Record **record, char **etag, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (meeting_read_record(&pipeline->meetings, job->meeting_id, record, etag, &problem)) return true;
    if (!error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *record = record_new();
    (*record)->meeting_id = g_strdup(job->meeting_id);
    describe_job(*record, job);
    return true;
}

/* The SHA-256 of a recording that did not come through this program (a browser sent it straight to the store): it is read once more. */
static bool hash_recording(const Pipeline *pipeline, Record *record, StageProgress progress, gpointer user_data, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_autoptr(Sha256) sha256 = sha256_new();
    g_autofree guint8 *block = g_malloc(HASH_BLOCK_BYTES);
    g_auto(StoreInfo) info = {0};
    if (!store_open(pipeline->meetings.store, record->audio_key, &reader, &info, error)) return false;
    guint64 size = store_reader_size(reader);
    for (guint64 offset = 0; offset < size;) {
        gsize got = 0;
        if (!progress(MIN((double)offset / (double)size, 0.999), user_data, error) ||
            !store_reader_read(reader, offset, block, HASH_BLOCK_BYTES, &got, error))
            return false;
        if (got == 0) return fail(error, ERROR_CORRUPT, "%s ends before its size", record->audio_key);
        sha256_update(sha256, block, got);
        offset += got;
    }
    g_autofree char *sum = sha256_finish(g_steal_pointer(&sha256));
    record_set_object(record, record->audio_key, size, sum, info.etag);
    return true;
}

/* All is read, which may have taken its time: the lease is proved once more. Before the row what the heartbeat knows of it is enough: a row that was
 * put behind a delete is taken back when the lease is found lost, but until then the meeting would be listed. */
static bool may_commit(bool stands, gpointer user_data, GError **error) {
    const Relay *relay = user_data;
    return relay->progress(stands ? 0.999 : 1, relay->user_data, error);
}

static bool commit(const Pipeline *pipeline, const Job *job, Record *record, const char *etag, Relay *relay, GError **error) {
    const Meetings *meetings = &pipeline->meetings;
    g_autoptr(Transcript) transcript = NULL;
    g_autoptr(Minutes) minutes = NULL;
    if (!meeting_read_transcript(meetings, job->meeting_id, &transcript, NULL, error) ||
        !meeting_read_minutes(meetings, job->meeting_id, &minutes, error))
        return false;
    if (!transcript || !minutes)
        return fail(error, ERROR_CORRUPT, "documents of %s are gone: retry begins with the recording", job->meeting_id);
    describe_transcript(record, transcript);
    describe_minutes(record, minutes);
    if (!record->extra) record->extra = json_object();
    json_object_set_new(record->extra, RECORD_RUN, json_text(job->run));
    return meeting_commit_if(meetings, record, etag, may_commit, relay, error);
}

static bool has_sum(const Record *record) {
    const RecordObject *known = record->audio_key ? record_object(record, record->audio_key) : NULL;
    return known && known->sha256;
}

bool stage_commit(const Pipeline *pipeline, const Job *job, StageProgress progress, gpointer user_data, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autofree char *etag = NULL;
    if (!record_to_commit(pipeline, job, &record, &etag, error)) return false;
    /* A worker that died between metadata.json and the row: only the row is missing. */
    if (etag && committed_by(record, job->run)) return meeting_index(&pipeline->meetings, record, error);
    if (record->audio_key && !has_sum(record) && !hash_recording(pipeline, record, progress, user_data, error)) return false;
    Relay relay = {progress, user_data};
    return commit(pipeline, job, record, etag, &relay, error);
}

static bool no_progress(double done, gpointer user_data, GError **error) { return true; }

/* Both are told at once, when the text's meeting stands: without a job nobody would go on with it. */
enum { TEXT_EVENTS = 2 };

static Event text_event(const Job *job, gsize number) {
    bool ready = number == 1;
    return (Event){.type = ready ? EVENT_MEETING_READY : EVENT_MEETING_CREATED, .meeting_id = job->meeting_id, .version = ready ? job->run : ""};
}

static bool announce(const Pipeline *pipeline, const Job *job, GPtrArray *announced[TEXT_EVENTS], GError **error) {
    for (gsize i = 0; i < TEXT_EVENTS; i++) {
        Event event = text_event(job, i);
        if (!event_announce(pipeline->meetings.store, pipeline->meetings.clock, &event, &announced[i], error)) return false;
    }
    return true;
}

/* What fails here is told later. */
static void settle(const Pipeline *pipeline, const Job *job, GPtrArray *announced[TEXT_EVENTS], bool done) {
    for (gsize i = 0; i < TEXT_EVENTS; i++) {
        Event event = text_event(job, i);
        if (announced[i]) event_settle(pipeline->meetings.store, pipeline->meetings.clock, done ? &event : NULL, announced[i], NULL);
    }
}

/* All stages of a text, with a job that is never stored: it only carries the parameters. */
static bool process_text(const Pipeline *pipeline, const Job *job, const Transcript *transcript, GPtrArray *announced[TEXT_EVENTS], GError **error) {
    Relay relay = {no_progress, NULL};
    MeetingVersions nothing = {0};
    g_autoptr(Record) record = NULL;
    g_autofree char *etag = NULL;
    return meeting_write_transcript(&pipeline->meetings, job->meeting_id, &nothing, transcript, NULL, error) &&
           extract(pipeline, job, transcript, &relay, error) && record_to_commit(pipeline, job, &record, &etag, error) &&
           announce(pipeline, job, announced, error) && commit(pipeline, job, record, etag, &relay, error);
}

bool pipeline_process_text(const Pipeline *pipeline, const char *meeting_id, const Transcript *transcript, const char *audio_key,
                           const char *filename, GError **error) {
    g_autoptr(Job) job = job_new(meeting_id);
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    GPtrArray *announced[TEXT_EVENTS] = {NULL};
    job->audio_key = g_strdup(audio_key);
    job->filename = text_clean_filename(filename);
    job->title = g_strdup(job->filename);
    job->timestamp_ms = clock_now_ms(pipeline->meetings.clock);
    bool done = process_text(pipeline, job, transcript, announced, error);
    bool gone = !done && !meeting_read_record(&pipeline->meetings, meeting_id, &record, NULL, &problem) && error_is(problem, ERROR_NOT_FOUND);
    if (done || gone) settle(pipeline, job, announced, done);
    for (gsize i = 0; i < TEXT_EVENTS; i++) g_clear_pointer(&announced[i], g_ptr_array_unref);
    if (done) {
        if (pipeline->search) search_update(pipeline->search, meeting_id, NULL); /* what it misses here, its next refresh brings */
        return true;
    }
    /* Nobody was told of the meeting: what stands of it goes, unless it was committed after all. */
    if (gone) meeting_delete(&pipeline->meetings, meeting_id, NULL, NULL);
    return false;
}
