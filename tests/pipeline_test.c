/* pipeline: from an upload to the committed meeting, with a failure at each single store operation. The parts are the real ones: a WebVTT
 * transcript goes through import and the offline extractor. */
#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "hooks/outbox.h"
#include "ingest/transfer.h"
#include "pipeline/worker.h"
#include "store/memory.h"

static const char vtt[] = "WEBVTT\n\n"
                          "00:00:01.000 --> 00:00:05.000\nAnn Lee: I will send the figures to Bob by Friday.\n\n"
                          "00:00:06.000 --> 00:00:09.000\nBob Ray: We decided to go with the second design.\n\n"
                          "00:00:10.000 --> 00:00:14.000\nAnn Lee: The system must keep every recording for a year.\n";

static FakeClock fake_clock = FAKE_CLOCK(1772600767089);

typedef struct {
    Settings *settings;
    Store *store;
    Catalog *catalog;
    Jobs *jobs;
    Transcriber *transcriber;
    Extractor *extractor;
    Pipeline pipeline;
} Program;

/* A program started on `store`; closing it closes the store. */
static Program start(Store *store) {
    static const char *const options[] = {"HANSARD_TRANSCRIBER", "none", NULL};
    Program program = {.store = store};
    g_autoptr(GError) error = NULL;
    g_assert_true(settings_load(NULL, options, &program.settings, &error));
    g_assert_true(catalog_keys_open(store, &program.catalog, &error));
    g_assert_true(transcriber_open(program.settings, &program.transcriber, &error));
    g_assert_true(extractor_open(program.settings, &program.extractor, &error));
    g_assert_no_error(error);
    program.jobs = jobs_new(store, &fake_clock.base);
    program.pipeline = (Pipeline){{store, program.catalog, &fake_clock.base}, program.jobs, program.transcriber, program.extractor, NULL};
    return program;
}

static void end(Program *program) {
    jobs_free(program->jobs);
    extractor_close(program->extractor);
    transcriber_close(program->transcriber);
    catalog_close(program->catalog);
    settings_free(program->settings);
    store_close(program->store);
}

/* True when the upload was acknowledged. */
static bool upload(Program *program, const char *name, const void *data, gsize size, const char *worker, Job **job, GError **error) {
    g_autoptr(Ingest) ingest = NULL;
    IngestOptions options = {.filename = name, .worker = worker};
    return ingest_open(&program->pipeline.meetings, program->jobs, &options, &ingest, error) &&
           ingest_write(ingest, data, size, error) && ingest_finish(g_steal_pointer(&ingest), job, error);
}

/* Takes jobs until none is left that will ever be due; the clock runs on meanwhile. */
static void work_until_idle(Program *program) {
    for (int round = 0; round < 40; round++) {
        g_autoptr(Job) job = NULL;
        g_assert_true(jobs_take(program->jobs, "later", &job, NULL));
        if (job) pipeline_run(&program->pipeline, job, NULL, NULL, NULL, NULL);
        else fake_clock.now += JOB_LEASE_MS + JOB_BACKOFF_MAX_MS;
    }
}

/* What a list shows is there as a whole. Returns the number of rows. */
static guint check_list(Program *program) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 50};
    g_autoptr(GError) error = NULL;
    g_assert_true(catalog_list(program->catalog, &query, &page, &error));
    for (guint i = 0; i < page.rows->len; i++) {
        g_autoptr(Meeting) meeting = NULL;
        g_assert_true(meeting_read(&program->pipeline.meetings, ((Row *)page.rows->pdata[i])->meeting_id, &meeting, &error));
        g_assert_no_error(error);
        g_assert_nonnull(meeting->transcript);
        g_assert_cmpuint(meeting->minutes->items[ITEM_ACTION]->len, ==, meeting->record->action_items_count);
        for (guint o = 0; o < meeting->record->objects->len; o++) {
            const RecordObject *object = meeting->record->objects->pdata[o];
            g_auto(StoreInfo) info = {0};
            g_assert_true(store_head(program->store, object->key, &info, NULL));
            g_assert_cmpstr(info.etag, ==, object->etag);
        }
    }
    return page.rows->len;
}

static guint count_keys(Store *store, const char *prefix) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    g_assert_true(store_list(store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, NULL));
    return entries->len;
}

static void test_whole_way(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL;
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(upload(&program, "../call one.vtt", vtt, strlen(vtt), "me", &job, &error));
    g_assert_cmpuint(check_list(&program), ==, 0);
    g_assert_true(pipeline_run(&program.pipeline, job, NULL, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(check_list(&program), ==, 1);
    g_assert_true(meeting_read(&program.pipeline.meetings, job->meeting_id, &meeting, &error));
    g_assert_cmpstr(meeting->record->title, ==, "call one");
    g_assert_cmpuint(meeting->record->speakers->len, ==, 2);
    g_assert_cmpuint(meeting->record->action_items_count, >=, 1);
    g_assert_cmpuint(meeting->record->decisions_count, >=, 1);
    g_assert_cmpuint(meeting->record->requirements_count, >=, 1);
    g_autofree char *sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, vtt, -1);
    g_assert_cmpstr(record_object(meeting->record, meeting->record->audio_key)->sha256, ==, sha256);
    g_assert_cmpuint(count_keys(program.store, PREFIX_JOBS), ==, 0);
    end(&program);
}

/* Takes the upload and works on it with the n-th operation failing, then starts a healthy program on what is left. */
static bool run_with_fault(FaultMode mode, int n) {
    Store *bucket = store_memory_new(&fake_clock.base);
    Program broken = start(faulty_store_new(bucket, mode, n));
    g_autoptr(Job) job = NULL;
    bool acknowledged = upload(&broken, "call.vtt", vtt, strlen(vtt), "first", &job, NULL);
    if (acknowledged) pipeline_run(&broken.pipeline, job, NULL, NULL, NULL, NULL);
    bool reached = ((FaultyStore *)broken.store)->operations >= n;
    end(&broken);

    Program healthy = start(bucket);
    guint before = check_list(&healthy);
    work_until_idle(&healthy);
    guint after = check_list(&healthy);
    g_assert_cmpuint(after, >=, before);
    g_assert_cmpuint(after, <=, 1);
    if (acknowledged) g_assert_cmpuint(after, ==, 1);
    g_assert_cmpuint(count_keys(bucket, PREFIX_JOBS), ==, 0); /* done, or never begun: nothing waits or has failed */
    end(&healthy);
    return reached;
}

static void test_faults(gconstpointer mode) {
    int n = 1;
    while (run_with_fault(GPOINTER_TO_INT(mode), n)) {
        n++;
        g_assert_cmpint(n, <, 300);
    }
    g_assert_cmpint(n, >, 20); /* the whole way was gone through */
}

static void test_delete_faults(gconstpointer mode) {
    bool reached = true;
    for (int n = 1; reached; n++) {
        Store *bucket = store_memory_new(&fake_clock.base);
        g_autoptr(Job) job = NULL;
        Program first = start(bucket);
        g_assert_true(upload(&first, "call.vtt", vtt, strlen(vtt), "first", &job, NULL));
        g_assert_true(pipeline_run(&first.pipeline, job, NULL, NULL, NULL, NULL));
        Program broken = start(faulty_store_new(bucket, GPOINTER_TO_INT(mode), n));
        bool deleted = pipeline_delete(&broken.pipeline, "second", job->meeting_id, NULL);
        bool begun = count_keys(bucket, PREFIX_JOBS) > 0;
        reached = ((FaultyStore *)broken.store)->operations >= n;
        end(&broken);
        work_until_idle(&first);
        /* Once its job stands, a delete ends, whoever finishes it; before that nothing has gone. */
        if (deleted || begun) g_assert_cmpuint(count_keys(bucket, ""), ==, 0);
        else g_assert_true(count_keys(bucket, "") == 0 || check_list(&first) == 1); /* all (its answer was lost) or nothing */
        end(&first);
        g_assert_cmpint(n, <, 200);
    }
}

static void test_delete_waiting(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), NULL, &job, &error));
    g_assert_true(pipeline_delete(&program.pipeline, "me", job->meeting_id, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
    g_assert_false(pipeline_delete(&program.pipeline, "me", job->meeting_id, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    end(&program);
}

/* Deleted while a worker is at it: the worker loses its lease and leaves nothing behind, at whichever stage it was. */
static void delete_at_stage(const Job *job, gpointer user_data) {
    struct {
        Program *program;
        JobStage stage;
        bool deleted;
    } *at = user_data;
    if (at->deleted || job->stage != at->stage) return;
    g_autofree char *meeting_id = g_strdup(job->meeting_id);
    g_autoptr(GError) error = NULL;
    at->deleted = true;
    g_assert_true(pipeline_delete(&at->program->pipeline, "other", meeting_id, &error));
    g_assert_no_error(error);
}

static void test_delete_running(void) {
    for (JobStage stage = STAGE_TRANSCRIBE; stage < STAGE_COUNT; stage++) {
        Program program = start(store_memory_new(&fake_clock.base));
        struct {
            Program *program;
            JobStage stage;
            bool deleted;
        } at = {&program, stage, false};
        g_autoptr(Job) job = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), "me", &job, &error));
        g_assert_false(pipeline_run(&program.pipeline, job, NULL, delete_at_stage, &at, &error));
        g_assert_true(at.deleted);
        g_assert_nonnull(error);
        work_until_idle(&program);
        g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
        end(&program);
    }
}

typedef struct {
    Program *other;
    char *meeting_id;
    bool deleted;
} Meanwhile;

/* A text that is at hand: acknowledged it is a meeting; otherwise it is one all the same (its answer was lost) or nothing of it is left, but where the
 * program died. */
/* The events in the outbox, each counted once. */
static guint count_events(Store *bucket) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GHashTable) events = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool more;
    g_assert_true(store_list(bucket, PREFIX_OUTBOX, NULL, 100, &entries, &more, NULL));
    for (guint i = 0; i < entries->len; i++) {
        const char *event = strstr(((const StoreEntry *)entries->pdata[i])->key, "msg_");
        g_hash_table_add(events, g_strndup(event, strcspn(event, "-")));
    }
    return g_hash_table_size(events);
}

/* Whoever dies when, a text's meeting that stands is told of: that it is there, and ready. */
static void test_text_faults(gconstpointer mode) {
    static const char id[] = "meeting-0f0e0d0c-0b0a-4908-8706-050403020100";
    FaultMode fault = GPOINTER_TO_INT(mode);
    bool reached = true;
    for (int n = 1; reached; n++) {
        Store *bucket = store_memory_new(&fake_clock.base);
        g_autoptr(Webhook) webhook = NULL;
        g_assert_true(webhook_create(bucket, &fake_clock.base, "https://hooks.invalid/", "all", 0, false, &webhook, NULL));
        Program broken = start(faulty_store_new(bucket, fault, n));
        g_autoptr(Transcript) transcript = transcript_new();
        g_autoptr(Meeting) meeting = NULL;
        transcript->meeting_id = g_strdup(id);
        transcript_add(transcript, 0, 1000, -1, "We decided to keep this text.");
        bool acknowledged = pipeline_process_text(&broken.pipeline, id, transcript, NULL, "notes.txt", NULL);
        reached = ((FaultyStore *)broken.store)->operations >= n;
        end(&broken);
        Program healthy = start(bucket);
        bool stands = meeting_read(&healthy.pipeline.meetings, id, &meeting, NULL);
        g_assert_true(stands || !acknowledged);
        g_assert_cmpuint(check_list(&healthy), >=, acknowledged ? 1 : 0);
        if (stands) g_assert_nonnull(strstr(meeting->text, "keep this text"));
        else if (fault == FAULT_ONCE || fault == FAULT_LOST)
            g_assert_cmpuint(count_keys(bucket, ""), ==, count_keys(bucket, PREFIX_WEBHOOKS) + count_keys(bucket, PREFIX_OUTBOX));
        if (stands) g_assert_cmpuint(count_events(bucket), ==, 2);
        end(&healthy);
        g_assert_cmpint(n, <, 200);
    }
}

/* A recording that stands in the store: asked for until it is taken in, it becomes one meeting. */
static void test_stored_faults(gconstpointer mode) {
    static const char key[] = "meetings/5b4e5b1c-5f0a-4d56-9a43-6f0c7a5b1e11_old.vtt";
    IngestOptions options = {.filename = "old.vtt"};
    bool reached = true;
    for (int n = 1; reached; n++) {
        Store *bucket = store_memory_new(&fake_clock.base);
        g_autoptr(GBytes) bytes = g_bytes_new_static(vtt, strlen(vtt));
        g_autoptr(GError) error = NULL;
        g_assert_true(store_put(bucket, key, bytes, NULL, NULL, NULL));
        Program broken = start(faulty_store_new(bucket, GPOINTER_TO_INT(mode), n));
        bool taken = ingest_stored(&broken.pipeline.meetings, broken.jobs, key, &options, NULL, NULL);
        reached = ((FaultyStore *)broken.store)->operations >= n;
        end(&broken);
        Program healthy = start(bucket);
        bool again = ingest_stored(&healthy.pipeline.meetings, healthy.jobs, key, &options, NULL, &error);
        if (taken) g_assert_false(again);
        if (!again) g_assert_true(error_is(error, ERROR_CONFLICT));
        work_until_idle(&healthy);
        g_assert_cmpuint(check_list(&healthy), ==, 1);
        g_assert_cmpuint(count_keys(bucket, PREFIX_RECORDINGS), ==, 1);
        end(&healthy);
        g_assert_cmpint(n, <, 30);
    }
}

static void delete_meanwhile(gpointer data) {
    Meanwhile *meanwhile = data;
    meanwhile->deleted = pipeline_delete(&meanwhile->other->pipeline, "other", meanwhile->meeting_id, NULL);
}

/* Deleted just before whichever operation of the worker, whose answer may be lost besides, so that the worker hears of another failure than of its
 * lost lease. Nothing is left, nor comes back. */
static void test_delete_meanwhile(gconstpointer mode) {
    bool reached = true;
    guint deleted = 0;
    for (int n = 1; reached; n++) {
        Program program = start(store_memory_new(&fake_clock.base));
        FaultyStore *meanwhile = (FaultyStore *)faulty_store_new(program.store, FAULT_MEANWHILE, n);
        Program worker = start(faulty_store_new(&meanwhile->base, GPOINTER_TO_INT(mode), n));
        Meanwhile what = {.other = &program};
        g_autoptr(Job) job = NULL;
        meanwhile->meanwhile = delete_meanwhile;
        meanwhile->data = &what;
        g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), "me", &job, NULL));
        what.meeting_id = job->meeting_id;
        pipeline_run(&worker.pipeline, job, NULL, NULL, NULL, NULL);
        reached = ((FaultyStore *)worker.store)->operations >= n;
        if (what.deleted) g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
        work_until_idle(&program);
        if (what.deleted) g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
        else g_assert_cmpuint(check_list(&program), ==, 1); /* refused: the work was just done */
        deleted += what.deleted;
        end(&worker);
        store_close(&meanwhile->base);
        end(&program);
        g_assert_cmpint(n, <, 200);
    }
    g_assert_cmpuint(deleted, >, 40);
}

typedef struct {
    Program *other;
    char *meeting_id;
    bool taken, committed; /* what was at that moment */
} Takeover;

static bool is_committed(Program *program, const char *meeting_id) {
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_auto(StoreInfo) info = {0};
    return store_head(program->store, key, &info, NULL);
}

static void take_over(gpointer data) {
    Takeover *takeover = data;
    g_autoptr(Job) job = NULL;
    fake_clock.now += JOB_LEASE_MS + 1;
    takeover->committed = is_committed(takeover->other, takeover->meeting_id);
    takeover->taken = jobs_take_one(takeover->other->jobs, takeover->meeting_id, "other", &job, NULL);
}

/* Another takes the job over, before whichever operation: the first commits no more, but where the put of metadata.json was already begun. */
static void test_taken_over(void) {
    guint late = 0, taken = 0;
    bool reached = true;
    for (int n = 1; reached; n++) {
        Program program = start(store_memory_new(&fake_clock.base)), slow = start(faulty_store_new(program.store, FAULT_MEANWHILE, n));
        Takeover takeover = {.other = &program};
        g_autoptr(Job) job = NULL;
        ((FaultyStore *)slow.store)->meanwhile = take_over;
        ((FaultyStore *)slow.store)->data = &takeover;
        g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), "me", &job, NULL));
        takeover.meeting_id = job->meeting_id;
        bool done = pipeline_run(&slow.pipeline, job, NULL, NULL, NULL, NULL);
        reached = ((FaultyStore *)slow.store)->operations >= n;
        g_assert_true(done == !takeover.taken);
        late += takeover.taken && !takeover.committed && is_committed(&program, job->meeting_id);
        taken += takeover.taken;
        work_until_idle(&program);
        g_assert_cmpuint(check_list(&program), ==, 1);
        end(&slow);
        end(&program);
    }
    g_assert_cmpuint(taken, >, 40);
    g_assert_cmpuint(late, <=, 3); /* its opening, its bytes, its end */
}

/* What no decoder reads keeps its reason and waits for a person. */
static void test_failed_job(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL;
    g_autoptr(Job) kept = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(upload(&program, "bad.vtt", "WEBVTT\n\n", 8, "me", &job, &error));
    g_assert_false(pipeline_run(&program.pipeline, job, NULL, NULL, NULL, &error));
    g_assert_nonnull(error);
    g_assert_true(jobs_read(program.jobs, job->meeting_id, &kept, NULL));
    g_assert_cmpint(kept->state, ==, JOB_FAILED);
    g_assert_cmpstr(kept->error_message, ==, error->message);
    g_assert_cmpint(kept->stage, ==, STAGE_TRANSCRIBE);
    g_assert_cmpuint(check_list(&program), ==, 0);
    end(&program);
}

static void test_empty_upload(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(upload(&program, "empty.m4a", "", 0, NULL, &job, &error));
    g_assert_true(error_is(error, ERROR_BAD_MEDIA));
    g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
    end(&program);
}

/* Another worker has finished the transcript: the stage is not done again (the text here could not come from the recording). */
static void test_resume(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL;
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), "me", &job, &error));
    transcript_add(transcript, 0, 1000, -1, "We decided to keep this text.");
    transcript->run = g_strdup(job->run);
    g_assert_true(meeting_write_transcript(&program.pipeline.meetings, job->meeting_id, &(MeetingVersions){0}, transcript, NULL, &error));
    g_assert_true(pipeline_run(&program.pipeline, job, NULL, NULL, NULL, &error));
    g_assert_true(meeting_read(&program.pipeline.meetings, job->meeting_id, &meeting, &error));
    g_assert_nonnull(strstr(meeting->text, "keep this text"));
    end(&program);
}

/* Sent in parts, straight to the store: the recording did not come through this program. */
static void send_in_parts(Program *program, const char *text, Job **job) {
    gsize size = strlen(text);
    const Meetings *meetings = &program->pipeline.meetings;
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(StoreWriter) writer = NULL;
    g_autoptr(GError) error = NULL;
    IngestOptions options = {.filename = "call.vtt"};
    guint64 bytes = 0;
    g_assert_true(transfer_begin(meetings, &options, size, &transfer, &error));
    g_assert_true(transfer_put_part(meetings, transfer->audio_key, transfer->upload_id, 1, size, &writer, &error));
    g_assert_true(store_writer_write(writer, text, size, &error));
    g_assert_true(store_writer_commit(g_steal_pointer(&writer), NULL, &error));
    g_assert_true(transfer_complete(meetings, program->jobs, transfer->meeting_id, &bytes, &error));
    g_assert_true(jobs_take(program->jobs, "me", job, &error));
    g_assert_no_error(error);
    g_assert_null((*job)->audio_sha256);
}

/* Its size and SHA-256 stand in the record all the same. */
static void test_in_parts(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL, again = NULL;
    g_autoptr(Record) record = NULL, same = NULL;
    g_autofree char *etag = NULL, *same_etag = NULL;
    g_autoptr(GError) error = NULL;
    /* more than one block */
    g_autofree char *filler = g_strnfill(2 * MIB, 'x'), *text = g_strconcat(vtt, "\n\nNOTE ", filler, "\n", NULL);
    send_in_parts(&program, text, &job);
    g_assert_true(pipeline_run(&program.pipeline, job, NULL, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(check_list(&program), ==, 1);
    g_assert_true(meeting_read_record(&program.pipeline.meetings, job->meeting_id, &record, &etag, &error));
    g_autofree char *sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    const RecordObject *recording = record_object(record, record->audio_key);
    g_assert_cmpstr(recording->sha256, ==, sha256);
    g_assert_cmpuint(recording->bytes, ==, strlen(text));
    /* A completion that was asked for twice may create the job a second time: it is the same run, and nothing is done again. */
    again = job_new(job->meeting_id);
    g_free(again->run);
    again->run = g_strdup(job->run);
    again->audio_key = g_strdup(job->audio_key);
    again->filename = g_strdup(job->filename);
    g_assert_true(jobs_create(program.jobs, again, "me", &error));
    g_assert_true(pipeline_run(&program.pipeline, again, NULL, NULL, NULL, &error));
    g_assert_true(meeting_read_record(&program.pipeline.meetings, job->meeting_id, &same, &same_etag, &error));
    g_assert_cmpstr(etag, ==, same_etag);
    end(&program);
}

/* A recording without a sum is read under the lease: the job can be stopped, and stolen, meanwhile. */
static void stop_at_commit(const Job *job, gpointer cancel) {
    if (job->stage == STAGE_COMMIT && job->progress > 0) g_cancellable_cancel(cancel);
}

static void test_sum_stopped(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) error = NULL;
    send_in_parts(&program, vtt, &job);
    g_assert_false(pipeline_run(&program.pipeline, job, cancel, stop_at_commit, cancel, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
    g_assert_cmpuint(check_list(&program), ==, 0);
    work_until_idle(&program);
    g_assert_cmpuint(check_list(&program), ==, 1);
    end(&program);
}

/* A recording belongs to one meeting: a client that asks again is told, so that deleting one never takes another's recording. */
static void test_recording_owner(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL;
    g_autoptr(Job) again = NULL;
    g_autoptr(GError) error = NULL;
    IngestOptions options = {.filename = "call.vtt"};
    g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), "me", &job, &error));
    for (int round = 0; round < 2; round++) { /* while it waits, and when it is done */
        g_assert_false(ingest_stored(&program.pipeline.meetings, program.jobs, job->audio_key, &options, &again, &error));
        g_assert_true(error_is(error, ERROR_CONFLICT));
        g_clear_error(&error);
        if (round == 0) g_assert_true(pipeline_run(&program.pipeline, job, NULL, NULL, NULL, &error));
    }
    g_autoptr(GBytes) bytes = g_bytes_new_static(vtt, strlen(vtt));
    g_assert_true(store_put(program.store, "meetings/5b4e5b1c-5f0a-4d56-9a43-6f0c7a5b1e11_old.vtt", bytes, NULL, NULL, NULL));
    g_assert_true(ingest_stored(&program.pipeline.meetings, program.jobs, "meetings/5b4e5b1c-5f0a-4d56-9a43-6f0c7a5b1e11_old.vtt", &options,
                                &again, &error));
    g_assert_cmpstr(again->meeting_id, ==, "meeting-5b4e5b1c-5f0a-4d56-9a43-6f0c7a5b1e11");
    end(&program);
}

/* Damaged documents are made anew from the recording. */
static void test_retry_damaged(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Job) job = NULL;
    g_autoptr(Job) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) garbage = g_bytes_new_static("{", 1);
    g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), "me", &job, &error));
    g_autofree char *key = key_document(job->meeting_id, DOCUMENT_TRANSCRIPT);
    g_assert_true(store_put(program.store, key, garbage, NULL, NULL, NULL));
    job_enter_stage(job, STAGE_EXTRACT);
    g_assert_false(pipeline_run(&program.pipeline, job, NULL, NULL, NULL, &error));
    g_assert_true(error_is(error, ERROR_CORRUPT));
    g_assert_true(jobs_retry(program.jobs, job->meeting_id, &again, NULL));
    work_until_idle(&program);
    g_assert_cmpuint(check_list(&program), ==, 1);
    end(&program);
}

static void test_cancel(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(Job) job = NULL;
    g_autoptr(Job) again = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), "me", &job, &error));
    g_cancellable_cancel(cancel);
    if (!pipeline_run(&program.pipeline, job, cancel, NULL, NULL, &error)) {
        g_assert_true(error_is(error, ERROR_CANCELLED));
        g_assert_true(jobs_take(program.jobs, "other", &again, NULL)); /* at once, without waiting for a lease */
        g_assert_nonnull(again);
    }
    end(&program);
}

static void test_workers_share(void) {
    Program program = start(store_memory_new(clock_system()));
    WorkerEvents events = {0};
    jobs_free(program.jobs);
    program.jobs = program.pipeline.jobs = jobs_new(program.store, clock_system());
    program.pipeline.meetings.clock = clock_system();
    for (int i = 0; i < 20; i++) {
        g_autoptr(Job) job = NULL;
        g_assert_true(upload(&program, "call.vtt", vtt, strlen(vtt), NULL, &job, NULL));
    }
    Worker *one = worker_start(&program.pipeline, "one", 2, 3000, &events), *two = worker_start(&program.pipeline, "two", 2, 3000, &events);
    for (int i = 0; i < 600 && count_keys(program.store, PREFIX_JOBS) > 0; i++) g_usleep(100 * 1000);
    worker_stop(one);
    worker_stop(two);
    g_assert_cmpuint(count_keys(program.store, PREFIX_JOBS), ==, 0);
    g_assert_cmpuint(check_list(&program), ==, 20);
    end(&program);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *name;
        FaultMode mode;
    } modes[] = {{"once", FAULT_ONCE}, {"crash", FAULT_CRASH}, {"late", FAULT_LATE}, {"lost", FAULT_LOST}};
    g_test_add_func("/pipeline/whole-way", test_whole_way);
    g_test_add_func("/pipeline/resume", test_resume);
    g_test_add_func("/pipeline/failed-job", test_failed_job);
    g_test_add_func("/pipeline/empty-upload", test_empty_upload);
    g_test_add_func("/pipeline/cancel", test_cancel);
    g_test_add_func("/pipeline/recording-owner", test_recording_owner);
    g_test_add_func("/pipeline/retry-damaged", test_retry_damaged);
    g_test_add_func("/pipeline/in-parts", test_in_parts);
    g_test_add_func("/pipeline/sum-stopped", test_sum_stopped);
    g_test_add_func("/pipeline/delete/waiting", test_delete_waiting);
    g_test_add_func("/pipeline/delete/running", test_delete_running);
    g_test_add_func("/pipeline/taken-over", test_taken_over);
    g_test_add_data_func("/pipeline/delete/meanwhile/heard", GINT_TO_POINTER(FAULT_NONE), test_delete_meanwhile);
    g_test_add_data_func("/pipeline/delete/meanwhile/unheard", GINT_TO_POINTER(FAULT_LOST), test_delete_meanwhile);
    g_test_add_func("/pipeline/workers", test_workers_share);
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree char *whole = g_strdup_printf("/pipeline/faults/%s", modes[i].name);
        g_autofree char *delete = g_strdup_printf("/pipeline/delete/faults/%s", modes[i].name);
        g_test_add_data_func(whole, GINT_TO_POINTER(modes[i].mode), test_faults);
        g_autofree char *text = g_strdup_printf("/pipeline/text/faults/%s", modes[i].name);
        g_autofree char *stored = g_strdup_printf("/pipeline/stored/faults/%s", modes[i].name);
        g_test_add_data_func(delete, GINT_TO_POINTER(modes[i].mode), test_delete_faults);
        g_test_add_data_func(text, GINT_TO_POINTER(modes[i].mode), test_text_faults);
        g_test_add_data_func(stored, GINT_TO_POINTER(modes[i].mode), test_stored_faults);
    }
    return g_test_run();
}
