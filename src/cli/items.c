/* hansard items: items of all meetings. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"

static char *kind, *status, *owner;
static gboolean by_due;
static int limit = 50;

static void print_item(const json_t *item) {
    const json_t *first = json_array_get(json_object_get(item, "evidence"), 0);
    g_autofree char *time = text_duration(json_get_int(first, "start_ms", 0));
    g_autofree char *text = terminal_safe(json_get_string(item, "text", ""));
    g_autofree char *who = terminal_safe(json_get_string(item, "owner", ""));
    g_autofree char *title = terminal_safe(json_get_string(item, "title", ""));
    g_print("%-7s %-9s %-10s %-14s %s  (%s, %s)\n", json_get_string(item, "id", ""), json_get_string(item, "status", ""),
            json_get_string(item, "due", "-"), who[0] ? who : "-", text, title, time);
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    g_autoptr(json_t) items = NULL;
    ItemFilter filter = {.kind = kind, .status = status, .owner = owner, .by_due = by_due};
    bool json = invocation->json;
    ItemKind known = ITEM_ACTION;
    size_t index = 0;
    json_t *item = NULL;
    if (kind && !item_kind_named(kind, &known))
        return fail(error, ERROR_INVALID, "--kind must be action, decision, question or requirement, not \"%s\"", kind);
    if (status && strcmp(status, "open") != 0 && !item_status_known(status))
        return fail(error, ERROR_INVALID, "--status must be draft, confirmed, rejected, done or open, not \"%s\"", status);
    if (limit < 1 || limit > PAGE_LIMIT_MAX) return fail(error, ERROR_INVALID, "--limit must be 1 to %d", PAGE_LIMIT_MAX);
    if (!command_open(invocation, false, &workspace, error) || !command_refresh_search(workspace, error) ||
        !search_items(workspace->search, &filter, (guint)limit, 0, &items, error))
        return false;
    if (json) command_print_json(items);
    else json_array_foreach(items, index, item) print_item(item);
    return json_array_size(items) > 0 || command_explain_nothing(workspace, error);
}

static const GOptionEntry options[] = {
    {"kind", 'k', 0, G_OPTION_ARG_STRING, &kind, "action, decision, question or requirement", "KIND"},
    {"status", 's', 0, G_OPTION_ARG_STRING, &status, "draft, confirmed, rejected, done, or open (the first two)", "STATUS"},
    {"owner", 'o', 0, G_OPTION_ARG_STRING, &owner, "Of this person", "NAME"},
    {"by-due", 0, 0, G_OPTION_ARG_NONE, &by_due, "The earliest date first", NULL},
    {"limit", 'n', 0, G_OPTION_ARG_INT, &limit, "How many (50)", "N"},
    {0}};

const Command command_items = {.name = "items",
                               .arguments = "",
                               .sentence = "List action items, decisions, questions and requirements of all meetings",
                               .example = "hansard items --kind action --status open --by-due",
                               .options = options,
                               .run = run};
