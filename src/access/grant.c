/* The value, its JSON and its scopes. */
#include "access/grant.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "model/keys.h"

#define HASH_CHARS 64

static const struct {
    Scope scope;
    const char *name;
} scope_names[] = {{SCOPE_READ, "read"}, {SCOPE_WRITE, "write"}, {SCOPE_ADMIN, "admin"}};

static const char *const kind_names[GRANT_KIND_COUNT] = {[GRANT_TOKEN] = "token", [GRANT_SESSION] = "session", [GRANT_SHARE] = "share"};

/* -- scopes -------------------------------------------------------------------------------------------------------------- */

static guint scope_named(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(scope_names); i++)
        if (strcmp(scope_names[i].name, name) == 0) return scope_names[i].scope;
    return 0;
}

bool scopes_parse(const char *text, guint *scopes, GError **error) {
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    guint found = 0;
    for (guint i = 0; words[i]; i++) {
        guint scope = scope_named(g_strstrip(words[i]));
        if (scope == 0) return fail(error, ERROR_INVALID, "a scope is read, write or admin, several with commas between; not \"%.40s\"", words[i]);
        found |= scope;
    }
    *scopes = found;
    return found != 0 || fail(error, ERROR_INVALID, "name at least one scope: read, write or admin");
}

char *scopes_text(guint scopes) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(scope_names); i++)
        if (scopes & scope_names[i].scope) g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", scope_names[i].name);
    return g_string_free(text, FALSE);
}

json_t *scopes_to_json(guint scopes) {
    json_t *array = json_array();
    for (gsize i = 0; i < G_N_ELEMENTS(scope_names); i++)
        if (scopes & scope_names[i].scope) json_array_append_new(array, json_string(scope_names[i].name));
    return array;
}

bool scopes_allow(guint scopes, Scope needed) { return (scopes & (needed | SCOPE_ADMIN)) != 0; }

/* -- the value ----------------------------------------------------------------------------------------------------------- */

Grant *grant_new(GrantKind kind) {
    Grant *grant = g_atomic_rc_box_new0(Grant);
    grant->kind = kind;
    return grant;
}

Grant *grant_ref(Grant *grant) { return g_atomic_rc_box_acquire(grant); }

static void clear(gpointer data) {
    Grant *grant = data;
    g_free(grant->id);
    g_free(grant->name);
    g_free(grant->secret_sha256);
    g_free(grant->token_id);
    g_free(grant->meeting_id);
}

void grant_unref(Grant *grant) {
    if (grant) g_atomic_rc_box_release_full(grant, clear);
}

bool grant_has_expired(const Grant *grant, gint64 now_ms) { return grant->expires_ms != 0 && now_ms >= grant->expires_ms; }

static json_t *time_or_null(gint64 unix_ms) {
    g_autofree char *text = unix_ms ? time_format(unix_ms) : NULL;
    return json_text(text);
}

json_t *grant_view(const Grant *grant) {
    json_t *json = json_pack("{s:s, s:o, s:o, s:o}", "id", grant->id, "name", json_text(grant->name), "created", time_or_null(grant->created_ms),
                             "expires", time_or_null(grant->expires_ms));
    if (grant->kind == GRANT_TOKEN) json_object_set_new(json, "scopes", scopes_to_json(grant->scopes));
    if (grant->meeting_id) json_object_set_new(json, "meeting_id", json_text(grant->meeting_id));
    if (grant->token_id) json_object_set_new(json, "token_id", json_text(grant->token_id));
    return json;
}

json_t *grant_to_json(const Grant *grant) {
    json_t *json = grant_view(grant);
    json_object_set_new(json, "kind", json_string(kind_names[grant->kind]));
    json_object_set_new(json, "secret_sha256", json_text(grant->secret_sha256));
    return json;
}

/* -- reading ------------------------------------------------------------------------------------------------------------- */

static bool read_text(const json_t *json, const char *name, gsize bytes_max, char **text) {
    const json_t *value = json_object_get(json, name);
    if (!value || json_is_null(value)) return true;
    if (!json_is_string(value) || json_string_length(value) > bytes_max) return false;
    *text = g_strdup(json_string_value(value));
    return true;
}

static bool read_time(const json_t *json, const char *name, gint64 *unix_ms) {
    const json_t *value = json_object_get(json, name);
    if (!value || json_is_null(value)) return true;
    return time_parse(json_string_value(value), unix_ms) && *unix_ms > 0;
}

static bool read_scopes(const json_t *json, guint *scopes) {
    const json_t *array = json_object_get(json, "scopes"), *value;
    gsize i;
    json_array_foreach(array, i, value) {
        guint scope = json_is_string(value) ? scope_named(json_string_value(value)) : 0;
        if (scope == 0) return false; /* of a later version: rather nobody comes in than too many */
        *scopes |= scope;
    }
    return *scopes != 0;
}

static bool read_hash(const json_t *json, char **hash) {
    return read_text(json, "secret_sha256", HASH_CHARS, hash) && *hash && strlen(*hash) == HASH_CHARS;
}

static bool read_kind(const json_t *json, Grant *grant, const char **member) {
    switch (grant->kind) {
    case GRANT_TOKEN:
        *member = "scopes";
        return read_scopes(json, &grant->scopes);
    case GRANT_SESSION:
        *member = "token_id";
        return grant_id_valid(grant->token_id);
    case GRANT_SHARE:
        *member = "meeting_id";
        return meeting_id_valid(grant->meeting_id);
    case GRANT_KIND_COUNT:
        break;
    }
    return false;
}

static bool read_all(const json_t *json, Grant *grant, const char **member) {
    bool whole = strcmp(json_get_string(json, *member = "kind", ""), kind_names[grant->kind]) == 0 &&
                 read_text(json, *member = "id", GRANT_ID_CHARS, &grant->id) && grant_id_valid(grant->id) &&
                 read_text(json, *member = "name", TOKEN_NAME_BYTES_MAX, &grant->name) && read_hash(json, &grant->secret_sha256) &&
                 read_time(json, *member = "created", &grant->created_ms) && read_time(json, *member = "expires", &grant->expires_ms) &&
                 read_text(json, *member = "token_id", GRANT_ID_CHARS, &grant->token_id) &&
                 read_text(json, *member = "meeting_id", MEETING_ID_BYTES_MAX, &grant->meeting_id);
    if (!whole || !read_kind(json, grant, member)) return false;
    *member = "expires";
    return grant->expires_ms > 0 || grant->kind == GRANT_TOKEN;
}

bool grant_from_json(const json_t *json, GrantKind kind, const char *key, Grant **grant, GError **error) {
    g_autoptr(Grant) read = grant_new(kind);
    const char *member = "kind";
    if (!json_is_object(json) || !read_all(json, read, &member))
        return fail(error, ERROR_CORRUPT, "%s has no valid \"%s\": remove the object", key, member);
    *grant = g_steal_pointer(&read);
    return true;
}
