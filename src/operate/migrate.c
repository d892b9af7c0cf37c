/* The run: what is on both sides is noted first, so that each meeting costs few requests; then the meetings, by several workers that draw from one
 * walk; then what has no meeting. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/inbox.h"
#include "operate/migrate_internal.h"
#include "operate/reindex.h"


/* -- what all share ------------------------------------------------------------------------------------------------------ */

void migrate_tell(Migrate *migrate, const MigrateReport *report) {
    const MigrateOptions *options = migrate->options;
    g_mutex_lock(&migrate->mutex);
    migrate->summary.count[report->kind][report->outcome]++;
    if (report->outcome == MIGRATE_PLANNED) migrate->summary.bytes += report->bytes;
    if (options->report && (report->outcome != MIGRATE_THERE || report->reason)) options->report(report, options->user_data);
    g_mutex_unlock(&migrate->mutex);
}

static void show_progress(Migrate *migrate) {
    const MigrateOptions *options = migrate->options;
    const guint64 *meetings = migrate->summary.count[MIGRATE_MEETING], *files = migrate->summary.count[MIGRATE_FILE];
    guint64 count = 0;
    if (!options->progress) return;
    for (int outcome = 0; outcome < MIGRATE_OUTCOME_COUNT; outcome++) count += meetings[outcome] + files[outcome];
    gint64 spent_ms = (g_get_monotonic_time() - migrate->begun_us) / 1000;
    double part = migrate->all > 0 ? (double)migrate->done / (double)migrate->all : 0;
    gint64 left_ms = part > 0.01 && part <= 1 ? (gint64)((double)spent_ms * (1 - part) / part) : -1;
    options->progress(count, MIN(migrate->done, migrate->all), migrate->all, left_ms, options->user_data);
}

bool migrate_advance(Migrate *migrate, guint64 bytes, GError **error) {
    GCancellable *cancel = migrate->options->cancel;
    if (cancel && g_cancellable_is_cancelled(cancel)) return fail(error, ERROR_CANCELLED, "stopped; run it again to go on");
    g_mutex_lock(&migrate->mutex);
    migrate->done += bytes;
    show_progress(migrate);
    g_mutex_unlock(&migrate->mutex);
    return true;
}

void migrate_fail(Migrate *migrate, GError *problem) {
    g_mutex_lock(&migrate->mutex);
    if (migrate->failure) g_error_free(problem);
    else migrate->failure = problem;
    g_mutex_unlock(&migrate->mutex);
}

bool migrate_is_of_one(const GError *problem) {
    return error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE) || error_is(problem, ERROR_INVALID) ||
           error_is(problem, ERROR_CONFLICT);
}

bool migrate_is_of_recording(Migrate *migrate, const char *key, const GError *problem) {
    const KeyEntry *entry = key ? key_table_find(migrate->recordings, key) : NULL;
    return migrate_is_of_one(problem) || (entry && entry->version != 0 && error_is(problem, ERROR_CONFIG));
}

bool migrate_head(Store *store, const char *key, bool *there, StoreInfo *info, GError **error) {
    g_autoptr(GError) problem = NULL;
    *there = store_head(store, key, info, &problem);
    if (*there || error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

guint64 migrate_use_recording(Migrate *migrate, const char *key) {
    g_mutex_lock(&migrate->mutex);
    KeyEntry *entry = key_table_find(migrate->recordings, key);
    if (entry) entry->marks = 1;
    guint64 size = entry ? entry->value : 0;
    g_mutex_unlock(&migrate->mutex);
    return size;
}

/* -- what is noted first ------------------------------------------------------------------------------------------------- */

/* What S3 gives only once it was restored. Whether it was, no listing tells. */
static bool may_be_archived(const StoreEntry *entry) {
    static const char *const classes[] = {"GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING", NULL};
    return entry->storage_class && g_strv_contains(classes, entry->storage_class);
}

static bool note_recording(const StoreEntry *entry, gpointer user_data, GError **error) {
    Migrate *migrate = user_data;
    migrate->all += entry->size;
    const char *version = may_be_archived(entry) ? "archived" : NULL;
    return migrate_advance(migrate, 0, error) && key_table_add(migrate->recordings, entry->key, entry->size, version, error);
}

static bool note_size(const StoreEntry *entry, gpointer user_data, GError **error) {
    Migrate *migrate = user_data;
    if (!g_str_has_suffix(entry->key, "/metadata.json")) migrate->all += entry->size;
    return migrate_advance(migrate, 0, error);
}

static bool note_id(const StoreEntry *entry, gpointer user_data, GError **error) {
    g_autofree char *meeting_id = meeting_id_of_key(entry->key);
    return !meeting_id || key_table_add(user_data, meeting_id, 0, NULL, error);
}

/* The recording's key; NULL: none. A row that is cut has it in its record. */
static bool recording_of(const Migrate *migrate, const Row *row, char **key, GError **error) {
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    *key = g_strdup(row->audio_key);
    if (*key || !row->cut) return true;
    if (meeting_read_record(migrate->meetings, row->meeting_id, &record, NULL, &problem)) *key = g_strdup(record->audio_key);
    if (!problem || error_is(problem, ERROR_NOT_FOUND) || migrate_is_of_one(problem)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool note_row(const Row *row, gpointer user_data, GError **error) {
    Migrate *migrate = user_data;
    g_autofree char *key = NULL;
    if (migrate->options->folder && !recording_of(migrate, row, &key, error)) return false;
    if (!migrate->options->folder) key = row_to_key(row);
    return !key || key_table_add(migrate->rows, key, 0, NULL, error);
}

static bool count_one(const StoreEntry *entry, gpointer counter, GError **error) {
    ++*(guint64 *)counter;
    return true;
}

/* The rows of a table may differ from the keys: then each row is put anew. */
static bool note_rows(Migrate *migrate, GError **error) {
    Catalog *catalog = migrate->meetings->catalog;
    if (!migrate->options->folder && catalog_table(catalog)) return true;
    migrate->rows = key_table_new();
    if (!catalog_each(catalog, note_row, migrate, error)) return false;
    key_table_seal(migrate->rows);
    return true;
}

static bool note_source(Migrate *migrate, GError **error) {
    if (!store_each(migrate->source, PREFIX_RECORDINGS, note_recording, migrate, error) ||
        !store_each(migrate->source, PREFIX_MEETINGS, note_size, migrate, error) ||
        !store_each(migrate->source, PREFIX_JOBS, note_id, migrate->source_jobs, error) ||
        !store_each(migrate->source, PREFIX_INBOX, count_one, &migrate->summary.inbox, error) ||
        !store_each(migrate->source, PREFIX_UPLOADS, count_one, &migrate->summary.uploads, error))
        return false;
    key_table_seal(migrate->recordings);
    key_table_seal(migrate->source_jobs);
    return true;
}

static bool note_destination(Migrate *migrate, GError **error) {
    if (!store_each(migrate->store, PREFIX_JOBS, note_id, migrate->jobs, error)) return false;
    key_table_seal(migrate->jobs);
    return note_rows(migrate, error);
}

/* -- the meetings -------------------------------------------------------------------------------------------------------- */

/* The next folder of the walk, under the lock; NULL at its end, or with `error`. */
static char *next_folder(Migrate *migrate, GError **error) {
    for (;;) {
        if (!migrate->page || migrate->at == migrate->page->len) {
            if (migrate->page && !migrate->more) return NULL;
            g_clear_pointer(&migrate->page, g_ptr_array_unref);
            migrate->at = 0;
            if (!store_list(migrate->source, PREFIX_MEETINGS, migrate->last_key, LIST_LIMIT_MAX, &migrate->page, &migrate->more, error)) return NULL;
            if (migrate->page->len == 0) migrate->more = false;
            continue;
        }
        const StoreEntry *entry = migrate->page->pdata[migrate->at++];
        g_free(migrate->last_key);
        migrate->last_key = g_strdup(entry->key);
        g_autofree char *meeting_id = meeting_id_of_key(entry->key);
        if (!meeting_id || g_strcmp0(meeting_id, migrate->last_id) == 0) continue;
        g_free(migrate->last_id);
        migrate->last_id = g_strdup(meeting_id);
        return g_steal_pointer(&meeting_id);
    }
}

static char *draw(Migrate *migrate) {
    g_autoptr(GError) problem = NULL;
    g_mutex_lock(&migrate->mutex);
    char *meeting_id = migrate->failure ? NULL : next_folder(migrate, &problem);
    g_mutex_unlock(&migrate->mutex);
    if (problem) migrate_fail(migrate, g_steal_pointer(&problem));
    return meeting_id;
}

static gpointer work(gpointer user_data) {
    Migrate *migrate = user_data;
    for (char *meeting_id; (meeting_id = draw(migrate));) {
        g_autofree char *owned = meeting_id;
        g_autoptr(GError) problem = NULL;
        if (!migrate_meeting(migrate, owned, &problem)) migrate_fail(migrate, g_steal_pointer(&problem));
    }
    return NULL;
}

static bool migrate_meetings(Migrate *migrate, GError **error) {
    guint more = MIN(migrate->options->workers, MIGRATE_WORKERS_MAX);
    GThread *threads[MIGRATE_WORKERS_MAX];
    more = more > 0 ? more - 1 : 0;
    for (guint i = 0; i < more; i++) threads[i] = g_thread_new("migrate", work, migrate);
    work(migrate);
    for (guint i = 0; i < more; i++) g_thread_join(threads[i]);
    if (!migrate->failure) return true;
    g_propagate_error(error, g_steal_pointer(&migrate->failure));
    return false;
}

static void rewind_walk(Migrate *migrate) {
    g_clear_pointer(&migrate->page, g_ptr_array_unref);
    g_clear_pointer(&migrate->last_key, g_free);
    g_clear_pointer(&migrate->last_id, g_free);
    migrate->more = false;
}

/* Two names may lead to one store (a mount, another name of the same service): then all that is to be removed would be the only copy. */
static bool check_apart(const Migrate *migrate, GError **error) {
    g_autofree char *uuid = text_uuid(), *key = g_strconcat(PREFIX_DOCTOR, uuid, NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_static("", 0);
    g_auto(StoreInfo) info = {0};
    bool seen = true;
    if (!store_put(migrate->store, key, bytes, NULL, NULL, error)) return false;
    bool looked = migrate_head(migrate->source, key, &seen, &info, error);
    if (!store_delete(migrate->store, key, looked ? error : NULL) || !looked) return false;
    return !seen || fail(error, ERROR_INVALID, "the source is the destination by another name: nothing is removed");
}

/* A second walk, after all was brought: what another meeting needs as well is brought by then. */
static bool remove_source(Migrate *migrate, GError **error) {
    g_autoptr(Catalog) catalog = NULL;
    if (!check_apart(migrate, error) || !catalog_keys_open(migrate->source, &catalog, error)) return false;
    Meetings source = {migrate->source, catalog, migrate->meetings->clock};
    rewind_walk(migrate);
    for (char *meeting_id; (meeting_id = draw(migrate));) {
        g_autofree char *owned = meeting_id;
        if (!migrate_advance(migrate, 0, error)) return false;
        if (key_table_find(migrate->source_jobs, owned)) continue; /* in work */
        if (!migrate_remove_meeting(migrate, &source, owned, error)) return false;
    }
    if (!migrate->failure) return true;
    g_propagate_error(error, g_steal_pointer(&migrate->failure));
    return false;
}

/* -- the run ------------------------------------------------------------------------------------------------------------- */

static bool quiet(const ReindexResult *so_far, gpointer user_data, GError **error) { return migrate_advance(user_data, 0, error); }

/* A table that was never filled lists nothing, whatever rows it was given. */
static bool fill_lists(Migrate *migrate, GError **error) {
    ReindexResult result;
    bool whole = true;
    if (migrate->options->dry_run || !catalog_is_whole(migrate->meetings->catalog, &whole, error)) return migrate->options->dry_run;
    return whole || reindex(migrate->meetings, NULL, quiet, migrate, &result, error);
}

static bool run_store(Migrate *migrate, GError **error) {
    if (!note_source(migrate, error) || !note_destination(migrate, error) || !migrate_meetings(migrate, error) || !migrate_work(migrate, error) ||
        !migrate_orphans(migrate, error) || !migrate_others(migrate, error) || !fill_lists(migrate, error))
        return false;
    return !migrate->options->remove_source || migrate->options->dry_run || remove_source(migrate, error);
}

static bool run_folder(Migrate *migrate, GError **error) {
    key_table_seal(migrate->recordings);
    return note_destination(migrate, error) && migrate_folder(migrate, error);
}

bool migrate(const MigrateOptions *options, MigrateSummary *summary, GError **error) {
    Migrate state = {.options = options,
                     .source = options->source,
                     .store = options->destination->store,
                     .meetings = options->destination,
                     .recordings = key_table_new(),
                     .source_jobs = key_table_new(),
                     .jobs = key_table_new(),
                     .begun_us = g_get_monotonic_time()};
    g_mutex_init(&state.mutex);
    g_mutex_init(&state.large);
    bool done = options->folder ? run_folder(&state, error) : run_store(&state, error);
    rewind_walk(&state);
    g_clear_error(&state.failure);
    key_table_free(state.recordings);
    key_table_free(state.source_jobs);
    key_table_free(state.jobs);
    key_table_free(state.rows);
    g_mutex_clear(&state.mutex);
    g_mutex_clear(&state.large);
    *summary = state.summary;
    return done;
}
