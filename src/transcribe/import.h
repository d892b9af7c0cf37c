/* Transcripts that people already have: WebVTT (Zoom's "Name: words", Teams' <v Name>), SRT, plain text ("Name: words" lines,
 * optional [00:01:02] or (1:02) times), Amazon Transcribe JSON, Whisper JSON (openai-whisper, whisper.cpp -oj, faster-whisper's),
 * Hansard's own transcript.json. */
#pragma once

#include "model/transcript.h"

typedef enum {
    IMPORT_NONE,
    IMPORT_VTT,
    IMPORT_SRT,
    IMPORT_TEXT,
    IMPORT_AMAZON_JSON,
    IMPORT_WHISPER_JSON,
    IMPORT_HANSARD_JSON
} ImportFormat;

/* Judges by the first bytes (up to 64 KiB suffice) and, where they leave it open, the name's extension. IMPORT_NONE: not a
 * transcript (perhaps a recording). Bytes with a known media magic or with NULs are never a transcript, whatever the name; text
 * called .mp3 is IMPORT_NONE too (the decoder then refuses it). */
ImportFormat import_detect(const void *head, gsize size, const char *filename);
const char *import_format_name(ImportFormat format); /* "webvtt", "srt", "text", "amazon", "whisper", "hansard" */

/* UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252. ERROR_INVALID says at which line what is wrong; a file without a
 * word is ERROR_INVALID. Consecutive cues of one speaker that continue a sentence stay separate segments. Plain text without
 * times gets made-up times from its length (150 words a minute, TRANSCRIPT_PAUSE_MS between paragraphs) and `timed` false.
 * ERROR_TOO_LARGE over TRANSCRIPT_FILE_BYTES_MAX, SEGMENTS_MAX or WORDS_MAX. */
bool import_transcript(ImportFormat format, const void *data, gsize size, Transcript **transcript, GError **error);
/* As import_transcript, for what a transcriber has just made: one without a word is a recording of silence. */
bool import_result(ImportFormat format, const void *data, gsize size, Transcript **transcript, GError **error);
