/* An edit touches up to four objects and is still all or nothing, by a redo log of one entry:
 *
 *  1. The patch is checked by applying it in memory.
 *  2. metadata.json is replaced on If-Match, with the patch in it (`pending_edit`). This is the one point that decides: a loser gets
 *     ERROR_PRECONDITION here and has changed nothing.
 *  3. The documents are replaced on If-Match with what the patch makes of them.
 *  4. metadata.json is replaced without the pending edit, with the documents' new sizes and sums; then the row.
 *
 * A crash after 2 loses nothing: readers see the edit as done (meeting_read applies it), and the next edit finishes it first.
 * Whoever finds in 3 or 4 that someone else was faster stops: the same patch gives the same documents. */
#include "base/limits.h"
#include "base/text.h"
#include "meeting/meeting_internal.h"

#include <string.h>

/* For the steps after the deciding one: losing a race means that another has done the same. */
static bool done_by_another(GError **problem) {
    if (!error_is(*problem, ERROR_PRECONDITION)) return false;
    g_clear_error(problem);
    return true;
}

static bool put_bytes(const Meetings *meetings, const char *meeting_id, Document document, GBytes *bytes, const char *if_match,
                      GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autofree char *key = key_document(meeting_id, document);
    StorePut put = {.if_match = if_match, .content_type = document == DOCUMENT_TEXT ? "text/plain; charset=utf-8" : "application/json"};
    if (!if_match || store_put(meetings->store, key, bytes, &put, NULL, &problem) || done_by_another(&problem)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool put_transcript(const Meetings *meetings, const Meeting *meeting, GError **error) {
    g_autofree char *text = transcript_to_text(meeting->transcript);
    g_autoptr(GBytes) text_bytes = g_bytes_new(text, strlen(text));
    g_autoptr(json_t) json = transcript_to_json(meeting->transcript);
    g_autoptr(GBytes) json_bytes = json_to_bytes(json, false);
    const char *id = meeting->record->meeting_id;
    return put_bytes(meetings, id, DOCUMENT_TRANSCRIPT, json_bytes, meeting->transcript_etag, error) &&
           put_bytes(meetings, id, DOCUMENT_TEXT, text_bytes, meeting->text_etag, error);
}

static bool put_minutes(const Meetings *meetings, const Meeting *meeting, GError **error) {
    const Record *record = meeting->record;
    g_autofree char *timestamp = time_format(record->timestamp_ms);
    g_autoptr(json_t) summary = minutes_summary_to_json(meeting->minutes, record->meeting_id, timestamp, record->audio_key);
    g_autoptr(json_t) requirements =
        minutes_requirements_to_json(meeting->minutes, record->meeting_id, timestamp, record->audio_key);
    g_autoptr(GBytes) summary_bytes = json_to_bytes(summary, true);
    g_autoptr(GBytes) requirements_bytes = json_to_bytes(requirements, true);
    return put_bytes(meetings, record->meeting_id, DOCUMENT_SUMMARY, summary_bytes, meeting->summary_etag, error) &&
           put_bytes(meetings, record->meeting_id, DOCUMENT_REQUIREMENTS, requirements_bytes, meeting->requirements_etag, error);
}

/* Step 3. `meeting` has the patch applied and the ETags from before. */
static bool put_documents(const Meetings *meetings, const Meeting *meeting, const json_t *patch, GError **error) {
    bool speakers = json_object_get(patch, "speakers") != NULL;
    bool items = speakers || json_object_get(patch, "items") != NULL;
    return (!speakers || !meeting->transcript_etag || put_transcript(meetings, meeting, error)) &&
           (!items || put_minutes(meetings, meeting, error));
}

/* Steps 3 and 4 for the pending edit of `meeting`, which meeting_read has already applied in memory. */
static bool finish(const Meetings *meetings, Meeting *meeting, char **new_etag, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autofree char *etag = NULL;
    Record *record = meeting->record;
    const json_t *patch = json_object_get(record->extra, PENDING_EDIT);
    if (!put_documents(meetings, meeting, patch, error)) return false;
    json_object_del(record->extra, PENDING_EDIT);
    if (!meeting_describe(meetings, record, error)) return false;
    StorePut put = {.if_match = meeting->etag};
    if (!meeting_put_record(meetings, record, &put, &etag, &problem)) {
        g_autoptr(Record) theirs = NULL;
        if (done_by_another(&problem)) return meeting_read_record(meetings, record->meeting_id, &theirs, new_etag, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (new_etag) *new_etag = g_steal_pointer(&etag);
    return meeting_index(meetings, record, error);
}

/* Step 2. */
static bool begin(const Meetings *meetings, Meeting *meeting, const json_t *patch, GError **error) {
    Record *record = meeting->record;
    g_autofree char *etag = NULL;
    if (!record->extra) record->extra = json_object();
    json_object_set_new(record->extra, PENDING_EDIT, json_deep_copy(patch));
    record->schema = 2;
    meeting_touch(meetings, record);
    StorePut put = {.if_match = meeting->etag};
    if (!meeting_put_record(meetings, record, &put, &etag, error)) return false;
    g_free(meeting->etag);
    meeting->etag = g_steal_pointer(&etag);
    return true;
}

bool meeting_edit(const Meetings *meetings, const char *meeting_id, const char *etag, const json_t *patch, char **new_etag,
                  GError **error) {
    g_autoptr(Meeting) meeting = NULL;
    if (!meeting_read(meetings, meeting_id, &meeting, error)) return false;
    if (json_object_get(meeting->record->extra, PENDING_EDIT)) {
        if (!finish(meetings, meeting, NULL, error)) return false;
        g_clear_pointer(&meeting, meeting_free);
        if (!meeting_read(meetings, meeting_id, &meeting, error)) return false;
    }
    if (strcmp(meeting->etag, etag) != 0)
        return fail(error, ERROR_PRECONDITION, "the meeting %s was changed meanwhile: read it again and repeat the edit", meeting_id);
    if (!meeting_apply_patch(meeting, patch, error)) return false;
    return begin(meetings, meeting, patch, error) && finish(meetings, meeting, new_etag, error);
}
