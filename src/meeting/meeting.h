/* A meeting in the store: its objects, and commit, edit and delete in the order that keeps the rules of storage.md:
 *  1. metadata.json last on commit (the meeting exists when it does), first marked and last removed on delete.
 *  2. No lost update: every rewrite is conditional on the ETag that was read.
 *  3. The catalog's row is put after metadata.json; whatever is derived can be rebuilt. */
#pragma once

#include "base/clock.h"
#include "catalog/catalog.h"
#include "model/item.h"
#include "model/keys.h"
#include "model/record.h"
#include "model/transcript.h"
#include "store/store.h"

typedef struct {
    Store *store;
    Catalog *catalog;
    Clock *clock;
} Meetings; /* borrowed handles, passed together */

/* The member of metadata.json in which an edit stands that was begun and not finished (see edit.c). */
#define PENDING_EDIT "pending_edit"

/* The ETags of the documents that were read; NULL where there is none. A write names them, so that it never goes over what
 * another has written meanwhile. */
typedef struct {
    char *etag[DOCUMENT_COUNT];
} MeetingVersions;

void meeting_versions_clear(MeetingVersions *versions);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MeetingVersions, meeting_versions_clear)

typedef struct {
    Record *record;
    char *etag;              /* of metadata.json */
    Transcript *transcript;  /* from transcript.json, else from transcription.txt (old buckets); NULL: neither is there */
    char *text;              /* transcription.txt; NULL where absent */
    Minutes *minutes;        /* never NULL */
    MeetingVersions versions;
} Meeting;

void meeting_free(Meeting *meeting);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Meeting, meeting_free)

/* metadata.json alone. ERROR_NOT_FOUND where there is none, or it is being deleted. `etag` may be NULL. */
bool meeting_read_record(const Meetings *meetings, const char *meeting_id, Record **record, char **etag, GError **error);
bool meeting_read(const Meetings *meetings, const char *meeting_id, Meeting **meeting, GError **error);

/* What the documents are before a stage begins. */
bool meeting_read_versions(const Meetings *meetings, const char *meeting_id, MeetingVersions *versions, GError **error);
/* The stages' outputs, written as soon as each ends. ERROR_PRECONDITION: another has written since `versions` was read. */
bool meeting_write_transcript(const Meetings *meetings, const char *meeting_id, const MeetingVersions *versions,
                              const Transcript *transcript, const json_t *waveform, GError **error);
bool meeting_write_minutes(const Meetings *meetings, const char *meeting_id, const MeetingVersions *versions, const Minutes *minutes,
                           gint64 timestamp_ms, const char *audio_key, GError **error);
/* *transcript NULL where it is not there (yet). `etag` may be NULL. */
bool meeting_read_transcript(const Meetings *meetings, const char *meeting_id, Transcript **transcript, char **etag, GError **error);
/* *minutes NULL where summary.json or requirements.json is not there (yet). */
bool meeting_read_minutes(const Meetings *meetings, const char *meeting_id, Minutes **minutes, GError **error);

/* Fills counts, lengths and the objects (size, SHA-256, ETag, read back from the store) of `record`, then puts metadata.json: created where `etag` is
 * NULL (ERROR_PRECONDITION when it stands already), replaced on If-Match `etag` otherwise; then the catalog's row. */
bool meeting_commit(const Meetings *meetings, Record *record, const char *etag, GError **error);
/* The same for who holds a lease. `may` is asked when all is read, just before the put of metadata.json, and once more before the row (`stands`), since
 * the put may have taken its time. False with `error` set: nothing more is put. */
typedef bool (*MayCommit)(bool stands, gpointer user_data, GError **error);
bool meeting_commit_if(const Meetings *meetings, Record *record, const char *etag, MayCommit may, gpointer user_data, GError **error);

/* The catalog's row of a record that stands (after a commit whose row failed). */
bool meeting_index(const Meetings *meetings, const Record *record, GError **error);

/* PATCH of api.md: title, tags, speakers {"old name": "new name"}, segments {"12": {text, speaker}}, items {"A-1": {text, owner, due, type,
 * priority, status}}, new_items [{kind, text, … segments: [first, last], quote}]. The patch is completed: its new items are given their `id`.
 * `etag` must be the record's. ERROR_PRECONDITION: someone else has edited; nothing was changed. ERROR_INVALID names the member that is wrong.
 * `*begun` false: nothing was changed, for certain; true with an error: the edit may stand, and mostly does. `new_etag` and `begun` may be NULL. */
bool meeting_edit(const Meetings *meetings, const char *meeting_id, const char *etag, json_t *patch, char **new_etag, bool *begun, GError **error);

/* Writes what an edit that was broken off has still to write; nothing where there is none. */
bool meeting_finish_edit(const Meetings *meetings, const char *meeting_id, GError **error);

/* For who mends a meeting: metadata.json says of these documents (bits, 1 << Document) what stands in the store, and of the recording, which was read
 * and found to be the one described, its present ETag (NULL: nothing new of it); then the row. */
bool meeting_describe_anew(const Meetings *meetings, const char *meeting_id, guint documents, const char *recording_etag, GError **error);
/* transcription.txt as transcript.json makes it. `*changed`: it was not so. ERROR_NOT_FOUND where there is no transcript.json. */
bool meeting_restore_text(const Meetings *meetings, const char *meeting_id, bool *changed, GError **error);

/* The member of metadata.json that tells of a recording that was removed while its meeting stays: {time, why, key, bytes, sha256, pending}. */
#define RECORDING_REMOVED "recording_removed"
bool meeting_recording_removed(const Record *record);
/* Removes the recording (and what was made of it for the player); the transcript, the items and their proof stay. `etag` is the record's, on which
 * it was decided: ERROR_PRECONDITION where someone has changed the meeting since, and nothing was removed then, unless it was begun before.
 * Calling it again finishes what was interrupted. `why`: in plain words, into the record. The record is changed as it then stands. */
bool meeting_remove_recording(const Meetings *meetings, Record *record, const char *etag, const char *why, GError **error);
/* The first step of meeting_delete() on the version that it was decided on; ERROR_PRECONDITION as above. meeting_delete() must follow. */
bool meeting_begin_delete(const Meetings *meetings, Record *record, const char *etag, GError **error);

/* Complete and resumable: calling it again finishes what an earlier call began. `audio_key`: the recording of a meeting that was never
 * committed; NULL: the record's. A meeting of which nothing is left is deleted. */
bool meeting_delete(const Meetings *meetings, const char *meeting_id, const char *audio_key, GError **error);
