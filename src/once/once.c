/* Claims by conditional puts; each version has a revision of its own, so that ETags of S3 tell them apart. */
#include "once/once.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "model/keys.h"

#define TRIES_MAX 5

void once_claim_clear(OnceClaim *claim) {
    g_free(claim->object);
    g_free(claim->etag);
    g_free(claim->digest);
    g_free(claim->subject);
    *claim = (OnceClaim){0};
}

void once_answer_clear(OnceAnswer *answer) {
    g_free(answer->subject);
    json_decref(answer->headers);
    json_decref(answer->body);
    *answer = (OnceAnswer){0};
}

bool once_key_parse(const char *header, char **key, GError **error) {
    gsize length = strlen(header);
    bool quoted = length >= 2 && header[0] == '"' && header[length - 1] == '"';
    g_autofree char *bare = quoted ? g_strndup(header + 1, length - 2) : g_strdup(header);
    bool good = bare[0] != '\0' && strlen(bare) <= ONCE_KEY_BYTES_MAX;
    for (const char *at = bare; *at; at++) good &= g_ascii_isgraph(*at) && *at != '"' && *at != '\\';
    if (!good)
        return fail(error, ERROR_INVALID, "Idempotency-Key must be 1 to %d printable ASCII characters without spaces, such as a UUID, with or "
                    "without quotes", ONCE_KEY_BYTES_MAX);
    *key = g_steal_pointer(&bare);
    return true;
}

/* -- the object ---------------------------------------------------------------------------------------------------------- */

/* Only a digest of the key is kept: what a client puts into it is its own. */
static char *object_of(const OnceRequest *request) {
    g_autofree char *whole = g_strconcat(request->caller ? request->caller : "", "\n", request->key, NULL);
    g_autofree char *sum = text_sha256(whole, strlen(whole));
    return g_strconcat(PREFIX_REQUESTS, sum, ".json", NULL);
}

static GBytes *bytes_of(const OnceClaim *claim, const OnceAnswer *answer) {
    g_autofree char *created = time_format(claim->created_ms), *until = time_format(claim->until_ms), *revision = text_uuid();
    g_autoptr(json_t) json =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:s}", "schema", 1, "state", answer ? "done" : "begun", "created", created, "until", until,
                  "request", claim->digest, "subject", json_text(answer ? answer->subject : claim->subject), "revision", revision);
    if (answer) {
        json_object_set_new(json, "status", json_integer(answer->status));
        json_object_set(json, "headers", answer->headers);
        json_object_set(json, "answer", answer->body);
    }
    return json_to_bytes(json, true);
}

/* `etag` NULL: the key must be free. */
static bool put(Store *store, OnceClaim *claim, const OnceAnswer *answer, const char *etag, GError **error) {
    g_autoptr(GBytes) bytes = bytes_of(claim, answer);
    g_auto(StoreInfo) info = {0};
    StorePut how = {.content_type = "application/json", .if_match = etag, .if_none_match = !etag};
    if (g_bytes_get_size(bytes) > ONCE_BYTES_MAX) return fail(error, ERROR_INTERNAL, "an answer is too large to be kept for its Idempotency-Key");
    if (!store_put(store, claim->object, bytes, &how, &info, error)) return false;
    g_free(claim->etag);
    claim->etag = g_strdup(info.etag);
    return true;
}

typedef struct {
    json_t *json;
    StoreInfo info;
    gint64 created_ms, until_ms;
    bool done;
} Kept;

static void kept_clear(Kept *kept) {
    json_decref(kept->json);
    store_info_clear(&kept->info);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Kept, kept_clear)

static bool read_kept(Store *store, const char *object, Kept *kept, GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    gsize size = 0;
    if (!store_get(store, object, ONCE_BYTES_MAX, &bytes, &kept->info, error)) return false;
    const void *data = g_bytes_get_data(bytes, &size);
    kept->json = json_parse_object(data, size, object, NULL);
    const char *state = json_get_string(kept->json, "state", "");
    kept->done = strcmp(state, "done") == 0;
    bool whole = kept->json && (kept->done || strcmp(state, "begun") == 0) && json_get_string(kept->json, "request", NULL) &&
                 time_parse(json_get_string(kept->json, "created", ""), &kept->created_ms) &&
                 time_parse(json_get_string(kept->json, "until", ""), &kept->until_ms) &&
                 (!kept->done || (json_get_int(kept->json, "status", 0) >= 200 && json_get_int(kept->json, "status", 0) < 300));
    return whole || fail(error, ERROR_CORRUPT, "%s is no record of a request: remove the object, or use another Idempotency-Key", object);
}

/* -- claims -------------------------------------------------------------------------------------------------------------- */

static void begin(OnceClaim *claim, gint64 now_ms) {
    claim->created_ms = now_ms;
    claim->until_ms = now_ms + ONCE_LEASE_MS;
}

static void fill(OnceAnswer *answer, const json_t *json) {
    *answer = (OnceAnswer){.status = (guint)json_get_int(json, "status", 200),
                           .subject = g_strdup(json_get_string(json, "subject", NULL)),
                           .headers = json_incref(json_object_get(json, "headers")),
                           .body = json_incref(json_object_get(json, "answer"))};
}

/* What stands under the key decides; `*free_again` true: it may be taken over. */
static bool judge(const Kept *kept, gint64 now_ms, OnceClaim *claim, OnceAnswer *answer, bool *free_again, bool *done, GError **error) {
    *free_again = kept->created_ms + ONCE_KEPT_MS <= now_ms;
    if (*free_again) return true;
    if (strcmp(json_get_string(kept->json, "request", ""), claim->digest) != 0)
        return fail(error, ERROR_KEY_REUSED, "this Idempotency-Key came with another request before; a new request needs a new key");
    if (kept->done) {
        fill(answer, kept->json);
        *done = true;
        return true;
    }
    if (kept->until_ms > now_ms)
        return fail(error, ERROR_CONFLICT, "the request with this Idempotency-Key is being worked on; ask again in a moment");
    *free_again = claim->again = true;
    const char *subject = json_get_string(kept->json, "subject", NULL);
    if (!subject) return true;
    g_free(claim->subject);
    claim->subject = g_strdup(subject);
    return true;
}

bool once_claim(Store *store, Clock *clock, const OnceRequest *request, OnceClaim *claim, OnceAnswer *answer, bool *done, GError **error) {
    g_auto(OnceClaim) made = {.object = object_of(request), .digest = g_strdup(request->digest), .subject = g_strdup(request->subject)};
    *done = false;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        g_auto(Kept) kept = {0};
        g_autoptr(GError) problem = NULL;
        bool free_again = false;
        gint64 now_ms = clock_now_ms(clock);
        bool found = read_kept(store, made.object, &kept, &problem);
        if (!found && !error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (found && !judge(&kept, now_ms, &made, answer, &free_again, done, error)) return false;
        g_clear_error(&problem);
        begin(&made, now_ms);
        if (*done || put(store, &made, NULL, found ? kept.info.etag : NULL, &problem)) {
            *claim = made;
            made = (OnceClaim){0};
            return true;
        }
        if (!error_is(problem, ERROR_PRECONDITION) && !error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        made.again = false; /* someone was faster: look again */
    }
    return fail(error, ERROR_CONFLICT, "several requests with this Idempotency-Key come at one time; ask again in a moment");
}

bool once_keep(Store *store, const OnceClaim *claim, const OnceAnswer *answer, GError **error) {
    OnceClaim kept = *claim;
    kept.etag = NULL;
    bool done = put(store, &kept, answer, claim->etag, error);
    g_free(kept.etag);
    return done;
}

bool once_release(Store *store, Clock *clock, const OnceClaim *claim, bool unsure, GError **error) {
    if (clock_now_ms(clock) >= claim->until_ms) return true; /* it may be another's by now */
    if (!unsure) return store_delete(store, claim->object, error);
    OnceClaim ended = *claim;
    ended.etag = NULL;
    ended.until_ms = ended.created_ms;
    bool done = put(store, &ended, NULL, claim->etag, error);
    g_free(ended.etag);
    return done;
}

/* -- the sweep ----------------------------------------------------------------------------------------------------------- */

/* An object is written when its key is claimed and once more when it is done: it is younger than the key, never older. */
static bool sweep_page(Store *store, gint64 now_ms, const GPtrArray *entries, GError **error) {
    g_autoptr(GPtrArray) over = g_ptr_array_new();
    for (guint i = 0; i < entries->len; i++) {
        const StoreEntry *entry = g_ptr_array_index(entries, i);
        if (now_ms - entry->modified_ms > ONCE_KEPT_MS) g_ptr_array_add(over, entry->key);
    }
    return over->len == 0 || store_delete_many(store, (const char *const *)over->pdata, over->len, error);
}

bool once_sweep(Store *store, Clock *clock, char **after, GError **error) {
    for (guint looked_at = 0; looked_at < ONCE_SWEEP_MAX;) {
        g_autoptr(GPtrArray) entries = NULL;
        bool more = false;
        if (!store_list(store, PREFIX_REQUESTS, *after, LIST_LIMIT_MAX, &entries, &more, error) ||
            !sweep_page(store, clock_now_ms(clock), entries, error))
            return false;
        looked_at += entries->len;
        g_free(*after);
        *after = more ? g_strdup(((const StoreEntry *)entries->pdata[entries->len - 1])->key) : NULL;
        if (!more) break;
    }
    return true;
}
