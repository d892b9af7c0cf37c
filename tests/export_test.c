/* Exports: each format as a whole, its limits, and text that tries to be markup. */
#include <string.h>

#include "base/limits.h"
#include "export_fixture.h"
#include "random_input.h"

static void test_table(void) {
    static const char *const names[] = {"md", "docx", "txt", "srt", "vtt", "json", "csv", "jira.csv", "github.csv", "ics", "reqif"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const ExportFormat *format = export_format_named(names[i]);
        g_assert_nonnull(format);
        g_assert_nonnull(strchr(format->content_type, '/'));
        g_assert_cmpuint(strlen(format->sentence), >, 10);
    }
    g_assert_null(export_format_named("exe"));
    g_assert_null(export_format_named(NULL));
}

static void test_md(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    g_autofree char *text = write_as(meeting, "md");
    g_assert_cmpstr(
        text, ==,
        "# Stand-up\n\n2025-03-04 05:06 UTC\n\n## Summary\n\nWe met.\n\n\\# not a title\n\n## Topics\n\n- [0:01] Delivery\n"
        "\n## Action items\n\n- [ ] Send \"it\", now; owner Bob; due 2026-03-06\n  - “Bob will send it by Friday” Ann [0:01]\n"
        "\n## Requirements\n\n| Id | Requirement | Type | Priority | Status | Said |\n| --- | --- | --- | --- | --- | --- |\n"
        "| REQ-1 | The system shall a\\|b | functional | must | draft |  |\n"
        "\n## Transcript\n\n[0:01] **Ann:** Bob will send it by Friday.\n\n[1:02] **Bob \\<b\\>:** Yes --\\> \\& "
        "\\<i\\>sure\\</i\\>.\n");
}

/* No text of the meeting begins a block or a span of Markdown. */
static void test_md_can_not_be_broken_out_of(void) {
    static const char *const attacks[] = {"# title",
                                          "- item",
                                          "+ item",
                                          "* item",
                                          "1. item",
                                          "12) item",
                                          "> quote",
                                          "```sh",
                                          "~~~",
                                          "---",
                                          "===",
                                          "<script>",
                                          "[x](javascript:1)",
                                          "![x](http://x)",
                                          "**b**",
                                          "a_b_",
                                          "`code`",
                                          "| a | b |",
                                          "\\",
                                          "&lt;",
                                          "$x$"};
    for (gsize i = 0; i < G_N_ELEMENTS(attacks); i++) {
        g_autoptr(Meeting) meeting = meeting_make();
        g_free(meeting->minutes->text);
        meeting->minutes->text = g_strdup(attacks[i]);
        g_autofree char *text = write_as(meeting, "md");
        const char *line = strstr(text, "## Summary\n\n") + strlen("## Summary\n\n");
        for (const char *at = line; *at && *at != '\n'; at++) {
            if (*at == '\\')
                at++;
            else
                g_assert_null(strchr("<>[]`*_|~#&$", *at));
        }
        bool list = g_str_has_prefix(line, "- ");
        g_assert_true(list == g_str_has_prefix(attacks[i], "- ")); /* a list of ours stays one */
        if (!list) g_assert_null(strchr("-+=>", *line));
        g_assert_null(g_strstr_len(line, 3, "1. "));
        g_assert_null(g_strstr_len(line, 4, "12) "));
    }
    g_autoptr(Meeting) meeting = meeting_sample();
    Item *item = minutes_find(meeting->minutes, "REQ-1");
    g_free(item->text);
    item->text = g_strdup("one\n\n# two");
    g_autofree char *text = write_as(meeting, "md");
    g_assert_nonnull(strstr(text, "| one  \\# two |"));
}

static void test_txt(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    g_autofree char *text = write_as(meeting, "txt");
    g_assert_cmpstr(text, ==, "[00:00:01] Ann: Bob will send it by Friday.\n[00:01:02] Bob <b>: Yes --> & <i>sure</i>.\n");
    meeting->transcript->timed = false;
    g_autofree char *untimed = write_as(meeting, "txt");
    g_assert_cmpstr(untimed, ==, "Ann: Bob will send it by Friday.\nBob <b>: Yes --> & <i>sure</i>.\n");
    meeting->text = g_strdup("as it came\n");
    g_autofree char *stored = write_as(meeting, "txt");
    g_assert_cmpstr(stored, ==, "as it came\n");
}

static void test_captions(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    g_autofree char *vtt = write_as(meeting, "vtt"), *srt = write_as(meeting, "srt");
    g_assert_cmpstr(vtt, ==,
                    "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n<v Ann>Bob will send it by Friday.\n"
                    "\n00:01:02.000 --> 00:01:03.000\n<v Bob &lt;b&gt;>Yes --&gt; &amp; &lt;i&gt;sure&lt;/i&gt;.\n");
    g_assert_cmpstr(srt, ==,
                    "1\r\n00:00:01,000 --> 00:00:03,000\r\nAnn: Bob will send it by Friday.\r\n\r\n"
                    "2\r\n00:01:02,000 --> 00:01:03,000\r\nBob <b>: Yes → & <i>sure</i>.\r\n\r\n");
}

static gint64 time_of(const char *text) {
    int hours, minutes, seconds, ms;
    g_assert_cmpint(sscanf(text, "%d:%d:%d.%d", &hours, &minutes, &seconds, &ms), ==, 4);
    return ((hours * 60 + minutes) * 60 + seconds) * 1000LL + ms;
}

/* Checks each caption's limits and returns all of their words, joined by spaces. */
static char *check_captions(const char *vtt) {
    GString *words = g_string_new(NULL);
    g_auto(GStrv) blocks = g_strsplit(vtt, "\n\n", -1);
    for (char **block = blocks + 1; *block; block++) {
        g_auto(GStrv) lines = g_strsplit(g_strchomp(*block), "\n", -1);
        guint count = g_strv_length(lines);
        g_assert_cmpuint(count, >=, 2);
        g_assert_cmpuint(count, <=, 3);
        gint64 shown_ms = time_of(strstr(lines[0], "--> ") + 4) - time_of(lines[0]);
        g_assert_cmpint(shown_ms, >, 0);
        g_assert_cmpint(shown_ms, <=, 7000);
        for (guint i = 1; i < count; i++) {
            g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, 42);
            g_string_append_printf(words, "%s%s", words->len > 0 ? " " : "", lines[i]);
        }
    }
    return g_string_free(words, FALSE);
}

static void test_caption_limits(void) {
    g_autoptr(Meeting) meeting = meeting_make();
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 120; i++) g_string_append_printf(text, "%sword%d", i > 0 ? " " : "", i);
    transcript_add(meeting->transcript, 0, 60000, -1, text->str);
    g_autofree char *vtt = write_as(meeting, "vtt");
    g_autofree char *words = check_captions(vtt);
    g_assert_cmpstr(words, ==, text->str);
    g_string_free(text, TRUE);

    /* a line of exactly 42 characters is not cut, one of 43 without a space is */
    g_autoptr(Meeting) edge = meeting_make();
    g_autofree char *at = g_strnfill(42, 'a'), *over = g_strnfill(43, 'b');
    transcript_add(edge->transcript, 0, 1000, -1, at);
    transcript_add(edge->transcript, 1000, 2000, -1, over);
    g_autofree char *edges = write_as(edge, "vtt");
    g_autofree char *pieces = check_captions(edges);
    g_autofree char *expected = g_strdup_printf("%s %.42s b", at, over);
    g_assert_cmpstr(pieces, ==, expected);
}

static void test_caption_word_times(void) {
    g_autoptr(Meeting) meeting = meeting_make();
    Segment *segment = transcript_add(meeting->transcript, 0, 20000, -1, "one two three");
    segment_add_word(segment, 500, 900, -1, "one");
    segment_add_word(segment, 1000, 1500, -1, "two");
    segment_add_word(segment, 15000, 19000, -1, "three");
    g_autofree char *vtt = write_as(meeting, "vtt");
    g_assert_cmpstr(vtt, ==, "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\none two\n\n00:00:15.000 --> 00:00:19.000\nthree\n");
}

static void test_random_captions(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(9);
    for (int i = 0; i < 500; i++) {
        g_autoptr(Meeting) meeting = meeting_make();
        for (int s = 0; s < 5; s++) {
            g_autofree char *text = random_text(rand, 300);
            gint64 start_ms = s * 20000;
            transcript_add(meeting->transcript, start_ms, start_ms + g_rand_int_range(rand, 0, 20000), -1, text);
        }
        if (meeting->transcript->segments->len == 0) continue;
        g_autofree char *vtt = write_as(meeting, "vtt"), *srt = write_as(meeting, "srt");
        g_auto(GStrv) lines = g_strsplit(vtt, "\n", -1);
        guint timings = 0;
        for (char **line = lines; *line; line++) timings += strstr(*line, "-->") != NULL;
        g_auto(GStrv) srt_timings = g_strsplit(srt, " --> ", -1);
        g_assert_cmpuint(timings, ==, g_strv_length(srt_timings) - 1);
        g_assert_null(strstr(srt, "\r\n\r\n\r\n"));
    }
}

static void test_without_transcript(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    meeting->transcript->timed = false;
    assert_refused(meeting, "srt");
    assert_refused(meeting, "vtt");
    g_clear_pointer(&meeting->transcript, transcript_free);
    assert_refused(meeting, "srt");
    assert_refused(meeting, "vtt");
    assert_refused(meeting, "txt");
    meeting->text = g_strdup("# old text");
    g_autofree char *txt = write_as(meeting, "txt"), *md = write_as(meeting, "md"), *json = write_as(meeting, "json");
    g_assert_cmpstr(txt, ==, "# old text");
    g_assert_nonnull(strstr(md, "## Transcript\n\n\\# old text\n"));
    g_assert_nonnull(strstr(json, "\"text\": \"# old text\""));
}

static void test_json(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    g_autofree char *text = write_as(meeting, "json");
    g_autoptr(json_t) json = json_parse_object(text, strlen(text), "the export", NULL);
    g_assert_nonnull(json);
    g_assert_cmpstr(json_get_string(json_object_get(json, "record"), "meeting_id", NULL), ==, "meeting-1");
    g_autoptr(Minutes) minutes = minutes_from_json(json, json);
    g_assert_cmpstr(minutes->text, ==, meeting->minutes->text);
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 1);
    g_assert_cmpuint(minutes->items[ITEM_REQUIREMENT]->len, ==, 1);
    g_autoptr(Transcript) transcript = NULL;
    g_assert_true(transcript_from_json(json_object_get(json, "transcript"), &transcript, NULL));
    g_assert_cmpuint(transcript->segments->len, ==, 2);
}

static void test_csv(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    g_autofree char *text = write_as(meeting, "csv");
    g_assert_cmpstr(text, ==,
                    "id,kind,text,owner,due,due_said,type,priority,status,confidence,start,quote,speaker,meeting_id,title\r\n"
                    "\"A-1\",\"action\",\"Send \"\"it\"\", now\",\"Bob\",\"2026-03-06\",\"by "
                    "Friday\",\"\",\"\",\"draft\",\"1.00\",\"00:00:01.000\","
                    "\"Bob will send it by Friday\",\"Ann\",\"meeting-1\",\"Stand-up\"\r\n"
                    "\"REQ-1\",\"requirement\",\"The system shall "
                    "a|b\",\"\",\"\",\"\",\"functional\",\"must\",\"draft\",\"1.00\",\"\",\"\",\"\","
                    "\"meeting-1\",\"Stand-up\"\r\n");
}

static void test_csv_formulas(void) {
    static const char *const formulas[] = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"};
    for (gsize i = 0; i < G_N_ELEMENTS(formulas); i++) {
        g_autoptr(Meeting) meeting = meeting_sample();
        g_free(meeting->record->title);
        meeting->record->title = g_strdup(formulas[i]);
        g_autofree char *text = write_as(meeting, "csv"), *expected = g_strdup_printf(",\"'%s\"\r\n", formulas[i]);
        g_assert_nonnull(strstr(text, expected));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/export/table", test_table);
    g_test_add_func("/export/md", test_md);
    g_test_add_func("/export/md-can-not-be-broken-out-of", test_md_can_not_be_broken_out_of);
    g_test_add_func("/export/txt", test_txt);
    g_test_add_func("/export/captions", test_captions);
    g_test_add_func("/export/caption-limits", test_caption_limits);
    g_test_add_func("/export/caption-word-times", test_caption_word_times);
    g_test_add_func("/export/random-captions", test_random_captions);
    g_test_add_func("/export/without-transcript", test_without_transcript);
    g_test_add_func("/export/json", test_json);
    g_test_add_func("/export/csv", test_csv);
    g_test_add_func("/export/csv-formulas", test_csv_formulas);
    return g_test_run();
}
