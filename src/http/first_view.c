/* The markup of rows, and the few words in it that web/app/strings.js has as well. */
#include "http/first_view.h"

#include "base/clock.h"
#include "model/row.h"

static void append_escaped(GString *html, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1), *escaped = g_markup_escape_text(valid, -1);
    g_string_append(html, escaped);
}

/* An element without attributes but its class, around text. */
static void append_text(GString *html, const char *tag, const char *class, const char *text) {
    g_string_append_printf(html, "<%s%s%s%s>", tag, class ? " class=\"" : "", class ? class : "", class ? "\"" : "");
    append_escaped(html, text);
    g_string_append_printf(html, "</%s>", tag);
}

/* The link with its title; what is said of it follows. */
static void begin_link(GString *html, const char *meeting_id, const char *title, const char *filename) {
    g_autofree char *id = g_uri_escape_string(meeting_id, NULL, false);
    const char *name = title && *title ? title : filename && *filename ? filename : "Untitled meeting";
    g_string_append(html, "<a class=\"row-link\" href=\"#/m/");
    append_escaped(html, id);
    g_string_append(html, "\">");
    append_text(html, "span", "row-title", name);
    g_string_append(html, "<span class=\"row-meta\">");
}

static void append_time(GString *html, const char *time) {
    g_string_append(html, "<time datetime=\"");
    append_escaped(html, time);
    g_string_append(html, "\"></time>");
}

/* As duration() of web/app/format.js: 45 s, 12 min, 1 h 5 min. */
static char *duration_text(gint64 ms) {
    gint64 s = (ms + 500) / 1000, minutes = (s + 30) / 60;
    if (s < 60) return g_strdup_printf("%d s", (int)s);
    if (minutes < 60) return g_strdup_printf("%d min", (int)minutes);
    g_autofree char *hours = g_strdup_printf("%" G_GINT64_FORMAT " h", minutes / 60);
    return minutes % 60 ? g_strdup_printf("%s %d min", hours, (int)(minutes % 60)) : g_steal_pointer(&hours);
}

static void append_counts(GString *html, const Row *row) {
    const struct {
        const char *kind;
        guint count;
    } counts[] = {{"action", row->actions}, {"decision", row->decisions}, {"question", row->questions}, {"requirement", row->requirements}};
    g_string_append(html, "<ul class=\"chips\">");
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        if (counts[i].count > 0)
            g_string_append_printf(html, "<li class=\"chip of-%s\">%u %s%s</li>", counts[i].kind, counts[i].count, counts[i].kind,
                                   counts[i].count == 1 ? "" : "s");
    g_string_append(html, "</ul>");
}

char *first_view_meetings(const GPtrArray *rows) {
    GString *html = g_string_new(NULL);
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = g_ptr_array_index(rows, i);
        g_autofree char *time = row->timestamp_ms > 0 ? time_format(row->timestamp_ms) : NULL;
        g_autofree char *duration = row->duration_ms > 0 ? duration_text(row->duration_ms) : NULL;
        g_string_append(html, "<li class=\"row\">");
        begin_link(html, row->meeting_id, row->title, row->filename);
        if (time) append_time(html, time);
        if (duration) append_text(html, "span", NULL, duration);
        for (guint t = 0; row->tags && t < row->tags->len; t++) append_text(html, "span", "tag", g_ptr_array_index(row->tags, t));
        g_string_append(html, "</span></a>");
        append_counts(html, row);
        g_string_append(html, "</li>");
    }
    return g_string_free(html, FALSE);
}

static gint newest_first(gconstpointer a, gconstpointer b) {
    const json_t *const *one = a, *const *other = b;
    return g_strcmp0(json_get_string(*other, "timestamp", ""), json_get_string(*one, "timestamp", ""));
}

static void append_job(GString *html, const json_t *job) {
    bool failed = g_strcmp0(json_get_string(job, "status", ""), "failed") == 0;
    g_string_append_printf(html, "<li class=\"row%s\">", failed ? " failed" : "");
    begin_link(html, json_get_string(job, "meeting_id", ""), json_get_string(job, "title", NULL), json_get_string(job, "filename", NULL));
    append_time(html, json_get_string(job, "timestamp", ""));
    g_string_append(html, "</span></a><div class=\"progress\">");
    if (failed) {
        append_text(html, "p", "reason", json_get_string(json_object_get(job, "error"), "message", "This meeting could not be finished."));
        g_string_append(html, "<button type=\"button\" class=\"plain\">Try again</button>");
    } else {
        g_string_append(html, "<progress max=\"1\" aria-label=\"In progress\"></progress><p class=\"stage\">…</p>");
    }
    g_string_append(html, "</div></li>");
}

char *first_view_jobs(const json_t *jobs) {
    GString *html = g_string_new(NULL);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (gsize i = 0; i < json_array_size(jobs); i++) g_ptr_array_add(sorted, json_array_get(jobs, i));
    g_ptr_array_sort(sorted, newest_first);
    for (guint i = 0; i < sorted->len; i++) append_job(html, g_ptr_array_index(sorted, i));
    return g_string_free(html, FALSE);
}
