/* metadata.json on its way. It is kept as the source has it, member for member, those of the first version too: what differs in the destination are
 * the ETags of the objects, SHA-256 sums where there were none, the member `migrated`, and the sum over all. */
#include <string.h>

#include "base/limits.h"
#include "operate/migrate_internal.h"

#define MIGRATED "migrated" /* {"source_sha256": of the source's record, "updated": its time} */

bool migrate_record_read(Store *store, const char *meeting_id, json_t **json, char **etag, GError **error) {
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    *json = NULL;
    if (!store_get(store, key, RECORD_BYTES_MAX, &bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    json_t *parsed = json_parse_object(data ? data : "", size, key, &problem);
    if (!parsed) return fail(error, ERROR_CORRUPT, "%s can't be read: %s", key, problem->message);
    *json = parsed;
    *etag = g_steal_pointer(&info.etag);
    return true;
}

/* Of the record as it stands, ETags included: each version has its own. */
static char *sum_of(const json_t *record) {
    g_autoptr(json_t) rest = json_copy((json_t *)record);
    json_object_del(rest, RECORD_SUM);
    return json_sha256(rest);
}

/* The record without what may differ between two stores that say the same of a meeting. */
static json_t *plain(const json_t *record, const json_t *like) {
    json_t *rest = json_deep_copy(record);
    const json_t *objects = json_object_get(like, "objects");
    json_t *mine = json_object_get(rest, "objects"), *object;
    const char *key;
    void *next;
    json_object_del(rest, RECORD_SUM);
    json_object_del(rest, MIGRATED);
    json_object_foreach_safe(mine, next, key, object) {
        const json_t *other = json_object_get(objects, key);
        json_object_del(object, "etag");
        if (!other) json_object_del(mine, key);
        else if (!json_is_string(json_object_get(other, "sha256"))) json_object_del(object, "sha256");
    }
    if (json_object_size(mine) == 0) json_object_del(rest, "objects");
    return rest;
}

bool migrate_record_same(const json_t *source, const json_t *standing) {
    const json_t *made = json_object_get(standing, MIGRATED);
    g_autofree char *sum = sum_of(source);
    if (g_strcmp0(json_get_string(made, "source_sha256", NULL), sum) == 0) return true;
    if (made) return false;
    g_autoptr(json_t) one = plain(source, source), other = plain(standing, source);
    return json_equal(one, other);
}

bool migrate_record_untouched(const json_t *standing) {
    const json_t *made = json_object_get(standing, MIGRATED);
    return made && g_strcmp0(json_get_string(made, "updated", NULL), json_get_string(standing, "updated", NULL)) == 0;
}

typedef struct {
    json_t *objects;
    bool keep;
} Describing;

static gboolean describe(gpointer key, gpointer value, gpointer user_data) {
    const Describing *describing = user_data;
    const MigrateObject *object = value;
    json_t *entry = json_object_get(describing->objects, key);
    if (!json_is_object(entry)) {
        json_object_set_new(describing->objects, key, json_object());
        entry = json_object_get(describing->objects, key);
    }
    bool known = json_is_string(json_object_get(entry, "sha256"));
    if (!known || !describing->keep) {
        json_object_set_new(entry, "bytes", json_integer((json_int_t)object->bytes));
        json_object_set_new(entry, "sha256", json_string(object->sha256));
    }
    json_object_set_new(entry, "etag", json_text(object->etag));
    return FALSE;
}

json_t *migrate_record_make(const json_t *source, GTree *objects, bool keep) {
    json_t *record = json_deep_copy(source);
    g_autofree char *sum = sum_of(source);
    Describing describing = {json_object_get(record, "objects"), keep};
    if (!json_is_object(describing.objects)) {
        json_object_set_new(record, "objects", json_object());
        describing.objects = json_object_get(record, "objects");
    }
    g_tree_foreach(objects, describe, &describing);
    json_t *updated = json_text(json_get_string(source, "updated", NULL));
    json_object_set_new(record, MIGRATED, json_pack("{s:s, s:o}", "source_sha256", sum, "updated", updated));
    record_seal(record);
    return record;
}
