/* Who did what, when, from where: lines of JSON in objects under hansard/audit/{date}/, which grow by new objects only, so that any number of servers
 * write side by side. No line holds a word of a meeting or a secret.
 *
 *  1. audit_add() never waits: entries gather in memory and are written every AUDIT_FLUSH_MS, sooner when there are AUDIT_BATCH_MAX, and when the
 *     server ends. A process that is killed loses what it had not written yet.
 *  2. While the store does not answer up to AUDIT_WAITING_MAX entries wait; what comes on top is only counted. So are refusals beyond
 *     AUDIT_REFUSALS_A_MINUTE: a stranger can't fill the bucket. A line `audit.gap` says how many are missing. */
#pragma once

#include "access/gate.h"

typedef struct Audit Audit;

typedef struct {
    const char *action; /* "meeting.delete" */
    const Caller *who;
    const char *subject; /* what was done to: a meeting, a token, …; NULL: nothing in particular */
    const char *address; /* of the caller; NULL: the command line */
    guint status;        /* of the answer; 0: none */
    bool refused;
} AuditEntry;

/* `report` is told, once for each time that it begins, that the log can't be written. `server` names this process. */
Audit *audit_new(Store *store, Clock *clock, const char *server, void (*report)(const char *what, const GError *error));
/* Writes what is left (one try), frees. */
void audit_free(Audit *audit);
void audit_add(Audit *audit, const AuditEntry *entry);

/* One entry, written at once: for the command line. */
bool audit_write(Store *store, Clock *clock, const char *server, const AuditEntry *entry, GError **error);

/* Calls `visit` for each entry from one time to the other, in the order in which they were written down (of several servers: nearly that of time).
 * Lines that are no entry are passed over and counted in `*damaged`. */
typedef bool (*AuditVisit)(const json_t *entry, gpointer user_data, GError **error);
bool audit_read(Store *store, gint64 from_ms, gint64 to_ms, AuditVisit visit, gpointer user_data, guint *damaged, GError **error);
