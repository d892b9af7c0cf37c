/* Leases over conditional puts. Only put_job() writes; every change of hands is one such write that holds against the ETag
 * that was read. What a listing shows to be not due (by its ETag, as last read) is not read again. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "jobs/jobs.h"
#include "model/keys.h"

/* Objects remembered as not due; with more, all are read again. */
#define KNOWN_MAX 10000
/* How often a deletion tries again when others keep writing the job. */
#define DELETE_TRIES 16
#define NEVER_MS G_MAXINT64

struct Jobs {
    Store *store;
    Clock *clock;
    GMutex mutex; /* guards what follows */
    GRand *chance;
    GHashTable *known; /* key → Known */
    JobFailing failing; /* NULL: nobody is told */
    gpointer failing_data;
};

typedef struct {
    char *etag;
    gint64 due_ms; /* of this version of the object */
} Known;

static void known_free(Known *known) {
    g_free(known->etag);
    g_free(known);
}

Jobs *jobs_new_seeded(Store *store, Clock *clock, guint32 seed) {
    Jobs *jobs = g_new0(Jobs, 1);
    jobs->store = store;
    jobs->clock = clock;
    g_mutex_init(&jobs->mutex);
    jobs->chance = g_rand_new_with_seed(seed);
    jobs->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)known_free);
    return jobs;
}

Jobs *jobs_new(Store *store, Clock *clock) { return jobs_new_seeded(store, clock, g_random_int()); }

void jobs_on_failing(Jobs *jobs, JobFailing failing, gpointer user_data) {
    jobs->failing = failing;
    jobs->failing_data = user_data;
}

void jobs_free(Jobs *jobs) {
    if (!jobs) return;
    g_hash_table_unref(jobs->known);
    g_rand_free(jobs->chance);
    g_mutex_clear(&jobs->mutex);
    g_free(jobs);
}

static bool pass_on(GError **problem, GError **error) {
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

/* In [low, high). */
static gint64 draw(Jobs *jobs, gint64 low, gint64 high) {
    g_mutex_lock(&jobs->mutex);
    double drawn = g_rand_double_range(jobs->chance, (double)low, (double)high);
    g_mutex_unlock(&jobs->mutex);
    return CLAMP((gint64)drawn, low, high - 1);
}

static void replace_text(char **text, const char *by) {
    char *copy = g_strdup(by);
    g_free(*text);
    *text = copy;
}

/* -- reading and writing one job ----------------------------------------------------------------------------------------- */

static bool check_names(const char *meeting_id, const char *worker, GError **error) {
    if (!meeting_id_valid(meeting_id))
        return fail(error, ERROR_INVALID, "This is no meeting id: one has 1 to %d of A-Z a-z 0-9 . _ -", MEETING_ID_BYTES_MAX);
    if (worker && worker[0] == '\0') return fail(error, ERROR_INVALID, "A worker needs a name");
    return true;
}

bool jobs_read(Jobs *jobs, const char *meeting_id, Job **job, GError **error) {
    if (!check_names(meeting_id, NULL, error)) return false;
    g_autofree char *key = key_job(meeting_id);
    g_autoptr(GBytes) bytes = NULL;
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!store_get(jobs->store, key, JOB_BYTES_MAX, &bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return fail(error, ERROR_NOT_FOUND, "No work is waiting for %s", meeting_id);
        if (error_is(problem, ERROR_TOO_LARGE)) return fail(error, ERROR_CORRUPT, "%s is too large for a job: remove it", key);
        return pass_on(&problem, error);
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(json_t) json = json_parse_object(data, size, key, &problem);
    if (!json) return fail(error, ERROR_CORRUPT, "%s: remove it", problem->message);
    Job *read;
    if (!job_from_json(json, meeting_id, &read, error)) return false;
    replace_text(&read->etag, info.etag);
    *job = read;
    return true;
}

/* The object's bytes; ERROR_INVALID where this program could not read them back. */
static bool encode(const Job *job, GBytes **bytes, GError **error) {
    g_autoptr(json_t) json = job_to_json(job);
    g_autoptr(Job) again = NULL;
    g_autoptr(GError) problem = NULL;
    if (!job_from_json(json, job->meeting_id, &again, &problem))
        return fail(error, ERROR_INVALID, "The job can't be kept, a parameter breaks its limit: %s", problem->message);
    g_autoptr(GBytes) encoded = json_to_bytes(json, false);
    if (g_bytes_get_size(encoded) > JOB_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "The job of %s has more than %llu bytes: shorten its vocabulary or tags",
                    job->meeting_id, JOB_BYTES_MAX);
    *bytes = g_steal_pointer(&encoded);
    return true;
}

/* A put was refused. It may have been this very write, sent again because its answer was lost, or the write before, of the same
 * kind; the revision tells. `*stands`: it is written; `*again`: it should be tried once more, on the ETag that job now has. */
static bool judge_refusal(Jobs *jobs, Job *job, const char *previous, bool *stands, bool *again, GError **error) {
    g_autoptr(Job) current = NULL;
    g_autoptr(GError) problem = NULL;
    *stands = *again = false;
    if (!jobs_read(jobs, job->meeting_id, &current, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_CORRUPT)) return true;
        return pass_on(&problem, error);
    }
    *stands = g_strcmp0(current->revision, job->revision) == 0;
    *again = !*stands && previous && g_strcmp0(current->revision, previous) == 0 && g_strcmp0(current->etag, job->etag) != 0;
    if (*stands || *again) replace_text(&job->etag, current->etag);
    return true;
}

/* Writes the job on the ETag that it was read with, or newly where it has none. ERROR_LEASE_LOST: someone else wrote (or
 * created, or removed) it. */
static bool put_job(Jobs *jobs, Job *job, GError **error) {
    g_autofree char *previous = g_steal_pointer(&job->revision), *key = key_job(job->meeting_id);
    job->revision = g_uuid_string_random();
    job->updated_ms = clock_now_ms(jobs->clock);
    g_autoptr(GBytes) bytes = NULL;
    if (!encode(job, &bytes, error)) return false;
    bool stands = false, again = true;
    for (int tries = 0; again && tries < 2; tries++) {
        StorePut put = {.content_type = "application/json", .if_match = job->etag, .if_none_match = job->etag == NULL};
        g_auto(StoreInfo) info = {0};
        g_autoptr(GError) problem = NULL;
        if (store_put(jobs->store, key, bytes, &put, &info, &problem)) {
            replace_text(&job->etag, info.etag);
            return true;
        }
        if (!error_is(problem, ERROR_PRECONDITION) && !error_is(problem, ERROR_NOT_FOUND)) return pass_on(&problem, error);
        if (!judge_refusal(jobs, job, previous, &stands, &again, error)) return false;
    }
    if (stands) return true;
    return fail(error, ERROR_LEASE_LOST, "Another worker has taken over the job of %s: leave it to that one", job->meeting_id);
}

static void lease(Jobs *jobs, Job *job, const char *worker) {
    replace_text(&job->worker, worker);
    job->lease_until_ms = worker ? clock_now_ms(jobs->clock) + JOB_LEASE_MS : 0;
}

static void set_error(Job *job, const char *code, const char *message) {
    replace_text(&job->error_code, code);
    g_free(job->error_message);
    g_autofree char *clean = text_clean(message, -1, false);
    job->error_message = text_cut(clean, JOB_ERROR_BYTES_MAX);
}

/* -- creating ------------------------------------------------------------------------------------------------------------ */

/* A write of a job that this caller does not hold; to lose it to another is a conflict, not a lost lease. */
static bool put_or_conflict(Jobs *jobs, Job *job, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (put_job(jobs, job, &problem)) return true;
    if (error_is(problem, ERROR_LEASE_LOST))
        return fail(error, ERROR_CONFLICT, "%s is being worked on already: wait until that is done", job->meeting_id);
    return pass_on(&problem, error);
}

bool jobs_create(Jobs *jobs, Job *job, const char *worker, GError **error) {
    if (!check_names(job->meeting_id, worker, error)) return false;
    job->created_ms = clock_now_ms(jobs->clock);
    job->state = worker ? JOB_RUNNING : JOB_QUEUED;
    g_clear_pointer(&job->etag, g_free);
    lease(jobs, job, worker);
    return put_or_conflict(jobs, job, error);
}

/* The job that stands, whatever is in its object, or a new one. */
static bool read_for_delete(Jobs *jobs, const char *meeting_id, Job **job, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (jobs_read(jobs, meeting_id, job, &problem)) return true;
    if (!error_is(problem, ERROR_NOT_FOUND) && !error_is(problem, ERROR_CORRUPT)) return pass_on(&problem, error);
    g_autoptr(Job) fresh = job_new(meeting_id);
    fresh->created_ms = clock_now_ms(jobs->clock);
    if (error_is(problem, ERROR_CORRUPT)) {
        g_autofree char *key = key_job(meeting_id);
        g_auto(StoreInfo) info = {0};
        if (!store_head(jobs->store, key, &info, error)) return false;
        fresh->etag = g_strdup(info.etag);
    }
    *job = g_steal_pointer(&fresh);
    return true;
}

bool jobs_create_delete(Jobs *jobs, const char *meeting_id, const char *worker, Job **job, GError **error) {
    if (!check_names(meeting_id, worker, error)) return false;
    for (int tries = 0; tries < DELETE_TRIES; tries++) {
        g_autoptr(Job) found = NULL;
        g_autoptr(GError) problem = NULL;
        if (!read_for_delete(jobs, meeting_id, &found, error)) return false;
        bool held = found->worker && clock_now_ms(jobs->clock) < found->lease_until_ms;
        if (held && (found->state == JOB_DELETING || found->state == JOB_DONE))
            return fail(error, ERROR_CONFLICT, "%s is being %s this moment: try again", meeting_id,
                        found->state == JOB_DONE ? "finished" : "deleted");
        job_enter_stage(found, STAGE_COMMIT);
        found->state = JOB_DELETING;
        found->not_before_ms = 0;
        lease(jobs, found, worker);
        if (put_job(jobs, found, &problem)) {
            *job = g_steal_pointer(&found);
            return true;
        }
        if (!error_is(problem, ERROR_LEASE_LOST)) return pass_on(&problem, error);
    }
    return fail(error, ERROR_UNAVAILABLE, "The job of %s is being written all the time: delete the meeting later", meeting_id);
}

/* -- listing ------------------------------------------------------------------------------------------------------------- */

/* The meeting whose job stands under exactly this key; NULL where it is none. */
static char *meeting_of_entry(const StoreEntry *entry) {
    g_autofree char *meeting_id = meeting_id_of_key(entry->key);
    g_autofree char *key = meeting_id ? key_job(meeting_id) : NULL;
    return g_strcmp0(key, entry->key) == 0 ? g_steal_pointer(&meeting_id) : NULL;
}

static bool list_job(Jobs *jobs, const char *meeting_id, GPtrArray *list, GError **error) {
    g_autoptr(GError) problem = NULL;
    Job *job = NULL;
    if (jobs_read(jobs, meeting_id, &job, &problem)) {
        g_ptr_array_add(list, job);
    } else if (error_is(problem, ERROR_CORRUPT)) {
        job = job_new(meeting_id);
        job->state = JOB_FAILED;
        set_error(job, error_kind(problem)->name, problem->message);
        g_ptr_array_add(list, job);
    } else if (!error_is(problem, ERROR_NOT_FOUND)) { /* finished since it was listed */
        return pass_on(&problem, error);
    }
    return true;
}

bool jobs_list(Jobs *jobs, guint limit, GPtrArray **list, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
    g_autofree char *last = NULL;
    for (bool more = true; more && found->len < limit;) {
        g_autoptr(GPtrArray) entries = NULL;
        guint listing = MIN(limit - found->len, LIST_LIMIT_MAX);
        if (!store_list(jobs->store, PREFIX_JOBS, last, listing, &entries, &more, error)) return false;
        for (guint i = 0; i < entries->len; i++) {
            const StoreEntry *entry = g_ptr_array_index(entries, i);
            g_autofree char *meeting_id = meeting_of_entry(entry);
            if (meeting_id && !list_job(jobs, meeting_id, found, error)) return false;
            replace_text(&last, entry->key);
        }
    }
    *list = g_steal_pointer(&found);
    return true;
}

/* -- taking -------------------------------------------------------------------------------------------------------------- */

static gint64 due_ms(const Job *job) {
    if (job->state == JOB_FAILED) return NEVER_MS;
    return MAX(job->not_before_ms, job->worker ? job->lease_until_ms : 0);
}

static bool known_not_due(Jobs *jobs, const StoreEntry *entry) {
    gint64 now_ms = clock_now_ms(jobs->clock);
    g_mutex_lock(&jobs->mutex);
    const Known *known = g_hash_table_lookup(jobs->known, entry->key);
    bool waits = known && strcmp(known->etag, entry->etag) == 0 && now_ms < known->due_ms;
    g_mutex_unlock(&jobs->mutex);
    return waits;
}

static void remember(Jobs *jobs, const char *key, const char *etag, gint64 job_due_ms) {
    Known *known = g_new(Known, 1);
    *known = (Known){g_strdup(etag), job_due_ms};
    g_mutex_lock(&jobs->mutex);
    if (g_hash_table_size(jobs->known) >= KNOWN_MAX) g_hash_table_remove_all(jobs->known);
    g_hash_table_replace(jobs->known, g_strdup(key), known);
    g_mutex_unlock(&jobs->mutex);
}

static bool tell_failing(const Jobs *jobs, const Job *job, GError **error) {
    return job->state != JOB_FAILED || !jobs->failing || jobs->failing(job, jobs->failing_data, error);
}

/* Leases a job that nobody holds any more. A holder that is still named has died: that was an attempt, and after the last one the
 * job is written off as failed. ERROR_LEASE_LOST: another was quicker. */
static bool claim(Jobs *jobs, Job *job, const char *worker, GError **error) {
    bool died = job->worker != NULL && job->state != JOB_DONE;
    if (died && job->attempts < G_MAXINT32) job->attempts++;
    if (died && job->attempts >= JOB_ATTEMPTS_MAX && job->state != JOB_DELETING) {
        g_autofree char *message =
            g_strdup_printf("The worker died repeatedly (%u times) in the stage \"%s\": check its memory and the recording, "
                            "then retry, or delete the meeting", job->attempts, job_stage_name(job->stage));
        set_error(job, error_kind_of(ERROR_CRASHED)->name, message);
        job->state = JOB_FAILED;
        lease(jobs, job, NULL);
    } else {
        if (job->state != JOB_DELETING && job->state != JOB_DONE) job->state = JOB_RUNNING;
        job->not_before_ms = 0;
        lease(jobs, job, worker);
    }
    return tell_failing(jobs, job, error) && put_job(jobs, job, error);
}

/* Takes the listed job if it is due; `*job` stays NULL where it is not, or another takes it. */
static bool take_entry(Jobs *jobs, const StoreEntry *entry, const char *worker, Job **job, GError **error) {
    g_autofree char *meeting_id = meeting_of_entry(entry);
    if (!meeting_id || known_not_due(jobs, entry)) return true;
    g_autoptr(Job) found = NULL;
    g_autoptr(GError) problem = NULL;
    if (!jobs_read(jobs, meeting_id, &found, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true; /* finished since it was listed */
        if (!error_is(problem, ERROR_CORRUPT)) return pass_on(&problem, error);
        remember(jobs, entry->key, entry->etag, NEVER_MS);
        return true;
    }
    if (clock_now_ms(jobs->clock) < due_ms(found)) {
        remember(jobs, entry->key, found->etag, due_ms(found));
        return true;
    }
    if (claim(jobs, found, worker, &problem)) {
        if (found->state == JOB_DONE) return store_delete(jobs->store, entry->key, error); /* its worker died just before */
        if (found->state != JOB_FAILED) *job = g_steal_pointer(&found);
        return true;
    }
    if (error_is(problem, ERROR_LEASE_LOST)) return true;
    return pass_on(&problem, error);
}

bool jobs_take(Jobs *jobs, const char *worker, Job **job, GError **error) {
    if (!worker || worker[0] == '\0') return fail(error, ERROR_INVALID, "A worker needs a name");
    Job *taken = NULL;
    g_autofree char *last = NULL;
    for (bool more = true; more && !taken;) {
        g_autoptr(GPtrArray) entries = NULL;
        if (!store_list(jobs->store, PREFIX_JOBS, last, LIST_LIMIT_MAX, &entries, &more, error)) return false;
        if (entries->len == 0) break;
        /* Each worker begins somewhere else, so that they seldom reach for the same job. */
        guint start = (guint)draw(jobs, 0, entries->len);
        for (guint i = 0; i < entries->len && !taken; i++)
            if (!take_entry(jobs, g_ptr_array_index(entries, (start + i) % entries->len), worker, &taken, error)) return false;
        replace_text(&last, ((StoreEntry *)g_ptr_array_index(entries, entries->len - 1))->key);
    }
    *job = taken;
    return true;
}

bool jobs_take_one(Jobs *jobs, const char *meeting_id, const char *worker, Job **job, GError **error) {
    if (!check_names(meeting_id, worker ? worker : "", error)) return false;
    g_autoptr(Job) found = NULL;
    g_autoptr(GError) problem = NULL;
    if (!jobs_read(jobs, meeting_id, &found, error)) return false;
    if (found->state == JOB_DONE) return fail(error, ERROR_NOT_FOUND, "The work on %s is done", meeting_id);
    if (found->worker && clock_now_ms(jobs->clock) < found->lease_until_ms)
        return fail(error, ERROR_CONFLICT, "%s is being worked on already: wait until that is done", meeting_id);
    if (found->state != JOB_FAILED && !claim(jobs, found, worker, &problem)) {
        if (error_is(problem, ERROR_LEASE_LOST))
            return fail(error, ERROR_CONFLICT, "Another worker was quicker to take %s: wait until it is done", meeting_id);
        return pass_on(&problem, error);
    }
    if (found->state == JOB_FAILED) return fail(error, ERROR_CONFLICT, "The work on %s has failed: retry it", meeting_id);
    *job = g_steal_pointer(&found);
    return true;
}

/* -- what the holder does ------------------------------------------------------------------------------------------------ */

static bool check_held(const Job *job, GError **error) {
    if (job->worker && job->etag) return true;
    return fail(error, ERROR_LEASE_LOST, "The job of %s is not held: take it first", job->meeting_id);
}

bool jobs_save(Jobs *jobs, Job *job, GError **error) {
    if (!check_held(job, error)) return false;
    job->lease_until_ms = clock_now_ms(jobs->clock) + JOB_LEASE_MS;
    return put_job(jobs, job, error);
}

/* Exponential with full jitter: by chance between the first wait and 2, 4, 8 … times that. */
static gint64 backoff_ms(Jobs *jobs, guint attempts) {
    gint64 longest = MIN((gint64)JOB_BACKOFF_FIRST_MS << MIN(attempts, 16U), JOB_BACKOFF_MAX_MS);
    return draw(jobs, JOB_BACKOFF_FIRST_MS, longest + 1);
}

bool jobs_fail(Jobs *jobs, Job *job, const GError *reason, GError **error) {
    if (!check_held(job, error)) return false;
    const ErrorKind *kind = error_kind(reason);
    if (job->attempts < G_MAXINT32) job->attempts++;
    set_error(job, kind->name, reason->message);
    job->remaining_ms = -1;
    if (job->state == JOB_DONE) {
        job->not_before_ms = 0; /* only its object is left, for whoever comes */
    } else if (job->state == JOB_DELETING) {
        job->not_before_ms = clock_now_ms(jobs->clock) + (kind->retryable ? backoff_ms(jobs, job->attempts) : JOB_BACKOFF_MAX_MS);
    } else if (kind->retryable && job->attempts < JOB_ATTEMPTS_MAX) {
        job->state = JOB_QUEUED;
        job->not_before_ms = clock_now_ms(jobs->clock) + backoff_ms(jobs, job->attempts);
    } else {
        job->state = JOB_FAILED;
        job->not_before_ms = 0;
    }
    if (!tell_failing(jobs, job, error)) return false;
    lease(jobs, job, NULL);
    return put_job(jobs, job, error);
}

bool jobs_release(Jobs *jobs, Job *job, GError **error) {
    if (!check_held(job, error)) return false;
    if (job->state == JOB_RUNNING) job->state = JOB_QUEUED;
    job->not_before_ms = 0;
    lease(jobs, job, NULL);
    return put_job(jobs, job, error);
}

bool jobs_finish(Jobs *jobs, Job *job, GError **error) {
    /* Not every store has a conditional delete: JOB_DONE stands in for it, which nobody writes over while its lease lasts. */
    job->state = JOB_DONE;
    if (!jobs_save(jobs, job, error)) return false;
    g_autofree char *key = key_job(job->meeting_id);
    return store_delete(jobs->store, key, error);
}

bool jobs_retry(Jobs *jobs, const char *meeting_id, Job **job, GError **error) {
    g_autoptr(Job) found = NULL;
    if (!jobs_read(jobs, meeting_id, &found, error)) return false;
    if (found->state != JOB_FAILED)
        return fail(error, ERROR_CONFLICT, "The work on %s has not failed, it is %s: there is nothing to retry", meeting_id,
                    job_state_name(found->state));
    bool damaged = g_strcmp0(found->error_code, error_kind_of(ERROR_CORRUPT)->name) == 0;
    job_enter_stage(found, damaged ? STAGE_TRANSCRIBE : found->stage);
    found->state = JOB_QUEUED;
    found->not_before_ms = 0;
    if (!put_or_conflict(jobs, found, error)) return false;
    *job = g_steal_pointer(&found);
    return true;
}
