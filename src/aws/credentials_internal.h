/* For the files that make credentials: a provider a file, the chain over them, and what several of them need. */
#pragma once

#include "aws/credentials.h"
#include "base/json.h"

/* Who asks: what the chain was made of. */
typedef struct {
    const Settings *settings;
    HttpTransport *transport;
    Clock *clock;
} CredentialsAsk;

/* What a provider found: `credentials` with `source` (for aws_credentials_source), or neither and in `absent` a clause that says what was looked
 * at ("AWS_ACCESS_KEY_ID is not set"). */
typedef struct {
    AwsCredentials *credentials;
    char *source;
    char *absent;
} CredentialsFound;
void credentials_found_clear(CredentialsFound *found);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CredentialsFound, credentials_found_clear)

/* A provider. False, which ends the chain, where it is configured and fails: other credentials than those that the user meant would be a surprise.
 * `found` is zeroed. */
typedef bool (*CredentialsProvider)(const CredentialsAsk *ask, CredentialsFound *found, GError **error);
bool credentials_environment(const CredentialsAsk *ask, CredentialsFound *found, GError **error);
bool credentials_web_identity(const CredentialsAsk *ask, CredentialsFound *found, GError **error);
bool credentials_profile(const CredentialsAsk *ask, CredentialsFound *found, GError **error);
bool credentials_container(const CredentialsAsk *ask, CredentialsFound *found, GError **error);
bool credentials_instance(const CredentialsAsk *ask, CredentialsFound *found, GError **error);

/* One reference; copies the texts. `session_token` may be NULL, `expires_ms` 0. */
AwsCredentials *aws_credentials_new(const char *access_key, const char *secret_key, const char *session_token, gint64 expires_ms);
AwsCredentials *aws_credentials_ref(const AwsCredentials *credentials);
/* As aws_credentials_new for what came from outside: ERROR_CONFIG where a key is absent (NULL or empty), too long or no printable ASCII; `what` and the
 * three names are for the message, which holds none of the values. `expires` is ISO 8601, or NULL for never. */
typedef struct {
    const char *access_key, *secret_key, *session_token, *expires;
} CredentialTexts;
bool credentials_of_texts(const CredentialTexts *texts, const CredentialTexts *names, const char *what, AwsCredentials **credentials, GError **error);
/* The JSON of `credential_process` and of the metadata services, whose token is named `token_name`. The texts in `json` are overwritten. */
bool credentials_of_json(json_t *json, const char *token_name, const char *what, AwsCredentials **credentials, GError **error);

/* Overwrites a secret before it is freed; NULL is nothing. */
void secret_free(char *secret);
/* Overwrites bytes that nobody else reads; NULL is nothing. Unref them after. */
void secret_bytes_overwrite(GBytes *bytes);
/* A file that holds secrets, at most `bytes_max` long, with a NUL behind it; `setting` named it. `may_lack`: an absent file, or one that is no regular
 * file, is empty. Overwrite and free the text. */
bool secret_file_read(const char *path, const char *setting, gsize bytes_max, bool may_lack, char **text, gsize *size, GError **error);
/* A token that stands alone in a file, white space at its ends removed. secret_free it. */
bool secret_of_file(const char *path, const char *setting, char **secret, GError **error);
/* What a service said, fit for a message: one line, short, and "" where it repeats one of the `secrets` (NULL-terminated). Caller frees. */
char *told_by_service(const char *text, const char *const *secrets);

typedef struct AwsProfiles AwsProfiles;
/* ~/.aws/config and ~/.aws/credentials, or the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name; an absent file is an empty one.
 * ERROR_CONFIG names file and line. */
bool aws_profiles_load(const Settings *settings, AwsProfiles **profiles, GError **error);
void aws_profiles_free(AwsProfiles *profiles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsProfiles, aws_profiles_free)
/* AWS_PROFILE, AWS_DEFAULT_PROFILE, or "default". */
const char *aws_profile_name(const Settings *settings);
bool aws_profiles_has(const AwsProfiles *profiles, const char *profile); /* in either file */
/* A value of a profile, the credentials file's before the config file's; NULL: none, or empty. */
const char *aws_profiles_get(const AwsProfiles *profiles, const char *profile, const char *key);
typedef enum { PROFILES_CONFIG, PROFILES_CREDENTIALS } ProfilesFile;
bool aws_profiles_is_in(const AwsProfiles *profiles, ProfilesFile file, const char *profile);
/* Of one file alone, since keys are never put together from two. */
const char *aws_profiles_get_of(const AwsProfiles *profiles, ProfilesFile file, const char *profile, const char *key);
const char *aws_profiles_path(const AwsProfiles *profiles, ProfilesFile file);
/* `key` of the block `block` in `[services NAME]`; NULL: none, or empty. Caller frees. */
char *aws_profiles_service(const AwsProfiles *profiles, const char *services, const char *block, const char *key);
/* ERROR_CONFIG that the profile stands in neither file; says so where a header in the config file lacks the word `profile`. */
bool aws_profiles_fail_absent(const AwsProfiles *profiles, const char *profile, const char *named_by, GError **error);

/* Words as the AWS CLI splits a command: quotes ' and ", backslash; no comments, no variables, no patterns. False: a quote or backslash at the end is left
 * open. g_strfreev the result. */
bool command_split(const char *command, char ***words);
/* Runs `command` (of `what`, for messages) without a shell, for at most `time_ms_max`; see credentials_process.c. */
bool credentials_process(const Settings *settings, const char *command, const char *what, int time_ms_max, AwsCredentials **credentials,
                         GError **error);

/* A role that is to be assumed; either of `source` (signs) and `web_identity_token`. */
typedef struct {
    const char *role_arn;
    const char *session_name; /* NULL: one is made */
    const char *external_id; /* NULL: none */
    int duration_s; /* 0: AWS's default, an hour */
    const char *web_identity_token;
    const AwsCredentials *source;
} StsRole;
/* AssumeRole or AssumeRoleWithWebIdentity at STS of the region. `what` says for whom ("profile dev in /home/x/.aws/config"). */
bool sts_assume_role(const CredentialsAsk *ask, const StsRole *role, const char *what, AwsCredentials **credentials, GError **error);

/* AssumeRoleWithWebIdentity with the token in the file that `setting` named; `session_name` may be NULL. */
bool web_identity_assume(const CredentialsAsk *ask, const char *token_path, const char *setting, const char *role_arn, const char *session_name,
                         const char *what, AwsCredentials **credentials, GError **error);

/* Sends to a metadata service: `attempts_max` times of `time_ms_max` where no answer comes or it is 429 or 5xx; true for an answer of any status.
 * metadata_response_clear the answer: it may hold secrets. */
bool metadata_send(const CredentialsAsk *ask, HttpRequest *request, int time_ms_max, int attempts_max, HttpResponse *response, GError **error);
void metadata_response_clear(HttpResponse *response);
/* The credentials in its answer; ERROR_UNAVAILABLE for a status that may pass, else ERROR_CONFIG with what the service says. `secret` was sent (or ""). */
bool metadata_credentials(const HttpResponse *response, const char *what, const char *secret, AwsCredentials **credentials, GError **error);

/* The URL that container credentials are asked from, if its host may have the token: https, loopback, or the addresses of ECS and EKS. */
bool container_url(const Settings *settings, char **url, GError **error);
