/* SHA-256 over libcrypto's digests. Its calls fail only where memory does, which ends the program. */
#include "base/sha256.h"

#include <openssl/evp.h>

struct Sha256 {
    EVP_MD_CTX *context;
};

Sha256 *sha256_new(void) {
    Sha256 *sha256 = g_new(Sha256, 1);
    sha256->context = EVP_MD_CTX_new();
    if (!sha256->context || EVP_DigestInit_ex(sha256->context, EVP_sha256(), NULL) != 1) g_error("libcrypto has no SHA-256");
    return sha256;
}

void sha256_update(Sha256 *sha256, const void *data, gsize size) {
    if (EVP_DigestUpdate(sha256->context, data, size) != 1) g_error("libcrypto can't go on with a SHA-256");
}

char *sha256_finish(Sha256 *sha256) {
    guint8 sum[SHA256_BYTES];
    if (EVP_DigestFinal_ex(sha256->context, sum, NULL) != 1) g_error("libcrypto can't end a SHA-256");
    GString *text = g_string_sized_new(2 * SHA256_BYTES + 1);
    for (int i = 0; i < SHA256_BYTES; i++) g_string_append_printf(text, "%02x", sum[i]);
    sha256_free(sha256);
    return g_string_free(text, FALSE);
}

void sha256_free(Sha256 *sha256) {
    if (!sha256) return;
    EVP_MD_CTX_free(sha256->context);
    g_free(sha256);
}
