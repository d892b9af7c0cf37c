/* SQLite's C interface with our errors and bound parameters. */
#include "search/search_internal.h"

static ErrorCode code_of_sqlite(int result) {
    switch (result & 0xFF) { /* the primary code */
    case SQLITE_FULL:
        return ERROR_NO_SPACE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERROR_UNAVAILABLE;
    case SQLITE_IOERR:
        return ERROR_IO;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return ERROR_CONFIG;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERROR_CORRUPT;
    default:
        return ERROR_INTERNAL;
    }
}

static const char *advice_for(ErrorCode code) {
    switch (code) {
    case ERROR_NO_SPACE:
        return "make room on the disk";
    case ERROR_UNAVAILABLE:
        return "another program holds it, try again later";
    case ERROR_IO:
        return "check the disk";
    case ERROR_CONFIG:
        return "make the file and its folder writable, or choose another with HANSARD_DATA";
    case ERROR_CORRUPT:
        return "it is made anew when it is next used; reindex then";
    default:
        return "please report this";
    }
}

bool sql_fail(Search *search, GError **error) {
    ErrorCode code = code_of_sqlite(sqlite3_extended_errcode(search->db));
    if (code == ERROR_CORRUPT) search->damaged = true;
    return fail(error, code, "The search index %s failed (%s): %s", search->path, sqlite3_errmsg(search->db), advice_for(code));
}

static bool bind(sqlite3_stmt *statement, const char *types, va_list parameters) {
    for (int i = 0; types[i]; i++) {
        int result = types[i] == 't' ? sqlite3_bind_text(statement, i + 1, va_arg(parameters, const char *), -1, SQLITE_TRANSIENT)
                                     : sqlite3_bind_int64(statement, i + 1, va_arg(parameters, gint64));
        if (result != SQLITE_OK) return false;
    }
    return true;
}

static bool prepare(Search *search, sqlite3_stmt **statement, GError **error, const char *sql, const char *types,
                    va_list parameters) {
    g_autoptr(sqlite3_stmt) prepared = NULL;
    if (sqlite3_prepare_v2(search->db, sql, -1, &prepared, NULL) != SQLITE_OK || !bind(prepared, types, parameters))
        return sql_fail(search, error);
    *statement = g_steal_pointer(&prepared);
    return true;
}

bool sql_prepare(Search *search, sqlite3_stmt **statement, GError **error, const char *sql, const char *types, ...) {
    va_list parameters;
    va_start(parameters, types);
    bool done = prepare(search, statement, error, sql, types, parameters);
    va_end(parameters);
    return done;
}

bool sql_step(Search *search, sqlite3_stmt *statement, bool *row, GError **error) {
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) return sql_fail(search, error);
    *row = result == SQLITE_ROW;
    return true;
}

bool sql_run(Search *search, GError **error, const char *sql, const char *types, ...) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    bool row = false;
    va_list parameters;
    va_start(parameters, types);
    bool done = prepare(search, &statement, error, sql, types, parameters);
    va_end(parameters);
    return done && sql_step(search, statement, &row, error);
}

bool sql_number(Search *search, gint64 *number, GError **error, const char *sql, const char *types, ...) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    bool row = false;
    va_list parameters;
    va_start(parameters, types);
    bool done = prepare(search, &statement, error, sql, types, parameters);
    va_end(parameters);
    if (!done || !sql_step(search, statement, &row, error)) return false;
    *number = row ? sqlite3_column_int64(statement, 0) : 0;
    return true;
}

bool sql_script(Search *search, const char *sql, GError **error) {
    return sqlite3_exec(search->db, sql, NULL, NULL, NULL) == SQLITE_OK || sql_fail(search, error);
}
