/* The record as a value and as metadata.json: the first version's fields keep their names and meaning, what is unknown is kept.
 */
#include "model/record.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "model/keys.h"
#include "model/members.h"


static const char *const known[] = {"meeting_id",
                                    "audio_s3_key",
                                    "timestamp",
                                    "filename",
                                    "action_items_count",
                                    "requirements_count",
                                    "transcription_length",
                                    "extraction_method",
                                    "bedrock_used",
                                    "schema",
                                    "title",
                                    "state",
                                    "duration_ms",
                                    "language",
                                    "speakers",
                                    "tags",
                                    "transcriber",
                                    "extractor",
                                    "coverage",
                                    "decisions_count",
                                    "questions_count",
                                    "objects",
                                    "updated",
                                    RECORD_SUM,
                                    NULL};

static void object_free(gpointer data) {
    RecordObject *object = data;
    g_free(object->key);
    g_free(object->sha256);
    g_free(object->etag);
    g_free(object);
}

Record *record_new(void) {
    Record *record = g_new0(Record, 1);
    record->schema = 2;
    record->coverage = 1;
    record->speakers = g_ptr_array_new_with_free_func(g_free);
    record->tags = g_ptr_array_new_with_free_func(g_free);
    record->objects = g_ptr_array_new_with_free_func(object_free);
    return record;
}

void record_free(Record *record) {
    if (!record) return;
    g_free(record->meeting_id);
    g_free(record->audio_key);
    g_free(record->filename);
    g_free(record->extraction_method);
    g_free(record->title);
    g_free(record->language);
    g_ptr_array_unref(record->speakers);
    g_ptr_array_unref(record->tags);
    g_free(record->transcriber);
    g_free(record->transcriber_model);
    g_free(record->extractor);
    g_free(record->extractor_model);
    g_free(record->prompt_sha256);
    g_ptr_array_unref(record->objects);
    json_decref(record->extra);
    g_free(record);
}

static gpointer copy_string(gconstpointer text, gpointer unused) { return g_strdup(text); }

static gpointer copy_object(gconstpointer data, gpointer unused) {
    const RecordObject *object = data;
    RecordObject *copy = g_memdup2(object, sizeof *object);
    copy->key = g_strdup(object->key);
    copy->sha256 = g_strdup(object->sha256);
    copy->etag = g_strdup(object->etag);
    return copy;
}

static GPtrArray *copy_array(GPtrArray *array, GCopyFunc copy_element, GDestroyNotify free_element) {
    GPtrArray *copy = g_ptr_array_copy(array, copy_element, NULL);
    g_ptr_array_set_free_func(copy, free_element);
    return copy;
}

Record *record_copy(const Record *record) {
    Record *copy = g_memdup2(record, sizeof *record);
    copy->meeting_id = g_strdup(record->meeting_id);
    copy->audio_key = g_strdup(record->audio_key);
    copy->filename = g_strdup(record->filename);
    copy->extraction_method = g_strdup(record->extraction_method);
    copy->title = g_strdup(record->title);
    copy->language = g_strdup(record->language);
    copy->speakers = copy_array(record->speakers, copy_string, g_free);
    copy->tags = copy_array(record->tags, copy_string, g_free);
    copy->transcriber = g_strdup(record->transcriber);
    copy->transcriber_model = g_strdup(record->transcriber_model);
    copy->extractor = g_strdup(record->extractor);
    copy->extractor_model = g_strdup(record->extractor_model);
    copy->prompt_sha256 = g_strdup(record->prompt_sha256);
    copy->objects = copy_array(record->objects, copy_object, object_free);
    copy->extra = json_deep_copy(record->extra);
    return copy;
}

const RecordObject *record_object(const Record *record, const char *key) {
    for (guint i = 0; i < record->objects->len; i++) {
        const RecordObject *object = g_ptr_array_index(record->objects, i);
        if (strcmp(object->key, key) == 0) return object;
    }
    return NULL;
}

void record_set_object(Record *record, const char *key, guint64 bytes, const char *sha256, const char *etag) {
    RecordObject *object = g_new0(RecordObject, 1);
    object->key = g_strdup(key);
    object->bytes = bytes;
    object->sha256 = g_strdup(sha256);
    object->etag = g_strdup(etag);
    for (guint i = 0; i < record->objects->len; i++) {
        RecordObject *before = g_ptr_array_index(record->objects, i);
        if (strcmp(before->key, key) != 0) continue;
        object_free(before);
        record->objects->pdata[i] = object;
        return;
    }
    g_ptr_array_add(record->objects, object);
}

void record_drop_object(Record *record, const char *key) {
    for (guint i = record->objects->len; i-- > 0;)
        if (strcmp(((RecordObject *)record->objects->pdata[i])->key, key) == 0) g_ptr_array_remove_index(record->objects, i);
}

static json_t *time_to_json(gint64 unix_ms) {
    g_autofree char *text = unix_ms > 0 ? time_format(unix_ms) : NULL;
    return json_text(text);
}

static json_t *objects_to_json(const GPtrArray *objects) {
    json_t *json = json_object();
    for (guint i = 0; i < objects->len; i++) {
        const RecordObject *object = g_ptr_array_index(objects, i);
        json_object_set_new(json, object->key,
                            json_pack("{sIsoso}", "bytes", (json_int_t)object->bytes, "sha256", json_text(object->sha256), "etag",
                                      json_text(object->etag)));
    }
    return json;
}

static json_t *first_version_to_json(const Record *record) {
    json_t *json = json_pack("{soso}", "meeting_id", json_text(record->meeting_id), "audio_s3_key", json_text(record->audio_key));
    /* a time that could not be read stands in `extra` as it was */
    if (record->timestamp_ms != 0 || !json_object_get(record->extra, "timestamp"))
        json_object_set_new(json, "timestamp", time_to_json(record->timestamp_ms));
    else
        json_object_set(json, "timestamp", json_object_get(record->extra, "timestamp"));
    json_object_set_new(json, "filename", json_text(record->filename));
    json_object_set_new(json, "action_items_count", json_integer(record->action_items_count));
    json_object_set_new(json, "requirements_count", json_integer(record->requirements_count));
    json_object_set_new(json, "transcription_length", json_integer((json_int_t)record->transcription_length));
    json_object_set_new(json, "extraction_method", json_text(record->extraction_method));
    json_object_set_new(json, "bedrock_used", json_boolean(record->bedrock_used));
    return json;
}

json_t *record_to_json(const Record *record) {
    json_t *json = first_version_to_json(record);
    json_t *added = json_pack("{sisosssIsososo}", "schema", MAX(record->schema, 2), "title", json_text(record->title), "state",
                              meeting_state_name(record->state), "duration_ms", (json_int_t)record->duration_ms, "language",
                              json_text(record->language), "speakers", strings_to_json(record->speakers), "tags",
                              strings_to_json(record->tags));
    json_object_set_new(
        added, "transcriber",
        json_pack("{soso}", "name", json_text(record->transcriber), "model", json_text(record->transcriber_model)));
    json_object_set_new(added, "extractor",
                        json_pack("{sososo}", "name", json_text(record->extractor), "model", json_text(record->extractor_model),
                                  "prompt_sha256", json_text(record->prompt_sha256)));
    json_object_set_new(added, "coverage", ratio_to_json(record->coverage));
    json_object_set_new(added, "decisions_count", json_integer(record->decisions_count));
    json_object_set_new(added, "questions_count", json_integer(record->questions_count));
    json_object_set_new(added, "objects", objects_to_json(record->objects));
    json_object_set_new(added, "updated", time_to_json(record->updated_ms));
    json_object_update_new(json, added);
    if (record->extra) json_object_update_missing(json, record->extra);
    return json;
}

static guint read_count(const json_t *json, const char *name) { return (guint)member_int(json, name, 0, G_MAXINT, 0); }

static gint64 read_time(const json_t *json, const char *name) {
    gint64 unix_ms = 0;
    if (!time_parse(json_get_string(json, name, NULL), &unix_ms)) return 0;
    return unix_ms < 0 || unix_ms > TIME_MS_MAX ? 0 : unix_ms;
}

static void read_objects(Record *record, const json_t *json) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value) {
        if (record->objects->len >= RECORD_OBJECTS_MAX) return;
        if (strlen(key) > KEY_BYTES_MAX || !json_is_object(value)) continue;
        g_autofree char *sha256 = member_text(value, "sha256", 64, false);
        g_autofree char *etag = member_text(value, "etag", KEY_BYTES_MAX, false);
        record_set_object(record, key, (guint64)member_int(value, "bytes", 0, RECORDING_BYTES_MAX, 0), sha256, etag);
    }
}

static void read_first_version(Record *record, const json_t *json) {
    record->audio_key = member_text(json, "audio_s3_key", KEY_BYTES_MAX, false);
    record->timestamp_ms = read_time(json, "timestamp");
    record->filename = member_text(json, "filename", RECORD_BYTES_MAX, false);
    if (!record->filename) record->filename = g_strdup("");
    record->action_items_count = read_count(json, "action_items_count");
    record->requirements_count = read_count(json, "requirements_count");
    record->transcription_length = (guint64)member_int(json, "transcription_length", 0, G_MAXINT, 0);
    record->extraction_method = member_text(json, "extraction_method", TITLE_BYTES_MAX, false);
    record->bedrock_used = json_get_bool(json, "bedrock_used", false);
}

static void read_added(Record *record, const json_t *json) {
    record->schema = (int)member_int(json, "schema", 1, G_MAXINT, 1);
    record->title = member_text(json, "title", RECORD_BYTES_MAX, false);
    if (!record->title) record->title = g_strdup(record->filename);
    if (g_str_equal(json_get_string(json, "state", ""), "deleting")) record->state = MEETING_DELETING;
    record->duration_ms = value_ms(json_object_get(json, "duration_ms"));
    record->language = member_text(json, "language", TAG_BYTES_MAX, false);
    const json_t *transcriber = json_object_get(json, "transcriber"), *extractor = json_object_get(json, "extractor");
    record->transcriber = member_text(transcriber, "name", TITLE_BYTES_MAX, false);
    record->transcriber_model = member_text(transcriber, "model", TITLE_BYTES_MAX, false);
    record->extractor = member_text(extractor, "name", TITLE_BYTES_MAX, false);
    record->extractor_model = member_text(extractor, "model", TITLE_BYTES_MAX, false);
    record->prompt_sha256 = member_text(extractor, "prompt_sha256", TITLE_BYTES_MAX, false);
    record->coverage = member_ratio(json, "coverage", 1);
    record->decisions_count = read_count(json, "decisions_count");
    record->questions_count = read_count(json, "questions_count");
    record->updated_ms = read_time(json, "updated");
    read_objects(record, json_object_get(json, "objects"));
}

static void read_strings(GPtrArray **strings, const json_t *json, const char *name, gsize bytes_max, guint count_max) {
    g_ptr_array_unref(*strings);
    *strings = member_strings(json, name, bytes_max, count_max);
}

bool record_from_json(const json_t *json, const char *meeting_id, Record **record, GError **error) {
    /* The key is the id: a copied object must not speak for the meeting that it was copied from. */
    const char *id = meeting_id_valid(meeting_id) ? meeting_id : json_get_string(json, "meeting_id", NULL);
    if (!json_is_object(json) || !meeting_id_valid(id))
        return fail(
            error, ERROR_CORRUPT,
            "The record of meeting %s is not a JSON object with a meeting_id; restore metadata.json or delete the meeting",
            meeting_id ? meeting_id : "(unknown)");
    Record *read = record_new();
    read->meeting_id = g_strdup(id);
    read_first_version(read, json);
    read_added(read, json);
    read_strings(&read->speakers, json, "speakers", SPEAKER_NAME_BYTES_MAX, SPEAKERS_MAX);
    read_strings(&read->tags, json, "tags", TAG_BYTES_MAX, TAGS_MAX);
    read->extra = members_unknown(json, known);
    if (read->timestamp_ms == 0 && json_object_get(json, "timestamp")) {
        if (!read->extra) read->extra = json_object();
        json_object_set(read->extra, "timestamp", json_object_get(json, "timestamp"));
    }
    *record = read;
    return true;
}

bool record_has_recording(const Record *record) {
    bool imported = g_strcmp0(record->transcriber, "import") == 0 && record->transcriber_model;
    return record->audio_key && !imported;
}

const char *meeting_state_name(MeetingState state) { return state == MEETING_DELETING ? "deleting" : "ready"; }

void record_seal(json_t *json) {
    json_object_del(json, RECORD_SUM);
    g_autofree char *sum = json_sha256(json);
    json_object_set_new(json, RECORD_SUM, json_string(sum));
}

RecordProof record_proof(const json_t *json) {
    const json_t *member = json_object_get(json, RECORD_SUM);
    if (!member) return RECORD_UNPROVEN;
    g_autoptr(json_t) rest = json_copy((json_t *)json); /* shallow; jansson's parameter is not const though it only reads */
    json_object_del(rest, RECORD_SUM);
    g_autofree char *sum = json_sha256(rest);
    return g_strcmp0(sum, json_string_value(member)) == 0 ? RECORD_PROVEN : RECORD_ALTERED;
}
