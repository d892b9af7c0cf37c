/* hansard url: a link to a recording that works without signing in, for a while. */
#include "base/limits.h"
#include "cli/command.h"

static int expires_s;

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(Record) record = NULL;
    g_autofree char *url = NULL;
    bool json = invocation->json;
    if (expires_s < 0 || expires_s > URL_EXPIRY_S_MAX)
        return fail(error, ERROR_INVALID, "--expires must be 1 to %d seconds", URL_EXPIRY_S_MAX);
    if (!command_open(invocation, false, &workspace, error) ||
        !meeting_read_record(&workspace->meetings, invocation->arguments[0], &record, NULL, error))
        return false;
    if (!record->audio_key)
        return fail(error, ERROR_NOT_FOUND, meeting_recording_removed(record) ? "the recording of %s was removed; its transcript and items are kept"
                                                                              : "the meeting %s has no recording", record->meeting_id);
    if (!store_check_readable(workspace->store, record->audio_key, error)) return false;
    StoreUrl what = {.method = "GET", .expires_s = expires_s ? expires_s : workspace->settings->url_expiry_s};
    if (!store_sign_url(workspace->store, record->audio_key, &what, &url, error)) return false;
    /* The directory store signs a path on the server of this directory. */
    const char *scheme = workspace->settings->tls_cert ? "https://" : "http://";
    g_autofree char *whole = url[0] == '/' ? g_strconcat(scheme, workspace->settings->listen, url, NULL) : g_strdup(url);
    g_autoptr(json_t) object = json_pack("{s:s, s:i}", "url", whole, "expires_in", (int)what.expires_s);
    if (json) command_print_json(object);
    else g_print("%s\n", whole);
    return true;
}

static const GOptionEntry options[] = {
    {"expires", 'e', 0, G_OPTION_ARG_INT, &expires_s, "Life of the link (URL_EXPIRY_SECONDS)", "SECONDS"}, {0}};

const Command command_url = {.name = "url",
                             .arguments = "ID",
                             .sentence = "Print a link to a meeting's recording that expires",
                             .example = "hansard url meeting-3f0c2f0e-6d0b-4b39-9df1-0c5c6f1f2a11 --expires 600",
                             .arguments_min = 1,
                             .arguments_max = 1,
                             .options = options,
                             .run = run};
