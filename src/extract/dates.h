/* Deadlines in what was said. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint at, end; /* bytes of the text, with the "by" or "before" */
    char date[11]; /* ISO; "" where the words name no day ("as soon as possible") */
} Due;

/* The first deadline of `text` (small letters, single spaces, no punctuation but in numbers), resolved against the UTC day of
 * `meeting_ms`. False where none is said. A day of the past is none; a day without a year is the next one to come; a span ("next
 * week") ends with its last working day, months, quarters and years with their last day; a number pair that may be read two ways
 * has no date. */
bool due_find(const char *text, gint64 meeting_ms, Due *due);
