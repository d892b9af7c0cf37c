/* A table by meeting; an entry that no worker has renewed for a lease's time is dropped. */
#include "http/progress.h"

#include <string.h>

#include "base/limits.h"

typedef struct {
    char *run;
    JobStage stage;
    double progress;
    gint64 remaining_ms, put_ms;
} Entry;

struct Progress {
    Clock *clock;
    GMutex mutex;
    GHashTable *entries; /* meeting id → Entry */
};

static void entry_free(gpointer data) {
    Entry *entry = data;
    g_free(entry->run);
    g_free(entry);
}

Progress *progress_new(Clock *clock) {
    Progress *progress = g_new0(Progress, 1);
    progress->clock = clock;
    g_mutex_init(&progress->mutex);
    progress->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return progress;
}

void progress_free(Progress *progress) {
    if (!progress) return;
    g_hash_table_unref(progress->entries);
    g_mutex_clear(&progress->mutex);
    g_free(progress);
}

static gboolean is_stale(gpointer key, gpointer value, gpointer user_data) {
    const Entry *entry = value;
    const gint64 *now_ms = user_data;
    return *now_ms - entry->put_ms > JOB_LEASE_MS;
}

void progress_put(Progress *progress, const Job *job) {
    gint64 now_ms = clock_now_ms(progress->clock);
    Entry *entry = g_new(Entry, 1);
    *entry = (Entry){g_strdup(job->run), job->stage, job->progress, job->remaining_ms, now_ms};
    g_mutex_lock(&progress->mutex);
    g_hash_table_foreach_remove(progress->entries, is_stale, &now_ms);
    g_hash_table_replace(progress->entries, g_strdup(job->meeting_id), entry);
    g_mutex_unlock(&progress->mutex);
}

void progress_apply(Progress *progress, Job *job) {
    gint64 now_ms = clock_now_ms(progress->clock);
    if (job->state != JOB_RUNNING) return;
    g_mutex_lock(&progress->mutex);
    Entry *entry = g_hash_table_lookup(progress->entries, job->meeting_id);
    if (entry && g_strcmp0(entry->run, job->run) == 0 && entry->stage >= job->stage && !is_stale(NULL, entry, &now_ms)) {
        job->stage = entry->stage;
        job->progress = entry->progress;
        job->remaining_ms = entry->remaining_ms;
    }
    g_mutex_unlock(&progress->mutex);
}
