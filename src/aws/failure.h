/* What an answer that is an error means: one table of the services' error codes gives our error code, what can be done about it, and a sentence with the
 * setting to mend. Answers are hostile: only short clean text of them is kept, and none that repeats a credential. */
#pragma once

#include "aws/client.h"

typedef enum {
    AWS_REMEDY_NONE,
    AWS_REMEDY_RETRY,        /* it may pass */
    AWS_REMEDY_RETRY_TIMEOUT, /* as before, at a time-out's cost */
    AWS_REMEDY_RETRY_PUT,    /* as AWS_REMEDY_RETRY, but for a POST: the upload in parts that it would complete is gone */
    AWS_REMEDY_CLOCK,        /* our clock is wrong, if the answer's Date says so */
    AWS_REMEDY_CREDENTIALS,  /* ask for new ones */
} AwsRemedy;

typedef struct {
    const char *service, *endpoint, *region, *resource; /* as in AwsClientOptions */
    const AwsCredentials *credentials;                  /* that the call was signed with */
} AwsFailureContext;

/* Sets status, code, message and region of `outcome` (which must be clear of them) from the answer. */
void aws_failure_read(const AwsFailureContext *context, const HttpResponse *answer, AwsOutcome *outcome);
/* The region that an answer tells, NULL: none. Caller frees. */
char *aws_failure_region(const HttpResponse *answer);
AwsRemedy aws_failure_remedy(const AwsFailureContext *context, const AwsOutcome *outcome);
/* True where the service did nothing: it refused before it began (throttling and the like). */
bool aws_failure_is_refusal(const AwsFailureContext *context, const AwsOutcome *outcome);
/* Always false. */
bool aws_failure_tell(const AwsFailureContext *context, const AwsOutcome *outcome, GError **error);
/* Whether a 2xx answer of S3 to a PUT or POST holds an error all the same: a long call begins its answer before it knows how it ends. */
bool aws_failure_in_success(const HttpRequest *request, const HttpResponse *answer);
