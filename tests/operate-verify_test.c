/* verify: each rule of the format broken is named, what can be mended is, and mending again changes nothing; over a store in memory and in a
 * directory, and with a failure at each single operation of the repair. */
#include <glib/gstdio.h>

#include "operate/reindex.h"
#include "verify_world.h"

/* -- damages, of the first meeting --------------------------------------------------------------------------------------- */

static char *document_key(const World *world, Document document) { return key_document(world->ids[0], document); }

static void drop_key(World *world, const char *key) { g_assert_true(store_delete(world->store, key, NULL)); }

static void drop_document(World *world, Document document) {
    g_autofree char *key = document_key(world, document);
    drop_key(world, key);
}

/* Half of it. */
static void truncate_key(World *world, const char *key) {
    g_autofree char *text = world_get(world, key);
    text[strlen(text) / 2] = '\0';
    world_put(world, key, text);
}

static void truncate_document(World *world, Document document) {
    g_autofree char *key = document_key(world, document);
    truncate_key(world, key);
}

/* Puts another text of the same length for the first one that is found. */
static void alter_key(World *world, const char *key, const char *from, const char *to) {
    g_autofree char *text = world_get(world, key);
    char *at = strstr(text, from);
    g_assert_nonnull(at);
    g_assert_cmpuint(strlen(from), ==, strlen(to));
    memcpy(at, to, strlen(to));
    world_put(world, key, text);
}

static void alter_document(World *world, Document document, const char *from, const char *to) {
    g_autofree char *key = document_key(world, document);
    alter_key(world, key, from, to);
}

static void copy_key(World *world, const char *from, const char *to) {
    g_autofree char *text = world_get(world, from);
    world_put(world, to, text);
}

static void rewrite_key(World *world, const char *key) { copy_key(world, key, key); }

static void metadata_dropped(World *world) { drop_document(world, DOCUMENT_RECORD); }
static void metadata_truncated(World *world) { truncate_document(world, DOCUMENT_RECORD); }
static void metadata_altered(World *world) { alter_document(world, DOCUMENT_RECORD, "Monday", "Munday"); }
static void text_dropped(World *world) { drop_document(world, DOCUMENT_TEXT); }
static void text_altered(World *world) { alter_document(world, DOCUMENT_TEXT, "figures", "fingers"); }
static void transcript_dropped(World *world) { drop_document(world, DOCUMENT_TRANSCRIPT); }
static void transcript_truncated(World *world) { truncate_document(world, DOCUMENT_TRANSCRIPT); }
static void transcript_altered(World *world) { alter_document(world, DOCUMENT_TRANSCRIPT, "second", "fourth"); }
static void summary_dropped(World *world) { drop_document(world, DOCUMENT_SUMMARY); }
static void summary_altered(World *world) { alter_document(world, DOCUMENT_SUMMARY, "\"draft\"", "\"sraft\""); }
static void requirements_truncated(World *world) { truncate_document(world, DOCUMENT_REQUIREMENTS); }

static void metadata_copied(World *world) {
    g_autofree char *from = document_key(world, DOCUMENT_RECORD);
    copy_key(world, from, "transcriptions/meeting-copy/metadata.json");
}

static void metadata_without_sum(World *world) {
    g_autofree char *key = document_key(world, DOCUMENT_RECORD), *text = world_get(world, key);
    g_autoptr(json_t) json = json_parse_object(text, strlen(text), key, NULL);
    g_assert_cmpint(json_object_del(json, RECORD_SUM), ==, 0);
    g_autoptr(GBytes) bytes = json_to_bytes(json, true);
    g_assert_true(store_put(world->store, key, bytes, NULL, NULL, NULL));
}

static void transcript_of_another(World *world) {
    g_autofree char *from = key_document(world->ids[1], DOCUMENT_TRANSCRIPT), *to = document_key(world, DOCUMENT_TRANSCRIPT);
    copy_key(world, from, to);
}

static void waveform_dropped(World *world) {
    g_autofree char *key = document_key(world, DOCUMENT_WAVEFORM);
    world_put(world, key, "{\"peaks\": []}");
    g_assert_true(meeting_describe_anew(&world->pipeline.meetings, world->ids[0], 1u << DOCUMENT_WAVEFORM, NULL, NULL));
    drop_key(world, key);
}

static void summary_rewritten(World *world) {
    g_autofree char *key = document_key(world, DOCUMENT_SUMMARY);
    rewrite_key(world, key);
}

static void quote_invented(World *world) {
    alter_document(world, DOCUMENT_SUMMARY, "\"quote\": \"I will send", "\"quote\": \"I must burn");
    g_assert_true(meeting_describe_anew(&world->pipeline.meetings, world->ids[0], 1u << DOCUMENT_SUMMARY, NULL, NULL));
}

static void document_doubled(World *world) {
    g_autofree char *from = document_key(world, DOCUMENT_SUMMARY), *to = g_strconcat(from, ".1", NULL);
    copy_key(world, from, to);
}

static void recording_dropped(World *world) { drop_key(world, world->recordings[0]); }
static void recording_truncated(World *world) { truncate_key(world, world->recordings[0]); }
static void recording_altered(World *world) { alter_key(world, world->recordings[0], "second", "fourth"); }
static void recording_rewritten(World *world) { rewrite_key(world, world->recordings[0]); }
static void recording_alone(World *world) { copy_key(world, world->recordings[0], "meetings/0f0e0d0c-0b0a-4908-8706-050403020100_lost.vtt"); }
static void recording_unnamed(World *world) { copy_key(world, world->recordings[0], "meetings/lost.vtt"); }

static void recording_doubled(World *world) {
    g_autofree char *to = g_strconcat(world->recordings[0], ".vtt", NULL);
    copy_key(world, world->recordings[0], to);
}

static void recording_shared(World *world) {
    g_autofree char *record = g_strdup_printf("{\"meeting_id\": \"old-1\", \"timestamp\": \"2025-01-02T03:04:05.678901\", \"filename\": \"a.vtt\", "
                                              "\"audio_s3_key\": \"%s\"}", world->recordings[0]);
    g_autoptr(Record) read = NULL;
    world_put(world, "transcriptions/old-1/metadata.json", record);
    g_assert_true(meeting_read_record(&world->pipeline.meetings, "old-1", &read, NULL, NULL));
    g_assert_true(meeting_index(&world->pipeline.meetings, read, NULL));
}

static void keys_unknown(World *world) { world_put(world, "hansard/jobs/no job", "{}"); }
static void key_without_meeting(World *world) { world_put(world, "transcriptions/loose.txt", "words"); }
static void key_in_own_folder(World *world) { world_put(world, "hansard/else/where.bin", "words"); }
static void doctor_left(World *world) { world_put(world, "hansard/doctor/0f0e0d0c-0b0a-4908-8706-050403020100", "words"); }
static void upload_damaged(World *world) { world_put(world, "hansard/uploads/meeting-x.json", "{\"meeting_id\": 7}"); }

static void documents_alone(World *world) { world_put(world, "transcriptions/meeting-stray/transcription.txt", "a delete went past it"); }

/* The edit dies behind the write that decides. */
static void edit_broken_off(World *world) {
    g_autoptr(json_t) patch = json_pack("{s:s, s:{s:s}}", "title", "The talk of Tuesday", "speakers", "Ann Lee", "Ann Leigh");
    for (int n = 1;; n++) {
        g_autoptr(Record) record = NULL;
        g_autofree char *etag = NULL;
        Store *faulty = faulty_store_new(world->store, FAULT_CRASH, n);
        Meetings meetings = {faulty, world->catalog, &world_clock.base};
        g_assert_true(meeting_read_record(&world->pipeline.meetings, world->ids[0], &record, &etag, NULL));
        bool begun = json_object_get(record->extra, PENDING_EDIT) != NULL;
        if (!begun) g_assert_false(meeting_edit(&meetings, world->ids[0], etag, patch, NULL, NULL, NULL));
        store_close(faulty);
        if (begun) return;
    }
}

static void delete_broken_off(World *world) {
    for (int n = 1;; n++) {
        g_autoptr(Record) record = NULL;
        Store *faulty = faulty_store_new(world->store, FAULT_CRASH, n);
        Meetings meetings = {faulty, world->catalog, &world_clock.base};
        g_assert_false(meeting_delete(&meetings, world->ids[0], NULL, NULL));
        store_close(faulty);
        if (!meeting_read_record(&world->pipeline.meetings, world->ids[0], &record, NULL, NULL)) return;
    }
}

static void delete_job_left(World *world) {
    g_autoptr(Job) job = NULL;
    g_assert_true(jobs_create_delete(world->jobs, world->ids[0], "a worker that died", &job, NULL));
}

/* A recording that came in, with its job in this state. */
static void add_job(World *world, const char *worker) {
    static const char key[] = "meetings/0f0e0d0c-0b0a-4908-8706-050403020100_new.vtt", id[] = "meeting-0f0e0d0c-0b0a-4908-8706-050403020100";
    world_put(world, key, world_vtt);
    IngestRecording recording = {.meeting_id = id, .key = key, .bytes = strlen(world_vtt)};
    IngestOptions options = {.filename = "new.vtt", .worker = worker};
    g_assert_true(ingest_recording(&world->pipeline.meetings, world->jobs, &recording, &options, NULL, NULL));
}

static void job_truncated(World *world) {
    add_job(world, NULL);
    truncate_key(world, "hansard/jobs/meeting-0f0e0d0c-0b0a-4908-8706-050403020100.json");
}

static void job_without_recording(World *world) {
    add_job(world, NULL);
    drop_key(world, "meetings/0f0e0d0c-0b0a-4908-8706-050403020100_new.vtt");
}

static void job_abandoned(World *world) { add_job(world, "a worker that died"); }

/* The meeting is committed; its job lost the race with the end of its process. */
static void job_of_committed(World *world) {
    g_autoptr(Record) record = NULL;
    g_autoptr(Job) job = job_new(world->ids[0]);
    g_assert_true(meeting_read_record(&world->pipeline.meetings, world->ids[0], &record, NULL, NULL));
    g_free(job->run);
    job->run = g_strdup(json_get_string(record->extra, "run", NULL));
    job->audio_key = g_strdup(record->audio_key);
    job->stage = STAGE_COMMIT;
    g_assert_true(jobs_create(world->jobs, job, "a worker that died", NULL));
}

static void job_done(World *world) {
    job_of_committed(world);
    g_autofree char *key = key_job(world->ids[0]);
    alter_key(world, key, "\"running\"", "\"done\"   ");
}

static void upload_left(World *world) {
    g_autoptr(Transfer) transfer = NULL;
    IngestOptions options = {.filename = "long.mp4"};
    g_assert_true(transfer_begin(&world->pipeline.meetings, &options, 10 * MIB, &transfer, NULL));
    world_clock.now += UPLOAD_AGE_MS_MAX + 1;
}

static char *index_key(World *world) {
    g_autoptr(Record) record = NULL;
    g_assert_true(meeting_read_record(&world->pipeline.meetings, world->ids[0], &record, NULL, NULL));
    g_autoptr(Row) row = row_of_record(record);
    return row_to_key(row);
}

static void index_dropped(World *world) {
    g_autofree char *key = index_key(world);
    drop_key(world, key);
}

static void index_doubled(World *world) {
    g_autofree char *key = index_key(world), *to = g_strconcat(key, "more", NULL);
    world_put(world, to, "");
}

static void index_of_another_time(World *world) {
    g_autofree char *key = index_key(world);
    key[strlen(PREFIX_INDEX)] = '7';
    world_put(world, key, "");
}

static void index_of_none(World *world) {
    g_autofree char *key = index_key(world);
    char *id = strstr(key, "meeting-");
    id[8] = id[8] == 'a' ? 'b' : 'a';
    world_put(world, key, "");
}

static void index_malformed(World *world) { world_put(world, "hansard/index/8204294348136_what", ""); }

static void index_filled(World *world) {
    g_autofree char *key = index_key(world);
    world_put(world, key, "words");
}

/* -- what is found and what comes of it ---------------------------------------------------------------------------------- */

typedef enum { MENDS, STAYS, DELETES } After; /* all is well; the finding stays; the first meeting goes */

static const struct {
    const char *name, *code;
    void (*damage)(World *world);
    bool needs_read;
    After after;
    bool as_another; /* it is mended by the same steps as a case before it: its failures are not tried one by one */
} cases[] = {
    {"metadata-dropped", "metadata-missing", metadata_dropped, false, MENDS, false},
    {"metadata-truncated", "metadata-damaged", metadata_truncated, false, MENDS, true},
    {"metadata-altered", "metadata-altered", metadata_altered, false, MENDS, false},
    {"metadata-copied", "metadata-foreign", metadata_copied, false, MENDS, false},
    {"metadata-without-sum", "metadata-unproven", metadata_without_sum, false, MENDS, false},
    {"text-dropped", "document-missing", text_dropped, false, MENDS, false},
    {"text-altered", "document-altered", text_altered, false, MENDS, true},
    {"transcript-dropped", "document-missing", transcript_dropped, false, MENDS, true},
    {"transcript-truncated", "document-damaged", transcript_truncated, false, MENDS, true},
    {"transcript-altered", "document-altered", transcript_altered, false, MENDS, false},
    {"transcript-of-another", "document-foreign", transcript_of_another, false, MENDS, true},
    {"summary-dropped", "document-missing", summary_dropped, false, MENDS, false},
    {"summary-altered", "document-altered", summary_altered, false, MENDS, true},
    {"requirements-truncated", "document-damaged", requirements_truncated, false, MENDS, false},
    {"waveform-dropped", "waveform-damaged", waveform_dropped, false, MENDS, false},
    {"summary-rewritten", "etag-stale", summary_rewritten, false, MENDS, false},
    {"quote-invented", "evidence-unfounded", quote_invented, true, STAYS, false},
    {"document-doubled", "document-extra", document_doubled, false, MENDS, false},
    {"documents-alone", "metadata-missing", documents_alone, false, MENDS, false},
    {"recording-dropped", "recording-missing", recording_dropped, false, STAYS, false},
    {"recording-truncated", "recording-altered", recording_truncated, false, STAYS, false},
    {"recording-altered", "recording-altered", recording_altered, true, STAYS, false},
    {"recording-unproven", "recording-unproven", recording_altered, false, STAYS, false},
    {"recording-rewritten", "etag-stale", recording_rewritten, true, MENDS, false},
    {"recording-alone", "recording-orphan", recording_alone, false, MENDS, false},
    {"recording-unnamed", "recording-orphan", recording_unnamed, false, MENDS, true},
    {"recording-doubled", "recording-extra", recording_doubled, false, MENDS, true},
    {"recording-shared", "recording-shared", recording_shared, false, STAYS, false},
    {"key-of-no-job", "key-unknown", keys_unknown, false, MENDS, false},
    {"key-of-no-meeting", "key-unknown", key_without_meeting, false, MENDS, true},
    {"key-in-own-folder", "key-unknown", key_in_own_folder, false, MENDS, true},
    {"edit-broken-off", "edit-unfinished", edit_broken_off, false, MENDS, false},
    {"delete-broken-off", "delete-unfinished", delete_broken_off, false, DELETES, false},
    {"delete-job-left", "delete-unfinished", delete_job_left, false, DELETES, false},
    {"job-truncated", "job-damaged", job_truncated, false, MENDS, false},
    {"job-without-recording", "recording-missing", job_without_recording, false, STAYS, false},
    {"job-abandoned", "job-abandoned", job_abandoned, false, MENDS, false},
    {"job-of-committed", "job-left", job_of_committed, false, MENDS, false},
    {"job-done", "job-left", job_done, false, MENDS, true},
    {"upload-left", "upload-left", upload_left, false, MENDS, false},
    {"upload-damaged", "upload-damaged", upload_damaged, false, MENDS, true},
    {"doctor-left", "doctor-left", doctor_left, false, MENDS, true},
    {"index-dropped", "index-missing", index_dropped, false, MENDS, false},
    {"index-doubled", "index-stale", index_doubled, false, MENDS, false},
    {"index-of-another-time", "index-stale", index_of_another_time, false, MENDS, false},
    {"index-of-none", "index-orphan", index_of_none, false, MENDS, false},
    {"index-malformed", "index-malformed", index_malformed, false, MENDS, true},
    {"index-filled", "index-filled", index_filled, false, MENDS, false},
};

static bool is_listed(World *world, int number, char **title) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 50};
    g_assert_true(catalog_list(world->catalog, &query, &page, NULL));
    for (guint i = 0; i < page.rows->len; i++) {
        const Row *row = page.rows->pdata[i];
        if (strcmp(row->meeting_id, world->ids[number]) != 0) continue;
        *title = g_strdup(row->title);
        return true;
    }
    return false;
}

/* A meeting is in the list once mended, with its title, and can be read as it was. */
static void assert_whole(World *world, int number, const char *wanted_title) {
    g_autofree char *title = NULL;
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(is_listed(world, number, &title));
    g_assert_cmpstr(title, ==, wanted_title);
    g_assert_true(meeting_read(&world->pipeline.meetings, world->ids[number], &meeting, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(meeting->transcript->segments->len, ==, 3);
    g_assert_nonnull(strstr(meeting->text, "We decided to go with the second design."));
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) g_assert_cmpuint(meeting->minutes->items[kind]->len, ==, kind == ITEM_QUESTION ? 0 : 1);
    g_assert_cmpuint(meeting->record->tags->len, ==, 1);
    g_assert_cmpstr(meeting->record->audio_key, ==, world->recordings[number]);
}

static void assert_after(World *world, gsize i) {
    g_autofree char *title = NULL;
    const char *first = cases[i].damage == edit_broken_off ? "The talk of Tuesday" : "The talk of Monday";
    if (cases[i].after == DELETES) g_assert_false(is_listed(world, 0, &title));
    else if (cases[i].after == MENDS) assert_whole(world, 0, first);
    assert_whole(world, 1, "Talk 1");
    world_must_verify(world, cases[i].needs_read || cases[i].after == MENDS, false);
    world_print_found(world);
    g_assert_cmpuint(g_hash_table_size(world->found), ==, cases[i].after == STAYS);
    if (cases[i].after == STAYS) g_assert_true(world_found(world, cases[i].code));
}

static void run_case(gsize i, Store *store) {
    World world;
    world_make(&world, store);
    world_assert_clean(&world);
    cases[i].damage(&world);
    world_wait();
    g_autofree char *damaged = world_state(&world);
    world_must_verify(&world, cases[i].needs_read, false);
    world_print_found(&world);
    g_assert_true(world_found(&world, cases[i].code));
    g_assert_cmpuint(g_hash_table_size(world.found), ==, 1);
    g_autofree char *looked_at = world_state(&world);
    g_assert_cmpstr(looked_at, ==, damaged); /* without repair nothing is written */
    world_must_verify(&world, cases[i].needs_read, true);
    world_work(&world);
    assert_after(&world, i);
    g_autofree char *mended = world_state(&world);
    world_must_verify(&world, cases[i].needs_read, true);
    g_autofree char *again = world_state(&world);
    g_assert_cmpstr(again, ==, mended);
    world_end(&world);
}

static void test_memory(gconstpointer number) { run_case(GPOINTER_TO_SIZE(number), store_memory_new(&world_clock.base)); }

static void test_directory(gconstpointer number) {
    g_autofree char *folder = g_dir_make_tmp("hansard-verify-XXXXXX", NULL), *quoted = g_shell_quote(folder);
    g_autofree char *command = g_strconcat("rm -r ", quoted, NULL);
    Store *store = NULL;
    g_autoptr(GError) error = NULL;
    world_clock.now = g_get_real_time() / 1000; /* files have the machine's time */
    g_assert_true(store_dir_open(folder, &world_clock.base, &store, &error));
    g_assert_no_error(error);
    run_case(GPOINTER_TO_SIZE(number), store);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
}

/* -- failures ------------------------------------------------------------------------------------------------------------ */

/* The n-th operation of the repair fails; then it is run again. False: there is no n-th. */
static bool run_faulty(gsize i, FaultMode mode, int n) {
    World world, faulty = {0};
    g_autoptr(GError) error = NULL;
    world_make(&world, store_memory_new(&world_clock.base));
    cases[i].damage(&world);
    world_wait();
    Store *store = faulty_store_new(world.store, mode, n);
    world_start(&faulty, store);
    bool done = world_verify(&faulty, true, true, &error);
    bool reached = ((FaultyStore *)store)->operations >= n;
    g_assert_true(done || reached);
    world_stop(&faulty);
    store_close(store);
    world_wait();
    world_must_verify(&world, true, true);
    world_work(&world);
    world_must_verify(&world, true, true);
    world_work(&world);
    assert_after(&world, i);
    world_end(&world);
    return reached;
}

#ifdef HANSARD_SANITIZER
#define FAULT_STEP 5 /* the same paths, many times slower: the build without sanitizers takes them all */
#else
#define FAULT_STEP 1
#endif

/* Every n-th operation, in each mode. */
static void test_faults(gconstpointer number) {
    gsize i = GPOINTER_TO_SIZE(number);
    for (FaultMode mode = FAULT_ONCE; mode <= FAULT_LATE; mode++)
        for (int n = 1; run_faulty(i, mode, n); n += FAULT_STEP) continue;
}

/* A store that fails now and then is no damage: what is sound is never said not to be, and nothing is written. */
static void test_faults_unrepaired(void) {
    World world, faulty = {0};
    world_make(&world, store_memory_new(&world_clock.base));
    world_wait();
    g_autofree char *before = world_state(&world);
    bool reached = true;
    for (int n = 1; reached; n++) {
        g_autoptr(GError) error = NULL;
        Store *store = faulty_store_new(world.store, FAULT_ONCE, n);
        world_start(&faulty, store);
        bool done = world_verify(&faulty, true, false, &error);
        reached = ((FaultyStore *)store)->operations >= n;
        g_assert_true(done == !reached || g_hash_table_contains(faulty.found, "object-unreadable"));
        g_assert_cmpuint(g_hash_table_size(faulty.found), ==, done && reached ? 1 : 0);
        world_stop(&faulty);
        store_close(store);
        g_assert_cmpint(n, <, 200);
    }
    g_autofree char *after = world_state(&world);
    g_assert_cmpstr(before, ==, after);
    world_end(&world);
}

static bool reindex_quietly(const ReindexResult *so_far, gpointer user_data, GError **error) { return true; }

/* The n-th operation of a reindex of a store without an index fails; then it is run again. */
static void test_reindex_faults(gconstpointer mode) {
    bool reached = true;
    for (int n = 1; reached; n++) {
        World world;
        ReindexResult result;
        g_autoptr(Catalog) catalog = NULL;
        world_make(&world, store_memory_new(&world_clock.base));
        index_dropped(&world);
        Store *store = faulty_store_new(world.store, GPOINTER_TO_INT(mode), n);
        g_assert_true(catalog_keys_open(store, &catalog, NULL));
        Meetings meetings = {store, catalog, &world_clock.base};
        bool done = reindex(&meetings, NULL, reindex_quietly, NULL, &result, NULL);
        reached = ((FaultyStore *)store)->operations >= n;
        g_assert_true(done || reached);
        g_clear_pointer(&catalog, catalog_close);
        store_close(store);
        g_assert_true(reindex(&world.pipeline.meetings, NULL, reindex_quietly, NULL, &result, NULL));
        world_wait();
        world_assert_clean(&world);
        world_end(&world);
        g_assert_cmpint(n, <, 200);
    }
}

/* -- what else it promises ----------------------------------------------------------------------------------------------- */

/* What nobody says yes to is left, and what asks nobody is mended. */
static void test_refused(void) {
    World world;
    world_make(&world, store_memory_new(&world_clock.base));
    world.refuse = true;
    document_doubled(&world);
    index_dropped(&world);
    world_put(&world, PREFIX_TOKENS "t.json", "{}"); /* not its business */
    world_put(&world, PREFIX_AUDIT "2026-03-04/050607.089-host-1.jsonl", "{}");
    world_wait();
    world_must_verify(&world, false, true);
    g_assert_cmpuint(world.summary.mended, ==, 1);
    g_assert_cmpuint(world.summary.left, ==, 1);
    world_must_verify(&world, false, false);
    g_assert_true(world_found(&world, "document-extra"));
    g_assert_false(world_found(&world, "index-missing"));
    world_end(&world);
}

/* What was written just now, what a worker holds and what waits for one is not judged. */
static void test_busy(void) {
    World world;
    world_make(&world, store_memory_new(&world_clock.base));
    g_autoptr(Job) job = job_new(world.ids[1]);
    job->audio_key = g_strdup(world.recordings[1]);
    world_wait();
    text_dropped(&world);
    g_autofree char *key = key_document(world.ids[1], DOCUMENT_SUMMARY);
    drop_key(&world, key);
    rewrite_key(&world, world.recordings[0]);
    g_autofree char *record = document_key(&world, DOCUMENT_RECORD);
    rewrite_key(&world, record); /* one who is at it */
    g_assert_true(jobs_create(world.jobs, job, NULL, NULL));
    world_must_verify(&world, true, true);
    world_print_found(&world);
    g_assert_cmpuint(world.summary.busy, ==, 2);
    g_assert_cmpuint(g_hash_table_size(world.found), ==, 0);
    world_wait();
    world_must_verify(&world, false, false);
    g_assert_cmpuint(world.summary.busy, ==, 1);
    g_assert_true(world_found(&world, "document-missing"));
    world_end(&world);
}

/* A store of the first version is well as it is, but for the list. */
static void test_first_version(void) {
    static const char summary[] = "{\"meeting_id\": \"old-1\", \"timestamp\": \"2025-01-02T03:04:05.678901\", "
                                  "\"audio_s3_key\": \"meetings/7_a.mp3\", "
                                  "\"summary\": {\"summary\": \"They met.\", \"action_items\": [\"Write\"]}}";
    static const char record[] = "{\"meeting_id\": \"old-1\", \"audio_s3_key\": \"meetings/7_a.mp3\", \"timestamp\": \"2025-01-02T03:04:05.678901\", "
                                 "\"filename\": \"a.mp3\", \"action_items_count\": 1, \"requirements_count\": 0}";
    World world;
    world_make(&world, store_memory_new(&world_clock.base));
    world_put(&world, "meetings/7_a.mp3", "sound");
    world_put(&world, "transcriptions/old-1/transcription.txt", "words");
    world_put(&world, "transcriptions/old-1/summary.json", summary);
    world_put(&world, "transcriptions/old-1/metadata.json", record);
    world_wait();
    world_must_verify(&world, true, true);
    g_assert_true(world_found(&world, "index-missing"));
    g_assert_cmpuint(g_hash_table_size(world.found), ==, 1);
    world_assert_clean(&world);
    g_autofree char *kept = world_get(&world, "transcriptions/old-1/metadata.json");
    g_assert_cmpstr(kept, ==, record);
    drop_key(&world, "transcriptions/old-1/metadata.json"); /* and can be had back without a transcript.json */
    world_must_verify(&world, true, true);
    g_assert_cmpuint(world.summary.mended, ==, 1);
    world_wait();
    world_assert_clean(&world);
    g_autoptr(Record) again = NULL;
    g_assert_true(meeting_read_record(&world.pipeline.meetings, "old-1", &again, NULL, NULL));
    g_assert_cmpstr(again->filename, ==, "a.mp3");
    g_assert_cmpstr(again->audio_key, ==, "meetings/7_a.mp3");
    g_assert_cmpuint(again->action_items_count, ==, 1);
    world_end(&world);
}

/* Nothing but the index key knows the meeting's time, title and tags any more. */
static void test_record_and_minutes_damaged(void) {
    World world;
    world_make(&world, store_memory_new(&world_clock.base));
    g_autofree char *key = index_key(&world);
    gint64 before_ms = world_clock.now;
    metadata_truncated(&world);
    truncate_document(&world, DOCUMENT_SUMMARY);
    requirements_truncated(&world);
    world_wait();
    world_must_verify(&world, true, true);
    world_assert_clean(&world);
    assert_whole(&world, 0, "The talk of Monday");
    g_autoptr(Record) record = NULL;
    g_assert_true(meeting_read_record(&world.pipeline.meetings, world.ids[0], &record, NULL, NULL));
    g_autoptr(Row) row = row_from_key(key);
    g_assert_cmpint(record->timestamp_ms, ==, row->timestamp_ms);
    g_assert_cmpint(record->timestamp_ms, <, before_ms);
    world_end(&world);
}

/* What was put aside of a meeting goes when the meeting does. */
static void test_delete_takes_what_was_put_aside(void) {
    World world;
    world_make(&world, store_memory_new(&world_clock.base));
    metadata_truncated(&world);
    text_altered(&world);
    document_doubled(&world);
    recording_doubled(&world);
    world_wait();
    world_must_verify(&world, true, true);
    world_work(&world);
    g_autofree char *before = world_state(&world);
    g_assert_nonnull(strstr(before, PREFIX_QUARANTINE));
    g_assert_true(pipeline_delete(&world.pipeline, "deleter", world.ids[0], NULL));
    g_autofree char *after = world_state(&world);
    g_assert_null(strstr(after, world.ids[0] + strlen("meeting-")));
    g_assert_null(strstr(after, PREFIX_QUARANTINE));
    world_assert_clean(&world);
    world_end(&world);
}

static bool drop_entry(const StoreEntry *entry, gpointer store, GError **error) { return store_delete(store, entry->key, error); }
static bool quiet(const ReindexResult *so_far, gpointer user_data, GError **error) { return true; }

static bool add_index_key(const StoreEntry *entry, gpointer user_data, GError **error) {
    g_string_append_printf(user_data, "%s\n", entry->key);
    return true;
}

static char *index_state(World *world) {
    GString *state = g_string_new(NULL);
    g_assert_true(store_each(world->store, PREFIX_INDEX, add_index_key, state, NULL));
    return g_string_free(state, FALSE);
}

/* The index from nothing, by reindex and by verify, and freed of what is false by reindex: the same to the byte. */
static void test_index_is_the_same(void) {
    World world;
    world_make(&world, store_memory_new(&world_clock.base));
    g_autofree char *before = index_state(&world);
    for (int round = 0; round < 3; round++) {
        ReindexResult result;
        if (round < 2) g_assert_true(store_each(world.store, PREFIX_INDEX, drop_entry, world.store, NULL));
        if (round == 2) index_doubled(&world);
        if (round == 2) index_of_another_time(&world);
        world_wait();
        if (round == 0) world_must_verify(&world, false, true);
        else g_assert_true(reindex(&world.pipeline.meetings, NULL, quiet, NULL, &result, NULL));
        g_autofree char *after = index_state(&world);
        g_assert_cmpstr(after, ==, before);
    }
    world_end(&world);
}

/* The page of the guide has a line for every code. */
static void test_guide(void) {
    g_autofree char *guide = NULL;
    g_assert_true(g_file_get_contents(TEST_SOURCE_DIR "/../docs/verify.md", &guide, NULL, NULL));
    for (gsize i = 0; i < verify_codes_count; i++) {
        g_autofree char *line = g_strdup_printf("| `%s` | %s |", verify_codes[i].name, verify_severity_name(verify_codes[i].severity));
        if (!strstr(guide, line)) g_error("docs/verify.md has no line %s", line);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/operate/verify/memory/", cases[i].name, NULL);
        g_autofree char *directory = g_strconcat("/operate/verify/directory/", cases[i].name, NULL);
        g_autofree char *faults = g_strconcat("/operate/verify/faults/", cases[i].name, NULL);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_memory);
        g_test_add_data_func(directory, GSIZE_TO_POINTER(i), test_directory);
        if (cases[i].after != STAYS && !cases[i].as_another) g_test_add_data_func(faults, GSIZE_TO_POINTER(i), test_faults);
    }
    g_test_add_func("/operate/verify/faults-unrepaired", test_faults_unrepaired);
    g_test_add_data_func("/operate/reindex/faults/once", GINT_TO_POINTER(FAULT_ONCE), test_reindex_faults);
    g_test_add_data_func("/operate/reindex/faults/crash", GINT_TO_POINTER(FAULT_CRASH), test_reindex_faults);
    g_test_add_data_func("/operate/reindex/faults/late", GINT_TO_POINTER(FAULT_LATE), test_reindex_faults);
    g_test_add_data_func("/operate/reindex/faults/lost", GINT_TO_POINTER(FAULT_LOST), test_reindex_faults);
    g_test_add_func("/operate/verify/refused", test_refused);
    g_test_add_func("/operate/verify/busy", test_busy);
    g_test_add_func("/operate/verify/first-version", test_first_version);
    g_test_add_func("/operate/verify/record-and-minutes-damaged", test_record_and_minutes_damaged);
    g_test_add_func("/operate/verify/delete-takes-what-was-put-aside", test_delete_takes_what_was_put_aside);
    g_test_add_func("/operate/verify/index-is-the-same", test_index_is_the_same);
    g_test_add_func("/operate/verify/guide", test_guide);
    return g_test_run();
}
