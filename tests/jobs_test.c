/* Leases: who gets a job, who loses it, what becomes of one that fails; over the in-memory store, with a clock that the test
 * turns, and a store that loses answers. */
#include "jobs/jobs.h"

#include <string.h>

#include "base/limits.h"
#include "model/keys.h"
#include "store/memory.h"
#include "store/store_backend.h"

#define START_MS 1700000000000LL

/* -- a clock that stands still ------------------------------------------------------------------------------------------- */

typedef struct {
    Clock base;
    gint64 now_ms;
} TestClock;

static gint64 test_now_ms(Clock *clock) { return ((TestClock *)clock)->now_ms; }

/* -- a store that counts, and loses answers ------------------------------------------------------------------------------ */

typedef enum { ANSWER, ANSWER_LOST, ANSWER_LOST_AND_SENT_AGAIN } Fault;

typedef struct {
    Store base;
    Store *inner;
    gint lists, reads;
    Fault next_put; /* the put is done, but its answer is not what comes back */
    bool fail_reads;
} FaultyStore;

typedef struct {
    StoreWriter base;
    StoreWriter *inner;
    FaultyStore *store;
} FaultyWriter;

static bool faulty_write(StoreWriter *writer, const void *data, gsize size, GError **error) {
    return store_writer_write(((FaultyWriter *)writer)->inner, data, size, error);
}

static bool faulty_commit(StoreWriter *writer, StoreInfo *info, GError **error) {
    g_autofree FaultyWriter *own = (FaultyWriter *)writer;
    g_auto(StoreInfo) written = {0};
    if (!store_writer_commit(own->inner, &written, error)) return false;
    Fault fault = own->store->next_put;
    if (fault != ANSWER) own->store->next_put = ANSWER;
    if (fault == ANSWER_LOST) return fail(error, ERROR_IO, "the connection broke off");
    if (fault == ANSWER_LOST_AND_SENT_AGAIN) return fail(error, ERROR_PRECONDITION, "the key has another ETag by now");
    if (info) {
        *info = written;
        written = (StoreInfo){0};
    }
    return true;
}

static void faulty_abort(StoreWriter *writer) {
    store_writer_abort(((FaultyWriter *)writer)->inner);
    g_free(writer);
}

static const StoreWriterBackend faulty_writer = {faulty_write, faulty_commit, faulty_abort};

static bool faulty_head(Store *store, const char *key, StoreInfo *info, GError **error) {
    return store_head(((FaultyStore *)store)->inner, key, info, error);
}

static bool faulty_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    FaultyStore *own = (FaultyStore *)store;
    g_atomic_int_inc(&own->reads);
    if (own->fail_reads) return fail(error, ERROR_IO, "the connection broke off");
    return store_open(own->inner, key, reader, info, error);
}

static bool faulty_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    StoreWriter *inner;
    if (!store_put_open(((FaultyStore *)store)->inner, key, put, &inner, error)) return false;
    FaultyWriter *own = g_new0(FaultyWriter, 1);
    *own = (FaultyWriter){.base = {.backend = &faulty_writer}, .inner = inner, .store = (FaultyStore *)store};
    *writer = &own->base;
    return true;
}

static bool faulty_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                      GError **error) {
    g_atomic_int_inc(&((FaultyStore *)store)->lists);
    return store_list(((FaultyStore *)store)->inner, prefix, start_after, limit, entries, more, error);
}

static bool faulty_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error) {
    return store_delete_many(((FaultyStore *)store)->inner, keys, key_count, error);
}

static bool faulty_sign_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error) {
    return fail(error, ERROR_INTERNAL, "jobs sign no URL");
}

static void faulty_close(Store *store) {
    store_close(((FaultyStore *)store)->inner);
    g_free(store);
}

static const StoreBackend faulty_backend = {.name = "faulty",
                                          .head = faulty_head,
                                          .open = faulty_open,
                                          .put_open = faulty_put_open,
                                          .list = faulty_list,
                                          .delete_many = faulty_delete_many,
                                          .sign_url = faulty_sign_url,
                                          .close = faulty_close};

/* -- fixture ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    TestClock clock;
    FaultyStore *store;
    Jobs *jobs;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused) {
    fixture->clock = (TestClock){{test_now_ms}, START_MS};
    fixture->store = g_new0(FaultyStore, 1);
    fixture->store->base = (Store){&faulty_backend, &fixture->clock.base};
    fixture->store->inner = store_memory_new(&fixture->clock.base);
    fixture->jobs = jobs_new_seeded(&fixture->store->base, &fixture->clock.base, 1);
}

static void tear_down(Fixture *fixture, gconstpointer unused) {
    jobs_free(fixture->jobs);
    store_close(&fixture->store->base);
}

static void put_object(Fixture *fixture, const char *key, const char *text, gssize size) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(text, size < 0 ? strlen(text) : (gsize)size);
    store_put(fixture->store->inner, key, bytes, NULL, NULL, &error);
    g_assert_no_error(error);
}

static void create(Fixture *fixture, const char *meeting_id, const char *worker) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Job) job = job_new(meeting_id);
    jobs_create(fixture->jobs, job, worker, &error);
    g_assert_no_error(error);
}

/* NULL where there is none. */
static Job *take(Fixture *fixture, const char *worker) {
    g_autoptr(GError) error = NULL;
    Job *job = (Job *)&error; /* must be set */
    jobs_take(fixture->jobs, worker, &job, &error);
    g_assert_no_error(error);
    return job;
}

static void assert_none(Fixture *fixture) { g_assert_null(take(fixture, "idle")); }

static Job *read_job(Fixture *fixture, const char *meeting_id) {
    g_autoptr(GError) error = NULL;
    Job *job = NULL;
    jobs_read(fixture->jobs, meeting_id, &job, &error);
    g_assert_no_error(error);
    return job;
}

static void fail_job(Fixture *fixture, Job *job, ErrorCode code, const char *message) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) reason = g_error_new_literal(HANSARD_ERROR, (int)code, message);
    jobs_fail(fixture->jobs, job, reason, &error);
    g_assert_no_error(error);
}

typedef bool (*Step)(Jobs *jobs, Job *job, GError **error);

static void assert_step_fails(Fixture *fixture, Step step, Job *job, ErrorCode code) {
    g_autoptr(GError) error = NULL;
    g_assert_false(step(fixture->jobs, job, &error));
    g_assert_error(error, HANSARD_ERROR, (int)code);
}

static void assert_step(Fixture *fixture, Step step, Job *job) {
    g_autoptr(GError) error = NULL;
    step(fixture->jobs, job, &error);
    g_assert_no_error(error);
}

static bool fail_with_io(Jobs *jobs, Job *job, GError **error) {
    g_autoptr(GError) reason = g_error_new_literal(HANSARD_ERROR, ERROR_IO, "the disk");
    return jobs_fail(jobs, job, reason, error);
}

/* -- creating and reading ------------------------------------------------------------------------------------------------ */

static void test_one_job_a_meeting(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL, bad_id = NULL, no_name = NULL;
    create(fixture, "m", NULL);
    g_autoptr(Job) again = job_new("m"), slash = job_new("a/b"), unnamed = job_new("n");
    g_assert_false(jobs_create(fixture->jobs, again, NULL, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFLICT);
    g_assert_false(jobs_create(fixture->jobs, slash, NULL, &bad_id));
    g_assert_error(bad_id, HANSARD_ERROR, ERROR_INVALID);
    g_assert_false(jobs_create(fixture->jobs, unnamed, "", &no_name));
    g_assert_error(no_name, HANSARD_ERROR, ERROR_INVALID);
}

static void test_absent(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) read_error = NULL, take_error = NULL, retry_error = NULL;
    Job *job = NULL;
    g_assert_false(jobs_read(fixture->jobs, "m", &job, &read_error));
    g_assert_error(read_error, HANSARD_ERROR, ERROR_NOT_FOUND);
    g_assert_false(jobs_take_one(fixture->jobs, "m", "w", &job, &take_error));
    g_assert_error(take_error, HANSARD_ERROR, ERROR_NOT_FOUND);
    g_assert_false(jobs_retry(fixture->jobs, "m", &job, &retry_error));
    g_assert_error(retry_error, HANSARD_ERROR, ERROR_NOT_FOUND);
    g_assert_null(job);
}

static void test_object_size(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Job) large = job_new("large");
    large->extra = json_object();
    g_autofree char *padding = g_strnfill(JOB_BYTES_MAX, 'x');
    json_object_set_new(large->extra, "padding", json_string(padding));
    g_assert_false(jobs_create(fixture->jobs, large, NULL, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_TOO_LARGE);

    g_autoptr(json_t) json = job_to_json(large);
    json_object_set_new(json, "padding", json_string(""));
    g_autoptr(GBytes) empty = json_to_bytes(json, false);
    for (gsize over = 0; over < 2; over++) {
        padding[JOB_BYTES_MAX - g_bytes_get_size(empty) + over] = '\0';
        json_object_set_new(json, "padding", json_string(padding));
        g_autoptr(GBytes) bytes = json_to_bytes(json, false);
        g_assert_cmpuint(g_bytes_get_size(bytes), ==, JOB_BYTES_MAX + over);
        put_object(fixture, "hansard/jobs/large.json", g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
        memset(padding, 'x', JOB_BYTES_MAX);
        g_autoptr(Job) job = NULL;
        g_autoptr(GError) read_error = NULL;
        g_assert_cmpint(jobs_read(fixture->jobs, "large", &job, &read_error), ==, over == 0);
        if (over) g_assert_error(read_error, HANSARD_ERROR, ERROR_CORRUPT);
    }
}

static void test_list(Fixture *fixture, gconstpointer unused) {
    const char *ids[] = {"c", "a", "b"};
    for (guint i = 0; i < 3; i++) create(fixture, ids[i], NULL);
    put_object(fixture, "hansard/jobs/aa.json", "{", -1);
    put_object(fixture, "hansard/jobs/folder/b.json", "{}", -1);
    g_autoptr(GError) error = NULL;
    for (guint limit = 0; limit < 6; limit++) {
        g_autoptr(GPtrArray) list = NULL;
        jobs_list(fixture->jobs, limit, &list, &error);
        g_assert_no_error(error);
        const char *expected[] = {"a", "aa", "b", "c"};
        g_assert_cmpuint(list->len, ==, MIN(limit, 4));
        for (guint i = 0; i < list->len; i++) g_assert_cmpstr(((Job *)g_ptr_array_index(list, i))->meeting_id, ==, expected[i]);
        if (list->len < 2) continue;
        const Job *unreadable = g_ptr_array_index(list, 1);
        g_assert_cmpint(unreadable->state, ==, JOB_FAILED);
        g_assert_cmpstr(unreadable->error_code, ==, "corrupt");
        g_assert_nonnull(strstr(unreadable->error_message, "hansard/jobs/aa.json"));
    }
}

/* -- leases -------------------------------------------------------------------------------------------------------------- */

static void test_take(Fixture *fixture, gconstpointer unused) {
    assert_none(fixture);
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w1");
    g_assert_cmpstr(job->meeting_id, ==, "m");
    g_assert_cmpint(job->state, ==, JOB_RUNNING);
    g_assert_cmpstr(job->worker, ==, "w1");
    g_assert_cmpint(job->lease_until_ms, ==, START_MS + JOB_LEASE_MS);
    g_assert_cmpuint(job->attempts, ==, 0);
    assert_none(fixture);
    assert_step(fixture, jobs_finish, job);
    assert_none(fixture);
    g_autoptr(GPtrArray) left = NULL;
    g_assert_true(jobs_list(fixture->jobs, 10, &left, NULL));
    g_assert_cmpuint(left->len, ==, 0);
}

static void test_lease_runs_out(Fixture *fixture, gconstpointer unused) {
    create(fixture, "m", "dead");
    fixture->clock.now_ms += JOB_LEASE_MS - 1;
    assert_none(fixture);
    fixture->clock.now_ms++;
    g_autoptr(Job) job = take(fixture, "w2");
    g_assert_cmpstr(job->worker, ==, "w2");
    g_assert_cmpuint(job->attempts, ==, 1);
}

static void test_renewal_keeps(Fixture *fixture, gconstpointer unused) {
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w1");
    for (int i = 0; i < 20; i++) {
        fixture->clock.now_ms += JOB_RENEW_MS;
        job->progress = i / 20.0;
        assert_step(fixture, jobs_save, job);
        assert_none(fixture);
    }
    fixture->clock.now_ms += JOB_LEASE_MS - 1;
    assert_none(fixture);
    g_autoptr(Job) read = read_job(fixture, "m");
    g_assert_cmpfloat(read->progress, ==, 0.95);
}

/* A lease that ran out while nobody wanted the job is still good. */
static void test_late_renewal(Fixture *fixture, gconstpointer unused) {
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w1");
    fixture->clock.now_ms += 10 * JOB_LEASE_MS;
    assert_step(fixture, jobs_save, job);
    assert_none(fixture);
}

static void test_lease_lost(Fixture *fixture, gconstpointer unused) {
    const Step steps[] = {jobs_save, jobs_release, jobs_finish, fail_with_io};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *id = g_strdup_printf("m%zu", i);
        create(fixture, id, NULL);
        g_autoptr(Job) slow = take(fixture, "slow");
        fixture->clock.now_ms += JOB_LEASE_MS;
        g_autoptr(Job) taken = take(fixture, "quick");
        g_assert_cmpstr(taken->meeting_id, ==, id);
        assert_step_fails(fixture, steps[i], slow, ERROR_LEASE_LOST);
        g_autoptr(Job) read = read_job(fixture, id);
        g_assert_cmpstr(read->worker, ==, "quick");
        g_assert_cmpstr(read->etag, ==, taken->etag);
        assert_step(fixture, jobs_finish, taken);
        assert_step_fails(fixture, steps[i], slow, ERROR_LEASE_LOST); /* now it is gone */
    }
    g_autoptr(Job) never_taken = job_new("n");
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) assert_step_fails(fixture, steps[i], never_taken, ERROR_LEASE_LOST);
}

static void test_release(Fixture *fixture, gconstpointer unused) {
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w1");
    job->attempts = 2;
    assert_step(fixture, jobs_release, job);
    g_autoptr(Job) again = take(fixture, "w2");
    g_assert_cmpuint(again->attempts, ==, 2);
    g_assert_cmpstr(again->worker, ==, "w2");
}

static void test_take_one(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL, held = NULL, failed = NULL;
    g_autoptr(Job) job = NULL, other = NULL, early = NULL;
    create(fixture, "m", NULL);
    g_assert_true(jobs_take_one(fixture->jobs, "m", "w1", &job, &error));
    g_assert_cmpstr(job->worker, ==, "w1");
    g_assert_false(jobs_take_one(fixture->jobs, "m", "w2", &other, &held));
    g_assert_error(held, HANSARD_ERROR, ERROR_CONFLICT);
    g_assert_null(other);
    fail_job(fixture, job, ERROR_IO, "later");
    assert_none(fixture);
    g_assert_true(jobs_take_one(fixture->jobs, "m", "w2", &early, &error)); /* does not wait for its time */
    fail_job(fixture, early, ERROR_BAD_MEDIA, "no sound");
    g_assert_false(jobs_take_one(fixture->jobs, "m", "w2", &other, &failed));
    g_assert_error(failed, HANSARD_ERROR, ERROR_CONFLICT);
}

/* -- failures ------------------------------------------------------------------------------------------------------------ */

static void test_retryable_failure(Fixture *fixture, gconstpointer unused) {
    create(fixture, "m", NULL);
    gint64 longest_ms = JOB_BACKOFF_FIRST_MS;
    for (guint attempt = 1; attempt < JOB_ATTEMPTS_MAX; attempt++) {
        g_autoptr(Job) job = take(fixture, "w");
        g_assert_cmpuint(job->attempts, ==, attempt - 1);
        fail_job(fixture, job, ERROR_UNAVAILABLE, "the model does not answer");
        g_autoptr(Job) read = read_job(fixture, "m");
        longest_ms *= 2;
        g_assert_cmpint(read->state, ==, JOB_QUEUED);
        g_assert_null(read->worker);
        g_assert_cmpstr(read->error_code, ==, "unavailable");
        g_assert_cmpstr(read->error_message, ==, "the model does not answer");
        g_assert_cmpint(read->not_before_ms, >=, fixture->clock.now_ms + JOB_BACKOFF_FIRST_MS);
        g_assert_cmpint(read->not_before_ms, <=, fixture->clock.now_ms + longest_ms);
        fixture->clock.now_ms = read->not_before_ms - 1;
        assert_none(fixture);
        fixture->clock.now_ms++;
    }
    g_autoptr(Job) last = take(fixture, "w");
    fail_job(fixture, last, ERROR_UNAVAILABLE, "the model does not answer");
    g_autoptr(Job) read = read_job(fixture, "m");
    g_assert_cmpint(read->state, ==, JOB_FAILED);
    g_assert_cmpuint(read->attempts, ==, JOB_ATTEMPTS_MAX);
    fixture->clock.now_ms += 1000000000;
    assert_none(fixture);
}

static void test_final_failure(Fixture *fixture, gconstpointer unused) {
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w");
    g_autofree char *long_message = g_strnfill(JOB_ERROR_BYTES_MAX + 100, 'e');
    long_message[0] = '\n';
    fail_job(fixture, job, ERROR_BAD_MEDIA, long_message);
    g_autoptr(Job) read = read_job(fixture, "m");
    g_assert_cmpint(read->state, ==, JOB_FAILED);
    g_assert_cmpstr(read->error_code, ==, "bad-media");
    g_assert_cmpuint(strlen(read->error_message), ==, JOB_ERROR_BYTES_MAX);
    g_assert_null(strchr(read->error_message, '\n'));
}

static void test_retry(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL, queued = NULL;
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w"), retried = NULL, none = NULL;
    job_enter_stage(job, STAGE_EXTRACT);
    fail_job(fixture, job, ERROR_BAD_MEDIA, "no");
    g_assert_true(jobs_retry(fixture->jobs, "m", &retried, &error));
    g_assert_cmpint(retried->state, ==, JOB_QUEUED);
    g_assert_cmpuint(retried->attempts, ==, 0);
    g_assert_cmpint(retried->stage, ==, STAGE_EXTRACT);
    g_assert_null(retried->error_code);
    g_assert_false(jobs_retry(fixture->jobs, "m", &none, &queued));
    g_assert_error(queued, HANSARD_ERROR, ERROR_CONFLICT);
    g_autoptr(Job) again = take(fixture, "w");
    g_assert_nonnull(again);
}

static void test_poison(Fixture *fixture, gconstpointer unused) {
    create(fixture, "poison", NULL);
    for (guint attempt = 0; attempt < JOB_ATTEMPTS_MAX; attempt++) {
        g_autoptr(Job) job = take(fixture, "w");
        g_assert_nonnull(job);
        g_assert_cmpuint(job->attempts, ==, attempt);
        fixture->clock.now_ms += JOB_LEASE_MS;
    }
    create(fixture, "sound", NULL);
    g_autoptr(Job) sound = take(fixture, "w");
    g_assert_cmpstr(sound->meeting_id, ==, "sound");
    assert_none(fixture);
    g_autoptr(Job) read = read_job(fixture, "poison");
    g_assert_cmpint(read->state, ==, JOB_FAILED);
    g_assert_cmpstr(read->error_code, ==, "crashed");
    g_assert_nonnull(strstr(read->error_message, "died repeatedly"));
    g_assert_null(read->worker);
}

static void test_poison_take_one(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w"), none = NULL;
    job->attempts = JOB_ATTEMPTS_MAX - 1;
    assert_step(fixture, jobs_save, job);
    fixture->clock.now_ms += JOB_LEASE_MS;
    g_assert_false(jobs_take_one(fixture->jobs, "m", "w2", &none, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFLICT);
    g_autoptr(Job) read = read_job(fixture, "m");
    g_assert_cmpint(read->state, ==, JOB_FAILED);
}

/* -- deleting ------------------------------------------------------------------------------------------------------------ */

static Job *create_delete(Fixture *fixture, const char *meeting_id, const char *worker) {
    g_autoptr(GError) error = NULL;
    Job *job = NULL;
    jobs_create_delete(fixture->jobs, meeting_id, worker, &job, &error);
    g_assert_no_error(error);
    g_assert_cmpint(job->state, ==, JOB_DELETING);
    return job;
}

static void test_delete_new(Fixture *fixture, gconstpointer unused) {
    g_autoptr(Job) job = create_delete(fixture, "m", "w1"), none = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_cmpstr(job->worker, ==, "w1");
    assert_none(fixture);
    g_assert_false(jobs_create_delete(fixture->jobs, "m", "w2", &none, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFLICT);
    fixture->clock.now_ms += JOB_LEASE_MS;
    g_autoptr(Job) taken = take(fixture, "w2");
    g_assert_cmpint(taken->state, ==, JOB_DELETING);
    assert_step(fixture, jobs_finish, taken);
}

static void test_delete_takes_over(Fixture *fixture, gconstpointer unused) {
    create(fixture, "running", NULL);
    g_autoptr(Job) running = take(fixture, "w1");
    g_autoptr(Job) deleting = create_delete(fixture, "running", NULL);
    g_assert_cmpstr(deleting->run, ==, running->run);
    assert_step_fails(fixture, jobs_save, running, ERROR_LEASE_LOST);
    g_autoptr(Job) taken = take(fixture, "w2");
    g_assert_cmpint(taken->state, ==, JOB_DELETING);
    put_object(fixture, "hansard/jobs/garbage.json", "garbage", -1);
    g_autoptr(Job) garbage = create_delete(fixture, "garbage", "w1");
    assert_step(fixture, jobs_finish, garbage);
}

static void test_delete_never_fails(Fixture *fixture, gconstpointer unused) {
    g_autoptr(Job) first = create_delete(fixture, "m", NULL);
    g_assert_null(first->worker);
    for (guint i = 0; i < 4 * JOB_ATTEMPTS_MAX; i++) {
        g_autoptr(Job) job = take(fixture, "w");
        g_assert_nonnull(job);
        g_assert_cmpint(job->state, ==, JOB_DELETING);
        if (i % 3 > 0) fail_job(fixture, job, i % 3 == 1 ? ERROR_IO : ERROR_CONFIG, "not allowed");
        g_autoptr(Job) read = read_job(fixture, "m");
        g_assert_cmpint(read->not_before_ms, <=, fixture->clock.now_ms + JOB_BACKOFF_MAX_MS);
        if (i % 3 == 2) g_assert_cmpint(read->not_before_ms, ==, fixture->clock.now_ms + JOB_BACKOFF_MAX_MS);
        fixture->clock.now_ms += JOB_BACKOFF_MAX_MS;
    }
    g_autoptr(GError) error = NULL;
    Job *none = NULL;
    g_assert_false(jobs_retry(fixture->jobs, "m", &none, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFLICT);
}

/* -- what others put there ----------------------------------------------------------------------------------------------- */

static const char *const hostile[] = {
    "",
    "null",
    "{}",
    "{\"meeting_id\":\"other\",\"state\":\"queued\",\"stage\":\"commit\"}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"audio_s3_key\":\"../../etc/passwd\"}",
    "\xff\xfe",
};

static void test_hostile_objects(Fixture *fixture, gconstpointer unused) {
    for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
        put_object(fixture, "hansard/jobs/h.json", hostile[i], -1);
        g_autoptr(GError) error = NULL;
        Job *job = NULL;
        g_assert_false(jobs_read(fixture->jobs, "h", &job, &error));
        g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
        assert_none(fixture);
        g_autofree char *id = g_strdup_printf("sound%zu", i);
        create(fixture, id, NULL);
        g_autoptr(Job) sound = take(fixture, "w");
        g_assert_cmpstr(sound->meeting_id, ==, id);
        assert_step(fixture, jobs_finish, sound);
        g_autoptr(GPtrArray) list = NULL;
        g_assert_true(jobs_list(fixture->jobs, 5, &list, NULL));
        g_assert_cmpuint(list->len, ==, 1);
        g_autoptr(GBytes) bytes = NULL;
        g_assert_true(store_get(fixture->store->inner, "hansard/jobs/h.json", 1000, &bytes, NULL, NULL));
        g_assert_cmpuint(g_bytes_get_size(bytes), ==, strlen(hostile[i])); /* left alone */
    }
    put_object(fixture, "hansard/jobs/h.json", "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\"}", -1);
    g_autoptr(Job) least = take(fixture, "w"); /* the least that is a job */
    g_assert_cmpstr(least->meeting_id, ==, "h");
}

static void test_idle_is_one_listing(Fixture *fixture, gconstpointer unused) {
    put_object(fixture, "hansard/jobs/garbage.json", "garbage", -1);
    create(fixture, "running", "other");
    create(fixture, "failed", NULL);
    create(fixture, "waiting", NULL);
    for (int i = 0; i < 2; i++) {
        g_autoptr(Job) job = take(fixture, "w");
        fail_job(fixture, job, strcmp(job->meeting_id, "failed") == 0 ? ERROR_BAD_MEDIA : ERROR_IO, "no");
    }
    assert_none(fixture);
    fixture->store->lists = fixture->store->reads = 0;
    for (int i = 0; i < 10; i++) assert_none(fixture);
    g_assert_cmpint(fixture->store->lists, ==, 10);
    g_assert_cmpint(fixture->store->reads, ==, 0);
    fixture->clock.now_ms += JOB_BACKOFF_FIRST_MS * 2;
    g_autoptr(Job) due = take(fixture, "w");
    g_assert_cmpstr(due->meeting_id, ==, "waiting");
    g_autoptr(Job) retried = NULL;
    g_assert_true(jobs_retry(fixture->jobs, "failed", &retried, NULL)); /* a new version: it is looked at again */
    g_autoptr(Job) again = take(fixture, "w");
    g_assert_cmpstr(again->meeting_id, ==, "failed");
}

static void test_beyond_one_listing(Fixture *fixture, gconstpointer unused) {
    for (guint i = 0; i < LIST_LIMIT_MAX + 200; i++) {
        g_autofree char *key = g_strdup_printf("hansard/jobs/a%05u.json", i);
        put_object(fixture, key, "garbage", -1);
    }
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w");
    g_assert_cmpstr(job->meeting_id, ==, "m");
    g_autoptr(GPtrArray) list = NULL;
    g_assert_true(jobs_list(fixture->jobs, LIST_LIMIT_MAX + 500, &list, NULL));
    g_assert_cmpuint(list->len, ==, LIST_LIMIT_MAX + 201);
}

/* -- answers that are lost ----------------------------------------------------------------------------------------------- */

static void test_sent_again(Fixture *fixture, gconstpointer unused) {
    fixture->store->next_put = ANSWER_LOST_AND_SENT_AGAIN;
    create(fixture, "m", NULL);
    fixture->store->next_put = ANSWER_LOST_AND_SENT_AGAIN;
    g_autoptr(Job) job = take(fixture, "w");
    g_assert_nonnull(job);
    fixture->store->next_put = ANSWER_LOST_AND_SENT_AGAIN;
    assert_step(fixture, jobs_save, job);
    assert_step(fixture, jobs_save, job);
    fixture->store->next_put = ANSWER_LOST_AND_SENT_AGAIN;
    fail_job(fixture, job, ERROR_IO, "no");
    g_autoptr(Job) read = read_job(fixture, "m");
    g_assert_cmpuint(read->attempts, ==, 1);
}

static void test_answer_lost(Fixture *fixture, gconstpointer unused) {
    create(fixture, "m", NULL);
    g_autoptr(Job) job = take(fixture, "w");
    fixture->store->next_put = ANSWER_LOST;
    assert_step_fails(fixture, jobs_save, job, ERROR_IO);
    assert_step(fixture, jobs_save, job); /* the object has an ETag that was never seen, but the revision is one's own */
    fixture->store->next_put = ANSWER_LOST;
    assert_step_fails(fixture, jobs_save, job, ERROR_IO);
    fixture->clock.now_ms += JOB_LEASE_MS;
    g_autoptr(Job) other = take(fixture, "other");
    g_assert_nonnull(other);
    assert_step_fails(fixture, jobs_save, job, ERROR_LEASE_LOST);
    assert_step(fixture, jobs_save, other);
}

static void test_read_errors(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) take_error = NULL, delete_error = NULL, list_error = NULL;
    create(fixture, "m", NULL);
    fixture->store->fail_reads = true;
    Job *job = NULL;
    GPtrArray *list = NULL;
    g_assert_false(jobs_take(fixture->jobs, "w", &job, &take_error));
    g_assert_error(take_error, HANSARD_ERROR, ERROR_IO);
    g_assert_false(jobs_create_delete(fixture->jobs, "m", "w", &job, &delete_error));
    g_assert_error(delete_error, HANSARD_ERROR, ERROR_IO);
    g_assert_false(jobs_list(fixture->jobs, 5, &list, &list_error));
    g_assert_error(list_error, HANSARD_ERROR, ERROR_IO);
    g_assert_null(job);
    g_assert_null(list);
}

/* -- many workers -------------------------------------------------------------------------------------------------------- */

#define THREADS 8
#define JOBS 200

typedef struct {
    Fixture *fixture;
    gint *done;
    guint number;
} Worker;

static gpointer work(gpointer data) {
    const Worker *worker = data;
    g_autofree char *name = g_strdup_printf("w%u", worker->number);
    g_autoptr(Jobs) jobs = jobs_new_seeded(&worker->fixture->store->base, &worker->fixture->clock.base, worker->number);
    for (;;) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Job) job = NULL;
        jobs_take(jobs, name, &job, &error);
        g_assert_no_error(error);
        if (!job) return NULL;
        g_atomic_int_inc(&worker->done[g_ascii_strtoll(job->meeting_id + 1, NULL, 10)]);
        jobs_save(jobs, job, &error);
        g_assert_no_error(error);
        jobs_finish(jobs, job, &error);
        g_assert_no_error(error);
    }
}

static void test_each_done_once(Fixture *fixture, gconstpointer unused) {
    gint done[JOBS] = {0};
    for (guint i = 0; i < JOBS; i++) {
        g_autofree char *id = g_strdup_printf("m%u", i);
        create(fixture, id, NULL);
    }
    Worker workers[THREADS];
    GThread *threads[THREADS];
    for (guint i = 0; i < THREADS; i++) {
        workers[i] = (Worker){fixture, done, i};
        threads[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (guint i = 0; i < THREADS; i++) g_thread_join(threads[i]);
    for (guint i = 0; i < JOBS; i++) g_assert_cmpint(done[i], ==, 1);
}

/* Who did what when, over failures and deaths, until all is done or failed. */
static char *run_story(guint32 seed) {
    Fixture fixture;
    set_up(&fixture, NULL);
    g_autoptr(GRand) fate = g_rand_new_with_seed(seed);
    Jobs *workers[2] = {jobs_new_seeded(&fixture.store->base, &fixture.clock.base, seed + 1),
                        jobs_new_seeded(&fixture.store->base, &fixture.clock.base, seed + 2)};
    GString *story = g_string_new("");
    for (guint i = 0; i < 12; i++) {
        g_autofree char *id = g_strdup_printf("m%u", i);
        create(&fixture, id, NULL);
    }
    for (guint step = 0; step < 400; step++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Job) job = NULL;
        Jobs *jobs = workers[step % 2];
        g_assert_true(jobs_take(jobs, "w", &job, &error));
        fixture.clock.now_ms += job ? 1 : JOB_BACKOFF_FIRST_MS;
        if (!job) continue;
        int end = g_rand_int_range(fate, 0, 3);
        g_string_append_printf(story, "%u:%s:%u:%d ", step, job->meeting_id, job->attempts, end);
        if (end == 1) g_assert_true(jobs_finish(jobs, job, &error));
        if (end == 2) g_assert_true(fail_with_io(jobs, job, &error));
    }
    g_autoptr(GPtrArray) left = NULL;
    g_assert_true(jobs_list(fixture.jobs, 100, &left, NULL));
    for (guint i = 0; i < left->len; i++) g_assert_cmpint(((Job *)g_ptr_array_index(left, i))->state, ==, JOB_FAILED);
    jobs_free(workers[0]);
    jobs_free(workers[1]);
    tear_down(&fixture, NULL);
    return g_string_free(story, FALSE);
}

static void test_seed_replays(void) {
    g_autofree char *one = run_story(7), *same = run_story(7), *another = run_story(8);
    g_assert_cmpstr(one, ==, same);
    g_assert_cmpstr(one, !=, another);
}

/* -- all ----------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *path;
    void (*run)(Fixture *fixture, gconstpointer unused);
} cases[] = {
    {"/jobs/one-job-a-meeting", test_one_job_a_meeting},
    {"/jobs/absent", test_absent},
    {"/jobs/object-size", test_object_size},
    {"/jobs/list", test_list},
    {"/jobs/take", test_take},
    {"/jobs/lease-runs-out", test_lease_runs_out},
    {"/jobs/renewal-keeps", test_renewal_keeps},
    {"/jobs/late-renewal", test_late_renewal},
    {"/jobs/lease-lost", test_lease_lost},
    {"/jobs/release", test_release},
    {"/jobs/take-one", test_take_one},
    {"/jobs/retryable-failure", test_retryable_failure},
    {"/jobs/final-failure", test_final_failure},
    {"/jobs/retry", test_retry},
    {"/jobs/poison", test_poison},
    {"/jobs/poison-take-one", test_poison_take_one},
    {"/jobs/delete-new", test_delete_new},
    {"/jobs/delete-takes-over", test_delete_takes_over},
    {"/jobs/delete-never-fails", test_delete_never_fails},
    {"/jobs/hostile-objects", test_hostile_objects},
    {"/jobs/idle-is-one-listing", test_idle_is_one_listing},
    {"/jobs/beyond-one-listing", test_beyond_one_listing},
    {"/jobs/sent-again", test_sent_again},
    {"/jobs/answer-lost", test_answer_lost},
    {"/jobs/read-errors", test_read_errors},
    {"/jobs/each-done-once", test_each_done_once},
};

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) g_test_add(cases[i].path, Fixture, NULL, set_up, cases[i].run, tear_down);
    g_test_add_func("/jobs/seed-replays", test_seed_replays);
    return g_test_run();
}
