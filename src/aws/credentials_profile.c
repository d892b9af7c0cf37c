/* The profile that AWS_PROFILE names: the rules of the AWS CLI, so that both take the same identity from the same files. In its order: a role to assume,
 * a web identity, SSO (which is left to the AWS CLI), keys in the credentials file, credential_process, keys in the config file. */
#include <string.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"

#define DURATION_S_MIN 900
#define DURATION_S_MAX 43200

/* One walk from the chosen profile along source_profile. */
typedef struct {
    const CredentialsAsk *ask;
    AwsProfiles *profiles;
    const char *visited[AWS_ROLE_CHAIN_MAX]; /* in this order */
    guint visited_count;
} Walk;

/* `*credentials` stays NULL where the profile has none. */
static bool resolve(Walk *walk, const char *profile, AwsCredentials **credentials, GError **error);

static char *describe(const Walk *walk, const char *profile) {
    ProfilesFile file = aws_profiles_is_in(walk->profiles, PROFILES_CONFIG, profile) ? PROFILES_CONFIG : PROFILES_CREDENTIALS;
    return g_strdup_printf("the profile \"%s\" in %s", profile, aws_profiles_path(walk->profiles, file));
}

static const char *value_of(const Walk *walk, const char *profile, const char *key) { return aws_profiles_get(walk->profiles, profile, key); }

static bool has_role(const Walk *walk, const char *profile) {
    return value_of(walk, profile, "role_arn") && !value_of(walk, profile, "web_identity_token_file");
}

static bool has_keys(const Walk *walk, const char *profile) {
    return value_of(walk, profile, "aws_access_key_id") || value_of(walk, profile, "aws_secret_access_key");
}

/* Both keys from the one file. */
static bool take_keys(const Walk *walk, ProfilesFile file, const char *profile, AwsCredentials **credentials, GError **error) {
    static const CredentialTexts names = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", NULL};
    CredentialTexts texts = {aws_profiles_get_of(walk->profiles, file, profile, names.access_key),
                             aws_profiles_get_of(walk->profiles, file, profile, names.secret_key),
                             aws_profiles_get_of(walk->profiles, file, profile, names.session_token), NULL};
    g_autofree char *what = g_strdup_printf("The profile \"%s\" in %s", profile, aws_profiles_path(walk->profiles, file));
    if (!texts.session_token) texts.session_token = aws_profiles_get_of(walk->profiles, file, profile, "aws_security_token");
    return !texts.access_key || credentials_of_texts(&texts, &names, what, credentials, error);
}

static bool refuse_browser(const Walk *walk, const char *profile, const char *command, GError **error) {
    g_autofree char *what = describe(walk, profile);
    return fail(error, ERROR_CONFIG, "Signing in through a browser, as %s asks for, is left to the AWS CLI: run `aws %s --profile %s`, and set AWS_PROFILE "
                                     "to a second profile with credential_process = aws configure export-credentials --profile %s --format process",
                what, command, profile, profile);
}

static bool take_web_identity(const Walk *walk, const char *profile, const char *token_path, AwsCredentials **credentials, GError **error) {
    const char *role_arn = value_of(walk, profile, "role_arn");
    g_autofree char *what = describe(walk, profile);
    if (!role_arn) return fail(error, ERROR_CONFIG, "web_identity_token_file of %s needs role_arn beside it", what);
    return web_identity_assume(walk->ask, token_path, "web_identity_token_file", role_arn, value_of(walk, profile, "role_session_name"), what,
                               credentials, error);
}

/* What a profile has of its own, without a role. */
static bool take_own(const Walk *walk, const char *profile, AwsCredentials **credentials, GError **error) {
    const char *token_path = value_of(walk, profile, "web_identity_token_file"), *command = value_of(walk, profile, "credential_process");
    if (token_path) return take_web_identity(walk, profile, token_path, credentials, error);
    if (value_of(walk, profile, "sso_account_id") || value_of(walk, profile, "sso_role_name"))
        return refuse_browser(walk, profile, "sso login", error);
    if (!take_keys(walk, PROFILES_CREDENTIALS, profile, credentials, error)) return false;
    if (*credentials) return true;
    if (value_of(walk, profile, "login_session")) return refuse_browser(walk, profile, "login", error);
    if (!command) return take_keys(walk, PROFILES_CONFIG, profile, credentials, error);
    g_autofree char *what = describe(walk, profile);
    return credentials_process(walk->ask->settings, command, what, AWS_COMMAND_MS, credentials, error);
}

static bool was_visited(const Walk *walk, const char *profile) {
    for (guint i = 0; i < walk->visited_count; i++)
        if (strcmp(walk->visited[i], profile) == 0) return true;
    return false;
}

/* A profile may name itself, to have keys and role in one. */
static bool take_source_profile(Walk *walk, const char *profile, const char *source, AwsCredentials **credentials, GError **error) {
    g_autofree char *what = describe(walk, profile), *named_by = g_strdup_printf("source_profile of %s", what);
    if (!aws_profiles_has(walk->profiles, source)) return aws_profiles_fail_absent(walk->profiles, source, named_by, error);
    bool is_own = strcmp(source, profile) == 0 && has_keys(walk, source);
    if (was_visited(walk, source) && !is_own)
        return fail(error, ERROR_CONFIG, "source_profile of %s leads back to the profile \"%s\": name one with keys", what, source);
    bool has_own = has_keys(walk, source) || !has_role(walk, source);
    if (has_own ? !take_own(walk, source, credentials, error) : !resolve(walk, source, credentials, error)) return false;
    return *credentials || fail(error, ERROR_CONFIG,
                                "source_profile of %s names the profile \"%s\", which has no credentials: add keys or a credential_process there", what, source);
}

static bool take_credential_source(const Walk *walk, const char *profile, const char *source, AwsCredentials **credentials, GError **error) {
    static const struct {
        const char *name;
        CredentialsProvider provider;
    } sources[] = {{"Environment", credentials_environment}, {"EcsContainer", credentials_container}, {"Ec2InstanceMetadata", credentials_instance}};
    g_autofree char *what = describe(walk, profile);
    g_auto(CredentialsFound) found = {0};
    guint i = 0;
    while (i < G_N_ELEMENTS(sources) && strcmp(sources[i].name, source) != 0) i++;
    if (i == G_N_ELEMENTS(sources))
        return fail(error, ERROR_CONFIG, "credential_source of %s must be Environment, EcsContainer or Ec2InstanceMetadata", what);
    if (!sources[i].provider(walk->ask, &found, error)) return false;
    if (!found.credentials) return fail(error, ERROR_CONFIG, "credential_source = %s of %s has no credentials: %s", source, what, found.absent);
    *credentials = g_steal_pointer(&found.credentials);
    return true;
}

static bool read_duration(const Walk *walk, const char *profile, int *duration_s, GError **error) {
    const char *text = value_of(walk, profile, "duration_seconds");
    g_autofree char *what = describe(walk, profile);
    gint64 number = 0;
    if (text && !g_ascii_string_to_signed(text, 10, DURATION_S_MIN, DURATION_S_MAX, &number, NULL))
        return fail(error, ERROR_CONFIG, "duration_seconds of %s must be a whole number from %d to %d", what, DURATION_S_MIN, DURATION_S_MAX);
    *duration_s = (int)number;
    return true;
}

static bool take_role(Walk *walk, const char *profile, AwsCredentials **credentials, GError **error) {
    const char *source_profile = value_of(walk, profile, "source_profile"), *credential_source = value_of(walk, profile, "credential_source");
    g_autofree char *what = describe(walk, profile);
    g_autoptr(AwsCredentials) source = NULL;
    StsRole role = {.role_arn = value_of(walk, profile, "role_arn"),
                    .session_name = value_of(walk, profile, "role_session_name"),
                    .external_id = value_of(walk, profile, "external_id")};
    if (!source_profile == !credential_source)
        return fail(error, ERROR_CONFIG, "role_arn of %s needs either source_profile or credential_source beside it", what);
    if (value_of(walk, profile, "mfa_serial"))
        return fail(error, ERROR_CONFIG, "mfa_serial of %s asks for a code, which this program does not: use a credential_process that does", what);
    if (!read_duration(walk, profile, &role.duration_s, error)) return false;
    if (source_profile ? !take_source_profile(walk, profile, source_profile, &source, error)
                       : !take_credential_source(walk, profile, credential_source, &source, error))
        return false;
    role.source = source;
    return sts_assume_role(walk->ask, &role, what, credentials, error);
}

static bool resolve(Walk *walk, const char *profile, AwsCredentials **credentials, GError **error) {
    if (!has_role(walk, profile)) return take_own(walk, profile, credentials, error);
    if (walk->visited_count == AWS_ROLE_CHAIN_MAX)
        return fail(error, ERROR_CONFIG, "source_profile leads from the profile \"%s\" over more than %d others: shorten that chain", walk->visited[0],
                    AWS_ROLE_CHAIN_MAX - 1);
    walk->visited[walk->visited_count++] = profile;
    return take_role(walk, profile, credentials, error);
}

bool credentials_profile(const CredentialsAsk *ask, CredentialsFound *found, GError **error) {
    const char *profile = aws_profile_name(ask->settings);
    bool is_named = settings_aws(ask->settings, "AWS_PROFILE") || settings_aws(ask->settings, "AWS_DEFAULT_PROFILE");
    g_autoptr(AwsProfiles) profiles = NULL;
    if (!aws_profiles_load(ask->settings, &profiles, error)) return false;
    Walk walk = {.ask = ask, .profiles = profiles};
    bool exists = aws_profiles_has(profiles, profile);
    if (!exists && is_named)
        return aws_profiles_fail_absent(profiles, profile, settings_aws(ask->settings, "AWS_PROFILE") ? "AWS_PROFILE" : "AWS_DEFAULT_PROFILE", error);
    if (exists && !resolve(&walk, profile, &found->credentials, error)) return false;
    if (found->credentials)
        found->source = g_strdup_printf("profile %s", profile);
    else
        found->absent = g_strdup_printf("the profile \"%s\" %s in %s and %s", profile, exists ? "has no credentials" : "does not exist",
                                        aws_profiles_path(profiles, PROFILES_CONFIG), aws_profiles_path(profiles, PROFILES_CREDENTIALS));
    return true;
}
