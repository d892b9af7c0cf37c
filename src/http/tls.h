/* The server's certificate and key. */
#pragma once

#include "base/settings.h"

typedef struct {
    char *certificates, *key; /* PEM; both NULL: no TLS */
} Tls;

void tls_clear(Tls *tls);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tls, tls_clear)
/* Reads HANSARD_TLS_CERT and HANSARD_TLS_KEY. ERROR_CONFIG where only one is set, a file can't be read, or the two don't belong together. */
bool tls_load(const Settings *settings, Tls *tls, GError **error);
