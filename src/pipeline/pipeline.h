/* A job's stages: transcribe, extract, commit. Each stage's output is in the store before the next begins; a stage whose output of this run is there
 * is not done again. */
#pragma once

#include "extract/extract.h"
#include "jobs/jobs.h"
#include "meeting/meeting.h"
#include "search/search.h"
#include "transcribe/transcribe.h"

typedef struct {
    Meetings meetings;
    Jobs *jobs;
    Transcriber *transcriber;
    Extractor *extractor;
    Search *search; /* NULL: none */
} Pipeline; /* borrowed handles */

/* Told of each step; may be NULL. `job` is borrowed. */
typedef void (*PipelineProgress)(const Job *job, gpointer user_data);

/* Works on a job that this worker holds, to its end; renews the lease meanwhile. True: the meeting is committed (or deleted) and the job is gone.
 * False: the job keeps the reason (jobs_fail), or was released because of `cancel` (ERROR_CANCELLED), or another worker has it (ERROR_LEASE_LOST).
 * `cancel` and `progress` may be NULL; the job stays the caller's. */
bool pipeline_run(const Pipeline *pipeline, Job *job, GCancellable *cancel, PipelineProgress progress, gpointer user_data, GError **error);

/* A text that is at hand (POST /api/meeting/process): all stages at once, no job. The meeting is committed when it returns. */
bool pipeline_process_text(const Pipeline *pipeline, const char *meeting_id, const Transcript *transcript, const char *audio_key, const char *filename,
                           GError **error);

/* Deletes a meeting in any state: committed, waiting, failed, and in work (whoever works on it loses its lease and stops). A delete job
 * stands first, so that any worker finishes what is interrupted. ERROR_NOT_FOUND where nothing of it is there; ERROR_CONFLICT while another
 * deletes it. */
bool pipeline_delete(const Pipeline *pipeline, const char *worker, const char *meeting_id, GError **error);
