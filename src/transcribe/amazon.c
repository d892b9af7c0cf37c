/* Amazon Transcribe as a transcriber: the recording is transcribed where it stands in S3, and the result is put beside it, into the user's own
 * bucket, and read from there. The recording's length and waveform are found on this machine, by the media child, which recognises nothing. */
#include <string.h>

#include "base/limits.h"
#include "net/curl.h"
#include "transcribe/amazon_internal.h"
#include "transcribe/import.h"
#include "transcribe/media.h"

#define HEAD_BYTES 64
#define LISTENING_PART 0.05                                                                             /* of the progress */
#define OUTPUT_KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!*'()/" /* of the API's OutputKey */

/* ---- settings ---- */

static char *prefix_of(const Settings *settings) {
    g_autofree char *bare = g_strdup(settings->s3_prefix ? settings->s3_prefix : "");
    gsize length = strlen(bare);
    while (length > 0 && bare[length - 1] == '/') bare[--length] = '\0';
    const char *start = bare + strspn(bare, "/");
    return start[0] ? g_strconcat(start, "/", NULL) : g_strdup("");
}

static bool check(const Settings *settings, const char *region, const char *prefix, GError **error) {
    AmazonLanguage language;
    bool bucket_in_aws, transcribe_in_aws;
    if (!settings->bucket || !settings->store_in_s3)
        return fail(
            error, ERROR_CONFIG,
            "HANSARD_TRANSCRIBER=amazon transcribes recordings where they stand in S3: set S3_BUCKET_NAME (and not STORE_IN_S3=false), or set "
            "HANSARD_TRANSCRIBER=whisper.");
    if (!region) return fail(error, ERROR_CONFIG, "HANSARD_TRANSCRIBER=amazon needs a region, the bucket's: set AWS_REGION.");
    if (prefix[strspn(prefix, OUTPUT_KEY_CHARACTERS)])
        return fail(error, ERROR_CONFIG, "Amazon Transcribe can't write under S3_PREFIX \"%s\": it takes letters, digits and -_.!*'()/ only.",
                    prefix);
    g_free(aws_endpoint_of(settings, "s3", region, &bucket_in_aws));
    g_free(aws_endpoint_of(settings, "transcribe", region, &transcribe_in_aws));
    if (transcribe_in_aws && !bucket_in_aws)
        return fail(error, ERROR_CONFIG,
                    "Amazon Transcribe reads from S3 itself, and AWS_ENDPOINT_URL_S3 names another service: set HANSARD_TRANSCRIBER=whisper.");
    return amazon_language_read(settings->language, &language, error);
}

bool amazon_open_with(const Settings *settings, const AmazonTimes *times, gpointer *state, GError **error) {
    g_autofree char *region = aws_region_of(settings), *prefix = prefix_of(settings);
    if (!aws_profiles_check(settings, error) || !check(settings, region, prefix, error)) return false;
    bool is_aws;
    g_autofree char *endpoint = aws_endpoint_of(settings, "transcribe", region, &is_aws);
    Amazon *amazon = g_new0(Amazon, 1);
    amazon->settings = settings;
    amazon->times = times ? *times
                          : (AmazonTimes){.poll_first_ms = TRANSCRIBE_POLL_FIRST_MS,
                                          .poll_ms_max = TRANSCRIBE_POLL_MS_MAX,
                                          .outage_ms = TRANSCRIBE_OUTAGE_MS,
                                          .total_ms = settings->transcriber_timeout_s * 1000LL,
                                          .vocabulary_ms = TRANSCRIBE_VOCABULARY_MS,
                                          .call_ms = TRANSCRIBE_CALL_MS};
    amazon->prefix = g_steal_pointer(&prefix);
    amazon->transport = http_curl_new(settings_aws(settings, "AWS_CA_BUNDLE"));
    amazon->credentials = aws_credentials_chain_new(settings, amazon->transport, clock_system());
    amazon->client = aws_client_new(&(AwsClientOptions){.service = "transcribe",
                                                        .endpoint = endpoint,
                                                        .region = region,
                                                        .resource = "Amazon Transcribe",
                                                        .transport = amazon->transport,
                                                        .credentials = amazon->credentials,
                                                        .clock = clock_system(),
                                                        .attempts_max = TRANSCRIBE_ATTEMPTS_MAX,
                                                        .json_timeout_ms = amazon->times.call_ms});
    amazon->region = g_steal_pointer(&region);
    *state = amazon;
    return true;
}

static bool amazon_open(const Settings *settings, gpointer *state, GError **error) { return amazon_open_with(settings, NULL, state, error); }

static void amazon_close(gpointer state) {
    Amazon *amazon = state;
    aws_client_free(amazon->client);
    aws_credentials_chain_free(amazon->credentials);
    http_transport_close(amazon->transport);
    g_free(amazon->region);
    g_free(amazon->prefix);
    g_free(amazon);
}

/* ---- a run ---- */

static bool check_head(const TranscribeInput *input, GError **error) {
    guint8 head[HEAD_BYTES];
    gsize got = 0;
    return store_reader_read(input->reader, 0, head, sizeof head, &got, error) &&
           amazon_media_check(store_reader_size(input->reader), head, got, error);
}

/* What is told to whom it may concern: several steps, each of which begins anew, as one that never falls. */
typedef struct {
    const TranscribeInput *input;
    gint64 done_ms, total_ms;
    bool listening;
} Told;

static bool tell(gint64 done_ms, gint64 total_ms, gpointer user_data, GError **error) {
    Told *told = user_data;
    if (total_ms > 0) told->total_ms = total_ms;
    told->done_ms = MAX(told->done_ms, told->listening ? (gint64)(LISTENING_PART * (double)done_ms) : done_ms);
    return transcribe_report(told->input, told->done_ms, told->total_ms, error);
}

static bool too_long(GError **error) {
    g_clear_error(error);
    return fail(error, ERROR_TOO_LARGE,
                "Amazon Transcribe takes recordings of at most 4 hours, and this one is longer: split it, or set HANSARD_TRANSCRIBER=whisper to "
                "transcribe on this machine.");
}

/* Length and waveform. Where libav is not installed both stay unknown: Amazon needs none of it. */
static bool listen(const TranscribeInput *input, TranscribeResult *heard, GError **error) {
    g_autoptr(GError) problem = NULL;
    MediaRequest request = {.input = input, .threads = 1, .duration_ms_max = TRANSCRIBE_MS_MAX};
    if (media_run(&request, heard, &problem)) return heard->transcript->duration_ms <= TRANSCRIBE_MS_MAX || too_long(error);
    if (error_is(problem, ERROR_CONFIG)) return true;
    if (error_is(problem, ERROR_TOO_LARGE)) return too_long(error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* What can't be used is removed with its job, so that a retry begins anew. */
static bool fetch(const Amazon *amazon, const TranscribeInput *input, Transcript **transcript, GError **error) {
    g_autofree char *key = amazon_output_key(input);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    gsize size = 0;
    if (!store_get(input->store, key, TRANSCRIPT_FILE_BYTES_MAX, &bytes, NULL, &problem)) {
        if (!error_is(problem, ERROR_NOT_FOUND) && !error_is(problem, ERROR_TOO_LARGE)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        amazon_job_remove(amazon, input);
        return error_is(problem, ERROR_NOT_FOUND)
                   ? fail(error, ERROR_UNAVAILABLE, "Amazon Transcribe has finished, and its result %s is not in the bucket: a retry starts it anew.",
                          key)
                   : fail(error, ERROR_TOO_LARGE, "The result of Amazon Transcribe is over the limit of %llu MiB: split the recording.",
                          TRANSCRIPT_FILE_BYTES_MAX / MIB);
    }
    const void *data = g_bytes_get_data(bytes, &size);
    if (import_result(IMPORT_AMAZON_JSON, data, size, transcript, &problem)) return true;
    amazon_job_remove(amazon, input);
    return fail(error, (ErrorCode)(error_is(problem, ERROR_TOO_LARGE) ? ERROR_TOO_LARGE : ERROR_CORRUPT),
                "The result of Amazon Transcribe can't be used: %s. A retry starts it anew.", problem->message);
}

static json_t *usage_of(const Settings *settings, gint64 duration_ms) {
    gint64 seconds = MAX((duration_ms + 999) / 1000, TRANSCRIBE_BILLED_S_MIN);
    double cost = (double)seconds / 60 * settings->price_minute;
    return json_pack("{s:I, s:o}", "seconds", (json_int_t)seconds, "cost", settings->price_minute > 0 ? json_real(cost) : json_null());
}

/* Language, length, and what it took. */
static void describe(const Amazon *amazon, Transcript *transcript, const Transcript *heard, const json_t *job, const char *note) {
    const char *code = json_get_string(job, "LanguageCode", NULL);
    gsize letters = code ? strspn(code, "abcdefghijklmnopqrstuvwxyz") : 0;
    bool is_code = letters >= 2 && letters <= 3 && strlen(code) < 16;
    if (!transcript->language && is_code) transcript->language = g_strndup(code, letters);
    if (transcript->segments->len == 0) transcript->timed = true;
    transcript->covered_ms = heard ? MAX(transcript->duration_ms, heard->covered_ms) : transcript->duration_ms;
    transcript->duration_ms = MAX(transcript->duration_ms, heard ? heard->duration_ms : 0);
    g_free(transcript->transcriber);
    g_free(transcript->model);
    transcript->transcriber = g_strdup(transcriber_amazon.name);
    transcript->model = is_code ? g_strdup(code) : NULL;
    if (!transcript->extra) transcript->extra = json_object();
    if (heard && heard->extra) json_object_update(transcript->extra, heard->extra); /* its damage */
    json_object_set_new(transcript->extra, "usage", usage_of(amazon->settings, transcript->duration_ms));
    if (note) json_object_set_new(transcript->extra, "note", json_text(note));
}

static bool amazon_run(gpointer state, const TranscribeInput *asked, TranscribeResult *result, GError **error) {
    const Amazon *amazon = state;
    Told told = {.input = asked, .total_ms = -1, .listening = true};
    TranscribeInput followed = *asked, *input = &followed;
    input->progress = tell;
    input->user_data = &told;
    g_auto(TranscribeResult) heard = {0};
    g_autoptr(json_t) job = NULL;
    g_autoptr(Transcript) transcript = NULL;
    g_autofree char *note = NULL;
    if (!check_head(input, error) || !listen(input, &heard, error)) return false;
    told.listening = false;
    if (!amazon_job_run(amazon, input, heard.transcript ? heard.transcript->duration_ms : -1, &job, &note, error) ||
        !fetch(amazon, input, &transcript, error))
        return false;
    describe(amazon, transcript, heard.transcript, job, note);
    result->transcript = g_steal_pointer(&transcript);
    result->waveform = g_steal_pointer(&heard.waveform);
    return true;
}

/* Asks for a job that there is not: to be told so takes all but the right to start one. */
static bool amazon_probe(gpointer state, GError **error) {
    g_autoptr(json_t) request = json_pack("{s:s}", "TranscriptionJobName", "hansard-doctor");
    g_autoptr(json_t) answer = NULL;
    GError *problem = NULL;
    AmazonAnswer got = amazon_call(state, "GetTranscriptionJob", request, &answer, &problem);
    if (got == AMAZON_CONFLICT) fail(&problem, ERROR_UNAVAILABLE, "Amazon Transcribe answers a question with a conflict.");
    if (problem) g_propagate_error(error, problem);
    return got == AMAZON_DONE || got == AMAZON_MISSING;
}

static void amazon_forget(gpointer state, const TranscribeInput *input) { amazon_job_remove(state, input); }

const TranscriberBackend transcriber_amazon = {
    .name = "amazon", .open = amazon_open, .probe = amazon_probe, .run = amazon_run, .forget = amazon_forget, .close = amazon_close};
