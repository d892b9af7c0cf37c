/* Power loss under the directory store. A program takes recordings in, makes meetings, edits, deletes and takes an upload in parts, on a disk that keeps a
 * model of what a power failure would leave (power_disk.h). At each sync point the states that may be left are made in a scratch folder and opened
 * anew:
 *
 *   1. the store opens, and holds what was acknowledged, to the byte and with its ETag; what was under way is there as it was or as it was to be;
 *   2. nothing else is in a list, a torn file least of all;
 *   3. a program that is started on it comes to an end with all jobs, and verify --repair leaves nothing amiss: each recording that was
 *      acknowledged is a meeting, what was deleted is gone. */
#include <stdlib.h>

#include "fibers.h"
#include "power_disk.h"
#include "verify_world.h"

#ifdef HANSARD_SANITIZER
#define POINT_STEP 7 /* every so many sync points: the build without sanitizers takes them all */
#else
#define POINT_STEP 1
#endif
#define RECENT 5        /* sync points: what changed before is dropped or kept by chance */
#define RANDOM_STATES 3

/* -- what the store was asked, and has answered -------------------------------------------------------------------------- */

typedef struct {
    GBytes *bytes; /* NULL: there is none */
    char *etag;    /* NULL: any */
} Version;

static struct {
    Store *inner;
    GHashTable *stands;  /* key → Version, as acknowledged */
    GPtrArray *keys;     /* that the operation under way is about */
    GBytes *to_be;       /* what it puts; NULL: it removes */
    const char *upload_key, *upload_id; /* of an upload in parts that was begun; NULL: there is none */
    bool part;                          /* and has its one part */
    GPtrArray *acknowledged; /* ids of meetings whose recording is taken in */
    const char *deleting; /* the id of one that is to go */
    bool deleted;         /* and that is gone */
    char *scratch;
    GRand *chance;
    guint points, states, programs;
} power;

static void version_free(gpointer data) {
    Version *version = data;
    g_bytes_unref(version->bytes);
    g_free(version->etag);
    g_free(version);
}

typedef struct {
    StoreWriter base;
    StoreWriter *inner;
    char *key;
    GByteArray *bytes;
} NotedWriter;

static bool noted_head(Store *store, const char *key, StoreInfo *info, GError **error) { return store_head(power.inner, key, info, error); }
static bool noted_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    return store_open(power.inner, key, reader, info, error);
}
static bool noted_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more, GError **error) {
    return store_list(power.inner, prefix, start_after, limit, entries, more, error);
}

static void note_put(const char *key, GBytes *bytes, const char *etag) {
    Version *version = g_new(Version, 1);
    *version = (Version){g_bytes_ref(bytes), g_strdup(etag)};
    g_hash_table_replace(power.stands, g_strdup(key), version);
    g_ptr_array_set_size(power.keys, 0);
    g_clear_pointer(&power.to_be, g_bytes_unref);
}

static bool noted_delete(Store *store, const char *const *keys, gsize count, GError **error) {
    for (gsize i = 0; i < count; i++) g_ptr_array_add(power.keys, g_strdup(keys[i]));
    if (!store_delete_many(power.inner, keys, count, error)) return false;
    for (gsize i = 0; i < count; i++) g_hash_table_remove(power.stands, keys[i]);
    g_ptr_array_set_size(power.keys, 0);
    return true;
}

static bool noted_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    NotedWriter *writer = (NotedWriter *)base;
    g_byte_array_append(writer->bytes, data, (guint)size);
    return store_writer_write(writer->inner, data, size, error);
}

static bool noted_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    NotedWriter *writer = (NotedWriter *)base;
    g_auto(StoreInfo) made = {0};
    g_autofree char *key = writer->key;
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(writer->bytes);
    StoreWriter *inner = writer->inner;
    g_free(writer);
    g_ptr_array_add(power.keys, g_strdup(key));
    power.to_be = g_bytes_ref(bytes);
    if (store_writer_commit(inner, &made, error)) {
        note_put(key, bytes, made.etag);
        store_info_move(&made, info);
        return true;
    }
    g_ptr_array_set_size(power.keys, 0);
    g_clear_pointer(&power.to_be, g_bytes_unref);
    return false;
}

static void noted_abort(StoreWriter *base) {
    NotedWriter *writer = (NotedWriter *)base;
    store_writer_abort(writer->inner);
    g_byte_array_unref(writer->bytes);
    g_free(writer->key);
    g_free(writer);
}

static bool noted_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    static const StoreWriterBackend backend = {.write = noted_write, .commit = noted_commit, .abort = noted_abort};
    StoreWriter *inner = NULL;
    if (!store_put_open(power.inner, key, put, &inner, error)) return false;
    NotedWriter *opened = g_new0(NotedWriter, 1);
    *opened = (NotedWriter){.base = {.backend = &backend}, .inner = inner, .key = g_strdup(key), .bytes = g_byte_array_new()};
    *writer = &opened->base;
    return true;
}

static bool noted_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error) {
    return store_upload_begin(power.inner, key, put, upload_id, error);
}
static bool noted_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error) {
    return store_upload_parts(power.inner, key, upload_id, parts, error);
}
static bool noted_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error) {
    return store_upload_put_part(power.inner, key, upload_id, number, writer, error);
}
static bool noted_upload_abort(Store *store, const char *key, const char *upload_id, GError **error) {
    return store_upload_abort(power.inner, key, upload_id, error);
}

static bool noted_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put, StoreInfo *info, GError **error) {
    g_auto(StoreInfo) made = {0};
    g_autoptr(GBytes) bytes = g_bytes_new_static(world_vtt, strlen(world_vtt));
    g_ptr_array_add(power.keys, g_strdup(key));
    power.to_be = g_bytes_ref(bytes);
    power.upload_key = power.upload_id = NULL;
    g_assert_true(store_upload_complete(power.inner, key, upload_id, parts, put, &made, error));
    note_put(key, bytes, made.etag);
    store_info_move(&made, info);
    return true;
}

static void noted_close(Store *store) { g_free(store); }

static Store *noted_store_new(void) {
    static const StoreUploadsBackend uploads = {
        .begin = noted_begin, .parts = noted_parts, .complete = noted_complete, .abort = noted_upload_abort, .put_part = noted_put_part};
    static const StoreBackend backend = {.name = "noted",
                                         .head = noted_head,
                                         .open = noted_open,
                                         .put_open = noted_put_open,
                                         .list = noted_list,
                                         .delete_many = noted_delete,
                                         .uploads = &uploads,
                                         .close = noted_close};
    Store *store = g_new0(Store, 1);
    *store = (Store){.backend = &backend, .clock = &world_clock.base};
    return store;
}

/* -- a state that a power failure leaves --------------------------------------------------------------------------------- */

static bool is_under_way(const char *key) { return g_ptr_array_find_with_equal_func(power.keys, key, g_str_equal, NULL); }

static bool same_bytes(GBytes *bytes, GBytes *expected) { return bytes && expected && g_bytes_equal(bytes, expected); }

static void check_key(Store *store, const char *key, const Version *expected) {
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(StoreInfo) info = {0};
    bool there = store_get(store, key, MIB, &bytes, &info, &error);
    if (!there && !error_is(error, ERROR_NOT_FOUND)) g_error("after a power failure %s can't be read: %s", key, error->message);
    bool as_was = expected ? there && same_bytes(bytes, expected->bytes) && (!expected->etag || g_strcmp0(info.etag, expected->etag) == 0) : !there;
    bool as_will_be = is_under_way(key) && (power.to_be ? there && same_bytes(bytes, power.to_be) : !there);
    if (!as_was && !as_will_be)
        g_error("a power failure at sync point %u leaves %s %s (ETag %s): %s (%s)", disk.syncs, key, !there ? "missing" : expected ? "altered" : "standing",
                info.etag, expected ? "it was acknowledged" : "it was removed, or never acknowledged", expected ? expected->etag : "none");
}

static bool check_listed(const StoreEntry *entry, gpointer store, GError **error) {
    check_key(store, entry->key, g_hash_table_lookup(power.stands, entry->key));
    return true;
}

/* What came in parts is there and can be made whole. */
static void check_upload(Store *store) {
    g_autoptr(GPtrArray) parts = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    if (!power.upload_id) return;
    if (!store_upload_parts(store, power.upload_key, power.upload_id, &parts, &error))
        g_error("a power failure at sync point %u leaves no upload, which was begun: %s", disk.syncs, error->message);
    if (!power.part) return;
    bool whole = parts->len == 1 && store_upload_complete(store, power.upload_key, power.upload_id, parts, NULL, NULL, &error) &&
                 store_get(store, power.upload_key, MIB, &bytes, NULL, &error);
    if (!whole || g_bytes_get_size(bytes) != strlen(world_vtt) || memcmp(g_bytes_get_data(bytes, NULL), world_vtt, strlen(world_vtt)) != 0)
        g_error("a power failure at sync point %u leaves the part of an upload missing or torn, which was acknowledged", disk.syncs);
}

static Store *open_scratch(void) {
    Store *store = NULL;
    g_autoptr(GError) error = NULL;
    if (!store_dir_open(power.scratch, &world_clock.base, &store, &error)) g_error("after a power failure the store does not open: %s", error->message);
    return store;
}

static void check_store(void) {
    g_autoptr(Store) store = open_scratch();
    GHashTableIter each;
    gpointer key, version;
    g_hash_table_iter_init(&each, power.stands);
    while (g_hash_table_iter_next(&each, &key, &version)) check_key(store, key, version);
    g_assert_true(store_each(store, "", check_listed, store, NULL));
    check_upload(store);
}

/* A program is started on what is left. */
static void check_program(void) {
    FakeClock clock = world_clock;
    World world = {0};
    g_autoptr(GError) error = NULL;
    world_start(&world, open_scratch());
    world_work(&world);
    world_must_verify(&world, true, true);
    world_work(&world);
    world_assert_clean(&world);
    for (guint i = 0; i < power.acknowledged->len; i++) {
        const char *id = power.acknowledged->pdata[i];
        g_autoptr(Meeting) meeting = NULL;
        bool deleting = g_strcmp0(id, power.deleting) == 0, read = meeting_read(&world.pipeline.meetings, id, &meeting, &error);
        if (!read && !deleting) g_error("after a power failure the recording of %s, which was acknowledged, is no meeting: %s", id, error->message);
        if (read && deleting && power.deleted) g_error("after a power failure %s, which was deleted, is back", id);
        g_clear_error(&error);
    }
    world_end(&world);
    world_clock = clock;
    power.programs++;
}

static void remove_tree(const char *path) {
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (g_unlink(below) != 0) remove_tree(below);
    }
    g_rmdir(path);
}


static void check_state(const GArray *items, const guint *choices, bool with_program) {
    disk.off = true;
    g_assert_cmpint(g_mkdir(power.scratch, 0700), ==, 0);
    disk_build(items, choices, power.scratch);
    check_store();
    if (with_program && !power.upload_id) check_program(); /* whose sweep would drop an upload that is old by then */
    remove_tree(power.scratch);
    disk.off = false;
    power.states++;
}

/* The names as of `names` (0: as last synced, 1: the latest), the bytes as told, but for one item, which is the other way. */
static void choose(const GArray *items, guint *choices, guint names, DiskBytes bytes, guint other) {
    for (guint i = 0; i < items->len; i++) {
        const DiskItem *item = &g_array_index(items, DiskItem, i);
        bool latest = (item->name ? names == 1 : bytes != BYTES_SYNCED) != (i == other);
        choices[i] = !latest ? 0 : item->name ? item->options - 1 : i == other || bytes == BYTES_SYNCED ? BYTES_ALL : bytes;
    }
}

/* All dropped, all kept, bytes dropped or torn under names that are kept; each item by itself dropped or kept; some by chance. */
static void fail_power(void) {
    if (++power.points % POINT_STEP != 0) return;
    g_autoptr(GArray) items = disk_items();
    g_autofree guint *choices = g_new0(guint, items->len + 1);
    guint turn = power.points / POINT_STEP % 4, state = 0;
    for (guint names = 0; names < 2; names++)
        for (DiskBytes bytes = 0; bytes < BYTES_CHOICES; bytes++) {
            choose(items, choices, names, bytes, G_MAXUINT);
            if (names == 1 || bytes == BYTES_SYNCED || bytes == BYTES_ALL) check_state(items, choices, state++ % 4 == turn && names != 0);
        }
    for (guint other = 0; other < items->len; other++)
        for (guint names = 0; names < 2 && g_array_index(items, DiskItem, other).changed + RECENT > disk.syncs; names++) {
            choose(items, choices, names, names ? BYTES_ALL : BYTES_SYNCED, other);
            check_state(items, choices, false);
        }
    for (int i = 0; i < RANDOM_STATES; i++) {
        for (guint item = 0; item < items->len; item++)
            choices[item] = (guint)g_rand_int_range(power.chance, 0, (gint32)g_array_index(items, DiskItem, item).options);
        check_state(items, choices, i == 0 && turn == 3);
    }
}

/* -- what the program does meanwhile ------------------------------------------------------------------------------------- */

static void take_in(World *world, const char *name) {
    g_autoptr(Ingest) ingest = NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) error = NULL;
    IngestOptions options = {.filename = name};
    g_assert_true(ingest_open(&world->pipeline.meetings, world->jobs, &options, &ingest, &error));
    g_assert_true(ingest_write(ingest, world_vtt, strlen(world_vtt), &error));
    g_assert_true(ingest_finish(g_steal_pointer(&ingest), &job, &error));
    g_ptr_array_add(power.acknowledged, g_strdup(job->meeting_id));
}

static void take_in_parts(World *world) {
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(StoreWriter) writer = NULL;
    g_autoptr(GError) error = NULL;
    const Meetings *meetings = &world->pipeline.meetings;
    gsize size = strlen(world_vtt);
    guint64 bytes = 0;
    IngestOptions options = {.filename = "parts.vtt"};
    g_assert_true(transfer_begin(meetings, &options, size, &transfer, &error));
    power.upload_key = transfer->audio_key;
    power.upload_id = transfer->upload_id;
    g_assert_true(transfer_put_part(meetings, transfer->audio_key, transfer->upload_id, 1, size, &writer, &error));
    g_assert_true(store_writer_write(writer, world_vtt, size, &error));
    g_assert_true(store_writer_commit(g_steal_pointer(&writer), NULL, &error));
    power.part = true;
    fail_power();
    g_assert_true(transfer_complete(meetings, world->jobs, transfer->meeting_id, &bytes, &error));
    g_ptr_array_add(power.acknowledged, g_strdup(transfer->meeting_id));
}

static void edit(World *world, const char *id) {
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) patch = json_pack("{s:s, s:{s:s}}", "title", "The talk of Tuesday", "speakers", "Ann Lee", "Ann Leigh");
    g_assert_true(meeting_read(&world->pipeline.meetings, id, &meeting, &error));
    g_assert_true(meeting_edit(&world->pipeline.meetings, id, meeting->etag, patch, NULL, NULL, &error));
}

static void work(World *world) {
    Pipeline pipeline = world->pipeline;
    pipeline.transcriber = world->transcriber;
    for (bool more = true; more;) {
        g_autoptr(Job) job = NULL;
        g_assert_true(jobs_take(world->jobs, "worker", &job, NULL));
        more = job != NULL;
        if (job) g_assert_true(pipeline_run(&pipeline, job, NULL, NULL, NULL, NULL));
    }
}

/* As a fiber: a lease's heartbeat does not come between, however long the checks take. */
static gpointer live(gpointer data) {
    World *world = data;
    take_in(world, "one.vtt");
    work(world);
    edit(world, power.acknowledged->pdata[0]);
    take_in(world, "two.vtt");
    take_in_parts(world);
    power.deleting = power.acknowledged->pdata[0];
    g_assert_true(pipeline_delete(&world->pipeline, "me", power.deleting, NULL));
    power.deleted = true;
    work(world);
    fail_power(); /* and once more at the end */
    return NULL;
}

static void test_power_loss(void) {
    const char *memory = g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
    g_autofree char *place = g_strdup_printf("%s/hansard-power-XXXXXX", memory);
    g_assert_nonnull(g_mkdtemp(place));
    g_autofree char *root = g_build_filename(place, "data", NULL);
    g_autoptr(GError) error = NULL;
    World world = {0};
    power.scratch = g_build_filename(place, "scratch", NULL);
    power.stands = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, version_free);
    power.keys = g_ptr_array_new_with_free_func(g_free);
    power.acknowledged = g_ptr_array_new_with_free_func(g_free);
    power.chance = g_rand_new_with_seed(17);
    world_clock.now = g_get_real_time() / 1000; /* files have the machine's time */
    g_assert_cmpint(g_mkdir(root, 0700), ==, 0);
    disk_begin(root);
    disk.failing = fail_power;
    dir_fsync = disk_fsync;
    g_assert_true(store_dir_open(root, &world_clock.base, &power.inner, &error));
    world_start(&world, noted_store_new());
    fibers_run(17, live, &world);
    fibers_end();
    world_end(&world);
    store_close(power.inner);
    dir_fsync = fsync;
    g_test_message("%u sync points, %u states that a power failure may leave, a program started on %u of them", power.points, power.states, power.programs);
    g_assert_cmpuint(power.states, >, 500 / POINT_STEP);
    disk_end();
    remove_tree(place);
    g_rand_free(power.chance);
    g_ptr_array_unref(power.acknowledged);
    g_ptr_array_unref(power.keys);
    g_hash_table_unref(power.stands);
    g_free(power.scratch);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/power/loss", test_power_loss);
    return g_test_run();
}
