/* The program's errors: one table gives each code its name, what it means to a caller over HTTP
 * and on the command line, and whether trying again can help.
 *
 * Every fallible function is `bool f(…, GError **error)`; its error is of this domain. The message is
 * one sentence that says what happened, to what, and what to do; it holds no secret and no
 * transcript text. Below the surfaces nothing logs: the surface that reports an error reports it once. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define HANSARD_ERROR (hansard_error_quark())
GQuark hansard_error_quark(void);

typedef enum {
    ERROR_INVALID,            /* the caller's input breaks a rule */
    ERROR_UNAUTHORIZED,       /* no or unknown credentials */
    ERROR_FORBIDDEN,          /* known, but not allowed; or a signed URL that does not hold */
    ERROR_NOT_FOUND,
    ERROR_METHOD_NOT_ALLOWED,
    ERROR_TIMEOUT,            /* the other side was too slow */
    ERROR_CONFLICT,           /* the state does not allow it (already running, already there) */
    ERROR_PRECONDITION,       /* If-Match or If-None-Match did not hold: someone else wrote */
    ERROR_PRECONDITION_REQUIRED,
    ERROR_TOO_LARGE,          /* over a named limit */
    ERROR_UNSUPPORTED_MEDIA,  /* a format that is not read */
    ERROR_RANGE,              /* a byte range outside the object */
    ERROR_KEY_REUSED,         /* an Idempotency-Key that came with another request before */
    ERROR_BAD_MEDIA,          /* a recording that is damaged, empty or has no sound */
    ERROR_ARCHIVED,           /* the object stands in an archive class and must be restored first */
    ERROR_TOO_MANY,           /* over a limit in number or rate: later it may work */
    ERROR_RATE,               /* this caller asks too often */
    ERROR_CONFIG,             /* a setting is missing or wrong; the message names it */
    ERROR_IO,                 /* disk or network failed; may pass */
    ERROR_NO_SPACE,           /* the disk or quota is full */
    ERROR_CORRUPT,            /* what is stored breaks its own format */
    ERROR_CRASHED,            /* a child process died or broke its limits */
    ERROR_LEASE_LOST,         /* another worker has taken the job over */
    ERROR_CANCELLED,          /* asked to stop */
    ERROR_UNAVAILABLE,        /* a service does not answer for now */
    ERROR_INTERNAL,           /* a defect of the program */
    ERROR_CODE_COUNT
} ErrorCode;

typedef struct {
    const char *name;     /* stable, kebab-case; the `code` of problem details */
    const char *title;    /* short English title for problem details */
    int http_status;
    int exit_status;      /* 1 failed, 2 wrong usage or setting */
    bool retryable;       /* true where the same call may succeed later */
} ErrorKind;

/* Never NULL: a foreign domain or an unknown code is ERROR_INTERNAL's kind. */
const ErrorKind *error_kind(const GError *error);
const ErrorKind *error_kind_of(ErrorCode code);

/* The code whose name this is (ERROR_INTERNAL for an unknown one). */
ErrorCode error_code_named(const char *name);

/* True when `error` is of this domain and has this code. NULL is no error. */
bool error_is(const GError *error, ErrorCode code);

/* Sets `error` and returns false, so that `return fail(error, CODE, "…")` reads as one step. */
bool fail(GError **error, ErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* it sees one file at a time, and would not know what fail() returns; the definition has parentheses for it */
#define fail(...) (fail(__VA_ARGS__), false)
#endif

/* As fail(), with the code chosen from an errno (ENOENT, ENOSPC, …) and its description appended. */
bool fail_errno(GError **error, int saved_errno, const char *format, ...) G_GNUC_PRINTF(3, 4);
