/* setup and the bucket, on real servers: a plan changes nothing, applied twice is the same as once, drift is shown and set right, and rules of
 * others stay. What a server lacks (versitygw has no lifecycle rules; MinIO has none for uploads or classes, and its one CORS rule is for all buckets)
 * is told, and is no failure. What neither has is tried on moto, a model of S3 and no proof of it. */
#include <string.h>

#include "net/curl.h"
#include "operate/setup.h"
#include "store/s3.h"
#include "store/s3_bucket.h"

typedef struct {
    char *server; /* "versitygw", "minio", "moto" */
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

static bool is(const World *world, const char *server) { return strcmp(world->server, server) == 0; }

/* A step as "name=p": p present, m missing and to be made, x missing and not to be had, d different and to be set right, o different and
 * another's. */
static char letter_of(const SetupStep *step) {
    if (step->state == SETUP_PRESENT) return 'p';
    if (step->state == SETUP_DIFFERENT) return step->apply ? 'd' : 'o';
    return step->apply ? 'm' : 'x';
}

/* The plan, the bucket's own name and "lifecycle rule hansard-" left out. Caller frees. */
static char *plan_of(World *world) {
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) error = NULL;
    GString *states = g_string_new("");
    setup_plan(&world->context, &steps, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < steps->len; i++) {
        const SetupStep *step = g_ptr_array_index(steps, i);
        const char *rule = g_strrstr(step->what, "hansard-"), *name = rule ? rule + strlen("hansard-") : step->what;
        if (g_str_has_prefix(step->what, "bucket ")) name = "bucket";
        g_string_append_printf(states, "%s%s=%c", i ? " " : "", name, letter_of(step));
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

static void assert_step(World *world, const char *expected) {
    g_autofree char *states = plan_of(world);
    if (!strstr(states, expected)) g_error("%s: %s is not in %s", world->server, expected, states);
}

static void assert_no_step(World *world, const char *name) {
    g_autofree char *states = plan_of(world);
    g_assert_null(strstr(states, name));
}

static const char *of_server(const World *world, const char *versitygw, const char *minio, const char *moto) {
    return is(world, "versitygw") ? versitygw : is(world, "minio") ? minio : moto;
}

static void check_plan(World *world) {
    static const char none[] = "bucket=m public access block=m encryption at rest=m CORS rule=m clear-broken-off-uploads=m";
    const char *all = of_server(world, "bucket=p public access block=x encryption at rest=x CORS rule=p clear-broken-off-uploads=x",
                                "bucket=p public access block=x encryption at rest=p CORS rule=p clear-broken-off-uploads=x",
                                "bucket=p public access block=p encryption at rest=p CORS rule=p clear-broken-off-uploads=p");
    assert_plan(world, none);
    assert_plan(world, none); /* nothing was changed by looking */
    apply(world);
    assert_plan(world, all);
    g_assert_cmpuint(apply(world), ==, 0);
    assert_plan(world, all);
}

/* The rules by age: made, changed by another, set right, and taken away with the setting. */
static void check_lifecycle(World *world) {
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    bool supported = false, has = !is(world, "versitygw");
    world->settings->s3_expire_days = 400;
    world->settings->s3_versioning = true;
    apply(world);
    if (!has) {
        assert_step(world, "expire-recordings=x");
        return;
    }
    assert_step(world, "versions=p");
    assert_step(world, "expire-recordings=p");
    assert_step(world, "forget-old-versions=p");
    g_assert_cmpuint(apply(world), ==, 0);
    g_assert_true(s3_bucket_read(world->store, "lifecycle", &supported, &xml, NULL));
    g_assert_nonnull(strstr(xml, "team/meetings/"));
    g_assert_null(strstr(xml, "hansard/"));
    /* drift */
    g_auto(GStrv) parts = g_strsplit(xml, "<Days>400</Days>", 2);
    g_autofree char *changed = g_strjoinv("<Days>40</Days>", parts);
    g_assert_cmpuint(g_strv_length(parts), ==, 2);
    g_assert_true(s3_bucket_write(world->store, "lifecycle", changed, &supported, &error));
    assert_step(world, "expire-recordings=d");
    assert_step(world, "forget-old-versions=p");
    g_assert_cmpuint(apply(world), ==, 1);
    assert_step(world, "expire-recordings=p");
    world->settings->s3_old_versions_days = 7; /* drift of the settings */
    assert_step(world, "forget-old-versions=d");
    g_assert_cmpuint(apply(world), ==, 1);
    /* no longer asked for */
    world->settings->s3_expire_days = 0;
    assert_step(world, "expire-recordings=d");
    g_assert_cmpuint(apply(world), ==, 1);
    assert_no_step(world, "expire-recordings");
    world->settings->s3_old_versions_days = 0;
    apply(world); /* the last of MinIO's rules */
    assert_no_step(world, "forget-old-versions");
    assert_step(world, "bucket=p");
}

static void check_archive(World *world) {
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) error = NULL;
    world->settings->s3_archive_days = 60;
    apply(world);
    assert_step(world, is(world, "moto") ? "archive-recordings=p" : "archive-recordings=x");
    if (is(world, "moto")) {
        g_free(world->settings->s3_archive_class);
        world->settings->s3_archive_class = g_strdup("DEEP_ARCHIVE");
        assert_step(world, "archive-recordings=d");
        g_assert_cmpuint(apply(world), ==, 1);
        assert_step(world, "archive-recordings=p");
    }
    world->settings->s3_expire_days = 60;
    g_assert_false(setup_plan(&world->context, &steps, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFIG);
    g_clear_error(&error);
    world->settings->s3_expire_days = 0;
    g_free(world->settings->s3_archive_class);
    world->settings->s3_archive_class = g_strdup("STANDARD_IA");
    world->settings->s3_archive_days = 29;
    g_assert_false(setup_plan(&world->context, &steps, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CONFIG);
}

/* A default that the settings speak against. */
static void check_encryption(World *world) {
    apply(world);
    if (is(world, "versitygw")) return;
    world->settings->s3_sse = g_strdup("aws:kms");
    world->settings->s3_sse_kms_key = g_strdup("hansard-test-key");
    assert_step(world, "encryption at rest=d");
    g_assert_cmpuint(apply(world), ==, 1);
    assert_step(world, "encryption at rest=p");
}

#define RULE_OF_OTHERS "<CORSRule><AllowedOrigin>https://other.example</AllowedOrigin><AllowedMethod>DELETE</AllowedMethod></CORSRule>"

static void check_cors_of_others(World *world) {
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    bool supported = false;
    g_assert_true(s3_bucket_create(world->store, &error));
    g_assert_true(s3_bucket_create(world->store, &error)); /* ours already */
    g_assert_true(s3_bucket_write(world->store, "cors", "<CORSConfiguration>" RULE_OF_OTHERS "</CORSConfiguration>", &supported, &error));
    g_assert_no_error(error);
    if (!supported) return; /* MinIO: seen above */
    assert_step(world, "CORS rule=m");
    apply(world);
    assert_step(world, "CORS rule=p");
    g_assert_true(s3_bucket_read(world->store, "cors", &supported, &xml, &error));
    g_assert_nonnull(strstr(xml, "https://other.example"));
    g_assert_nonnull(strstr(xml, "https://meet.example"));
    world->context.origin = "https://second.example"; /* a rule for another page is none for this one */
    assert_step(world, "CORS rule=m");
}

#define EXPIRY_OF_OTHERS(id, prefix) \
    "<Rule><ID>" id "</ID><Status>Enabled</Status><Filter><Prefix>" prefix "</Prefix></Filter><Expiration><Days>9</Days></Expiration></Rule>"

/* Rules of others stay; those that would remove the index, jobs or documents are told, and left. */
static void check_rules_of_others(World *world) {
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    bool supported = false;
    g_assert_true(s3_bucket_create(world->store, &error));
    g_assert_true(s3_bucket_write(world->store, "lifecycle",
                                  "<LifecycleConfiguration>" EXPIRY_OF_OTHERS("elsewhere", "logs/") EXPIRY_OF_OTHERS("harmful", "team/hansard/")
                                  EXPIRY_OF_OTHERS("audit", "team/hansard/audit/") "</LifecycleConfiguration>", &supported, &error));
    g_assert_no_error(error);
    if (!supported) return;
    world->settings->s3_expire_days = 400;
    assert_step(world, "lifecycle rule harmful=o");
    assert_no_step(world, "elsewhere");
    assert_no_step(world, "audit");
    apply(world);
    assert_step(world, "expire-recordings=p");
    g_assert_true(s3_bucket_read(world->store, "lifecycle", &supported, &xml, &error));
    g_assert_nonnull(strstr(xml, "elsewhere"));
    g_assert_nonnull(strstr(xml, "harmful"));
    world->settings->s3_expire_days = 0;
    apply(world);
    g_clear_pointer(&xml, g_free);
    g_assert_true(s3_bucket_read(world->store, "lifecycle", &supported, &xml, &error));
    g_assert_nonnull(strstr(xml, "elsewhere"));
    g_assert_null(strstr(xml, "hansard-expire-recordings"));
}

static void on_server(const char *server, const char *url, void (*check)(World *)) {
    World world;
    world_open(&world, server, url);
    check(&world);
    world_close(&world);
}

static void on_each_server(gconstpointer check) {
    const char *servers = g_getenv("HANSARD_TEST_S3"), *moto = g_getenv("HANSARD_TEST_MOTO");
    if (!servers) {
        g_test_skip("HANSARD_TEST_S3 names no S3 server");
        return;
    }
    g_auto(GStrv) each = g_strsplit(servers, " ", -1);
    for (guint i = 0; each[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(each[i], "=", 2);
        on_server(pair[0], pair[1], check);
    }
    if (moto) on_server("moto", moto, check);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/operate/bucket/plan", check_plan, on_each_server);
    g_test_add_data_func("/operate/bucket/lifecycle", check_lifecycle, on_each_server);
    g_test_add_data_func("/operate/bucket/archive", check_archive, on_each_server);
    g_test_add_data_func("/operate/bucket/encryption", check_encryption, on_each_server);
    g_test_add_data_func("/operate/bucket/cors-of-others", check_cors_of_others, on_each_server);
    g_test_add_data_func("/operate/bucket/rules-of-others", check_rules_of_others, on_each_server);
    return g_test_run();
}
