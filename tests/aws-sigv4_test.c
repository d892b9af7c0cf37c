/* Signature Version 4 against AWS's own test suite (38 cases, each as headers and as a query; setup/vectors.sh fetches it) and against the examples of
 * S3's documentation, whose path and payload are signed in another way. */
#include <string.h>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#define SUITE TEST_VECTORS_DIR "/aws-sigv4-1.6.4"
#define SUITE_CASES 38
#define DOUBLE_ENCODING_CASES 2 /* of the crate's own, without a context */

typedef struct {
    char *folder;
    HttpRequest request; /* with the headers that the case gives, but Host: it stands in the URL */
    char *method, *url, *payload_hash;
    HttpHeaders *headers;
    SigV4 sign;
    AwsCredentials credentials;
    json_t *context;
    gint64 expires_s;
} Case;

static char *read_text(const char *folder, const char *name) {
    g_autofree char *path = g_build_filename(SUITE, folder, name, NULL);
    char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error)) g_error("%s", error->message);
    return text;
}

/* A header's value may go on in the next line, which then begins with a space. */
static void read_headers(Case *c, char **lines, char **host) {
    GString *value = NULL;
    g_autofree char *name = NULL;
    for (guint i = 1;; i++) {
        const char *line = lines[i] ? lines[i] : "";
        if (line[0] == ' ') {
            g_string_append_printf(value, "\n%s", line);
            continue;
        }
        if (name && g_ascii_strcasecmp(name, "host") == 0) *host = g_strdup(value->str);
        else if (name) http_headers_add(c->headers, name, value->str);
        if (value) g_string_free(g_steal_pointer(&value), TRUE);
        g_clear_pointer(&name, g_free);
        if (!line[0]) return;
        const char *colon = strchr(line, ':');
        name = g_strndup(line, (gsize)(colon - line));
        value = g_string_new(colon + 1);
    }
}

/* `as_path`: the path as our request has it: encoded for S3; for other services decoded, since signing encodes it. */
static void read_request(Case *c, bool decode_path) {
    g_autofree char *text = read_text(c->folder, "request.txt"), *host = NULL;
    char *body = strstr(text, "\n\n");
    if (body) *body = '\0';
    c->payload_hash = text_sha256(body ? body + 2 : "", body ? strlen(body + 2) : 0);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    char *target = strchr(lines[0], ' ');
    c->method = g_strndup(lines[0], (gsize)(target - lines[0]));
    *strstr(++target, " HTTP/1.1") = '\0';
    c->headers = http_headers_new();
    read_headers(c, lines, &host);
    gsize path_size = strcspn(target, "?");
    g_autofree char *path = decode_path ? g_uri_unescape_segment(target, target + path_size, NULL) : g_strndup(target, path_size);
    c->url = g_strconcat("https://", host, path, target + path_size, NULL);
    c->request = (HttpRequest){.method = c->method, .url = c->url, .headers = c->headers};
}

static void read_context(Case *c) {
    g_autofree char *text = read_text(c->folder, "context.json");
    g_autoptr(GError) error = NULL;
    c->context = json_parse_object(text, strlen(text), "context.json", &error);
    g_assert_no_error(error);
    const json_t *keys = json_object_get(c->context, "credentials");
    bool omit_token = json_get_bool(c->context, "omit_session_token", false); /* it is added after signing */
    c->credentials = (AwsCredentials){.access_key = (char *)json_get_string(keys, "access_key_id", NULL),
                                      .secret_key = (char *)json_get_string(keys, "secret_access_key", NULL),
                                      .session_token = omit_token ? NULL : (char *)json_get_string(keys, "token", NULL)};
    c->sign = (SigV4){.credentials = &c->credentials,
                      .region = json_get_string(c->context, "region", NULL),
                      .service = json_get_string(c->context, "service", NULL),
                      .is_s3 = !json_get_bool(c->context, "normalize", true)};
    g_assert_true(time_parse(json_get_string(c->context, "timestamp", NULL), &c->sign.time_ms));
    c->expires_s = json_get_int(c->context, "expiration_in_seconds", 0);
}

static void case_clear(Case *c) {
    g_free(c->method);
    g_free(c->url);
    g_free(c->payload_hash);
    g_clear_pointer(&c->headers, g_ptr_array_unref);
    json_decref(c->context);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* The three steps of `form` ("header", "query"), each against the suite's file. */
static void check_steps(const Case *c, const HttpRequest *request, const char *form, char **signature) {
    static const char *const files[] = {"%s-canonical-request.txt", "%s-string-to-sign.txt", "%s-signature.txt"};
    g_autofree char *names = NULL, *canonical = sigv4_canonical_request(&c->sign, request, c->payload_hash, &names);
    g_autofree char *string = sigv4_string_to_sign(&c->sign, canonical);
    *signature = sigv4_signature(&c->sign, string);
    const char *const got[] = {canonical, string, *signature};
    for (int i = 0; i < 3; i++) {
        g_auto(GStrv) parts = g_strsplit(files[i], "%s", 2);
        g_autofree char *name = g_strconcat(form, parts[1], NULL), *wanted = read_text(c->folder, name);
        g_assert_cmpstr(got[i], ==, wanted);
    }
}

static void test_header_form(gconstpointer data) {
    g_auto(Case) c = {.folder = (char *)data};
    g_autofree char *signature = NULL;
    read_context(&c);
    read_request(&c, !c.sign.is_s3);
    if (json_get_bool(c.context, "sign_body", false)) http_headers_set(c.headers, "x-amz-content-sha256", c.payload_hash);
    http_headers_set(c.headers, "X-Amz-Date", "20150830T123600Z");
    if (c.credentials.session_token) http_headers_set(c.headers, "X-Amz-Security-Token", c.credentials.session_token);
    check_steps(&c, &c.request, "header", &signature);
    if (c.sign.is_s3) return; /* sigv4_sign would add a header that the suite has not */
    sigv4_sign(&c.sign, &c.request, c.payload_hash);
    g_assert_true(g_str_has_suffix(http_headers_get(c.headers, "Authorization"), signature));
}

static void test_query_form(gconstpointer data) {
    g_auto(Case) c = {.folder = (char *)data};
    g_autofree char *signature = NULL;
    read_context(&c);
    read_request(&c, !c.sign.is_s3);
    g_autofree char *url = sigv4_presign(&c.sign, c.method, c.url, c.headers, c.expires_s);
    char *end = strstr(url, "&X-Amz-Signature=");
    *end = '\0';
    HttpRequest request = {.method = c.method, .url = url, .headers = c.headers};
    check_steps(&c, &request, "query", &signature);
    g_autofree char *empty = text_sha256("", 0);
    if (!c.sign.is_s3 && strcmp(c.payload_hash, empty) == 0) g_assert_cmpstr(end + strlen("&X-Amz-Signature="), ==, signature);
}

/* The path is encoded by the caller and once more for signing. */
static void test_double_encoding(gconstpointer data) {
    g_auto(Case) c = {.folder = (char *)data};
    read_request(&c, false);
    http_headers_set(c.headers, "X-Amz-Date", "20210511T154045Z");
    g_autofree char *names = NULL, *canonical = sigv4_canonical_request(&c.sign, &c.request, c.payload_hash, &names);
    g_autofree char *wanted = read_text(c.folder, "header-canonical-request.txt");
    g_assert_cmpstr(canonical, ==, wanted);
}

static void skip(void) { g_test_skip("the signing test suite is not there; setup/vectors.sh fetches it"); }

static void test_suite_is_whole(gconstpointer counts) {
    const int *found = counts;
    g_assert_cmpint(found[0], ==, SUITE_CASES);
    g_assert_cmpint(found[1], ==, DOUBLE_ENCODING_CASES);
}

static void add_suite(void) {
    static int found[2];
    g_autoptr(GDir) suite = g_dir_open(SUITE, 0, NULL);
    if (!suite) return g_test_add_func("/sigv4/suite", skip);
    for (const char *name; (name = g_dir_read_name(suite));) {
        g_autofree char *context = g_build_filename(SUITE, name, "context.json", NULL), *header = g_strconcat("/sigv4/suite/header/", name, NULL);
        g_autofree char *query = g_strconcat("/sigv4/suite/query/", name, NULL);
        if (name[0] == '.') continue;
        char *folder = (char *)g_intern_string(name);
        if (g_file_test(context, G_FILE_TEST_EXISTS)) {
            g_test_add_data_func(header, folder, test_header_form);
            g_test_add_data_func(query, folder, test_query_form);
            found[0]++;
        } else {
            g_test_add_data_func(header, folder, test_double_encoding);
            found[1]++;
        }
    }
    g_test_add_data_func("/sigv4/suite/whole", found, test_suite_is_whole);
}

/* S3's documentation, "Authenticating Requests": its key, time and bucket. */
static AwsCredentials example_credentials = {.access_key = (char *)"AKIAIOSFODNN7EXAMPLE", .secret_key = (char *)"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define EXAMPLE_HOST "https://examplebucket.s3.amazonaws.com"

static SigV4 example_sign(void) {
    SigV4 sign = {.credentials = &example_credentials, .region = "us-east-1", .service = "s3", .is_s3 = true};
    g_assert_true(time_parse("2013-05-24", &sign.time_ms));
    return sign;
}

static void test_s3_examples(void) {
    static const struct {
        const char *method, *path, *headers[3][2], *payload_hash, *signed_headers, *signature;
    } examples[] = {
        {"GET", "/test.txt", {{"Range", "bytes=0-9"}}, EMPTY_SHA256, "host;range;x-amz-content-sha256;x-amz-date",
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
        {"PUT", "/test%24file.text", {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
         "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
        {"GET", "/?lifecycle", {{0}}, EMPTY_SHA256, "host;x-amz-content-sha256;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
        {"GET", "/?max-keys=2&prefix=J", {{0}}, EMPTY_SHA256, "host;x-amz-content-sha256;x-amz-date",
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
        SigV4 sign = example_sign();
        g_autofree char *url = g_strconcat(EXAMPLE_HOST, examples[i].path, NULL);
        g_autoptr(GPtrArray) headers = http_headers_new();
        for (int j = 0; examples[i].headers[j][0]; j++) http_headers_set(headers, examples[i].headers[j][0], examples[i].headers[j][1]);
        HttpRequest request = {.method = examples[i].method, .url = url, .headers = headers};
        sigv4_sign(&sign, &request, examples[i].payload_hash);
        g_autofree char *wanted = g_strdup_printf("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=%s, Signature=%s",
                                                  examples[i].signed_headers, examples[i].signature);
        g_assert_cmpstr(http_headers_get(headers, "Authorization"), ==, wanted);
        g_assert_cmpstr(http_headers_get(headers, "x-amz-content-sha256"), ==, examples[i].payload_hash);
    }
}

static void test_s3_presigned_example(void) {
    SigV4 sign = example_sign();
    g_autofree char *url = sigv4_presign(&sign, "GET", EXAMPLE_HOST "/test.txt", NULL, 86400);
    g_assert_cmpstr(url, ==, EXAMPLE_HOST "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                             "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                             "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

/* What S3 must not do: the name "a//./b" is three components to it. And there is one spelling of a name. */
static void test_s3_path(void) {
    static const char *const paths[][2] = {{"/a//./../b", "/a//./../b"}, {"/a%2fb", "/a/b"}, {"/%41%7e%20+", "/A~%20%2B"}, {"/100%", "/100%25"},
                                           {"/%zz%4", "/%25zz%254"}, {"/%4g", "/%254g"}, {"", "/"}, {"/%00", "/%00"}};
    SigV4 sign = example_sign();
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *url = g_strconcat(EXAMPLE_HOST, paths[i][0], NULL), *names = NULL;
        HttpRequest request = {.method = "GET", .url = url};
        g_autofree char *canonical = sigv4_canonical_request(&sign, &request, EMPTY_SHA256, &names);
        g_auto(GStrv) lines = g_strsplit(canonical, "\n", -1);
        g_assert_cmpstr(lines[1], ==, paths[i][1]);
    }
}

/* The other services' paths: RFC 3986, 5.2.4; what ends in a folder's name keeps its slash. */
static void test_path(void) {
    static const char *const paths[][2] = {{"/a/.", "/a/"}, {"/a/b/..", "/a/"}, {"/../a", "/a"}, {"/..", "/"}, {"//a//b", "/a/b"}, {"/a%2fb", "/a%252fb"}};
    SigV4 sign = example_sign();
    sign.is_s3 = false;
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *url = g_strconcat("https://iam.amazonaws.com", paths[i][0], NULL), *names = NULL;
        HttpRequest request = {.method = "GET", .url = url};
        g_autofree char *canonical = sigv4_canonical_request(&sign, &request, EMPTY_SHA256, &names);
        g_auto(GStrv) lines = g_strsplit(canonical, "\n", -1);
        g_assert_cmpstr(lines[1], ==, paths[i][1]);
    }
}

static void test_query(void) {
    static const char *const queries[][2] = {
        {"?uploads", "uploads="}, {"?b=2&a=1&a=0&B=3", "B=3&a=0&a=1&b=2"}, {"?a=b=c", "a=b%3Dc"}, {"?&&a&", "a="}, {"?prefix=a%2Fb+c", "prefix=a%2Fb%2Bc"},
        {"?a-b=1&a=2&aB=3", "a=2&a-b=1&aB=3"}, {"?", ""}, {"?x=1#fragment", "x=1"}};
    SigV4 sign = example_sign();
    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_autofree char *url = g_strconcat(EXAMPLE_HOST "/", queries[i][0], NULL), *names = NULL;
        HttpRequest request = {.method = "GET", .url = url};
        g_autofree char *canonical = sigv4_canonical_request(&sign, &request, EMPTY_SHA256, &names);
        g_auto(GStrv) lines = g_strsplit(canonical, "\n", -1);
        g_assert_cmpstr(lines[1], ==, "/");
        g_assert_cmpstr(lines[2], ==, queries[i][1]);
    }
}

static void test_host(void) {
    static const char *const urls[][2] = {{"https://a.b:443/", "host:a.b"}, {"https://a.b:80/", "host:a.b:80"}, {"http://a.b:80?x", "host:a.b"},
                                          {"http://[::1]:9000/x", "host:[::1]:9000"}, {"http://A.b", "host:A.b"}};
    SigV4 sign = example_sign();
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autofree char *names = NULL;
        HttpRequest request = {.method = "GET", .url = urls[i][0]};
        g_autofree char *canonical = sigv4_canonical_request(&sign, &request, EMPTY_SHA256, &names);
        g_auto(GStrv) lines = g_strsplit(canonical, "\n", -1);
        g_assert_cmpstr(lines[3], ==, urls[i][1]);
        g_assert_cmpstr(names, ==, "host");
    }
}

/* A host that the caller has set is the one that is signed; what is no URL has none. */
static void test_host_given(void) {
    static const char *const cases[][3] = {{"https://a.b/", "c.d:80", "host:c.d:80"}, {"a.b", NULL, "host:"}};
    SigV4 sign = example_sign();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *names = NULL;
        g_autoptr(GPtrArray) headers = http_headers_new();
        if (cases[i][1]) http_headers_set(headers, "Host", cases[i][1]);
        HttpRequest request = {.method = "GET", .url = cases[i][0], .headers = headers};
        g_autofree char *canonical = sigv4_canonical_request(&sign, &request, EMPTY_SHA256, &names);
        g_auto(GStrv) lines = g_strsplit(canonical, "\n", -1);
        g_assert_cmpstr(lines[1], ==, "/");
        g_assert_cmpstr(lines[3], ==, cases[i][2]);
        g_assert_cmpstr(names, ==, "host");
    }
}

/* Signing again (a retry) leaves nothing of the first time, and what a transport may change is not signed. */
static void test_sign_again(void) {
    SigV4 sign = example_sign();
    AwsCredentials with_token = example_credentials;
    with_token.session_token = (char *)"session";
    g_autoptr(GPtrArray) headers = http_headers_new();
    http_headers_set(headers, "User-Agent", "x");
    http_headers_set(headers, "Expect", "100-continue");
    http_headers_set(headers, "Connection", "close");
    http_headers_set(headers, "Transfer-Encoding", "chunked");
    HttpRequest request = {.method = "GET", .url = EXAMPLE_HOST "/", .headers = headers};
    sign.credentials = &with_token;
    sigv4_sign(&sign, &request, EMPTY_SHA256);
    g_assert_nonnull(strstr(http_headers_get(headers, "Authorization"), "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
    g_assert_cmpstr(http_headers_get(headers, "x-amz-security-token"), ==, "session");
    sign.credentials = &example_credentials;
    sigv4_sign(&sign, &request, SIGV4_UNSIGNED_PAYLOAD);
    g_assert_null(http_headers_get(headers, "x-amz-security-token"));
    g_assert_cmpuint(headers->len, ==, 4 + 3);
    g_assert_nonnull(strstr(http_headers_get(headers, "Authorization"), "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"));
}

static void test_encode(void) {
    g_autofree char *name = sigv4_encode("a b/ü~-._+*'()%", true), *value = sigv4_encode("a b/ü~-._+*'()%", false);
    g_assert_cmpstr(name, ==, "a%20b/%C3%BC~-._%2B%2A%27%28%29%25");
    g_assert_cmpstr(value, ==, "a%20b%2F%C3%BC~-._%2B%2A%27%28%29%25");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    add_suite();
    g_test_add_func("/sigv4/s3/examples", test_s3_examples);
    g_test_add_func("/sigv4/s3/presigned-example", test_s3_presigned_example);
    g_test_add_func("/sigv4/s3/path", test_s3_path);
    g_test_add_func("/sigv4/path", test_path);
    g_test_add_func("/sigv4/query", test_query);
    g_test_add_func("/sigv4/host", test_host);
    g_test_add_func("/sigv4/host-given", test_host_given);
    g_test_add_func("/sigv4/sign-again", test_sign_again);
    g_test_add_func("/sigv4/encode", test_encode);
    return g_test_run();
}
