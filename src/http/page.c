/* The page, as it is embedded in the program. */
#include <string.h>

#include "http/resources.h"
#include "http/security.h"
#include "web_assets.h"

static const WebAsset *find(const char *path) {
    for (gsize i = 0; i < web_asset_count; i++)
        if (strcmp(web_assets[i].path, path) == 0) return &web_assets[i];
    return NULL;
}

bool page_has(const char *path) { return find(path) != NULL; }

/* The page's modules are asked for at once, not one after another as each names the next. */
static char *modules_link(void) {
    GString *link = g_string_new(NULL);
    for (gsize i = 0; i < web_asset_count; i++)
        if (g_str_has_prefix(web_assets[i].path, "/app/") && g_str_has_suffix(web_assets[i].path, ".js"))
            g_string_append_printf(link, "%s<%s>; rel=modulepreload", link->len > 0 ? ", " : "", web_assets[i].path);
    return g_string_free(link, FALSE);
}

bool page_get(Context *context, const Request *request, Response *response, GError **error) {
    const WebAsset *asset = find(request->path);
    if (!asset) return fail(error, ERROR_NOT_FOUND, "there is nothing at %.200s", request->path);
    /* Asked anew each time: a bucket's region may be learnt while the server runs. */
    g_autofree char *origin = store_origin(context->workspace->store), *policy = security_policy(origin);
    response_header(response, "Content-Security-Policy", policy);
    if (strcmp(asset->path, "/") == 0) {
        g_autofree char *link = modules_link();
        response_header(response, "Link", link);
    }
    if (!response_not_modified(response, request, asset->etag))
        response_bytes(response, 200, asset->content_type, g_bytes_new_static(asset->data, asset->size));
    return true;
}
