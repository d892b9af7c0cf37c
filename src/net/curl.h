/* The transport on libcurl: TLS verified against the system's certificates, HTTP/1.1, connections kept (at most HTTP_CONNECTIONS_KEPT). */
#pragma once

#include "net/http.h"

/* `ca_file`: certificates to trust instead (AWS_CA_BUNDLE); NULL: the system's. Thread-safe; close it when no call is under way. */
HttpTransport *http_curl_new(const char *ca_file);
