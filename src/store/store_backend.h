/* For those who implement a store. Arguments are checked before a backend sees them (store.c), so a backend does not.
 * A backend does not retry and does not log. */
#pragma once

#include "store/store.h"

typedef struct StoreBackend StoreBackend;
typedef struct StoreReaderBackend StoreReaderBackend;
typedef struct StoreWriterBackend StoreWriterBackend;

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
    bool failed; /* a write has failed: commit refuses, so that no torn object can be made */
};

struct StoreBackend {
    const char *name;
    bool (*head)(Store *store, const char *key, StoreInfo *info, GError **error);
    bool (*open)(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error);
    bool (*put_open)(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error);
    bool (*list)(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more,
                 GError **error);
    bool (*delete_many)(Store *store, const char *const *keys, gsize key_count, GError **error);
    bool (*sign_url)(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error);
    /* The 32-byte secret of URLs that this server answers itself; NULL where sign_url needs none. */
    bool (*url_secret)(Store *store, guint8 secret[32], GError **error);
    void (*close)(Store *store);
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
