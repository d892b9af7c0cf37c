/* The object of a job (hansard/jobs/): what was taken is written and read again as the same. */
#include "fuzz.h"
#include "jobs/jobs.h"

void fuzz_jobs_job(const guint8 *data, gsize size) {
    g_autoptr(json_t) json = input_json(data, size);
    g_autoptr(Job) job = NULL, again = NULL;
    if (!json || !FUZZ_CALL(job_from_json(json, "meeting-0a1b2c3d-0000-4000-8000-000000000000", &job, &error))) return;
    g_autoptr(json_t) written = job_to_json(job);
    g_assert_true(FUZZ_CALL(job_from_json(written, "meeting-0a1b2c3d-0000-4000-8000-000000000000", &again, &error)));
    fuzz_same_json(json_incref(written), job_to_json(again));
}
