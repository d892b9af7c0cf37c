/* Records and keys: old records as they stand in buckets, rewriting without loss, hostile documents. */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "model/keys.h"
#include "model/record.h"
#include "random_input.h"

#define OLD_RECORD                                                                                                               \
    "{\"meeting_id\":\"meeting-1\",\"audio_s3_key\":\"meetings/u_a.mp3\",\"timestamp\":\"2025-03-04T05:06:07.089123\","          \
    "\"filename\":\"a.mp3\",\"action_items_count\":3,\"requirements_count\":2,\"transcription_length\":1234,"                    \
    "\"extraction_method\":\"bedrock\",\"bedrock_used\":true,\"department\":{\"name\":\"R&D\"}}"

static json_t *parse(const char *text) {
    g_autoptr(GError) error = NULL;
    json_t *json = json_parse(text, strlen(text), "the test", &error);
    g_assert_no_error(error);
    return json;
}

static Record *read_record(const char *text, const char *meeting_id) {
    g_autoptr(json_t) json = parse(text);
    g_autoptr(GError) error = NULL;
    Record *record = NULL;
    g_assert_true(record_from_json(json, meeting_id, &record, &error));
    g_assert_no_error(error);
    return record;
}

static void test_old_record(void) {
    g_autoptr(Record) record = read_record(OLD_RECORD, "meeting-of-key");
    gint64 when;
    g_assert_true(time_parse("2025-03-04T05:06:07.089Z", &when));
    g_assert_cmpint(record->timestamp_ms, ==, when);
    g_assert_cmpstr(record->meeting_id, ==, "meeting-of-key"); /* the key is the id */
    g_assert_cmpstr(record->title, ==, "a.mp3");
    g_assert_cmpint(record->state, ==, MEETING_READY);
    g_assert_cmpint(record->schema, ==, 1);
    g_assert_cmpuint(record->action_items_count, ==, 3);
    g_assert_cmpuint(record->requirements_count, ==, 2);
    g_assert_cmpuint(record->transcription_length, ==, 1234);
    g_assert_cmpstr(record->extraction_method, ==, "bedrock");
    g_assert_true(record->bedrock_used);
    g_assert_cmpfloat(record->coverage, ==, 1);

    g_autoptr(json_t) written = record_to_json(record);
    g_assert_cmpstr(json_get_string(written, "timestamp", NULL), ==, "2025-03-04T05:06:07.089Z");
    g_assert_cmpint(json_get_int(written, "schema", 0), ==, 2);
    g_assert_cmpstr(json_get_string(json_object_get(written, "department"), "name", NULL), ==, "R&D");
    g_autoptr(Record) again = NULL;
    g_assert_true(record_from_json(written, NULL, &again, NULL));
    g_assert_cmpint(again->timestamp_ms, ==, when);
}

static void test_unreadable_time_survives(void) {
    static const char *const times[] = {"\"last Tuesday\"", "1741064767", "[1]", "null", "\"1960-01-01T00:00:00\""};
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autofree char *text = g_strdup_printf("{\"timestamp\":%s}", times[i]);
        g_autoptr(Record) record = read_record(text, "m");
        g_assert_cmpint(record->timestamp_ms, ==, 0);
        g_autoptr(json_t) written = record_to_json(record), before = parse(text);
        g_assert_true(json_equal(json_object_get(written, "timestamp"), json_object_get(before, "timestamp")));
        record->timestamp_ms = 1000; /* until someone knows better */
        g_autoptr(json_t) better = record_to_json(record);
        g_assert_cmpstr(json_get_string(better, "timestamp", NULL), ==, "1970-01-01T00:00:01.000Z");
    }
}

static void test_ids(void) {
    g_autoptr(Record) from_key = read_record("{}", "meeting-k");
    g_assert_cmpstr(from_key->meeting_id, ==, "meeting-k");
    g_assert_cmpstr(from_key->filename, ==, "");
    g_assert_cmpstr(from_key->title, ==, "");
    g_autoptr(Record) hostile = read_record("{\"meeting_id\":\"../../etc\"}", "meeting-k");
    g_assert_cmpstr(hostile->meeting_id, ==, "meeting-k");
    static const char *const bad[][2] = {{"[]", "m"}, {"null", "m"}, {"{}", NULL}, {"{\"meeting_id\":\"a/b\"}", "c/d"}};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(json_t) json = parse(bad[i][0]);
        g_autoptr(GError) error = NULL;
        Record *untouched = NULL;
        g_assert_false(record_from_json(json, bad[i][1], &untouched, &error));
        g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
        g_assert_null(untouched);
    }
}

static void test_hostile_values(void) {
    g_autoptr(Record) record = read_record("{\"action_items_count\":-5,\"requirements_count\":1e99,\"duration_ms\":9e18,"
                                           "\"coverage\":50,\"state\":\"gone\",\"schema\":\"x\","
                                           "\"title\":\"a\\u001b[31m\\nb\",\"tags\":[1,\"\",\"x\",{}],\"speakers\":\"Ann\","
                                           "\"objects\":{\"a\":5,\"b\":{\"bytes\":-1}},"
                                           "\"transcriber\":[],\"filename\":7,\"audio_s3_key\":\"\"}",
                                           "m");
    g_assert_cmpuint(record->action_items_count, ==, 0);
    g_assert_cmpuint(record->requirements_count, ==, G_MAXINT);
    g_assert_cmpint(record->duration_ms, ==, RECORDING_MS_MAX);
    g_assert_cmpfloat(record->coverage, ==, 1);
    g_assert_cmpint(record->state, ==, MEETING_READY);
    g_assert_cmpstr(record->title, ==, "a[31m b");
    g_assert_cmpuint(record->tags->len, ==, 1);
    g_assert_cmpuint(record->speakers->len, ==, 0);
    g_assert_cmpuint(record->objects->len, ==, 1);
    g_assert_cmpuint(record_object(record, "b")->bytes, ==, 0);
    g_assert_null(record->audio_key);
}

static void test_limits(void) {
    g_autoptr(json_t) json = json_pack("{s[]s[]}", "tags", "speakers"), tags = json_object_get(json, "tags");
    json_incref(tags);
    for (int i = 0; i < TAGS_MAX + 1; i++) json_array_append_new(tags, json_sprintf("tag %d", i));
    g_autofree char *at = g_strnfill(TAG_BYTES_MAX, 'a'), *over = g_strnfill(TAG_BYTES_MAX + 1, 'a');
    json_array_set_new(tags, 0, json_string(at));
    json_array_set_new(tags, 1, json_string(over));
    for (int i = 0; i < SPEAKERS_MAX + 1; i++) json_array_append_new(json_object_get(json, "speakers"), json_sprintf("S %d", i));
    g_autoptr(Record) record = NULL;
    g_assert_true(record_from_json(json, "m", &record, NULL));
    g_assert_cmpuint(record->tags->len, ==, TAGS_MAX);
    g_assert_cmpuint(strlen(record->tags->pdata[0]), ==, TAG_BYTES_MAX);
    g_assert_cmpuint(strlen(record->tags->pdata[1]), ==, TAG_BYTES_MAX);
    g_assert_cmpuint(record->speakers->len, ==, SPEAKERS_MAX);
}

static Record *full_record(void) {
    g_autoptr(Record) record = read_record(OLD_RECORD, NULL);
    record->schema = 2;
    record->state = MEETING_DELETING;
    record->duration_ms = 61000;
    record->language = g_strdup("en");
    record->transcriber = g_strdup("whisper");
    record->transcriber_model = g_strdup("base");
    record->extractor = g_strdup("offline");
    record->extractor_model = g_strdup("none");
    record->prompt_sha256 = g_strdup("00");
    record->coverage = 0.5;
    record->decisions_count = 1;
    record->questions_count = 4;
    record->updated_ms = 1700000000000;
    g_ptr_array_add(record->tags, g_strdup("red"));
    g_ptr_array_add(record->speakers, g_strdup("Ann"));
    record_set_object(record, "k1", 5, "aa", "\"e\"");
    record_set_object(record, "k2", 6, NULL, NULL);
    record_set_object(record, "k1", 7, "bb", NULL);
    return g_steal_pointer(&record);
}

static void test_objects(void) {
    g_autoptr(Record) record = full_record();
    g_assert_cmpuint(record->objects->len, ==, 2);
    g_assert_cmpuint(record_object(record, "k1")->bytes, ==, 7);
    g_assert_cmpstr(record_object(record, "k1")->sha256, ==, "bb");
    g_assert_null(record_object(record, "k3"));
}

static void test_copy_and_round_trip(void) {
    g_autoptr(Record) record = full_record();
    g_autoptr(json_t) json = record_to_json(record);
    g_autoptr(Record) copy = record_copy(record), read = NULL;
    g_assert_true(record_from_json(json, NULL, &read, NULL));
    g_clear_pointer(&record, record_free); /* the copy owns all it has */
    g_autoptr(json_t) of_copy = record_to_json(copy), of_read = record_to_json(read);
    g_assert_true(json_equal(json, of_copy));
    g_assert_true(json_equal(json, of_read));
    g_assert_cmpint(read->state, ==, MEETING_DELETING);
    g_assert_cmpstr(meeting_state_name(read->state), ==, "deleting");
    g_assert_cmpstr(meeting_state_name(MEETING_READY), ==, "ready");
    g_autoptr(GBytes) first = json_to_bytes(json, true), second = json_to_bytes(of_read, true);
    g_assert_true(g_bytes_equal(first, second));
}

static void test_damage(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    g_autoptr(Record) record = full_record();
    g_autoptr(json_t) json = record_to_json(record);
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    int parsed = 0;
    for (int i = 0; i < 5000; i++) {
        gsize size = g_bytes_get_size(bytes);
        g_autofree guint8 *damaged = random_damage(rand, g_bytes_get_data(bytes, NULL), &size);
        g_autoptr(json_t) hostile = json_parse(damaged, size, "damage", NULL);
        g_autoptr(Record) read = NULL;
        if (!hostile || !record_from_json(hostile, "m", &read, NULL)) continue;
        parsed++;
        g_autoptr(json_t) first = record_to_json(read);
        g_autoptr(Record) again = NULL;
        g_assert_true(record_from_json(first, NULL, &again, NULL));
        g_autoptr(json_t) second = record_to_json(again);
        g_assert_true(json_equal(first, second));
    }
    g_assert_cmpint(parsed, >, 300);
}

static void assert_key(char *key, const char *expected) {
    g_assert_cmpstr(key, ==, expected);
    g_free(key);
}

static void test_keys(void) {
    assert_key(key_document("m", DOCUMENT_TEXT), "transcriptions/m/transcription.txt");
    assert_key(key_document("m", DOCUMENT_TRANSCRIPT), "transcriptions/m/transcript.json");
    assert_key(key_document("m", DOCUMENT_SUMMARY), "transcriptions/m/summary.json");
    assert_key(key_document("m", DOCUMENT_REQUIREMENTS), "transcriptions/m/requirements.json");
    assert_key(key_document("m", DOCUMENT_WAVEFORM), "transcriptions/m/waveform.json");
    assert_key(key_document("m", DOCUMENT_RECORD), "transcriptions/m/metadata.json");
    assert_key(key_recording("u", "a b.mp3"), "meetings/u_a b.mp3");
    assert_key(key_job("m"), "hansard/jobs/m.json");
    assert_key(meeting_id_new("u"), "meeting-u");
    assert_key(meeting_id_of_key("transcriptions/m-1/x"), "m-1");
    assert_key(meeting_id_of_key("hansard/jobs/m.1.json"), "m.1");
    assert_key(meeting_id_of_key("hansard/uploads/m.1.json"), "m.1");
    static const char *const none[] = {
        "transcriptions/m",    "transcriptions//x",     "transcriptions/../x", "hansard/jobs/.json",
        "hansard/jobs/m",      "hansard/jobs/a/b.json", "meetings/u_a",        "",
        "transcriptions/a b/x"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) g_assert_null(meeting_id_of_key(none[i]));
}

static void test_meeting_ids(void) {
    g_autofree char *at = g_strnfill(MEETING_ID_BYTES_MAX, 'm'), *over = g_strnfill(MEETING_ID_BYTES_MAX + 1, 'm');
    g_assert_true(meeting_id_valid(at));
    g_assert_false(meeting_id_valid(over));
    g_assert_true(meeting_id_valid("A_z.9-"));
    static const char *const bad[] = {"", ".", "..", "a/b", "a b", "é", "a\n", "a%"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) g_assert_false(meeting_id_valid(bad[i]));
    g_assert_false(meeting_id_valid(NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record/old-record", test_old_record);
    g_test_add_func("/record/unreadable-time-survives", test_unreadable_time_survives);
    g_test_add_func("/record/ids", test_ids);
    g_test_add_func("/record/hostile-values", test_hostile_values);
    g_test_add_func("/record/limits", test_limits);
    g_test_add_func("/record/objects", test_objects);
    g_test_add_func("/record/copy-and-round-trip", test_copy_and_round_trip);
    g_test_add_func("/record/damage", test_damage);
    g_test_add_func("/keys/names", test_keys);
    g_test_add_func("/keys/meeting-ids", test_meeting_ids);
    return g_test_run();
}
