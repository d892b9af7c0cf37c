/* What the groups mend with. Each step may be the last before a crash: an object is copied before it is removed, and the copy's key is made of the
 * object's key and version, so that doing it again meets the copy that stands. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "operate/verify_internal.h"
#include "store/copy.h"

#define DIGEST_CHARS 16

/* The meeting whose delete takes the copy along; "-" where it is none's. */
static char *owner_of(const char *key) {
    char *owner = meeting_id_of_key(key);
    if (!owner) owner = meeting_id_of_recording(key);
    g_autoptr(Row) row = owner ? NULL : row_from_key(key);
    return owner ? owner : g_strdup(row ? row->meeting_id : "-");
}

static char *quarantine_key(const char *key, const char *etag) {
    g_autofree char *text = g_strdup_printf("%s\n%s", key, etag), *sum = text_sha256(text, strlen(text)), *owner = owner_of(key);
    char *kept = g_strdup_printf(PREFIX_QUARANTINE "%s/%.*s/%s", owner, DIGEST_CHARS, sum, key);
    if (strlen(kept) <= KEY_BYTES_MAX) return kept;
    g_free(kept);
    return g_strdup_printf(PREFIX_QUARANTINE "%s/%.*s/%s", owner, DIGEST_CHARS, sum, strrchr(key, '/') + 1); /* a key so long has several parts */
}

/* `*etag`: of the version that stands in the quarantine now; NULL: there was no object. */
static bool keep(const Verify *verify, const char *key, char **etag, GError **error) {
    g_auto(StoreInfo) info = {0};
    g_autoptr(GError) problem = NULL;
    bool there = false, kept = false;
    if (!verify_stands(verify, key, &there, &info, error)) return false;
    if (!there) return true;
    g_autofree char *target = quarantine_key(key, info.etag);
    if (!store_copy(verify->store, key, info.etag, target, verify->options->cancel, NULL, &problem)) {
        bool standing = error_is(problem, ERROR_PRECONDITION);
        if (standing && !verify_stands(verify, target, &kept, NULL, error)) return false;
        if (!kept) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
    *etag = g_steal_pointer(&info.etag);
    return true;
}

bool verify_keep(const Verify *verify, const char *key, GError **error) {
    g_autofree char *etag = NULL;
    return keep(verify, key, &etag, error);
}

bool verify_quarantine(const Verify *verify, const char *key, GError **error) {
    g_autofree char *etag = NULL;
    g_auto(StoreInfo) now = {0};
    bool there = false;
    if (!keep(verify, key, &etag, error) || !verify_stands(verify, key, &there, &now, error)) return false;
    if (!there) return true;
    if (g_strcmp0(now.etag, etag) != 0) return fail(error, ERROR_PRECONDITION, "%s was changed meanwhile", key);
    return store_delete(verify->store, key, error);
}

bool verify_requeue(const Verify *verify, Job *job, JobStage stage, VerifyOutcome *outcome, GError **error) {
    g_autoptr(Job) owned = job;
    const Pipeline *pipeline = &verify->options->pipeline;
    bool here = stage != STAGE_TRANSCRIBE;
    owned->stage = stage;
    if (!jobs_create(pipeline->jobs, owned, here ? verify->options->worker : NULL, error)) return false;
    if (here) return pipeline_run(pipeline, owned, verify->options->cancel, NULL, NULL, error);
    *outcome = VERIFY_QUEUED;
    return true;
}

static bool mend_by_quarantine(Verify *verify, gconstpointer key, VerifyOutcome *outcome, GError **error) {
    return verify_quarantine(verify, key, error);
}

bool verify_put_aside(Verify *verify, guint code, const char *key, const char *meeting_id, const char *sentence, GError **error) {
    VerifyFound found = {code, key, meeting_id, sentence};
    return verify_find(verify, &found, mend_by_quarantine, key, NULL, error);
}
