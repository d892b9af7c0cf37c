/* The index file: its schema, and what happens to a file that is damaged, foreign or of another version. All of it is derived,
 * so a file that can't be used is set aside and made anew; synchronous is NORMAL, since power loss costs at most what a refresh
 * brings back. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "search/search_internal.h"

#define APPLICATION_ID 0x48534E44 /* "HSND" */
#define SCHEMA_VERSION 1          /* a file of another version is emptied */
#define BUSY_TIMEOUT_MS 10000

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meetings(id INTEGER PRIMARY KEY, meeting_id TEXT NOT NULL UNIQUE, updated_ms INTEGER NOT NULL,"
    " timestamp_ms INTEGER NOT NULL, title TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS meetings_by_time ON meetings(timestamp_ms DESC, meeting_id);"
    /* segments: [[byte offset in text, start_ms, speaker or null], …] in order */
    "CREATE TABLE IF NOT EXISTS passages(id INTEGER PRIMARY KEY, meeting INTEGER NOT NULL REFERENCES meetings(id),"
    " kind TEXT NOT NULL, item_id TEXT, segments TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS passages_by_meeting ON passages(meeting);"
    "CREATE TABLE IF NOT EXISTS items(meeting INTEGER NOT NULL REFERENCES meetings(id), position INTEGER NOT NULL,"
    " kind TEXT NOT NULL, status TEXT NOT NULL, owner TEXT, json TEXT NOT NULL, PRIMARY KEY(meeting, position)) WITHOUT ROWID;"
    "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='passages', content_rowid='id',"
    " tokenize='porter unicode61 remove_diacritics 2');"
    "CREATE TRIGGER IF NOT EXISTS passage_added AFTER INSERT ON passages BEGIN"
    " INSERT INTO words(rowid, text) VALUES (new.id, new.text); END;"
    "CREATE TRIGGER IF NOT EXISTS passage_removed AFTER DELETE ON passages BEGIN"
    " INSERT INTO words(words, rowid, text) VALUES ('delete', old.id, old.text); END;";

void database_close(Search *search) {
    sqlite3_close(search->db);
    search->db = NULL;
    search->damaged = false;
}

/* Another version's file: emptied in place, under SQLite's own locks, since other processes may have it open. */
static bool empty_database(Search *search, GError **error) {
    sqlite3_db_config(search->db, SQLITE_DBCONFIG_RESET_DATABASE, 1, NULL);
    bool done = sql_script(search, "VACUUM", error);
    sqlite3_db_config(search->db, SQLITE_DBCONFIG_RESET_DATABASE, 0, NULL);
    return done;
}

/* The words of a meeting that was deleted are overwritten, not only unlinked. FTS5 can do so since SQLite 3.42; before, they go
 * when the index's parts are merged. */
static bool erase_what_is_deleted(Search *search, GError **error) {
    return sql_script(search, "PRAGMA secure_delete=ON", error) &&
           (sqlite3_libversion_number() < 3042000 ||
            sql_script(search, "INSERT INTO words(words, rank) VALUES ('secure-delete', 1)", error));
}

static bool make_schema(Search *search, GError **error) {
    g_autofree char *script = g_strdup_printf("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                                              "BEGIN IMMEDIATE; PRAGMA application_id=%d; PRAGMA user_version=%d; %s COMMIT;"
                                              "CREATE TEMP TABLE seen(meeting_id TEXT PRIMARY KEY) WITHOUT ROWID;",
                                              APPLICATION_ID, SCHEMA_VERSION, schema);
    return sql_script(search, script, error) && erase_what_is_deleted(search, error);
}

/* ERROR_CORRUPT: no database, damaged, or another program's. */
static bool open_file(Search *search, GError **error) {
    /* Transcripts are for their owner alone; SQLite gives its other files the same mode. */
    int file = g_open(search->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) close(file);
    if (sqlite3_open_v2(search->path, &search->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return sql_fail(search, error);
    sqlite3_busy_timeout(search->db, BUSY_TIMEOUT_MS);

    gint64 application, version, tables;
    if (!sql_number(search, &application, error, "PRAGMA application_id", "") ||
        !sql_number(search, &version, error, "PRAGMA user_version", "") ||
        !sql_number(search, &tables, error, "SELECT count(*) FROM sqlite_schema", ""))
        return false;
    if (tables > 0 && application != APPLICATION_ID)
        return fail(error, ERROR_CORRUPT, "%s is no search index: move it elsewhere", search->path);
    if (tables > 0 && version != SCHEMA_VERSION && !empty_database(search, error)) return false;
    return make_schema(search, error);
}

/* Renames the file and its log to ….damaged, in place of what was set aside before. */
static bool set_aside(Search *search, GError **error) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    database_close(search);
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *from = g_strconcat(search->path, suffixes[i], NULL);
        g_autofree char *to = g_strconcat(search->path, ".damaged", suffixes[i], NULL);
        if (g_rename(from, to) != 0 && errno != ENOENT)
            return fail_errno(error, errno, "The damaged search index %s can't be set aside", from);
    }
    return true;
}

/* One process at a time opens, or sets aside, the file. */
static bool lock_opening(Search *search, int *file, GError **error) {
    g_autofree char *path = g_strconcat(search->path, ".lock", NULL), *folder = g_path_get_dirname(search->path);
    if (g_mkdir_with_parents(folder, 0700) != 0) return fail_errno(error, errno, "The folder %s can't be made", folder);
    int opened = g_open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (opened < 0) return fail_errno(error, errno, "The search index's %s can't be made", path);
    int result;
    do result = flock(opened, LOCK_EX);
    while (result != 0 && errno == EINTR);
    if (result != 0) {
        int saved_errno = errno;
        close(opened);
        return fail_errno(error, saved_errno, "The search index's %s can't be locked", path);
    }
    *file = opened;
    return true;
}

static bool open_or_renew(Search *search, GError **error) {
    g_autoptr(GError) problem = NULL;
    int lock_file = -1;
    if (!lock_opening(search, &lock_file, error)) return false;
    bool aside = search->damaged && set_aside(search, &problem);
    bool done = !problem && open_file(search, &problem);
    if (!done && !aside && error_is(problem, ERROR_CORRUPT)) {
        g_clear_error(&problem);
        done = set_aside(search, &problem) && open_file(search, &problem);
    }
    close(lock_file);
    if (done) return true;
    database_close(search);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool database_lock(Search *search, GError **error) {
    g_mutex_lock(&search->lock);
    if ((search->db && !search->damaged) || open_or_renew(search, error)) return true;
    g_mutex_unlock(&search->lock);
    return false;
}

void database_unlock(Search *search) { g_mutex_unlock(&search->lock); }
