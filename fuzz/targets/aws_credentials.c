/* What a credential_process or a metadata service prints; a command as it stands in a profile; a service's words in a message. */
#include "aws/credentials_internal.h"
#include "fuzz.h"

static void split(const char *text) {
    g_auto(GStrv) words = NULL, again = NULL;
    command_split(text, &words);
    /* a word that a shell would need quoted comes back as it was */
    g_autofree char *quoted = g_shell_quote(text);
    g_assert_true(command_split(quoted, &again));
    g_assert_cmpuint(g_strv_length(again), ==, 1);
    g_assert_cmpstr(again[0], ==, text);
}

void fuzz_aws_credentials(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    static const char *const secrets[] = {"a secret of some length", NULL};
    g_autofree char *told = told_by_service(text, secrets);
    g_assert_null(strstr(told, secrets[0]));
    fuzz_text(told, 1024);
    split(text);
    g_autoptr(json_t) json = input_json(data, size);
    g_autoptr(AwsCredentials) credentials = NULL;
    if (!json_is_object(json) || !FUZZ_CALL(credentials_of_json(json, "SessionToken", "the command", &credentials, &error))) return;
    g_assert_true(credentials->access_key[0] && credentials->secret_key[0]);
    for (const char *c = credentials->access_key; *c; c++) g_assert_true(g_ascii_isgraph(*c));
}
