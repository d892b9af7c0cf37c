/* A role for a token that an identity provider leaves in a file (EKS service accounts, GitHub Actions, …). The file is read anew each time: whoever
 * writes it replaces the token before it expires. */
#include "aws/credentials_internal.h"

bool web_identity_assume(const CredentialsAsk *ask, const char *token_path, const char *setting, const char *role_arn, const char *session_name,
                         const char *what, AwsCredentials **credentials, GError **error) {
    char *token = NULL;
    if (!secret_of_file(token_path, setting, &token, error)) return false;
    StsRole role = {.role_arn = role_arn, .session_name = session_name, .web_identity_token = token};
    bool done = sts_assume_role(ask, &role, what, credentials, error);
    secret_free(token);
    return done;
}

bool credentials_web_identity(const CredentialsAsk *ask, CredentialsFound *found, GError **error) {
    const char *path = settings_aws(ask->settings, "AWS_WEB_IDENTITY_TOKEN_FILE"), *role_arn = settings_aws(ask->settings, "AWS_ROLE_ARN");
    if (!path) {
        found->absent = g_strdup("AWS_WEB_IDENTITY_TOKEN_FILE is not set");
        return true;
    }
    if (!role_arn) return fail(error, ERROR_CONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not: set it to the role, or neither");
    found->source = g_strdup_printf("web identity %s", role_arn);
    return web_identity_assume(ask, path, "AWS_WEB_IDENTITY_TOKEN_FILE", role_arn, settings_aws(ask->settings, "AWS_ROLE_SESSION_NAME"),
                               "AWS_ROLE_ARN", &found->credentials, error);
}
