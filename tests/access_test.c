/* Who may come in: credentials, scopes and ends; the gate's memory and what it asks of the store; rates; the audit log. */
#include "access/audit.h"
#include "access/rate.h"

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "model/keys.h"
#include "store/memory.h"

#define START_MS 1700000000000LL
#define HOUR_MS 3600000LL

/* -- credentials --------------------------------------------------------------------------------------------------------- */

static void test_secret(void) {
    g_autofree char *text = NULL, *id = NULL, *hash = NULL, *other = NULL, *other_id = NULL, *other_hash = NULL;
    g_autoptr(GError) error = NULL;
    GrantKind kind = GRANT_KIND_COUNT;
    char found[GRANT_ID_CHARS + 1];
    g_assert_true(secret_new(GRANT_SHARE, &text, &id, &hash, &error) && secret_new(GRANT_SHARE, &other, &other_id, &other_hash, &error));
    g_assert_true(secret_parse(text, &kind, found));
    g_assert_cmpint(kind, ==, GRANT_SHARE);
    g_assert_cmpstr(found, ==, id);
    g_assert_cmpstr(text, !=, other);
    g_assert_cmpstr(id, !=, other_id);
    g_assert_null(strstr(hash, strrchr(text, '_') + 1));
    g_assert_true(secret_matches(text, hash));
    g_assert_false(secret_matches(other, hash));
    g_assert_false(secret_matches(text, ""));
    /* Nor is a digest that is the same but for its end. */
    for (gsize i = 0; i < strlen(hash); i++) {
        g_autofree char *near = g_strdup(hash);
        near[i] = near[i] == '0' ? '1' : '0';
        g_assert_false(secret_matches(text, near));
    }
    /* Any letter changed is another credential. */
    for (gsize i = 0; i < strlen(text); i++) {
        g_autofree char *changed = g_strdup(text);
        changed[i] = changed[i] == '0' ? '1' : '0';
        g_assert_false(secret_matches(changed, hash));
    }
}

static void test_secret_form(void) {
    g_autofree char *text = NULL, *id = NULL, *hash = NULL;
    g_assert_true(secret_new(GRANT_TOKEN, &text, &id, &hash, NULL));
    GrantKind kind;
    char found[GRANT_ID_CHARS + 1];
    g_autofree char *longer = g_strconcat(text, "0", NULL), *upper = g_ascii_strup(text, -1), *shorter = g_strndup(text, strlen(text) - 1);
    g_autofree char *slash = g_strdup(text), *joint = g_strdup(text);
    slash[6] = '/';
    joint[4 + GRANT_ID_CHARS] = '-';
    const char *const bad[] = {"",    "hat_", longer, shorter,
                               upper, slash,  joint,  "hat_../../../../etc/pa_000000000000000000000000000000000000000000000000"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) g_assert_false(secret_parse(bad[i], &kind, found));
    g_assert_false(grant_id_valid("0123456789abcde"));
    g_assert_false(grant_id_valid("0123456789ABCDEF"));
    g_assert_false(grant_id_valid(NULL));
}

static void test_scopes(void) {
    guint scopes = 0;
    g_autoptr(GError) error = NULL;
    g_assert_true(scopes_parse("read, write", &scopes, NULL));
    g_assert_cmpuint(scopes, ==, SCOPE_READ | SCOPE_WRITE);
    g_assert_true(scopes_allow(SCOPE_READ, SCOPE_READ));
    g_assert_false(scopes_allow(SCOPE_READ, SCOPE_WRITE));
    g_assert_false(scopes_allow(SCOPE_WRITE, SCOPE_READ)); /* a recorder that only sends */
    g_assert_false(scopes_allow(SCOPE_READ | SCOPE_WRITE, SCOPE_ADMIN));
    g_assert_true(scopes_allow(SCOPE_ADMIN, SCOPE_READ));
    g_assert_true(scopes_allow(SCOPE_ADMIN, SCOPE_WRITE));
    g_assert_false(scopes_allow(0, SCOPE_READ));
    static const char *const bad[] = {"", "root", "read,", "READ", "read write"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_clear_error(&error);
        g_assert_false(scopes_parse(bad[i], &scopes, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
    }
}

static void test_expiry(void) {
    static const struct {
        const char *text;
        gint64 expires_ms; /* −1: refused */
    } cases[] = {{"never", 0},
                 {"30d", START_MS + 30 * 24 * HOUR_MS},
                 {"12h", START_MS + 12 * HOUR_MS},
                 {"1m", START_MS + 60000},
                 {"2023-11-15", 1700006400000},
                 {"2023-11-14", -1},
                 {"0d", -1},
                 {"-1d", -1},
                 {"d", -1},
                 {"soon", -1},
                 {"99999999999999d", -1},
                 {"1.5d", -1},
                 {"", -1}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 expires_ms = -2;
        g_test_message("%s", cases[i].text);
        g_assert_true(grant_expiry_parse(cases[i].text, START_MS, &expires_ms, NULL) == (cases[i].expires_ms >= 0));
        if (cases[i].expires_ms >= 0) g_assert_cmpint(expires_ms, ==, cases[i].expires_ms);
    }
}

static void test_json(void) {
    static const char whole[] =
        "{'kind':'token','id':'0123456789abcdef','name':'Ann','scopes':['read'],'created':'2023-11-14T00:00:00.000Z','expires':null,"
        "'secret_sha256':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}";
    static const struct {
        const char *member, *value; /* NULL: taken away */
    } cases[] = {
        {"kind", "'share'"},  {"id", "'x'"},     {"id", NULL},          {"scopes", "[]"}, {"scopes", "['read','root']"}, {"scopes", NULL},
        {"scopes", "'read'"}, {"scopes", "[1]"}, {"expires", "'soon'"}, {"expires", "5"}, {"secret_sha256", NULL},       {"secret_sha256", "'aa'"},
        {"created", "'?'"},   {"name", "1"}};
    g_autofree char *text = g_strdelimit(g_strdup(whole), "'", '"');
    g_autoptr(json_t) json = json_parse_object(text, strlen(text), "", NULL);
    g_autoptr(Grant) grant = NULL;
    g_assert_true(grant_from_json(json, GRANT_TOKEN, "k", &grant, NULL));
    g_assert_cmpstr(grant->name, ==, "Ann");
    g_assert_cmpuint(grant->scopes, ==, SCOPE_READ);
    g_autoptr(json_t) view = grant_view(grant);
    g_assert_null(json_object_get(view, "secret_sha256"));
    g_assert_false(grant_from_json(json, GRANT_SHARE, "k", &grant, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) changed = json_deep_copy(json);
        g_autofree char *value = cases[i].value ? g_strdelimit(g_strdup(cases[i].value), "'", '"') : NULL;
        g_autoptr(GError) error = NULL;
        Grant *none = NULL;
        if (value)
            json_object_set_new(changed, cases[i].member, json_loads(value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(changed, cases[i].member);
        g_test_message("%s = %s", cases[i].member, cases[i].value);
        g_assert_false(grant_from_json(changed, GRANT_TOKEN, "hansard/tokens/x.json", &none, &error));
        g_assert_true(error_is(error, ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, "hansard/tokens/x.json"));
    }
}

/* -- the gate ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    FakeClock clock;
    Store *memory;
    FaultyStore *store;
    Gate *gate;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused) {
    fixture->clock = (FakeClock)FAKE_CLOCK(START_MS);
    fixture->memory = store_memory_new(&fixture->clock.base);
    fixture->store = (FaultyStore *)faulty_store_new(fixture->memory, FAULT_NONE, 0);
    fixture->gate = gate_new(&fixture->store->base, &fixture->clock.base, false, false);
}

static void tear_down(Fixture *fixture, gconstpointer unused) {
    gate_free(fixture->gate);
    store_close(&fixture->store->base);
    store_close(fixture->memory);
}

static Grant *make_token(Fixture *fixture, guint scopes, gint64 expires_ms, char **text) {
    Grant *token = NULL;
    g_autoptr(GError) error = NULL;
    token_create(fixture->memory, &fixture->clock.base, "Ann", scopes, expires_ms, &token, text, &error);
    g_assert_no_error(error);
    return token;
}

/* The error's code; ERROR_CODE_COUNT: let in. */
static int enter(Fixture *fixture, const char *text, const char *meeting_id, Caller *caller) {
    g_autoptr(GError) error = NULL;
    bool wait = true;
    caller_clear(caller);
    if (gate_identify(fixture->gate, text, meeting_id, true, caller, &wait, &error)) return wait ? -1 : ERROR_CODE_COUNT;
    g_assert_false(wait);
    return error->code;
}

static void test_gate(Fixture *fixture, gconstpointer unused) {
    g_autofree char *text = NULL, *stranger = NULL, *id = NULL, *hash = NULL;
    g_autoptr(Grant) token = make_token(fixture, SCOPE_READ, START_MS + HOUR_MS, &text);
    g_auto(Caller) caller = {0};
    g_autoptr(GError) error = NULL;
    bool wait = false;
    g_assert_true(secret_new(GRANT_TOKEN, &stranger, &id, &hash, NULL));

    /* Without leave to wait nothing is read. */
    g_assert_true(gate_identify(fixture->gate, text, NULL, false, &caller, &wait, &error));
    g_assert_true(wait);
    g_assert_cmpint(fixture->store->operations, ==, 0);
    g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_CODE_COUNT);
    g_assert_cmpint(caller.kind, ==, CALLER_TOKEN);
    g_assert_cmpstr(caller.id, ==, token->id);
    g_assert_cmpuint(caller.scopes, ==, SCOPE_READ);
    int operations = fixture->store->operations;
    g_assert_true(gate_remembers(fixture->gate, text, NULL));

    /* Remembered: no look, be the secret right or wrong. */
    g_autofree char *wrong = g_strdup(text);
    wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == '0' ? '1' : '0';
    for (int i = 0; i < 100; i++) {
        g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_CODE_COUNT);
        g_assert_cmpint(enter(fixture, wrong, NULL, &caller), ==, ERROR_UNAUTHORIZED);
    }
    g_assert_cmpint(fixture->store->operations, ==, operations);

    /* One that is not there is looked for once. */
    for (int i = 0; i < 100; i++) g_assert_cmpint(enter(fixture, stranger, NULL, &caller), ==, ERROR_UNAUTHORIZED);
    g_assert_cmpint(fixture->store->operations, ==, operations + 1);

    fixture->clock.now += HOUR_MS;
    g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_UNAUTHORIZED);
}

static void test_gate_revoked(Fixture *fixture, gconstpointer unused) {
    g_autofree char *text = NULL, *cookie = NULL;
    g_autoptr(Grant) token = make_token(fixture, SCOPE_ADMIN, 0, &text);
    g_autoptr(Grant) session = NULL;
    g_auto(Caller) caller = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(session_create(fixture->memory, &fixture->clock.base, token->id, token->name, 0, &session, &cookie, &error));
    g_assert_cmpint(enter(fixture, cookie, NULL, &caller), ==, ERROR_CODE_COUNT);
    g_assert_cmpint(caller.kind, ==, CALLER_SESSION);
    g_assert_cmpstr(caller.id, ==, token->id);
    g_assert_cmpstr(caller.session_id, ==, session->id);
    g_assert_cmpuint(caller.scopes, ==, SCOPE_ADMIN);

    /* The token's end is that of its sessions. */
    g_assert_true(grant_revoke(fixture->memory, GRANT_TOKEN, token->id, NULL, &error));
    gate_forget(fixture->gate, GRANT_TOKEN, token->id, NULL);
    g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_UNAUTHORIZED);
    g_assert_cmpint(enter(fixture, cookie, NULL, &caller), ==, ERROR_UNAUTHORIZED);
    g_assert_false(grant_revoke(fixture->memory, GRANT_TOKEN, token->id, NULL, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
}

static void test_session_end(Fixture *fixture, gconstpointer unused) {
    g_autofree char *text = NULL, *cookie = NULL, *second_cookie = NULL;
    g_autoptr(Grant) token = make_token(fixture, SCOPE_READ, 0, &text);
    g_autoptr(Grant) session = NULL;
    g_auto(Caller) caller = {0};
    g_assert_true(session_create(fixture->memory, &fixture->clock.base, token->id, "Ann", 0, &session, &cookie, NULL));
    g_assert_cmpint(session->expires_ms, ==, START_MS + SESSION_AGE_MS);
    fixture->clock.now = session->expires_ms - 1;
    g_assert_cmpint(enter(fixture, cookie, NULL, &caller), ==, ERROR_CODE_COUNT);
    fixture->clock.now = session->expires_ms;
    g_assert_cmpint(enter(fixture, cookie, NULL, &caller), ==, ERROR_UNAUTHORIZED);
    /* The next sign-in sweeps it away; and no session outlives its token. */
    fixture->clock.now++;
    Grant *next = NULL;
    g_assert_true(session_create(fixture->memory, &fixture->clock.base, token->id, "Ann", fixture->clock.now + 5, &next, &second_cookie, NULL));
    g_assert_cmpint(next->expires_ms, ==, fixture->clock.now + 5);
    grant_unref(next);
    g_autofree char *key = grant_key(GRANT_SESSION, session->id, NULL);
    g_auto(StoreInfo) info = {0};
    g_assert_false(store_head(fixture->memory, key, &info, NULL));
}

static void test_share(Fixture *fixture, gconstpointer unused) {
    g_autofree char *text = NULL;
    g_autoptr(Grant) share = NULL;
    g_autoptr(GPtrArray) shares = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Caller) caller = {0};
    guint unreadable = 1;
    g_assert_true(share_create(fixture->memory, &fixture->clock.base, "meeting-1", "Bob", NULL, START_MS + HOUR_MS, &share, &text, &error));
    g_assert_cmpint(enter(fixture, text, "meeting-1", &caller), ==, ERROR_CODE_COUNT);
    g_assert_cmpint(caller.kind, ==, CALLER_SHARE);
    g_assert_cmpuint(caller.scopes, ==, 0);
    g_assert_cmpstr(caller.meeting_id, ==, "meeting-1");
    g_assert_cmpint(enter(fixture, text, "meeting-2", &caller), ==, ERROR_UNAUTHORIZED);
    g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_UNAUTHORIZED);

    /* A copy of the object under another meeting's key opens nothing. */
    g_autofree char *from = grant_key(GRANT_SHARE, share->id, "meeting-1"), *to = grant_key(GRANT_SHARE, share->id, "meeting-3");
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(store_get(fixture->memory, from, GRANT_BYTES_MAX, &bytes, NULL, NULL) && store_put(fixture->memory, to, bytes, NULL, NULL, NULL));
    g_assert_cmpint(enter(fixture, text, "meeting-3", &caller), !=, ERROR_CODE_COUNT);

    g_assert_true(shares_list(fixture->memory, "meeting-1", &shares, &unreadable, NULL));
    g_assert_cmpuint(shares->len, ==, 1);
    g_assert_cmpuint(unreadable, ==, 0);
    g_assert_true(grant_revoke(fixture->memory, GRANT_SHARE, share->id, "meeting-1", NULL));
    gate_forget(fixture->gate, GRANT_SHARE, share->id, "meeting-1");
    g_assert_cmpint(enter(fixture, text, "meeting-1", &caller), ==, ERROR_UNAUTHORIZED);
    Grant *endless = NULL;
    g_autofree char *none = NULL;
    g_assert_false(share_create(fixture->memory, &fixture->clock.base, "meeting-1", "", NULL, 0, &endless, &none, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
}

/* Where the store does not answer nobody comes in, and the next one is looked for anew. */
static void test_gate_store_fails(Fixture *fixture, gconstpointer unused) {
    g_autofree char *text = NULL;
    g_autoptr(Grant) token = make_token(fixture, SCOPE_READ, 0, &text);
    g_assert_nonnull(token);
    g_auto(Caller) caller = {0};
    fixture->store->mode = FAULT_ONCE;
    fixture->store->fail_at = 1;
    g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_IO);
    g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_CODE_COUNT);
}

static void test_gate_opens_without_tokens(Fixture *fixture, gconstpointer unused) {
    g_autofree char *text = NULL;
    bool guarded = true, wait = false;
    g_assert_true(gate_guarded(fixture->gate, false, &guarded, &wait, NULL));
    g_assert_true(wait);
    g_assert_true(gate_guarded(fixture->gate, true, &guarded, &wait, NULL));
    g_assert_false(guarded || wait);
    g_autoptr(Grant) token = make_token(fixture, SCOPE_READ, START_MS + 1, &text);
    gate_forget(fixture->gate, GRANT_TOKEN, token->id, NULL);
    g_assert_true(gate_guarded(fixture->gate, false, &guarded, &wait, NULL));
    g_assert_true(guarded && !wait);
    /* The last one revoked: it stays closed. */
    g_assert_true(grant_revoke(fixture->memory, GRANT_TOKEN, token->id, NULL, NULL));
    gate_forget(fixture->gate, GRANT_TOKEN, token->id, NULL);
    g_assert_true(gate_guarded(fixture->gate, true, &guarded, &wait, NULL));
    g_assert_true(guarded);
    g_autoptr(GError) error = NULL;
    Gate *open = gate_new(&fixture->store->base, &fixture->clock.base, true, true);
    g_assert_true(gate_guarded(open, false, &guarded, &wait, &error));
    g_assert_false(guarded || wait);
    gate_free(open);
}

static void test_gate_is_bounded(Fixture *fixture, gconstpointer unused) {
    g_auto(Caller) caller = {0};
    g_autofree char *text = NULL;
    g_autoptr(Grant) token = make_token(fixture, SCOPE_READ, 0, &text);
    g_assert_nonnull(token);
    for (int i = 0; i < GATE_ENTRIES_MAX + 100; i++) {
        g_autofree char *stranger = g_strdup_printf("hat_%016x_%048x", i, i);
        g_assert_cmpint(enter(fixture, stranger, NULL, &caller), ==, ERROR_UNAUTHORIZED);
    }
    g_assert_cmpint(enter(fixture, text, NULL, &caller), ==, ERROR_CODE_COUNT);
}

typedef struct {
    Fixture *fixture;
    const char *text;
    int refused;
} Visitor;

static gpointer visit(gpointer data) {
    Visitor *visitor = data;
    for (int i = 0; i < 300; i++) {
        g_auto(Caller) caller = {0};
        visitor->refused += enter(visitor->fixture, visitor->text, NULL, &caller) != ERROR_CODE_COUNT;
    }
    return NULL;
}

/* Many at one time, while it is forgotten again and again: each is let in. */
static void test_gate_threads(Fixture *fixture, gconstpointer unused) {
    g_autofree char *text = NULL;
    g_autoptr(Grant) token = make_token(fixture, SCOPE_READ, 0, &text);
    Visitor visitors[4];
    GThread *threads[4];
    for (int i = 0; i < 4; i++) {
        visitors[i] = (Visitor){fixture, text, 0};
        threads[i] = g_thread_new("visitor", visit, &visitors[i]);
    }
    for (int i = 0; i < 300; i++) gate_forget(fixture->gate, GRANT_TOKEN, token->id, NULL);
    for (int i = 0; i < 4; i++) {
        g_thread_join(threads[i]);
        g_assert_cmpint(visitors[i].refused, ==, 0);
    }
}

/* -- rates --------------------------------------------------------------------------------------------------------------- */

static void test_rate(void) {
    Rate *rate = rate_new(2, 5, 10);
    gint64 now_us = 1000;
    guint wait_s = 0;
    for (int i = 0; i < 5; i++) g_assert_true(rate_take(rate, "a", now_us, &wait_s));
    g_assert_false(rate_take(rate, "a", now_us, &wait_s));
    g_assert_cmpuint(wait_s, ==, 1);
    g_assert_false(rate_has(rate, "a", now_us, &wait_s));
    g_assert_true(rate_take(rate, "b", now_us, &wait_s));
    now_us += G_USEC_PER_SEC / 2;
    g_assert_true(rate_has(rate, "a", now_us, &wait_s));
    g_assert_true(rate_take(rate, "a", now_us, &wait_s));
    g_assert_false(rate_take(rate, "a", now_us, &wait_s));
    now_us += 1000 * G_USEC_PER_SEC; /* never more than the burst */
    for (int i = 0; i < 5; i++) g_assert_true(rate_take(rate, "a", now_us, &wait_s));
    g_assert_false(rate_take(rate, "a", now_us, &wait_s));
    /* The table is full of others; those who still owe something are the last to be forgotten. */
    for (int i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("%d", i);
        now_us += G_USEC_PER_SEC / 2;
        g_assert_true(rate_take(rate, name, now_us, &wait_s));
    }
    rate_free(rate);
    rate = rate_new(0.1, 1, 10);
    g_assert_true(rate_take(rate, "a", 0, &wait_s));
    g_assert_false(rate_take(rate, "a", 0, &wait_s));
    g_assert_cmpuint(wait_s, ==, 10);
    rate_free(rate);
}

/* -- the audit log ------------------------------------------------------------------------------------------------------- */

static int reports;
static void count_report(const char *what, const GError *error) { g_atomic_int_inc(&reports); }

static bool note_entry(const json_t *entry, gpointer list, GError **error) {
    json_array_append((json_t *)list, (json_t *)entry);
    return true;
}

static json_t *read_audit(Fixture *fixture) {
    json_t *entries = json_array();
    guint damaged = 1;
    g_assert_true(audit_read(fixture->memory, START_MS - HOUR_MS, START_MS + HOUR_MS, note_entry, entries, &damaged, NULL));
    g_assert_cmpuint(damaged, ==, 0);
    return entries;
}

static void test_audit(Fixture *fixture, gconstpointer unused) {
    Audit *audit = audit_new(&fixture->store->base, &fixture->clock.base, "host name/1", count_report);
    Caller ann = {.kind = CALLER_TOKEN, .id = (char *)"0123456789abcdef", .name = (char *)"Ann \"\n"};
    AuditEntry entry = {.action = "meeting.delete", .who = &ann, .subject = "meeting-1", .address = "127.0.0.1", .status = 200};
    for (int i = 0; i < AUDIT_BATCH_MAX + 10; i++) audit_add(audit, &entry);
    AuditEntry refusal = {.action = "session.refused", .who = &(Caller){0}, .address = "10.0.0.1", .status = 401, .refused = true};
    for (int i = 0; i < AUDIT_REFUSALS_A_MINUTE + 25; i++) audit_add(audit, &refusal);
    audit_free(audit);
    g_autoptr(json_t) entries = read_audit(fixture);
    gsize total = json_array_size(entries);
    const json_t *first = json_array_get(entries, 0);
    g_assert_cmpstr(json_get_string(first, "action", NULL), ==, "meeting.delete");
    g_assert_cmpstr(json_get_string(json_object_get(first, "who"), "name", NULL), ==, "Ann \"\n");
    g_assert_cmpstr(json_get_string(first, "time", NULL), ==, "2023-11-14T22:13:20.000Z");
    gint64 missing = 0;
    for (gsize i = 0; i < total; i++) missing += json_get_int(json_array_get(entries, i), "count", 0);
    g_assert_cmpint(missing, >=, 20); /* the minute's bucket may have filled by a few meanwhile */
    g_assert_cmpuint(total, <=, AUDIT_BATCH_MAX + 10 + AUDIT_REFUSALS_A_MINUTE + 5 + 2);
    g_assert_cmpuint(total, >=, AUDIT_BATCH_MAX + 10 + AUDIT_REFUSALS_A_MINUTE + 1);
}

/* The store fails: nobody waits, what is too much is counted, and it is told once. */
static void test_audit_store_fails(Fixture *fixture, gconstpointer unused) {
    fixture->store->mode = FAULT_CRASH;
    fixture->store->fail_at = 1;
    g_atomic_int_set(&reports, 0);
    Audit *audit = audit_new(&fixture->store->base, &fixture->clock.base, "server", count_report);
    AuditEntry entry = {.action = "meeting.edit", .who = &(Caller){.kind = CALLER_LOCAL}, .subject = "meeting-1"};
    gint64 began_us = g_get_monotonic_time();
    for (int i = 0; i < AUDIT_WAITING_MAX + 50; i++) audit_add(audit, &entry);
    g_assert_cmpint(g_get_monotonic_time() - began_us, <, 5 * G_USEC_PER_SEC);
    for (int i = 0; i < 300 && g_atomic_int_get(&reports) == 0; i++) g_usleep(10000);
    g_assert_cmpint(g_atomic_int_get(&reports), ==, 1);
    fixture->store->mode = FAULT_NONE; /* it comes back; the end writes everything */
    audit_free(audit);
    g_autoptr(json_t) entries = read_audit(fixture);
    gint64 missing = 0;
    for (gsize i = 0; i < json_array_size(entries); i++) missing += json_get_int(json_array_get(entries, i), "count", 0);
    g_assert_cmpint(missing, ==, 50);
    g_assert_cmpuint(json_array_size(entries), ==, AUDIT_WAITING_MAX + 1);
}

static void test_audit_damaged(Fixture *fixture, gconstpointer unused) {
    static const char lines[] =
        "{\"time\":\"2023-11-14T22:13:20.000Z\",\"action\":\"a\"}\nno json\n\n{\"time\":\"2023-11-14T22:13:20.000Z\",\"action\":\"b\"}";
    g_autoptr(GBytes) bytes = g_bytes_new_static(lines, strlen(lines));
    g_autoptr(json_t) entries = json_array();
    guint damaged = 0;
    g_assert_true(store_put(fixture->memory, PREFIX_AUDIT "2023-11-14/x.jsonl", bytes, NULL, NULL, NULL));
    g_assert_true(audit_read(fixture->memory, START_MS - HOUR_MS, START_MS + HOUR_MS, note_entry, entries, &damaged, NULL));
    g_assert_cmpuint(json_array_size(entries), ==, 2);
    g_assert_cmpuint(damaged, ==, 1);
}

static void test_limits(Fixture *fixture, gconstpointer unused) {
    g_autofree char *name = g_strnfill(TOKEN_NAME_BYTES_MAX, 'n'), *longer = g_strnfill(TOKEN_NAME_BYTES_MAX + 1, 'n'), *text = NULL, *none = NULL;
    g_autoptr(Grant) token = NULL;
    g_autoptr(GError) error = NULL;
    Grant *refused = NULL;
    g_assert_true(token_create(fixture->memory, &fixture->clock.base, name, SCOPE_READ, 0, &token, &text, NULL));
    g_assert_false(token_create(fixture->memory, &fixture->clock.base, longer, SCOPE_READ, 0, &refused, &none, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_clear_error(&error);
    g_assert_false(token_create(fixture->memory, &fixture->clock.base, "", SCOPE_READ, START_MS, &refused, &none, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_clear_error(&error);
    for (int i = 0; i < SHARES_MAX; i++) {
        g_autoptr(Grant) share = NULL;
        g_autofree char *link = NULL;
        g_assert_true(share_create(fixture->memory, &fixture->clock.base, "m", NULL, NULL, START_MS + 1, &share, &link, NULL));
    }
    g_assert_false(share_create(fixture->memory, &fixture->clock.base, "m", NULL, NULL, START_MS + 1, &refused, &none, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/access/secret", test_secret);
    g_test_add_func("/access/secret-form", test_secret_form);
    g_test_add_func("/access/scopes", test_scopes);
    g_test_add_func("/access/expiry", test_expiry);
    g_test_add_func("/access/json", test_json);
    g_test_add_func("/access/rate", test_rate);
#define WITH_STORE(name, function) g_test_add("/access/" name, Fixture, NULL, set_up, function, tear_down)
    WITH_STORE("gate", test_gate);
    WITH_STORE("gate-revoked", test_gate_revoked);
    WITH_STORE("session-end", test_session_end);
    WITH_STORE("share", test_share);
    WITH_STORE("gate-store-fails", test_gate_store_fails);
    WITH_STORE("gate-opens-without-tokens", test_gate_opens_without_tokens);
    WITH_STORE("gate-is-bounded", test_gate_is_bounded);
    WITH_STORE("gate-threads", test_gate_threads);
    WITH_STORE("audit", test_audit);
    WITH_STORE("audit-store-fails", test_audit_store_fails);
    WITH_STORE("audit-damaged", test_audit_damaged);
    WITH_STORE("limits", test_limits);
    return g_test_run();
}
