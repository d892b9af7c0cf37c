/* For the files that import transcripts: one reader a format, and what they share. Text is valid UTF-8 with "\n" line ends and
 * without BOM. */
#pragma once

#include "transcribe/import.h"

/* Each adds segments to `transcript`; import.c puts them in order and fills in all else but language and `timed`. */
bool import_vtt(const char *text, Transcript *transcript, GError **error);
bool import_srt(const char *text, Transcript *transcript, GError **error);
bool import_text(const char *text, Transcript *transcript, GError **error);
bool import_amazon(const json_t *json, Transcript *transcript, GError **error);
bool import_whisper(const json_t *json, Transcript *transcript, GError **error);

/* At most LINES_MAX lines, so that a file of nothing but line ends does not grow in memory. */
#define LINES_MAX 2000000
bool lines_split(const char *text, char ***lines, GError **error);

/* The pattern, compiled when it is first asked for and kept in `*pattern`, which is static. */
GRegex *pattern_once(GRegex **pattern, const char *text);

/* What is said between two times; before it is known who says it. */
typedef struct {
    gint64 start_ms, end_ms;
    char *speaker; /* as the format says it; NULL: perhaps the text begins with "Name: " */
    char *text;
    bool goes_on; /* where it names nobody, the speaker is that of the cue before */
} Cue;

GArray *cues_new(void);               /* of Cue */
void cues_add(GArray *cues, Cue cue); /* takes the strings; without a text it is nothing */

/* Adds the cues as segments. "Name: words" becomes a speaker where it looks like a name, and either recurs or names begin most of
 * the cues. Text of more than `split_bytes` is split after sentences, and where it must be at spaces, so that no segment is over
 * its limit. */
bool cues_to_segments(const GArray *cues, gsize split_bytes, Transcript *transcript, GError **error);

/* True for "Ann Smith", "Dr. Ann van Berg (Acme)", "SPEAKER_00", "JÖRG": at most five words and 60 bytes. */
bool looks_like_name(const char *text, gsize length);
/* The length of the name with which "Name: words" begins, 0 where it begins with none; `*words` is what follows the colon. */
gsize name_before_colon(const char *text, const char **words);

/* A cue of VTT or SRT as it stands in the file; its lines are joined by '\n'. */
typedef struct {
    gint64 start_ms, end_ms;
    GString *payload;
} RawCue;

/* Reads cues from lines[first] on. Words that stand under no readable timing are ERROR_INVALID and name the line. `comments`:
 * NOTE, STYLE and REGION blocks are passed over. */
bool raw_cues_read(char *const *lines, guint first, bool comments, GArray **raw_cues, GError **error);

/* A copy of the payload with the markup of captions removed and entities resolved. `voice` (may be NULL) is called for every <v
 * Name> and </v> (NULL) with the plain text that stood before it. Caller frees. */
typedef void (*CueVoice)(const char *name, GString *before, gpointer user_data);
char *cue_plain_text(const char *payload, CueVoice voice, gpointer user_data);

/* Milliseconds of a time that a pattern matched in three groups from `group` on: hours (may be absent), minutes, seconds with a
 * fraction. */
#define TIME_PATTERN "(?:(\\d{1,4}):)?(\\d{1,3}):(\\d{1,2}(?:[.,]\\d{1,3})?)"
gint64 time_matched(const GMatchInfo *match, int group);

/* Seconds as a JSON number or a string that holds one; -1 where it is neither. */
gint64 json_seconds_ms(const json_t *value);
