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

static bool call(Queue *queue, const char *action, const json_t *input, GCancellable *cancel, json_t **answer, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autoptr(GBytes) body = json_to_bytes(input, false);
    g_auto(HttpResponse) response = {0};
    g_autofree char *url = g_strconcat(aws_client_endpoint(queue->client), "/", NULL), *target = g_strconcat("AmazonSQS.", action, NULL);
    http_headers_set(headers, "Content-Type", "application/x-amz-json-1.0");
    http_headers_set(headers, "X-Amz-Target", target);
    HttpRequest request = {.method = "POST", .url = url, .headers = headers, .body = {.bytes = body, .fd = -1}, .cancel = cancel};
    if (!aws_send(queue->client, &request, NULL, &response, NULL, error)) return false;
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
    if (!call(queue, "ReceiveMessage", ask, cancel, &got, error)) return false;
    json_t *entries = entries_of(json_object_get(got, "Messages"));
    guint count = (guint)json_array_size(entries);
    g_autoptr(json_t) remove = json_pack("{s:s, s:o}", "QueueUrl", queue->url, "Entries", entries);
    if (count > 0 && !call(queue, "DeleteMessageBatch", remove, cancel, &removed, error)) return false;
    *came = count;
    return true;
}
