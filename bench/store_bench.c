/* Puts many small objects, or index keys of meetings that are none, from several threads into the store that the settings name.
 *
 *   store_bench puts COUNT BYTES THREADS     objects bench/00000000 …
 *   store_bench index COUNT THREADS          one index key a meeting, a second apart
 *
 * Prints the seconds that it took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "workspace/workspace.h"

typedef struct {
    Store *store;
    guint count, bytes;
    bool index;
    int next; /* atomic */
    int failed; /* atomic */
} Load;

static char *index_key(guint number) {
    g_autoptr(Row) row = row_new();
    row->meeting_id = g_strdup_printf("meeting-00000000-0000-4000-8000-%012u", number);
    row->timestamp_ms = G_GINT64_CONSTANT(1700000000000) + (gint64)number * 1000;
    row->updated_ms = row->timestamp_ms;
    row->filename = g_strdup_printf("stand-up %u.m4a", number);
    row->title = g_strdup_printf("Stand-up %u", number);
    row->actions = number % 7;
    row->duration_ms = 900000;
    return row_to_key(row);
}

static gpointer put_some(gpointer data) {
    Load *load = data;
    g_autofree char *content = g_malloc0(load->bytes + 1);
    for (guint number; (number = (guint)g_atomic_int_add(&load->next, 1)) < load->count;) {
        g_autoptr(GError) problem = NULL;
        g_autofree char *key = load->index ? index_key(number) : g_strdup_printf("bench/%08u", number);
        if (load->bytes >= 9) g_snprintf(content, 9, "%08u", number);
        g_autoptr(GBytes) bytes = g_bytes_new_static(content, load->bytes);
        if (store_put(load->store, key, bytes, NULL, NULL, &problem)) continue;
        if (g_atomic_int_add(&load->failed, 1) == 0) g_printerr("%s: %s\n", key, problem->message);
    }
    return NULL;
}

static bool run(Load *load, int threads, GError **error) {
    g_autoptr(Settings) settings = NULL;
    g_autoptr(Workspace) workspace = NULL;
    g_autofree GThread **started = g_new0(GThread *, (gsize)threads);
    if (!settings_load(NULL, NULL, &settings, error) || !workspace_open(g_steal_pointer(&settings), &workspace, error)) return false;
    load->store = workspace->store;
    gint64 begin = g_get_monotonic_time();
    for (int i = 0; i < threads; i++) started[i] = g_thread_new("load", put_some, load);
    for (int i = 0; i < threads; i++) g_thread_join(started[i]);
    printf("%.3f\n", (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC);
    return load->failed == 0 || fail(error, ERROR_IO, "%d of %u puts failed", load->failed, load->count);
}

int main(int argc, char **argv) {
    bool index = argc == 4 && strcmp(argv[1], "index") == 0;
    if (!index && !(argc == 5 && strcmp(argv[1], "puts") == 0)) {
        fprintf(stderr, "usage: store_bench puts COUNT BYTES THREADS | index COUNT THREADS\n");
        return 2;
    }
    Load load = {.count = (guint)atoi(argv[2]), .bytes = index ? 0 : (guint)atoi(argv[3]), .index = index};
    g_autoptr(GError) error = NULL;
    if (run(&load, CLAMP(atoi(argv[argc - 1]), 1, 64), &error)) return 0;
    fprintf(stderr, "store_bench: %s\n", error->message);
    return 1;
}
