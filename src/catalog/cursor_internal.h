/* Cursors, the same for every backend of this folder: a list may go on in another backend where the first one broke off.
 *
 * A cursor is a position in the order of index keys, as base64url behind a mark that says what it is: the last component of an index key (or of a
 * foreign key beside them), or a row's sort key, which sorts where the row's keys do. The page before has dealt with all that sorts up to it, and with
 * the meeting that it names.
 *
 * The two orders are the same but for meetings of one millisecond of which one's id is the other's with "_1" and more behind it: no id that this program
 * makes is such. */
#pragma once

#include "model/row.h"

typedef struct {
    char *position;
    char *meeting_id; /* NULL: the position is of a foreign key */
    gint64 timestamp_ms;
} Cursor;

void cursor_clear(Cursor *cursor);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cursor, cursor_clear)

/* Callers free. */
char *cursor_of_key(const char *key); /* a whole key under PREFIX_INDEX */
char *cursor_of_sort_key(const char *sort_key);

/* ERROR_INVALID where the text is no cursor that was made here. */
bool cursor_read(const char *text, Cursor *cursor, GError **error);
