/* For the files that make credentials. */
#pragma once

#include "aws/credentials.h"

/* One reference; copies the texts. `session_token` may be NULL, `expires_ms` 0. */
AwsCredentials *aws_credentials_new(const char *access_key, const char *secret_key, const char *session_token, gint64 expires_ms);
AwsCredentials *aws_credentials_ref(const AwsCredentials *credentials);
/* Overwrites a secret before it is freed; NULL is nothing. */
void secret_free(char *secret);
