/* A recording that comes in parts, over minutes or days: begun here, its parts sent to signed URLs (straight to the bucket, or to this server where the
 * store is a directory), then completed into a recording and its job, or aborted. What is under way is one object,
 * hansard/uploads/{meeting-id}.json, so that any server goes on where another stopped.
 *
 *  1. Until it is completed nothing of it is seen: no recording, no job.
 *  2. transfer_complete() may be called again after any failure and on any server, and comes to the same one meeting. Where it was asked for and all
 *     parts were there, transfers_sweep() does it if nobody else does.
 *  3. Of complete and abort one wins: the object's conditional put decides. Who aborted gets no meeting.
 *  4. Part n is bytes (n - 1) * part_size and on: every part has part_size bytes but the last, which has the rest. Nothing else is completed.
 *  5. One that is left alone is dropped UPLOAD_AGE_MS_MAX after it began. */
#pragma once

#include "ingest/ingest.h"
#include "store/uploads.h"

typedef enum { TRANSFER_OPEN, TRANSFER_COMPLETING, TRANSFER_ABORTING, TRANSFER_STATE_COUNT } TransferState;

typedef struct {
    char *meeting_id;            /* of the meeting that it becomes */
    char *audio_key, *upload_id; /* in the store */
    TransferState state;
    char *run;                   /* of its job: however often that is created, it is the same processing */
    char *filename, *title;
    char *content_type, *language, *vocabulary; /* NULL: not said */
    GPtrArray *tags;
    guint64 size, part_size;
    gint64 created_ms;
    char *etag;                  /* of the object as read, and when it was written; not in the JSON */
    gint64 modified_ms;
} Transfer;

void transfer_free(Transfer *transfer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_free)
const char *transfer_state_name(TransferState state);

json_t *transfer_to_json(const Transfer *transfer);
/* ERROR_CORRUPT names the member that is missing, wrong or over its limit. */
bool transfer_from_json(const json_t *json, const char *meeting_id, Transfer **transfer, GError **error);

guint transfer_part_count(const Transfer *transfer);
/* The size that this part must have; 0 for a number out of range. */
guint64 transfer_part_bytes(const Transfer *transfer, guint number);

/* A recording of `size` bytes is to come. ERROR_TOO_LARGE, ERROR_BAD_MEDIA (0 bytes), ERROR_TOO_MANY (TRANSFERS_MAX are under way), ERROR_CONFLICT where
 * `options` asks for a local copy, which what never comes through this program can't have. */
bool transfer_begin(const Meetings *meetings, const IngestOptions *options, guint64 size, Transfer **transfer, GError **error);
/* ERROR_NOT_FOUND: none is under way. */
bool transfer_read(const Meetings *meetings, const char *meeting_id, Transfer **transfer, GError **error);
/* The parts that are there, asked from the store. Array of StorePart. ERROR_NOT_FOUND: the store has dropped it. */
bool transfer_parts(const Meetings *meetings, const Transfer *transfer, GPtrArray **parts, GError **error);
/* A URL to PUT this part to. ERROR_CONFLICT where it is being completed or aborted. */
bool transfer_sign(const Meetings *meetings, const Transfer *transfer, guint number, gint64 expires_s, char **url, GError **error);
/* A part comes to this server; `bytes` is its length. ERROR_INVALID where that is not the part's. */
bool transfer_take_part(const Meetings *meetings, const Transfer *transfer, guint number, guint64 bytes, StoreWriter **writer, GError **error);
/* The same by a URL that store_check_part_url() has checked. */
bool transfer_put_part(const Meetings *meetings, const char *audio_key, const char *upload_id, guint number, guint64 bytes, StoreWriter **writer,
                       GError **error);
/* The recording, of `*bytes`, stands and its job is created; 0 bytes: that was so before. ERROR_CONFLICT names the part that is missing or of a wrong
 * size; ERROR_NOT_FOUND: the store has lost them, begin anew; ERROR_UNAVAILABLE: another is at it, ask again. */
bool transfer_complete(const Meetings *meetings, Jobs *jobs, const char *meeting_id, guint64 *bytes, GError **error);
/* ERROR_CONFLICT where it is being completed, or has become a meeting. */
bool transfer_abort(const Meetings *meetings, Jobs *jobs, const char *meeting_id, GError **error);

/* Those under way, of the first `limit` objects. Array of Transfer. What can't be read as one is left out. */
bool transfers_list(const Meetings *meetings, guint limit, GPtrArray **transfers, GError **error);
/* Drops what is older than UPLOAD_AGE_MS_MAX and finishes what was broken off; of the first TRANSFERS_SWEEP_MAX. `*swept` counts them. One that fails
 * holds up no other: the first reason is returned when all were seen. `cancel` may be NULL. */
bool transfers_sweep(const Meetings *meetings, Jobs *jobs, GCancellable *cancel, guint *swept, GError **error);
