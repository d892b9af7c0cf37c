/* Notices meetings that no list shows: a store of the first version before its first reindex, or one whose index keys were dropped. */
#pragma once

#include "meeting/meeting.h"

/* What to tell a person then. */
#define UNLISTED_NOTICE \
    "There are meetings here that no list shows, such as those of the first version. Run `hansard reindex` once: it changes nothing but the lists."

/* `*unlisted`: the list is empty, and yet there is a meeting. To be asked where there is nothing to show: it costs two listings, and where the store
 * is not empty a few reads. */
bool meetings_unlisted(const Meetings *meetings, bool *unlisted, GError **error);
