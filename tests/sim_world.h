/* The world of a simulation: one bucket, several servers with workers over it, which die and come back, and what is known of the meetings from outside,
 * as those know it who were given an answer. */
#pragma once

#include "base/limits.h"
#include "ingest/transfer.h"
#include "operate/verify.h"
#include "pipeline/worker.h"
#include "sim_store.h"
#include "store/memory.h"

#define SIM_EPOCH_MS 1772600767089
#define SIM_SERVERS 3
#define SIM_SKEW_MS_MAX (DOCTOR_CLOCK_S_MAX * 1000) /* each way, from the bucket: `hansard doctor` refuses more */
#define SIM_SETTLED_MS (600 * 1000)
#define SIM_SECOND_US (1000 * 1000)

/* A promise that was not kept. Its seed is told by the handler of SIGABRT. */
#define SIM_CHECK(condition, ...)                     \
    do {                                              \
        if (!(condition)) {                           \
            g_printerr("\nNOT KEPT: " __VA_ARGS__);   \
            g_printerr(" (%s:%d)\n", __FILE__, __LINE__); \
            abort();                                  \
        }                                             \
    } while (0)

typedef struct World World;

typedef struct {
    Clock base;
    gint64 skew_ms;
} SimClock;

static gint64 sim_clock_now(Clock *clock) { return SIM_EPOCH_MS + fibers.now_us / 1000 + ((SimClock *)clock)->skew_ms; }

/* One process and those that take its place after it. */
typedef struct {
    World *world;
    int number;
    guint starts;
    SimClock clock;
    char *name; /* of the process that runs: its workers' and its deletes' leases bear it */
    SimStore *store;
    Catalog *catalog;
    Jobs *jobs;
    Pipeline pipeline;
    Worker *worker;
    guint requests; /* under way */
    bool up;
    GThread *supervisor;
} Server;

/* An edit gives title, tag, words and a new item the same number. */
typedef struct {
    guint number;
    gint64 begun_us, ended_us;
    enum { EDIT_UNKNOWN, EDIT_DONE, EDIT_REFUSED } came;
} Edit;

/* A meeting as it is known from outside. */
typedef struct {
    char *id;
    guint number;            /* its recording says so */
    bool acknowledged;       /* the upload */
    gint64 delete_begun_us;  /* FIBER_NEVER_US: nobody asked */
    gint64 delete_done_us;   /* somebody was told that it is gone */
    GArray *edits;
} Known;

struct World {
    Store *bucket;
    SimWeather sky;
    SimClock clock; /* the bucket's */
    Settings *settings;
    Transcriber *transcriber;
    Extractor *extractor;
    Server servers[SIM_SERVERS];
    int server_count;
    GHashTable *known; /* id → Known */
    GPtrArray *ids;    /* the same in the order of becoming known; borrowed */
    GHashTable *commits; /* runs that a worker ended well */
    guint numbers;     /* drawn so far, for recordings and edits */
    bool ending;
    guint acknowledged, edits, deletes, ghosts, late_rows; /* for the figures */
};

static void known_free(Known *known) {
    g_free(known->id);
    g_array_unref(known->edits);
    g_free(known);
}

static inline Known *world_know(World *world, const char *id, guint number) {
    Known *known = g_hash_table_lookup(world->known, id);
    if (known) return known;
    known = g_new0(Known, 1);
    *known = (Known){.id = g_strdup(id), .number = number, .delete_begun_us = FIBER_NEVER_US, .delete_done_us = FIBER_NEVER_US,
                     .edits = g_array_new(FALSE, FALSE, sizeof(Edit))};
    g_hash_table_insert(world->known, known->id, known);
    g_ptr_array_add(world->ids, known);
    return known;
}

static inline char *recording_of(guint number) {
    return g_strdup_printf("WEBVTT\n\n"
                           "00:00:01.000 --> 00:00:05.000\nAnn Lee: I will send the figures to Bob by Friday.\n\n"
                           "00:00:06.000 --> 00:00:09.000\nBob Ray: We decided to go with design %u.\n\n"
                           "00:00:10.000 --> 00:00:14.000\nAnn Lee: The system must keep every recording for a year.\n", number);
}

/* -- servers ------------------------------------------------------------------------------------------------------------- */

/* Of the workers of one run at most one is told that it has done the work. */
static inline void note_end(const Job *job, const GError *error, gpointer user_data) {
    World *world = user_data;
    if (error || job->state == JOB_DELETING) return;
    g_autofree char *run = g_strconcat(job->meeting_id, job->run, NULL);
    SIM_CHECK(!g_hash_table_contains(world->commits, run), "two workers have done the same run of %s", job->meeting_id);
    g_hash_table_add(world->commits, g_steal_pointer(&run));
}

static inline void server_open(Server *server, World *world) {
    g_autoptr(GError) error = NULL;
    server->world = world;
    server->name = g_strdup_printf("server%d.%u", server->number, ++server->starts);
    server->store = sim_store_new(world->bucket, &world->sky, server->name);
    server->store->owner = server;
    g_assert_true(catalog_keys_open(&server->store->base, &server->catalog, &error));
    server->jobs = jobs_new_seeded(&server->store->base, &server->clock.base, g_rand_int(world->sky.chance));
    server->pipeline = (Pipeline){{&server->store->base, server->catalog, &server->clock.base}, server->jobs, world->transcriber, world->extractor, NULL};
}

static inline void server_close(Server *server) {
    jobs_free(server->jobs);
    catalog_close(server->catalog);
    store_close(&server->store->base);
    g_clear_pointer(&server->name, g_free);
    server->store = NULL;
}

/* A process from its start to its end: it is stopped in its time, or dies. */
static inline void server_live(Server *server) {
    World *world = server->world;
    SimWeather *sky = &world->sky;
    WorkerEvents events = {.ended = note_end, .user_data = world};
    gint64 until_us = fibers.now_us + g_rand_int_range(sky->chance, 60, 3600) * (gint64)SIM_SECOND_US;
    server_open(server, world);
    server->worker = worker_start(&server->pipeline, server->name, g_rand_int_range(sky->chance, 1, 3), 30000, &events);
    server->up = true;
    for (gint64 sweep_us = 0; !world->ending && !server->store->dead && fibers.now_us < until_us;) {
        guint swept;
        fiber_sleep(g_rand_int_range(sky->chance, 1, 20) * (gint64)SIM_SECOND_US);
        if (server->store->dead || fibers.now_us < sweep_us) continue;
        transfers_sweep(&server->pipeline.meetings, server->jobs, NULL, &swept, NULL);
        sweep_us = fibers.now_us + 300 * (gint64)SIM_SECOND_US;
    }
    server->up = false;
    worker_stop(server->worker);
    while (server->requests > 0) fiber_sleep(SIM_SECOND_US / 10);
    server_close(server);
}

static inline gpointer supervise(gpointer data) {
    Server *server = data;
    while (!server->world->ending) {
        server_live(server);
        fiber_sleep(g_rand_int_range(server->world->sky.chance, 0, 120) * (gint64)SIM_SECOND_US);
    }
    return NULL;
}

/* Somebody who is listened to; NULL: nobody is there. */
static inline Server *world_ask(World *world) {
    Server *server = &world->servers[g_rand_int_range(world->sky.chance, 0, world->server_count)];
    if (!server->up || server->store->dead) return NULL;
    server->requests++;
    return server;
}

/* Whether the answer came through. */
static inline bool world_answered(Server *server, bool answer) {
    bool alive = !server->store->dead;
    server->requests--;
    return answer && alive;
}

/* -- the whole ----------------------------------------------------------------------------------------------------------- */

/* Each seed has its own weather: some know but one kind of trouble, some all. */
static inline void draw_weather(SimWeather *sky) {
    double *chances[] = {&sky->weather.refuse, &sky->weather.lose, &sky->weather.die, &sky->weather.slow};
    static const double most[] = {0.06, 0.06, 0.02, 0.01};
    for (gsize i = 0; i < G_N_ELEMENTS(chances); i++)
        *chances[i] = g_rand_boolean(sky->chance) ? 0 : g_rand_double_range(sky->chance, 0, most[i]);
}

static inline void world_open(World *world, guint32 seed, bool trace) {
    static const char *const options[] = {"HANSARD_TRANSCRIBER", "none", NULL};
    g_autoptr(GError) error = NULL;
    *world = (World){.clock = {.base = {sim_clock_now}}};
    world->bucket = store_memory_new(&world->clock.base);
    world->sky = (SimWeather){.chance = g_rand_new_with_seed(seed), .trace = trace, .digest = 14695981039346656037u};
    draw_weather(&world->sky);
    world->known = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)known_free);
    world->ids = g_ptr_array_new();
    world->commits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_assert_true(settings_load(NULL, options, &world->settings, &error));
    g_assert_true(transcriber_open(world->settings, &world->transcriber, &error));
    g_assert_true(extractor_open(world->settings, &world->extractor, &error));
    world->server_count = g_rand_int_range(world->sky.chance, 1, SIM_SERVERS + 1);
    for (int i = 0; i < world->server_count; i++) {
        Server *server = &world->servers[i];
        server->world = world;
        server->number = i;
        server->clock = (SimClock){{sim_clock_now}, g_rand_int_range(world->sky.chance, -SIM_SKEW_MS_MAX, SIM_SKEW_MS_MAX)};
    }
}

static inline void world_close(World *world) {
    extractor_close(world->extractor);
    transcriber_close(world->transcriber);
    settings_free(world->settings);
    g_hash_table_unref(world->commits);
    g_ptr_array_unref(world->ids);
    g_hash_table_unref(world->known);
    g_rand_free(world->sky.chance);
    store_close(world->bucket);
}
