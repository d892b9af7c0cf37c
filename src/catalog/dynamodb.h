/* The catalog in a DynamoDB table, whose rows others may read. What the table must be is said here, so that `hansard setup` makes what the catalog asks
 * for.
 *
 * An item is a meeting: partition key `meeting_id` (S). Named as in metadata.json: `audio_s3_key`, `timestamp`, `filename`, `title`, `state`, `updated`
 * (S); `action_items_count`, `requirements_count`, `decisions_count`, `questions_count`, `duration_ms` (N); `tags` (L of S). Two are the index's own:
 * `workspace` (S), since several buckets and prefixes may share a table, and `sort` (S), the meeting's sort key (model/row.h). The global secondary
 * index has `workspace` as its partition and sorts by `sort`: newest first. Items of the first version have neither, and so are in no list until reindex
 * has put them anew. One more item for each workspace, `meeting_id` "workspace/{workspace}" and `sort` "!", says that it has been: `indexed`, when. */
#pragma once

#include "aws/client.h"
#include "catalog/catalog.h"

#define TABLE_KEY "meeting_id"
#define TABLE_INDEX "newest-first"
#define TABLE_INDEX_PARTITION "workspace"
#define TABLE_INDEX_SORT "sort"

/* The settings' table as a service: DYNAMODB_TABLE_NAME, its region and endpoint. ERROR_CONFIG where no region is known. What is handed in is borrowed,
 * as long as the client lives. Asks nobody yet. */
bool dynamodb_client_open(const Settings *settings, HttpTransport *transport, AwsCredentialsChain *credentials, Clock *clock, AwsClient **client,
                          GError **error);

/* "bucket", "bucket/prefix", or "(directory)": whose rows are in a list. Caller frees. */
char *dynamodb_workspace(const Settings *settings);

/* The client is borrowed. */
bool catalog_dynamodb_open(AwsClient *client, const char *table, const char *workspace, Catalog **catalog, GError **error);

/* One call of the table's API ("Query", "UpdateTable", …) within the catalog's time limits. `*answer` is a new reference. `outcome` may be NULL. */
bool dynamodb_call(AwsClient *client, const char *operation, const json_t *input, json_t **answer, AwsOutcome *outcome, GError **error);
