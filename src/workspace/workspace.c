/* Opens what the settings name: the one place where backends are chosen. */
#include "workspace/workspace.h"

#include <unistd.h>

#include "base/text.h"
#include "store/dir.h"

static bool open_store(Workspace *workspace, GError **error) {
    const Settings *settings = workspace->settings;
    if (settings->bucket && settings->store_in_s3)
        return fail(error, ERROR_CONFIG,
                    "this version keeps meetings in a directory only: remove S3_BUCKET_NAME, or set STORE_IN_S3=false and "
                    "HANSARD_DATA to the directory");
    return store_dir_open(settings->data_dir, workspace->clock, &workspace->store, error);
}

static char *make_worker_name(void) {
    char host[65] = "host";
    if (gethostname(host, sizeof host - 1) != 0) g_strlcpy(host, "host", sizeof host);
    return g_strdup_printf("%s-%d-%08x", host, (int)getpid(), g_random_int());
}

bool workspace_open(Settings *settings, Workspace **workspace, GError **error) {
    g_autoptr(Workspace) opened = g_new0(Workspace, 1);
    opened->settings = settings;
    opened->clock = clock_system();
    opened->worker_name = make_worker_name();
    if (!open_store(opened, error) || !catalog_keys_open(opened->store, &opened->catalog, error)) return false;
    /* The index is this machine's own; it stands beside the store's files, not among its keys. */
    g_autofree char *search_path = g_build_filename(settings->data_dir, ".hansard", "search.sqlite", NULL);
    opened->meetings = (Meetings){opened->store, opened->catalog, opened->clock};
    opened->jobs = jobs_new(opened->store, opened->clock);
    if (!search_open(search_path, opened->store, opened->catalog, &opened->search, error) ||
        !extractor_open(settings, &opened->extractor, error))
        return false;
    *workspace = g_steal_pointer(&opened);
    return true;
}

bool workspace_open_pipeline(Workspace *workspace, GError **error) {
    return transcriber_open(workspace->settings, &workspace->transcriber, error);
}

const char *workspace_copy_folder(const Workspace *workspace) {
    return workspace->settings->skip_local_storage ? NULL : "uploads"; /* in the working directory, as the first version had it */
}

Pipeline workspace_pipeline(const Workspace *workspace) {
    return (Pipeline){workspace->meetings, workspace->jobs, workspace->transcriber, workspace->extractor, workspace->search};
}

void workspace_close(Workspace *workspace) {
    if (!workspace) return;
    g_clear_pointer(&workspace->extractor, extractor_close);
    g_clear_pointer(&workspace->transcriber, transcriber_close);
    g_clear_pointer(&workspace->search, search_close);
    g_clear_pointer(&workspace->jobs, jobs_free);
    g_clear_pointer(&workspace->catalog, catalog_close);
    g_clear_pointer(&workspace->store, store_close);
    g_clear_pointer(&workspace->settings, settings_free);
    g_free(workspace->worker_name);
    g_free(workspace);
}
