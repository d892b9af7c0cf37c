/* The walk over a head from line to line. */
#include "http/framing.h"

#include <string.h>

#define LINE_END strlen("\r\n")
#define STRICT_FROM_MAJOR '1'

typedef struct {
    const char *line; /* where the next line must begin */
    bool exact;
} Walk;

/* A folded line was put together elsewhere; a NUL leaves a longer gap; a bare LF a shorter one. */
static enum MHD_Result next_line(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value, size_t value_size) {
    Walk *walk = cls;
    const char *behind_colon = name + name_size + 1;
    walk->exact = name == walk->line && value && value == behind_colon + strspn(behind_colon, " \t");
    if (walk->exact) walk->line = value + value_size + LINE_END;
    return walk->exact ? MHD_YES : MHD_NO;
}

static bool library_is_strict(void) { return MHD_get_version()[0] >= STRICT_FROM_MAJOR; }

bool framing_check(struct MHD_Connection *connection, const char *method, const char *url, gsize target_size, const char *version, GError **error) {
    if (strcmp(version, "HTTP/1.0") == 0 && MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding"))
        return fail(error, ERROR_INVALID, "HTTP/1.0 knows no Transfer-Encoding; send Content-Length, or HTTP/1.1");
    if (library_is_strict()) return true;
    Walk walk = {version + strlen(version) + LINE_END, url == method + strlen(method) + 1 && version == url + target_size + 1};
    if (walk.exact) MHD_get_connection_values_n(connection, MHD_HEADER_KIND, next_line, &walk);
    gsize size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    return (walk.exact && size == (gsize)(walk.line - method) + LINE_END) ||
           fail(error, ERROR_INVALID, "the request's head can be read in more than one way: end each line with CRLF, put one space between method, "
                "target and version, fold no line, send no NUL");
}
