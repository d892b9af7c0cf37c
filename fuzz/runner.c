/* Feeds the corpora to their targets, without libFuzzer: each file whole, and what is left of it when it is cut off at so many places. Fails
 * where a target has no seed or a folder has no target. fuzz CORPUS [TARGET…] */
#include <stdlib.h>

#include "fuzz.h"

#define CUTS 64

static const struct {
    const char *name;
    void (*run)(const guint8 *data, gsize size);
} targets[] = {
#define FUZZ_ENTRY(name) {#name, fuzz_##name},
    FUZZ_TARGETS(FUZZ_ENTRY)};

static const char *now; /* what is run: told where it aborts */

/* A copy of its own length, so that a byte read behind it shows. */
static void run(gsize target, const char *data, gsize size) {
    guint8 *copy = malloc(size > 0 ? size : 1);
    g_assert_nonnull(copy);
    if (size > 0) memcpy(copy, data, size);
    targets[target].run(copy, size);
    free(copy);
}

static void on_abort(int signal) {
    g_printerr("at %s\n", now);
    _Exit(134);
}

static guint run_folder(gsize target, const char *corpus) {
    g_autofree char *folder = g_build_filename(corpus, targets[target].name, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint files = 0;
    for (const char *name; dir && (name = g_dir_read_name(dir)); files++) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *data = NULL;
        gsize size = 0;
        now = path;
        if (!g_file_get_contents(path, &data, &size, NULL)) g_error("%s can't be read", path);
        run(target, data, size);
        for (gsize i = 0; i < CUTS && size > 0; i++) run(target, data, size * i / CUTS);
        now = NULL;
    }
    return files;
}

static bool is_target(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++)
        if (strcmp(name, targets[i].name) == 0) return true;
    return false;
}

int main(int argc, char **argv) {
    if (argc < 2) g_error("usage: fuzz CORPUS [TARGET…]");
    g_autoptr(GDir) dir = g_dir_open(argv[1], 0, NULL);
    bool good = dir != NULL;
    signal(SIGABRT, on_abort);
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        if (!is_target(name)) {
            g_printerr("%s/%s belongs to no target\n", argv[1], name);
            good = false;
        }
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        if (argc > 2 && !g_strv_contains((const char *const *)argv + 2, targets[i].name)) continue;
        gint64 begin = g_get_monotonic_time();
        guint files = run_folder(i, argv[1]);
        g_print("%-20s %3u files, %5d ms\n", targets[i].name, files, (int)((g_get_monotonic_time() - begin) / 1000));
        good = good && files > 0;
        if (files == 0) g_printerr("%s has no seed\n", targets[i].name);
    }
    return good ? 0 : 1;
}
