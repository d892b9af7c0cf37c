/* The reading side: day by day, object by object. */
#include <string.h>

#include "access/audit.h"
#include "base/limits.h"
#include "model/keys.h"

#define DAY_MS 86400000LL

typedef struct {
    Store *store;
    gint64 from_ms, to_ms;
    AuditVisit visit;
    gpointer user_data;
    guint *damaged;
} Reading;

static bool read_line(const Reading *reading, const char *line, gsize size, const char *key, GError **error) {
    gint64 time_ms = 0;
    g_autoptr(json_t) entry = json_parse_object(line, size, key, NULL);
    if (!entry || !time_parse(json_get_string(entry, "time", NULL), &time_ms)) {
        (*reading->damaged)++;
        return true;
    }
    return time_ms < reading->from_ms || time_ms >= reading->to_ms || reading->visit(entry, reading->user_data, error);
}

static bool read_object(const StoreEntry *entry, gpointer user_data, GError **error) {
    const Reading *reading = user_data;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    if (!store_get(reading->store, entry->key, AUDIT_OBJECT_BYTES_MAX, &bytes, NULL, &problem)) {
        if (!error_is(problem, ERROR_NOT_FOUND) && !error_is(problem, ERROR_TOO_LARGE)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        (*reading->damaged)++;
        return true;
    }
    gsize size = 0;
    const char *at = g_bytes_get_data(bytes, &size), *end = at + size;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (gsize)(end - at));
        gsize length = (gsize)((line_end ? line_end : end) - at);
        if (length > 0 && !read_line(reading, at, length, entry->key, error)) return false;
        at += length + 1;
    }
    return true;
}

bool audit_read(Store *store, gint64 from_ms, gint64 to_ms, AuditVisit visit, gpointer user_data, guint *damaged, GError **error) {
    Reading reading = {store, from_ms, to_ms, visit, user_data, damaged};
    *damaged = 0;
    /* An entry may have waited for the store: it then stands under the day on which it was written. */
    for (gint64 day_ms = from_ms - from_ms % DAY_MS; day_ms < to_ms + DAY_MS; day_ms += DAY_MS) {
        g_autofree char *day = time_format(day_ms);
        g_autofree char *prefix = g_strdup_printf(PREFIX_AUDIT "%.10s/", day);
        if (!store_each(store, prefix, read_object, &reading, error)) return false;
    }
    return true;
}
