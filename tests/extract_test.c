/* The extractor as a whole: a small meeting, and transcripts that are empty, broken, very long or hostile. */
#include "extract/extract.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

static Extractor *open_offline(void) {
    static const Settings settings = {.extractor = (char *)"offline"};
    Extractor *extractor = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(extractor_open(&settings, &extractor, &error));
    g_assert_no_error(error);
    return extractor;
}

static Minutes *run(const Transcript *transcript) {
    g_autoptr(Extractor) extractor = open_offline();
    g_autoptr(GError) error = NULL;
    ExtractInput input = {.transcript = transcript};
    g_assert_true(time_parse("2026-03-03T10:00:00Z", &input.meeting_ms));
    Minutes *minutes = NULL;
    g_assert_true(extractor_run(extractor, &input, &minutes, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(minutes->extractor, ==, "offline");
    g_assert_cmpfloat(minutes->coverage, ==, 1);
    g_assert_cmpuint(minutes->dropped, ==, 0); /* what this backend quotes, it has read */
    return minutes;
}

static guint item_count(const Minutes *minutes) {
    guint count = 0;
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) count += minutes->items[kind]->len;
    return count;
}

static const char *const meeting[][2] = {
    {"Anna", "Good morning everyone, let me share my screen."},
    {"Anna", "Today we review the new booking app and plan the launch."},
    {"David", "The system must send a confirmation email after every booking."},
    {"Maria", "Users have to be able to cancel a booking on their phone."},
    {"Anna", "Okay, we decided to launch the booking app in the first week of May."},
    {"David", "I'll send the figures by Friday."},
    {"Anna", "Maria, can you check the contract with the hotel before Wednesday?"},
    {"Maria", "Who will pay for the translation of the help pages?"},
    {"David", "I don't know."},
};

static Transcript *small_meeting(void) {
    Transcript *transcript = transcript_new();
    for (guint i = 0; i < G_N_ELEMENTS(meeting); i++)
        transcript_add(transcript, i * 5000, i * 5000 + 4500, transcript_speaker(transcript, meeting[i][0]), meeting[i][1]);
    return transcript;
}

static void test_small_meeting(void) {
    g_autoptr(Transcript) transcript = small_meeting();
    g_autoptr(Minutes) minutes = run(transcript);
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 2);
    g_assert_cmpuint(minutes->items[ITEM_DECISION]->len, ==, 1);
    g_assert_cmpuint(minutes->items[ITEM_QUESTION]->len, ==, 1);
    g_assert_cmpuint(minutes->items[ITEM_REQUIREMENT]->len, ==, 2);
    const Item *action = minutes_find(minutes, "A-1");
    const Evidence *evidence = &g_array_index(action->evidence, Evidence, 0);
    g_assert_cmpstr(action->text, ==, "Send the figures by Friday");
    g_assert_cmpstr(action->owner, ==, "David");
    g_assert_cmpstr(action->due, ==, "2026-03-06");
    g_assert_cmpstr(action->due_said, ==, "by Friday");
    g_assert_cmpstr(action->origin, ==, "model");
    g_assert_cmpstr(action->status, ==, "draft");
    g_assert_cmpuint(evidence->first, ==, 5);
    g_assert_cmpint(evidence->start_ms, ==, 25000);
    g_assert_cmpstr(evidence->speaker, ==, "David");
    g_assert_cmpstr(evidence->quote, ==, "I'll send the figures by Friday.");
    g_assert_nonnull(strstr(minutes->text, "booking app"));
    g_assert_nonnull(strstr(minutes->text, ": ")); /* with its speaker */
    g_assert_cmpuint(minutes->topics->len, ==, 1);
    g_assert_cmpint(g_array_index(minutes->topics, Topic, 0).end_ms, ==, 44500);
}

static void test_same_input_same_minutes(void) {
    g_autoptr(Transcript) transcript = small_meeting();
    char *text[2] = {NULL};
    for (int i = 0; i < 2; i++) {
        g_autoptr(Minutes) minutes = run(transcript);
        g_autoptr(json_t) json = minutes_summary_to_json(minutes, "m", "t", NULL);
        text[i] = json_dumps(json, 0);
    }
    g_assert_cmpstr(text[0], ==, text[1]);
    for (int i = 0; i < 2; i++) free(text[i]);
}

static void test_nothing_to_say(void) {
    static const char *const talk[] = {NULL, "Okay.", "...", "Hello?", "\xf0\x9f\x91\x8d"};
    for (gsize i = 0; i < G_N_ELEMENTS(talk); i++) {
        g_autoptr(Transcript) transcript = transcript_new();
        if (talk[i]) transcript_add(transcript, 0, 1000, -1, talk[i]);
        g_autoptr(Minutes) minutes = run(transcript);
        g_assert_cmpuint(item_count(minutes), ==, 0);
        g_assert_cmpstr(minutes->text, ==, "Nothing was said that could be summarised.");
        g_assert_cmpuint(minutes->topics->len, ==, 0);
    }
}

/* A sentence that the recogniser cut into segments is one, and its quote spans them. */
static void test_cut_sentence(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    transcript_add(transcript, 0, 2000, -1, "So I will send the");
    transcript_add(transcript, 2000, 4000, -1, "figures to Lisa by the end");
    transcript_add(transcript, 4000, 6000, -1, "of the week. Thanks.");
    g_autoptr(Minutes) minutes = run(transcript);
    const Item *item = minutes_find(minutes, "A-1");
    g_assert_nonnull(item);
    g_assert_cmpstr(item->text, ==, "Send the figures to Lisa by the end of the week");
    g_assert_cmpstr(item->due, ==, "2026-03-06");
    g_assert_null(item->owner);
    const Evidence *evidence = &g_array_index(item->evidence, Evidence, 0);
    g_assert_cmpuint(evidence->first, ==, 0);
    g_assert_cmpuint(evidence->last, ==, 2);
}

static void test_another_language(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    transcript->language = g_strdup("de");
    for (int i = 0; i < 6; i++)
        transcript_add(transcript, i * 1000, i * 1000 + 900, -1,
                       i % 2 ? "Die neue Anwendung für das Hotel muss schneller werden."
                             : "Das Hotel braucht die neue Anwendung im Mai.");
    g_autoptr(Minutes) minutes = run(transcript);
    g_assert_cmpuint(item_count(minutes), ==, 0);
    g_assert_nonnull(strstr(minutes->note, "English only"));
    g_assert_nonnull(strstr(minutes->text, "Anwendung"));
}

/* 15,000 words in two subjects: it completes, finds the subjects and stays within its bounds. */
static void test_long_meeting(void) {
    static const char *const hotel[] = {"room", "guest", "booking", "receipt", "kitchen", "breakfast", "balcony", "towel"};
    static const char *const ship[] = {"engine", "harbour", "captain", "anchor", "cargo", "crane", "rudder", "sailor"};
    g_autoptr(Transcript) transcript = transcript_new();
    int ann = transcript_speaker(transcript, "Ann"), bob = transcript_speaker(transcript, "Bob");
    for (guint i = 0; i < 1500; i++) {
        const char *const *words = i < 750 ? hotel : ship;
        g_autofree char *line =
            g_strdup_printf("I'll check the %s and the %s of number%u tomorrow.", words[i % 8], words[(i / 8 + 1) % 8], i);
        transcript_add(transcript, i * 2000, i * 2000 + 1900, i % 3 ? ann : bob, line);
    }
    g_autoptr(Minutes) minutes = run(transcript);
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, >, 10);
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, <=, 60);
    g_auto(GStrv) words = g_strsplit_set(minutes->text, "\n ", -1);
    g_assert_cmpuint(g_strv_length(words), >=, 100);
    g_assert_cmpuint(g_strv_length(words), <=, 400); /* 350 and the speakers' names */
    g_assert_cmpuint(minutes->topics->len, >=, 2);
    g_assert_cmpuint(minutes->topics->len, <=, 12);
    gint64 nearest = G_MAXINT64;
    for (guint i = 0; i < minutes->topics->len; i++)
        nearest = MIN(nearest, ABS(g_array_index(minutes->topics, Topic, i).start_ms - 1500000));
    g_assert_cmpint(nearest, <, 60000); /* one begins where the subject changes */
}

static void test_suggestions_are_few(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    for (guint i = 0; i < 100; i++) {
        g_autofree char *line = g_strdup_printf("We need to review chapter%u of volume%u.", i, i * 7);
        transcript_add(transcript, i * 2000, i * 2000 + 1000, -1, line);
    }
    g_autoptr(Minutes) minutes = run(transcript);
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 8);
}

static void test_hostile(void) {
    g_autofree char *blob = g_strnfill(SEGMENT_TEXT_BYTES_MAX, 'x');
    g_autoptr(GString) commas = g_string_new(NULL), wills = g_string_new(NULL), marks = g_string_new(NULL);
    while (commas->len + 2 < SEGMENT_TEXT_BYTES_MAX) g_string_append(commas, "a,");
    while (wills->len + 20 < SEGMENT_TEXT_BYTES_MAX) g_string_append(wills, "i will send if can ");
    while (marks->len + 4 < SEGMENT_TEXT_BYTES_MAX) g_string_append(marks, "?.!-");
    const char *const texts[] = {blob,
                                 commas->str,
                                 wills->str,
                                 marks->str,
                                 "\xff\xfe I'll \xc3 send the \x80 figures.",
                                 "e\xcc\x81\xcc\x81\xcc\x81 \xe2\x80\x8b \xe2\x80\xae I'll send",
                                 "I'll",
                                 "Action item:",
                                 "Action item: ",
                                 "it's settled",
                                 "We decided",
                                 "The system must",
                                 "who will",
                                 "can you",
                                 "Ann,",
                                 "I'll send \xe2\x80\x99",
                                 "- - - -"};
    g_autoptr(Transcript) all = transcript_new();
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(Transcript) transcript = transcript_new();
        transcript_add(transcript, 0, 1000, -1, texts[i]);
        transcript_add(all, (gint64)i * 100, (gint64)i * 100 + 50, -1, texts[i]);
        g_autoptr(Minutes) minutes = run(transcript);
        g_assert_true(g_utf8_validate(minutes->text, -1, NULL));
    }
    g_autoptr(Minutes) minutes = run(all);
    g_assert_nonnull(minutes->text);
}

/* Under a sanitizer, where it takes two minutes, a tenth of them. */
#ifdef HANSARD_SANITIZER
#define MANY_SEGMENTS (SEGMENTS_MAX / 10)
#else
#define MANY_SEGMENTS SEGMENTS_MAX
#endif

static void test_as_many_segments_as_there_may_be(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    for (guint i = 0; i < MANY_SEGMENTS; i++) transcript_add(transcript, i, i + 1, -1, i % 1000 == 0 ? "I'll send it." : "Yes.");
    g_autoptr(Minutes) minutes = run(transcript);
    g_assert_nonnull(minutes->text);
}

static bool stop_at_once(double done, gpointer user_data, GError **error) {
    return fail(error, ERROR_CANCELLED, "asked to stop");
}

static bool remember(double done, gpointer user_data, GError **error) {
    double *last = user_data;
    g_assert_cmpfloat(done, >=, *last);
    *last = done;
    return true;
}

static void test_progress(void) {
    g_autoptr(Transcript) transcript = small_meeting();
    g_autoptr(Extractor) extractor = open_offline();
    g_autoptr(GError) error = NULL;
    g_autoptr(Minutes) minutes = NULL;
    ExtractInput input = {.transcript = transcript, .progress = stop_at_once};
    g_assert_false(extractor_run(extractor, &input, &minutes, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
    g_assert_null(minutes);
    g_clear_error(&error);
    double last = 0;
    input.progress = remember;
    input.user_data = &last;
    g_assert_true(extractor_run(extractor, &input, &minutes, &error));
    g_assert_cmpfloat(last, ==, 1);
}

static void test_open(void) {
    Settings settings = {.extractor = (char *)"oracle"};
    Extractor *extractor = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(extractor_open(&settings, &extractor, &error));
    g_assert_true(error_is(error, ERROR_CONFIG));
    g_assert_nonnull(strstr(error->message, "oracle"));
    g_assert_null(extractor);
    g_clear_error(&error);
    settings.extractor = NULL; /* the default */
    g_assert_true(extractor_open(&settings, &extractor, &error));
    g_assert_cmpstr(extractor_name(extractor), ==, "offline");
    extractor_close(extractor);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/small-meeting", test_small_meeting);
    g_test_add_func("/extract/deterministic", test_same_input_same_minutes);
    g_test_add_func("/extract/nothing", test_nothing_to_say);
    g_test_add_func("/extract/cut-sentence", test_cut_sentence);
    g_test_add_func("/extract/language", test_another_language);
    g_test_add_func("/extract/long", test_long_meeting);
    g_test_add_func("/extract/suggestions", test_suggestions_are_few);
    g_test_add_func("/extract/hostile", test_hostile);
    g_test_add_func("/extract/segments-max", test_as_many_segments_as_there_may_be);
    g_test_add_func("/extract/progress", test_progress);
    g_test_add_func("/extract/open", test_open);
    return g_test_run();
}
