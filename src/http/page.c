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

bool page_get(Context *context, const Request *request, Response *response, GError **error) {
    const WebAsset *asset = find(request->path);
    if (!asset) return fail(error, ERROR_NOT_FOUND, "there is nothing at %.200s", request->path);
    /* Asked anew each time: a bucket's region may be learnt while the server runs. */
    g_autofree char *origin = store_origin(context->workspace->store), *policy = security_policy(origin);
    response_header(response, "Content-Security-Policy", policy);
    if (!response_not_modified(response, request, asset->etag))
        response_bytes(response, 200, asset->content_type, g_bytes_new_static(asset->data, asset->size));
    return true;
}
