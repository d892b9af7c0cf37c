/* A store that fails at the n-th operation: the seam under which everything above can be made to fail. Wraps any store; the wrapped store is
 * borrowed and survives, as a bucket survives a crash of the program.
 *
 * FAULT_ONCE: that operation alone fails. FAULT_CRASH: it and all later ones fail, as when the process died just before it.
 * FAULT_LATE: the operation is done, but its answer is lost (as when a server dies before it answers), and all later ones fail.
 * FAULT_LOST: the same, and later ones work.
 * FAULT_MEANWHILE: all work, but just before that one somebody else does something (`meanwhile`). */
#pragma once

#include "store/store_backend.h"

typedef enum { FAULT_NONE, FAULT_ONCE, FAULT_CRASH, FAULT_LATE, FAULT_LOST, FAULT_MEANWHILE } FaultMode;

typedef struct {
    Store base;
    Store *inner;
    FaultMode mode;
    int fail_at;     /* counts from 1 */
    int operations;  /* so far; atomic */
    ErrorCode code;  /* of the failure; 0 (ERROR_INVALID): ERROR_IO */
    void (*meanwhile)(gpointer data);
    gpointer data;
} FaultyStore;

typedef struct {
    StoreWriter base;
    StoreWriter *inner;
    FaultyStore *store;
} FaultyWriter;

/* What happens to this operation. */
static inline void faulty_next(FaultyStore *store, bool *before, bool *after) {
    int number = g_atomic_int_add(&store->operations, 1) + 1;
    bool here = number == store->fail_at, later = number > store->fail_at && store->fail_at > 0;
    bool fails_here = store->mode == FAULT_ONCE || store->mode == FAULT_CRASH, fails_later = store->mode == FAULT_CRASH || store->mode == FAULT_LATE;
    if (here && store->meanwhile) store->meanwhile(store->data);
    *before = (here && fails_here) || (later && fails_later);
    *after = here && (store->mode == FAULT_LATE || store->mode == FAULT_LOST);
}

static inline bool faulty_fail(const Store *store, GError **error) {
    ErrorCode code = ((const FaultyStore *)store)->code;
    return fail(error, code ? code : ERROR_IO, "the store failed (injected)");
}

#define FAULTY(store_pointer, call)                                                                                                    \
    do {                                                                                                                               \
        bool before_ = false, after_ = false;                                                                                          \
        faulty_next((FaultyStore *)(store_pointer), &before_, &after_);                                                                \
        if (before_) return faulty_fail(store_pointer, error);                                                                         \
        bool done_ = (call);                                                                                                           \
        return done_ && (!after_ || faulty_fail(store_pointer, error));                                                                \
    } while (0)

static bool faulty_head(Store *store, const char *key, StoreInfo *info, GError **error) {
    bool before = false, after = false;
    faulty_next((FaultyStore *)store, &before, &after);
    return before || after ? faulty_fail(store, error) : store_head(((FaultyStore *)store)->inner, key, info, error);
}

static bool faulty_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    bool before = false, after = false;
    faulty_next((FaultyStore *)store, &before, &after);
    return before || after ? faulty_fail(store, error) : store_open(((FaultyStore *)store)->inner, key, reader, info, error);
}

static bool faulty_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                        GError **error) {
    bool before = false, after = false;
    faulty_next((FaultyStore *)store, &before, &after);
    return before || after ? faulty_fail(store, error)
                           : store_list(((FaultyStore *)store)->inner, prefix, start_after, limit, entries, more, error);
}

static bool faulty_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error) {
    FAULTY(store, store_delete_many(((FaultyStore *)store)->inner, keys, key_count, error));
}

static bool faulty_write(StoreWriter *writer, const void *data, gsize size, GError **error) {
    FaultyWriter *faulty = (FaultyWriter *)writer;
    bool before = false, after = false;
    faulty_next(faulty->store, &before, &after);
    return before || after ? faulty_fail(&faulty->store->base, error) : store_writer_write(faulty->inner, data, size, error);
}

static bool faulty_commit(StoreWriter *writer, StoreInfo *info, GError **error) {
    FaultyWriter *faulty = (FaultyWriter *)writer;
    StoreWriter *inner = faulty->inner;
    const Store *store = &faulty->store->base;
    g_auto(StoreInfo) unseen = {0};
    bool before = false, after = false;
    faulty_next(faulty->store, &before, &after);
    g_free(faulty);
    if (before) {
        store_writer_abort(inner);
        return faulty_fail(store, error);
    }
    return store_writer_commit(inner, after ? &unseen : info, error) && (!after || faulty_fail(store, error));
}

static void faulty_abort(StoreWriter *writer) {
    store_writer_abort(((FaultyWriter *)writer)->inner);
    g_free(writer);
}

static const StoreWriterBackend faulty_writer_backend = {.write = faulty_write, .commit = faulty_commit, .abort = faulty_abort};

static StoreWriter *faulty_writer(Store *store, StoreWriter *inner) {
    FaultyWriter *faulty = g_new0(FaultyWriter, 1);
    faulty->base.backend = &faulty_writer_backend;
    faulty->inner = inner;
    faulty->store = (FaultyStore *)store;
    return &faulty->base;
}

static bool faulty_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    StoreWriter *inner = NULL;
    bool before = false, after = false;
    faulty_next((FaultyStore *)store, &before, &after);
    if (before || after) return faulty_fail(store, error);
    if (!store_put_open(((FaultyStore *)store)->inner, key, put, &inner, error)) return false;
    *writer = faulty_writer(store, inner);
    return true;
}

static bool faulty_upload_begin(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error) {
    FAULTY(store, store_upload_begin(((FaultyStore *)store)->inner, key, put, upload_id, error));
}

static bool faulty_sign_part(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url, GError **error) {
    return store_upload_sign_part(((FaultyStore *)store)->inner, key, upload_id, number, expires_s, url, error);
}

static bool faulty_upload_parts(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error) {
    bool before = false, after = false;
    faulty_next((FaultyStore *)store, &before, &after);
    return before || after ? faulty_fail(store, error) : store_upload_parts(((FaultyStore *)store)->inner, key, upload_id, parts, error);
}

static bool faulty_upload_complete(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put, StoreInfo *info,
                                   GError **error) {
    FAULTY(store, store_upload_complete(((FaultyStore *)store)->inner, key, upload_id, parts, put, info, error));
}

static bool faulty_upload_abort(Store *store, const char *key, const char *upload_id, GError **error) {
    FAULTY(store, store_upload_abort(((FaultyStore *)store)->inner, key, upload_id, error));
}

static bool faulty_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error) {
    StoreWriter *inner = NULL;
    bool before = false, after = false;
    faulty_next((FaultyStore *)store, &before, &after);
    if (before || after) return faulty_fail(store, error);
    if (!store_upload_put_part(((FaultyStore *)store)->inner, key, upload_id, number, &inner, error)) return false;
    *writer = faulty_writer(store, inner);
    return true;
}

static bool faulty_sign_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error) {
    return store_sign_url(((FaultyStore *)store)->inner, key, url, signed_url, error);
}

static void faulty_close(Store *store) { g_free(store); }

static inline Store *faulty_store_new(Store *inner, FaultMode mode, int fail_at) {
    static const StoreUploadsBackend uploads = {.begin = faulty_upload_begin,
                                                .sign_part = faulty_sign_part,
                                                .parts = faulty_upload_parts,
                                                .complete = faulty_upload_complete,
                                                .abort = faulty_upload_abort,
                                                .put_part = faulty_put_part};
    static const StoreBackend backend = {.name = "faulty",
                                         .head = faulty_head,
                                         .open = faulty_open,
                                         .put_open = faulty_put_open,
                                         .list = faulty_list,
                                         .delete_many = faulty_delete_many,
                                         .sign_url = faulty_sign_url,
                                         .uploads = &uploads,
                                         .close = faulty_close};
    FaultyStore *store = g_new0(FaultyStore, 1);
    store->base = (Store){.backend = &backend, .clock = inner->clock};
    store->inner = inner;
    store->mode = mode;
    store->fail_at = fail_at;
    return &store->base;
}
