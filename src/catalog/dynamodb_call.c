/* The service behind the catalog: where it is, one call of it, and what its refusals mean to a user of this program. */
#include <string.h>

#include "base/limits.h"
#include "catalog/dynamodb_internal.h"

#define REGION_OF_OTHERS "us-east-1" /* signed with, where the endpoint is another's and no region is set */

bool dynamodb_client_open(const Settings *settings, HttpTransport *transport, AwsCredentialsChain *credentials, Clock *clock, AwsClient **client,
                          GError **error) {
    g_autofree char *region = aws_region_of(settings);
    if (!region && (settings_aws(settings, "AWS_ENDPOINT_URL_DYNAMODB") || settings_aws(settings, "AWS_ENDPOINT_URL"))) region = g_strdup(REGION_OF_OTHERS);
    if (!region) return fail(error, ERROR_CONFIG, "the region of the DynamoDB table %s is not known: set AWS_REGION", settings->dynamodb_table);
    g_autofree char *endpoint = aws_endpoint_of(settings, "dynamodb", region, NULL);
    g_autofree char *resource = g_strdup_printf("table %s (DYNAMODB_TABLE_NAME)", settings->dynamodb_table);
    *client = aws_client_new(&(AwsClientOptions){.service = "dynamodb",
                                                 .endpoint = endpoint,
                                                 .region = region,
                                                 .resource = resource,
                                                 .transport = transport,
                                                 .credentials = credentials,
                                                 .clock = clock,
                                                 .attempts_max = TABLE_ATTEMPTS_MAX});
    return true;
}

char *dynamodb_workspace(const Settings *settings) {
    if (!settings->bucket || !settings->store_in_s3) return g_strdup("(directory)");
    return settings->s3_prefix ? g_strconcat(settings->bucket, "/", settings->s3_prefix, NULL) : g_strdup(settings->bucket);
}

bool dynamodb_call(AwsClient *client, const char *operation, const json_t *input, json_t **answer, AwsOutcome *outcome, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autofree char *url = g_strconcat(aws_client_endpoint(client), "/", NULL), *target = g_strconcat("DynamoDB_20120810.", operation, NULL);
    g_autoptr(GBytes) body = json_to_bytes(input, false);
    g_auto(HttpResponse) response = {0};
    http_headers_set(headers, "Content-Type", "application/x-amz-json-1.0");
    http_headers_set(headers, "X-Amz-Target", target);
    HttpRequest request = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .body = {.bytes = body},
                           .body_bytes_max = TABLE_ANSWER_BYTES_MAX,
                           .connect_timeout_ms = TABLE_CONNECT_TIMEOUT_MS,
                           .total_timeout_ms = TABLE_CALL_TIMEOUT_MS};
    if (!aws_send(client, &request, NULL, &response, outcome, error)) return false;
    gsize size = 0;
    const void *data = g_bytes_get_data(response.body, &size);
    g_autoptr(GError) problem = NULL;
    json_t *parsed = json_parse_object(data, size, "it", &problem);
    /* Something between us and the table: what it says may pass. */
    if (!parsed)
        return fail(error, ERROR_UNAVAILABLE, "the answer to %s from %s is none of DynamoDB's (%s); check AWS_ENDPOINT_URL_DYNAMODB", operation,
                    aws_client_endpoint(client), problem->message);
    *answer = parsed;
    return true;
}

/* The refusals that `hansard setup` mends, as a new error; NULL: another one. */
static GError *setup_error(const DynamoCatalog *catalog, const AwsOutcome *outcome) {
    const char *code = outcome->code ? outcome->code : "", *message = outcome->message ? outcome->message : "";
    if (strcmp(code, "ResourceNotFoundException") == 0)
        return g_error_new(HANSARD_ERROR, ERROR_CONFIG,
                           "there is no DynamoDB table %s (DYNAMODB_TABLE_NAME) in %s: run `hansard setup --apply` and then `hansard reindex`, or set the "
                           "table or AWS_REGION that is meant",
                           catalog->table, aws_client_region(catalog->client));
    if (strcmp(code, "ValidationException") != 0 || !strstr(message, "index")) return NULL;
    if (strstr(message, "ackfilling"))
        return g_error_new(HANSARD_ERROR, ERROR_UNAVAILABLE,
                           "the index of the DynamoDB table %s is still being made: `hansard setup --apply` waits for it", catalog->table);
    return strstr(message, TABLE_INDEX)
               ? g_error_new(HANSARD_ERROR, ERROR_CONFIG,
                             "the DynamoDB table %s has no index by time, as tables of the first version: run `hansard setup --apply` and then "
                             "`hansard reindex`",
                             catalog->table)
               : NULL;
}

bool dynamodb_ask(DynamoCatalog *catalog, const char *operation, json_t *input, json_t **answer, bool *condition_failed, GError **error) {
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GError) problem = NULL;
    json_object_set_new(input, "TableName", json_string(catalog->table));
    if (condition_failed) *condition_failed = false;
    if (dynamodb_call(catalog->client, operation, input, answer, &outcome, &problem)) return true;
    if (condition_failed && g_strcmp0(outcome.code, "ConditionalCheckFailedException") == 0) {
        *condition_failed = true;
        *answer = NULL;
        return true;
    }
    GError *remedy = setup_error(catalog, &outcome);
    if (remedy) g_atomic_int_set(&catalog->whole, 0); /* what comes in its place is not known to be whole */
    g_propagate_error(error, remedy ? remedy : g_steal_pointer(&problem));
    return false;
}
