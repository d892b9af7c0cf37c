/* The place that meetings are brought from: a second store beside the workspace's own, or a folder of files. */
#pragma once

#include "workspace/workspace.h"

typedef struct {
    Settings *settings; /* those of the program, with what was said of the source alone */
    HttpTransport *transport;         /* NULL: no bucket; so are credentials */
    AwsCredentialsChain *credentials;
    Store *store;
    bool folder;        /* files that are not under the names of a store */
    char *place;        /* for people */
} Source;

/* `place`: the path of a directory, or s3://BUCKET or s3://BUCKET/PREFIX. `settings` (NULL: none; ends with NULL): NAME=VALUE, settings of AWS that
 * hold for the source alone; without a value: not set there. AWS_PROFILE takes the place of keys in the environment, AWS_ENDPOINT_URL that of
 * AWS_ENDPOINT_URL_S3. Without `writable` nothing is written to it. ERROR_INVALID where it is the workspace's own store, or one lies in the other. */
bool source_open(const Workspace *workspace, const char *place, char **settings, bool writable, Source **source, GError **error);
void source_close(Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_close)
