/* Opens what the settings name: the one place where backends are chosen. */
#include "workspace/workspace.h"

#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "hooks/outbox.h"
#include "net/curl.h"
#include "store/dir.h"
#include "store/s3.h"

#define POLL_DIRECTORY_MS 3000

bool workspace_uses_bucket(const Settings *settings) { return settings->bucket && settings->store_in_s3; }

static bool open_aws(Workspace *workspace, GError **error) {
    const Settings *settings = workspace->settings;
    if (!workspace_uses_bucket(settings) && !workspace_uses_table(settings) && !settings->queue_url) return true;
    if (!aws_profiles_check(settings, error)) return false;
    workspace->transport = http_curl_new(settings_aws(settings, "AWS_CA_BUNDLE"));
    workspace->credentials = aws_credentials_chain_new(settings, workspace->transport, workspace->clock);
    return true;
}

static bool open_store(Workspace *workspace, GError **error) {
    const Settings *settings = workspace->settings;
    if (!workspace_uses_bucket(settings)) {
        workspace->place = g_strdup(settings->data_dir);
        return store_dir_open(settings->data_dir, workspace->clock, &workspace->store, error);
    }
    workspace->place = settings->s3_prefix ? g_strdup_printf("bucket %s, prefix %s", settings->bucket, settings->s3_prefix)
                                           : g_strdup_printf("bucket %s", settings->bucket);
    return store_s3_open(settings, workspace->transport, workspace->credentials, workspace->clock, &workspace->store, error);
}

/* The search index is this machine's own: it stands beside the directory store's files, not among its keys; one for each bucket and prefix. */
static char *search_path(const Settings *settings) {
    if (!workspace_uses_bucket(settings)) return g_build_filename(settings->data_dir, ".hansard", "search.sqlite", NULL);
    const char *endpoint = settings_aws(settings, "AWS_ENDPOINT_URL_S3");
    if (!endpoint) endpoint = settings_aws(settings, "AWS_ENDPOINT_URL");
    g_autofree char *which = g_strjoin("\n", settings->bucket, settings->s3_prefix ? settings->s3_prefix : "", endpoint ? endpoint : "", NULL);
    g_autofree char *sum = text_sha256(which, strlen(which));
    g_autofree char *name = g_strdup_printf("search-%s-%.12s.sqlite", settings->bucket, sum);
    return g_build_filename(settings->data_dir, ".hansard", name, NULL);
}

static char *make_worker_name(void) {
    char host[65] = "host";
    if (gethostname(host, sizeof host - 1) != 0) g_strlcpy(host, "host", sizeof host);
    return g_strdup_printf("%s-%d-%08x", host, (int)getpid(), g_random_int());
}

/* To webhooks. */
static bool tell_failing(const Job *job, gpointer user_data, GError **error) {
    const Workspace *workspace = user_data;
    g_autoptr(json_t) data = json_pack("{s:o}", "code", json_text(job->error_code));
    Event event = {.type = EVENT_MEETING_FAILED, .meeting_id = job->meeting_id, .version = job->revision ? job->revision : job->run, .data = data};
    return event_emit(workspace->store, workspace->clock, &event, error);
}

bool workspace_open(Settings *settings, Workspace **workspace, GError **error) {
    g_autoptr(Workspace) opened = g_new0(Workspace, 1);
    opened->settings = settings;
    opened->clock = clock_system();
    opened->worker_name = make_worker_name();
    opened->hooks_transport = http_curl_new(settings_aws(settings, "AWS_CA_BUNDLE"));
    if (!open_aws(opened, error) || !open_store(opened, error) || !workspace_open_catalog(opened, error)) return false;
    if (settings->queue_url && !queue_open(settings, opened->transport, opened->credentials, opened->clock, &opened->queue, error)) return false;
    g_autofree char *index_path = search_path(settings);
    opened->meetings = (Meetings){opened->store, opened->catalog, opened->clock};
    opened->jobs = jobs_new(opened->store, opened->clock);
    jobs_on_failing(opened->jobs, tell_failing, opened);
    if (!search_open(index_path, opened->store, opened->catalog, &opened->search, error) ||
        !extractor_open(settings, &opened->extractor, error))
        return false;
    /* Who deletes a meeting must be able to tell the service; what the settings lack for it is told by who transcribes. */
    if (transcriber_is_remote(settings)) transcriber_open(settings, &opened->transcriber, NULL);
    *workspace = g_steal_pointer(&opened);
    return true;
}

bool workspace_open_pipeline(Workspace *workspace, GError **error) {
    return workspace->transcriber || transcriber_open(workspace->settings, &workspace->transcriber, error);
}

const char *workspace_copy_folder(const Workspace *workspace) {
    return workspace->settings->skip_local_storage ? NULL : "uploads"; /* in the working directory, as the first version had it */
}

Pipeline workspace_pipeline(const Workspace *workspace) {
    return (Pipeline){workspace->meetings, workspace->jobs, workspace->transcriber, workspace->extractor, workspace->search};
}

int workspace_poll_ms(const Workspace *workspace) {
    const Settings *settings = workspace->settings;
    if (workspace->queue) return MAX(settings->poll_s, POLL_WITH_QUEUE_S) * 1000;
    return workspace_uses_bucket(settings) ? settings->poll_s * 1000 : POLL_DIRECTORY_MS;
}

void workspace_close(Workspace *workspace) {
    if (!workspace) return;
    g_clear_pointer(&workspace->extractor, extractor_close);
    g_clear_pointer(&workspace->transcriber, transcriber_close);
    g_clear_pointer(&workspace->search, search_close);
    g_clear_pointer(&workspace->jobs, jobs_free);
    g_clear_pointer(&workspace->catalog, catalog_close);
    g_clear_pointer(&workspace->queue, queue_close);
    g_clear_pointer(&workspace->dynamodb, aws_client_free);
    g_clear_pointer(&workspace->store, store_close);
    g_clear_pointer(&workspace->credentials, aws_credentials_chain_free);
    g_clear_pointer(&workspace->transport, http_transport_close);
    g_clear_pointer(&workspace->hooks_transport, http_transport_close);
    g_clear_pointer(&workspace->settings, settings_free);
    g_free(workspace->worker_name);
    g_free(workspace->place);
    g_free(workspace);
}
