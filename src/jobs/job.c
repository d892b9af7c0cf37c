/* The job as a value and as JSON. Two tables name its members, with their limits, for reading and writing alike. What is read
 * is strict: an object that breaks a limit is no job, rather than another job than was asked for. */
#include <string.h>

#include "base/limits.h"
#include "jobs/jobs.h"
#include "model/keys.h"

#define UUID_BYTES_MAX 64
#define CODE_BYTES_MAX 64
#define LANGUAGE_BYTES_MAX 64
#define WORKER_BYTES_MAX 255

static const char *const state_names[JOB_STATE_COUNT] = {"queued", "running", "failed", "deleting", "done"};
static const char *const stage_names[STAGE_COUNT] = {"transcribe", "extract", "commit"};

static const struct {
    const char *name;
    gsize offset; /* of a char * in Job */
    gsize bytes_max;
} texts[] = {
    {"run", offsetof(Job, run), UUID_BYTES_MAX},
    {"audio_s3_key", offsetof(Job, audio_key), KEY_BYTES_MAX},
    {"filename", offsetof(Job, filename), FILENAME_BYTES_MAX},
    {"title", offsetof(Job, title), TITLE_BYTES_MAX},
    {"audio_sha256", offsetof(Job, audio_sha256), 64},
    {"language", offsetof(Job, language), LANGUAGE_BYTES_MAX},
    {"vocabulary", offsetof(Job, vocabulary), VOCABULARY_BYTES_MAX},
    {"error_code", offsetof(Job, error_code), CODE_BYTES_MAX},
    {"error_message", offsetof(Job, error_message), JOB_ERROR_BYTES_MAX},
    {"worker", offsetof(Job, worker), WORKER_BYTES_MAX},
    {"revision", offsetof(Job, revision), UUID_BYTES_MAX},
};

static const struct {
    const char *name;
    gsize offset; /* of a gint64 in Job */
    gint64 min;
} times[] = {
    {"timestamp_ms", offsetof(Job, timestamp_ms), 0},   {"not_before_ms", offsetof(Job, not_before_ms), 0},
    {"remaining_ms", offsetof(Job, remaining_ms), -1},  {"created_ms", offsetof(Job, created_ms), 0},
    {"updated_ms", offsetof(Job, updated_ms), 0},       {"lease_until_ms", offsetof(Job, lease_until_ms), 0},
};

/* The members that neither table has. */
static const char *const other_names[] = {"meeting_id", "state", "stage", "audio_bytes", "tags", "attempts", "progress"};

Job *job_new(const char *meeting_id) {
    Job *job = g_new0(Job, 1);
    job->meeting_id = g_strdup(meeting_id);
    job->run = g_uuid_string_random();
    job->tags = g_ptr_array_new_with_free_func(g_free);
    job->remaining_ms = -1;
    return job;
}

void job_free(Job *job) {
    if (!job) return;
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) g_free(G_STRUCT_MEMBER(char *, job, texts[i].offset));
    g_free(job->meeting_id);
    g_free(job->etag);
    g_ptr_array_unref(job->tags);
    json_decref(job->extra);
    g_free(job);
}

void job_enter_stage(Job *job, JobStage stage) {
    job->stage = stage;
    job->attempts = 0;
    job->progress = 0;
    job->remaining_ms = -1;
    g_clear_pointer(&job->error_code, g_free);
    g_clear_pointer(&job->error_message, g_free);
}

const char *job_state_name(JobState state) { return state_names[state]; }

const char *job_stage_name(JobStage stage) { return stage_names[stage]; }

json_t *job_to_json(const Job *job) {
    json_t *json = json_object();
    json_object_set_new(json, "meeting_id", json_text(job->meeting_id));
    json_object_set_new(json, "state", json_text(job_state_name(job->state)));
    json_object_set_new(json, "stage", json_text(job_stage_name(job->stage)));
    json_object_set_new(json, "attempts", json_integer(job->attempts));
    json_object_set_new(json, "progress", json_real(job->progress));
    json_object_set_new(json, "audio_bytes", json_integer((json_int_t)job->audio_bytes));
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        json_object_set_new(json, texts[i].name, json_text(G_STRUCT_MEMBER(char *, job, texts[i].offset)));
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++)
        json_object_set_new(json, times[i].name, json_integer(G_STRUCT_MEMBER(gint64, job, times[i].offset)));
    json_t *tags = json_array();
    for (guint i = 0; i < job->tags->len; i++) json_array_append_new(tags, json_text(g_ptr_array_index(job->tags, i)));
    json_object_set_new(json, "tags", tags);
    if (job->extra) json_object_update_missing(json, job->extra);
    return json;
}

/* -- reading ------------------------------------------------------------------------------------------------------------- */

static bool wrong(const char *meeting_id, const char *member, GError **error) {
    return fail(error, ERROR_CORRUPT, "The job of %s has no valid \"%s\": remove its object, then process the meeting again",
                meeting_id, member);
}

/* A whole number within min..max; absent is the least that is not negative. */
static bool read_number(const json_t *json, const char *name, gint64 min, gint64 max, gint64 *number) {
    const json_t *value = json_object_get(json, name);
    if (value && (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max)) return false;
    *number = value ? json_integer_value(value) : MIN(min, 0);
    return true;
}

static bool read_name(const json_t *json, const char *name, const char *const *names, int count, int *index) {
    const char *text = json_get_string(json, name, "");
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *index = i;
        return true;
    }
    return false;
}

static bool read_tags(const json_t *json, GPtrArray *tags) {
    const json_t *array = json_object_get(json, "tags"), *tag;
    if (array && (!json_is_array(array) || json_array_size(array) > TAGS_MAX)) return false;
    gsize i;
    json_array_foreach(array, i, tag) {
        const char *text = json_string_value(tag);
        if (!text || strlen(text) > TAG_BYTES_MAX) return false;
        g_ptr_array_add(tags, g_strdup(text));
    }
    return true;
}

static bool read_texts(const json_t *json, Job *job, const char **member) {
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const json_t *value = json_object_get(json, *member = texts[i].name);
        if (!value || json_is_null(value)) continue;
        if (!json_is_string(value) || json_string_length(value) > texts[i].bytes_max) return false;
        char **text = G_STRUCT_MEMBER_P(job, texts[i].offset);
        g_free(*text);
        *text = g_strdup(json_string_value(value));
    }
    *member = "audio_s3_key";
    return !job->audio_key || store_key_check(job->audio_key, NULL);
}

static bool read_numbers(const json_t *json, Job *job, const char **member) {
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++)
        if (!read_number(json, *member = times[i].name, times[i].min, TIME_MS_MAX, G_STRUCT_MEMBER_P(job, times[i].offset)))
            return false;
    gint64 number;
    if (!read_number(json, *member = "audio_bytes", 0, RECORDING_BYTES_MAX, &number)) return false;
    job->audio_bytes = (guint64)number;
    if (!read_number(json, *member = "attempts", 0, G_MAXINT32, &number)) return false;
    job->attempts = (guint)number;
    job->progress = CLAMP(json_get_real(json, "progress", 0), 0, 1);
    return true;
}

static bool read_state(const json_t *json, Job *job, const char **member) {
    int state, stage;
    if (!read_name(json, *member = "state", state_names, JOB_STATE_COUNT, &state)) return false;
    if (!read_name(json, *member = "stage", stage_names, STAGE_COUNT, &stage)) return false;
    job->state = (JobState)state;
    job->stage = (JobStage)stage;
    return true;
}

static json_t *read_extra(const json_t *json) {
    json_t *extra = json_copy((json_t *)json);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) json_object_del(extra, texts[i].name);
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) json_object_del(extra, times[i].name);
    for (gsize i = 0; i < G_N_ELEMENTS(other_names); i++) json_object_del(extra, other_names[i]);
    if (json_object_size(extra) > 0) return extra;
    json_decref(extra);
    return NULL;
}

bool job_from_json(const json_t *json, const char *meeting_id, Job **job, GError **error) {
    if (!json_is_object(json)) return fail(error, ERROR_CORRUPT, "The job of %s is no JSON object: remove it", meeting_id);
    const char *member = "meeting_id";
    if (strcmp(json_get_string(json, member, ""), meeting_id) != 0) return wrong(meeting_id, member, error);
    g_autoptr(Job) read = job_new(meeting_id);
    if (!read_state(json, read, &member) || !read_texts(json, read, &member) || !read_numbers(json, read, &member))
        return wrong(meeting_id, member, error);
    if (!read_tags(json, read->tags)) return wrong(meeting_id, "tags", error);
    read->extra = read_extra(json);
    *job = g_steal_pointer(&read);
    return true;
}
