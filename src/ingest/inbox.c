/* Copy, job, removal: in this order, each of them safe to do again. */
#include "ingest/inbox.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/ingest_internal.h"
#include "model/keys.h"
#include "store/copy.h"

static bool pass_on(GError **problem, GError **error) {
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

/* Of the file's key and version. Caller frees. */
static char *uuid_of(const StoreEntry *entry) {
    g_autofree char *text = g_strdup_printf("hansard-inbox-1\n%s\n%s", entry->key, entry->etag);
    return text_uuid_of(text);
}

/* The recording stands under `key` when this is true: copied now, or by whoever was here before. ERROR_PRECONDITION: the file is no longer the one listed. */
static bool copy(Store *store, const StoreEntry *from, const char *key, GCancellable *cancel, char **sha256, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (store_copy(store, from->key, from->etag, key, cancel, sha256, &problem)) return true;
    /* With a sum: all was read, so it is the target that stands. */
    return (*sha256 && error_is(problem, ERROR_PRECONDITION)) || pass_on(&problem, error);
}

static bool take(const Meetings *meetings, Jobs *jobs, const StoreEntry *entry, GCancellable *cancel, GError **error) {
    g_autofree char *uuid = uuid_of(entry), *meeting_id = meeting_id_new(uuid), *filename = text_clean_filename(entry->key);
    g_autofree char *key = key_recording(uuid, filename), *sha256 = NULL;
    g_autoptr(GError) problem = NULL;
    bool known = false;
    /* Where the meeting stands already, or work on it does, only the file is left to remove. */
    if (!ingest_is_taken(meetings, jobs, meeting_id, &known, error)) return false;
    if (!known && (!copy(meetings->store, entry, key, cancel, &sha256, error) || !ingest_is_taken(meetings, jobs, meeting_id, &known, error)))
        return false;
    IngestRecording recording = {.meeting_id = meeting_id, .key = key, .bytes = entry->size, .sha256 = sha256};
    IngestOptions options = {.filename = filename};
    if (!known && !ingest_recording(meetings, jobs, &recording, &options, NULL, &problem) && !error_is(problem, ERROR_CONFLICT))
        return pass_on(&problem, error);
    return store_delete(meetings->store, entry->key, error);
}

/* A folder's marker, a hidden file, or one that still grows. */
static bool is_to_be_left(const StoreEntry *entry, gint64 settled_before_ms) {
    const char *name = strrchr(entry->key, '/') + 1;
    return entry->size == 0 || name[0] == '\0' || name[0] == '.' || entry->modified_ms > settled_before_ms;
}

/* A file that another server has taken, or that is being written, is no failure. */
static bool is_passing(const GError *problem) { return error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_PRECONDITION); }

bool inbox_take(const Meetings *meetings, Jobs *jobs, gint64 settled_ms, GCancellable *cancel, guint *taken, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) first = NULL;
    bool more;
    *taken = 0;
    if (!store_list(meetings->store, PREFIX_INBOX, NULL, LIST_LIMIT_MAX, &entries, &more, error)) return false;
    for (guint i = 0; i < entries->len && *taken < INBOX_TAKE_MAX; i++) {
        const StoreEntry *entry = g_ptr_array_index(entries, i);
        g_autoptr(GError) problem = NULL;
        if (is_to_be_left(entry, settled_ms > 0 ? clock_now_ms(meetings->clock) - settled_ms : G_MAXINT64)) continue;
        if (take(meetings, jobs, entry, cancel, &problem)) {
            (*taken)++;
        } else if (error_is(problem, ERROR_CANCELLED)) {
            return pass_on(&problem, error);
        } else if (!is_passing(problem) && !first) {
            g_prefix_error(&problem, "%s could not be taken in: ", entry->key);
            first = g_steal_pointer(&problem);
        }
    }
    return !first || pass_on(&first, error);
}
