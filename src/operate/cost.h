/* What a store holds, what that costs a month in S3, and what the work on a meeting costs. All of it is an estimate by list prices (prices.h):
 * nothing is asked but the list of the store's keys, 1,000 a request, so that no object is read (cost_meeting.h reads one meeting's). What a list
 * does not show is not counted: versions that were overwritten or removed, and parts of uploads that were broken off. Money is in the price
 * table's currency, a month is 30 days. */
#pragma once

#include "base/limits.h"
#include "base/settings.h"
#include "catalog/catalog.h"
#include "operate/prices.h"
#include "store/store.h"

#define COST_MONTH_DAYS 30

/* What keys are for (storage.md). */
typedef enum {
    COST_RECORDINGS,
    COST_DOCUMENTS,
    COST_INDEX,
    COST_JOBS,
    COST_UPLOADS, /* what is known of recordings that come in parts */
    COST_INBOX,
    COST_ACCESS,  /* tokens, sessions, links */
    COST_AUDIT,
    COST_QUARANTINE,
    COST_OWN,     /* else under hansard/ */
    COST_FOREIGN, /* no key of the format */
    COST_KIND_COUNT
} CostKind;
const char *cost_kind_name(CostKind kind);
CostKind cost_kind_of(const char *key);

/* By the time of the last change: under 30 days, 30 to 89, 90 to 364, from 365 on. */
#define COST_AGE_COUNT 4
extern const int cost_age_days[COST_AGE_COUNT]; /* where each begins */
const char *cost_age_name(int age);

typedef struct {
    guint64 objects, bytes;
    guint64 billed;   /* bytes that S3 counts at the class's price: least size, overhead */
    guint64 standard; /* and at STANDARD's */
    guint64 large;    /* objects of at least COST_MOVED_BYTES_MIN: lifecycle rules move no smaller ones unless told to */
    guint64 large_bytes;
} CostSum;

/* No sum goes round: what is too much stays at the largest number. */
void cost_sum_add(CostSum *sum, const CostSum *more);

#define COST_MOVED_BYTES_MIN (128 * KIB)
#define COST_CLASS_OTHER PRICE_CLASSES_MAX /* classes that the table has no price for */

/* What was counted; about 40 KB, whatever the store holds. */
typedef struct {
    CostSum sums[COST_KIND_COUNT][PRICE_CLASSES_MAX + 1][COST_AGE_COUNT]; /* class: its place in the table */
    CostSum total;
    guint64 records;       /* metadata.json: meetings, listed or not */
    guint64 meetings;      /* by the list */
    guint64 spoken;        /* of these, recordings; the others came as transcripts */
    guint64 talk_s;        /* of all meetings, as the list says: whole seconds a meeting */
    guint64 transcribed_s; /* of recordings, as Amazon Transcribe counts: at least 15 s each */
    guint64 lists;         /* LIST requests that counting has cost, about */
} CostCount;

typedef struct {
    Store *store;
    Catalog *catalog; /* asked for durations where the store has no index keys; NULL: not asked */
    const Prices *prices;
    gint64 now_ms;
    GCancellable *cancel;
    void (*progress)(guint64 objects, gpointer user_data); /* every LIST_LIMIT_MAX objects; NULL: nobody asks */
    gpointer user_data;
} CostOptions;

/* False where the store does not answer, or it was cancelled. */
bool cost_count(const CostOptions *options, CostCount *count, GError **error);
/* Takes one object, or one meeting of the list, into account. `storage_class` as in StoreEntry. */
void cost_add_object(CostCount *count, const Prices *prices, CostKind kind, const char *storage_class, guint64 bytes, guint64 objects, int age_days);
void cost_add_meeting(CostCount *count, const char *filename, gint64 duration_ms, guint64 meetings);

/* What a store would hold of so many meetings: "meetings=100,mb=50,minutes=60,documents-kb=400,days=0", each with this default; a mb has a million
 * bytes. ERROR_INVALID. */
bool cost_what_if(const char *text, const Prices *prices, CostCount *count, GError **error);

/* "other" for COST_CLASS_OTHER. */
const char *cost_class_name(const Prices *prices, int class_index);
/* A month of what a sum holds in the class at this place of the table; for COST_CLASS_OTHER STANDARD's price. */
double cost_month(const Prices *prices, int class_index, const CostSum *sum);
double cost_month_all(const Prices *prices, const CostCount *count);

/* ---- requests ---- */

/* Servers that have nothing to do. */
typedef struct {
    guint64 servers, meetings; /* meetings: how many the list has, which each server reads whole every refresh_all_s() */
    int poll_s;                /* HANSARD_POLL_SECONDS; with a queue at least POLL_WITH_QUEUE_S */
    bool inbox;
    bool table;                /* lists come from DynamoDB */
    bool table_alone;          /* and there are no keys, which all would be read from */
} CostServers;

CostServers cost_servers(const Settings *settings, guint64 servers, guint64 meetings);

typedef struct {
    const char *what;
    guint64 requests; /* a month; LISTs, or queries of the table */
    double month;
} CostIdle;

#define COST_IDLE_COUNT 5
void cost_idle(const Prices *prices, const CostServers *servers, CostIdle idle[COST_IDLE_COUNT]);
double cost_idle_month(const CostIdle idle[COST_IDLE_COUNT]);

/* What a meeting costs once, from upload to commit, by its recording's size, about; lease renewals (a PUT each 15 s of work) are left out. PUTs are
 * counted at STANDARD's price, HEADs among the GETs. */
typedef struct {
    guint64 puts, lists, gets;
    double cost;
} CostRequests;
CostRequests cost_meeting_requests(const Prices *prices, guint64 recording_bytes);

/* ---- processing ---- */

typedef struct {
    const char *what;      /* "transcribe", "extract" */
    const char *engine;    /* "local", "amazon", "bedrock", "openai" */
    const char *model;     /* NULL: none */
    const char *by;        /* whose price: "settings", "table"; NULL: it is known to cost nothing */
    bool known;            /* false: neither has a price */
    bool chosen;           /* by the settings */
    double hour, meeting, all; /* an hour of talk, a meeting of mean length, all that the list has */
} CostEngine;

/* A new array of CostEngine that borrows from prices and settings. Unref it. */
GArray *cost_engines(const Prices *prices, const Settings *settings, const CostCount *count);

/* ---- a lifecycle rule ---- */

/* Recordings in STANDARD go to `to` when they are `days` old. */
typedef struct {
    const PriceClass *to;
    int days;
    guint64 objects, bytes;   /* that would move now */
    guint64 later_objects, later_bytes; /* once all that stand there are so old; those above among them */
    guint64 small;            /* recordings in STANDARD of less than COST_MOVED_BYTES_MIN, which stay */
    double transition, later_transition; /* once: the requests that move them */
    double saved, later_saved;           /* a month, from then on; negative: it costs more */
    double read_gb;           /* what reading 1 GB from there costs; nothing in STANDARD */
    double read_share;        /* of what was moved, read in a month: with more, the rule costs more than it saves. 1 and more: all of it may be */
    double least_gb;          /* billed for each GB even where it is removed the day it came */
} CostRule;
/* `days`: one of cost_age_days. */
CostRule cost_rule(const Prices *prices, const CostCount *count, const PriceClass *to, int days);
