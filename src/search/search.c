/* Opening the index and bringing it up to date from the store. */
#include "base/limits.h"
#include "search/search_internal.h"

void search_close(Search *search) {
    if (!search) return;
    database_close(search);
    g_mutex_clear(&search->lock);
    g_mutex_clear(&search->update_lock);
    g_mutex_clear(&search->refresh_lock);
    g_free(search->path);
    g_free(search);
}

bool search_open(const char *path, Store *store, Catalog *catalog, Search **search, GError **error) {
    g_autoptr(Search) opened = g_new0(Search, 1);
    opened->path = g_strdup(path);
    opened->meetings = (Meetings){store, catalog, clock_system()};
    g_mutex_init(&opened->lock);
    g_mutex_init(&opened->update_lock);
    g_mutex_init(&opened->refresh_lock);
    if (!database_lock(opened, error)) return false;
    database_unlock(opened);
    *search = g_steal_pointer(&opened);
    return true;
}

/* `*changed`: whether the index holds something else now. */
static bool update(Search *search, const char *meeting_id, bool *changed, GError **error) {
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) problem = NULL;
    if (meeting_read(&search->meetings, meeting_id, &meeting, &problem)) {
        if (!index_put(search, meeting, error)) return false;
        *changed = true;
        return true;
    }
    if (error_is(problem, ERROR_NOT_FOUND)) return index_remove(search, meeting_id, changed, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool update_locked(Search *search, const char *meeting_id, bool *changed, GError **error) {
    g_mutex_lock(&search->update_lock);
    bool done = update(search, meeting_id, changed, error);
    g_mutex_unlock(&search->update_lock);
    return done;
}

bool search_update(Search *search, const char *meeting_id, GError **error) {
    bool changed;
    return update_locked(search, meeting_id, &changed, error);
}

/* What a refresh has come to. */
typedef struct {
    Search *search;
    GCancellable *cancellable;
    guint updated;
    guint failed;
    guint seen;
    GError *first_problem; /* of those that failed */
} Refresh;

static bool go_on(const Refresh *refresh, GError **error) {
    return !g_cancellable_is_cancelled(refresh->cancellable) ||
           fail(error, ERROR_CANCELLED, "The search index was not brought up to date to the end: it was asked to stop");
}

/* A meeting that can't be read for good is passed over, and reported at the end; what may pass (the disk, the network) ends the
 * refresh. */
static bool refresh_meeting(Refresh *refresh, const char *meeting_id, GError **error) {
    g_autoptr(GError) problem = NULL;
    bool changed = false;
    if (update_locked(refresh->search, meeting_id, &changed, &problem)) {
        refresh->updated += changed;
        return true;
    }
    if (!error_is(problem, ERROR_CORRUPT) && !error_is(problem, ERROR_TOO_LARGE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (refresh->failed++ == 0) refresh->first_problem = g_steal_pointer(&problem);
    return true;
}

/* Of several rows of one meeting, which stand side by side, all are seen: the store decides in the end. One that is being deleted is none. */
static bool refresh_row(const Row *row, gpointer user_data, GError **error) {
    Refresh *refresh = user_data;
    bool current;
    if (row->state == MEETING_DELETING) return true;
    refresh->seen++;
    if (!go_on(refresh, error) || !index_see(refresh->search, row, &current, error)) return false;
    return current || refresh_meeting(refresh, row->meeting_id, error);
}

static bool refresh_rows(Refresh *refresh, guint rows_max, GError **error) {
    g_autofree char *cursor = NULL;
    if (rows_max == 0) return catalog_scan(refresh->search->meetings.catalog, refresh_row, refresh, error);
    guint done = 0;
    do {
        g_auto(CatalogPage) page = {0};
        CatalogQuery query = {.limit = MIN(rows_max - done, PAGE_LIMIT_MAX), .cursor = cursor};
        if (!catalog_list(refresh->search->meetings.catalog, &query, &page, error)) return false;
        for (guint i = 0; i < page.rows->len; i++)
            if (!refresh_row(g_ptr_array_index(page.rows, i), refresh, error)) return false;
        done += page.rows->len;
        g_free(cursor);
        cursor = g_steal_pointer(&page.next_cursor);
    } while (cursor && done < rows_max);
    return true;
}

/* The store decides, not the catalog, whether a meeting is gone: one may have been committed since its page was read. */
static bool forget_vanished(Refresh *refresh, GError **error) {
    g_autofree char *meeting_id = g_strdup("");
    for (;;) {
        g_autofree char *after = g_steal_pointer(&meeting_id);
        g_autoptr(Record) record = NULL;
        if (!go_on(refresh, error) || !index_next_unseen(refresh->search, after, &meeting_id, error)) return false;
        if (!meeting_id) return true;
        if (meeting_read_record(&refresh->search->meetings, meeting_id, &record, NULL, NULL)) continue;
        /* Gone, or in trouble: the update tells which. */
        if (!refresh_meeting(refresh, meeting_id, error)) return false;
    }
}

guint search_seen(Search *search) { return (guint)g_atomic_int_get(&search->seen); }

bool search_refresh(Search *search, guint rows_max, GCancellable *cancellable, guint *updated, GError **error) {
    Refresh refresh = {.search = search, .cancellable = cancellable};
    g_mutex_lock(&search->refresh_lock);
    bool done = index_begin_seen(search, error) && refresh_rows(&refresh, rows_max, error) &&
                (rows_max > 0 || forget_vanished(&refresh, error));
    g_mutex_unlock(&search->refresh_lock);
    g_autoptr(GError) first_problem = refresh.first_problem;
    if (!done) return false;
    if (rows_max == 0) g_atomic_int_set(&search->seen, (int)MIN(refresh.seen, G_MAXINT));
    if (first_problem)
        return fail(error, (ErrorCode)first_problem->code, "%u meetings could not be indexed, all others are; the first: %s",
                    refresh.failed, first_problem->message);
    if (updated) *updated = refresh.updated;
    return true;
}
