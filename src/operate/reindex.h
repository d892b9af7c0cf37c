/* Rebuilds what is derived from the store alone: the catalog's rows (buckets of the first version have no index keys, tables of the first version no
 * sort attribute) and the search index. */
#pragma once

#include "meeting/meeting.h"
#include "search/search.h"

typedef struct {
    guint meetings; /* that have a row now */
    guint removed;  /* rows that belonged to no meeting */
    guint damaged;  /* records that can't be read: left as they are */
} ReindexResult;

/* Called for each meeting and row looked at; false with `error` set stops. */
typedef bool (*ReindexProgress)(const ReindexResult *so_far, gpointer user_data, GError **error);

/* May run beside servers, be interrupted, and be run again. */
bool reindex(const Meetings *meetings, Search *search, ReindexProgress progress, gpointer user_data, ReindexResult *result, GError **error);
