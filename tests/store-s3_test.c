/* The store's contract on S3, as versitygw and MinIO speak it, and what only S3 has. */
#include "s3_world.h"
#include "store_contract.h"

/* Stores that a contract test has open: their worlds end after them. */
static GPtrArray *contract_worlds;

static Store *open_on(const char *server, Clock *clock) {
    S3World *world = s3_world_new(server, clock, NULL);
    g_assert_nonnull(world);
    g_ptr_array_add(contract_worlds, world);
    return g_steal_pointer(&world->store);
}

static Store *open_on_versitygw(Clock *clock, char **place) { return open_on("versitygw", clock); }
static Store *open_on_minio(Clock *clock, char **place) { return open_on("minio", clock); }
static int put_url(const char *url, GBytes *bytes) { return send_bare("PUT", url, bytes, NULL); }

static const StoreFactory versitygw = {.name = "s3", .variant = "s3-versitygw", .open = open_on_versitygw, .put_url = put_url};
static const StoreFactory minio = {.name = "s3", .variant = "s3-minio", .open = open_on_minio, .put_url = put_url};

static void test_skipped(gconstpointer name) {
    g_autofree char *why = g_strdup_printf("HANSARD_TEST_S3 names no %s", (const char *)name);
    g_test_skip(why);
}

static void add_contract(const char *server, const StoreFactory *factory) {
    g_autofree char *endpoint = server_endpoint(server), *path = g_strdup_printf("/store/%s/skipped", factory->variant);
    if (endpoint) store_contract_add(factory);
    else g_test_add_data_func(path, server, test_skipped);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    plain_transport = http_curl_new(NULL);
    contract_worlds = g_ptr_array_new_with_free_func((GDestroyNotify)s3_world_free);
    add_contract("versitygw", &versitygw);
    add_contract("minio", &minio);
    int status = g_test_run();
    g_ptr_array_unref(contract_worlds);
    http_transport_close(plain_transport);
    return status;
}
