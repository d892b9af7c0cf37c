/* How far the jobs of this process are, fresher than the job objects in the store (which are written every JOB_RENEW_MS). */
#pragma once

#include "jobs/jobs.h"

typedef struct Progress Progress; /* thread-safe */

Progress *progress_new(Clock *clock);
void progress_free(Progress *progress);
/* Keeps stage, progress and remaining time of the job. */
void progress_put(Progress *progress, const Job *job);
/* Brings a running job that was read from the store up to date with what was put for the same run within JOB_LEASE_MS. */
void progress_apply(Progress *progress, Job *job);
