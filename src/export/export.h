/* A meeting in the formats in which the work goes on. One file a format. */
#pragma once

#include "meeting/meeting.h"

typedef struct {
    const char *name; /* "md", "docx", "txt", "srt", "vtt", "json", "csv", "jira.csv", "github.csv", "ics", "reqif"; a file's name ends in it */
    const char *content_type;
    const char *sentence; /* for help and the page's menu */
    /* ERROR_INVALID where the meeting can't be written so (no transcript for srt and vtt, no dates for ics, no requirements for reqif). */
    bool (*write)(const Meeting *meeting, GString *out, GError **error);
} ExportFormat;

extern const ExportFormat *const export_formats[];         /* NULL-terminated */
const ExportFormat *export_format_named(const char *name); /* NULL where there is none */

bool export_meeting(const Meeting *meeting, const ExportFormat *format, GBytes **bytes, GError **error);
