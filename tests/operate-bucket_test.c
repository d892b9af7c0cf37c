/* setup and the bucket, on real servers: a plan changes nothing, applied twice is the same as once, and rules of others stay. What a server lacks
 * (versitygw has no lifecycle rules, MinIO no CORS rules and none for uploads) is told, and is no failure. */
#include <string.h>

#include "net/curl.h"
#include "operate/setup.h"
#include "store/s3.h"
#include "store/s3_bucket.h"

typedef struct {
    char *server; /* "versitygw" */
    Settings *settings;
    HttpTransport *transport;
    AwsCredentialsChain *credentials;
    Store *store;
    guint lacking;
    SetupContext context;
} World;

static void world_open(World *world, const char *server, const char *url) {
    g_autofree char *bucket = g_strdup_printf("setup-%08x", g_random_int());
    const char *const options[] = {"S3_BUCKET_NAME", bucket, "S3_PREFIX", "team", "AWS_ENDPOINT_URL", url, NULL};
    *world = (World){.server = g_strdup(server)};
    g_assert_true(settings_load(NULL, options, &world->settings, NULL));
    world->transport = http_curl_new(NULL);
    world->credentials = aws_credentials_chain_new(world->settings, world->transport, clock_system());
    g_assert_true(store_s3_open(world->settings, world->transport, world->credentials, clock_system(), &world->store, NULL));
    world->context = (SetupContext){.settings = world->settings, .clock = clock_system(), .bucket = world->store, .origin = "https://meet.example", .lacking = &world->lacking};
}

static void world_close(World *world) {
    store_close(world->store);
    aws_credentials_chain_free(world->credentials);
    http_transport_close(world->transport);
    settings_free(world->settings);
    g_free(world->server);
}

/* The plan's states as letters: p present, m missing and to be made, x missing and not to be had. Caller frees. */
static char *plan_of(World *world) {
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) error = NULL;
    GString *states = g_string_new("");
    setup_plan(&world->context, &steps, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < steps->len; i++) {
        const SetupStep *step = g_ptr_array_index(steps, i);
        g_string_append_c(states, step->state == SETUP_PRESENT ? 'p' : step->apply ? 'm' : 'x');
        if (step->state != SETUP_PRESENT && !step->apply) g_assert_nonnull(step->remedy);
    }
    return g_string_free(states, FALSE);
}

static guint apply(World *world) {
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) error = NULL;
    guint changes = 0;
    g_assert_true(setup_plan(&world->context, &steps, &error) && setup_apply(&world->context, steps, &changes, &error));
    g_assert_no_error(error);
    return changes;
}

static void assert_plan(World *world, const char *expected) {
    g_autofree char *states = plan_of(world);
    g_assert_cmpstr(states, ==, expected);
}

static void check_plan(World *world) {
    bool is_minio = strcmp(world->server, "minio") == 0;
    assert_plan(world, "mmm");
    assert_plan(world, "mmm"); /* nothing was changed by looking */
    g_assert_cmpuint(apply(world), ==, is_minio ? 1 : 2);
    assert_plan(world, is_minio ? "pxx" : "ppx");
    g_assert_cmpuint(apply(world), ==, 0);
    assert_plan(world, is_minio ? "pxx" : "ppx");
}

#define RULE_OF_OTHERS "<CORSRule><AllowedOrigin>https://other.example</AllowedOrigin><AllowedMethod>DELETE</AllowedMethod></CORSRule>"

static void check_rules_of_others(World *world) {
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    bool supported = false;
    g_assert_true(s3_bucket_create(world->store, &error));
    g_assert_true(s3_bucket_create(world->store, &error)); /* ours already */
    g_assert_true(s3_bucket_write(world->store, "cors", "<CORSConfiguration>" RULE_OF_OTHERS "</CORSConfiguration>", &supported, &error));
    g_assert_no_error(error);
    if (!supported) return; /* MinIO: seen above */
    assert_plan(world, "pmx");
    g_assert_cmpuint(apply(world), ==, 1);
    assert_plan(world, "ppx");
    g_assert_true(s3_bucket_read(world->store, "cors", &supported, &xml, &error));
    g_assert_nonnull(strstr(xml, "https://other.example"));
    g_assert_nonnull(strstr(xml, "https://meet.example"));
    world->context.origin = "https://second.example"; /* a rule for another page is none for this one */
    assert_plan(world, "pmx");
}

static void on_each_server(gconstpointer check) {
    const char *servers = g_getenv("HANSARD_TEST_S3");
    if (!servers) {
        g_test_skip("HANSARD_TEST_S3 names no S3 server");
        return;
    }
    g_auto(GStrv) each = g_strsplit(servers, " ", -1);
    for (guint i = 0; each[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(each[i], "=", 2);
        World world;
        world_open(&world, pair[0], pair[1]);
        ((void (*)(World *))check)(&world);
        world_close(&world);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/operate/bucket/plan", check_plan, on_each_server);
    g_test_add_data_func("/operate/bucket/rules-of-others", check_rules_of_others, on_each_server);
    return g_test_run();
}
