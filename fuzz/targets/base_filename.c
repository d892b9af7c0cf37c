/* What a client calls its file: it becomes the end of a key, a name on this disk and a header of an answer. */
#include "base/limits.h"
#include "base/text.h"
#include "fuzz.h"
#include "http/response.h"
#include "http/upload.h"

static void check_attachment(const char *name) {
    g_auto(Response) response = {0};
    response_init(&response);
    response_attachment(&response, name);
    const char *header = response_get_header(&response, "Content-Disposition");
    for (const char *c = header; *c; c++) g_assert_true(g_ascii_isprint(*c));
    /* the quoted name has one opening and one closing quote, and whoever reads the header finds the name again */
    const char *quote = strchr(header, '"');
    g_assert_true(quote && strchr(quote + 1, '"') && !strchr(strchr(quote + 1, '"') + 1, '"'));
    g_autoptr(Request) request = request_new("/api/meetings");
    g_assert_true(request_begin(request, "POST", NULL));
    g_assert_true(request_add_header(request, "content-disposition", strlen("content-disposition"), header, strlen(header), NULL));
    g_autofree char *read = upload_filename(request);
    g_assert_cmpstr(read, ==, name);
}

void fuzz_base_filename(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *name = text_clean_filename(text), *again = text_clean_filename(name);
    fuzz_text(name, FILENAME_BYTES_MAX);
    g_assert_true(name[0] && strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
    g_assert_null(strpbrk(name, "/\\\n\r"));
    g_assert_cmpstr(again, ==, name);
    g_autofree char *key = g_strconcat("meetings/0a1b2c3d-0000-4000-8000-000000000000_", name, NULL);
    g_assert_true(store_key_check(key, NULL));
    check_attachment(name);
}
