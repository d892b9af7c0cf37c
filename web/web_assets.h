/* The page's files as they stand in the program: index.html as "/", the rest under their own names ("/app.css", "/app/app.js").
 * The table and all it points to are constant and live as long as the program. */
#pragma once

#include <stddef.h>

#define WEB_VERSION_DIGITS 16

typedef struct {
    const char *path;         /* of the URL, with its leading slash */
    const char *content_type; /* with charset where it is text */
    const unsigned char *data;
    size_t size;
    const char *etag;         /* strong, with its quotes: changes with the bytes */
} WebAsset;

extern const WebAsset web_assets[]; /* in the order of their file names */
extern const size_t web_asset_count;
extern const char web_version[]; /* WEB_VERSION_DIGITS digits in base 16: changes with any of the files */
extern const char web_modules[]; /* a Link header's value: the scripts without which the page shows nothing */
