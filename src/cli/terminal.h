/* What people see in a terminal: a progress line and tables that fit. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A line on standard error that is drawn over; nothing at all where standard error is no terminal. `done` 0..1;
 * remaining_ms −1: unknown. */
void terminal_progress(const char *label, double done, gint64 remaining_ms);
void terminal_progress_clear(void);

/* Columns of standard output: of the terminal, or 0 where it is none (nothing is cut then). */
guint terminal_width(void);

/* `text` padded or cut ("…") to `columns` terminal columns; wide characters count two. Caller frees. */
char *terminal_cell(const char *text, guint columns);

/* Hostile text for a terminal: control characters removed. Caller frees. */
char *terminal_safe(const char *text);
