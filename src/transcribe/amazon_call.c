/* A call of Amazon Transcribe and what its answer means; and the service's reasons in plain words. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "transcribe/amazon_internal.h"

#define PROGRESS_MS 500
#define CONTENT_TYPE "application/x-amz-json-1.1"

gint64 amazon_now_ms(void) { return g_get_monotonic_time() / 1000; }

bool amazon_wait(const TranscribeInput *input, gint64 wait_ms, gint64 done_ms, gint64 total_ms, GError **error) {
    gint64 until_ms = amazon_now_ms() + wait_ms;
    for (;;) {
        if (!transcribe_report(input, done_ms, total_ms, error)) return false;
        gint64 left_ms = until_ms - amazon_now_ms();
        if (left_ms <= 0) return true;
        g_usleep((gulong)MIN(left_ms, PROGRESS_MS) * 1000);
    }
}

/* ---- reasons ---- */

/* By words of it: the reasons are sentences, and have no codes. The first that fits counts. */
static const struct {
    const char *words; /* separated by '|', in lower case */
    ErrorCode code;
    const char *sentence; /* {region}: ours */
} reasons[] = {
    {"same region|another region", ERROR_CONFIG,
     "the bucket (S3_BUCKET_NAME) is in another region than {region}, where Amazon Transcribe was asked: set AWS_REGION to the bucket's"},
    {"kms", ERROR_CONFIG,
     "Amazon Transcribe may not use the bucket's key: give the credentials kms:Decrypt and kms:GenerateDataKey on it, and check S3_SSE_KMS_KEY_ID"},
    {"write permission|write access", ERROR_CONFIG,
     "Amazon Transcribe may not write its result into the bucket (S3_BUCKET_NAME): give the credentials s3:PutObject on it, and check the bucket's "
     "policy"},
    {"read permission|can't be accessed|cannot be accessed|access denied|not authorized", ERROR_CONFIG,
     "Amazon Transcribe can't read the recording in the bucket (S3_BUCKET_NAME): give the credentials s3:GetObject on it, and check the bucket's "
     "policy"},
    {"vocabulary", ERROR_CONFIG,
     "Amazon Transcribe can't use the vocabulary: check HANSARD_VOCABULARY_NAME, and that it is ready and of the recording's language"},
    {"automatic language|language identification", ERROR_BAD_MEDIA,
     "Amazon Transcribe could not find out which language is spoken: set HANSARD_LANGUAGE"},
    {"number of channels", ERROR_UNSUPPORTED_MEDIA, "Amazon Transcribe does not take so many channels: mix the recording down to two or one"},
    {"file size|too large|exceeds the maximum size", ERROR_TOO_LARGE, "the recording is too large for Amazon Transcribe: split it"},
    {"too long|maximum duration|audio length|duration", ERROR_TOO_LARGE,
     "the recording is too long for Amazon Transcribe: split it, or set HANSARD_TRANSCRIBER=whisper"},
    {"media format|sample rate|isn't valid|is not valid|parse|decode|corrupt|unsupported", ERROR_BAD_MEDIA,
     "Amazon Transcribe can't read the recording: convert it to WAV, FLAC or MP3, or set HANSARD_TRANSCRIBER=whisper"},
    {"language", ERROR_CONFIG, "Amazon Transcribe does not take the language in region {region}: check HANSARD_LANGUAGE"},
    {"internal|try again|unavailable|timed out", ERROR_UNAVAILABLE, "Amazon Transcribe failed by itself: try again"},
};

static bool has_words(const char *text, const char *words) {
    g_auto(GStrv) list = g_strsplit(words, "|", -1);
    for (guint i = 0; list[i]; i++)
        if (strstr(text, list[i])) return true;
    return false;
}

bool amazon_tell_reason(const Amazon *amazon, const char *reason, GError **error) {
    g_autofree char *clean = text_clean(reason, -1, false), *folded = text_fold_space(clean), *words = text_cut(folded, TRANSCRIBE_MESSAGE_BYTES_MAX);
    g_autofree char *lower = g_ascii_strdown(words, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
        if (!has_words(lower, reasons[i].words)) continue;
        g_autoptr(GString) sentence = g_string_new(reasons[i].sentence);
        g_string_replace(sentence, "{region}", amazon->region, 0);
        return fail(error, reasons[i].code, "%s (it says: \"%s\").", sentence->str, words);
    }
    return fail(error, ERROR_BAD_MEDIA,
                "Amazon Transcribe did not transcribe the recording (it says: \"%s\"): convert it and try again, or set HANSARD_TRANSCRIBER=whisper.",
                words[0] ? words : "no reason");
}

/* ---- calls ---- */

static AmazonAnswer tell_failure(const Amazon *amazon, const char *action, const AwsOutcome *outcome, GError *problem, GError **error) {
    const char *code = outcome->code ? outcome->code : "", *message = outcome->message ? outcome->message : "";
    bool denied = g_str_has_prefix(code, "AccessDenied"),
         refused = strcmp(code, "BadRequestException") == 0 || strcmp(code, "ValidationException") == 0;
    if (denied)
        fail(error, ERROR_CONFIG,
             "the credentials may not use Amazon Transcribe in region %s: give them transcribe:%s (the rights are listed in docs/transcription.md), "
             "or set AWS_PROFILE to others (it says: \"%s\").",
             amazon->region, action, message);
    else if (refused)
        amazon_tell_reason(amazon, message, error);
    else
        g_propagate_error(error, g_error_copy(problem));
    g_error_free(problem);
    return refused ? AMAZON_REFUSED : AMAZON_FAILED;
}

/* The service says so with an error of its own or as a request that is bad. */
static bool is_missing(const char *action, const AwsOutcome *outcome) {
    return g_str_has_prefix(action, "Get") &&
           (g_strcmp0(outcome->code, "NotFoundException") == 0 ||
            (g_strcmp0(outcome->code, "BadRequestException") == 0 && outcome->message && strstr(outcome->message, "couldn't be found")));
}

AmazonAnswer amazon_call(const Amazon *amazon, const char *action, const json_t *input, json_t **answer, GError **error) {
    g_auto(AwsOutcome) outcome = {0};
    GError *problem = NULL;
    g_autofree char *target = g_strconcat("Transcribe.", action, NULL);
    if (aws_call_json(amazon->client, target, CONTENT_TYPE, input, answer, &outcome, &problem)) return AMAZON_DONE;
    bool corrupt = error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE);
    bool missing = is_missing(action, &outcome);
    if (missing || g_strcmp0(outcome.code, "ConflictException") == 0) {
        g_error_free(problem);
        return missing ? AMAZON_MISSING : AMAZON_CONFLICT;
    }
    if (corrupt || error_kind(problem)->retryable) {
        if (corrupt) problem->code = ERROR_UNAVAILABLE; /* a gateway's page, perhaps: it may pass */
        g_propagate_error(error, problem);
        return AMAZON_TROUBLE;
    }
    return tell_failure(amazon, action, &outcome, problem, error);
}
