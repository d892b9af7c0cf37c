/* The table of what was seen, key by key. A look that began before something was forgotten is not remembered. */
#include "access/gate.h"

#include "base/limits.h"
#include "base/text.h"

#define LOOK_US (GATE_LOOK_MS * G_GINT64_CONSTANT(1000))

typedef struct {
    Grant *grant; /* NULL: there was none */
    char *etag;
    gint64 seen_us; /* monotonic: when the look began */
    bool being_looked_at;
} Seen;

struct Gate {
    Store *store;
    Clock *clock;
    bool open;
    GMutex mutex; /* guards the rest */
    GCond looked;
    GTree *seen;      /* key → Seen */
    guint64 revision; /* raised by each forgetting */
    bool guarded;
    gint64 none_seen_us; /* monotonic: when there was no token; 0: never looked */
};

static void seen_free(gpointer data) {
    Seen *seen = data;
    grant_unref(seen->grant);
    g_free(seen->etag);
    g_free(seen);
}

Gate *gate_new(Store *store, Clock *clock, bool open, bool guarded) {
    Gate *gate = g_new0(Gate, 1);
    gate->store = store;
    gate->clock = clock;
    gate->open = open;
    gate->guarded = guarded;
    g_mutex_init(&gate->mutex);
    g_cond_init(&gate->looked);
    gate->seen = text_map_new(g_free, seen_free);
    return gate;
}

void gate_free(Gate *gate) {
    if (!gate) return;
    g_tree_unref(gate->seen);
    g_cond_clear(&gate->looked);
    g_mutex_clear(&gate->mutex);
    g_free(gate);
}

void caller_clear(Caller *caller) {
    g_free(caller->id);
    g_free(caller->name);
    g_free(caller->session_id);
    g_free(caller->meeting_id);
    *caller = (Caller){0};
}

const char *caller_kind_name(CallerKind kind) {
    static const char *const names[] = {"nobody", "local", "token", "session", "share"};
    return names[kind];
}

/* -- whether anything is needed ------------------------------------------------------------------------------------------ */

bool gate_guarded(Gate *gate, bool may_wait, bool *guarded, bool *wait, GError **error) {
    gint64 now_us = g_get_monotonic_time();
    bool any = false;
    *wait = false;
    g_mutex_lock(&gate->mutex);
    *guarded = gate->guarded && !gate->open;
    bool known = gate->open || gate->guarded || (gate->none_seen_us > 0 && now_us - gate->none_seen_us < LOOK_US);
    g_mutex_unlock(&gate->mutex);
    if (known) return true;
    if (!may_wait) {
        *wait = true;
        return true;
    }
    if (!tokens_any(gate->store, &any, error)) return false;
    g_mutex_lock(&gate->mutex);
    if (any)
        gate->guarded = true;
    else
        gate->none_seen_us = now_us;
    *guarded = gate->guarded;
    g_mutex_unlock(&gate->mutex);
    return true;
}

/* -- what is remembered -------------------------------------------------------------------------------------------------- */

typedef struct {
    GrantKind kind;
    char id[GRANT_ID_CHARS + 1];
    const char *meeting_id; /* of a share */
    const char *text;       /* NULL: only its being there counts */
} Shown;

static bool is_fresh(const Seen *seen, gint64 now_us) { return seen && now_us - seen->seen_us < LOOK_US; }

static bool fail_unknown(GrantKind kind, GError **error) {
    static const char *const sentences[GRANT_KIND_COUNT] = {[GRANT_TOKEN] =
                                                                "the token is not known: it is mistyped, revoked, or of another workspace",
                                                            [GRANT_SESSION] = "your session has ended: sign in again",
                                                            [GRANT_SHARE] = "this link does not hold: it was revoked, or it is not whole"};
    return fail(error, ERROR_UNAUTHORIZED, "%s", sentences[kind]);
}

/* Judges by the grant; `*grant` gets a reference. */
static bool judge(Gate *gate, Grant *known, const Shown *shown, Grant **grant, GError **error) {
    static const char *const names[GRANT_KIND_COUNT] = {[GRANT_TOKEN] = "the token", [GRANT_SESSION] = "your session", [GRANT_SHARE] = "this link"};
    if (!known || (shown->text && !secret_matches(shown->text, known->secret_sha256))) return fail_unknown(shown->kind, error);
    if (grant_has_expired(known, clock_now_ms(gate->clock))) return fail(error, ERROR_UNAUTHORIZED, "%s has expired", names[known->kind]);
    *grant = grant_ref(known);
    return true;
}

static gboolean is_stale(gpointer key, gpointer value, gpointer keys) {
    if (!is_fresh(value, g_get_monotonic_time()) && !((Seen *)value)->being_looked_at) g_ptr_array_add(keys, key);
    return FALSE;
}

/* Under the lock. When the table is full what is stale goes first; a crowd of strangers can at worst cost everyone a look. */
static void make_room(Gate *gate) {
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    if (g_tree_nnodes(gate->seen) < GATE_ENTRIES_MAX) return;
    g_tree_foreach(gate->seen, is_stale, keys);
    for (guint i = 0; i < keys->len; i++) g_tree_remove(gate->seen, g_ptr_array_index(keys, i));
    if (g_tree_nnodes(gate->seen) >= GATE_ENTRIES_MAX) {
        g_tree_unref(gate->seen);
        gate->seen = text_map_new(g_free, seen_free);
    }
}

/* Asks the store. `*now` NULL: there is none; `*etag` as it stands. */
static bool ask(Gate *gate, const Shown *shown, const char *key, Grant *before, const char *etag_before, Grant **now, char **etag, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (before) {
        g_auto(StoreInfo) info = {0};
        if (store_head(gate->store, key, &info, &problem) && g_strcmp0(info.etag, etag_before) == 0) {
            *now = grant_ref(before);
            *etag = g_strdup(etag_before);
            return true;
        }
        if (problem && !error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        g_clear_error(&problem);
    }
    if (grant_read(gate->store, shown->kind, shown->id, shown->meeting_id, now, etag, &problem)) return true;
    /* What is damaged is none: the list of tokens and the doctor tell of it, not a stranger's answer. */
    if (error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* Looks in the store and remembers, once for all who ask at the time. Enters and leaves with the lock held. */
static bool look(Gate *gate, const Shown *shown, const char *key, Grant **found, GError **error) {
    gint64 began_us = g_get_monotonic_time();
    guint64 revision = gate->revision;
    Seen *seen = g_tree_lookup(gate->seen, key);
    g_autoptr(Grant) before = seen && seen->grant ? grant_ref(seen->grant) : NULL;
    g_autofree char *etag_before = seen ? g_strdup(seen->etag) : NULL, *etag = NULL;
    if (seen) seen->being_looked_at = true;
    g_mutex_unlock(&gate->mutex);
    bool asked = ask(gate, shown, key, before, etag_before, found, &etag, error);
    g_mutex_lock(&gate->mutex);
    seen = g_tree_lookup(gate->seen, key); /* it may have been forgotten meanwhile */
    if (seen) seen->being_looked_at = false;
    g_cond_broadcast(&gate->looked);
    if (!asked || gate->revision != revision) return asked;
    make_room(gate);
    Seen *made = g_new0(Seen, 1);
    *made = (Seen){.grant = *found ? grant_ref(*found) : NULL, .etag = g_steal_pointer(&etag), .seen_us = began_us};
    g_tree_replace(gate->seen, g_strdup(key), made);
    return true;
}

/* The grant that is shown, if it holds. */
static bool find(Gate *gate, const Shown *shown, bool may_wait, Grant **grant, bool *wait, GError **error) {
    g_autofree char *key = grant_key(shown->kind, shown->id, shown->meeting_id);
    g_autoptr(Grant) found = NULL;
    g_mutex_lock(&gate->mutex);
    Seen *seen = g_tree_lookup(gate->seen, key);
    while (may_wait && seen && seen->being_looked_at) {
        g_cond_wait(&gate->looked, &gate->mutex);
        seen = g_tree_lookup(gate->seen, key);
    }
    /* A grant never changes: a wrong secret stays wrong. */
    bool wrong = seen && seen->grant && shown->text && !secret_matches(shown->text, seen->grant->secret_sha256);
    bool fresh = is_fresh(seen, g_get_monotonic_time()), asked = true;
    if (fresh || wrong) {
        if (seen->grant) found = grant_ref(seen->grant);
    } else if (!may_wait) {
        *wait = true;
        g_mutex_unlock(&gate->mutex);
        return true;
    } else {
        asked = look(gate, shown, key, &found, error);
    }
    g_mutex_unlock(&gate->mutex);
    return asked && judge(gate, found, shown, grant, error);
}

/* -- who it is ----------------------------------------------------------------------------------------------------------- */

static bool parse(const char *credential, const char *meeting_id, Shown *shown) {
    *shown = (Shown){.meeting_id = NULL, .text = credential};
    if (!secret_parse(credential, &shown->kind, shown->id)) return false;
    if (shown->kind != GRANT_SHARE) return true;
    shown->meeting_id = meeting_id;
    return meeting_id != NULL;
}

/* The token that a session stands for must hold as well. */
static bool find_parent(Gate *gate, Grant **grant, bool may_wait, char **session_id, bool *wait, GError **error) {
    g_autoptr(Grant) session = g_steal_pointer(grant);
    Shown parent = {.kind = GRANT_TOKEN};
    g_strlcpy(parent.id, session->token_id, sizeof parent.id);
    if (!find(gate, &parent, may_wait, grant, wait, error)) return false;
    if (!*wait) *session_id = g_strdup(session->id);
    return true;
}

bool gate_identify(Gate *gate, const char *credential, const char *meeting_id, bool may_wait, Caller *caller, bool *wait, GError **error) {
    static const CallerKind kinds[GRANT_KIND_COUNT] = {[GRANT_TOKEN] = CALLER_TOKEN, [GRANT_SESSION] = CALLER_SESSION, [GRANT_SHARE] = CALLER_SHARE};
    g_autoptr(Grant) grant = NULL;
    g_autofree char *session_id = NULL;
    Shown shown;
    *wait = false;
    if (!parse(credential, meeting_id, &shown)) return fail_unknown(GRANT_TOKEN, error);
    if (!find(gate, &shown, may_wait, &grant, wait, error)) return false;
    if (*wait) return true;
    gint64 expires_ms = grant->expires_ms;
    if (shown.kind == GRANT_SESSION && !find_parent(gate, &grant, may_wait, &session_id, wait, error)) return false;
    if (*wait) return true;
    *caller = (Caller){.kind = kinds[shown.kind],
                       .scopes = grant->scopes,
                       .id = g_strdup(grant->id),
                       .name = g_strdup(grant->name),
                       .session_id = g_steal_pointer(&session_id),
                       .meeting_id = g_strdup(grant->meeting_id),
                       .expires_ms = expires_ms};
    return true;
}

bool gate_remembers(Gate *gate, const char *credential, const char *meeting_id) {
    Shown shown;
    if (!parse(credential, meeting_id, &shown)) return true; /* it is refused for its form */
    g_autofree char *key = grant_key(shown.kind, shown.id, shown.meeting_id);
    g_mutex_lock(&gate->mutex);
    const Seen *seen = g_tree_lookup(gate->seen, key);
    bool known = seen && (seen->grant || is_fresh(seen, g_get_monotonic_time()));
    g_mutex_unlock(&gate->mutex);
    return known;
}

void gate_forget(Gate *gate, GrantKind kind, const char *id, const char *meeting_id) {
    g_autofree char *key = grant_key(kind, id, meeting_id);
    g_mutex_lock(&gate->mutex);
    gate->revision++;
    if (kind == GRANT_TOKEN) gate->guarded = true;
    g_tree_remove(gate->seen, key);
    g_cond_broadcast(&gate->looked);
    g_mutex_unlock(&gate->mutex);
}
