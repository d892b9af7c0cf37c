/* One request. The client is made for the region of the settings. Where the bucket turns out to be in another one of AWS's, the answer names it: a
 * client for that region takes over, for this call and all that follow. */
#include <string.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/text.h"
#include "store/s3_internal.h"

#define REGION_DEFAULT "us-east-1" /* AWS answers from there for a bucket of any region, and names it; other services mostly take it for theirs */
#define ETAG_CHARS_MAX 1024
#define METADATA_HEADER "x-amz-meta-"

static AwsClient *make_client(S3Store *s3, const char *region) {
    g_autofree char *endpoint = aws_endpoint_of(s3->settings, "s3", region, NULL);
    return aws_client_new(&(AwsClientOptions){.service = "s3",
                                              .endpoint = endpoint,
                                              .region = region,
                                              .is_s3 = true,
                                              .resource = s3->resource,
                                              .transport = s3->transport,
                                              .credentials = s3->credentials,
                                              .clock = s3->base.clock,
                                              .hooks = s3->hooks});
}

AwsClient *s3_client(S3Store *s3) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&s3->mutex);
    if (s3->clients->len == 0) {
        g_autofree char *region = aws_region_of(s3->settings);
        g_ptr_array_add(s3->clients, make_client(s3, region ? region : REGION_DEFAULT));
    }
    return g_ptr_array_index(s3->clients, s3->clients->len - 1);
}

/* The client for the region that the answer to `used` named; NULL where there is none to go to. */
static AwsClient *client_elsewhere(S3Store *s3, const AwsClient *used, const AwsOutcome *outcome) {
    if (!s3->is_aws || !outcome->region || strcmp(outcome->region, aws_client_region(used)) == 0) return NULL;
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&s3->mutex);
    AwsClient *latest = g_ptr_array_index(s3->clients, s3->clients->len - 1);
    if (strcmp(aws_client_region(latest), outcome->region) == 0) return latest; /* another thread was told before */
    if (s3->clients->len == S3_CLIENTS_MAX) return NULL;
    latest = make_client(s3, outcome->region);
    g_ptr_array_add(s3->clients, latest);
    return latest;
}

static bool send_by(S3Store *s3, AwsClient *client, const S3Request *request, HttpResponse *response, AwsOutcome *outcome, GError **error) {
    g_autofree char *url = s3_url(s3, aws_client_endpoint(client), request->key, request->query);
    HttpRequest sent = {.method = request->method,
                        .url = url,
                        .headers = request->headers,
                        .body = request->body,
                        .into = request->into,
                        .into_size = request->into_size,
                        .body_bytes_max = request->body_bytes_max,
                        .idle_timeout_ms = request->idle_timeout_ms,
                        .cancel = request->cancel};
    gsize size = 0;
    const void *data = request->sign_body ? g_bytes_get_data(request->body.bytes, &size) : NULL;
    g_autofree char *hash = request->sign_body ? text_sha256(data, size) : NULL;
    return aws_send(client, &sent, hash, response, outcome, error);
}

/* GLACIER and DEEP_ARCHIVE, and the archive tiers of INTELLIGENT_TIERING; a copy that was restored can be read while it lasts. `*coming`: it is
 * being restored. */
static bool is_archived(const HttpResponse *response, bool *coming) {
    static const char *const classes[] = {"GLACIER", "DEEP_ARCHIVE", NULL};
    const char *class_name = http_response_header(response, "x-amz-storage-class"), *restore = http_response_header(response, "x-amz-restore");
    bool archived = (class_name && g_strv_contains(classes, class_name)) || http_response_header(response, "x-amz-archive-status");
    *coming = restore && strstr(restore, "ongoing-request=\"true\"");
    return archived && !(restore && strstr(restore, "ongoing-request=\"false\""));
}

static bool fail_archived(const S3Store *s3, const char *key, bool coming, GError **error) {
    if (coming)
        return fail(error, ERROR_ARCHIVED, "%s is being restored from the archive, which takes minutes to two days by its class: try again later",
                    key);
    g_autofree char *whole = g_strconcat(s3->prefix, key, NULL), *quoted = g_shell_quote(whole);
    return fail(error, ERROR_ARCHIVED,
                "the recording stands in an archive class and can't be read before it is restored: aws s3api restore-object --bucket %s --key %s "
                "--restore-request Days=7 (hours for GLACIER, up to two days for DEEP_ARCHIVE); then try again",
                s3->bucket, quoted);
}

bool s3_check_readable(Store *store, const char *key, GError **error) {
    S3Store *s3 = (S3Store *)store;
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) problem = NULL;
    bool coming;
    if (!s3_send(s3, &(S3Request){.method = "HEAD", .key = key}, &response, NULL, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "there is no object %s", key);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return !is_archived(&response, &coming) || fail_archived(s3, key, coming, error);
}

/* What a call is, for its figures. */
static const char *kind_of(const S3Request *request) {
    static const struct {
        const char *method, *query, *kind; /* `query`: what stands in it; NULL: anything */
    } of_object[] = {{"HEAD", NULL, "head_object"},     {"GET", "uploadId=", "list_parts"},
                     {"GET", NULL, "get_object"},       {"PUT", "partNumber=", "upload_part"},
                     {"PUT", NULL, "put_object"},       {"DELETE", "uploadId=", "abort_upload"},
                     {"DELETE", NULL, "delete_object"}, {"POST", "uploadId=", "complete_upload"},
                     {"POST", NULL, "create_upload"}},
      of_bucket[] = {{"GET", "list-type=", "list"},
                     {"GET", "versions=", "list_versions"},
                     {"POST", "delete=", "delete_objects"},
                     {NULL, NULL, "bucket"}};
    const char *query = request->query ? request->query : "";
    gsize count = request->key ? G_N_ELEMENTS(of_object) : G_N_ELEMENTS(of_bucket);
    for (gsize i = 0; i < count; i++) {
        const char *method = request->key ? of_object[i].method : of_bucket[i].method, *part = request->key ? of_object[i].query : of_bucket[i].query;
        if ((!method || strcmp(method, request->method) == 0) && (!part || strstr(query, part)))
            return request->key ? of_object[i].kind : of_bucket[i].kind;
    }
    return "other";
}

static void count(const S3Request *request, const HttpResponse *response, const AwsOutcome *outcome, bool sent, gint64 began_us) {
    const char *kind = kind_of(request);
    guint64 body = request->body.bytes ? g_bytes_get_size(request->body.bytes) : request->body.size;
    guint64 came = sent ? response->into_got + (response->body ? g_bytes_get_size(response->body) : 0) : 0;
    metrics_add_number(METRIC_S3_REQUESTS, kind, outcome->status, 1);
    metrics_add(METRIC_S3_SECONDS, kind, NULL, (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC);
    if (outcome->attempts > 1) metrics_add(METRIC_S3_RETRIES, kind, NULL, outcome->attempts - 1);
    if (body > 0) metrics_add(METRIC_S3_SENT, kind, NULL, (double)body);
    if (came > 0) metrics_add(METRIC_S3_RECEIVED, kind, NULL, (double)came);
}

static void note_region_known(S3Store *s3) {
    g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&s3->mutex);
    s3->region_known = true;
}

bool s3_send(S3Store *s3, const S3Request *request, HttpResponse *response, AwsOutcome *outcome, GError **error) {
    g_auto(AwsOutcome) own = {0};
    g_autoptr(GError) problem = NULL;
    if (!outcome) outcome = &own;
    if (request->key && !s3_key_fits(s3, request->key, error)) return false;
    gint64 began_us = g_get_monotonic_time();
    AwsClient *client = s3_client(s3);
    bool sent = send_by(s3, client, request, response, outcome, &problem);
    AwsClient *elsewhere = sent ? NULL : client_elsewhere(s3, client, outcome);
    if (elsewhere) {
        bool maybe_done = outcome->maybe_done;
        aws_outcome_clear(outcome);
        g_clear_error(&problem);
        sent = send_by(s3, elsewhere, request, response, outcome, &problem);
        outcome->maybe_done |= maybe_done;
    }
    count(request, response, outcome, sent, began_us);
    if (sent) note_region_known(s3);
    else if (request->key && error_is(problem, ERROR_ARCHIVED)) fail_archived(s3, request->key, false, error);
    else if (request->key) g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s: ", request->key);
    else g_propagate_error(error, g_steal_pointer(&problem));
    return sent;
}

/* A URL holds for one region: ask which it is where no answer has told yet. What else goes wrong here is told by who uses the URL. */
static void learn_region(S3Store *s3) {
    g_auto(HttpResponse) response = {0};
    g_mutex_lock(&s3->mutex);
    bool known = s3->region_known || !s3->is_aws;
    g_mutex_unlock(&s3->mutex);
    if (!known) (void)s3_send(s3, &(S3Request){.method = "HEAD"}, &response, NULL, NULL);
}

bool s3_presign(S3Store *s3, const char *method, const char *key, const char *query, gint64 expires_s, char **url, GError **error) {
    if (!s3_key_fits(s3, key, error)) return false;
    learn_region(s3);
    AwsClient *client = s3_client(s3);
    g_autofree char *bare = s3_url(s3, aws_client_endpoint(client), key, query);
    return aws_presign(client, method, bare, NULL, expires_s, url, error);
}

static bool is_plain(const char *text) {
    for (; *text; text++)
        if (!g_ascii_isprint(*text)) return false;
    return true;
}

char *s3_etag(const char *quoted) {
    if (!quoted) return NULL;
    gsize length = strlen(quoted);
    bool has_quotes = length >= 2 && quoted[0] == '"' && quoted[length - 1] == '"';
    g_autofree char *etag = has_quotes ? g_strndup(quoted + 1, length - 2) : g_strdup(quoted);
    if (etag[0] == '\0' || strlen(etag) > ETAG_CHARS_MAX || strchr(etag, '"') || !is_plain(etag)) return NULL;
    return g_steal_pointer(&etag);
}

char *s3_quoted(const char *etag) { return g_strdup_printf("\"%s\"", etag); }

void s3_md5_set(HttpHeaders *headers, GBytes *body) {
    guint8 md5[16];
    gsize size = sizeof md5;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_MD5);
    g_checksum_update(checksum, g_bytes_get_data(body, NULL), (gssize)g_bytes_get_size(body));
    g_checksum_get_digest(checksum, md5, &size);
    g_autofree char *text = g_base64_encode(md5, size);
    http_headers_set(headers, "Content-MD5", text);
}

gint64 s3_answer_ms(const S3Store *s3, const HttpResponse *response) {
    gint64 ms;
    return http_date_parse(http_response_header(response, "Date"), &ms) ? ms : clock_now_ms(s3->base.clock);
}

/* User metadata, without the mark of the put, which is the store's own. */
static GHashTable *read_metadata(const HttpResponse *response, char **mark) {
    g_autoptr(GHashTable) metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < response->headers->len; i++) {
        const HttpHeader *header = g_ptr_array_index(response->headers, i);
        if (g_ascii_strncasecmp(header->name, METADATA_HEADER, strlen(METADATA_HEADER)) != 0) continue;
        g_autofree char *name = g_ascii_strdown(header->name + strlen(METADATA_HEADER), -1);
        if (strcmp(name, STORE_MARK_NAME) != 0) {
            g_hash_table_replace(metadata, g_steal_pointer(&name), g_strdup(header->value));
        } else if (mark) {
            g_free(*mark);
            *mark = g_strdup(header->value);
        }
    }
    return g_hash_table_size(metadata) > 0 ? g_steal_pointer(&metadata) : NULL;
}

bool s3_describe(const HttpResponse *response, const char *key, StoreInfo *info, char **mark, GError **error) {
    g_auto(StoreInfo) found = {.etag = s3_etag(http_response_header(response, "ETag"))};
    g_autofree char *found_mark = NULL;
    const char *content_type = http_response_header(response, "Content-Type");
    if (!found.etag) return fail(error, ERROR_CORRUPT, "%s: the service answers without an ETag that can be read; check AWS_ENDPOINT_URL", key);
    if (!http_date_parse(http_response_header(response, "Last-Modified"), &found.modified_ms))
        return fail(error, ERROR_CORRUPT, "%s: the service answers without a date that can be read; check AWS_ENDPOINT_URL", key);
    found.content_type = g_strdup(content_type && content_type[0] && is_plain(content_type) ? content_type : store_content_type_of(""));
    found.metadata = read_metadata(response, &found_mark);
    if (mark) *mark = g_steal_pointer(&found_mark);
    store_info_move(&found, info);
    return true;
}

/* A HEAD is answered without a body, and so an error without its name: 404 alone is "no such object". */
bool s3_head_marked(S3Store *s3, const char *key, StoreInfo *info, char **mark, GError **error) {
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    g_auto(StoreInfo) found = {0};
    g_autofree char *found_mark = NULL;
    g_autoptr(GError) problem = NULL;
    if (!s3_send(s3, &(S3Request){.method = "HEAD", .key = key}, &response, &outcome, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "there is no object %s", key);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    const char *length = http_response_header(&response, "Content-Length");
    if (!s3_describe(&response, key, &found, &found_mark, error)) return false;
    if (!length || !g_ascii_string_to_unsigned(length, 10, 0, RECORDING_BYTES_MAX, &found.size, NULL))
        return fail(error, ERROR_CORRUPT, "%s: the service answers without a length that can be read; check AWS_ENDPOINT_URL", key);
    if (mark) *mark = g_steal_pointer(&found_mark);
    store_info_move(&found, info);
    return true;
}

bool s3_head(Store *store, const char *key, StoreInfo *info, GError **error) {
    return s3_head_marked((S3Store *)store, key, info, NULL, error);
}
