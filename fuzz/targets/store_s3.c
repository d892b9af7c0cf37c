/* Answers of a bucket, to every call of the store: "status", header lines, an empty line, the body. */
#include "base/limits.h"
#include "fuzz.h"
#include "net/http_transport_backend.h"
#include "store/s3.h"
#include "store/s3_internal.h"
#include "store/uploads.h"

#define VISITS_MAX 300

typedef struct {
    HttpTransport base;
    int status;
    HttpHeaders *headers;
    const guint8 *body;
    gsize size;
} FixedAnswer;

static bool answer(HttpTransport *transport, const HttpRequest *request, HttpResponse *response, GError **error) {
    FixedAnswer *fixed = (FixedAnswer *)transport;
    bool into = request->into && fixed->status < 300;
    gsize most = into ? request->into_size : request->body_bytes_max ? request->body_bytes_max : HTTP_BODY_BYTES_MAX;
    if (fixed->size > most) return fail(error, into ? ERROR_CORRUPT : ERROR_TOO_LARGE, "the answer is too long");
    response->status = fixed->status;
    response->headers = http_headers_new();
    for (guint i = 0; i < fixed->headers->len; i++) {
        const HttpHeader *header = fixed->headers->pdata[i];
        http_headers_add(response->headers, header->name, header->value);
    }
    if (into && fixed->size > 0) memcpy(request->into, fixed->body, fixed->size);
    response->into_got = into ? fixed->size : 0;
    response->body = g_bytes_new(fixed->body, into ? 0 : fixed->size);
    return true;
}

static double no_chance(gpointer data) { return 0; }
static bool no_sleep(gpointer data, gint64 ms, GCancellable *cancel) { return true; }

static bool visit(const StoreEntry *entry, gpointer user_data, GError **error) {
    guint *count = user_data;
    return ++*count < VISITS_MAX || fail(error, ERROR_CANCELLED, "enough");
}

static void read_all(Store *store) {
    g_autoptr(StoreReader) reader = NULL;
    g_auto(StoreInfo) info = {0}, head = {0};
    FUZZ_CALL(store_head(store, "a/b.json", &head, &error));
    if (!FUZZ_CALL(store_open(store, "a/b.json", &reader, &info, &error))) return;
    char block[1024];
    gsize got = 0;
    g_assert_nonnull(info.content_type);
    if (FUZZ_CALL(store_reader_read(reader, 0, block, sizeof block, &got, &error))) g_assert_cmpuint(got, <=, sizeof block);
    guint64 size = store_reader_size(reader);
    if (size > 10) FUZZ_CALL(store_reader_read(reader, size - 10, block, sizeof block, &got, &error));
}

static void list(Store *store) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    guint count = 0;
    if (FUZZ_CALL(store_list(store, "a/", NULL, 10, &entries, &more, &error))) {
        for (guint i = 0; i < entries->len; i++) {
            const StoreEntry *entry = entries->pdata[i];
            g_assert_true(g_str_has_prefix(entry->key, "a/") && store_key_check(entry->key, NULL));
            if (i > 0) g_assert_cmpint(strcmp(((StoreEntry *)entries->pdata[i - 1])->key, entry->key), <, 0);
        }
        g_assert_cmpuint(entries->len, <=, 10);
    }
    FUZZ_CALL(store_each(store, "a/", visit, &count, &error));
}

static void write_all(Store *store) {
    static const char *const keys[] = {"a/b.json", "a/c.json"};
    g_autoptr(GBytes) bytes = g_bytes_new_static("text", 4);
    g_auto(StoreInfo) info = {0}, whole = {0};
    g_autofree char *upload = NULL;
    g_autoptr(GPtrArray) parts = NULL;
    if (FUZZ_CALL(store_put(store, "a/b.json", bytes, &(StorePut){.if_none_match = true}, &info, &error))) g_assert_nonnull(info.etag);
    FUZZ_CALL(store_delete_many(store, keys, G_N_ELEMENTS(keys), &error));
    FUZZ_CALL(store_purge_versions(store, "a/b.json", &error));
    FUZZ_CALL(store_upload_begin(store, "a/b.json", NULL, &upload, &error));
    if (FUZZ_CALL(store_upload_parts(store, "a/b.json", "an-upload", &parts, &error)) && parts->len > 0)
        FUZZ_CALL(store_upload_complete(store, "a/b.json", "an-upload", parts, NULL, &whole, &error));
    FUZZ_CALL(store_upload_abort(store, "a/b.json", "an-upload", &error));
}

void fuzz_store_s3(const guint8 *data, gsize size) {
    static const char *const options[] = {"S3_BUCKET_NAME", "bucket", "AWS_REGION", "eu-central-1", "AWS_ENDPOINT_URL", "http://127.0.0.1:9", NULL};
    static const AwsRetryHooks hooks = {no_chance, no_sleep, NULL};
    static Settings *settings;
    static AwsCredentialsChain *credentials;
    if (!settings) {
        g_assert_true(settings_load(NULL, options, &settings, NULL));
        credentials = aws_credentials_chain_fixed("AKIDEXAMPLE", "secret", NULL);
    }
    FuzzInput input = {data, size};
    g_autofree char *status = input_line(&input);
    g_autoptr(HttpHeaders) headers = http_headers_new();
    for (;;) {
        g_autofree char *line = input_line(&input);
        char *colon = strchr(line, ':');
        if (!colon) break;
        *colon = '\0';
        http_headers_add(headers, line, g_strstrip(colon + 1));
    }
    FixedAnswer fixed = {{answer, NULL}, (int)CLAMP(g_ascii_strtoll(status, NULL, 10), 100, 599), headers, input.at, input.left};
    g_autoptr(Store) store = NULL;
    g_assert_true(store_s3_open(settings, &fixed.base, credentials, clock_system(), &store, NULL));
    ((S3Store *)store)->hooks = &hooks;
    list(store);
    read_all(store);
    write_all(store);
}
