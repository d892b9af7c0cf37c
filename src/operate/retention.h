/* What is removed by age, as HANSARD_RETENTION says: rules separated by ';', each "recording DAYS" or "all DAYS" for every meeting, or "TAG: …"
 * for those with that tag; DAYS since the recording came in, or "never".
 *
 *  1. Where rules of a meeting's tags speak of what is removed, those for every meeting do not count for it; of several, the longest time does.
 *  2. A meeting with the hold tag is left alone, as is one whose time can't be read. It is decided on the record as it stands, and removed on that
 *     very version: a hold that is set in time holds.
 *  3. Interrupted, the next run goes on; run twice, also at one time, it is the same as once. */
#pragma once

#include "pipeline/pipeline.h"

typedef enum { RETENTION_RECORDING, RETENTION_ALL, RETENTION_SCOPE_COUNT } RetentionScope;
const char *retention_scope_name(RetentionScope scope); /* "recording", "all": the rules' words */

typedef struct {
    char *text; /* the rule as it stands in the setting */
    char *tag;  /* NULL: every meeting */
    RetentionScope scope;
    int days;   /* RETENTION_NEVER */
} RetentionRule;
#define RETENTION_NEVER (-1)

/* `rules`: a new array of RetentionRule*, freed with it. ERROR_CONFIG names the rule that is none. NULL is no rules. */
bool retention_parse(const char *setting, GPtrArray **rules, GError **error);

/* What is to be done with a meeting of these tags and age; NULL: nothing. `has_recording`: there is one to be removed alone. `held` does not go
 * in: see below. */
const RetentionRule *retention_judge(const GPtrArray *rules, const GPtrArray *tags, gint64 age_ms, bool has_recording);

typedef struct {
    const char *meeting_id, *title;
    gint64 timestamp_ms;
    const RetentionRule *rule; /* by which it is due */
    bool held;                 /* due, but for the hold tag */
} RetentionDue;

typedef struct {
    const Pipeline *pipeline;
    const Settings *settings;
    const char *worker;   /* of the deletes' jobs */
    bool apply;           /* false: nothing is changed */
    GCancellable *cancel; /* NULL: none */
    /* Told of each meeting that is due, after it was done with `apply`; `problem` (NULL: none) is why it was not. */
    void (*told)(const RetentionDue *due, const GError *problem, gpointer user_data);
    gpointer user_data;
} RetentionOptions;

typedef struct {
    guint meetings;            /* looked at */
    guint due[RETENTION_SCOPE_COUNT], held, failed;
} RetentionResult;

/* One LIST a thousand meetings, and a GET for each that is due. One that fails does not keep the others. ERROR_CONFIG, ERROR_CANCELLED, or what
 * the list fails with. */
bool retention_run(const RetentionOptions *options, RetentionResult *result, GError **error);

/* What becomes of that which is removed where the store keeps old versions: a sentence, or NULL where it is gone. Caller frees. */
char *retention_versions_note(Store *store, const Settings *settings);

/* Whether it is this server's turn today: of any number one is told so (KEY_RETENTION). */
bool retention_take_turn(Store *store, Clock *clock, const char *server, bool *ours, GError **error);
