/* The object store: what all else stands on. Callers see this header; a backend sees store_backend.h.
 *
 * Guarantees, the same for every backend and held by one contract suite:
 *  1. A put is all or nothing. Until commit returns true no reader sees any of it; after that every reader
 *     sees all of it, and it survives power loss.
 *  2. Memory is bounded: a writer or reader holds at most a few blocks (parts) whatever the object's size.
 *  3. Conditions are atomic across threads, processes and servers: of any number of puts that carry the same
 *     If-Match or If-None-Match, one wins and the others fail with ERROR_PRECONDITION.
 *  4. An ETag names one version of one key: an overwritten object never carries an ETag it had before.
 *  5. A reader reads one version: when the object is replaced or removed meanwhile it goes on reading that
 *     version or fails with ERROR_PRECONDITION; it never mixes two.
 *  6. Lists are in the order of the keys' bytes.
 *  7. A key is 1 to KEY_BYTES_MAX bytes of UTF-8 without control characters; no component (between '/') is empty,
 *     "." or "..", or longer than KEY_COMPONENT_BYTES_MAX; the first is none of the backend's own (".hansard").
 *     No key leads outside the store. All else is ERROR_INVALID.
 *  8. Every function may be called from any thread; one reader or writer from one thread at a time. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

typedef struct Store Store;
typedef struct StoreReader StoreReader;
typedef struct StoreWriter StoreWriter;

/* What is known of an object without reading it. */
typedef struct {
    guint64 size;
    char *etag;            /* without quotes */
    gint64 modified_ms;    /* Unix milliseconds */
    char *content_type;    /* never NULL after head, get or open */
    GHashTable *metadata;  /* user metadata, char* → char*, names in lower case; NULL for none */
} StoreInfo;

void store_info_clear(StoreInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StoreInfo, store_info_clear)

typedef struct {
    const char *content_type; /* NULL: from the key's extension, else application/octet-stream */
    GHashTable *metadata;     /* borrowed; names [a-z0-9-]{1,64}, values printable ASCII without a space at either end;
                                 USER_METADATA_BYTES_MAX in all */
    const char *if_match;     /* the object must stand with this ETag */
    bool if_none_match;       /* "*": the key must be free */
} StorePut;

typedef struct {
    char *key;
    guint64 size;
    char *etag;
    gint64 modified_ms;
    const char *storage_class; /* of a bucket, as S3 names it; "OTHER" for a name that is not known; NULL: STANDARD, or the store has none. Static */
} StoreEntry;

void store_entry_free(StoreEntry *entry);

void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* "dir", "memory", "s3": for messages. */
const char *store_name(const Store *store);

bool store_key_check(const char *key, GError **error);

/* ERROR_NOT_FOUND where the key has no object. `info` is filled on success; clear it. */
bool store_head(Store *store, const char *key, StoreInfo *info, GError **error);

/* Whether the key's object can be read now. ERROR_NOT_FOUND; ERROR_ARCHIVED says how it is restored, or that it is being restored. */
bool store_check_readable(Store *store, const char *key, GError **error);

/* Reading at any offset. `info` may be NULL. Close the reader. */
bool store_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error);
guint64 store_reader_size(const StoreReader *reader);
/* Reads up to `size` bytes at `offset`; `*got` is less than `size` only at the object's end, 0 behind it. */
bool store_reader_read(StoreReader *reader, guint64 offset, void *buffer, gsize size, gsize *got, GError **error);
void store_reader_close(StoreReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreReader, store_reader_close)

/* The whole object; ERROR_TOO_LARGE when it has more than `bytes_max`. `info` may be NULL. Unref the bytes. */
bool store_get(Store *store, const char *key, gsize bytes_max, GBytes **bytes, StoreInfo *info, GError **error);

/* A streamed put of unknown length. `put` may be NULL; conditions are checked at commit (and may fail early).
 * After open, exactly one of commit and abort ends the writer; both free it. A failed commit leaves nothing behind.
 * An abandoned writer (crash) leaves nothing that a reader or list sees. `info` may be NULL. */
bool store_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error);
bool store_writer_write(StoreWriter *writer, const void *data, gsize size, GError **error);
bool store_writer_commit(StoreWriter *writer, StoreInfo *info, GError **error);
void store_writer_abort(StoreWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreWriter, store_writer_abort)

/* All of it in one call. */
bool store_put(Store *store, const char *key, GBytes *bytes, const StorePut *put, StoreInfo *info, GError **error);

/* Keys that begin with `prefix` ("" for all) and sort after `start_after` (NULL or "" from the first), at most `limit`
 * (1 to LIST_LIMIT_MAX). `entries`: a new GPtrArray of StoreEntry that frees them; `*more`: whether keys follow the last. */
bool store_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                GError **error);

/* A mark of the names right under a folder: while it stays the same, a list of them is the same, whoever writes. */
typedef struct {
    guint64 device, inode;
    gint64 changed; /* nanoseconds, or a count */
} StoreStamp;
/* The mark of `folder` ("hansard/index/"); to be taken before the list that it is kept with. False: nothing but a list can tell, as in a bucket or on a
 * network disk, or just now, since the folder was changed a moment ago. Waits for nothing. What objects hold does not count. */
bool store_stamp(Store *store, const char *folder, StoreStamp *stamp);
static inline bool store_stamp_equal(const StoreStamp *one, const StoreStamp *other) {
    return one->device == other->device && one->inode == other->inode && one->changed == other->changed;
}

/* Called for each key under `prefix` in order, listed page by page; false with `error` set stops it. */
typedef bool (*StoreVisit)(const StoreEntry *entry, gpointer user_data, GError **error);
bool store_each(Store *store, const char *prefix, StoreVisit visit, gpointer user_data, GError **error);

/* Removes the keys (at most DELETE_MANY_MAX); one that has no object counts as removed. */
bool store_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error);
bool store_delete(Store *store, const char *key, GError **error);

/* Removes the key and, where the store keeps overwritten and removed versions (a versioned bucket), all of these for good. What someone else puts
 * under the key meanwhile stays. */
bool store_purge_versions(Store *store, const char *key, GError **error);

/* What a signed URL permits. */
typedef struct {
    const char *method;        /* "GET" or "PUT" */
    gint64 expires_s;          /* from now; 1 to URL_EXPIRY_S_MAX */
    const char *content_type;  /* of the answer to a GET; NULL: the object's own */
    const char *filename;      /* Content-Disposition of the answer: attachment with this name; NULL: inline */
} StoreUrl;

/* A URL that does `url->method` on `key` without credentials until it expires. The directory and memory stores make a
 * path on this server ("/store/{key}?…"), signed with a key kept in the store; S3 makes a presigned URL. Caller frees. */
bool store_sign_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error);

/* Where the URLs that this store signs lead to ("https://bucket.s3.eu-west-1.amazonaws.com"); NULL: to this server itself. Caller frees. */
char *store_origin(Store *store);

/* Checks a path made by store_sign_url for this store and method, in constant time: ERROR_FORBIDDEN when it is altered,
 * expired or for another method. `query` is the raw query string. `key`, `content_type` and `filename` (NULL where none)
 * are the caller's to free. A store that signs for another server answers ERROR_NOT_FOUND. */
bool store_check_url(Store *store, const char *method, const char *path, const char *query, char **key, char **content_type,
                     char **filename, GError **error);
