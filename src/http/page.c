/* The page, as it is embedded in the program. Below its version ("/0123456789abcdef/app/app.js") a file may be kept for good. Below another one's it
 * is the present file all the same: a page that was loaded before the server became a newer one may go on to load the rest of itself. */
#include <string.h>

#include "http/page.h"
#include "http/resources.h"
#include "http/security.h"

static const char *skip_version(const char *path) {
    if (path[0] != '/' || strspn(path + 1, "0123456789abcdef") != WEB_VERSION_DIGITS || path[1 + WEB_VERSION_DIGITS] != '/') return path;
    return path + 1 + WEB_VERSION_DIGITS;
}

static const WebAsset *find(const char *path) {
    const char *name = skip_version(path);
    if (name != path && strcmp(name, "/") == 0) return NULL;
    for (gsize i = 0; i < web_asset_count; i++)
        if (strcmp(web_assets[i].path, name) == 0) return &web_assets[i];
    return NULL;
}

bool page_has(const char *path) { return find(path) != NULL; }

const WebAsset *page_front(void) { return find("/"); }

void page_set_headers(Context *context, const WebAsset *asset, Response *response) {
    /* Asked anew each time: a bucket's region may be learnt while the server runs. */
    g_autofree char *origin = store_origin(context->workspace->store), *policy = security_policy(origin);
    response_header(response, "Content-Security-Policy", policy);
    /* The page's modules are asked for at once, not one after another as each names the next. */
    if (strcmp(asset->path, "/") == 0) response_header(response, "Link", web_modules);
}

bool page_get(Context *context, const Request *request, Response *response, GError **error) {
    const WebAsset *asset = find(request->path);
    if (!asset) return fail(error, ERROR_NOT_FOUND, "there is nothing at %.200s", request->path);
    page_set_headers(context, asset, response);
    if (strlen(request->path) > WEB_VERSION_DIGITS && memcmp(request->path + 1, web_version, WEB_VERSION_DIGITS) == 0)
        response_header(response, "Cache-Control", "private, max-age=31536000, immutable");
    if (!response_not_modified(response, request, asset->etag))
        response_bytes(response, 200, asset->content_type, g_bytes_new_static(asset->data, asset->size));
    return true;
}
