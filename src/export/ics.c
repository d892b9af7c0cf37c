/* The dates by which open actions are due, as a calendar (RFC 5545): an event that lasts a day each, since most calendars show no to-dos. */
#include <string.h>

#include "base/clock.h"
#include "export/export_format.h"

#define LINE_OCTETS_MAX 75 /* 3.1: longer lines are folded */
#define DAY_MS (24LL * 3600 * 1000)

/* A content line, folded between characters; the space that begins a folded line counts. */
static void append_line(GString *out, const char *line) {
    gsize room = LINE_OCTETS_MAX;
    for (const char *at = line; *at;) {
        gsize size = (gsize)(g_utf8_next_char(at) - at);
        if (size > room) {
            g_string_append(out, "\r\n ");
            room = LINE_OCTETS_MAX - 1;
        }
        g_string_append_len(out, at, (gssize)size);
        room -= size;
        at += size;
    }
    g_string_append(out, "\r\n");
}

/* NAME:text, escaped as 3.3.11 asks; control characters are left out. */
static void append_text(GString *out, const char *name, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) line = g_string_new(name);
    g_string_append_c(line, ':');
    for (const char *at = valid; *at; at++) {
        if (*at == '\n') g_string_append(line, "\\n");
        else if (strchr("\\;,", *at)) g_string_append_printf(line, "\\%c", *at);
        else if ((guchar)*at >= 0x20 && *at != 0x7F) g_string_append_c(line, *at);
        else if (*at == '\t') g_string_append_c(line, ' ');
    }
    append_line(out, line->str);
}

static void append_stamp(GString *out, const char *name, gint64 unix_ms) {
    g_autofree char *time = time_format(MAX(unix_ms, 0));
    g_autofree char *line = g_strdup_printf("%s:%.4s%.2s%.2sT%.2s%.2s%.2sZ", name, time, time + 5, time + 8, time + 11, time + 14, time + 17);
    append_line(out, line);
}

static void append_day(GString *out, const char *name, gint64 unix_ms) {
    g_autofree char *time = time_format(unix_ms);
    g_autofree char *line = g_strdup_printf("%s;VALUE=DATE:%.4s%.2s%.2s", name, time, time + 5, time + 8);
    append_line(out, line);
}

static bool is_due(const Item *item, gint64 *day_ms) {
    return item_is_open(item) && item->due && strlen(item->due) == 10 && time_parse(item->due, day_ms);
}

static void append_event(GString *out, const Item *item, gint64 day_ms, const Record *record) {
    g_autofree char *uid = g_strdup_printf("%s.%s@hansard", item->id, record->meeting_id);
    g_autofree char *summary = item->owner ? g_strdup_printf("%s: %s", item->owner, item->text) : g_strdup(item->text);
    g_autofree char *proof = proof_line(item);
    g_autofree char *description = g_strdup_printf("%s%s%s", proof, *proof ? "\n\n" : "", record->title ? record->title : record->meeting_id);
    append_line(out, "BEGIN:VEVENT");
    append_text(out, "UID", uid);
    append_stamp(out, "DTSTAMP", record->updated_ms > 0 ? record->updated_ms : record->timestamp_ms);
    append_day(out, "DTSTART", day_ms);
    append_day(out, "DTEND", day_ms + DAY_MS); /* 3.6.1: not part of it */
    append_text(out, "SUMMARY", summary);
    append_text(out, "DESCRIPTION", description);
    append_line(out, "TRANSP:TRANSPARENT");
    append_line(out, "END:VEVENT");
}

static bool write_ics(const Meeting *meeting, GString *out, GError **error) {
    const GPtrArray *actions = meeting->minutes->items[ITEM_ACTION];
    guint events = 0;
    append_line(out, "BEGIN:VCALENDAR");
    append_line(out, "VERSION:2.0");
    append_line(out, "PRODID:-//Hansard//Hansard " HANSARD_VERSION "//EN");
    for (guint i = 0; i < actions->len; i++) {
        gint64 day_ms;
        if (!is_due(actions->pdata[i], &day_ms)) continue;
        append_event(out, actions->pdata[i], day_ms, meeting->record);
        events++;
    }
    append_line(out, "END:VCALENDAR");
    return events > 0 || fail(error, ERROR_INVALID, "no open action of this meeting has a date by which it is due: give one, then export again");
}

const ExportFormat export_ics = {"ics", "text/calendar; charset=utf-8", "The dates by which open actions are due, for calendars", write_ics};
