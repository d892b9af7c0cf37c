/* The record of a meeting: metadata.json, whose presence is the commit. */
#pragma once

#include "base/error.h"
#include "base/json.h"

typedef enum { MEETING_READY, MEETING_DELETING } MeetingState;

typedef struct {
    char *key;
    guint64 bytes;
    char *sha256;
    char *etag;
} RecordObject;

typedef struct {
    /* the first version's fields */
    char *meeting_id;
    char *audio_key;     /* `audio_s3_key`; NULL where the meeting came as text */
    gint64 timestamp_ms; /* `timestamp`: when the recording came in, Unix ms; 0 where unreadable */
    char *filename;
    guint action_items_count, requirements_count;
    guint64 transcription_length; /* characters of transcription.txt */
    char *extraction_method;      /* the extractor's name */
    bool bedrock_used;
    /* schema 2 */
    int schema; /* 1: written by the first version */
    char *title;
    MeetingState state;
    gint64 duration_ms;
    char *language;      /* NULL: unknown */
    GPtrArray *speakers; /* char* */
    GPtrArray *tags;     /* char* */
    char *transcriber, *transcriber_model;
    char *extractor, *extractor_model, *prompt_sha256;
    double coverage; /* 0..1 */
    guint decisions_count, questions_count;
    GPtrArray *objects; /* RecordObject*, freed with the array */
    gint64 updated_ms;
    json_t *extra; /* members this version does not know; kept on rewrite; NULL: none */
} Record;

Record *record_new(void);
void record_free(Record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Record, record_free)
Record *record_copy(const Record *record);

/* Puts or replaces the object's entry. */
void record_set_object(Record *record, const char *key, guint64 bytes, const char *sha256, const char *etag);
void record_drop_object(Record *record, const char *key); /* none is fine */
const RecordObject *record_object(const Record *record, const char *key); /* NULL where there is none */

json_t *record_to_json(const Record *record);
/* Old records (no `schema`) get defaults: title from the filename, state ready. `meeting_id`, from the key, is the meeting's whatever the
 * JSON has none. ERROR_CORRUPT where it is no object. */
bool record_from_json(const json_t *json, const char *meeting_id, Record **record, GError **error);

/* The member of metadata.json that holds the SHA-256 (json_sha256) of all others: no other object tells whether the record is as it was written. */
#define RECORD_SUM "record_sha256"
typedef enum { RECORD_PROVEN, RECORD_ALTERED, RECORD_UNPROVEN } RecordProof; /* unproven: it has no sum */
void record_seal(json_t *json);
RecordProof record_proof(const json_t *json);

/* Whether `audio_key` names what was recorded, not the file of a transcript: that one has its format as the transcriber's model. */
bool record_has_recording(const Record *record);

const char *meeting_state_name(MeetingState state); /* "ready", "deleting" */
