/* A recording or transcript comes in: streamed to the store, then a job. An upload that was acknowledged has both; one that breaks off leaves neither. */
#pragma once

#include "jobs/jobs.h"
#include "meeting/meeting.h"

typedef struct {
    const char *filename;              /* the client's; cleaned here */
    const char *content_type;          /* NULL: from the name */
    const char *title;                 /* NULL: from the name */
    const char *language, *vocabulary; /* NULL: the settings' */
    const char *const *tags;           /* NULL: none */
    const char *worker;                /* lease the job to this worker at once; NULL: queue it */
    gint64 timestamp_ms;               /* of the meeting, 1 to TIME_MS_MAX; 0: now */
    const char *copy_folder;           /* keep a copy under this folder first, and take it to the store from there; NULL: no copy */
} IngestOptions;

/* The title of a meeting that nobody gave one: the file's name without its extension. Caller frees. */
char *ingest_title_of(const char *filename);

typedef struct Ingest Ingest;

bool ingest_open(const Meetings *meetings, Jobs *jobs, const IngestOptions *options, Ingest **ingest, GError **error);
bool ingest_write(Ingest *ingest, const void *data, gsize size, GError **error);
/* Ends the upload: the recording is durable and its job stands. 0 bytes is ERROR_BAD_MEDIA. Frees `ingest` whatever comes of it. */
bool ingest_finish(Ingest *ingest, Job **job, GError **error);
/* Of the meeting to be; borrowed. */
const char *ingest_meeting_id(const Ingest *ingest);
/* Where the copy on this machine will stand (borrowed); NULL: there is none. */
const char *ingest_local_copy(const Ingest *ingest);
void ingest_abort(Ingest *ingest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ingest, ingest_abort)

/* The meeting is there: its record, in any state, or its job. */
bool ingest_is_taken(const Meetings *meetings, Jobs *jobs, const char *meeting_id, bool *taken, GError **error);

/* A recording that stands in the store and is nobody's yet. */
typedef struct {
    const char *meeting_id; /* that it is to belong to */
    const char *key;
    guint64 bytes;
    const char *sha256; /* NULL: unknown */
} IngestRecording;

/* Makes the job of that recording. ERROR_CONFLICT where the meeting has one already. `job` may be NULL. */
bool ingest_recording(const Meetings *meetings, Jobs *jobs, const IngestRecording *recording, const IngestOptions *options, Job **job, GError **error);

/* The id of the meeting that a recording which stands in the store is to belong to (a recording belongs to one meeting, which takes it along
 * when it is deleted). ERROR_NOT_FOUND where it does not stand; ERROR_CONFLICT where it belongs to a meeting already. Caller frees. */
bool ingest_claim_recording(const Meetings *meetings, Jobs *jobs, const char *audio_key, char **meeting_id, GError **error);

/* A recording that stands in the store under `audio_key` (POST /api/meeting/process) is to be processed. Errors as above. */
bool ingest_stored(const Meetings *meetings, Jobs *jobs, const char *audio_key, const IngestOptions *options, Job **job, GError **error);
