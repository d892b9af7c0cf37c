/* What the index holds of a meeting: its title, its items, and its transcript as passages of a few segments. */
#include <string.h>

#include "search/search_internal.h"

/* Words in a passage: long enough for words that belong together to meet, short enough to rank. From the least on it ends with
 * the speaker's turn. */
#define PASSAGE_WORDS_LEAST 60
#define PASSAGE_WORDS_MOST 100

/* A passage in the making. */
typedef struct {
    GString *text;
    json_t *segments; /* as the column */
    guint words;
    int speaker;      /* of the last segment */
} Passage;

static Passage passage_begin(void) { return (Passage){g_string_new(NULL), json_array(), 0, -1}; }

static void passage_clear(Passage *passage) {
    g_string_free(passage->text, TRUE);
    json_decref(passage->segments);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Passage, passage_clear)

static void passage_add(Passage *passage, const char *text, gint64 start_ms, const char *speaker) {
    if (passage->text->len > 0) g_string_append_c(passage->text, ' ');
    json_t *segment = json_array();
    json_array_append_new(segment, json_integer((json_int_t)passage->text->len));
    json_array_append_new(segment, json_integer(start_ms));
    json_array_append_new(segment, json_text(speaker));
    json_array_append_new(passage->segments, segment);
    g_autoptr(GString) plain = g_string_new(text);
    g_string_replace(plain, HIT_BEGIN, "", 0);
    g_string_replace(plain, HIT_END, "", 0);
    g_string_append(passage->text, plain->str);
}

/* Writes the passage and empties it. */
static bool passage_write(Search *search, Passage *passage, gint64 meeting, const char *kind, const char *item_id,
                          GError **error) {
    if (passage->text->len == 0) return true;
    g_autoptr(GBytes) segments = json_to_bytes(passage->segments, false);
    g_autofree char *segments_text = g_strndup(g_bytes_get_data(segments, NULL), g_bytes_get_size(segments));
    bool done = sql_run(search, error, "INSERT INTO passages(meeting, kind, item_id, segments, text) VALUES (?, ?, ?, ?, ?)",
                        "itttt", meeting, kind, item_id, segments_text, passage->text->str);
    g_string_truncate(passage->text, 0);
    json_array_clear(passage->segments);
    passage->words = 0;
    return done;
}

static bool put_line(Search *search, gint64 meeting, const char *kind, const char *item_id, const char *text, gint64 start_ms,
                     const char *speaker, GError **error) {
    g_auto(Passage) passage = passage_begin();
    passage_add(&passage, text, start_ms, speaker);
    return passage_write(search, &passage, meeting, kind, item_id, error);
}

static guint count_words(const char *text) {
    guint words = 1;
    for (const char *at = text; (at = strchr(at, ' ')); at++) words++;
    return words;
}

static bool is_full(const Passage *passage, const Segment *next, guint next_words) {
    if (passage->words + next_words > PASSAGE_WORDS_MOST) return true;
    return passage->words >= PASSAGE_WORDS_LEAST && passage->speaker != next->speaker;
}

static bool put_transcript(Search *search, gint64 meeting, const Transcript *transcript, GError **error) {
    g_auto(Passage) passage = passage_begin();
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        guint words = count_words(segment->text);
        if (is_full(&passage, segment, words) && !passage_write(search, &passage, meeting, "transcript", NULL, error))
            return false;
        passage_add(&passage, segment->text, transcript->timed ? segment->start_ms : -1,
                    transcript_speaker_name(transcript, segment->speaker));
        passage.words += words;
        passage.speaker = segment->speaker;
    }
    return passage_write(search, &passage, meeting, "transcript", NULL, error);
}

static bool put_item(Search *search, gint64 meeting, gint64 position, const Item *item, GError **error) {
    g_autoptr(json_t) json = item_to_json(item);
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    g_autofree char *item_json = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_autofree char *owner = item->owner ? g_utf8_casefold(item->owner, -1) : NULL;
    const Evidence *evidence = item->evidence->len > 0 ? &g_array_index(item->evidence, Evidence, 0) : NULL;
    const char *kind = item_kind_name(item->kind);
    return sql_run(search, error, "INSERT INTO items(meeting, position, kind, status, owner, json) VALUES (?, ?, ?, ?, ?, ?)",
                   "iitttt", meeting, position, kind, item->status, owner, item_json) &&
           put_line(search, meeting, kind, item->id, item->text, evidence ? evidence->start_ms : -1,
                    evidence ? evidence->speaker : NULL, error);
}

static bool remove_rows(Search *search, const char *meeting_id, GError **error) {
    static const char *const statements[] = {
        "DELETE FROM passages WHERE meeting = (SELECT id FROM meetings WHERE meeting_id = ?)",
        "DELETE FROM items WHERE meeting = (SELECT id FROM meetings WHERE meeting_id = ?)",
        "DELETE FROM meetings WHERE meeting_id = ?",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(statements); i++)
        if (!sql_run(search, error, statements[i], "t", meeting_id)) return false;
    return true;
}

static bool put_rows(Search *search, const Meeting *meeting, GError **error) {
    const Record *record = meeting->record;
    const char *title = record->title ? record->title : record->meeting_id;
    if (!remove_rows(search, record->meeting_id, error) ||
        !sql_run(search, error, "INSERT INTO meetings(meeting_id, updated_ms, timestamp_ms, title) VALUES (?, ?, ?, ?)", "tiit",
                 record->meeting_id, record->updated_ms, record->timestamp_ms, title))
        return false;
    gint64 id = sqlite3_last_insert_rowid(search->db), position = 0;
    if (!put_line(search, id, "title", NULL, title, -1, NULL, error)) return false;
    for (int kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        const GPtrArray *items = meeting->minutes->items[kind];
        for (guint i = 0; i < items->len; i++)
            if (!put_item(search, id, position++, g_ptr_array_index(items, i), error)) return false;
    }
    return !meeting->transcript || put_transcript(search, id, meeting->transcript, error);
}

/* Commits where `done`, else rolls back and leaves `error` as it is. */
static bool end_transaction(Search *search, bool done, GError **error) {
    if (done && sql_script(search, "COMMIT", error)) return true;
    sqlite3_exec(search->db, "ROLLBACK", NULL, NULL, NULL); /* SQLite may have rolled back already */
    return false;
}

bool index_put(Search *search, const Meeting *meeting, GError **error) {
    if (!database_lock(search, error)) return false;
    bool done = sql_script(search, "BEGIN IMMEDIATE", error) && end_transaction(search, put_rows(search, meeting, error), error);
    database_unlock(search);
    return done;
}

bool index_remove(Search *search, const char *meeting_id, bool *removed, GError **error) {
    gint64 found = 0;
    if (!database_lock(search, error)) return false;
    bool done = sql_number(search, &found, error, "SELECT count(*) FROM meetings WHERE meeting_id = ?", "t", meeting_id);
    if (done && found > 0)
        done = sql_script(search, "BEGIN IMMEDIATE", error) &&
               end_transaction(search, remove_rows(search, meeting_id, error), error);
    database_unlock(search);
    if (done) *removed = found > 0;
    return done;
}

bool index_begin_seen(Search *search, GError **error) {
    if (!database_lock(search, error)) return false;
    bool done = sql_script(search, "DELETE FROM temp.seen", error);
    database_unlock(search);
    return done;
}

bool index_see(Search *search, const Row *row, bool *current, GError **error) {
    gint64 found = 0;
    if (!database_lock(search, error)) return false;
    bool done = sql_run(search, error, "INSERT OR IGNORE INTO temp.seen VALUES (?)", "t", row->meeting_id) &&
                sql_number(search, &found, error,
                           "SELECT count(*) FROM meetings WHERE meeting_id = ? AND updated_ms >= ? AND timestamp_ms = ?", "tii",
                           row->meeting_id, row->updated_ms, row->timestamp_ms);
    database_unlock(search);
    if (done) *current = found > 0;
    return done;
}

bool index_next_unseen(Search *search, const char *after, char **meeting_id, GError **error) {
    g_autoptr(sqlite3_stmt) statement = NULL;
    bool row = false;
    if (!database_lock(search, error)) return false;
    bool done = sql_prepare(search, &statement, error,
                            "SELECT meeting_id FROM meetings WHERE meeting_id > ?"
                            " AND meeting_id NOT IN (SELECT meeting_id FROM temp.seen) ORDER BY meeting_id LIMIT 1",
                            "t", after) &&
                sql_step(search, statement, &row, error);
    if (done) *meeting_id = row ? g_strdup((const char *)sqlite3_column_text(statement, 0)) : NULL;
    g_clear_pointer(&statement, sqlite3_finalize);
    database_unlock(search);
    return done;
}
