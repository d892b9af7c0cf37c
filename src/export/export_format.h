/* For the files that write a format. */
#pragma once

#include "export/export.h"

extern const ExportFormat export_md, export_docx, export_txt, export_srt, export_vtt, export_json, export_csv, export_jira, export_github, export_ics,
    export_reqif;

/* A cell of a table in RFC 4180, with what parts it from the next. It is always quoted, so that none depends on what a reader takes for special;
 * what a spreadsheet would take for a formula gets an apostrophe before it. NULL is empty. */
void append_csv_cell(GString *out, const char *text, bool last);

/* Text as the content or an attribute's value of XML 1.0; what XML can't hold is left out. NULL is empty. */
void append_xml(GString *out, const char *text);
/* "“words” Ann, 1:02:03": the item's first proof in a line, as plain text; "" where it has none. Caller frees. */
char *proof_line(const Item *item);
/* Whether it is still to be done: neither rejected nor done. */
bool item_is_open(const Item *item);

/* A caption: at most CAPTION_LINES lines of CAPTION_LINE_CHARS characters, shown for at most CAPTION_MS. The usual figures of
 * broadcasters. */
#define CAPTION_LINES 2
#define CAPTION_LINE_CHARS 42
#define CAPTION_MS 7000

typedef struct {
    gint64 start_ms, end_ms;    /* end > start */
    const char *speaker;        /* NULL: unknown */
    char *lines[CAPTION_LINES]; /* the second may be NULL */
} Caption;

/* The transcript as captions (an array of Caption). `names`: the words of a new speaker begin with "Name:". ERROR_INVALID where
 * the meeting has no transcript, or one without real times. */
bool captions_make(const Meeting *meeting, bool names, GArray **captions, GError **error);

/* "00:01:02.345" with the given separator before the milliseconds. */
void append_caption_time(GString *out, gint64 ms, char separator);
