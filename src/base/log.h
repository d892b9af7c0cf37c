/* What the surfaces say while they run: a line each on standard error, for people or, with HANSARD_LOG=json, as JSON for machines. No line holds a
 * secret or a word of a meeting: callers hand in ids, names of routes and codes, and the sentences of errors, which hold none (base/error.h). */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { LOG_ERROR, LOG_WARNING, LOG_INFO } LogLevel;

/* Before any thread is started. false: for people. */
void log_set_json(bool json);
/* With it requests are told, too. */
bool log_is_json(void);

/* `line`: for people; NULL: nothing is said to them. `event`: a stable name ("job.ended"). Then members for machines: a name, and its text (NULL:
 * left out), …, NULL. */
void log_event(LogLevel level, const char *event, const char *line, ...) G_GNUC_NULL_TERMINATED;
