/* What the files of ingest share. */
#pragma once

#include "ingest/transfer.h"

/* The job as the options ask for it, for a new meeting; without its recording. ERROR_INVALID. */
bool ingest_plan(const Meetings *meetings, const char *meeting_id, const IngestOptions *options, Job **job, GError **error);

/* Drops it, whatever its state: what was to be completed, too, which can't be any more. ERROR_CONFLICT: someone has begun to complete it. */
bool transfer_discard(const Meetings *meetings, const Transfer *transfer, GError **error);
