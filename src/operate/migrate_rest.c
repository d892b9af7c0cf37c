/* What has no meeting (yet): unfinished work, recordings that nothing names, and what is copied as it is. */
#include <string.h>

#include "base/limits.h"
#include "ingest/ingest.h"
#include "operate/migrate_internal.h"

/* -- unfinished work ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Migrate *migrate;
    Jobs *from;      /* the source's */
    const Job *job;
    guint64 bytes;   /* copied */
} Work;

static bool copy_key(Work *work, const MigrateCopy *wanted, GError **error) {
    g_auto(StoreInfo) info = {0};
    g_auto(MigrateObject) object = {0};
    MigrateCopy copy = *wanted;
    bool copied;
    if (!migrate_head(work->migrate->store, copy.to, &copy.stands, &info, error)) return false;
    copy.standing_bytes = info.size;
    copy.standing_etag = info.etag;
    if (!migrate_object(work->migrate, &copy, &object, &copied, error)) return false;
    if (copied) work->bytes += object.bytes;
    return true;
}

static bool copy_output(const StoreEntry *entry, gpointer user_data, GError **error) {
    MigrateCopy copy = {.from = entry->key, .to = entry->key};
    return copy_key(user_data, &copy, error);
}

/* The recording and what the stages have made so far. */
static bool copy_work(Work *work, GError **error) {
    const Job *job = work->job;
    g_autofree char *prefix = g_strconcat(PREFIX_MEETINGS, job->meeting_id, "/", NULL);
    MigrateCopy recording = {.from = job->audio_key, .to = job->audio_key, .sha256 = job->audio_sha256, .bytes = job->audio_bytes};
    if (job->audio_key && g_str_has_prefix(job->audio_key, PREFIX_RECORDINGS) && !copy_key(work, &recording, error)) return false;
    return store_each(work->migrate->source, prefix, copy_output, work, error);
}

/* Nobody's, with the same run: what its stages have made is known again. */
static bool put_job(Work *work, GError **error) {
    g_autoptr(Job) job = NULL;
    if (!jobs_read(work->from, work->job->meeting_id, &job, error)) return false;
    job->attempts = 0;
    job->not_before_ms = 0;
    g_clear_pointer(&job->error_code, g_free);
    g_clear_pointer(&job->error_message, g_free);
    return jobs_create(work->migrate->options->jobs, job, NULL, error);
}

static bool bring_work(Work *work, MigrateReport *report, GError **error) {
    const Migrate *migrate = work->migrate;
    bool taken = false;
    if (!ingest_is_taken(migrate->meetings, migrate->options->jobs, report->name, &taken, error)) return false;
    report->outcome = taken ? MIGRATE_THERE : migrate->options->dry_run ? MIGRATE_PLANNED : MIGRATE_COPIED;
    if (report->outcome == MIGRATE_PLANNED) report->bytes = work->job->audio_bytes;
    if (report->outcome != MIGRATE_COPIED) return true;
    if (!copy_work(work, error) || !put_job(work, error)) return false;
    report->bytes = work->bytes;
    return true;
}

/* A meeting that stands was brought as it is: what is done to it anew, the source does. */
static bool is_finished(const Migrate *migrate, const char *meeting_id, bool *finished, GError **error) {
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_auto(StoreInfo) info = {0};
    return migrate_head(migrate->source, key, finished, &info, error);
}

/* `key`: the recording that it is about; NULL: none. */
static bool pass_on_unless_of_one(Migrate *migrate, MigrateReport *report, const char *key, GError **problem, GError **error) {
    bool passing = error_is(*problem, ERROR_NOT_FOUND) || error_is(*problem, ERROR_PRECONDITION);
    if (passing) g_prefix_error(problem, "it is being worked on, run this again later: ");
    else if (!migrate_is_of_recording(migrate, key, *problem)) {
        g_propagate_error(error, g_steal_pointer(problem));
        return false;
    }
    report->outcome = MIGRATE_LEFT;
    report->reason = (*problem)->message;
    migrate_tell(migrate, report);
    return true;
}

static bool visit_job(const StoreEntry *entry, gpointer user_data, GError **error) {
    Work *work = user_data;
    g_autofree char *meeting_id = meeting_id_of_key(entry->key);
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    bool finished = false;
    if (!meeting_id) return true;
    if (!migrate_advance(work->migrate, 0, error) || !is_finished(work->migrate, meeting_id, &finished, error)) return false;
    if (finished) return true;
    MigrateReport report = {.kind = MIGRATE_WORK, .name = meeting_id};
    if (!jobs_read(work->from, meeting_id, &job, &problem)) return pass_on_unless_of_one(work->migrate, &report, NULL, &problem, error);
    if (job->audio_key) migrate_use_recording(work->migrate, job->audio_key);
    if (job->state == JOB_DELETING || job->state == JOB_DONE) return true;
    work->job = job;
    work->bytes = 0;
    if (!bring_work(work, &report, &problem)) return pass_on_unless_of_one(work->migrate, &report, job->audio_key, &problem, error);
    migrate_tell(work->migrate, &report);
    return true;
}

bool migrate_work(Migrate *migrate, GError **error) {
    g_autoptr(Jobs) from = jobs_new(migrate->source, migrate->meetings->clock);
    Work work = {.migrate = migrate, .from = from};
    return store_each(migrate->source, PREFIX_JOBS, visit_job, &work, error);
}

/* -- copied as it is ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Migrate *migrate;
    MigrateKind kind;
    bool once; /* what stands is not looked into: such objects are never changed */
} Plain;

static bool copy_plain(const Plain *plain, const StoreEntry *entry, MigrateReport *report, GError **error) {
    Migrate *migrate = plain->migrate;
    g_auto(StoreInfo) info = {0};
    g_auto(MigrateObject) object = {0};
    MigrateCopy copy = {.from = entry->key, .to = entry->key};
    bool copied = false;
    if (!migrate_head(migrate->store, entry->key, &copy.stands, &info, error)) return false;
    copy.standing_bytes = info.size;
    copy.standing_etag = info.etag;
    report->outcome = MIGRATE_THERE;
    if (copy.stands && (plain->once || migrate->options->dry_run) && info.size == entry->size) return true;
    report->outcome = MIGRATE_PLANNED;
    report->bytes = entry->size;
    if (migrate->options->dry_run) return true;
    if (!migrate_object(migrate, &copy, &object, &copied, error)) return false;
    report->outcome = copied ? MIGRATE_COPIED : MIGRATE_THERE;
    return true;
}

static bool visit_plain(const StoreEntry *entry, gpointer user_data, GError **error) {
    const Plain *plain = user_data;
    MigrateReport report = {.kind = plain->kind, .name = entry->key};
    g_autoptr(GError) problem = NULL;
    if (!migrate_advance(plain->migrate, 0, error)) return false;
    if (!copy_plain(plain, entry, &report, &problem)) return pass_on_unless_of_one(plain->migrate, &report, entry->key, &problem, error);
    migrate_tell(plain->migrate, &report);
    return true;
}

static bool visit_orphan(const StoreEntry *entry, gpointer user_data, GError **error) {
    const Plain *plain = user_data;
    const KeyEntry *known = key_table_find(plain->migrate->recordings, entry->key);
    return !known || known->marks > 0 || visit_plain(entry, user_data, error);
}

bool migrate_orphans(Migrate *migrate, GError **error) {
    Plain plain = {.migrate = migrate, .kind = MIGRATE_RECORDING};
    return key_table_unmarked(migrate->recordings) == 0 || store_each(migrate->source, PREFIX_RECORDINGS, visit_orphan, &plain, error);
}

bool migrate_others(Migrate *migrate, GError **error) {
    static const char *const access[] = {PREFIX_TOKENS, PREFIX_SHARES, PREFIX_WEBHOOKS, PREFIX_AUDIT};
    Plain plain = {.migrate = migrate, .kind = MIGRATE_OTHER, .once = true};
    if (!store_each(migrate->source, PREFIX_QUARANTINE, visit_plain, &plain, error)) return false;
    for (gsize i = 0; migrate->options->access && i < G_N_ELEMENTS(access); i++)
        if (!store_each(migrate->source, access[i], visit_plain, &plain, error)) return false;
    return true;
}
