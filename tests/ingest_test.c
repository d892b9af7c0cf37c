/* ingest: recordings that come in parts, on the memory and the directory store, with a failure at each single store operation and with threads that
 * complete and cancel at the same time; and the copy on this machine. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "ingest/transfer.h"
#include "store/dir.h"
#include "store/memory.h"

#define SIZE (S3_PART_BYTES + 5) /* two parts */

static FakeClock fake_clock = FAKE_CLOCK(1772600767089);
static guint8 *content; /* SIZE bytes */

typedef struct {
    Store *store;
    Jobs *jobs;
    Meetings meetings;
    char *place; /* of a directory; NULL */
} Program;

static Program start(Store *store) {
    return (Program){.store = store, .jobs = jobs_new(store, &fake_clock.base), .meetings = {store, NULL, &fake_clock.base}};
}

static void end(Program *program) {
    jobs_free(program->jobs);
    store_close(program->store);
}

static void remove_tree(const char *path) {
    g_autoptr(GDir) folder = g_file_test(path, G_FILE_TEST_IS_DIR) ? g_dir_open(path, 0, NULL) : NULL;
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    (void)g_remove(path);
}

static Program start_on(gconstpointer kind) {
    if (strcmp(kind, "memory") == 0) return start(store_memory_new(&fake_clock.base));
    g_autofree char *place = g_dir_make_tmp("hansard-ingest-XXXXXX", NULL);
    Store *store = NULL;
    g_assert_true(store_dir_open(place, &fake_clock.base, &store, NULL));
    Program program = start(store);
    program.place = g_steal_pointer(&place);
    return program;
}

static void end_on(Program *program) {
    end(program);
    if (program->place) remove_tree(program->place);
    g_free(program->place);
}

/* The call names its last argument `error`, which is the macro's own. */
#define ASSERT_FAILS(call, wanted)                                                                                                     \
    do {                                                                                                                               \
        g_autoptr(GError) caught = NULL;                                                                                               \
        GError **error = &caught;                                                                                                      \
        g_assert_false(call);                                                                                                          \
        g_assert_error(caught, HANSARD_ERROR, (int)(wanted));                                                                          \
        g_assert_cmpuint(strlen(caught->message), >, 10);                                                                              \
    } while (0)

#define ASSERT_WORKS(call)                                                                                                             \
    do {                                                                                                                               \
        g_autoptr(GError) caught = NULL;                                                                                               \
        GError **error = &caught;                                                                                                      \
        bool worked = (call);                                                                                                          \
        g_assert_no_error(caught);                                                                                                     \
        g_assert_true(worked);                                                                                                         \
    } while (0)

static bool begin(Program *program, guint64 size, Transfer **transfer, GError **error) {
    static const char *const tags[] = {"team", "weekly", NULL};
    IngestOptions options = {.filename = "../stand up.m4a", .content_type = "audio/x-m4a", .language = "de", .vocabulary = "Hansard", .tags = tags};
    return transfer_begin(&program->meetings, &options, size, transfer, error);
}

/* Sends the part as the server takes it. */
static bool send_part(Program *program, const Transfer *transfer, guint number, GError **error) {
    g_autoptr(StoreWriter) writer = NULL;
    guint64 bytes = transfer_part_bytes(transfer, number);
    return transfer_put_part(&program->meetings, transfer->audio_key, transfer->upload_id, number, bytes, &writer, error) &&
           store_writer_write(writer, content + (number - 1) * transfer->part_size, bytes, error) &&
           store_writer_commit(g_steal_pointer(&writer), NULL, error);
}

static bool complete(Program *program, const char *meeting_id, GError **error) {
    guint64 bytes = 0;
    return transfer_complete(&program->meetings, program->jobs, meeting_id, &bytes, error);
}

static bool cancel(Program *program, const char *meeting_id, GError **error) {
    return transfer_abort(&program->meetings, program->jobs, meeting_id, error);
}

static guint count_keys(Store *store, const char *prefix) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    g_assert_true(store_list(store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, NULL));
    return entries->len;
}

/* The recording stands as it was sent, with one job and nothing else. */
static void assert_whole(Program *program, const char *meeting_id) {
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(Job) job = NULL;
    g_assert_cmpuint(count_keys(program->store, ""), ==, 2);
    ASSERT_WORKS(jobs_read(program->jobs, meeting_id, &job, error));
    ASSERT_WORKS(store_get(program->store, job->audio_key, SIZE, &bytes, NULL, error));
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), content, SIZE);
}

/* The store has let the parts go. */
static void assert_no_parts(Program *program, const Transfer *transfer) {
    g_autoptr(GPtrArray) parts = NULL;
    ASSERT_FAILS(store_upload_parts(program->store, transfer->audio_key, transfer->upload_id, &parts, error), ERROR_NOT_FOUND);
}

static void test_whole_way(gconstpointer kind) {
    Program program = start_on(kind);
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(GPtrArray) parts = NULL;
    g_autoptr(Job) job = NULL;
    guint64 bytes = 0;
    ASSERT_WORKS(begin(&program, SIZE, &transfer, error));
    g_assert_cmpuint(transfer_part_count(transfer), ==, 2);
    g_assert_cmpuint(count_keys(program.store, ""), ==, 1); /* nothing but what is known of the upload */
    ASSERT_WORKS(send_part(&program, transfer, 2, error)); /* in any order */
    ASSERT_WORKS(send_part(&program, transfer, 1, error));
    ASSERT_WORKS(send_part(&program, transfer, 2, error)); /* and again */
    ASSERT_WORKS(transfer_parts(&program.meetings, transfer, &parts, error));
    g_assert_cmpuint(parts->len, ==, 2);
    g_assert_cmpuint(((StorePart *)parts->pdata[1])->size, ==, 5);
    ASSERT_WORKS(transfer_complete(&program.meetings, program.jobs, transfer->meeting_id, &bytes, error));
    g_assert_cmpuint(bytes, ==, SIZE);
    assert_whole(&program, transfer->meeting_id);
    assert_no_parts(&program, transfer);
    ASSERT_WORKS(jobs_read(program.jobs, transfer->meeting_id, &job, error));
    g_assert_cmpstr(job->filename, ==, "stand up.m4a");
    g_assert_cmpstr(job->title, ==, "stand up");
    g_assert_cmpstr(job->language, ==, "de");
    g_assert_cmpstr(job->vocabulary, ==, "Hansard");
    g_assert_cmpuint(job->tags->len, ==, 2);
    g_assert_cmpuint(job->audio_bytes, ==, SIZE);
    g_assert_null(job->audio_sha256);
    g_assert_cmpint(job->timestamp_ms, ==, fake_clock.now);
    g_auto(StoreInfo) info = {0};
    ASSERT_WORKS(store_head(program.store, transfer->audio_key, &info, error));
    g_assert_cmpstr(info.content_type, ==, "audio/x-m4a");
    end_on(&program);
}

/* However often it is asked for, also when the job and at last the upload's own object have gone. */
static void test_complete_again(gconstpointer kind) {
    Program program = start_on(kind);
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(Transfer) gone = NULL;
    g_autoptr(GBytes) record = g_bytes_new_static("{}", 2);
    guint64 bytes = 1;
    ASSERT_WORKS(begin(&program, SIZE, &transfer, error));
    for (guint number = 1; number <= 2; number++) ASSERT_WORKS(send_part(&program, transfer, number, error));
    g_autofree char *key = key_upload(transfer->meeting_id), *job_key = key_job(transfer->meeting_id);
    g_autofree char *record_key = key_document(transfer->meeting_id, DOCUMENT_RECORD);
    g_autoptr(GBytes) object = NULL;
    ASSERT_WORKS(store_get(program.store, key, TRANSFER_BYTES_MAX, &object, NULL, error));
    ASSERT_WORKS(complete(&program, transfer->meeting_id, error));
    ASSERT_WORKS(transfer_complete(&program.meetings, program.jobs, transfer->meeting_id, &bytes, error));
    g_assert_cmpuint(bytes, ==, 0);
    /* One that was slow still sees the upload: the meeting is there by now, and no second job comes of it. */
    ASSERT_WORKS(store_delete(program.store, job_key, error));
    ASSERT_WORKS(store_put(program.store, record_key, record, NULL, NULL, error));
    ASSERT_WORKS(store_put(program.store, key, object, NULL, NULL, error));
    ASSERT_WORKS(complete(&program, transfer->meeting_id, error));
    g_assert_cmpuint(count_keys(program.store, PREFIX_JOBS), ==, 0);
    ASSERT_FAILS(transfer_read(&program.meetings, transfer->meeting_id, &gone, error), ERROR_NOT_FOUND);
    ASSERT_FAILS(cancel(&program, transfer->meeting_id, error), ERROR_CONFLICT);
    ASSERT_FAILS(complete(&program, "meeting-5b4e5b1c-5f0a-4d56-9a43-6f0c7a5b1e11", error), ERROR_NOT_FOUND);
    ASSERT_FAILS(complete(&program, "..", error), ERROR_NOT_FOUND);
    end_on(&program);
}

/* What the server takes has the right size; what a bucket took may have any. */
static void put_part_of(Program *program, const Transfer *transfer, guint number, gsize size) {
    g_autoptr(StoreWriter) writer = NULL;
    ASSERT_WORKS(store_upload_put_part(program->store, transfer->audio_key, transfer->upload_id, number, &writer, error));
    ASSERT_WORKS(store_writer_write(writer, content, size, error));
    ASSERT_WORKS(store_writer_commit(g_steal_pointer(&writer), NULL, error));
}

static void assert_incomplete(Program *program, const Transfer *transfer, const char *why) {
    g_autoptr(GError) problem = NULL;
    g_assert_false(complete(program, transfer->meeting_id, &problem));
    g_assert_error(problem, HANSARD_ERROR, ERROR_CONFLICT);
    g_assert_nonnull(strstr(problem->message, why));
    g_assert_cmpuint(count_keys(program->store, ""), ==, 1);
}

static void test_parts_refused(gconstpointer kind) {
    Program program = start_on(kind);
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(StoreWriter) writer = NULL;
    g_autofree char *url = NULL;
    const Meetings *meetings = &program.meetings;
    ASSERT_WORKS(begin(&program, SIZE, &transfer, error));
    assert_incomplete(&program, transfer, "part 1 of 2 is missing");
    put_part_of(&program, transfer, 2, 5);
    assert_incomplete(&program, transfer, "part 1 of 2 is missing");
    put_part_of(&program, transfer, 1, S3_PART_BYTES - 1);
    assert_incomplete(&program, transfer, "part 1 has 8388607 bytes instead of 8388608");
    put_part_of(&program, transfer, 1, S3_PART_BYTES);
    put_part_of(&program, transfer, 2, 6);
    assert_incomplete(&program, transfer, "part 2 has 6 bytes instead of 5");
    put_part_of(&program, transfer, 2, 5);
    put_part_of(&program, transfer, 3, 1);
    assert_incomplete(&program, transfer, "there are 3 parts");
    /* the server's own door */
    const char *key = transfer->audio_key, *id = transfer->upload_id;
    ASSERT_FAILS(transfer_put_part(meetings, key, id, 1, S3_PART_BYTES - 1, &writer, error), ERROR_INVALID);
    ASSERT_FAILS(transfer_put_part(meetings, key, id, 1, S3_PART_BYTES + 1, &writer, error), ERROR_INVALID);
    ASSERT_FAILS(transfer_put_part(meetings, key, id, 0, 5, &writer, error), ERROR_INVALID);
    ASSERT_FAILS(transfer_put_part(meetings, key, id, 3, 5, &writer, error), ERROR_INVALID);
    ASSERT_FAILS(transfer_put_part(meetings, key, "other", 2, 5, &writer, error), ERROR_NOT_FOUND);
    ASSERT_FAILS(transfer_put_part(meetings, "meetings/a", id, 2, 5, &writer, error), ERROR_NOT_FOUND);
    ASSERT_FAILS(transfer_sign(meetings, transfer, 0, 60, &url, error), ERROR_INVALID);
    ASSERT_FAILS(transfer_sign(meetings, transfer, 3, 60, &url, error), ERROR_INVALID);
    ASSERT_WORKS(transfer_sign(meetings, transfer, 2, 60, &url, error));
    end_on(&program);
}

/* Only what is known of it is written: no bytes come. */
static void test_sizes(void) {
    static const struct {
        guint64 size, part_size;
        guint count;
    } cases[] = {
        {1, 8 * MIB, 1},
        {8 * MIB, 8 * MIB, 1},
        {8 * MIB + 1, 8 * MIB, 2},
        {10000 * 8 * MIB, 8 * MIB, 10000},
        {10000 * 8 * MIB + 1, 8 * MIB + 1, 10000},
        {RECORDING_BYTES_MAX, 549755814, 10000},
    };
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Transfer) none = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Transfer) transfer = NULL;
        ASSERT_WORKS(begin(&program, cases[i].size, &transfer, error));
        g_assert_cmpuint(transfer->part_size, ==, cases[i].part_size);
        guint count = transfer_part_count(transfer);
        g_assert_cmpuint(count, ==, cases[i].count);
        g_assert_cmpuint((count - 1) * transfer->part_size + transfer_part_bytes(transfer, count), ==, cases[i].size);
        g_assert_cmpuint(transfer_part_bytes(transfer, 1), ==, MIN(cases[i].size, cases[i].part_size));
        g_assert_cmpuint(transfer_part_bytes(transfer, 0), ==, 0);
        g_assert_cmpuint(transfer_part_bytes(transfer, count + 1), ==, 0);
    }
    ASSERT_FAILS(begin(&program, 0, &none, error), ERROR_BAD_MEDIA);
    ASSERT_FAILS(begin(&program, RECORDING_BYTES_MAX + 1, &none, error), ERROR_TOO_LARGE);
    IngestOptions options = {.filename = "a", .copy_folder = "uploads"};
    g_autoptr(GError) problem = NULL;
    g_assert_false(transfer_begin(&program.meetings, &options, 5, &none, &problem));
    g_assert_error(problem, HANSARD_ERROR, ERROR_CONFLICT);
    g_assert_nonnull(strstr(problem->message, "SKIP_LOCAL_STORAGE=true"));
    end(&program);
}

static void test_too_many(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Transfer) none = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static("{}", 2);
    for (int i = 1; i < TRANSFERS_MAX; i++) {
        g_autofree char *id = g_strdup_printf("m-%d", i), *key = key_upload(id);
        ASSERT_WORKS(store_put(program.store, key, bytes, NULL, NULL, error));
    }
    ASSERT_WORKS(begin(&program, 5, &none, error));
    g_clear_pointer(&none, transfer_free);
    ASSERT_FAILS(begin(&program, 5, &none, error), ERROR_TOO_MANY);
    end(&program);
}

static void test_abort(gconstpointer kind) {
    Program program = start_on(kind);
    g_autoptr(Transfer) transfer = NULL;
    ASSERT_WORKS(begin(&program, SIZE, &transfer, error));
    ASSERT_WORKS(send_part(&program, transfer, 1, error));
    ASSERT_WORKS(cancel(&program, transfer->meeting_id, error));
    g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
    assert_no_parts(&program, transfer);
    ASSERT_FAILS(cancel(&program, transfer->meeting_id, error), ERROR_NOT_FOUND);
    ASSERT_FAILS(complete(&program, transfer->meeting_id, error), ERROR_NOT_FOUND);
    ASSERT_FAILS(send_part(&program, transfer, 1, error), ERROR_NOT_FOUND);
    end_on(&program);
}

static void set_state(Program *program, const Transfer *transfer, TransferState state) {
    g_autofree char *key = key_upload(transfer->meeting_id);
    g_autoptr(Transfer) changed = NULL;
    ASSERT_WORKS(transfer_read(&program->meetings, transfer->meeting_id, &changed, error));
    changed->state = state;
    g_autoptr(json_t) json = transfer_to_json(changed);
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    ASSERT_WORKS(store_put(program->store, key, bytes, NULL, NULL, error));
}

/* Which of the two came first is kept to, also by another server after a crash. */
static void test_one_wins(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Transfer) transfer = NULL;
    ASSERT_WORKS(begin(&program, SIZE, &transfer, error));
    for (guint number = 1; number <= 2; number++) ASSERT_WORKS(send_part(&program, transfer, number, error));
    set_state(&program, transfer, TRANSFER_ABORTING);
    ASSERT_FAILS(complete(&program, transfer->meeting_id, error), ERROR_CONFLICT);
    ASSERT_FAILS(send_part(&program, transfer, 1, error), ERROR_CONFLICT);
    set_state(&program, transfer, TRANSFER_COMPLETING);
    ASSERT_FAILS(cancel(&program, transfer->meeting_id, error), ERROR_CONFLICT);
    ASSERT_FAILS(send_part(&program, transfer, 1, error), ERROR_CONFLICT);
    /* Where nothing of it is left, it may be dropped all the same. */
    ASSERT_WORKS(store_upload_abort(program.store, transfer->audio_key, transfer->upload_id, error));
    ASSERT_FAILS(complete(&program, transfer->meeting_id, error), ERROR_NOT_FOUND);
    ASSERT_WORKS(cancel(&program, transfer->meeting_id, error));
    g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
    end(&program);
}

typedef struct {
    Program *program;
    const char *meeting_id;
    bool cancels, done;
} Racer;

static gpointer race(gpointer data) {
    Racer *racer = data;
    racer->done = racer->cancels ? cancel(racer->program, racer->meeting_id, NULL) : complete(racer->program, racer->meeting_id, NULL);
    return NULL;
}

/* Completed and cancelled at one time by many: it becomes a meeting or nothing, and those are told so who asked for that. */
static void test_race(gconstpointer kind) {
    guint meetings = 0;
    for (int round = 0; round < 12; round++) {
        Program program = start_on(kind);
        g_autoptr(Transfer) transfer = NULL;
        ASSERT_WORKS(begin(&program, SIZE, &transfer, error));
        for (guint number = 1; number <= 2; number++) ASSERT_WORKS(send_part(&program, transfer, number, error));
        Racer racers[8] = {0};
        GThread *threads[G_N_ELEMENTS(racers)];
        guint completed = 0, cancelled = 0;
        for (guint i = 0; i < G_N_ELEMENTS(racers); i++) {
            racers[i] = (Racer){&program, transfer->meeting_id, (i + (guint)round) % 3 == 0, false};
            threads[i] = g_thread_new("racer", race, &racers[i]);
        }
        for (guint i = 0; i < G_N_ELEMENTS(racers); i++) {
            g_thread_join(threads[i]);
            completed += racers[i].done && !racers[i].cancels;
            cancelled += racers[i].done && racers[i].cancels;
        }
        g_assert_true((completed > 0) != (cancelled > 0));
        if (completed) assert_whole(&program, transfer->meeting_id);
        else g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
        assert_no_parts(&program, transfer);
        meetings += completed > 0;
        end_on(&program);
    }
    g_test_message("%u of 12 became meetings", meetings);
}

/* -- faults -------------------------------------------------------------------------------------------------------------- */

/* All of it with the n-th operation failing, as far as it comes; then a client that goes on against a healthy program. */
static bool run_with_fault(FaultMode mode, int n) {
    Store *bucket = store_memory_new(&fake_clock.base);
    Program broken = start(faulty_store_new(bucket, mode, n));
    g_autoptr(Transfer) transfer = NULL;
    bool begun = begin(&broken, SIZE, &transfer, NULL), sent = begun;
    for (guint number = 1; sent && number <= 2; number++) sent = send_part(&broken, transfer, number, NULL);
    bool acknowledged = sent && complete(&broken, transfer->meeting_id, NULL);
    bool reached = ((FaultyStore *)broken.store)->operations >= n;
    end(&broken);

    Program healthy = start(bucket);
    if (acknowledged) assert_whole(&healthy, transfer->meeting_id);
    if (begun) {
        for (guint number = 1; !sent && number <= 2; number++) ASSERT_WORKS(send_part(&healthy, transfer, number, error));
        ASSERT_WORKS(complete(&healthy, transfer->meeting_id, error));
        assert_whole(&healthy, transfer->meeting_id);
        assert_no_parts(&healthy, transfer);
    } else {
        /* Nobody was told: it goes in its time. */
        guint swept;
        fake_clock.now += UPLOAD_AGE_MS_MAX + 1;
        ASSERT_WORKS(transfers_sweep(&healthy.meetings, healthy.jobs, NULL, &swept, error));
        g_assert_cmpuint(count_keys(bucket, ""), ==, 0);
    }
    end(&healthy);
    return reached;
}

/* The client is gone when its completion broke off: the sweep does it if the parts were whole, or drops it in its time. */
static bool sweep_with_fault(FaultMode mode, int n) {
    Store *bucket = store_memory_new(&fake_clock.base);
    Program first = start(bucket);
    g_autoptr(Transfer) transfer = NULL;
    guint swept = 0;
    ASSERT_WORKS(begin(&first, SIZE, &transfer, error));
    for (guint number = 1; number <= 2; number++) ASSERT_WORKS(send_part(&first, transfer, number, error));
    Program broken = start(faulty_store_new(bucket, mode, n));
    complete(&broken, transfer->meeting_id, NULL);
    bool reached = ((FaultyStore *)broken.store)->operations >= n;
    g_autoptr(Transfer) left = NULL;
    transfer_read(&first.meetings, transfer->meeting_id, &left, NULL);
    bool promised = !left || left->state == TRANSFER_COMPLETING;
    fake_clock.now += UPLOAD_SETTLE_MS + 1;
    transfers_sweep(&broken.meetings, broken.jobs, NULL, &swept, NULL); /* itself broken */
    end(&broken);
    ASSERT_WORKS(transfers_sweep(&first.meetings, first.jobs, NULL, &swept, error));
    if (promised) assert_whole(&first, transfer->meeting_id);
    fake_clock.now += UPLOAD_AGE_MS_MAX;
    ASSERT_WORKS(transfers_sweep(&first.meetings, first.jobs, NULL, &swept, error));
    if (!promised) g_assert_cmpuint(count_keys(bucket, ""), ==, count_keys(bucket, PREFIX_JOBS) * 2); /* all or nothing */
    g_assert_cmpuint(count_keys(bucket, PREFIX_UPLOADS), ==, 0);
    assert_no_parts(&first, transfer);
    end(&first);
    return reached;
}

static bool abort_with_fault(FaultMode mode, int n) {
    Store *bucket = store_memory_new(&fake_clock.base);
    Program first = start(bucket);
    g_autoptr(Transfer) transfer = NULL;
    guint swept = 0;
    ASSERT_WORKS(begin(&first, SIZE, &transfer, error));
    ASSERT_WORKS(send_part(&first, transfer, 1, error));
    Program broken = start(faulty_store_new(bucket, mode, n));
    bool aborted = cancel(&broken, transfer->meeting_id, NULL);
    bool reached = ((FaultyStore *)broken.store)->operations >= n;
    end(&broken);
    if (aborted) g_assert_cmpuint(count_keys(bucket, ""), ==, 0);
    /* Begun, it is finished by whoever comes next: the client, or the sweep. */
    if (n % 2) cancel(&first, transfer->meeting_id, NULL);
    fake_clock.now += UPLOAD_AGE_MS_MAX + 1;
    ASSERT_WORKS(transfers_sweep(&first.meetings, first.jobs, NULL, &swept, error));
    g_assert_cmpuint(count_keys(bucket, ""), ==, 0);
    assert_no_parts(&first, transfer);
    end(&first);
    return reached;
}

typedef struct {
    const char *name;
    bool (*run)(FaultMode mode, int n);
    int least; /* operations of the whole way */
} FaultCase;

typedef struct {
    const FaultCase *which;
    FaultMode mode;
} FaultRun;

static void test_faults(gconstpointer data) {
    const FaultRun *run = data;
    int n = 1;
    for (; run->which->run(run->mode, n); n++) g_assert_cmpint(n, <, 200);
    g_assert_cmpint(n, >, run->which->least);
}

/* -- list and sweep ------------------------------------------------------------------------------------------------------ */

static void test_list_and_sweep(gconstpointer kind) {
    Program program = start_on(kind);
    const Meetings *meetings = &program.meetings;
    g_autoptr(Transfer) old = NULL, young = NULL, cancelled = NULL;
    g_autoptr(GPtrArray) all = NULL, two = NULL, left = NULL;
    g_autoptr(GBytes) garbage = g_bytes_new_static("{", 1);
    guint swept = 9;
    ASSERT_WORKS(begin(&program, SIZE, &old, error));
    fake_clock.now += UPLOAD_AGE_MS_MAX - UPLOAD_SETTLE_MS;
    ASSERT_WORKS(begin(&program, SIZE, &young, error));
    ASSERT_WORKS(begin(&program, SIZE, &cancelled, error));
    set_state(&program, cancelled, TRANSFER_ABORTING);
    ASSERT_WORKS(store_put(program.store, PREFIX_UPLOADS "garbage.json", garbage, NULL, NULL, error));
    ASSERT_WORKS(transfers_list(meetings, 50, &all, error));
    g_assert_cmpuint(all->len, ==, 3);
    ASSERT_WORKS(transfers_list(meetings, 3, &two, error));
    g_assert_cmpuint(two->len, ==, 2); /* garbage is the first */
    ASSERT_WORKS(transfers_sweep(meetings, program.jobs, NULL, &swept, error));
    g_assert_cmpuint(swept, ==, 0); /* none is over its time; what was written just now is left alone */
    fake_clock.now += UPLOAD_SETTLE_MS;
    ASSERT_WORKS(transfers_sweep(meetings, program.jobs, NULL, &swept, error));
    g_assert_cmpuint(swept, ==, 1); /* the cancelled one */
    fake_clock.now += 1;
    g_autoptr(GCancellable) stop = g_cancellable_new();
    g_cancellable_cancel(stop);
    ASSERT_FAILS(transfers_sweep(meetings, program.jobs, stop, &swept, error), ERROR_CANCELLED);
    ASSERT_WORKS(transfers_sweep(meetings, program.jobs, NULL, &swept, error));
    g_assert_cmpuint(swept, ==, 1); /* the old one */
    assert_no_parts(&program, old);
    ASSERT_WORKS(transfers_list(meetings, 50, &left, error));
    g_assert_cmpuint(left->len, ==, 1);
    g_assert_cmpstr(((Transfer *)left->pdata[0])->meeting_id, ==, young->meeting_id);
    g_assert_cmpuint(count_keys(program.store, ""), ==, 2); /* what is no upload is left alone */
    end_on(&program);
}

/* -- the object ---------------------------------------------------------------------------------------------------------- */

static void test_value(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    g_autoptr(Transfer) transfer = NULL, again = NULL, none = NULL;
    ASSERT_WORKS(begin(&program, SIZE, &transfer, error));
    g_autoptr(json_t) json = transfer_to_json(transfer);
    ASSERT_WORKS(transfer_from_json(json, transfer->meeting_id, &again, error));
    g_autoptr(json_t) same = transfer_to_json(again);
    g_assert_true(json_equal(json, same));
    static const struct {
        const char *member, *value; /* JSON; NULL: absent */
    } wrong[] = {
        {"meeting_id", "\"meeting-1\""}, {"audio_s3_key", "\"transcriptions/x/metadata.json\""},
        {"audio_s3_key", "\"meetings/5b4e5b1c-5f0a-4d56-9a43-6f0c7a5b1e11_a\""}, {"audio_s3_key", NULL}, {"upload_id", "\"\""}, {"upload_id", NULL},
        {"upload_id", "7"}, {"run", NULL}, {"state", "\"done\""}, {"state", NULL}, {"size", "0"}, {"size", "-1"}, {"size", "5497558138881"},
        {"size", "\"5\""}, {"size", NULL}, {"part_size", "5242879"}, {"part_size", "5368709121"}, {"part_size", "1e7"}, {"created_ms", "-1"},
        {"created_ms", "10000000000000"}, {"tags", "null"}, {"tags", "[1]"}, {"language", "[]"}, {"title", NULL}, {"title", "\"\""},
        {"content_type", "{}"}, {"filename", "\"a\\u0000b\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(json_t) changed = json_deep_copy(json);
        if (wrong[i].value) json_object_set_new(changed, wrong[i].member, json_loads(wrong[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
        else json_object_del(changed, wrong[i].member);
        g_test_message("%s %s", wrong[i].member, wrong[i].value);
        g_autoptr(GError) problem = NULL;
        g_assert_false(transfer_from_json(changed, transfer->meeting_id, &none, &problem));
        g_assert_error(problem, HANSARD_ERROR, ERROR_CORRUPT);
        g_assert_nonnull(strstr(problem->message, wrong[i].member));
    }
    /* 10,001 parts */
    json_object_set_new(json, "size", json_integer(10001 * 8388608LL));
    ASSERT_FAILS(transfer_from_json(json, transfer->meeting_id, &none, error), ERROR_CORRUPT);
    g_autofree char *key = key_upload("m");
    g_autofree char *large = g_strnfill(TRANSFER_BYTES_MAX + 1, ' ');
    g_autoptr(GBytes) too_large = g_bytes_new_static(large, TRANSFER_BYTES_MAX + 1), array = g_bytes_new_static("[]", 2);
    ASSERT_WORKS(store_put(program.store, key, too_large, NULL, NULL, error));
    ASSERT_FAILS(transfer_read(&program.meetings, "m", &none, error), ERROR_CORRUPT);
    ASSERT_WORKS(store_put(program.store, key, array, NULL, NULL, error));
    ASSERT_FAILS(transfer_read(&program.meetings, "m", &none, error), ERROR_CORRUPT);
    ASSERT_FAILS(complete(&program, "m", error), ERROR_CORRUPT);
    ASSERT_FAILS(cancel(&program, "m", error), ERROR_CORRUPT);
    end(&program);
}

/* -- the copy on this machine -------------------------------------------------------------------------------------------- */

typedef struct {
    char *above, *folder;
} Copies;

static Copies copies_new(void) {
    char *above = g_dir_make_tmp("hansard-copies-XXXXXX", NULL);
    return (Copies){above, g_build_filename(above, "uploads", NULL)};
}

static void copies_free(Copies *copies) {
    remove_tree(copies->above);
    g_free(copies->above);
    g_free(copies->folder);
}

static guint count_files(const char *folder, const char *below) {
    g_autofree char *path = g_build_filename(folder, below, NULL);
    g_autoptr(GDir) opened = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (opened && g_dir_read_name(opened)) count++;
    return count;
}

static void test_copy(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    Copies copies = copies_new();
    g_autoptr(Ingest) ingest = NULL;
    g_autoptr(Ingest) broken_off = NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GBytes) stored = NULL;
    g_autofree char *kept = NULL;
    gsize size = 0;
    IngestOptions options = {.filename = "a/call.vtt", .content_type = "text/x", .copy_folder = copies.folder};
    ASSERT_WORKS(ingest_open(&program.meetings, program.jobs, &options, &ingest, error));
    ASSERT_WORKS(ingest_open(&program.meetings, program.jobs, &options, &broken_off, error)); /* leaves the first alone */
    g_autofree char *path = g_strdup(ingest_local_copy(ingest));
    ASSERT_WORKS(ingest_write(ingest, content, SIZE / 2, error));
    ASSERT_WORKS(ingest_write(broken_off, "x", 1, error));
    g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
    g_assert_cmpuint(count_files(copies.folder, ".partial"), ==, 2);
    g_clear_pointer(&broken_off, ingest_abort);
    ASSERT_WORKS(ingest_write(ingest, content + SIZE / 2, SIZE - SIZE / 2, error));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    ASSERT_WORKS(ingest_finish(g_steal_pointer(&ingest), &job, error));
    g_assert_cmpuint(count_files(copies.folder, ".partial"), ==, 0);
    g_assert_cmpuint(count_files(copies.folder, NULL), ==, 2); /* it, and .partial */
    g_assert_true(g_file_get_contents(path, &kept, &size, NULL));
    g_assert_cmpmem(kept, size, content, SIZE);
    ASSERT_WORKS(store_get(program.store, job->audio_key, SIZE, &stored, NULL, error));
    g_assert_cmpmem(g_bytes_get_data(stored, NULL), g_bytes_get_size(stored), content, SIZE);
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, content, SIZE);
    g_assert_cmpstr(job->audio_sha256, ==, sum);
    /* the same name as in the store */
    g_assert_true(g_str_has_suffix(path, job->audio_key + strlen(PREFIX_RECORDINGS)));
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    copies_free(&copies);
    end(&program);
}

/* What a process that died has left goes when the next copy begins. */
static void test_copy_leftover(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    Copies copies = copies_new();
    g_autoptr(Ingest) ingest = NULL;
    g_autofree char *partials = g_build_filename(copies.folder, ".partial", NULL), *left = g_build_filename(partials, "dead", NULL);
    g_assert_cmpint(g_mkdir_with_parents(partials, 0700), ==, 0);
    g_assert_true(g_file_set_contents(left, "half", -1, NULL));
    IngestOptions options = {.filename = "call.vtt", .copy_folder = copies.folder};
    ASSERT_WORKS(ingest_open(&program.meetings, program.jobs, &options, &ingest, error));
    g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(count_files(copies.folder, ".partial"), ==, 1);
    g_clear_pointer(&ingest, ingest_abort);
    g_assert_cmpuint(count_files(copies.folder, ".partial"), ==, 0);
    copies_free(&copies);
    end(&program);
}

static void assert_names_setting(const GError *problem) { g_assert_nonnull(strstr(problem->message, "SKIP_LOCAL_STORAGE=true")); }

static void test_copy_refused(void) {
    Program program = start(store_memory_new(&fake_clock.base));
    Copies copies = copies_new();
    g_autoptr(Ingest) ingest = NULL;
    g_autoptr(GError) problem = NULL;
    IngestOptions options = {.filename = "call.vtt", .copy_folder = copies.folder};
    g_assert_true(g_file_set_contents(copies.folder, "a file", -1, NULL));
    g_assert_false(ingest_open(&program.meetings, program.jobs, &options, &ingest, &problem));
    assert_names_setting(problem);
    g_assert_cmpuint(count_keys(program.store, ""), ==, 0);
    copies_free(&copies);
    end(&program);
}

/* The store fails at its n-th operation: the copy stays, and the message says where. */
static void test_copy_store_fails(void) {
    guint kept = 0;
    bool reached = true;
    for (int n = 1; reached; n++) {
        Program program = start(faulty_store_new(store_memory_new(&fake_clock.base), FAULT_ONCE, n));
        Store *bucket = ((FaultyStore *)program.store)->inner;
        Copies copies = copies_new();
        g_autoptr(Ingest) ingest = NULL;
        g_autoptr(Job) job = NULL;
        g_autoptr(GError) problem = NULL;
        IngestOptions options = {.filename = "call.vtt", .copy_folder = copies.folder};
        ASSERT_WORKS(ingest_open(&program.meetings, program.jobs, &options, &ingest, error));
        g_autofree char *path = g_strdup(ingest_local_copy(ingest));
        ASSERT_WORKS(ingest_write(ingest, "hello", 5, error));
        bool taken = ingest_finish(g_steal_pointer(&ingest), &job, &problem);
        reached = ((FaultyStore *)program.store)->operations >= n;
        g_assert_true(taken == !reached);
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
        kept += problem && strstr(problem->message, path);
        end(&program);
        store_close(bucket);
        copies_free(&copies);
        g_assert_cmpint(n, <, 20);
    }
    g_assert_cmpuint(kept, ==, 6); /* open, write and commit of the recording, and of the job */
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    static const char *const kinds[] = {"memory", "dir"};
    static const struct {
        const char *name;
        void (*run)(gconstpointer kind);
    } cases[] = {{"whole-way", test_whole_way}, {"complete-again", test_complete_again},   {"parts-refused", test_parts_refused},
                 {"abort", test_abort},         {"list-and-sweep", test_list_and_sweep}, {"race", test_race}};
    static const FaultCase faults[] = {{"complete", run_with_fault, 20}, {"sweep", sweep_with_fault, 10}, {"abort", abort_with_fault, 6}};
    static const char *const modes[] = {[FAULT_ONCE] = "once", [FAULT_CRASH] = "crash", [FAULT_LATE] = "late"};
    static FaultRun runs[G_N_ELEMENTS(faults)][G_N_ELEMENTS(modes)];
    content = g_malloc(SIZE);
    for (gsize i = 0; i < SIZE; i++) content[i] = (guint8)(i * 7 + i / 251);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
            g_autofree char *path = g_strdup_printf("/ingest/transfer/%s/%s", kinds[k], cases[i].name);
            g_test_add_data_func(path, kinds[k], cases[i].run);
        }
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++)
        for (FaultMode mode = FAULT_ONCE; mode <= FAULT_LATE; mode++) {
            g_autofree char *path = g_strdup_printf("/ingest/transfer/faults/%s/%s", faults[i].name, modes[mode]);
            runs[i][mode] = (FaultRun){&faults[i], mode};
            g_test_add_data_func(path, &runs[i][mode], test_faults);
        }
    g_test_add_func("/ingest/transfer/sizes", test_sizes);
    g_test_add_func("/ingest/transfer/too-many", test_too_many);
    g_test_add_func("/ingest/transfer/one-wins", test_one_wins);
    g_test_add_func("/ingest/transfer/value", test_value);
    g_test_add_func("/ingest/copy/whole-way", test_copy);
    g_test_add_func("/ingest/copy/leftover", test_copy_leftover);
    g_test_add_func("/ingest/copy/refused", test_copy_refused);
    g_test_add_func("/ingest/copy/store-fails", test_copy_store_fails);
    int status = g_test_run();
    g_free(content);
    return status;
}
