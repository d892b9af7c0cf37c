/* ingest: 10,000 hostile file names, seeded. Whatever a recording is called, its key is a key, its name a name, and its file lies in the store. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "fake_clock.h"
#include "ingest/ingest.h"
#include "model/keys.h"
#include "store/dir.h"
#include "store/key.h"

#define NAMES 10000
#define STORED_EACH 100 /* so many are checked for one that is stored: each costs some fsyncs */

static const char *const pieces[] = {
    "..", ".", "/", "\\", "//", "../", "..\\", "C:", "\x01", "\x1b[31m", "\x7f", "\n", "\r", "\xff", "\xc3", "\xed\xa0\x80", "%2f", "%00",
    "\u202e", "\u200b", "\u2028", "\ufeff", "e\u0301", "\u00e9", "~", "-", "--", " ", "\t", "$(id)", "`id`", ";", "|", "*", "?", "<b>",
    "\"", "'", "CON", "nul.", ".hansard", ".m4a", ".vtt", "meetings/", "metadata.json", "a", "\u6f22", "\U0001f642"};

static char *hostile_name(GRand *rand) {
    GString *name = g_string_new(NULL);
    int most = g_rand_int_range(rand, 0, 50) == 0 ? 3000 : 12;
    for (int left = g_rand_int_range(rand, 0, most); left > 0; left--) g_string_append(name, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
    return g_string_free(name, FALSE);
}

static void assert_name(const char *clean) {
    g_assert_true(g_utf8_validate(clean, -1, NULL));
    g_assert_cmpuint(strlen(clean), >, 0);
    g_assert_cmpuint(strlen(clean), <=, FILENAME_BYTES_MAX);
    g_assert_null(strpbrk(clean, "/\\"));
    g_assert_cmpstr(clean, !=, ".");
    g_assert_cmpstr(clean, !=, "..");
    for (const char *at = clean; *at; at = g_utf8_next_char(at)) g_assert_false(g_unichar_iscntrl(g_utf8_get_char(at)));
}

static void store_one(const Meetings *meetings, Jobs *jobs, const char *root, const char *name) {
    IngestOptions options = {.filename = name};
    Ingest *ingest = NULL;
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(ingest_open(meetings, jobs, &options, &ingest, &error) && ingest_write(ingest, "x", 1, &error));
    g_assert_true(ingest_finish(ingest, &job, &error));
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(root, job->audio_key, NULL), *folder = g_path_get_dirname(path);
    g_autofree char *wanted = g_build_filename(root, "meetings", NULL);
    g_assert_cmpstr(folder, ==, wanted);
    g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK));
}

static guint count_in(const char *path) {
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (folder && g_dir_read_name(folder)) count++;
    return count;
}

static void remove_tree(const char *path) {
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    (void)g_remove(path);
}

static void test_names(void) {
    static FakeClock now = FAKE_CLOCK(1772600767089);
    g_autofree char *place = g_dir_make_tmp("hansard-names-XXXXXX", NULL), *root = g_build_filename(place, "data", NULL), *recordings = NULL;
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261126);
    Store *store = NULL;
    Catalog *catalog = NULL;
    g_assert_true(store_dir_open(root, &now.base, &store, NULL) && catalog_keys_open(store, &catalog, NULL));
    Meetings meetings = {store, catalog, &now.base};
    Jobs *jobs = jobs_new(store, &now.base);
    for (int i = 0; i < NAMES; i++) {
        g_autofree char *name = hostile_name(rand), *clean = text_clean_filename(name), *uuid = text_uuid(), *key = key_recording(uuid, clean);
        g_autoptr(GError) error = NULL;
        assert_name(clean);
        g_assert_true(store_key_check(key, &error));
        g_assert_no_error(error);
        g_assert_true(g_str_has_prefix(key, PREFIX_RECORDINGS) && !strchr(key + strlen(PREFIX_RECORDINGS), '/'));
        if (i % STORED_EACH == 0) store_one(&meetings, jobs, root, name);
    }
    recordings = g_build_filename(root, "meetings", NULL);
    g_assert_cmpuint(count_in(recordings), ==, NAMES / STORED_EACH);
    g_assert_cmpuint(count_in(place), ==, 1);
    jobs_free(jobs);
    catalog_close(catalog);
    store_close(store);
    remove_tree(place);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ingest-names/hostile", test_names);
    return g_test_run();
}
