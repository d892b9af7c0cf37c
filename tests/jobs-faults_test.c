/* Leases under everything that may come between: each operation of the store fails, others write meanwhile, objects are damaged or gone. */
#include "jobs/jobs.h"

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "model/keys.h"
#include "store/memory.h"

#define ID "meeting-1"
#define KEY PREFIX_JOBS ID ".json"
#define START_MS 1700000000000LL

typedef struct {
    FakeClock clock;
    Store *inner, *store;
    FaultyStore *fault;
    Jobs *jobs, *others; /* others: another program's, over the store itself */
    guint asked;         /* how often it was told of a job that fails */
    bool refuse;         /* that */
} World;

static void world_init(World *world) {
    *world = (World){.clock = FAKE_CLOCK(START_MS)};
    world->inner = store_memory_new(&world->clock.base);
    world->store = faulty_store_new(world->inner, FAULT_NONE, 0);
    world->fault = (FaultyStore *)world->store;
    world->fault->data = world;
    world->jobs = jobs_new_seeded(world->store, &world->clock.base, 1);
    world->others = jobs_new_seeded(world->inner, &world->clock.base, 2);
}

static void world_clear(World *world) {
    jobs_free(world->jobs);
    jobs_free(world->others);
    store_close(world->store);
    store_close(world->inner);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

/* From the n-th operation from now on. */
static void arm(World *world, FaultMode mode, int fail_at, void (*meanwhile)(gpointer world)) {
    world->fault->operations = 0;
    world->fault->mode = mode;
    world->fault->fail_at = fail_at;
    world->fault->meanwhile = meanwhile;
}

static void put_text(World *world, const char *key, const char *text) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_assert_true(store_put(world->inner, key, bytes, NULL, NULL, NULL));
}

static Job *create(World *world, const char *worker) {
    g_autoptr(GError) error = NULL;
    Job *job = job_new(ID);
    g_assert_true(jobs_create(world->others, job, worker, &error));
    g_assert_no_error(error);
    return job;
}

/* As some program has left it. */
static void put_job(World *world, JobState state, const char *worker, gint64 lease_until_ms, guint attempts) {
    g_autoptr(Job) job = job_new(ID);
    job->state = state;
    job->worker = g_strdup(worker);
    job->lease_until_ms = lease_until_ms;
    job->attempts = attempts;
    g_autoptr(json_t) json = job_to_json(job);
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    g_assert_true(store_put(world->inner, KEY, bytes, NULL, NULL, NULL));
}

static Job *read_job(World *world) {
    g_autoptr(GError) error = NULL;
    Job *job = NULL;
    jobs_read(world->others, ID, &job, &error);
    g_assert_no_error(error);
    return job;
}

static bool take(World *world, Job **job, GError **error) {
    *job = NULL;
    return jobs_take(world->jobs, "w", job, error);
}

#define ASSERT_FAILS(call, error_code)                                    \
    do {                                                                  \
        g_autoptr(GError) refusal = NULL;                                 \
        g_assert_false(call);                                             \
        g_assert_error(refusal, HANSARD_ERROR, (int)(error_code));        \
    } while (0)

/* -- each operation fails once ------------------------------------------------------------------------------------------- */

typedef bool (*Step)(World *world, Job *held, GError **error);

static bool step_read(World *world, Job *held, GError **error) {
    g_autoptr(Job) job = NULL;
    return jobs_read(world->jobs, ID, &job, error);
}

static bool step_list(World *world, Job *held, GError **error) {
    g_autoptr(GPtrArray) list = NULL;
    return jobs_list(world->jobs, 10, &list, error);
}

static bool step_take(World *world, Job *held, GError **error) {
    g_autoptr(Job) job = NULL;
    world->clock.now += 2 * JOB_LEASE_MS;
    return take(world, &job, error);
}

static bool step_take_one(World *world, Job *held, GError **error) {
    g_autoptr(Job) job = NULL;
    world->clock.now += 2 * JOB_LEASE_MS;
    return jobs_take_one(world->jobs, ID, "w", &job, error);
}

static bool step_delete(World *world, Job *held, GError **error) {
    g_autoptr(Job) job = NULL;
    return jobs_create_delete(world->jobs, ID, "w", &job, error);
}

static bool step_delete_damaged(World *world, Job *held, GError **error) {
    put_text(world, KEY, "{");
    return step_delete(world, held, error);
}

static bool step_save(World *world, Job *held, GError **error) { return jobs_save(world->jobs, held, error); }

/* It was overtaken, and asks by whom. */
static bool step_save_overtaken(World *world, Job *held, GError **error) {
    g_autoptr(Job) theirs = NULL;
    g_assert_true(jobs_create_delete(world->others, ID, "x", &theirs, NULL));
    bool saved = jobs_save(world->jobs, held, error);
    return saved || (error && error_is(*error, ERROR_LEASE_LOST));
}

static bool step_finish(World *world, Job *held, GError **error) { return jobs_finish(world->jobs, held, error); }

static bool step_release(World *world, Job *held, GError **error) { return jobs_release(world->jobs, held, error); }

static bool step_retry(World *world, Job *held, GError **error) {
    g_autoptr(Job) job = NULL;
    put_job(world, JOB_FAILED, NULL, 0, 1);
    return jobs_retry(world->jobs, ID, &job, error);
}

static bool step_finish_dead(World *world, Job *held, GError **error) {
    put_job(world, JOB_DONE, "dead", START_MS - 1, 0);
    return step_take(world, held, error);
}

/* The step says which failure it met, and nobody else's work is harmed: the job is there, or the step was to remove it. */
static void test_faults(gconstpointer step) {
    bool done = false;
    int fail_at = 0;
    while (!done) {
        g_auto(World) world;
        world_init(&world);
        g_autoptr(Job) held = create(&world, "w");
        g_autoptr(Job) after = NULL;
        g_autoptr(GError) error = NULL;
        arm(&world, FAULT_ONCE, ++fail_at, NULL);
        done = ((Step)step)(&world, held, &error);
        bool reached = world.fault->operations >= fail_at;
        g_assert_true(done != reached || (done && (Step)step == step_save_overtaken));
        if (!done) g_assert_true(error_is(error, ERROR_IO));
        if ((Step)step != step_delete_damaged && (Step)step != step_finish && (Step)step != step_finish_dead) after = read_job(&world);
        g_assert_cmpint(fail_at, <, 20);
    }
    g_assert_cmpint(fail_at, >, 1);
}

/* -- a put is refused ---------------------------------------------------------------------------------------------------- */

static void damage(gpointer data) { put_text(data, KEY, "{"); }

static void test_refused(void) {
    g_auto(World) world;
    world_init(&world);
    g_autoptr(Job) job = create(&world, "w");
    /* for no reason that can be seen: what stands is what was read */
    arm(&world, FAULT_ONCE, 1, NULL);
    world.fault->code = ERROR_PRECONDITION;
    ASSERT_FAILS(jobs_save(world.jobs, job, &refusal), ERROR_LEASE_LOST);
    /* the same, as the object is gone */
    arm(&world, FAULT_ONCE, 1, NULL);
    world.fault->code = ERROR_NOT_FOUND;
    ASSERT_FAILS(jobs_save(world.jobs, job, &refusal), ERROR_LEASE_LOST);
    world.fault->code = 0;
    /* damaged meanwhile */
    g_clear_pointer(&job, job_free);
    job = read_job(&world);
    arm(&world, FAULT_MEANWHILE, 1, damage);
    ASSERT_FAILS(jobs_save(world.jobs, job, &refusal), ERROR_LEASE_LOST);
}

/* The write before this one is sent once more, each time just before ours: the same bytes, another ETag. */
static void write_same_again(gpointer data) {
    World *world = data;
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(store_get(world->inner, KEY, JOB_BYTES_MAX, &bytes, NULL, NULL));
    g_assert_true(store_put(world->inner, KEY, bytes, NULL, NULL, NULL));
    world->fault->fail_at = world->fault->operations + world->asked;
}

static void test_late_writes(void) {
    for (guint every = 1; every < 6; every++) {
        g_auto(World) world;
        world_init(&world);
        g_autoptr(Job) job = create(&world, "w");
        g_autoptr(GError) error = NULL;
        world.asked = every;
        arm(&world, FAULT_MEANWHILE, 1, write_same_again);
        /* Once is seen through; a store that goes on so is left to another. */
        if (!jobs_save(world.jobs, job, &error)) g_assert_true(error_is(error, ERROR_LEASE_LOST));
        g_autoptr(Job) stands = read_job(&world);
        g_assert_cmpstr(stands->worker, ==, "w");
        if (every == 1) g_assert_error(error, HANSARD_ERROR, ERROR_LEASE_LOST);
    }
}

static void others_write(gpointer data) {
    World *world = data;
    g_autoptr(Job) job = read_job(world);
    g_assert_true(jobs_save(world->others, job, NULL));
    world->fault->fail_at = world->fault->operations + 1;
}

static void test_delete_never_comes_through(void) {
    g_auto(World) world;
    world_init(&world);
    g_autoptr(Job) job = create(&world, "other"), deleting = NULL;
    arm(&world, FAULT_MEANWHILE, 1, others_write);
    ASSERT_FAILS(jobs_create_delete(world.jobs, ID, "w", &deleting, &refusal), ERROR_UNAVAILABLE);
    g_clear_pointer(&job, job_free);
    job = read_job(&world);
    g_assert_cmpint(job->state, ==, JOB_RUNNING);
    /* left alone, it does */
    arm(&world, FAULT_NONE, 0, NULL);
    g_assert_true(jobs_create_delete(world.jobs, ID, "w", &deleting, NULL));
}

/* -- deleting ------------------------------------------------------------------------------------------------------------ */

static void test_delete_states(void) {
    static const struct {
        JobState state;
        const char *worker;
        bool lease_over, may;
    } cases[] = {{JOB_DELETING, "x", false, false}, {JOB_DELETING, "x", true, true}, {JOB_DELETING, NULL, false, true}, {JOB_DONE, "x", false, false},
                 {JOB_DONE, "x", true, true},       {JOB_RUNNING, "x", false, true}, {JOB_FAILED, NULL, false, true}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(World) world;
        world_init(&world);
        g_autoptr(Job) job = NULL;
        g_autoptr(GError) error = NULL;
        put_job(&world, cases[i].state, cases[i].worker, cases[i].lease_over ? START_MS : START_MS + 1, 0);
        g_assert_cmpint(jobs_create_delete(world.jobs, ID, "w", &job, &error), ==, cases[i].may);
        if (cases[i].may) g_assert_cmpint(job->state, ==, JOB_DELETING);
        else g_assert_error(error, HANSARD_ERROR, ERROR_CONFLICT);
    }
}

/* -- taking -------------------------------------------------------------------------------------------------------------- */

static void remove_job(gpointer data) { g_assert_true(store_delete(((World *)data)->inner, KEY, NULL)); }

static void steal(gpointer data) {
    World *world = data;
    g_autoptr(Job) job = NULL;
    g_assert_true(jobs_take_one(world->others, ID, "thief", &job, NULL));
}

/* Another comes between each two operations of a taking. */
static void test_take_races(void) {
    void (*const rivals[])(gpointer) = {remove_job, steal};
    for (gsize r = 0; r < G_N_ELEMENTS(rivals); r++)
        for (int at = 1; at < 8; at++)
            for (int one = 0; one < 3; one++) {
                g_auto(World) world;
                world_init(&world);
                g_autoptr(Job) job = NULL;
                g_autoptr(GPtrArray) list = NULL;
                g_autoptr(GError) error = NULL;
                job_free(create(&world, NULL));
                arm(&world, FAULT_MEANWHILE, at, rivals[r]);
                bool done = one == 0 ? take(&world, &job, &error) : one == 1 ? jobs_take_one(world.jobs, ID, "w", &job, &error)
                                                                             : jobs_list(world.jobs, 10, &list, &error);
                bool came = world.fault->operations >= at;
                if (one != 1) g_assert_no_error(error);
                else if (came) g_assert_true(done || error_is(error, ERROR_CONFLICT) || error_is(error, ERROR_NOT_FOUND));
                if (one == 2 || !job) continue;
                /* Who has it has it alone. */
                g_assert_true(!came || rivals[r] != steal);
            }
}

static void test_take_refused(void) {
    g_auto(World) world;
    world_init(&world);
    g_autoptr(Job) job = NULL;
    ASSERT_FAILS(jobs_take(world.jobs, NULL, &job, &refusal), ERROR_INVALID);
    ASSERT_FAILS(jobs_take(world.jobs, "", &job, &refusal), ERROR_INVALID);
    ASSERT_FAILS(jobs_take_one(world.jobs, ID, NULL, &job, &refusal), ERROR_INVALID);
    ASSERT_FAILS(jobs_take_one(world.jobs, "../x", "w", &job, &refusal), ERROR_INVALID);
    ASSERT_FAILS(jobs_read(world.jobs, "../x", &job, &refusal), ERROR_INVALID);
    ASSERT_FAILS(jobs_create_delete(world.jobs, "../x", "w", &job, &refusal), ERROR_INVALID);
    put_job(&world, JOB_DONE, "x", START_MS - 1, 0);
    ASSERT_FAILS(jobs_take_one(world.jobs, ID, "w", &job, &refusal), ERROR_NOT_FOUND);
    put_job(&world, JOB_FAILED, NULL, 0, 1);
    ASSERT_FAILS(jobs_take_one(world.jobs, ID, "w", &job, &refusal), ERROR_CONFLICT);
    jobs_free(NULL);
}

/* A worker that died after the last write of all has left an object; a worker that died while it deleted costs no meeting its delete. */
static void test_dead_workers(void) {
    g_auto(World) world;
    world_init(&world);
    g_autoptr(Job) job = NULL, deleting = NULL;
    g_autoptr(GError) error = NULL;
    put_job(&world, JOB_DONE, "dead", START_MS - 1, 0);
    g_assert_true(take(&world, &job, &error));
    g_assert_null(job);
    ASSERT_FAILS(jobs_read(world.others, ID, &job, &refusal), ERROR_NOT_FOUND);
    put_job(&world, JOB_DELETING, "dead", START_MS - 1, G_MAXINT32);
    g_assert_true(take(&world, &deleting, &error));
    g_assert_nonnull(deleting);
    g_assert_cmpint(deleting->state, ==, JOB_DELETING);
    g_assert_cmpuint(deleting->attempts, ==, G_MAXINT32);
    /* nor does the count run over where it fails by itself */
    g_autoptr(GError) reason = g_error_new_literal(HANSARD_ERROR, ERROR_IO, "the disk is gone");
    g_assert_true(jobs_fail(world.jobs, deleting, reason, &error));
    g_assert_cmpuint(deleting->attempts, ==, G_MAXINT32);
}

/* More than are remembered, more than a listing has, what is no job among them; what is due is found all the same. */
static void test_many(void) {
    g_auto(World) world;
    world_init(&world);
    for (int i = 0; i < 10001; i++) {
        g_autofree char *key = g_strdup_printf(PREFIX_JOBS "old-%05d.json", i);
        put_text(&world, key, "{");
    }
    put_text(&world, PREFIX_JOBS "a/b.json", "{}");
    g_autoptr(Job) job = NULL, none = NULL;
    g_autoptr(GError) error = NULL;
    job_free(create(&world, NULL));
    for (int looks = 0; looks < 3 && !job; looks++) g_assert_true(take(&world, &job, &error));
    g_assert_nonnull(job);
    g_assert_cmpstr(job->meeting_id, ==, ID);
    g_assert_true(take(&world, &none, &error));
    g_assert_null(none);
}

/* -- what is told of jobs that fail -------------------------------------------------------------------------------------- */

static bool told(const Job *job, gpointer data, GError **error) {
    World *world = data;
    world->asked++;
    return !world->refuse || fail(error, ERROR_IO, "nobody could be told");
}

static void test_failing(void) {
    g_auto(World) world;
    world_init(&world);
    g_autoptr(Job) job = NULL, none = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) reason = g_error_new_literal(HANSARD_ERROR, ERROR_BAD_MEDIA, "no sound");
    put_job(&world, JOB_RUNNING, "dead", START_MS - 1, JOB_ATTEMPTS_MAX - 1);
    world.refuse = true;
    jobs_on_failing(world.jobs, told, &world);
    ASSERT_FAILS(take(&world, &none, &refusal), ERROR_IO); /* it is not written off unseen */
    world.refuse = false;
    g_assert_true(take(&world, &none, &error));
    g_assert_null(none);
    g_assert_cmpuint(world.asked, ==, 2);
    job = read_job(&world);
    g_assert_cmpint(job->state, ==, JOB_FAILED);
    g_clear_pointer(&job, job_free);
    /* by its holder */
    put_job(&world, JOB_QUEUED, NULL, 0, 0);
    g_assert_true(take(&world, &job, &error));
    world.refuse = true;
    ASSERT_FAILS(jobs_fail(world.jobs, job, reason, &refusal), ERROR_IO);
    world.refuse = false;
    g_clear_pointer(&job, job_free);
    job = read_job(&world);
    g_assert_cmpint(job->state, ==, JOB_RUNNING);
    g_assert_true(jobs_fail(world.jobs, job, reason, &error));
    g_assert_cmpint(job->state, ==, JOB_FAILED);
    /* and where nobody wants to know */
    jobs_on_failing(world.jobs, NULL, NULL);
    put_job(&world, JOB_RUNNING, "dead", START_MS - 1, JOB_ATTEMPTS_MAX - 1);
    g_assert_true(take(&world, &none, &error));
    g_assert_null(none);
    g_assert_cmpuint(world.asked, ==, 4);
}

/* -- what a holder does -------------------------------------------------------------------------------------------------- */

static void test_holder(void) {
    g_auto(World) world;
    world_init(&world);
    g_autoptr(Job) unread = job_new(ID), job = create(&world, "w"), done = NULL, again = NULL;
    g_autoptr(GError) reason = g_error_new_literal(HANSARD_ERROR, ERROR_IO, "the disk is gone");
    g_autoptr(GError) error = NULL;
    unread->worker = g_strdup("w");
    ASSERT_FAILS(jobs_save(world.jobs, unread, &refusal), ERROR_LEASE_LOST); /* it was never read: it has no version to hold against */
    /* more than this program could read back */
    g_free(job->title);
    job->title = g_strnfill(TITLE_BYTES_MAX + 1, 'x');
    ASSERT_FAILS(jobs_save(world.jobs, job, &refusal), ERROR_INVALID);
    /* the delete's lease given up: it stays a delete */
    g_clear_pointer(&job, job_free);
    g_assert_true(jobs_create_delete(world.jobs, ID, "w", &job, NULL));
    g_assert_true(jobs_release(world.jobs, job, NULL));
    g_assert_cmpint(job->state, ==, JOB_DELETING);
    /* what is done and could not be removed stays done, due at once */
    put_job(&world, JOB_DONE, "w", START_MS + 1, 0);
    done = read_job(&world);
    g_assert_true(jobs_fail(world.jobs, done, reason, &error));
    g_assert_cmpint(done->state, ==, JOB_DONE);
    g_assert_cmpint(done->not_before_ms, ==, 0);
    /* after damage the work begins with the recording */
    put_job(&world, JOB_QUEUED, NULL, 0, 0);
    g_clear_pointer(&job, job_free);
    g_assert_true(take(&world, &job, &error));
    job_enter_stage(job, STAGE_COMMIT);
    g_autoptr(GError) corrupt = g_error_new_literal(HANSARD_ERROR, ERROR_CORRUPT, "transcript.json is damaged");
    g_assert_true(jobs_fail(world.jobs, job, corrupt, &error));
    g_assert_true(jobs_retry(world.jobs, ID, &again, &error));
    g_assert_cmpint(again->stage, ==, STAGE_TRANSCRIBE);
}

int main(int argc, char **argv) {
    static const struct {
        const char *path;
        Step step;
    } steps[] = {{"/jobs-faults/read", step_read},
                 {"/jobs-faults/list", step_list},
                 {"/jobs-faults/take", step_take},
                 {"/jobs-faults/take-one", step_take_one},
                 {"/jobs-faults/delete", step_delete},
                 {"/jobs-faults/delete-damaged", step_delete_damaged},
                 {"/jobs-faults/save", step_save},
                 {"/jobs-faults/save-overtaken", step_save_overtaken},
                 {"/jobs-faults/finish", step_finish},
                 {"/jobs-faults/release", step_release},
                 {"/jobs-faults/retry", step_retry},
                 {"/jobs-faults/finish-dead", step_finish_dead}};
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) g_test_add_data_func(steps[i].path, steps[i].step, test_faults);
    g_test_add_func("/jobs-faults/refused", test_refused);
    g_test_add_func("/jobs-faults/late-writes", test_late_writes);
    g_test_add_func("/jobs-faults/delete-never-comes-through", test_delete_never_comes_through);
    g_test_add_func("/jobs-faults/delete-states", test_delete_states);
    g_test_add_func("/jobs-faults/take-races", test_take_races);
    g_test_add_func("/jobs-faults/take-refused", test_take_refused);
    g_test_add_func("/jobs-faults/dead-workers", test_dead_workers);
    g_test_add_func("/jobs-faults/many", test_many);
    g_test_add_func("/jobs-faults/failing", test_failing);
    g_test_add_func("/jobs-faults/holder", test_holder);
    return g_test_run();
}
