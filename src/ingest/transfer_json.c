/* The transfer as a value and as JSON. What is read is strict: an object that breaks a limit is no upload, and one that names another meeting's recording
 * least of all, for abort and complete act on that key. */
#include <string.h>

#include "base/limits.h"
#include "ingest/transfer.h"

#define RUN_BYTES_MAX 64
#define LANGUAGE_BYTES_MAX 64
#define CONTENT_TYPE_BYTES_MAX 255

static const char *const state_names[TRANSFER_STATE_COUNT] = {"open", "completing", "aborting"};

static const struct {
    const char *name;
    gsize offset; /* of a char * in Transfer */
    gsize bytes_max;
    bool optional;
} texts[] = {
    {"audio_s3_key", offsetof(Transfer, audio_key), KEY_BYTES_MAX, false},
    {"upload_id", offsetof(Transfer, upload_id), UPLOAD_ID_BYTES_MAX, false},
    {"run", offsetof(Transfer, run), RUN_BYTES_MAX, false},
    {"filename", offsetof(Transfer, filename), FILENAME_BYTES_MAX, false},
    {"title", offsetof(Transfer, title), TITLE_BYTES_MAX, false},
    {"content_type", offsetof(Transfer, content_type), CONTENT_TYPE_BYTES_MAX, true},
    {"language", offsetof(Transfer, language), LANGUAGE_BYTES_MAX, true},
    {"vocabulary", offsetof(Transfer, vocabulary), VOCABULARY_BYTES_MAX, true},
};

void transfer_free(Transfer *transfer) {
    if (!transfer) return;
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) g_free(G_STRUCT_MEMBER(char *, transfer, texts[i].offset));
    g_clear_pointer(&transfer->tags, g_ptr_array_unref);
    g_free(transfer->meeting_id);
    g_free(transfer->etag);
    g_free(transfer);
}

const char *transfer_state_name(TransferState state) {
    g_assert(state < TRANSFER_STATE_COUNT);
    return state_names[state];
}

json_t *transfer_to_json(const Transfer *transfer) {
    json_t *json = json_pack("{s:o, s:s, s:I, s:I, s:I}", "meeting_id", json_text(transfer->meeting_id), "state",
                             transfer_state_name(transfer->state), "size", (json_int_t)transfer->size, "part_size",
                             (json_int_t)transfer->part_size, "created_ms", (json_int_t)transfer->created_ms);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        json_object_set_new(json, texts[i].name, json_text(G_STRUCT_MEMBER(char *, transfer, texts[i].offset)));
    json_t *tags = json_array();
    for (guint i = 0; i < transfer->tags->len; i++) json_array_append_new(tags, json_text(g_ptr_array_index(transfer->tags, i)));
    json_object_set_new(json, "tags", tags);
    return json;
}

static bool read_texts(const json_t *json, Transfer *transfer, const char **member) {
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const json_t *value = json_object_get(json, *member = texts[i].name);
        if (texts[i].optional && (!value || json_is_null(value))) continue;
        const char *text = json_string_value(value);
        gsize length = json_string_length(value);
        if (!text || length > texts[i].bytes_max || strlen(text) != length || (length == 0 && !texts[i].optional)) return false;
        *(char **)G_STRUCT_MEMBER_P(transfer, texts[i].offset) = g_strdup(text);
    }
    g_autofree char *owner = meeting_id_of_recording(transfer->audio_key);
    *member = "audio_s3_key";
    return g_strcmp0(owner, transfer->meeting_id) == 0 && store_key_check(transfer->audio_key, NULL);
}

static bool read_number(const json_t *json, const char *name, guint64 min, guint64 max, guint64 *number) {
    const json_t *value = json_object_get(json, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *number = (guint64)json_integer_value(value);
    return *number >= min && *number <= max;
}

static bool read_numbers(const json_t *json, Transfer *transfer, const char **member) {
    guint64 created_ms;
    if (!read_number(json, *member = "created_ms", 0, TIME_MS_MAX, &created_ms) ||
        !read_number(json, *member = "size", 1, RECORDING_BYTES_MAX, &transfer->size) ||
        !read_number(json, *member = "part_size", UPLOAD_PART_BYTES_MIN, UPLOAD_PART_BYTES_MAX, &transfer->part_size))
        return false;
    transfer->created_ms = (gint64)created_ms;
    return transfer_part_count(transfer) <= S3_PARTS_MAX;
}

static bool read_tags(const json_t *json, GPtrArray *tags, const char **member) {
    const json_t *array = json_object_get(json, *member = "tags"), *tag;
    if (!json_is_array(array) || json_array_size(array) > TAGS_MAX) return false;
    gsize i;
    json_array_foreach(array, i, tag) {
        const char *text = json_string_value(tag);
        if (!text || strlen(text) > TAG_BYTES_MAX) return false;
        g_ptr_array_add(tags, g_strdup(text));
    }
    return true;
}

static bool read_state(const json_t *json, TransferState *state, const char **member) {
    const char *name = json_get_string(json, *member = "state", "");
    for (TransferState i = TRANSFER_OPEN; i < TRANSFER_STATE_COUNT; i++) {
        if (strcmp(name, state_names[i]) != 0) continue;
        *state = i;
        return true;
    }
    return false;
}

bool transfer_from_json(const json_t *json, const char *meeting_id, Transfer **transfer, GError **error) {
    g_autoptr(Transfer) read = g_new0(Transfer, 1);
    const char *member = "meeting_id";
    read->meeting_id = g_strdup(meeting_id);
    read->tags = g_ptr_array_new_with_free_func(g_free);
    if (json_is_object(json) && strcmp(json_get_string(json, member, ""), meeting_id) == 0 && read_texts(json, read, &member) &&
        read_numbers(json, read, &member) && read_tags(json, read->tags, &member) && read_state(json, &read->state, &member)) {
        *transfer = g_steal_pointer(&read);
        return true;
    }
    return fail(error, ERROR_CORRUPT, "the upload of %s has no valid \"%s\": remove its object under " PREFIX_UPLOADS, meeting_id, member);
}
