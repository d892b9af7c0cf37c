/* The store in an S3 bucket, AWS's or that of another service with the same calls (AWS_ENDPOINT_URL). s3.c tells how each guarantee is met. */
#pragma once

#include "aws/credentials.h"
#include "base/settings.h"
#include "net/http.h"
#include "store/store.h"

/* Makes no request: whether the bucket is there shows with the first one. All arguments are borrowed until the store is closed. ERROR_CONFIG names the
 * setting that is missing or wrong. */
bool store_s3_open(const Settings *settings, HttpTransport *transport, AwsCredentialsChain *credentials, Clock *clock, Store **store,
                   GError **error);
