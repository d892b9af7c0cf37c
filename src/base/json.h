/* jansson with bounds, GError and cleanup. */
#pragma once

#include <gio/gio.h>
#include <jansson.h>
#include <stdbool.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Parses one JSON value of at most JSON_DEPTH_MAX levels; duplicate names are refused.
 * `what` names the source in the error ("the request body", a key). A new reference, or NULL with `error`. */
json_t *json_parse(const void *data, gsize size, const char *what, GError **error);

/* As json_parse, and the value must be an object. */
json_t *json_parse_object(const void *data, gsize size, const char *what, GError **error);

/* Two-space indented or compact UTF-8 with a closing newline, names in order of insertion. */
GBytes *json_to_bytes(const json_t *value, bool indent);

/* Lower-case hexadecimal SHA-256 of the value's compact form with all names sorted by their bytes and reals of six digits: the same for every order
 * of members. Caller frees. */
char *json_sha256(const json_t *value);

/* Members with a default where the name is absent or of another type; strings are borrowed. */
const char *json_get_string(const json_t *object, const char *name, const char *fallback);
gint64 json_get_int(const json_t *object, const char *name, gint64 fallback);
double json_get_real(const json_t *object, const char *name, double fallback);
bool json_get_bool(const json_t *object, const char *name, bool fallback);

/* A JSON string or, for NULL, JSON null; text that is not UTF-8 is made valid with U+FFFD. New reference. */
json_t *json_text(const char *text);
