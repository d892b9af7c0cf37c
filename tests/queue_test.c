/* The queue on SQS, against moto's, which speaks its JSON protocol. Skipped where no moto runs (HANSARD_TEST_MOTO). */
#include "base/limits.h"
#include "net/curl.h"
#include "queue/queue.h"

typedef struct {
    Settings *settings;
    HttpTransport *transport;
    AwsCredentialsChain *credentials;
    AwsClient *client;
    char *url;
} Fixture;

static void call(const Fixture *fixture, const char *target, json_t *input, json_t **answer) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) owned = input;
    g_assert_true(aws_call_json(fixture->client, target, "application/x-amz-json-1.0", owned, answer, NULL, &error));
    g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer data) {
    const char *moto = g_getenv("HANSARD_TEST_MOTO");
    if (!moto) return;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) made = NULL;
    fixture->transport = http_curl_new(NULL);
    fixture->credentials = aws_credentials_chain_fixed("test", "test", NULL);
    fixture->client = aws_client_new(&(AwsClientOptions){.service = "sqs",
                                                        .endpoint = moto,
                                                        .region = "us-east-1",
                                                        .resource = "the test's queue",
                                                        .transport = fixture->transport,
                                                        .credentials = fixture->credentials,
                                                        .clock = clock_system()});
    g_autofree char *name = g_strdup_printf("hansard-%08x", g_random_int());
    call(fixture, "AmazonSQS.CreateQueue", json_pack("{s:s}", "QueueName", name), &made);
    fixture->url = g_strdup_printf("%s/123456789012/%s", moto, name);
    const char *const options[] = {"HANSARD_QUEUE_URL", fixture->url, "AWS_REGION", "us-east-1", NULL};
    g_assert_true(settings_load(NULL, options, &fixture->settings, &error));
    g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    g_clear_pointer(&fixture->settings, settings_free);
    g_clear_pointer(&fixture->client, aws_client_free);
    g_clear_pointer(&fixture->credentials, aws_credentials_chain_free);
    g_clear_pointer(&fixture->transport, http_transport_close);
    g_free(fixture->url);
}

static bool is_skipped(const Fixture *fixture) {
    if (!fixture->client) g_test_skip("no moto runs: HANSARD_TEST_MOTO is not set");
    return !fixture->client;
}

static Queue *open_queue(const Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    Queue *queue = NULL;
    g_assert_true(queue_open(fixture->settings, fixture->transport, fixture->credentials, clock_system(), &queue, &error));
    g_assert_no_error(error);
    return queue;
}

static void send(const Fixture *fixture, const char *text) {
    g_autoptr(json_t) answer = NULL;
    call(fixture, "AmazonSQS.SendMessage", json_pack("{s:s, s:s}", "QueueUrl", fixture->url, "MessageBody", text), &answer);
}

static guint left(const Fixture *fixture) {
    g_autoptr(json_t) answer = NULL;
    call(fixture, "AmazonSQS.GetQueueAttributes", json_pack("{s:s, s:[s, s]}", "QueueUrl", fixture->url, "AttributeNames",
                                                            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"), &answer);
    const json_t *attributes = json_object_get(answer, "Attributes");
    return (guint)(atoi(json_get_string(attributes, "ApproximateNumberOfMessages", "9")) +
                   atoi(json_get_string(attributes, "ApproximateNumberOfMessagesNotVisible", "9")));
}

static void test_messages(Fixture *fixture, gconstpointer data) {
    if (is_skipped(fixture)) return;
    g_autoptr(Queue) queue = open_queue(fixture);
    g_autoptr(GError) error = NULL;
    guint came = 0, total = 0;
    for (int i = 0; i < 13; i++) send(fixture, "{\"Records\": []}");
    for (int tries = 0; total < 13 && tries < 13; tries++, total += came) g_assert_true(queue_wait(queue, NULL, &came, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(total, ==, 13);
    g_assert_cmpuint(left(fixture), ==, 0);
}

static gpointer cancel_soon(gpointer cancel) {
    g_usleep(200000);
    g_cancellable_cancel(cancel);
    return NULL;
}

/* An empty queue is waited for, and a stop ends the wait. */
static void test_cancel(Fixture *fixture, gconstpointer data) {
    if (is_skipped(fixture)) return;
    g_autoptr(Queue) queue = open_queue(fixture);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    guint came = 99;
    GThread *thread = g_thread_new("cancel", cancel_soon, cancel);
    gint64 begin = g_get_monotonic_time();
    g_assert_false(queue_wait(queue, cancel, &came, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
    g_assert_cmpuint(came, ==, 99);
    g_thread_join(thread);
}

static void test_no_queue(Fixture *fixture, gconstpointer data) {
    if (is_skipped(fixture)) return;
    g_free(fixture->settings->queue_url);
    fixture->settings->queue_url = g_strdup_printf("%s-gone", fixture->url);
    g_autoptr(Queue) queue = open_queue(fixture);
    g_autoptr(GError) error = NULL;
    guint came;
    g_assert_false(queue_wait(queue, NULL, &came, &error));
    g_assert_nonnull(strstr(error->message, "HANSARD_QUEUE_URL"));
}

static void test_bad_urls(void) {
    static const char *const bad[] = {"queue-name", "ftp://sqs.eu-central-1.amazonaws.com/1/a", "https://sqs.eu-central-1.amazonaws.com", "https:///1/a"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *const options[] = {"HANSARD_QUEUE_URL", bad[i], NULL};
        g_autoptr(Settings) settings = NULL;
        g_autoptr(GError) error = NULL;
        Queue *queue = NULL;
        g_assert_true(settings_load(NULL, options, &settings, NULL));
        g_assert_false(queue_open(settings, NULL, NULL, clock_system(), &queue, &error));
        g_assert_true(error_is(error, ERROR_CONFIG));
        g_assert_nonnull(strstr(error->message, "HANSARD_QUEUE_URL"));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add("/queue/messages", Fixture, NULL, set_up, test_messages, tear_down);
    g_test_add("/queue/cancel", Fixture, NULL, set_up, test_cancel, tear_down);
    g_test_add("/queue/no-queue", Fixture, NULL, set_up, test_no_queue, tear_down);
    g_test_add_func("/queue/bad-urls", test_bad_urls);
    return g_test_run();
}
