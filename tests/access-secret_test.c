/* Credentials: what is no credential in any of its parts, and a system that gives no random numbers. */
#include "access/secret.h"

#include <string.h>

#include "base/error.h"
#include "no_random.h"

static void test_no_random(void) {
    g_autofree char *text = NULL, *id = NULL, *hash = NULL;
    g_autoptr(GError) error = NULL;
    no_random = true;
    g_assert_false(secret_new(GRANT_TOKEN, &text, &id, &hash, &error));
    no_random = false;
    g_assert_true(error_is(error, ERROR_INTERNAL));
    g_assert_null(text);
    g_assert_null(hash);
}

/* Each part is wrong alone: a digit of the id, what joins, a digit of the secret; and letters beyond 'f'. */
static void test_parts(void) {
    static const char good[] = "hat_0123456789abcdef_0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        gsize at;
        char letter;
    } changes[] = {{4, 'g'}, {19, 'G'}, {20, '-'}, {21, 'g'}, {21, '/'}, {68, 'z'}, {0, 'H'}, {3, '-'}};
    GrantKind kind = GRANT_KIND_COUNT;
    char id[GRANT_ID_CHARS + 1];
    g_assert_true(secret_parse(good, &kind, id));
    g_assert_cmpint(kind, ==, GRANT_TOKEN);
    g_assert_cmpstr(id, ==, "0123456789abcdef");
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *changed = g_strdup(good);
        changed[changes[i].at] = changes[i].letter;
        g_assert_false(secret_parse(changed, &kind, id));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/access-secret/no-random", test_no_random);
    g_test_add_func("/access-secret/parts", test_parts);
    return g_test_run();
}
