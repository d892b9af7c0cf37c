/* A store with meetings that the real parts made, for tests of verify: a WebVTT transcript goes through import and the offline extractor. */
#pragma once

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "ingest/transfer.h"
#include "operate/verify.h"
#include "store/dir.h"
#include "store/memory.h"

#define WORLD_MEETINGS 2
#define WORLD_SETTLED_MS (600 * 1000)

static const char world_vtt[] = "WEBVTT\n\n"
                                "00:00:01.000 --> 00:00:05.000\nAnn Lee: I will send the figures to Bob by Friday.\n\n"
                                "00:00:06.000 --> 00:00:09.000\nBob Ray: We decided to go with the second design.\n\n"
                                "00:00:10.000 --> 00:00:14.000\nAnn Lee: The system must keep every recording for a year.\n";

static FakeClock world_clock = FAKE_CLOCK(1772600767089);

typedef struct {
    Store *store; /* that of the program; where it is a faulty one `inner` is what it wraps */
    Settings *settings;
    Catalog *catalog;
    Jobs *jobs;
    Transcriber *transcriber;
    Extractor *extractor;
    Pipeline pipeline;
    char *ids[WORLD_MEETINGS], *recordings[WORLD_MEETINGS];
    GHashTable *found; /* code's name → its key, of the last run */
    VerifySummary summary;
    bool refuse; /* what is asked is answered with no */
} World;

/* The program over this store. */
static inline void world_start(World *world, Store *store) {
    static const char *const options[] = {"HANSARD_TRANSCRIBER", "none", NULL};
    g_autoptr(GError) error = NULL;
    world->store = store;
    g_assert_true(settings_load(NULL, options, &world->settings, &error));
    g_assert_true(catalog_keys_open(store, &world->catalog, &error));
    g_assert_true(transcriber_open(world->settings, &world->transcriber, &error));
    g_assert_true(extractor_open(world->settings, &world->extractor, &error));
    g_assert_no_error(error);
    world->jobs = jobs_new_seeded(store, &world_clock.base, 1);
    world->pipeline = (Pipeline){{store, world->catalog, &world_clock.base}, world->jobs, NULL, world->extractor, NULL};
    world->found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static inline void world_stop(World *world) {
    g_clear_pointer(&world->jobs, jobs_free);
    g_clear_pointer(&world->extractor, extractor_close);
    g_clear_pointer(&world->transcriber, transcriber_close);
    g_clear_pointer(&world->catalog, catalog_close);
    g_clear_pointer(&world->settings, settings_free);
    g_clear_pointer(&world->found, g_hash_table_unref);
}

static inline void world_end(World *world) {
    Store *store = world->store;
    world_stop(world);
    for (int i = 0; i < WORLD_MEETINGS; i++) {
        g_free(world->ids[i]);
        g_free(world->recordings[i]);
    }
    store_close(store);
}

/* Time enough for all that was written to be settled, and for leases to be over. */
static inline void world_wait(void) { world_clock.now += WORLD_SETTLED_MS + JOB_LEASE_MS + JOB_BACKOFF_MAX_MS + 1; }

static inline void world_work(World *world) {
    Pipeline pipeline = world->pipeline;
    pipeline.transcriber = world->transcriber;
    for (int idle = 0; idle < 6;) {
        g_autoptr(Job) job = NULL;
        g_assert_true(jobs_take(world->jobs, "worker", &job, NULL));
        if (job) pipeline_run(&pipeline, job, NULL, NULL, NULL, NULL);
        else idle++;
        if (!job) world_wait();
    }
}

static inline void world_add(World *world, int number) {
    g_autoptr(Ingest) ingest = NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("Talk %d.vtt", number);
    const char *tags[] = {"weekly", NULL};
    IngestOptions options = {.filename = name, .title = number == 0 ? "The talk of Monday" : NULL, .tags = tags};
    g_assert_true(ingest_open(&world->pipeline.meetings, world->jobs, &options, &ingest, &error));
    g_assert_true(ingest_write(ingest, world_vtt, strlen(world_vtt), &error));
    g_assert_true(ingest_finish(g_steal_pointer(&ingest), &job, &error));
    g_assert_no_error(error);
    world->ids[number] = g_strdup(job->meeting_id);
    world->recordings[number] = g_strdup(job->audio_key);
}

static inline void world_make(World *world, Store *store) {
    *world = (World){0};
    world_start(world, store);
    for (int i = 0; i < WORLD_MEETINGS; i++) world_add(world, i);
    world_work(world);
}

static inline void world_report(const VerifyFinding *finding, gpointer user_data) {
    World *world = user_data;
    g_assert_cmpuint(strlen(finding->found), >, 10);
    g_hash_table_replace(world->found, g_strdup(finding->code->name), g_strdup(finding->key));
}

static inline bool world_confirm(const VerifyCode *code, const char *key, gpointer user_data) {
    g_assert_true(code->asks);
    return !((World *)user_data)->refuse;
}

static inline bool world_verify(World *world, bool read, bool repair, GError **error) {
    VerifyOptions options = {.pipeline = world->pipeline,
                             .worker = "verify",
                             .read = read,
                             .repair = repair,
                             .settled_ms = WORLD_SETTLED_MS,
                             .report = world_report,
                             .confirm = world_confirm,
                             .user_data = world};
    g_hash_table_remove_all(world->found);
    return verify(&options, &world->summary, error);
}

static inline void world_must_verify(World *world, bool read, bool repair) {
    g_autoptr(GError) error = NULL;
    bool done = world_verify(world, read, repair, &error);
    g_assert_no_error(error);
    g_assert_true(done);
}

static inline bool world_found(const World *world, const char *code) { return g_hash_table_contains(world->found, code); }

static inline void world_print_found(const World *world) {
    GHashTableIter each;
    gpointer code, key;
    g_hash_table_iter_init(&each, world->found);
    while (g_hash_table_iter_next(&each, &code, &key)) g_test_message("found %s %s", (const char *)code, (const char *)key);
}

static inline void world_assert_clean(World *world) {
    world_must_verify(world, true, false);
    world_print_found(world);
    g_assert_cmpuint(g_hash_table_size(world->found), ==, 0);
}

static inline void world_put(World *world, const char *key, const char *text) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    store_put(world->store, key, bytes, NULL, NULL, &error);
    g_assert_no_error(error);
}

static inline char *world_get(World *world, const char *key) {
    g_autoptr(GBytes) bytes = NULL;
    if (!store_get(world->store, key, MIB, &bytes, NULL, NULL)) return NULL;
    return g_strndup(g_bytes_get_size(bytes) ? g_bytes_get_data(bytes, NULL) : "", g_bytes_get_size(bytes));
}

static inline bool world_add_state(const StoreEntry *entry, gpointer user_data, GError **error) {
    if (strcmp(entry->key, KEY_VERIFIED) != 0) g_string_append_printf(user_data, "%s %s\n", entry->key, entry->etag);
    return true;
}

/* Every key with its ETag. */
static inline char *world_state(World *world) {
    GString *state = g_string_new(NULL);
    g_assert_true(store_each(world->store, "", world_add_state, state, NULL));
    return g_string_free(state, FALSE);
}
