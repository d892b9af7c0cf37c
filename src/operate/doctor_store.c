/* The store, tried with objects of its own under hansard/doctor/. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "operate/doctor.h"

#define WRITERS 8

/* -- of many writers one wins --------------------------------------------------------------------------------------------- */

typedef struct {
    Store *store;
    const char *key, *if_match; /* NULL: the key must be free */
    int number;
    bool won;
    GError *problem; /* another than having lost */
} Writer;

static gpointer write_one(gpointer data) {
    Writer *writer = data;
    g_autofree char *text = g_strdup_printf("writer %d\n", writer->number);
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    StorePut put = {.content_type = "text/plain", .if_match = writer->if_match, .if_none_match = !writer->if_match};
    writer->won = store_put(writer->store, writer->key, bytes, &put, NULL, &writer->problem);
    if (error_is(writer->problem, ERROR_PRECONDITION)) g_clear_error(&writer->problem);
    return NULL;
}

/* `*winners` of WRITERS at one time. */
static bool race(Store *store, const char *key, const char *if_match, guint *winners, GError **error) {
    Writer writers[WRITERS];
    GThread *threads[WRITERS];
    g_autoptr(GError) first = NULL;
    *winners = 0;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (Writer){.store = store, .key = key, .if_match = if_match, .number = i};
        threads[i] = g_thread_new("doctor", write_one, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        g_thread_join(threads[i]);
        *winners += writers[i].won;
        if (!first) first = g_steal_pointer(&writers[i].problem);
        g_clear_error(&writers[i].problem);
    }
    if (!first) return true;
    g_propagate_error(error, g_steal_pointer(&first));
    return false;
}

static void examine_conditions(Store *store, const char *key, const char *what, GPtrArray *findings) {
    g_auto(StoreInfo) info = {0};
    GError *problem = NULL;
    guint first = 0, second = 0;
    bool done = race(store, key, NULL, &first, &problem) && store_head(store, key, &info, &problem) && race(store, key, info.etag, &second, &problem);
    if (!done) doctor_add_result(findings, what, NULL, problem);
    else if (first == 1 && second == 1) doctor_add(findings, DOCTOR_OK, what, "of %d writers at one time one wins, newly and over the same version", WRITERS);
    else
        doctor_add(findings, DOCTOR_FAULT, what,
                   "of %d writers at one time %u won newly (If-None-Match) and %u over the same version (If-Match), instead of one: two servers would take the "
                   "same job and overwrite edits; run one server alone, or take a service that honours conditional writes",
                   WRITERS, first, second);
}

/* -- rights and clock ----------------------------------------------------------------------------------------------------- */

static void examine_clock(const SetupContext *context, gint64 stored_ms, GPtrArray *findings) {
    gint64 apart_s = ABS(clock_now_ms(context->clock) - stored_ms) / 1000;
    if (apart_s < DOCTOR_CLOCK_S_MAX) doctor_add(findings, DOCTOR_OK, "clock", "within %d seconds of the bucket's", (int)apart_s + 1);
    else
        doctor_add(findings, DOCTOR_WARNING, "clock", "%" G_GINT64_FORMAT " seconds from the bucket's: set this machine's clock (timedatectl set-ntp true); "
                   "leases between servers and signed URLs go by it", apart_s);
}

static bool read_back(Store *store, const char *key, GBytes *wanted, GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    return store_get(store, key, g_bytes_get_size(wanted), &bytes, NULL, error) &&
           (g_bytes_equal(bytes, wanted) || fail(error, ERROR_CORRUPT, "%s was read with other bytes than it was written with: check the service", key));
}

static bool is_listed(Store *store, const char *key, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    return store_list(store, key, NULL, 1, &entries, &more, error) &&
           (entries->len == 1 || fail(error, ERROR_CORRUPT, "what was written is not listed: the service's lists lag behind, which this program can't work with"));
}

static bool is_removed(Store *store, const char *const *keys, gsize count, GError **error) {
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!store_delete_many(store, keys, count, error)) return false;
    if (store_head(store, keys[0], &info, &problem)) return fail(error, ERROR_CORRUPT, "%s stands after it was deleted: check the service", keys[0]);
    if (error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static void add(GPtrArray *findings, const char *store, const char *action, const char *found, GError *problem) {
    g_autofree char *what = g_strdup_printf("%s: %s", store, action);
    doctor_add_result(findings, what, found, problem);
}

void doctor_examine_store(const SetupContext *context, const char *place, GPtrArray *findings) {
    Store *store = context->meetings->store;
    const char *name = context->bucket ? "bucket" : "store";
    g_autofree char *uuid = text_uuid(), *key = g_strconcat(PREFIX_DOCTOR, uuid, NULL), *raced = g_strconcat(key, "-race", NULL);
    const char *const keys[] = {key, raced};
    g_autoptr(GBytes) bytes = g_bytes_new(uuid, strlen(uuid));
    g_auto(StoreInfo) info = {0};
    GError *problem = NULL;
    bool written = store_put(store, key, bytes, &(StorePut){.content_type = "text/plain"}, &info, &problem);
    add(findings, name, "write", place, problem);
    if (!written) return;
    if (context->bucket) examine_clock(context, info.modified_ms, findings);
    problem = NULL;
    read_back(store, key, bytes, &problem);
    add(findings, name, "read", "what was written is read back", problem);
    problem = NULL;
    is_listed(store, key, &problem);
    add(findings, name, "list", "what was written is listed at once", problem);
    g_autofree char *conditions = g_strdup_printf("%s: conditional writes", name);
    examine_conditions(store, raced, conditions, findings);
    problem = NULL;
    is_removed(store, keys, G_N_ELEMENTS(keys), &problem);
    add(findings, name, "delete", "what was written is gone", problem);
}
