/* Opens it. A directory is a store where it has a folder that only a store has. */
#include "workspace/source.h"

#include <stdlib.h>
#include <string.h>

#include "net/curl.h"
#include "store/dir.h"
#include "store/s3.h"

#define SCHEME "s3://"

/* -- settings of its own ------------------------------------------------------------------------------------------------- */

static bool is_said(char **said, const char *name) {
    g_autofree char *begin = g_strconcat(name, "=", NULL);
    for (guint i = 0; said && said[i]; i++)
        if (g_str_has_prefix(said[i], begin)) return true;
    return false;
}

static void drop_unsaid(const Source *source, char **said, const char *name) {
    if (!is_said(said, name)) g_tree_remove(source->settings->aws, name);
}

/* What is left of the program's own settings must not stand above what was said of the source. */
static void give_way(const Source *source, char **said) {
    if (is_said(said, "AWS_PROFILE")) {
        drop_unsaid(source, said, "AWS_ACCESS_KEY_ID");
        drop_unsaid(source, said, "AWS_SECRET_ACCESS_KEY");
    }
    if (is_said(said, "AWS_PROFILE") || is_said(said, "AWS_ACCESS_KEY_ID")) drop_unsaid(source, said, "AWS_SESSION_TOKEN");
    if (is_said(said, "AWS_ENDPOINT_URL")) drop_unsaid(source, said, "AWS_ENDPOINT_URL_S3");
}

static bool load_settings(Source *source, char **said, GError **error) {
    g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; said && said[i]; i++) {
        const char *equals = strchr(said[i], '=');
        if (!equals || (!g_str_has_prefix(said[i], "AWS_") && !g_str_has_prefix(said[i], "S3_FORCE_PATH_STYLE=")))
            return fail(error, ERROR_INVALID, "--from takes AWS_…=VALUE or S3_FORCE_PATH_STYLE=VALUE, not \"%.100s\"", said[i]);
        g_ptr_array_add(options, g_strndup(said[i], (gsize)(equals - said[i])));
        g_ptr_array_add(options, g_strdup(equals + 1));
    }
    g_ptr_array_add(options, NULL);
    if (!settings_load(".env", (const char *const *)options->pdata, &source->settings, error)) return false;
    for (guint i = 0; i + 1 < options->len; i += 2)
        if (*(const char *)options->pdata[i + 1] == '\0') g_tree_remove(source->settings->aws, options->pdata[i]);
    give_way(source, said);
    return true;
}

/* -- a bucket ------------------------------------------------------------------------------------------------------------ */

/* "bucket" and, without '/' at its ends, "prefix". */
static bool read_address(Source *source, const char *place, GError **error) {
    Settings *settings = source->settings;
    const char *rest = place + strlen(SCHEME), *slash = strchr(rest, '/');
    g_free(settings->bucket);
    g_free(settings->s3_prefix);
    settings->bucket = slash ? g_strndup(rest, (gsize)(slash - rest)) : g_strdup(rest);
    settings->s3_prefix = slash && slash[1] ? g_strdup(slash + 1) : NULL;
    if (settings->s3_prefix && g_str_has_suffix(settings->s3_prefix, "/")) settings->s3_prefix[strlen(settings->s3_prefix) - 1] = '\0';
    settings->store_in_s3 = true;
    return settings->bucket[0] || fail(error, ERROR_INVALID, "%s names no bucket: s3://BUCKET or s3://BUCKET/PREFIX", place);
}

static const char *endpoint_of(const Settings *settings) {
    const char *endpoint = settings_aws(settings, "AWS_ENDPOINT_URL_S3");
    return endpoint ? endpoint : settings_aws(settings, "AWS_ENDPOINT_URL");
}

static bool is_own_bucket(const Workspace *workspace, const Source *source) {
    const Settings *own = workspace->settings, *its = source->settings;
    return workspace_uses_bucket(own) && strcmp(own->bucket, its->bucket) == 0 && g_strcmp0(own->s3_prefix, its->s3_prefix) == 0 &&
           g_strcmp0(endpoint_of(own), endpoint_of(its)) == 0;
}

static bool open_bucket(const Workspace *workspace, Source *source, const char *place, char **said, GError **error) {
    if (!load_settings(source, said, error) || !read_address(source, place, error)) return false;
    if (is_own_bucket(workspace, source))
        return fail(error, ERROR_INVALID, "%s is the workspace itself: name another bucket, or set S3_BUCKET_NAME", place);
    if (!aws_profiles_check(source->settings, error)) return false;
    source->transport = http_curl_new(settings_aws(source->settings, "AWS_CA_BUNDLE"));
    source->credentials = aws_credentials_chain_new(source->settings, source->transport, workspace->clock);
    return store_s3_open(source->settings, source->transport, source->credentials, workspace->clock, &source->store, error);
}

/* -- a directory --------------------------------------------------------------------------------------------------------- */

static bool looks_like_store(const char *path) {
    static const char *const names[] = {"transcriptions", "meetings", "hansard", ".hansard"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *below = g_build_filename(path, names[i], NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR)) return true;
    }
    return false;
}

static bool lies_in(const char *path, const char *above) {
    gsize length = strlen(above);
    return strncmp(path, above, length) == 0 && (path[length] == '\0' || path[length] == '/' || strcmp(above, "/") == 0);
}

static bool check_apart(const Workspace *workspace, const char *place, GError **error) {
    g_autofree char *its = g_canonicalize_filename(place, NULL), *own = g_canonicalize_filename(workspace->settings->data_dir, NULL);
    char *real_its = realpath(its, NULL), *real_own = realpath(own, NULL);
    bool apart = !real_its || !real_own || (!lies_in(real_its, real_own) && !lies_in(real_own, real_its));
    free(real_its);
    free(real_own);
    return apart || fail(error, ERROR_INVALID, "%s and the directory HANSARD_DATA are the same, or one lies in the other: set HANSARD_DATA "
                                               "to another directory", place);
}

static bool open_directory(const Workspace *workspace, Source *source, const char *place, bool writable, GError **error) {
    if (!check_apart(workspace, place, error)) return false;
    source->folder = !looks_like_store(place);
    if (!g_file_test(place, G_FILE_TEST_IS_DIR)) return fail(error, ERROR_INVALID, "there is no directory %s", place);
    return writable ? store_dir_open(place, workspace->clock, &source->store, error)
                    : store_dir_open_to_read(place, workspace->clock, &source->store, error);
}

bool source_open(const Workspace *workspace, const char *place, char **settings, bool writable, Source **source, GError **error) {
    g_autoptr(Source) opened = g_new0(Source, 1);
    bool bucket = g_str_has_prefix(place, SCHEME);
    opened->place = g_strdup(place);
    if (!bucket && settings) return fail(error, ERROR_INVALID, "--from is for a bucket: s3://BUCKET");
    if (bucket ? !open_bucket(workspace, opened, place, settings, error) : !open_directory(workspace, opened, place, writable, error)) return false;
    *source = g_steal_pointer(&opened);
    return true;
}

void source_close(Source *source) {
    if (!source) return;
    g_clear_pointer(&source->store, store_close);
    g_clear_pointer(&source->credentials, aws_credentials_chain_free);
    g_clear_pointer(&source->transport, http_transport_close);
    g_clear_pointer(&source->settings, settings_free);
    g_free(source->place);
    g_free(source);
}
