/* Full text over meetings that were committed to the in-memory store. */
#include "search/search.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "base/limits.h"
#include "faulty_store.h"
#include "store/memory.h"

#define BASE_MS 1700000000000LL
#define HIT_BEGIN "\xEE\x80\x80"
#define HIT_END "\xEE\x80\x81"

typedef struct {
    char *folder, *path;
    Store *store;
    Catalog *catalog;
    Search *search;
    Meetings meetings;
} Fixture;

static Search *open_index(Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    Search *search = NULL;
    search_open(fixture->path, fixture->store, fixture->catalog, &search, &error);
    g_assert_no_error(error);
    return search;
}

static void set_up(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    fixture->folder = g_dir_make_tmp("hansard-search-XXXXXX", &error);
    g_assert_no_error(error);
    fixture->path = g_build_filename(fixture->folder, "data", "search.db", NULL);
    fixture->store = store_memory_new(clock_system());
    g_assert_true(catalog_keys_open(fixture->store, &fixture->catalog, &error));
    fixture->meetings = (Meetings){fixture->store, fixture->catalog, clock_system()};
    fixture->search = open_index(fixture);
}

static void remove_folder(const char *path) {
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_folder(inner);
    }
    g_assert_cmpint(g_remove(path), ==, 0);
}

static void tear_down(Fixture *fixture, gconstpointer unused) {
    search_close(fixture->search);
    catalog_close(fixture->catalog);
    store_close(fixture->store);
    remove_folder(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
}

/* -- meetings ------------------------------------------------------------------------------------------------------------ */

/* A meeting in the making; commit_draft() frees it. */
typedef struct {
    Record *record;
    Transcript *transcript;
    Minutes *minutes;
} Draft;

static Draft draft(const char *meeting_id, gint64 timestamp_ms, const char *title) {
    Draft made = {record_new(), transcript_new(), minutes_new()};
    made.record->meeting_id = g_strdup(meeting_id);
    made.record->timestamp_ms = timestamp_ms;
    made.record->filename = g_strdup("a.mp3");
    g_free(made.record->title);
    made.record->title = g_strdup(title);
    made.transcript->timed = true;
    return made;
}

static void say(Draft *made, gint64 start_ms, const char *speaker, const char *text) {
    transcript_add(made->transcript, start_ms, start_ms + 900, transcript_speaker(made->transcript, speaker), text);
}

static Item *decide(Draft *made, ItemKind kind, const char *text, const char *owner) {
    Item *item = item_new(kind);
    g_free(item->text);
    item->text = g_strdup(text);
    item->owner = g_strdup(owner);
    minutes_add(made->minutes, item);
    return item;
}

static void commit_draft(Fixture *fixture, Draft made) {
    g_autoptr(Record) record = made.record;
    g_autoptr(Transcript) transcript = made.transcript;
    g_autoptr(Minutes) minutes = made.minutes;
    g_autoptr(Record) old = NULL;
    g_autofree char *etag = NULL;
    g_autoptr(GError) error = NULL;
    meeting_read_record(&fixture->meetings, record->meeting_id, &old, &etag, NULL);
    g_auto(MeetingVersions) versions = {0};
    meeting_read_versions(&fixture->meetings, record->meeting_id, &versions, &error);
    meeting_write_transcript(&fixture->meetings, record->meeting_id, &versions, transcript, NULL, &error);
    g_assert_no_error(error);
    meeting_write_minutes(&fixture->meetings, record->meeting_id, &versions, minutes, record->timestamp_ms, NULL, &error);
    g_assert_no_error(error);
    meeting_commit(&fixture->meetings, record, etag, &error);
    g_assert_no_error(error);
}

static void put_meeting(Fixture *fixture, const char *meeting_id, gint64 timestamp_ms, const char *title, const char *words) {
    g_autoptr(GError) error = NULL;
    Draft made = draft(meeting_id, timestamp_ms, title);
    say(&made, 1000, "Ann", words);
    commit_draft(fixture, made);
    search_update(fixture->search, meeting_id, &error);
    g_assert_no_error(error);
}

static GPtrArray *find(Fixture *fixture, const char *query) {
    g_autoptr(GError) error = NULL;
    GPtrArray *hits = NULL;
    search_find(fixture->search, query, 50, 0, &hits, &error);
    g_assert_no_error(error);
    return hits;
}

static guint count(Fixture *fixture, const char *query) {
    g_autoptr(GPtrArray) hits = find(fixture, query);
    return hits->len;
}

static SearchHit *only_hit(const GPtrArray *hits) {
    g_assert_cmpuint(hits->len, ==, 1);
    return g_ptr_array_index(hits, 0);
}

/* -- finding ------------------------------------------------------------------------------------------------------------- */

static void test_words(Fixture *fixture, gconstpointer unused) {
    put_meeting(fixture, "m", BASE_MS, "Budget", 
                "We were discussing the résumé in Zürich at several MEETINGS about C++ and e-mail.");
    const char *found[] = {
        "meet", "meeting", "Meetings", "discuss", "discussed", "resume", "RÉSUMÉ", "zurich", "we meet", "sever", "disc",
        "\"in zurich\"", "e-mail", "c++", "\"at several", "meetings!?", "meet meet", "budg", "\"budget\"",
        "\"the resume\" i", "budget\" \" ",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(found); i++) {
        g_test_message("%s", found[i]);
        g_assert_cmpuint(count(fixture, found[i]), ==, 1);
    }
    const char *lost[] = {"meets budget", "zzz", "\"zurich in\"", "meet zzz", "d meet zzz", "sev meet", "\"disc\"", "cussing"};
    for (gsize i = 0; i < G_N_ELEMENTS(lost); i++) {
        g_test_message("%s", lost[i]);
        g_assert_cmpuint(count(fixture, lost[i]), ==, 0);
    }
    const char *empty[] = {"", " ", "\"", "\"\"", "\"\"\"", "*", "-- ++", "“”", "\xff\xfe", "( )"};
    for (gsize i = 0; i < G_N_ELEMENTS(empty); i++) g_assert_cmpuint(count(fixture, empty[i]), ==, 0);
}

static void test_hit(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    Draft made = draft("m", BASE_MS, "Weekly");
    say(&made, 0, "Ann", "Good morning everyone.");
    say(&made, 5000, "Bob", "The database " HIT_BEGIN "migration" HIT_END " is late & <b>risky</b>.");
    say(&made, 9000, "Ann", "Then migration waits.");
    Item *item = decide(&made, ITEM_ACTION, "Finish the rollout", "Bob");
    Evidence evidence = {.first = 1, .last = 1, .start_ms = 5000, .speaker = (char *)"Bob", .quote = (char *)"late"};
    item_add_evidence(item, &evidence);
    decide(&made, ITEM_REQUIREMENT, "The system shall export", NULL);
    commit_draft(fixture, made);
    g_assert_true(search_update(fixture->search, "m", &error));

    g_autoptr(GPtrArray) words = find(fixture, "migrations");
    const SearchHit *hit = only_hit(words);
    g_assert_cmpstr(hit->meeting_id, ==, "m");
    g_assert_cmpstr(hit->title, ==, "Weekly");
    g_assert_cmpint(hit->timestamp_ms, ==, BASE_MS);
    g_assert_cmpstr(hit->kind, ==, "transcript");
    g_assert_null(hit->item_id);
    g_assert_cmpint(hit->start_ms, ==, 5000);
    g_assert_cmpstr(hit->speaker, ==, "Bob");
    g_assert_cmpstr(hit->snippet, ==,
                    "Good morning everyone. The database " HIT_BEGIN "migration" HIT_END " is late & <b>risky</b>. "
                    "Then " HIT_BEGIN "migration" HIT_END " waits.");
    g_autoptr(GPtrArray) last = find(fixture, "waits");
    g_assert_cmpint(only_hit(last)->start_ms, ==, 9000);
    g_assert_cmpstr(only_hit(last)->speaker, ==, "Ann");
    g_autoptr(GPtrArray) first = find(fixture, "good");
    g_assert_cmpint(only_hit(first)->start_ms, ==, 0);

    g_autoptr(GPtrArray) action = find(fixture, "rollout");
    g_assert_cmpstr(only_hit(action)->kind, ==, "action");
    g_assert_cmpstr(only_hit(action)->item_id, ==, "A-1");
    g_assert_cmpint(only_hit(action)->start_ms, ==, 5000);
    g_assert_cmpstr(only_hit(action)->speaker, ==, "Bob");
    g_autoptr(GPtrArray) requirement = find(fixture, "export");
    g_assert_cmpstr(only_hit(requirement)->kind, ==, "requirement");
    g_assert_cmpint(only_hit(requirement)->start_ms, ==, -1);
    g_autoptr(GPtrArray) title = find(fixture, "weekly");
    g_assert_cmpstr(only_hit(title)->kind, ==, "title");
    g_assert_cmpstr(only_hit(title)->snippet, ==, HIT_BEGIN "Weekly" HIT_END);
    g_assert_null(only_hit(title)->speaker);
}

/* An hour of talk: the hit's time is the segment's, wherever it stands, and the snippet is short. */
static void test_long_transcript(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    Draft made = draft("m", BASE_MS, "Long");
    for (guint i = 0; i < 600; i++) {
        g_autofree char *text = g_strdup_printf("In segment number%u somebody says seven words or more.", i);
        say(&made, i * 6000, i % 7 < 4 ? "Ann" : "Bob", text);
    }
    g_autofree char *monologue = g_strnfill(SEGMENT_TEXT_BYTES_MAX / 2, 'a');
    for (gsize i = 5; i < strlen(monologue); i += 6) monologue[i] = ' ';
    memcpy(monologue + 12000, " needle ", 8);
    say(&made, 3600000, "Ann", monologue);
    commit_draft(fixture, made);
    g_assert_true(search_update(fixture->search, "m", &error));
    for (guint i = 0; i < 600; i += 7) {
        g_autofree char *query = g_strdup_printf("\"number%u\"", i);
        g_autoptr(GPtrArray) hits = find(fixture, query);
        g_assert_cmpint(only_hit(hits)->start_ms, ==, i * 6000);
        g_assert_cmpstr(only_hit(hits)->speaker, ==, i % 7 < 4 ? "Ann" : "Bob");
        g_auto(GStrv) words = g_strsplit(only_hit(hits)->snippet, " ", -1);
        g_assert_cmpuint(g_strv_length(words), <=, 32);
    }
    g_autoptr(GPtrArray) needle = find(fixture, "needle");
    g_assert_cmpint(only_hit(needle)->start_ms, ==, 3600000);
    g_assert_cmpuint(strlen(only_hit(needle)->snippet), <, 400);
    guint passages = count(fixture, "segment"); /* limit 50 */
    g_assert_cmpuint(passages, ==, 50);
    g_assert_cmpuint(count(fixture, "number0 number5"), ==, 1); /* neighbours share a passage */
}

static void test_without_times(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    Draft made = draft("m", BASE_MS, "Imported");
    say(&made, 4000, "Ann", "Nothing was timed.");
    made.transcript->timed = false;
    commit_draft(fixture, made);
    g_assert_true(search_update(fixture->search, "m", &error));
    g_autoptr(GPtrArray) hits = find(fixture, "timed");
    g_assert_cmpint(only_hit(hits)->start_ms, ==, -1);
    g_assert_cmpstr(only_hit(hits)->speaker, ==, "Ann");
}

static void test_order_and_pages(Fixture *fixture, gconstpointer unused) {
    for (guint i = 0; i < 9; i++) {
        g_autofree char *id = g_strdup_printf("m%u", i);
        put_meeting(fixture, id, BASE_MS + ((i * 5) % 9) * 1000, "x", "the apple falls far from the tree in autumn");
    }
    put_meeting(fixture, "best", 5, "x", "apple apple");
    g_autoptr(GPtrArray) all = find(fixture, "apple");
    g_assert_cmpuint(all->len, ==, 10);
    g_assert_cmpstr(((SearchHit *)g_ptr_array_index(all, 0))->meeting_id, ==, "best");
    for (guint i = 2; i < 10; i++) {
        const SearchHit *hit = g_ptr_array_index(all, i), *before = g_ptr_array_index(all, i - 1);
        g_assert_cmpint(hit->timestamp_ms, <, before->timestamp_ms);
    }
    for (guint offset = 0; offset < 12; offset += 4) {
        g_autoptr(GPtrArray) page = NULL;
        g_assert_true(search_find(fixture->search, "apple", 4, offset, &page, NULL));
        g_assert_cmpuint(page->len, ==, MIN(4, 10 - offset));
        for (guint i = 0; i < page->len; i++)
            g_assert_cmpstr(((SearchHit *)g_ptr_array_index(page, i))->meeting_id, ==,
                            ((SearchHit *)g_ptr_array_index(all, offset + i))->meeting_id);
    }
}

static void test_limits(Fixture *fixture, gconstpointer unused) {
    put_meeting(fixture, "m", BASE_MS, "x", "word");
    g_autofree char *longest = g_strnfill(SEARCH_QUERY_BYTES_MAX, 'w'), *over = g_strnfill(SEARCH_QUERY_BYTES_MAX + 1, 'w');
    g_autoptr(GString) many = g_string_new(NULL);
    for (guint i = 0; i < SEARCH_QUERY_BYTES_MAX / 2; i++) g_string_append(many, "w ");
    g_assert_cmpuint(count(fixture, longest), ==, 0);
    g_assert_cmpuint(count(fixture, many->str), ==, 0);
    const struct {
        const char *query;
        guint limit;
        bool accepted;
    } pages[] = {{over, 1, false},
                 {"word", 0, false},
                 {"word", 1, true},
                 {"word", PAGE_LIMIT_MAX, true},
                 {"word", PAGE_LIMIT_MAX + 1, false}};
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) hits = NULL;
        g_assert_cmpint(search_find(fixture->search, pages[i].query, pages[i].limit, 0, &hits, &error), ==, pages[i].accepted);
        if (pages[i].accepted) continue;
        g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
        g_assert_null(hits);
    }
}

/* Nothing that can be typed is an error. */
static void test_hostile_queries(Fixture *fixture, gconstpointer unused) {
    put_meeting(fixture, "m", BASE_MS, "x", "and or not near text words rank 東京 straße");
    const char *pieces[] = {
        "\"", "*", "(", ")", "AND", "OR", "NOT", "NEAR(", "near/2", "text:", "words:", "-", "+", "^", "{", "}", ":", ",",
        "'", ";", "--", "\\", "%", "東京", "\xff", "\x01", " ", "  ", "\t", "a", "rank", "not ", "é", "e\u0301", "\u0301",
        "\U0001F600", "\uE000", "\U0001E900", "\xC3", "NULL", "\n", "?1",
    };
    for (guint i = 0; i < 2000; i++) {
        g_autoptr(GString) query = g_string_new(NULL);
        int length = g_test_rand_int_range(1, 20);
        for (int j = 0; j < length; j++) {
            if (g_test_rand_int_range(0, 4) == 0) g_string_append_c(query, (char)g_test_rand_int_range(1, 256));
            else g_string_append(query, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
        }
        g_string_truncate(query, MIN(query->len, SEARCH_QUERY_BYTES_MAX));
        g_autoptr(GPtrArray) hits = find(fixture, query->str);
        g_assert_cmpuint(hits->len, <=, 2);
    }
}

/* -- keeping up to date -------------------------------------------------------------------------------------------------- */

static void test_update_and_forget(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    put_meeting(fixture, "m", BASE_MS, "x", "first words");
    put_meeting(fixture, "other", BASE_MS, "x", "first words too");
    put_meeting(fixture, "m", BASE_MS, "x", "second words");
    g_assert_cmpuint(count(fixture, "first"), ==, 1);
    g_assert_cmpuint(count(fixture, "second"), ==, 1);
    g_assert_true(meeting_delete(&fixture->meetings, "m", NULL, &error));
    g_assert_true(search_update(fixture->search, "m", &error));
    g_assert_true(search_update(fixture->search, "m", &error));
    g_assert_true(search_update(fixture->search, "never-was", &error));
    g_assert_cmpuint(count(fixture, "second"), ==, 0);
    g_assert_cmpuint(count(fixture, "words"), ==, 1);
}

static void test_index_survives(Fixture *fixture, gconstpointer unused) {
    put_meeting(fixture, "m", BASE_MS, "x", "lasting words");
    search_close(fixture->search);
    fixture->search = open_index(fixture);
    g_assert_cmpuint(count(fixture, "lasting"), ==, 1);
    GStatBuf info;
    g_assert_cmpint(g_stat(fixture->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
}

static guint refresh(Fixture *fixture, guint rows_max) {
    g_autoptr(GError) error = NULL;
    guint updated = 999;
    search_refresh(fixture->search, rows_max, NULL, &updated, &error);
    g_assert_no_error(error);
    return updated;
}

static void commit_words(Fixture *fixture, const char *meeting_id, gint64 timestamp_ms, const char *words) {
    Draft made = draft(meeting_id, timestamp_ms, "x");
    say(&made, 1000, "Ann", words);
    commit_draft(fixture, made);
}

static void test_refresh(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    g_assert_cmpuint(refresh(fixture, 0), ==, 0);
    for (guint i = 0; i < PAGE_LIMIT_MAX + 10; i++) {
        g_autofree char *id = g_strdup_printf("m%03u", i);
        commit_words(fixture, id, BASE_MS + i, "apple");
    }
    g_assert_cmpuint(refresh(fixture, 3), ==, 3);
    g_assert_cmpuint(count(fixture, "apple"), ==, 3);
    g_assert_cmpuint(refresh(fixture, 0), ==, PAGE_LIMIT_MAX + 7);
    g_assert_cmpuint(refresh(fixture, 0), ==, 0);

    g_usleep(2000); /* a later millisecond than the first commit */
    commit_words(fixture, "m005", BASE_MS + 5, "pear");
    g_assert_true(meeting_delete(&fixture->meetings, "m006", NULL, &error));
    g_assert_cmpuint(refresh(fixture, 10), ==, 0); /* neither is among the newest */
    g_assert_cmpuint(refresh(fixture, 0), ==, 2);
    g_assert_cmpuint(count(fixture, "pear"), ==, 1);
    g_autoptr(GPtrArray) all = NULL;
    g_assert_true(search_find(fixture->search, "apple", PAGE_LIMIT_MAX, 100, &all, &error));
    g_assert_cmpuint(all->len, ==, PAGE_LIMIT_MAX + 8 - 100);
    g_assert_true(search_refresh(fixture->search, 0, NULL, NULL, &error));
}

/* All of it is one LIST a thousand keys and no GET, where nothing has changed. */
static void test_refresh_cost(Fixture *fixture, gconstpointer unused) {
    g_autoptr(Catalog) catalog = NULL;
    Store *counting = faulty_store_new(fixture->store, FAULT_NONE, 0);
    Search *search = NULL;
    for (guint i = 0; i < PAGE_LIMIT_MAX + 10; i++) {
        g_autofree char *id = g_strdup_printf("m%03u", i);
        commit_words(fixture, id, BASE_MS + i, "apple");
    }
    refresh(fixture, 0);
    g_assert_true(catalog_keys_open(counting, &catalog, NULL));
    g_assert_true(search_open(fixture->path, counting, catalog, &search, NULL));
    g_assert_cmpuint(search_seen(search), ==, 0);
    g_assert_true(search_refresh(search, 0, NULL, NULL, NULL));
    g_assert_cmpint(((FaultyStore *)counting)->operations, ==, 1);
    g_assert_cmpuint(search_seen(search), ==, PAGE_LIMIT_MAX + 10);
    search_close(search);
    catalog_close(g_steal_pointer(&catalog));
    store_close(counting);
}

/* One that is asked to stop does so, and what it has done stays. */
static void test_refresh_cancelled(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) stop = g_cancellable_new();
    guint updated = 999;
    commit_words(fixture, "m1", BASE_MS, "apple");
    g_assert_true(search_refresh(fixture->search, 0, stop, &updated, &error));
    g_assert_cmpuint(updated, ==, 1);
    commit_words(fixture, "m2", BASE_MS, "apple");
    g_cancellable_cancel(stop);
    g_assert_false(search_refresh(fixture->search, 0, stop, &updated, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CANCELLED);
    g_assert_cmpuint(updated, ==, 1);
    g_assert_cmpuint(count(fixture, "apple"), ==, 1);
}

/* One damaged meeting is reported and does not keep the others out. */
static void test_refresh_damaged_meeting(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < 3; i++) {
        g_autofree char *id = g_strdup_printf("m%u", i);
        commit_words(fixture, id, BASE_MS + i, "apple");
    }
    g_autofree char *key = key_document("m1", DOCUMENT_TRANSCRIPT);
    g_autoptr(GBytes) garbage = g_bytes_new_static("garbage", 7);
    g_assert_true(store_put(fixture->store, key, garbage, NULL, NULL, NULL));
    guint updated = 999;
    g_assert_false(search_refresh(fixture->search, 0, NULL, &updated, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
    g_assert_cmpuint(updated, ==, 999);
    g_assert_cmpuint(count(fixture, "apple"), ==, 2);
}

/* -- items --------------------------------------------------------------------------------------------------------------- */

static void assert_filtered(Fixture *fixture, ItemFilter filter, guint limit, guint offset, const char *expected) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) items = NULL;
    search_items(fixture->search, &filter, limit, offset, &items, &error);
    g_assert_no_error(error);
    g_autoptr(GString) found = g_string_new(NULL);
    gsize i;
    json_t *item;
    json_array_foreach(items, i, item) g_string_append_printf(found, "%s ", json_get_string(item, "text", "?"));
    g_assert_cmpstr(g_strchomp(found->str), ==, expected);
}

static void assert_items(Fixture *fixture, const char *kind, const char *status, const char *owner, guint limit, guint offset,
                         const char *expected) {
    assert_filtered(fixture, (ItemFilter){.kind = kind, .status = status, .owner = owner}, limit, offset, expected);
}

static void set_item(Item *item, const char *status, const char *due) {
    g_free(item->status);
    item->status = g_strdup(status);
    item->due = g_strdup(due);
}

/* By the date by which they are due, by owner, open or not. */
static void test_items_by_due(Fixture *fixture, gconstpointer unused) {
    g_autoptr(json_t) owners = NULL;
    Draft old = draft("old", BASE_MS, "Old"), new = draft("new", BASE_MS + 1, "New");
    set_item(decide(&old, ITEM_ACTION, "late", "Ann"), "draft", "2026-05-01");
    set_item(decide(&old, ITEM_ACTION, "never", "Bob"), "confirmed", NULL);
    set_item(decide(&old, ITEM_ACTION, "gone", "Bob"), "done", "2026-01-01");
    set_item(decide(&new, ITEM_ACTION, "soon", "ANN"), "confirmed", "2026-03-01");
    set_item(decide(&new, ITEM_ACTION, "no", "Cy"), "rejected", "2026-03-01");
    commit_draft(fixture, old);
    commit_draft(fixture, new);
    g_assert_cmpuint(refresh(fixture, 0), ==, 2);
    assert_filtered(fixture, (ItemFilter){.status = "open"}, 50, 0, "soon late never");
    assert_filtered(fixture, (ItemFilter){.status = "open", .by_due = true}, 50, 0, "soon late never");
    assert_filtered(fixture, (ItemFilter){.by_due = true}, 50, 0, "gone soon no late never");
    assert_filtered(fixture, (ItemFilter){.by_due = true, .due_to = "2026-03-01"}, 50, 0, "gone soon no");
    assert_filtered(fixture, (ItemFilter){.by_due = true, .due_from = "2026-03-01", .due_to = "2026-05-01", .owner = "ann"}, 50, 0, "soon late");
    assert_filtered(fixture, (ItemFilter){.by_due = true}, 2, 3, "late never");
    g_assert_true(search_item_owners(fixture->search, &(ItemFilter){.kind = "action", .status = "open", .owner = "Bob"}, &owners, NULL));
    g_assert_cmpuint(json_array_size(owners), ==, 2);
    g_assert_cmpint(json_get_int(json_array_get(owners, 0), "count", 0), ==, 2);
    g_assert_cmpint(g_ascii_strcasecmp(json_get_string(json_array_get(owners, 0), "owner", ""), "ann"), ==, 0);
    g_assert_cmpstr(json_get_string(json_array_get(owners, 1), "owner", ""), ==, "Bob");
    static const char *const wrong[] = {"soon", "2026-3-1", "2026-02-30"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        json_t *items = NULL;
        g_assert_false(search_items(fixture->search, &(ItemFilter){.due_to = wrong[i]}, 1, 0, &items, &error));
        g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    }
}

static char *open_meetings(Fixture *fixture, gint64 from_ms, gint64 to_ms, const SearchMeeting *after, guint limit) {
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GString) ids = g_string_new(NULL);
    g_assert_true(search_meetings_with_open_actions(fixture->search, from_ms, to_ms, after, limit, &found, NULL));
    for (guint i = 0; i < found->len; i++) g_string_append_printf(ids, "%s ", ((SearchMeeting *)found->pdata[i])->meeting_id);
    return g_strdup(g_strchomp(ids->str));
}

static void test_open_meetings(Fixture *fixture, gconstpointer unused) {
    static const struct {
        const char *id;
        gint64 time;
        ItemKind kind;
        const char *status;
    } meetings[] = {{"a", 5, ITEM_ACTION, "draft"}, {"b", 4, ITEM_ACTION, "done"},      {"c", 3, ITEM_DECISION, "draft"},
                    {"d", 3, ITEM_ACTION, "draft"}, {"e", 3, ITEM_ACTION, "confirmed"}, {"f", 1, ITEM_ACTION, "draft"}};
    for (gsize i = 0; i < G_N_ELEMENTS(meetings); i++) {
        Draft one = draft(meetings[i].id, BASE_MS + meetings[i].time, meetings[i].id);
        set_item(decide(&one, meetings[i].kind, "x", NULL), meetings[i].status, NULL);
        commit_draft(fixture, one);
    }
    refresh(fixture, 0);
    SearchMeeting after_a = {BASE_MS + 5, (char *)"a"}, after_d = {BASE_MS + 3, (char *)"d"};
    g_autofree char *all = open_meetings(fixture, 0, 0, NULL, 50), *first = open_meetings(fixture, 0, 0, NULL, 1);
    g_autofree char *next = open_meetings(fixture, 0, 0, &after_a, 1), *rest = open_meetings(fixture, 0, 0, &after_d, 50);
    g_autofree char *between = open_meetings(fixture, BASE_MS + 2, BASE_MS + 5, NULL, 50);
    g_assert_cmpstr(all, ==, "a d e f");
    g_assert_cmpstr(first, ==, "a");
    g_assert_cmpstr(next, ==, "d");
    g_assert_cmpstr(rest, ==, "e f");
    g_assert_cmpstr(between, ==, "d e");
}

static void test_items(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    Draft old = draft("old", BASE_MS, "Old"), new = draft("new", BASE_MS + 1, "New");
    decide(&old, ITEM_ACTION, "a", "Ann");
    Item *done = decide(&old, ITEM_ACTION, "b", "Émile");
    g_free(done->status);
    done->status = g_strdup("done");
    decide(&old, ITEM_QUESTION, "c", NULL);
    decide(&new, ITEM_ACTION, "d", "ann");
    decide(&new, ITEM_DECISION, "e", NULL);
    commit_draft(fixture, old);
    commit_draft(fixture, new);
    g_assert_cmpuint(refresh(fixture, 0), ==, 2);
    assert_items(fixture, NULL, NULL, NULL, 50, 0, "d e a b c");
    assert_items(fixture, NULL, NULL, NULL, 2, 1, "e a");
    assert_items(fixture, "action", NULL, NULL, 50, 0, "d a b");
    assert_items(fixture, "action", "draft", NULL, 50, 0, "d a");
    assert_items(fixture, NULL, NULL, "ANN", 50, 0, "d a");
    assert_items(fixture, NULL, "done", "émile", 50, 0, "b");
    assert_items(fixture, NULL, NULL, "\xff'; DROP TABLE items; --", 50, 0, "");
    assert_items(fixture, "requirement", NULL, NULL, 50, 0, "");
    g_autoptr(json_t) items = NULL;
    g_assert_true(search_items(fixture->search, &(ItemFilter){.kind = "decision"}, 1, 0, &items, &error));
    const json_t *item = json_array_get(items, 0);
    g_assert_cmpstr(json_get_string(item, "meeting_id", ""), ==, "new");
    g_assert_cmpstr(json_get_string(item, "title", ""), ==, "New");
    g_assert_cmpstr(json_get_string(item, "kind", ""), ==, "decision");
    g_assert_cmpstr(json_get_string(item, "id", ""), ==, "D-1");
    g_assert_cmpstr(json_get_string(item, "timestamp", ""), ==, "2023-11-14T22:13:20.001Z");
    g_assert_false(search_items(fixture->search, &(ItemFilter){.kind = "wrong"}, 1, 0, &items, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(search_items(fixture->search, &(ItemFilter){.status = "wrong"}, 1, 0, &items, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(search_items(fixture->search, &(ItemFilter){0}, PAGE_LIMIT_MAX + 1, 0, &items, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
}

/* -- the file ------------------------------------------------------------------------------------------------------------ */

static void assert_mends(Fixture *fixture) {
    fixture->search = open_index(fixture);
    g_assert_cmpuint(count(fixture, "apple"), ==, 0);
    g_assert_cmpuint(refresh(fixture, 0), ==, 1);
    g_assert_cmpuint(count(fixture, "apple"), ==, 1);
}

static void run_sql(Fixture *fixture, const char *sql) {
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(fixture->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
}

static void test_damaged_file(Fixture *fixture, gconstpointer unused) {
    g_autofree char *damaged = g_strconcat(fixture->path, ".damaged", NULL), *kept = NULL;
    commit_words(fixture, "m", BASE_MS, "apple");
    refresh(fixture, 0);
    g_clear_pointer(&fixture->search, search_close);
    g_assert_false(g_file_test(damaged, G_FILE_TEST_EXISTS));
    const char *text = "this is no database, though it has more than the 100 bytes of a header: read on";
    g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
    assert_mends(fixture);
    g_assert_true(g_file_get_contents(damaged, &kept, NULL, NULL));
    g_assert_true(g_str_has_prefix(kept, "this is no database"));
}

static void test_foreign_file(Fixture *fixture, gconstpointer unused) {
    g_autofree char *damaged = g_strconcat(fixture->path, ".damaged", NULL);
    commit_words(fixture, "m", BASE_MS, "apple");
    g_clear_pointer(&fixture->search, search_close);
    g_assert_cmpint(g_remove(fixture->path), ==, 0);
    run_sql(fixture, "CREATE TABLE precious(data)");
    assert_mends(fixture);
    g_assert_true(g_file_test(damaged, G_FILE_TEST_EXISTS));
}

static void test_other_version(Fixture *fixture, gconstpointer unused) {
    g_autofree char *damaged = g_strconcat(fixture->path, ".damaged", NULL);
    commit_words(fixture, "m", BASE_MS, "apple");
    refresh(fixture, 0);
    g_clear_pointer(&fixture->search, search_close);
    run_sql(fixture, "PRAGMA user_version=99; CREATE TABLE of_the_future(data)");
    assert_mends(fixture);
    g_assert_false(g_file_test(damaged, G_FILE_TEST_EXISTS));
}

/* Damage behind the header shows only in use: that call fails, the next one has a new file. */
static void test_damage_in_use(Fixture *fixture, gconstpointer unused) {
    commit_words(fixture, "m", BASE_MS, "apple");
    refresh(fixture, 0);
    g_clear_pointer(&fixture->search, search_close);
    run_sql(fixture, "DELETE FROM words_data WHERE id > 10");
    fixture->search = open_index(fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) hits = NULL;
    g_assert_false(search_find(fixture->search, "apple", 10, 0, &hits, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
    g_assert_cmpuint(count(fixture, "apple"), ==, 0);
    g_assert_cmpuint(refresh(fixture, 0), ==, 1);
    g_assert_cmpuint(count(fixture, "apple"), ==, 1);
}

static void test_unusable_path(Fixture *fixture, gconstpointer unused) {
    g_autoptr(GError) error = NULL;
    Search *search = NULL;
    g_autofree char *below_a_file = g_build_filename(fixture->path, "search.db", NULL);
    g_assert_false(search_open(fixture->folder, fixture->store, fixture->catalog, &search, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, fixture->folder));
    g_clear_error(&error);
    g_assert_false(search_open(below_a_file, fixture->store, fixture->catalog, &search, &error));
    g_assert_nonnull(error);
    g_assert_null(search);
    g_autofree char *lock = g_strconcat(fixture->folder, ".lock", NULL);
    g_remove(lock);
}

typedef struct {
    Fixture *fixture;
    Search *search;
    guint number;
} Handle;

static gpointer use_handle(gpointer data) {
    const Handle *handle = data;
    for (guint i = 0; i < 20; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) hits = NULL;
        g_autofree char *id = g_strdup_printf("m%u", (i + handle->number) % 8);
        search_update(handle->search, id, &error);
        g_assert_no_error(error);
        search_find(handle->search, "apple", 50, 0, &hits, &error);
        g_assert_no_error(error);
        if (i % 10 == 0) search_refresh(handle->search, 0, NULL, NULL, &error);
        g_assert_no_error(error);
    }
    return NULL;
}

static void test_two_handles(Fixture *fixture, gconstpointer unused) {
    g_autoptr(Search) second = open_index(fixture);
    for (guint i = 0; i < 8; i++) {
        g_autofree char *id = g_strdup_printf("m%u", i);
        commit_words(fixture, id, BASE_MS + i, "apple");
    }
    Handle handles[4];
    GThread *threads[4];
    for (guint i = 0; i < 4; i++) {
        handles[i] = (Handle){fixture, i % 2 ? second : fixture->search, i};
        threads[i] = g_thread_new("search", use_handle, &handles[i]);
    }
    for (guint i = 0; i < 4; i++) g_thread_join(threads[i]);
    g_assert_cmpuint(count(fixture, "apple"), ==, 8);
}

static gpointer open_and_close(gpointer data) {
    search_close(open_index(data));
    return NULL;
}

/* Several processes start at once on a file that is damaged: it is set aside once. */
static void test_open_together(Fixture *fixture, gconstpointer unused) {
    g_clear_pointer(&fixture->search, search_close);
    g_assert_true(g_file_set_contents(fixture->path, "damaged", -1, NULL));
    GThread *threads[4];
    for (guint i = 0; i < 4; i++) threads[i] = g_thread_new("open", open_and_close, fixture);
    for (guint i = 0; i < 4; i++) g_thread_join(threads[i]);
    g_autofree char *damaged = g_strconcat(fixture->path, ".damaged", NULL), *kept = NULL;
    g_assert_true(g_file_get_contents(damaged, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, "damaged");
}

static const struct {
    const char *path;
    void (*run)(Fixture *fixture, gconstpointer unused);
} cases[] = {
    {"/search/words", test_words},
    {"/search/hit", test_hit},
    {"/search/long-transcript", test_long_transcript},
    {"/search/without-times", test_without_times},
    {"/search/order-and-pages", test_order_and_pages},
    {"/search/limits", test_limits},
    {"/search/hostile-queries", test_hostile_queries},
    {"/search/update-and-forget", test_update_and_forget},
    {"/search/index-survives", test_index_survives},
    {"/search/refresh", test_refresh},
    {"/search/refresh-cost", test_refresh_cost},
    {"/search/refresh-cancelled", test_refresh_cancelled},
    {"/search/refresh-damaged-meeting", test_refresh_damaged_meeting},
    {"/search/items", test_items},
    {"/search/items-by-due", test_items_by_due},
    {"/search/open-meetings", test_open_meetings},
    {"/search/damaged-file", test_damaged_file},
    {"/search/foreign-file", test_foreign_file},
    {"/search/other-version", test_other_version},
    {"/search/damage-in-use", test_damage_in_use},
    {"/search/unusable-path", test_unusable_path},
    {"/search/two-handles", test_two_handles},
    {"/search/open-together", test_open_together},
};

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) g_test_add(cases[i].path, Fixture, NULL, set_up, cases[i].run, tear_down);
    return g_test_run();
}
