/* Multipart uploads: their calls, and the port's uploads in parts over them. The id that a caller gets is the mark of the upload (s3_writer.c) and S3's
 * own id, so that any server that completes it knows the mark. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/s3_internal.h"

#define MARK_CHARS 36 /* a UUID; a ':' and S3's id follow */
#define PARTS_A_PAGE "1000"

/* Parses the answer to `what`; its root must be `name`. */
static XmlElement *read_answer(const HttpResponse *response, const char *name, const char *key, GError **error) {
    gsize size = 0;
    const char *data = g_bytes_get_data(response->body, &size);
    g_autofree char *what = g_strdup_printf("the answer about the upload of %s", key);
    g_autoptr(XmlElement) root = xml_parse(data, size, what, error);
    if (root && strcmp(root->name, name) == 0) return g_steal_pointer(&root);
    if (root) fail(error, ERROR_CORRUPT, "%s is a %s, not a %s; check AWS_ENDPOINT_URL", what, root->name, name);
    return NULL;
}

static char *upload_query(const char *upload_id) {
    GString *query = g_string_new(NULL);
    s3_query_add(query, "uploadId", upload_id);
    return g_string_free(query, FALSE);
}

bool s3_upload_begin(S3Store *s3, const char *key, const StorePut *put, const char *mark, bool with_checksum, char **upload_id, GError **error) {
    g_autoptr(GPtrArray) headers = s3_object_headers(s3, key, put, mark);
    g_auto(HttpResponse) response = {0};
    if (with_checksum) {
        http_headers_set(headers, "x-amz-checksum-algorithm", "CRC32C");
        http_headers_set(headers, "x-amz-checksum-type", "FULL_OBJECT");
    }
    if (!s3_send(s3, &(S3Request){.method = "POST", .key = key, .query = "uploads=", .headers = headers}, &response, NULL, error)) return false;
    g_autoptr(XmlElement) root = read_answer(&response, "InitiateMultipartUploadResult", key, error);
    if (!root) return false;
    const char *found = xml_text(root, "UploadId");
    if (!found || found[0] == '\0' || strlen(found) > UPLOAD_ID_BYTES_MAX - MARK_CHARS - 1)
        return fail(error, ERROR_CORRUPT, "%s: the service begins an upload without an id that can be used; check AWS_ENDPOINT_URL", key);
    *upload_id = g_strdup(found);
    return true;
}

bool s3_upload_part(S3Store *s3, const char *key, const char *upload_id, guint number, const S3Buffer *buffer, HttpHeaders *headers, char **etag,
                    GError **error) {
    g_autoptr(GString) query = g_string_new(NULL);
    g_autoptr(GBytes) bytes = NULL;
    g_auto(HttpResponse) response = {0};
    g_autofree char *digits = g_strdup_printf("%u", number);
    s3_query_add(query, "partNumber", digits);
    s3_query_add(query, "uploadId", upload_id);
    S3Request request = {.method = "PUT", .key = key, .query = query->str, .headers = headers, .cancel = s3->closing};
    request.body = s3_buffer_body(buffer, &bytes);
    if (!s3_send(s3, &request, &response, NULL, error)) return false;
    char *found = s3_etag(http_response_header(&response, "ETag"));
    if (!found) return fail(error, ERROR_CORRUPT, "%s: the service took a part and gave no ETag; check AWS_ENDPOINT_URL", key);
    *etag = found;
    return true;
}

static GBytes *parts_xml(const S3Part *parts, guint count) {
    GString *xml = g_string_new("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (guint i = 0; i < count; i++) {
        g_string_append_printf(xml, "<Part><PartNumber>%u</PartNumber><ETag>&quot;", parts[i].number);
        xml_append_text(xml, parts[i].etag);
        g_string_append(xml, "&quot;</ETag>");
        if (parts[i].checksum) g_string_append_printf(xml, "<ChecksumCRC32C>%s</ChecksumCRC32C>", parts[i].checksum);
        g_string_append(xml, "</Part>");
    }
    g_string_append(xml, "</CompleteMultipartUpload>");
    return g_string_free_to_bytes(xml);
}

static bool complete_failed(S3Store *s3, const char *key, const char *mark, const StorePut *put, const AwsOutcome *outcome, GError *problem, char **etag,
                            gint64 *modified_ms, GError **error) {
    static const char *const of_parts[] = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", NULL};
    GError *told = NULL;
    if (outcome->code && g_strv_contains(of_parts, outcome->code)) {
        fail(&told, ERROR_INVALID, "the parts of %s can't be joined: %s; ask for the parts again", key, problem->message);
    } else if (g_strcmp0(outcome->code, "NoSuchUpload") == 0) {
        store_fail_no_upload(key, &told);
    } else {
        return s3_settle(s3, key, mark, outcome, s3_read_refusal(key, put, problem), etag, modified_ms, error);
    }
    g_error_free(problem);
    return s3_settle(s3, key, mark, outcome, told, etag, modified_ms, error);
}

/* The service said yes in an answer that can't be read: the object itself tells. */
static bool ask_object(S3Store *s3, const char *key, const char *mark, GError *problem, char **etag, gint64 *modified_ms, GError **error) {
    g_autoptr(GError) answered = problem;
    g_autofree char *found_mark = NULL;
    g_auto(StoreInfo) found = {0};
    if (!s3_head_marked(s3, key, &found, &found_mark, NULL) || g_strcmp0(found_mark, mark) != 0) {
        g_propagate_error(error, g_steal_pointer(&answered));
        return false;
    }
    *etag = g_steal_pointer(&found.etag);
    *modified_ms = found.modified_ms;
    return true;
}

bool s3_upload_complete(S3Store *s3, const char *key, const char *upload_id, const char *mark, const S3Part *parts, guint count,
                        const char *whole_sum, const StorePut *put, char **etag, gint64 *modified_ms, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autoptr(GBytes) body = parts_xml(parts, count);
    g_autofree char *query = upload_query(upload_id);
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    GError *problem = NULL;
    http_headers_set(headers, "Content-Type", "application/xml");
    s3_condition_headers(headers, put);
    if (whole_sum) {
        http_headers_set(headers, "x-amz-checksum-crc32c", whole_sum);
        http_headers_set(headers, "x-amz-checksum-type", "FULL_OBJECT");
    }
    S3Request request = {.method = "POST", .key = key, .query = query, .headers = headers, .body = {.bytes = body}, .sign_body = true,
                         .idle_timeout_ms = S3_COMPLETE_TIMEOUT_MS};
    if (!s3_send(s3, &request, &response, &outcome, &problem))
        return complete_failed(s3, key, mark, put, &outcome, problem, etag, modified_ms, error);
    g_autoptr(XmlElement) root = read_answer(&response, "CompleteMultipartUploadResult", key, &problem);
    g_autofree char *found = root ? s3_etag(xml_text(root, "ETag")) : NULL;
    if (root && !found) fail(&problem, ERROR_CORRUPT, "%s: the service joined its parts and gave no ETag; check AWS_ENDPOINT_URL", key);
    if (problem) return ask_object(s3, key, mark, problem, etag, modified_ms, error);
    *modified_ms = s3_answer_ms(s3, &response);
    *etag = g_steal_pointer(&found);
    return true;
}

bool s3_upload_abort(S3Store *s3, const char *key, const char *upload_id, GError **error) {
    g_autofree char *query = upload_query(upload_id);
    g_auto(HttpResponse) response = {0};
    return s3_send(s3, &(S3Request){.method = "DELETE", .key = key, .query = query, .cancel = s3->closing}, &response, NULL, error);
}

/* ---- the port ---- */

const char *s3_take_upload_id(const char *key, const char *id, char **mark, GError **error) {
    if (strlen(id) > MARK_CHARS + 1 && id[MARK_CHARS] == ':') {
        g_autofree char *found = g_strndup(id, MARK_CHARS);
        if (g_uuid_string_is_valid(found)) {
            *mark = g_steal_pointer(&found);
            return id + MARK_CHARS + 1;
        }
    }
    store_fail_no_upload(key, error);
    return NULL;
}

bool s3_told_of_upload(const char *key, GError *problem, GError **error) {
    g_autoptr(GError) taken = problem;
    if (error_is(taken, ERROR_NOT_FOUND)) return store_fail_no_upload(key, error);
    g_propagate_error(error, g_steal_pointer(&taken));
    return false;
}

/* No checksum is asked for: S3 would then want one with each part, and the browser sends bare bytes. */
static bool upload_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error) {
    g_autofree char *mark = text_uuid(), *id = NULL;
    if (!s3_upload_begin((S3Store *)store, key, put, mark, false, &id, error)) return false;
    *upload_id = g_strdup_printf("%s:%s", mark, id);
    return true;
}

static bool upload_sign_part(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url, GError **error) {
    g_autoptr(GString) query = g_string_new(NULL);
    g_autofree char *mark = NULL, *digits = g_strdup_printf("%u", number);
    const char *id = s3_take_upload_id(key, upload_id, &mark, error);
    if (!id) return false;
    s3_query_add(query, "partNumber", digits);
    s3_query_add(query, "uploadId", id);
    return s3_presign((S3Store *)store, "PUT", key, query->str, expires_s, url, error);
}

static bool read_part(const XmlElement *element, StorePart *part) {
    const char *number = xml_text(element, "PartNumber"), *size = xml_text(element, "Size");
    guint64 found;
    if (!number || !g_ascii_string_to_unsigned(number, 10, 1, S3_PARTS_MAX, &found, NULL)) return false;
    part->number = (guint)found;
    part->etag = s3_etag(xml_text(element, "ETag"));
    return part->etag && size && g_ascii_string_to_unsigned(size, 10, 0, UPLOAD_PART_BYTES_MAX, &part->size, NULL);
}

/* Adds the parts of one answer to `parts`, each with a higher number than the one before; `*more` tells whether others follow. */
static bool take_parts(const XmlElement *root, GPtrArray *parts, bool *more) {
    for (guint i = 0; root->children && i < root->children->len; i++) {
        const XmlElement *element = g_ptr_array_index(root->children, i);
        if (strcmp(element->name, "Part") != 0) continue;
        StorePart *part = g_new0(StorePart, 1), *before = parts->len ? g_ptr_array_index(parts, parts->len - 1) : NULL;
        g_ptr_array_add(parts, part);
        if (!read_part(element, part) || (before && part->number <= before->number)) return false;
    }
    *more = g_strcmp0(xml_text(root, "IsTruncated"), "true") == 0;
    return true;
}

static bool list_page(S3Store *s3, const char *key, const char *id, GPtrArray *parts, bool *more, GError **error) {
    g_autoptr(GString) query = g_string_new(NULL);
    g_auto(HttpResponse) response = {0};
    GError *problem = NULL;
    guint before = parts->len ? ((const StorePart *)g_ptr_array_index(parts, parts->len - 1))->number : 0;
    g_autofree char *marker = g_strdup_printf("%u", before);
    s3_query_add(query, "max-parts", PARTS_A_PAGE);
    if (before) s3_query_add(query, "part-number-marker", marker);
    s3_query_add(query, "uploadId", id);
    if (!s3_send(s3, &(S3Request){.method = "GET", .key = key, .query = query->str}, &response, NULL, &problem))
        return s3_told_of_upload(key, problem, error);
    g_autoptr(XmlElement) root = read_answer(&response, "ListPartsResult", key, error);
    if (!root) return false;
    guint count = parts->len;
    if (!take_parts(root, parts, more) || (*more && parts->len == count))
        return fail(error, ERROR_CORRUPT, "%s: the service lists the parts of its upload in a way that can't be read; check AWS_ENDPOINT_URL", key);
    return true;
}

static bool upload_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)store_part_free);
    g_autofree char *mark = NULL;
    const char *id = s3_take_upload_id(key, upload_id, &mark, error);
    if (!id) return false;
    for (bool more = true; more;)
        if (!list_page((S3Store *)store, key, id, found, &more, error)) return false;
    *parts = g_steal_pointer(&found);
    return true;
}

/* Type and metadata were given at begin, perhaps by another server, so the object is asked. It stands whatever comes of that: where the answer does not come,
 * or is about a later version, they are left to be asked for again. */
static void describe_completed(S3Store *s3, const char *key, GPtrArray *parts, const char *etag, gint64 modified_ms, StoreInfo *info) {
    g_auto(StoreInfo) found = {0};
    if (s3_head(&s3->base, key, &found, NULL) && strcmp(found.etag, etag) == 0) {
        store_info_move(&found, info);
        return;
    }
    *info = (StoreInfo){.etag = g_strdup(etag), .modified_ms = modified_ms, .content_type = g_strdup(store_content_type_of(key))};
    for (guint i = 0; i < parts->len; i++) info->size += ((const StorePart *)g_ptr_array_index(parts, i))->size;
}

static bool upload_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put, StoreInfo *info,
                            GError **error) {
    S3Store *s3 = (S3Store *)store;
    g_autofree S3Part *named = g_new0(S3Part, parts->len);
    g_autofree char *mark = NULL, *etag = NULL;
    gint64 modified_ms;
    const char *id = s3_take_upload_id(key, upload_id, &mark, error);
    if (!id) return false;
    for (guint i = 0; i < parts->len; i++) {
        const StorePart *part = g_ptr_array_index(parts, i);
        named[i] = (S3Part){part->number, part->etag, NULL};
    }
    if (!s3_upload_complete(s3, key, id, mark, named, parts->len, NULL, put, &etag, &modified_ms, error)) return false;
    if (info) describe_completed(s3, key, parts, etag, modified_ms, info);
    return true;
}

static bool upload_abort(Store *store, const char *key, const char *upload_id, GError **error) {
    g_autofree char *mark = NULL;
    const char *id = s3_take_upload_id(key, upload_id, &mark, error);
    GError *problem = NULL;
    if (!id) return false;
    return s3_upload_abort((S3Store *)store, key, id, &problem) || s3_told_of_upload(key, problem, error);
}

const StoreUploadsBackend s3_uploads_backend = {.begin = upload_begin,
                                                .sign_part = upload_sign_part,
                                                .parts = upload_parts,
                                                .complete = upload_complete,
                                                .abort = upload_abort,
                                                .put_part = s3_put_part};
