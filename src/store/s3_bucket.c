/* Calls on the bucket: HEAD and PUT of it, GET and PUT of its subresources. */
#include "store/s3_bucket.h"

#include <string.h>

#include "base/limits.h"
#include "store/s3_internal.h"

#define REGION_UNNAMED "us-east-1" /* the one that a new bucket must not name */

static S3Store *s3_of(Store *store, GError **error) {
    if (strcmp(store_name(store), "s3") == 0) return (S3Store *)store;
    fail(error, ERROR_INVALID, "the %s store has no bucket", store_name(store));
    return NULL;
}

static bool pass_on(GError **problem, GError **error) {
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

static bool is_code(const AwsOutcome *outcome, const char *const *codes) { return outcome->code && g_strv_contains(codes, outcome->code); }

bool s3_bucket_exists(Store *store, bool *exists, GError **error) {
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GError) problem = NULL;
    S3Store *s3 = s3_of(store, error);
    if (!s3) return false;
    bool found = s3_send(s3, &(S3Request){.method = "HEAD"}, &response, &outcome, &problem);
    if (!found && outcome.status != 404) return pass_on(&problem, error);
    *exists = found;
    return true;
}

/* `xml` NULL: none is sent. */
static bool change(S3Store *s3, const char *method, const char *query, const char *xml, AwsOutcome *outcome, GError **error) {
    g_auto(HttpResponse) response = {0};
    g_autoptr(HttpHeaders) headers = http_headers_new();
    g_autoptr(GBytes) body = xml ? g_bytes_new_static(xml, strlen(xml)) : NULL;
    if (body) {
        s3_md5_set(headers, body);
        http_headers_set(headers, "Content-Type", "application/xml");
    }
    S3Request request = {.method = method, .query = query, .headers = headers, .body = {.bytes = body, .fd = -1}};
    return s3_send(s3, &request, &response, outcome, error);
}

bool s3_bucket_create(Store *store, GError **error) {
    static const char *const ours[] = {"BucketAlreadyOwnedByYou", NULL};
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GError) problem = NULL;
    S3Store *s3 = s3_of(store, error);
    if (!s3) return false;
    const char *region = aws_client_region(s3_client(s3));
    g_autofree char *xml = strcmp(region, REGION_UNNAMED) == 0 ? NULL
                                                               : g_markup_printf_escaped("<CreateBucketConfiguration><LocationConstraint>%s</LocationConstraint>"
                                                                                         "</CreateBucketConfiguration>", region);
    return change(s3, "PUT", NULL, xml, &outcome, &problem) || is_code(&outcome, ours) || pass_on(&problem, error);
}

/* The service has no such configuration. */
static bool is_lacking(const AwsOutcome *outcome) {
    static const char *const codes[] = {"NotImplemented", "MethodNotAllowed", NULL};
    return is_code(outcome, codes) || outcome->status == 501 || outcome->status == 405;
}

bool s3_bucket_read(Store *store, const char *what, bool *supported, char **xml, GError **error) {
    static const char *const none[] = {"NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration",
                                       "ServerSideEncryptionConfigurationNotFoundError", NULL};
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GError) problem = NULL;
    S3Store *s3 = s3_of(store, error);
    if (!s3) return false;
    bool read = s3_send(s3, &(S3Request){.method = "GET", .query = what}, &response, &outcome, &problem);
    bool lacks = !read && is_lacking(&outcome);
    if (!read && !lacks && !is_code(&outcome, none)) return pass_on(&problem, error);
    gsize size = 0;
    const char *data = read ? g_bytes_get_data(response.body, &size) : NULL;
    *supported = !lacks;
    *xml = data ? g_strndup(data, size) : NULL;
    return true;
}

bool s3_bucket_write(Store *store, const char *what, const char *xml, bool *supported, GError **error) {
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GError) problem = NULL;
    S3Store *s3 = s3_of(store, error);
    if (!s3) return false;
    bool written = change(s3, xml ? "PUT" : "DELETE", what, xml, &outcome, &problem);
    /* Other services than AWS say so, too, where they know the call and not the rule: MinIO has no rule for uploads, as it clears them by itself. */
    bool lacks = !written && (is_lacking(&outcome) || (!s3->is_aws && outcome.status == 400));
    if (!written && !lacks) return pass_on(&problem, error);
    *supported = written;
    return true;
}

const char *s3_bucket_prefix(Store *store) { return ((const S3Store *)store)->prefix; }

bool s3_bucket_admits(Store *store, const char *origin) {
    g_autoptr(HttpHeaders) headers = http_headers_new();
    g_auto(HttpResponse) response = {0};
    S3Store *s3 = s3_of(store, NULL);
    if (!s3) return false;
    const char *from = strcmp(origin, "*") == 0 ? "https://page.invalid" : origin;
    g_autofree char *url = s3_url(s3, aws_client_endpoint(s3_client(s3)), "meetings/preflight", NULL);
    http_headers_set(headers, "Origin", from);
    http_headers_set(headers, "Access-Control-Request-Method", "PUT");
    HttpRequest request = {.method = "OPTIONS", .url = url, .headers = headers, .body = {.fd = -1}, .total_timeout_ms = S3_PREFLIGHT_TIMEOUT_MS};
    if (!http_send(s3->transport, &request, &response, NULL) || response.status < 200 || response.status > 299) return false;
    const char *admitted = http_response_header(&response, "Access-Control-Allow-Origin");
    const char *methods = http_response_header(&response, "Access-Control-Allow-Methods");
    return admitted && (strcmp(admitted, "*") == 0 || strcmp(admitted, from) == 0) && methods && (strstr(methods, "PUT") || strcmp(methods, "*") == 0);
}
