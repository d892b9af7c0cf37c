/* One set of credentials, and the chain that finds it. */
#include "aws/credentials_internal.h"

#include <string.h>

struct AwsCredentialsChain {
    GMutex lock;
    AwsCredentials *current; /* NULL: none yet */
};

void secret_free(char *secret) {
    if (secret) explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

AwsCredentials *aws_credentials_new(const char *access_key, const char *secret_key, const char *session_token, gint64 expires_ms) {
    AwsCredentials *credentials = g_atomic_rc_box_new0(AwsCredentials);
    credentials->access_key = g_strdup(access_key);
    credentials->secret_key = g_strdup(secret_key);
    credentials->session_token = g_strdup(session_token);
    credentials->expires_ms = expires_ms;
    return credentials;
}

AwsCredentials *aws_credentials_ref(const AwsCredentials *credentials) { return g_atomic_rc_box_acquire((gpointer)credentials); }

static void clear(gpointer data) {
    AwsCredentials *credentials = data;
    g_free(credentials->access_key);
    secret_free(credentials->secret_key);
    secret_free(credentials->session_token);
}

void aws_credentials_unref(AwsCredentials *credentials) {
    if (credentials) g_atomic_rc_box_release_full(credentials, clear);
}

AwsCredentialsChain *aws_credentials_chain_fixed(const char *access_key, const char *secret_key, const char *session_token) {
    AwsCredentialsChain *chain = g_new0(AwsCredentialsChain, 1);
    g_mutex_init(&chain->lock);
    chain->current = aws_credentials_new(access_key, secret_key, session_token, 0);
    return chain;
}

void aws_credentials_chain_free(AwsCredentialsChain *chain) {
    if (!chain) return;
    aws_credentials_unref(chain->current);
    g_mutex_clear(&chain->lock);
    g_free(chain);
}

bool aws_credentials_get(AwsCredentialsChain *chain, AwsCredentials **credentials, GError **error) {
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&chain->lock);
    *credentials = aws_credentials_ref(chain->current);
    return true;
}
