/* hansard list: the newest meetings, one bounded listing of the catalog. */
#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"

static int limit = PAGE_LIMIT_DEFAULT;
static char *cursor, *from, *to, *tag;

static bool read_time(const char *text, const char *option, gint64 *unix_ms, GError **error) {
    if (!text || time_parse(text, unix_ms)) return true;
    return fail(error, ERROR_INVALID, "%s must be a date such as 2026-03-31, not \"%s\"", option, text);
}

static void print_job(const Job *job, guint width) {
    g_autofree char *title = terminal_cell(job->title ? job->title : job->meeting_id, width > 70 ? width - 60 : 20);
    g_autofree char *message = terminal_safe(job->error_message);
    g_print("%s  %-10s %s  %s %d %%  %s\n", title, job_state_name(job->state), job->meeting_id, job_stage_name(job->stage),
            (int)(job->progress * 100), message);
}

static bool print_jobs(Workspace *workspace, guint width, GError **error) {
    g_autoptr(GPtrArray) jobs = NULL;
    if (!jobs_list(workspace->jobs, PAGE_LIMIT_MAX, &jobs, error)) return false;
    for (guint i = 0; i < jobs->len; i++) print_job(jobs->pdata[i], width);
    return true;
}

static void print_row(const Row *row, guint width) {
    g_autofree char *time = time_format(row->timestamp_ms);
    g_autofree char *duration = text_duration(row->duration_ms);
    /* date 16, duration 8, counts 4 × 4, id 44, spaces between */
    g_autofree char *title = width ? terminal_cell(row->title, width > 120 ? width - 94 : 28) : terminal_safe(row->title);
    g_autofree char *minute = g_strdelimit(g_strndup(time, 16), "T", ' ');
    g_print("%s  %8s  %3u %3u %3u %3u  %s  %s\n", minute, duration, row->actions, row->decisions, row->questions, row->requirements,
            title, row->meeting_id);
}

/* The list is whole all the same, but whoever waits for the table must know. */
static void tell_fallback(Catalog *catalog) {
    g_auto(CatalogHealth) health = {0};
    catalog_health(catalog, &health);
    if (!health.problem) return;
    g_autofree char *safe = terminal_safe(health.problem);
    g_printerr("listed from the keys in the store: %s\n", safe);
}

static bool print_page(const CatalogPage *page, bool json) {
    guint width = terminal_width();
    if (json) {
        g_autoptr(json_t) rows = json_array();
        for (guint i = 0; i < page->rows->len; i++) json_array_append_new(rows, row_to_json(page->rows->pdata[i]));
        g_autoptr(json_t) object = json_pack("{s:O, s:i, s:o}", "meetings", rows, "count", (int)page->rows->len, "next_cursor",
                                             json_text(page->next_cursor));
        command_print_json(object);
        return true;
    }
    if (page->rows->len > 0 && width) g_print("%-16s  %8s  act dec que req  title\n", "date (UTC)", "length");
    for (guint i = 0; i < page->rows->len; i++) print_row(page->rows->pdata[i], width);
    if (page->next_cursor && width) g_print("more: hansard list --cursor %s\n", page->next_cursor);
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_auto(CatalogPage) page = {0};
    bool json = invocation->json;
    if (limit < 1 || limit > PAGE_LIMIT_MAX) return fail(error, ERROR_INVALID, "--limit must be 1 to %d", PAGE_LIMIT_MAX);
    CatalogQuery query = {.limit = (guint)limit, .cursor = cursor, .tag = tag};
    if (!read_time(from, "--from", &query.from_ms, error) || !read_time(to, "--to", &query.to_ms, error) ||
        !command_open(invocation, false, &workspace, error) || (!json && !cursor && !print_jobs(workspace, terminal_width(), error)) ||
        !catalog_list(workspace->catalog, &query, &page, error))
        return false;
    tell_fallback(workspace->catalog);
    return print_page(&page, json) && (page.rows->len > 0 || cursor || command_explain_nothing(workspace, error));
}

static const GOptionEntry options[] = {
    {"limit", 'n', 0, G_OPTION_ARG_INT, &limit, "How many (50)", "N"},
    {"cursor", 0, 0, G_OPTION_ARG_STRING, &cursor, "Go on where an earlier list ended", "CURSOR"},
    {"from", 0, 0, G_OPTION_ARG_STRING, &from, "From this date on", "DATE"},
    {"to", 0, 0, G_OPTION_ARG_STRING, &to, "Before this date", "DATE"},
    {"tag", 0, 0, G_OPTION_ARG_STRING, &tag, "With this tag", "TAG"},
    {0}};

const Command command_list = {.name = "list",
                              .arguments = "",
                              .sentence = "List the newest meetings, and what is being worked on",
                              .example = "hansard list --from 2026-01-01 --json",
                              .options = options,
                              .run = run};
