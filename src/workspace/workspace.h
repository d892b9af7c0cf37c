/* Everything that the settings name, opened once and in one place: the surfaces stand on this. */
#pragma once

#include "aws/client.h"
#include "pipeline/worker.h"
#include "queue/queue.h"

typedef struct {
    Settings *settings;
    Clock *clock;
    HttpTransport *transport;         /* NULL: no service of AWS is in use; so are credentials */
    HttpTransport *hooks_transport;   /* of webhooks: apart, for it calls strangers */
    AwsCredentialsChain *credentials;
    AwsClient *dynamodb;              /* NULL: lists are kept in the store's keys alone */
    Store *store;
    char *place;                      /* where the store is, for people: a path, or "bucket NAME" */
    Catalog *catalog;
    Search *search;
    Jobs *jobs;
    Transcriber *transcriber; /* NULL until workspace_open_pipeline, but where a service transcribes */
    Extractor *extractor;
    Queue *queue;             /* NULL: none */
    Meetings meetings;
    char *worker_name;        /* host, process and a random part */
} Workspace;

/* Takes the settings. Opens all but the transcriber. */
bool workspace_open(Settings *settings, Workspace **workspace, GError **error);
/* Opens the transcriber, too: for the commands that process recordings. */
bool workspace_open_pipeline(Workspace *workspace, GError **error);
/* Where copies of recordings are kept before they go to the store (IngestOptions); NULL: nowhere. */
const char *workspace_copy_folder(const Workspace *workspace);
Pipeline workspace_pipeline(const Workspace *workspace);
/* The longest wait between two looks for work that another process has queued: asking a bucket costs money, asking a directory does not. */
int workspace_poll_ms(const Workspace *workspace);
/* Whether the settings want a bucket, not a directory. */
bool workspace_uses_bucket(const Settings *settings);
/* Whether the settings want a DynamoDB table for lists. */
bool workspace_uses_table(const Settings *settings);
/* Opens the catalog (and `dynamodb`) over the store: part of workspace_open. */
bool workspace_open_catalog(Workspace *workspace, GError **error);
void workspace_close(Workspace *workspace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workspace, workspace_close)
