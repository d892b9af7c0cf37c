/* AWS credentials by AWS's usual chain, cached and refreshed before they expire: environment (and .env), profile (keys, `credential_process`,
 * `role_arn` with `source_profile` or `credential_source`, web identity), AWS_WEB_IDENTITY_TOKEN_FILE, container endpoint, instance metadata v2.
 * One file a provider. No secret is ever in a message. */
#pragma once

#include "base/clock.h"
#include "base/settings.h"
#include "net/http.h"

typedef struct AwsCredentialsChain AwsCredentialsChain;

/* One set of credentials; g_atomic_rc_box'ed. */
typedef struct {
    char *access_key, *secret_key;
    char *session_token; /* NULL: none */
    gint64 expires_ms;   /* Unix ms; 0: never */
} AwsCredentials;
void aws_credentials_unref(AwsCredentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsCredentials, aws_credentials_unref)

/* Settings (settings_aws() tells the variables), transport and clock are borrowed. Asks nobody yet. */
AwsCredentialsChain *aws_credentials_chain_new(const Settings *settings, HttpTransport *transport, Clock *clock);
/* A fixed set, for tests and presigned work. */
AwsCredentialsChain *aws_credentials_chain_fixed(const char *access_key, const char *secret_key, const char *session_token);
void aws_credentials_chain_free(AwsCredentialsChain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsCredentialsChain, aws_credentials_chain_free)

/* Those in force; asks the providers in their order where there are none or they expire within AWS_CREDENTIALS_REFRESH_MS. Where a refresh fails and
 * the old ones still hold, those. ERROR_CONFIG says which providers were asked and what to set; ERROR_UNAVAILABLE and ERROR_TIMEOUT may pass. Unref
 * the result. Thread-safe: one thread refreshes; the others get the old ones while they hold, and else wait. Between two asks lie
 * AWS_CREDENTIALS_RETRY_MS: until then a failure is told again. */
bool aws_credentials_get(AwsCredentialsChain *chain, AwsCredentials **credentials, GError **error);
/* A service said that these have expired or are unknown: the next get asks anew, unless they came within the last AWS_CREDENTIALS_RETRY_MS. */
void aws_credentials_reject(AwsCredentialsChain *chain, const AwsCredentials *credentials);
/* Which provider gave the present ones ("environment", "profile default", "instance role NAME", …); NULL: none yet. Caller frees. */
char *aws_credentials_source(AwsCredentialsChain *chain);

/* Whether ~/.aws/config and ~/.aws/credentials (or the files set instead) can be read: ERROR_CONFIG names file and line. For a start-up: the two functions
 * below have no error to tell it. */
bool aws_profiles_check(const Settings *settings, GError **error);
/* The region by AWS's rules: AWS_REGION, AWS_DEFAULT_REGION, the profile's; NULL: none is set. Caller frees. */
char *aws_region_of(const Settings *settings);
/* The endpoint of a service ("s3", "dynamodb", "sqs", "sts", "transcribe", "bedrock-runtime"): AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, else AWS's
 * own for the region (partition by the region's prefix: cn-, us-gov-, …); no '/' at its end. `*is_aws`: whether it is AWS's own. Caller frees. */
char *aws_endpoint_of(const Settings *settings, const char *service, const char *region, bool *is_aws);
