/* The certificate that connections are greeted with: HANSARD_TLS_CERT and HANSARD_TLS_KEY as the files stand now, so that a renewed pair needs no restart.
 * The files are looked at when a connection begins, at most each TLS_LOOK_MS. A pair that can't be used (one of them is not renewed yet) changes nothing:
 * it is told once, and looked at again. Connections that stand go on as they are. */
#pragma once

#include <gnutls/abstract.h>

#include "http/tls.h"

typedef struct TlsKeeper TlsKeeper;

/* `*keeper` NULL: there is to be no TLS. ERROR_CONFIG as tls_load. One keeper in a process: the callback of the TLS library has no room for another. */
bool tls_keeper_open(const Settings *settings, void (*report)(const char *what, const GError *error), TlsKeeper **keeper, GError **error);
/* When no connection is left. */
void tls_keeper_close(TlsKeeper *keeper);

/* MHD_OPTION_HTTPS_CERT_CALLBACK (gnutls_certificate_retrieve_function2); what it hands out stays the keeper's. */
int tls_keeper_retrieve(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count, const gnutls_pk_algorithm_t *algorithms,
                        int algorithm_count, gnutls_pcert_st **certificates, unsigned int *certificate_count, gnutls_privkey_t *key);
