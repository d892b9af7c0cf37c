/* The queue on Amazon SQS, by its JSON protocol: long polls, so that an idle server asks three times a minute. */
#include <string.h>

#include "base/limits.h"
#include "queue/queue.h"

#define MESSAGES_MAX 10 /* SQS's limit for one receive */

struct Queue {
    AwsClient *client;
    char *url; /* of the queue */
};

/* The region in "https://sqs.{region}.amazonaws.com…"; NULL: another host. Caller frees. */
static char *region_of_host(const char *host) {
    if (!host || !g_str_has_prefix(host, "sqs.")) return NULL;
    const char *region = host + strlen("sqs."), *end = strstr(region, ".amazonaws.com");
    return end && end > region ? g_strndup(region, (gsize)(end - region)) : NULL;
}

/* Scheme, host and port of the queue's URL, unless AWS_ENDPOINT_URL_SQS names another. Caller frees. */
static char *endpoint_of(const Settings *settings, GUri *uri) {
    const char *named = settings_aws(settings, "AWS_ENDPOINT_URL_SQS");
    g_autofree char *port = g_uri_get_port(uri) > 0 ? g_strdup_printf(":%d", g_uri_get_port(uri)) : g_strdup("");
    return named ? g_strdup(named) : g_strdup_printf("%s://%s%s", g_uri_get_scheme(uri), g_uri_get_host(uri), port);
}

bool queue_open(const Settings *settings, HttpTransport *transport, AwsCredentialsChain *credentials, Clock *clock, Queue **queue, GError **error) {
    g_autoptr(GUri) uri = g_uri_parse(settings->queue_url, G_URI_FLAGS_NONE, NULL);
    bool is_http = uri && (strcmp(g_uri_get_scheme(uri), "https") == 0 || strcmp(g_uri_get_scheme(uri), "http") == 0);
    if (!is_http || !g_uri_get_host(uri) || !g_uri_get_host(uri)[0] || strlen(g_uri_get_path(uri)) < 2)
        return fail(error, ERROR_CONFIG, "HANSARD_QUEUE_URL must be the URL of an SQS queue, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME");
    g_autofree char *in_host = region_of_host(g_uri_get_host(uri)), *in_settings = aws_region_of(settings);
    const char *region = in_host ? in_host : in_settings;
    if (!region) return fail(error, ERROR_CONFIG, "the region of the queue in HANSARD_QUEUE_URL is not known: set AWS_REGION");
    g_autofree char *endpoint = endpoint_of(settings, uri), *resource = g_strdup_printf("queue %s (HANSARD_QUEUE_URL)", settings->queue_url);
    Queue *opened = g_new0(Queue, 1);
    opened->url = g_strdup(settings->queue_url);
    opened->client = aws_client_new(&(AwsClientOptions){.service = "sqs",
                                                       .endpoint = endpoint,
                                                       .region = region,
                                                       .resource = resource,
                                                       .transport = transport,
                                                       .credentials = credentials,
                                                       .clock = clock});
    *queue = opened;
    return true;
}

void queue_close(Queue *queue) {
    if (!queue) return;
    aws_client_free(queue->client);
    g_free(queue->url);
    g_free(queue);
}

/* `outcome` may be NULL. */
static bool call(Queue *queue, const char *action, const json_t *input, GCancellable *cancel, json_t **answer, AwsOutcome *outcome, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autoptr(GBytes) body = json_to_bytes(input, false);
    g_auto(HttpResponse) response = {0};
    g_autofree char *url = g_strconcat(aws_client_endpoint(queue->client), "/", NULL), *target = g_strconcat("AmazonSQS.", action, NULL);
    http_headers_set(headers, "Content-Type", "application/x-amz-json-1.0");
    http_headers_set(headers, "X-Amz-Target", target);
    HttpRequest request = {.method = "POST", .url = url, .headers = headers, .body = {.bytes = body, .fd = -1}, .cancel = cancel};
    if (!aws_send(queue->client, &request, NULL, &response, outcome, error)) return false;
    gsize size;
    const void *data = g_bytes_get_data(response.body, &size);
    *answer = size > 0 ? json_parse_object(data, size, "the queue's answer", error) : json_object();
    return *answer != NULL;
}

/* The handles of the messages, as DeleteMessageBatch takes them. */
static json_t *entries_of(const json_t *messages) {
    json_t *entries = json_array();
    gsize i;
    const json_t *message;
    json_array_foreach(messages, i, message) {
        const char *handle = json_get_string(message, "ReceiptHandle", NULL);
        g_autofree char *id = g_strdup_printf("m%zu", i);
        if (handle && i < MESSAGES_MAX) json_array_append_new(entries, json_pack("{s:s, s:s}", "Id", id, "ReceiptHandle", handle));
    }
    return entries;
}

bool queue_wait(Queue *queue, GCancellable *cancel, guint *came, GError **error) {
    g_autoptr(json_t) ask = json_pack("{s:s, s:i, s:i}", "QueueUrl", queue->url, "MaxNumberOfMessages", MESSAGES_MAX, "WaitTimeSeconds", QUEUE_WAIT_S);
    g_autoptr(json_t) got = NULL;
    g_autoptr(json_t) removed = NULL;
    if (!call(queue, "ReceiveMessage", ask, cancel, &got, NULL, error)) return false;
    json_t *entries = entries_of(json_object_get(got, "Messages"));
    guint count = (guint)json_array_size(entries);
    g_autoptr(json_t) remove = json_pack("{s:s, s:o}", "QueueUrl", queue->url, "Entries", entries);
    if (count > 0 && !call(queue, "DeleteMessageBatch", remove, cancel, &removed, NULL, error)) return false;
    *came = count;
    return true;
}

/* -- for setup ------------------------------------------------------------------------------------------------------------ */

bool queue_describe(Queue *queue, bool *exists, char **arn, char **policy, GError **error) {
    g_autoptr(json_t) ask = json_pack("{s:s, s:[s, s]}", "QueueUrl", queue->url, "AttributeNames", "QueueArn", "Policy");
    g_autoptr(json_t) answer = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(AwsOutcome) outcome = {0};
    *exists = call(queue, "GetQueueAttributes", ask, NULL, &answer, &outcome, &problem);
    *arn = *policy = NULL;
    bool is_missing = outcome.code && (strstr(outcome.code, "NonExistentQueue") || strstr(outcome.code, "QueueDoesNotExist"));
    if (!*exists && !is_missing) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    const json_t *attributes = json_object_get(answer, "Attributes");
    const char *found = json_get_string(attributes, "QueueArn", NULL), *stands = json_get_string(attributes, "Policy", "");
    if (*exists && !found) return fail(error, ERROR_CORRUPT, "the answer about %s names no ARN: is it an SQS queue?", queue->url);
    *arn = g_strdup(found);
    *policy = *stands ? g_strdup(stands) : NULL;
    return true;
}

bool queue_create(Queue *queue, GError **error) {
    const char *name = strrchr(queue->url, '/') + 1; /* queue_open has seen to it */
    g_autoptr(json_t) ask = json_pack("{s:s}", "QueueName", name);
    g_autoptr(json_t) answer = NULL;
    if (!call(queue, "CreateQueue", ask, NULL, &answer, NULL, error)) return false;
    const char *made = json_get_string(answer, "QueueUrl", "");
    return strcmp(strrchr(made, '/') ? strrchr(made, '/') + 1 : made, name) == 0 ||
           fail(error, ERROR_CONFIG, "the queue was made as %s: set HANSARD_QUEUE_URL to that", made);
}

bool queue_set_policy(Queue *queue, const char *policy, GError **error) {
    g_autoptr(json_t) ask = json_pack("{s:s, s:{s:s}}", "QueueUrl", queue->url, "Attributes", "Policy", policy);
    g_autoptr(json_t) answer = NULL;
    return call(queue, "SetQueueAttributes", ask, NULL, &answer, NULL, error);
}
