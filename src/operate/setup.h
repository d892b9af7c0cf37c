/* What the settings' services must have before the program can use them: looked at first, and changed only when asked. A step is one thing that stands,
 * is missing or is another than it must be; a planner looks at a service and tells its steps.
 *
 *  1. A plan changes nothing. Applying it makes what is missing and can be made; what is of someone else's making is told, and left.
 *  2. Applied twice is the same as once, and after an interruption it goes on.
 *
 * To add one: a file with a planner, and its line in setup.c's table. */
#pragma once

#include "aws/client.h"
#include "meeting/meeting.h"
#include "queue/queue.h"
#include "search/search.h"

typedef enum { SETUP_PRESENT, SETUP_MISSING, SETUP_DIFFERENT } SetupState;
const char *setup_state_name(SetupState state); /* "present", "missing", "different" */

typedef enum {
    SETUP_LACKS_CORS = 1,
    SETUP_LACKS_BLOCK = 2,
    SETUP_LACKS_ENCRYPTION = 4,
    SETUP_LACKS_VERSIONING = 8,
    SETUP_LACKS_CLEARING = 16,
    SETUP_LACKS_ARCHIVING = 32,
    SETUP_LACKS_EXPIRING = 64,
    SETUP_LACKS_FORGETTING = 128,
    SETUP_LACKS_EVENTS = 256,
} SetupLack;

/* What planners and steps work with; all is borrowed. */
typedef struct {
    const Settings *settings;
    Clock *clock;
    Store *bucket;            /* NULL: the settings use no bucket */
    Queue *queue;             /* NULL: the settings use none */
    AwsClient *dynamodb;      /* NULL: the settings use no table */
    const char *origin;       /* whose page may use the bucket's signed URLs; "*": any, as the signature is the permission */
    bool table_recovery;      /* point-in-time recovery of the table is wanted, too */
    const Meetings *meetings;
    Search *search;           /* NULL: none is kept */
    guint *lacking;           /* SetupLack: what applying has found the bucket's service not to offer, though it did not
                               * say so when asked; begins as 0. NULL where there is no bucket */
    GCancellable *cancel;     /* NULL: none */
    void (*progress)(const char *what, gpointer user_data); /* told what is being done or waited for, again and again; NULL: nobody asks */
    gpointer user_data;
} SetupContext;

typedef struct {
    char *what;   /* "table meeting-metadata" */
    char *why;    /* a sentence: what it is for */
    SetupState state;
    char *remedy; /* what its owner must do, where the program can't; NULL: nothing */
    bool (*apply)(const SetupContext *context, GError **error); /* makes it so; NULL: it is so, or is not the program's to change */
} SetupStep;

typedef bool (*SetupPlanner)(const SetupContext *context, GPtrArray *steps, GError **error);
/* Appends a step: texts are copied. */
void setup_add(GPtrArray *steps, SetupState state, bool (*apply)(const SetupContext *, GError **), const char *what, const char *why, const char *remedy);

/* `steps`: a new array of SetupStep*, freed with it, in the order in which they are made. */
bool setup_plan(const SetupContext *context, GPtrArray **steps, GError **error);
/* Makes what the plan says is not so and can be made; `*changes` counts. */
bool setup_apply(const SetupContext *context, const GPtrArray *steps, guint *changes, GError **error);

/* For steps: tells the progress, and waits; ERROR_CANCELLED soon after the context's `cancel`. */
void setup_tell(const SetupContext *context, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool setup_wait(const SetupContext *context, int ms, GError **error);

/* The planners. */
bool bucket_plan(const SetupContext *context, GPtrArray *steps, GError **error);
bool events_plan(const SetupContext *context, GPtrArray *steps, GError **error);
bool table_plan(const SetupContext *context, GPtrArray *steps, GError **error);
