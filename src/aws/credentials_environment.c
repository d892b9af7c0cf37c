/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment and `.env`. */
#include "aws/credentials_internal.h"

bool credentials_environment(const CredentialsAsk *ask, CredentialsFound *found, GError **error) {
    static const CredentialTexts names = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"};
    CredentialTexts texts = {settings_aws(ask->settings, names.access_key), settings_aws(ask->settings, names.secret_key),
                             settings_aws(ask->settings, names.session_token), settings_aws(ask->settings, names.expires)};
    if (!texts.access_key) {
        found->absent = g_strdup(texts.secret_key ? "AWS_ACCESS_KEY_ID is not set, though AWS_SECRET_ACCESS_KEY is" : "AWS_ACCESS_KEY_ID is not set");
        return true;
    }
    if (!texts.secret_key) return fail(error, ERROR_CONFIG, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set it, too, or neither");
    if (!texts.session_token) texts.session_token = settings_aws(ask->settings, "AWS_SECURITY_TOKEN"); /* its old name */
    found->source = g_strdup("environment");
    return credentials_of_texts(&texts, &names, "The environment (or .env)", &found->credentials, error);
}
