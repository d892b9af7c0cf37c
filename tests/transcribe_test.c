/* The transcriber from file to transcript: the real recogniser in the real confined child (this program starts itself again as
 * `media-child`), and a child that lies, where the recording's name begins with LIE and names the lie. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "sandbox/channel.h"
#include "sandbox/child.h"
#include "store/memory.h"
#include "transcribe/child.h"
#include "transcribe/liveness.h"
#include "transcribe/transcribe.h"
#include "transcribe/transcribe_backend.h"

#define MODEL TEST_MODEL_DIR "/ggml-tiny.en-q8_0.bin"
#define VAD_MODEL TEST_MODEL_DIR "/silero-vad.bin"
#define LIE "lie-"
#define JFK "read/jfk.wav"

/* ---- a child that lies ---- */

static void say(ChildMessageType type, const char *body) {
    if (!channel_send(CHILD_CHANNEL_FD, type, body, strlen(body), NULL)) _exit(3);
}

static void ask(guint64 offset, guint32 size) {
    ChildRead request = {.offset = offset, .size = size};
    if (!channel_send(CHILD_CHANNEL_FD, CHILD_READ, &request, sizeof request, NULL)) _exit(3);
}

static void say_waveform(guint peaks) {
    g_autoptr(GString) body = g_string_new("{\"schema\":1,\"duration_ms\":1000,\"interval_ms\":100,\"peaks\":[");
    for (guint i = 0; i < peaks; i++) g_string_append(body, i == 0 ? "-5" : i == 1 ? ",999" : ",7");
    g_string_append(body, "]}");
    say(CHILD_WAVEFORM, body->str);
}

#define DONE "{\"language\":\"en\",\"duration_ms\":2000,\"covered_ms\":1000,\"damaged_packets\":3}"

static void lie_flood(void) {
    g_autofree char *text = g_strnfill(60 * 1024, 'x');
    g_autofree char *body = g_strdup_printf("{\"segments\":[{\"start_ms\":0,\"end_ms\":1,\"text\":\"%s\"}]}", text);
    for (;;) say(CHILD_SEGMENT, body);
}

static void lie(const char *name) {
    if (g_str_equal(name, "honest")) {
        ask(0, 4);
        g_auto(Message) data = {0};
        if (!channel_receive(CHILD_CHANNEL_FD, -1, &data, NULL) || data.type != CHILD_DATA || memcmp(data.data, "RIFF", 5) != 0)
            _exit(4);
        say(CHILD_INFO, "{\"duration_ms\":2000}");
        say(CHILD_PROGRESS, "{\"done_ms\":500}");
        say(CHILD_SEGMENT,
            "{\"speakers\":[{\"id\":\"S1\",\"name\":\" Channel\\u0007 2\\n\"}],\"segments\":[{\"speaker\":\"S1\",\"start_ms\":900,"
            "\"end_ms\":-4,\"text\":\"second\",\"words\":[[900,1000,\"second\",0.5]]}]}");
        say(CHILD_SEGMENT, "{\"segments\":[{\"start_ms\":100,\"end_ms\":99999999999999,\"text\":\"  first\\u0007 \"}]}");
        say_waveform(WAVEFORM_PEAKS_MAX);
        say(CHILD_DONE, DONE);
    } else if (g_str_equal(name, "read-behind"))
        ask(1 << 20, 1);
    else if (g_str_equal(name, "read-wrap"))
        ask(G_MAXUINT64, 2);
    else if (g_str_equal(name, "read-much"))
        ask(0, (guint32)CHILD_READ_BLOCK_BYTES + 1);
    else if (g_str_equal(name, "read-short"))
        say(CHILD_READ, "abc");
    else if (g_str_equal(name, "type"))
        say(77, "{}");
    else if (g_str_equal(name, "parent-type"))
        say(CHILD_DATA, "{}");
    else if (g_str_equal(name, "not-json"))
        say(CHILD_SEGMENT, "{\"segments\":");
    else if (g_str_equal(name, "not-utf8"))
        say(CHILD_SEGMENT, "{\"segments\":[{\"start_ms\":0,\"end_ms\":1,\"text\":\"\xff\xfe\"}]}");
    else if (g_str_equal(name, "segment"))
        say(CHILD_SEGMENT, "{\"segments\":7}");
    else if (g_str_equal(name, "flood"))
        lie_flood();
    else if (g_str_equal(name, "peaks"))
        say_waveform(WAVEFORM_PEAKS_MAX + 1);
    else if (g_str_equal(name, "no-waveform"))
        say(CHILD_DONE, DONE);
    else if (g_str_equal(name, "failed"))
        say(CHILD_FAILED, "{\"code\":\"bad-media\",\"message\":\"It is \\u0007 broken.\"}");
    else if (g_str_equal(name, "failed-odd"))
        say(CHILD_FAILED, "{\"code\":\"forbidden\",\"message\":\"Give me your password.\"}");
    else if (g_str_equal(name, "exit"))
        _exit(5);
    else
        for (;;) g_usleep(G_USEC_PER_SEC); /* silent */
    g_usleep(20 * G_USEC_PER_SEC);         /* the parent ends it */
}

/* Looks at the options without taking them, so that the real child finds them. */
static int media_child(void) {
    char peeked[8 * 1024] = "";
    if (!channel_wait(CHILD_CHANNEL_FD, -1, NULL) || recv(CHILD_CHANNEL_FD, peeked, sizeof peeked - 1, MSG_PEEK) <= 8) return 2;
    if (!strstr(peeked + 8, "\"filename\":\"" LIE)) return transcribe_child_main(); /* 8: the message's header */
    g_auto(Message) message = {0};
    if (!channel_receive(CHILD_CHANNEL_FD, -1, &message, NULL)) return 2;
    g_autoptr(json_t) json = json_parse_object(message.data, message.size, "the options", NULL);
    lie(child_options_from_json(json).filename + strlen(LIE));
    return 0;
}

/* ---- helpers ---- */

typedef struct {
    Settings settings;
    Store *store;
    char *folder;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    fixture->store = store_memory_new(clock_system());
    fixture->folder = g_dir_make_tmp("hansard-transcribe-XXXXXX", NULL);
    fixture->settings =
        (Settings){.transcriber = (char *)"whisper", .model = g_build_filename(fixture->folder, "model.bin", NULL), .threads = 2};
    fixture->settings.vad_model = g_strdup(fixture->settings.model);
    g_assert_true(g_file_set_contents(fixture->settings.model, "none", 4, NULL));
}

static void use_real_models(Fixture *fixture) {
    g_free(fixture->settings.model);
    g_free(fixture->settings.vad_model);
    fixture->settings.model = g_strdup(MODEL);
    fixture->settings.vad_model = g_strdup(VAD_MODEL);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    g_autofree char *model = g_build_filename(fixture->folder, "model.bin", NULL);
    g_remove(model);
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->settings.model);
    g_free(fixture->settings.vad_model);
    store_close(fixture->store);
}

typedef struct {
    int calls, calls_max; /* stops at calls_max; 0: never */
    gint64 done_ms, total_ms;
    bool with_error;
} Watch;

static bool watch_progress(gint64 done_ms, gint64 total_ms, gpointer user_data, GError **error) {
    Watch *watch = user_data;
    g_assert_cmpint(done_ms, >=, watch->done_ms);
    watch->done_ms = done_ms;
    watch->total_ms = total_ms;
    if (++watch->calls != watch->calls_max) return true;
    return watch->with_error ? fail(error, ERROR_LEASE_LOST, "taken over") : false;
}

static bool run_as(Fixture *fixture, const char *name, GBytes *bytes, Watch *watch, TranscribeResult *result, GError **error) {
    g_assert_true(store_put(fixture->store, "recording", bytes, NULL, NULL, NULL));
    g_autoptr(StoreReader) reader = NULL;
    g_assert_true(store_open(fixture->store, "recording", &reader, NULL, NULL));
    g_autoptr(Transcriber) transcriber = NULL;
    if (!transcriber_open(&fixture->settings, &transcriber, error)) return false;
    g_assert_cmpstr(transcriber_name(transcriber), ==, fixture->settings.transcriber);
    TranscribeInput input = {.reader = reader, .filename = name, .progress = watch ? watch_progress : NULL, .user_data = watch};
    return transcriber_run(transcriber, &input, result, error);
}

/* Bytes that no importer takes: the head of a WAV. */
static GBytes *riff(void) { return g_bytes_new_static("RIFF\0\0\0\0WAVEfmt \0\0\0\0", 20); }

static void assert_fails(Fixture *fixture, const char *name, GBytes *bytes, ErrorCode code, const char *words) {
    g_auto(TranscribeResult) result = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(run_as(fixture, name, bytes, NULL, &result, &error));
    if (!error_is(error, code) || !strstr(error->message, words))
        g_error("%s: code %d, \"%s\"", name, error->code, error->message);
    g_assert_null(result.transcript);
    g_assert_null(result.waveform);
}

static bool no_models(Fixture *fixture) {
    bool there = g_file_test(MODEL, G_FILE_TEST_EXISTS) && g_file_test(VAD_MODEL, G_FILE_TEST_EXISTS);
    if (there)
        use_real_models(fixture);
    else
        g_test_skip("the speech models are not here");
    return !there;
}

/* A recording of HANSARD_TEST_AUDIO, else of ../shared/data/audio beside the tree; NULL where it is not there, with the test skipped. */
static char *recording(const char *name) {
    const char *set = g_getenv("HANSARD_TEST_AUDIO");
    g_autofree char *path = g_build_filename(set ? set : TEST_SOURCE_DIR "/../../shared/data/audio", name, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS)) return g_steal_pointer(&path);
    g_test_skip("the recordings are not here");
    return NULL;
}

static GBytes *read_file(const char *path) {
    char *contents = NULL;
    gsize size = 0;
    g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
    return g_bytes_new_take(contents, size);
}

/* ---- a child that lies ---- */

static void test_lies(Fixture *fixture, gconstpointer data) {
    static const struct {
        const char *name;
        ErrorCode code;
        const char *words;
    } lies[] = {{"read-behind", ERROR_CRASHED, "outside"},
                {"read-wrap", ERROR_CRASHED, "outside"},
                {"read-much", ERROR_CRASHED, "outside"},
                {"read-short", ERROR_CRASHED, "form"},
                {"type", ERROR_CRASHED, "type"},
                {"parent-type", ERROR_CRASHED, "type"},
                {"not-json", ERROR_CRASHED, "form"},
                {"not-utf8", ERROR_CRASHED, "form"},
                {"segment", ERROR_CRASHED, "form"},
                {"flood", ERROR_TOO_LARGE, "64 MiB"},
                {"peaks", ERROR_CRASHED, "waveform"},
                {"no-waveform", ERROR_CRASHED, "waveform"},
                {"failed", ERROR_BAD_MEDIA, "It is  broken."},
                {"failed-odd", ERROR_CRASHED, "password"},
                {"exit", ERROR_CRASHED, "status 5"}};
    g_autoptr(GBytes) bytes = riff();
    for (gsize i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_autofree char *name = g_strconcat(LIE, lies[i].name, NULL);
        assert_fails(fixture, name, bytes, lies[i].code, lies[i].words);
    }
}

static void test_honest(Fixture *fixture, gconstpointer data) {
    g_autoptr(GBytes) bytes = riff();
    g_auto(TranscribeResult) result = {0};
    Watch watch = {0};
    GError *error = NULL;
    g_assert_true(run_as(fixture, LIE "honest", bytes, &watch, &result, &error));
    g_assert_no_error(error);
    const Transcript *transcript = result.transcript;
    g_assert_cmpstr(transcript->language, ==, "en");
    g_assert_cmpstr(transcript->transcriber, ==, "whisper");
    g_assert_cmpstr(transcript->model, ==, "model.bin");
    g_assert_cmpint(transcript->duration_ms, ==, 2000);
    g_assert_cmpint(transcript->covered_ms, ==, 1000);
    g_assert_cmpint(json_get_int(transcript->extra, "damaged_packets", 0), ==, 3);
    g_assert_cmpuint(transcript->segments->len, ==, 2);
    const Segment *first = transcript_segment(transcript, 0), *second = transcript_segment(transcript, 1);
    g_assert_cmpstr(first->text, ==, "first");
    g_assert_cmpint(first->speaker, ==, -1);
    g_assert_cmpstr(transcript_speaker_name(transcript, second->speaker), ==, "Channel 2");
    g_assert_cmpint(first->end_ms, ==, RECORDING_MS_MAX);
    g_assert_cmpint(second->end_ms, ==, 900);
    g_assert_cmpstr(g_array_index(second->words, Word, 0).text, ==, "second");
    const json_t *peaks = json_object_get(result.waveform, "peaks");
    g_assert_cmpuint(json_array_size(peaks), ==, WAVEFORM_PEAKS_MAX);
    g_assert_cmpint(json_integer_value(json_array_get(peaks, 0)), ==, 0);
    g_assert_cmpint(json_integer_value(json_array_get(peaks, 1)), ==, 255);
    g_assert_cmpint(watch.total_ms, ==, 2000);
}

static gpointer run_honest(gpointer user_data) {
    g_autoptr(GBytes) bytes = riff();
    g_auto(TranscribeResult) result = {0};
    GError *error = NULL;
    g_assert_true(run_as(user_data, LIE "honest", bytes, NULL, &result, &error));
    g_assert_no_error(error);
    return GUINT_TO_POINTER(result.transcript->segments->len);
}

static void test_parallel(Fixture *fixture, gconstpointer data) {
    GThread *threads[6];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) threads[i] = g_thread_new("run", run_honest, fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(threads[i])), ==, 2);
}

/* A child that says nothing can still be stopped. */
static void test_stop_silent(Fixture *fixture, gconstpointer data) {
    g_autoptr(GBytes) bytes = riff();
    for (int with_error = 0; with_error < 2; with_error++) {
        g_auto(TranscribeResult) result = {0};
        Watch watch = {.calls_max = 2, .with_error = with_error};
        g_autoptr(GError) error = NULL;
        gint64 begin_us = g_get_monotonic_time();
        g_assert_false(run_as(fixture, LIE "silent", bytes, &watch, &result, &error));
        g_assert_true(error_is(error, with_error ? ERROR_LEASE_LOST : ERROR_CANCELLED));
        g_assert_cmpint(watch.calls, ==, 2);
        g_assert_cmpint(g_get_monotonic_time() - begin_us, <, 10 * G_USEC_PER_SEC);
    }
}

/* ---- whether a child gets on ---- */

#define MS 1000LL /* microseconds */

static bool alive(const Liveness *liveness, gint64 now_us, const char *words) {
    g_autoptr(GError) error = NULL;
    if (liveness_check(liveness, now_us, &error)) return true;
    g_assert_true(error_is(error, ERROR_CRASHED));
    if (!strstr(error->message, words)) g_error("\"%s\" lacks \"%s\"", error->message, words);
    return false;
}

/* What was said or read before is no sign of life. */
static void test_silence(void) {
    g_auto(Liveness) liveness;
    const gint64 silence_us = CHILD_SILENCE_MS * MS;
    gint64 now_us = 77;
    liveness_init(&liveness, GIB, now_us);
    g_assert_true(alive(&liveness, now_us + silence_us - 1, "five minutes"));
    g_assert_false(alive(&liveness, now_us + silence_us, "five minutes"));
    liveness_read(&liveness, GIB - 1, now_us += silence_us);
    liveness_read(&liveness, 0, now_us += silence_us); /* an index at the end, then the beginning */
    liveness_done(&liveness, 1000, now_us += silence_us);
    liveness_segment(&liveness, now_us += silence_us);
    g_assert_true(alive(&liveness, now_us + silence_us - 1, "five minutes"));
    liveness_read(&liveness, 1, now_us + 1);
    liveness_read(&liveness, GIB - 2, now_us + 1);
    liveness_done(&liveness, 1000, now_us + 1);
    liveness_done(&liveness, 500, now_us + 1);
    g_assert_cmpint(liveness.done_ms, ==, 1000);
    g_assert_false(alive(&liveness, now_us + silence_us, "five minutes"));
    liveness_read(&liveness, CHILD_READ_BLOCK_BYTES, now_us + 1);
    g_assert_true(alive(&liveness, now_us + silence_us, "five minutes"));
}

/* Ten minutes and twenty times the length, however lively. */
static void test_time_limit(void) {
    static const struct {
        guint64 size;
        gint64 total_ms, done_ms, length_ms;
    } cases[] = {{GIB, 60000, 0, 60000},
                 {GIB, 60000, 90000, 90000}, /* longer than the container says */
                 {GIB, -1, 5000, RECORDING_MS_MAX},
                 {6000, -1, 0, 60000},
                 {6000, RECORDING_MS_MAX, RECORDING_MS_MAX, 60000}}; /* which it cannot be */
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Liveness) liveness;
        liveness_init(&liveness, cases[i].size, 0);
        gint64 end_us = (600000 + 20 * cases[i].length_ms) * MS;
        liveness.total_ms = cases[i].total_ms;
        liveness_done(&liveness, cases[i].done_ms, 1);
        liveness_segment(&liveness, end_us);
        g_assert_true(alive(&liveness, end_us - 1, "minutes"));
        g_assert_false(alive(&liveness, end_us, "took more than"));
    }
}

/* ---- choosing ---- */

static void test_settings(Fixture *fixture, gconstpointer data) {
    g_autoptr(GBytes) bytes = riff();
    g_remove(fixture->settings.model);
    assert_fails(fixture, "a.wav", bytes, ERROR_CONFIG, "HANSARD_MODEL");
    fixture->settings.transcriber = (char *)"parrot";
    assert_fails(fixture, "a.wav", bytes, ERROR_CONFIG, "parrot");
    fixture->settings.transcriber = (char *)"none";
    assert_fails(fixture, "a.wav", bytes, ERROR_UNSUPPORTED_MEDIA, "HANSARD_TRANSCRIBER");
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    assert_fails(fixture, "a.wav", nothing, ERROR_BAD_MEDIA, "empty");
}

/* A model file that is none is the child's to find out. */
static void test_bad_model(Fixture *fixture, gconstpointer data) {
    g_autoptr(GBytes) bytes = riff();
    assert_fails(fixture, "a.wav", bytes, ERROR_CONFIG, "HANSARD_MODEL");
}

static void test_import(Fixture *fixture, gconstpointer data) {
    static const char vtt[] = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v Ann>Good morning.\n";
    g_autoptr(GBytes) bytes = g_bytes_new_static(vtt, sizeof vtt - 1);
    const char *const transcribers[] = {"whisper", "none"};
    for (gsize i = 0; i < G_N_ELEMENTS(transcribers); i++) {
        fixture->settings.transcriber = (char *)transcribers[i];
        g_auto(TranscribeResult) result = {0};
        GError *error = NULL;
        g_assert_true(run_as(fixture, "a.vtt", bytes, NULL, &result, &error));
        g_assert_no_error(error);
        g_assert_null(result.waveform);
        g_assert_cmpuint(result.transcript->segments->len, ==, 1);
        g_assert_cmpstr(transcript_segment(result.transcript, 0)->text, ==, "Good morning.");
        g_assert_cmpstr(result.transcript->transcriber, ==, "import");
        g_assert_cmpstr(result.transcript->model, ==, "webvtt");
    }
}

/* Before the file is read as a transcript, and after it, it is asked whether to go on. */
static void test_import_stop(Fixture *fixture, gconstpointer data) {
    g_autoptr(GBytes) bytes = g_bytes_new_static("Ann: Good morning.\n", 19);
    for (int calls = 1; calls <= 2; calls++) {
        g_auto(TranscribeResult) result = {0};
        Watch watch = {.calls_max = calls, .with_error = calls == 2};
        g_autoptr(GError) error = NULL;
        g_assert_false(run_as(fixture, "a.txt", bytes, &watch, &result, &error));
        g_assert_true(error_is(error, calls == 2 ? ERROR_LEASE_LOST : ERROR_CANCELLED));
        g_assert_cmpint(watch.calls, ==, calls);
        g_assert_null(result.transcript);
    }
}

static void test_import_limit(Fixture *fixture, gconstpointer data) {
    fixture->settings.transcriber = (char *)"none";
    GString *text = g_string_new("{\"language\":\"en\",\"segments\":[{\"id\":0,\"start\":0.0,\"end\":1.0,"
                                 "\"text\":\"Good morning.\"}]}");
    g_autofree char *spaces = g_strnfill(TRANSCRIPT_FILE_BYTES_MAX + 1 - text->len, ' ');
    g_autoptr(GBytes) over = g_string_free_to_bytes(g_string_append(text, spaces));
    g_autoptr(GBytes) at = g_bytes_new_from_bytes(over, 0, TRANSCRIPT_FILE_BYTES_MAX);
    assert_fails(fixture, "a.json", over, ERROR_TOO_LARGE, "32 MiB");
    g_auto(TranscribeResult) result = {0};
    GError *error = NULL;
    if (!run_as(fixture, "a.json", at, NULL, &result, &error)) g_error("%s", error->message);
}

/* ---- the real child ---- */

static void test_speech(Fixture *fixture, gconstpointer data) {
    g_autofree char *jfk = recording(JFK);
    if (!jfk || no_models(fixture)) return;
    g_autoptr(GBytes) bytes = read_file(jfk);
    g_auto(TranscribeResult) result = {0};
    Watch watch = {0};
    GError *error = NULL;
    g_assert_true(run_as(fixture, "jfk.wav", bytes, &watch, &result, &error));
    g_assert_no_error(error);
    g_autofree char *text = transcript_to_text(result.transcript);
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_assert_nonnull(strstr(lower, "ask not what your country can do"));
    g_assert_cmpstr(result.transcript->language, ==, "en");
    g_assert_cmpstr(result.transcript->model, ==, "ggml-tiny.en-q8_0.bin");
    g_assert_cmpint(result.transcript->duration_ms, ==, 11000);
    g_assert_cmpint(result.transcript->covered_ms, ==, 11000);
    g_assert_null(result.transcript->extra);
    for (guint i = 0; i < result.transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(result.transcript, i);
        g_assert_cmpint(segment->end_ms, <=, 11500);
        g_assert_nonnull(segment->words);
    }
    g_assert_cmpint(json_get_int(result.waveform, "duration_ms", 0), ==, 11000);
    g_assert_cmpuint(json_array_size(json_object_get(result.waveform, "peaks")), ==, 110);
    g_assert_cmpint(watch.calls, >, 0);
    g_assert_cmpint(watch.done_ms, ==, 11000);
    g_assert_cmpint(watch.total_ms, ==, 11000);
}

static void test_stop(Fixture *fixture, gconstpointer data) {
    g_autofree char *jfk = recording(JFK);
    if (!jfk || no_models(fixture)) return;
    g_autoptr(GBytes) bytes = read_file(jfk);
    g_auto(TranscribeResult) result = {0};
    Watch watch = {.calls_max = 1};
    g_autoptr(GError) error = NULL;
    g_assert_false(run_as(fixture, "jfk.wav", bytes, &watch, &result, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
}

/* Two channels that ffmpeg's filter makes of the inputs. */
static GBytes *make_recording(Fixture *fixture, const char *const *inputs, const char *filter, const char *name) {
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    for (const char *const *word = (const char *const[]){"ffmpeg", "-nostdin", "-v", "error", NULL}; *word; word++)
        g_ptr_array_add(argv, (char *)*word);
    for (; *inputs; inputs++) g_ptr_array_add(argv, (char *)"-i"), g_ptr_array_add(argv, (char *)*inputs);
    for (const char *const *word = (const char *const[]){"-filter_complex", filter, "-ac", "2", path, NULL, NULL}; *word; word++)
        g_ptr_array_add(argv, (char *)*word);
    g_ptr_array_add(argv, NULL);
    int status = -1;
    g_assert_true(g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
    GBytes *bytes = read_file(path);
    g_remove(path);
    return bytes;
}

static bool no_ffmpeg(void) {
    g_autofree char *ffmpeg = g_find_program_in_path("ffmpeg");
    if (!ffmpeg) g_test_skip("the program ffmpeg is not installed");
    return !ffmpeg;
}

static Transcript *transcribe_well(Fixture *fixture, const char *name, GBytes *bytes) {
    TranscribeResult result = {0};
    Watch watch = {0};
    GError *error = NULL;
    if (!run_as(fixture, name, bytes, &watch, &result, &error)) g_error("%s: %s", name, error->message);
    g_assert_cmpint(watch.done_ms, ==, result.transcript->covered_ms);
    g_assert_cmpint(json_get_int(result.waveform, "duration_ms", 0), ==, result.transcript->covered_ms);
    json_decref(result.waveform);
    return result.transcript;
}

/* All that a speaker said, in small letters. */
static char *said_by(const Transcript *transcript, const char *name) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        if (g_strcmp0(transcript_speaker_name(transcript, segment->speaker), name) == 0)
            g_string_append_printf(text, "%s ", segment->text);
    }
    return g_ascii_strdown(text->str, -1);
}

#define SAMPLE TEST_SOURCE_DIR "/../samples/product-review.m4a"
/* One who speaks from 27 s to 41.5 s stands on the right, the others on the left. */
#define SPLIT                                                                                                                    \
    "[0]atrim=end=47,asplit[a][b];[a]volume=0:enable='between(t,27,41.5)',aformat=channel_layouts=mono[l];"                      \
    "[b]volume=0:enable='not(between(t,27,41.5))',aformat=channel_layouts=mono[r];[l][r]amerge=inputs=2"

static void test_channels(Fixture *fixture, gconstpointer data) {
    static const char *const inputs[] = {SAMPLE, NULL}, *const names[] = {"call.wav", "call.mp3"};
    if (no_ffmpeg() || no_models(fixture)) return;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GBytes) bytes = make_recording(fixture, inputs, SPLIT, names[i]);
        g_autoptr(Transcript) transcript = transcribe_well(fixture, names[i], bytes);
        g_assert_cmpuint(transcript->speakers->len, ==, 2);
        g_assert_cmpint(ABS(transcript->duration_ms - 47000), <=, 100);
        gint64 last_ms = 0;
        for (guint s = 0; s < transcript->segments->len; s++) {
            const Segment *segment = transcript_segment(transcript, s);
            bool right = segment->start_ms > 26500 && segment->start_ms < 41500;
            g_assert_cmpstr(transcript_speaker_name(transcript, segment->speaker), ==, right ? "Channel 2" : "Channel 1");
            g_assert_cmpint(segment->start_ms, >=, last_ms);
            last_ms = segment->start_ms;
        }
        g_autofree char *left = said_by(transcript, "Channel 1"), *right = said_by(transcript, "Channel 2");
        g_assert_nonnull(strstr(left, "good morning"));
        g_assert_nonnull(strstr(left, "by friday"));
        g_assert_null(strstr(left, "two seconds"));
        g_assert_nonnull(strstr(right, "under two seconds"));
    }
}

/* One sound on both channels is mixed; else it is as the setting says. */
static void test_channels_mixed(Fixture *fixture, gconstpointer data) {
    static const char *const inputs[] = {SAMPLE, NULL};
    if (no_ffmpeg() || no_models(fixture)) return;
    g_autoptr(GBytes) same = make_recording(fixture, inputs, "[0]atrim=end=14,pan=stereo|c0=c0|c1=0.1*c0,adelay=0|7", "same.wav");
    g_autoptr(Transcript) of_same = transcribe_well(fixture, "same.wav", same);
    g_assert_cmpuint(of_same->speakers->len, ==, 0);
    g_assert_cmpuint(of_same->segments->len, >, 0);
    fixture->settings.channels = (char *)"separate";
    g_autoptr(Transcript) apart = transcribe_well(fixture, "same.wav", same);
    g_autofree char *left = said_by(apart, "Channel 1"), *right = said_by(apart, "Channel 2");
    g_assert_cmpstr(left, !=, "");
    g_assert_cmpstr(right, !=, "");
    fixture->settings.channels = (char *)"mix";
    g_autoptr(GBytes) call = make_recording(fixture, inputs, SPLIT, "call.wav");
    g_autoptr(Transcript) of_call = transcribe_well(fixture, "call.wav", call);
    g_assert_cmpuint(of_call->speakers->len, ==, 0);
    g_autofree char *text = said_by(of_call, NULL);
    g_assert_nonnull(strstr(text, "good morning"));
    g_assert_nonnull(strstr(text, "under two seconds"));
}

/* Two real talks at a time, a channel each: none is heard in the other's words. */
static void test_channels_real(Fixture *fixture, gconstpointer data) {
    g_autofree char *one = recording("ami/ES2003a_0-30.wav"), *other = recording("ami/EN2001e_0-30.wav");
    const char *const inputs[] = {one, other, NULL};
    if (!one || !other || no_ffmpeg() || no_models(fixture)) return;
    g_autoptr(GBytes) bytes = make_recording(fixture, inputs, "amerge=inputs=2", "two.m4a");
    g_autoptr(Transcript) transcript = transcribe_well(fixture, "two.m4a", bytes);
    g_autofree char *left = said_by(transcript, "Channel 1"), *right = said_by(transcript, "Channel 2");
    g_assert_nonnull(strstr(left, "ready to begin"));
    g_assert_nonnull(strstr(left, "marketing expert"));
    g_assert_nonnull(strstr(right, "not having crashes"));
    g_assert_null(strstr(left, "crashes"));
    g_assert_null(strstr(right, "marketing"));
}

/* Every decoder gets along with what the confined child may call. */
static void test_formats(Fixture *fixture, gconstpointer data) {
    static const char *const names[] = {"a.m4a",  "a.mp3", "a.ogg", "a.opus", "a.webm",
                                        "a.flac", "a.mp4", "a.mov", "a.wma",  "a.ts"};
    if (no_ffmpeg() || no_models(fixture)) return;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fixture->folder, names[i], NULL);
        const char *const argv[] = {"ffmpeg",    "-nostdin",
                                    "-v",        "error",
                                    "-f",        "lavfi",
                                    "-i",        "sine=frequency=400:duration=2:sample_rate=48000",
                                    "-metadata", "creation_time=2026-03-04T05:06:07Z",
                                    "-metadata", "title=Tägliches Treffen",
                                    path,        NULL};
        int status = -1;
        g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
        g_assert_cmpint(status, ==, 0);
        g_autoptr(GBytes) bytes = read_file(path);
        g_remove(path);
        g_auto(TranscribeResult) result = {0};
        g_autoptr(GError) error = NULL;
        if (!run_as(fixture, names[i], bytes, NULL, &result, &error)) g_error("%s: %s", names[i], error->message);
        g_assert_cmpint(ABS(result.transcript->covered_ms - 2000), <=, 100);
        g_assert_cmpint(result.transcript->covered_ms, ==, result.transcript->duration_ms);
        g_assert_null(result.transcript->extra);
    }
}

static void test_bad_recordings(Fixture *fixture, gconstpointer data) {
    g_autofree char *jfk = recording(JFK);
    if (!jfk || no_models(fixture)) return;
    g_autoptr(GBytes) speech = read_file(jfk), head = g_bytes_new_from_bytes(speech, 0, 44);
    assert_fails(fixture, "a.wav", head, ERROR_BAD_MEDIA, "damaged");
    g_autofree guint8 *noise = g_malloc(100000);
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (int i = 0; i < 100000; i++) noise[i] = (guint8)g_rand_int(random);
    g_autoptr(GBytes) bytes = g_bytes_new(noise, 100000);
    assert_fails(fixture, "a.bin", bytes, ERROR_UNSUPPORTED_MEDIA, "format");
    /* The child is not told where a model of another language is to be found: it says what does not fit. */
    fixture->settings.language = (char *)"de";
    assert_fails(fixture, "jfk.wav", speech, ERROR_CONFIG, "HANSARD_LANGUAGE");
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
    if (argc == 2 && g_str_equal(argv[1], "media-child")) return media_child();
    g_test_init(&argc, &argv, NULL);
    ADD("/transcribe/child/lies", test_lies);
    ADD("/transcribe/child/honest", test_honest);
    ADD("/transcribe/child/parallel", test_parallel);
    ADD("/transcribe/child/stop-silent", test_stop_silent);
    g_test_add_func("/transcribe/child/silence", test_silence);
    g_test_add_func("/transcribe/child/time-limit", test_time_limit);
    ADD("/transcribe/settings", test_settings);
    ADD("/transcribe/bad-model", test_bad_model);
    ADD("/transcribe/import", test_import);
    ADD("/transcribe/import-stop", test_import_stop);
    ADD("/transcribe/import-limit", test_import_limit);
    ADD("/transcribe/speech", test_speech);
    ADD("/transcribe/stop", test_stop);
    ADD("/transcribe/channels", test_channels);
    ADD("/transcribe/channels-mixed", test_channels_mixed);
    ADD("/transcribe/channels-real", test_channels_real);
    ADD("/transcribe/formats", test_formats);
    ADD("/transcribe/bad-recordings", test_bad_recordings);
    return g_test_run();
}
