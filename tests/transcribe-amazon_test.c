/* The transcriber amazon against a double of Amazon Transcribe (transcribe_double.h). The recordings are real, and listened to by the real media
 * child: this program starts itself again as one. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/limits.h"
#include "transcribe/child.h"
#include "transcribe_double.h"

#define MEETING "meeting-3f0c2f0e-6d0b-4b39-9df1-0c5c6f1f2a11"
#define RUN "0b0e7a52-0000-4000-8000-000000000001"
#define JOB "hansard-" MEETING "-" RUN
#define OUTPUT "transcriptions/" MEETING "/amazon-" RUN ".json"
#define RECORDING "meetings/3f0c2f0e-6d0b-4b39-9df1-0c5c6f1f2a11_stand up ü.wav"
#define ABSENT "absent"

/* ---- a workspace ---- */

typedef struct {
    Store *store;
    Double service;
    ScriptedEndpoint *endpoint;
    Settings *settings;
    gpointer state;
    AmazonTimes times;
    TranscribeInput input;
    TranscribeResult result;
    guint stop_at; /* the progress says stop at its n-th call; 0: never */
    guint told;
    ErrorCode stop_code; /* what it says then */
    gint64 done_ms, total_ms;
} Fixture;

static void put_u32(GByteArray *bytes, guint32 value) {
    guint32 little = GUINT32_TO_LE(value);
    g_byte_array_append(bytes, (const guint8 *)&little, 4);
}

/* 8 bits, mono; the head claims `claimed_s` seconds, `real_s` follow. */
static GBytes *wav(guint32 rate, guint32 claimed_s, guint32 real_s) {
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)"RIFF", 4);
    put_u32(bytes, 36 + rate * claimed_s);
    g_byte_array_append(bytes, (const guint8 *)"WAVEfmt ", 8);
    put_u32(bytes, 16);
    put_u32(bytes, 1 | 1 << 16); /* PCM, a channel */
    put_u32(bytes, rate);
    put_u32(bytes, rate);
    put_u32(bytes, 1 | 8 << 16); /* a byte a sample */
    g_byte_array_append(bytes, (const guint8 *)"data", 4);
    put_u32(bytes, rate * claimed_s);
    guint start = bytes->len;
    g_byte_array_set_size(bytes, start + rate * real_s);
    memset(bytes->data + start, 128, rate * real_s);
    return g_byte_array_free_to_bytes(bytes);
}

static bool on_progress(gint64 done_ms, gint64 total_ms, gpointer user_data, GError **error) {
    Fixture *fixture = user_data;
    if (fixture->stop_code == ERROR_CODE_COUNT) g_assert_cmpint(done_ms, >=, fixture->done_ms);
    fixture->done_ms = done_ms;
    fixture->total_ms = total_ms;
    if (++fixture->told != fixture->stop_at) return true;
    return fail(error, fixture->stop_code, "stop");
}

#ifdef HANSARD_SANITIZER
#define CALL_MS 3000 /* the double answers that much slower */
#else
#define CALL_MS 300
#endif

static void set_up(Fixture *fixture, gconstpointer unused) {
    *fixture =
        (Fixture){.stop_code = ERROR_CODE_COUNT,
                  .times = {.poll_first_ms = 5, .poll_ms_max = 20, .outage_ms = 600, .total_ms = 20000, .vocabulary_ms = 2000, .call_ms = CALL_MS}};
    fixture->store = store_memory_new(clock_system());
    double_init(&fixture->service, fixture->store);
    fixture->service.result = double_bytes(double_good_result());
    fixture->endpoint = scripted_start(double_answer, &fixture->service);
}

static void tear_down(Fixture *fixture, gconstpointer unused) {
    transcribe_result_clear(&fixture->result);
    g_clear_pointer(&fixture->input.reader, store_reader_close);
    if (fixture->state) transcriber_amazon.close(fixture->state);
    settings_free(fixture->settings);
    scripted_stop(fixture->endpoint);
    double_clear(&fixture->service);
    store_close(fixture->store);
}

/* Opens the transcriber with these settings beside the usual ones. */
static bool open_with(Fixture *fixture, const char *const *more, GError **error) {
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u", fixture->endpoint->port);
    const char *usual[] = {"HANSARD_TRANSCRIBER",
                           "amazon",
                           "S3_BUCKET_NAME",
                           BUCKET,
                           "AWS_REGION",
                           REGION,
                           "AWS_ACCESS_KEY_ID",
                           ACCESS_KEY,
                           "AWS_SECRET_ACCESS_KEY",
                           SECRET_KEY,
                           "AWS_ENDPOINT_URL",
                           url,
                           "AWS_EC2_METADATA_DISABLED",
                           "true",
                           "AWS_CONFIG_FILE",
                           "/dev/null",
                           "AWS_SHARED_CREDENTIALS_FILE",
                           "/dev/null"};
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) g_ptr_array_add(options, (gpointer)usual[i]);
    for (; more && *more; more++) g_ptr_array_add(options, (gpointer)*more);
    g_ptr_array_add(options, NULL);
    if (fixture->state) transcriber_amazon.close(g_steal_pointer(&fixture->state));
    g_clear_pointer(&fixture->settings, settings_free);
    return settings_load(NULL, (const char *const *)options->pdata, &fixture->settings, error) &&
           amazon_open_with(fixture->settings, &fixture->times, &fixture->state, error);
}

static void put_recording(Fixture *fixture, GBytes *bytes) {
    g_assert_true(store_put(fixture->store, RECORDING, bytes, NULL, NULL, NULL));
    g_clear_pointer(&fixture->input.reader, store_reader_close);
    g_assert_true(store_open(fixture->store, RECORDING, &fixture->input.reader, NULL, NULL));
    g_bytes_unref(bytes);
}

static bool run(Fixture *fixture, const char *const *more, GError **error) {
    if (!open_with(fixture, more, error)) return false;
    if (!fixture->input.reader) put_recording(fixture, wav(8000, 2, 2));
    fixture->input = (TranscribeInput){.reader = fixture->input.reader,
                                       .store = fixture->store,
                                       .key = RECORDING,
                                       .meeting_id = MEETING,
                                       .run = RUN,
                                       .filename = "stand up ü.wav",
                                       .language = fixture->input.language,
                                       .vocabulary = fixture->input.vocabulary,
                                       .progress = on_progress,
                                       .user_data = fixture};
    transcribe_result_clear(&fixture->result);
    fixture->done_ms = 0;
    return transcriber_amazon.run(fixture->state, &fixture->input, &fixture->result, error);
}

static const Transcript *runs(Fixture *fixture, const char *const *more) {
    GError *error = NULL;
    run(fixture, more, &error);
    g_assert_no_error(error);
    return fixture->result.transcript;
}

static void fails(Fixture *fixture, const char *const *more, ErrorCode code, const char *words) {
    g_autoptr(GError) error = NULL;
    g_assert_false(run(fixture, more, &error));
    if (!error_is(error, code) || !strstr(error->message, words))
        g_error("code %s, \"%s\"; wanted \"%s\"", error_kind(error)->name, error->message, words);
    g_assert_null(strstr(error->message, SECRET_KEY));
    g_assert_null(fixture->result.transcript);
}

static bool has_output(Fixture *fixture) {
    g_auto(StoreInfo) info = {0};
    return store_head(fixture->store, OUTPUT, &info, NULL);
}

static guint calls(Fixture *fixture, const char *action) { return double_count(&fixture->service, action); }

/* The job stands there, as another worker left it; the state that the next look shows. */
static void leave_job(Fixture *fixture, guint age) {
    fixture->service.job = json_pack("{sss{ss}ssssss}", "TranscriptionJobName", JOB, "Media", "MediaFileUri", "s3://" BUCKET "/" RECORDING,
                                     "OutputBucketName", BUCKET, "OutputKey", OUTPUT, "LanguageCode", "de-DE");
    fixture->service.age = age;
}

/* ---- it goes well ---- */

static void test_meeting(Fixture *fixture, gconstpointer unused) {
    const Transcript *transcript = runs(fixture, NULL);
    const json_t *sent = fixture->service.job, *settings = json_object_get(sent, "Settings"), *usage = json_object_get(transcript->extra, "usage");
    g_assert_cmpstr(json_get_string(sent, "TranscriptionJobName", ""), ==, JOB);
    g_assert_cmpstr(json_get_string(json_object_get(sent, "Media"), "MediaFileUri", ""), ==, "s3://" BUCKET "/" RECORDING);
    g_assert_cmpstr(json_get_string(sent, "OutputKey", ""), ==, OUTPUT);
    g_assert_true(json_get_bool(sent, "IdentifyLanguage", false));
    g_assert_cmpint(json_get_int(settings, "MaxSpeakerLabels", 0), ==, 10);
    g_assert_cmpuint(transcript->segments->len, ==, 2);
    const Segment *first = transcript_segment(transcript, 0);
    g_assert_cmpstr(first->text, ==, "I send it.");
    g_assert_cmpint(first->start_ms, ==, 250);
    g_assert_cmpstr(transcript_speaker_name(transcript, first->speaker), ==, "Speaker 1");
    g_assert_cmpstr(transcript_speaker_name(transcript, transcript_segment(transcript, 1)->speaker), ==, "Speaker 2");
    g_assert_cmpfloat_with_epsilon(g_array_index(first->words, Word, 2).confidence, 0.5f, 0.001f);
    g_assert_cmpstr(transcript->language, ==, "en");
    g_assert_cmpstr(transcript->transcriber, ==, "amazon");
    g_assert_cmpstr(transcript->model, ==, "en-US");
    g_assert_cmpint(transcript->duration_ms, ==, 2000); /* of the recording, not of its words */
    g_assert_cmpint(transcript->covered_ms, ==, 2000);
    g_assert_cmpint(json_get_int(usage, "seconds", 0), ==, TRANSCRIBE_BILLED_S_MIN);
    g_assert_true(json_is_null(json_object_get(usage, "cost")));
    g_assert_null(json_object_get(transcript->extra, "note"));
    g_assert_cmpint(json_get_int(fixture->result.waveform, "duration_ms", 0), ==, 2000);
    g_assert_cmpuint(calls(fixture, "StartTranscriptionJob"), ==, 1);
    g_assert_cmpuint(calls(fixture, "DeleteTranscriptionJob"), ==, 0); /* not before the transcript stands */
    g_assert_true(has_output(fixture));
    transcriber_amazon.forget(fixture->state, &fixture->input);
    g_assert_false(has_output(fixture));
    g_assert_null(fixture->service.job);
    g_assert_cmpuint(calls(fixture, "DeleteVocabulary"), ==, 0);
}

static void test_settings(Fixture *fixture, gconstpointer unused) {
    const char *more[] = {
        "HANSARD_LANGUAGE", "de", "HANSARD_CHANNELS", "separate", "S3_PREFIX", "/team-a/", "HANSARD_PRICE_MINUTE", "0.024", NULL};
    fixture->service.prefix = "team-a/";
    put_recording(fixture, wav(8000, 90, 90));
    const Transcript *transcript = runs(fixture, more);
    const json_t *sent = fixture->service.job, *settings = json_object_get(sent, "Settings"), *usage = json_object_get(transcript->extra, "usage");
    g_assert_cmpstr(json_get_string(json_object_get(sent, "Media"), "MediaFileUri", ""), ==, "s3://" BUCKET "/team-a/" RECORDING);
    g_assert_cmpstr(json_get_string(sent, "OutputKey", ""), ==, "team-a/" OUTPUT);
    g_assert_cmpstr(json_get_string(sent, "LanguageCode", ""), ==, "de-DE");
    g_assert_true(json_get_bool(settings, "ChannelIdentification", false));
    g_assert_cmpstr(transcript->language, ==, "de");
    g_assert_cmpint(json_get_int(usage, "seconds", 0), ==, 90);
    g_assert_cmpfloat_with_epsilon(json_get_real(usage, "cost", 0), 0.036, 1e-9);
    g_assert_cmpint(fixture->total_ms, ==, 90000);
}

/* The recording's own language goes before the setting's; one speaker means that none are told apart. */
static void test_own_language(Fixture *fixture, gconstpointer unused) {
    const char *more[] = {"HANSARD_LANGUAGE", "de", "HANSARD_MAX_SPEAKERS", "1", "S3_SSE", "aws:kms", "S3_SSE_KMS_KEY_ID", "alias/acme", NULL};
    fixture->input.language = "multi";
    fixture->service.language = NULL;
    g_clear_pointer(&fixture->service.result, g_bytes_unref);
    json_t *result = double_good_result();
    json_object_set_new(
        json_object_get(result, "results"), "language_codes",
        json_pack("[{sssf}{sssf}]", "language_code", "en-US", "duration_in_seconds", 0.5, "language_code", "fr-FR", "duration_in_seconds", 1.25));
    fixture->service.result = double_bytes(result);
    const Transcript *transcript = runs(fixture, more);
    g_assert_true(json_get_bool(fixture->service.job, "IdentifyMultipleLanguages", false));
    g_assert_null(json_object_get(fixture->service.job, "Settings"));
    g_assert_cmpstr(json_get_string(fixture->service.job, "OutputEncryptionKMSKeyId", ""), ==, "alias/acme");
    g_assert_cmpstr(transcript->language, ==, "fr");
    g_assert_null(transcript->model);
}

static void test_silence(Fixture *fixture, gconstpointer unused) {
    g_clear_pointer(&fixture->service.result, g_bytes_unref);
    fixture->service.result = double_bytes(json_pack("{s{s[{ss}]s[]}}", "results", "transcripts", "transcript", "", "items"));
    const Transcript *transcript = runs(fixture, NULL);
    g_assert_cmpuint(transcript->segments->len, ==, 0);
    g_assert_cmpint(transcript->duration_ms, ==, 2000);
    g_assert_true(transcript->timed);
}

/* ---- after a restart ---- */

static void test_resumed(Fixture *fixture, gconstpointer unused) {
    for (guint age = 0; age <= 2; age++) { /* queued, running, done */
        leave_job(fixture, age);
        g_assert_cmpuint(runs(fixture, NULL)->segments->len, ==, 2);
        g_assert_cmpstr(fixture->result.transcript->language, ==, "de");
        g_assert_cmpuint(calls(fixture, "StartTranscriptionJob"), ==, 0);
        g_clear_pointer(&fixture->service.job, json_decref);
    }
}

/* Found failed: told, and removed, so that a retry begins anew. */
static void test_resumed_failed(Fixture *fixture, gconstpointer unused) {
    leave_job(fixture, 2);
    fixture->service.failure = "Internal error.";
    fails(fixture, NULL, ERROR_UNAVAILABLE, "try again");
    g_assert_cmpuint(calls(fixture, "StartTranscriptionJob"), ==, 0);
    fixture->service.failure = NULL;
    g_assert_cmpuint(runs(fixture, NULL)->segments->len, ==, 2);
    g_assert_cmpuint(calls(fixture, "StartTranscriptionJob"), ==, 1);
}

static char *fault_race(Double *service, const char *action, guint number) {
    if (strcmp(action, "GetTranscriptionJob") == 0 && number == 0)
        return double_error(400, "BadRequestException", "The requested job couldn't be found.");
    return NULL;
}

/* Another worker started it between look and start. */
static void test_conflict(Fixture *fixture, gconstpointer unused) {
    leave_job(fixture, 0);
    fixture->service.fault = fault_race;
    g_assert_cmpuint(runs(fixture, NULL)->segments->len, ==, 2);
    g_assert_cmpuint(calls(fixture, "StartTranscriptionJob"), ==, 1);
}

/* ---- what goes wrong there ---- */

typedef struct {
    const char *reason;
    ErrorCode code;
    const char *words;
} Reason;

static void test_reasons(Fixture *fixture, gconstpointer unused) {
    static const Reason reasons[] = {
        {"Unsupported media format.", ERROR_BAD_MEDIA, "convert it"},
        {"The media format provided does not match the detected media format.", ERROR_BAD_MEDIA, "HANSARD_TRANSCRIBER=whisper"},
        {"Invalid sample rate for audio file.", ERROR_BAD_MEDIA, "convert it"},
        {"Invalid file size: file size too large.", ERROR_TOO_LARGE, "split it"},
        {"Invalid number of channels: number of channels too large.", ERROR_UNSUPPORTED_MEDIA, "channels"},
        {"Your audio file must have a speech segment long enough in duration to perform automatic language identification.", ERROR_BAD_MEDIA,
         "HANSARD_LANGUAGE"},
        {"The data in your input media file isn't valid. Check the media file and try your request again.", ERROR_BAD_MEDIA, "WAV, FLAC or MP3"},
        {"Access denied. The KMS key can't be used.", ERROR_CONFIG, "kms:Decrypt"},
        {"An internal error occurred.", ERROR_UNAVAILABLE, "try again"},
        {"Something new \x07 and odd.", ERROR_BAD_MEDIA, "it says: \"Something new and odd.\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
        fixture->service.failure = reasons[i].reason;
        fails(fixture, NULL, reasons[i].code, reasons[i].words);
        g_assert_null(fixture->service.job);
    }
}

typedef struct {
    const char *name;
    char *(*make)(Double *service);
    const char *action; /* that it befalls */
    guint times;        /* the first so many calls; 0: each */
    ErrorCode code;     /* ERROR_CODE_COUNT: it passes */
    const char *words;
} Fault;

#define FAULT(function, status, type, message)                                                                                                       \
    static char *function(Double *service) { return double_error(status, type, message); }
FAULT(throttled, 429, "LimitExceededException", "You've sent too many requests. Wait before retrying.")
FAULT(denied, 400, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: transcribe:StartTranscriptionJob")
FAULT(expired, 400, "ExpiredTokenException", "The security token included in the request is expired")
FAULT(unknown_key, 400, "UnrecognizedClientException", "The security token included in the request is invalid.")
FAULT(no_read, 400, "BadRequestException",
      "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.")
FAULT(no_write, 400, "BadRequestException",
      "The specified S3 bucket can't be accessed. Make sure that you have write permission and try your request again.")
FAULT(elsewhere, 400, "BadRequestException",
      "The specified S3 bucket isn't in the same region. Make sure the bucket is in the eu-central-1 region and try your request again.")
FAULT(no_language, 400, "BadRequestException", "The language code that you specified isn't supported in this region.")
FAULT(internal, 500, "InternalFailureException",
      "There was an internal error. Check the error message, correct the issue, and try your request again.")
FAULT(missing, 400, "BadRequestException", "The requested job couldn't be found. Check the job name and try your request again.")
FAULT(unknown_refusal, 400, "BadRequestException", "1 validation error detected.")
static char *silence(Double *service) { return g_strdup(""); }
static char *web_page(Double *service) { return scripted_reply(200, NULL, "<html>sign in</html>"); }
static char *cut_short(Double *service) {
    return g_strdup("HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{\"TranscriptionJob\":");
}
static char *empty_object(Double *service) { return scripted_reply(200, NULL, "{}"); }
static char *list(Double *service) { return scripted_reply(200, NULL, "[1]"); }
static char *other_types(Double *service) {
    return scripted_reply(200, NULL, "{\"TranscriptionJob\":{\"TranscriptionJobStatus\":7,\"FailureReason\":[]}}");
}
static char *other_state(Double *service) { return scripted_reply(200, NULL, "{\"TranscriptionJob\":{\"TranscriptionJobStatus\":\"PAUSED\"}}"); }
static char *huge(Double *service) {
    g_autofree char *text = g_strnfill((gsize)HTTP_BODY_BYTES_MAX, ' ');
    g_autofree char *body = g_strconcat("{\"a\":1", text, "}", NULL);
    return scripted_reply(200, NULL, body);
}
static char *failed_oddly(Double *service) {
    return scripted_reply(200, NULL, "{\"TranscriptionJob\":{\"TranscriptionJobStatus\":\"FAILED\",\"FailureReason\":{}}}");
}

#define START "StartTranscriptionJob"
#define GET "GetTranscriptionJob"
static const Fault faults[] = {
    {"throttled-at-start", throttled, START, 5, ERROR_CODE_COUNT, NULL},
    {"throttled-looks", throttled, GET, 5, ERROR_CODE_COUNT, NULL},
    {"throttled", throttled, START, 0, ERROR_UNAVAILABLE, "takes no more calls for now"},
    {"internal-at-start", internal, START, 1, ERROR_CODE_COUNT, NULL},
    {"internal", internal, GET, 0, ERROR_UNAVAILABLE, "can't do it for now"},
    {"denied", denied, START, 0, ERROR_CONFIG, "transcribe:StartTranscriptionJob (the rights"},
    {"denied-look", denied, GET, 0, ERROR_CONFIG, "transcribe:GetTranscriptionJob (the rights"},
    {"expired", expired, GET, 0, ERROR_CONFIG, "aws sso login"},
    {"unknown-key", unknown_key, START, 0, ERROR_CONFIG, "AWS_ACCESS_KEY_ID"},
    {"no-read", no_read, START, 0, ERROR_CONFIG, "s3:GetObject"},
    {"no-write", no_write, START, 0, ERROR_CONFIG, "s3:PutObject"},
    {"elsewhere", elsewhere, START, 0, ERROR_CONFIG, "AWS_REGION"},
    {"no-language", no_language, START, 0, ERROR_CONFIG, "HANSARD_LANGUAGE"},
    {"unknown-refusal", unknown_refusal, START, 0, ERROR_BAD_MEDIA, "1 validation error detected."},
    {"web-page-once", web_page, GET, 2, ERROR_CODE_COUNT, NULL},
    {"web-page", web_page, GET, 0, ERROR_UNAVAILABLE, "not what this program reads"},
    {"web-page-at-start", web_page, START, 1, ERROR_CODE_COUNT, NULL},
    {"cut-short-once", cut_short, GET, 1, ERROR_CODE_COUNT, NULL},
    {"cut-short-at-start", cut_short, START, 1, ERROR_CODE_COUNT, NULL},
    {"empty", empty_object, GET, 0, ERROR_UNAVAILABLE, "no state"},
    {"list", list, GET, 0, ERROR_UNAVAILABLE, "not what this program reads"},
    {"other-types", other_types, GET, 0, ERROR_UNAVAILABLE, "no state"},
    {"other-state", other_state, GET, 1, ERROR_CODE_COUNT, NULL},
    {"huge", huge, GET, 1, ERROR_CODE_COUNT, NULL},
    {"failed-oddly", failed_oddly, GET, 0, ERROR_BAD_MEDIA, "no reason"},
    {"silent-once", silence, GET, 2, ERROR_CODE_COUNT, NULL},
    {"silent-at-start", silence, START, 1, ERROR_CODE_COUNT, NULL},
    {"silent", silence, GET, 0, ERROR_TIMEOUT, "127.0.0.1"},
    {"never-there", missing, GET, 0, ERROR_UNAVAILABLE, "was deleted"},
};

static const Fault *fault_now;
static char *play_fault(Double *service, const char *action, guint number) {
    return strcmp(action, fault_now->action) == 0 && (fault_now->times == 0 || number < fault_now->times) ? fault_now->make(service) : NULL;
}

static void test_fault(Fixture *fixture, gconstpointer data) {
    fault_now = data;
    fixture->service.fault = play_fault;
    if (fault_now->code == ERROR_CODE_COUNT)
        g_assert_cmpuint(runs(fixture, NULL)->segments->len, ==, 2);
    else
        fails(fixture, NULL, fault_now->code, fault_now->words);
}

static char *fault_deleted(Double *service, const char *action, guint number) {
    if (strcmp(action, GET) == 0 && number == 2) g_clear_pointer(&service->job, json_decref);
    return NULL;
}

/* Someone deletes the job in Amazon's console: told as such; a retry makes a new one. */
static void test_deleted_meanwhile(Fixture *fixture, gconstpointer unused) {
    fixture->service.fault = fault_deleted;
    fails(fixture, NULL, ERROR_UNAVAILABLE, "was deleted");
    fixture->service.fault = NULL;
    g_assert_cmpuint(runs(fixture, NULL)->segments->len, ==, 2);
    g_assert_cmpuint(calls(fixture, START), ==, 2);
}

/* ---- results that can't be used ---- */

static GBytes *result_of(const char *name) {
    if (strcmp(name, "text") == 0) return g_bytes_new_static("AccessDenied", 12);
    if (strcmp(name, "none") == 0) return g_bytes_new_static("{}", 2);
    if (strcmp(name, "types") == 0) return double_bytes(json_pack("{s{s[{sisf}]}}", "results", "items", "type", 7, "start_time", 1.5));
    if (strcmp(name, "times") == 0) return double_bytes(json_pack("{s{s[o]}}", "results", "items", double_word("x", "nan", "a", "y", "spk_0")));
    if (strcmp(name, "zeros") == 0) return g_bytes_new_static("{\"results\":{}}\0", 15);
    gsize size = strcmp(name, "large") == 0 ? (gsize)TRANSCRIPT_FILE_BYTES_MAX + 1 : 100000;
    return g_bytes_new_take(g_strnfill(size, '['), size); /* deep */
}

static void test_result(Fixture *fixture, gconstpointer name) {
    g_clear_pointer(&fixture->service.result, g_bytes_unref);
    if (strcmp(name, ABSENT) != 0) fixture->service.result = result_of(name);
    ErrorCode code = strcmp(name, ABSENT) == 0 ? ERROR_UNAVAILABLE : strcmp(name, "large") == 0 ? ERROR_TOO_LARGE : ERROR_CORRUPT;
    fails(fixture, NULL, code, "result");
    g_assert_null(fixture->service.job); /* a retry begins anew */
    g_assert_false(has_output(fixture));
}

/* ---- waits ---- */

static char *fault_slow(Double *service, const char *action, guint number) {
    service->age = MIN(service->age, 1);
    return NULL;
}

static void test_timeout(Fixture *fixture, gconstpointer unused) {
    fixture->times.total_ms = 300;
    fixture->service.fault = fault_slow;
    fails(fixture, NULL, ERROR_TIMEOUT, "HANSARD_TRANSCRIBER_TIMEOUT_SECONDS");
    g_assert_nonnull(fixture->service.job); /* it goes on there, and a retry finds it */
    fixture->service.fault = NULL;
    fixture->times.total_ms = 20000;
    g_assert_cmpuint(runs(fixture, NULL)->segments->len, ==, 2);
    g_assert_cmpuint(calls(fixture, START), ==, 1);
}

/* A stop leaves the job as it is: who has the lease next goes on with it. */
static void test_stopped(Fixture *fixture, gconstpointer unused) {
    static const ErrorCode codes[] = {ERROR_CANCELLED, ERROR_LEASE_LOST};
    fixture->times.poll_first_ms = fixture->times.poll_ms_max = 3600 * 1000;
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        fixture->stop_code = codes[i];
        fixture->told = 0;
        fixture->stop_at = 4;
        gint64 began_us = g_get_monotonic_time();
        fails(fixture, NULL, codes[i], "stop");
        g_assert_cmpint(g_get_monotonic_time() - began_us, <, 15 * G_USEC_PER_SEC);
        g_assert_nonnull(fixture->service.job);
    }
    g_assert_cmpuint(calls(fixture, START), ==, 1);
    g_assert_cmpuint(calls(fixture, "DeleteTranscriptionJob"), ==, 0);
}

/* ---- vocabularies ---- */

static const char *vocabulary_of(Fixture *fixture) {
    return json_get_string(json_object_get(fixture->service.job, "Settings"), "VocabularyName", ABSENT);
}
static const char *note_of(Fixture *fixture) { return json_get_string(fixture->result.transcript->extra, "note", ""); }

static void test_vocabulary(Fixture *fixture, gconstpointer unused) {
    const char *more[] = {"HANSARD_LANGUAGE", "en", "HANSARD_VOCABULARY", "Müller-Lüdenscheidt, New  York; O\u2019Neill, EC2, A.B.C., New York",
                          NULL};
    runs(fixture, more);
    g_autofree char *phrases = json_dumps(json_object_get(fixture->service.vocabulary, "Phrases"), JSON_COMPACT),
                    *name = g_strdup(vocabulary_of(fixture));
    g_assert_cmpstr(phrases, ==, "[\"Müller-Lüdenscheidt\",\"New-York\",\"O'Neill\",\"A.B.C.\"]");
    g_assert_cmpstr(json_get_string(fixture->service.vocabulary, "LanguageCode", ""), ==, "en-US");
    g_assert_cmpstr(json_get_string(fixture->service.vocabulary, "VocabularyName", ""), ==, name);
    g_assert_true(g_regex_match_simple("^hansard-[0-9a-f]{32}$", name, 0, 0));
    g_assert_nonnull(strstr(note_of(fixture), "left out of the vocabulary: EC2"));
    transcriber_amazon.forget(fixture->state, &fixture->input);
    fixture->input.vocabulary = more[3]; /* `hansard add` hands the setting on as the recording's */
    runs(fixture, more);
    g_assert_cmpstr(vocabulary_of(fixture), ==, name);
    g_assert_cmpuint(calls(fixture, "CreateVocabulary"), ==, 1); /* it was kept */
    g_assert_cmpuint(calls(fixture, "DeleteVocabulary"), ==, 0);
}

static void test_own_vocabulary(Fixture *fixture, gconstpointer unused) {
    const char *more[] = {"HANSARD_LANGUAGE", "en", "HANSARD_VOCABULARY", "Acme", NULL};
    fixture->input.vocabulary = "Widget";
    runs(fixture, more);
    g_assert_cmpstr(vocabulary_of(fixture), ==, JOB);
    transcriber_amazon.forget(fixture->state, &fixture->input);
    g_assert_cmpuint(calls(fixture, "DeleteVocabulary"), ==, 1);
    g_assert_null(g_tree_lookup(fixture->service.vocabularies, JOB));
}

static void test_named_vocabulary(Fixture *fixture, gconstpointer unused) {
    const char *more[] = {"HANSARD_LANGUAGE", "en-GB", "HANSARD_VOCABULARY_NAME", "acme-names", "HANSARD_VOCABULARY", "Acme", NULL};
    runs(fixture, more);
    g_assert_cmpstr(vocabulary_of(fixture), ==, "acme-names");
    g_assert_cmpuint(calls(fixture, "CreateVocabulary") + calls(fixture, "GetVocabulary"), ==, 0);
}

static char *fault_no_vocabulary_right(Double *service, const char *action, guint number) {
    return strcmp(action, "CreateVocabulary") == 0 ? double_error(400, "AccessDeniedException", "User: ann is not authorized") : NULL;
}
static char *fault_too_many_vocabularies(Double *service, const char *action, guint number) {
    return strcmp(action, "CreateVocabulary") == 0 ? double_error(429, "LimitExceededException", "You have too many vocabularies.") : NULL;
}

static char *fault_vocabulary_refused(Double *service, const char *action, guint number) {
    return strcmp(action, "CreateVocabulary") == 0 ? double_error(400, "BadRequestException", "The phrases that you provided aren't valid.") : NULL;
}

/* None can be had: the recording is transcribed all the same, and the transcript says so. */
static void test_no_vocabulary(Fixture *fixture, gconstpointer unused) {
    const char *more[] = {"HANSARD_LANGUAGE", "en", "HANSARD_VOCABULARY", "Acme", NULL}, *any_language[] = {"HANSARD_VOCABULARY", "Acme", NULL},
               *digits[] = {"HANSARD_LANGUAGE", "en", "HANSARD_VOCABULARY", "S3, 42", NULL};
    const struct {
        const char *const *settings;
        bool refused;
        DoubleFault fault;
        const char *note;
    } cases[] = {{more, true, NULL, "isn't supported for the language"},
                 {any_language, false, NULL, "HANSARD_LANGUAGE"},
                 {digits, false, NULL, "S3, 42"},
                 {more, false, fault_vocabulary_refused, "refuses"},
                 {more, false, fault_too_many_vocabularies, "not ready in time: Amazon Transcribe takes no more calls"}};
    fixture->times.vocabulary_ms = 500;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        fixture->service.vocabulary_fails = cases[i].refused;
        fixture->service.fault = cases[i].fault;
        runs(fixture, cases[i].settings);
        g_assert_cmpstr(vocabulary_of(fixture), ==, ABSENT);
        if (!strstr(note_of(fixture), cases[i].note)) g_error("note: %s", note_of(fixture));
        transcriber_amazon.forget(fixture->state, &fixture->input);
        g_tree_remove_all(fixture->service.vocabularies);
    }
    fixture->service.fault = fault_no_vocabulary_right;
    fails(fixture, more, ERROR_CONFIG, "transcribe:CreateVocabulary");
}

/* ---- the doctor ---- */

static void test_probe(Fixture *fixture, gconstpointer unused) {
    static const Fault refused = {"denied", denied, GET, 0, ERROR_CONFIG, "transcribe:GetTranscriptionJob"},
                       silent = {"internal", internal, GET, 0, ERROR_UNAVAILABLE, ""};
    const Fault *const cases[] = {&refused, &silent};
    g_assert_true(open_with(fixture, NULL, NULL));
    g_assert_true(transcriber_amazon.probe(fixture->state, NULL));
    fixture->service.fault = play_fault;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        fault_now = cases[i];
        g_assert_false(transcriber_amazon.probe(fixture->state, &error));
        g_assert_true(error_is(error, fault_now->code) && strstr(error->message, fault_now->words));
    }
    g_assert_cmpuint(calls(fixture, START), ==, 0);
}

/* ---- before anything is sent ---- */

static void test_configuration(Fixture *fixture, gconstpointer unused) {
    const struct {
        const char *name, *value, *words;
    } cases[] = {{"STORE_IN_S3", "false", "S3_BUCKET_NAME"},
                 {"S3_PREFIX", "team ä", "S3_PREFIX"},
                 {"HANSARD_LANGUAGE", "german", "HANSARD_LANGUAGE"},
                 {"HANSARD_LANGUAGE", "qq", "HANSARD_LANGUAGE"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *more[] = {cases[i].name, cases[i].value, NULL};
        fails(fixture, more, ERROR_CONFIG, cases[i].words);
    }
    const char *no_bucket[] = {"HANSARD_TRANSCRIBER", "amazon", "AWS_REGION", REGION, NULL},
               *no_region[] =
                   {"HANSARD_TRANSCRIBER", "amazon", "S3_BUCKET_NAME", BUCKET, "AWS_CONFIG_FILE", "/dev/null", "AWS_SHARED_CREDENTIALS_FILE",
                    "/dev/null",           NULL},
               *other_store[] = {"HANSARD_TRANSCRIBER", "amazon", "S3_BUCKET_NAME", BUCKET, "AWS_REGION", REGION, "AWS_ENDPOINT_URL_S3",
                                 "http://127.0.0.1:9",  NULL};
    const struct {
        const char *const *options;
        const char *words;
    } opens[] = {{no_bucket, "S3_BUCKET_NAME"}, {no_region, "AWS_REGION"}, {other_store, "AWS_ENDPOINT_URL_S3"}};
    for (gsize i = 0; i < G_N_ELEMENTS(opens); i++) {
        g_autoptr(Settings) settings = NULL;
        g_autoptr(Transcriber) transcriber = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(settings_load(NULL, opens[i].options, &settings, NULL));
        g_assert_true(transcriber_is_remote(settings));
        g_assert_false(transcriber_open(settings, &transcriber, &error));
        g_assert_true(error_is(error, ERROR_CONFIG));
        g_assert_nonnull(strstr(error->message, opens[i].words));
    }
    g_assert_cmpuint(scripted_count(fixture->endpoint), ==, 0);
}

static void test_media(void) {
    static const struct {
        const char *head;
        gsize size;
        bool taken;
    } cases[] = {{"RIFF\0\0\0\0WAVEfmt ", 16, true},
                 {"ID3\4\0\0", 6, true},
                 {"\xFF\xFB\x90\x64", 4, true},
                 {"\xFF\xF1\x50\x80", 4, false}, /* ADTS */
                 {"OggS\0\2", 6, true},
                 {"fLaC\0\0", 6, true},
                 {"#!AMR\n", 6, true},
                 {"\0\0\0\x18"
                  "ftypM4A ",
                  12, true},
                 {"\0\0\0\x18"
                  "ftypisom",
                  12, true},
                 {"\0\0\0\x14"
                  "ftypqt  ",
                  12, false},
                 {"\x1A\x45\xDF\xA3\x9F\x42\x82\x84webm", 12, true},
                 {"\x1A\x45\xDF\xA3\x9F\x42\x82\x88matroska", 16, false},
                 {"\0\0\0\x18"
                  "ftyp",
                  8, false},
                 {"FORM\0\0\0\0AIFF", 12, false},
                 {"", 0, false}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(amazon_media_check(1000, cases[i].head, cases[i].size, &error), ==, cases[i].taken);
        if (!cases[i].taken) g_assert_true(error_is(error, ERROR_UNSUPPORTED_MEDIA) && strstr(error->message, "HANSARD_TRANSCRIBER=whisper"));
    }
    g_autoptr(GError) error = NULL;
    g_assert_true(amazon_media_check(TRANSCRIBE_BYTES_MAX, "fLaC", 4, NULL));
    g_assert_false(amazon_media_check(TRANSCRIBE_BYTES_MAX + 1, "fLaC", 4, &error));
    g_assert_true(error_is(error, ERROR_TOO_LARGE) && strstr(error->message, "2 GB"));
}

/* Neither is sent: what libav can't read, and what its own head says is too long. */
static void test_not_sent(Fixture *fixture, gconstpointer unused) {
    put_recording(fixture, wav(1000, 4 * 3600 + 1, 4 * 3600 + 1));
    fails(fixture, NULL, ERROR_TOO_LARGE, "4 hours");
    put_recording(fixture, g_bytes_new_static("OggS and no more of it, but some words", 38));
    fails(fixture, NULL, ERROR_UNSUPPORTED_MEDIA, "no sound or video format");
    put_recording(fixture, g_bytes_new_static("no recording at all", 19));
    fails(fixture, NULL, ERROR_UNSUPPORTED_MEDIA, "convert it");
    g_assert_cmpuint(scripted_count(fixture->endpoint), ==, 0);
}

static void test_languages(void) {
    static const struct {
        const char *asked, *code;
        bool several;
    } cases[] = {{NULL, NULL, false},    {"auto", NULL, false},     {"multi", NULL, true},     {"en", "en-US", false},
                 {"DE", "de-DE", false}, {"de-ch", "de-CH", false}, {"pt_PT", "pt-PT", false}, {"ckb-IQ", "ckb-IQ", false}};
    AmazonLanguage language;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(amazon_language_read(cases[i].asked, &language, NULL));
        g_assert_cmpstr(language.code, ==, cases[i].code);
        g_assert_cmpint(language.several, ==, cases[i].several);
    }
    static const char *const wrong[] = {"x", "e", "en-", "en-USA", "en US", "123", "en-\xC3\xBC", "abcd-EF", "a-very-long-name-that-no-language-has"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) g_assert_false(amazon_language_read(wrong[i], &language, NULL));
}

static void test_phrases(void) {
    g_autoptr(GPtrArray) left_out = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *longest = g_strnfill(TRANSCRIBE_PHRASE_BYTES_MAX - 1, 'a'), *longer = g_strnfill(TRANSCRIBE_PHRASE_BYTES_MAX, 'b');
    g_autofree char *words = g_strjoin(",", longest, longer, " , -- , -x- , a  -  b ,ö\xCC\x88,x/y", NULL);
    g_autoptr(json_t) phrases = amazon_phrases(words, left_out);
    g_assert_cmpuint(json_array_size(phrases), ==, 4);
    g_assert_cmpstr(json_string_value(json_array_get(phrases, 0)), ==, longest);
    g_assert_cmpstr(json_string_value(json_array_get(phrases, 1)), ==, "x");
    g_assert_cmpstr(json_string_value(json_array_get(phrases, 2)), ==, "a-b");
    g_assert_cmpuint(left_out->len, ==, 3);
}

int main(int argc, char **argv) {
    if (argc > 1 && g_str_equal(argv[1], "media-child")) return transcribe_child_main();
    static const char *const results[] = {ABSENT, "text", "none", "types", "times", "zeros", "deep", "large"};
    static const struct {
        const char *path;
        void (*test)(Fixture *fixture, gconstpointer unused);
    } tests[] = {{"meeting", test_meeting},
                 {"settings", test_settings},
                 {"own-language", test_own_language},
                 {"silence", test_silence},
                 {"resumed", test_resumed},
                 {"resumed-failed", test_resumed_failed},
                 {"conflict", test_conflict},
                 {"reasons", test_reasons},
                 {"deleted-meanwhile", test_deleted_meanwhile},
                 {"timeout", test_timeout},
                 {"stopped", test_stopped},
                 {"vocabulary", test_vocabulary},
                 {"own-vocabulary", test_own_vocabulary},
                 {"named-vocabulary", test_named_vocabulary},
                 {"no-vocabulary", test_no_vocabulary},
                 {"configuration", test_configuration},
                 {"probe", test_probe},
                 {"not-sent", test_not_sent}};
    g_test_init(&argc, &argv, NULL);
    g_unsetenv("AWS_REGION");
    g_unsetenv("AWS_DEFAULT_REGION");
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/transcribe/amazon/", tests[i].path, NULL);
        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *path = g_strconcat("/transcribe/amazon/fault/", faults[i].name, NULL);
        g_test_add(path, Fixture, &faults[i], set_up, test_fault, tear_down);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(results); i++) {
        g_autofree char *path = g_strconcat("/transcribe/amazon/result/", results[i], NULL);
        g_test_add(path, Fixture, results[i], set_up, test_result, tear_down);
    }
    g_test_add_func("/transcribe/amazon/media", test_media);
    g_test_add_func("/transcribe/amazon/languages", test_languages);
    g_test_add_func("/transcribe/amazon/phrases", test_phrases);
    return g_test_run();
}
