/* A DynamoDB table for a test, on DynamoDB Local: HANSARD_TEST_DYNAMODB names it (http://127.0.0.1:PORT); without that there is none. Each table has a
 * name of its own and is removed in the end. */
#pragma once

#include "base/text.h"
#include "catalog/dynamodb.h"
#include "faulty_service.h"
#include "net/curl.h"

#define TEST_WORKSPACE "bucket/prefix"

typedef struct {
    HttpTransport *curl;
    FaultyService *transport;
    AwsCredentialsChain *credentials;
    AwsClient *client;
    char *name;
} TestTable;

static inline json_t *test_call(const TestTable *table, const char *operation, json_t *input) {
    g_autoptr(GError) error = NULL;
    json_t *answer = NULL;
    json_object_set_new(input, "TableName", json_string(table->name));
    dynamodb_call(table->client, operation, input, &answer, NULL, &error);
    g_assert_no_error(error);
    json_decref(input);
    return answer;
}

#define TEST_TABLE_FIRST_VERSION                                                                                                                       \
    "'BillingMode': 'PAY_PER_REQUEST', 'KeySchema': [{'AttributeName': 'meeting_id', 'KeyType': 'HASH'}], "                                            \
    "'AttributeDefinitions': [{'AttributeName': 'meeting_id', 'AttributeType': 'S'}"
#define TEST_TABLE_INDEX                                                                                                                               \
    ", {'AttributeName': 'workspace', 'AttributeType': 'S'}, {'AttributeName': 'sort', 'AttributeType': 'S'}], "                                       \
    "'GlobalSecondaryIndexes': [{'IndexName': 'newest-first', 'Projection': {'ProjectionType': 'ALL'}, "                                               \
    "'KeySchema': [{'AttributeName': 'workspace', 'KeyType': 'HASH'}, {'AttributeName': 'sort', 'KeyType': 'RANGE'}]"

/* JSON with ' for ". */
static inline json_t *test_json(const char *text) {
    g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
    g_autoptr(GError) error = NULL;
    json_t *json = json_parse_object(quoted, strlen(quoted), "the test", &error);
    g_assert_no_error(error);
    return json;
}

/* NULL: there is no server. The table itself is not made. */
static inline TestTable *test_table_open(void) {
    const char *endpoint = g_getenv("HANSARD_TEST_DYNAMODB");
    if (!endpoint || !*endpoint) return NULL;
    TestTable *table = g_new0(TestTable, 1);
    g_autofree char *uuid = text_uuid();
    table->name = g_strconcat("test-", uuid, NULL);
    table->curl = http_curl_new(NULL);
    table->transport = faulty_service_new(table->curl);
    table->credentials = aws_credentials_chain_fixed("test", "test", NULL);
    table->client = aws_client_new(&(AwsClientOptions){.service = "dynamodb",
                                                       .endpoint = endpoint,
                                                       .region = "eu-central-1",
                                                       .resource = "table",
                                                       .transport = &table->transport->base,
                                                       .credentials = table->credentials,
                                                       .clock = clock_system(),
                                                       .attempts_max = 3,
                                                       .backoff_first_ms = 1});
    return table;
}

static inline void test_table_make(const TestTable *table, bool with_index) {
    const char *wanted = with_index ? "{" TEST_TABLE_FIRST_VERSION TEST_TABLE_INDEX "}]}" : "{" TEST_TABLE_FIRST_VERSION "]}";
    json_decref(test_call(table, "CreateTable", test_json(wanted)));
}

static inline void test_table_remove(const TestTable *table) {
    json_decref(test_call(table, "DeleteTable", json_object()));
}

static inline void test_table_close(TestTable *table) {
    aws_client_free(table->client);
    aws_credentials_chain_free(table->credentials);
    http_transport_close(&table->transport->base);
    http_transport_close(table->curl);
    g_free(table->name);
    g_free(table);
}

/* An item as the table has it, {"meeting_id": {"S": …}, …}. */
static inline void test_table_put_item(const TestTable *table, const char *item) {
    json_decref(test_call(table, "PutItem", json_pack("{s:o}", "Item", test_json(item))));
}

static inline json_t *test_table_get_item(const TestTable *table, const char *meeting_id) {
    g_autoptr(json_t) answer = test_call(table, "GetItem", json_pack("{s:{s:{s:s}}, s:b}", "Key", "meeting_id", "S", meeting_id, "ConsistentRead", 1));
    return json_incref(json_object_get(answer, "Item"));
}
