/* The rows that the page's HTML carries: their markup, their words, and that no text of a stranger becomes markup. That the page's scripts would
 * make the same, and who is given them: tests/e2e/page_front_test.py. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "http/first_view.h"
#include "http_server.h"
#include "store/memory.h"

static char *one_row(const Row *row) {
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_ptr_array_add(rows, (gpointer)row);
    return first_view_meetings(rows);
}

static void test_row(void) {
    g_autoptr(Row) row = row_new();
    row->meeting_id = g_strdup("meeting-1");
    row->filename = g_strdup("a.vtt");
    row->timestamp_ms = 1772600767089;
    row->duration_ms = 3930000;
    row->actions = 1;
    row->questions = 2;
    g_autofree char *html = one_row(row);
    g_assert_cmpstr(html, ==,
                    "<li class=\"row\"><a class=\"row-link\" href=\"#/m/meeting-1\"><span class=\"row-title\">a.vtt</span><span class=\"row-meta\">"
                    "<time datetime=\"2026-03-04T05:06:07.089Z\"></time><span>1 h 6 min</span></span></a>"
                    "<ul class=\"chips\"><li class=\"chip of-action\">1 action</li><li class=\"chip of-question\">2 questions</li></ul></li>");
}

static void test_durations(void) {
    static const struct {
        gint64 ms;
        const char *text;
    } cases[] = {{400, "0 s"},          {59499, "59 s"},          {59500, "1 min"},   {89499, "1 min"},
                 {90000, "2 min"},      {3569000, "59 min"},      {3570000, "1 h"},   {3629499, "1 h"},
                 {3630000, "1 h 1 min"}, {G_GINT64_CONSTANT(360000000), "100 h"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Row) row = row_new();
        row->meeting_id = g_strdup("m");
        row->duration_ms = cases[i].ms;
        g_autofree char *html = one_row(row), *wanted = g_strdup_printf("<span class=\"row-meta\"><span>%s</span></span>", cases[i].text);
        g_assert_nonnull(strstr(html, wanted));
        g_assert_nonnull(strstr(html, ">Untitled meeting<"));
    }
}

#define HOSTILE "<b id='x'>\"&amp;</span></template>\xff"
#define HARMLESS "&lt;b id=&apos;x&apos;&gt;&quot;&amp;amp;&lt;/span&gt;&lt;/template&gt;\xef\xbf\xbd"

static void test_hostile(void) {
    g_autoptr(Row) row = row_new();
    row->meeting_id = g_strdup("\"><i>");
    row->title = g_strdup(HOSTILE);
    g_clear_pointer(&row->tags, g_ptr_array_unref);
    row->tags = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(row->tags, g_strdup(HOSTILE));
    g_autofree char *html = one_row(row);
    g_assert_cmpstr(html, ==,
                    "<li class=\"row\"><a class=\"row-link\" href=\"#/m/%22%3E%3Ci%3E\"><span class=\"row-title\">" HARMLESS "</span>"
                    "<span class=\"row-meta\"><span class=\"tag\">" HARMLESS "</span></span></a><ul class=\"chips\"></ul></li>");
}

static void test_jobs(void) {
    g_autoptr(json_t) jobs = json_pack("[{s:s, s:s, s:s, s:s, s:n}, {s:s, s:s, s:s, s:s, s:{s:s}}, {s:s, s:s, s:s, s:n}]",
                                       "meeting_id", "old", "status", "running", "timestamp", "2026-01-01T00:00:00.000Z", "title", "Old", "error",
                                       "meeting_id", "new", "status", "failed", "timestamp", "2026-02-01T00:00:00.000Z", "title", "<New>",
                                       "error", "message", "a < b",
                                       "meeting_id", "none", "status", "failed", "timestamp", "2025-01-01T00:00:00.000Z", "error");
    g_assert_nonnull(jobs);
    g_autofree char *html = first_view_jobs(jobs), *nothing = first_view_jobs(NULL);
    const char *newest = strstr(html, "&lt;New&gt;"), *oldest = strstr(html, "Old"), *last = strstr(html, "Untitled meeting");
    g_assert_true(newest && oldest && last && newest < oldest && oldest < last);
    g_assert_true(g_str_has_prefix(html, "<li class=\"row failed\">"));
    g_assert_nonnull(strstr(html, "<p class=\"reason\">a &lt; b</p>"));
    g_assert_nonnull(strstr(html, "<p class=\"reason\">This meeting could not be finished.</p>"));
    g_assert_cmpstr(nothing, ==, "");
}

/* The page's HTML with so many jobs in the store, whose ids are in no order of time. */
static char *page_with_jobs(guint count) {
    Server server = {0};
    g_autoptr(Request) request = request_new("/");
    g_autoptr(Row) row = row_new();
    g_auto(Response) response = {0};
    server_open(&server, store_memory_new(clock_system()));
    server.context.gate = gate_new(server.workspace.store, server.workspace.clock, true, false);
    server.context.progress = progress_new(server.workspace.clock);
    row->meeting_id = g_strdup("meeting-1");
    row->timestamp_ms = row->updated_ms = 1;
    row->filename = g_strdup("a.vtt");
    row->title = g_strdup("A meeting");
    g_assert_true(catalog_put(server.workspace.catalog, row, NULL));
    for (guint i = 0; i < count; i++) {
        g_autofree char *id = text_uuid();
        g_autoptr(Job) job = job_new(id);
        job->filename = g_strdup("a.vtt");
        job->title = g_strdup_printf("job number %u.", i);
        job->timestamp_ms = i;
        g_assert_true(jobs_create(server.workspace.jobs, job, NULL, NULL));
    }
    response_init(&response);
    g_assert_true(request_begin(request, "GET", NULL));
    g_assert_true(front_get(&server.context, request, &response, NULL));
    char *html = g_strndup(g_bytes_get_data(response.bytes, NULL), g_bytes_get_size(response.bytes));
    g_assert_nonnull(strstr(html, ">A meeting<"));
    progress_free(server.context.progress);
    gate_free(server.context.gate);
    server_close(&server);
    return html;
}

/* All jobs, or none: a part of them would be any part. */
static void test_many_jobs(void) {
    g_autofree char *all = page_with_jobs(FIRST_VIEW_JOBS_MAX), *more = page_with_jobs(FIRST_VIEW_JOBS_MAX + 1);
    for (guint i = 0; i < FIRST_VIEW_JOBS_MAX; i++) {
        g_autofree char *title = g_strdup_printf(">job number %u.<", i);
        g_assert_nonnull(strstr(all, title));
    }
    g_assert_null(strstr(more, "job number"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/front/row", test_row);
    g_test_add_func("/http/front/durations", test_durations);
    g_test_add_func("/http/front/hostile", test_hostile);
    g_test_add_func("/http/front/jobs", test_jobs);
    g_test_add_func("/http/front/many-jobs", test_many_jobs);
    return g_test_run();
}
