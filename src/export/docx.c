/* Minutes as a document of Office Open XML (ISO/IEC 29500), to send on: head, summary, topics, items as tables with their proof, transcript.
 * Headings are real ones, so that outlines and screen readers find them. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "export/docx_package.h"
#include "export/export_format.h"

/* A run of text; `bold` or not. */
static void append_run(GString *out, const char *text, bool bold) {
    g_string_append_printf(out, "<w:r>%s<w:t xml:space=\"preserve\">", bold ? "<w:rPr><w:b/></w:rPr>" : "");
    append_xml(out, text);
    g_string_append(out, "</w:t></w:r>");
}

/* A paragraph is begun, of a style of docx_package.c (NULL: body text). */
static void begin_paragraph(GString *out, const char *style) {
    g_string_append(out, "<w:p>");
    if (style) g_string_append_printf(out, "<w:pPr><w:pStyle w:val=\"%s\"/></w:pPr>", style);
}

static void append_paragraph(GString *out, const char *style, const char *text) {
    begin_paragraph(out, style);
    append_run(out, text, false);
    g_string_append(out, "</w:p>\n");
}

static void append_head(GString *out, const Record *record) {
    append_paragraph(out, "Title", record->title && *record->title ? record->title : "Meeting");
    g_autoptr(GString) facts = g_string_new(NULL);
    if (record->timestamp_ms > 0) {
        g_autofree char *time = time_format(record->timestamp_ms);
        g_string_append_printf(facts, "%.10s %.5s UTC", time, time + 11);
    }
    if (record->duration_ms > 0) {
        g_autofree char *duration = text_duration(record->duration_ms);
        g_string_append_printf(facts, " · %s", duration);
    }
    for (guint i = 0; i < record->speakers->len; i++)
        g_string_append_printf(facts, "%s%s", i == 0 ? " · " : ", ", (char *)record->speakers->pdata[i]);
    append_paragraph(out, "Subtitle", facts->str);
}

static void append_summary(GString *out, const Minutes *minutes) {
    g_auto(GStrv) lines = g_strsplit(minutes->text, "\n", -1);
    if (*minutes->text) append_paragraph(out, "Heading1", "Summary");
    for (char **line = lines; *line; line++)
        if (*g_strstrip(*line)) append_paragraph(out, NULL, *line);
    if (minutes->note) append_paragraph(out, "Quote", minutes->note);
    if (minutes->topics->len > 0) append_paragraph(out, "Heading1", "Topics");
    for (guint i = 0; i < minutes->topics->len; i++) {
        const Topic *topic = &g_array_index(minutes->topics, Topic, i);
        g_autofree char *time = text_duration(topic->start_ms), *line = g_strdup_printf("%s  %s", time, topic->title ? topic->title : "");
        append_paragraph(out, NULL, line);
    }
}

typedef struct {
    const char *title;
    int width; /* twentieths of a point; all of a table are 9,600 */
} Column;

static void append_cell(GString *out, const Column *column, const char *text, const char *proof, bool head) {
    g_string_append_printf(out, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/></w:tcPr>", column->width);
    begin_paragraph(out, "Cell");
    append_run(out, text ? text : "", head);
    g_string_append(out, "</w:p>");
    if (proof && *proof) append_paragraph(out, "Proof", proof);
    g_string_append(out, "</w:tc>\n");
}

static void begin_table(GString *out, const Column *columns, gsize count) {
    g_string_append(out, "<w:tbl><w:tblPr><w:tblStyle w:val=\"Grid\"/><w:tblW w:w=\"9600\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/>"
                         "</w:tblPr><w:tblGrid>");
    for (gsize i = 0; i < count; i++) g_string_append_printf(out, "<w:gridCol w:w=\"%d\"/>", columns[i].width);
    g_string_append(out, "</w:tblGrid>\n<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
    for (gsize i = 0; i < count; i++) append_cell(out, &columns[i], columns[i].title, NULL, true);
    g_string_append(out, "</w:tr>\n");
}

static void append_items(GString *out, const char *title, const GPtrArray *items) {
    static const Column actions[] = {{"What", 5600}, {"Who", 1400}, {"Until", 1400}, {"Status", 1200}};
    static const Column requirements[] = {{"Requirement", 5600}, {"Type", 1400}, {"Priority", 1400}, {"Status", 1200}};
    if (items->len == 0) return;
    bool is_requirement = ((const Item *)items->pdata[0])->kind == ITEM_REQUIREMENT;
    const Column *columns = is_requirement ? requirements : actions;
    append_paragraph(out, "Heading1", title);
    begin_table(out, columns, G_N_ELEMENTS(actions));
    for (guint i = 0; i < items->len; i++) {
        const Item *item = items->pdata[i];
        g_autofree char *proof = proof_line(item), *what = g_strdup_printf("%s  %s", item->id, item->text);
        const char *cells[] = {what, is_requirement ? item->type : item->owner,
                               is_requirement ? item->priority : item->due ? item->due : item->due_said, item->status};
        g_string_append(out, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for (gsize cell = 0; cell < G_N_ELEMENTS(cells); cell++) append_cell(out, &columns[cell], cells[cell], cell == 0 ? proof : NULL, false);
        g_string_append(out, "</w:tr>\n");
    }
    g_string_append(out, "</w:tbl>\n");
    append_paragraph(out, NULL, ""); /* two tables without a paragraph between them would become one */
}

/* "0:01 Ann: …", a paragraph a turn. */
static void append_transcript(GString *out, const Transcript *transcript) {
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        if (i > 0 && segment->speaker >= 0 && segment->speaker == segment[-1].speaker) {
            append_run(out, " ", false);
        } else {
            const char *name = transcript_speaker_name(transcript, segment->speaker);
            g_autofree char *time = transcript->timed ? text_duration(segment->start_ms) : g_strdup("");
            g_autofree char *label = g_strdup_printf("%s%s%s%s", time, *time ? "  " : "", name ? name : "", name ? ": " : "");
            g_string_append(out, i > 0 ? "</w:p>\n" : "");
            begin_paragraph(out, NULL);
            append_run(out, label, true);
        }
        append_run(out, segment->text, false);
    }
    g_string_append(out, "</w:p>\n");
}

static bool write_docx(const Meeting *meeting, GString *out, GError **error) {
    const Minutes *minutes = meeting->minutes;
    g_autoptr(GString) body = g_string_new(NULL);
    append_head(body, meeting->record);
    append_summary(body, minutes);
    append_items(body, "Action items", minutes->items[ITEM_ACTION]);
    append_items(body, "Decisions", minutes->items[ITEM_DECISION]);
    append_items(body, "Questions", minutes->items[ITEM_QUESTION]);
    append_items(body, "Requirements", minutes->items[ITEM_REQUIREMENT]);
    bool segments = meeting->transcript && meeting->transcript->segments->len > 0;
    if (segments || meeting->text) append_paragraph(body, "Heading1", "Transcript");
    if (segments) append_transcript(body, meeting->transcript);
    else if (meeting->text) append_paragraph(body, NULL, meeting->text);
    return docx_package(body->str, meeting->record->title, meeting->record->timestamp_ms, out, error);
}

const ExportFormat export_docx = {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                                  "Minutes as a document for Word and LibreOffice", write_docx};
