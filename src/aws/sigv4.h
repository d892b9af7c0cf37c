/* AWS Signature Version 4 (the public "Signing AWS API requests"): header and query form. Pure: no clock, no chance. */
#pragma once

#include "aws/credentials.h"
#include "net/http.h"

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

typedef struct {
    const AwsCredentials *credentials;
    const char *region, *service; /* "us-east-1", "s3" */
    gint64 time_ms;
    bool is_s3; /* the path is encoded once and not normalised, x-amz-content-sha256 is set */
} SigV4;

/* Signs `request` with `payload_hash` (hexadecimal SHA-256, or SIGV4_UNSIGNED_PAYLOAD): sets X-Amz-Date, X-Amz-Security-Token where there is one, and
 * Authorization. All headers that stand in the request are signed but those that a transport may change (User-Agent, Expect, Connection,
 * Transfer-Encoding). Host is taken from the URL. */
void sigv4_sign(const SigV4 *sign, HttpRequest *request, const char *payload_hash);

/* The URL with the signature in its query: whoever has it may do `method` on it until `expires_s` after the time. `headers`, which the caller of the URL
 * must send as they are, may be NULL. Caller frees. */
char *sigv4_presign(const SigV4 *sign, const char *method, const char *url, const HttpHeaders *headers, gint64 expires_s);

/* For tests: the steps of the public algorithm. Caller frees. */
char *sigv4_canonical_request(const SigV4 *sign, const HttpRequest *request, const char *payload_hash, char **signed_headers);
char *sigv4_string_to_sign(const SigV4 *sign, const char *canonical_request);
char *sigv4_signature(const SigV4 *sign, const char *string_to_sign);

/* RFC 3986 percent-encoding, as AWS asks for it: unreserved characters stand, '/' too with `keep_slash`. Caller frees. */
char *sigv4_encode(const char *text, bool keep_slash);
