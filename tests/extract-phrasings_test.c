/* The phrasings of phrasings.tsv, each alone in a transcript: at least 95 of 100 found, at most 5 of 100 traps taken for an item. */
#include <string.h>

#include "base/clock.h"
#include "extract/extract.h"

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

static void count_action(const Item *item, char **row, Tally *tally) {
    const char *owner = strcmp(row[OWNER], "speaker") == 0 ? "Ann" : strcmp(row[OWNER], "-") == 0 ? NULL : row[OWNER];
    tally->owners++;
    tally->owners_right += g_strcmp0(item->owner, owner) == 0;
    if (strcmp(row[DUE], "-") == 0) return;
    tally->dues++;
    tally->dues_right += g_strcmp0(item->due, row[DUE]) == 0;
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

static void test_phrasings(void) {
    static const Settings settings = {.extractor = (char *)"offline"};
    g_autoptr(Extractor) extractor = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    Tally tally = {0};
    g_assert_true(extractor_open(&settings, &extractor, &error));
    g_assert_true(g_file_get_contents(TEST_SOURCE_DIR "/phrasings.tsv", &text, NULL, &error));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) row = g_strsplit(lines[i], "\t", -1);
        if (lines[i][0] == '#' || g_strv_length(row) != COLUMNS || strcmp(row[KIND], "kind") == 0) continue;
        read_row(extractor, row, &tally);
    }
    g_assert_cmpuint(tally.wanted + tally.traps, >=, 200);
    g_assert_cmpuint(tally.traps, >=, 100);
    g_assert_cmpuint(tally.found * 100, >=, tally.wanted * 95);
    g_assert_cmpuint(tally.false_items * 100, <=, tally.traps * 5);
    g_assert_cmpuint(tally.owners_right * 100, >=, tally.owners * 90);
    g_assert_cmpuint(tally.dues_right * 100, >=, tally.dues * 90);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/phrasings", test_phrasings);
    return g_test_run();
}
