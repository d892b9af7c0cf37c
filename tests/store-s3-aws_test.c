/* The S3 store as it speaks to AWS: the bucket in the host name, and regions. A transport stands in for AWS's front: it knows which region the bucket is in,
 * answers calls to another one as AWS does, and has all else done by a real server behind it, signed anew for that. */
#include "net/http_transport_backend.h"
#include "s3_world.h"
#include "store/uploads.h"
#include "store_asserts.h"

typedef enum { ANSWER_REDIRECT, ANSWER_MALFORMED, ANSWER_TEMPORARY } RegionAnswer;

typedef struct {
    HttpTransport base;
    S3World *world;
    const char *region;    /* the bucket's; NULL: always another one than the one asked */
    RegionAnswer answer;
    gint redirected;       /* atomic */
} AwsFront;

/* "https://{bucket}.s3.{region}.amazonaws.com/…" → the region, and what follows the host. Anything else fails the test. */
static char *take_host(const AwsFront *front, const char *url, const char **path) {
    g_autofree char *start = g_strdup_printf("https://%s.s3.", front->world->bucket);
    g_assert_true(g_str_has_prefix(url, start));
    const char *region = url + strlen(start), *end = strstr(region, ".amazonaws.com/");
    g_assert_nonnull(end);
    *path = end + strlen(".amazonaws.com/");
    return g_strndup(region, (gsize)(end - region));
}

static bool answer_elsewhere(AwsFront *front, const HttpRequest *request, const char *asked, HttpResponse *response) {
    static const struct {
        int status;
        const char *code;
    } answers[] = {{301, "PermanentRedirect"}, {400, "AuthorizationHeaderMalformed"}, {307, "TemporaryRedirect"}};
    g_autofree char *other = front->region ? g_strdup(front->region) : g_strdup_printf("xx-%d", g_atomic_int_get(&front->redirected));
    bool told_in_body = front->answer == ANSWER_MALFORMED && strcmp(request->method, "HEAD") != 0; /* a HEAD tells by the header alone */
    g_autofree char *body = g_strdup_printf("<Error><Code>%s</Code><Message>not here</Message>%s%s%s</Error>", answers[front->answer].code,
                                            told_in_body ? "<Region>" : "", told_in_body ? other : "", told_in_body ? "</Region>" : "");
    g_atomic_int_inc(&front->redirected);
    *response = (HttpResponse){.status = answers[front->answer].status, .headers = http_headers_new()};
    response->body = strcmp(request->method, "HEAD") == 0 ? g_bytes_new_static("", 0) : g_bytes_new(body, strlen(body));
    if (!told_in_body) http_headers_set(response->headers, "x-amz-bucket-region", other);
    return true;
}

static bool front_send(HttpTransport *base, const HttpRequest *request, HttpResponse *response, GError **error) {
    AwsFront *front = (AwsFront *)base;
    const char *path;
    g_autofree char *asked = take_host(front, request->url, &path);
    const char *authorization = http_headers_get(request->headers, "Authorization");
    g_autofree char *scope = g_strdup_printf("/%s/s3/aws4_request", asked);
    g_assert_nonnull(authorization);
    g_assert_nonnull(strstr(authorization, scope)); /* signed for the region that is called */
    if (g_strcmp0(asked, front->region) != 0) return answer_elsewhere(front, request, asked, response);

    HttpRequest behind = *request;
    g_autoptr(GPtrArray) headers = http_headers_new();
    for (guint i = 0; i < request->headers->len; i++) {
        const HttpHeader *header = request->headers->pdata[i];
        if (strcmp(header->name, "Authorization") != 0) http_headers_add(headers, header->name, header->value);
    }
    bool has_query = path[0] == '?';
    g_autofree char *url = g_strdup_printf("%s/%s%s%s", front->world->endpoint, front->world->bucket, has_query || !path[0] ? "" : "/", path);
    g_autoptr(AwsCredentials) credentials = NULL;
    g_assert_true(aws_credentials_get(front->world->credentials, &credentials, NULL));
    behind.url = url;
    behind.headers = headers;
    SigV4 sign = {.credentials = credentials, .region = "us-east-1", .service = "s3", .time_ms = clock_now_ms(clock_system()), .is_s3 = true};
    sigv4_sign(&sign, &behind, http_headers_get(request->headers, "X-Amz-Content-Sha256"));
    return http_send(plain_transport, &behind, response, error);
}

static void front_close(HttpTransport *base) {}

/* A store that believes that it speaks to AWS. */
static S3World *aws_world(const char *server, AwsFront *front, const char *bucket_region, const char *set_region) {
    S3World *world = s3_world_new(server, clock_system(), NULL);
    if (!world) return NULL;
    *front = (AwsFront){.base = {.send = front_send, .close = front_close}, .world = world, .region = bucket_region};
    g_tree_remove(world->settings->aws, "AWS_ENDPOINT_URL");
    g_tree_remove(world->settings->aws, "AWS_REGION");
    if (set_region) g_tree_replace(world->settings->aws, g_strdup("AWS_REGION"), g_strdup(set_region));
    s3_world_open(world, &front->base);
    return world;
}

static bool put_large(Store *store, const char *key, GError **error) {
    g_autoptr(StoreWriter) writer = NULL;
    return store_put_open(store, key, NULL, &writer, error) && store_writer_write(writer, stream_data(), S3_PART_BYTES + 1, error) &&
           store_writer_commit(g_steal_pointer(&writer), NULL, error);
}

static void test_own_region(gconstpointer server) {
    AwsFront front;
    g_autoptr(S3World) world = aws_world(server, &front, "eu-central-1", "eu-central-1");
    g_autoptr(GPtrArray) entries = NULL;
    g_auto(StoreInfo) info = {0};
    bool more;
    if (!world) return;
    must_put(world->store, "a b/ä+c", "x");
    assert_text(world->store, "a b/ä+c", "x");
    assert_works(put_large(world->store, "big", error));
    assert_stream(world->store, "big", S3_PART_BYTES + 1);
    assert_works(store_list(world->store, "a b/", NULL, 9, &entries, &more, error));
    g_assert_cmpuint(entries->len, ==, 1);
    assert_works(store_delete_many(world->store, (const char *const[]){"a b/ä+c", "big"}, 2, error));
    assert_fails(store_head(world->store, "big", &info, error), ERROR_NOT_FOUND);
    g_assert_cmpint(front.redirected, ==, 0);
    g_clear_pointer(&world->store, store_close);
}

/* The first call is sent to the right region, and all that follow go there at once. */
static void test_redirect(gconstpointer server) {
    for (int answer = ANSWER_REDIRECT; answer <= ANSWER_TEMPORARY; answer++) {
        for (int first = 0; first < 4; first++) {
            AwsFront front;
            g_autoptr(S3World) world = aws_world(server, &front, "eu-central-1", first % 2 ? "us-west-2" : NULL);
            g_auto(StoreInfo) info = {0};
            g_autofree char *url = NULL;
            if (!world) return;
            front.answer = (RegionAnswer)answer;
            if (first == 0) must_put(world->store, "k", "x");
            if (first == 1) assert_works(put_large(world->store, "k", error));
            if (first == 2) assert_fails(store_head(world->store, "k", &info, error), ERROR_NOT_FOUND);
            if (first == 3) assert_works(store_sign_url(world->store, "k", &(StoreUrl){.method = "GET", .expires_s = 60}, &url, error));
            g_autofree char *start = g_strdup_printf("https://%s.s3.eu-central-1.amazonaws.com/k?", world->bucket);
            if (url) g_assert_true(g_str_has_prefix(url, start));
            must_put(world->store, "k2", "y");
            assert_text(world->store, "k2", "y");
            g_assert_cmpint(front.redirected, ==, 1);
            g_clear_pointer(&world->store, store_close);
        }
    }
}

static gpointer put_and_get(gpointer store) {
    g_autofree char *key = g_strdup_printf("k%p", (gpointer)g_thread_self());
    must_put(store, key, "x");
    assert_text(store, key, "x");
    return NULL;
}

static void test_redirect_of_many(gconstpointer server) {
    AwsFront front;
    g_autoptr(S3World) world = aws_world(server, &front, "eu-central-1", NULL);
    GThread *threads[8];
    if (!world) return;
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) threads[i] = g_thread_new("caller", put_and_get, world->store);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) g_thread_join(threads[i]);
    g_assert_cmpint(front.redirected, <=, 8);
    g_assert_cmpuint(((S3Store *)world->store)->clients->len, ==, 2);
    g_clear_pointer(&world->store, store_close);
}

/* Sent on and on, it ends with what to set. */
static void test_redirect_without_end(gconstpointer server) {
    AwsFront front;
    g_autoptr(S3World) world = aws_world(server, &front, NULL, NULL);
    if (!world) return;
    for (int i = 0; i < 10; i++) {
        g_autoptr(GError) problem = NULL;
        g_assert_null(put_text(world->store, "k", "x", NULL, &problem));
        g_assert_error(problem, HANSARD_ERROR, ERROR_CONFIG);
        g_assert_nonnull(strstr(problem->message, "AWS_REGION"));
    }
    g_assert_cmpuint(((S3Store *)world->store)->clients->len, <=, S3_CLIENTS_MAX);
    g_clear_pointer(&world->store, store_close);
}

/* Another service than AWS is not followed to regions: the error names the setting. */
static void test_region_of_another_service(gconstpointer server) {
    g_autoptr(S3World) world = s3_world_new(server, clock_system(), (const char *const[]){"AWS_REGION", "eu-west-3", NULL});
    g_autoptr(GError) problem = NULL;
    if (!world) return;
    g_assert_null(put_text(world->store, "k", "x", NULL, &problem));
    g_assert_error(problem, HANSARD_ERROR, ERROR_CONFIG);
    g_assert_nonnull(strstr(problem->message, "AWS_REGION"));
    g_assert_cmpuint(((S3Store *)world->store)->clients->len, ==, 1);
}

int main(int argc, char **argv) {
    static const char server[] = "versitygw";
    g_test_init(&argc, &argv, NULL);
    plain_transport = http_curl_new(NULL);
    g_test_add_data_func("/s3-aws/own-region", server, test_own_region);
    g_test_add_data_func("/s3-aws/redirect", server, test_redirect);
    g_test_add_data_func("/s3-aws/redirect-of-many", server, test_redirect_of_many);
    g_test_add_data_func("/s3-aws/redirect-without-end", server, test_redirect_without_end);
    g_test_add_data_func("/s3-aws/region-of-another-service", server, test_region_of_another_service);
    int status = g_test_run();
    http_transport_close(plain_transport);
    return status;
}
