/* What is to be done with a meeting, by both records and listings: nothing is read but these. */
#include <string.h>

#include "base/limits.h"
#include "operate/migrate_meeting.h"

void bringing_clear(Bringing *bringing) {
    g_clear_pointer(&bringing->source, json_decref);
    g_clear_pointer(&bringing->standing, json_decref);
    g_clear_pointer(&bringing->source_etag, g_free);
    g_clear_pointer(&bringing->standing_etag, g_free);
    g_clear_pointer(&bringing->record, record_free);
    g_clear_pointer(&bringing->standing_record, record_free);
    g_clear_pointer(&bringing->from, g_ptr_array_unref);
    g_clear_pointer(&bringing->to, g_ptr_array_unref);
    g_clear_pointer(&bringing->reason, g_free);
    store_info_clear(&bringing->audio);
}

static Judgement leave(Bringing *bringing, const char *reason) {
    g_free(bringing->reason);
    bringing->reason = g_strdup(reason);
    return JUDGED_LEAVE;
}

/* -- reading ------------------------------------------------------------------------------------------------------------- */

/* The folder without its record. */
static bool list_folder(Store *store, const char *meeting_id, GPtrArray **entries, GError **error) {
    g_autofree char *prefix = g_strconcat(PREFIX_MEETINGS, meeting_id, "/", NULL), *record = key_document(meeting_id, DOCUMENT_RECORD);
    bool more;
    if (!store_list(store, prefix, NULL, LIST_LIMIT_MAX, entries, &more, error)) return false;
    if (more) return fail(error, ERROR_TOO_LARGE, "it has more than %d objects", LIST_LIMIT_MAX);
    for (guint i = (*entries)->len; i-- > 0;)
        if (strcmp(((StoreEntry *)(*entries)->pdata[i])->key, record) == 0) g_ptr_array_remove_index(*entries, i);
    return true;
}

const StoreEntry *bringing_entry(const GPtrArray *entries, const char *key) {
    for (guint i = 0; i < entries->len; i++) {
        const StoreEntry *entry = entries->pdata[i];
        if (strcmp(entry->key, key) == 0) return entry;
    }
    return NULL;
}

/* A record can name any key as its recording: only recordings are taken along. */
static void note_recording(Bringing *bringing) {
    const char *key = bringing->record->audio_key;
    bool is_recording = key && g_str_has_prefix(key, PREFIX_RECORDINGS) && store_key_check(key, NULL);
    bringing->audio_key = is_recording ? key : NULL;
    if (is_recording) bringing->bytes += migrate_use_recording(bringing->migrate, key);
}

static bool read_rest(Bringing *bringing, GError **error) {
    Migrate *migrate = bringing->migrate;
    if (!list_folder(migrate->source, bringing->meeting_id, &bringing->from, error) ||
        !list_folder(migrate->store, bringing->meeting_id, &bringing->to, error))
        return false;
    for (guint i = 0; i < bringing->from->len; i++) bringing->bytes += ((StoreEntry *)bringing->from->pdata[i])->size;
    note_recording(bringing);
    return !bringing->audio_key || migrate_head(migrate->store, bringing->audio_key, &bringing->audio_stands, &bringing->audio, error);
}

/* -- judging ------------------------------------------------------------------------------------------------------------- */

/* The object that the destination's record names stands as it says. */
static bool object_stands(const Bringing *bringing, const RecordObject *object) {
    const StoreEntry *entry = bringing_entry(bringing->to, object->key);
    guint64 size = entry ? entry->size : bringing->audio.size;
    const char *etag = entry ? entry->etag : bringing->audio.etag;
    if (!entry && (!bringing->audio_stands || g_strcmp0(object->key, bringing->audio_key) != 0)) return false;
    return size == object->bytes && g_strcmp0(etag, object->etag) == 0;
}

/* All that the destination's record names stands as it says, and nothing of the source's folder is missing. */
static bool stands_whole(const Bringing *bringing) {
    const GPtrArray *objects = bringing->standing_record->objects;
    for (guint i = 0; i < objects->len; i++)
        if (!object_stands(bringing, objects->pdata[i])) return false;
    for (guint i = 0; i < bringing->from->len; i++)
        if (!bringing_entry(bringing->to, ((StoreEntry *)bringing->from->pdata[i])->key)) return false;
    return true;
}

static Judgement judge_standing(Bringing *bringing) {
    bool untouched = migrate_record_untouched(bringing->standing) || !json_object_get(bringing->standing, "migrated");
    if (bringing->standing_record->state == MEETING_DELETING) return leave(bringing, "it is being deleted in the destination");
    if (migrate_record_same(bringing->source, bringing->standing)) {
        if (stands_whole(bringing)) return JUDGED_THERE;
        if (untouched) return JUDGED_COPY;
        return leave(bringing, "it was changed in the destination, and is not whole there: run `hansard verify` there");
    }
    if (migrate_record_untouched(bringing->standing)) return JUDGED_COPY;
    return leave(bringing, "the destination has it in another version, which is kept: to have the source's, remove it there (`hansard rm`) and run "
                           "this again");
}

static Judgement judge_new(Bringing *bringing) {
    if (bringing->migrate->jobs && key_table_find(bringing->migrate->jobs, bringing->meeting_id))
        return leave(bringing, "the destination is working on a meeting of this id: run this again when it is done");
    return JUDGED_COPY;
}

static bool read_record(Bringing *bringing, Store *store, json_t **json, char **etag, Record **record, GError **error) {
    if (!migrate_record_read(store, bringing->meeting_id, json, etag, error)) return false;
    return !*json || record_from_json(*json, bringing->meeting_id, record, error);
}

static bool of_side(bool done, const char *side, GError **error) {
    if (!done) g_prefix_error(error, "%s: ", side);
    return done;
}

bool bringing_judge(Bringing *bringing, Judgement *judgement, GError **error) {
    Migrate *migrate = bringing->migrate;
    *judgement = JUDGED_GONE;
    bool read = read_record(bringing, migrate->source, &bringing->source, &bringing->source_etag, &bringing->record, error);
    if (!of_side(read, "the source", error)) return false;
    if (!bringing->source || bringing->record->state == MEETING_DELETING) return true;
    read = read_record(bringing, migrate->store, &bringing->standing, &bringing->standing_etag, &bringing->standing_record, error);
    if (!of_side(read, "the destination", error) || !read_rest(bringing, error)) return false;
    if (record_proof(bringing->source) == RECORD_ALTERED && !migrate->options->damaged)
        *judgement = leave(bringing, "the source's metadata.json is not what was written: run `hansard verify --repair` there, or give --damaged");
    else *judgement = bringing->standing ? judge_standing(bringing) : judge_new(bringing);
    return true;
}
