/* A job as JSON: comes back whole, is held to its limits, and whatever else stands there is no job. */
#include <string.h>

#include "base/limits.h"
#include "jobs/jobs.h"
#include "store/memory.h"

static Job *read_back(const Job *job) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = job_to_json(job);
    Job *read = NULL;
    job_from_json(json, job->meeting_id, &read, &error);
    g_assert_no_error(error);
    return read;
}

static void test_comes_back(void) {
    g_autoptr(Job) job = job_new("m");
    job->audio_key = g_strdup("meetings/u_a.mp3");
    job->filename = g_strdup("a.mp3");
    job->title = g_strdup("Größe");
    job->timestamp_ms = 1700000000000;
    job->audio_bytes = RECORDING_BYTES_MAX;
    job->language = g_strdup("de");
    job->vocabulary = g_strdup("Hansard");
    job->stage = STAGE_EXTRACT;
    job->progress = 0.25;
    job->extra = json_pack("{s:{s:i}}", "future", "a", 1);
    g_ptr_array_add(job->tags, g_strdup("x"));
    g_autoptr(Job) read = read_back(job);
    g_autoptr(json_t) before = job_to_json(job), after = job_to_json(read);
    g_assert_true(json_equal(before, after));
    g_assert_cmpint(read->state, ==, JOB_QUEUED);
    g_assert_cmpint(read->stage, ==, STAGE_EXTRACT);
    g_assert_cmpint(json_get_int(json_object_get(read->extra, "future"), "a", 0), ==, 1);
    g_assert_cmpuint(json_object_size(read->extra), ==, 1);
}

static const struct {
    gsize offset, bytes_max;
} limits[] = {
    {offsetof(Job, title), TITLE_BYTES_MAX},
    {offsetof(Job, filename), FILENAME_BYTES_MAX},
    {offsetof(Job, vocabulary), VOCABULARY_BYTES_MAX},
    {offsetof(Job, language), 64},
    {offsetof(Job, audio_sha256), 64},
    {offsetof(Job, error_message), JOB_ERROR_BYTES_MAX},
};

/* At the limit it is kept; over it, it is refused before it is written. */
static void assert_kept(Jobs *jobs, Job *job, bool kept) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Job) read = NULL;
    g_assert_cmpint(jobs_create(jobs, job, NULL, &error), ==, kept);
    if (!kept) g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    g_assert_cmpint(jobs_read(jobs, job->meeting_id, &read, NULL), ==, kept);
}

static void test_limits(void) {
    g_autoptr(Store) store = store_memory_new(clock_system());
    g_autoptr(Jobs) jobs = jobs_new(store, clock_system());
    for (gsize over = 0; over < 2; over++) {
        for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
            g_autofree char *id = g_strdup_printf("m-%zu-%zu", i, over);
            g_autoptr(Job) job = job_new(id);
            G_STRUCT_MEMBER(char *, job, limits[i].offset) = g_strnfill(limits[i].bytes_max + over, 'x');
            assert_kept(jobs, job, over == 0);
        }
        g_autofree char *many = g_strdup_printf("many-%zu", over), *wide = g_strdup_printf("wide-%zu", over);
        g_autoptr(Job) many_tags = job_new(many), wide_tag = job_new(wide);
        for (gsize i = 0; i < TAGS_MAX + over; i++) g_ptr_array_add(many_tags->tags, g_strdup("t"));
        g_ptr_array_add(wide_tag->tags, g_strnfill(TAG_BYTES_MAX + over, 't'));
        assert_kept(jobs, many_tags, over == 0);
        assert_kept(jobs, wide_tag, over == 0);
        g_autoptr(GError) error = NULL;
        g_autofree char *worker = g_strnfill(255 + over, 'w'), *leased = g_strdup_printf("leased-%zu", over);
        g_autoptr(Job) job = job_new(leased);
        g_assert_cmpint(jobs_create(jobs, job, worker, &error), ==, over == 0);
    }
}

static const char *const hostile[] = {
    "null",
    "[]",
    "{}",
    "{\"meeting_id\":\"h\"}",
    "{\"meeting_id\":\"other\",\"state\":\"queued\",\"stage\":\"commit\"}",
    "{\"meeting_id\":\"h\",\"state\":\"wrong\",\"stage\":\"commit\"}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":7}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"attempts\":-1}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"attempts\":4294967296}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"attempts\":1.5}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"timestamp_ms\":10000000000000}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"remaining_ms\":-2}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"audio_bytes\":-1}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"audio_s3_key\":\"../../etc/passwd\"}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"audio_s3_key\":\"\"}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"worker\":{}}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"tags\":\"x\"}",
    "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"tags\":[1]}",
};

static void test_hostile(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) json = json_parse(hostile[i], strlen(hostile[i]), "the test", &error);
        g_assert_no_error(error);
        Job *job = NULL;
        g_test_message("%s", hostile[i]);
        g_assert_false(job_from_json(json, "h", &job, &error));
        g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
        g_assert_null(job);
    }
}

/* The least that is a job, and what is read tolerantly. */
static void test_defaults(void) {
    const char *texts[] = {"{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\"}",
                           "{\"meeting_id\":\"h\",\"state\":\"queued\",\"stage\":\"commit\",\"title\":null,\"progress\":\"x\"}"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) json = json_parse(texts[i], strlen(texts[i]), "the test", &error);
        g_autoptr(Job) job = NULL;
        g_assert_true(job_from_json(json, "h", &job, &error));
        g_assert_cmpint(job->stage, ==, STAGE_COMMIT);
        g_assert_cmpint(job->remaining_ms, ==, -1);
        g_assert_cmpuint(job->attempts, ==, 0);
        g_assert_cmpfloat(job->progress, ==, 0);
        g_assert_null(job->title);
        g_assert_null(job->extra);
        g_assert_cmpuint(job->tags->len, ==, 0);
    }
}

static void test_enter_stage(void) {
    g_autoptr(Job) job = job_new("m");
    job->attempts = 3, job->progress = 0.5, job->remaining_ms = 7;
    job->error_code = g_strdup("io"), job->error_message = g_strdup("no");
    job_enter_stage(job, STAGE_COMMIT);
    g_autoptr(Job) fresh = job_new("m");
    g_free(fresh->run);
    fresh->run = g_strdup(job->run);
    fresh->stage = STAGE_COMMIT;
    g_autoptr(json_t) one = job_to_json(job), other = job_to_json(fresh);
    g_assert_true(json_equal(one, other));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jobs-value/comes-back", test_comes_back);
    g_test_add_func("/jobs-value/limits", test_limits);
    g_test_add_func("/jobs-value/hostile", test_hostile);
    g_test_add_func("/jobs-value/defaults", test_defaults);
    g_test_add_func("/jobs-value/enter-stage", test_enter_stage);
    return g_test_run();
}
