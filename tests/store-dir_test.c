/* The store's contract on the directory, and what only a directory has: other processes, power loss, links, leftovers, full
 * disks, files that others put there, and large folders. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/text.h"
#include "store/dir.h"
#include "store/dir_internal.h"
#include "store_contract.h"

static void remove_tree(const char *path) {
    if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK) && g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        for (const char *name; folder && (name = g_dir_read_name(folder));) {
            g_autofree char *below = g_build_filename(path, name, NULL);
            remove_tree(below);
        }
    }
    (void)g_remove(path);
}

static Store *open_at(const char *place, Clock *clock) {
    g_autoptr(GError) error = NULL;
    Store *store = NULL;
    g_autofree char *root = g_build_filename(place, "data", NULL);
    store_dir_open(root, clock, &store, &error);
    g_assert_no_error(error);
    return store;
}

static Store *open_dir(Clock *clock, char **place) {
    *place = g_dir_make_tmp("hansard-store-XXXXXX", NULL);
    g_assert_nonnull(*place);
    return open_at(*place, clock);
}

static const StoreFactory dir = {.name = "dir", .own_clock = true, .local_urls = true, .open = open_dir, .remove = remove_tree};

static char *path_of(StoreFixture *fixture, const char *below) { return g_build_filename(fixture->place, "data", below, NULL); }

static void write_file(StoreFixture *fixture, const char *below, const char *text) {
    g_autofree char *path = path_of(fixture, below);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static guint count_files(StoreFixture *fixture, const char *below) {
    g_autofree char *path = path_of(fixture, below);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (folder && g_dir_read_name(folder)) count++;
    return count;
}

static bool exists(StoreFixture *fixture, const char *below) {
    g_autofree char *path = path_of(fixture, below);
    struct stat status;
    return lstat(path, &status) == 0;
}

/* Fails with `expected`, and leaves neither temporary file nor attributes nor an empty directory. */
static void assert_put_fails(StoreFixture *fixture, const char *key, ErrorCode expected) {
    assert_fails(put_text(fixture->store, key, "text", &(StorePut){.content_type = "x/y"}, error), expected);
    g_assert_cmpuint(count_files(fixture, ".hansard/tmp"), ==, 0);
    g_assert_cmpuint(count_files(fixture, ".hansard/attributes"), ==, 0);
}

static void test_modes(StoreFixture *fixture, gconstpointer factory) {
    mode_t old = umask(0);
    g_autoptr(Store) store = NULL;
    g_autofree char *place = g_build_filename(fixture->place, "open", NULL), *url = NULL;
    store = open_at(place, clock_system());
    must_put(store, "a/b", "x");
    assert_works(store_sign_url(store, "a/b", &(StoreUrl){.method = "GET", .expires_s = 1}, &url, error));
    umask(old);
    static const struct {
        const char *name;
        mode_t mode;
    } cases[] = {{"data", 0700},
                 {"data/a", 0700},
                 {"data/a/b", 0600},
                 {"data/.hansard", 0700},
                 {"data/.hansard/url-secret", 0600}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct stat status;
        g_autofree char *path = g_build_filename(place, cases[i].name, NULL);
        g_assert_cmpint(lstat(path, &status), ==, 0);
        g_assert_cmpint(status.st_mode & 07777, ==, cases[i].mode);
    }
}

static void test_name_conflicts(StoreFixture *fixture, gconstpointer factory) {
    must_put(fixture->store, "a", "1");
    assert_put_fails(fixture, "a/b", ERROR_CONFLICT);
    assert_put_fails(fixture, "a/b/c", ERROR_CONFLICT);
    must_put(fixture->store, "d/e", "2");
    assert_put_fails(fixture, "d", ERROR_CONFLICT);
    assert_list(fixture->store, "", NULL, 9, "a d/e");
    assert_works(store_delete(fixture->store, "d/e", error));
    g_assert_false(exists(fixture, "d"));
    must_put(fixture->store, "d", "3");
    g_autofree char *left = path_of(fixture, "left"); /* by a delete that was interrupted */
    g_assert_cmpint(g_mkdir(left, 0700), ==, 0);
    must_put(fixture->store, "left", "4");
    assert_text(fixture->store, "left", "4");
}

static void test_links(StoreFixture *fixture, gconstpointer factory) {
    g_autofree char *outside = g_build_filename(fixture->place, "outside", NULL);
    g_autofree char *outside_file = g_build_filename(outside, "file", NULL);
    g_assert_cmpint(g_mkdir(outside, 0700), ==, 0);
    g_assert_true(g_file_set_contents(outside_file, "secret", -1, NULL));
    g_autofree char *link = path_of(fixture, "link"), *file_link = path_of(fixture, "file-link");
    g_autofree char *fifo = path_of(fixture, "fifo");
    g_assert_cmpint(symlink(outside, link), ==, 0);
    g_assert_cmpint(symlink(outside_file, file_link), ==, 0);
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    assert_list(fixture->store, "", NULL, 9, "");
    assert_list(fixture->store, "link/", NULL, 9, "");
    assert_text(fixture->store, "link/file", NULL);
    assert_text(fixture->store, "file-link", NULL);
    assert_text(fixture->store, "fifo", NULL);
    assert_put_fails(fixture, "link/new", ERROR_CONFLICT);
    assert_works(store_delete(fixture->store, "link/file", error));
    assert_works(store_delete(fixture->store, "file-link", error));
    g_assert_true(exists(fixture, "file-link"));
    must_put(fixture->store, "file-link", "ours"); /* replaces the link, not what it points to */
    assert_text(fixture->store, "file-link", "ours");
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(outside_file, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "secret");
}

/* Random names of the pieces that lead out of directories elsewhere. */
static void test_hostile_keys(StoreFixture *fixture, gconstpointer factory) {
    static const char *const pieces[] = {"..",   ".",        "/",   "//", "a",  "\\", "%2e", "\x01",
                                         "\xff", ".hansard", "tmp", "~",  "ä", " ",  "\n",  "-"};
    g_autoptr(GRand) random = g_rand_new_with_seed(20260304);
    guint stored = 0;
    for (int i = 0; i < 10000; i++) {
        GString *key = g_string_new(NULL);
        for (int n = g_rand_int_range(random, 1, 9); n > 0; n--)
            g_string_append(key, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
        g_autoptr(GError) problem = NULL;
        bool valid = store_key_check(key->str, NULL);
        /* every 20th of the valid ones: each costs two fsyncs */
        g_autofree char *etag = valid && i % 20 ? NULL : put_text(fixture->store, key->str, "x", NULL, &problem);
        if (!valid) g_assert_error(problem, HANSARD_ERROR, ERROR_INVALID);
        else if (problem) g_assert_error(problem, HANSARD_ERROR, ERROR_CONFLICT);
        stored += etag != NULL;
        g_string_free(key, TRUE);
    }
    g_assert_cmpuint(stored, >, 20);
    g_autoptr(GDir) around = g_dir_open(fixture->place, 0, NULL);
    g_assert_cmpstr(g_dir_read_name(around), ==, "data");
    g_assert_null(g_dir_read_name(around));
    g_assert_cmpuint(count_files(fixture, ".hansard"), ==, 3); /* attributes, locks, tmp */
    g_assert_cmpuint(count_files(fixture, ".hansard/tmp"), ==, 0);
}

/* Files that no put made: under names that are no keys they are not seen, and all others are objects. */
static void test_foreign_files(StoreFixture *fixture, gconstpointer factory) {
    write_file(fixture, "old/metadata.json", "{}");
    write_file(fixture, "old/line\nend", "x");
    write_file(fixture, "old/\xff\xfe", "x");
    write_file(fixture, "bad\nfolder/a", "x");
    assert_list(fixture->store, "", NULL, 9, "old/metadata.json");
    assert_text(fixture->store, "old/metadata.json", "{}");
    g_auto(StoreInfo) info = {0};
    assert_works(store_head(fixture->store, "old/metadata.json", &info, error));
    g_assert_cmpstr(info.content_type, ==, "application/json");
    g_autofree char *etag = put_text(fixture->store, "old/metadata.json", "[]", &(StorePut){.if_match = info.etag}, NULL);
    g_assert_nonnull(etag);
    g_assert_cmpstr(etag, !=, info.etag);
}

/* A copy that keeps times keeps ETags and attributes. */
static void test_copy(StoreFixture *fixture, gconstpointer factory) {
    g_autofree char *etag = put_text(fixture->store, "a/b", "x", &(StorePut){.content_type = "x/y"}, NULL);
    g_autofree char *copy = g_build_filename(fixture->place, "copy", NULL), *from = path_of(fixture, NULL);
    g_assert_cmpint(g_mkdir(copy, 0700), ==, 0);
    char *command[] = {"cp", "-a", from, copy, NULL};
    g_assert_true(g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
    g_autoptr(Store) store = open_at(copy, clock_system());
    g_auto(StoreInfo) info = {0};
    assert_works(store_head(store, "a/b", &info, error));
    g_assert_cmpstr(info.etag, ==, etag);
    g_assert_cmpstr(info.content_type, ==, "x/y");
}

static void test_attributes(StoreFixture *fixture, gconstpointer factory) {
    const StorePut typed = {.content_type = "x/y"}, derived = {.content_type = "audio/wav"};
    must_put_as(fixture->store, "a.wav", "1", &derived);
    g_assert_cmpuint(count_files(fixture, ".hansard/attributes"), ==, 0);
    must_put_as(fixture->store, "a.wav", "2", &typed);
    g_assert_cmpuint(count_files(fixture, ".hansard/attributes"), ==, 1);
    g_autofree char *third = put_text(fixture->store, "a.wav", "3", &typed, NULL);
    g_assert_cmpuint(count_files(fixture, ".hansard/attributes"), ==, 1);
    g_autofree char *digest = text_sha256("a.wav", 5);
    g_autofree char *name = g_strdup_printf(".hansard/attributes/%s-%s", digest, third);
    static const char *const damaged[] = {"", "{", "[]", "{}", "{\"metadata\":[]}", "{\"metadata\":{\"a\":1}}",
                                          "{\"content_type\":\"a\\r\\nb\"}", "{\"metadata\":{\"a\":\"b\\u0007\"}}"};
    for (gsize i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_auto(StoreInfo) info = {0};
        write_file(fixture, name, damaged[i]);
        assert_fails(store_head(fixture->store, "a.wav", &info, error), ERROR_CORRUPT);
    }
    assert_works(store_delete(fixture->store, "a.wav", error));
    g_assert_cmpuint(count_files(fixture, ".hansard/attributes"), ==, 0);
}

/* What was made durable, and whether the object could be seen at that time. */
static struct {
    int files, folders, files_seen, folders_unseen, fail_at, calls;
    const char *object;
} syncs;

static int watched_fsync(int fd) {
    struct stat status;
    bool seen = access(syncs.object, F_OK) == 0;
    g_assert_cmpint(fstat(fd, &status), ==, 0);
    if (++syncs.calls == syncs.fail_at) {
        errno = EIO;
        return -1;
    }
    bool folder = S_ISDIR(status.st_mode);
    syncs.files += !folder;
    syncs.files_seen += !folder && seen;
    syncs.folders += folder && seen;
    syncs.folders_unseen += folder && !seen;
    return 0;
}

/* The bytes are durable before the object is seen, its name after; new folders are durable in the folder above. */
static void test_durable_order(StoreFixture *fixture, gconstpointer factory) {
    g_autofree char *object = path_of(fixture, "a/b/c");
    memset(&syncs, 0, sizeof syncs);
    syncs.object = object;
    dir_fsync = watched_fsync;
    must_put(fixture->store, "a/b/c", "1");
    g_assert_cmpint(syncs.files, ==, 1);
    g_assert_cmpint(syncs.files_seen, ==, 0);
    g_assert_cmpint(syncs.folders_unseen, ==, 2); /* "a" in the root, "b" in "a" */
    g_assert_cmpint(syncs.folders, ==, 1);        /* "c" in "b" */
    g_assert_cmpint(g_remove(object), ==, 0);
    syncs.files = syncs.folders = syncs.folders_unseen = 0;
    must_put_as(fixture->store, "a/b/c", "1", &(StorePut){.content_type = "x/y"});
    g_assert_cmpint(syncs.files, ==, 2);          /* bytes and attributes */
    g_assert_cmpint(syncs.files_seen, ==, 0);
    g_assert_cmpint(syncs.folders_unseen, ==, 1); /* attributes */
    g_assert_cmpint(syncs.folders, ==, 1);
    syncs.folders_unseen = 0;
    assert_works(store_delete(fixture->store, "a/b/c", error));
    g_assert_cmpint(syncs.folders_unseen, ==, 1); /* "c" is gone from "b" */
    dir_fsync = fsync;
}

/* For every n: when the n-th fsync fails, so does the put, and before the last one nothing is seen or left. */
static void test_failing_sync(StoreFixture *fixture, gconstpointer factory) {
    g_autofree char *object = path_of(fixture, "a/b/c");
    for (int n = 1; n <= 6; n++) {
        memset(&syncs, 0, sizeof syncs);
        syncs.object = object;
        syncs.fail_at = n;
        dir_fsync = watched_fsync;
        assert_fails(put_text(fixture->store, "a/b/c", "1", &(StorePut){.content_type = "x/y"}, error), ERROR_IO);
        dir_fsync = fsync;
        g_assert_cmpuint(count_files(fixture, ".hansard/tmp"), ==, 0);
        if (n < 6) g_assert_false(exists(fixture, "a"));
        if (n < 6) g_assert_cmpuint(count_files(fixture, ".hansard/attributes"), ==, 0);
    }
    g_assert_cmpint(syncs.calls, ==, 6);
}

static void test_killed_writer(StoreFixture *fixture, gconstpointer factory) {
    int ready[2];
    char byte;
    g_assert_cmpint(pipe(ready), ==, 0);
    must_put(fixture->store, "k", "old");
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        StoreWriter *writer = NULL;
        Store *store = open_at(fixture->place, clock_system());
        bool put = store_put_open(store, "k", NULL, &writer, NULL) && store_writer_write(writer, "new", 3, NULL);
        if (!put || write(ready[1], "r", 1) != 1) _exit(1);
        for (;;) pause();
    }
    g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    g_autoptr(Store) meanwhile = open_at(fixture->place, clock_system());
    g_assert_cmpuint(count_files(fixture, ".hansard/tmp"), ==, 1); /* not swept: the writer lives */
    g_clear_pointer(&meanwhile, store_close);
    g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    assert_text(fixture->store, "k", "old");
    assert_list(fixture->store, "", NULL, 9, "k");
    g_autoptr(Store) after = open_at(fixture->place, clock_system());
    g_assert_cmpuint(count_files(fixture, ".hansard/tmp"), ==, 0);
    assert_text(after, "k", "old");
    close(ready[0]);
    close(ready[1]);
}

static char *begin_with_part(StoreFixture *fixture, gsize size, GPtrArray **parts) {
    char *id = small_upload(fixture, "k", size, parts);
    g_assert_cmpuint(count_files(fixture, ".hansard/uploads"), >, 0);
    return id;
}

/* Neither complete, abort nor a failed begin leaves anything; a directory that a crash left is swept when it is old, and a link is no upload. */
static void test_upload_leftovers(StoreFixture *fixture, gconstpointer factory) {
    g_autoptr(GPtrArray) first_parts = NULL, second_parts = NULL;
    g_autofree char *first = begin_with_part(fixture, 10, &first_parts), *second = begin_with_part(fixture, 10, &second_parts);
    g_assert_cmpuint(count_files(fixture, ".hansard/uploads"), ==, 2);
    assert_works(store_upload_complete(fixture->store, "k", first, first_parts, NULL, NULL, error));
    assert_works(store_upload_abort(fixture->store, "k", second, error));
    g_assert_cmpuint(count_files(fixture, ".hansard/uploads"), ==, 0);

    write_file(fixture, ".hansard/uploads/00000000-0000-4000-8000-000000000001/7", "left by a crash");
    g_autofree char *linked = path_of(fixture, ".hansard/uploads/00000000-0000-4000-8000-000000000002");
    g_assert_cmpint(symlink("/", linked), ==, 0);
    GPtrArray *parts = NULL;
    for (int i = 1; i <= 2; i++) {
        g_autofree char *id = g_strdup_printf("00000000-0000-4000-8000-%012d", i);
        assert_fails(store_upload_parts(fixture->store, "k", id, &parts, error), ERROR_NOT_FOUND);
    }
    fixture->clock.ms = clock_now_ms(clock_system()) + (UPLOAD_IDLE_S_MAX + 60) * G_GINT64_CONSTANT(1000);
    g_autofree char *third = must_begin(fixture->store, "k", NULL);
    g_assert_false(exists(fixture, ".hansard/uploads/00000000-0000-4000-8000-000000000001"));
    g_assert_true(exists(fixture, ".hansard/uploads/00000000-0000-4000-8000-000000000002")); /* nobody's to follow */
    g_assert_cmpint(g_remove(linked), ==, 0);
    assert_works(store_upload_abort(fixture->store, "k", third, error));
}

/* For every n: when the n-th fsync of a complete fails, nothing of the object is acknowledged, and the upload can be completed again. */
static void test_upload_failing_sync(StoreFixture *fixture, gconstpointer factory) {
    g_autofree char *object = path_of(fixture, "k");
    bool completed = false;
    for (int n = 1; !completed; n++) {
        g_autoptr(GPtrArray) parts = NULL;
        g_autofree char *id = begin_with_part(fixture, 100, &parts);
        memset(&syncs, 0, sizeof syncs);
        syncs.object = object;
        syncs.fail_at = n;
        dir_fsync = watched_fsync;
        completed = store_upload_complete(fixture->store, "k", id, parts, NULL, NULL, NULL);
        dir_fsync = fsync;
        g_assert_true(completed == (syncs.calls < n));
        g_assert_true(n > 2 || !completed); /* at least two make it durable: the bytes, the name */
        if (n == 1) g_assert_false(exists(fixture, "k"));
        g_assert_cmpuint(count_files(fixture, ".hansard/tmp"), ==, 0);
        if (!completed) assert_works(store_upload_complete(fixture->store, "k", id, parts, NULL, NULL, error));
        assert_stream(fixture->store, "k", 100);
        g_assert_cmpuint(count_files(fixture, ".hansard/uploads"), ==, 0);
        assert_works(store_delete(fixture->store, "k", error));
    }
}

/* The id of an upload outlives the process that began it. */
static void test_upload_of_another_process(StoreFixture *fixture, gconstpointer factory) {
    g_autoptr(GPtrArray) parts = NULL;
    g_autofree char *id = begin_with_part(fixture, 10, &parts);
    g_autoptr(Store) other = open_at(fixture->place, clock_system());
    g_autoptr(GPtrArray) seen = must_list_parts(other, "k", id);
    g_assert_cmpuint(seen->len, ==, 1);
    assert_works(store_upload_complete(other, "k", id, seen, NULL, NULL, error));
    assert_fails(store_upload_complete(fixture->store, "k", id, parts, NULL, NULL, error), ERROR_NOT_FOUND);
    assert_stream(fixture->store, "k", 10);
}

#define PROCESSES 8
#define INCREMENTS 25

/* Adds one to the number in "n" by If-Match, as often as asked; a lost update would be missing in the sum. */
static int add_in_child(const char *place) {
    Store *store = open_at(place, clock_system());
    for (int done = 0; done < INCREMENTS;) {
        g_autoptr(GBytes) bytes = NULL;
        g_auto(StoreInfo) info = {0};
        g_autoptr(GError) problem = NULL;
        if (!store_get(store, "n", 64, &bytes, &info, &problem)) return 1;
        g_autofree char *old = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        g_autofree char *sum = g_strdup_printf("%d", (int)g_ascii_strtoll(old, NULL, 10) + 1);
        g_autofree char *etag = put_text(store, "n", sum, &(StorePut){.if_match = info.etag}, &problem);
        if (etag) done++;
        else if (!error_is(problem, ERROR_PRECONDITION)) return 1;
    }
    store_close(store);
    return 0;
}

/* Makes and removes keys whose directory the others make and remove. */
static int churn_in_child(const char *place, int number) {
    Store *store = open_at(place, clock_system());
    for (int i = 0; i < 40; i++) {
        g_autofree char *key = g_strdup_printf("churn/x/y/%d", number);
        must_put(store, key, key);
        assert_text(store, key, key);
        assert_works(store_delete(store, key, error));
    }
    store_close(store);
    return 0;
}

static void test_processes(StoreFixture *fixture, gconstpointer factory) {
    pid_t children[2 * PROCESSES];
    must_put(fixture->store, "n", "0");
    for (int i = 0; i < 2 * PROCESSES; i++) {
        children[i] = fork();
        g_assert_cmpint(children[i], >=, 0);
        if (children[i] == 0) _exit(i < PROCESSES ? add_in_child(fixture->place) : churn_in_child(fixture->place, i));
    }
    for (int i = 0; i < 2 * PROCESSES; i++) {
        int status;
        g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
        g_assert_cmpint(status, ==, 0);
    }
    g_autofree char *sum = get_text(fixture->store, "n");
    g_assert_cmpint(g_ascii_strtoll(sum, NULL, 10), ==, PROCESSES * INCREMENTS);
    assert_list(fixture->store, "", NULL, 9, "n");
    g_assert_false(exists(fixture, "churn"));
}

static bool write_until_full(StoreWriter *writer, guint64 limit, GError **error) {
    static const char block[65536];
    for (guint64 at = 0; at < limit; at += sizeof block)
        if (!store_writer_write(writer, block, sizeof block, error)) return false;
    return true;
}

/* A file may not grow over RLIMIT_FSIZE: EFBIG, as with a full disk. */
static void test_size_limit(StoreFixture *fixture, gconstpointer factory) {
    struct rlimit old, low;
    StoreWriter *writer = NULL;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
    low = (struct rlimit){.rlim_cur = MIB, .rlim_max = old.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_works(store_put_open(fixture->store, "a/big", NULL, &writer, error));
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &low), ==, 0);
    assert_fails(write_until_full(writer, 2 * MIB, error), ERROR_NO_SPACE);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
    assert_fails(store_writer_commit(writer, NULL, error), ERROR_CONFLICT);
    g_assert_cmpuint(count_files(fixture, ".hansard/tmp"), ==, 0);
    g_assert_false(exists(fixture, "a"));
}

static void test_full_disk(StoreFixture *fixture, gconstpointer factory) {
    g_autofree char *place = g_build_filename(fixture->place, "small", NULL);
    g_assert_cmpint(g_mkdir(place, 0700), ==, 0);
    if (mount("none", place, "tmpfs", 0, "size=256k") != 0) {
        g_test_skip("a file system of 256 KiB can't be mounted here");
        return;
    }
    g_autoptr(Store) store = open_at(place, clock_system());
    StoreWriter *writer = NULL;
    must_put(store, "small", "fits");
    assert_works(store_put_open(store, "big", NULL, &writer, error));
    assert_fails(write_until_full(writer, MIB, error), ERROR_NO_SPACE);
    store_writer_abort(writer);
    assert_text(store, "small", "fits");
    must_put(store, "small", "fits again");
    assert_list(store, "", NULL, 9, "small");
    g_clear_pointer(&store, store_close);
    g_assert_cmpint(umount2(place, MNT_DETACH), ==, 0);
}

static void test_open_fails(StoreFixture *fixture, gconstpointer factory) {
    Store *store = NULL;
    write_file(fixture, "file", "x");
    g_autofree char *file = path_of(fixture, "file"), *below = path_of(fixture, "file/below"), *planted = path_of(fixture, "p");
    assert_fails(store_dir_open(file, clock_system(), &store, error), ERROR_CONFIG);
    assert_fails(store_dir_open(below, clock_system(), &store, error), ERROR_CONFIG);
    g_autofree char *own = g_build_filename(planted, ".hansard", NULL);
    g_assert_cmpint(g_mkdir(planted, 0700), ==, 0);
    g_assert_cmpint(symlink("/tmp", own), ==, 0);
    assert_fails(store_dir_open(planted, clock_system(), &store, error), ERROR_CONFIG);
    g_assert_null(store);
}

static void test_secret(StoreFixture *fixture, gconstpointer factory) {
    g_autoptr(Store) second = open_at(fixture->place, &fixture->clock.base);
    g_autofree char *url = NULL, *key = NULL, *type = NULL, *name = NULL;
    assert_works(store_sign_url(fixture->store, "k", &(StoreUrl){.method = "GET", .expires_s = 9}, &url, error));
    assert_works(check_url(second, "GET", url, &key, &type, &name, error));
    char *none = NULL;
    write_file(fixture, ".hansard/url-secret", "short");
    assert_fails(check_url(second, "GET", url, &none, &none, &none, error), ERROR_CORRUPT);
    write_file(fixture, ".hansard/url-secret", "this one has 33 bytes, one over..");
    assert_fails(check_url(second, "GET", url, &none, &none, &none, error), ERROR_CORRUPT);
    g_autofree char *path = path_of(fixture, ".hansard/url-secret");
    g_assert_cmpint(g_remove(path), ==, 0);
    assert_fails(check_url(second, "GET", url, &none, &none, &none, error), ERROR_FORBIDDEN);
}

static void make_files(StoreFixture *fixture, const char *folder, int count) {
    g_autofree char *path = path_of(fixture, folder);
    g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
    for (int i = 0; i < count; i++) {
        g_autofree char *file = g_strdup_printf("%s/%08u", path, (guint)i * 2654435761u % 100000007u);
        int fd = open(file, O_CREAT | O_EXCL | O_WRONLY, 0600);
        g_assert_cmpint(fd, >=, 0);
        close(fd);
    }
}

/* More names than a window holds; with every change the next list is right, from the cache or not. */
static void test_large_folder(StoreFixture *fixture, gconstpointer factory) {
    const int count = 9000;
    make_files(fixture, "hansard/index", count);
    write_file(fixture, "hansard/index/00000000-folder/x", "");
    g_usleep(300000); /* so that the folder has settled and is cached */
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *entries;
    bool more = true;
    while (more) {
        const char *last = keys->len ? keys->pdata[keys->len - 1] : NULL;
        assert_works(store_list(fixture->store, "hansard/", last, 700, &entries, &more, error));
        for (guint i = 0; i < entries->len; i++) {
            const StoreEntry *entry = entries->pdata[i];
            if (keys->len) g_assert_cmpstr(keys->pdata[keys->len - 1], <, entry->key);
            g_ptr_array_add(keys, g_strdup(entry->key));
        }
        g_ptr_array_unref(entries);
    }
    g_assert_cmpuint(keys->len, ==, count + 1);
    for (int i = 0; i < 40; i++) {
        g_autofree char *expected = g_strdup_printf("hansard/index/%c +", '!' + i % 8);
        g_autofree char *key = g_strdup_printf("hansard/index/%c", '!' + i % 8);
        if (i % 5 == 4) g_usleep(150000);
        must_put(fixture->store, key, "");
        assert_list(fixture->store, "hansard/index/", NULL, 1, expected);
        assert_list(fixture->store, "hansard/index/", NULL, 1, expected);
        assert_works(store_delete(fixture->store, key, error));
        assert_list(fixture->store, "hansard/index/", NULL, 1, "hansard/index/00000000 +");
    }
}

/* The mark of a folder changes with every name that comes or goes, through this store or another; it is not told until the folder has rested. */
static void test_stamp(StoreFixture *fixture, gconstpointer factory) {
    g_autoptr(Store) other = open_at(fixture->place, &fixture->clock.base);
    StoreStamp stamp = {0}, before = {0}, theirs;
    g_assert_false(store_stamp(fixture->store, "hansard/index/", &stamp)); /* there is no such folder */
    write_file(fixture, "hansard/file", "");
    g_assert_false(store_stamp(fixture->store, "hansard/file", &stamp));
    for (int i = 0; i < 6; i++) {
        if (i == 4) assert_works(store_delete(other, "hansard/index/1", error));
        else must_put(i % 2 ? other : fixture->store, i == 5 ? "hansard/index/2" : i > 1 ? "hansard/index/1" : "hansard/index/0", "");
        g_assert_false(store_stamp(fixture->store, "hansard/index/", &stamp));
        g_usleep(120000);
        g_assert_true(store_stamp(fixture->store, "hansard/index/", &stamp) && store_stamp(other, "hansard/index/", &theirs));
        g_assert_true(store_stamp_equal(&stamp, &theirs));
        g_assert_false(store_stamp_equal(&stamp, &before));
        before = stamp;
    }
    must_put(fixture->store, "hansard/jobs/1", ""); /* another folder's */
    g_assert_true(store_stamp(fixture->store, "hansard/index/", &stamp) && store_stamp_equal(&stamp, &before));
}

/* The newest 50 of 100,000, as a server lists them: run with -m perf. */
static void test_speed(StoreFixture *fixture, gconstpointer factory) {
    g_autoptr(GTimer) timer = g_timer_new();
    make_files(fixture, "hansard/index", 100000);
    g_test_message("making 100,000 files: %.0f ms", g_timer_elapsed(timer, NULL) * 1e3);
    for (int i = 0; i < 4; i++) {
        if (i == 1) g_usleep(200000);
        g_timer_start(timer);
        g_autofree char *keys = list_keys(fixture->store, "hansard/index/", NULL, 50);
        double ms = g_timer_elapsed(timer, NULL) * 1e3;
        g_test_minimized_result(ms, "list %d of 50 in 100,000 (2 and 3 are warm): %.2f ms", i, ms);
        if (i > 1) g_assert_cmpfloat(ms, <, 10);
        g_assert_true(g_str_has_suffix(keys, " +"));
    }
    g_timer_start(timer);
    for (int i = 0; i < 200; i++) must_put(fixture->store, "small.json", "{}");
    g_test_message("a put with its fsyncs: %.2f ms", g_timer_elapsed(timer, NULL) * 1e3 / 200);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*test)(StoreFixture *fixture, gconstpointer factory);
    } cases[] = {
        {"modes", test_modes},
        {"name-conflicts", test_name_conflicts},
        {"links", test_links},
        {"hostile-keys", test_hostile_keys},
        {"foreign-files", test_foreign_files},
        {"copy", test_copy},
        {"attributes-file", test_attributes},
        {"durable-order", test_durable_order},
        {"failing-sync", test_failing_sync},
        {"killed-writer", test_killed_writer},
        {"upload-leftovers", test_upload_leftovers},
        {"upload-failing-sync", test_upload_failing_sync},
        {"upload-of-another-process", test_upload_of_another_process},
        {"processes", test_processes},
        {"size-limit", test_size_limit},
        {"full-disk", test_full_disk},
        {"open-fails", test_open_fails},
        {"secret", test_secret},
        {"stamp", test_stamp},
        {"large-folder", test_large_folder},
        {"speed", test_speed},
    };
    g_test_init(&argc, &argv, NULL);
    store_contract_add(&dir);
    for (gsize i = 0; i < G_N_ELEMENTS(cases) - (g_test_perf() ? 0 : 1); i++) {
        g_autofree char *path = g_strdup_printf("/store/dir/%s", cases[i].name);
        g_test_add(path, StoreFixture, &dir, store_fixture_set_up, cases[i].test, store_fixture_tear_down);
    }
    return g_test_run();
}
