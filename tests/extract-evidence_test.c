/* A quote must stand in the transcript, and what is handed back is the transcript's own. */
#include "base/limits.h"
#include "extract/evidence.h"
#include "processor_time.h"

static Transcript *talk(void) {
    Transcript *transcript = transcript_new();
    int ann = transcript_speaker(transcript, "Ann"), bob = transcript_speaker(transcript, "Bob");
    transcript_add(transcript, 0, 1000, ann, "Good morning, everyone.");
    transcript_add(transcript, 1000, 2000, bob, "I'll send the figures to all of you by Friday,");
    transcript_add(transcript, 2000, 3000, bob, "and the test plan a week later.");
    transcript_add(transcript, 3000, 4000, ann,
                   "The system must keep every recording for at least ten years after the end of the project.");
    for (int i = 0; i < 20; i++) transcript_add(transcript, 4000 + i * 1000, 5000 + i * 1000, ann, "Nothing much here.");
    transcript_add(transcript, 30000, 31000, bob, "Café “Größe” costs 12.50 euros — truly.");
    return transcript;
}

static bool check(const Transcript *transcript, guint first, guint last, const char *quote, Evidence *evidence) {
    *evidence = (Evidence){.first = first, .last = last, .quote = g_strdup(quote), .match = MATCH_FUZZY};
    return evidence_check(transcript, evidence);
}

static void clear(Evidence *evidence) {
    g_free(evidence->quote);
    g_free(evidence->speaker);
}

static void test_exact(void) {
    g_autoptr(Transcript) transcript = talk();
    Evidence evidence;
    g_assert_true(check(transcript, 1, 1, "ILL SEND... the figures, to all of you", &evidence));
    g_assert_cmpint(evidence.match, ==, MATCH_EXACT);
    g_assert_cmpstr(evidence.quote, ==, "I'll send the figures to all of you");
    g_assert_cmpstr(evidence.speaker, ==, "Bob");
    g_assert_cmpuint(evidence.first, ==, 1);
    g_assert_cmpuint(evidence.last, ==, 1);
    g_assert_cmpint(evidence.start_ms, ==, 1000);
    g_assert_cmpint(evidence.end_ms, ==, 2000);
    clear(&evidence);
}

static void test_across_segments(void) {
    g_autoptr(Transcript) transcript = talk();
    Evidence evidence;
    g_assert_true(check(transcript, 1, 1, "by Friday, and the test plan", &evidence));
    g_assert_cmpstr(evidence.quote, ==, "by Friday, and the test plan");
    g_assert_cmpuint(evidence.first, ==, 1);
    g_assert_cmpuint(evidence.last, ==, 2);
    g_assert_cmpint(evidence.end_ms, ==, 3000);
    clear(&evidence);
}

static void test_word_times(void) {
    g_autoptr(Transcript) transcript = talk();
    Segment *segment = transcript_add(transcript, 40000, 45000, -1, "So, we'll launch in May.");
    const char *words[] = {"So,", "we'll", "launch", "in", "May."};
    for (int i = 0; i < 5; i++) segment_add_word(segment, 40000 + i * 1000, 40900 + i * 1000, 1, words[i]);
    Evidence evidence;
    g_assert_true(check(transcript, 25, 25, "launch in may", &evidence));
    g_assert_cmpint(evidence.start_ms, ==, 42000);
    g_assert_cmpint(evidence.end_ms, ==, 44900);
    g_assert_cmpstr(evidence.quote, ==, "launch in May.");
    g_assert_null(evidence.speaker);
    clear(&evidence);
    segment_add_word(segment, 45000, 45000, 1, "extra"); /* words that do not tell the text: the segment's times stand */
    g_assert_true(check(transcript, 25, 25, "launch in may", &evidence));
    g_assert_cmpint(evidence.start_ms, ==, 40000);
    g_assert_cmpint(evidence.end_ms, ==, 45000);
    clear(&evidence);
}

static void test_anywhere(void) {
    g_autoptr(Transcript) transcript = talk();
    Evidence evidence;
    g_assert_true(check(transcript, 20, 22, "good morning everyone", &evidence));
    g_assert_cmpuint(evidence.first, ==, 0);
    clear(&evidence);
    /* the nearest of equal ones */
    g_assert_true(check(transcript, 15, 15, "nothing much here", &evidence));
    g_assert_cmpuint(evidence.first, ==, 15);
    clear(&evidence);
}

/* 20 words: three may differ (15 %), four may not. */
static void test_fuzzy_limit(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    transcript_add(transcript, 0, 1000, -1, "a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20");
    Evidence evidence;
    g_assert_true(check(transcript, 0, 0, "a1 a2 x a4 a5 a6 x a8 a9 a10 a11 x a13 a14 a15 a16 a17 a18 a19 a20", &evidence));
    g_assert_cmpint(evidence.match, ==, MATCH_FUZZY);
    g_assert_true(g_str_has_prefix(evidence.quote, "a1 a2 a3 a4"));
    g_assert_true(g_str_has_suffix(evidence.quote, " a19 a20"));
    clear(&evidence);
    g_assert_false(check(transcript, 0, 0, "a1 a2 x a4 a5 a6 x a8 a9 a10 a11 x a13 a14 x a16 a17 a18 a19 a20", &evidence));
    g_assert_cmpuint(evidence.first, ==, 0);
    g_assert_true(g_str_has_prefix(evidence.quote, "a1 a2 x")); /* untouched */
    clear(&evidence);
}

static void test_fuzzy_left_out_and_put_in(void) {
    g_autoptr(Transcript) transcript = talk();
    Evidence evidence;
    g_assert_true(
        check(transcript, 3, 3, "system must keep every recording at least ten years after the end of project", &evidence));
    g_assert_cmpint(evidence.match, ==, MATCH_FUZZY);
    g_assert_cmpstr(evidence.quote, ==, "system must keep every recording for at least ten years after the end of the project.");
    clear(&evidence);
    g_assert_true(check(transcript, 3, 3, "the system must really keep every recording for at least ten years", &evidence));
    g_assert_cmpstr(evidence.quote, ==, "The system must keep every recording for at least ten years");
    clear(&evidence);
}

static void test_short_quotes_are_exact(void) {
    g_autoptr(Transcript) transcript = talk();
    Evidence evidence;
    g_assert_false(check(transcript, 0, 0, "good evening everyone", &evidence));
    clear(&evidence);
    g_assert_false(check(transcript, 1, 1, "send the numbers to all of", &evidence)); /* one word of six is 17 % */
    clear(&evidence);
}

static void test_signs_and_letters(void) {
    g_autoptr(Transcript) transcript = talk();
    Evidence evidence;
    g_assert_true(check(transcript, 24, 24, "CAFE\xCC\x81 größe costs 12.50", &evidence)); /* a decomposed é */
    g_assert_cmpstr(evidence.quote, ==, "Café “Größe” costs 12.50");
    clear(&evidence);
    g_assert_false(check(transcript, 24, 24, "costs 1250", &evidence));
    clear(&evidence);
    g_autoptr(Transcript) wide = transcript_new();
    transcript_add(wide, 0, 1, -1, "我们星期五发布新版本");
    g_assert_true(check(wide, 0, 0, "星期五发布", &evidence));
    g_assert_cmpstr(evidence.quote, ==, "星期五发布");
    clear(&evidence);
}

static void test_hostile(void) {
    g_autoptr(Transcript) transcript = talk();
    g_autoptr(Transcript) empty = transcript_new();
    Evidence evidence;
    g_assert_true(check(transcript, G_MAXUINT, 0, "good morning everyone", &evidence));
    clear(&evidence);
    g_assert_true(check(transcript, 5, 1, "good morning everyone", &evidence));
    clear(&evidence);
    g_assert_true(check(transcript, 0, G_MAXUINT, "good morning everyone", &evidence));
    clear(&evidence);
    static const char *const nothing[] = {"", " ", "...", "\xff\xfe", "never said at all by anyone here"};
    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_assert_false(check(transcript, 0, 0, nothing[i], &evidence));
        clear(&evidence);
        g_assert_false(check(empty, 0, 0, nothing[i], &evidence));
        clear(&evidence);
    }
    g_assert_false(check(empty, 0, 0, "good", &evidence));
    clear(&evidence);
    evidence = (Evidence){.quote = NULL};
    g_assert_false(evidence_check(transcript, &evidence));
}

static void test_quote_length(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autofree char *at = g_strnfill(ITEM_TEXT_BYTES_MAX, 'a'), *over = g_strnfill(ITEM_TEXT_BYTES_MAX + 1, 'a');
    transcript_add(transcript, 0, 1, -1, at);
    transcript_add(transcript, 1, 2, -1, over);
    Evidence evidence;
    g_assert_true(check(transcript, 0, 0, at, &evidence));
    clear(&evidence);
    g_assert_false(check(transcript, 1, 1, over, &evidence));
    clear(&evidence);
}

static void test_all_drops_and_counts(void) {
    g_autoptr(Transcript) transcript = talk();
    g_autoptr(Minutes) minutes = minutes_new();
    Item *good = item_new(ITEM_ACTION), *half = item_new(ITEM_ACTION), *bad = item_new(ITEM_DECISION),
         *bare = item_new(ITEM_QUESTION);
    Evidence there = {.first = 1, .last = 1, .quote = (char *)"send the figures"},
             absent = {.quote = (char *)"nobody ever said such a thing"};
    item_add_evidence(good, &there);
    item_add_evidence(half, &absent);
    item_add_evidence(half, &there);
    item_add_evidence(bad, &absent);
    minutes_add(minutes, good);
    minutes_add(minutes, half);
    minutes_add(minutes, bad);
    minutes_add(minutes, bare);
    minutes->dropped = 1;
    evidence_check_all(transcript, minutes);
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 2);
    g_assert_cmpuint(half->evidence->len, ==, 1);
    g_assert_cmpuint(minutes->items[ITEM_DECISION]->len, ==, 0);
    g_assert_cmpuint(minutes->items[ITEM_QUESTION]->len, ==, 0);
    g_assert_cmpuint(minutes->dropped, ==, 3);
}

/* 32768 words of one hash value (of g_str_hash(), which has no seed): in a hash table each looks at all before it. */
static void test_colliding_words(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint i = 0; i < 1 << 15; i++) {
        for (guint bit = 0; bit < 15; bit++) g_string_append(line, i >> bit & 1 ? "\u0431" : "\u0450");
        g_string_append_c(line, ' ');
        if (i % 500 == 499 || i + 1 == 1 << 15) {
            transcript_add(transcript, i, i + 1, -1, line->str);
            g_string_truncate(line, 0);
        }
    }
    g_assert_cmpuint(g_str_hash("\u0431\u0450"), ==, g_str_hash("\u0450\u0431"));
    Evidence evidence;
    gint64 begin_us = processor_us();
    g_assert_false(check(transcript, 0, 0, "no such words", &evidence));
    g_assert_cmpint(processor_us() - begin_us, <, 5 * G_USEC_PER_SEC);
    clear(&evidence);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/evidence/exact", test_exact);
    g_test_add_func("/extract/evidence/across-segments", test_across_segments);
    g_test_add_func("/extract/evidence/word-times", test_word_times);
    g_test_add_func("/extract/evidence/anywhere", test_anywhere);
    g_test_add_func("/extract/evidence/fuzzy-limit", test_fuzzy_limit);
    g_test_add_func("/extract/evidence/fuzzy-edits", test_fuzzy_left_out_and_put_in);
    g_test_add_func("/extract/evidence/short", test_short_quotes_are_exact);
    g_test_add_func("/extract/evidence/letters", test_signs_and_letters);
    g_test_add_func("/extract/evidence/hostile", test_hostile);
    g_test_add_func("/extract/evidence/length", test_quote_length);
    g_test_add_func("/extract/evidence/colliding-words", test_colliding_words);
    g_test_add_func("/extract/evidence/all", test_all_drops_and_counts);
    return g_test_run();
}
