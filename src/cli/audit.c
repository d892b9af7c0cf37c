/* hansard audit: who did what. */
#include "access/audit.h"

#include "cli/command.h"
#include "cli/terminal.h"

#define DAYS_DEFAULT 7
#define DAY_MS 86400000LL

static char *from, *to;

static bool read_time(const char *text, const char *option, gint64 fallback_ms, gint64 *unix_ms, GError **error) {
    *unix_ms = fallback_ms;
    return !text || time_parse(text, unix_ms) || fail(error, ERROR_INVALID, "%s must be a date such as 2026-03-31, not \"%s\"", option, text);
}

static const char *or_dash(const char *text) { return text && text[0] ? text : "-"; }

/* A line of JSON each: the log may be long. */
static bool print_entry(const json_t *entry, gpointer json, GError **error) {
    if (GPOINTER_TO_INT(json)) {
        g_autoptr(GBytes) bytes = json_to_bytes(entry, false);
        command_print(bytes);
        return true;
    }
    const json_t *who = json_object_get(entry, "who");
    const char *id = json_get_string(who, "id", NULL), *name = json_get_string(who, "name", NULL);
    g_autofree char *line = g_strdup_printf("%.19s  %-16s  %s %s %s  %s  %s", json_get_string(entry, "time", ""),
                                            json_get_string(entry, "action", "-"), json_get_string(who, "kind", "-"), or_dash(id), or_dash(name),
                                            or_dash(json_get_string(entry, "address", NULL)), or_dash(json_get_string(entry, "subject", NULL)));
    g_autofree char *safe = terminal_safe(line);
    g_print("%s\n", safe);
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    gint64 now_ms = clock_now_ms(clock_system()), from_ms, to_ms;
    guint damaged = 0;
    bool json = invocation->json;
    if (!read_time(from, "--from", now_ms - DAYS_DEFAULT * DAY_MS, &from_ms, error) || !read_time(to, "--to", now_ms + DAY_MS, &to_ms, error) ||
        !command_open(invocation, false, &workspace, error) ||
        !audit_read(workspace->store, from_ms, to_ms, print_entry, GINT_TO_POINTER(json), &damaged, error))
        return false;
    return damaged == 0 || fail(error, ERROR_CORRUPT, "%u lines or objects under hansard/audit/ can't be read and were left out", damaged);
}

static const GOptionEntry options[] = {{"from", 0, 0, G_OPTION_ARG_STRING, &from, "From this date on (a week ago)", "DATE"},
                                       {"to", 0, 0, G_OPTION_ARG_STRING, &to, "Before this date (now)", "DATE"},
                                       {0}};

const Command command_audit = {.name = "audit",
                               .arguments = "",
                               .sentence = "Print who did what, when and from where",
                               .example = "hansard audit --from 2026-03-01 --json",
                               .options = options,
                               .run = run};
