/* meeting: what others see between any two steps of a commit, an edit and a delete, and what they may do there. */
#include "meeting_fixture.h"

#define OPERATIONS_MAX 200

/* What is readable is whole: each object that the record names stands, with its size. */
static void assert_whole(Fixture *fixture, const Meeting *meeting) {
    for (guint i = 0; i < meeting->record->objects->len; i++) {
        const RecordObject *object = meeting->record->objects->pdata[i];
        g_auto(StoreInfo) info = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(store_head(fixture->store, object->key, &info, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(info.size, ==, object->bytes);
    }
}

/* Whoever reads now gets all or nothing. */
static void look(gpointer user_data) {
    Fixture watcher = open_on(user_data);
    g_autoptr(Meeting) meeting = NULL;
    if (meeting_read(&watcher.meetings, ID, &meeting, NULL)) assert_whole(&watcher, meeting);
    catalog_close(watcher.catalog);
}

/* And whoever lists sees only what can be read. (A delete marks the record first, and takes the row next.) */
static void look_at_list(gpointer user_data) {
    Fixture watcher = open_on(user_data);
    g_autoptr(Meeting) meeting = NULL;
    g_assert_true(count_rows(watcher.catalog) == 0 || meeting_read(&watcher.meetings, ID, &meeting, NULL));
    catalog_close(watcher.catalog);
    look(user_data);
}

typedef bool (*Step)(Fixture *fixture);

/* Runs `step` on `prepare`'s store again and again, with a look before each of its operations. */
static void watch(Store *(*prepare)(void), Step step, void (*between)(gpointer bucket)) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = prepare();
        FaultyStore *watched = (FaultyStore *)faulty_store_new(bucket, FAULT_MEANWHILE, n);
        watched->meanwhile = between;
        watched->data = bucket;
        Fixture fixture = open_on(&watched->base);
        g_assert_true(step(&fixture));
        reached_end = watched->operations < n;
        between(bucket);
        close_fixture(&fixture);
        store_close(bucket);
        g_assert_cmpint(n, <, OPERATIONS_MAX);
    }
}

static Store *staged_store(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    write_documents(&fixture.meetings);
    catalog_close(fixture.catalog);
    return fixture.store;
}

static bool commit(Fixture *fixture) {
    g_autoptr(Record) record = sample_record();
    return meeting_commit(&fixture->meetings, record, NULL, NULL);
}

static bool remove_all(Fixture *fixture) { return meeting_delete(&fixture->meetings, ID, NULL, NULL); }

static void test_commit_is_seen_whole(void) { watch(staged_store, commit, look_at_list); }

static void test_delete_is_seen_whole(void) { watch(committed_store, remove_all, look); }

static bool not_any_more(bool stands, gpointer asked, GError **error) {
    ++*(int *)asked;
    return !stands || fail(error, ERROR_LEASE_LOST, "another has it now");
}

/* Who lost its lease during a slow put of metadata.json puts no row. */
static void test_no_row_without_lease(void) {
    Fixture fixture = open_on(staged_store());
    g_autoptr(Record) record = sample_record();
    g_autoptr(GError) error = NULL;
    int asked = 0;
    g_assert_false(meeting_commit_if(&fixture.meetings, record, NULL, not_any_more, &asked, &error));
    g_assert_true(error_is(error, ERROR_LEASE_LOST));
    g_assert_cmpint(asked, ==, 2);
    g_assert_cmpuint(count_rows(fixture.catalog), ==, 0);
    close_fixture(&fixture);
}

/* -- two who edit -------------------------------------------------------------------------------------------------------- */

static bool edit(Fixture *fixture, json_t *patch) {
    g_autoptr(json_t) owned = patch;
    g_autoptr(Meeting) meeting = NULL;
    return meeting_read(&fixture->meetings, ID, &meeting, NULL) && meeting_edit(&fixture->meetings, ID, meeting->etag, owned, NULL, NULL, NULL);
}

static void edit_tags(gpointer bucket) {
    Fixture other = open_on(bucket);
    g_assert_true(edit(&other, json_pack("{s:[s]}", "tags", "theirs")));
    catalog_close(other.catalog);
}

/* At whichever step of the one the other comes: what was said to be done is done, and nobody undoes it. */
static void test_no_edit_is_lost(void) {
    bool reached_end = false;
    guint lost = 0;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = committed_store();
        FaultyStore *between = (FaultyStore *)faulty_store_new(bucket, FAULT_MEANWHILE, n);
        between->meanwhile = edit_tags;
        between->data = bucket;
        Fixture fixture = open_on(&between->base);
        g_autoptr(Meeting) after = NULL;
        bool done = edit(&fixture, json_pack("{s:s}", "title", "Ours"));
        reached_end = between->operations < n;
        between->fail_at = 0;
        g_assert_true(meeting_read(&fixture.meetings, ID, &after, NULL));
        g_assert_cmpuint(after->record->tags->len, ==, reached_end ? 0 : 1);
        g_assert_true(!done || strcmp(after->record->title, "Ours") == 0);
        lost += !done;
        close_fixture(&fixture);
        store_close(bucket);
        g_assert_cmpint(n, <, OPERATIONS_MAX);
    }
    g_assert_cmpuint(lost, >, 0); /* one of two was told to read again */
}

static int others_end; /* the other dies at this operation */
static bool other_died;

static void finish_and_die(gpointer bucket) {
    Store *dying = faulty_store_new(bucket, FAULT_CRASH, others_end);
    Fixture other = open_on(dying);
    other_died = !meeting_finish_edit(&other.meetings, ID, NULL);
    close_fixture(&other);
}

/* By version, too, which in a directory is another for the same bytes. */
static void assert_as_described(Store *bucket) {
    Fixture fixture = open_on(bucket);
    g_autoptr(Meeting) meeting = NULL;
    g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, NULL));
    for (guint i = 0; !json_object_get(meeting->record->extra, PENDING_EDIT) && i < meeting->record->objects->len; i++) {
        const RecordObject *object = meeting->record->objects->pdata[i];
        g_auto(StoreInfo) info = {0};
        g_assert_true(store_head(bucket, object->key, &info, NULL));
        g_assert_cmpstr(info.etag, ==, object->etag);
    }
    catalog_close(fixture.catalog);
}

/* An editor is slow; another, who finds the edit pending, finishes it and dies at any of its steps; then the first goes on: what it says of the documents
 * is so. */
static void test_finished_by_two(void) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        other_died = true;
        for (others_end = 1; other_died && !reached_end; others_end++) {
            Store *bucket = committed_store();
            FaultyStore *between = (FaultyStore *)faulty_store_new(bucket, FAULT_MEANWHILE, n);
            between->meanwhile = finish_and_die;
            between->data = bucket;
            Fixture fixture = open_on(&between->base);
            g_assert_true(edit(&fixture, json_pack("{s:{s:s}}", "speakers", "Ann", "Anna")));
            reached_end = between->operations < n;
            assert_as_described(bucket);
            close_fixture(&fixture);
            store_close(bucket);
            g_assert_cmpint(others_end, <, OPERATIONS_MAX);
        }
        g_assert_cmpint(n, <, OPERATIONS_MAX);
    }
}

static void delete_all(gpointer bucket) {
    Fixture other = open_on(bucket);
    g_assert_true(meeting_delete(&other.meetings, ID, NULL, NULL));
    catalog_close(other.catalog);
}

/* At whichever step of an edit a delete comes: nothing of the meeting is in a list afterwards. */
static void test_deleted_while_edited(void) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = committed_store();
        FaultyStore *between = (FaultyStore *)faulty_store_new(bucket, FAULT_MEANWHILE, n);
        between->meanwhile = delete_all;
        between->data = bucket;
        Fixture fixture = open_on(&between->base);
        edit(&fixture, json_pack("{s:s, s:{s:s}}", "title", "Ours", "speakers", "Ann", "Anna"));
        reached_end = between->operations < n;
        between->fail_at = 0;
        g_assert_cmpuint(count_rows(fixture.catalog), ==, reached_end ? 1 : 0);
        g_assert_cmpuint(count_keys(bucket, PREFIX_MEETINGS), ==, reached_end ? 5 : 0);
        close_fixture(&fixture);
        store_close(bucket);
        g_assert_cmpint(n, <, OPERATIONS_MAX);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/meeting-order/commit", test_commit_is_seen_whole);
    g_test_add_func("/meeting-order/delete", test_delete_is_seen_whole);
    g_test_add_func("/meeting-order/no-row-without-lease", test_no_row_without_lease);
    g_test_add_func("/meeting-order/edits", test_no_edit_is_lost);
    g_test_add_func("/meeting-order/finished-by-two", test_finished_by_two);
    g_test_add_func("/meeting-order/deleted-while-edited", test_deleted_while_edited);
    return g_test_run();
}
