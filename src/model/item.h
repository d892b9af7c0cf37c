/* Items (actions, decisions, questions, requirements), the summary around them, and their JSON
 * (summary.json and requirements.json). */
#pragma once

#include "base/error.h"
#include "base/json.h"

typedef enum { ITEM_ACTION, ITEM_DECISION, ITEM_QUESTION, ITEM_REQUIREMENT, ITEM_KIND_COUNT } ItemKind;
typedef enum { MATCH_EXACT, MATCH_FUZZY } EvidenceMatch;

typedef struct {
    guint first, last; /* segment ids in transcript.json, inclusive */
    gint64 start_ms, end_ms;
    char *speaker; /* display name; NULL: unknown */
    char *quote;   /* the words as they stand in the transcript */
    EvidenceMatch match;
} Evidence;

typedef struct {
    ItemKind kind;
    char *id;          /* "A-1", "D-1", "Q-1", "REQ-1": stable within the meeting */
    char *text;        /* the fact restated */
    char *owner;       /* NULL unless said */
    char *due;         /* ISO date; NULL unless said */
    char *due_said;    /* the words spoken */
    char *type;        /* requirement: "functional" or the ISO/IEC 25010 quality */
    char *priority;    /* requirement: must, should, could, wont */
    GArray *evidence;  /* of Evidence; empty only in items of the first version and those a user wrote */
    double confidence; /* 0..1; 1 where nothing says otherwise */
    char *origin;      /* "model" or "user" */
    char *status;      /* draft, confirmed, rejected, done */
    json_t *extra;     /* members this version does not know; kept on rewrite; NULL: none */
} Item;

typedef struct {
    char *title; /* of a topic */
    gint64 start_ms, end_ms;
} Topic;

/* What a model was asked, over all calls. */
typedef struct {
    guint calls;                        /* 0: no model was asked */
    guint64 input_tokens, output_tokens; /* as the service counted them */
    double cost;                        /* by the prices set, in their currency; negative: no price is set */
} MinutesUsage;

typedef struct {
    char *text;                        /* the summary: a few sentences or paragraphs; "" where there is none, never NULL */
    GArray *topics;                    /* of Topic */
    GPtrArray *items[ITEM_KIND_COUNT]; /* of Item, freed with the array */
    guint dropped;                     /* items refused because their quote is not in the transcript */
    double coverage;                   /* part of the transcript that was really read, 0..1 */
    char *extractor;                   /* "offline", "openai", "bedrock"; NULL: unknown */
    char *model;                       /* NULL: none */
    char *prompt_sha256;               /* NULL: none */
    char *note;                        /* why this result stands in for another, in plain words; NULL: none */
    MinutesUsage usage;
    char *run;                         /* the job run that made it; NULL: unknown */
    /* what this version does not know and keeps on rewrite; NULL: none */
    json_t *extra;              /* members of the `summary` object */
    json_t *summary_extra;      /* members of the envelope around it */
    json_t *requirements_extra; /* members of the requirements' envelope */
} Minutes;

Item *item_new(ItemKind kind);
void item_free(Item *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Item, item_free)
void item_add_evidence(Item *item, const Evidence *evidence); /* copies */

Minutes *minutes_new(void);
void minutes_free(Minutes *minutes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Minutes, minutes_free)
/* Takes the item and gives it the next id of its kind where it has none, or one that is taken. Beyond ITEMS_MAX of its kind it is
 * freed instead. */
void minutes_add(Minutes *minutes, Item *item);
Item *minutes_find(const Minutes *minutes, const char *id); /* borrowed; NULL where there is none */

/* One more than the highest number of this kind, so that an id is not given twice. */
guint64 minutes_next_number(const Minutes *minutes, ItemKind kind);

const char *item_id_prefix(ItemKind kind); /* "A-", "D-", "Q-", "REQ-" */
const char *item_kind_name(ItemKind kind); /* "action", "decision", "question", "requirement" */
bool item_kind_named(const char *name, ItemKind *kind);
bool item_status_known(const char *status); /* one of the four */

json_t *item_to_json(const Item *item);
/* Old items may be plain strings or objects of any shape: a text is found in text, description, requirement, action,
 * task, title or item (in this order), else the value's compact JSON stands as the text. `position` (from 1) gives the id where
 * it has none. Their owner may be called assignee, assigned_to or responsible, their due deadline or due_date; one that is no ISO
 * date is `due_said`. NULL where the value says nothing: null, "", {} or []. */
Item *item_from_json(ItemKind kind, const json_t *json, guint position);

/* The envelopes of storage.md:
 *  summary.json       {"meeting_id","timestamp","audio_s3_key","summary":{"schema":2,"run","text","topics","action_items":[…],
 *                      "decisions":[…],"questions":[…],"dropped","coverage","extractor":{"name","model","prompt_sha256"},"note",
 *                      "usage":{"calls","input_tokens","output_tokens","cost"}|absent}}
 *  requirements.json  {"meeting_id","timestamp","audio_s3_key","requirements":[…],"run"}
 * `timestamp` is ISO text, `audio_key` may be NULL. */
json_t *minutes_summary_to_json(const Minutes *minutes, const char *meeting_id, const char *timestamp, const char *audio_key);
json_t *minutes_requirements_to_json(const Minutes *minutes, const char *meeting_id, const char *timestamp,
                                     const char *audio_key);

/* Either may be NULL (absent). Reads every shape that the first version wrote: `summary` may be a string or an object with
 * any of summary/text/overview, action_items/actions, decisions, questions/open_questions, key_points. Never fails on shape; what
 * can't be understood is kept in `extra`. Hostile sizes are cut at ITEMS_MAX and ITEM_TEXT_BYTES_MAX. */
Minutes *minutes_from_json(const json_t *summary, const json_t *requirements);
