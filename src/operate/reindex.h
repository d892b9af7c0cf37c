/* Rebuilds what is derived from the store alone: the index keys (buckets of the first version have none) and the search index. */
#pragma once

#include "meeting/meeting.h"
#include "search/search.h"

typedef struct {
    guint meetings; /* that have a row now */
    guint removed;  /* index keys that belonged to no meeting */
    guint damaged;  /* records that can't be read: left as they are */
} ReindexResult;

/* Called for each meeting looked at; false stops. */
typedef bool (*ReindexProgress)(const ReindexResult *so_far, gpointer user_data, GError **error);

/* May run beside servers, be interrupted, and be run again. */
bool reindex(const Meetings *meetings, Search *search, ReindexProgress progress, gpointer user_data, ReindexResult *result, GError **error);
