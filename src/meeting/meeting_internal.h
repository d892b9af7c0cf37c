/* Shared by the files of this folder only. */
#pragma once

#include "meeting/meeting.h"

/* The object's JSON; *json NULL where there is no object. `etag` may be NULL. */
bool meeting_read_json(const Meetings *meetings, const char *meeting_id, Document document, json_t **json, char **etag,
                       GError **error);
/* Documents as bytes; NULL where there is none. */
typedef struct {
    GBytes *bytes[DOCUMENT_COUNT];
} Rendered;

void rendered_clear(Rendered *rendered);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rendered, rendered_clear)

void render_transcript(const Transcript *transcript, const json_t *waveform, Rendered *rendered);
void render_minutes(const Minutes *minutes, const char *meeting_id, gint64 timestamp_ms, const char *audio_key, Rendered *rendered);
/* ERROR_TOO_LARGE where one is over its limit. */
bool rendered_fits(const Rendered *rendered, const char *meeting_id, GError **error);
/* Over the version named (none: created). ERROR_PRECONDITION where another stands. */
bool rendered_put(const Meetings *meetings, const char *meeting_id, Document document, const Rendered *rendered,
                  const MeetingVersions *versions, GError **error);

/* metadata.json in any state, also while it is being deleted. */
bool meeting_read_any_record(const Meetings *meetings, const char *meeting_id, Record **record, char **etag, GError **error);
bool meeting_put_record(const Meetings *meetings, const Record *record, const StorePut *put, char **etag, GError **error);

/* meeting_index for those who hold no lease: a delete may have gone past since they put the record, its removal of the row included. So the row is taken
 * away again where the meeting is gone by now; a delete that comes later takes it itself. */
bool meeting_index_standing(const Meetings *meetings, const Record *record, GError **error);

/* The time of this rewrite, later than the one before it whatever the clock says: of two rows the later counts. */
static inline void meeting_touch(const Meetings *meetings, Record *record) {
    record->updated_ms = MAX(clock_now_ms(meetings->clock), record->updated_ms + 1);
}

/* Describes one document as it stands; *bytes NULL, and no longer described, where it is absent. */
bool meeting_describe_document(const Meetings *meetings, Record *record, Document document, GBytes **bytes, GError **error);
/* Describes every object of the meeting as it stands in the store in record->objects, with counts and lengths. */
bool meeting_describe(const Meetings *meetings, Record *record, GError **error);

/* Puts into a caller's patch what makes applying it twice the same as once: the ids of new items, and what edited segments said before.
 * ERROR_INVALID where the caller has given these. */
bool meeting_complete_patch(const Meeting *meeting, json_t *patch, GError **error);
/* Applies a patch that is complete to what it names in `meeting`, in memory. ERROR_INVALID names the member that is wrong. Applying it twice
 * is the same as once. */
bool meeting_apply_patch(Meeting *meeting, const json_t *patch, GError **error);

/* In record, transcript, summary and items: all that `from` said or has to do is `to`'s, who may be there already. */
void meeting_rename_speaker(Meeting *meeting, const char *from, const char *to);
