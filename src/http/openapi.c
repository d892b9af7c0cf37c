/* GET /api/openapi.json: the description of the interface, OpenAPI 3.1. It is the file of this name, taken in by the assembler;
 * tests/e2e/openapi_test.py holds it against the routes and against real answers. */
#include "http/resources.h"

__asm__(".pushsection .rodata.openapi,\"a\"\n"
        ".hidden openapi\n.global openapi\nopenapi:\n"
        ".incbin \"" HANSARD_OPENAPI "\"\n"
        ".hidden openapi_end\n.global openapi_end\nopenapi_end:\n.popsection\n");
extern const unsigned char openapi[], openapi_end[];

/* It changes with the program only. */
static const char *etag_of(GBytes *text) {
    static char *etag;
    if (g_once_init_enter(&etag)) g_once_init_leave(&etag, response_etag(text));
    return etag;
}

bool openapi_get(Context *context, const Request *request, Response *response, GError **error) {
    g_autoptr(GBytes) text = g_bytes_new_static(openapi, (gsize)(openapi_end - openapi));
    response_json_text(response, request, text, etag_of(text));
    return true;
}
