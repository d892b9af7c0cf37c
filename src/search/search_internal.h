/* Shared by the files of this folder only. */
#pragma once

#include <sqlite3.h>

#include "search/search.h"

/* Around the words that match, in snippets; private-use characters, removed from all text that is indexed. */
#define HIT_BEGIN "\xEE\x80\x80" /* U+E000 */
#define HIT_END "\xEE\x80\x81"   /* U+E001 */

struct Search {
    gint seen; /* search_seen() */
    char *path;
    Meetings meetings;
    GMutex refresh_lock; /* one refresh at a time: they share a table of what has been seen. Taken first */
    GMutex update_lock;  /* from reading a meeting until it is indexed: an older reading never replaces a newer. Taken second */
    GMutex lock;         /* guards what follows. Taken last */
    sqlite3 *db;         /* NULL until the next database_lock() */
    bool damaged;        /* SQLite has found the file damaged */
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

/* database.c. Opens the file where it is not open (making it anew where it is damaged) and holds `lock`; on failure does not
 * hold it. */
bool database_lock(Search *search, GError **error);
void database_unlock(Search *search);
void database_close(Search *search);

/* sql.c: statements, under `lock`. `types` has a letter for each parameter: t text (const char *; NULL is SQL's NULL), i
 * integer (gint64). */
bool sql_prepare(Search *search, sqlite3_stmt **statement, GError **error, const char *sql, const char *types, ...);
/* `*row` false at the end. */
bool sql_step(Search *search, sqlite3_stmt *statement, bool *row, GError **error);
bool sql_run(Search *search, GError **error, const char *sql, const char *types, ...);
/* The first column of the only row; 0 where there is none. */
bool sql_number(Search *search, gint64 *number, GError **error, const char *sql, const char *types, ...);
/* Several statements without parameters, their rows ignored. */
bool sql_script(Search *search, const char *sql, GError **error);
/* Turns the connection's last error into ours; always false. */
bool sql_fail(Search *search, GError **error);

/* index.c. Each holds `lock` while it works. */
bool index_put(Search *search, const Meeting *meeting, GError **error);
/* `*removed`: whether it was there. */
bool index_remove(Search *search, const char *meeting_id, bool *removed, GError **error);
bool index_begin_seen(Search *search, GError **error);
/* Notes that the catalog has this row; `*current`: the index has it in this version or a newer one. */
bool index_see(Search *search, const Row *row, bool *current, GError **error);
/* The next meeting id after `after` that was indexed and not seen; NULL at the end. */
bool index_next_unseen(Search *search, const char *after, char **meeting_id, GError **error);

/* match.c. The FTS5 expression for any text: words are and-ed, "quoted words" a phrase, the last word a prefix. NULL where
 * there is no word. Caller frees. */
char *match_of_query(const char *query);

/* query.c: 1..PAGE_LIMIT_MAX, or ERROR_INVALID. */
bool query_check_page(guint limit, GError **error);
