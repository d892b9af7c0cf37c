/* Attributes: the content type, where the key's extension does not tell it, and user metadata. They stand as JSON in
 * .hansard/attributes/{SHA-256 of the key}-{ETag}: as the name holds the version's ETag, attributes written before their version
 * is in place are seen by nobody, and those of a version that is gone harm nobody. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/dir_internal.h"
#include "store/key.h"

#define ATTRIBUTES_BYTES_MAX (16 * KIB) /* metadata and type at their limits, each byte escaped, and the names */

static char *attributes_name(const char *key, const struct stat *status) {
    g_autofree char *digest = text_sha256(key, strlen(key));
    g_autofree char *etag = dir_etag(status);
    return g_strconcat(digest, "-", etag, NULL);
}

static json_t *metadata_to_json(GHashTable *metadata) {
    json_t *object = json_object();
    GHashTableIter each;
    const char *name, *value;
    g_hash_table_iter_init(&each, metadata);
    while (g_hash_table_iter_next(&each, (gpointer *)&name, (gpointer *)&value))
        json_object_set_new(object, name, json_string(value));
    return object;
}

json_t *dir_attributes_to_json(const char *content_type, GHashTable *metadata) {
    json_t *root = json_object();
    if (content_type) json_object_set_new(root, "content_type", json_string(content_type));
    if (metadata) json_object_set_new(root, "metadata", metadata_to_json(metadata));
    return root;
}

bool dir_attributes_write(const DirStore *dir, const char *key, const struct stat *status, const char *content_type,
                          GHashTable *metadata, GError **error) {
    if (!content_type && !metadata) return true;
    g_autoptr(json_t) root = dir_attributes_to_json(content_type, metadata);
    g_autoptr(GBytes) bytes = json_to_bytes(root, false);
    g_autofree char *name = attributes_name(key, status);
    g_auto(Fd) fd = openat(dir->attributes_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && dir_write_all(fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) && dir_fsync(fd) == 0 &&
        dir_fsync(dir->attributes_fd) == 0)
        return true;
    dir_fail(dir, errno, "store the attributes of", key, error);
    (void)unlinkat(dir->attributes_fd, name, 0);
    return false;
}

bool dir_attributes_from_json(const json_t *root, char **content_type, GHashTable **metadata) {
    const json_t *pairs = json_object_get(root, "metadata");
    const char *type = json_get_string(root, "content_type", NULL), *name;
    g_autoptr(GHashTable) found = NULL;
    json_t *value;
    if ((type && !store_text_is_plain(type)) || (pairs && !json_is_object(pairs))) return false; /* the type goes into a header */
    if (pairs) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    json_object_foreach((json_t *)pairs, name, value) {
        if (!json_is_string(value) || !store_text_is_plain(name) || !store_text_is_plain(json_string_value(value))) return false;
        g_hash_table_insert(found, g_strdup(name), g_strdup(json_string_value(value)));
    }
    *content_type = g_strdup(type);
    *metadata = g_steal_pointer(&found);
    return true;
}

/* Takes them into `info`; false where neither stands there. */
static bool attributes_take(const json_t *root, StoreInfo *info) {
    g_autofree char *content_type = NULL;
    if (!dir_attributes_from_json(root, &content_type, &info->metadata) || (!content_type && !info->metadata)) return false;
    if (!content_type) return true;
    g_free(info->content_type);
    info->content_type = g_steal_pointer(&content_type);
    return true;
}

bool dir_attributes_read(const DirStore *dir, const char *key, const struct stat *status, StoreInfo *info, bool *stored,
                         GError **error) {
    g_auto(StoreInfo) found = {.size = (guint64)status->st_size,
                               .etag = dir_etag(status),
                               .modified_ms = dir_time_ns(status->st_mtim) / 1000000,
                               .content_type = g_strdup(store_content_type_of(key))};
    g_autofree char *name = attributes_name(key, status);
    bool none = dir->attributes_fd < 0; /* opened for reading, and there are none */
    g_auto(Fd) fd = none ? -1 : openat(dir->attributes_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && !none && errno != ENOENT) return dir_fail(dir, errno, "read the attributes of", key, error);
    if (fd >= 0) {
        char data[ATTRIBUTES_BYTES_MAX];
        ssize_t size = read(fd, data, sizeof data); /* a local file this small comes in one piece */
        if (size < 0) return dir_fail(dir, errno, "read the attributes of", key, error);
        g_autoptr(json_t) root = json_parse_object(data, (gsize)size, name, NULL);
        if (!root || !attributes_take(root, &found))
            return fail(error, ERROR_CORRUPT, "the attributes of %s are damaged; remove %s/.hansard/attributes/%s to do without",
                        key, dir->root, name);
    }
    *stored = fd >= 0;
    store_info_move(&found, info);
    return true;
}

void dir_attributes_remove(const DirStore *dir, const char *key, const struct stat *status) {
    g_autofree char *name = attributes_name(key, status);
    (void)unlinkat(dir->attributes_fd, name, 0);
}
