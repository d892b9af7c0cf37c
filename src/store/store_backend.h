/* For those who implement a store. Arguments are checked before a backend sees them (store.c), so a backend does not.
 * A backend does not retry and does not log. */
#pragma once

#include "store/uploads.h"

typedef struct StoreBackend StoreBackend;
typedef struct StoreUploadsBackend StoreUploadsBackend;
typedef struct StoreReaderBackend StoreReaderBackend;
typedef struct StoreWriterBackend StoreWriterBackend;

/* User metadata of the S3 store's own, which no caller may set or sees: by it a put that is tried again knows its own object. */
#define STORE_MARK_NAME "hansard-write"

/* Backends embed these as their first member. */
struct Store {
    const StoreBackend *backend;
    Clock *clock;
};

struct StoreReader {
    const StoreReaderBackend *backend;
    guint64 size;
};

struct StoreWriter {
    const StoreWriterBackend *backend;
    guint64 written;
    guint64 bytes_max; /* 0: RECORDING_BYTES_MAX */
    bool failed; /* a write has failed: commit refuses, so that no torn object can be made */
};

struct StoreBackend {
    const char *name;
    bool (*head)(Store *store, const char *key, StoreInfo *info, GError **error);
    bool (*open)(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error);
    bool (*put_open)(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error);
    bool (*list)(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                 GError **error);
    /* Optional: NULL where only a list can tell. */
    bool (*stamp)(Store *store, const char *folder, StoreStamp *stamp);
    bool (*delete_many)(Store *store, const char *const *keys, gsize key_count, GError **error);
    bool (*sign_url)(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error);
    /* The 32-byte secret of URLs that this server answers itself; NULL where sign_url needs none. */
    bool (*url_secret)(Store *store, guint8 secret[32], GError **error);
    /* Optional: NULL where URLs lead to this server. "scheme://host" with its port where it has one. Does not wait for anyone. */
    char *(*origin)(Store *store);
    /* Optional: NULL where overwritten and removed versions are gone anyway. */
    bool (*purge_versions)(Store *store, const char *key, GError **error);
    /* Optional: NULL where nothing is ever archived. */
    bool (*check_readable)(Store *store, const char *key, GError **error);
    /* Optional: NULL where no upload in parts is taken. */
    const StoreUploadsBackend *uploads;
    void (*close)(Store *store);
};

/* uploads.h tells what each does. The parts that complete gets are 1 to n without a gap. */
struct StoreUploadsBackend {
    bool (*begin)(Store *store, const char *key, const StorePut *put, char **upload_id, GError **error);
    bool (*sign_part)(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url,
                      GError **error);
    bool (*parts)(Store *store, const char *key, const char *upload_id, GPtrArray **parts, GError **error);
    bool (*complete)(Store *store, const char *key, const char *upload_id, GPtrArray *parts, const StorePut *put,
                     StoreInfo *info, GError **error);
    bool (*abort)(Store *store, const char *key, const char *upload_id, GError **error);
    bool (*put_part)(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error);
};

struct StoreReaderBackend {
    bool (*read)(StoreReader *reader, guint64 offset, void *buffer, gsize size, gsize *got, GError **error);
    void (*close)(StoreReader *reader);
};

struct StoreWriterBackend {
    bool (*write)(StoreWriter *writer, const void *data, gsize size, GError **error);
    bool (*commit)(StoreWriter *writer, StoreInfo *info, GError **error); /* frees the writer, whatever comes of it */
    void (*abort)(StoreWriter *writer);                                  /* frees the writer */
};

/* A copy that no one else changes; NULL for NULL and for an empty one. */
GHashTable *store_metadata_copy(GHashTable *metadata);

/* Hands `from` over to `to`, which may be NULL: then it stays for its owner to clear. */
void store_info_move(StoreInfo *from, StoreInfo *to);

/* The content type for a key's extension; never NULL. */
const char *store_content_type_of(const char *key);

/* The path of a URL signed by this server (url_secret), for the backends that have no presigning of their own. */
bool store_sign_local_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error);
bool store_sign_local_part(Store *store, const char *key, const char *upload_id, guint number, gint64 expires_s, char **url,
                           GError **error);

/* What every backend says alike. */
bool store_fail_precondition(const char *key, GError **error);
bool store_fail_no_upload(const char *key, GError **error);

/* Whether `parts` are what the caller listed: the same numbers, sizes and ETags as `present`. ERROR_INVALID. For the backends that keep parts
 * themselves. */
bool store_parts_check_present(const char *key, GPtrArray *parts, GPtrArray *present, GError **error);
