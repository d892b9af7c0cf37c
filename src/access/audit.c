/* The writing side: a queue, and a thread that takes it to the store. */
#include "access/audit.h"

#include <string.h>

#include "access/rate.h"
#include "base/limits.h"
#include "model/keys.h"

#define RETRY_US_MAX (60 * G_USEC_PER_SEC)

struct Audit {
    Store *store;
    Clock *clock;
    char *server;
    void (*report)(const char *what, const GError *error);
    Rate *refusals;
    GThread *thread;
    GMutex mutex; /* guards the rest */
    GCond changed;
    GQueue waiting;  /* lines */
    gint64 first_us; /* when the oldest of them came, or the next try may be made */
    guint64 missing; /* not kept, and not told yet */
    bool stopping;
};

/* -- lines and objects --------------------------------------------------------------------------------------------------- */

static char *line_of(Clock *clock, const char *server, const AuditEntry *entry) {
    g_autofree char *time = time_format(clock_now_ms(clock));
    json_t *who = json_pack("{s:s}", "kind", caller_kind_name(entry->who->kind));
    if (entry->who->id) json_object_set_new(who, "id", json_text(entry->who->id));
    if (entry->who->name) json_object_set_new(who, "name", json_text(entry->who->name));
    g_autoptr(json_t) json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "time", time, "action", entry->action, "who", who, "subject",
                                       json_text(entry->subject), "address", json_text(entry->address), "server", json_text(server));
    if (entry->status) json_object_set_new(json, "status", json_integer(entry->status));
    char *text = json_dumps(json, JSON_COMPACT), *line = g_strconcat(text, "\n", NULL);
    free(text);
    return line;
}

static char *gap_line(Clock *clock, const char *server, guint64 missing) {
    g_autofree char *time = time_format(clock_now_ms(clock));
    g_autoptr(json_t) json =
        json_pack("{s:s, s:s, s:I, s:o}", "time", time, "action", "audit.gap", "count", (json_int_t)missing, "server", json_text(server));
    char *text = json_dumps(json, JSON_COMPACT), *line = g_strconcat(text, "\n", NULL);
    free(text);
    return line;
}

/* hansard/audit/2026-03-04/050607.089-{server}-{random}.jsonl: in a listing they stand in order of time. */
static char *new_key(Clock *clock, const char *server) {
    g_autofree char *time = time_format(clock_now_ms(clock)); /* 2026-03-04T05:06:07.089Z */
    return g_strdup_printf(PREFIX_AUDIT "%.10s/%.2s%.2s%.6s-%s-%08x.jsonl", time, time + 11, time + 14, time + 17, server, g_random_int());
}

static char *server_name(const char *name) {
    char *clean = g_strndup(name, 100);
    for (char *at = clean; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr("._-", *at)) *at = '-';
    return clean;
}

static bool put(Store *store, Clock *clock, const char *server, GBytes *lines, GError **error) {
    g_autofree char *name = server_name(server), *key = new_key(clock, name);
    StorePut how = {.content_type = "application/jsonl", .if_none_match = true};
    return store_put(store, key, lines, &how, NULL, error);
}

bool audit_write(Store *store, Clock *clock, const char *server, const AuditEntry *entry, GError **error) {
    char *line = line_of(clock, server, entry);
    g_autoptr(GBytes) bytes = g_bytes_new_take(line, strlen(line));
    return put(store, clock, server, bytes, error);
}

/* -- the thread ---------------------------------------------------------------------------------------------------------- */

/* Under the lock: what is to be written next. */
static GBytes *next_batch(Audit *audit, guint *count, guint64 *missing) {
    GString *lines = g_string_new(NULL);
    *count = 0;
    for (GList *at = audit->waiting.head; at && *count < AUDIT_BATCH_MAX; at = at->next, (*count)++) g_string_append(lines, at->data);
    *missing = audit->missing;
    if (*missing > 0) {
        g_autofree char *gap = gap_line(audit->clock, audit->server, *missing);
        g_string_append(lines, gap);
    }
    return g_string_free_to_bytes(lines);
}

/* With the lock held before and after. */
static bool flush(Audit *audit, GError **error) {
    guint count;
    guint64 missing;
    g_autoptr(GBytes) lines = next_batch(audit, &count, &missing);
    g_mutex_unlock(&audit->mutex);
    bool done = put(audit->store, audit->clock, audit->server, lines, error);
    g_mutex_lock(&audit->mutex);
    if (!done) return false;
    for (guint i = 0; i < count; i++) g_free(g_queue_pop_head(&audit->waiting));
    audit->missing -= missing;
    audit->first_us = g_get_monotonic_time();
    return true;
}

static bool has_work(const Audit *audit) { return audit->waiting.length > 0 || audit->missing > 0; }

static bool is_due(const Audit *audit, gint64 rest_us) {
    if (!has_work(audit)) return false;
    gint64 patience_us = rest_us > 0 ? rest_us : audit->waiting.length >= AUDIT_BATCH_MAX ? 0 : AUDIT_FLUSH_MS * G_GINT64_CONSTANT(1000);
    return audit->stopping || g_get_monotonic_time() - audit->first_us >= patience_us;
}

static gpointer audit_main(gpointer data) {
    Audit *audit = data;
    gint64 rest_us = 0; /* after a failure */
    g_mutex_lock(&audit->mutex);
    while (!audit->stopping || has_work(audit)) {
        if (!is_due(audit, rest_us)) {
            if (has_work(audit))
                g_cond_wait_until(&audit->changed, &audit->mutex, g_get_monotonic_time() + G_USEC_PER_SEC / 2);
            else
                g_cond_wait(&audit->changed, &audit->mutex);
            continue;
        }
        g_autoptr(GError) problem = NULL;
        if (flush(audit, &problem)) {
            rest_us = 0;
            continue;
        }
        if (rest_us == 0 || audit->stopping) audit->report("the audit log could not be written; its entries wait", problem);
        if (audit->stopping) break;
        rest_us = CLAMP(rest_us * 2, AUDIT_FLUSH_MS * G_GINT64_CONSTANT(1000), RETRY_US_MAX);
        audit->first_us = g_get_monotonic_time();
    }
    g_mutex_unlock(&audit->mutex);
    return NULL;
}

Audit *audit_new(Store *store, Clock *clock, const char *server, void (*report)(const char *what, const GError *error)) {
    Audit *audit = g_new0(Audit, 1);
    audit->store = store;
    audit->clock = clock;
    audit->server = g_strdup(server);
    audit->report = report;
    audit->refusals = rate_new(AUDIT_REFUSALS_A_MINUTE / 60.0, AUDIT_REFUSALS_A_MINUTE, 1);
    g_mutex_init(&audit->mutex);
    g_cond_init(&audit->changed);
    g_queue_init(&audit->waiting);
    audit->thread = g_thread_new("audit", audit_main, audit);
    return audit;
}

void audit_free(Audit *audit) {
    if (!audit) return;
    g_mutex_lock(&audit->mutex);
    audit->stopping = true;
    g_cond_signal(&audit->changed);
    g_mutex_unlock(&audit->mutex);
    g_thread_join(audit->thread);
    g_queue_clear_full(&audit->waiting, g_free);
    g_cond_clear(&audit->changed);
    g_mutex_clear(&audit->mutex);
    rate_free(audit->refusals);
    g_free(audit->server);
    g_free(audit);
}

void audit_add(Audit *audit, const AuditEntry *entry) {
    guint wait_s;
    bool wanted = !entry->refused || rate_take(audit->refusals, "", g_get_monotonic_time(), &wait_s);
    char *line = wanted ? line_of(audit->clock, audit->server, entry) : NULL;
    g_mutex_lock(&audit->mutex);
    if (!has_work(audit)) audit->first_us = g_get_monotonic_time();
    if (line && audit->waiting.length < AUDIT_WAITING_MAX)
        g_queue_push_tail(&audit->waiting, g_steal_pointer(&line));
    else
        audit->missing++;
    g_cond_signal(&audit->changed);
    g_mutex_unlock(&audit->mutex);
    g_free(line);
}
