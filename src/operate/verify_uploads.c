/* The uploads in parts that were left behind, and what stands where nothing is to stand. */
#include <string.h>

#include "base/limits.h"
#include "ingest/transfer.h"
#include "operate/verify_internal.h"

/* -- uploads ------------------------------------------------------------------------------------------------------------- */

static bool is_left(const Verify *verify, const Transfer *transfer) {
    gint64 now_ms = clock_now_ms(verify->meetings->clock);
    return transfer->state != TRANSFER_OPEN || now_ms - transfer->created_ms > UPLOAD_AGE_MS_MAX;
}

/* The servers' own sweep does it; it takes all that are left at once. */
static bool sweep(Verify *verify, gconstpointer key, VerifyOutcome *outcome, GError **error) {
    guint swept = 0;
    bool there = false;
    if (!transfers_sweep(verify->meetings, verify->options->pipeline.jobs, verify->options->cancel, &swept, error) ||
        !verify_stands(verify, key, &there, NULL, error))
        return false;
    return !there || fail(error, ERROR_CONFLICT, "the sweep of the servers leaves it for now");
}

static bool check_upload(const StoreEntry *entry, gpointer user_data, GError **error) {
    Verify *verify = user_data;
    g_autofree char *meeting_id = meeting_id_of_key(entry->key), *key = meeting_id ? key_upload(meeting_id) : NULL;
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(GError) problem = NULL;
    if (!verify_progress(verify, "uploads", 0, error)) return false;
    if (g_strcmp0(key, entry->key) != 0) return verify_put_aside(verify, KEY_UNKNOWN, entry->key, NULL, "this is the key of no upload", error);
    if (!transfer_read(verify->meetings, meeting_id, &transfer, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true; /* ended since it was listed */
        if (error_is(problem, ERROR_CORRUPT))
            return !verify_settled(verify, entry->modified_ms) ||
                   verify_put_aside(verify, UPLOAD_DAMAGED, entry->key, meeting_id, problem->message, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    KeyEntry *recording = key_table_find(verify->recordings, transfer->audio_key);
    if (recording) recording->marks |= MARK_OF_WORK;
    if (!verify_settled(verify, entry->modified_ms) || !is_left(verify, transfer)) return true;
    VerifyFound found = {UPLOAD_LEFT, entry->key, meeting_id, "an upload was left behind, or its end was broken off"};
    return verify_find(verify, &found, sweep, entry->key, NULL, error);
}

bool verify_uploads(Verify *verify, GError **error) { return store_each(verify->store, PREFIX_UPLOADS, check_upload, verify, error); }

/* -- other keys ---------------------------------------------------------------------------------------------------------- */

#define OWN_FOLDER "hansard/"

/* The folders that have checks of their own, what is put aside, and those of who may come in, whose objects are judged where they are used. */
static const char *const known_folders[] = {PREFIX_INDEX,  PREFIX_JOBS,     PREFIX_UPLOADS, PREFIX_QUARANTINE,
                                            PREFIX_TOKENS, PREFIX_SESSIONS, PREFIX_SHARES,  PREFIX_AUDIT,
                                            PREFIX_REQUESTS, PREFIX_WEBHOOKS, PREFIX_OUTBOX,   PREFIX_DELIVERIES};

static const char *known_folder(const char *key) {
    for (gsize i = 0; i < G_N_ELEMENTS(known_folders); i++)
        if (g_str_has_prefix(key, known_folders[i])) return known_folders[i];
    return NULL;
}

static bool drop_key(Verify *verify, gconstpointer key, VerifyOutcome *outcome, GError **error) { return store_delete(verify->store, key, error); }

static bool check_other(Verify *verify, const StoreEntry *entry, GError **error) {
    if (strcmp(entry->key, KEY_VERIFIED) == 0 || !verify_settled(verify, entry->modified_ms)) return true;
    VerifyFound found = {DOCTOR_LEFT, entry->key, NULL, "a check of `hansard doctor` was broken off"};
    if (g_str_has_prefix(entry->key, PREFIX_DOCTOR)) return verify_find(verify, &found, drop_key, entry->key, NULL, error);
    return verify_put_aside(verify, KEY_UNKNOWN, entry->key, NULL, "no key of this form is known here", error);
}

/* Only the program's own folder: what else stands in the store may be someone else's. The known folders are leapt over. */
bool verify_other_keys(Verify *verify, GError **error) {
    g_autofree char *last = NULL;
    for (bool more = true; more;) {
        g_autoptr(GPtrArray) entries = NULL;
        g_autofree char *next = NULL;
        if (!verify_progress(verify, "other keys", 0, error) ||
            !store_list(verify->store, OWN_FOLDER, last, LIST_LIMIT_MAX, &entries, &more, error))
            return false;
        for (guint i = 0; i < entries->len && !next; i++) {
            const StoreEntry *entry = g_ptr_array_index(entries, i);
            const char *folder = known_folder(entry->key);
            if (folder) next = g_strconcat(folder, "\U0010FFFF", NULL); /* behind all that stands in it */
            else if (!check_other(verify, entry, error)) return false;
        }
        if (entries->len == 0) break;
        more |= next != NULL;
        g_free(last);
        last = next ? g_steal_pointer(&next) : g_strdup(((const StoreEntry *)entries->pdata[entries->len - 1])->key);
    }
    return true;
}
