/* A search, as a person types it: SQLite takes the expression that is made of it, whatever stands there, and it is a query of words alone. */
#include "fuzz.h"
#include "search/search_internal.h"

static sqlite3 *open_table(void) {
    static const char script[] = "CREATE VIRTUAL TABLE t USING fts5(a, b, tokenize = 'unicode61'); INSERT INTO t VALUES ('the pilot customers', 'x')";
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(":memory:", &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, script, NULL, NULL, NULL), ==, SQLITE_OK);
    return db;
}

void fuzz_search_query(const guint8 *data, gsize size) {
    static sqlite3 *db;
    if (!db) db = open_table();
    g_autofree char *query = g_strndup((const char *)data, size), *match = match_of_query(query);
    if (!match) return;
    g_autoptr(sqlite3_stmt) statement = NULL;
    g_assert_cmpint(sqlite3_prepare_v2(db, "SELECT count(*) FROM t WHERE t MATCH ?", -1, &statement, NULL), ==, SQLITE_OK);
    sqlite3_bind_text(statement, 1, match, -1, SQLITE_STATIC);
    int step = sqlite3_step(statement);
    if (step != SQLITE_ROW) g_printerr("%s: %s\n", match, sqlite3_errmsg(db));
    g_assert_cmpint(step, ==, SQLITE_ROW);
}
