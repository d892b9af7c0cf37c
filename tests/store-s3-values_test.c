/* What of the S3 store needs no server: sums, sizes of parts, names, addresses, the settings it refuses. */
#include "s3_world.h"
#include "store/uploads.h"
#include "store_asserts.h"

static void test_crc32c(void) {
    static const struct {
        const char *text, *sum;
        guint32 value;
    } cases[] = {{"", "AAAAAA==", 0}, {"123456789", "4waSgw==", 0xe3069283}, {"a", "wdBDMA==", 0xc1d04330}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 sum = crc32c_add(0, cases[i].text, strlen(cases[i].text)), back = 1;
        g_autofree char *text = crc32c_text(sum);
        g_assert_cmphex(sum, ==, cases[i].value);
        g_assert_cmpstr(text, ==, cases[i].sum);
        g_assert_true(crc32c_parse(text, &back));
        g_assert_cmphex(back, ==, sum);
    }
    guint8 zeros[32] = {0}, ones[32]; /* RFC 3720, B.4 */
    memset(ones, 0xff, sizeof ones);
    g_assert_cmphex(crc32c_add(0, zeros, sizeof zeros), ==, 0x8a9136aa);
    g_assert_cmphex(crc32c_add(0, ones, sizeof ones), ==, 0x62a8ab43);
    static const char *const bad[] = {NULL, "", "4waSgw", "4waSgw==-2", "4waSg===", "4wa Sgw="};
    guint32 untouched = 7;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) g_assert_false(crc32c_parse(bad[i], &untouched));
    g_assert_cmphex(untouched, ==, 7);
}

/* In pieces or joined, a sum is that of the whole. */
static void test_crc32c_join(void) {
    static const gsize cuts[] = {0, 1, 2, 3, 63, 64, 65, 1000, 4095, 4096, 99999, 100000};
    g_autofree guint8 *data = g_malloc(100000);
    for (gsize i = 0; i < 100000; i++) data[i] = stream_byte(i * 7);
    guint32 whole = crc32c_add(0, data, 100000);
    for (gsize i = 0; i < G_N_ELEMENTS(cuts); i++) {
        guint32 first = crc32c_add(0, data, cuts[i]), second = crc32c_add(0, data + cuts[i], 100000 - cuts[i]);
        g_assert_cmphex(crc32c_add(first, data + cuts[i], 100000 - cuts[i]), ==, whole);
        g_assert_cmphex(crc32c_join(first, second, 100000 - cuts[i]), ==, whole);
    }
}

static void test_part_bytes(void) {
    guint64 total = 0, before = 0;
    for (guint number = 1; number <= S3_PARTS_MAX; number++) {
        guint64 bytes = s3_part_bytes(number);
        g_assert_cmpuint(bytes, >=, MAX(before, UPLOAD_PART_BYTES_MIN));
        g_assert_cmpuint(bytes, <=, UPLOAD_PART_BYTES_MAX);
        before = bytes;
        total += bytes;
    }
    g_assert_cmpuint(total, >=, RECORDING_BYTES_MAX);
    g_assert_cmpuint(s3_part_bytes(1), ==, S3_PART_BYTES);
    g_assert_cmpuint(s3_part_bytes(S3_PARTS_SMALL), ==, S3_PART_BYTES);
    g_assert_cmpuint(s3_part_bytes(S3_PARTS_SMALL + 1), ==, 2 * S3_PART_BYTES);
    g_assert_cmpuint(s3_part_bytes(S3_PARTS_SMALL + S3_PARTS_DOUBLING), ==, 2 * S3_PART_BYTES);
    g_assert_cmpuint(s3_part_bytes(S3_PARTS_SMALL + S3_PARTS_DOUBLING + 1), ==, 4 * S3_PART_BYTES);
    g_assert_cmpuint(s3_part_bytes(S3_PARTS_MAX), ==, UPLOAD_PART_BYTES_MAX);
    g_assert_cmpuint((guint64)S3_PARTS_SMALL * S3_PART_BYTES, >=, 10 * GIB); /* up to there a writer stays under 64 MiB */
}

static void test_etags(void) {
    static const char *const cases[][2] = {{"\"abc-2\"", "abc-2"}, {"abc", "abc"}, {"\"\"", NULL}, {"", NULL}, {NULL, NULL}, {"\"a\"b\"", NULL}, {"W/\"a\"", NULL},
                                           {"\"a\xff\"", NULL}, {"\"a\nb\"", NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *etag = s3_etag(cases[i][0]);
        g_assert_cmpstr(etag, ==, cases[i][1]);
    }
}

static void test_listed_names(void) {
    static const char *const cases[][3] = {{"url", "a%2Fb+c%2B%C3%A4", "a/b c+ä"}, {"url", "%ff", NULL}, {"url", "%f", NULL}, {"url", NULL, NULL},
                                           {"", "a%2Fb+c", "a%2Fb+c"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("<List><EncodingType>%s</EncodingType></List>", cases[i][0]);
        g_autoptr(XmlElement) root = xml_parse(text, strlen(text), "a test", NULL);
        g_autofree char *name = s3_listed_name(root, cases[i][1]);
        g_assert_cmpstr(name, ==, cases[i][2]);
    }
}

/* Settings that begin with these; no request is ever made. */
typedef struct {
    Settings *settings;
    AwsCredentialsChain *credentials;
    Store *store;
} Plain;

static bool open_plain(Plain *plain, const char *const *options, GError **error) {
    if (!settings_load(NULL, options, &plain->settings, error)) return false;
    plain->credentials = aws_credentials_chain_fixed("AKIDEXAMPLE", "secret", NULL);
    return store_s3_open(plain->settings, plain_transport, plain->credentials, clock_system(), &plain->store, error);
}

static void must_open_plain(Plain *plain, const char *const *options) { assert_works(open_plain(plain, options, error)); }

static void plain_clear(Plain *plain) {
    store_close(plain->store);
    aws_credentials_chain_free(plain->credentials);
    settings_free(plain->settings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plain, plain_clear)

static void test_settings(void) {
    static const struct {
        const char *options[9], *named;
    } cases[] = {
        {{NULL}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "ab"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "My-Bucket"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "my_bucket"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "s3://bucket"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "bucket/path"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "-bucket"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "bucket."}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "my..bucket"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "192.168.0.1"}, "S3_BUCKET_NAME"},
        {{"S3_BUCKET_NAME", "bucket", "S3_PREFIX", "a/../b"}, "S3_PREFIX"},
        {{"S3_BUCKET_NAME", "bucket", "S3_PREFIX", "a//b"}, "S3_PREFIX"},
        {{"S3_BUCKET_NAME", "bucket", "S3_SSE_KMS_KEY_ID", "key"}, "S3_SSE=aws:kms"},
        {{"S3_BUCKET_NAME", "bucket", "AWS_ENDPOINT_URL", "localhost:9000"}, "AWS_ENDPOINT_URL"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Plain) plain = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(open_plain(&plain, cases[i].options, &error));
        g_assert_error(error, HANSARD_ERROR, ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, cases[i].named));
        g_assert_null(plain.store);
    }
}

/* Where a presigned URL leads, up to the query. */
static void test_addresses(void) {
    static const struct {
        const char *options[9], *address;
    } cases[] = {
        {{"S3_BUCKET_NAME", "my-bucket", "AWS_REGION", "eu-central-1"}, "https://my-bucket.s3.eu-central-1.amazonaws.com/a%20b/%C3%A4%2B.txt?"},
        {{"S3_BUCKET_NAME", "my-bucket", "AWS_REGION", "cn-north-1"}, "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/a%20b/%C3%A4%2B.txt?"},
        {{"S3_BUCKET_NAME", "my.bucket", "AWS_REGION", "eu-central-1"}, "https://s3.eu-central-1.amazonaws.com/my.bucket/a%20b/%C3%A4%2B.txt?"},
        {{"S3_BUCKET_NAME", "my-bucket", "AWS_REGION", "eu-central-1", "S3_FORCE_PATH_STYLE", "true"},
         "https://s3.eu-central-1.amazonaws.com/my-bucket/a%20b/%C3%A4%2B.txt?"},
        {{"S3_BUCKET_NAME", "my-bucket", "AWS_ENDPOINT_URL", "http://localhost:9000/"}, "http://localhost:9000/my-bucket/a%20b/%C3%A4%2B.txt?"},
        {{"S3_BUCKET_NAME", "my-bucket", "AWS_ENDPOINT_URL_S3", "http://s3.local", "S3_PREFIX", "/team ä/"},
         "http://s3.local/my-bucket/team%20%C3%A4/a%20b/%C3%A4%2B.txt?"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Plain) plain = {0};
        g_autofree char *url = NULL;
        must_open_plain(&plain, cases[i].options);
        ((S3Store *)plain.store)->region_known = true; /* else the region is asked for */
        assert_works(store_sign_url(plain.store, "a b/ä+.txt", &(StoreUrl){.method = "GET", .expires_s = 60, .filename = "x \"ä\".txt"}, &url, error));
        g_autofree char *start = g_strndup(url, strlen(cases[i].address)), *origin = store_origin(plain.store);
        g_assert_true(g_str_has_prefix(url, origin) && url[strlen(origin)] == '/' && g_strrstr(origin, "/") == strstr(origin, "//") + 1);
        g_assert_cmpstr(start, ==, cases[i].address);
        g_assert_nonnull(strstr(url, "response-content-disposition=attachment%3B%20filename%3D%22x%20_"));
        g_assert_nonnull(strstr(url, "filename%2A%3DUTF-8%27%27x%2520%2522%25C3%25A4%2522.txt"));
        g_assert_nonnull(strstr(url, "X-Amz-Expires=60&"));
    }
}

/* With the prefix before it, a key may be too long; no request is made of it. */
static void test_long_key(void) {
    g_auto(Plain) plain = {0};
    g_autoptr(GString) key = g_string_new(NULL);
    while (key->len < KEY_BYTES_MAX - 5) g_string_append(key, key->len % 200 == 199 ? "/" : "k");
    must_open_plain(&plain, (const char *const[]){"S3_BUCKET_NAME", "bucket", "AWS_ENDPOINT_URL", "http://127.0.0.1:1", "S3_PREFIX", "team", NULL});
    g_autofree char *url = NULL;
    const StoreUrl permit = {.method = "PUT", .expires_s = 60};
    assert_works(store_sign_url(plain.store, key->str, &permit, &url, error));
    g_string_append_c(key, 'k');
    char *none = NULL, *id = NULL;
    StoreReader *reader = NULL;
    StoreWriter *writer = NULL;
    g_auto(StoreInfo) info = {0};
    assert_fails(store_sign_url(plain.store, key->str, &permit, &none, error), ERROR_INVALID);
    assert_fails(store_head(plain.store, key->str, &info, error), ERROR_INVALID);
    assert_fails(store_open(plain.store, key->str, &reader, NULL, error), ERROR_INVALID);
    assert_fails(store_put_open(plain.store, key->str, NULL, &writer, error), ERROR_INVALID);
    assert_fails(store_delete(plain.store, key->str, error), ERROR_INVALID);
    assert_fails(store_upload_begin(plain.store, key->str, NULL, &id, error), ERROR_INVALID);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    plain_transport = http_curl_new(NULL);
    g_test_add_func("/s3/crc32c", test_crc32c);
    g_test_add_func("/s3/crc32c-join", test_crc32c_join);
    g_test_add_func("/s3/part-bytes", test_part_bytes);
    g_test_add_func("/s3/etags", test_etags);
    g_test_add_func("/s3/listed-names", test_listed_names);
    g_test_add_func("/s3/settings", test_settings);
    g_test_add_func("/s3/addresses", test_addresses);
    g_test_add_func("/s3/long-key", test_long_key);
    int status = g_test_run();
    http_transport_close(plain_transport);
    return status;
}
