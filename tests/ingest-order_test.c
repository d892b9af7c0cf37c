/* ingest: what others see between any two steps of an upload. A job that stands has its recording, whole. */
#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "ingest/ingest.h"
#include "store/memory.h"

#define OPERATIONS_MAX 100

static FakeClock clock_now = FAKE_CLOCK(1772600767089);

static void look(gpointer bucket) {
    g_autoptr(GPtrArray) jobs = NULL;
    g_autoptr(GError) error = NULL;
    Jobs *seen = jobs_new(bucket, &clock_now.base);
    g_assert_true(jobs_list(seen, 10, &jobs, &error));
    for (guint i = 0; i < jobs->len; i++) {
        const Job *job = jobs->pdata[i];
        g_auto(StoreInfo) info = {0};
        g_assert_true(store_head(bucket, job->audio_key, &info, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(info.size, ==, job->audio_bytes);
    }
    jobs_free(seen);
}

static void send_one(Store *store) {
    Catalog *catalog = NULL;
    Ingest *ingest = NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) error = NULL;
    IngestOptions options = {.filename = "call.m4a"};
    g_assert_true(catalog_keys_open(store, &catalog, NULL));
    Meetings meetings = {store, catalog, &clock_now.base};
    Jobs *jobs = jobs_new(store, &clock_now.base);
    g_assert_true(ingest_open(&meetings, jobs, &options, &ingest, &error) && ingest_write(ingest, "sound", strlen("sound"), &error));
    g_assert_true(ingest_finish(ingest, &job, &error));
    g_assert_no_error(error);
    jobs_free(jobs);
    catalog_close(catalog);
}

static void test_recording_before_job(void) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = store_memory_new(&clock_now.base);
        FaultyStore *watched = (FaultyStore *)faulty_store_new(bucket, FAULT_MEANWHILE, n);
        watched->meanwhile = look;
        watched->data = bucket;
        send_one(&watched->base);
        reached_end = watched->operations < n;
        look(bucket);
        store_close(&watched->base);
        store_close(bucket);
        g_assert_cmpint(n, <, OPERATIONS_MAX);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ingest-order/recording-before-job", test_recording_before_job);
    return g_test_run();
}
