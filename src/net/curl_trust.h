/* Whom TLS trusts: one store of certificate authorities for all connections of a transport. libcurl by itself reads and keeps the system's whole bundle
 * for each (50 ms and 0.75 MiB; measured with 64 connections). */
#pragma once

#include <curl/curl.h>

#include "base/error.h"

typedef struct CurlTrust CurlTrust;

/* `ca_file` NULL: the system's authorities (or those that SSL_CERT_FILE, SSL_CERT_DIR name). Thread-safe. Free it after the last connection is closed. */
CurlTrust *curl_trust_new(const char *ca_file);
void curl_trust_free(CurlTrust *trust);
/* Lets `easy` go by it; read at the first time. ERROR_CONFIG names a file that can't be read. */
bool curl_trust_apply(CurlTrust *trust, CURL *easy, GError **error);
