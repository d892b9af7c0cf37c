/* What is to be done, as tables that issue trackers take in: actions and requirements, an issue each, but those that were rejected.
 *
 * jira.csv: the fields of Jira's importer (Summary is the one that it needs); Due Date is ISO 8601, to be named to it as yyyy-MM-dd.
 * github.csv: title, body, labels, assignee, state, as the command-line importers of GitHub issues read them. An assignee there is an account's name,
 * which nobody says in a meeting, so who it is stands in the body. */
#include <string.h>

#include "export/export_format.h"

typedef void (*AppendRow)(GString *out, const Item *item, const Record *record);

static void append_each(const Meeting *meeting, GString *out, AppendRow append) {
    static const ItemKind kinds[] = {ITEM_ACTION, ITEM_REQUIREMENT};
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++)
        for (guint i = 0; i < meeting->minutes->items[kinds[k]]->len; i++) {
            const Item *item = meeting->minutes->items[kinds[k]]->pdata[i];
            if (strcmp(item->status, "rejected") != 0) append(out, item, meeting->record);
        }
}

static void append_row(GString *out, const char *const *cells, gsize count) {
    for (gsize i = 0; i < count; i++) append_csv_cell(out, cells[i], i + 1 == count);
}

/* The words said, and where they come from. */
static GString *description(const Item *item, const Record *record) {
    GString *text = g_string_new(NULL);
    g_autofree char *proof = proof_line(item);
    if (*proof) g_string_append_printf(text, "%s\n\n", proof);
    g_string_append_printf(text, "%s, %s in %s", record->title ? record->title : "Meeting", item->id, record->meeting_id);
    return text;
}

/* A line, as titles of issues are: at most 255 characters there. */
static char *summary_line(const char *text) {
    g_autofree char *line = g_strdup(text);
    g_strdelimit(line, "\r\n\t", ' ');
    return g_utf8_strlen(line, -1) <= 250 ? g_steal_pointer(&line) : g_utf8_substring(line, 0, 250);
}

static const char *jira_priority(const char *priority) {
    static const char *const names[][2] = {{"must", "High"}, {"should", "Medium"}, {"could", "Low"}, {"wont", "Lowest"}};
    for (gsize i = 0; priority && i < G_N_ELEMENTS(names); i++)
        if (strcmp(priority, names[i][0]) == 0) return names[i][1];
    return NULL;
}

static void append_jira(GString *out, const Item *item, const Record *record) {
    g_autoptr(GString) body = description(item, record);
    g_autofree char *summary = summary_line(item->text);
    const char *cells[] = {summary,
                           body->str,
                           item->kind == ITEM_ACTION ? "Task" : "Story",
                           item->owner,
                           item->due,
                           jira_priority(item->priority),
                           strcmp(item->status, "done") == 0 ? "Done" : "To Do",
                           "hansard"};
    append_row(out, cells, G_N_ELEMENTS(cells));
}

static bool write_jira(const Meeting *meeting, GString *out, GError **error) {
    g_string_append(out, "Summary,Description,Issue Type,Assignee,Due Date,Priority,Status,Labels\r\n");
    append_each(meeting, out, append_jira);
    return true;
}

static void append_github(GString *out, const Item *item, const Record *record) {
    g_autoptr(GString) body = description(item, record);
    g_autofree char *title = summary_line(item->text);
    if (item->due || item->owner)
        g_string_append_printf(body, "\n\n%s%s%s%s", item->owner ? item->owner : "", item->owner && item->due ? ", " : "", item->due ? "due " : "",
                               item->due ? item->due : "");
    const char *cells[] = {title, body->str, item->kind == ITEM_ACTION ? "action" : "requirement", NULL,
                           strcmp(item->status, "done") == 0 ? "closed" : "open"};
    append_row(out, cells, G_N_ELEMENTS(cells));
}

static bool write_github(const Meeting *meeting, GString *out, GError **error) {
    g_string_append(out, "title,body,labels,assignee,state\r\n");
    append_each(meeting, out, append_github);
    return true;
}

const ExportFormat export_jira = {"jira.csv", "text/csv; charset=utf-8", "Actions and requirements as a table for Jira's importer", write_jira};
const ExportFormat export_github = {"github.csv", "text/csv; charset=utf-8", "Actions and requirements as a table for importers of GitHub issues",
                                    write_github};
