/* What a key may be, and what its extension says of its content. Every backend relies on these checks: a key that
 * passes has no component that a file system would take for something else than a name. */
#include "store/key.h"

#include <string.h>

#include "base/limits.h"

#define OWN_NAME ".hansard" /* what a backend keeps for itself */

static const struct {
    const char *extension, *content_type;
} content_types[] = {
    {"aac", "audio/aac"},
    {"aif", "audio/aiff"},
    {"aiff", "audio/aiff"},
    {"amr", "audio/amr"},
    {"caf", "audio/x-caf"},
    {"flac", "audio/flac"},
    {"m4a", "audio/mp4"},
    {"mka", "audio/x-matroska"},
    {"mp3", "audio/mpeg"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"wma", "audio/x-ms-wma"},
    {"3gp", "video/3gpp"},
    {"avi", "video/x-msvideo"},
    {"m4v", "video/mp4"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"ogv", "video/ogg"},
    {"webm", "video/webm"},
    {"wmv", "video/x-ms-wmv"},
    {"csv", "text/csv; charset=utf-8"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"json", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"srt", "application/x-subrip"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
};

const char *store_content_type_of(const char *key) {
    const char *slash = strrchr(key, '/');
    const char *dot = strrchr(slash ? slash : key, '.');
    for (gsize i = 0; dot && i < G_N_ELEMENTS(content_types); i++)
        if (g_ascii_strcasecmp(dot + 1, content_types[i].extension) == 0) return content_types[i].content_type;
    return "application/octet-stream";
}

bool store_text_is_plain(const char *text) {
    if (!g_utf8_validate(text, -1, NULL)) return false;
    for (const char *at = text; *at; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at))) return false;
    return true;
}

/* A whole component: `length` bytes at `name`, the first of its key or not. */
static bool check_component(const char *name, gsize length, bool first, GError **error) {
    if (length == 0) return fail(error, ERROR_INVALID, "a key must not begin or end with '/' or have two in a row");
    if (length > KEY_COMPONENT_BYTES_MAX)
        return fail(error, ERROR_INVALID, "a part of a key has %zu bytes; at most %d may stand between two '/'", length,
                    KEY_COMPONENT_BYTES_MAX);
    if ((length == 1 && name[0] == '.') || (length == 2 && memcmp(name, "..", 2) == 0))
        return fail(error, ERROR_INVALID, "a key must have no part that is '.' or '..'");
    if (first && length == strlen(OWN_NAME) && memcmp(name, OWN_NAME, length) == 0)
        return fail(error, ERROR_INVALID, "a key must not begin with '%s/': the store keeps that for itself", OWN_NAME);
    return true;
}

/* The components that end in a '/'; `*last` is what follows the last of them. */
static bool check_leading_components(const char *key, const char **last, GError **error) {
    const char *name = key;
    for (const char *slash; (slash = strchr(name, '/')); name = slash + 1)
        if (!check_component(name, (gsize)(slash - name), name == key, error)) return false;
    *last = name;
    return true;
}

static bool check_text(const char *text, const char *what, GError **error) {
    gsize length = strlen(text);
    if (length > KEY_BYTES_MAX)
        return fail(error, ERROR_INVALID, "%s has %zu bytes; at most %d are allowed", what, length, KEY_BYTES_MAX);
    if (!store_text_is_plain(text))
        return fail(error, ERROR_INVALID, "%s must be UTF-8 without control characters", what);
    return true;
}

bool store_key_check(const char *key, GError **error) {
    const char *last;
    if (!key || key[0] == '\0') return fail(error, ERROR_INVALID, "a key must not be empty");
    return check_text(key, "a key", error) && check_leading_components(key, &last, error) &&
           check_component(last, strlen(last), last == key, error);
}

bool store_prefix_check(const char *prefix, GError **error) {
    const char *last;
    if (!check_text(prefix, "a prefix of keys", error) || !check_leading_components(prefix, &last, error)) return false;
    if (strlen(last) > KEY_COMPONENT_BYTES_MAX)
        return fail(error, ERROR_INVALID, "a prefix of keys has a part of more than %d bytes", KEY_COMPONENT_BYTES_MAX);
    return true;
}

bool store_start_after_check(const char *start_after, GError **error) {
    return check_text(start_after, "the key to list after", error);
}
