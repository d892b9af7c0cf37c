/* One server's way to the bucket in a simulation (see fibers.h): each operation takes time, during which others go on; it may fail before it is done, or
 * be done and its answer lost, or the server dies at it. Then all that the server still asks fails, so that what it has in memory comes to nothing.
 * The bucket (`inner`) is borrowed. */
#pragma once

#include <string.h>

#include "fibers.h"
#include "model/keys.h"
#include "store/store_backend.h"

/* Chances, each of an operation. */
typedef struct {
    double refuse, lose, die, slow;
} Weather;

typedef struct SimStore SimStore;

/* What all servers share. */
typedef struct {
    GRand *chance;
    Weather weather;
    bool calm;      /* nothing fails any more */
    bool trace;     /* prints what is done */
    guint64 digest; /* of all that was done, in its order */
    guint64 operations, faults, deaths;
    /* Before an object of interest is replaced and after; NULL bytes: there is none. */
    void (*watch)(const SimStore *by, const char *key, GBytes *before, GBytes *after);
} SimWeather;

struct SimStore {
    Store base;
    Store *inner;
    SimWeather *sky;
    const char *server; /* its name */
    gpointer owner;
    bool dead;
};

typedef struct {
    StoreWriter base;
    StoreWriter *inner;
    SimStore *store;
    char *key;
} SimWriter;

static inline bool sim_chance(SimWeather *sky, double chance) { return !sky->calm && g_rand_double(sky->chance) < chance; }

static inline void sim_note(SimStore *store, const char *what, const char *key, const char *came) {
    SimWeather *sky = store->sky;
    const char *texts[] = {store->server, what, key, came};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        for (const char *at = texts[i]; *at; at++) sky->digest = (sky->digest ^ (guint8)*at) * 1099511628211u;
    sky->digest = (sky->digest ^ (guint64)fibers.now_us) * 1099511628211u;
    if (sky->trace) g_print("%9.3f %s %s %s: %s\n", (double)fibers.now_us / 1e6, store->server, what, key, came);
}

static inline bool sim_fail(SimStore *store, const char *what, const char *key, const char *came, GError **error) {
    store->sky->faults++;
    sim_note(store, what, key, came);
    return fail(error, ERROR_UNAVAILABLE, "the bucket does not answer (injected)");
}

static inline bool sim_die(SimStore *store, const char *what, const char *key, const char *came, GError **error) {
    store->dead = true;
    store->sky->deaths++;
    return sim_fail(store, what, key, came, error);
}

static inline void sim_wait(SimStore *store) {
    SimWeather *sky = store->sky;
    bool slow = sim_chance(sky, sky->weather.slow);
    fiber_sleep(slow ? g_rand_int_range(sky->chance, 0, 200 * 1000 * 1000) : g_rand_int_range(sky->chance, 0, 50 * 1000));
}

/* The operation is under way; false: it is not done. */
static inline bool sim_before(SimStore *store, const char *what, const char *key, GError **error) {
    SimWeather *sky = store->sky;
    if (store->dead) return fail(error, ERROR_UNAVAILABLE, "the server is dead (injected)");
    sky->operations++;
    sim_wait(store);
    if (store->dead) return sim_fail(store, what, key, "dead", error);
    if (sim_chance(sky, sky->weather.refuse)) return sim_fail(store, what, key, "refused", error);
    return !sim_chance(sky, sky->weather.die) || sim_die(store, what, key, "dies before", error);
}

/* It was done (or not, which `done` and `error` tell); false: nobody hears of it. */
static inline bool sim_after(SimStore *store, const char *what, const char *key, bool done, GError **error) {
    SimWeather *sky = store->sky;
    if (!done) {
        sim_note(store, what, key, error && *error ? (*error)->message : "failed");
        return false;
    }
    if (sim_chance(sky, sky->weather.die)) return sim_die(store, what, key, "dies after", error);
    if (sim_chance(sky, sky->weather.lose)) return sim_fail(store, what, key, "lost", error);
    sim_note(store, what, key, "done");
    if (sim_chance(sky, sky->weather.slow)) fiber_sleep(g_rand_int_range(sky->chance, 0, 200 * 1000 * 1000));
    return !store->dead || sim_fail(store, what, key, "dead", error);
}

static bool sim_head(Store *base, const char *key, StoreInfo *info, GError **error) {
    SimStore *store = (SimStore *)base;
    g_auto(StoreInfo) found = {0};
    if (!sim_before(store, "head", key, error) || !sim_after(store, "head", key, store_head(store->inner, key, &found, error), error)) return false;
    store_info_move(&found, info);
    return true;
}

static bool sim_open(Store *base, const char *key, StoreReader **reader, StoreInfo *info, GError **error) {
    SimStore *store = (SimStore *)base;
    g_autoptr(StoreReader) opened = NULL;
    g_auto(StoreInfo) found = {0};
    if (!sim_before(store, "open", key, error) || !sim_after(store, "open", key, store_open(store->inner, key, &opened, &found, error), error))
        return false;
    store_info_move(&found, info);
    *reader = g_steal_pointer(&opened);
    return true;
}

static bool sim_list(Store *base, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more, GError **error) {
    SimStore *store = (SimStore *)base;
    g_autoptr(GPtrArray) found = NULL;
    if (!sim_before(store, "list", prefix, error) ||
        !sim_after(store, "list", prefix, store_list(store->inner, prefix, start_after, limit, &found, more, error), error))
        return false;
    *entries = g_steal_pointer(&found);
    return true;
}

static bool sim_delete_many(Store *base, const char *const *keys, gsize key_count, GError **error) {
    SimStore *store = (SimStore *)base;
    return sim_before(store, "delete", keys[0], error) &&
           sim_after(store, "delete", keys[0], store_delete_many(store->inner, keys, key_count, error), error);
}

/* Bytes on their way: nothing that others see. */
static bool sim_write(StoreWriter *base, const void *data, gsize size, GError **error) {
    SimWriter *writer = (SimWriter *)base;
    return store_writer_write(writer->inner, data, size, error);
}

static inline void sim_writer_free(SimWriter *writer) {
    g_free(writer->key);
    g_free(writer);
}

static inline GBytes *sim_peek(SimStore *store, const char *key) {
    GBytes *bytes = NULL;
    bool wanted = g_str_has_prefix(key, PREFIX_JOBS) || g_str_has_suffix(key, "/metadata.json");
    return wanted && store->sky->watch && store_get(store->inner, key, 1 << 20, &bytes, NULL, NULL) ? bytes : NULL;
}

static bool sim_commit(StoreWriter *base, StoreInfo *info, GError **error) {
    SimWriter *writer = (SimWriter *)base;
    SimStore *store = writer->store;
    g_autofree char *key = g_steal_pointer(&writer->key);
    g_auto(StoreInfo) written = {0};
    StoreWriter *inner = writer->inner;
    sim_writer_free(writer);
    if (!sim_before(store, "put", key, error)) {
        store_writer_abort(inner);
        return false;
    }
    g_autoptr(GBytes) before = sim_peek(store, key);
    bool done = store_writer_commit(inner, &written, error);
    g_autoptr(GBytes) after = done ? sim_peek(store, key) : NULL;
    if (after) store->sky->watch(store, key, before, after);
    if (!sim_after(store, "put", key, done, error)) return false;
    store_info_move(&written, info);
    return true;
}

static void sim_abort(StoreWriter *base) {
    store_writer_abort(((SimWriter *)base)->inner);
    sim_writer_free((SimWriter *)base);
}

static inline StoreWriter *sim_writer(SimStore *store, const char *key, StoreWriter *inner) {
    static const StoreWriterBackend backend = {.write = sim_write, .commit = sim_commit, .abort = sim_abort};
    SimWriter *writer = g_new0(SimWriter, 1);
    *writer = (SimWriter){.base = {.backend = &backend}, .inner = inner, .store = store, .key = g_strdup(key)};
    return &writer->base;
}

static bool sim_put_open(Store *base, const char *key, const StorePut *put, StoreWriter **writer, GError **error) {
    SimStore *store = (SimStore *)base;
    StoreWriter *inner = NULL;
    if (store->dead) return fail(error, ERROR_UNAVAILABLE, "the server is dead (injected)");
    if (!store_put_open(store->inner, key, put, &inner, error)) return false;
    *writer = sim_writer(store, key, inner);
    return true;
}

static bool sim_upload_begin(Store *base, const char *key, const StorePut *put, char **upload_id, GError **error) {
    SimStore *store = (SimStore *)base;
    g_autofree char *id = NULL;
    if (!sim_before(store, "begin", key, error) || !sim_after(store, "begin", key, store_upload_begin(store->inner, key, put, &id, error), error))
        return false;
    *upload_id = g_steal_pointer(&id);
    return true;
}

static bool sim_upload_parts(Store *base, const char *key, const char *upload_id, GPtrArray **parts, GError **error) {
    SimStore *store = (SimStore *)base;
    g_autoptr(GPtrArray) found = NULL;
    if (!sim_before(store, "parts", key, error) ||
        !sim_after(store, "parts", key, store_upload_parts(store->inner, key, upload_id, &found, error), error))
        return false;
    *parts = g_steal_pointer(&found);
    return true;
}

static bool sim_upload_complete(Store *base, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put, StoreInfo *info,
                                GError **error) {
    SimStore *store = (SimStore *)base;
    g_auto(StoreInfo) made = {0};
    if (!sim_before(store, "complete", key, error) ||
        !sim_after(store, "complete", key, store_upload_complete(store->inner, key, upload_id, parts, put, &made, error), error))
        return false;
    store_info_move(&made, info);
    return true;
}

static bool sim_upload_abort(Store *base, const char *key, const char *upload_id, GError **error) {
    SimStore *store = (SimStore *)base;
    return sim_before(store, "abort", key, error) &&
           sim_after(store, "abort", key, store_upload_abort(store->inner, key, upload_id, error), error);
}

static bool sim_put_part(Store *base, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error) {
    SimStore *store = (SimStore *)base;
    StoreWriter *inner = NULL;
    if (store->dead) return fail(error, ERROR_UNAVAILABLE, "the server is dead (injected)");
    if (!store_upload_put_part(store->inner, key, upload_id, number, &inner, error)) return false;
    *writer = sim_writer(store, key, inner);
    return true;
}

static void sim_close(Store *store) { g_free(store); }

static inline SimStore *sim_store_new(Store *inner, SimWeather *sky, const char *server) {
    static const StoreUploadsBackend uploads = {.begin = sim_upload_begin,
                                                .parts = sim_upload_parts,
                                                .complete = sim_upload_complete,
                                                .abort = sim_upload_abort,
                                                .put_part = sim_put_part};
    static const StoreBackend backend = {.name = "simulated",
                                         .head = sim_head,
                                         .open = sim_open,
                                         .put_open = sim_put_open,
                                         .list = sim_list,
                                         .delete_many = sim_delete_many,
                                         .uploads = &uploads,
                                         .close = sim_close};
    SimStore *store = g_new0(SimStore, 1);
    *store = (SimStore){.base = {.backend = &backend, .clock = inner->clock}, .inner = inner, .sky = sky, .server = server};
    return store;
}
