/* Buckets on real servers for tests: HANSARD_TEST_S3 lists them ("versitygw=http://127.0.0.1:7070 minio=http://…"), with keys in AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY. tests/servers.py starts them. */
#pragma once

#include <string.h>
#include <unistd.h>

#include "aws/client.h"
#include "aws/sigv4.h"
#include "aws/xml.h"
#include "base/limits.h"
#include "base/settings.h"
#include "net/curl.h"
#include "store/s3.h"
#include "store/s3_internal.h"

/* A bucket, and a store in it. */
typedef struct {
    char *server, *endpoint, *bucket, *data_dir;
    Settings *settings;
    HttpTransport *transport; /* borrowed */
    AwsCredentialsChain *credentials;
    AwsClient *client; /* of the tests' own calls */
    Clock *clock;
    Store *store;
} S3World;

/* Shared by all; closed at the end of the program. */
static HttpTransport *plain_transport;

/* The endpoint of a server; NULL: it is not there. Caller frees. */
static inline char *server_endpoint(const char *name) {
    g_auto(GStrv) entries = g_strsplit(g_getenv("HANSARD_TEST_S3") ? g_getenv("HANSARD_TEST_S3") : "", " ", -1);
    for (guint i = 0; entries[i]; i++)
        if (g_str_has_prefix(entries[i], name) && entries[i][strlen(name)] == '=') return g_strdup(entries[i] + strlen(name) + 1);
    return NULL;
}

static inline const char *must_getenv(const char *name) {
    const char *value = g_getenv(name);
    if (!value) g_error("%s is not set, though HANSARD_TEST_S3 is", name);
    return value;
}

/* A call of the tests' own on the bucket (key NULL) or an object; the status, and the body where asked for. */
static inline int s3_world_call(S3World *world, const char *method, const char *key, const char *query, const char *body, char **answer) {
    g_autoptr(GBytes) bytes = body ? g_bytes_new(body, strlen(body)) : NULL;
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *encoded = sigv4_encode(key ? key : "", true);
    g_autofree char *url = g_strdup_printf("%s/%s%s%s%s%s", aws_client_endpoint(world->client), world->bucket, key ? "/" : "", encoded, query ? "?" : "",
                                           query ? query : "");
    if (body) http_headers_set(headers, "Content-Type", "application/xml");
    HttpRequest request = {.method = method, .url = url, .headers = headers, .body = {.bytes = bytes}};
    if (!aws_send(world->client, &request, NULL, &response, &outcome, &error)) {
        g_assert_cmpint(outcome.status, !=, 0);
        return outcome.status;
    }
    if (answer) *answer = g_strndup(g_bytes_get_data(response.body, NULL), g_bytes_get_size(response.body));
    return response.status;
}

static inline void s3_world_open(S3World *world, HttpTransport *transport) {
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&world->store, store_close);
    world->transport = transport;
    store_s3_open(world->settings, transport, world->credentials, world->clock, &world->store, &error);
    g_assert_no_error(error);
}

/* `options`: as of settings_load, may be NULL. NULL: the server is not there, and the test is marked as skipped. */
static inline S3World *s3_world_new(const char *server, Clock *clock, const char *const *options) {
    static int count;
    g_autofree char *endpoint = server_endpoint(server);
    g_autoptr(GError) error = NULL;
    if (!endpoint) {
        g_autofree char *why = g_strdup_printf("HANSARD_TEST_S3 names no %s", server);
        g_test_skip(why);
        return NULL;
    }
    S3World *world = g_new0(S3World, 1);
    *world = (S3World){.server = g_strdup(server), .endpoint = g_strdup(endpoint), .clock = clock, .transport = plain_transport};
    world->bucket = g_strdup_printf("test-%08x-%d", g_random_int(), ++count);
    world->data_dir = g_dir_make_tmp("hansard-s3-XXXXXX", NULL);
    g_autoptr(GPtrArray) pairs = g_ptr_array_new();
    const char *const fixed[] = {"S3_BUCKET_NAME", world->bucket, "AWS_ENDPOINT_URL", endpoint, "AWS_REGION", "us-east-1", "HANSARD_DATA", world->data_dir};
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++) g_ptr_array_add(pairs, (gpointer)fixed[i]);
    for (guint i = 0; options && options[i]; i++) g_ptr_array_add(pairs, (gpointer)options[i]);
    g_ptr_array_add(pairs, NULL);
    settings_load(NULL, (const char *const *)pairs->pdata, &world->settings, &error);
    g_assert_no_error(error);
    world->credentials = aws_credentials_chain_fixed(must_getenv("AWS_ACCESS_KEY_ID"), must_getenv("AWS_SECRET_ACCESS_KEY"), NULL);
    world->client = aws_client_new(&(AwsClientOptions){.service = "s3", .endpoint = endpoint, .region = "us-east-1", .is_s3 = true, .resource = "the test's bucket",
                                                       .transport = plain_transport, .credentials = world->credentials, .clock = clock_system()});
    g_assert_cmpint(s3_world_call(world, "PUT", NULL, NULL, NULL, NULL), ==, 200);
    s3_world_open(world, plain_transport);
    return world;
}

static inline void s3_world_free(S3World *world) {
    if (!world) return;
    store_close(world->store);
    aws_client_free(world->client);
    aws_credentials_chain_free(world->credentials);
    settings_free(world->settings);
    g_autofree char *own = g_build_filename(world->data_dir, ".hansard", NULL), *spool = g_build_filename(own, "spool", NULL);
    (void)rmdir(spool);
    (void)rmdir(own);
    g_assert_cmpint(rmdir(world->data_dir), ==, 0); /* nothing is left in it */
    g_free(world->server);
    g_free(world->endpoint);
    g_free(world->bucket);
    g_free(world->data_dir);
    g_free(world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3World, s3_world_free)

/* A PUT, GET, … of a URL as it stands, without credentials: the status; -1: no answer. */
static inline int send_bare(const char *method, const char *url, GBytes *bytes, HttpResponse *response) {
    g_auto(HttpResponse) own = {0};
    HttpRequest request = {.method = method, .url = url, .body = {.bytes = bytes}};
    if (!response) response = &own;
    return http_send(plain_transport, &request, response, NULL) ? response->status : -1;
}
