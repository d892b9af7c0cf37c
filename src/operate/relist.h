/* The list's entries of one meeting, made what its record says. */
#pragma once

#include "meeting/meeting.h"

/* The key that the meeting has in the index; NULL for one that is being deleted or whose time no key can hold. Caller frees. */
char *relist_key(const Record *record);

/* The record's index key stands and no other of the meeting's time does, and its row in the table is the record's or a newer one. `also`: one more
 * key of the meeting, of another time, which goes as well; may be NULL. An entry that another puts at the same time stays. ERROR_PRECONDITION: the
 * meeting was changed meanwhile; ERROR_NOT_FOUND: it is gone. */
bool relist(const Meetings *meetings, const char *meeting_id, const char *also, GError **error);
/* The same for a row that is wrong and may say that it is newer, so that no put goes over it: it is removed first. There must be a table. */
bool relist_row(const Meetings *meetings, const char *meeting_id, GError **error);
