/* A simulation of the whole over a bucket that fails: servers whose workers take jobs, die and come back, and clients who upload, edit, delete and mend
 * through them. All the code is the program's; chance, order and time are a seed's (fibers.h), so that a seed that finds something finds it again:
 *
 *   SEED=17 operate-simulate_test           that seed alone; SIM_TRACE=1: with all that was asked of the bucket
 *   SEEDS=100000 operate-simulate_test      so many, from 1 on, or from FROM on; as many at a time as there are processors, or JOBS
 *
 * What is held is told where it is checked: while it runs in sim_clients.h and watch_bucket(), and at its end in check_promises() and check_end(). */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_clients.h"

#ifdef HANSARD_SANITIZER
#define SEEDS_DEFAULT 60
#else
#define SEEDS_DEFAULT 1000
#endif
#define CLIENTS_MAX 4

static volatile guint32 seed_now;

/* -- what is seen of the bucket as it changes ---------------------------------------------------------------------------- */

static json_t *json_of(GBytes *bytes) {
    return bytes ? json_parse_object(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "an object", NULL) : NULL;
}

/* Without parsing: most writes are of who holds the job. */
static bool names_worker(GBytes *job, const char *worker) {
    gsize size;
    const char *text = g_bytes_get_data(job, &size);
    g_autofree char *name = g_strdup_printf("\"worker\":\"%s\"", worker);
    return g_strstr_len(text, (gssize)size, name) != NULL;
}

/* Who holds a lease is left alone until it is over, by the clock of who takes it; but for a delete, which takes it from who works. */
static void watch_job(const SimStore *by, const char *meeting_id, GBytes *before, GBytes *after) {
    Server *server = by->owner;
    if (!before || names_worker(before, by->server)) return;
    g_autoptr(json_t) json = json_of(before);
    g_autoptr(json_t) next_json = json_of(after);
    g_autoptr(Job) job = NULL;
    g_autoptr(Job) next = NULL;
    g_assert_true(job_from_json(json, meeting_id, &job, NULL) && job_from_json(next_json, meeting_id, &next, NULL));
    if (!job->worker || clock_now_ms(&server->clock.base) >= job->lease_until_ms) return;
    SIM_CHECK(next->state == JOB_DELETING && job->state != JOB_DELETING && job->state != JOB_DONE, "%s wrote over the job of %s, which %s holds", by->server,
              meeting_id, job->worker);
}

/* A meeting that stands is whole from its first moment, and after each edit: what its record says of its objects is so. (A worker that has not heard
 * yet of a delete may put the record behind it; it takes it away when it hears.) */
static void watch_record(const SimStore *by, const char *meeting_id, GBytes *after) {
    const Known *known = g_hash_table_lookup(((Server *)by->owner)->world->known, meeting_id);
    if (known && known->delete_begun_us != FIBER_NEVER_US) return;
    g_autoptr(json_t) json = json_of(after);
    g_autoptr(Record) record = NULL;
    g_assert_true(record_from_json(json, meeting_id, &record, NULL));
    if (record->state != MEETING_READY || json_object_get(record->extra, PENDING_EDIT)) return;
    SIM_CHECK(record->objects->len == 5, "%s is committed with %u objects", meeting_id, record->objects->len);
    for (guint i = 0; i < record->objects->len; i++) {
        const RecordObject *object = record->objects->pdata[i];
        g_auto(StoreInfo) info = {0};
        bool there = store_head(by->inner, object->key, &info, NULL);
        SIM_CHECK(there && g_strcmp0(info.etag, object->etag) == 0, "%s is committed by %s, but %s %s", meeting_id, by->server, object->key,
                  there ? "is not as the record says" : "is missing");
    }
}

static void watch_bucket(const SimStore *by, const char *key, GBytes *before, GBytes *after) {
    g_autofree char *meeting_id = meeting_id_of_key(key);
    if (g_str_has_prefix(key, PREFIX_JOBS)) watch_job(by, meeting_id, before, after);
    else if (g_str_has_prefix(key, PREFIX_MEETINGS)) watch_record(by, meeting_id, after);
}

/* -- the end ------------------------------------------------------------------------------------------------------------- */

static void wait_for_all_leases(void) { fiber_sleep((SIM_SETTLED_MS + JOB_LEASE_MS + JOB_BACKOFF_MAX_MS + 2 * SIM_SKEW_MS_MAX) * G_GINT64_CONSTANT(1000)); }

/* A person has failed jobs tried again; whether there were any. */
static bool retry_failed(Server *server) {
    g_autoptr(GPtrArray) jobs = NULL;
    g_autoptr(GError) error = NULL;
    bool any = false;
    g_assert_true(jobs_list(server->jobs, 1000, &jobs, &error));
    for (guint i = 0; i < jobs->len; i++) {
        const Job *job = jobs->pdata[i];
        g_autoptr(Job) again = NULL;
        if (job->state != JOB_FAILED) continue;
        any = true;
        g_assert_true(jobs_retry(server->jobs, job->meeting_id, &again, &error));
    }
    return any;
}

/* All work is done that there is. */
static void work_to_quiet(World *world, Server *server) {
    for (bool idle = false; !idle || retry_failed(server);) {
        g_autoptr(Job) job = NULL;
        g_autoptr(GError) problem = NULL;
        wait_for_all_leases();
        g_assert_true(jobs_take(server->jobs, server->name, &job, &problem));
        idle = job == NULL;
        if (idle) continue;
        pipeline_run(&server->pipeline, job, NULL, NULL, NULL, &problem);
        SIM_CHECK(!problem, "with nothing failing any more %s does not end: %s", job->meeting_id, problem->message);
        note_end(job, problem, world);
    }
}

static void tell_finding(const VerifyFinding *finding, gpointer user_data) {
    GString *text = user_data;
    g_string_append_printf(text, "  %s %s: %s (%s)\n", finding->code->name, finding->key, finding->found, verify_outcome_name(finding->outcome));
}

/* Returns what was found. */
static char *verify_all(Server *server, bool repair) {
    GString *text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    VerifySummary summary;
    VerifyOptions options = {.pipeline = server->pipeline, .worker = server->name, .read = true, .repair = repair, .settled_ms = SIM_SETTLED_MS,
                             .report = tell_finding, .confirm = say_yes, .user_data = text};
    bool done = verify(&options, &summary, &error);
    SIM_CHECK(done, "verify breaks off: %s", error->message);
    return g_string_free(text, FALSE);
}

/* The items that edits have made. Array of numbers. */
static GArray *edited_items(const Meeting *meeting) {
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    const GPtrArray *items = meeting->minutes->items[ITEM_DECISION];
    for (guint i = 0; i < items->len; i++) {
        guint number = number_in(((const Item *)items->pdata[i])->text, "Item of edit ");
        if (number > 0) g_array_append_val(numbers, number);
    }
    return numbers;
}

static guint times_in(const GArray *numbers, guint number) {
    guint times = 0;
    for (guint i = 0; i < numbers->len; i++) times += g_array_index(numbers, guint, i) == number;
    return times;
}

/* An edit that was acknowledged is there, one that was refused is not, of any other all or nothing is. The title is that of an edit after which no
 * acknowledged one began. */
static void check_edits(const Known *known, const Meeting *meeting) {
    guint title = title_number(meeting), words = number_in(g_array_index(meeting->transcript->segments, Segment, 0).text, "edit ");
    guint tag = meeting->record->tags->len == 1 ? number_in(meeting->record->tags->pdata[0], "edit-") : 0;
    g_autoptr(GArray) items = edited_items(meeting);
    gint64 title_ended_us = title ? FIBER_NEVER_US : -1;
    SIM_CHECK(title == words && title == tag, "%s is half edited: title %u, words %u, tag %u", known->id, title, words, tag);
    for (guint i = 0; i < known->edits->len; i++) {
        const Edit *edit = &g_array_index(known->edits, Edit, i);
        if (edit->number == title) title_ended_us = edit->ended_us;
    }
    for (guint i = 0; i < known->edits->len; i++) {
        const Edit *edit = &g_array_index(known->edits, Edit, i);
        guint times = times_in(items, edit->number);
        SIM_CHECK(times <= 1, "edit %u of %s was done %u times", edit->number, known->id, times);
        SIM_CHECK(edit->came != EDIT_DONE || times == 1, "edit %u of %s was acknowledged, and is lost", edit->number, known->id);
        SIM_CHECK(edit->came != EDIT_REFUSED || times == 0, "edit %u of %s was refused, and is there", edit->number, known->id);
        SIM_CHECK(edit->came != EDIT_DONE || edit->begun_us <= title_ended_us, "edit %u of %s was overwritten by an earlier one", edit->number, known->id);
        SIM_CHECK(edit->number != title || times == 1, "edit %u of %s is there by half", title, known->id);
    }
}

static void check_recording(World *world, const Known *known, const Meeting *meeting) {
    g_autofree char *sent = recording_of(known->number);
    g_autoptr(GBytes) stored = NULL;
    bool there = store_get(world->bucket, meeting->record->audio_key, MIB, &stored, NULL, NULL);
    SIM_CHECK(there && g_bytes_get_size(stored) == strlen(sent) && memcmp(g_bytes_get_data(stored, NULL), sent, strlen(sent)) == 0,
              "the recording of %s is not what was sent", known->id);
}

typedef struct {
    World *world;
    Server *server;
    guint listed;
} Ending;

static bool check_listed(const Row *row, gpointer data, GError **error) {
    Ending *ending = data;
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) problem = NULL;
    Known *known = world_know(ending->world, row->meeting_id, number_in(row->filename, "talk-"));
    bool read = meeting_read(&ending->server->pipeline.meetings, row->meeting_id, &meeting, &problem);
    SIM_CHECK(read, "%s is in the list and can't be read: %s", row->meeting_id, problem->message);
    SIM_CHECK(known->delete_done_us == FIBER_NEVER_US, "%s was deleted, and is back", row->meeting_id);
    g_autoptr(Row) own = row_of_record(meeting->record);
    g_autofree char *key = row_to_key(row), *own_key = row_to_key(own);
    SIM_CHECK(strcmp(key, own_key) == 0, "the row of %s is not its record's", row->meeting_id);
    check_whole(known, meeting);
    check_edits(known, meeting);
    check_recording(ending->world, known, meeting);
    ending->listed++;
    return true;
}

/* Each meeting that was acknowledged and that nobody asked to delete. Edits that broke off may be without their new row until verify --repair. */
static void check_promises(World *world, Server *server) {
    for (guint i = 0; i < world->ids->len; i++) {
        const Known *known = world->ids->pdata[i];
        g_autoptr(Meeting) meeting = NULL;
        g_autoptr(GError) error = NULL;
        bool read = meeting_read(&server->pipeline.meetings, known->id, &meeting, &error);
        SIM_CHECK(read || !known->acknowledged || known->delete_begun_us != FIBER_NEVER_US, "the upload of %s was acknowledged, and is lost: %s", known->id,
                  error->message);
        SIM_CHECK(!read || known->delete_done_us == FIBER_NEVER_US, "%s was deleted, and is back", known->id);
        if (!read) continue;
        check_whole(known, meeting);
        check_edits(known, meeting);
        check_recording(world, known, meeting);
    }
}

static bool count_records(const StoreEntry *entry, gpointer count, GError **error) {
    *(guint *)count += g_str_has_suffix(entry->key, "/metadata.json");
    return true;
}

/* What a worker that died put behind a delete, verify has put aside. */
static bool check_owner(const StoreEntry *entry, gpointer data, GError **error) {
    const World *world = data;
    bool kept = g_str_has_prefix(entry->key, PREFIX_QUARANTINE);
    for (guint i = 0; i < world->ids->len; i++) {
        const Known *known = world->ids->pdata[i];
        const char *uuid = known->id + strlen("meeting-");
        SIM_CHECK(known->delete_done_us == FIBER_NEVER_US || kept || !strstr(entry->key, uuid), "%s was deleted, and %s is left of it", known->id, entry->key);
    }
    SIM_CHECK(!g_str_has_prefix(entry->key, PREFIX_JOBS) && !g_str_has_prefix(entry->key, PREFIX_UPLOADS), "%s is left for ever", entry->key);
    return true;
}

/* The list is the bucket's meetings, no more and no fewer; of what was deleted nothing is left; verify finds nothing. */
static void check_end(World *world, Server *server) {
    Ending ending = {world, server, 0};
    guint records = 0;
    g_autoptr(GError) error = NULL;
    g_autofree char *found = verify_all(server, false);
    SIM_CHECK(found[0] == '\0', "verify finds after its own repair:\n%s", found);
    g_assert_true(catalog_each(server->catalog, check_listed, &ending, &error));
    g_assert_true(store_each(world->bucket, PREFIX_MEETINGS, count_records, &records, &error));
    SIM_CHECK(ending.listed == records, "%u meetings are listed, %u stand", ending.listed, records);
    g_assert_true(store_each(world->bucket, "", check_owner, world, &error));
    check_promises(world, server);
}

/* -- a run --------------------------------------------------------------------------------------------------------------- */

/* A worker that put the record behind a delete, and died before it could take it away, leaves a record of nothing, which verify names: a person deletes
 * it again. */
static void delete_ghosts(World *world, Server *server) {
    for (guint i = 0; i < world->ids->len; i++) {
        const Known *known = world->ids->pdata[i];
        g_autoptr(Meeting) meeting = NULL;
        g_autoptr(GError) error = NULL;
        if (known->delete_begun_us == FIBER_NEVER_US || !meeting_read(&server->pipeline.meetings, known->id, &meeting, NULL) || meeting->transcript) continue;
        SIM_CHECK(world->sky.deaths > 0 || world->sky.faults > 0, "%s is back by half, though nobody died", known->id);
        SIM_CHECK(pipeline_delete(&server->pipeline, server->name, known->id, &error), "%s can't be deleted: %s", known->id, error->message);
        world->ghosts++;
    }
}

static bool check_late_row(const Row *row, gpointer data, GError **error) {
    World *world = data;
    const Known *known = world_know(world, row->meeting_id, number_in(row->filename, "talk-"));
    bool broken = world->sky.deaths > 0 || world->sky.faults > 0;
    SIM_CHECK(broken || known->delete_done_us == FIBER_NEVER_US, "%s was deleted, and is listed for ever, though nobody died", known->id);
    return true;
}

static void end_well(World *world) {
    Server server = {.number = SIM_SERVERS, .clock = {{sim_clock_now}, 0}};
    guint swept;
    world->sky.calm = true;
    server_open(&server, world);
    wait_for_all_leases();
    work_to_quiet(world, &server);
    delete_ghosts(world, &server);
    g_assert_true(catalog_each(server.catalog, check_late_row, world, NULL));
    check_promises(world, &server);
    fiber_sleep(UPLOAD_AGE_MS_MAX * G_GINT64_CONSTANT(1000));
    g_assert_true(transfers_sweep(&server.pipeline.meetings, server.jobs, NULL, &swept, NULL));
    /* What is given a new job is made a meeting, which may show what was hidden before. */
    for (bool found = true, again = true; found; again = false) {
        g_autofree char *text = verify_all(&server, true);
        if (world->sky.trace) g_print("verify --repair:\n%s", text);
        found = again && text[0];
        work_to_quiet(world, &server);
    }
    check_end(world, &server);
    server_close(&server);
}

static gpointer run_world(gpointer data) {
    World *world = data;
    Client clients[CLIENTS_MAX];
    int count = g_rand_int_range(world->sky.chance, 1, CLIENTS_MAX + 1);
    world->sky.watch = watch_bucket;
    for (int i = 0; i < world->server_count; i++) world->servers[i].supervisor = g_thread_new("server", supervise, &world->servers[i]);
    for (int i = 0; i < count; i++) {
        clients[i] = (Client){world, i, NULL};
        clients[i].thread = g_thread_new("client", client_live, &clients[i]);
    }
    for (int i = 0; i < count; i++) g_thread_join(clients[i].thread);
    fiber_sleep(g_rand_int_range(world->sky.chance, 0, 300) * (gint64)SIM_SECOND_US);
    world->ending = true;
    for (int i = 0; i < world->server_count; i++) g_thread_join(world->servers[i].supervisor);
    end_well(world);
    return NULL;
}

typedef struct {
    guint64 seeds, operations, faults, deaths, acknowledged, edits, deletes, ghosts, late_rows;
} Figures;

/* Returns the digest of all that was done. */
static guint64 run_seed(guint32 seed, Figures *figures) {
    World world;
    seed_now = seed;
    world_open(&world, seed, g_getenv("SIM_TRACE") != NULL);
    fibers_run(seed, run_world, &world);
    figures->seeds++;
    figures->operations += world.sky.operations;
    figures->faults += world.sky.faults;
    figures->deaths += world.sky.deaths;
    figures->acknowledged += world.acknowledged;
    figures->edits += world.edits;
    figures->deletes += world.deletes;
    figures->ghosts += world.ghosts;
    figures->late_rows += world.late_rows;
    guint64 digest = world.sky.digest;
    world_close(&world);
    return digest;
}

/* Whatever ends it, the seed is told. */
static void tell_seed(int number) {
    char text[128];
    if (seed_now == 0) return; /* the parent of those that run: its child has told it */
    int size = g_snprintf(text, sizeof text, "\nreplay: make simulate SEED=%u   (with each operation: SIM_TRACE=1)\n", seed_now);
    if (write(STDERR_FILENO, text, (size_t)size) < 0) _exit(2);
    signal(number, SIG_DFL);
    raise(number);
}

static guint number_of(const char *name, guint otherwise) {
    const char *text = g_getenv(name);
    return text && text[0] ? (guint)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void run_some(guint from, guint count, guint step) {
    Figures figures = {0};
    for (guint i = 0; i < count; i += step) run_seed(from + i, &figures);
    g_test_message("%" G_GUINT64_FORMAT " seeds: %" G_GUINT64_FORMAT " operations, %" G_GUINT64_FORMAT " of them failed, servers died %" G_GUINT64_FORMAT
                   " times; %" G_GUINT64_FORMAT " uploads, %" G_GUINT64_FORMAT " edits and %" G_GUINT64_FORMAT " deletes were acknowledged; %" G_GUINT64_FORMAT
                   " records stood behind a delete, %" G_GUINT64_FORMAT " rows were seen there",
                   figures.seeds, figures.operations, figures.faults, figures.deaths, figures.acknowledged, figures.edits, figures.deletes, figures.ghosts, figures.late_rows);
    g_assert_cmpuint(figures.acknowledged, >, 0);
    g_assert_cmpuint(figures.ghosts + figures.late_rows, <=, figures.deletes / 100 + 2); /* it takes both a slow put and, to last, a death */
}

static void test_seeds(void) {
    guint jobs = CLAMP(number_of("JOBS", g_get_num_processors()), 1, 64), alone = number_of("SEED", 0), seeds = number_of("SEEDS", SEEDS_DEFAULT), from = number_of("FROM", 1);
    if (alone > 0 || jobs == 1) {
        run_some(alone > 0 ? alone : from, alone > 0 ? 1 : seeds, 1);
        return;
    }
    for (guint i = 0; i < jobs; i++) {
        seed_now = 0;
        pid_t child = fork();
        g_assert_cmpint(child, >=, 0);
        if (child > 0) continue;
        run_some(from + i, seeds - i, jobs);
        _exit(0);
    }
    for (guint i = 0; i < jobs; i++) {
        int status = 1;
        g_assert_cmpint(wait(&status), >, 0);
        g_assert_cmpint(status, ==, 0); /* the seed was told */
    }
}

/* The same seed does the same, to the last operation; another does not. */
static void test_replay(void) {
    Figures figures = {0};
    guint64 first = run_seed(7, &figures), again = run_seed(7, &figures), other = run_seed(8, &figures);
    g_assert_true(first == again);
    g_assert_true(first != other);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    signal(SIGABRT, tell_seed);
    signal(SIGSEGV, tell_seed);
    g_test_add_func("/simulate/replay", test_replay);
    g_test_add_func("/simulate/seeds", test_seeds);
    int status = g_test_run();
    fibers_end();
    return status;
}
