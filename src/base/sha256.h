/* SHA-256 over a stream, by libcrypto: with the processor's own instructions it is five times as fast as GLib's checksum, which counts where a
 * recording streams through. */
#pragma once

#include <glib.h>

#define SHA256_BYTES 32

typedef struct Sha256 Sha256;

Sha256 *sha256_new(void);
void sha256_update(Sha256 *sha256, const void *data, gsize size);
/* Ends the sum: lower-case hexadecimal, the caller's to free. Frees `sha256`. */
char *sha256_finish(Sha256 *sha256);
void sha256_free(Sha256 *sha256);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sha256, sha256_free)
