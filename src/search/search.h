/* Full text over transcripts and items: an SQLite FTS5 file in the data directory, derived from the store and brought up to
 * date from it. */
#pragma once

#include "base/settings.h"
#include "catalog/catalog.h"
#include "meeting/meeting.h"

typedef struct Search Search;

typedef struct {
    char *meeting_id, *title;
    gint64 timestamp_ms;
    char *kind;        /* "transcript", "action", "decision", "question", "requirement", "title" */
    char *item_id;     /* NULL for a transcript */
    gint64 start_ms;   /* where it is said; −1: unknown */
    char *speaker;     /* NULL: unknown */
    char *snippet;     /* about 30 words around the hit; hits between U+E000 and U+E001, all else plain text */
} SearchHit;

void search_hit_free(SearchHit *hit);
/* As the API answers it; new reference. */
json_t *search_hit_to_json(const SearchHit *hit);

/* Opens or makes `path` (and its folder). A damaged or foreign file is set aside as `path`.damaged and made anew, empty until
 * the next refresh; damage that shows only in use fails that call with ERROR_CORRUPT, and the next call has a new file. Catalog
 * and store are borrowed. Thread-safe; several processes may share the file. */
bool search_open(const char *path, Store *store, Catalog *catalog, Search **search, GError **error);
void search_close(Search *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Search, search_close)

/* Indexes one meeting as it stands in the store, or forgets it where it is gone. */
bool search_update(Search *search, const char *meeting_id, GError **error);
/* Compares the newest `rows_max` rows of the catalog (0: all) with the index and mends the difference; with 0 it forgets what
 * has vanished, too. A meeting whose documents are damaged is passed over: the others are indexed, then its error is returned.
 * ERROR_CANCELLED soon after `cancellable` (NULL: none) is cancelled: what was mended until then stays. `updated` may be NULL. */
bool search_refresh(Search *search, guint rows_max, GCancellable *cancellable, guint *updated, GError **error);
/* The meetings that the last refresh of all has met; 0: there was none yet. */
guint search_seen(Search *search);
/* Any text is a valid query: words are and-ed, the last one by prefix, "quoted words" are a phrase. Best first. Empty or
 * without a word: no hits. `hits`: of SearchHit*. */
bool search_find(Search *search, const char *query, guint limit, guint offset, GPtrArray **hits, GError **error);
/* Which items; NULL filters are open. */
typedef struct {
    const char *kind;
    const char *status;             /* one of the four, or "open": draft or confirmed */
    const char *owner;              /* in any case of letters */
    const char *due_from, *due_to;  /* ISO dates, inclusive; either leaves out what has no date */
    bool by_due;                    /* the earliest date first, those without one last; else the newest meeting first */
} ItemFilter;

/* Items of all meetings. Array of json objects (item + kind, meeting_id, title, timestamp). New reference to a JSON array. */
bool search_items(Search *search, const ItemFilter *filter, guint limit, guint offset, json_t **items, GError **error);
/* Who owns the items of this filter (its own owner aside), whoever has most first: at most PAGE_LIMIT_MAX of [{"owner", "count"}]. New reference. */
bool search_item_owners(Search *search, const ItemFilter *filter, json_t **owners, GError **error);

/* A meeting in the order of the list. */
typedef struct {
    gint64 timestamp_ms;
    char *meeting_id;
} SearchMeeting;

/* Meetings with an open action, newest first: those with from_ms <= timestamp < to_ms (0: open) that come after `after` (NULL: all). `meetings`: of
 * SearchMeeting*, freed with the array. */
bool search_meetings_with_open_actions(Search *search, gint64 from_ms, gint64 to_ms, const SearchMeeting *after, guint limit, GPtrArray **meetings,
                                       GError **error);
