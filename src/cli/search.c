/* hansard search: full text over all meetings. */
#include "search/search.h"

#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"

static int limit = 20;

/* The hits' markers become bold in a terminal and nothing in a pipe. */
static char *mark_hits(const char *snippet) {
    bool terminal = isatty(STDOUT_FILENO);
    GString *marked = g_string_new(NULL);
    g_autofree char *safe = terminal_safe(snippet);
    g_string_append(marked, safe);
    g_string_replace(marked, "\uE000", terminal ? "\033[1m" : "", 0);
    g_string_replace(marked, "\uE001", terminal ? "\033[0m" : "", 0);
    return g_string_free(marked, FALSE);
}

static void print_hit(const SearchHit *hit) {
    g_autofree char *snippet = mark_hits(hit->snippet);
    g_autofree char *title = terminal_safe(hit->title);
    g_autofree char *time = hit->start_ms >= 0 ? text_duration(hit->start_ms) : g_strdup("-");
    g_print("%s  %s  %s %s\n    %s\n", hit->meeting_id, title, hit->kind, time, snippet);
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(GPtrArray) hits = NULL;
    bool json = invocation->json;
    g_autofree char *query = g_strjoinv(" ", invocation->arguments);
    if (limit < 1 || limit > PAGE_LIMIT_MAX) return fail(error, ERROR_INVALID, "--limit must be 1 to %d", PAGE_LIMIT_MAX);
    if (!command_open(invocation, false, &workspace, error) || !command_refresh_search(workspace, error) ||
        !search_find(workspace->search, query, (guint)limit, 0, &hits, error))
        return false;
    g_autoptr(json_t) array = json_array();
    for (guint i = 0; i < hits->len; i++) {
        if (json) json_array_append_new(array, search_hit_to_json(hits->pdata[i]));
        else print_hit(hits->pdata[i]);
    }
    if (json) command_print_json(array);
    return hits->len > 0 || command_explain_nothing(workspace, error);
}

static const GOptionEntry options[] = {{"limit", 'n', 0, G_OPTION_ARG_INT, &limit, "How many (20)", "N"}, {0}};

const Command command_search = {.name = "search",
                                .arguments = "WORDS…",
                                .sentence = "Find words in transcripts and items of all meetings",
                                .example = "hansard search pilot customers",
                                .arguments_min = 1,
                                .arguments_max = 64,
                                .options = options,
                                .run = run};
