/* The head of a request: "METHOD target", a line for each field, an empty line. What request.h guarantees is checked, and every rule that reads a
 * field is asked. */
#include "base/text.h"
#include "fuzz.h"
#include "http/router.h"
#include "http/security.h"
#include "http/upload.h"

static bool is_plain(const char *text, bool tab) {
    for (const char *c = text; *c; c++)
        if (((guchar)*c < 0x20 && !(tab && *c == '\t')) || *c == 0x7f) return false;
    return true;
}

static void check_guarantees(const Request *request) {
    GHashTableIter iter;
    gpointer name, value;
    g_assert_true(request->path[0] == '/' || strcmp(request->path, "*") == 0);
    g_assert_true(g_utf8_validate(request->path, -1, NULL) && is_plain(request->path, false));
    g_assert_null(strcasestr(request->raw_path, "%2f"));
    g_hash_table_iter_init(&iter, request->query);
    while (g_hash_table_iter_next(&iter, &name, &value)) g_assert_true(g_utf8_validate(value, -1, NULL) && is_plain(value, false));
    g_hash_table_iter_init(&iter, request->headers);
    while (g_hash_table_iter_next(&iter, &name, &value)) g_assert_true(is_plain(value, true));
    g_assert_true(!request->chunked || !request_header(request, "content-length"));
}

static void ask_rules(Request *request) {
    g_auto(Listen) place = {0};
    const Route *route = NULL;
    g_autofree char *allow = NULL, *cookie = request_cookie(request, "hansard-session"), *filename = upload_filename(request);
    g_autofree char *clean = text_clean_filename(filename), *type = upload_content_type(request_header(request, "content-type"));
    gint64 number = 0;
    g_assert_true(filename && clean[0]);
    g_assert_true(listen_parse("127.0.0.1:8080", false, &place, NULL));
    if (FUZZ_CALL(router_find(request, &route, &allow, &error))) g_assert_true(route && !allow);
    bool own = security_host_is_own(&place, request);
    if (!own) g_assert_nonnull(request_header(request, "host"));
    FUZZ_CALL(security_check_origin(request, &error));
    if (FUZZ_CALL(request_query_int(request, "limit", 1, 200, 50, &number, &error))) g_assert_true(number >= 1 && number <= 200);
    FUZZ_CALL(request_query_time(request, "from", &number, &error));
    g_assert_true(!cookie || strstr(request_header(request, "cookie"), cookie));
    for (const char *c = type; c && *c; c++) g_assert_true(g_ascii_isprint(*c));
}

void fuzz_http_request(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *line = input_line(&input);
    char *space = strchr(line, ' ');
    if (!space) return;
    *space = '\0';
    g_autoptr(Request) request = request_new(space + 1);
    if (!FUZZ_CALL(request_begin(request, line, &error))) return;
    while (input.left > 0) {
        const guint8 *at = input.at, *end = memchr(at, '\n', input.left);
        gsize length = end ? (gsize)(end - at) : input.left;
        const guint8 *colon = memchr(at, ':', length);
        if (!colon) break;
        gsize name_size = (gsize)(colon - at);
        const char *value = (const char *)colon + 1;
        gsize value_size = length - name_size - 1;
        while (value_size > 0 && *value == ' ') value++, value_size--;
        if (!FUZZ_CALL(request_add_header(request, (const char *)at, name_size, value, value_size, &error))) return;
        g_free(input_line(&input));
    }
    if (!FUZZ_CALL(request_check(request, &error))) return;
    check_guarantees(request);
    ask_rules(request);
}
