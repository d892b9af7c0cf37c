/* An edit touches up to four objects and is still all or nothing, by a redo log of one entry:
 *
 *  1. The patch is checked by applying it in memory.
 *  2. metadata.json is replaced on If-Match, with the patch in it (`pending_edit`). This is the one point that decides: a loser gets
 *     ERROR_PRECONDITION here and has changed nothing.
 *  3. The documents are replaced on If-Match with what the patch makes of them.
 *  4. metadata.json is replaced without the pending edit, with the documents' new sizes and sums; then the row.
 *
 * A crash after 2 loses nothing: readers see the edit as done (meeting_read applies it), and the next edit finishes it first.
 * Whoever finds in 3 or 4 that someone else was faster stops: the same patch gives the same documents. What another has written of it already is not
 * written again, since that other may have described it already, by the version that stands. */
#include <string.h>

#include "base/limits.h"
#include "meeting/meeting_internal.h"

/* For the steps after the deciding one: losing a race means that another has done the same. */
static bool done_by_another(GError **problem) {
    if (!error_is(*problem, ERROR_PRECONDITION)) return false;
    g_clear_error(problem);
    return true;
}

/* What the patch makes of the documents that it touches. */
static void render(const Meeting *meeting, const json_t *patch, Rendered *rendered) {
    const Record *record = meeting->record;
    bool transcript = json_object_get(patch, "speakers") || json_object_get(patch, "segments");
    if (transcript && meeting->transcript) render_transcript(meeting->transcript, NULL, rendered);
    if (transcript || json_object_get(patch, "items") || json_object_get(patch, "new_items"))
        render_minutes(meeting->minutes, record->meeting_id, record->timestamp_ms, record->audio_key, rendered);
}

/* Step 3. A document that is not there stays so. */
static bool put_documents(const Meetings *meetings, const Meeting *meeting, const Rendered *rendered, GError **error) {
    for (Document document = 0; document < DOCUMENT_COUNT; document++) {
        g_autoptr(GError) problem = NULL;
        if (!rendered->bytes[document] || !meeting->versions.etag[document] ||
            rendered_put(meetings, meeting->record->meeting_id, document, rendered, &meeting->versions, &problem) ||
            done_by_another(&problem))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return true;
}

/* Of an edit that another has begun: what stands already as the patch makes it is not to be put. */
static bool leave_done(const Meetings *meetings, const Meeting *meeting, Rendered *rendered, GError **error) {
    for (Document document = 0; document < DOCUMENT_RECORD; document++) {
        g_autofree char *key = key_document(meeting->record->meeting_id, document);
        g_autoptr(GBytes) standing = NULL;
        g_autoptr(GError) problem = NULL;
        if (!rendered->bytes[document]) continue;
        if (!store_get(meetings->store, key, DOCUMENT_BYTES_MAX, &standing, NULL, &problem) && !error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (standing && g_bytes_equal(standing, rendered->bytes[document])) g_clear_pointer(&rendered->bytes[document], g_bytes_unref);
    }
    return true;
}

/* The ETag that the editor goes on with: of the record that another has made of this very edit. Where a later edit has come already it is
 * the one of before, so that the next edit is told. */
static bool etag_after_another(const Meetings *meetings, const Meeting *meeting, char **new_etag, GError **error) {
    g_autoptr(Record) theirs = NULL;
    g_autofree char *etag = NULL;
    if (!meeting_read_record(meetings, meeting->record->meeting_id, &theirs, &etag, error)) return false;
    bool same = theirs->updated_ms == meeting->record->updated_ms && !json_object_get(theirs->extra, PENDING_EDIT);
    if (new_etag) *new_etag = same ? g_steal_pointer(&etag) : g_strdup(meeting->etag);
    return true;
}

/* Steps 3 and 4 for the pending edit of `meeting`, which is applied in memory already. */
static bool finish(const Meetings *meetings, Meeting *meeting, const Rendered *rendered, char **new_etag, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autofree char *etag = NULL;
    Record *record = meeting->record;
    StorePut put = {.if_match = meeting->etag};
    if (!put_documents(meetings, meeting, rendered, error)) return false;
    json_object_del(record->extra, PENDING_EDIT);
    if (!meeting_describe(meetings, record, error)) return false;
    if (!meeting_put_record(meetings, record, &put, &etag, &problem)) {
        if (done_by_another(&problem)) return etag_after_another(meetings, meeting, new_etag, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (new_etag) *new_etag = g_steal_pointer(&etag);
    return meeting_index_standing(meetings, record, error);
}

/* The same for an edit that was found pending. */
static bool finish_pending(const Meetings *meetings, Meeting *meeting, const json_t *pending, char **new_etag, GError **error) {
    g_auto(Rendered) rendered = {0};
    render(meeting, pending, &rendered);
    return leave_done(meetings, meeting, &rendered, error) && finish(meetings, meeting, &rendered, new_etag, error);
}

static bool check_unchanged(const Meeting *meeting, const char *etag, GError **error) {
    if (strcmp(meeting->etag, etag) == 0) return true;
    return fail(error, ERROR_PRECONDITION, "the meeting %s was changed meanwhile: read it again and repeat the edit", meeting->record->meeting_id);
}

/* Finishes what an earlier edit, that died, has begun; then reads the meeting anew. Whoever read the meeting before was shown the same, with another
 * ETag, so the edit at hand holds, unless a third one came between. */
static bool finish_earlier(const Meetings *meetings, Meeting **meeting, GError **error) {
    g_autofree char *meeting_id = g_strdup((*meeting)->record->meeting_id), *etag = NULL;
    const json_t *pending = json_object_get((*meeting)->record->extra, PENDING_EDIT);
    if (!pending) return true;
    if (!finish_pending(meetings, *meeting, pending, &etag, error)) return false;
    g_clear_pointer(meeting, meeting_free);
    return meeting_read(meetings, meeting_id, meeting, error) && check_unchanged(*meeting, etag, error);
}

/* Step 2. `*begun` as of meeting_edit(): an answer that was lost may be that of a put which stands. */
static bool begin(const Meetings *meetings, Meeting *meeting, const json_t *patch, bool *begun, GError **error) {
    Record *record = meeting->record;
    g_autofree char *etag = NULL;
    g_autoptr(GError) problem = NULL;
    StorePut put = {.if_match = meeting->etag};
    if (!record->extra) record->extra = json_object();
    json_object_set_new(record->extra, PENDING_EDIT, json_deep_copy(patch));
    record->schema = 2;
    meeting_touch(meetings, record);
    bool stands = meeting_put_record(meetings, record, &put, &etag, &problem);
    *begun = !error_is(problem, ERROR_TOO_LARGE); /* that is said before anything is put */
    if (!stands) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_free(meeting->etag);
    meeting->etag = g_steal_pointer(&etag);
    return true;
}

bool meeting_edit(const Meetings *meetings, const char *meeting_id, const char *etag, json_t *patch, char **new_etag, bool *begun, GError **error) {
    g_autoptr(Meeting) meeting = NULL;
    g_auto(Rendered) rendered = {0};
    bool unasked;
    if (!begun) begun = &unasked;
    *begun = false;
    if (!meeting_read(meetings, meeting_id, &meeting, error) || !check_unchanged(meeting, etag, error) ||
        !finish_earlier(meetings, &meeting, error))
        return false;
    if (!meeting_complete_patch(meeting, patch, error) || !meeting_apply_patch(meeting, patch, error)) return false;
    render(meeting, patch, &rendered);
    return rendered_fits(&rendered, meeting_id, error) && begin(meetings, meeting, patch, begun, error) &&
           finish(meetings, meeting, &rendered, new_etag, error);
}

bool meeting_finish_edit(const Meetings *meetings, const char *meeting_id, GError **error) {
    g_autoptr(Meeting) meeting = NULL;
    if (!meeting_read(meetings, meeting_id, &meeting, error)) return false;
    const json_t *pending = json_object_get(meeting->record->extra, PENDING_EDIT);
    return !pending || finish_pending(meetings, meeting, pending, NULL, error);
}
