/* Two walks: each record gets its row, then each row without a record goes. Whatever stops it, running it again does the rest. */
#include "operate/reindex.h"

#include "operate/relist.h"

typedef struct {
    const Meetings *meetings;
    ReindexProgress progress;
    gpointer user_data;
    ReindexResult result;
} Walk;

/* One that is changed or deleted meanwhile is listed by whoever does that. */
static bool relist_current(const Meetings *meetings, const char *meeting_id, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (relist(meetings, meeting_id, NULL, &problem) || error_is(problem, ERROR_PRECONDITION) || error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool index_record(const StoreEntry *entry, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    g_autofree char *meeting_id = g_str_has_suffix(entry->key, "/metadata.json") ? meeting_id_of_key(entry->key) : NULL;
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    if (!meeting_id) return true;
    if (meeting_read_record(walk->meetings, meeting_id, &record, NULL, &problem)) {
        if (!relist_current(walk->meetings, meeting_id, error)) return false;
        walk->result.meetings++;
    } else if (error_is(problem, ERROR_CORRUPT)) {
        walk->result.damaged++;
    } else if (!error_is(problem, ERROR_NOT_FOUND)) { /* deleted meanwhile */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return walk->progress(&walk->result, walk->user_data, error);
}

static bool remove_stale(const Row *row, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    if (!walk->progress(&walk->result, walk->user_data, error)) return false;
    if (meeting_read_record(walk->meetings, row->meeting_id, &record, NULL, &problem)) {
        if (record->timestamp_ms == row->timestamp_ms) return true;
    } else if (!error_is(problem, ERROR_NOT_FOUND)) {
        return true; /* damaged, or out of reach: not known to be stale */
    }
    walk->result.removed++;
    return catalog_remove(walk->meetings->catalog, row->meeting_id, row->timestamp_ms, error);
}

bool reindex(const Meetings *meetings, Search *search, ReindexProgress progress, gpointer user_data, ReindexResult *result,
             GError **error) {
    Walk walk = {.meetings = meetings, .progress = progress, .user_data = user_data};
    bool done = store_each(meetings->store, PREFIX_MEETINGS, index_record, &walk, error) &&
                catalog_each(meetings->catalog, remove_stale, &walk, error) &&
                catalog_mark_whole(meetings->catalog, clock_now_ms(meetings->clock), error) &&
                (!search || search_refresh(search, 0, NULL, NULL, error));
    if (done) *result = walk.result;
    return done;
}
