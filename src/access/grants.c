/* The objects of grants. */
#include "access/grants.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "model/keys.h"

#define PAST_OF_TIME "the end must lie in the future"

char *grant_key(GrantKind kind, const char *id, const char *meeting_id) {
    if (kind == GRANT_SHARE) return g_strconcat(PREFIX_SHARES, meeting_id, "/", id, ".json", NULL);
    return g_strconcat(kind == GRANT_TOKEN ? PREFIX_TOKENS : PREFIX_SESSIONS, id, ".json", NULL);
}

/* -- making -------------------------------------------------------------------------------------------------------------- */

static bool write_new(Store *store, Grant *grant, char **text, GError **error) {
    g_autofree char *secret = NULL;
    if (!secret_new(grant->kind, &secret, &grant->id, &grant->secret_sha256, error)) return false;
    g_autofree char *key = grant_key(grant->kind, grant->id, grant->meeting_id);
    g_autoptr(json_t) json = grant_to_json(grant);
    g_autoptr(GBytes) bytes = json_to_bytes(json, true);
    StorePut put = {.content_type = "application/json", .if_none_match = true};
    if (!store_put(store, key, bytes, &put, NULL, error)) return false;
    *text = g_steal_pointer(&secret);
    return true;
}

static bool check_room(Store *store, const char *prefix, guint max, const char *what, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    if (!store_list(store, prefix, NULL, max, &entries, &more, error)) return false;
    return entries->len < max || fail(error, ERROR_CONFLICT, "there are %u %s already: revoke some first", max, what);
}

static bool take_name(const char *name, char **taken, GError **error) {
    g_autofree char *clean = text_clean(name ? name : "", -1, false);
    if (strlen(clean) > TOKEN_NAME_BYTES_MAX) return fail(error, ERROR_INVALID, "a name has at most %d bytes", TOKEN_NAME_BYTES_MAX);
    *taken = g_strdup(g_strstrip(clean));
    return true;
}

static bool check_expiry(gint64 expires_ms, gint64 now_ms, GError **error) {
    if (expires_ms != 0 && expires_ms <= now_ms) return fail(error, ERROR_INVALID, PAST_OF_TIME);
    return expires_ms <= TIME_MS_MAX || fail(error, ERROR_INVALID, "the end lies too far in the future");
}

bool token_create(Store *store, Clock *clock, const char *name, guint scopes, gint64 expires_ms, Grant **token, char **text, GError **error) {
    g_autoptr(Grant) made = grant_new(GRANT_TOKEN);
    made->scopes = scopes;
    made->created_ms = clock_now_ms(clock);
    made->expires_ms = expires_ms;
    if (!take_name(name, &made->name, error) || !check_expiry(expires_ms, made->created_ms, error) ||
        !check_room(store, PREFIX_TOKENS, TOKENS_MAX, "tokens", error) || !write_new(store, made, text, error))
        return false;
    *token = g_steal_pointer(&made);
    return true;
}

bool share_create(Store *store, Clock *clock, const char *meeting_id, const char *name, const char *token_id, gint64 expires_ms, Grant **share,
                  char **text, GError **error) {
    g_autoptr(Grant) made = grant_new(GRANT_SHARE);
    g_autofree char *prefix = g_strconcat(PREFIX_SHARES, meeting_id, "/", NULL);
    made->created_ms = clock_now_ms(clock);
    made->expires_ms = expires_ms;
    made->meeting_id = g_strdup(meeting_id);
    made->token_id = g_strdup(token_id);
    if (expires_ms == 0) return fail(error, ERROR_INVALID, "a link to a meeting must end: say when");
    if (!take_name(name, &made->name, error) || !check_expiry(expires_ms, made->created_ms, error) ||
        !check_room(store, prefix, SHARES_MAX, "links to this meeting", error) || !write_new(store, made, text, error))
        return false;
    *share = g_steal_pointer(&made);
    return true;
}

/* Their objects are as old as they are, so that a listing tells which are over. */
static bool sweep_sessions(Store *store, gint64 now_ms, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GPtrArray) over = g_ptr_array_new();
    bool more = false;
    if (!store_list(store, PREFIX_SESSIONS, NULL, LIST_LIMIT_MAX, &entries, &more, error)) return false;
    for (guint i = 0; i < entries->len; i++) {
        const StoreEntry *entry = g_ptr_array_index(entries, i);
        if (now_ms - entry->modified_ms > SESSION_AGE_MS) g_ptr_array_add(over, entry->key);
    }
    return over->len == 0 || store_delete_many(store, (const char *const *)over->pdata, over->len, error);
}

bool session_create(Store *store, Clock *clock, const char *token_id, const char *name, gint64 expires_ms, Grant **session, char **text,
                    GError **error) {
    g_autoptr(Grant) made = grant_new(GRANT_SESSION);
    made->created_ms = clock_now_ms(clock);
    made->expires_ms = made->created_ms + SESSION_AGE_MS;
    if (expires_ms != 0) made->expires_ms = MIN(made->expires_ms, expires_ms);
    made->name = g_strdup(name);
    made->token_id = g_strdup(token_id);
    if (!sweep_sessions(store, made->created_ms, error) || !write_new(store, made, text, error)) return false;
    *session = g_steal_pointer(&made);
    return true;
}

/* -- reading ------------------------------------------------------------------------------------------------------------- */

static bool fail_unknown(GrantKind kind, const char *id, GError **error) {
    static const char *const what[GRANT_KIND_COUNT] = {[GRANT_TOKEN] = "token", [GRANT_SESSION] = "session", [GRANT_SHARE] = "link"};
    return fail(error, ERROR_NOT_FOUND, "there is no %s %s (any more)", what[kind], id);
}

bool grant_read(Store *store, GrantKind kind, const char *id, const char *meeting_id, Grant **grant, char **etag, GError **error) {
    g_autofree char *key = grant_key(kind, id, meeting_id);
    g_autoptr(GBytes) bytes = NULL;
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    g_autoptr(Grant) read = NULL;
    if (!store_get(store, key, GRANT_BYTES_MAX, &bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return fail_unknown(kind, id, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(json_t) json = json_parse_object(data, size, key, NULL);
    if (!grant_from_json(json, kind, key, &read, error)) return false;
    /* The object must be the one that its key says: a copy under another name is no grant. */
    if (strcmp(read->id, id) != 0 || (kind == GRANT_SHARE && strcmp(read->meeting_id, meeting_id) != 0))
        return fail(error, ERROR_CORRUPT, "%s does not belong under its key: remove the object", key);
    if (etag) *etag = g_strdup(info.etag);
    *grant = g_steal_pointer(&read);
    return true;
}

bool grant_revoke(Store *store, GrantKind kind, const char *id, const char *meeting_id, GError **error) {
    g_autofree char *key = grant_key(kind, id, meeting_id);
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    if (!store_head(store, key, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return fail_unknown(kind, id, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return store_delete(store, key, error);
}

static gint by_age(gconstpointer left, gconstpointer right) {
    const Grant *a = *(Grant *const *)left, *b = *(Grant *const *)right;
    return a->created_ms < b->created_ms ? -1 : a->created_ms > b->created_ms ? 1 : strcmp(a->id, b->id);
}

static bool list(Store *store, GrantKind kind, const char *prefix, const char *meeting_id, guint max, GPtrArray **grants, guint *unreadable,
                 GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)grant_unref);
    bool more = false;
    *unreadable = 0;
    if (!store_list(store, prefix, NULL, max, &entries, &more, error)) return false;
    for (guint i = 0; i < entries->len; i++) {
        const char *name = ((const StoreEntry *)g_ptr_array_index(entries, i))->key + strlen(prefix);
        g_autofree char *id = g_strndup(name, strcspn(name, "."));
        g_autoptr(GError) problem = NULL;
        Grant *grant = NULL;
        if (grant_id_valid(id) && grant_read(store, kind, id, meeting_id, &grant, NULL, &problem)) {
            g_ptr_array_add(found, grant);
        } else if (problem && error_kind(problem)->retryable) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        } else if (!error_is(problem, ERROR_NOT_FOUND)) {
            (*unreadable)++;
        }
    }
    g_ptr_array_sort(found, by_age);
    *grants = g_steal_pointer(&found);
    return true;
}

bool tokens_list(Store *store, GPtrArray **tokens, guint *unreadable, GError **error) {
    return list(store, GRANT_TOKEN, PREFIX_TOKENS, NULL, TOKENS_MAX, tokens, unreadable, error);
}

bool shares_list(Store *store, const char *meeting_id, GPtrArray **shares, guint *unreadable, GError **error) {
    g_autofree char *prefix = g_strconcat(PREFIX_SHARES, meeting_id, "/", NULL);
    return list(store, GRANT_SHARE, prefix, meeting_id, SHARES_MAX, shares, unreadable, error);
}

bool tokens_any(Store *store, bool *any, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    if (!store_list(store, PREFIX_TOKENS, NULL, 1, &entries, &more, error)) return false;
    *any = entries->len > 0;
    return true;
}

bool grant_expiry_parse(const char *text, gint64 now_ms, gint64 *expires_ms, GError **error) {
    static const struct {
        char unit;
        gint64 ms;
    } units[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}};
    gsize length = strlen(text);
    guint64 count = 0;
    if (strcmp(text, "never") == 0) {
        *expires_ms = 0;
        return true;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autofree char *digits = length > 1 && text[length - 1] == units[i].unit ? g_strndup(text, length - 1) : NULL;
        if (!digits || !g_ascii_string_to_unsigned(digits, 10, 1, 100000, &count, NULL)) continue;
        *expires_ms = now_ms + (gint64)count * units[i].ms;
        return true;
    }
    if (!time_parse(text, expires_ms))
        return fail(error, ERROR_INVALID, "say when it ends as 30d, 12h, 45m, as a date (2030-01-31), or never; not \"%.60s\"", text);
    return *expires_ms > now_ms || fail(error, ERROR_INVALID, PAST_OF_TIME);
}
