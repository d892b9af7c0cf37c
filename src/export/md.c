/* Minutes to read and to work with, in Markdown: summary, topics, items with who, when and the proof, then the transcript.
 * Whatever comes from the meeting is escaped, so that no word of it is markup. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "export/export_format.h"

/* Text within a line. What is special anywhere is escaped, and what is special at the beginning of a line or list item, there. */
static void append_text(GString *out, const char *text) {
    gsize digits = strspn(text, "0123456789");
    if (*text && strchr("+-=:", *text)) g_string_append_c(out, '\\');
    for (gsize i = 0; text[i]; i++) {
        bool numbers_list = digits > 0 && i == digits && strchr(".)", text[i]);
        if (numbers_list || strchr("\\`*_[]<>&|~$#", text[i])) g_string_append_c(out, '\\');
        g_string_append_c(out, strchr("\r\n\t", text[i]) ? ' ' : text[i]);
    }
}

/* Text of several lines: an empty line stays a new paragraph, a line that is an item of a list stays one. */
static void append_lines(GString *out, const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_strstrip(*line);
        bool item = g_str_has_prefix(*line, "- ");
        if (item) g_string_append(out, "- ");
        append_text(out, *line + (item ? 2 : 0));
        g_string_append_c(out, '\n');
    }
}

static void append_time(GString *out, gint64 ms) {
    g_autofree char *time = text_duration(ms);
    g_string_append_printf(out, "[%s]", time);
}

static void append_head(GString *out, const Record *record) {
    g_string_append(out, "# ");
    append_text(out, record->title && *record->title ? record->title : "Meeting");
    g_string_append(out, "\n\n");
    if (record->timestamp_ms > 0) {
        g_autofree char *time = time_format(record->timestamp_ms);
        g_string_append_printf(out, "%.10s %.5s UTC", time, time + 11);
    }
    if (record->duration_ms > 0) {
        g_autofree char *duration = text_duration(record->duration_ms);
        g_string_append_printf(out, " · %s", duration);
    }
    for (guint i = 0; i < record->speakers->len; i++) {
        g_string_append(out, i == 0 ? " · " : ", ");
        append_text(out, g_ptr_array_index(record->speakers, i));
    }
    g_string_append_c(out, '\n');
}

static void append_summary(GString *out, const Minutes *minutes) {
    if (*minutes->text) {
        g_string_append(out, "\n## Summary\n\n");
        append_lines(out, minutes->text);
    }
    if (minutes->note) {
        g_string_append(out, "\n> ");
        append_text(out, minutes->note);
        g_string_append_c(out, '\n');
    }
    if (minutes->topics->len > 0) g_string_append(out, "\n## Topics\n\n");
    for (guint i = 0; i < minutes->topics->len; i++) {
        const Topic *topic = &g_array_index(minutes->topics, Topic, i);
        g_string_append(out, "- ");
        append_time(out, topic->start_ms);
        g_string_append_c(out, ' ');
        append_text(out, topic->title);
        g_string_append_c(out, '\n');
    }
}

/* “quote” Ann [1:02] */
static void append_evidence(GString *out, const Evidence *evidence) {
    g_string_append(out, "“");
    append_text(out, evidence->quote);
    g_string_append(out, "” ");
    if (evidence->speaker) {
        append_text(out, evidence->speaker);
        g_string_append_c(out, ' ');
    }
    append_time(out, evidence->start_ms);
}

static void append_labelled(GString *out, const char *label, const char *text) {
    if (!text) return;
    g_string_append_printf(out, "; %s ", label);
    append_text(out, text);
}

static void append_item(GString *out, const Item *item) {
    bool done = strcmp(item->status, "done") == 0;
    g_string_append(out, item->kind != ITEM_ACTION ? "- " : done ? "- [x] " : "- [ ] ");
    append_text(out, item->text);
    append_labelled(out, "owner", item->owner);
    append_labelled(out, "due", item->due ? item->due : item->due_said);
    if (strcmp(item->status, "rejected") == 0) g_string_append(out, "; rejected");
    g_string_append_c(out, '\n');
    for (guint i = 0; i < item->evidence->len; i++) {
        g_string_append(out, "  - ");
        append_evidence(out, &g_array_index(item->evidence, Evidence, i));
        g_string_append_c(out, '\n');
    }
}

static void append_items(GString *out, const char *title, const GPtrArray *items) {
    if (items->len > 0) g_string_append_printf(out, "\n## %s\n\n", title);
    for (guint i = 0; i < items->len; i++) append_item(out, g_ptr_array_index(items, i));
}

static void append_requirements(GString *out, const GPtrArray *items) {
    if (items->len == 0) return;
    g_string_append(
        out,
        "\n## Requirements\n\n| Id | Requirement | Type | Priority | Status | Said |\n| --- | --- | --- | --- | --- | --- |\n");
    for (guint i = 0; i < items->len; i++) {
        const Item *item = g_ptr_array_index(items, i);
        const char *cells[] = {item->id, item->text, item->type, item->priority, item->status};
        for (gsize cell = 0; cell < G_N_ELEMENTS(cells); cell++) {
            g_string_append(out, "| ");
            append_text(out, cells[cell] ? cells[cell] : "");
            g_string_append_c(out, ' ');
        }
        g_string_append(out, "| ");
        if (item->evidence->len > 0) append_evidence(out, &g_array_index(item->evidence, Evidence, 0));
        g_string_append(out, " |\n");
    }
}

static void append_transcript(GString *out, const Transcript *transcript) {
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        if (i > 0 && segment->speaker >= 0 && segment->speaker == segment[-1].speaker) {
            g_string_append_c(out, ' ');
        } else {
            g_string_append(out, i > 0 ? "\n\n" : "");
            const char *name = transcript_speaker_name(transcript, segment->speaker);
            if (transcript->timed) append_time(out, segment->start_ms);
            if (transcript->timed) g_string_append_c(out, ' ');
            if (name) {
                g_string_append(out, "**");
                append_text(out, name);
                g_string_append(out, ":** ");
            }
        }
        append_text(out, segment->text);
    }
    g_string_append_c(out, '\n');
}

static bool write_md(const Meeting *meeting, GString *out, GError **error) {
    const Minutes *minutes = meeting->minutes;
    append_head(out, meeting->record);
    append_summary(out, minutes);
    append_items(out, "Action items", minutes->items[ITEM_ACTION]);
    append_items(out, "Decisions", minutes->items[ITEM_DECISION]);
    append_items(out, "Questions", minutes->items[ITEM_QUESTION]);
    append_requirements(out, minutes->items[ITEM_REQUIREMENT]);
    bool segments = meeting->transcript && meeting->transcript->segments->len > 0;
    if (segments || meeting->text) g_string_append(out, "\n## Transcript\n\n");
    if (segments)
        append_transcript(out, meeting->transcript);
    else if (meeting->text)
        append_lines(out, meeting->text);
    return true;
}

const ExportFormat export_md = {"md", "text/markdown; charset=utf-8",
                                "Minutes in Markdown: summary, items with their proof, transcript", write_md};
