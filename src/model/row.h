/* A list row: what a list shows of a meeting without reading it; and the index key that carries it.
 *
 *   hansard/index/{inverted-time}_{meeting-id}_{card}
 *
 * inverted-time = 9999999999999 - Unix milliseconds, 13 digits: newest first in the order of keys. Fields of the card
 * are joined by '_', each escaped so that it holds none ('%' and two hexadecimal digits, as in URLs; other UTF-8 stands as
 * it is):
 *
 *   1_{updated ms, base 36}_{state}_{duration s}_{actions}_{decisions}_{questions}_{requirements}
 *    _{recording}_{filename}_{title}_{tag+tag…}
 *
 * state: r ready, d deleting. recording: what stands between "meetings/" and "_{filename}" in the recording's key: empty where
 * that is the meeting's own UUID, '-' where there is no recording, '~' where the key is of another form. A title equal to the
 * filename is left empty. The last component of the key is at most KEY_COMPONENT_BYTES_MAX: tags, then title, filename and
 * recording are cut between characters until it fits, and a field that was cut ends in '~' (a '~' of its own is escaped). */
#pragma once

#include "base/error.h"
#include "model/record.h"

typedef struct {
    char *meeting_id;
    char *audio_key; /* NULL: no recording, or `cut` is true and the record has it */
    gint64 timestamp_ms;
    gint64 updated_ms;
    MeetingState state;
    gint64 duration_ms; /* whole seconds when read from a card */
    guint actions, decisions, questions, requirements;
    char *filename, *title;
    GPtrArray *tags; /* char* */
    bool cut;        /* a field is not whole: the record has it */
} Row;

Row *row_new(void);
void row_free(Row *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Row, row_free)

Row *row_of_record(const Record *record);
char *row_to_key(const Row *row);
/* NULL where the key is no index key of a version this program reads. */
Row *row_from_key(const char *key);

/* "{inverted-time}_{meeting-id}_1_": what the last component of the meeting's index keys begins with, whatever the card says. A row that is kept
 * elsewhere sorts by it, so that it stands where its key does. Caller frees. */
char *row_sort_key(gint64 timestamp_ms, const char *meeting_id);
/* False, and the results untouched, where the text is no sort key. */
bool row_sort_key_read(const char *sort_key, gint64 *timestamp_ms, char **meeting_id);

/* "hansard/index/{inverted-time}": keys from this on are of `unix_ms` and older. Caller frees. */
char *row_key_from_time(gint64 unix_ms);

/* The row as the API lists it: the six fields of the first version and the rest. */
json_t *row_to_json(const Row *row);
