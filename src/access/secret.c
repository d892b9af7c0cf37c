/* The text of a credential. */
#include "access/secret.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define ID_BYTES (GRANT_ID_CHARS / 2)
#define SECRET_BYTES 24
#define HASH_CHARS 64

static const char *const prefixes[GRANT_KIND_COUNT] = {[GRANT_TOKEN] = "hat_", [GRANT_SESSION] = "has_", [GRANT_SHARE] = "hal_"};

static char *hexadecimal(const guint8 *bytes, gsize size) {
    GString *text = g_string_sized_new(size * 2);
    for (gsize i = 0; i < size; i++) g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

static bool is_hexadecimal(const char *text, gsize chars) {
    for (gsize i = 0; i < chars; i++)
        if (!g_ascii_isdigit(text[i]) && !(text[i] >= 'a' && text[i] <= 'f')) return false;
    return true;
}

bool secret_new(GrantKind kind, char **text, char **id, char **sha256, GError **error) {
    guint8 random[ID_BYTES + SECRET_BYTES];
    if (getentropy(random, sizeof random) != 0) return fail(error, ERROR_INTERNAL, "the system gives no random numbers");
    g_autofree char *secret = hexadecimal(random + ID_BYTES, SECRET_BYTES);
    *id = hexadecimal(random, ID_BYTES);
    *text = g_strconcat(prefixes[kind], *id, "_", secret, NULL);
    *sha256 = text_sha256(*text, strlen(*text));
    OPENSSL_cleanse(random, sizeof random);
    return true;
}

bool secret_parse(const char *text, GrantKind *kind, char id[GRANT_ID_CHARS + 1]) {
    for (int i = 0; i < GRANT_KIND_COUNT; i++) {
        gsize prefix = strlen(prefixes[i]);
        if (strlen(text) != prefix + GRANT_ID_CHARS + 1 + 2 * SECRET_BYTES || strncmp(text, prefixes[i], prefix) != 0) continue;
        const char *digits = text + prefix, *secret = digits + GRANT_ID_CHARS + 1;
        if (!is_hexadecimal(digits, GRANT_ID_CHARS) || secret[-1] != '_' || !is_hexadecimal(secret, 2 * SECRET_BYTES)) return false;
        *kind = (GrantKind)i;
        g_strlcpy(id, digits, GRANT_ID_CHARS + 1);
        return true;
    }
    return false;
}

bool grant_id_valid(const char *id) { return id && strlen(id) == GRANT_ID_CHARS && is_hexadecimal(id, GRANT_ID_CHARS); }

bool secret_matches(const char *text, const char *sha256) {
    g_autofree char *given = text_sha256(text, strlen(text));
    return strlen(sha256) == HASH_CHARS && CRYPTO_memcmp(given, sha256, HASH_CHARS) == 0;
}
