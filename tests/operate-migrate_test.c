/* migrate: all that the source has stands in the destination as the format wants it (verify finds nothing there), the source stays as it is; again is
 * nothing; whatever operation of either store fails, the next run ends it; what was changed on a side, is damaged or hostile is told and kept. */
#include <glib/gstdio.h>
#include <utime.h>

#include "operate/migrate.h"
#include "verify_world.h"

#ifdef HANSARD_SANITIZER
#define FAULT_STEP 4 /* the same paths, many times slower: the build without sanitizers takes them all */
#else
#define FAULT_STEP 1
#endif

/* -- both sides ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    World from, to;
    MigrateOptions options;
    MigrateSummary summary;
    GString *told; /* a line for each report */
} Sides;

static void note(const MigrateReport *report, gpointer user_data) {
    Sides *sides = user_data;
    g_string_append_printf(sides->told, "%s %s %s: %s\n", migrate_outcome_name(report->outcome), migrate_kind_name(report->kind), report->name,
                           report->reason ? report->reason : "");
}

/* Over a destination, which may be a faulty one. */
static void sides_open(Sides *sides, Store *source, Store *destination) {
    world_start(&sides->to, destination);
    sides->told = g_string_new(NULL);
    sides->options = (MigrateOptions){.source = source,
                                      .destination = &sides->to.pipeline.meetings,
                                      .jobs = sides->to.jobs,
                                      .workers = 1,
                                      .report = note,
                                      .user_data = sides};
}

static void sides_make(Sides *sides) {
    *sides = (Sides){0};
    world_make(&sides->from, store_memory_new(&world_clock.base));
    sides_open(sides, sides->from.store, store_memory_new(&world_clock.base));
}

static void sides_end(Sides *sides) {
    world_end(&sides->to);
    if (sides->from.store) world_end(&sides->from);
    g_string_free(sides->told, TRUE);
}

static bool run(Sides *sides, GError **error) {
    g_string_truncate(sides->told, 0);
    return migrate(&sides->options, &sides->summary, error);
}

static void must_run(Sides *sides) {
    g_autoptr(GError) error = NULL;
    bool done = run(sides, &error);
    g_assert_no_error(error);
    g_assert_true(done);
}

static guint64 counted(const Sides *sides, MigrateKind kind, MigrateOutcome outcome) { return sides->summary.count[kind][outcome]; }

static void assert_counts(const Sides *sides, MigrateKind kind, guint64 copied, guint64 there, guint64 left) {
    if (sides->told->len > 0) g_test_message("%s", sides->told->str);
    g_assert_cmpuint(counted(sides, kind, MIGRATE_COPIED), ==, copied);
    g_assert_cmpuint(counted(sides, kind, MIGRATE_THERE), ==, there);
    g_assert_cmpuint(counted(sides, kind, MIGRATE_LEFT), ==, left);
}

/* Every byte there is as the format wants it. */
static void assert_sound(World *world) {
    world_wait();
    world_must_verify(world, true, false);
    world_print_found(world);
    g_assert_cmpuint(g_hash_table_size(world->found), ==, 0);
}

static guint listed(const World *world) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 50};
    g_assert_true(catalog_list(world->catalog, &query, &page, NULL));
    return page.rows->len;
}

static json_t *record_of(World *world, const char *meeting_id) {
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD), *text = world_get(world, key);
    return text ? json_parse_object(text, strlen(text), key, NULL) : NULL;
}

/* No list shows a meeting whose objects are not whole. */
static void assert_nothing_half(World *world) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 50};
    g_assert_true(catalog_list(world->catalog, &query, &page, NULL));
    for (guint i = 0; i < page.rows->len; i++) {
        const Row *row = page.rows->pdata[i];
        g_autoptr(json_t) json = record_of(world, row->meeting_id);
        const char *key;
        json_t *object;
        g_assert_nonnull(json);
        json_object_foreach(json_object_get(json, "objects"), key, object) {
            g_autofree char *text = world_get(world, key);
            g_assert_nonnull(text);
            g_autofree char *sum = text_sha256(text, strlen(text));
            g_assert_cmpstr(json_get_string(object, "sha256", NULL), ==, sum);
        }
    }
}

static void edit(World *world, const char *meeting_id, const char *title) {
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *etag = NULL;
    g_autoptr(json_t) patch = json_pack("{s:s}", "title", title);
    g_assert_true(meeting_read_record(&world->pipeline.meetings, meeting_id, &record, &etag, NULL));
    meeting_edit(&world->pipeline.meetings, meeting_id, etag, patch, NULL, NULL, &error);
    g_assert_no_error(error);
}

static void assert_title(World *world, const char *meeting_id, const char *title) {
    g_autoptr(json_t) json = record_of(world, meeting_id);
    g_assert_cmpstr(json_get_string(json, "title", NULL), ==, title);
}

/* Puts another text of the same length for the first that is found. */
static void alter(World *world, const char *key, const char *from, const char *to) {
    g_autofree char *text = world_get(world, key);
    char *at = text ? strstr(text, from) : NULL;
    g_assert_nonnull(at);
    memcpy(at, to, strlen(to));
    world_put(world, key, text);
}

/* -- what is brought ----------------------------------------------------------------------------------------------------- */

static void test_whole(void) {
    Sides sides;
    sides_make(&sides);
    g_autofree char *before = world_state(&sides.from);
    sides.options.dry_run = true;
    must_run(&sides);
    g_assert_cmpuint(counted(&sides, MIGRATE_MEETING, MIGRATE_PLANNED), ==, WORLD_MEETINGS);
    guint64 planned = sides.summary.bytes;
    g_autofree char *nothing = world_state(&sides.to);
    g_assert_cmpstr(nothing, ==, "");

    sides.options.dry_run = false;
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, WORLD_MEETINGS, 0, 0);
    g_assert_cmpuint(sides.summary.bytes, ==, planned);
    g_assert_cmpuint(sides.summary.bytes_proved, ==, planned);
    assert_sound(&sides.to);
    g_assert_cmpuint(listed(&sides.to), ==, WORLD_MEETINGS);
    g_autofree char *brought = world_state(&sides.to);

    must_run(&sides); /* again: nothing */
    assert_counts(&sides, MIGRATE_MEETING, 0, WORLD_MEETINGS, 0);
    g_assert_cmpuint(sides.summary.bytes + sides.summary.bytes_proved, ==, 0);
    g_assert_cmpstr(sides.told->str, ==, "");
    g_autofree char *again = world_state(&sides.to), *after = world_state(&sides.from);
    g_assert_cmpstr(again, ==, brought);
    g_assert_cmpstr(after, ==, before);
    sides_end(&sides);
}

/* Several workers do the same. */
static void test_workers(void) {
    Sides sides;
    sides_make(&sides);
    for (int i = 0; i < 40; i++) {
        g_autofree char *key = g_strdup_printf("transcriptions/old-%02d/metadata.json", i);
        g_autofree char *text = g_strdup_printf("transcriptions/old-%02d/transcription.txt", i);
        g_autofree char *json = g_strdup_printf("{\"meeting_id\": \"old-%02d\", \"timestamp\": \"2025-01-02T03:04:05\", \"filename\": \"a.mp3\"}", i);
        world_put(&sides.from, key, json);
        world_put(&sides.from, text, "Ann: words");
    }
    sides.options.workers = 4;
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, WORLD_MEETINGS + 40, 0, 0);
    g_assert_cmpuint(listed(&sides.to), ==, WORLD_MEETINGS + 40);
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 0, WORLD_MEETINGS + 40, 0);
    sides_end(&sides);
}

static const char old_record[] = "{\"meeting_id\": \"old-1\", \"audio_s3_key\": \"meetings/1b4e28ba-2fa1-41d2-883f-0016d3cca427_a.mp3\", "
                                 "\"timestamp\": \"2025-01-02T03:04:05.678901\", \"filename\": \"a.mp3\", \"action_items_count\": 1, "
                                 "\"requirements_count\": 0, \"custom\": {\"team\": [1, \"b\"]}}";

/* The first version's record keeps all that it says; what is added proves the objects. */
static void test_first_version(void) {
    Sides sides;
    sides_make(&sides);
    world_put(&sides.from, "meetings/1b4e28ba-2fa1-41d2-883f-0016d3cca427_a.mp3", "no sound");
    world_put(&sides.from, "transcriptions/old-1/transcription.txt", "I will send it.");
    world_put(&sides.from, "transcriptions/old-1/summary.json", "{\"meeting_id\": \"old-1\", \"summary\": {\"action_items\": [\"Send it\"]}}");
    world_put(&sides.from, "transcriptions/old-1/metadata.json", old_record);
    /* one whose recording was never kept */
    world_put(&sides.from, "transcriptions/old-2/metadata.json",
              "{\"meeting_id\": \"old-2\", \"audio_s3_key\": \"meetings/gone_b.mp3\", \"timestamp\": \"2025-01-03T03:04:05\", "
              "\"filename\": \"b.mp3\"}");
    g_autofree char *before = world_state(&sides.from);
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, WORLD_MEETINGS + 2, 0, 0);
    g_assert_nonnull(strstr(sides.told->str, "copied meeting old-2: the source has no recording of it"));
    g_assert_cmpuint(listed(&sides.to), ==, WORLD_MEETINGS + 2);

    g_autoptr(json_t) old = json_parse_object(old_record, strlen(old_record), "old", NULL), made = record_of(&sides.to, "old-1");
    const char *name;
    json_t *value;
    json_object_foreach(old, name, value) g_assert_true(json_equal(json_object_get(made, name), value));
    g_assert_null(json_object_get(made, "schema"));
    g_assert_cmpuint(json_object_size(json_object_get(made, "objects")), ==, 3);
    g_assert_cmpint(record_proof(made), ==, RECORD_PROVEN);

    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 0, WORLD_MEETINGS + 2, 0);
    g_assert_cmpuint(sides.summary.bytes_proved, ==, 0);
    g_autofree char *after = world_state(&sides.from);
    g_assert_cmpstr(after, ==, before);

    world_wait();
    world_must_verify(&sides.to, true, false);
    g_assert_cmpuint(g_hash_table_size(sides.to.found), ==, 1);
    g_assert_true(world_found(&sides.to, "recording-missing"));
    /* and is read against its sum from now on */
    alter(&sides.to, "meetings/1b4e28ba-2fa1-41d2-883f-0016d3cca427_a.mp3", "no", "on");
    world_wait();
    world_must_verify(&sides.to, true, false);
    g_assert_true(world_found(&sides.to, "recording-altered"));
    sides_end(&sides);
}

/* Unfinished work goes on in the destination; what nobody names comes along. */
static void test_rest(void) {
    Sides sides;
    sides_make(&sides);
    g_clear_pointer(&sides.from.ids[0], g_free);
    g_clear_pointer(&sides.from.recordings[0], g_free);
    world_add(&sides.from, 0); /* a third, waiting for a worker */
    const char *waiting = sides.from.ids[0];
    world_put(&sides.from, "meetings/0f0e0d0c-0b0a-4908-8706-050403020100_loose.mp3", "of nobody");
    world_put(&sides.from, "inbox/talk.mp3", "dropped here");
    world_put(&sides.from, PREFIX_TOKENS "1.json", "{}");
    world_put(&sides.from, PREFIX_QUARANTINE "-/1/x", "kept");
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, WORLD_MEETINGS, 0, 0);
    assert_counts(&sides, MIGRATE_WORK, 1, 0, 0);
    assert_counts(&sides, MIGRATE_RECORDING, 1, 0, 0);
    assert_counts(&sides, MIGRATE_OTHER, 1, 0, 0);
    g_assert_cmpuint(sides.summary.inbox, ==, 1);
    g_assert_null(world_get(&sides.to, PREFIX_TOKENS "1.json"));
    g_assert_null(record_of(&sides.to, waiting));
    must_run(&sides);
    assert_counts(&sides, MIGRATE_WORK, 0, 1, 0);
    world_work(&sides.to);
    g_autoptr(json_t) record = record_of(&sides.to, waiting);
    g_assert_cmpint(json_integer_value(json_object_get(record, "action_items_count")), >, 0);
    sides.options.access = true;
    must_run(&sides); /* done there, in work here: nothing to do */
    assert_counts(&sides, MIGRATE_WORK, 0, 1, 0);
    assert_counts(&sides, MIGRATE_OTHER, 1, 1, 0);
    g_autofree char *token = world_get(&sides.to, PREFIX_TOKENS "1.json");
    g_assert_cmpstr(token, ==, "{}");
    sides_end(&sides);
}

/* -- both sides change --------------------------------------------------------------------------------------------------- */

static void test_changes(void) {
    Sides sides;
    sides_make(&sides);
    const char *first = sides.from.ids[0], *second = sides.from.ids[1];
    must_run(&sides);
    edit(&sides.from, first, "Changed in the source");
    edit(&sides.to, second, "Changed in the destination");
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 1, 1, 0);
    assert_title(&sides.to, first, "Changed in the source");
    assert_title(&sides.to, second, "Changed in the destination");
    edit(&sides.from, second, "Changed in both");
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 0, 1, 1);
    g_assert_nonnull(strstr(sides.told->str, "hansard rm"));
    assert_title(&sides.to, second, "Changed in the destination");
    assert_sound(&sides.to);
    g_assert_cmpuint(listed(&sides.to), ==, WORLD_MEETINGS);
    sides_end(&sides);
}

/* What went missing or was altered in the destination is copied again, and only that; a row that is missing is put. */
static void test_mends(void) {
    Sides sides;
    sides_make(&sides);
    must_run(&sides);
    g_autofree char *summary = key_document(sides.from.ids[0], DOCUMENT_SUMMARY), *text = key_document(sides.from.ids[1], DOCUMENT_TEXT);
    alter(&sides.to, summary, "draft", "drift");
    g_assert_true(store_delete(sides.to.store, text, NULL));
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 2, 0, 0);
    g_assert_cmpuint(sides.summary.objects, ==, 2);
    assert_sound(&sides.to);
    g_assert_true(catalog_remove(sides.to.catalog, sides.from.ids[0], CATALOG_TIME_UNKNOWN, NULL));
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 0, 2, 0);
    assert_sound(&sides.to);
    sides_end(&sides);
}

/* A copy that another program made (aws s3 sync, rsync) is proved, not copied. */
static bool copy_entry(const StoreEntry *entry, gpointer user_data, GError **error) {
    Sides *sides = user_data;
    g_autofree char *text = world_get(&sides->from, entry->key);
    world_put(&sides->to, entry->key, text);
    return true;
}

static void test_copied_by_others(void) {
    Sides sides;
    sides_make(&sides);
    g_assert_true(store_each(sides.from.store, "", copy_entry, &sides, NULL));
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, WORLD_MEETINGS, 0, 0);
    g_assert_cmpuint(sides.summary.objects, ==, 0);
    g_assert_cmpuint(sides.summary.bytes_proved, >, 0);
    assert_sound(&sides.to);
    sides_end(&sides);
}

/* -- damage and malice --------------------------------------------------------------------------------------------------- */

static void test_damaged(void) {
    Sides sides;
    sides_make(&sides);
    g_autofree char *text = key_document(sides.from.ids[0], DOCUMENT_TEXT), *record = key_document(sides.from.ids[1], DOCUMENT_RECORD);
    alter(&sides.from, text, "figures", "fingers");
    world_put(&sides.from, "transcriptions/broken/metadata.json", "{");
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 1, 0, 2);
    g_assert_nonnull(strstr(sides.told->str, "SHA-256"));
    g_assert_cmpuint(listed(&sides.to), ==, 1);
    sides.options.damaged = true;
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 1, 1, 1);
    world_wait();
    world_must_verify(&sides.to, true, false); /* says so there, too */
    g_assert_true(world_found(&sides.to, "document-altered"));

    sides.options.damaged = false;
    g_assert_true(store_delete(sides.from.store, sides.from.recordings[1], NULL));
    g_assert_true(store_delete(sides.to.store, sides.from.recordings[1], NULL));
    must_run(&sides);
    g_assert_nonnull(strstr(sides.told->str, "is gone from the source"));
    alter(&sides.from, record, "Talk", "Task");
    must_run(&sides);
    g_assert_nonnull(strstr(sides.told->str, "metadata.json is not what was written"));
    sides_end(&sides);
}

/* A service that gives the recordings of one class only once they were restored. No server that could stand beside the test has such a class. */
static bool archived_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more, GError **error) {
    if (!store_list(((FaultyStore *)store)->inner, prefix, start_after, limit, entries, more, error)) return false;
    for (guint i = 0; i < (*entries)->len; i++) {
        StoreEntry *entry = (*entries)->pdata[i];
        if (g_str_has_prefix(entry->key, PREFIX_RECORDINGS)) entry->storage_class = "GLACIER";
    }
    return true;
}

static bool archived_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    if (g_str_has_suffix(key, "Talk 0.vtt")) return fail(error, ERROR_CONFIG, "the object is archived and must be restored first");
    return store_open(((FaultyStore *)store)->inner, key, reader, info, error);
}

static void test_archived(void) {
    Sides sides;
    sides_make(&sides);
    world_put(&sides.from, "meetings/0f0e0d0c-0b0a-4908-8706-050403020100_old Talk 0.vtt", "of nobody");
    Store *archive = faulty_store_new(sides.from.store, FAULT_NONE, 0);
    StoreBackend backend = *archive->backend;
    backend.list = archived_list;
    backend.open = archived_open;
    archive->backend = &backend;
    sides.options.source = archive;
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 1, 0, 1);
    assert_counts(&sides, MIGRATE_RECORDING, 0, 0, 1);
    g_assert_nonnull(strstr(sides.told->str, "must be restored"));
    assert_nothing_half(&sides.to);
    sides.options.source = sides.from.store; /* restored */
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 1, 1, 0);
    store_close(archive);
    sides_end(&sides);
}

/* No record makes this write or read elsewhere than among the meeting's own. */
static void test_hostile(void) {
    Sides sides;
    sides_make(&sides);
    world_put(&sides.from, PREFIX_TOKENS "1.json", "{\"secret\": 1}");
    world_put(&sides.from, "transcriptions/evil/metadata.json",
              "{\"meeting_id\": \"evil\", \"timestamp\": \"2025-01-02T03:04:05\", \"filename\": \"a\", \"audio_s3_key\": \"hansard/tokens/1.json\", "
              "\"objects\": {\"hansard/tokens/1.json\": {\"bytes\": 13, \"sha256\": \"\", \"etag\": \"x\"}, \"../up\": 7, \"meetings/../x\": {}}}");
    world_put(&sides.from, "transcriptions/evil2/metadata.json",
              "{\"meeting_id\": \"other\", \"timestamp\": \"2025-01-02T03:04:05\", \"filename\": \"a\", \"audio_s3_key\": \"meetings/../../x\"}");
    must_run(&sides);
    g_assert_cmpuint(counted(&sides, MIGRATE_MEETING, MIGRATE_COPIED), ==, WORLD_MEETINGS + 2);
    g_assert_null(world_get(&sides.to, PREFIX_TOKENS "1.json"));
    g_assert_null(record_of(&sides.to, "other"));
    sides_end(&sides);
}

/* -- failures ------------------------------------------------------------------------------------------------------------ */

/* A source with something of each kind. */
static void make_source(World *world) {
    *world = (World){0};
    world_make(world, store_memory_new(&world_clock.base));
    g_autofree char *first = world->ids[0], *recording = world->recordings[0];
    world_add(world, 0);
    g_free(world->ids[0]);
    g_free(world->recordings[0]);
    world->ids[0] = g_steal_pointer(&first);
    world->recordings[0] = g_steal_pointer(&recording);
    world_put(world, "transcriptions/old-1/metadata.json", old_record);
    world_put(world, "transcriptions/old-1/transcription.txt", "I will send it.");
    world_put(world, "meetings/1b4e28ba-2fa1-41d2-883f-0016d3cca427_a.mp3", "no sound");
}

/* The n-th operation of the one side fails; then it is run again. False: there is no n-th. */
static bool run_faulty(World *from, bool of_source, FaultMode mode, int n) {
    Sides sides = {0};
    g_autoptr(GError) error = NULL;
    Store *destination = store_memory_new(&world_clock.base);
    Store *faulty = faulty_store_new(of_source ? from->store : destination, mode, n);
    sides_open(&sides, of_source ? faulty : from->store, of_source ? destination : faulty);
    bool done = run(&sides, &error);
    bool reached = ((FaultyStore *)faulty)->operations >= n;
    g_assert_true(done != (error != NULL));
    g_assert_true(done || reached);
    world_stop(&sides.to);
    g_string_free(sides.told, TRUE);
    store_close(faulty);

    sides_open(&sides, from->store, destination);
    assert_nothing_half(&sides.to);
    must_run(&sides);
    g_assert_cmpuint(migrate_total(&sides.summary, MIGRATE_LEFT), ==, 0);
    g_assert_cmpuint(listed(&sides.to), ==, WORLD_MEETINGS + 1);
    guint64 brought = counted(&sides, MIGRATE_WORK, MIGRATE_COPIED) + counted(&sides, MIGRATE_WORK, MIGRATE_THERE);
    g_assert_cmpuint(brought, ==, 1);
    assert_sound(&sides.to);
    world_end(&sides.to);
    g_string_free(sides.told, TRUE);
    return reached;
}

static void test_faults(gconstpointer of_source) {
    World from;
    make_source(&from);
    g_autofree char *before = world_state(&from);
    for (FaultMode mode = FAULT_ONCE; mode <= FAULT_LATE; mode++)
        for (int n = 1; run_faulty(&from, GPOINTER_TO_INT(of_source), mode, n); n += FAULT_STEP) continue;
    g_autofree char *after = world_state(&from);
    g_assert_cmpstr(after, ==, before);
    world_end(&from);
}

/* A disk that gives back other bytes than were written to it, of the same version. */
static bool rotten_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    Store *inner = ((FaultyStore *)store)->inner;
    g_autofree char *rotten = g_strconcat(PREFIX_DOCTOR, "rotten", NULL);
    g_autoptr(GBytes) bytes = NULL;
    if (!g_str_has_suffix(key, "/summary.json")) return store_open(inner, key, reader, info, error);
    if (!store_get(inner, key, MIB, &bytes, info, error)) return false;
    gsize size;
    g_autofree char *text = g_bytes_unref_to_data(g_steal_pointer(&bytes), &size);
    text[size / 2] ^= 1;
    g_autoptr(GBytes) altered = g_bytes_new(text, size);
    return store_put(inner, rotten, altered, NULL, NULL, error) && store_open(inner, rotten, reader, NULL, error);
}

static void test_rotten_destination(void) {
    Sides sides = {0};
    g_autoptr(GError) error = NULL;
    world_make(&sides.from, store_memory_new(&world_clock.base));
    Store *inner = store_memory_new(&world_clock.base), *rotten = faulty_store_new(inner, FAULT_NONE, 0);
    StoreBackend backend = *rotten->backend;
    backend.open = rotten_open;
    rotten->backend = &backend;
    sides_open(&sides, sides.from.store, rotten);
    g_assert_false(run(&sides, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_IO);
    g_assert_nonnull(strstr(error->message, "other bytes"));
    g_assert_cmpuint(listed(&sides.to), ==, 0);
    for (int i = 0; i < WORLD_MEETINGS; i++) g_assert_null(record_of(&sides.to, sides.from.ids[i]));
    sides_end(&sides);
    store_close(inner);
}

/* -- removing the source ------------------------------------------------------------------------------------------------- */

static void assert_removed(Sides *sides) {
    g_autofree char *first = key_document(sides->from.ids[0], DOCUMENT_RECORD);
    g_assert_null(world_get(&sides->from, first));
    g_assert_null(world_get(&sides->from, sides->from.recordings[1]));
    g_assert_cmpuint(listed(&sides->from), ==, 0);
    assert_sound(&sides->to);
    g_assert_cmpuint(listed(&sides->to), ==, WORLD_MEETINGS);
}

static void test_remove(void) {
    Sides sides;
    sides_make(&sides);
    sides.options.remove_source = true;
    must_run(&sides);
    g_assert_cmpuint(sides.summary.removed, ==, WORLD_MEETINGS);
    assert_removed(&sides);
    must_run(&sides);
    g_assert_cmpuint(sides.summary.removed, ==, 0);
    sides_end(&sides);
}

/* What the destination does not prove to have stays. */
static void test_remove_only_proved(void) {
    Sides sides;
    sides_make(&sides);
    must_run(&sides);
    edit(&sides.from, sides.from.ids[0], "Changed in both");
    edit(&sides.to, sides.from.ids[0], "Changed in both, differently");
    sides.options.remove_source = true;
    must_run(&sides);
    g_assert_cmpuint(sides.summary.removed, ==, 1);
    g_assert_cmpuint(listed(&sides.from), ==, 1);
    assert_title(&sides.from, sides.from.ids[0], "Changed in both");
    sides_end(&sides);
}

/* The only copy is never removed. */
static void test_remove_itself(void) {
    Sides sides;
    g_autoptr(GError) error = NULL;
    sides_make(&sides);
    g_autofree char *before = world_state(&sides.from);
    World twin = {0};
    world_start(&twin, sides.from.store);
    sides.options.destination = &twin.pipeline.meetings;
    sides.options.jobs = twin.jobs;
    sides.options.remove_source = true;
    g_assert_false(run(&sides, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    g_autofree char *after = world_state(&sides.from);
    g_assert_cmpstr(after, ==, before);
    world_stop(&twin);
    sides_end(&sides);
}

/* Whatever fails, one of the two has the meeting whole; and the next run ends it. */
static bool remove_faulty(FaultMode mode, int n) {
    Sides sides;
    g_autoptr(GError) error = NULL;
    sides_make(&sides);
    Store *faulty = faulty_store_new(sides.from.store, mode, n);
    sides.options.source = faulty;
    sides.options.remove_source = true;
    bool done = run(&sides, &error), reached = ((FaultyStore *)faulty)->operations >= n;
    g_assert_true(done || reached);
    store_close(faulty);
    sides.options.source = sides.from.store;
    must_run(&sides);
    g_assert_cmpuint(listed(&sides.to), ==, WORLD_MEETINGS);
    assert_sound(&sides.to);
    sides_end(&sides);
    return reached;
}

static void test_remove_faults(void) {
    for (FaultMode mode = FAULT_ONCE; mode <= FAULT_LATE; mode++)
        for (int n = 1; remove_faulty(mode, n); n += FAULT_STEP) continue;
}

/* -- a folder of files --------------------------------------------------------------------------------------------------- */

#define NAMED_UUID "1b4e28ba-2fa1-41d2-883f-0016d3cca427"

typedef struct {
    Sides sides;
    char *folder;
    Store *store;
} Folder;

static void write_file(const Folder *folder, const char *name, const char *text) {
    g_autofree char *path = g_build_filename(folder->folder, name, NULL), *above = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(above, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void folder_make(Folder *folder, bool writable) {
    g_autoptr(GError) error = NULL;
    *folder = (Folder){.folder = g_dir_make_tmp("hansard-migrate-XXXXXX", NULL)};
    write_file(folder, "Monday.vtt", world_vtt);
    write_file(folder, NAMED_UUID "_Talk of 3.vtt", world_vtt);
    g_autofree char *named = g_build_filename(folder->folder, NAMED_UUID "_Talk of 3.vtt", NULL);
    struct utimbuf of_file = {.actime = 1735787045, .modtime = 1735787045};
    g_assert_cmpint(g_utime(named, &of_file), ==, 0);
    write_file(folder, "2025/march/Tuesday.vtt", world_vtt);
    write_file(folder, "empty.mp3", "");
    write_file(folder, "notes.docx", "of another kind");
    write_file(folder, ".hidden.mp3", "hidden");
    if (writable) g_assert_true(store_dir_open(folder->folder, &world_clock.base, &folder->store, &error));
    else g_assert_true(store_dir_open_to_read(folder->folder, &world_clock.base, &folder->store, &error));
    sides_open(&folder->sides, folder->store, store_memory_new(&world_clock.base));
    folder->sides.options.folder = true;
}

static void folder_end(Folder *folder) {
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder->folder);
    sides_end(&folder->sides);
    store_close(folder->store);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(folder->folder);
}

static void test_folder(void) {
    Folder folder;
    folder_make(&folder, false);
    Sides *sides = &folder.sides;
    must_run(sides);
    assert_counts(sides, MIGRATE_FILE, 3, 0, 2);
    must_run(sides); /* in work */
    assert_counts(sides, MIGRATE_FILE, 0, 3, 2);
    world_work(&sides->to);
    g_assert_cmpuint(listed(&sides->to), ==, 3);
    g_autoptr(json_t) named = record_of(&sides->to, "meeting-" NAMED_UUID);
    g_assert_cmpstr(json_get_string(named, "filename", NULL), ==, "Talk of 3.vtt");
    g_assert_cmpstr(json_get_string(named, "timestamp", NULL), ==, "2025-01-02T03:04:05.000Z");
    assert_sound(&sides->to);
    must_run(sides); /* done */
    assert_counts(sides, MIGRATE_FILE, 0, 3, 2);
    g_autofree char *own = g_build_filename(folder.folder, ".hansard", NULL);
    g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS));

    write_file(&folder, NAMED_UUID "_Talk of 3.vtt", "another one");
    must_run(sides);
    assert_counts(sides, MIGRATE_FILE, 0, 2, 3);
    g_assert_nonnull(strstr(sides->told->str, "has another recording"));
    g_assert_false(store_delete(folder.store, "Monday.vtt", NULL)); /* opened for reading */
    folder_end(&folder);
}

/* A recording that a meeting of another id has, as in buckets of the first version, is taken in already. */
static void test_folder_first_version(void) {
    Folder folder;
    folder_make(&folder, false);
    Sides *sides = &folder.sides;
    g_autoptr(Record) record = record_new();
    record->meeting_id = g_strdup("old-1");
    record->audio_key = g_strdup("meetings/" NAMED_UUID "_Talk of 3.vtt");
    record->filename = g_strdup("Talk of 3.vtt");
    record->title = g_strdup("Talk");
    record->timestamp_ms = 1735787045678;
    world_put(&sides->to, record->audio_key, world_vtt);
    g_assert_true(meeting_commit(&sides->to.pipeline.meetings, record, NULL, NULL));
    must_run(sides);
    assert_counts(sides, MIGRATE_FILE, 2, 1, 2);
    folder_end(&folder);
}

static void test_folder_remove(void) {
    Folder folder;
    folder_make(&folder, true);
    folder.sides.options.remove_source = true;
    must_run(&folder.sides);
    g_assert_cmpuint(folder.sides.summary.removed, ==, 3);
    g_autofree char *gone = g_build_filename(folder.folder, "Monday.vtt", NULL), *stays = g_build_filename(folder.folder, "notes.docx", NULL);
    g_assert_false(g_file_test(gone, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(stays, G_FILE_TEST_EXISTS));
    world_work(&folder.sides.to);
    g_assert_cmpuint(listed(&folder.sides.to), ==, 3);
    folder_end(&folder);
}

static void test_folder_faults(void) {
    Folder folder;
    folder_make(&folder, false);
    for (FaultMode mode = FAULT_ONCE; mode <= FAULT_LATE; mode++) {
        bool reached = true;
        for (int n = 1; reached; n += FAULT_STEP) {
            Sides sides = {0};
            g_autoptr(GError) error = NULL;
            Store *destination = store_memory_new(&world_clock.base), *faulty = faulty_store_new(destination, mode, n);
            sides_open(&sides, folder.store, faulty);
            sides.options.folder = true;
            bool done = run(&sides, &error);
            reached = ((FaultyStore *)faulty)->operations >= n;
            g_assert_true(done || reached);
            world_stop(&sides.to);
            g_string_free(sides.told, TRUE);
            store_close(faulty);
            sides_open(&sides, folder.store, destination);
            sides.options.folder = true;
            must_run(&sides);
            world_work(&sides.to);
            g_assert_cmpuint(listed(&sides.to), ==, 3);
            world_end(&sides.to);
            g_string_free(sides.told, TRUE);
        }
    }
    folder_end(&folder);
}

/* -- the rest ------------------------------------------------------------------------------------------------------------ */

static void test_stopped(void) {
    Sides sides;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    sides_make(&sides);
    g_cancellable_cancel(cancel);
    sides.options.cancel = cancel;
    g_assert_false(run(&sides, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CANCELLED);
    sides_end(&sides);
}

/* Between directories, where ETags are times; the source is opened for reading, though it lacks what a store keeps for itself. */
static void test_directories(void) {
    g_autofree char *from = g_dir_make_tmp("hansard-migrate-XXXXXX", NULL), *to = g_dir_make_tmp("hansard-migrate-XXXXXX", NULL);
    g_autofree char *own = g_build_filename(from, ".hansard", NULL), *command = g_strdup_printf("rm -rf '%s' '%s'", from, to),
                    *drop = g_strdup_printf("rm -rf '%s'", own);
    Store *filled, *source, *destination;
    Sides sides = {0};
    world_clock.now = g_get_real_time() / 1000;
    g_assert_true(store_dir_open(from, &world_clock.base, &filled, NULL));
    world_make(&sides.from, filled);
    g_assert_true(g_spawn_command_line_sync(drop, NULL, NULL, NULL, NULL));
    g_assert_true(store_dir_open_to_read(from, &world_clock.base, &source, NULL));
    g_assert_true(store_dir_open(to, &world_clock.base, &destination, NULL));
    sides_open(&sides, source, destination);
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, WORLD_MEETINGS, 0, 0);
    assert_sound(&sides.to);
    must_run(&sides);
    assert_counts(&sides, MIGRATE_MEETING, 0, WORLD_MEETINGS, 0);
    g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS));
    store_close(source);
    sides_end(&sides);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate/whole", test_whole);
    g_test_add_func("/migrate/workers", test_workers);
    g_test_add_func("/migrate/first-version", test_first_version);
    g_test_add_func("/migrate/rest", test_rest);
    g_test_add_func("/migrate/changes", test_changes);
    g_test_add_func("/migrate/mends", test_mends);
    g_test_add_func("/migrate/copied-by-others", test_copied_by_others);
    g_test_add_func("/migrate/damaged", test_damaged);
    g_test_add_func("/migrate/archived", test_archived);
    g_test_add_func("/migrate/hostile", test_hostile);
    g_test_add_func("/migrate/stopped", test_stopped);
    g_test_add_func("/migrate/directories", test_directories);
    g_test_add_data_func("/migrate/faults/destination", GINT_TO_POINTER(false), test_faults);
    g_test_add_data_func("/migrate/faults/source", GINT_TO_POINTER(true), test_faults);
    g_test_add_func("/migrate/rotten-destination", test_rotten_destination);
    g_test_add_func("/migrate/remove", test_remove);
    g_test_add_func("/migrate/remove/only-proved", test_remove_only_proved);
    g_test_add_func("/migrate/remove/itself", test_remove_itself);
    g_test_add_func("/migrate/remove/faults", test_remove_faults);
    g_test_add_func("/migrate/folder", test_folder);
    g_test_add_func("/migrate/folder/first-version", test_folder_first_version);
    g_test_add_func("/migrate/folder/remove", test_folder_remove);
    g_test_add_func("/migrate/folder/faults", test_folder_faults);
    return g_test_run();
}
