/* A transcript: segments in order of time, with words, speakers and confidences; and its JSON (transcript.json). */
#pragma once

#include "base/error.h"
#include "base/json.h"

typedef struct {
    gint64 start_ms, end_ms; /* from the recording's start */
    float confidence;        /* 0..1; negative: unknown */
    char *text;              /* one word as written, punctuation with it, no spaces around */
} Word;

typedef struct {
    gint64 start_ms, end_ms;
    int speaker;      /* index into Transcript.speakers; -1: unknown */
    float confidence; /* 0..1; negative: unknown */
    char *text;       /* one or a few sentences; trimmed, one line */
    GArray *words;    /* of Word, in order; NULL where word times are unknown */
} Segment;

typedef struct {
    char *meeting_id;    /* may be NULL before it is known */
    char *run;           /* the job run that made it; NULL: unknown */
    char *language;      /* ISO 639-1 ("en"); NULL: unknown */
    gint64 duration_ms;  /* of the recording; for an imported text the end of its last segment */
    gint64 covered_ms;   /* the part that was really read; equal to duration_ms when all of it was */
    char *transcriber;   /* "whisper", "amazon", "import" … */
    char *model;         /* the model file's name or the import format; NULL: none */
    GPtrArray *speakers; /* char*, display names ("Ann", "Speaker 1") */
    GArray *segments;    /* of Segment */
    bool timed;          /* false: the times are not real (plain text imported) */
    json_t *extra;       /* members of the JSON that this version does not know; kept on rewrite; NULL: none */
} Transcript;

Transcript *transcript_new(void);
void transcript_free(Transcript *transcript);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transcript, transcript_free)

/* An unnamed speaker's paragraph ends where nobody speaks for so long. */
#define TRANSCRIPT_PAUSE_MS 2000

/* Adds a segment; times are clamped as below; `text` is copied, cleaned, trimmed and cut at SEGMENT_TEXT_BYTES_MAX. Returns it
 * (valid until the next is added) or NULL where the text is empty (nothing is added) or SEGMENTS_MAX is reached. */
Segment *transcript_add(Transcript *transcript, gint64 start_ms, gint64 end_ms, int speaker, const char *text);
void segment_add_word(Segment *segment, gint64 start_ms, gint64 end_ms, float confidence, const char *text);

/* Two or three small letters, as a code of ISO 639 is. NULL is none. */
bool transcript_language_is_code(const char *language);

/* Puts the segments in order of their start; those that start together stay as they were added. */
void transcript_sort(Transcript *transcript);

/* Index of the speaker of this name, added where it is new; -1 for NULL, "" and beyond SPEAKERS_MAX. */
int transcript_speaker(Transcript *transcript, const char *name);
/* All that the speaker of this name said is said by `to`: by the speaker who has that name already, where there is one. */
void transcript_rename_speaker(Transcript *transcript, const char *from, const char *to);
const char *transcript_speaker_name(const Transcript *transcript, int speaker); /* NULL for -1 */

const Segment *transcript_segment(const Transcript *transcript, guint index);

/* The plain text of transcription.txt: a line a speaker turn, "Name: words"; where nobody is named, paragraphs with an empty line
 * between them, one ending with each pause of TRANSCRIPT_PAUSE_MS. Caller frees. */
char *transcript_to_text(const Transcript *transcript);

/* {"schema":2,"meeting_id","run","language","duration_ms","covered_ms","transcriber":{"name","model"},"timed",
 *  "speakers":[{"id":"S1","name":"Ann"}],
 *  "segments":[{"id":0,"start_ms","end_ms","speaker":"S1"|null,"confidence"|absent,"text",
 *               "words":[[start_ms,end_ms,"word",confidence|-1],…]|absent}]} */
json_t *transcript_to_json(const Transcript *transcript);

/* Reads what transcript_to_json wrote; hostile input gives ERROR_CORRUPT, never a crash. Segments are put in order of
 * time; times are clamped to 0..RECORDING_MS_MAX with end ≥ start. */
bool transcript_from_json(const json_t *json, Transcript **transcript, GError **error);
