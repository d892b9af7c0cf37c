/* Signing where libcrypto fails: the program stops rather than send a request with a signature that is none. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"

/* -- libcrypto, of which one function fails (the linker puts these in their place) ---------------------------------------- */

typedef enum { FETCH, SET_UP, COPY, INIT, UPDATE, FINAL, FAULTS } Fault;

static Fault fault = FAULTS;

EVP_MAC *__real_EVP_MAC_fetch(OSSL_LIB_CTX *context, const char *algorithm, const char *properties);
EVP_MAC *__wrap_EVP_MAC_fetch(OSSL_LIB_CTX *context, const char *algorithm, const char *properties);
int __real_EVP_MAC_CTX_set_params(EVP_MAC_CTX *hmac, const OSSL_PARAM parameters[]);
int __wrap_EVP_MAC_CTX_set_params(EVP_MAC_CTX *hmac, const OSSL_PARAM parameters[]);
EVP_MAC_CTX *__real_EVP_MAC_CTX_dup(const EVP_MAC_CTX *hmac);
EVP_MAC_CTX *__wrap_EVP_MAC_CTX_dup(const EVP_MAC_CTX *hmac);
int __real_EVP_MAC_init(EVP_MAC_CTX *hmac, const unsigned char *key, size_t size, const OSSL_PARAM parameters[]);
int __wrap_EVP_MAC_init(EVP_MAC_CTX *hmac, const unsigned char *key, size_t size, const OSSL_PARAM parameters[]);
int __real_EVP_MAC_update(EVP_MAC_CTX *hmac, const unsigned char *data, size_t size);
int __wrap_EVP_MAC_update(EVP_MAC_CTX *hmac, const unsigned char *data, size_t size);
int __real_EVP_MAC_final(EVP_MAC_CTX *hmac, unsigned char *out, size_t *got, size_t size);
int __wrap_EVP_MAC_final(EVP_MAC_CTX *hmac, unsigned char *out, size_t *got, size_t size);

EVP_MAC *__wrap_EVP_MAC_fetch(OSSL_LIB_CTX *context, const char *algorithm, const char *properties) {
    return fault == FETCH ? NULL : __real_EVP_MAC_fetch(context, algorithm, properties);
}

int __wrap_EVP_MAC_CTX_set_params(EVP_MAC_CTX *hmac, const OSSL_PARAM parameters[]) {
    return fault == SET_UP ? 0 : __real_EVP_MAC_CTX_set_params(hmac, parameters);
}

EVP_MAC_CTX *__wrap_EVP_MAC_CTX_dup(const EVP_MAC_CTX *hmac) { return fault == COPY ? NULL : __real_EVP_MAC_CTX_dup(hmac); }

int __wrap_EVP_MAC_init(EVP_MAC_CTX *hmac, const unsigned char *key, size_t size, const OSSL_PARAM parameters[]) {
    return fault == INIT ? 0 : __real_EVP_MAC_init(hmac, key, size, parameters);
}

int __wrap_EVP_MAC_update(EVP_MAC_CTX *hmac, const unsigned char *data, size_t size) {
    return fault == UPDATE ? 0 : __real_EVP_MAC_update(hmac, data, size);
}

int __wrap_EVP_MAC_final(EVP_MAC_CTX *hmac, unsigned char *out, size_t *got, size_t size) {
    return fault == FINAL ? 0 : __real_EVP_MAC_final(hmac, out, got, size);
}

/* ------------------------------------------------------------------------------------------------------------------------ */

/* Ends in the usual way, so that what was reached is counted, where GLib would end at once. */
static void tell_and_end(const char *domain, GLogLevelFlags level, const char *message, gpointer unused) {
    g_printerr("stopped: %s\n", message);
    exit(level & G_LOG_LEVEL_ERROR ? 1 : 2);
}

static void test_stops(gconstpointer which) {
    if (g_test_subprocess()) {
        AwsCredentials credentials = {.access_key = (char *)"AKIDEXAMPLE", .secret_key = (char *)"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
        SigV4 sign = {.credentials = &credentials, .region = "us-east-1", .service = "iam"};
        g_log_set_default_handler(tell_and_end, NULL);
        fault = (Fault)GPOINTER_TO_INT(which);
        char *signature = sigv4_signature(&sign, "AWS4-HMAC-SHA256\n20150830T123600Z\n…");
        g_printerr("signed: %s\n", signature);
        g_free(signature); /* exit() leaves no scope */
        exit(0);
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    if (GPOINTER_TO_INT(which) == FAULTS) {
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*signed: ????????????????????????????????????????????????????????????????\n*");
        return;
    }
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*stopped: libcrypto *HMAC*");
    g_test_trap_assert_stderr_unmatched("*signed: *");
}

int main(int argc, char **argv) {
    static const char *const names[] = {"fetch", "set-up", "copy", "init", "update", "final", "none"};
    g_test_init(&argc, &argv, NULL);
    for (int i = 0; i <= FAULTS; i++) {
        g_autofree char *path = g_strconcat("/sigv4/stops/", names[i], NULL);
        g_test_add_data_func(path, GINT_TO_POINTER(i), test_stops);
    }
    return g_test_run();
}
