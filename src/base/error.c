/* The table of error codes. A new code is one line here and one in error.h. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

static const ErrorKind kinds[ERROR_CODE_COUNT] = {
    /*                              name                     title                                   http exit retryable */
    [ERROR_INVALID] =               {"invalid",               "The request is not valid",              400, 2, false},
    [ERROR_UNAUTHORIZED] =          {"unauthorized",          "Sign in first",                         401, 1, false},
    [ERROR_FORBIDDEN] =             {"forbidden",             "Not allowed",                           403, 1, false},
    [ERROR_NOT_FOUND] =             {"not-found",             "Not found",                             404, 1, false},
    [ERROR_METHOD_NOT_ALLOWED] =    {"method-not-allowed",    "Method not allowed",                    405, 1, false},
    [ERROR_TIMEOUT] =               {"timeout",               "Too slow",                              408, 1, true},
    [ERROR_CONFLICT] =              {"conflict",              "Not possible in the present state",     409, 1, false},
    [ERROR_PRECONDITION] =          {"precondition-failed",   "Someone else has changed it",           412, 1, false},
    [ERROR_PRECONDITION_REQUIRED] = {"precondition-required", "If-Match is required",                  428, 1, false},
    [ERROR_TOO_LARGE] =             {"too-large",             "Too large",                             413, 1, false},
    [ERROR_UNSUPPORTED_MEDIA] =     {"unsupported-media",     "A format that is not read",             415, 1, false},
    [ERROR_RANGE] =                 {"range-not-satisfiable", "No such range",                         416, 1, false},
    [ERROR_KEY_REUSED] =            {"key-reused",            "The key is of another request",         422, 1, false},
    [ERROR_BAD_MEDIA] =             {"bad-media",             "The recording can't be read",           422, 1, false},
    [ERROR_ARCHIVED] =              {"archived",              "The recording is archived",             409, 1, false},
    [ERROR_TOO_MANY] =              {"too-many",              "Too many at a time",                    503, 1, true},
    [ERROR_RATE] =                  {"rate-limited",          "Too many requests",                     429, 1, true},
    [ERROR_CONFIG] =                {"configuration",         "A setting is missing or wrong",         500, 2, false},
    [ERROR_IO] =                    {"io",                    "Reading or writing failed",             500, 1, true},
    [ERROR_NO_SPACE] =              {"no-space",              "No space left",                         507, 1, true},
    [ERROR_CORRUPT] =               {"corrupt",               "Stored data is damaged",                500, 1, false},
    [ERROR_CRASHED] =               {"crashed",               "The worker process died",               500, 1, true},
    [ERROR_LEASE_LOST] =            {"lease-lost",            "Another worker took over",              409, 1, false},
    [ERROR_CANCELLED] =             {"cancelled",             "Stopped",                               503, 1, true},
    [ERROR_UNAVAILABLE] =           {"unavailable",           "Not available for now",                 503, 1, true},
    [ERROR_INTERNAL] =              {"internal",              "A defect of the program",               500, 1, false},
};

G_DEFINE_QUARK(hansard-error, hansard_error)

const ErrorKind *error_kind_of(ErrorCode code) {
    return (unsigned)code < ERROR_CODE_COUNT ? &kinds[code] : &kinds[ERROR_INTERNAL];
}

const ErrorKind *error_kind(const GError *error) {
    return error && error->domain == HANSARD_ERROR ? error_kind_of((ErrorCode)error->code) : &kinds[ERROR_INTERNAL];
}

ErrorCode error_code_named(const char *name) {
    for (int code = 0; name && code < ERROR_CODE_COUNT; code++)
        if (strcmp(kinds[code].name, name) == 0) return (ErrorCode)code;
    return ERROR_INTERNAL;
}

bool error_is(const GError *error, ErrorCode code) { return error && g_error_matches(error, HANSARD_ERROR, (int)code); }

bool(fail)(GError **error, ErrorCode code, const char *format, ...) {
    g_return_val_if_fail(!error || !*error, false);
    va_list arguments;
    va_start(arguments, format);
    if (error) *error = g_error_new_valist(HANSARD_ERROR, (int)code, format, arguments);
    va_end(arguments);
    return false;
}

static ErrorCode code_of_errno(int saved_errno) {
    switch (saved_errno) {
    case ENOENT:
        return ERROR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERROR_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
        return ERROR_CONFIG;
    case ETIMEDOUT:
        return ERROR_TIMEOUT;
    default:
        return ERROR_IO;
    }
}

bool fail_errno(GError **error, int saved_errno, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return fail(error, code_of_errno(saved_errno), "%s: %s", what, g_strerror(saved_errno));
}
