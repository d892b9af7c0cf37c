/* The phrasings of phrasings*.tsv, each alone in a transcript: at least 95 of 100 found,
    at most 5 of 100 traps taken for an item; and the deadlines of deadlines*.tsv. */
#include <string.h>

#include "base/clock.h"
#include "extract/dates.h"
#include "extract/extract.h"
#include "extract/sentences.h"

enum { KIND, OWNER, DUE_SAID, DUE, SENTENCE, COLUMNS };

static Minutes *minutes_of(Extractor *extractor, const char *sentence) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(GError) error = NULL;
    Minutes *minutes = NULL;
    ExtractInput input = {.transcript = transcript};
    transcript_add(transcript, 0, 4000, transcript_speaker(transcript, "Ann"), sentence);
    g_assert_true(time_parse("2026-03-04", &input.meeting_ms));
    g_assert_true(extractor_run(extractor, &input, &minutes, &error));
    g_assert_no_error(error);
    return minutes;
}

typedef struct {
    guint wanted, found, traps, false_items, owners, owners_right, dues, dues_right;
} Tally;

/* A day, or any of a range "first..last". */
static bool is_due(const char *due, const char *wanted) {
    const char *range = strstr(wanted, "..");
    return due && strncmp(due, wanted, 10) >= 0 && strcmp(due, range ? range + 2 : wanted) <= 0;
}

static void count_action(const Item *item, char **row, Tally *tally) {
    const char *owner = strcmp(row[OWNER], "speaker") == 0 ? "Ann" : strcmp(row[OWNER], "-") == 0 ? NULL : row[OWNER];
    tally->owners++;
    tally->owners_right += g_strcmp0(item->owner, owner) == 0;
    if (strcmp(row[DUE], "-") == 0) return;
    tally->dues++;
    tally->dues_right += is_due(item->due, row[DUE]);
}

static void read_row(Extractor *extractor, char **row, Tally *tally) {
    g_autoptr(Minutes) minutes = minutes_of(extractor, row[SENTENCE]);
    ItemKind kind;
    if (strcmp(row[KIND], "none") == 0) {
        guint items = minutes->items[ITEM_ACTION]->len + minutes->items[ITEM_DECISION]->len + minutes->items[ITEM_REQUIREMENT]->len;
        tally->traps++;
        tally->false_items += items > 0;
        if (items > 0) g_test_message("false: %s", row[SENTENCE]);
        return;
    }
    g_assert_true(item_kind_named(row[KIND], &kind));
    tally->wanted++;
    tally->found += minutes->items[kind]->len > 0;
    if (minutes->items[kind]->len == 0)
        g_test_message("missed: %s", row[SENTENCE]);
    else if (kind == ITEM_ACTION)
        count_action(g_ptr_array_index(minutes->items[kind], 0), row, tally);
}

static void read_table(const char *name, guint columns, void (*read)(char **row, gpointer user_data), gpointer user_data) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_strconcat(TEST_SOURCE_DIR "/", name, NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, &error));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool titles = true; /* the first line that is no comment */
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) row = g_strsplit(lines[i], "\t", -1);
        if (lines[i][0] == '#' || g_strv_length(row) != columns) continue;
        if (!titles) read(row, user_data);
        titles = false;
    }
}

typedef struct {
    Extractor *extractor;
    Tally tally;
} Phrasings;

static void read_phrasing(char **row, gpointer user_data) {
    Phrasings *phrasings = user_data;
    read_row(phrasings->extractor, row, &phrasings->tally);
}

static void test_phrasings(gconstpointer name) {
    static const Settings settings = {.extractor = (char *)"offline"};
    g_autoptr(Extractor) extractor = NULL;
    g_autoptr(GError) error = NULL;
    Phrasings phrasings = {0};
    g_assert_true(extractor_open(&settings, &extractor, &error));
    phrasings.extractor = extractor;
    read_table(name, COLUMNS, read_phrasing, &phrasings);
    Tally tally = phrasings.tally;
    g_assert_cmpuint(tally.wanted, >=, 75);
    g_assert_cmpuint(tally.traps, >=, 60);
    g_assert_cmpuint(tally.found * 100, >=, tally.wanted * 95);
    g_assert_cmpuint(tally.false_items * 100, <=, tally.traps * 5);
    g_assert_cmpuint(tally.owners_right * 100, >=, tally.owners * 90);
    g_assert_cmpuint(tally.dues_right * 100, >=, tally.dues * 90);
}

enum { DEADLINE, DEADLINE_SENTENCE, DEADLINE_COLUMNS };

typedef struct {
    guint dated, right, undated, invented;
} Deadlines;

static void read_deadline(char **row, gpointer user_data) {
    Deadlines *deadlines = user_data;
    gint64 meeting_ms = 0;
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(GArray) units = NULL;
    g_assert_true(time_parse("2026-03-04", &meeting_ms));
    transcript_add(transcript, 0, 4000, -1, row[DEADLINE_SENTENCE]);
    g_autoptr(GArray) sentences = sentences_of(transcript, &units);
    Due due;
    bool found = due_find(sentence_at(sentences, 0)->plain, meeting_ms, &due) && due.date[0];
    bool dated = strcmp(row[DEADLINE], "-") != 0, right = dated && found && is_due(due.date, row[DEADLINE]);
    if (dated ? !right : found) g_test_message("%s: %s", row[DEADLINE_SENTENCE], found ? due.date : "no day");
    deadlines->dated += dated;
    deadlines->right += right;
    deadlines->undated += !dated;
    deadlines->invented += !dated && found;
}

static void test_deadlines(gconstpointer name) {
    Deadlines deadlines = {0};
    read_table(name, DEADLINE_COLUMNS, read_deadline, &deadlines);
    g_assert_cmpuint(deadlines.dated, >=, 40);
    g_assert_cmpuint(deadlines.undated, >=, 20);
    g_assert_cmpuint(deadlines.right * 100, >=, deadlines.dated * 90);
    g_assert_cmpuint(deadlines.invented, ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/extract/phrasings/by-the-rules", "phrasings.tsv", test_phrasings);
    g_test_add_data_func("/extract/phrasings/blind", "phrasings_blind.tsv", test_phrasings);
    g_test_add_data_func("/extract/phrasings/blind-2", "phrasings_blind2.tsv", test_phrasings);
    g_test_add_data_func("/extract/phrasings/blind-3", "phrasings_blind3.tsv", test_phrasings);
    g_test_add_data_func("/extract/deadlines/blind", "deadlines_blind.tsv", test_deadlines);
    g_test_add_data_func("/extract/deadlines/blind-2", "deadlines_blind2.tsv", test_deadlines);
    g_test_add_data_func("/extract/deadlines/blind-3", "deadlines_blind3.tsv", test_deadlines);
    return g_test_run();
}
