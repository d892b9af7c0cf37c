/* The inbox: what is dropped becomes one meeting, whoever looks, however often, and whatever fails on the way. */
#include "base/limits.h"
#include "base/text.h"
#include "faulty_store.h"
#include "ingest/inbox.h"
#include "store/memory.h"
#include "store_contract.h"

typedef struct {
    TestClock clock;
    Store *store;
} Bucket;

/* One server over the bucket; `store` may be a faulty wrapper of it. */
typedef struct {
    Catalog *catalog;
    Jobs *jobs;
    Meetings meetings;
} Looker;

static void bucket_open(Bucket *bucket) {
    bucket->clock = (TestClock){.base = {.now_ms = test_clock_now_ms}, .ms = TEST_TIME_MS};
    bucket->store = store_memory_new(&bucket->clock.base);
}

static void looker_open(Looker *looker, Store *store, Clock *clock) {
    g_assert_true(catalog_keys_open(store, &looker->catalog, NULL));
    looker->jobs = jobs_new_seeded(store, clock, 1);
    looker->meetings = (Meetings){store, looker->catalog, clock};
}

static void looker_close(Looker *looker) {
    jobs_free(looker->jobs);
    catalog_close(looker->catalog);
}

static guint look(Bucket *bucket) {
    Looker looker;
    g_autoptr(GError) error = NULL;
    guint taken = 0;
    looker_open(&looker, bucket->store, &bucket->clock.base);
    g_assert_true(inbox_take(&looker.meetings, looker.jobs, INBOX_SETTLED_MS, NULL, &taken, &error));
    g_assert_no_error(error);
    looker_close(&looker);
    return taken;
}

static guint count(Store *store, const char *prefix) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    assert_works(store_list(store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, error));
    return entries->len;
}

static Job *only_job(Bucket *bucket) {
    g_autoptr(Jobs) jobs = jobs_new_seeded(bucket->store, &bucket->clock.base, 1);
    g_autoptr(GPtrArray) list = NULL;
    assert_works(jobs_list(jobs, 10, &list, error));
    g_assert_cmpuint(list->len, ==, 1);
    return g_ptr_array_steal_index(list, 0);
}

static void assert_taken_whole(Bucket *bucket, const char *text) {
    g_autoptr(Job) job = only_job(bucket);
    g_autofree char *sha256 = text_sha256(text, strlen(text)), *owner = meeting_id_of_recording(job->audio_key);
    assert_text(bucket->store, job->audio_key, text);
    g_assert_cmpstr(job->audio_sha256, ==, sha256);
    g_assert_cmpuint(job->audio_bytes, ==, strlen(text));
    g_assert_cmpstr(owner, ==, job->meeting_id);
    g_assert_cmpuint(count(bucket->store, PREFIX_INBOX), ==, 0);
    g_assert_cmpuint(count(bucket->store, PREFIX_RECORDINGS), ==, 1);
}

static void test_takes(void) {
    Bucket bucket;
    bucket_open(&bucket);
    g_assert_cmpuint(look(&bucket), ==, 0);
    must_put(bucket.store, "inbox/team/Stand-up ä.vtt", "a recording");
    g_assert_cmpuint(look(&bucket), ==, 0); /* it may still grow */
    bucket.clock.ms += INBOX_SETTLED_MS;
    g_assert_cmpuint(look(&bucket), ==, 1);
    assert_taken_whole(&bucket, "a recording");
    g_autoptr(Job) job = only_job(&bucket);
    g_assert_cmpstr(job->filename, ==, "Stand-up ä.vtt");
    g_assert_cmpstr(job->title, ==, "Stand-up ä");
    g_assert_cmpint(job->state, ==, JOB_QUEUED);
    g_assert_cmpuint(look(&bucket), ==, 0);
    store_close(bucket.store);
}

static void test_leaves(void) {
    Bucket bucket;
    bucket_open(&bucket);
    must_put(bucket.store, "inbox/empty.wav", "");
    must_put(bucket.store, "inbox/.hidden.wav", "x");
    must_put(bucket.store, "inboxes/other.wav", "x");
    bucket.clock.ms += INBOX_SETTLED_MS;
    g_assert_cmpuint(look(&bucket), ==, 0);
    g_assert_cmpuint(count(bucket.store, ""), ==, 3);
    store_close(bucket.store);
}

/* At most so many with one look; the next one goes on. */
static void test_many(void) {
    Bucket bucket;
    bucket_open(&bucket);
    for (int i = 0; i <= INBOX_TAKE_MAX; i++) {
        g_autofree char *key = g_strdup_printf("inbox/%03d.wav", i);
        must_put(bucket.store, key, key);
    }
    bucket.clock.ms += INBOX_SETTLED_MS;
    g_assert_cmpuint(look(&bucket), ==, INBOX_TAKE_MAX);
    g_assert_cmpuint(look(&bucket), ==, 1);
    g_assert_cmpuint(count(bucket.store, PREFIX_JOBS), ==, INBOX_TAKE_MAX + 1);
    store_close(bucket.store);
}

/* The n-th operation fails, in each way; afterwards another server finds one meeting's worth, whole. */
static void test_faults(void) {
    for (FaultMode mode = FAULT_ONCE; mode <= FAULT_LATE; mode++) {
        bool reached = true;
        for (int n = 1; reached; n++) {
            Bucket bucket;
            Looker looker;
            guint taken = 0;
            bucket_open(&bucket);
            must_put(bucket.store, "inbox/a.wav", "a recording");
            bucket.clock.ms += INBOX_SETTLED_MS;
            Store *faulty = faulty_store_new(bucket.store, mode, n);
            looker_open(&looker, faulty, &bucket.clock.base);
            g_autoptr(GError) problem = NULL;
            bool done = inbox_take(&looker.meetings, looker.jobs, INBOX_SETTLED_MS, NULL, &taken, &problem);
            g_assert_true(done || problem);
            reached = ((FaultyStore *)faulty)->operations >= n;
            looker_close(&looker);
            store_close(faulty);
            look(&bucket);
            assert_taken_whole(&bucket, "a recording");
            store_close(bucket.store);
            g_assert_cmpint(n, <, 100);
        }
    }
}

/* One file that can't be read holds up no other, and its error names it. */
static void test_one_fails(void) {
    Bucket bucket;
    Looker looker;
    guint taken = 0;
    g_autoptr(GError) problem = NULL;
    bucket_open(&bucket);
    must_put(bucket.store, "inbox/a.wav", "a");
    must_put(bucket.store, "inbox/b.wav", "b");
    bucket.clock.ms += INBOX_SETTLED_MS;
    Store *faulty = faulty_store_new(bucket.store, FAULT_ONCE, 4); /* a list, a job, a record, and the first file's open */
    looker_open(&looker, faulty, &bucket.clock.base);
    g_assert_false(inbox_take(&looker.meetings, looker.jobs, INBOX_SETTLED_MS, NULL, &taken, &problem));
    g_assert_true(error_is(problem, ERROR_IO));
    g_assert_nonnull(strstr(problem->message, "inbox/a.wav"));
    g_assert_cmpuint(taken, ==, 1);
    looker_close(&looker);
    store_close(faulty);
    g_assert_cmpuint(look(&bucket), ==, 1);
    g_assert_cmpuint(count(bucket.store, PREFIX_JOBS), ==, 2);
    store_close(bucket.store);
}

#define LOOKERS 8

typedef struct {
    Bucket *bucket;
    int *ready;
} Race;

static gpointer race_look(gpointer data) {
    Race *racing = data;
    g_atomic_int_inc(racing->ready);
    while (g_atomic_int_get(racing->ready) < LOOKERS) g_thread_yield();
    Looker looker;
    g_autoptr(GError) error = NULL;
    guint taken = 0;
    looker_open(&looker, racing->bucket->store, &racing->bucket->clock.base);
    g_assert_true(inbox_take(&looker.meetings, looker.jobs, INBOX_SETTLED_MS, NULL, &taken, &error));
    looker_close(&looker);
    return NULL;
}

static void test_race(void) {
    for (int round = 0; round < 20; round++) {
        Bucket bucket;
        GThread *threads[LOOKERS];
        int ready = 0;
        Race racing = {&bucket, &ready};
        bucket_open(&bucket);
        must_put(bucket.store, "inbox/a.wav", "a recording");
        bucket.clock.ms += INBOX_SETTLED_MS;
        for (int i = 0; i < LOOKERS; i++) threads[i] = g_thread_new("looker", race_look, &racing);
        for (int i = 0; i < LOOKERS; i++) g_thread_join(threads[i]);
        assert_taken_whole(&bucket, "a recording");
        store_close(bucket.store);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ingest/inbox/takes", test_takes);
    g_test_add_func("/ingest/inbox/leaves", test_leaves);
    g_test_add_func("/ingest/inbox/many", test_many);
    g_test_add_func("/ingest/inbox/faults", test_faults);
    g_test_add_func("/ingest/inbox/one-fails", test_one_fails);
    g_test_add_func("/ingest/inbox/race", test_race);
    return g_test_run();
}
