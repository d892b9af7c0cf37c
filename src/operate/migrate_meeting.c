/* One meeting: copied object by object; its record put last. What changes meanwhile is judged anew. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "operate/migrate_meeting.h"

#define TRIES 4

/* -- copying ------------------------------------------------------------------------------------------------------------- */

static bool is_document(const char *meeting_id, const char *key) {
    for (Document document = 0; document < DOCUMENT_RECORD; document++) {
        g_autofree char *own = key_document(meeting_id, document);
        if (strcmp(own, key) == 0) return true;
    }
    return false;
}

/* What is recorded of the object, where that is to be held against it: not of the documents while an edit of them is under way. */
static const RecordObject *expectation(const Bringing *bringing, const char *key) {
    const RecordObject *described = record_object(bringing->record, key);
    if (!described || !described->sha256 || bringing->migrate->options->damaged) return NULL;
    return json_object_get(bringing->source, PENDING_EDIT) && strcmp(key, bringing->audio_key ? bringing->audio_key : "") != 0 ? NULL : described;
}

static void free_object(gpointer data) {
    migrate_object_clear(data);
    g_free(data);
}

static bool copy_one(Bringing *bringing, const char *key, GTree *objects, GError **error) {
    Migrate *migrate = bringing->migrate;
    const RecordObject *described = expectation(bringing, key);
    const StoreEntry *standing = bringing_entry(bringing->to, key);
    bool is_audio = g_strcmp0(key, bringing->audio_key) == 0, copied = false;
    MigrateCopy copy = {.from = key, .to = key};
    if (described) copy.sha256 = described->sha256, copy.bytes = described->bytes;
    if (standing) copy.stands = true, copy.standing_bytes = standing->size, copy.standing_etag = standing->etag;
    if (is_audio && bringing->audio_stands) copy.stands = true, copy.standing_bytes = bringing->audio.size, copy.standing_etag = bringing->audio.etag;
    g_auto(MigrateObject) object = {0};
    if (!migrate_object(migrate, &copy, &object, &copied, error)) return false;
    if (copied) bringing->copied += object.bytes;
    if (!is_audio && !is_document(bringing->meeting_id, key)) return true; /* taken along, and not the record's */
    g_tree_replace(objects, g_strdup(key), g_memdup2(&object, sizeof object));
    object = (MigrateObject){0};
    return true;
}

/* The source has no recording. Where its record describes one, that is damage; the first version's describe none. */
static bool miss_recording(Bringing *bringing, GError **error) {
    if (record_object(bringing->record, bringing->audio_key) && !bringing->migrate->options->damaged)
        return fail(error, ERROR_CORRUPT, "its recording %s is gone from the source: restore it there, or give --damaged", bringing->audio_key);
    g_free(bringing->reason);
    bringing->reason = g_strdup("the source has no recording of it");
    return true;
}

static bool copy_recording(Bringing *bringing, GTree *objects, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (!bringing->audio_key || copy_one(bringing, bringing->audio_key, objects, &problem)) return true;
    if (error_is(problem, ERROR_NOT_FOUND)) return miss_recording(bringing, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* A document that the record describes and the source has no more. */
static bool check_none_missing(const Bringing *bringing, GError **error) {
    for (Document document = 0; document < DOCUMENT_RECORD && !bringing->migrate->options->damaged; document++) {
        g_autofree char *key = key_document(bringing->meeting_id, document);
        if (record_object(bringing->record, key) && !bringing_entry(bringing->from, key))
            return fail(error, ERROR_CORRUPT, "its %s is gone from the source: run `hansard verify --repair` there, or give --damaged",
                        document_name(document));
    }
    return true;
}

static bool copy_objects(Bringing *bringing, GTree *objects, GError **error) {
    if (!check_none_missing(bringing, error)) return false;
    for (guint i = 0; i < bringing->from->len; i++)
        if (!copy_one(bringing, ((StoreEntry *)bringing->from->pdata[i])->key, objects, error)) return false;
    return copy_recording(bringing, objects, error);
}

static bool check_unchanged(const Bringing *bringing, GError **error) {
    g_autofree char *key = key_document(bringing->meeting_id, DOCUMENT_RECORD);
    g_auto(StoreInfo) info = {0};
    if (!store_head(bringing->migrate->source, key, &info, error)) return false;
    return strcmp(info.etag, bringing->source_etag) == 0 || fail(error, ERROR_PRECONDITION, "%s was changed meanwhile", key);
}

static bool put_record(const Bringing *bringing, GTree *objects, GError **error) {
    const Migrate *migrate = bringing->migrate;
    g_autofree char *key = key_document(bringing->meeting_id, DOCUMENT_RECORD);
    g_autoptr(json_t) json = migrate_record_make(bringing->source, objects, migrate->options->damaged);
    g_autoptr(GBytes) bytes = json_to_bytes(json, true);
    g_autoptr(Record) record = NULL;
    StorePut put = {.content_type = "application/json", .if_match = bringing->standing_etag, .if_none_match = !bringing->standing_etag};
    if (g_bytes_get_size(bytes) > RECORD_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "its metadata.json would have more than %d bytes", (int)RECORD_BYTES_MAX);
    /* One whose time has moved has a row of the old time. */
    return record_from_json(json, bringing->meeting_id, &record, error) && store_put(migrate->store, key, bytes, &put, NULL, error) &&
           (!bringing->standing_record || bringing->standing_record->timestamp_ms == record->timestamp_ms ||
            catalog_remove(migrate->meetings->catalog, record->meeting_id, bringing->standing_record->timestamp_ms, error)) &&
           meeting_index(migrate->meetings, record, error);
}

static bool copy_meeting(Bringing *bringing, GError **error) {
    g_autoptr(GTree) objects = text_map_new(g_free, free_object);
    return copy_objects(bringing, objects, error) && check_unchanged(bringing, error) && put_record(bringing, objects, error);
}

/* -- the whole ----------------------------------------------------------------------------------------------------------- */

/* What a copy would copy. */
static guint64 plan(const Bringing *bringing) {
    guint64 bytes = 0;
    for (guint i = 0; i < bringing->from->len; i++) {
        const StoreEntry *entry = bringing->from->pdata[i], *standing = bringing_entry(bringing->to, entry->key);
        if (!standing || standing->size != entry->size) bytes += entry->size;
    }
    guint64 audio = bringing->audio_key ? migrate_use_recording(bringing->migrate, bringing->audio_key) : 0;
    return audio > 0 && (!bringing->audio_stands || bringing->audio.size != audio) ? bytes + audio : bytes;
}

/* A run that died between the record and its row has left it without. */
static bool list_anew(const Bringing *bringing, GError **error) {
    Migrate *migrate = bringing->migrate;
    g_autoptr(Row) row = row_of_record(bringing->standing_record);
    g_autofree char *key = row_to_key(row);
    if (migrate->options->dry_run || (migrate->rows && key_table_find(migrate->rows, key))) return true;
    return meeting_index(migrate->meetings, bringing->standing_record, error);
}

static bool act(Bringing *bringing, Judgement judgement, GError **error) {
    MigrateReport report = {.kind = MIGRATE_MEETING, .name = bringing->meeting_id, .outcome = MIGRATE_LEFT};
    if (judgement == JUDGED_GONE) return true;
    if (judgement == JUDGED_THERE) {
        report.outcome = MIGRATE_THERE;
        if (!list_anew(bringing, error)) return false;
    } else if (judgement == JUDGED_COPY && bringing->migrate->options->dry_run) {
        report.outcome = MIGRATE_PLANNED;
        report.bytes = plan(bringing);
    } else if (judgement == JUDGED_COPY) {
        if (!copy_meeting(bringing, error)) return false;
        report.outcome = MIGRATE_COPIED;
        report.bytes = bringing->copied;
    }
    report.reason = bringing->reason;
    migrate_tell(bringing->migrate, &report);
    return migrate_advance(bringing->migrate, bringing->bytes - MIN(bringing->bytes, bringing->copied), error);
}

static bool changes(const GError *problem) { return error_is(problem, ERROR_PRECONDITION) || error_is(problem, ERROR_NOT_FOUND); }

bool migrate_meeting(Migrate *migrate, const char *meeting_id, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autofree char *recording = NULL;
    for (int tries = 0; tries < TRIES; tries++) {
        g_auto(Bringing) bringing = {.migrate = migrate, .meeting_id = meeting_id};
        Judgement judgement;
        g_clear_error(&problem);
        if (bringing_judge(&bringing, &judgement, &problem) && act(&bringing, judgement, &problem)) return true;
        g_free(recording);
        recording = g_strdup(bringing.audio_key);
        if (!changes(problem)) break;
    }
    if (changes(problem)) g_prefix_error(&problem, "it is being changed all the time, run this again later: ");
    else if (!migrate_is_of_recording(migrate, recording, problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    MigrateReport report = {.kind = MIGRATE_MEETING, .name = meeting_id, .outcome = MIGRATE_LEFT, .reason = problem->message};
    migrate_tell(migrate, &report);
    return true;
}

/* -- removing from the source -------------------------------------------------------------------------------------------- */

/* Every byte once more, against what the destination's record says. */
static bool prove_whole(const Bringing *bringing, GError **error) {
    const GPtrArray *objects = bringing->standing_record->objects;
    for (guint i = 0; i < objects->len; i++) {
        const RecordObject *described = objects->pdata[i];
        g_auto(MigrateObject) object = {0};
        if (!migrate_sum(bringing->migrate, bringing->migrate->store, described->key, described->etag, &object, error)) return false;
        if (!described->sha256 || strcmp(object.sha256, described->sha256) != 0 || object.bytes != described->bytes)
            return fail(error, ERROR_CORRUPT, "%s in the destination is not what its record says", described->key);
    }
    return true;
}

bool migrate_remove_meeting(Migrate *migrate, const Meetings *source, const char *meeting_id, GError **error) {
    g_auto(Bringing) bringing = {.migrate = migrate, .meeting_id = meeting_id};
    g_autoptr(GError) problem = NULL;
    Judgement judgement;
    if (!bringing_judge(&bringing, &judgement, &problem)) {
        if (error_is(problem, ERROR_CORRUPT)) return true; /* told, and left */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (judgement != JUDGED_THERE) return true; /* changed since: the next run brings it */
    if (!prove_whole(&bringing, error) || !meeting_delete(source, meeting_id, bringing.audio_key, error)) return false;
    g_mutex_lock(&migrate->mutex);
    migrate->summary.removed++;
    g_mutex_unlock(&migrate->mutex);
    return true;
}
