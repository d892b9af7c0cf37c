/* Retention: which rule counts, a failure at each single store operation, a hold against a removal, and the turn that of many servers one has. */
#include "operate/retention.h"

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "store/memory.h"

#define DAY_MS 86400000LL
#define NOW_MS 1772600767089LL

static FakeClock fake_clock = FAKE_CLOCK(NOW_MS);

/* -- rules ---------------------------------------------------------------------------------------------------------------- */

static void test_rules(void) {
    static const struct {
        const char *rules, *tags;
        int days;
        bool recording;
        const char *expected; /* the rule that counts; NULL: none */
    } cases[] = {
        {"recording 30; all 365", "", 29, true, NULL},
        {"recording 30; all 365", "", 30, true, "recording 30"},
        {"recording 30; all 365", "", 30, false, NULL},
        {"recording 30; all 365", "", 365, true, "all 365"},
        {"recording 30;all 365;", "", 365, false, "all 365"},
        {"all 365; interview: all 90", "interview", 90, true, "interview: all 90"},
        {"all 365; interview: all 90", "other", 90, true, NULL},
        {"all 90; interview: all 365", "interview", 90, true, NULL}, /* the tag's rule stands in place of the one for all */
        {"a: all 10; b: all 20", "a b", 15, true, NULL},             /* the longest counts */
        {"a: all 10; b: all 20", "a b", 20, true, "b: all 20"},
        {"a: all never; b: all 20; all 5", "a b", 9999, true, NULL},
        {"a: all never; recording 5", "a", 9999, true, "recording 5"}, /* of another scope */
        {"  x y :  all   7 ", "x_y", 8, true, NULL},
        {"team: a: all 7", "team:_a", 8, true, NULL},
        {"", "", 9999, true, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) rules = NULL;
        g_auto(GStrv) words = g_strsplit(cases[i].tags, " ", -1);
        g_autoptr(GPtrArray) tags = g_ptr_array_new();
        for (guint tag = 0; words[tag]; tag++)
            if (*words[tag]) g_ptr_array_add(tags, words[tag]);
        g_assert_true(retention_parse(cases[i].rules, &rules, NULL));
        const RetentionRule *rule = retention_judge(rules, tags, cases[i].days * DAY_MS, cases[i].recording);
        g_assert_cmpstr(rule ? rule->text : NULL, ==, cases[i].expected);
    }
}

static void test_no_rules(void) {
    g_autoptr(GString) many = g_string_new(NULL);
    const char *const bad[] = {"all", "all -1", "all 0", "all 36501", "everything 3", "all 3 4", ": all 3", "a: b", ":", "all 3x"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GPtrArray) rules = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(retention_parse(bad[i], &rules, &error));
        g_assert_error(error, HANSARD_ERROR, ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, bad[i]));
    }
    for (int count = 1; count <= RETENTION_RULES_MAX + 1; count++) {
        g_autoptr(GPtrArray) rules = NULL;
        g_string_append(many, "all 3;");
        g_assert_true(retention_parse(many->str, &rules, NULL) == (count <= RETENTION_RULES_MAX));
    }
    g_autoptr(GPtrArray) none = NULL;
    g_assert_true(retention_parse(NULL, &none, NULL));
    g_assert_cmpuint(none->len, ==, 0);
}

/* -- meetings ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Store *store; /* borrowed by the world where it wraps another */
    Catalog *catalog;
    Jobs *jobs;
    Transcriber *transcriber;
    Extractor *extractor;
    Settings *loaded;
    Pipeline pipeline;
} World;

static World world_on(Store *store, const char *rules) {
    static const char *const options[] = {"HANSARD_TRANSCRIBER", "none", NULL};
    World world = {.store = store};
    g_assert_true(settings_load(NULL, options, &world.loaded, NULL));
    g_free(world.loaded->retention);
    world.loaded->retention = g_strdup(rules);
    g_assert_true(catalog_keys_open(store, &world.catalog, NULL));
    g_assert_true(transcriber_open(world.loaded, &world.transcriber, NULL));
    g_assert_true(extractor_open(world.loaded, &world.extractor, NULL));
    world.jobs = jobs_new(store, &fake_clock.base);
    world.pipeline = (Pipeline){{store, world.catalog, &fake_clock.base}, world.jobs, world.transcriber, world.extractor, NULL};
    return world;
}

static void world_end(World *world) {
    jobs_free(world->jobs);
    catalog_close(world->catalog);
    extractor_close(world->extractor);
    transcriber_close(world->transcriber);
    settings_free(world->loaded);
}

static void put_text(Store *store, const char *key, const char *text) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_assert_true(store_put(store, key, bytes, NULL, NULL, NULL));
}

static char *recording_of(const char *id) { return g_strdup_printf("meetings/%s_a.wav", id); }

static void make_meeting(World *world, const char *id, int days, const char *tag) {
    g_autoptr(Record) record = record_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = key_document(id, DOCUMENT_TEXT), *waveform = key_document(id, DOCUMENT_WAVEFORM);
    record->meeting_id = g_strdup(id);
    record->audio_key = recording_of(id);
    record->filename = g_strdup("a.wav");
    record->title = g_strdup("A");
    record->timestamp_ms = NOW_MS - days * DAY_MS;
    record->transcriber = g_strdup("whisper");
    if (tag) g_ptr_array_add(record->tags, g_strdup(tag));
    put_text(world->store, record->audio_key, "sound");
    put_text(world->store, text, "words");
    put_text(world->store, waveform, "{}");
    g_assert_true(meeting_commit(&world->pipeline.meetings, record, NULL, &error));
    g_assert_no_error(error);
}

static void ignore(const RetentionDue *due, const GError *problem, gpointer user_data) {}

static bool run_on(World *world, RetentionResult *result) {
    g_autoptr(GError) error = NULL;
    RetentionOptions options = {.pipeline = &world->pipeline, .settings = world->loaded, .worker = "w", .apply = true, .told = ignore};
    return retention_run(&options, result, &error) && result->failed == 0;
}

static bool has(Store *store, const char *key) {
    g_auto(StoreInfo) info = {0};
    return store_head(store, key, &info, NULL);
}

static bool note_key(const StoreEntry *entry, gpointer text, GError **error) {
    g_string_append_printf(text, "%s ", entry->key);
    return true;
}

/* A worker finishes what stands as a job, once the lease of the one that died is over. */
static void finish_jobs(World *world) {
    fake_clock.now += 2 * JOB_BACKOFF_MAX_MS;
    for (;;) {
        g_autoptr(Job) job = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(jobs_take(world->jobs, "other", &job, &error));
        if (!job) return;
        g_assert_true(pipeline_run(&world->pipeline, job, NULL, NULL, NULL, &error));
    }
}

static void assert_settled(World *world) {
    g_autoptr(Record) record = NULL;
    g_autoptr(GString) keys = g_string_new(NULL);
    g_autoptr(GPtrArray) jobs = NULL;
    g_autofree char *gone = recording_of("middle"), *held = recording_of("held");
    g_assert_true(store_each(world->store, "", note_key, keys, NULL));
    if (strstr(keys->str, "/old")) g_error("left: %s", keys->str);
    g_assert_false(has(world->store, gone));
    g_assert_true(has(world->store, held));
    g_assert_true(meeting_read_record(&world->pipeline.meetings, "middle", &record, NULL, NULL));
    g_assert_null(record->audio_key);
    g_assert_true(meeting_recording_removed(record));
    g_assert_null(json_object_get(json_object_get(record->extra, RECORDING_REMOVED), "pending"));
    g_assert_cmpuint(record->objects->len, ==, 1); /* the text */
    g_assert_true(jobs_list(world->jobs, 10, &jobs, NULL));
    g_assert_cmpuint(jobs->len, ==, 0);
}

/* A failure at each operation of the run; then a healthy run, and a worker for what stands as a job. */
static void test_faults(gconstpointer mode) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = store_memory_new(&fake_clock.base);
        fake_clock.now = NOW_MS;
        World healthy = world_on(bucket, "recording 30; all 365");
        RetentionResult result;
        g_assert_cmpint(n, <, 300);
        make_meeting(&healthy, "held", 400, "legal-hold");
        make_meeting(&healthy, "middle", 31, NULL);
        make_meeting(&healthy, "old", 365, NULL);
        make_meeting(&healthy, "young", 1, NULL);
        Store *faulty = faulty_store_new(bucket, GPOINTER_TO_INT(mode), n);
        World broken = world_on(faulty, "recording 30; all 365");
        (void)run_on(&broken, &result);
        reached_end = ((FaultyStore *)faulty)->operations < n;
        world_end(&broken);
        store_close(faulty);
        finish_jobs(&healthy);
        g_assert_true(run_on(&healthy, &result));
        assert_settled(&healthy);
        g_assert_true(run_on(&healthy, &result));
        g_assert_cmpuint(result.due[RETENTION_ALL] + result.due[RETENTION_RECORDING], ==, 0);
        g_assert_cmpuint(result.held, ==, 1);
        world_end(&healthy);
        store_close(bucket);
    }
}

/* Decided on one version, the meeting is held by the time that it is removed. */
static void test_hold_wins(void) {
    Store *bucket = store_memory_new(&fake_clock.base);
    World world = world_on(bucket, "all 30");
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *etag = NULL, *newer = NULL, *key = recording_of("m");
    g_autoptr(json_t) patch = json_pack("{s:[s]}", "tags", "legal-hold");
    RetentionResult result;
    fake_clock.now = NOW_MS;
    make_meeting(&world, "m", 40, NULL);
    g_assert_true(meeting_read_record(&world.pipeline.meetings, "m", &record, &etag, NULL));
    g_assert_true(meeting_edit(&world.pipeline.meetings, "m", etag, patch, &newer, NULL, &error));
    g_assert_false(meeting_begin_delete(&world.pipeline.meetings, record, etag, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_PRECONDITION);
    g_clear_error(&error);
    g_clear_pointer(&record, record_free);
    g_assert_true(meeting_read_record(&world.pipeline.meetings, "m", &record, NULL, NULL));
    g_assert_false(meeting_remove_recording(&world.pipeline.meetings, record, etag, "test", &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_PRECONDITION);
    g_assert_true(run_on(&world, &result));
    g_assert_cmpuint(result.held, ==, 1);
    g_assert_true(has(bucket, key));
    world_end(&world);
    store_close(bucket);
}

/* What is being worked on keeps its recording until that is done. */
static void test_busy(void) {
    Store *bucket = store_memory_new(&fake_clock.base);
    World world = world_on(bucket, "recording 30");
    RetentionResult result;
    g_autoptr(Job) job = job_new("m");
    g_autofree char *key = recording_of("m");
    fake_clock.now = NOW_MS;
    make_meeting(&world, "m", 40, NULL);
    job->audio_key = g_strdup(key);
    job->filename = g_strdup("a.wav");
    job->title = g_strdup("A");
    g_assert_true(jobs_create(world.jobs, job, "other", NULL));
    g_assert_false(run_on(&world, &result));
    g_assert_cmpuint(result.failed, ==, 1);
    g_assert_true(has(bucket, key));
    world_end(&world);
    store_close(bucket);
}

/* -- turns ---------------------------------------------------------------------------------------------------------------- */

static gpointer take_turn(gpointer store) {
    bool ours = false;
    g_assert_true(retention_take_turn(store, &fake_clock.base, "server", &ours, NULL));
    return GINT_TO_POINTER(ours);
}

static void test_turns(void) {
    Store *bucket = store_memory_new(&fake_clock.base);
    fake_clock.now = NOW_MS;
    for (int day = 0; day < 3; day++) {
        GThread *threads[8];
        int taken = 0;
        for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) threads[i] = g_thread_new("server", take_turn, bucket);
        for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) taken += GPOINTER_TO_INT(g_thread_join(threads[i]));
        g_assert_cmpint(taken, ==, 1);
        fake_clock.now += DAY_MS / 2;
        g_assert_false(take_turn(bucket));
        fake_clock.now += DAY_MS / 2;
    }
    put_text(bucket, KEY_RETENTION, "not what it should be");
    g_assert_true(take_turn(bucket));
    store_close(bucket);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operate/retention/rules", test_rules);
    g_test_add_func("/operate/retention/no-rules", test_no_rules);
    g_test_add_data_func("/operate/retention/faults-once", GINT_TO_POINTER(FAULT_ONCE), test_faults);
    g_test_add_data_func("/operate/retention/faults-crash", GINT_TO_POINTER(FAULT_CRASH), test_faults);
    g_test_add_data_func("/operate/retention/faults-late", GINT_TO_POINTER(FAULT_LATE), test_faults);
    g_test_add_func("/operate/retention/hold-wins", test_hold_wins);
    g_test_add_func("/operate/retention/busy", test_busy);
    g_test_add_func("/operate/retention/turns", test_turns);
    return g_test_run();
}
