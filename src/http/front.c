/* GET /: the page's HTML. Where the list is quickly had (a directory, whose lists are kept) and the caller may read it, it stands in the HTML
 * already, so that it is painted before any script but first.js has run; else the HTML is as it was embedded and the page asks for the list. A
 * stranger's HTML has nothing of the meetings. */
#include <string.h>

#include "base/limits.h"
#include "http/authorize.h"
#include "http/first_view.h"
#include "http/page.h"
#include "http/resources.h"

/* The list's name among those that are kept (list_cache.h); no URL's query has a space. */
#define FIRST_LIST "first view"

/* The embedded HTML, in its pieces; the template of the list stands once more within <main>, with its rows. */
typedef struct {
    const char *body; /* the end of <body */
    const char *main; /* before </main> */
    const char *list, *jobs, *rows, *list_end; /* the template's content, and where in it the rows go */
    const char *end;
} Pieces;

static const char *find(const char *from, const char *end, const char *marker) {
    return from ? g_strstr_len(from, end - from, marker) : NULL;
}

static const char *find_behind(const char *from, const char *end, const char *marker) {
    const char *found = find(from, end, marker);
    return found ? found + strlen(marker) : NULL;
}

static bool cut(const WebAsset *html, Pieces *pieces) {
    const char *begin = (const char *)html->data, *end = begin + html->size;
    pieces->end = end;
    pieces->body = find_behind(begin, end, "<body");
    pieces->main = find(pieces->body, end, "</main>");
    pieces->list = find_behind(pieces->main, end, "<template id=\"list\">");
    pieces->jobs = find_behind(pieces->list, end, "<!--jobs-->");
    pieces->rows = find_behind(pieces->jobs, end, "<!--rows-->");
    pieces->list_end = find(pieces->rows, end, "</template>");
    return pieces->list_end != NULL;
}

static void append_between(GString *out, const char *from, const char *to) { g_string_append_len(out, from, to - from); }

/* Whether the caller may read; `*scopes`: what else. Whoever can't be told is a stranger here: why, the page is told when it asks for the
 * list. */
static bool may_read(Context *context, const Request *request, guint *scopes) {
    g_auto(Caller) caller = {0};
    g_autoptr(GError) problem = NULL;
    bool guarded = true, wait;
    if (!gate_guarded(context->gate, true, &guarded, &wait, &problem)) return false;
    if (guarded && !authorize_identify(context, request, &caller, &problem)) return false;
    *scopes = guarded ? caller.scopes : SCOPES_ALL;
    return scopes_allow(*scopes, SCOPE_READ);
}

/* The newest meetings as HTML, and the cursor of those behind them ("": there are none), which is kept in the place of an ETag. NULL: there is no
 * list, or it is empty, which the page shows in its own way. */
static char *rows_html(Context *context, char **cursor) {
    StoreStamp stamp;
    g_auto(KeptList) kept = {0};
    g_auto(CatalogPage) page = {0};
    g_autoptr(GError) problem = NULL;
    CatalogQuery query = {.limit = FIRST_VIEW_ROWS};
    if (!catalog_stamp(context->workspace->catalog, &stamp)) return NULL;
    if (list_cache_find(context->lists, FIRST_LIST, &stamp, &kept)) {
        *cursor = g_strdup(kept.etag);
        return g_strndup(g_bytes_get_data(kept.text, NULL), g_bytes_get_size(kept.text));
    }
    if (!catalog_list(context->workspace->catalog, &query, &page, &problem) || page.rows->len == 0) return NULL;
    char *html = first_view_meetings(page.rows);
    g_autoptr(GBytes) text = g_bytes_new(html, strlen(html));
    *cursor = g_strdup(page.next_cursor ? page.next_cursor : "");
    list_cache_keep(context->lists, FIRST_LIST, &stamp, text, *cursor);
    return html;
}

/* None where there are more than can be carried: a part of them would be any part, not the newest; the page asks for all. */
static char *jobs_html(Context *context) {
    json_t *jobs = NULL;
    bool truncated;
    g_autoptr(GError) problem = NULL;
    if (!job_views(context, NULL, FIRST_VIEW_JOBS_MAX, &jobs, &truncated, &problem)) return g_strdup("");
    char *html = first_view_jobs(truncated ? NULL : jobs);
    json_decref(jobs);
    return html;
}

/* NULL: the list is not carried. The jobs are read first: one that ends meanwhile is in both rather than in neither, and the page puts that
 * right. */
static GBytes *carry(Context *context, const Pieces *pieces, const char *begin, guint scopes) {
    g_autofree char *cursor = NULL, *jobs = jobs_html(context), *rows = rows_html(context, &cursor);
    if (!rows) return NULL;
    g_autofree char *quoted = g_markup_escape_text(cursor, -1);
    GString *out = g_string_sized_new((gsize)(pieces->end - begin) + strlen(rows) + strlen(jobs) + 4 * KIB);
    append_between(out, begin, pieces->body);
    g_string_append_printf(out, " data-cursor=\"%s\" data-may=\"read%s%s\"", quoted, scopes_allow(scopes, SCOPE_WRITE) ? " write" : "",
                           scopes_allow(scopes, SCOPE_ADMIN) ? " admin" : "");
    append_between(out, pieces->body, pieces->main);
    append_between(out, pieces->list, pieces->jobs);
    g_string_append(out, jobs);
    append_between(out, pieces->jobs, pieces->rows);
    g_string_append(out, rows);
    append_between(out, pieces->rows, pieces->list_end);
    append_between(out, pieces->main, pieces->end);
    return g_string_free_to_bytes(out);
}

bool front_get(Context *context, const Request *request, Response *response, GError **error) {
    Pieces pieces;
    guint scopes = 0;
    const WebAsset *html = page_front();
    bool may = cut(html, &pieces) && may_read(context, request, &scopes);
    GBytes *carried = may ? carry(context, &pieces, (const char *)html->data, scopes) : NULL;
    if (!carried) return page_get(context, request, response, error);
    page_set_headers(context, html, response);
    /* It is one caller's view of this moment, which nobody keeps; so it needs no ETag. */
    response_header(response, "Cache-Control", "no-store");
    response_bytes(response, 200, html->content_type, carried);
    return true;
}

bool front_get_plain(Context *context, const Request *request, Response *response) {
    StoreStamp stamp;
    return !catalog_stamp(context->workspace->catalog, &stamp) && page_get(context, request, response, NULL);
}
