/* meeting: what a commit, an edit and a delete do where objects are missing, damaged or too large, where each operation of the store fails or is
 * refused, and where another comes between any two of them. */
#include "meeting_fixture.h"

#define KEY(name) "transcriptions/" ID "/" name

/* The store of a fixture, and the one that fails over it. */
typedef struct {
    Fixture under, over;
    FaultyStore *fault;
    gpointer data; /* the rival's */
} World;

static World world_on(Store *store) {
    World world = {.under = open_on(store)};
    world.over = open_on(faulty_store_new(store, FAULT_NONE, 0));
    world.fault = (FaultyStore *)world.over.store;
    return world;
}

static void world_clear(World *world) {
    close_fixture(&world->over);
    close_fixture(&world->under);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

/* From the n-th operation from now on. */
static void arm(World *world, FaultMode mode, int fail_at, ErrorCode code, void (*meanwhile)(gpointer world)) {
    world->fault->operations = 0;
    world->fault->mode = mode;
    world->fault->fail_at = fail_at;
    world->fault->code = code;
    world->fault->meanwhile = meanwhile;
    world->fault->data = world;
}

static json_t *read_json(Store *store, const char *key) {
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(store_get(store, key, DOCUMENT_BYTES_MAX, &bytes, NULL, NULL));
    return json_parse_object(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), key, NULL);
}

static void put_json(Store *store, const char *key, const json_t *json) {
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    g_assert_true(store_put(store, key, bytes, NULL, NULL, NULL));
}

static void set_member(Store *store, const char *key, const char *name, json_t *value) {
    g_autoptr(json_t) json = read_json(store, key);
    json_object_set_new(json, name, value);
    put_json(store, key, json);
}

static char *etag_of(const Fixture *fixture) {
    g_autoptr(Record) record = NULL;
    char *etag = NULL;
    g_assert_true(meeting_read_record(&fixture->meetings, ID, &record, &etag, NULL));
    return etag;
}

static bool is_there(Store *store, const char *key) {
    g_auto(StoreInfo) info = {0};
    return store_head(store, key, &info, NULL);
}

/* -- commit -------------------------------------------------------------------------------------------------------------- */

/* A new meeting needs its recording; one that stands may have lost it. */
static void test_recording_gone(void) {
    static const struct {
        int schema;
        gint64 updated_ms;
        bool named, may;
    } cases[] = {{2, 0, true, false}, {1, 0, true, true}, {2, NOW, true, true}, {2, 0, false, true}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture fixture = open_on(store_memory_new(&clock_now.base));
        g_autoptr(Record) record = sample_record();
        g_autoptr(GError) error = NULL;
        write_documents(&fixture.meetings);
        g_assert_true(store_delete(fixture.store, AUDIO, NULL));
        record->schema = cases[i].schema;
        record->updated_ms = cases[i].updated_ms;
        if (!cases[i].named) g_clear_pointer(&record->audio_key, g_free);
        g_assert_cmpint(meeting_commit(&fixture.meetings, record, NULL, &error), ==, cases[i].may);
        if (!cases[i].may) g_assert_error(error, HANSARD_ERROR, ERROR_NOT_FOUND);
        g_assert_cmpuint(count_rows(fixture.catalog), ==, cases[i].may ? 1 : 0);
        close_fixture(&fixture);
    }
}

/* Of a document that is missing, empty or damaged nothing is counted. */
static void test_documents_missing(void) {
    static const char *const summaries[] = {NULL, "", "{"};
    for (gsize i = 0; i < G_N_ELEMENTS(summaries); i++) {
        Fixture fixture = open_on(store_memory_new(&clock_now.base));
        g_autoptr(Record) record = sample_record();
        g_autoptr(GError) error = NULL;
        put_text(fixture.store, AUDIO, "sound");
        if (summaries[i]) put_text(fixture.store, KEY("summary.json"), summaries[i]);
        g_assert_true(meeting_commit(&fixture.meetings, record, NULL, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(record->action_items_count, ==, 0);
        g_assert_cmpuint(record->transcription_length, ==, 0);
        g_assert_cmpuint(record->objects->len, ==, summaries[i] ? 2 : 1);
        close_fixture(&fixture);
    }
}

static void test_record_too_large(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    g_autoptr(Record) record = sample_record();
    g_autoptr(GError) error = NULL;
    g_autofree char *long_text = g_strnfill(RECORD_BYTES_MAX, 'x');
    write_documents(&fixture.meetings);
    record->extra = json_pack("{s:s}", "note", long_text);
    g_assert_false(meeting_commit(&fixture.meetings, record, NULL, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_TOO_LARGE);
    g_assert_false(is_there(fixture.store, KEY("metadata.json")));
    close_fixture(&fixture);
}

static bool may_commit(bool stands, gpointer may, GError **error) { return *(bool *)may || fail(error, ERROR_LEASE_LOST, "it is another's"); }

/* Asked at the last moment, when all else is done. */
static void test_commit_if(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    g_autoptr(Record) record = sample_record();
    g_autoptr(GError) error = NULL;
    bool may = false;
    write_documents(&fixture.meetings);
    g_assert_false(meeting_commit_if(&fixture.meetings, record, NULL, may_commit, &may, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_LEASE_LOST);
    g_clear_error(&error);
    g_assert_false(is_there(fixture.store, KEY("metadata.json")));
    may = true;
    g_assert_true(meeting_commit_if(&fixture.meetings, record, NULL, may_commit, &may, &error));
    close_fixture(&fixture);
}

/* Whichever operation fails: it is told, and the next try commits. */
static void test_commit_faults(void) {
    bool done = false;
    for (int fail_at = 1; !done; fail_at++) {
        g_auto(World) world = world_on(store_memory_new(&clock_now.base));
        g_autoptr(Record) record = sample_record();
        g_autoptr(GError) error = NULL;
        g_autofree char *etag = NULL;
        write_documents(&world.under.meetings);
        arm(&world, FAULT_ONCE, fail_at, 0, NULL);
        done = meeting_commit(&world.over.meetings, record, NULL, &error);
        if (done) break;
        g_assert_error(error, HANSARD_ERROR, ERROR_IO);
        g_clear_error(&error);
        if (is_there(world.under.store, KEY("metadata.json"))) etag = etag_of(&world.under);
        g_assert_true(meeting_commit(&world.under.meetings, record, etag, &error));
        g_assert_cmpuint(count_rows(world.under.catalog), ==, 1);
        g_assert_cmpint(fail_at, <, 40);
    }
}

/* -- delete -------------------------------------------------------------------------------------------------------------- */

/* Of a damaged record, whose recording is found by the meeting's id. */
static void test_delete_damaged_faults(void) {
    static const char *const ids[] = {ID, "old-1"};
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        bool done = false;
        for (int fail_at = 1; !done; fail_at++) {
            g_auto(World) world = world_on(committed_store());
            g_autoptr(GError) error = NULL;
            g_autofree char *key = g_strconcat("transcriptions/", ids[i], "/metadata.json", NULL);
            put_text(world.under.store, key, "{");
            arm(&world, FAULT_ONCE, fail_at, 0, NULL);
            done = meeting_delete(&world.over.meetings, ids[i], NULL, &error);
            if (!done) g_assert_error(error, HANSARD_ERROR, ERROR_IO);
            g_clear_error(&error);
            g_assert_true(meeting_delete(&world.under.meetings, ids[i], NULL, &error));
            g_assert_false(is_there(world.under.store, key));
            /* a meeting's own recording goes, no other's */
            g_assert_cmpint(is_there(world.under.store, AUDIO), ==, i == 1);
            g_assert_cmpint(fail_at, <, 40);
        }
    }
}

/* A recording that is none is left alone, whoever names it. */
static void test_delete_odd_recording(void) {
    static const char *const names[] = {"meetings/../secret", "transcriptions/other/summary.json", NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        Fixture fixture = open_on(committed_store());
        g_autoptr(GError) error = NULL;
        put_text(fixture.store, "transcriptions/other/summary.json", "{}");
        set_member(fixture.store, KEY("metadata.json"), "audio_s3_key", json_null());
        g_assert_true(meeting_delete(&fixture.meetings, ID, names[i], &error));
        g_assert_no_error(error);
        g_assert_true(is_there(fixture.store, AUDIO));
        g_assert_true(is_there(fixture.store, "transcriptions/other/summary.json"));
        g_assert_false(is_there(fixture.store, KEY("metadata.json")));
        close_fixture(&fixture);
    }
}

/* -- edit ---------------------------------------------------------------------------------------------------------------- */

static json_t *rename_ann(void) { return json_pack("{s:s, s:{s:s}}", "title", "New", "speakers", "Ann", "Anna"); }

static void edit_title(const Fixture *fixture, const char *title) {
    g_autofree char *etag = etag_of(fixture);
    g_autoptr(json_t) patch = json_pack("{s:s}", "title", title);
    g_assert_true(meeting_edit(&fixture->meetings, ID, etag, patch, NULL, NULL, NULL));
}

static void rival_finishes(gpointer world) { g_assert_true(meeting_finish_edit(&((World *)world)->under.meetings, ID, NULL)); }

static void rival_edits(gpointer world) { edit_title(&((World *)world)->under, "Theirs"); }

static void rival_deletes(gpointer world) {
    g_autoptr(Record) record = NULL;
    g_autofree char *etag = NULL;
    const Meetings *meetings = &((World *)world)->under.meetings;
    g_assert_true(meeting_read_any_record(meetings, ID, &record, &etag, NULL));
    g_assert_true(meeting_begin_delete(meetings, record, etag, NULL));
}

/* A store with an edit that died after its deciding step. */
static Store *store_with_pending(void) {
    Store *store = committed_store();
    World world = world_on(store);
    g_autofree char *etag = etag_of(&world.under);
    for (int fail_at = 1;; fail_at++) {
        g_autoptr(json_t) patch = rename_ann(), record = NULL;
        arm(&world, FAULT_CRASH, fail_at, 0, NULL);
        g_assert_false(meeting_edit(&world.over.meetings, ID, etag, patch, NULL, NULL, NULL));
        record = read_json(store, KEY("metadata.json"));
        if (json_object_get(record, "pending_edit")) break;
    }
    close_fixture(&world.over);
    catalog_close(world.under.catalog);
    return store;
}

/* All documents say the same, and no edit is begun any more, once the next has come through. */
static void assert_settles(const Fixture *fixture) {
    g_autoptr(Meeting) meeting = NULL;
    edit_title(fixture, "Last");
    g_assert_true(meeting_read(&fixture->meetings, ID, &meeting, NULL));
    g_assert_cmpstr(meeting->record->title, ==, "Last");
    g_assert_null(json_object_get(meeting->record->extra, PENDING_EDIT));
    const Item *action = minutes_find(meeting->minutes, "A-1");
    g_assert_cmpstr(transcript_speaker_name(meeting->transcript, 0), ==, action->owner);
}

/* Whether the edit of test_edit_races stands: of tags, or a speaker's name. */
static bool is_edited(const Fixture *fixture, bool tags) {
    g_autoptr(Meeting) meeting = NULL;
    g_assert_true(meeting_read(&fixture->meetings, ID, &meeting, NULL));
    return tags ? meeting->record->tags->len > 0 : strcmp(transcript_speaker_name(meeting->transcript, 0), "Anna") == 0;
}

/* Between any two operations of an edit (and of one that has another to finish first) somebody else finishes it, edits, or deletes the meeting; or the
 * operation fails. What was not begun is not there. Refused though nobody was there it is by no store that keeps its word: then only the answer, and
 * what it says of its beginning, is looked at. */
static void test_edit_races(void) {
    static const struct {
        void (*rival)(gpointer world);
        ErrorCode code;
    } others[] = {{rival_finishes, 0}, {rival_edits, 0}, {rival_deletes, 0}, {NULL, ERROR_IO}, {NULL, ERROR_PRECONDITION}};
    for (int pending = 0; pending < 2; pending++)
        for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
            for (int at = 1, asks = 0; at < 60; at++, asks = !asks) {
                g_auto(World) world = world_on(pending ? store_with_pending() : committed_store());
                g_autofree char *etag = etag_of(&world.under), *new_etag = NULL;
                g_autoptr(json_t) patch = pending ? json_pack("{s:[s]}", "tags", "team") : rename_ann();
                g_autoptr(GError) error = NULL;
                arm(&world, others[i].rival ? FAULT_MEANWHILE : FAULT_ONCE, at, others[i].code, others[i].rival);
                bool begun, done = meeting_edit(&world.over.meetings, ID, etag, patch, asks ? &new_etag : NULL, &begun, &error);
                bool reached = world.fault->operations >= at;
                if (done && asks) g_assert_nonnull(new_etag);
                if (done) g_assert_true(begun);
                if (!begun && others[i].rival != rival_deletes) g_assert_false(is_edited(&world.under, pending));
                if (!done) g_assert_true(error_is(error, ERROR_PRECONDITION) || error_is(error, ERROR_NOT_FOUND) || error_is(error, ERROR_IO));
                if (!reached) {
                    g_assert_true(done);
                    break;
                }
                if (others[i].rival == rival_deletes || others[i].code == ERROR_PRECONDITION) continue;
                assert_settles(&world.under);
            }
}

/* The ETag that an editor is given back is one that the next edit can be made on, or is told of. */
static void test_finish_edit(void) {
    Fixture fixture = open_on(committed_store());
    g_autofree char *before = etag_of(&fixture), *after = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(meeting_finish_edit(&fixture.meetings, ID, &error)); /* nothing to finish: nothing is written */
    after = etag_of(&fixture);
    g_assert_cmpstr(before, ==, after);
    g_assert_false(meeting_finish_edit(&fixture.meetings, "meeting-none", &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_NOT_FOUND);
    close_fixture(&fixture);
}

/* An edit that was begun, of documents that are gone since: there is nothing to rename in. */
static void test_pending_without_transcript(void) {
    Fixture fixture = open_on(store_with_pending());
    g_autoptr(GError) error = NULL;
    g_autoptr(Meeting) meeting = NULL;
    static const char *const gone[] = {KEY("transcript.json"), KEY("transcription.txt"), KEY("requirements.json")};
    for (gsize i = 0; i < G_N_ELEMENTS(gone); i++) g_assert_true(store_delete(fixture.store, gone[i], NULL));
    g_assert_true(meeting_finish_edit(&fixture.meetings, ID, &error));
    g_assert_no_error(error);
    g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, NULL));
    g_assert_null(meeting->transcript);
    for (gsize i = 0; i < G_N_ELEMENTS(gone); i++) g_assert_false(is_there(fixture.store, gone[i]));
    g_assert_null(json_object_get(meeting->record->extra, PENDING_EDIT));
    close_fixture(&fixture);
}

/* A document that is not there stays so; members of the record that this version does not know are kept. */
static void test_edit_keeps(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) patch = rename_ann(), record = NULL;
    g_autofree char *etag = NULL;
    set_member(fixture.store, KEY("metadata.json"), "later", json_integer(7));
    g_assert_true(store_delete(fixture.store, KEY("transcription.txt"), NULL));
    etag = etag_of(&fixture);
    g_assert_true(meeting_edit(&fixture.meetings, ID, etag, patch, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(is_there(fixture.store, KEY("transcription.txt")));
    record = read_json(fixture.store, KEY("metadata.json"));
    g_assert_cmpint(json_integer_value(json_object_get(record, "later")), ==, 7);
    close_fixture(&fixture);
}

/* What would have more bytes than are read again is refused before anything is written: here a document that fits to the last byte as some other program
 * has written it, and not with the spaces and ends of line that this one puts in. */
static void test_edit_too_large(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(json_t) summary = read_json(fixture.store, KEY("summary.json")), patch = rename_ann();
    g_autoptr(GError) error = NULL;
    json_t *inner = json_object_get(summary, "summary");
    json_object_set_new(inner, "later", json_string(""));
    g_autoptr(GBytes) least = json_to_bytes(summary, false);
    g_autofree char *filler = g_strnfill(DOCUMENT_BYTES_MAX - g_bytes_get_size(least), 'x');
    json_object_set_new(inner, "later", json_string_nocheck(filler));
    put_json(fixture.store, KEY("summary.json"), summary);
    json_object_set_new(patch, "items", json_pack("{s:{s:s}}", "A-1", "text", "x"));
    g_autofree char *etag = etag_of(&fixture), *after = NULL;
    g_assert_false(meeting_edit(&fixture.meetings, ID, etag, patch, NULL, NULL, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_TOO_LARGE);
    after = etag_of(&fixture);
    g_assert_cmpstr(etag, ==, after);
    close_fixture(&fixture);
}

/* The same of metadata.json, which must hold the edit for a while: it is known that nothing was changed. */
static void test_edit_record_too_large(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(json_t) record = NULL, patch = rename_ann();
    g_autoptr(GError) error = NULL;
    bool begun = true;
    set_member(fixture.store, KEY("metadata.json"), "later", json_string(""));
    record = read_json(fixture.store, KEY("metadata.json"));
    g_autoptr(GBytes) least = json_to_bytes(record, false);
    g_autofree char *filler = g_strnfill(RECORD_BYTES_MAX - g_bytes_get_size(least), 'x');
    set_member(fixture.store, KEY("metadata.json"), "later", json_string_nocheck(filler));
    g_autofree char *etag = etag_of(&fixture), *after = NULL;
    g_assert_false(meeting_edit(&fixture.meetings, ID, etag, patch, NULL, &begun, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_TOO_LARGE);
    g_assert_false(begun);
    after = etag_of(&fixture);
    g_assert_cmpstr(etag, ==, after);
    close_fixture(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/meeting-faults/commit/recording-gone", test_recording_gone);
    g_test_add_func("/meeting-faults/commit/documents-missing", test_documents_missing);
    g_test_add_func("/meeting-faults/commit/too-large", test_record_too_large);
    g_test_add_func("/meeting-faults/commit/if", test_commit_if);
    g_test_add_func("/meeting-faults/commit/faults", test_commit_faults);
    g_test_add_func("/meeting-faults/delete/damaged", test_delete_damaged_faults);
    g_test_add_func("/meeting-faults/delete/odd-recording", test_delete_odd_recording);
    g_test_add_func("/meeting-faults/edit/races", test_edit_races);
    g_test_add_func("/meeting-faults/edit/finish", test_finish_edit);
    g_test_add_func("/meeting-faults/edit/no-transcript", test_pending_without_transcript);
    g_test_add_func("/meeting-faults/edit/keeps", test_edit_keeps);
    g_test_add_func("/meeting-faults/edit/too-large", test_edit_too_large);
    g_test_add_func("/meeting-faults/edit/record-too-large", test_edit_record_too_large);
    return g_test_run();
}
