/* The names of the keys of storage.md, made and read. Strings returned are the caller's to free. */
#pragma once

#include "base/error.h"

#define PREFIX_RECORDINGS "meetings/"
#define PREFIX_MEETINGS "transcriptions/"
#define PREFIX_INDEX "hansard/index/"
#define PREFIX_JOBS "hansard/jobs/"
#define PREFIX_UPLOADS "hansard/uploads/"
#define PREFIX_TOKENS "hansard/tokens/"
#define PREFIX_SESSIONS "hansard/sessions/"
#define PREFIX_SHARES "hansard/shares/" /* {meeting-id}/{id}.json */
#define PREFIX_REQUESTS "hansard/requests/" /* {digest}.json: what came of requests with an Idempotency-Key */
#define PREFIX_WEBHOOKS "hansard/webhooks/"
#define PREFIX_OUTBOX "hansard/outbox/"         /* what is still to be told to them */
#define PREFIX_DELIVERIES "hansard/deliveries/" /* what was: {webhook}/… */
#define PREFIX_AUDIT "hansard/audit/"
#define PREFIX_DOCTOR "hansard/doctor/" /* for a moment only: objects that a check writes, reads and removes */
#define PREFIX_QUARANTINE "hansard/quarantine/" /* what `hansard verify --repair` took from its place: {meeting-id, or -}/{digest}/{its key} */
#define KEY_RETENTION "hansard/retention.json"  /* which server removed last by age, and when */
#define KEY_VERIFIED "hansard/verify.json"      /* what the last repair found; derived */

typedef enum {
    DOCUMENT_TEXT,         /* transcription.txt */
    DOCUMENT_TRANSCRIPT,   /* transcript.json */
    DOCUMENT_SUMMARY,      /* summary.json */
    DOCUMENT_REQUIREMENTS, /* requirements.json */
    DOCUMENT_WAVEFORM,     /* waveform.json: derived, for the page */
    DOCUMENT_RECORD,       /* metadata.json: the commit */
    DOCUMENT_COUNT
} Document;

const char *document_name(Document document);
char *key_document(const char *meeting_id, Document document);
char *key_recording(const char *uuid, const char *filename); /* filename already cleaned */
char *key_job(const char *meeting_id);
char *key_upload(const char *meeting_id);

/* The meeting that owns "meetings/{uuid}_{filename}": "meeting-{uuid}"; NULL for a key of another form. */
char *meeting_id_of_recording(const char *key);
char *meeting_id_new(const char *uuid);        /* "meeting-{uuid}" */
bool meeting_id_valid(const char *meeting_id); /* [A-Za-z0-9._-]{1,128}, not "." or ".." */
char *meeting_id_of_key(const char *key);      /* from a key under transcriptions/, jobs/ or uploads/; NULL where it is none */
