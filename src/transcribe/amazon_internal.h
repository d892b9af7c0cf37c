/* For the files that make Amazon Transcribe a transcriber. amazon.c is the whole run; here is what its steps share. */
#pragma once

#include "aws/client.h"
#include "transcribe/transcribe_backend.h"

/* Waits, which tests make short. */
typedef struct {
    gint64 poll_first_ms, poll_ms_max, outage_ms, total_ms, vocabulary_ms;
    int call_ms; /* one try of a call */
} AmazonTimes;

typedef struct {
    const Settings *settings;
    AmazonTimes times;
    char *region, *prefix; /* prefix: of keys, "" or with '/' at its end */
    HttpTransport *transport;
    AwsCredentialsChain *credentials;
    AwsClient *client;
} Amazon;

/* The state of the backend; `times` NULL: those of base/limits.h and the settings. ERROR_CONFIG names what is missing or can't be. */
bool amazon_open_with(const Settings *settings, const AmazonTimes *times, gpointer *state, GError **error);

/* --- what is sent (amazon_request.c) --- */

/* Whether Transcribe takes a recording of this size that begins so: ERROR_TOO_LARGE, ERROR_UNSUPPORTED_MEDIA say what to do instead. */
bool amazon_media_check(guint64 size, const void *head, gsize head_size, GError **error);

typedef struct {
    const char *code; /* "de-DE"; NULL: to be found out */
    bool several;     /* more than one may be spoken */
    char text[16];    /* what `code` points to, where it was given with its country */
} AmazonLanguage;
/* `asked`: "de", "de-CH", "auto", "multi", or NULL as "auto". ERROR_CONFIG for all else. */
bool amazon_language_read(const char *asked, AmazonLanguage *language, GError **error);

/* Name of the job, and of the vocabulary of one meeting: the same whoever goes on with this run. Caller frees. */
char *amazon_job_name(const TranscribeInput *input);
/* Where the job's result is put, without the settings' prefix. Caller frees. */
char *amazon_output_key(const TranscribeInput *input);
/* What StartTranscriptionJob takes; `vocabulary` NULL: none. New reference. */
json_t *amazon_job_request(const Amazon *amazon, const TranscribeInput *input, const AmazonLanguage *language, const char *vocabulary);

/* --- calls (amazon_call.c) --- */

typedef enum {
    AMAZON_DONE,
    AMAZON_MISSING,  /* of a Get: there is no such job or vocabulary */
    AMAZON_CONFLICT, /* it is there already */
    AMAZON_TROUBLE,  /* no answer, or none that can be read: asking again may help */
    AMAZON_REFUSED,  /* it does not take what it was sent */
    AMAZON_FAILED,   /* a right or setting is wrong, and whatever else asking again is no use for */
} AmazonAnswer;
/* TROUBLE, REFUSED and FAILED set an error. */
AmazonAnswer amazon_call(const Amazon *amazon, const char *action, const json_t *input, json_t **answer, GError **error);

/* Waits, telling the progress twice a second; false where it says stop. */
bool amazon_wait(const TranscribeInput *input, gint64 wait_ms, gint64 done_ms, gint64 total_ms, GError **error);
gint64 amazon_now_ms(void); /* monotonic */

/* The service's reason in plain words, with what to do: of a job that failed, or a call that was refused. Always false. */
bool amazon_tell_reason(const Amazon *amazon, const char *reason, GError **error);

/* --- the job (amazon_job.c) --- */

/* Starts the job, or finds the one that stands, and waits for its end. `duration_ms` for the progress; -1: unknown. `*job`: the service's account of
 * it, COMPLETED. A job that failed is removed, so that a retry begins anew. `note` as for amazon_vocabulary(). */
bool amazon_job_run(const Amazon *amazon, const TranscribeInput *input, gint64 duration_ms, json_t **job, char **note, GError **error);
/* Removes the job, its result, and the meeting's vocabulary where it has one. Failures are no error. */
void amazon_job_remove(const Amazon *amazon, const TranscribeInput *input);

/* --- the vocabulary (amazon_vocabulary.c) --- */

/* The name of a vocabulary that is ready for this run, NULL: none is wanted or can be had; then, and where words had to be left out, `*note` says why
 * (may be set before). False: stopped, or a setting is wrong. Caller frees both. */
bool amazon_vocabulary(const Amazon *amazon, const TranscribeInput *input, const AmazonLanguage *language, char **name, char **note, GError **error);
/* Whether this run's vocabulary is the meeting's own, and goes with its job. */
bool amazon_vocabulary_is_own(const Amazon *amazon, const TranscribeInput *input);
/* The words as Transcribe takes them ("New-York"), a JSON array; those that it does not take are added to `left_out` (char*). New reference. */
json_t *amazon_phrases(const char *vocabulary, GPtrArray *left_out);
