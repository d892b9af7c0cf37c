/* All transfers that are under way: their list, and the sweep that finishes or drops what was left behind. */
#include "base/limits.h"
#include "ingest/ingest_internal.h"

typedef struct {
    const Meetings *meetings;
    Jobs *jobs;
    GCancellable *cancel;
    guint swept;
    GError *first; /* reason why one could not be swept */
} Sweep;

/* Calls `visit` for at most `limit` of the objects, page by page. */
static bool each_entry(const Meetings *meetings, guint limit, StoreVisit visit, gpointer user_data, GError **error) {
    g_autofree char *last = NULL;
    for (bool more = true; more && limit > 0;) {
        g_autoptr(GPtrArray) entries = NULL;
        if (!store_list(meetings->store, PREFIX_UPLOADS, last, MIN(limit, LIST_LIMIT_MAX), &entries, &more, error)) return false;
        for (guint i = 0; i < entries->len; i++)
            if (!visit(g_ptr_array_index(entries, i), user_data, error)) return false;
        if (entries->len == 0) break;
        limit -= entries->len;
        g_free(last);
        last = g_strdup(((const StoreEntry *)g_ptr_array_index(entries, entries->len - 1))->key);
    }
    return true;
}

/* The transfer under the key; `*transfer` NULL where there is none (any more). */
static bool read_entry(const Meetings *meetings, const StoreEntry *entry, Transfer **transfer, GError **error) {
    g_autofree char *meeting_id = meeting_id_of_key(entry->key);
    g_autoptr(GError) problem = NULL;
    if (!meeting_id || transfer_read(meetings, meeting_id, transfer, &problem) || error_is(problem, ERROR_NOT_FOUND) ||
        error_is(problem, ERROR_CORRUPT))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

typedef struct {
    const Meetings *meetings;
    GPtrArray *found;
} Listing;

static bool add_entry(const StoreEntry *entry, gpointer user_data, GError **error) {
    Listing *listing = user_data;
    Transfer *transfer = NULL;
    if (!read_entry(listing->meetings, entry, &transfer, error)) return false;
    if (transfer) g_ptr_array_add(listing->found, transfer);
    return true;
}

bool transfers_list(const Meetings *meetings, guint limit, GPtrArray **transfers, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_free);
    Listing listing = {meetings, found};
    if (!each_entry(meetings, limit, add_entry, &listing, error)) return false;
    *transfers = g_steal_pointer(&found);
    return true;
}

/* `*done`: something was done about it. A completion that can't be for want of its parts is no failure of the sweep: it is dropped in its time. */
static bool settle(Sweep *sweep, const Transfer *transfer, bool *done, GError **error) {
    g_autoptr(GError) problem = NULL;
    guint64 bytes;
    bool old = clock_now_ms(sweep->meetings->clock) - transfer->created_ms > UPLOAD_AGE_MS_MAX;
    if (transfer->state == TRANSFER_COMPLETING) {
        *done = transfer_complete(sweep->meetings, sweep->jobs, transfer->meeting_id, &bytes, &problem);
        if (*done) return true;
        if (!error_is(problem, ERROR_NOT_FOUND) && !error_is(problem, ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (!old && error_is(problem, ERROR_CONFLICT)) return true;
    } else if (transfer->state == TRANSFER_OPEN && !old) {
        return true;
    }
    g_clear_error(&problem);
    *done = transfer_discard(sweep->meetings, transfer, &problem);
    if (*done || error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_CONFLICT)) return true; /* another was at it */
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool sweep_entry(const StoreEntry *entry, gpointer user_data, GError **error) {
    Sweep *sweep = user_data;
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(GError) problem = NULL;
    bool done = false;
    if (g_cancellable_is_cancelled(sweep->cancel)) return fail(error, ERROR_CANCELLED, "stopped; the sweep of uploads goes on another time");
    if (clock_now_ms(sweep->meetings->clock) - entry->modified_ms < UPLOAD_SETTLE_MS) return true;
    if (!read_entry(sweep->meetings, entry, &transfer, &problem) || (transfer && !settle(sweep, transfer, &done, &problem))) {
        if (!sweep->first) sweep->first = g_steal_pointer(&problem);
        return true;
    }
    sweep->swept += done;
    return true;
}

bool transfers_sweep(const Meetings *meetings, Jobs *jobs, GCancellable *cancel, guint *swept, GError **error) {
    Sweep sweep = {.meetings = meetings, .jobs = jobs, .cancel = cancel};
    bool seen = each_entry(meetings, TRANSFERS_SWEEP_MAX, sweep_entry, &sweep, error);
    *swept = sweep.swept;
    bool done = seen && !sweep.first;
    if (seen && !done) g_propagate_error(error, g_steal_pointer(&sweep.first));
    g_clear_error(&sweep.first);
    return done;
}
