/* Exports for where the work goes on: document, calendar, issue trackers, requirements tools; and what hostile text does to them. */
#include <zip.h>

#include "base/limits.h"
#include "export_fixture.h"
#include "random_input.h"

/* Text that tries to be markup, a field's end, a fold's middle; with what no XML may hold. */
static const char hostile[] = "</w:t>]]>&amp;<![CDATA[ \"';,\\\n\r\nEND:VCALENDAR\r\n\x01\x1f \xEF\xBF\xBF \xF0\x9F\x98\x80 =1+1 ẞ";

static void set_text(char **field, const char *text) {
    g_free(*field);
    *field = g_strdup(text);
}

/* Whatever stands in it is hostile. */
static Meeting *meeting_hostile(void) {
    Meeting *meeting = meeting_sample();
    Item *action = minutes_find(meeting->minutes, "A-1"), *requirement = minutes_find(meeting->minutes, "REQ-1");
    set_text(&meeting->record->title, hostile);
    set_text(&meeting->minutes->text, hostile);
    Item *items[] = {action, requirement};
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++) {
        set_text(&items[i]->text, hostile);
        set_text(&items[i]->owner, hostile);
        set_text(&items[i]->type, hostile);
        set_text(&items[i]->id, hostile);
    }
    set_text(&g_array_index(action->evidence, Evidence, 0).quote, hostile);
    set_text(&g_array_index(meeting->transcript->segments, Segment, 0).text, hostile);
    return meeting;
}

/* The text of an XML document; it must be well-formed. */
static void on_text(GMarkupParseContext *context, const char *text, gsize size, gpointer user_data, GError **error) {
    g_string_append_len(user_data, text, (gssize)size);
}

static void on_start(GMarkupParseContext *context, const char *name, const char **names, const char **values, gpointer user_data, GError **error) {
    for (; *values; values++) g_string_append_printf(user_data, " %s", *values);
}

static char *xml_text(const char *xml, gsize size) {
    GString *text = g_string_new(NULL);
    const GMarkupParser parser = {.start_element = on_start, .text = on_text};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, text, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_markup_parse_context_parse(context, xml, (gssize)size, &error) && g_markup_parse_context_end_parse(context, &error));
    g_assert_no_error(error);
    g_markup_parse_context_free(context);
    return g_string_free(text, FALSE);
}

static char *zip_part(GBytes *file, const char *name) {
    gsize size;
    const void *data = g_bytes_get_data(file, &size);
    zip_t *archive = zip_open_from_source(zip_source_buffer_create(data, size, 0, NULL), ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    g_assert_nonnull(archive);
    zip_stat_t about;
    g_assert_cmpint(zip_stat(archive, name, 0, &about), ==, 0);
    char *text = g_malloc(about.size + 1);
    zip_file_t *part = zip_fopen(archive, name, 0);
    g_assert_cmpint(zip_fread(part, text, about.size), ==, (gint64)about.size);
    text[about.size] = '\0';
    zip_fclose(part);
    zip_discard(archive);
    return text;
}

static GBytes *docx_of(const Meeting *meeting) {
    GBytes *bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(export_meeting(meeting, export_format_named("docx"), &bytes, &error));
    g_assert_no_error(error);
    return bytes;
}

static void test_docx(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    g_autoptr(GBytes) first = docx_of(meeting);
    g_autoptr(GBytes) again = docx_of(meeting);
    g_assert_true(g_bytes_equal(first, again));
    g_autofree char *document = zip_part(first, "word/document.xml"), *text = xml_text(document, strlen(document));
    static const char *const words[] = {"Stand-up", "2025-03-04 05:06 UTC", "We met.", "# not a title", "0:01  Delivery",
                                        "A-1  Send \"it\", now", "2026-03-06",
                                        "“Bob will send it by Friday” Ann, 0:01", "REQ-1  The system shall a|b", "0:01  Ann: ", "Bob will send it by Friday.",
                                        "1:02  Bob <b>: ", "Yes --> & <i>sure</i>."};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) g_assert_nonnull(strstr(text, words[i]));
    static const char *const parts[] = {"[Content_Types].xml", "_rels/.rels", "docProps/core.xml", "word/_rels/document.xml.rels", "word/styles.xml"};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *part = zip_part(first, parts[i]), *content = xml_text(part, strlen(part));
        g_assert_nonnull(content);
    }
}

static void test_docx_hostile(void) {
    g_autoptr(Meeting) meeting = meeting_hostile();
    g_autoptr(GBytes) file = docx_of(meeting);
    g_autofree char *document = zip_part(file, "word/document.xml"), *core = zip_part(file, "docProps/core.xml");
    g_autofree char *text = xml_text(document, strlen(document)), *properties = xml_text(core, strlen(core));
    g_assert_nonnull(strstr(text, "</w:t>]]>&amp;<![CDATA[ \"';,\\"));
    g_assert_nonnull(strstr(properties, "</w:t>]]>"));
    g_assert_null(strchr(document, 1));
    g_assert_null(strstr(document, "\xEF\xBF\xBF"));
}

static void test_ics(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    meeting->record->updated_ms = 1741064800000;
    g_autofree char *text = write_as(meeting, "ics");
    g_assert_cmpstr(text, ==,
                    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Hansard//Hansard " HANSARD_VERSION "//EN\r\n"
                    "BEGIN:VEVENT\r\nUID:A-1.meeting-1@hansard\r\nDTSTAMP:20250304T050640Z\r\n"
                    "DTSTART;VALUE=DATE:20260306\r\nDTEND;VALUE=DATE:20260307\r\n"
                    "SUMMARY:Bob: Send \"it\"\\, now\r\nDESCRIPTION:“Bob will send it by Friday” Ann\\, 0:01\\n\\nStand-up\r\n"
                    "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    static const char *const closed[] = {"done", "rejected"};
    for (gsize i = 0; i < G_N_ELEMENTS(closed); i++) {
        set_text(&minutes_find(meeting->minutes, "A-1")->status, closed[i]);
        assert_refused(meeting, "ics");
    }
    set_text(&minutes_find(meeting->minutes, "A-1")->status, "draft");
    set_text(&minutes_find(meeting->minutes, "A-1")->due, "Friday");
    assert_refused(meeting, "ics");
}

/* No line is over 75 octets or ends within a character, and unfolded and unescaped each field is what went in. */
static void test_ics_folds(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int turn = 0; turn < 300; turn++) {
        g_autoptr(Meeting) meeting = turn == 0 ? meeting_hostile() : meeting_sample();
        g_autofree char *owner = random_text(random, 200);
        if (turn > 0) set_text(&minutes_find(meeting->minutes, "A-1")->owner, owner);
        g_autofree char *text = write_as(meeting, "ics");
        g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
        guint count = g_strv_length(lines), ends = 0;
        for (guint i = 0; i < count; i++) {
            g_assert_cmpuint(strlen(lines[i]), <=, 75);
            g_assert_true(g_utf8_validate(lines[i], -1, NULL));
            g_assert_null(strpbrk(lines[i], "\r\n\x01"));
            ends += strcmp(lines[i], "END:VCALENDAR") == 0;
        }
        g_assert_cmpuint(ends, ==, 1);
        g_assert_cmpstr(lines[count - 2], ==, "END:VCALENDAR");
    }
}

static void test_reqif(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    Item *rejected = item_new(ITEM_REQUIREMENT);
    set_text(&rejected->text, "The system shall not be");
    set_text(&rejected->status, "rejected");
    minutes_add(meeting->minutes, rejected);
    g_autofree char *xml = write_as(meeting, "reqif"), *text = xml_text(xml, strlen(xml));
    g_assert_nonnull(strstr(xml, "<xhtml:div>The system shall a|b</xhtml:div>"));
    g_assert_nonnull(strstr(xml, "<SPEC-OBJECT-REF>_meeting-1.REQ-1</SPEC-OBJECT-REF>"));
    g_assert_nonnull(strstr(xml, "<ENUM-VALUE-REF>_Priority-must</ENUM-VALUE-REF>"));
    g_assert_nonnull(strstr(xml, "THE-VALUE=\"functional\""));
    g_assert_null(strstr(text, "shall not be"));
    set_text(&minutes_find(meeting->minutes, "REQ-1")->status, "rejected");
    assert_refused(meeting, "reqif");
}

/* Every identifier is an xsd:ID and stands once; every reference has what it refers to. */
static void test_reqif_hostile(void) {
    g_autoptr(Meeting) meeting = meeting_hostile();
    set_text(&meeting->record->meeting_id, "a.b-c_d");
    g_autofree char *xml = write_as(meeting, "reqif"), *text = xml_text(xml, strlen(xml));
    g_assert_nonnull(strstr(text, "</w:t>]]>&amp;<![CDATA["));
    g_autoptr(GTree) known = g_tree_new_full((GCompareDataFunc)(void (*)(void))strcmp, NULL, g_free, NULL);
    g_autoptr(GRegex) identifier = g_regex_new("IDENTIFIER=\"([^\"]*)\"", 0, 0, NULL);
    g_autoptr(GRegex) reference = g_regex_new("-REF>([^<]+)</", 0, 0, NULL);
    GMatchInfo *match;
    for (g_regex_match(identifier, xml, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
        char *id = g_match_info_fetch(match, 1);
        g_assert_true(g_regex_match_simple("^_[A-Za-z0-9._-]+$", id, G_REGEX_DOLLAR_ENDONLY, 0));
        g_assert_null(g_tree_lookup(known, id));
        g_tree_insert(known, id, id);
    }
    g_match_info_free(match);
    guint references = 0;
    for (g_regex_match(reference, xml, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL), references++) {
        g_autofree char *id = g_match_info_fetch(match, 1);
        if (!g_tree_lookup(known, id)) g_error("%s is referred to, and stands nowhere", id);
    }
    g_match_info_free(match);
    g_assert_cmpuint(references, ==, 20);
}

static void test_tickets(void) {
    g_autoptr(Meeting) meeting = meeting_sample();
    g_autofree char *jira = write_as(meeting, "jira.csv"), *github = write_as(meeting, "github.csv");
    g_assert_cmpstr(jira, ==,
                    "Summary,Description,Issue Type,Assignee,Due Date,Priority,Status,Labels\r\n"
                    "\"Send \"\"it\"\", now\",\"“Bob will send it by Friday” Ann, 0:01\n\nStand-up, A-1 in meeting-1\","
                    "\"Task\",\"Bob\",\"2026-03-06\",\"\","
                    "\"To Do\",\"hansard\"\r\n"
                    "\"The system shall a|b\",\"Stand-up, REQ-1 in meeting-1\",\"Story\",\"\",\"\",\"High\",\"To Do\",\"hansard\"\r\n");
    g_assert_cmpstr(github, ==,
                    "title,body,labels,assignee,state\r\n"
                    "\"Send \"\"it\"\", now\",\"“Bob will send it by Friday” Ann, 0:01\n\nStand-up, A-1 in meeting-1\n\n"
                    "Bob, due 2026-03-06\",\"action\",\"\","
                    "\"open\"\r\n"
                    "\"The system shall a|b\",\"Stand-up, REQ-1 in meeting-1\",\"requirement\",\"\",\"open\"\r\n");
    set_text(&minutes_find(meeting->minutes, "A-1")->status, "done");
    set_text(&minutes_find(meeting->minutes, "REQ-1")->status, "rejected");
    g_autofree char *closed = write_as(meeting, "github.csv"), *done = write_as(meeting, "jira.csv");
    g_assert_nonnull(strstr(closed, "\"closed\""));
    g_assert_nonnull(strstr(done, "\"Done\""));
    g_assert_null(strstr(closed, "The system"));
    set_text(&minutes_find(meeting->minutes, "A-1")->text, "=HYPERLINK(1)\nx");
    g_autofree char *formula = write_as(meeting, "jira.csv");
    g_assert_nonnull(strstr(formula, "\"'=HYPERLINK(1) x\","));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/export/docx", test_docx);
    g_test_add_func("/export/docx-hostile", test_docx_hostile);
    g_test_add_func("/export/ics", test_ics);
    g_test_add_func("/export/ics-folds", test_ics_folds);
    g_test_add_func("/export/reqif", test_reqif);
    g_test_add_func("/export/reqif-hostile", test_reqif_hostile);
    g_test_add_func("/export/tickets", test_tickets);
    return g_test_run();
}
