/* A token's, session's or link's object; the credential itself; scopes and ends of time as people write them. */
#include "access/grant.h"
#include "access/grants.h"
#include "fuzz.h"

static void read_object(const guint8 *data, gsize size, GrantKind kind) {
    g_autoptr(json_t) json = input_json(data, size);
    g_autoptr(Grant) grant = NULL, again = NULL;
    if (!json || !FUZZ_CALL(grant_from_json(json, kind, "hansard/tokens/x.json", &grant, &error))) return;
    g_assert_true(grant_id_valid(grant->id));
    g_assert_cmpuint(grant->scopes & ~SCOPES_ALL, ==, 0);
    g_assert_cmpuint(strlen(grant->secret_sha256), ==, 64);
    g_autoptr(json_t) written = grant_to_json(grant);
    g_assert_true(grant_from_json(written, kind, "again", &again, NULL));
    fuzz_same_json(json_incref(written), grant_to_json(again));
    json_t *view = grant_view(grant);
    g_autofree char *shown = json_dumps(view, 0);
    g_assert_null(strstr(shown, grant->secret_sha256));
    json_decref(view);
}

void fuzz_access_grant(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    char id[GRANT_ID_CHARS + 1];
    GrantKind kind;
    guint scopes = 0, scopes_again = 0;
    gint64 expires_ms = 0;
    if (secret_parse(text, &kind, id)) g_assert_true(kind < GRANT_KIND_COUNT && grant_id_valid(id));
    if (FUZZ_CALL(scopes_parse(text, &scopes, &error))) {
        g_autofree char *written = scopes_text(scopes);
        g_assert_true(scopes_parse(written, &scopes_again, NULL));
        g_assert_cmpuint(scopes_again, ==, scopes);
    }
    FUZZ_CALL(grant_expiry_parse(text, 1772600767089, &expires_ms, &error));
    for (int i = 0; i < GRANT_KIND_COUNT; i++) read_object(data, size, (GrantKind)i);
}
