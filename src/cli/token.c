/* hansard token: who may come in. */
#include <string.h>
#include <unistd.h>

#include "access/audit.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/terminal.h"

static char *name, *scope_words, *expires;

/* Who has the store's own rights needs no token; the log says so. */
static bool note(Workspace *workspace, const char *action, const char *id, GError **error) {
    Caller local = {.kind = CALLER_LOCAL, .name = (char *)g_get_user_name()};
    AuditEntry entry = {.action = action, .who = &local, .subject = id};
    return audit_write(workspace->store, workspace->clock, workspace->worker_name, &entry, error);
}

static bool create(Workspace *workspace, bool json, GError **error) {
    g_autoptr(Grant) token = NULL;
    g_autofree char *text = NULL;
    guint scopes = 0;
    gint64 expires_ms = 0, now_ms = clock_now_ms(workspace->clock);
    if (!scopes_parse(scope_words ? scope_words : "read,write", &scopes, error) ||
        (expires && !grant_expiry_parse(expires, now_ms, &expires_ms, error)) ||
        !token_create(workspace->store, workspace->clock, name, scopes, expires_ms, &token, &text, error))
        return false;
    if (json) {
        g_autoptr(json_t) object = grant_view(token);
        json_object_set_new(object, "token", json_string(text));
        command_print_json(object);
    } else {
        g_autofree char *words = scopes_text(scopes);
        if (isatty(STDERR_FILENO)) g_printerr("This is the only time that it is shown (%s):\n", words);
        g_print("%s\n", text);
    }
    return note(workspace, "token.create", token->id, error);
}

static void print_token(const Grant *token) {
    g_autofree char *created = time_format(token->created_ms), *ends = token->expires_ms ? time_format(token->expires_ms) : g_strdup("never");
    g_autofree char *scopes = scopes_text(token->scopes), *safe = terminal_safe(token->name ? token->name : "");
    g_print("%s  %.10s  %-10.10s  %-18s  %s\n", token->id, created, ends, scopes, safe);
}

static bool list(Workspace *workspace, bool json, GError **error) {
    g_autoptr(GPtrArray) tokens = NULL;
    guint unreadable = 0;
    if (!tokens_list(workspace->store, &tokens, &unreadable, error)) return false;
    if (json) {
        g_autoptr(json_t) array = json_array();
        for (guint i = 0; i < tokens->len; i++) json_array_append_new(array, grant_view(g_ptr_array_index(tokens, i)));
        command_print_json(array);
    } else {
        if (tokens->len > 0 && terminal_width()) g_print("%-16s  %-10s  %-10s  %-18s  name\n", "id", "made", "until", "scopes");
        for (guint i = 0; i < tokens->len; i++) print_token(g_ptr_array_index(tokens, i));
    }
    return unreadable == 0 ||
           fail(error, ERROR_CORRUPT, "%u objects under hansard/tokens/ are no tokens: they let nobody in; remove them", unreadable);
}

/* By its id, or by the token itself. */
static bool revoke_token(Workspace *workspace, const char *given, bool json, GError **error) {
    GrantKind kind;
    char id[GRANT_ID_CHARS + 1];
    if (!secret_parse(given, &kind, id))
        g_strlcpy(id, given, sizeof id);
    else if (kind != GRANT_TOKEN)
        return fail(error, ERROR_INVALID, "that is no token: they begin with hat_");
    if (!grant_id_valid(id) || strlen(given) < GRANT_ID_CHARS)
        return fail(error, ERROR_NOT_FOUND, "there is no token %.20s; `hansard token list` shows them", given);
    if (!grant_revoke(workspace->store, GRANT_TOKEN, id, NULL, error) || !note(workspace, "token.revoke", id, error)) return false;
    if (json) {
        g_autoptr(json_t) object = json_pack("{s:s}", "revoked", id);
        command_print_json(object);
    } else {
        g_printerr("%s is revoked; servers let it in for %d s more at most\n", id, GATE_LOOK_MS / 1000);
    }
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    g_autoptr(Workspace) workspace = NULL;
    const char *verb = invocation->arguments[0], *id = invocation->arguments[1];
    bool creates = strcmp(verb, "create") == 0, lists = strcmp(verb, "list") == 0, revokes = strcmp(verb, "revoke") == 0;
    if (!(creates || lists || revokes) || (id != NULL) != revokes)
        return fail(error, ERROR_INVALID, "usage: hansard token create|list|revoke ID (see `hansard token --help`)");
    if (!command_open(invocation, false, &workspace, error)) return false;
    if (creates) return create(workspace, invocation->json, error);
    return lists ? list(workspace, invocation->json, error) : revoke_token(workspace, id, invocation->json, error);
}

static const GOptionEntry options[] = {{"name", 0, 0, G_OPTION_ARG_STRING, &name, "create: whose it is, or what for", "NAME"},
                                       {"scopes", 0, 0, G_OPTION_ARG_STRING, &scope_words, "create: of read, write, admin (read,write)", "SCOPES"},
                                       {"expires", 0, 0, G_OPTION_ARG_STRING, &expires, "create: 30d, 12h, a date, or never (never)", "WHEN"},
                                       {0}};

const Command command_token = {.name = "token",
                               .arguments = "create|list|revoke [ID]",
                               .sentence = "Make, list and revoke the tokens that let people and programs in",
                               .example = "hansard token create --name \"Ann's laptop\" --scopes read,write --expires 90d",
                               .arguments_min = 1,
                               .arguments_max = 2,
                               .options = options,
                               .run = run};
